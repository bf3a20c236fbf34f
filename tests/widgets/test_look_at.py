"""Where others look, the grid goes: the row comes into view, and is what is selected."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from tests.widgets.browser import Browser


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items) as grid:
        yield grid


@pytest.fixture
def page(grid):
    return Browser(grid)


def look(page):
    return page.state["status"]["look"]


def test_python_looks_at_an_item_of_the_view_as_it_is_sorted(items, grid, page):
    assert look(page) is None
    grid.sort("name", descending=True)
    items.focus = items.uuids[0]
    page.until(lambda: look(page))
    row = grid.uuids.index(items.uuids[0])
    assert look(page) == {"row": row, "column": None, "turn": 1}
    assert grid.selection == [items.uuids[0]]


def test_the_diff_looks_at_a_cell(items, grid, page):
    items.stage({items.uuids[7]: {"weather": "fog"}})
    with ew.DiffPreview(items) as diff:
        Browser(diff).ask("look", cells=[[items.uuids[7], "weather"]])
    page.until(lambda: look(page))
    assert (look(page)["row"], look(page)["column"]) == (7, "key:weather")
    assert (items.focus, items.focus_key) == (items.uuids[7], "weather")


def test_the_same_cell_again_is_another_turn(items, grid, page):
    for item in (items.uuids[3], items.uuids[4], items.uuids[3]):
        items.look_at(item, "lux")
    page.until(lambda: look(page) and look(page)["turn"] == 3)
    assert look(page)["row"] == 3


def test_a_selection_of_the_grid_itself_moves_nothing(items, grid, page):
    page.ask("select", items=items.uuids[2:5])
    assert items.focus == items.uuids[2]
    grid._publish()
    assert look(page) is None
    items.focus = items.uuids[4]
    grid._publish()
    assert look(page) is None, "it is one of those selected"
    assert grid.selection == items.uuids[2:5]


def test_one_grid_follows_the_other_and_both_come_to_rest(items, grid, page):
    with ew.ItemGrid(items) as other:
        Browser(other).ask("select", items=[items.uuids[9]])
        page.until(lambda: look(page))
        assert look(page)["row"] == 9
        assert grid.selection == other.selection == [items.uuids[9]]
        assert other._look is None


def test_what_the_filter_hides_moves_nothing(items, grid, page):
    items.filter = 'weather = "rain"'
    hidden = next(uuid for uuid in items.uuids if uuid not in grid.uuids)
    page.ask("select", items=[grid.uuids[0]])
    items.focus = hidden
    grid._publish()
    assert look(page) is None
    assert grid.selection == [grid.uuids[0]]
