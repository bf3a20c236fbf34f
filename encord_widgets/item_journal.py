"""The journal of one item set: staged edits as they happen, those of earlier kernels, and commits that were cut off."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from encord_widgets.commit.journal_file import JournalError
from encord_widgets.commit.options import NoLog
from encord_widgets.commit.receipt import Receipt
from encord_widgets.metadata.change import Change

if TYPE_CHECKING:
    from encord_widgets.commit.journal import Journal, OpenCommit, SourceKey
    from encord_widgets.commit.options import CommitLog
    from encord_widgets.commit.receipt import ReceiptRow
    from encord_widgets.commit.sessions import EarlierEdits, Session
    from encord_widgets.metadata.changes import ChangeSet
    from encord_widgets.metadata.plan import Plan, PlannedItem
    from encord_widgets.metadata.values import Value

__all__ = ["ClientJournal", "ItemJournal", "joined", "settled_by"]

T = TypeVar("T")


class ItemJournal:
    """Follows the staged edits of one item set. Where the journal fails, work goes on in memory, and `notice` says so.

    Args:
        journal: The client's journal, or None for none.
        source: What the edits are staged on.
        notice: Why there is no journal, if there is none.
    """

    def __init__(self, journal: Journal | None, source: SourceKey, notice: str = "") -> None:
        self.notice = notice
        self._standing = (
            notice  # what stays true while the journal works, such as a damaged file that was moved aside
        )
        self._session: Session | None = journal.session(source) if journal is not None else None

    def follow(self, changes: ChangeSet) -> None:
        """Write down what was staged or dropped since the last call.

        Args:
            changes: The staged edits.
        """
        moved = changes.take_all_moved()
        if self._session is None or not (moved.cells or moved.staged or moved.dropped):
            return
        try:
            self._session.record_all(moved)
        except JournalError as error:
            self.notice = str(error)
        else:
            self.notice = self._standing

    def earlier(self) -> list[EarlierEdits]:
        """Edits that other sessions left on the same source, the latest first."""
        return self._or(list, lambda session: session.earlier())

    def adopt(self, session_id: str | None) -> list[Change]:
        """Take over edits of sessions whose kernel is gone.

        Args:
            session_id: One session, or all of them.

        Returns:
            The edits.

        Raises:
            JournalError: If a kernel still uses the session that was named.
        """
        if self._session is None:
            return []
        if session_id:
            return self._session.adopt(session_id)
        return [change for one in self._each_gone(self._session.adopt) for change in one]

    def discard(self, session_id: str | None) -> int:
        """Drop edits of sessions whose kernel is gone.

        Args:
            session_id: One session, or all of them.

        Returns:
            How many.

        Raises:
            JournalError: If a kernel still uses the session that was named.
        """
        if self._session is None:
            return 0
        if session_id:
            return self._session.discard(session_id)
        return sum(self._each_gone(self._session.discard))

    def begin(self, plan: Plan) -> CommitLog:
        """Write a plan down before anything of it is sent: with its first bundle, while that is read.

        Args:
            plan: What is to be committed.

        Returns:
            Where the commit writes down how it goes.
        """

        def begin(session: Session) -> CommitLog:
            return session.begin_commit(plan)

        return _PlanFirst(lambda: self._or(NoLog, begin))

    def cut_off(self) -> list[OpenCommit]:
        """Commits of the same source that were begun and did not end."""
        return self._or(list, lambda session: session.open_commits())

    def written_since(self, moment: dt.datetime) -> dict[str, dict[str, list[Value]]]:
        """Values that commits of this server and identity wrote since a moment, by key and item uuid.

        Args:
            moment: From when on, with zone.
        """

        def written(session: Session) -> dict[str, dict[str, list[Value]]]:
            return session.written_since(moment)

        return self._or(dict, written)

    def take_over(self, commit: OpenCommit) -> tuple[Plan, Receipt | None, CommitLog]:
        """Go on with a commit that was cut off.

        Args:
            commit: One of `cut_off`.

        Returns:
            What is left to do, what was settled before, and where to write down how it goes.

        Raises:
            JournalError: If the commit is under way elsewhere, or finished.
        """
        if self._session is None:
            raise JournalError(self.notice or "There is no journal, so there is nothing to resume.")
        record = self._session.resume(commit.id)
        settled = record.rows()
        before = Receipt(settled, commit.at, settled[-1].at, 0) if settled else None
        return record.plan_left(), before, record

    def _each_gone(self, use: Callable[[str], T]) -> list[T]:
        """Do something with every session whose kernel is gone; one that another kernel took meanwhile is left out."""
        done: list[T] = []
        for edits in self.earlier():
            if not edits.alive:
                with suppress(JournalError):
                    done.append(use(edits.session))
        return done

    def _or(self, otherwise: Callable[[], T], use: Callable[[Session], T]) -> T:
        if self._session is None:
            return otherwise()
        try:
            return use(self._session)
        except JournalError as error:
            self.notice = str(error)
            return otherwise()


class _PlanFirst:
    """The log of a commit whose plan is written down with its first bundle, by whichever lane is first.

    Args:
        begin: Writes the plan down.
    """

    def __init__(self, begin: Callable[[], CommitLog]) -> None:
        self._begin = begin
        self._log: CommitLog | None = None
        self._lock = threading.Lock()

    def intent(self, planned: Sequence[PlannedItem]) -> None:
        with self._lock:
            log = self._log = self._log or self._begin()
        log.intent(planned)

    def outcome(self, rows: Sequence[ReceiptRow]) -> None:
        if self._log is not None:
            self._log.outcome(rows)

    def finish(self, receipt: Receipt) -> None:
        if self._log is not None:  # else nothing was sent, and all stays staged
            self._log.finish(receipt)

    def let_go(self) -> None:
        if self._log is not None:
            self._log.let_go()


class ClientJournal:
    """The journal of one client, opened with the first item set or commit.

    Args:
        name: Its name in the user's state folder; None for a journal in memory.
    """

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._journal: Journal | None = None
        self._notice = ""
        self._failed = False
        self._lock = threading.Lock()

    def of(self, kind: str, identity: str, title: str) -> ItemJournal:
        """The journal of one source.

        Args:
            kind: What the source is, in one word.
            identity: What tells it from others of its kind.
            title: What people call it.
        """
        from encord_widgets.commit.journal_text import SourceKey

        return ItemJournal(self._open(), SourceKey(kind, identity, title), self._notice)

    def cut_off(self) -> list[OpenCommit]:
        """Commits of all sources that were begun and did not end.

        Raises:
            JournalError: If the journal cannot be read.
        """
        journal = self._open()
        if journal is None:
            raise JournalError(self._notice)
        return journal.open_commits()

    def close(self) -> None:
        """Let go of everything in it; it can be opened again."""
        with self._lock:
            journal, self._journal = self._journal, None
        if journal is not None:
            journal.close()

    def _open(self) -> Journal | None:
        from encord_widgets.commit.journal import (  # sqlite3 and locks, with the first source
            Journal,
            state_folder,
        )

        with self._lock:
            if self._journal is None and not self._failed:
                try:
                    named = self._name
                    self._journal = (
                        Journal.in_memory() if named is None else Journal.open(state_folder(), named)
                    )
                    self._notice = " ".join(notice.text for notice in self._journal.notices)
                except JournalError as error:
                    self._failed, self._notice = True, str(error)
            return self._journal


def joined(before: Receipt | None, after: Receipt) -> Receipt:
    """One receipt of a commit that was cut off and resumed.

    Args:
        before: What was settled before it was cut off.
        after: What the rest did.
    """
    if before is None:
        return after
    return Receipt((*before.rows, *after.rows), before.started_at, after.finished_at, after.bundles)


def settled_by(plan: Plan, receipt: Receipt) -> Iterator[tuple[Change, Value]]:
    """Edits that a commit settled, as they were planned, each with what was read last.

    Args:
        plan: What was to be committed.
        receipt: What came of it; that of a resumed commit also tells of cells settled before it was cut off.
    """
    changes, rows = plan.changes, receipt.rows
    if len(changes) == len(rows) and all(map(_is_of, rows, changes)):
        pairs: Iterable[tuple[Change, ReceiptRow]] = zip(changes, rows, strict=True)
    else:
        planned = {(change.item, change.key): change for change in changes}
        pairs = (
            (planned.get((row.item, row.key)) or Change(row.item, row.key, row.before, row.wanted), row)
            for row in rows
        )
    return ((change, row.observed) for change, row in pairs if row.status in {"verified", "already"})


def _is_of(row: ReceiptRow, change: Change) -> bool:
    return row.item == change.item and row.key == change.key
