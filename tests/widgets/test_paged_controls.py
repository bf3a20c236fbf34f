"""The controls of a paged grid, and its end."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

import encord_widgets as ew
from encord_widgets.widgets.cells import encode
from encord_widgets.widgets.paged_grid import PAGE_ROWS
from tests.widgets.browser import Browser
from tests.widgets.conftest import street_scenes
from tests.widgets.datagrid_side import at, click, message, shown, typed


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items, engine="ipydatagrid") as grid:
        yield grid


# -- controls --------------------------------------------------------------------------------------------------


def test_pages(client):
    with ew.demo(items=1100) as bigger:
        items = street_scenes(bigger).wait()
        with ew.ItemGrid(items, engine="ipydatagrid") as grid:
            controls = grid._controls
            assert "1 to 500 of 1,100" in controls.position.value
            assert controls.previous.disabled
            controls.next.click()
            controls.next.click()
            assert "1,001 to 1,100 of 1,100" in controls.position.value
            assert controls.next.disabled
            assert grid._page.uuids == items.uuids[2 * PAGE_ROWS :]
            controls.search.value = "rain"
            assert controls.position.value.startswith("1 to ")
            assert "found in 1,100" in controls.position.value
            assert grid.searched_for == "rain"


def test_sort_controls_and_python_agree(items, grid):
    grid.sort("weather", True)
    assert grid._controls.sort.value == "key:weather"
    assert grid._controls.descending.value
    grid._controls.sort.value = "key:lux"
    assert grid.sorted_by == ("key:lux", True)
    wanted = items.order(("key:lux", True))
    assert grid.uuids == [items.table.uuids[row] for row in wanted.tolist()]
    grid._controls.sort.value = ""
    assert grid.uuids == items.uuids
    assert grid._controls.sort.label == "Order of the source", "never a blank"
    grid.sort("width")
    assert grid._controls.sort.value == "field:width", "a column that is not shown can be sorted by"


def test_selected_cells_set_null_and_remove(items, grid):
    first, second = items.uuids[:2]
    column = at(grid, "weather")
    seen = []
    grid.observe(lambda change: seen.append(change["new"]), "selection")
    grid._grid.selections = [{"r1": 0, "r2": 1, "c1": column, "c2": column}]
    assert grid.selection == [first, second]
    assert seen == [[first, second]]
    click(grid, "null")
    assert items.value(first, "weather") is None
    assert items.value(second, "weather") is None
    click(grid, "unset")
    assert items.value(first, "weather") is ew.ABSENT
    click(grid, "undo")
    click(grid, "undo")
    assert not items.changes


def test_a_selection_counts_rows_as_the_browser_shows_them(items, grid):
    grid._grid._visible_rows = [5, 3]
    grid._grid.selections = [{"r1": 0, "r2": 1, "c1": 0, "c2": 0}]
    assert grid.selection == [items.uuids[5], items.uuids[3]]


def test_buttons_without_a_selection_say_so(items, grid):
    click(grid, "null")
    assert "Select cells" in message(grid)
    grid._grid.selections = [{"r1": 0, "r2": 0, "c1": 0, "c2": 1}]
    click(grid, "unset")
    assert "Select cells of metadata keys" in message(grid)
    assert not items.changes


def test_refresh_reads_again(items, grid, write_as_somebody_else):
    write_as_somebody_else(items.uuids[0], weather="snow")
    click(grid, "refresh")
    deadline = time.monotonic() + 10
    while shown(grid, items.uuids[0], "weather")[0] != "snow":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_messages_are_escaped(items, grid):
    typed(grid, items.uuids[0], "lux", "<img src=x onerror=alert(1)>")
    assert "<img" not in message(grid)
    assert "&lt;img" in message(grid)


def test_an_error_is_shown(items, grid, monkeypatch):
    monkeypatch.delenv("ENCORD_WIDGETS_RAISE")
    monkeypatch.setattr(items, "undo", lambda: 1 / 0)
    grid._controls.buttons["undo"].disabled = False
    click(grid, "undo")
    assert "division by zero" in grid.error["message"]
    assert "division by zero" in message(grid)


# -- life ------------------------------------------------------------------------------------------------------


def test_it_is_imported_where_it_is_used():
    code = (
        "import sys, encord_widgets as ew\n"
        "with ew.demo(items=20) as client:\n"
        "    items = client.folder(client.folders('Street scenes')[0]).wait()\n"
        "    ew.Workbench(items).close()\n"
        "    assert 'ipydatagrid' not in sys.modules\n"
        "    with ew.ItemGrid(items, engine='ipydatagrid') as grid:\n"
        "        grid.sort('lux')\n"
        "        items.stage({items.uuids[0]: {'weather': 'fog'}})\n"
        "        grid._draw()\n"
        "        grid._grid.selections = [{'r1': 0, 'r2': 1, 'c1': 0, 'c2': 0}]\n"
        "        assert grid.selection == grid.uuids[:2]\n"
        "    assert 'ipydatagrid' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_close_closes_all_its_widgets(items):
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    grid = ew.ItemGrid(items, engine="ipydatagrid")
    items.stage({items.uuids[0]: {"weather": "fog"}})
    grid.sort("lux")
    grid.close()
    grid.close()
    left = {type(_instances[one]).__name__ for one in set(_instances) - before}
    assert left <= {
        "Layout",
        "ButtonStyle",
        "DescriptionStyle",
        "HTMLStyle",
        "TextStyle",
        "ToggleButtonStyle",
    }, left


def test_both_engines_take_the_same_edits(items):
    """One table of typed texts, with the same answer from both."""
    texts = ["", "1.5", "abc", "true", "null", "rain", "2024-02-24", "48.1, 11.6", "[1, 2]", "NaN"]
    keys = ["lux", "weather", "reviewed", "captured at", "where", "notes", "batch", "clip"]
    item = items.uuids[0]
    answers = {}
    with ew.ItemGrid(items) as native, ew.ItemGrid(items, engine="ipydatagrid") as paged:
        page = Browser(native)
        for key in keys:
            for text in texts:
                items.unstage()
                paged._draw()
                if text == shown(paged, item, key)[0]:
                    continue
                before, _ = page.cell(item, key)
                edit = {"item": item, "key": key, "before": before, "action": "text", "text": text}
                accepted = page.ask("edit", edits=[edit])["results"][0]["accepted"]
                by_native = json.dumps([accepted, encode(items.value(item, key))])
                items.unstage()
                paged._draw()
                typed(paged, item, key, text)
                by_paged = json.dumps([not message(paged), encode(items.value(item, key))])
                answers[key, text] = (by_native, by_paged)
    assert all(one == other for one, other in answers.values()), answers
    assert {json.loads(one)[0] for one, _ in answers.values()} == {True, False}
