"""A block into the paged grid: each cell is staged, held already, or listed with the reason."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from encord_widgets.metadata.values import ABSENT
from encord_widgets.widgets.paste import read_block
from tests.widgets.conftest import street_scenes
from tests.widgets.datagrid_side import at, message


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items, engine="ipydatagrid", columns=["name", "weather", "lux", "notes"]) as grid:
        yield grid


def select(grid, row, key, rows=1):
    column = at(grid, key)
    grid._grid.selections = [{"r1": row, "r2": row + rows - 1, "c1": column, "c2": column}]


def paste(grid, text):
    grid._controls.block.value = text
    grid._controls.stage.click()
    return grid._controls.refused.value


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [[""]]),
        ("a\tb\n", [["a", "b"]]),
        ("a\r\nb\r\n\r\n", [["a"], ["b"], [""]]),
        ('"a\tb"\t"c\nd"', [["a\tb", "c\nd"]]),
        ('"a', [['"a']]),
        ('"a" b\t"c"', [['"a" b', "c"]]),
        ('"say ""no"""\tx', [['say "no"', "x"]]),
        ("\t\n\t", [["", ""], ["", ""]]),
    ],
)
def test_what_spreadsheets_write_is_read(text, rows):
    assert read_block(text) == rows


def test_every_cell_is_staged_or_listed(items, grid):
    items.stage({items.uuids[0]: {"notes": "same", "weather": ABSENT}, items.uuids[1]: {"lux": 3}})
    before = items.value(items.uuids[0], "lux")
    select(grid, 0, "weather")
    told = paste(grid, "rain\tabc\tsame\tx\nhail\t\t<b>new</b>")
    assert items.value(items.uuids[0], "weather") == "rain"
    assert items.value(items.uuids[0], "lux") == before
    assert items.value(items.uuids[1], "lux") is ABSENT, "an empty cell removes the value"
    assert items.value(items.uuids[1], "notes") == "<b>new</b>"
    assert "3 cells staged, 1 held it already" in told
    assert "3 not changed" in told
    for words in ("a number, such as 12 or 0.5", "Expected one of", "Right of the last column."):
        assert words in told
    assert told.count("<tr><td>") == 3
    items.undo()
    assert items.value(items.uuids[1], "lux") == 3, "one step of undo"


def test_rows_below_the_last_one_are_listed(items, grid):
    select(grid, 59, "notes")
    told = paste(grid, "last\nbeyond")
    assert items.value(items.uuids[59], "notes") == "last"
    assert "Below the last row." in told
    assert "<td>beyond</td>" in told


def test_item_fields_are_listed(items, grid):
    select(grid, 0, "name")
    told = paste(grid, f"{items.table.name(items.uuids[0])}\nother name")
    assert "0 cells staged, 1 held it already" in told
    assert "This is a field of the item" in told
    assert not items.changes


def test_texts_of_others_are_escaped(items, grid):
    select(grid, 0, "lux")
    assert "<img" not in paste(grid, "<img src=x onerror=alert(1)>")
    assert "&lt;img" in grid._controls.refused.value


def test_one_value_fills_what_is_selected(items, grid):
    select(grid, 2, "weather", rows=3)
    paste(grid, "fog")
    assert [items.value(uuid, "weather") for uuid in items.uuids[2:5]] == ["fog"] * 3
    assert grid._controls.block.value == "", "what was taken leaves the box"


def test_a_block_goes_on_past_its_page_in_view_order(items):
    with ew.demo(items=600) as client:
        items = street_scenes(client).wait()
        with ew.ItemGrid(items, engine="ipydatagrid", columns=["name", "notes"]) as grid:
            grid.sort("name", descending=True)
            select(grid, 498, "notes")
            paste(grid, "\n".join("abcd"))
            assert [items.value(uuid, "notes") for uuid in grid.view[498:502]] == list("abcd")


def test_a_block_follows_the_rows_as_the_browser_shows_them(items, grid):
    grid._grid._visible_rows = [5, 3]
    select(grid, 0, "notes")
    told = paste(grid, "a\nb\nc")
    assert [items.value(items.uuids[row], "notes") for row in (5, 3)] == ["a", "b"]
    assert "Below the last row." in told, "what the browser hides is not written to"


def test_nothing_selected_says_so(items, grid):
    paste(grid, "a")
    assert "Select the first cell" in message(grid)
    assert not items.changes


def test_the_selected_cell_is_told_in_words(items, grid):
    line = grid._controls.cell
    assert line.value == ""
    item = items.uuids[2]
    items.stage({item: {"notes": "<script>"}})
    select(grid, 2, "notes")
    assert 'role="status"' in line.value
    assert items.table.name(item) in line.value
    assert "a commit sends <code>&quot;notes&quot;: &quot;&lt;script&gt;&quot;</code>" in line.value
    wrong = next(u for u in items.uuids if isinstance(items.stored(u, "lux"), str))
    select(grid, items.uuids.index(wrong), "lux")
    assert "does not fit the schema: expected a number" in line.value
    grid._grid.selections = []
    assert line.value == ""
