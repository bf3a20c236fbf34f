"""Staged edits in the journal: one session for each item set, found again when its kernel is gone."""

from __future__ import annotations

import datetime as dt
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from encord_widgets.commit.journal_file import JournalError
from encord_widgets.commit.journal_text import SourceKey, moment_of, text_of, value_of
from encord_widgets.commit.liveness import Hold
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
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.plan import Plan

__all__ = ["EarlierEdits", "Session"]

Place: TypeAlias = tuple[str, str]
_Row: TypeAlias = tuple[str, str, str | None, str | None, int]

_CHANGES: Final = "SELECT item, key, base, after, implied FROM edits AS theirs WHERE session = :theirs"
_OWN: Final = (
    "EXISTS (SELECT 1 FROM edits AS own WHERE own.session = :mine "
    "AND own.item = theirs.item AND own.key = theirs.key"
)


@dataclass(frozen=True, slots=True)
class EarlierEdits:
    """Edits that another session staged on the same source.

    Args:
        session: For `Session.adopt` and `Session.discard`.
        title: Name that the source had.
        count: Cells.
        items: Items.
        at: When the last of them was staged, with zone.
        alive: Whether a kernel still uses them.
        here: Whether it is this kernel, which has the same source open more than once.
    """

    session: str
    title: str
    count: int
    items: int
    at: dt.datetime
    alive: bool
    here: bool
    _read: Callable[[str], list[Change]] = field(repr=False, compare=False)

    def changes(self) -> list[Change]:
        """The edits, in the order they were staged; none if somebody took them over meanwhile.

        Raises:
            JournalError: If the journal cannot be read.
        """
        return self._read(self.session)


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
        self._unwritten: dict[Place, Change | None] = {}
        desk.sessions.add(self.id)

    def __repr__(self) -> str:
        return f"<Session: {self.source.kind} {self.source.title!r}>"

    @property
    def behind(self) -> int:
        """Cells that could not be written yet, see `record`."""
        return len(self._unwritten)

    def record(self, changes: Mapping[Place, Change | None]) -> None:
        """Write down what is staged now, or no longer; all or nothing.

        What cannot be written is kept, and goes with the next call.

        Args:
            changes: By item uuid and key, the staged edit, or None for none.

        Raises:
            JournalError: If it cannot be written.
        """
        with self._desk.file.lock:
            self._unwritten.update(changes)
            self.flush()

    def flush(self) -> None:
        """Write what could not be written before.

        Raises:
            JournalError: If it cannot be written.
        """
        with self._desk.file.lock:
            if not self._unwritten:
                return
            if self._hold is None and not any(self._unwritten.values()):
                self._unwritten = {}  # nothing was ever staged
                return
            self._live()
            with self._desk.file.write() as connection:
                self._write(connection)
            self._unwritten = {}

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
                "SELECT id, title, count(*), count(DISTINCT item), edited FROM sessions "
                "JOIN edits ON edits.session = sessions.no WHERE kind = ? AND uuid = ? AND id <> ? "
                "GROUP BY sessions.no ORDER BY edited DESC, sessions.no DESC",
                source,
            ).fetchall()
        return [
            EarlierEdits(
                session,
                title,
                count,
                items,
                moment_of(at),
                alive[session],
                alive[session] and session in self._desk.sessions,
                self._changes_of,
            )
            for session, title, count, items, at in found
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
            self._unwritten = {}
        return [_change(row) for row in taken]

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
            dropped = connection.execute("DELETE FROM edits WHERE session = ?", (number,)).rowcount
            connection.execute("DELETE FROM sessions WHERE no = ?", (number,))
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
                number, cells = write_plan(connection, commit, self.id, self.source, plan)
            self._unwritten = {}
            return CommitRecord(self._desk, commit, number, self._hold, cells)

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
            self._unwritten = {}
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
        connection.executemany(
            "DELETE FROM edits WHERE session = ? AND item = ? AND key = ?",
            ((number, *place) for place, change in self._unwritten.items() if change is None),
        )
        connection.executemany(
            "INSERT OR REPLACE INTO edits (session, item, key, base, after, implied) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (number, item, key, text_of(c.base), text_of(c.after), c.implied)
                for (item, key), c in self._unwritten.items()
                if c is not None
            ),
        )
        return number

    def _move(self, connection: sqlite3.Connection, ids: dict[str, int]) -> list[_Row]:
        """Make edits of another session this one's, and return them."""
        mine = connection.execute("SELECT EXISTS (SELECT 1 FROM edits WHERE session = :mine)", ids).fetchone()
        if mine == (0,):  # nothing to merge: the other session becomes this one, which takes no time
            connection.execute("DELETE FROM sessions WHERE no = :mine", ids)
            connection.execute("UPDATE sessions SET id = :id WHERE no = :theirs", {**ids, "id": self.id})
            return connection.execute(f"{_CHANGES} ORDER BY no", ids).fetchall()
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
        return taken

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
            rows = connection.execute(
                "SELECT item, key, base, after, implied FROM edits "
                "WHERE session = (SELECT no FROM sessions WHERE id = ?) ORDER BY no",
                (session,),
            ).fetchall()
        return [_change(row) for row in rows]


def _change(row: _Row) -> Change:
    item, key, base, after, implied = row
    return Change(item, key, value_of(base), value_of(after), bool(implied))


def _close_commits(connection: sqlite3.Connection, session: str, ids: dict[str, int]) -> None:
    """Close what a session left open, where all of that is among the edits of two sessions."""
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
