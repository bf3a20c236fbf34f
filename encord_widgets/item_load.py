"""Items on their way in: pages become rows of a table, in the order of the source."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio.to_thread
import numpy as np

from encord_widgets.api.errors import AuthorisationError, NotFoundError
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.item_source import Source
from encord_widgets.item_view import Listing
from encord_widgets.metadata.items import ItemBatch, ItemProblem, ItemTable
from encord_widgets.metadata.reread import Reread, RereadLog, Written

if TYPE_CHECKING:
    from encord_widgets.api.endpoints import EncordApi
    from encord_widgets.background import Background
    from encord_widgets.item_cache import SourceCache

__all__ = ["ItemLoader", "LoadProgress"]


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far the loading of a source is.

    Args:
        done: Items that arrived.
        total: Items that there will be, where known.
        finished: Whether loading ended, well or not.
        error: Why it ended early, if it did.
        cached: Of when the rows in view are, with zone, while they come from the cache; None once all were read.
    """

    done: int = 0
    total: int | None = None
    finished: bool = False
    error: str | None = None
    cached: dt.datetime | None = None


class ItemLoader:
    """Fills a table from a source on the background loop. While it reads again, the old order stays in view.

    Where the source was read before, the table from the cache is in view while the source is read.

    Args:
        source: Where the items come from.
        api: The wire.
        background: The client's loop.
        lock: Held while the table changes.
        on_rows: Called from the background thread when rows or values changed.
        on_progress: Called from the background thread when more has arrived.
        cache: Where the table is kept, or None.
        written_since: What own commits wrote since a moment, by key and item uuid.
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
        cache: SourceCache | None = None,
        written_since: Callable[[dt.datetime], Written] = lambda _: {},
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
        self.reread: Reread | None = None
        """What the last reading found that was a reading again."""
        self._cache = cache
        self._written_since = written_since
        self._arriving = self.listing
        self._log: RereadLog | None = None  # while what is in view is read again
        self._as_of: dt.datetime | None = None  # when the reading began that what is in view is from
        self._began = dt.datetime.now(dt.UTC)
        self._unkept = True  # whether the cache lacks something
        self._observed: set[str] = set()  # items that a commit read while the source was being read
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
            TimeoutError: If it takes longer; loading goes on.
        """
        try:
            self._work.result(timeout)
        except TimeoutError:
            if timeout is None or not self.running:
                raise
            done, total = self.progress.done, self.progress.total
            of = "" if total is None else f" of {total:,}"
            raise TimeoutError(
                f"{self._source.title}: {done:,}{of} items have arrived after {timeout:g} s. Loading goes on."
            ) from None

    def again(self) -> None:
        """Read the source again, unless it is being read."""
        if self.running:
            return
        with self._lock:
            self._arriving = Listing()
            self._observed.clear()
            self.problems = []
            self.progress = LoadProgress(cached=self.progress.cached)
            if self._log is None and self._as_of is not None:
                self._log = RereadLog(self._as_of, self.listing.rows, cached=False)
        self._on_progress(self.progress)
        self._work = self._background.start(self._load)

    def take_observed(self, batch: ItemBatch) -> None:
        """Take items that a commit read.

        Args:
            batch: Items as they are now.
        """
        with self._lock:
            self._write(batch)
            if not self.progress.finished:
                self._observed.update(batch.uuids)

    async def _load(self) -> None:
        try:
            if self._cache is not None and not len(self.table) and self._cache.there:
                found = await anyio.to_thread.run_sync(self._cache.read)
                if found is not None:
                    self._show(*found)
            self._began = dt.datetime.now(dt.UTC)
            await self._source.load(self._api, self)
        except (AuthorisationError, NotFoundError) as error:
            self._forget()
            self._finish(str(error))
            raise
        except EncordWidgetsError as error:
            self._finish(str(error))
            raise
        self._finish(None)

    def _show(self, cached: ItemTable, moment: dt.datetime) -> None:
        """Show a table from the cache; what arrives is compared with it."""
        with self._lock:
            self.table.take_over(cached)
            self.listing = Listing()
            self.listing.add(np.arange(len(cached), dtype=np.int64), from_end=False)
            self._log = RereadLog(moment, self.listing.rows, cached=True)
            self._unkept = False
            self.progress = replace(self.progress, cached=moment)
        self._on_rows()
        self._on_progress(self.progress)

    def _forget(self) -> None:
        """The source is not to be read any more: what is cached of it is neither shown nor kept."""
        if self._cache is not None:
            self._cache.forget()
        with self._lock:
            self._unkept = True
            if self.progress.cached is not None:
                self.listing, self._log = self._arriving, None
                self.progress = replace(self.progress, cached=None)

    def _finish(self, error: str | None) -> None:
        log = self._log if error is None else None
        written = self._written_since(log.since) if log else {}
        with self._lock:
            if log is not None:
                now = dt.datetime.now(dt.UTC)
                self.reread = log.close(self.table, self._arriving.rows, now, written)
                self._log = None
            if error is None:
                self._as_of = self._began
                self._unkept = self._unkept or not np.array_equal(self.listing.rows, self._arriving.rows)
                self.progress = replace(self.progress, cached=None)
            if error is None or not len(self.listing.rows):
                self.listing = self._arriving
            self.progress = replace(self.progress, finished=True, error=error)
        self._on_rows()
        self._on_progress(self.progress)
        if error is None:
            self._keep()

    def _keep(self) -> None:
        if self._cache is None:
            return
        if not self._unkept and self._cache.there:
            self._cache.confirm(self._began)
            return
        self._unkept = False  # what is written into the table from now on is not in there

        def failed() -> None:
            self._unkept = True

        self._cache.keep_soon(self.table, self.listing.rows, self._lock, self._began, failed)

    def _write(self, batch: ItemBatch) -> None:
        """Write items that are in the table already; hold the lock."""
        replaced = self.table.write(batch)
        self._unkept = self._unkept or replaced.any
        if self._log is not None:
            self._log.take(replaced)

    def batch(self, batch: ItemBatch, *, from_end: bool = False) -> None:
        """Take items of a page, see `LoadSink`."""
        with self._lock:
            rows = self.table.append(batch)
            self._unkept = self._unkept or len(rows) > 0
            if len(rows) < len(batch):
                rows = self.table.rows_of(batch.uuids)
                # What a commit read meanwhile is newer than a page that was asked for before.
                older = self._observed
                self._write(
                    batch.take([at for at, uuid in enumerate(batch.uuids) if uuid not in older])
                    if older
                    else batch
                )
            self._arriving.add(rows, from_end=from_end)
            self.problems.extend(batch.problems)
            done = self.progress.done + len(batch)
            total = self.progress.total if self.progress.total is None else max(self.progress.total, done)
            self.progress = replace(self.progress, done=done, total=total)
        self._on_rows()
        self._on_progress(self.progress)

    def total(self, count: int) -> None:
        """Take the number of items, see `LoadSink`."""
        with self._lock:
            self.table.expect(count)
        self.progress = replace(self.progress, total=count)
        self._on_progress(self.progress)

    def gone(self, uuids: list[str]) -> None:
        """Take out items that are there no more, see `LoadSink`."""
        with self._lock:
            rows = [self.table.row_of(uuid) for uuid in uuids]
            self._arriving.remove(row for row in rows if row is not None)
        self._on_rows()
