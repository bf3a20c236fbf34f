"""What safety costs: conflict check, journal and read-back against the bare bundle write.

`bare` sends the same patches through the same client, four bundles in flight, and looks neither before nor after.
`checked` is the commit with all of that: plan written to the journal, each bundle re-read, merged, written, read back,
judged, and written down. `whole` has a canary on top, as any commit of so many items: 20 items are proved before the
rest goes. Beside it the SDK's `Bundle`, unverified: with the listing of the folder that it needs first, because a
write replaces the whole dictionary (pages of 100 as documented), and without. Then the memory of many staged edits,
and the time to save and load their plan.

Run: `python -m tests.bench.safety [--edits 10000] [--latency 30] [--many 200000]`
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import contextmanager

from tests.bench.commit import BUNDLE, LIST, PLAN
from tests.bench.load import OURS, SDK
from tests.bench.served import run, served

BARE_SETUP = """
items = client.folder(FOLDER).wait()
patches = {uuid: {**items.table.metadata(items.table.row_of(uuid)), "camera": VALUE} for uuid in items.uuids}
"""
BARE = """
import anyio
async def bare():
    written = []
    limiter = anyio.CapacityLimiter(4)
    async def send(uuids):
        async with limiter:
            bundle = {uuid: patches[uuid] for uuid in uuids}
            await client._api.patch_metadata(bundle, retry=False)
            written.extend(uuids)
    async with anyio.create_task_group() as group:
        uuids = list(patches)
        for start in range(0, len(uuids), 1000):
            group.start_soon(send, uuids[start : start + 1000])
    return len(written)
found = client._background.call(bare)
"""
# An item set's own commit: its journal holds the staged edits too.
WHOLE = """
from encord_widgets.commit.options import CommitOptions
receipt = items.start_commit(CommitOptions({options})).result()
assert receipt, receipt
found = len(receipt.verified)
"""
MANY = """
import encord_widgets as ew
client = ew.connect(ssh_private_key_path=KEY, domain=DOMAIN)
items = client.folder(FOLDER).wait()
"""
MANY_STAGE = """
for round in range(4):
    items.stage({uuid: {f"key {round}": f"value {round} of {uuid}"} for uuid in items.uuids})
plan = items.plan()
found = len(plan)
"""
MANY_PLAN = """
import tempfile
from pathlib import Path
with tempfile.TemporaryDirectory() as folder:
    path = plan.save(Path(folder) / "many.plan.%s")
    again = ew.Plan.load(path)
found = len(again)
"""


@contextmanager
def own_state():
    """A journal on disk, as in use, that is gone afterwards."""
    before = os.environ.get("ENCORD_WIDGETS_STATE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ENCORD_WIDGETS_STATE"] = folder
        try:
            yield
        finally:
            del os.environ["ENCORD_WIDGETS_STATE"]
            if before is not None:
                os.environ["ENCORD_WIDGETS_STATE"] = before


def main(arguments: list[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=30)
    parser.add_argument("--many", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    with own_state():
        cost(options.edits, options.latency, options.rounds)
        many(options.many)


def cost(edits: int, latency: float, rounds: int) -> None:
    """Bare, checked and whole, the best of some rounds each, and the SDK once."""
    values = iter(f"safety {n}" for n in range(1000))
    seconds: dict[str, list[float]] = {"bare": [], "checked": [], "whole": []}
    with served(edits, latency) as server:
        for _ in range(rounds):
            for name, setup, work in (
                ("bare", f"{OURS}\nVALUE = {next(values)!r}\n{BARE_SETUP}", BARE),
                ("checked", f"{OURS}\nVALUE = {next(values)!r}\n{PLAN}", WHOLE.format(options="canary=0")),
                ("whole", f"{OURS}\nVALUE = {next(values)!r}\n{PLAN}", WHOLE.format(options="")),
            ):
                done = run(server, setup, work)
                if done["found"] != edits:
                    raise RuntimeError(f"{name}: not the same work: {done}")
                seconds[name].append(done["seconds"])
        setup = f"{SDK}\nVALUE = {next(values)!r}"
        sdk = run(server, setup, LIST.format(page_size=100) + BUNDLE)["seconds"]
        setup = f"{SDK}\nVALUE = {next(values)!r}\n{LIST.format(page_size=1000)}"
        sdk_write = run(server, setup, BUNDLE)["seconds"]
    bare, checked, whole = (min(found) for found in seconds.values())
    print(
        f"{edits:,} edits at {latency:.0f} ms: bare write {bare:.2f} s, checked, journaled and read back"
        f" {checked:.2f} s ({checked / bare:.2f}x), whole commit {whole:.2f} s ({whole / bare:.2f}x)\n"
        f"  SDK, unverified: listed and written {sdk:.1f} s ({sdk / whole:.1f}x),"
        f" written only {sdk_write:.1f} s ({sdk_write / whole:.1f}x)",
        flush=True,
    )


def many(count: int) -> None:
    """Many staged edits: time, memory, and their plan as a file."""
    with served(count // 4, 0) as server:
        loaded = run(server, MANY, "found = len(items)")
        staged = run(server, MANY, MANY_STAGE)
        saved = {kind: run(server, MANY + MANY_STAGE, MANY_PLAN % kind) for kind in ("json", "parquet")}
    if {one["found"] for one in (staged, *saved.values())} != {count}:
        raise RuntimeError("not the same work")
    print(
        f"{count:,} edits: staged in {staged['seconds']:.1f} s, peak {staged['peak_mb']:.0f} MB"
        f" ({loaded['peak_mb']:.0f} MB with the {count // 4:,} items alone)"
    )
    for kind, one in saved.items():
        print(f"  plan as {kind}: saved and loaded in {one['seconds']:.2f} s, peak {one['peak_mb']:.0f} MB")


if __name__ == "__main__":
    main()
