"""The ipydatagrid engine: texts only, parsed in Python, so that none of ipydatagrid's own conversions can happen."""

from __future__ import annotations

import time

import pytest

import encord_widgets as ew
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.widgets._datagrid import STATE
from encord_widgets.widgets.cells import encode
from encord_widgets.widgets.page import MARKS, cell_of
from encord_widgets.widgets.paged_grid import PagedGrid
from tests.widgets.conftest import street_scenes
from tests.widgets.datagrid_side import click, item_with, message, shown, typed


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items, engine="ipydatagrid") as grid:
        assert isinstance(grid, PagedGrid)
        yield grid


# -- looking ---------------------------------------------------------------------------------------------------


def test_every_cell_is_a_text(items, grid):
    frame = grid._grid._data["data"]
    for label in [*grid._labels, STATE]:
        assert frame[label].dtype == object
        assert all(isinstance(text, str) for text in frame[label])


def test_what_texts_stand_for(items, grid):
    absent = item_with(items, "notes", lambda value: value is ew.ABSENT)
    assert shown(grid, absent, "notes") == ("", {"a"})
    null = item_with(items, "reviewed", lambda value: value is None)
    assert shown(grid, null, "reviewed") == ("null", {"n"})
    wrong = item_with(items, "lux", lambda value: isinstance(value, str))
    assert shown(grid, wrong, "lux") == (items.value(wrong, "lux"), {"q", MARKS["invalid"]})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3000000000, "3000000000"),
        (2**60 + 1, "1152921504606846977"),
        (1.0, "1.0"),
        (1, "1"),
        (True, "true"),
        ([1], "[1]"),
    ],
)
def test_no_number_is_rounded_or_wrapped(items, grid, value, text):
    items.stage({items.uuids[0]: {"batch": value}})
    grid._draw()
    assert shown(grid, items.uuids[0], "batch")[0] == text


def test_a_field_and_a_key_of_one_name_stay_apart(items):
    items.table.write(ItemBatch([items.uuids[0]], {}, [{"name": "mine", "ipydguuid": "x", STATE: "y"}]))
    with ew.ItemGrid(items, engine="ipydatagrid") as grid:
        assert len(set(grid._labels)) == len(grid._labels)
        assert not {"ipydguuid", STATE} & set(grid._labels)
        assert "name (metadata)" in grid._labels


# -- editing: the faults of ipydatagrid ------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["notes", "lux", "reviewed", "captured at", "weather", "where", "batch"])
def test_leaving_a_cell_unchanged_writes_nothing(items, grid, key):
    for item in items.uuids:
        typed(grid, item, key, shown(grid, item, key)[0])
    assert not items.changes
    assert not items.changes.can_undo
    assert message(grid) == ""


def test_deleting_what_is_absent_writes_nothing(items, grid):
    absent = item_with(items, "notes", lambda value: value is ew.ABSENT)
    typed(grid, absent, "notes", None)
    assert not items.changes
    assert shown(grid, absent, "notes") == ("", {"a"}), "the browser's null is put right"


@pytest.mark.parametrize(
    ("key", "text", "reason"),
    [
        ("lux", "abc", "a number"),
        ("lux", "", "a number"),
        ("lux", "NaN", "a number"),
        ("weather", "drizzle", "one of"),
        ("reviewed", "yes", "true or false"),
        ("captured at", "yesterday", "date or time"),
        ("asset id", "123", "uuid"),
        ("where", "north", "latitude, longitude"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_cell_restored(items, grid, key, text, reason):
    item = item_with(
        items, key, lambda value: value not in {None, ew.ABSENT, ""} if not isinstance(value, dict) else True
    )
    before = shown(grid, item, key)
    typed(grid, item, key, text)
    assert not items.changes
    assert reason in message(grid)
    assert shown(grid, item, key) == before


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("lux", "1.5", 1.5),
        ("vehicles", "1.5", 1.5),
        ("lux", "3000000000", 3000000000),
        ("lux", "1", 1),
        ("notes", "NaN", "NaN"),
        ("notes", "null", "null"),
        ("notes", "123", "123"),
        ("reviewed", "true", True),
    ],
)
def test_what_is_typed_is_staged_as_its_type(items, grid, key, text, value):
    item = item_with(items, key, lambda held: held is ew.ABSENT)
    typed(grid, item, key, text)
    staged = items.value(item, key)
    assert (type(staged), staged) == (type(value), value)
    assert shown(grid, item, key) == (text, {MARKS["staged"]})
    assert message(grid) == ""


def test_delete_removes_the_key(items, grid):
    item = item_with(items, "vehicles", lambda value: value is not ew.ABSENT)
    typed(grid, item, "vehicles", None)
    assert items.value(item, "vehicles") is ew.ABSENT
    assert shown(grid, item, "vehicles") == ("", {"a", MARKS["staged"]})


def test_an_empty_text_is_not_absent(items, grid):
    item = item_with(items, "notes", lambda value: isinstance(value, str) and value)
    typed(grid, item, "notes", "")
    assert items.value(item, "notes") == ""
    assert shown(grid, item, "notes") == ("", {"e", MARKS["staged"]})


def test_fields_and_the_key_of_encord_are_not_edited(items, grid):
    item = items.uuids[0]
    typed(grid, item, "name", "mine")
    assert "field of the item" in message(grid)
    assert shown(grid, item, "name")[0] == items.table.name(item)
    holder = item_with(items, "$encord", lambda value: value is not ew.ABSENT)
    for value in ("{}", None):
        typed(grid, holder, "$encord", value)
        assert "belongs to Encord" in message(grid)
    assert not items.changes


@pytest.mark.parametrize("text", ["two\nlines", "tab\tstop", "x" * 3000, "ends with\x00"])
def test_a_text_that_the_editor_would_harm_is_left_alone(items, grid, text):
    item = items.uuids[0]
    items.stage({item: {"notes": text}})
    grid._draw()
    seen, _ = shown(grid, item, "notes")
    typed(grid, item, "notes", seen)
    assert items.value(item, "notes") == text
    assert len(items.changes) == 1
    typed(grid, item, "notes", "other")
    assert items.value(item, "notes") == text
    assert "native engine" in message(grid)


def test_a_cell_that_changed_meanwhile_is_not_overwritten(items, grid, monkeypatch):
    item = items.uuids[0]
    monkeypatch.setattr(grid._draw_soon, "_closed", True)  # the page has not been told yet
    items.stage({item: {"weather": "snow"}})
    typed(grid, item, "weather", "fog")
    assert items.value(item, "weather") == "snow"
    assert "changed meanwhile" in message(grid)


def test_our_own_writes_are_not_taken_for_edits(items, grid):
    edits = []
    stage = items.stage_cells
    items.stage_cells = lambda cells: edits.append(cells) or stage(cells)
    typed(grid, items.uuids[0], "lux", "abc")
    typed(grid, items.uuids[0], "lux", "12")
    click(grid, "undo")
    click(grid, "redo")
    assert len(edits) == 2
    assert shown(grid, items.uuids[0], "lux")[0] == "12"


def test_a_late_edit_of_a_page_that_is_gone_is_dropped(client):
    with ew.demo(items=600) as bigger:
        items = street_scenes(bigger).wait()
        with ew.ItemGrid(items, engine="ipydatagrid") as grid:
            old = grid._grid
            grid._controls.next.click()
            assert grid._grid is not old
            typed(grid, grid._page.uuids[0], "weather", "fog", of=old)
            assert not items.changes


def test_rows_are_found_by_uuid_whatever_the_order(items, grid):
    grid.sort("lux", True)
    item = grid._page.uuids[5]
    assert item != items.uuids[5]
    typed(grid, item, "weather", "fog")
    assert [change.item for change in items.changes] == [item]
    assert grid._page.uuids[5] == item


# -- states ----------------------------------------------------------------------------------------------------


def test_states_follow_staging_and_commit(items, grid, write_as_somebody_else):
    item, other = items.uuids[:2]
    items.stage({item: {"weather": "fog"}, other: {"weather": "fog"}})
    write_as_somebody_else(other, weather="snow")
    grid._draw()
    assert shown(grid, item, "weather") == ("fog", {MARKS["staged"]})
    assert not items.commit()
    grid._draw()
    assert shown(grid, item, "weather") == ("fog", {MARKS["verified"]})
    assert shown(grid, other, "weather") == ("fog", {MARKS["conflict"]})


def test_cells_are_patched_where_only_values_change(items, grid):
    widget = grid._grid
    items.stage({items.uuids[0]: {"weather": "fog"}})
    deadline = time.monotonic() + 5
    while shown(grid, items.uuids[0], "weather")[0] != "fog":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert grid._grid is widget


def test_every_mark_is_drawn_with_a_sign_and_a_colour(grid):
    background, text = (grid._style.renderer.background_color.value, grid._style.renderer.text_value.value)
    for letter in MARKS.values():
        assert f"'{letter}')" in background
        assert f"'{letter}')" in text
    assert len(set(MARKS.values()) | set("aneq")) == len(MARKS) + 4


@pytest.mark.parametrize("value", [None, "null", "", ew.ABSENT, "a", 1, "1", True, "true", {}, "{}"])
def test_a_page_tells_apart_what_the_wire_tells_apart(value):
    others = [v for v in (None, "null", "", ew.ABSENT) if encode(v) != encode(value)]
    assert all(cell_of(value) != cell_of(other) for other in others)
