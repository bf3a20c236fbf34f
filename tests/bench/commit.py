"""Committing merged edits: the toolkit's commit, verified, against the SDK's `Bundle`, unverified.

Both start from an unread folder, merge one key into every item's metadata and write it. The SDK's user lists the
folder as documented (pages of 100) or tuned (1000). `write only` leaves the reading out on both sides.

Run: `python -m tests.bench.commit [--items 10000] [--latency 0 30 80]`
"""

from __future__ import annotations

import argparse

from tests.bench.load import OURS, SDK
from tests.bench.served import run, served

STAGE = """
items = client.folder(FOLDER).wait()
items.stage({uuid: {"camera": VALUE} for uuid in items.uuids})
"""
COMMIT = """
receipt = items.commit()
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


def main() -> None:
    """Print one line for each latency."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 30, 80])
    options = parser.parse_args()
    print(
        "latency | read, merge, write      toolkit, verified | SDK 100         | SDK 1000        | write only"
    )
    for latency in options.latency:
        with served(options.items, latency) as server:
            values = iter(f"bench {n}" for n in range(10))
            ours = run(server, f"{OURS}\nVALUE = {next(values)!r}", STAGE + COMMIT)
            commit = run(server, f"{OURS}\nVALUE = {next(values)!r}\n{STAGE}", COMMIT)
            tuned = run(server, f"{SDK}\nVALUE = {next(values)!r}", LIST.format(page_size=1000) + BUNDLE)
            bundle = run(server, f"{SDK}\nVALUE = {next(values)!r}\n{LIST.format(page_size=1000)}", BUNDLE)
            documented = run(server, f"{SDK}\nVALUE = {next(values)!r}", LIST.format(page_size=100) + BUNDLE)
        if {r["found"] for r in (ours, commit, tuned, bundle, documented)} != {options.items}:
            raise RuntimeError("not the same work")
        print(
            f"{latency:>4.0f} ms | {ours['seconds']:37.2f} s |"
            f" {documented['seconds']:6.1f} s {documented['seconds'] / ours['seconds']:5.1f}x |"
            f" {tuned['seconds']:6.1f} s {tuned['seconds'] / ours['seconds']:5.1f}x |"
            f" {commit['seconds']:5.2f} s to {bundle['seconds']:5.2f} s, {bundle['seconds'] / commit['seconds']:.1f}x",
            flush=True,
        )


if __name__ == "__main__":
    main()
