"""One bundle: re-read, merge, write, read back, judge.

A bundle that the server refuses is halved until the item at fault stands alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from encord_widgets.api.errors import (
    ApiError,
    AuthorisationError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
)
from encord_widgets.commit.receipt import ReceiptRow, Status, now
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.merge import Merged, merge
from encord_widgets.metadata.plan import PlannedItem
from encord_widgets.metadata.values import ABSENT, Json, Value, same, shown

__all__ = ["Bundle", "BundleOutcome", "CommitApi"]

T = TypeVar("T")

# One item can be the cause of these; all others concern the whole connection.
_BLAMES_AN_ITEM = (InvalidRequestError, AuthorisationError, NotFoundError, PayloadTooLargeError)


class CommitApi(Protocol):
    """The calls of the wire that a commit needs."""

    async def items(self, uuids: Sequence[str]) -> ItemBatch:
        """Read items fresh."""
        ...

    async def patch_metadata(self, patches: dict[str, dict[str, Json]]) -> list[str]:
        """Replace the metadata of items; the uuids that were answered."""
        ...


@dataclass(slots=True)
class BundleOutcome:
    """What became of one bundle.

    Args:
        rows: One receipt row for each planned change.
        observed: Items as they were read last.
        written: Items that were sent.
        fault: The error of the connection, where one ended the bundle.
    """

    rows: list[ReceiptRow] = field(default_factory=list)
    observed: list[ItemBatch] = field(default_factory=list)
    written: int = 0
    fault: ApiError | None = None


class Bundle:
    """At most 1000 items that are read, written and proved together.

    Args:
        api: The wire.
        planned: Items of the bundle.
        on_phase: Called with "reading", "writing" and "verifying" as they begin.
    """

    def __init__(
        self, api: CommitApi, planned: Sequence[PlannedItem], on_phase: Callable[[str], None]
    ) -> None:
        self._api = api
        self._planned = {item.item: item for item in planned}
        self._on_phase = on_phase
        self._outcome = BundleOutcome()
        self._errors: dict[str, ApiError] = {}

    async def run(self) -> BundleOutcome:
        """Commit the bundle; errors of the wire end up in the outcome, by item."""
        self._on_phase("reading")
        batches = await self._read(list(self._planned))
        live = _by_item(batches)
        merged: dict[str, Merged] = {}
        for item, planned in self._planned.items():
            if item not in live:
                self._judge_unread(planned)
                continue
            merged[item] = merge(live[item], planned.changes)
        patches = {item: found.metadata for item, found in merged.items() if found.written}
        read_back = await self._write_and_read_back(patches) if patches else []
        observed = _by_item(read_back)
        stale = observed.keys()
        untouched = [batch.take([i for i, item in enumerate(batch.uuids) if item not in stale]) for batch in batches]
        self._outcome.observed = [*untouched, *read_back]
        for item, found in merged.items():
            self._judge(item, found, live[item], observed.get(item))
        return self._outcome

    async def _write_and_read_back(self, patches: dict[str, dict[str, Json]]) -> list[ItemBatch]:
        self._errors.clear()
        self._on_phase("writing")
        await self._write(patches)
        self._outcome.written = len(patches)
        self._on_phase("verifying")
        refused = dict(self._errors)
        read_back = await self._read(list(patches))
        self._errors = {**self._errors, **refused}
        return read_back

    async def _read(self, uuids: list[str]) -> list[ItemBatch]:
        return await self._halving(uuids, self._read_once)

    async def _read_once(self, uuids: list[str]) -> ItemBatch:
        return await self._api.items(uuids)

    async def _write(self, patches: dict[str, dict[str, Json]]) -> None:
        async def send(uuids: list[str]) -> list[str]:
            return await self._api.patch_metadata({item: patches[item] for item in uuids})

        # Items left out of the answer need no care here: the read-back finds what became of them.
        await self._halving(list(patches), send)

    async def _halving(self, uuids: list[str], call: Callable[[list[str]], Awaitable[T]]) -> list[T]:
        """Make one call for all items; where the server refuses it, halve it until the item at fault is alone."""
        try:
            return [await call(uuids)]
        except _BLAMES_AN_ITEM as error:
            if len(uuids) == 1:
                self._errors[uuids[0]] = error
                return []
        except ApiError as error:
            self._outcome.fault = error
            self._errors.update(dict.fromkeys(uuids, error))
            return []
        middle = len(uuids) // 2
        return [*await self._halving(uuids[:middle], call), *await self._halving(uuids[middle:], call)]

    def _judge_unread(self, planned: PlannedItem) -> None:
        error = self._errors.get(planned.item)
        note = (
            f"could not be read: {error}"
            if error
            else "the server left it out: deleted, or no longer readable"
        )
        for change in planned.changes:
            self._add(planned, change, ABSENT, "failed", note)

    def _judge(
        self, item: str, merged: Merged, live: dict[str, Json], observed: dict[str, Json] | None
    ) -> None:
        planned = self._planned[item]
        for change in merged.already:
            self._add(planned, change, live.get(change.key, ABSENT), "already")
        for change in merged.conflicts:
            theirs = live.get(change.key, ABSENT)
            note = f"it was {shown(change.base)} when edited, and is {shown(theirs)} now; not overwritten"
            self._add(planned, change, theirs, "conflict", note)
        for change in merged.written:
            self._judge_written(planned, change, observed)

    def _judge_written(self, planned: PlannedItem, change: Change, observed: dict[str, Json] | None) -> None:
        error = self._errors.get(planned.item)
        if observed is None:
            note = f"sent, but could not be read back: {error or 'the server left it out'}"
            self._add(planned, change, ABSENT, "pending", note)
            return
        found = observed.get(change.key, ABSENT)
        if same(found, change.after):  # also after a lost answer: only what is read back counts
            self._add(planned, change, found, "verified")
        elif isinstance(error, _BLAMES_AN_ITEM):
            self._add(planned, change, found, "refused", str(error))
        elif error is not None:
            self._add(planned, change, found, "failed", str(error))
        else:
            self._add(planned, change, found, "differs", f"{shown(found)} was read back")

    def _add(
        self, planned: PlannedItem, change: Change, observed: Value, status: Status, note: str = ""
    ) -> None:
        self._outcome.rows.append(
            ReceiptRow(
                item=planned.item,
                name=planned.name,
                key=change.key,
                before=change.base,
                wanted=change.after,
                observed=observed,
                status=status,
                note=note,
                at=now(),
            )
        )


def _by_item(batches: Sequence[ItemBatch]) -> dict[str, dict[str, Json]]:
    return {
        item: metadata for batch in batches for item, metadata in zip(batch.uuids, batch.metadata, strict=True)
    }
