# ruff: noqa: FBT001 - the parameters of callbacks
"""A folder that changes while it is listed, and what a listing of it brings."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from encord_widgets.api.endpoints import RawPage
from encord_widgets.api.errors import InvalidRequestError, ServerError
from encord_widgets.api.listing import ListingReport, list_folder
from encord_widgets.api.wire import FolderSummary, parse_items
from encord_widgets.metadata.items import ItemBatch

FOLDER = "8ad5c1e0-0000-4000-8000-000000000001"


def entry(name: str, number: int | None = None) -> dict[str, Any]:
    found = uuid.UUID(int=number) if number is not None else uuid.uuid4()
    return {"uuid": str(found), "name": name, "parent": FOLDER, "clientMetadata": "{}"}


@dataclass
class Folder:
    """A folder that changes while it is listed; pages go by offset, as the worst server's would, or by key."""

    items: list[dict[str, Any]]
    page_size: int = 10
    by_key: bool = False
    ties: str = "mirrored"  # how names that are equal are ordered when descending: mirrored, same, random
    ignores_desc: bool = False
    refuses_desc: bool = False
    summary_error: bool = False
    summary_off_by: int = 0
    fails: Callable[[bool, int], Exception | None] = lambda descending, page: None
    before: Callable[[Folder, int], None] = lambda folder, request: None
    delay: Callable[[bool], float] = lambda descending: 0
    requests: int = 0
    summaries: int = 0
    pages: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    cancelled: list[bool] = field(default_factory=list)
    in_flight: int = 0

    async def folder_summary(self, uuid: str) -> FolderSummary:
        assert uuid == FOLDER
        self.summaries += 1
        if self.summary_error:
            raise ServerError("broken", status=500)
        return FolderSummary(files=len(self.items) + self.summary_off_by)

    def _sorted(self, descending: bool) -> list[dict[str, Any]]:
        if not descending or self.ignores_desc:
            return sorted(self.items, key=lambda i: (i["name"], i["uuid"]))
        if self.ties == "mirrored":
            return sorted(self.items, key=lambda i: (i["name"], i["uuid"]), reverse=True)
        if self.ties == "same":
            return sorted(sorted(self.items, key=lambda i: i["uuid"]), key=lambda i: i["name"], reverse=True)
        shuffled = sorted(self.items, key=lambda i: random.Random(i["uuid"]).random())
        return sorted(shuffled, key=lambda i: i["name"], reverse=True)

    async def raw_page(
        self, uuid: str, *, token: str | None, descending: bool, page_size: int, include_metadata: bool
    ) -> RawPage:
        assert uuid == FOLDER
        assert page_size <= 1000
        self.in_flight += 1
        try:
            await anyio.sleep(self.delay(descending))
        except anyio.get_cancelled_exc_class():
            self.cancelled.append(descending)
            raise
        finally:
            self.in_flight -= 1
        if descending and self.refuses_desc:
            raise InvalidRequestError("unknown parameter desc", status=422)
        if error := self.fails(descending, self.pages[descending]):
            raise error
        self.requests += 1
        self.pages[descending] += 1
        self.before(self, self.requests)
        ordered = self._sorted(descending)
        size = min(self.page_size, page_size)
        start = 0
        if token is not None:
            if self.by_key:
                keys = [(i["name"], i["uuid"]) for i in ordered]
                last = tuple(token.split("\0"))
                down = descending and not self.ignores_desc
                start = sum(key >= last if down else key <= last for key in keys)
            else:
                start = int(token)
        page = ordered[start : start + size]
        more = start + size < len(ordered)
        token = f"{page[-1]['name']}\0{page[-1]['uuid']}" if self.by_key and page else str(start + size)
        return RawPage([dict(i) for i in page], token if more else None)

    async def items_by_uuid(self, uuids: Sequence[str]) -> ItemBatch:
        known = {i["uuid"]: i for i in self.items}
        batch = parse_items([known[uuid] for uuid in uuids if uuid in known])
        batch.missing = [uuid for uuid in uuids if uuid not in known]
        return batch


class Api:
    """What `list_folder` sees of a folder."""

    def __init__(self, folder: Folder) -> None:
        self.folder_summary = folder.folder_summary
        self.raw_page = folder.raw_page
        self.items = folder.items_by_uuid


@dataclass
class Outcome:
    report: ListingReport
    order: list[str]
    totals: list[int]
    gone: list[str]

    @property
    def uuids(self) -> set[str]:
        return set(self.order) - set(self.gone)


def listed(folder: Folder, **options: Any) -> Outcome:
    front: list[str] = []
    back: list[str] = []
    totals: list[int] = []
    gone: list[str] = []

    def on_batch(batch: ItemBatch, from_end: bool) -> None:
        (back if from_end else front).extend(batch.uuids)

    async def run() -> ListingReport:
        options.setdefault("page_size", folder.page_size)
        return await list_folder(Api(folder), FOLDER, on_batch, totals.append, gone.extend, **options)

    report = anyio.run(run)
    order = front + back[::-1]
    assert len(order) == len(set(order)), "an item was handed out twice"
    assert folder.in_flight == 0
    return Outcome(report, order, totals, gone)


def numbered(count: int) -> list[dict[str, Any]]:
    return [entry(f"{number:05}", number) for number in range(count)]


def uuids_of(folder: Folder) -> list[str]:
    return [i["uuid"] for i in sorted(folder.items, key=lambda i: (i["name"], i["uuid"]))]
