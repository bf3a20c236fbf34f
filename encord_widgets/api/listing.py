"""All items of a folder, read from both ends at once, with proof that the two ends met.

Encord's pages can only be asked for one after the other, so two cursors, one ascending and one descending by name,
halve the time. That is only right if they meet, and items may be added, renamed or removed meanwhile. So the result of
two cursors is accepted only when all of this holds; else the ascending cursor goes on alone to the end:

- they share at least one item, and the last items of one, reversed, are the last items of the other;
- no item came twice from one cursor;
- the number of items seen is what the folder's summary counted, before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol

import anyio

from encord_widgets.api.codec import uncollected
from encord_widgets.api.errors import (
    ApiError,
    AuthorisationError,
    InvalidRequestError,
    NotFoundError,
)
from encord_widgets.api.folder_calls import MAX_BULK, RawPage, repeated_token
from encord_widgets.api.wire import FolderSummary, checked_uuid, parse_items
from encord_widgets.metadata.items import ItemBatch, ItemProblem

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["ListingApi", "ListingReport", "first_error", "list_folder"]

_FEW_PAGES: Final = 2
_BUFFERED_PAGES: Final = 4
_TICK: Final = 0.001
_BLAMES_AN_ITEM: Final = (AuthorisationError, NotFoundError, InvalidRequestError)


class ListingApi(Protocol):
    """The calls that a listing needs; `EncordApi` has them."""

    async def folder_summary(self, uuid: str) -> FolderSummary:
        """How much the folder holds."""
        ...

    async def raw_page(
        self, uuid: str, *, token: str | None, descending: bool, page_size: int, include_metadata: bool
    ) -> RawPage:
        """One page of its items."""
        ...

    async def items(self, uuids: Sequence[str]) -> ItemBatch:
        """Items by uuid."""
        ...


@dataclass(frozen=True, slots=True)
class ListingReport:
    """How a listing ended.

    Args:
        ended: `one cursor` from the start to the end, `met` in the middle, or `fell back` from two to one.
        reason: Why it did not meet; empty when it did.
        pages: Pages read.
        items: Items in the folder, those that could not be read among them.
        gone: Items that were handed out and turned out to be there no more.

    Example:
        >>> ListingReport("met", "", pages=11, items=10_000).ended
        'met'
    """

    ended: Literal["one cursor", "met", "fell back"]
    reason: str
    pages: int
    items: int
    gone: tuple[str, ...] = ()


async def list_folder(
    api: ListingApi,
    uuid: str | UUID,
    on_batch: Callable[[ItemBatch, bool], None],
    on_total: Callable[[int], None] = lambda _: None,
    on_gone: Callable[[list[str]], None] = lambda _: None,
    *,
    page_size: int = MAX_BULK,
    include_metadata: bool = True,
    both_ends: bool = True,
) -> ListingReport:
    """Read all items that lie directly in a folder; each is handed out once.

    Encord API: GET storage/folders/{uuid}/items and GET storage/folders/{uuid}/summary.

    Args:
        api: The wire.
        uuid: The folder.
        on_batch: Takes items, and whether they come from the end of the list (then last one first).
        on_total: Takes the number of items, as soon as it is known and when it turns out to be another.
        on_gone: Takes uuids that were handed out and are not in the folder any more.
        page_size: Items a page, 1 to 1000.
        include_metadata: Whether the items come with their metadata.
        both_ends: Whether to read from both ends where that pays.

    Returns:
        How it ended.

    Raises:
        ApiError: If a page cannot be read.

    Example:
        >>> report = await list_folder(api, uuid, lambda batch, from_end: None)  # doctest: +SKIP
    """
    listing = _Listing(
        api, checked_uuid(uuid, "folder"), on_batch, on_total, page_size, include_metadata=include_metadata
    )
    try:
        await listing.read(both_ends=both_ends)
    except BaseExceptionGroup as group:
        first = first_error(group)
    else:
        report = await listing.report()
        if report.gone:
            on_gone(list(report.gone))
        if report.items != listing.total:
            on_total(report.items)
        return report
    raise first


def first_error(group: BaseExceptionGroup) -> BaseException:
    """The error that ended a group of tasks, for callers that know of no group.

    Args:
        group: What the group raised.
    """
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


@dataclass(eq=False, slots=True)
class _Cursor:
    """One way through the folder: what was asked for, and what has been turned into items."""

    descending: bool
    page_size: int
    fetched: int = 0  # entries that arrived
    in_flight: int = 0  # entries that are expected from the request under way
    received: int = 0  # entries that were turned into items
    pages: int = 0
    finished: bool = False
    repeats: bool = False
    sequence: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class _Listing:
    def __init__(
        self,
        api: ListingApi,
        folder: str,
        on_batch: Callable[[ItemBatch, bool], None],
        on_total: Callable[[int], None],
        page_size: int,
        *,
        include_metadata: bool,
    ) -> None:
        self.total: int | None = None
        self._api = api
        self._folder = folder
        self._on_batch = on_batch
        self._on_total = on_total
        self._page_size = page_size
        self._include_metadata = include_metadata
        self._up = _Cursor(descending=False, page_size=page_size)
        self._down: _Cursor | None = None
        self._overlap = 0
        self._broken: set[str] = set()
        self._nameless = 0  # entries of the ascending cursor without a readable uuid
        self._met = False
        self._alone = ""  # why the ascending cursor goes on alone
        self._moved = anyio.Event()
        self._group = anyio.create_task_group()
        self._arrived, self._arrivals = anyio.create_memory_object_stream[tuple[_Cursor, RawPage]](
            _BUFFERED_PAGES
        )

    async def read(self, *, both_ends: bool) -> None:
        """Read pages until the cursors met, or the ascending one is through."""
        async with self._arrived, self._arrivals, self._group as group:
            group.start_soon(self._count, both_ends)
            group.start_soon(self._walk, self._up)
            async for cursor, page in self._arrivals:
                if cursor.descending and self._alone:
                    continue
                # Not in a thread: two threads that both compute take longer than one. The next request leaves first.
                await anyio.sleep(_TICK)
                with uncollected():
                    self._absorb(cursor, page)
                if self._up.finished or await self._have_met():
                    break
            group.cancel_scope.cancel()

    async def report(self) -> ListingReport:
        """How it ended, after looking again at items that only the descending cursor saw."""
        up, down = self._up, self._down
        pages = up.pages + (down.pages if down else 0)
        items = len(up.seen) + len(self._broken) + self._nameless
        if self._met and down:
            return ListingReport("met", "", pages, items + len(down.seen) - self._overlap)
        if down is None:
            return ListingReport("one cursor", self._alone, pages, items)
        doubtful = [uuid for uuid in down.sequence if uuid not in up.seen]
        there: set[str] = set()
        for start in range(0, len(doubtful), MAX_BULK):
            there.update(await self._still_there(doubtful[start : start + MAX_BULK]))
        gone = tuple(uuid for uuid in doubtful if uuid not in there)
        reason = self._alone or "the ascending cursor was through before the two met"
        return ListingReport("fell back", reason, pages, items + len(there), gone)

    async def _count(self, both_ends: bool) -> None:  # noqa: FBT001  # start_soon takes positions only
        try:
            self.total = (await self._api.folder_summary(self._folder)).files
        except ApiError as error:
            self._go_alone(f"the folder's summary could not be read ({type(error).__name__})")
            return
        self._on_total(self.total)
        if not both_ends:
            self._go_alone("asked for one cursor")
        elif self.total <= _FEW_PAGES * self._page_size:
            self._go_alone("the folder is small")
        elif not self._up.finished:
            self._down = _Cursor(descending=True, page_size=self._page_size)
            self._group.start_soon(self._walk, self._down)
        self._wake()

    async def _walk(self, cursor: _Cursor) -> None:
        with cursor.scope:
            token: str | None = None
            used: set[str] = set()
            while True:
                await self._until_needed()
                cursor.in_flight = cursor.page_size
                try:
                    page = await self._api.raw_page(
                        self._folder,
                        token=token,
                        descending=cursor.descending,
                        page_size=self._page_size,
                        include_metadata=self._include_metadata,
                    )
                except InvalidRequestError:
                    if not cursor.descending:
                        raise
                    self._go_alone("the server refuses the descending order")
                    return
                cursor.in_flight = 0
                cursor.fetched += len(page.results)
                if page.results and page.next_token is not None:
                    cursor.page_size = len(page.results)  # a server may send fewer than asked for
                self._wake()
                await self._arrived.send((cursor, page))
                token = page.next_token
                if token is None:
                    return
                if token in used:
                    raise repeated_token(f"items of folder {self._folder}")
                used.add(token)

    async def _until_needed(self) -> None:
        """Wait while the pages under way should already be enough: a page past the meeting is a page too many."""
        while not self._alone and self.total is not None and self._down is not None:
            both = (self._up, self._down)
            if sum(one.fetched + one.in_flight for one in both) <= self.total:
                return
            await self._moved.wait()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = anyio.Event()

    def _go_alone(self, reason: str) -> None:
        self._alone = self._alone or reason
        if self._down is not None:
            self._down.scope.cancel()
        self._wake()

    def _absorb(self, cursor: _Cursor, page: RawPage) -> None:
        """Turn a page into items and hand out those that are new."""
        batch = parse_items(page.results)
        other = self._down if cursor is self._up else self._up
        fresh: list[int] = []
        for row, uuid in enumerate(batch.uuids):
            if uuid in cursor.seen:
                cursor.repeats = True
                continue
            cursor.seen.add(uuid)
            cursor.sequence.append(uuid)
            if other is not None and uuid in other.seen:
                self._overlap += 1
            else:
                fresh.append(row)
        problems = self._new_problems(cursor, batch)
        if len(fresh) < len(batch):
            batch = batch.take(fresh)
        batch.problems = problems
        cursor.pages += 1
        cursor.received += len(page.results)
        cursor.finished = page.next_token is None
        if fresh or problems:
            self._on_batch(batch, cursor.descending)

    def _new_problems(self, cursor: _Cursor, batch: ItemBatch) -> list[ItemProblem]:
        fresh = []
        for problem in batch.problems:
            if problem.item is None:
                # Which is which cannot be told, so only the cursor that reads to the end reports them.
                if not cursor.descending:
                    self._nameless += 1
                    fresh.append(problem)
            elif problem.item not in self._broken:
                self._broken.add(problem.item)
                fresh.append(problem)
        return fresh

    async def _have_met(self) -> bool:
        up, down, total = self._up, self._down, self.total
        if down is None or total is None or self._alone:
            return False
        if not self._overlap and not down.finished and up.received + down.received <= total:
            return False
        doubt = self._doubt(up, down, total) or await self._recount(total)
        if doubt:
            self._go_alone(doubt)
        self._met = not doubt
        return self._met

    def _doubt(self, up: _Cursor, down: _Cursor, total: int) -> str:
        """Why the two cursors may not have seen everything; empty when they have, as far as they can tell."""
        shared = self._overlap
        if not shared:
            return "the two cursors passed each other without meeting"
        if up.repeats or down.repeats:
            return "an item came twice from one cursor"
        if up.sequence[-shared:] != down.sequence[: -shared - 1 : -1]:
            return "the two cursors disagree about the order"
        seen = len(up.seen) + len(down.seen) - shared + len(self._broken)
        if seen != total:
            return f"{seen} items were seen where the folder's summary counts {total}"
        return ""

    async def _recount(self, total: int) -> str:
        try:
            after = (await self._api.folder_summary(self._folder)).files
        except ApiError as error:
            return f"the folder's summary could not be read again ({type(error).__name__})"
        return (
            "" if after == total else f"the folder's summary counted {total} items before and {after} after"
        )

    async def _still_there(self, uuids: list[str]) -> list[str]:
        """Those that exist and lie in this folder; where one fails the whole question, it is halved."""
        try:
            batch = await self._api.items(uuids)
        except _BLAMES_AN_ITEM:
            if len(uuids) == 1:
                return []
            half = len(uuids) // 2
            return [*await self._still_there(uuids[:half]), *await self._still_there(uuids[half:])]
        parents = batch.fields.get("parent", [])
        return [uuid for uuid, parent in zip(batch.uuids, parents, strict=False) if parent == self._folder]
