"""Commits in the journal: the whole plan before anything is sent, then what came of it, bundle by bundle."""

from __future__ import annotations

import datetime as dt
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final, TypeAlias, cast

from encord_widgets.commit import bulk_records
from encord_widgets.commit.journal_file import JournalError, JournalFile, insert
from encord_widgets.commit.journal_text import SourceKey, moment_of, text_of, texts_of, value_of
from encord_widgets.commit.liveness import Hold, Locks
from encord_widgets.commit.receipt import OPEN, Receipt, ReceiptRow, Status, now
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.plan import Plan, PlannedItem
from encord_widgets.metadata.plan_items import planned_cells
from encord_widgets.metadata.texts import counted

__all__ = ["CommitRecord", "Desk", "OpenCommit", "claim", "drop_settled", "find_open", "write_plan"]

_OPEN_LIST: Final = ", ".join(f"'{status}'" for status in sorted(OPEN))
LEFT: Final = f"(status IS NULL OR status IN ({_OPEN_LIST}))"
"""Whether a cell still wants something: it has no verdict, or one that leaves it open."""
Numbers: TypeAlias = dict[tuple[str, str], int]
"""Numbers of cells in the file, by item and key."""
_LISTED: Final = "(SELECT value FROM json_each(?))"


@dataclass(slots=True)
class Desk:
    """What the parts of one open journal share.

    Args:
        file: The database.
        locks: Signs of life of sessions.
        sessions: Ids of the sessions that were opened through this journal.
        running: Commits under way in this process.
    """

    file: JournalFile
    locks: Locks
    sessions: set[str] = field(default_factory=set)
    running: weakref.WeakValueDictionary[str, CommitRecord] = field(
        default_factory=weakref.WeakValueDictionary
    )


@dataclass(frozen=True, slots=True, repr=False)
class OpenCommit:
    """A commit that was begun and did not end, because its kernel did.

    Args:
        id: For `Session.resume`.
        source: What the plan was made on.
        session: Session whose edits it was to write.
        at: When it was begun, with zone.
        total: Cells in its plan.
        sent: Cells without a verdict that were being sent.
        left: Cells that still want something.
    """

    id: str
    source: SourceKey
    session: str
    at: dt.datetime
    total: int
    sent: int
    left: int
    _file: JournalFile = field(compare=False)

    def __repr__(self) -> str:
        return (
            f"<OpenCommit: {self.left:,} of {counted(self.total, 'change')} left, of {self.source.title!r}, "
            f"begun {self.at:%Y-%m-%d %H:%M %Z}>"
        )

    def plan_left(self) -> Plan:
        """The cells that are not settled yet, on the values that they were based on.

        Raises:
            JournalError: If the journal cannot be read.
        """
        return _plan_left(self._file, self.id)

    def rows(self) -> tuple[ReceiptRow, ...]:
        """The cells that are settled (verified, or there already), in the order of the plan.

        Raises:
            JournalError: If the journal cannot be read.
        """
        return _rows(self._file, self.id)


class CommitRecord:
    """Writes down one commit: a `CommitLog`. Made by `Session.begin_commit` and `Session.resume`.

    Every call returns once the disk has it.

    Args:
        desk: The journal.
        commit: Id of the commit.
        number: Its number in the file.
        hold: Sign of life of the session that commits, kept up while the commit is under way.
        numbers: Of its cells, where they are known already; else they are read when they are needed.
    """

    def __init__(
        self, desk: Desk, commit: str, number: int, hold: Hold | None, numbers: Numbers | None = None
    ) -> None:
        self.id = commit
        self._desk = desk
        self._number = number
        self._hold = hold
        self._numbers = numbers
        self._sent: dict[tuple[str, str], Change] = {}  # what bundles under way are to write
        desk.running[commit] = self

    def plan_left(self) -> Plan:
        """The cells that are not settled yet, on the values that they were based on.

        Raises:
            JournalError: If the journal cannot be read.
        """
        return _plan_left(self._desk.file, self.id)

    def rows(self) -> tuple[ReceiptRow, ...]:
        """The cells that are settled (verified, or there already), in the order of the plan.

        Raises:
            JournalError: If the journal cannot be read.
        """
        return _rows(self._desk.file, self.id)

    def intent(self, planned: Sequence[PlannedItem]) -> None:
        """A bundle is about to be sent.

        Args:
            planned: Its items.

        Raises:
            JournalError: If that cannot be written down; then do not send it.
        """
        known = self._known()
        sent = {(item.item, change.key): change for item in planned for change in item.changes}
        self._sent.update(sent)
        numbers = str([known[place] for place in sent if place in known])
        with self._desk.file.write(durable=True) as connection:
            connection.execute(f"UPDATE cells SET sent = 1 WHERE no IN {_LISTED}", (numbers,))  # noqa: S608

    def outcome(self, rows: Sequence[ReceiptRow]) -> None:
        """A bundle has its verdict.

        Args:
            rows: One for each cell.

        Raises:
            JournalError: If that cannot be written down.
        """
        known = self._known()
        plain: dict[dt.datetime, list[int]] = {}
        others: list[ReceiptRow] = []
        for row in rows:
            place = row.item, row.key
            change = self._sent.pop(place, None)
            if change is not None and place in known and _went_as_planned(row, change):
                plain.setdefault(row.at, []).append(known[place])
            else:
                others.append(row)
        with self._desk.file.write(durable=True) as connection:
            for at, numbers in plain.items():
                # One statement for all of them: nothing else in this process waits while it runs.
                connection.execute(
                    "UPDATE cells SET status = 'verified', observed = after, note = '', at = ?, revised = 0, "  # noqa: S608
                    f"before = NULL, wanted = NULL WHERE no IN {_LISTED}",
                    (at.isoformat(), str(numbers)),
                )
            self._judge(connection, others)

    def finish(self, receipt: Receipt) -> None:
        """The commit has ended, and its receipt says where it stands; nothing of it is left to resume.

        Staged edits that it settled are staged no longer, in the journal.

        Args:
            receipt: What it did.

        Raises:
            JournalError: If that cannot be written down.
        """
        with self._desk.file.write(durable=True) as connection:
            self._judge(connection, receipt.pending)  # those not sent had no outcome of their own
            drop_settled(connection, self._number)
            connection.execute(
                "UPDATE commits SET finished = ? WHERE no = ?", (now().isoformat(), self._number)
            )
        self.let_go()

    def let_go(self) -> None:
        """The commit is not under way any more, however it ended: from now on it can be resumed. Twice is fine."""
        self._desk.running.pop(self.id, None)
        self._hold = None

    def _known(self) -> Numbers:
        """Numbers of the cells that are not settled yet, by place."""
        if self._numbers is None:
            self._numbers = _numbers_left(self._desk.file, self.id)
        return self._numbers

    def _judge(self, connection: sqlite3.Connection, rows: Iterable[ReceiptRow]) -> None:
        # A conflict policy may settle a cell on values other than the planned ones; these are kept beside them.
        connection.executemany(
            "UPDATE cells SET status = ?, observed = ?, note = ?, at = ?, revised = (base IS NOT ? OR after IS NOT ?), "
            "before = iif(base IS ? AND after IS ?, NULL, ?), wanted = iif(base IS ? AND after IS ?, NULL, ?) "
            "WHERE commit_no = ? AND item = ? AND key = ?",
            (
                (
                    row.status, text_of(row.observed), row.note, row.at.isoformat(), before, wanted,
                    before, wanted, before, before, wanted, wanted, self._number, row.item, row.key,
                )
                for row in rows
                for before, wanted in ((text_of(row.before), text_of(row.wanted)),)
            ),
        )  # fmt: skip


def _went_as_planned(row: ReceiptRow, change: Change) -> bool:
    """Whether a cell holds exactly what was planned, on the values that were planned."""
    return (
        row.status == "verified"
        and not row.note
        and (row.before is change.base or text_of(row.before) == text_of(change.base))
        and (row.wanted is change.after or text_of(row.wanted) == text_of(change.after))
        and (row.observed is change.after or text_of(row.observed) == text_of(change.after))
    )


def drop_settled(connection: sqlite3.Connection, number: int) -> None:
    """Drop the staged edits that a commit settled; what was staged since it began stays.

    Once for a commit and not with every bundle: edits of random items lie all over the file.

    Args:
        connection: In a transaction.
        number: Number of the commit in the file.
    """
    sessions = connection.execute(
        "SELECT sessions.no, last_edit, last_bulk FROM commits JOIN sessions ON sessions.id IN (origin, owner) "
        "WHERE commits.no = ?",
        (number,),
    ).fetchall()
    for session, last_edit, last_bulk in sessions:
        if bulk_records.has_bulk(connection, session):
            settled = connection.execute(
                f"SELECT item, key, after FROM cells WHERE commit_no = ? AND NOT {LEFT}",  # noqa: S608 - a constant
                (number,),
            )
            bulk_records.drop_settled(connection, session, settled, up_to=(last_edit, last_bulk))
            continue
        connection.execute(
            "DELETE FROM edits WHERE no IN (SELECT edits.no FROM edits JOIN cells "  # noqa: S608 - LEFT is a constant
            "ON commit_no = :commit AND cells.item = edits.item AND cells.key = edits.key "
            f"WHERE edits.session = :session AND NOT {LEFT} AND edits.no <= :last AND cells.after IS edits.after)",
            {"commit": number, "session": session, "last": last_edit},
        )


def write_plan(
    connection: sqlite3.Connection, commit: str, session: str, source: SourceKey, plan: Plan
) -> tuple[int, Numbers]:
    """Write a whole plan down.

    Args:
        connection: In a transaction.
        commit: Id for the commit.
        session: Session that it is done in.
        source: What the plan was made on.
        plan: What is to be written.

    Returns:
        Number of the commit in the file, and those of its cells.

    Raises:
        InvalidInputError: If the plan names a cell twice.
    """
    (number,) = connection.execute(
        "INSERT INTO commits (id, origin, owner, kind, uuid, title, plan_source, plan_created, begun, last_edit, "
        "last_bulk) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT ifnull(max(no), 0) FROM edits), "
        "(SELECT ifnull(max(no), 0) FROM bulk_edits)) RETURNING no",
        (
            commit, session, session, source.kind, source.uuid, source.title,
            plan.source, plan.created_at.isoformat(), now().isoformat(),
        ),
    ).fetchone()  # fmt: skip
    (last,) = connection.execute("SELECT ifnull(max(no), 0) FROM cells").fetchone()
    cells = planned_cells(plan.items, texts_of)
    numbers = range(last + 1, last + 1 + len(cells.items))
    try:
        insert(
            connection,
            "cells (no, commit_no, item, name, key, base, after, implied)",
            zip(numbers, repeat(number), *cells, strict=False),
        )
    except sqlite3.IntegrityError:
        raise InvalidInputError(_doubles(plan)) from None
    return int(number), dict(zip(zip(cells.items, cells.keys, strict=True), numbers, strict=True))


def find_open(desk: Desk, source: SourceKey | None = None) -> list[OpenCommit]:
    """Commits that were begun and did not end, the latest first; those under way are not among them.

    Args:
        desk: The journal.
        source: Only those of one source.

    Raises:
        JournalError: If the journal cannot be used.
    """
    where, values = ("", ()) if source is None else ("AND kind = ? AND uuid = ?", (source.kind, source.uuid))
    # A write transaction: two kernels that probe locks at once would take each other for the owner.
    with desk.file.write() as connection:
        found = connection.execute(
            f"SELECT id, owner, origin, kind, uuid, title, begun, "  # noqa: S608 - the parts are constants
            f"(SELECT count(*) FROM cells WHERE commit_no = commits.no), "
            f"(SELECT count(*) FROM cells WHERE commit_no = commits.no AND sent AND status IS NULL), "
            f"(SELECT count(*) FROM cells WHERE commit_no = commits.no AND {LEFT}) "
            f"FROM commits WHERE finished IS NULL {where} ORDER BY begun DESC, no DESC",
            values,
        ).fetchall()
        free = [row for row in found if not _in_use(desk, row[0], row[1])]
    return [
        OpenCommit(
            commit, SourceKey(kind, uuid, title), origin, moment_of(begun), total, sent, left, desk.file
        )
        for commit, _, origin, kind, uuid, title, begun, total, sent, left in free
    ]


def claim(connection: sqlite3.Connection, desk: Desk, commit: str) -> int:
    """Make sure that a commit can be taken over; in the same transaction nobody else can.

    Args:
        connection: In a transaction.
        desk: The journal.
        commit: Id of the commit.

    Returns:
        Its number in the file.

    Raises:
        JournalError: If it is finished, under way, or not there.
    """
    row = connection.execute("SELECT no, owner, finished FROM commits WHERE id = ?", (commit,)).fetchone()
    if row is None or row[2] is not None:
        raise JournalError(
            "This commit is not open any more: it was finished or dismissed, here or in another kernel."
        )
    number, owner, _ = row
    if _in_use(desk, commit, owner):
        raise JournalError(
            "This commit is under way in a kernel that still runs. Wait for it, or stop it there first."
        )
    return int(number)


def _in_use(desk: Desk, commit: str, owner: str) -> bool:
    if owner in desk.sessions:
        return commit in desk.running
    return desk.locks.alive(owner)


def _numbers_left(file: JournalFile, commit: str) -> Numbers:
    with file.read() as connection:
        rows = connection.execute(
            "SELECT no, item, key FROM cells "  # noqa: S608 - LEFT is a constant
            f"WHERE commit_no = (SELECT no FROM commits WHERE id = ?) AND {LEFT}",
            (commit,),
        ).fetchall()
    return {(item, key): no for no, item, key in rows}


def _plan_left(file: JournalFile, commit: str) -> Plan:
    with file.read() as connection:
        source, created = connection.execute(
            "SELECT plan_source, plan_created FROM commits WHERE id = ?", (commit,)
        ).fetchone()
        rows = connection.execute(
            "SELECT item, name, key, base, after, implied FROM cells "  # noqa: S608 - LEFT is a constant
            f"WHERE commit_no = (SELECT no FROM commits WHERE id = ?) AND {LEFT} ORDER BY no",
            (commit,),
        ).fetchall()
    names: dict[str, str] = {}
    changes: dict[str, list[Change]] = {}
    for item, name, key, base, after, implied in rows:
        names[item] = name
        changes.setdefault(item, []).append(Change(item, key, value_of(base), value_of(after), bool(implied)))
    items = tuple(PlannedItem(item, names[item], tuple(found)) for item, found in changes.items())
    return Plan(items, source, moment_of(created))


def _rows(file: JournalFile, commit: str) -> tuple[ReceiptRow, ...]:
    with file.read() as connection:
        found = connection.execute(
            "SELECT item, name, key, iif(revised, before, base), iif(revised, wanted, after), observed, "  # noqa: S608
            "status, note, at FROM cells "
            f"WHERE commit_no = (SELECT no FROM commits WHERE id = ?) AND NOT {LEFT} ORDER BY no",
            (commit,),
        ).fetchall()
    return tuple(
        ReceiptRow(
            item,
            name,
            key,
            value_of(before),
            value_of(wanted),
            value_of(observed),
            cast("Status", status),
            note,
            moment_of(at),
        )
        for item, name, key, before, wanted, observed, status, note, at in found
    )


def _doubles(plan: Plan) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for change in plan.changes:
        if (change.item, change.key) in seen:
            yield Problem(
                item=change.item,
                key=change.key,
                expected="one change for each item and key",
                got="two",
                hint="Leave one of them out of the plan.",
            )
        seen.add((change.item, change.key))
