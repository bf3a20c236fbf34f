"""The journal of several kernels: killed at any instant, two at once, taken over by one alone."""

from __future__ import annotations

import itertools
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from encord_widgets.commit.journal import Journal, JournalError
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.values import canonical
from tests.commit.journal_kernel import FOLDER, NAME, actions, steps

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def kernel(folder, role, seed=0):
    command = [sys.executable, "-m", "tests.commit.journal_kernel", str(folder), role, str(seed)]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def kill_after(process, seconds):
    """What a kernel said before it was killed, some time after its first word."""
    first = process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    said = (first + process.stdout.read()).split("\n")
    trouble = process.stderr.read()
    assert first, trouble
    assert process.wait() == -signal.SIGKILL, trouble
    return said[:-1]  # a line cut in the middle was not said


def assert_sound(folder):
    (path,) = folder.rglob("*.sqlite3")
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def state_after(seed, count):
    staged = {}
    for step in itertools.islice(steps(seed), count):
        for cell, change in step.items():
            staged.pop(cell, None)
            if change is not None:
                staged[cell] = change
    return {cell: (repr(change.base), repr(change.after)) for cell, change in staged.items()}


def test_a_kernel_killed_while_staging_loses_nothing_that_was_staged(tmp_path):
    rng = random.Random(4)
    counts = []
    for seed in range(20):
        with kernel(tmp_path, "stage", seed) as process:
            said = kill_after(process, rng.uniform(0, 0.08))
        done = int(said[-1]) + 1
        assert said == [str(n) for n in range(done)]
        counts.append(done)
        assert_sound(tmp_path)
        journal = Journal.open(tmp_path, NAME)
        assert journal.notices == ()
        session = journal.session(FOLDER)
        there = {}
        for found in session.earlier():  # none when all was dropped
            assert not found.alive
            there |= {(c.item, c.key): (repr(c.base), repr(c.after)) for c in session.adopt(found.session)}
        # The step that was cut off is there whole, or not at all.
        assert there in (state_after(seed, done), state_after(seed, done + 1))
        session.close()
        if there:
            assert journal.session(FOLDER).discard(session.id) == len(there)
        journal.close()
    assert len(set(counts)) > 10  # killed at different instants


def spelled(changes):
    """Edits by cell; 1 and 1.0 are one value, so an edit staged over an equal one need not be written down again."""
    return {(c.item, c.key): (canonical(c.base), canonical(c.after)) for c in changes}


def many_after(seed, count):
    changes = ChangeSet()
    for _, _ in zip(range(count), actions(seed, changes), strict=False):
        pass
    return spelled(changes)


def test_a_kernel_killed_while_staging_thousands_at_once_loses_nothing(tmp_path):
    rng = random.Random(6)
    counts = []
    for seed in range(8):
        with kernel(tmp_path, "many", seed) as process:
            said = kill_after(process, rng.uniform(0, 0.3))
        done = int(said[-1]) + 1
        counts.append(done)
        assert_sound(tmp_path)
        journal = Journal.open(tmp_path, NAME)
        session = journal.session(FOLDER)
        found = session.earlier()
        there = {}
        for one in found:  # none when all was undone or dropped
            there = spelled(one.changes())
            assert (one.count, one.items) == (len(there), len({item for item, _ in there}))
            taken = session.adopt(one.session)
            assert spelled(taken) == there
        assert there in (many_after(seed, done), many_after(seed, done + 1))
        session.close()
        if there:
            assert journal.session(FOLDER).discard(session.id) == len(there)
        journal.close()
    assert len(set(counts)) > 4


def test_a_kernel_killed_while_committing_is_resumed_where_it_was(tmp_path):
    rng = random.Random(5)
    cut = set()
    for seed in range(20):
        with kernel(tmp_path, "commit", seed) as process:
            said = kill_after(process, rng.uniform(0, 0.15))
        assert_sound(tmp_path)
        journal = Journal.open(tmp_path, NAME)
        begun = [line.split()[1] for line in said if line.startswith("begun")]
        last = said[len(said) - said[::-1].index(f"begun {begun[-1]}") :]
        open_now = journal.open_commits()
        if last[-1:] == ["finished"]:  # and perhaps the next one was begun, but not said
            assert [found.left for found in open_now] in ([], [120])
        elif open_now:
            (found,) = open_now
            settled = {int(row.item.removeprefix("item-")) for row in found.rows()}
            left = {int(change.item.removeprefix("item-")) for change in found.plan_left().changes}
            assert found.id == begun[-1]
            assert settled | left == set(range(120))
            assert not settled & left
            said_so = sum(line.startswith("verified") for line in last)
            assert len(settled) in (10 * said_so, 10 * said_so + 10)
            assert {row.wanted for row in found.rows()} <= {seed}
            cut.add(len(settled))
        else:  # the last word, "finished", was not said any more
            assert last[-1] == "verified 110"
        for found in open_now:
            journal.dismiss(found.id)
        journal.close()
    assert len(cut) > 3


def test_two_kernels_see_each_other_and_the_lock_dies_with_the_process(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    session = journal.session(FOLDER)
    with kernel(tmp_path, "hold") as process:
        other = process.stdout.readline().strip()
        (found,) = session.earlier()
        assert (found.session, found.alive, found.here) == (other, True, False)
        with pytest.raises(JournalError, match="in use by another kernel that still runs"):
            session.adopt(other)
        process.kill()
        process.wait()
        (found,) = session.earlier()
        assert not found.alive
        assert session.adopt(other) == [Change("a", "weather", "rain", "fog")]
    journal.close()


def test_two_kernels_that_write_at_once_never_damage_the_file(tmp_path):
    with (
        kernel(tmp_path, "stage", 1) as one,
        kernel(tmp_path, "stage", 2) as two,
        kernel(tmp_path, "commit", 3) as three,
    ):
        for process in (one, two, three):
            for _ in range(5):  # by then something is staged
                assert process.stdout.readline(), process.stderr.read()
        journal = Journal.open(tmp_path, NAME)
        session = journal.session(FOLDER)
        for n in range(100):
            session.record({("mine", f"key {n}"): Change("mine", f"key {n}", "rain", n)})
        assert [found.alive for found in session.earlier()] == [True, True]
        assert journal.open_commits() == []
        said = [5 + len(kill_now(process)) for process in (one, two)]
        kill_now(three)
    assert_sound(tmp_path)
    dead = {found.session: found for found in session.earlier()}
    assert [found.alive for found in dead.values()] == [False, False]
    states = [
        {(c.item, c.key): (repr(c.base), repr(c.after)) for c in found.changes()} for found in dead.values()
    ]
    for seed, count in ((1, said[0]), (2, said[1])):
        assert state_after(seed, count) in states or state_after(seed, count + 1) in states
    session.close()
    reader = journal.session(FOLDER)
    assert len(reader.adopt(session.id)) == 100
    journal.close()


def kill_now(process):
    process.send_signal(signal.SIGKILL)
    return process.stdout.read().split("\n")[:-1]


def test_of_several_kernels_one_alone_takes_the_edits_over(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    with (
        kernel(tmp_path, "adopt") as one,
        kernel(tmp_path, "adopt") as two,
        kernel(tmp_path, "adopt") as three,
    ):
        others = (one, two, three)
        for process in others:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        for _ in range(20):
            session = journal.session(FOLDER)
            session.record({(f"item-{session.id}", f"{n}"): Change("i", f"{n}", 1, 2) for n in range(50)})
            session.close()
            for process in others:
                process.stdin.write(f"{session.id}\n")
                process.stdin.flush()
            answers = sorted(process.stdout.readline() for process in others)
            assert answers[0] == "50\n"
            assert all("taken over or discarded" in answer for answer in answers[1:]), answers
    journal.close()
