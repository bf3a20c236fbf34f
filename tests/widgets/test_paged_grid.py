"""The ipydatagrid engine: texts only, parsed in Python, so that none of ipydatagrid's own conversions can happen."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

import encord_widgets as ew
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.widgets._datagrid import STATE
from encord_widgets.widgets.cells import encode
from encord_widgets.widgets.page import MARKS, cell_of
from encord_widgets.widgets.paged_grid import PAGE_ROWS, PagedGrid
from tests.widgets.browser import Browser
from tests.widgets.conftest import street_scenes


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items, engine="ipydatagrid") as grid:
        assert isinstance(grid, PagedGrid)
        yield grid


def at(grid, key):
    return [column.name for column in grid._page.columns].index(key)


def typed(grid, item, key, value, of=None):
    """What ipydatagrid's browser side sends when an editor is left."""
    grid_widget = of or grid._grid
    content = {
        "event_type": "cell-changed",
        "region": "body",
        "row": grid._page.uuids.index(item),
        "column_index": at(grid, key),
        "value": value,
    }
    grid_widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def shown(grid, item, key):
    """Text of a cell and the marks of its row, as the browser holds them."""
    frame = grid._grid._data["data"]
    row = grid._page.uuids.index(item)
    marks = [part for part in frame[STATE][row].split(",") if part]
    mine = {
        part[len(str(at(grid, key))) :]
        for part in marks
        if part.rstrip("abcdefghijklmnopqrstuvwxyz") == str(at(grid, key))
    }
    return frame[grid._labels[at(grid, key)]][row], mine


def message(grid):
    return grid._controls.message.value


def click(grid, name):
    grid._controls.buttons[name].click()


def item_with(items, key, test):
    return next(uuid for uuid in items.uuids if test(items.value(uuid, key)))


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
    grid._controls.sort.value = None
    assert grid.uuids == items.uuids
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
