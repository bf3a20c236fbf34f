"""One kill: a kernel that stages and commits is killed at a random instant, and another one finishes its work."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import encord_widgets as ew
from encord_widgets.local import EmbeddedEncord
from tests.faults.kernel import FOLDER, ITEMS, steps
from tests.faults.ledger import Ledger, text
from tests.faults.runs import template

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Kill:
    """What came of one kill.

    Args:
        when: The last word of the kernel.
        edits: Cells that it said were staged.
        settled: Of these, settled in the journal when it died.
        resumed: Of these, brought to an end by `resume`.
        restored: Of these, still staged when it died, and committed anew.
        wrong: What must not happen, in words.
    """

    when: str = ""
    edits: int = 0
    settled: int = 0
    resumed: int = 0
    restored: int = 0
    wrong: list[str] = field(default_factory=list)


def kill(seed: int, folder: Path) -> Kill:
    """Kill one kernel, and let another finish its work.

    Args:
        seed: Decides the edits, the faults and the instant.
        folder: Where databases and journals may be made.
    """
    home = folder / f"kill {seed}"
    home.mkdir()
    path = home / "encord.db"
    shutil.copy(template(folder, ITEMS), path)
    environment = {**os.environ, "ENCORD_WIDGETS_STATE": str(home / "state")}
    command = [sys.executable, "-m", "tests.faults.kernel", str(path), str(seed)]
    rng = random.Random(f"kill {seed}")
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = [process.stdout.readline()]
        # Most kills are for the commit; the others may hit the staging before it.
        while rng.random() < 0.93 and said[-1] not in {"committing\n", ""}:
            said.append(process.stdout.readline())
        time.sleep(rng.uniform(0, 0.8 if seed % 2 else 0.35))  # about as long as the commit takes
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
        trouble = process.stderr.read()
    words = [line.strip() for line in said if line.endswith("\n")]
    if process.returncode not in {-signal.SIGKILL, 0} or not words:
        return Kill(wrong=[f"the kernel failed by itself: {trouble}"])
    before = os.environ.get("ENCORD_WIDGETS_STATE")
    os.environ["ENCORD_WIDGETS_STATE"] = str(home / "state")
    try:
        return _account(seed, path, words)
    finally:
        os.environ.pop("ENCORD_WIDGETS_STATE")
        if before is not None:
            os.environ["ENCORD_WIDGETS_STATE"] = before
        shutil.rmtree(home)


def _account(seed: int, path: Path, words: list[str]) -> Kill:
    found = Kill(when=words[-1].split()[0])
    with ew.demo(path) as client:
        items = client.folder(client.folders(FOLDER)[0]).wait()
        whole = steps(seed, items.uuids)
        told = sum(word.startswith("staged") for word in words)
        wanted = _cells(whole[:told])
        maybe = _cells(whole[: told + 1])  # the step that was cut off is there whole, or not at all
        found.edits = len(wanted)
        receipt = None
        for commit in items.cut_off():
            found.settled = commit.total - commit.left
        receipt = items.resume()
        if receipt is not None:
            found.resumed = len(receipt.rows) - found.settled
            if not receipt:
                found.wrong.append(f"resume left something open: {receipt}")
        if items.resume() is not None or items.cut_off():
            found.wrong.append("there was something to resume twice")
        restored = items.restore()
        found.restored = len(restored)
        cells = {(change.item, change.key) for change in restored}
        if not cells <= maybe.keys():
            found.wrong.append("edits came back that nobody made")
        if items.changes and not (receipt := items.commit()):
            found.wrong.append(f"what was restored did not go through: {receipt}")
        if items.changes or items.earlier():
            found.wrong.append(f"still staged: {items.changes}, {items.earlier()}")
    with EmbeddedEncord(path) as server:
        ledger = Ledger(server.store, 0)
        held = {cell: ledger.now(*cell) for cell in maybe}
        lost = [cell for cell, value in wanted.items() if held[cell] != value]
        found.wrong += [f"lost: {key!r} of {item}" for item, key in lost[:3]]
        # What was so from the beginning was no edit.
        cut = {
            cell: value
            for cell, value in maybe.items()
            if cell not in wanted and ledger.went_through(*cell)[0][0] != value
        }
        there = sum(held[cell] == value for cell, value in cut.items())
        if there not in {0, len(cut)}:
            found.wrong.append(f"of the step that was cut off {there} of {len(cut)} arrived")
        if ledger.resent():
            found.wrong.append(f"{ledger.resent()} items were sent what they held already")
        for item, entries in ledger.entries.items():
            found.wrong += _foreign(item, entries, maybe)
    return found


def _cells(made: list[dict[str, dict[str, object]]]) -> dict[tuple[str, str], str | None]:
    return {
        (item, key): text(value)
        for step in made
        for item, keys in step.items()
        for key, value in keys.items()
    }


def _foreign(item: str, entries: list, planned: dict[tuple[str, str], str | None]) -> list[str]:
    """Keys that were changed and that nobody asked for."""
    return [
        f"{key!r} of {item} was changed unasked"
        for entry in entries
        for key in {**entry.before, **entry.after}
        if (item, key) not in planned
        and text(entry.before.get(key, ew.ABSENT)) != text(entry.after.get(key, ew.ABSENT))
    ]


def summary(kills: list[Kill]) -> str:
    """The figures of some kills, for people."""
    when = Counter(found.when for found in kills)
    lines = {
        "kills": f"{len(kills):,}",
        "killed after the word": ", ".join(f"{word} {count}" for word, count in sorted(when.items())),
        "edits staged": f"{sum(found.edits for found in kills):,}",
        "settled before the kill": f"{sum(found.settled for found in kills):,}",
        "ended by resume": f"{sum(found.resumed for found in kills):,}",
        "restored and committed": f"{sum(found.restored for found in kills):,}",
        "cut within the commit": f"{sum(found.resumed > 0 for found in kills):,}",
        "lost, sent twice, wrong": f"{sum(len(found.wrong) for found in kills):,}",
    }
    return "\n".join(f"{title:<24} {value}" for title, value in lines.items())
