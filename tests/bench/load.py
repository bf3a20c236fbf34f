"""Loading a folder: the toolkit's table against the SDK as documented (page size 100) and tuned (1000).

Run: `python -m tests.bench.load [--items 10000 100000] [--latency 0 30 80] [--data sample reference]`
"""

from __future__ import annotations

import argparse
import itertools

from tests.bench.served import run, served

OURS = """
import encord_widgets as ew
client = ew.connect(ssh_private_key_path=KEY, domain=DOMAIN)
"""
OURS_WORK = """
items = client.folder(FOLDER).wait()
found = len(items)
"""
SDK = """
from encord import EncordUserClient
client = EncordUserClient.create_with_ssh_private_key(ssh_private_key_path=KEY, domain=DOMAIN)
"""
SDK_WORK = """
items = list(client.get_storage_folder(FOLDER).list_items(page_size={page_size}))
metadata = [item.client_metadata for item in items]
found = len(metadata)
"""


def main(arguments: list[str] | None = None) -> None:
    """Print one line for each size and latency."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 30, 80])
    parser.add_argument("--data", choices=["sample", "reference"], nargs="+", default=["sample", "reference"])
    options = parser.parse_args(arguments)
    print("  items  latency  data     |  toolkit           | SDK, pages of 100          | SDK, pages of 1000")
    for count in options.items:
        for latency, data in itertools.product(options.latency, options.data):
            with served(count, latency, reference=data == "reference") as server:
                ours = run(server, OURS, OURS_WORK)
                tuned = run(server, SDK, SDK_WORK.format(page_size=1000))
                documented = run(server, SDK, SDK_WORK.format(page_size=100))
            if not ours["found"] == tuned["found"] == documented["found"] == count:
                raise RuntimeError(f"not the same work: {ours}, {tuned}, {documented}")
            print(
                f"{count:>7,} {latency:>5.0f} ms  {data:<9}| {ours['seconds']:6.2f} s {ours['peak_mb']:5.0f} MB |"
                f" {documented['seconds']:6.1f} s {documented['peak_mb']:5.0f} MB"
                f" {documented['seconds'] / ours['seconds']:5.1f}x |"
                f" {tuned['seconds']:6.1f} s {tuned['peak_mb']:5.0f} MB {tuned['seconds'] / ours['seconds']:5.1f}x",
                flush=True,
            )


if __name__ == "__main__":
    main()
