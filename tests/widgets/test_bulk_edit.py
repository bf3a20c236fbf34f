"""The dialog for bulk edits: a preview of what was asked for, and exactly that staged."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from tests.widgets.browser import Browser

F = ew.F


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items) as grid:
        yield grid


@pytest.fixture
def page(grid):
    return Browser(grid)


def scope(page, first=0, last=None):
    status = page.state["status"]
    return {
        "rows": [first, status["rows"] if last is None else last],
        "order": status["order"],
        "rule": False,
    }


def look(page, edit, **rows):
    return page.ask("bulk_preview", edit=edit, **scope(page, **rows))


def replace(**more):
    asked = {"operation": "replace", "key": "weather", "find": "", "replacement": ""}
    return {**asked, "regex": False, "any_case": False, "whole": False, **more}


def test_all_filtered_rows_are_counted_first_and_then_staged(items, page):
    items.filter = F.weather == "rain"
    page.until(lambda: page.state["status"]["rows"] < len(items))
    rainy = [uuid for uuid in items.uuids if items.stored(uuid, "weather") == "rain"]
    found = look(page, {"operation": "set", "key": "weather", "value": "fog"})
    assert not items.changes
    assert (found["items"], found["cells"], found["refused"]) == (len(rainy), len(rainy), 0)
    assert [(c["item"], c["before"], c["after"]) for c in found["sample"]] == [
        (uuid, "rain", "fog") for uuid in rainy[:10]
    ]
    assert found["sample"][0]["name"] == items.table.name(rainy[0])
    done = page.ask("bulk_stage", id=found["id"])
    assert done["cells"] == len(rainy)
    assert done["generation"] == page.state["status"]["generation"]
    assert page.state["status"]["staged"] == len(items.changes) == len(rainy)
    assert set(items.changes.items) == set(rainy)
    page.ask("undo")
    assert not items.changes


def test_the_selection_is_what_was_seen_at_these_places(items, grid, page):
    grid.sort("name", descending=True)
    seen = grid.uuids[2:5]
    found = look(page, {"operation": "set", "key": "notes", "value": "x"}, first=2, last=5)
    page.ask("bulk_stage", id=found["id"])
    assert sorted(items.changes.items) == sorted(seen)
    assert found["python"] == "items.pick(grid.selection).set('notes', 'x').stage()"


def test_rows_that_moved_meanwhile_are_no_longer_meant(grid, page):
    old = scope(page)
    grid.sort("name", descending=True)
    error = page.refused("bulk_preview", edit={"operation": "unset", "key": "notes"}, **old)
    assert error["code"] == "stale"
    assert "arranged anew" in error["message"]
    beyond = {**scope(page), "rows": [0, 10**6]}
    assert (
        page.refused("bulk_preview", edit={"operation": "unset", "key": "notes"}, **beyond)["code"] == "stale"
    )


def test_only_what_was_looked_at_is_staged(items, page):
    first = look(page, {"operation": "unset", "key": "weather"})
    second = look(page, {"operation": "clear", "key": "weather"})
    assert page.refused("bulk_stage", id=first["id"])["code"] == "stale"
    page.ask("bulk_stage", id=second["id"])
    assert page.refused("bulk_stage", id=second["id"])["code"] == "stale", "once"
    assert {items.value(uuid, "weather") for uuid in items.uuids} == {None}
    assert page.refused("bulk_stage", id=99)["code"] == "stale"
    third = look(page, {"operation": "unset", "key": "lux"})
    page.ask("bulk_forget")
    assert page.refused("bulk_stage", id=third["id"])["code"] == "stale", "the dialog was closed"


def test_values_that_changed_since_the_preview_are_said(items, page):
    found = look(page, {"operation": "set", "key": "weather", "value": "fog"})
    item = next(uuid for uuid in items.uuids if items.value(uuid, "weather") != "fog")
    items.stage({item: {"weather": "fog"}})
    assert "Look at it again" in page.refused("bulk_stage", id=found["id"])["message"]
    assert len(items.changes) == 1


def test_replace_by_pattern_lists_refused_cells_with_reasons(items, page):
    weather = {uuid: items.value(uuid, "weather") for uuid in items.uuids}
    hit = {uuid for uuid, value in weather.items() if isinstance(value, str) and value.startswith("r")}
    found = look(page, replace(find=r"^r(\w+)", replacement=r"R\1", regex=True))
    assert (found["cells"], found["refused"]) == (0, len(hit))
    assert found["listed"][0]["reason"].startswith("expected one of")
    assert sum(one["count"] for one in found["reasons"]) == len(hit)
    found = look(page, replace(find="RAIN", replacement="fog", any_case=True, whole=True))
    page.ask("bulk_stage", id=found["id"])
    assert {uuid for uuid in items.uuids if items.value(uuid, "weather") != weather[uuid]} == {
        uuid for uuid, value in weather.items() if value == "rain"
    }


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ({"operation": "set", "key": "lux", "value": "abc"}, "lux"),
        ({"operation": "set", "key": "weather", "value": "hail"}, "one of"),
        ({"operation": "set", "key": " ", "value": "x"}, "a metadata key"),
        ({"operation": "unset", "key": "$encord"}, "belongs to Encord"),
        ({"operation": "copy_key", "key": "weather", "into": "$encord", "over": True}, "belongs to Encord"),
        ({"operation": "fill_down", "key": "weather", "fill": "some"}, "over"),
        (replace(find="(", regex=True), "pattern"),
        (replace(), "a text to find"),
        ({"operation": "map", "key": "lux", "expression": "value +"}, "expression"),
        ({"operation": "combine", "key": "notes", "template": "x", "over": False}, "braces"),
        ({"operation": "split", "key": "notes", "separator": ",", "into": "a", "over": False}, "two or more"),
        ({"operation": "explode", "key": "notes"}, "bulk edit can be"),
        ({"operation": "set", "key": "notes"}, "missing"),
    ],
)
def test_what_cannot_be_done_is_said(items, page, edit, code):
    error = page.refused("bulk_preview", edit=edit, **scope(page))
    assert code in error["message"]
    assert page.state["error"] in (None, {})
    assert not items.changes


def test_every_operation_reaches_the_items(items, page):
    edits = [
        {"operation": "set", "key": "place", "value": "oslo/7"},
        {"operation": "split", "key": "place", "separator": "/", "into": "town, spot", "over": False},
        {"operation": "copy_key", "key": "town", "into": "city name", "over": False},
        {"operation": "rename_key", "key": "spot", "into": "number", "over": False},
        {"operation": "map", "key": "town", "expression": "value.title()"},
        {"operation": "combine", "key": "label", "template": "{town}-{number}", "over": False},
        {"operation": "clear", "key": "place"},
        {"operation": "unset", "key": "city name"},
        {"operation": "fill_down", "key": "label", "fill": "all"},
    ]
    for edit in edits:
        found = look(page, edit, last=4)
        page.ask("bulk_stage", id=found["id"])
    values = {
        key: items.value(items.uuids[3], key)
        for key in ("place", "town", "number", "label", "spot", "city name")
    }
    gone = ew.ABSENT
    assert values == {
        "place": None, "town": "Oslo", "number": "7", "label": "Oslo-7", "spot": gone, "city name": gone,
    }  # fmt: skip
    for _ in edits[:-1]:
        page.ask("undo")
    assert not items.changes


def test_numbers_outside_the_schema_stay_numbers(items, page):
    items.stage({uuid: {"loose": 5} for uuid in items.uuids})
    found = look(page, {"operation": "set", "key": "loose", "value": "7"})
    assert found["sample"][0]["after"] == ["n", "7"]
    assert (
        "number"
        in page.refused(
            "bulk_preview", edit={"operation": "set", "key": "loose", "value": "x"}, **scope(page)
        )["message"]
    )


def test_for_all_rows_of_the_filter_it_can_stay_a_rule(items, page):
    items.filter = F.weather == "rain"
    rainy = [uuid for uuid in items.uuids if items.stored(uuid, "weather") == "rain"]
    items.stage({rainy[0]: {"weather": "fog"}})  # it stays in view, the rule is not about it
    page.until(lambda: page.state["status"]["staged"] == 1)
    edit = {"operation": "set", "key": "time_of_day", "value": "night"}
    found = page.ask("bulk_preview", edit=edit, **{**scope(page), "rule": True})
    assert found["python"] == "items.where(F.weather == 'rain').stage({'time_of_day': 'night'})".replace(
        "'rain'", '"rain"'
    )
    assert not items.rules
    done = page.ask("bulk_stage", id=found["id"])
    (rule,) = items.rules
    assert rule.count == len(rainy) - 1
    assert done["cells"] == found["cells"]
    assert done["text"].startswith(f"{found['items']} of {len(rainy) - 1} items changed")
    assert items.changes.get(rainy[0], "time_of_day") is None
    gone = page.ask(
        "bulk_preview", edit={"operation": "unset", "key": "lux"}, **{**scope(page), "rule": True}
    )
    assert gone["python"].endswith(".stage({'lux': ew.ABSENT})")
    items.stage({rainy[1]: {"weather": "snow"}})
    assert "Look at it again" in page.refused("bulk_stage", id=gone["id"])["message"]
    page.refused(
        "bulk_preview",
        edit={"operation": "fill_down", "key": "lux", "fill": "all"},
        **{**scope(page), "rule": True},
    )


def test_keys_come_with_their_types(items, page):
    keys = {one["key"]: one for one in page.ask("bulk_keys")["keys"]}
    assert keys["weather"]["options"] == list(items.schema["weather"].options)
    assert keys["lux"]["type"] == "number"
    assert "$encord" not in keys
