"""Copy and paste of more than the page holds: made and read in Python, exact, and every refused cell listed."""

from __future__ import annotations

import zlib

import pytest

import encord_widgets as ew
from encord_widgets.metadata.values import ABSENT
from encord_widgets.widgets import clipboard
from tests.widgets.browser import Browser


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items, columns=["name", "weather", "lux", "notes", "batch"]) as grid:
        yield grid


@pytest.fixture
def page(grid):
    return Browser(grid)


def ask(page, method, text=None, *, rows=(0, 60), keys=("weather", "lux", "notes")):
    order = page.state["status"]["order"]
    params = {"rows": list(rows), "order": order, "columns": [f"key:{key}" for key in keys]}
    content = {"type": "request", "id": method, "method": method, "params": params}
    page.replies.pop(method, None)
    buffers = [] if text is None else [memoryview(zlib.compress(text.encode()))]
    page.widget._handle_msg(
        {"content": {"data": {"method": "custom", "content": content}}, "buffers": buffers}
    )
    return page.answer(method)


def copied(page, **where):
    assert ask(page, "copy", **where)["ok"]
    return zlib.decompress(page.buffers["copy"][0]).decode()


def test_a_copy_is_what_the_rows_hold_in_view_order(items, grid, page):
    items.stage({items.uuids[1]: {"notes": 'say "a\tb"\nc', "weather": None, "lux": ABSENT}})
    grid.sort("name", descending=True)
    page.until(lambda: page.state["status"]["sort"])
    lines = copied(page).split("\n")
    assert len(lines) == 61, "one cell has a line break, in quotes"
    at = [i for i, line in enumerate(lines) if line.startswith("null\t\t")]
    assert at == [grid.uuids.index(items.uuids[1])]
    assert "\n".join(lines[at[0] : at[0] + 2]) == 'null\t\t"say ""a\tb""\nc"'


def test_pasted_back_in_the_grid_null_absent_and_types_stay_apart(items, page):
    first = items.uuids[0]
    items.stage({first: {"notes": None, "batch": "null"}, items.uuids[1]: {"notes": "5", "batch": ABSENT}})
    text = copied(page, rows=(0, 2), keys=("notes", "batch"))
    assert text == "null\tnull\n5\t"
    reply = ask(page, "paste", text.replace("\n", "\r\n"), rows=(2, 4), keys=("batch", "notes"))["result"]
    assert reply["refused"] == 0
    two, three = items.uuids[2:4]
    assert items.value(two, "batch") is None
    assert items.value(two, "notes") == "null"
    assert items.value(three, "batch") == "5"
    assert items.value(three, "notes") is ABSENT


def test_every_cell_is_staged_held_already_or_listed_by_page(items, page, monkeypatch):
    monkeypatch.setattr(clipboard, "_PAGE", 25)
    held = items.value(items.uuids[0], "weather")
    text = "\n".join([f"{held}\tabc\tnew"] + ["rain\tabc\tnew"] * 61)
    result = ask(page, "paste", text)["result"]
    refused = [page.ask("refused", start=start)["refused"] for start in (0, 25, 50, 75)]
    assert [len(part) for part in refused] == [25, 25, result["refused"] - 50, 0]
    listed = [one for part in refused for one in part]
    assert result["staged"] + result["same"] + result["refused"] == 62 * 3
    assert {one["reason"] for one in listed[-6:]} == {"Below the last row."}
    assert all(one["key"] == "lux" and "a number" in one["reason"] for one in listed[:-6])
    assert items.value(items.uuids[59], "notes") == "new"
    items.undo()
    assert not items.changes, "one step of undo"


def test_limits_are_one_sentence_and_change_nothing(items, page, monkeypatch):
    monkeypatch.setattr(clipboard, "MOST_CELLS", 100)
    for reply in (ask(page, "copy"), ask(page, "paste", "a\tb\n" * 51, rows=(0, 10))):
        assert not reply["ok"]
        assert "takes up to 100 cells" in reply["error"]["message"]
    monkeypatch.setattr(clipboard, "_MOST_TEXT", 10)
    assert "MB of text" in ask(page, "paste", "a" * 50, rows=(0, 1))["error"]["message"]
    assert not items.changes


def test_rows_that_moved_meanwhile_are_not_written_to(items, grid, page):
    order = page.state["status"]["order"]
    grid.sort("name", descending=True)
    page.until(lambda: page.state["status"]["order"] != order)
    page.state["status"]["order"] = order
    reply = ask(page, "paste", "rain", rows=(0, 1), keys=("weather",))
    assert reply["error"]["code"] == "stale"
    assert not items.changes


def test_what_did_not_arrive_whole_is_said(items, page):
    params = {"rows": [0, 1], "order": page.state["status"]["order"], "columns": ["key:notes"]}
    assert "binary part" in page.refused("paste", params)["message"]
