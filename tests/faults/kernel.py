"""A kernel that stages and commits on a demo of its own, to be killed: `python -m tests.faults.kernel FILE SEED`.

It prints a line for each step that is behind it; what was printed must be there afterwards.
"""

from __future__ import annotations

import random
import sys

import encord_widgets as ew
from encord_widgets.commit.options import CommitOptions, Patience
from encord_widgets.metadata.values import ABSENT

ITEMS = 300
FOLDER = "Street scenes"


def faults_of(seed: int) -> str:
    """Every other kernel is on a bad network too; the rival stays away, so that all edits must arrive."""
    rates = "503=0.08,504=0.05,reset_after=0.08,reset_before=0.05,half_applied=0.1,retry_after=0"
    return f"{rates},seed={seed}" if seed % 2 else ""


def steps(seed: int, uuids: list[str]) -> list[dict[str, dict[str, object]]]:
    """What the kernel stages, call by call; each cell once."""
    rng = random.Random(seed)
    values = (ABSENT, None, seed, f"kernel {seed} 渋谷", [seed, {"a": None}])
    edits = {uuid: {f"key {n}": rng.choice(values[1:]) for n in range(2)} for uuid in uuids}
    for uuid in rng.sample(uuids, len(uuids) // 4):
        edits[uuid]["source.file"] = ABSENT
    order = rng.sample(uuids, len(uuids))
    return [{uuid: edits[uuid] for uuid in order[start::5]} for start in range(5)]


def main() -> None:
    path, seed = sys.argv[1], int(sys.argv[2])
    client = ew.demo(path, latency_ms=1, faults=faults_of(seed) or None)
    items = client.folder(client.folders(FOLDER)[0]).wait()
    say("ready")
    for number, step in enumerate(steps(seed, items.uuids)):
        items.stage(step)
        say(f"staged {number}")
    patience = Patience(attempts=8, wait=0.001, longest=0.01)
    say("committing")
    items.start_commit(CommitOptions(bundle_size=15, concurrency=3, patience=patience)).result()
    say("finished")
    client.close()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
