"""Listing from both ends: never a wrong set, whatever the folder does meanwhile."""

# ruff: noqa: FBT001 - the parameters of callbacks and of parametrised tests

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest

from encord_widgets.api.endpoints import EncordApi, RawPage
from encord_widgets.api.errors import (
    ApiError,
    AuthorisationError,
    BadResponseError,
    ServerError,
)
from encord_widgets.api.listing import ListingReport, list_folder
from encord_widgets.api.wire import parse_items
from encord_widgets.metadata.items import ItemBatch

from .changing_folder import FOLDER, Api, Folder, entry, listed, numbered, uuids_of
from .strict_server import StrictServer

ELSEWHERE = "8ad5c1e0-0000-4000-8000-000000000002"


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
