"""The native grid: windows as a plain reading of the items would make them, edits by cell, rows that stay put."""

from __future__ import annotations

import json

import pytest

import encord_widgets as ew
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.widgets.native_grid import NativeGrid
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


# -- looking ---------------------------------------------------------------------------------------------------


def test_columns_are_name_type_then_keys_by_schema_then_others(items, page):
    ids = [column["id"] for column in page.columns]
    assert ids[:2] == ["field:name", "field:item_type"]
    keys = [id_.removeprefix("key:") for id_ in ids[2:]]
    assert set(keys) == set(items.table.keys)
    typed = [key for key in items.schema if key in keys]
    assert keys[: len(typed)] == typed
    assert "$encord" not in keys or keys[-1] == "$encord"
    by_id = {column["id"]: column for column in page.columns}
    assert by_id["key:weather"]["options"] == list(items.schema["weather"].options)
    assert by_id["key:weather"]["type_label"] == items.schema["weather"].label
    assert not by_id["field:name"]["editable"]
    assert by_id["key:weather"]["editable"]


def test_columns_that_are_alike_are_told_once(items, page, grid):
    """What crosses the wire is a part of what `columns` holds, and says as much."""
    assert page.columns == grid.columns
    told = page.state["columns"]
    assert len(json.dumps(told)) < 0.8 * len(json.dumps(grid.columns))
    alike = [one for one in told if "like" in one]
    assert alike
    assert all(set(one) == {"id", "like"} and "like" not in told[one["like"]] for one in alike)


def test_opening_tells_the_state_once(items, monkeypatch):
    told = []
    monkeypatch.setattr(NativeGrid, "_publish", lambda grid: told.append(len(grid.items.changes)))
    with ew.ItemGrid(items) as grid:
        assert told == []
        assert grid.status["rows"] == len(items.uuids)
        items.stage({items.uuids[0]: {"weather": "fog"}})
        assert told == [1]


def test_what_happens_while_it_is_made_is_shown(items, monkeypatch):
    whole, meanwhile = NativeGrid._state, [{items.uuids[0]: {"weather": "fog"}}]

    def state(grid):
        found = whole(grid)
        if meanwhile:
            items.stage(meanwhile.pop())
        return found

    monkeypatch.setattr(NativeGrid, "_state", state)
    with ew.ItemGrid(items) as grid:
        assert grid.status["staged"] == 1


def test_keys_of_the_schema_that_wait_to_be_filled_come_before_keys_outside_it(items, monkeypatch):
    wire = {"first": {"ty": "number"}, **items.schema.to_wire(), "gone": {"ty": "tombstone"}}
    monkeypatch.setattr(ew.ItemSet, "schema", MetadataSchema.from_wire(wire))
    with ew.ItemGrid(items) as grid:
        page = Browser(grid)
        keys = [c["id"].removeprefix("key:") for c in page.columns[2:]]
        assert "gone" not in keys
        held = [key for key in items.schema if key in items.table.keys]
        others = [key for key in items.table.keys if key not in items.schema]
        assert others
        assert keys[: len(held) + 1] == [*held, "first"]
        assert set(keys[len(held) + 1 :]) == set(others)
        reply = page.ask("edit", edits=[edit(items.uuids[0], "first", 0, "7")])
        assert reply["results"][0]["accepted"]
        assert items.commit()
        page.until(lambda: page.cell(items.uuids[0], "first")[1] == {"state": "verified"})
        assert items.stored(items.uuids[0], "first") == 7
        after = [c["id"].removeprefix("key:") for c in page.columns[2:]]
        assert after == keys, "a column keeps its place when its first cell is filled"


def test_the_key_of_encord_is_shown_and_never_edited(client):
    items = client.items(street_scenes(client).uuids)
    items.wait()
    item = items.uuids[0]
    items.table.write(ItemBatch([item], {}, [{"$encord": {"frames": {}}, "lux": 1}]))
    with ew.ItemGrid(items) as grid:
        page = Browser(grid)
        assert page.columns[-1]["id"] == "key:$encord"
        assert not page.columns[-1]["editable"]
        before, _ = page.cell(item, "$encord")
        reply = page.ask("edit", edits=[edit(item, "$encord", before, action="unset")])
        assert "belongs to Encord" in reply["results"][0]["reason"]
        assert not items.changes


@pytest.mark.parametrize(
    ("start", "count", "span"), [(0, 200, None), (7, 13, (1, 5)), (55, 200, (0, 2)), (900, 10, None)]
)
def test_a_window_is_what_the_items_hold(items, page, start, count, span):
    items.stage(
        {items.uuids[8]: {"weather": "fog", "notes": None, "lux": ew.ABSENT}, items.uuids[57]: {"new": 2**60}}
    )
    page.until(lambda: page.state["status"]["staged"] == 4)
    first, last = span or (0, len(page.columns))
    columns = page.columns[first:last]
    result, rows = page.rows(start, count, (first, last))
    assert rows == naive_rows(items, columns, items.uuids[start : start + count])
    assert result == {
        "generation": page.state["status"]["generation"],
        "start": start,
        "count": len(rows),
        "columns": [first, first + len(columns)],
    }


def test_a_window_has_at_most_200_rows(client):
    with ew.demo(items=250) as bigger, ew.ItemGrid(street_scenes(bigger).wait()) as grid:
        assert len(Browser(grid).rows(0, 10_000)[1]) == 200


def test_a_stale_generation_is_answered_with_the_present_one(items, page):
    old = page.state["status"]["generation"]
    items.stage({items.uuids[0]: {"weather": "fog"}})
    page.until(lambda: page.state["status"]["generation"] > old)
    request_id = page.start("rows", start=0, count=1, columns=[0, 1], generation=old)
    assert page.answer(request_id)["result"]["generation"] == page.state["status"]["generation"]


def test_a_value_that_does_not_fit_says_why(items, page):
    invalid = [
        (item, key)
        for item in items.uuids
        for key in items.schema
        if items.schema.misfit(key, items.stored(item, key))
    ]
    assert invalid, "the sample data has cells that do not fit"
    item, key = invalid[0]
    _, state = page.cell(item, key)
    assert state == {"state": "invalid", "note": items.schema.misfit(key, items.stored(item, key)).reason}


def test_a_full_value_is_sent_on_request(items, page):
    long = "x" * 1000
    items.stage({items.uuids[0]: {"notes": long}})
    assert page.ask("cell", item=items.uuids[0], column="key:notes")["json"] == f'"{long}"'
    absent = next(u for u in items.uuids if items.value(u, "batch") is ew.ABSENT)
    answer = page.ask("cell", item=absent, column="key:batch")
    assert (answer["json"], answer["absent"], answer["note"]) == ("", True, None)
    assert page.ask("cell", item=absent, column="field:name")["absent"] is False


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("cell", {"item": "no such item", "column": "field:name"}),
        ("thumbnails", {"items": ["no such item"]}),
        ("sort", {"column": "key:no such key", "descending": False}),
    ],
)
def test_what_is_gone_is_refused(page, method, params):
    assert page.refused(method, params)["code"] == "stale"
    assert page.widget.error is None


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("rows", {"start": -1, "count": 1, "columns": [0, 1]}),
        ("rows", {"start": 0, "count": "many", "columns": [0, 1]}),
        ("rows", {"start": 0, "count": 1, "columns": [0]}),
        ("edit", {"edits": [{"item": "x"}]}),
        ("edit", {"edits": [edit("x", "y", 0, action="eval")]}),
        ("edit", {"edits": "all"}),
        ("unstage", {"cells": [["x"]]}),
        ("sort", {"column": "key:lux", "descending": "yes"}),
        ("search", {}),
        ("select", {"items": [1]}),
        ("select", {"rows": [0, 4]}),
        ("check", {"item": "x", "key": "lux", "before": 0, "action": "guess"}),
        ("headers", {"columns": "all"}),
    ],
)
def test_what_cannot_be_read_is_refused(items, page, method, params):
    assert page.refused(method, params)["code"] == "bad_request"
    assert not items.changes


# -- editing ---------------------------------------------------------------------------------------------------


def test_an_edit_is_staged_and_shown(items, page):
    item = items.uuids[3]
    before, _ = page.cell(item, "weather")
    reply = page.ask("edit", edits=[edit(item, "weather", before, "fog")])
    assert reply["results"] == [{"item": item, "key": "weather", "accepted": True, "reason": None}]
    assert reply["generation"] == page.state["status"]["generation"], "the page knew of it before the answer"
    assert page.state["status"]["staged"] == 1
    assert page.state["status"]["can_undo"]
    assert items.value(item, "weather") == "fog"
    assert page.cell(item, "weather") == ("fog", {"state": "staged", "before": before})


@pytest.mark.parametrize(
    ("key", "text", "reason"),
    [
        ("lux", "abc", "a number"),
        ("weather", "drizzle", "one of"),
        ("reviewed", "maybe", "true or false"),
        ("captured at", "soon", "8601"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_with_the_reason(items, page, key, text, reason):
    item = items.uuids[0]
    before, state = page.cell(item, key)
    (result,) = page.ask("edit", edits=[edit(item, key, before, text)])["results"]
    assert not result["accepted"]
    assert reason in result["reason"]
    assert not items.changes
    assert page.cell(item, key) == (before, state)


def test_an_edit_of_a_cell_that_changed_meanwhile_is_refused(items, page):
    item = items.uuids[0]
    before, _ = page.cell(item, "weather")
    items.stage({item: {"weather": "snow"}})
    (result,) = page.ask("edit", edits=[edit(item, "weather", before, "fog")])["results"]
    assert "changed meanwhile" in result["reason"]
    assert items.value(item, "weather") == "snow"


def test_absent_and_false_are_not_taken_for_each_other(items, page):
    item = next(u for u in items.uuids if items.value(u, "reviewed") is False)
    (result,) = page.ask("edit", edits=[edit(item, "reviewed", 0, "true")])["results"]
    assert not result["accepted"]
    assert page.ask("edit", edits=[edit(item, "reviewed", False, "true")])["results"][0]["accepted"]


def test_many_edits_are_one_step_each_with_its_own_answer(items, page):
    cells = {item: page.cell(item, "lux")[0] for item in items.uuids[:4]}
    edits = [
        edit(item, "lux", before, text)
        for (item, before), text in zip(cells.items(), ["1", "abc", "2.5", "3"], strict=True)
    ]
    edits.insert(2, edit("unknown", "lux", 0, "1"))
    results = page.ask("edit", edits=edits)["results"]
    assert [r["accepted"] for r in results] == [True, False, False, True, True]
    assert [r["item"] for r in results] == [e["item"] for e in edits]
    assert len(items.changes) == 3
    page.ask("undo")
    assert len(items.changes) == 0
    page.ask("redo")
    assert len(items.changes) == 3


def test_null_unset_and_json(items, page):
    item = items.uuids[0]
    before = {key: page.cell(item, key)[0] for key in ("notes", "weather")}
    page.ask("edit", edits=[
        edit(item, "notes", before["notes"], action="null"),
        edit(item, "weather", before["weather"], action="unset"),
        edit(item, "extra", 0, '{"a":[1,2.0]}', action="json"),
    ])  # fmt: skip
    assert items.value(item, "notes") is None
    assert items.value(item, "weather") is ew.ABSENT
    assert items.value(item, "extra") == {"a": [1, 2.0]}
    assert "key:extra" in [column["id"] for column in page.columns], "a new key gets its column"
    page.ask("unstage", cells=[[item, "notes"], [item, "extra"]])
    assert {change.key for change in items.changes} == {"weather"}


def test_rows_stay_put_while_editing(items, page):
    page.ask("sort", column="key:lux", descending=False)
    before = [row["u"] for row in page.rows()[1]]
    item = before[0]
    cell, _ = page.cell(item, "lux")
    page.ask("edit", edits=[edit(item, "lux", cell, "999999")])
    assert [row["u"] for row in page.rows()[1]] == before
    page.ask("sort", column="key:lux", descending=False)
    after = [row["u"] for row in page.rows()[1]]
    assert after != before
    numbers = [items.value(u, "lux") for u in after]
    known = [n for n in numbers if isinstance(n, (int, float))]
    assert known == sorted(known)
    assert known[-1] == 999999


def test_rows_stay_put_through_a_commit(items, page):
    page.ask("sort", column="key:lux", descending=True)
    before = [row["u"] for row in page.rows()[1]]
    items.stage({before[-1]: {"lux": 1e6}})
    assert items.commit()
    page.until(lambda: page.state["status"]["staged"] == 0)
    assert [row["u"] for row in page.rows()[1]] == before


# -- order -----------------------------------------------------------------------------------------------------


def test_sort_and_search_are_those_of_the_items(items, page):
    page.ask("sort", column="key:weather", descending=True)
    assert page.state["status"]["sort"] == {"column": "key:weather", "descending": True}
    page.ask("search", text="RAIN")
    assert page.state["status"]["search"] == "RAIN"
    wanted = items.order(("key:weather", True), "RAIN")
    assert [row["u"] for row in page.rows()[1]] == [items.table.uuids[row] for row in wanted.tolist()]
    assert 0 < page.state["status"]["rows"] < page.state["status"]["total"] == 60
    page.ask("search", text="")
    page.ask("sort", column=None, descending=False)
    assert page.state["status"]["sort"] is None
    assert [row["u"] for row in page.rows()[1]] == items.uuids


def test_python_sorts_and_searches_by_name_or_id(items, grid):
    grid.sort("lux", True)
    assert grid.sorted_by == ("key:lux", True)
    assert grid.status["sort"] == {"column": "key:lux", "descending": True}
    grid.sort("name")
    assert grid.sorted_by == ("field:name", False)
    grid.search("000001")
    assert grid.searched_for == "000001"
    assert len(grid.uuids) == grid.status["rows"] < 60
    with pytest.raises(ew.InvalidInputError, match="Did you mean 'weather'"):
        grid.sort("wether")


def test_of_several_searches_the_last_counts(page):
    ids = [page.start("search", text=text) for text in ("r", "ra", "rai", "rain")]
    for request_id in ids:
        assert page.answer(request_id)["ok"]
    assert page.state["status"]["search"] == "rain"


def test_chosen_columns(items):
    with ew.ItemGrid(items, columns=["width", "key:weather", "name", "legacy score"]) as grid:
        ids = [column["id"] for column in grid.columns]
        assert ids == ["field:width", "key:weather", "field:name", "key:legacy score"]
    with pytest.raises(ew.InvalidInputError, match="'nonsense'"):
        ew.ItemGrid(items, columns=["nonsense"])
