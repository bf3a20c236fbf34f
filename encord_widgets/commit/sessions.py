"""Staged edits in the journal: one session for each item set, found again when its kernel is gone."""

from __future__ import annotations

import datetime as dt
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from encord_widgets.commit import bulk_records
from encord_widgets.commit.earlier import EarlierEdits
from encord_widgets.commit.journal_file import JournalError
from encord_widgets.commit.journal_text import SourceKey, moment_of, text_of, value_of
from encord_widgets.commit.liveness import Hold
from encord_widgets.commit.own_writes import written_since
from encord_widgets.commit.receipt import now
from encord_widgets.commit.records import (
    LEFT,
    CommitRecord,
    Desk,
    OpenCommit,
    claim,
    drop_settled,
    find_open,
    write_plan,
)
from encord_widgets.metadata.changes import Change, Moved
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.values import Value

__all__ = ["EarlierEdits", "Session"]

Place: TypeAlias = tuple[str, str]
_Row: TypeAlias = tuple[str, str, str | None, str | None, int]

_CHANGES: Final = "SELECT item, key, base, after, implied FROM edits AS theirs WHERE session = :theirs"
_OWN: Final = (
    "EXISTS (SELECT 1 FROM edits AS own WHERE own.session = :mine "
    "AND own.item = theirs.item AND own.key = theirs.key"
)


class Session:
    """The staged edits of one item set, in the journal. Made by `Journal.session`; leaves no trace while it is empty.

    It counts as alive until it is closed, let go of, or its process ends, however that ends.

    Args:
        desk: The journal.
        source: What the edits are staged on.
    """

    def __init__(self, desk: Desk, source: SourceKey) -> None:
        self.id = uuid.uuid4().hex
        self.source = source
        self._desk = desk
        self._hold: Hold | None = None
        self._closed = False
        self._bulk = bulk_records.BulkWriter()
        self._unwritten: list[Moved] = []
        desk.sessions.add(self.id)

    def __repr__(self) -> str:
        return f"<Session: {self.source.kind} {self.source.title!r}>"

    @property
    def behind(self) -> int:
        """Cells that could not be written yet, see `record`."""
        bulk = (
            [*map(len, moved.staged), *(len(rows) for _, rows in moved.dropped)] for moved in self._unwritten
        )
        return sum(len(moved.cells) for moved in self._unwritten) + sum(map(sum, bulk))

    def record(self, changes: Mapping[Place, Change | None]) -> None:
        """Write down what is staged now, or no longer; all or nothing.

        What cannot be written is kept, and goes with the next call.

        Args:
            changes: By item uuid and key, the staged edit, or None for none.

        Raises:
            JournalError: If it cannot be written.
        """
        self.record_all(Moved(dict(changes)))

    def record_all(self, moved: Moved) -> None:
        """As `record`, with edits of many items as columns: they are written as such, in no more time than a few.

        Args:
            moved: What is staged now, or no longer.

        Raises:
            JournalError: If it cannot be written.
        """
        with self._desk.file.lock:
            last = self._unwritten[-1] if self._unwritten else None
            if last is not None and last.index is None and moved.index is None:
                self._unwritten[-1] = replace(moved, cells={**last.cells, **moved.cells})
            else:
                self._unwritten.append(moved)
            self.flush()

    def flush(self) -> None:
        """Write what could not be written before.

        Raises:
            JournalError: If it cannot be written.
        """
        with self._desk.file.lock:
            if not self._unwritten:
                return
            if self._hold is None and not any(
                moved.staged or any(moved.cells.values()) for moved in self._unwritten
            ):
                self._unwritten = []  # nothing was ever staged
                return
            self._live()
            with self._desk.file.write() as connection:
                self._write(connection)
            self._written()

    def written_since(self, moment: dt.datetime) -> dict[str, dict[str, list[Value]]]:
        """Values that commits wrote since, of any source and session, by key and item uuid.

        Args:
            moment: From when on, with zone.

        Raises:
            JournalError: If the journal cannot be used.
        """
        return written_since(self._desk.file, moment)

    def earlier(self) -> list[EarlierEdits]:
        """Edits that other sessions staged on the same source, the latest first.

        Raises:
            JournalError: If the journal cannot be used.
        """
        source = (self.source.kind, self.source.uuid, self.id)
        # A write transaction: two kernels that probe locks at once would take each other for the owner.
        with self._desk.file.write() as connection:
            sessions = connection.execute(
                "SELECT id FROM sessions WHERE kind = ? AND uuid = ? AND id <> ?", source
            ).fetchall()
            alive = {session: self._desk.locks.alive(session) for (session,) in sessions}
            for session, in_use in alive.items():
                if not in_use:
                    _drop_settled_by(connection, session)
            found = connection.execute(
                "SELECT id, title, count(item), count(DISTINCT item), edited, sessions.no FROM sessions "
                "LEFT JOIN edits ON edits.session = sessions.no WHERE kind = ? AND uuid = ? AND id <> ? "
                "GROUP BY sessions.no ORDER BY edited DESC, sessions.no DESC",
                source,
            ).fetchall()
            counts = {
                row[0]: bulk_records.count(connection, row[5])
                if bulk_records.has_bulk(connection, row[5])
                else (row[2], row[3])
                for row in found
            }
        return [
            EarlierEdits(
                session,
                title,
                counts[session][0],
                counts[session][1],
                moment_of(at),
                alive[session],
                alive[session] and session in self._desk.sessions,
                self._changes_of,
            )
            for session, title, _, _, at, _ in found
            if counts[session][0]
        ]

    def adopt(self, session: str) -> list[Change]:
        """Take over the edits of a session whose kernel is gone, at once and for this session alone.

        A cell that is staged here too keeps the edit made here; the other one stays with its session. A commit that
        was cut off in that session is closed when all it left open is among the edits, for these are committed anew.

        Args:
            session: Id of the session.

        Returns:
            The edits taken over, in the order they were staged.

        Raises:
            JournalError: If a kernel still uses them, they are gone, or the journal cannot be written.
        """
        with self._desk.file.lock:
            self._live()
            with self._desk.file.write(durable=True) as connection:
                ids = {"mine": self._write(connection), "theirs": self._take(connection, session)}
                _close_commits(connection, session, ids)
                taken = self._move(connection, ids)
            self._written()
        return taken

    def discard(self, session: str) -> int:
        """Drop the edits of a session whose kernel is gone, and the commit that would have written them.

        Args:
            session: Id of the session.

        Returns:
            How many edits were dropped.

        Raises:
            JournalError: If a kernel still uses them, they are gone, or the journal cannot be written.
        """
        with self._desk.file.write(durable=True) as connection:
            number = self._take(connection, session)
            _close_commits(connection, session, {"mine": number, "theirs": number})
            dropped = 0
            if bulk_records.has_bulk(connection, number):
                dropped, _ = bulk_records.count(connection, number)
                connection.execute("DELETE FROM bulk_edits WHERE session = ?", (number,))
            single = connection.execute("DELETE FROM edits WHERE session = ?", (number,)).rowcount
            dropped = dropped or single
            connection.execute("DELETE FROM sessions WHERE no = ?", (number,))
            bulk_records.sweep_rosters(connection)
        return dropped

    def begin_commit(self, plan: Plan) -> CommitRecord:
        """Write a whole plan down, before anything of it is sent.

        Args:
            plan: What is to be written.

        Raises:
            InvalidInputError: If the plan names a cell twice.
            JournalError: If it cannot be written.
        """
        commit = uuid.uuid4().hex
        with self._desk.file.lock:
            self._live()
            with self._desk.file.write(durable=True) as connection:
                self._write(connection)
                number, numbers = write_plan(connection, commit, self.id, self.source, plan)
            self._written()
            return CommitRecord(self._desk, commit, number, self._hold, numbers)

    def open_commits(self) -> list[OpenCommit]:
        """Commits of the same source that were begun and did not end, the latest first.

        Raises:
            JournalError: If the journal cannot be used.
        """
        return find_open(self._desk, self.source)

    def resume(self, commit: str) -> CommitRecord:
        """Take over a commit whose kernel is gone, at once and for this session alone.

        Args:
            commit: Id of an open commit, of any source.

        Returns:
            Its record: commit `plan_left()` with it as the log.

        Raises:
            JournalError: If it is finished or under way, or the journal cannot be written.
        """
        with self._desk.file.lock:
            self._live()
            with self._desk.file.write(durable=True) as connection:
                self._write(connection)
                number = claim(connection, self._desk, commit)
                connection.execute("UPDATE commits SET owner = ? WHERE no = ?", (self.id, number))
            self._written()
            return CommitRecord(self._desk, commit, number, self._hold)

    def close(self) -> None:
        """Let go of the edits: they stay in the journal, for another session to adopt. Twice is fine."""
        with self._desk.file.lock:
            self._closed = True
            hold, self._hold = self._hold, None
            if hold is not None:
                hold.let_go()

    def _live(self) -> None:
        """Be alive before there is a trace, so that nobody takes it for a dead session's."""
        if self._closed:
            raise JournalError(
                "The items were closed with their client: staged edits are not being journaled."
            )
        if self._hold is None:
            try:
                self._hold = self._desk.locks.hold(self.id)
            except OSError as error:
                raise JournalError(
                    f"Staged edits are not being journaled, they are kept in memory only: {error}"
                ) from error

    def _write(self, connection: sqlite3.Connection) -> int:
        """Write what is staged; the caller forgets it once the transaction holds. Number of this session."""
        number: int = connection.execute(
            "INSERT INTO sessions (id, kind, uuid, title, edited) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET edited = excluded.edited RETURNING no",
            (self.id, self.source.kind, self.source.uuid, self.source.title, now().isoformat()),
        ).fetchone()[0]
        self._bulk.begin()
        for moved in self._unwritten:
            self._write_moved(connection, number, moved)
        return number

    def _written(self) -> None:
        """What was staged is in the file."""
        self._unwritten = []
        self._bulk.keep()

    def _write_moved(self, connection: sqlite3.Connection, number: int, moved: Moved) -> None:
        gone = [place for place, change in moved.cells.items() if change is None]
        connection.executemany(
            "DELETE FROM edits WHERE session = ? AND item = ? AND key = ?",
            ((number, *place) for place in gone),
        )
        connection.executemany(
            "INSERT OR REPLACE INTO edits (session, item, key, base, after, implied) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (number, item, key, text_of(c.base), text_of(c.after), c.implied)
                for (item, key), c in moved.cells.items()
                if c is not None
            ),
        )
        if moved.left == 0:
            connection.execute("DELETE FROM bulk_edits WHERE session = ?", (number,))
            connection.execute("DELETE FROM edits WHERE session = ?", (number,))
            return
        if moved.index is not None:
            for edit in moved.staged:
                self._bulk.write(connection, number, edit, moved.index)
            for key, rows in moved.dropped:
                self._bulk.drop(connection, number, key, rows, moved.index)
        if gone and bulk_records.has_bulk(connection, number):
            bulk_records.drop_cells(connection, number, gone)

    def _move(self, connection: sqlite3.Connection, ids: dict[str, int]) -> list[Change]:
        """Make edits of another session this one's, and return them."""
        mine = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM edits WHERE session = :mine) "
            "OR EXISTS (SELECT 1 FROM bulk_edits WHERE session = :mine)",
            ids,
        ).fetchone()
        if mine == (0,):  # nothing to merge: the other session becomes this one, which takes no time
            connection.execute("DELETE FROM sessions WHERE no = :mine", ids)
            connection.execute("UPDATE sessions SET id = :id WHERE no = :theirs", {**ids, "id": self.id})
            return bulk_records.replay(connection, ids["theirs"])
        for number in ids.values():
            bulk_records.expand(connection, number)
        connection.execute(
            f"DELETE FROM edits AS theirs "  # noqa: S608 - the parts are constants
            f"WHERE session = :theirs AND {_OWN} AND own.after IS theirs.after)",
            ids,
        )
        taken = connection.execute(f"{_CHANGES} AND NOT {_OWN}) ORDER BY no", ids).fetchall()
        connection.execute(
            f"UPDATE edits AS theirs SET session = :mine WHERE session = :theirs AND NOT {_OWN})",  # noqa: S608
            ids,
        )
        connection.execute(
            "DELETE FROM sessions WHERE no = :theirs AND NOT EXISTS (SELECT 1 FROM edits WHERE session = :theirs)",
            ids,
        )
        return [_change(row) for row in taken]

    def _take(self, connection: sqlite3.Connection, session: str) -> int:
        row = connection.execute(
            "SELECT no FROM sessions WHERE id = ? AND kind = ? AND uuid = ? AND id <> ?",
            (session, self.source.kind, self.source.uuid, self.id),
        ).fetchone()
        if row is None:
            raise JournalError(
                "There are no such edits any more: they were taken over or discarded elsewhere."
            )
        if self._desk.locks.alive(session):
            raise JournalError(
                "These edits are in use in this kernel, which still runs: they are staged on the same items, opened "
                "once more. Go on there."
                if session in self._desk.sessions
                else "These edits are in use by another kernel that still runs. Go on there, or shut it down first."
            )
        _drop_settled_by(connection, session)
        return int(row[0])

    def _changes_of(self, session: str) -> list[Change]:
        with self._desk.file.read() as connection:
            row = connection.execute("SELECT no FROM sessions WHERE id = ?", (session,)).fetchone()
            return [] if row is None else bulk_records.replay(connection, row[0])


def _change(row: _Row) -> Change:
    item, key, base, after, implied = row
    return Change(item, key, value_of(base), value_of(after), bool(implied))


def _close_commits(connection: sqlite3.Connection, session: str, ids: dict[str, int]) -> None:
    """Close what a session left open, where all of that is among the edits of two sessions."""
    unfinished = "SELECT EXISTS (SELECT 1 FROM commits WHERE owner = ? AND finished IS NULL)"
    if not connection.execute(unfinished, (session,)).fetchone()[0]:
        return
    for number in set(ids.values()):
        bulk_records.expand(connection, number)
    connection.execute(
        "UPDATE commits SET finished = :now WHERE owner = :owner AND finished IS NULL AND NOT EXISTS ("  # noqa: S608
        f"SELECT 1 FROM cells WHERE commit_no = commits.no AND {LEFT} AND NOT EXISTS (SELECT 1 FROM edits "
        "WHERE session IN (:mine, :theirs) AND edits.item = cells.item AND edits.key = cells.key "
        "AND edits.after IS cells.after))",
        {**ids, "owner": session, "now": now().isoformat()},
    )


def _drop_settled_by(connection: sqlite3.Connection, session: str) -> None:
    """Drop the edits of a dead session that its commits had settled before they were cut off."""
    commits = connection.execute(
        "SELECT no FROM commits WHERE finished IS NULL AND ? IN (origin, owner)", (session,)
    ).fetchall()
    for (number,) in commits:
        drop_settled(connection, number)
