"""The panel for bulk edits beside the paged grid: over what is selected, or all rows of the filter."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from tests.widgets.browser import Browser
from tests.widgets.datagrid_side import at

SET = {"operation": "set", "key": "weather", "value": "fog"}


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items, engine="ipydatagrid", columns=["name", "weather", "lux"]) as grid:
        yield grid


@pytest.fixture
def page(grid):
    return Browser(grid.bulk)


def select(grid, *rows):
    column = at(grid, "weather")
    grid._grid.selections = [{"r1": row, "r2": row, "c1": column, "c2": column} for row in rows]


def preview(page, **scope):
    status = page.state["status"]
    scope = scope or {"rows": [0, status["rows"]]}
    return page.ask("bulk_preview", edit=SET, order=status["order"], rule=False, **scope)


def test_rows_selected_apart_from_each_other_are_edited_and_no_others(items, grid, page):
    grid.sort("name", descending=True)
    chosen = [grid.view[2], grid.view[7]]
    items.stage({uuid: {"weather": "rain"} for uuid in items.uuids})
    grid._draw()
    select(grid, 2, 7)
    page.until(lambda: page.state["status"]["selected"] == 2)
    looked = preview(page, selected=True, rows=[0, 0])
    assert (looked["cells"], looked["python"].split(".set")[0]) == (2, "items.pick(grid.selection)")
    assert page.ask("bulk_stage", id=looked["id"])["cells"] == 2
    assert {uuid for uuid in items.uuids if items.value(uuid, "weather") == "fog"} == set(chosen)
    page.ask("undo")
    assert items.value(chosen[0], "weather") == "rain"


def test_all_rows_of_the_filter_are_more_than_a_page(items):
    with ew.demo(items=700) as client:
        items = client.folder(client.folders("Street scenes")[0]).wait()
        with ew.ItemGrid(items, engine="ipydatagrid", columns=["name", "weather"]) as grid:
            page = Browser(grid.bulk)
            items.filter = ew.F.item.name.is_present()
            page.until(lambda: page.state["status"]["filter"])
            looked = preview(page)
            assert page.state["status"]["rows"] == 700
            assert looked["items"] > 500
            page.ask("bulk_stage", id=looked["id"])
            assert {items.value(uuid, "weather") for uuid in items.uuids} == {"fog"}


def test_rows_that_moved_meanwhile_are_refused(items, grid, page):
    order = page.state["status"]["order"]
    grid.sort("name", descending=True)
    error = page.refused("bulk_preview", edit=SET, order=order, rule=False, rows=[0, 60])
    assert error["code"] == "stale"


def test_it_goes_with_its_grid(items):
    grid = ew.ItemGrid(items, engine="ipydatagrid")
    assert grid.children[0].children[-1] is grid.bulk
    grid.close()
    assert grid.bulk.comm is None
