"""Items on their way in: pages become rows of a table, in the order of the source."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from encord_widgets.errors import EncordWidgetsError
from encord_widgets.item_source import Source
from encord_widgets.item_view import Listing
from encord_widgets.metadata.items import ItemBatch, ItemProblem, ItemTable

if TYPE_CHECKING:
    from encord_widgets.api.endpoints import EncordApi
    from encord_widgets.background import Background

__all__ = ["ItemLoader", "LoadProgress"]


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far the loading of a source is.

    Args:
        done: Items that arrived.
        total: Items that there will be, where known.
        finished: Whether loading ended, well or not.
        error: Why it ended early, if it did.
    """

    done: int = 0
    total: int | None = None
    finished: bool = False
    error: str | None = None


class ItemLoader:
    """Fills a table from a source on the background loop. While it reads again, the old order stays in view.

    Args:
        source: Where the items come from.
        api: The wire.
        background: The client's loop.
        lock: Held while the table changes.
        on_rows: Called from the background thread when rows or values changed.
        on_progress: Called from the background thread when more has arrived.
    """

    def __init__(
        self,
        source: Source,
        api: EncordApi,
        background: Background,
        lock: threading.RLock,
        *,
        on_rows: Callable[[], None],
        on_progress: Callable[[LoadProgress], None],
    ) -> None:
        self.table = ItemTable()
        self.listing = Listing()
        self.problems: list[ItemProblem] = []
        self.progress = LoadProgress()
        self._source = source
        self._api = api
        self._background = background
        self._lock = lock
        self._on_rows = on_rows
        self._on_progress = on_progress
        self._arriving = self.listing
        self._work: Future[None] = background.start(self._load)

    @property
    def running(self) -> bool:
        """Whether items are still arriving."""
        return not self._work.done()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all items are there.

        Args:
            timeout: Longest wait in seconds.

        Raises:
            ApiError: If loading failed.
            TimeoutError: If it takes longer.
        """
        self._work.result(timeout)

    def again(self) -> None:
        """Read the source again, unless it is being read."""
        if self.running:
            return
        with self._lock:
            self._arriving = Listing()
            self.problems = []
            self.progress = LoadProgress()
        self._on_progress(self.progress)
        self._work = self._background.start(self._load)

    def take_observed(self, batch: ItemBatch) -> None:
        """Take items that a commit read.

        Args:
            batch: Items as they are now.
        """
        with self._lock:
            self.table.write(batch)

    async def _load(self) -> None:
        try:
            await self._source.load(self._api, self)
        except EncordWidgetsError as error:
            self._finish(str(error))
            raise
        self._finish(None)

    def _finish(self, error: str | None) -> None:
        with self._lock:
            if error is None or not len(self.listing.rows):
                self.listing = self._arriving
            self.progress = replace(self.progress, finished=True, error=error)
        self._on_rows()
        self._on_progress(self.progress)

    def batch(self, batch: ItemBatch, *, from_end: bool = False) -> None:
        """Take items of a page, see `LoadSink`."""
        with self._lock:
            known = len(self.table)
            rows = self.table.append(batch)
            if len(rows) < len(batch):
                rows = self.table.rows_of(batch.uuids)
                if known:
                    self.table.write(batch)
            self._arriving.add(rows, from_end=from_end)
            self.problems.extend(batch.problems)
            done = self.progress.done + len(batch)
            total = self.progress.total if self.progress.total is None else max(self.progress.total, done)
            self.progress = replace(self.progress, done=done, total=total)
        self._on_rows()
        self._on_progress(self.progress)

    def total(self, count: int) -> None:
        """Take the number of items, see `LoadSink`."""
        self.progress = replace(self.progress, total=count)
        self._on_progress(self.progress)

    def gone(self, uuids: list[str]) -> None:
        """Take out items that are there no more, see `LoadSink`."""
        with self._lock:
            rows = [self.table.row_of(uuid) for uuid in uuids]
            self._arriving.remove(row for row in rows if row is not None)
        self._on_rows()
