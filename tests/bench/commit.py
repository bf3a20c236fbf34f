"""Committing merged edits: the toolkit's commit, verified, against the SDK's `Bundle`, unverified.

The same 10,000 edits, given by item uuid and key. The SDK's user reads the items first, because a write replaces the
whole dictionary: by listing the folder as documented (pages of 100) or tuned (1000). The toolkit's commit reads them
too, just before each bundle, and once more afterwards. `write only` leaves the SDK's reading out, not the toolkit's.

Run: `python -m tests.bench.commit [--edits 10000] [--latency 0 30 80]`
"""

from __future__ import annotations

import argparse

from tests.bench.load import OURS, SDK
from tests.bench.served import run, served

PLAN = """
items = client.folder(FOLDER).wait()
items.stage({uuid: {"camera": VALUE} for uuid in items.uuids})
plan = items.plan()
"""
APPLY = """
receipt = client.apply(plan)
assert receipt, receipt
found = len(receipt.verified)
"""
LIST = """
items = list(client.get_storage_folder(FOLDER).list_items(page_size={page_size}))
"""
BUNDLE = """
from encord.http.bundle import Bundle
with Bundle() as bundle:
    for item in items:
        item.update(client_metadata={**item.client_metadata, "camera": VALUE}, bundle=bundle)
found = len(items)
"""


def main(arguments: list[str] | None = None) -> None:
    """Print one line for each latency."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 30, 80])
    options = parser.parse_args(arguments)
    print("latency |  toolkit, verified | SDK, pages of 100 | SDK, pages of 1000 | SDK, write only")
    for latency in options.latency:
        with served(options.edits, latency) as server:
            values = iter(f"bench {n}" for n in range(10))
            ours = run(server, f"{OURS}\nVALUE = {next(values)!r}\n{PLAN}", APPLY)
            tuned = run(server, f"{SDK}\nVALUE = {next(values)!r}", LIST.format(page_size=1000) + BUNDLE)
            listed = LIST.format(page_size=1000)
            bundle = run(server, f"{SDK}\nVALUE = {next(values)!r}\n{listed}", BUNDLE)
            documented = run(server, f"{SDK}\nVALUE = {next(values)!r}", LIST.format(page_size=100) + BUNDLE)
        if {r["found"] for r in (ours, tuned, bundle, documented)} != {options.edits}:
            raise RuntimeError("not the same work")
        print(
            f"{latency:>4.0f} ms |  {ours['seconds']:6.2f} s {ours['peak_mb']:5.0f} MB |"
            f" {documented['seconds']:6.1f} s {documented['seconds'] / ours['seconds']:5.1f}x  |"
            f" {tuned['seconds']:6.1f} s {tuned['seconds'] / ours['seconds']:5.1f}x   |"
            f" {bundle['seconds']:6.1f} s {bundle['seconds'] / ours['seconds']:5.1f}x",
            flush=True,
        )


if __name__ == "__main__":
    main()
