"""What earlier kernels left in the journal: staged edits to restore, commits to resume."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from encord_widgets.commit.options import CommitOptions
from encord_widgets.commit.progress import watched
from encord_widgets.item_events import ItemSetEvents
from encord_widgets.item_journal import ItemJournal, joined
from encord_widgets.metadata.changes import ChangeSet

if TYPE_CHECKING:
    from encord_widgets.commit.journal import OpenCommit
    from encord_widgets.commit.options import CommitLog
    from encord_widgets.commit.receipt import Receipt
    from encord_widgets.commit.run import CommitRun
    from encord_widgets.commit.sessions import EarlierEdits
    from encord_widgets.metadata.plan import Plan

__all__ = ["RecoverableItems"]


class RecoverableItems(ABC):
    """The part of an item set that deals with earlier kernels.

    Args:
        journal: Where staged edits and commits are written down.
    """

    def __init__(self, journal: ItemJournal) -> None:
        self._journal = journal
        self.lock = threading.RLock()
        self.changes = ChangeSet()
        self.events = ItemSetEvents()

    @abstractmethod
    def _edited(self, step: Callable[[], object]) -> ChangeSet:
        """Do a step of editing, write it down and tell everybody."""

    @abstractmethod
    def _start(
        self,
        plan: Plan,
        options: CommitOptions,
        log: CommitLog | None,
        finish: Callable[[Receipt], Receipt],
    ) -> CommitRun:
        """Start a commit."""

    @property
    def notice(self) -> str:
        """Why staged edits are kept in memory only, if they are; empty while the journal works."""
        return self._journal.notice

    def earlier(self) -> list[EarlierEdits]:
        """Edits that were staged on this source before and are in the journal, the latest first.

        Those of a kernel that still runs are among them, marked `alive`; they can be looked at, not taken.
        """
        return self._journal.earlier()

    def restore(self, session: str | None = None) -> ChangeSet:
        """Stage the edits of earlier kernels again, on the values that they were based on.

        Args:
            session: Which of `earlier`; all whose kernel is gone when left out.

        Returns:
            All staged edits.

        Raises:
            EncordWidgetsError: If the kernel that staged them still runs.
        """
        restored = self._journal.adopt(session)
        return self._edited(lambda: self.changes.stage(restored))

    def discard(self, session: str | None = None) -> int:
        """Drop the edits of earlier kernels for good.

        Args:
            session: Which of `earlier`; all whose kernel is gone when left out.

        Returns:
            How many were dropped.

        Raises:
            EncordWidgetsError: If the kernel that staged them still runs.
        """
        dropped = self._journal.discard(session)
        self.events.changes.emit()
        return dropped

    def cut_off(self) -> list[OpenCommit]:
        """Commits of this source that were begun and did not end, because their kernel did; see `resume`."""
        return self._journal.cut_off()

    def resume(self) -> Receipt | None:
        """Finish commits that were cut off: what is there already is not sent again.

        Returns:
            What the last of them did, before it was cut off and now; None if there was none.

        Raises:
            EncordWidgetsError: If a commit of these items is under way.
        """
        receipt = None
        for commit in self.cut_off():
            plan, before, log = self._journal.take_over(commit)
            options = CommitOptions(allow_destroy=True)  # allowed when it was begun
            run = self._start(plan, options, log, partial(joined, before))
            receipt = joined(before, watched(run))
        return receipt
