"""What a grid tells on demand: a cell's stored JSON and what goes out, headers, selection and order as values."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import encord_widgets as ew
from encord_widgets.metadata.schema import KeyType
from encord_widgets.widgets.grid_columns import GridColumn
from encord_widgets.widgets.item_order import ItemOrder
from tests.widgets.browser import Browser
from tests.widgets.naive import edit


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items) as grid:
        yield grid


@pytest.fixture
def page(grid):
    return Browser(grid)


# -- one cell --------------------------------------------------------------------------------------------------


def test_a_cell_says_what_is_stored_and_what_a_commit_sends(items, page):
    item = next(u for u in items.uuids if isinstance(items.stored(u, "lux"), (int, float)))
    stored = items.stored(item, "lux")
    plain = page.ask("cell", item=item, column="key:lux")
    assert json.loads(plain["read"]) == stored
    assert (plain["held"], plain["sends"], plain["state"]) == ("number", None, None)
    assert plain["name"] == items.table.name(item)

    items.stage({item: {"lux": 7}})
    answer = page.ask("cell", item=item, column="key:lux")
    assert (answer["json"], answer["sends"], answer["state"]) == ("7", '"lux": 7', "staged")
    assert json.loads(answer["read"]) == stored

    items.stage({item: {"lux": ew.ABSENT}})
    answer = page.ask("cell", item=item, column="key:lux")
    assert answer["absent"]
    assert answer["sends"] == 'the metadata without the key "lux"'


def test_a_value_of_another_type_is_told_as_what_it_is(items, page):
    item, key = next(
        (u, k)
        for u in items.uuids
        for k in items.schema
        if isinstance(items.stored(u, k), str) and items.schema[k].kind == "number"
    )
    answer = page.ask("cell", item=item, column=f"key:{key}")
    assert (answer["held"], answer["type"], answer["state"]) == ("text", "number", "invalid")
    assert "expected a number" in answer["note"]


@pytest.mark.parametrize(
    ("key", "text", "sent"), [("lux", " 12.50 ", "12.5"), ("reviewed", "TRUE", "true"), ("notes", "a", '"a"')]
)
def test_what_is_being_typed_is_checked_without_being_staged(items, page, key, text, sent):
    asked = edit(items.uuids[0], key, 0, text)
    assert page.ask("check", asked) == {"json": sent, "reason": None}
    assert not items.changes


def test_what_would_be_refused_says_so_while_typing(items, page):
    answer = page.ask("check", edit(items.uuids[0], "lux", 0, "12,5"))
    assert answer["json"] == ""
    assert "a number, such as 12 or 0.5" in answer["reason"]
    assert "not in this set" in page.ask("check", edit("gone", "lux", 0, "1"))["reason"]


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        (KeyType("number"), "9,007,199,254,740,992"),
        (KeyType.from_wire({"ty": "number", "format": "F32"}), "3.4e38"),
        (KeyType("varchar"), "8,192"),
        (KeyType.from_wire({"ty": "varchar", "max_length": 12}), "12 characters"),
        (KeyType("datetime"), "without a zone"),
        (KeyType("geospatial"), "Latitude -90 to 90"),
        (KeyType("embedding", size=512), "list of 512 numbers"),
        (KeyType("boolean"), ""),
    ],
)
def test_columns_name_their_bounds(type_, words):
    hint = GridColumn("key:k", "k", "key", type_.kind, type_.label, type_).hint
    assert words in hint
    assert bool(hint) == bool(words)


# -- headers ---------------------------------------------------------------------------------------------------


def test_headers_tell_the_share_missing_and_how_values_spread(items, page):
    answer = page.ask("headers", columns=["key:lux", "key:weather", "field:name"])["headers"]
    missing = sum(items.stored(u, "weather") in (ew.ABSENT, None) for u in items.uuids)
    assert answer["key:weather"]["missing"] == missing
    assert answer["key:weather"]["total"] == len(items.uuids)
    counts = pd.Series([items.stored(u, "weather") for u in items.uuids]).value_counts()
    (top, count), *_ = answer["key:weather"]["top"]
    assert counts[top] == count == counts.max()
    assert answer["key:lux"]["kind"] == "histogram"
    assert sum(answer["key:lux"]["bars"]) == sum(
        isinstance(items.stored(u, "lux"), (int, float)) for u in items.uuids
    )
    assert answer["field:name"]["bars"] == [], "names never repeat: nothing to draw"


def test_headers_follow_the_filter(items, page):
    items.filter = ew.F.weather == "rain"
    answer = page.ask("headers", columns=["key:weather"])["headers"]["key:weather"]
    assert (answer["missing"], len(answer["top"]), answer["total"]) == (0, 1, len(items.order()))


# -- selection and order ---------------------------------------------------------------------------------------


def test_the_selection_is_a_value_to_observe(items, grid, page):
    seen, frames = [], []
    grid.observe(lambda change: seen.append(change.new), "selection")
    grid.observe(lambda change: frames.append(change.new), "selected_frame")
    wanted = [items.uuids[4], items.uuids[2]]
    page.ask("select", items=[*wanted, "not an item"], focus=None)
    assert grid.selection == wanted
    assert seen == [wanted]
    (frame,) = frames
    assert list(frame.index) == wanted
    assert list(frame.columns) == list(items.frame.columns)
    assert frame["name"].tolist() == [items.table.name(item) for item in wanted]
    pd.testing.assert_frame_equal(grid.selected_frame, frame)


def test_a_selection_of_many_rows_comes_by_place(items, grid, page):
    page.ask("sort", column="key:lux", descending=True)
    page.ask("select", rows=[10, 60], order=page.state["status"]["order"], focus=None)
    assert grid.selection == list(grid.view)[10:60]
    before = grid.selection
    stale = page.state["status"]["order"]
    page.ask("sort", column=None, descending=False)
    assert page.refused("select", rows=[0, 4], order=stale, focus=None)["code"] == "stale"
    assert grid.selection == before


@pytest.mark.parametrize("engine", ["native", "ipydatagrid"])
def test_the_order_in_view_is_a_value_to_observe(items, engine):
    with ew.ItemGrid(items, engine=engine) as grid:
        assert list(grid.view) == items.uuids == grid.uuids
        seen = []
        grid.observe(lambda change: seen.append(change.new), "view")
        grid.sort("lux", descending=True)
        assert grid.view == grid.uuids != items.uuids
        grid.search("street_000001")
        assert [len(order) for order in seen] == [60, 1]
        items.stage({items.uuids[0]: {"lux": -1}})
        assert len(seen) == 2, "rows stay put while one edits"


def test_an_order_reads_like_a_list():
    uuids = ["a", "b", "c", "d"]
    order = ItemOrder(uuids, np.array([3, 1, 0]))
    assert list(order) == order[:] == ["d", "b", "a"]
    assert (order[1], order[-1], order[::2], len(order)) == ("b", "a", ["d", "a"], 3)
    assert order == ["d", "b", "a"]
    assert order == ItemOrder(uuids, np.array([3, 1, 0]))
    assert order != ItemOrder(uuids, np.array([3, 1]))
    assert order != "dba"
    assert (order.index("a"), "c" in order) == (2, False)
    assert repr(ItemOrder(uuids, np.arange(4))) == "<4 items: a, b, c, ...>"
    with pytest.raises(IndexError):
        order[3]


# -- rows by state ---------------------------------------------------------------------------------------------


def test_rows_by_the_state_of_their_edits_are_a_part_of_the_filter(items, grid, page):
    items.filter = ew.F.lux >= 0
    first = grid.view[0]
    items.stage({first: {"notes": "x"}})
    page.ask("filter_state", state="changed")
    assert list(grid.view) == [first]
    assert items.filter.text == "lux >= 0 and state is changed"
    assert "state:changed" in page.state["status"]["filter"]["columns"]
    page.ask("filter_state", state="conflict")
    assert len(grid.view) == 0
    page.ask("filter_state", state="")
    assert items.filter.text == "lux >= 0"
    assert page.refused("filter_state", state="odd")["code"] == "bad_request"
