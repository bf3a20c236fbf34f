"""The journal on disk: who may read it, versions, damage, full and read-only disks, housekeeping."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import stat
import subprocess
import sys
import uuid

import numpy as np
import pytest

from encord_widgets.commit.journal import Journal, JournalError, SourceKey, state_folder
from encord_widgets.commit.journal_file import insert
from encord_widgets.commit.journal_schema import VERSION, bring_up_to_date
from encord_widgets.commit.receipt import Receipt, ReceiptRow, now
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.changes_bulk import BulkEdit
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.plan import Plan

FOLDER = SourceKey("folder", "5a1c", "Street scenes")
NAME = "https://example.test key 1f"


def put(session, *items):
    session.record({(item, "weather"): Change(item, "weather", "rain", "fog") for item in items})


def staged(folder):
    journal = Journal.open(folder, NAME)
    found = [edits.count for edits in journal.session(FOLDER).earlier()]
    journal.close()
    return found


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_only_the_owner_can_read_any_of_it(tmp_path, umask):
    before = os.umask(umask)
    try:
        journal = Journal.open(tmp_path, NAME)
        session = journal.session(FOLDER)
        put(session, "a")
        session.begin_commit(Plan.of([Change("a", "weather", "rain", "fog")], {}))
    finally:
        os.umask(before)
    parts = list((tmp_path / "journals").rglob("*"))
    ends = {part.suffix for part in parts}
    assert {".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".lock", ".locks"} <= ends
    for part in [tmp_path / "journals", *parts]:
        assert stat.S_IMODE(part.stat().st_mode) == (0o700 if part.is_dir() else 0o600), part
    journal.close()


def test_a_journal_that_others_could_read_is_closed_to_them(tmp_path):
    Journal.open(tmp_path, NAME).close()
    (file,) = tmp_path.rglob("*.sqlite3")
    file.chmod(0o644)
    file.parent.chmod(0o755)
    Journal.open(tmp_path, NAME).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_folder_above_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    Journal.open(tmp_path, NAME).close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_names_become_files_of_their_own(tmp_path):
    names = ["https://a/b", "https://a_b", "plain", "../../up", "x" * 300, "x" * 301, "", "Ünï"]
    paths = set()
    for name in names:
        journal = Journal.open(tmp_path, name)
        assert journal.path.parent == tmp_path / "journals"
        paths.add(journal.path)
        journal.close()
    assert len(paths) == len(names)


def test_the_state_folder_can_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCORD_WIDGETS_STATE", str(tmp_path / "state"))
    assert state_folder() == tmp_path / "state"
    monkeypatch.delenv("ENCORD_WIDGETS_STATE")
    assert state_folder().name == "encord-widgets"


def test_it_is_in_wal_mode_and_strict(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    with sqlite3.connect(journal.path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        tables = other.execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table'").fetchall()
        assert {name for name, strict in tables if strict} >= {"sessions", "edits", "commits", "cells"}
    other.close()
    journal.close()


def test_commits_wait_for_the_disk_and_staged_edits_do_not(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    session = journal.session(FOLDER)

    def synchronous():
        return journal._file._connection.execute("PRAGMA synchronous").fetchone()[0]

    put(session, "a")
    assert synchronous() == 1  # NORMAL
    record = session.begin_commit(Plan.of([Change("a", "weather", "rain", "fog")], {}))
    assert synchronous() == 2  # FULL
    put(session, "b")
    assert synchronous() == 1
    for step in (
        lambda: record.intent(()),
        lambda: record.outcome(()),
        lambda: record.finish(Receipt((), now(), now(), 0)),
    ):
        put(session, "c")
        step()
        assert synchronous() == 2
    journal.close()


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    journal.close()
    with sqlite3.connect(journal.path) as other:
        other.execute(f"PRAGMA user_version = {VERSION + 1}")
    other.close()
    content = journal.path.read_bytes()
    with pytest.raises(
        JournalError, match=f"newer encord_widgets .version {VERSION + 1}; .* up to {VERSION}"
    ):
        Journal.open(tmp_path, NAME)
    assert journal.path.read_bytes() == content


def test_edits_of_the_first_version_are_there_after_the_upgrade(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    put(journal.session(FOLDER), "a", "b")
    path = journal.path
    journal.close()
    with sqlite3.connect(path) as other:  # as the first version left it
        other.execute("DROP TABLE bulk_edits")
        other.execute("DROP TABLE rosters")
        other.execute("ALTER TABLE commits DROP COLUMN last_bulk")
        other.execute("PRAGMA user_version = 1")
    other.close()
    assert staged(tmp_path) == [2]


def test_a_commit_that_the_second_version_began_is_found_and_dropped_from(tmp_path):
    plan = Plan.of([Change(item, "weather", "rain", "fog") for item in "abc"], {})
    journal = Journal.open(tmp_path, NAME)
    session = journal.session(FOLDER)
    put(session, "a", "b", "c")
    record = session.begin_commit(plan)
    record.outcome([ReceiptRow("a", "a", "weather", "rain", "fog", "fog", "verified", "", now())])
    path = journal.path
    journal.close()
    with sqlite3.connect(path) as other:
        other.execute("ALTER TABLE commits DROP COLUMN last_bulk")
        other.execute("PRAGMA user_version = 2")
    other.close()
    assert staged(tmp_path) == [2]
    journal = Journal.open(tmp_path, NAME)
    assert [commit.left for commit in journal.open_commits()] == [2]
    journal.close()


def test_edits_of_many_items_are_undone_and_redone_without_filling_the_file(tmp_path):
    index = ItemTable()
    index.append(ItemBatch([str(uuid.UUID(int=2**100 + n)) for n in range(50_000)]))
    rows = np.arange(50_000)
    base = Column(50_000)
    base.write(rows, [n / 8 for n in range(50_000)])
    changes = ChangeSet()
    journal = Journal.open(tmp_path, NAME)
    session = journal.session(FOLDER)
    changes.stage((), [BulkEdit("lux", rows, base, Column.of(-5, 50_000))], index)
    changes.stage([Change(index.uuids[0], "weather", "rain", "fog")])
    session.record_all(changes.take_all_moved())
    journal._file._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = journal.path.stat().st_size
    assert size < 50_000 * (16 + 9) * 1.1  # uuid, tag and number
    for _ in range(20):
        for step in (changes.undo, changes.undo, changes.redo, changes.redo):
            step()
            session.record_all(changes.take_all_moved())
    journal._file._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert journal.path.stat().st_size < 3 * size
    (found,) = journal.session(FOLDER).earlier()
    assert (found.count, found.items) == (50_001, 50_000)
    assert [(c.item, c.key, c.base, c.after) for c in found.changes()][:50_000] == [
        (item, "lux", n / 8, -5) for n, item in enumerate(index.uuids)
    ]
    session.close()
    other = journal.session(FOLDER)
    assert other.discard(session.id) == 50_001
    assert journal._file._connection.execute("SELECT count(*) FROM rosters").fetchone() == (0,)
    journal.close()


def test_a_commit_after_edits_of_many_items_drops_what_it_settled(tmp_path):
    index = ItemTable()
    index.append(ItemBatch([f"item {n}" for n in range(3000)]))
    rows = np.arange(3000)
    changes = ChangeSet()
    journal = Journal.open(tmp_path, NAME)
    session = journal.session(FOLDER)
    changes.stage((), [BulkEdit("lux", rows, Column.of("rain", 3000), Column.of("fog", 3000))], index)
    session.record_all(changes.take_all_moved())
    plan = Plan.of(list(changes)[:2000], {})
    record = session.begin_commit(plan)
    record.outcome([row_of(change) for change in plan.changes[:1500]])
    changes.stage((), [BulkEdit("lux", rows[:100], Column.of("rain", 100), Column.of("snow", 100))], index)
    session.record_all(changes.take_all_moved())
    session.close()
    record.let_go()
    here = journal.session(FOLDER)
    (found,) = here.earlier()
    left = {c.item: c.after for c in found.changes()}
    few = changes.take_all_moved()
    assert few.cells == {}
    assert left == {f"item {n}": "snow" if n < 100 else "fog" for n in (*range(100), *range(1500, 3000))}
    assert {c.item: c.after for c in here.adopt(session.id)} == left
    assert [commit.left for commit in journal.open_commits()] == []
    journal.close()


def row_of(change):
    wanted = change.after
    return ReceiptRow(change.item, "", change.key, change.base, wanted, wanted, "verified", "", now())


def test_an_older_version_is_brought_up_to_date(tmp_path):
    scripts = (
        "CREATE TABLE a (x);\n",
        "ALTER TABLE a ADD y;\nINSERT INTO a VALUES (1, 2);\n",
        "DROP TABLE missing;\n",
    )
    connection = sqlite3.connect(tmp_path / "x.sqlite3", isolation_level=None)
    bring_up_to_date(connection, scripts[:1])
    bring_up_to_date(connection, scripts[:2])
    bring_up_to_date(connection, scripts[:2])
    assert connection.execute("SELECT * FROM a").fetchall() == [(1, 2)]
    with pytest.raises(sqlite3.OperationalError):
        bring_up_to_date(connection, scripts)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


@pytest.mark.parametrize("damage", ["text", "head", "pages", "foreign"])
def test_a_damaged_journal_is_kept_aside_and_work_goes_on(tmp_path, damage):
    journal = Journal.open(tmp_path, NAME)
    put(journal.session(FOLDER), *(f"item-{n}" for n in range(500)))
    journal.close()
    path = journal.path
    content = path.read_bytes()
    if damage == "text":
        path.write_bytes(b"this is no database, but it is long enough to be looked at" * 20)
    elif damage == "head":
        path.write_bytes(b"\xff" * 4096 + content[4096:])
    elif damage == "pages":
        path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    else:
        path.unlink()
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE theirs (x)")
        other.close()
    damaged = path.read_bytes()
    again = Journal.open(tmp_path, NAME)
    (notice,) = again.notices
    assert "could not be read" in notice.text
    assert str(notice.path) in notice.text
    assert notice.path.read_bytes() == damaged
    put(again.session(FOLDER), "a")
    again.close()
    assert staged(tmp_path) == [1]


def test_a_full_disk_is_said_once_clearly_and_nothing_is_lost(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    session = journal.session(FOLDER)
    put(session, "a")
    connection = journal._file._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match=r"the disk is full\. Staged edits are not being journaled"):
        put(session, *(f"item-{n}" for n in range(2000)))
    with pytest.raises(JournalError, match="the disk is full"):
        session.begin_commit(Plan.of([Change(f"{n}", "weather", "rain", "x" * 5000) for n in range(50)], {}))
    assert session.behind == 2000
    connection.execute("PRAGMA max_page_count = 1000000")  # somebody made room
    put(session, "b")
    assert session.behind == 0
    journal.close()
    assert staged(tmp_path) == [2002]


def test_a_disk_that_fails_is_said_too(tmp_path):
    """The limit on file sizes makes every further write fail, as a broken disk would."""
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from encord_widgets.commit.journal import Journal, JournalError, SourceKey\n"
        "from encord_widgets.metadata.changes import Change\n"
        "session = Journal.open(Path(sys.argv[1]), 'n').session(SourceKey('folder', 'u', 't'))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    session.record({('a', 'k'): Change('a', 'k', 1, 'x' * 100_000)})\n"
        "except JournalError as error:\n"
        "    print(session.behind, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("1 The journal"), done.stderr
    assert "not being journaled" in done.stdout


def test_a_read_only_journal_is_said(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    session = journal.session(FOLDER)
    journal._file._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalError, match="read-only"):
        put(session, "a")
    assert session.behind == 1
    journal.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="not being journaled"):
        Journal.open(tmp_path / "file", NAME)
    (tmp_path / "journals").write_text("in the way")
    with pytest.raises(JournalError, match="not being journaled"):
        Journal.open(tmp_path, NAME)


def test_a_busy_journal_is_said_after_a_while(tmp_path, monkeypatch):
    journal = Journal.open(tmp_path, NAME)
    session = journal.session(FOLDER)
    journal._file._connection.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another process keeps it locked"):
        put(session, "a")
    other.close()
    session.flush()
    assert session.behind == 0
    journal.close()


def test_a_connection_is_not_taken_through_a_fork(tmp_path):
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from encord_widgets.commit.journal import Journal, JournalError, SourceKey\n"
        "from encord_widgets.metadata.changes import Change\n"
        "session = Journal.open(Path(sys.argv[1]), 'n').session(SourceKey('folder', 'u', 't'))\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        session.record({('a', 'k'): Change('a', 'k', 1, 2)})\n"
        "    except JournalError as error:\n"
        "        os._exit(7 if 'forked' in str(error) else 8)\n"
        "    os._exit(9)\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "7\n", done.stderr


def test_commits_of_long_ago_and_empty_sessions_are_dropped(tmp_path):
    journal = Journal.open(tmp_path, NAME)
    plan = Plan.of([Change("a", "weather", "rain", "fog")], {})
    for _ in range(3):
        session = journal.session(FOLDER)
        session.begin_commit(plan).finish(Receipt((), now(), now(), 0))
    put(session, "a")
    journal.session(FOLDER).begin_commit(plan)
    journal.close()

    def count(table):
        connection = sqlite3.connect(journal.path)
        (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        connection.close()
        return found

    connection = sqlite3.connect(journal.path)
    old, recent = (now() - dt.timedelta(days=31)).isoformat(), (now() - dt.timedelta(days=29)).isoformat()
    connection.execute("UPDATE commits SET finished = ? WHERE no = 1", (old,))
    connection.execute("UPDATE commits SET finished = ? WHERE no = 2", (recent,))
    connection.execute("UPDATE commits SET begun = ?", (old,))  # an open one is kept however old it is
    connection.commit()
    connection.close()
    assert (count("commits"), count("cells")) == (4, 4)
    assert len(list(tmp_path.rglob("*.locks/*.lock"))) > 0
    Journal.open(tmp_path, NAME).close()
    assert (count("commits"), count("cells"), count("sessions"), count("edits")) == (3, 3, 1, 1)
    assert list(tmp_path.rglob("*.locks/*.lock")) == []


def test_housekeeping_leaves_sessions_in_use_alone(tmp_path):
    first = Journal.open(tmp_path, NAME)
    session = first.session(FOLDER)
    put(session, "a")
    session.record({("a", "weather"): None})  # empty, but in use
    second = Journal.open(tmp_path, NAME)
    put(session, "b")
    (found,) = second.session(FOLDER).earlier()
    assert (found.session, found.alive, found.count) == (session.id, True, 1)
    first.close()
    second.close()


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1000, 1203])
def test_rows_are_inserted_in_order_whatever_their_number(count):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE found (no INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, flag INTEGER)")
    rows = [(f"'); DROP TABLE found; -- {n}", n % 2 == 0) for n in range(count)]
    insert(connection, "found (text, flag)", iter(rows))
    assert connection.execute("SELECT no, text, flag FROM found ORDER BY no").fetchall() == [
        (no, text, int(flag)) for no, (text, flag) in enumerate(rows, 1)
    ]
    connection.close()
