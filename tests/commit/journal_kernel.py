"""A kernel that works with a journal, in a process of its own.

`python -m tests.commit.journal_kernel FOLDER ROLE SEED` does its part until it is killed. It prints one line for each
step that it was told is written down; whatever was printed must be there afterwards.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import numpy as np

from encord_widgets.commit.journal import Journal, JournalError, Session, SourceKey
from encord_widgets.commit.receipt import Receipt, ReceiptRow, now
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.changes_bulk import BulkEdit
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.values import ABSENT

NAME = "https://example.test key 1f"
FOLDER = SourceKey("folder", "5a1c", "Street scenes")
VALUES = (None, ABSENT, 2**70, 1.0, "Ünï \x00 𝄞", [], {"a": [True, None]}, -0.0)


def steps(seed: int):
    """What a kernel stages, step by step: the same for whoever asks with the same seed."""
    rng = random.Random(seed)
    while True:
        cells = [
            (f"item-{rng.randrange(40)}", f"key {rng.randrange(4)}") for _ in range(rng.choice((1, 3, 200)))
        ]
        yield {
            cell: None if rng.random() < 0.3 else Change(*cell, rng.choice(VALUES), rng.choice(VALUES))
            for cell in cells
        }


def verified(plan: Plan, items: slice) -> list[ReceiptRow]:
    return [
        ReceiptRow(item.item, item.name, c.key, c.base, c.after, c.after, "verified", "", now())
        for item in plan.items[items]
        for c in item.changes
    ]


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    time.sleep(0.0005)  # busy, but no busier than a commit or a person who types: others get their turn


def stage(session: Session, seed: int) -> None:
    for number, step in enumerate(steps(seed)):
        session.record(step)
        say(number)


class Index:
    """Rows of the items that are staged at once."""

    uuids = tuple(f"item-{n}" for n in range(3000))

    def row_of(self, uuid: str) -> int:
        return int(uuid.removeprefix("item-"))

    def __len__(self) -> int:
        return len(self.uuids)


INDEX = Index()


def actions(seed: int, changes: ChangeSet):
    """What a kernel does with thousands of items at once: bulk edits, undo, redo, single cells, drops."""
    rng = random.Random(seed)
    while True:
        match rng.choice(("bulk", "bulk", "undo", "redo", "cell", "drop")):
            case "bulk":
                rows = np.arange(rng.randrange(3), 3000, rng.choice((1, 2)))
                base, after = (Column.of(rng.choice(VALUES), len(rows)) for _ in range(2))
                changes.stage((), [BulkEdit(f"key {rng.randrange(2)}", rows, base, after)], INDEX)
            case "undo":
                changes.undo()
            case "redo":
                changes.redo()
            case "cell":
                item = f"item-{rng.randrange(3000)}"
                changes.stage([Change(item, f"key {rng.randrange(2)}", 1, rng.choice(VALUES))])
            case "drop":
                changes.drop(keys=[f"key {rng.randrange(2)}"])
        yield


def many(session: Session, seed: int) -> None:
    changes = ChangeSet()
    for number, _ in enumerate(actions(seed, changes)):
        session.record_all(changes.take_all_moved())
        say(number)


def commit(session: Session, seed: int) -> None:
    """Commits of 12 bundles, one after the other."""
    for round_ in range(10_000):
        changes = [Change(f"item-{n}", "weather", round_, seed) for n in range(120)]
        plan = Plan.of(changes, {})
        record = session.begin_commit(plan)
        say(f"begun {record.id}")
        for start in range(0, 120, 10):
            bundle = slice(start, start + 10)
            record.intent(plan.items[bundle])
            say(f"sent {start}")
            record.outcome(verified(plan, bundle))
            say(f"verified {start}")
        record.finish(Receipt(tuple(verified(plan, slice(None))), now(), now(), 12))
        say("finished")


def adopt(session: Session, _: int) -> None:
    """Wait for the word, then take over everything that can be had."""
    say("ready")
    for line in sys.stdin:
        try:
            say(len(session.adopt(line.strip())))
        except JournalError as error:
            say(f"refused: {error}")


def hold(session: Session, _: int) -> None:
    session.record({("a", "weather"): Change("a", "weather", "rain", "fog")})
    say(session.id)
    sys.stdin.read()


def main() -> None:
    folder, role, seed = sys.argv[1:]
    session = Journal.open(Path(folder), NAME).session(FOLDER)
    {"stage": stage, "many": many, "commit": commit, "adopt": adopt, "hold": hold}[role](session, int(seed))


if __name__ == "__main__":
    main()
