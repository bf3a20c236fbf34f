"""Listing from both ends: never a wrong set, whatever the folder does meanwhile."""

# ruff: noqa: FBT001 - the parameters of callbacks and of parametrised tests

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encord_widgets.api.endpoints import EncordApi, RawPage
from encord_widgets.api.errors import (
    ApiError,
    AuthorisationError,
    BadResponseError,
    InvalidRequestError,
    ServerError,
)
from encord_widgets.api.listing import ListingReport, list_folder
from encord_widgets.api.wire import FolderSummary, parse_items
from encord_widgets.metadata.items import ItemBatch

from .strict_server import StrictServer

FOLDER = "8ad5c1e0-0000-4000-8000-000000000001"
ELSEWHERE = "8ad5c1e0-0000-4000-8000-000000000002"


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


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("count", [21, 25, 29, 30, 31, 99, 100, 101, 105, 200])
def test_two_cursors_meet(count: int, by_key: bool) -> None:
    folder = Folder(numbered(count), by_key=by_key)
    found = listed(folder)
    assert found.report.ended == "met"
    assert found.order == uuids_of(folder)
    assert found.report.items == count
    assert found.totals == [count]
    assert folder.summaries == 2
    # One shared item is needed as proof, and no page is asked for beyond that.
    assert folder.requests == found.report.pages <= -(-(count + 1) // 10) + 1
    assert min(folder.pages.values()) >= 1


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 19, 20])
def test_small_folders_use_one_cursor(count: int) -> None:
    folder = Folder(numbered(count))
    found = listed(folder)
    assert (found.report.ended, found.report.reason) == ("one cursor", "the folder is small")
    assert found.order == uuids_of(folder)
    assert folder.pages[True] == 0
    assert found.totals == [count]


def test_one_cursor_on_request() -> None:
    folder = Folder(numbered(55))
    found = listed(folder, both_ends=False)
    assert (found.report.ended, found.report.reason) == ("one cursor", "asked for one cursor")
    assert found.order == uuids_of(folder)


@pytest.mark.parametrize("served", [1, 3, 7])
def test_a_server_with_smaller_pages(served: int) -> None:
    folder = Folder(numbered(60), page_size=served)
    found = listed(folder, page_size=10)
    assert found.report.ended == "met"
    assert found.order == uuids_of(folder)


def test_both_ends_are_read_at_once() -> None:
    folder = Folder(numbered(400), delay=lambda descending: 0.01)
    found = listed(folder)
    assert found.report.ended == "met"
    assert abs(folder.pages[True] - folder.pages[False]) <= 3


def test_one_slow_end_does_not_hold_up_the_other() -> None:
    folder = Folder(numbered(400), delay=lambda descending: 0.05 if descending else 0.001)
    found = listed(folder)
    assert found.order == uuids_of(folder)
    assert folder.pages[False] > 2 * folder.pages[True]


def test_ignored_desc() -> None:
    folder = Folder(numbered(100), ignores_desc=True)
    found = listed(folder)
    assert (found.report.ended, found.report.reason) == (
        "fell back",
        "the two cursors disagree about the order",
    )
    assert found.uuids == set(uuids_of(folder))
    assert folder.pages[False] == 10


def test_refused_desc() -> None:
    folder = Folder(numbered(100), refuses_desc=True)
    found = listed(folder)
    assert found.report.reason == "the server refuses the descending order"
    assert found.order == uuids_of(folder)


def test_broken_summary() -> None:
    folder = Folder(numbered(100), summary_error=True)
    found = listed(folder)
    assert found.report.reason == "the folder's summary could not be read (ServerError)"
    assert found.order == uuids_of(folder)
    assert found.totals == [100]


@pytest.mark.parametrize("off", [-95, -40, -1, 1, 50, 10_000])
def test_wrong_summary(off: int) -> None:
    """Too many where the count is recursive, too few where it is stale."""
    folder = Folder(numbered(100), summary_off_by=off)
    found = listed(folder)
    assert found.report.ended != "met"
    assert found.uuids == set(uuids_of(folder))
    assert found.totals[-1] == 100
    assert found.gone == []


def test_summary_that_changes_meanwhile() -> None:
    folder = Folder(numbered(100))

    def grow(folder: Folder, request: int) -> None:
        folder.summary_off_by = 3 if request > 3 else 0

    folder.before = grow
    found = listed(folder)
    assert found.report.reason == "the folder's summary counted 100 items before and 103 after"
    assert found.uuids == set(uuids_of(folder))


@pytest.mark.parametrize("ties", ["same", "random"])
def test_ties_in_another_order(ties: str) -> None:
    folder = Folder([entry("frame.jpg", number) for number in range(95)], ties=ties)
    found = listed(folder)
    assert found.report.ended == "fell back"
    assert found.uuids == set(uuids_of(folder))


def test_ties_in_mirrored_order_meet() -> None:
    folder = Folder([entry("frame.jpg", number) for number in range(95)])
    assert listed(folder).report.ended == "met"


def at(request: int, change: Callable[[Folder], None]) -> Callable[[Folder, int], None]:
    return lambda folder, now: change(folder) if now == request else None


def test_an_item_seen_from_the_end_and_deleted_is_taken_back() -> None:
    folder = Folder(numbered(100), summary_off_by=1)
    last = folder.items[-1]["uuid"]
    folder.before = at(6, lambda f: f.items.pop())
    found = listed(folder)
    assert found.report.ended == "fell back"
    assert last in found.order
    assert found.gone == list(found.report.gone) == [last]
    assert found.uuids == set(uuids_of(folder))
    assert found.report.items == 99


def test_an_item_seen_from_the_end_and_moved_away_is_taken_back() -> None:
    folder = Folder(numbered(100), summary_off_by=1)
    moved = folder.items[-1]

    async def items(uuids: Sequence[str]) -> ItemBatch:
        return parse_items([{**moved, "parent": ELSEWHERE}])

    folder.items_by_uuid = items  # type: ignore[method-assign]
    folder.before = at(6, lambda f: f.items.pop())
    assert listed(folder).gone == [moved["uuid"]]


def test_a_doubtful_item_that_fails_the_whole_question_is_found_by_halving() -> None:
    folder = Folder(numbered(100), by_key=True, summary_off_by=1)
    whole = folder.items_by_uuid
    dead = [i["uuid"] for i in folder.items[-3:]]

    async def items(uuids: Sequence[str]) -> ItemBatch:
        if set(dead) & set(uuids):
            raise AuthorisationError("no", status=403)
        return await whole(uuids)

    folder.items_by_uuid = items  # type: ignore[method-assign]

    def change(folder: Folder) -> None:
        del folder.items[-3:]
        for item in folder.items[-5:]:  # renamed behind the ascending cursor: only the other one saw them
            item["name"] = f"!{item['name']}"

    folder.before = at(6, change)
    found = listed(folder)
    assert sorted(found.gone) == sorted(dead)
    assert found.uuids == set(uuids_of(folder))


def test_an_item_that_comes_twice_is_handed_out_once() -> None:
    """Added before the ascending cursor, an item pushes the last one of its page onto the next page."""
    folder = Folder(numbered(100))

    def add(folder: Folder) -> None:
        folder.items.append(entry("!", 1000))
        folder.summary_off_by = -1  # a summary that lags behind

    folder.before = at(3, add)
    found = listed(folder)
    assert (found.report.ended, found.report.reason) == ("fell back", "an item came twice from one cursor")
    assert set(uuids_of(folder)) - found.uuids <= {folder.items[-1]["uuid"]}


def test_renamed_across_the_middle() -> None:
    """Renamed from behind the one cursor to behind the other, an item is seen by neither: the count tells."""
    folder = Folder(numbered(100), by_key=True)
    hidden = folder.items[50]

    folder.before = at(4, lambda f: hidden.update(name="!"))
    found = listed(folder)
    assert found.report.ended == "fell back"
    assert "99 items were seen where the folder's summary counts 100" in found.report.reason


def test_unreadable_items_count() -> None:
    folder = Folder(numbered(100))
    for item in folder.items[::7]:
        item["clientMetadata"] = "{broken"
    problems = []

    async def run() -> ListingReport:
        return await list_folder(Api(folder), FOLDER, lambda b, _: problems.extend(b.problems), page_size=10)

    report = anyio.run(run)
    assert (report.ended, report.items) == ("met", 100)
    assert sorted(str(p.item) for p in problems) == sorted(i["uuid"] for i in folder.items[::7])


def test_items_without_a_uuid_are_reported_once() -> None:
    folder = Folder(numbered(100))
    for item in folder.items[45:48]:
        item["uuid"] = ""
    problems = []

    async def run() -> ListingReport:
        return await list_folder(Api(folder), FOLDER, lambda b, _: problems.extend(b.problems), page_size=10)

    report = anyio.run(run)
    assert (report.ended, report.items, len(problems)) == ("fell back", 100, 3)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("page", [0, 1, 3])
def test_an_error_in_the_middle_is_raised_and_the_other_cursor_stopped(descending: bool, page: int) -> None:
    error = ServerError("broken", status=503)
    folder = Folder(
        numbered(200),
        fails=lambda down, number: error if (down, number) == (descending, page) else None,
        delay=lambda down: 0 if down == descending else 5,
    )
    with pytest.raises(ServerError) as caught:
        listed(folder)
    assert caught.value is error
    assert folder.in_flight == 0
    assert descending not in folder.cancelled


def test_an_error_of_the_caller_is_raised() -> None:
    def broken(batch: ItemBatch, from_end: bool) -> None:
        raise RuntimeError("table is full")

    folder = Folder(numbered(100))
    with pytest.raises(RuntimeError, match="table is full"):
        anyio.run(list_folder, Api(folder), FOLDER, broken)


def test_cancelling_stops_the_requests() -> None:
    folder = Folder(numbered(100), delay=lambda _: 30)

    async def run() -> bool:
        with anyio.move_on_after(0.05) as scope:
            await list_folder(Api(folder), FOLDER, lambda *_: None, page_size=10)
        return scope.cancelled_caught

    assert anyio.run(run)
    assert folder.in_flight == 0


def test_a_token_that_comes_again_ends_the_listing() -> None:
    async def same_page(uuid: str, **_: Any) -> RawPage:
        return RawPage([entry("a", 1)], "again")

    folder = Folder(numbered(1))
    api = Api(folder)
    api.raw_page = same_page  # type: ignore[assignment]
    with pytest.raises(BadResponseError, match="same page token twice"):
        anyio.run(list_folder, api, FOLDER, lambda *_: None)


def test_the_next_request_is_out_before_the_page_is_handed_on() -> None:
    folder = Folder(numbered(19), page_size=10)
    seen: list[int] = []

    async def run() -> None:
        def on_batch(batch: ItemBatch, from_end: bool) -> None:
            import time

            end = time.monotonic() + 2
            while folder.requests < 2 and time.monotonic() < end:
                time.sleep(0.001)  # this thread is busy; the loop is not
            seen.append(folder.requests)

        await list_folder(Api(folder), FOLDER, on_batch, page_size=10)

    anyio.run(run)
    assert seen[0] == 2


@st.composite
def histories(draw: st.DrawFn) -> Folder:
    """Folders of any size and with many ties, and up to six changes at any moment."""
    count = draw(st.integers(0, 60))
    names = st.text("ab", max_size=2) if draw(st.booleans()) else st.integers(0, 9999).map("{:04}".format)
    items = [entry(draw(names), number) for number in range(count)]
    folder = Folder(
        items,
        page_size=draw(st.integers(1, 9)),
        by_key=draw(st.booleans()),
        ties=draw(st.sampled_from(["mirrored", "same", "random"])),
        ignores_desc=draw(st.booleans()),
        summary_off_by=draw(st.sampled_from([0, 0, 0, 1, -1, 7])),
    )
    if folder.by_key:
        folder.ties = "mirrored"  # a key that does not order is a server that loses items by itself
    slow = draw(st.sampled_from([None, False, True]))
    folder.delay = lambda descending: 0.002 if descending is slow else 0
    return folder


@given(histories())
@settings(max_examples=150, deadline=None)
def test_a_folder_at_rest_is_listed_whole(folder: Folder) -> None:
    found = listed(folder)
    assert found.uuids == set(uuids_of(folder))
    assert found.gone == []
    assert found.report.items == len(folder.items) == (found.totals[-1] if found.totals else 0)
    if found.report.ended == "met" or not folder.pages[True]:
        # By name; items of one name have no order of their own where the server mirrors none.
        names = {i["uuid"]: i["name"] for i in folder.items}
        assert [names[uuid] for uuid in found.order] == sorted(names.values())


@given(
    histories(),
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from("ard"), st.integers(0, 99)), max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_a_folder_that_changes(folder: Folder, changes: list[tuple[int, str, int]]) -> None:
    """With keyed paging one ascending cursor sees whatever neither came nor went nor moved; two must see no less."""
    folder.by_key, folder.ties = True, "mirrored"
    touched: set[str] = set()
    ever = {i["uuid"] for i in folder.items}

    def change(folder: Folder, request: int) -> None:
        for when, what, which in changes:
            if when != request:
                continue
            if what == "a":
                folder.items.append(entry(f"{which:02}", 1000 + len(ever)))
                touched.add(folder.items[-1]["uuid"])
            elif folder.items:
                item = folder.items[which % len(folder.items)]
                touched.add(item["uuid"])
                if what == "r":
                    item["name"] = f"{(which * 37) % 100:02}"
                else:
                    folder.items.remove(item)
            ever.update(touched)

    folder.before = change
    found = listed(folder)
    now = set(uuids_of(folder))
    assert now - touched <= found.uuids, "an item that nobody touched is missing"
    assert found.uuids <= ever
    assert set(found.gone).isdisjoint(now)
    if found.report.ended == "met":
        assert len(found.uuids) == found.report.items


@pytest.mark.anyio
async def test_over_http(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    uuids = [server.add_item(folder, f"{number:03}", {"n": number}) for number in range(250)]
    front: list[str] = []
    back: list[str] = []
    report = await list_folder(
        api, folder.upper(), lambda b, end: (back if end else front).extend(b.uuids), page_size=20
    )
    assert report.ended == "met"
    assert front + back[::-1] == uuids


@pytest.mark.anyio
async def test_unknown_folder_over_http(api: EncordApi) -> None:
    with pytest.raises(ApiError, match=f"items of folder {FOLDER}.*403"):
        await list_folder(api, FOLDER, lambda *_: None)
