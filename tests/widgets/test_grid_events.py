"""The native grid and what happens around it: events from threads, loading, commits."""

from __future__ import annotations

import threading
import time

import pytest

import encord_widgets as ew
from encord_widgets.metadata.items import ItemBatch, ItemProblem
from tests.widgets.browser import Browser
from tests.widgets.conftest import street_scenes
from tests.widgets.naive import edit, naive_rows


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items) as grid:
        yield grid


@pytest.fixture
def page(grid):
    return Browser(grid)


# -- events ----------------------------------------------------------------------------------------------------


def test_events_from_threads_reach_the_page(items, page):
    uuids = items.uuids

    def work(mine):
        for turn in range(20):
            for item in mine:
                items.stage({item: {"lux": turn}})

    threads = [threading.Thread(target=work, args=(uuids[i::4],)) for i in range(4)]
    before = len(page.updates)
    began = time.monotonic()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        page.rows(0, 50)
        page.ask("cell", item=uuids[0], column="key:lux")
    for thread in threads:
        thread.join()
    page.until(lambda: page.state["status"]["staged"] == len(items.changes))
    assert page.rows()[1] == naive_rows(items, page.columns, uuids)
    assert len(page.updates) - before <= (time.monotonic() - began) / 0.1 + 3, "updates are coalesced"
    assert page.widget.error is None


def test_an_edit_is_told_to_the_page_once(items, page):
    before, _ = page.cell(items.uuids[0], "weather")
    seen = len(page.updates)
    page.ask("edit", edits=[edit(items.uuids[0], "weather", before, "fog")])
    time.sleep(0.3)
    assert [set(update) for update in page.updates[seen:]] == [{"status"}]


def test_an_error_while_following_shows_in_the_widget(items, page, monkeypatch):
    monkeypatch.delenv("ENCORD_WIDGETS_RAISE")
    monkeypatch.setattr(page.widget._view, "follow", lambda: 1 / 0)
    items.stage({items.uuids[0]: {"weather": "fog"}})
    page.until(lambda: page.state["error"])
    assert "division by zero" in page.state["error"]["message"]


def test_rows_appear_while_loading(monkeypatch):
    with ew.demo(items=3000, latency_ms=150) as client:
        items = street_scenes(client)
        with ew.ItemGrid(items) as grid:
            page = Browser(grid)
            seen = [(page.state["status"]["rows"], page.state["status"]["loading"])]
            items.wait()
            page.until(lambda: not page.state["status"]["loading"])
            seen += [(u["status"]["rows"], u["status"]["loading"]) for u in page.updates if "status" in u]
    counts = [rows for rows, _ in seen]
    assert counts == sorted(counts)
    assert counts[-1] == 3000
    assert seen[0][1]
    assert page.state["status"]["expected"] == 3000


def test_a_refresh_keeps_the_rows_in_view_until_the_new_ones_are_there(items, page):
    order = [row["u"] for row in page.rows()[1]]
    page.ask("refresh")
    items.wait()
    page.until(lambda: not page.state["status"]["loading"])
    assert {u["status"]["rows"] for u in page.updates if "status" in u} == {60}
    assert [row["u"] for row in page.rows()[1]] == order


def test_a_load_that_fails_is_told(items, page, monkeypatch):
    async def fail(*_):
        raise ew.ConnectionFailedError("nobody there")

    monkeypatch.setattr(type(items.source), "load", fail)
    page.ask("refresh")
    page.until(lambda: page.state["status"]["load_error"])
    assert "nobody there" in page.state["status"]["load_error"]


def test_problems_are_listed(items, page):
    items._loader.batch(ItemBatch(problems=[ItemProblem(None, "broken.mp4", "no uuid")]))
    page.until(lambda: page.state["status"]["problems"] == 1)
    assert page.ask("problems") == {"problems": [{"item": None, "name": "broken.mp4", "reason": "no uuid"}]}


def test_the_selection_reaches_python(items, page):
    seen = []
    page.widget.observe(lambda change: seen.append(change["new"]), "selection")
    chosen = items.uuids[2:5]
    page.ask("select", items=[*chosen, "unknown"], focus=None)
    assert page.widget.selection == chosen
    assert seen == [chosen]


# -- after a commit --------------------------------------------------------------------------------------------


def test_verified_cells_are_shown_until_they_change(items, page, write_as_somebody_else):
    item, other = items.uuids[:2]
    items.stage({item: {"weather": "fog"}, other: {"weather": "fog"}})
    assert items.commit()
    page.until(lambda: page.state["status"]["staged"] == 0)
    assert page.cell(item, "weather") == ("fog", {"state": "verified"})
    items.stage({item: {"weather": "snow"}})
    assert page.cell(item, "weather") == ("snow", {"state": "staged", "before": "fog"})
    write_as_somebody_else(other, weather="clear")
    items.refresh().wait()
    text, state = page.cell(other, "weather")
    assert (text, state["state"]) == ("clear", "updated"), "the proof is not about this value"


def test_a_conflict_stays_on_the_cell_until_it_is_settled(items, page, write_as_somebody_else):
    item = items.uuids[0]
    base = items.value(item, "weather")
    items.stage({item: {"weather": "fog"}})
    write_as_somebody_else(item, weather="snow")
    assert not items.commit()
    page.until(lambda: page.cell(item, "weather")[1]["state"] == "conflict")
    cell, state = page.cell(item, "weather")
    assert cell == "fog"
    assert f"Base: {base!r}. Ours: 'fog'. Theirs: 'snow'." in state["note"]
    page.ask("unstage", cells=[[item, "weather"]])
    assert page.cell(item, "weather") == ("snow", None)
