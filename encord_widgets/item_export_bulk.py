"""Many items sent by bundles: what fails is named, what got lost is looked for, what was sent is read back."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import anyio

from encord_widgets.api.endpoints import MAX_BULK
from encord_widgets.api.errors import ApiError
from encord_widgets.commit.options import Patience
from encord_widgets.commit.wire_calls import BLAMES_AN_ITEM
from encord_widgets.item_export_receipt import ExportRow, ExportStatus

__all__ = [
    "IN_FLIGHT",
    "ExportJob",
    "ExportProgress",
    "ExportRun",
    "Sent",
    "created",
    "named",
    "read_back",
    "send_all",
]

T = TypeVar("T")

IN_FLIGHT: Final = 4
"""Requests at the same time."""


@dataclass(slots=True)
class ExportProgress:
    """How far an export is.

    Args:
        items_total: Items to send.
        items_done: Items that were sent, or could not be.
        counts: Items read back so far.
    """

    items_total: int
    items_done: int = 0
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What to send.

    Args:
        names: Item uuids with their names, in order.
        patience: How long to try again.
        stop: Set to start no further request.
        progress: How far it is.
    """

    names: Mapping[str, str]
    patience: Patience = field(default_factory=Patience)
    stop: threading.Event = field(default_factory=threading.Event)
    progress: ExportProgress = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "progress", ExportProgress(len(self.names)))

    def receipt_rows(self, sent: Sent, held: set[str] | None) -> tuple[ExportRow, ...]:
        """One row for each item.

        Args:
            sent: What became of the requests.
            held: Items that were read back; None if that failed.
        """
        return tuple(ExportRow(item, name, *sent.verdict(item, held)) for item, name in self.names.items())


class ExportRun(Generic[T]):
    """An export under way, for whoever waits for it.

    Args:
        future: What comes of it.
        job: What is sent.
    """

    def __init__(self, future: Future[T], job: ExportJob) -> None:
        self._future = future
        self._job = job

    @property
    def progress(self) -> ExportProgress:
        """How far it is."""
        return self._job.progress

    def result(self, timeout: float | None = None) -> T:
        """Wait for what comes of it. An interrupt ends it after the requests in flight, a second one at once.

        Args:
            timeout: Longest wait in seconds.

        Raises:
            TimeoutError: If it takes longer; the export goes on.
        """
        while True:
            try:
                return self._future.result(timeout)
            except KeyboardInterrupt:
                if self._job.stop.is_set():  # a second interrupt is meant
                    self._future.cancel()
                    raise
                self.cancel()

    def cancel(self) -> None:
        """End it after the requests in flight."""
        self._job.stop.set()


@dataclass(slots=True)
class Sent:
    """What became of the requests, by item.

    Args:
        accepted: Items that the server took.
        refused: Items that it named, and why.
        failed: Items that could not be sent, and why.
    """

    accepted: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def verdict(self, item: str, held: set[str] | None) -> tuple[ExportStatus, str]:
        """Status of an item, and why.

        Args:
            item: Item uuid.
            held: Items that were read back; None if that failed.
        """
        if (
            held is not None and item in held
        ):  # an answer that got lost is no fault when the item is there all the same
            return "added", ""
        if item in self.refused:
            return "refused", self.refused[item]
        if item in self.failed:
            return "failed", self.failed[item]
        if item not in self.accepted:
            return "pending", ""
        return ("unread", "") if held is None else ("missing", "")


async def created(
    create: Callable[[], Awaitable[str]], listed: Callable[[], Awaitable[set[str]]], patience: Patience
) -> str:
    """Make something once: when the answer got lost, look whether it is there before trying again."""
    before = await listed()
    attempt = 1
    while True:
        try:
            return await create()
        except ApiError as error:
            if not error.transient:
                raise
            fresh = await listed() - before
            if len(fresh) == 1:
                return fresh.pop()
            if attempt >= patience.attempts:
                raise
            await anyio.sleep(patience.pause(attempt, error.retry_after))
        attempt += 1


async def send_all(
    job: ExportJob,
    send: Callable[[list[str]], Awaitable[dict[str, str]]],
    still_there: Callable[[], Awaitable[object]],
) -> Sent:
    """Send all items, at most 1000 at a time; a request that is refused is halved until the item at fault is alone.

    Args:
        job: The items.
        send: Sends some, and gives those that were not taken, with the reason.
        still_there: Raises an error where the fault is not an item's: what they are sent to is gone.
    """
    sent = Sent()
    items = list(job.names)
    limit = anyio.CapacityLimiter(IN_FLIGHT)

    async def halving(part: list[str], *, whole: bool = False) -> None:
        try:
            refused = await send(part)
        except BLAMES_AN_ITEM as error:
            gone = await _error_of(still_there) if whole else None
            if gone is not None:
                sent.failed.update(dict.fromkeys(part, str(gone)))
                return
            if len(part) == 1:
                sent.refused[part[0]] = str(error)
                return
        except ApiError as error:
            sent.failed.update(dict.fromkeys(part, str(error)))
            return
        else:
            sent.refused.update(refused)
            sent.accepted.update(item for item in part if item not in refused)
            return
        middle = len(part) // 2
        await halving(part[:middle])
        await halving(part[middle:])

    async def bundle(part: list[str]) -> None:
        async with limit:
            if not job.stop.is_set():
                await halving(part, whole=True)
                job.progress.items_done += len(part)

    async with anyio.create_task_group() as group:
        for start in range(0, len(items), MAX_BULK):
            group.start_soon(bundle, items[start : start + MAX_BULK])
    return sent


async def _error_of(call: Callable[[], Awaitable[object]]) -> ApiError | None:
    try:
        await call()
    except ApiError as error:
        return error
    return None


async def read_back(
    job: ExportJob, sent: Sent, members: Callable[[], Awaitable[tuple[set[str], int]]]
) -> tuple[set[str], int]:
    """What is in it; accepted items that do not show yet get a few more looks."""
    held, nameless = await members()
    for look in range(1, job.patience.rereads + 1):
        if job.stop.is_set() or len(sent.accepted - held) <= nameless:
            break
        await anyio.sleep(job.patience.pause(look))
        held, nameless = await members()
    return held, nameless


def named(uuids: Sequence[str], name_of: Callable[[str], str]) -> dict[str, str]:
    """Items with their names, each once.

    Args:
        uuids: Item uuids, lower case.
        name_of: Gives the name of one.

    Example:
        >>> named(["8ad5", "8ad5"], str.upper)
        {'8ad5': '8AD5'}
    """
    return {uuid: name_of(uuid) for uuid in uuids}
