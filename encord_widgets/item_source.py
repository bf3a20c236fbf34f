"""Where the items of a set come from: a folder, an image group, a collection, or uuids."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import anyio

from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.errors import ApiError
from encord_widgets.api.listing import first_error, list_folder
from encord_widgets.api.wire import parse_items
from encord_widgets.commit.wire_calls import BLAMES_AN_ITEM, MOST_REFUSED
from encord_widgets.metadata.items import ItemBatch, ItemProblem
from encord_widgets.metadata.texts import counted

__all__ = ["CollectionSource", "FolderSource", "ImageGroupSource", "ListedSource", "LoadSink", "Source"]

MOST_UUIDS: Final = 1000
_READS_IN_FLIGHT: Final = 4
_REFUSED: Final = "the server refused to show it: there is no such item, or it is not yours to read"


class LoadSink(Protocol):
    """What takes the items as they arrive."""

    def batch(self, batch: ItemBatch, *, from_end: bool = False) -> None:
        """Items of one page; those from the end of a listing come last one first."""
        ...

    def total(self, count: int) -> None:
        """How many items there will be, as far as is known."""
        ...

    def gone(self, uuids: list[str]) -> None:
        """Items that arrived and turned out to be there no more."""
        ...


class Source(Protocol):
    """Where items come from."""

    @property
    def kind(self) -> str:
        """What it is, in one word."""
        ...

    @property
    def identity(self) -> str:
        """What tells it from other sources of its kind."""
        ...

    @property
    def title(self) -> str:
        """What to call it."""
        ...

    async def load(self, api: EncordApi, sink: LoadSink) -> None:
        """Read all items, in order, page by page."""
        ...


@dataclass(frozen=True, slots=True)
class FolderSource:
    """The direct items of a storage folder, by name.

    Args:
        uuid: Folder uuid.
        title: Folder name.
    """

    uuid: str
    title: str

    @property
    def kind(self) -> str:
        """A folder."""
        return "folder"

    @property
    def identity(self) -> str:
        """Its uuid."""
        return self.uuid

    async def load(self, api: EncordApi, sink: LoadSink) -> None:
        """Read the folder with two cursors that meet."""
        await list_folder(
            api,
            self.uuid,
            lambda batch, from_end: sink.batch(batch, from_end=from_end),
            sink.total,
            sink.gone,
        )


@dataclass(frozen=True, slots=True)
class ImageGroupSource:
    """The frames of an image group, in the group's order.

    Args:
        uuid: Uuid of the group.
        title: Name of the group.
        parent: Uuid of the folder that the group is in.
    """

    uuid: str
    title: str
    parent: str

    @property
    def kind(self) -> str:
        """An image group."""
        return "image_group"

    @property
    def identity(self) -> str:
        """Its uuid."""
        return self.uuid

    async def load(self, api: EncordApi, sink: LoadSink) -> None:
        """Read the frames in one call."""
        sink.batch(await api.child_items(self.uuid, self.parent))


@dataclass(frozen=True, slots=True)
class CollectionSource:
    """The items of a collection that can be read, in Encord's order.

    Args:
        uuid: Collection uuid.
        title: Collection name.
    """

    uuid: str
    title: str

    @property
    def kind(self) -> str:
        """A collection."""
        return "collection"

    @property
    def identity(self) -> str:
        """Its uuid."""
        return self.uuid

    async def load(self, api: EncordApi, sink: LoadSink) -> None:
        """Read it page by page; how many items there are is known at the end."""
        seen: set[str] = set()
        async for page in api.collection_pages(self.uuid):
            batch = parse_items(page.results)
            # While Encord fills a collection, its pages shift: an item may come twice.
            fresh = [row for row, item in enumerate(batch.uuids) if item not in seen]
            seen.update(batch.uuids)
            if len(fresh) < len(batch):
                problems = batch.problems
                batch = batch.take(fresh)
                batch.problems = problems
            sink.batch(batch)
        sink.total(len(seen))


@dataclass(frozen=True, slots=True)
class ListedSource:
    """Items by uuid, in the order given.

    Args:
        uuids: Lower-case item uuids, each once.
    """

    uuids: tuple[str, ...]

    @property
    def kind(self) -> str:
        """A list of items."""
        return "items"

    @property
    def identity(self) -> str:
        """A digest of the uuids: the same items are the same source."""
        return hashlib.sha256("\n".join(sorted(self.uuids)).encode()).hexdigest()[:32]

    @property
    def title(self) -> str:
        """How many items were asked for."""
        return counted(len(self.uuids), "item")

    async def load(self, api: EncordApi, sink: LoadSink) -> None:
        """Read the items in bundles, a few at a time, handed on in order; those that are refused are problems.

        Raises:
            ApiError: If the server cannot be reached, or refuses all of them.
        """
        sink.total(len(self.uuids))
        readable = _Readable(api)
        await self._each(readable.items, sink.batch)
        readable.check()

    async def read_all(self, api: EncordApi) -> ItemBatch:
        """Read the items as one batch."""
        whole = ItemBatch()
        await self._each(api.items, whole.extend)
        return whole

    async def _each(
        self, ask: Callable[[Sequence[str]], Awaitable[ItemBatch]], take: Callable[[ItemBatch], None]
    ) -> None:
        chunks = [self.uuids[i : i + MOST_UUIDS] for i in range(0, len(self.uuids), MOST_UUIDS)]
        read: dict[int, ItemBatch] = {}
        handed = 0
        limit = anyio.CapacityLimiter(_READS_IN_FLIGHT)

        async def one(position: int) -> None:
            nonlocal handed
            async with limit:
                batch = await ask(chunks[position])
            named = {problem.item for problem in batch.problems}
            reason = "the server left it out: deleted, or not yours to read"
            batch.problems.extend(
                ItemProblem(item, None, reason) for item in batch.missing if item not in named
            )
            read[position] = batch
            while handed in read:
                take(read.pop(handed))
                handed += 1

        try:
            async with anyio.create_task_group() as group:
                for position in range(len(chunks)):
                    group.start_soon(one, position)
        except BaseExceptionGroup as errors:
            first = first_error(errors)
        else:
            return
        raise first


class _Readable:
    """Reads what can be read of some items. One that the server refuses fails the whole question, so it is halved.

    Args:
        api: The wire.
    """

    def __init__(self, api: EncordApi) -> None:
        self._api = api
        self._read = 0
        self._refused: list[ApiError] = []

    async def items(self, uuids: Sequence[str]) -> ItemBatch:
        """Those that can be read; the others are in `missing` and among the problems.

        Args:
            uuids: At most 1000.

        Raises:
            ApiError: If the server cannot be reached, or refuses item after item.
        """
        try:
            batch = await self._api.items(uuids)
        except BLAMES_AN_ITEM as error:
            if len(uuids) == 1:
                self._refused.append(error)
                if len(self._refused) >= MOST_REFUSED:
                    self.check()
                return ItemBatch(missing=list(uuids), problems=[ItemProblem(uuids[0], None, _REFUSED)])
        else:
            self._read += len(batch)
            return batch
        middle = len(uuids) // 2
        found = await self.items(uuids[:middle])
        found.extend(await self.items(uuids[middle:]))
        return found

    def check(self) -> None:
        """Raise the first refusal where nothing could be read."""
        if self._refused and not self._read:
            raise self._refused[0]
