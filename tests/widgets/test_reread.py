"""What is from the cache, and what changed since: told by both grids and the inspector, with a sign and a word."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from encord_widgets.widgets._datagrid import SIGNS
from encord_widgets.widgets.page import MARKS
from encord_widgets.widgets.page_controls import _WORDS
from tests.widgets.browser import Browser
from tests.widgets.datagrid_side import shown
from tests.widgets.naive import edit


@pytest.fixture
def world(cache_world):
    cache_world.visit()
    return cache_world


def test_the_grid_says_that_it_shows_the_cache_and_then_what_changed(world):
    first = world.uuids[0]
    world.store.edit(first, {"weather": "snow"})
    with world.held_up() as (items, go), ew.ItemGrid(items) as grid:
        page = Browser(grid)
        status = page.state["status"]
        assert (status["rows"], status["loading"], status["total"]) == (4, True, 0)
        assert status["as_of"].startswith("Shown from the cache of ")
        assert page.cell(first, "weather") == ("rain", None)
        go.set()
        items.wait()
        page.until(lambda: not page.state["status"]["loading"])
        assert "1 value changed since" in page.state["status"]["as_of"]
        assert page.state["status"]["total"] == 4
        note = "It was 'rain' before. Changed by somebody else."
        assert page.cell(first, "weather") == ("snow", {"state": "updated", "note": note})
        assert page.cell(first, "lux")[1] is None
        facts = page.ask("cell", item=first, column="key:weather")
        assert (facts["state"], facts["note"]) == ("updated", note)
        page.ask("filter_state", state="updated")
        assert grid.uuids == [first]
        page.ask("filter_state", state="")
        assert len(grid.uuids) == 4


def test_an_edit_whose_base_is_not_true_any_more_says_so(world):
    first, second = world.uuids[:2]
    world.store.edit(first, {"weather": "snow"})
    with world.held_up() as (items, go), ew.ItemGrid(items) as grid, ew.DiffPreview(items) as diff:
        page = Browser(grid)
        for uuid, before in ((first, "rain"), (second, "fog")):
            reply = page.ask("edit", edits=[edit(uuid, "weather", before, "hail")])
            assert reply["results"][0]["accepted"]
        go.set()
        items.wait()
        page.until(lambda: not page.state["status"]["loading"])
        note = "Encord holds 'snow' by now: a commit will report a conflict."
        assert page.cell(first, "weather") == ("hail", {"state": "staged", "before": "rain", "note": note})
        assert page.cell(second, "weather") == ("hail", {"state": "staged", "before": "fog"})
        rows = Browser(diff).ask("rows", start=0, count=10)["rows"]
        assert {row["item"]: row["note"] for row in rows} == {first: note, second: None}
        assert items.commit().conflicts[0].item == first
        page.until(lambda: page.cell(first, "weather")[1]["state"] == "conflict")


def test_the_paged_grid_tells_the_same(world):
    first = world.uuids[0]
    world.store.edit(first, {"weather": "snow"})
    with world.held_up() as (items, go), ew.ItemGrid(items, engine="ipydatagrid") as grid:
        assert "↻ Shown from the cache of " in grid._controls.as_of.value
        assert shown(grid, first, "weather") == ("rain", set())
        go.set()
        items.wait()
        grid._draw()
        assert "1 value changed since" in grid._controls.as_of.value
        assert shown(grid, first, "weather") == ("snow", {MARKS["updated"]})
        assert (SIGNS["updated"][0], _WORDS["updated"]) == ("↻", "changed in Encord")


def test_the_inspector_tells_it_too(world):
    first = world.uuids[0]
    world.store.edit(first, {"weather": "snow"})
    with world.kernel() as client:
        items = client.folder(world.folder).wait()
        items.focus = first
        with ew.ItemInspector(items) as inspector:
            rows = {row["key"]: row for row in Browser(inspector).state["metadata"]}
            assert (rows["weather"]["state"], rows["lux"]["state"]) == ("updated", "")
            assert "It was 'rain' before" in rows["weather"]["note"]
