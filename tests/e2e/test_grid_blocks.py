"""Whole blocks through the native grid, and single cells through sort and filter: nothing lands on the wrong item."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.benches import Grid
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG, Notebook
from tests.served import Served

_GOOD = {"number": "{row}.5", "enum": "rain", "boolean": "true", "datetime": "2025-03-01T08:30:00Z"}
_BAD = {"number": "n/a", "enum": "hail", "boolean": "perhaps", "datetime": "last week"}
_WIDGET = "grid = ew.ItemGrid(items.wait())\ngrid"


def _until(notebook: Notebook, expression: str, wanted: object) -> None:
    """Wait until an expression in the kernel has a value: the page tells a selection after a short pause."""
    for _ in range(HANG // 100):
        if notebook.ask(expression) == wanted:
            return
        notebook.page.wait_for_timeout(100)
    assert notebook.ask(expression) == wanted


def test_a_block_of_500_by_5_is_staged_or_listed_cell_by_cell(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    page, grid = notebook.page, Grid(notebook.page).wait()
    columns = notebook.ask(
        "[[c['id'].partition(':')[2], c['type'], c.get('options', [])] for c in grid.columns]"
    )
    start = [label for label, _, _ in columns].index("weather")
    block = columns[start : start + 5]
    assert {kind for _, kind, _ in block} & set(_BAD), "some of the columns can refuse a value"
    lines, bad = [], set()
    for row in range(500):
        line = []
        for at, (label, kind, options) in enumerate(block):
            spoiled = (row + at) % 10 == 0 and kind in _BAD
            if spoiled:
                bad.add((str(row + 1), label))
            good = options[row % len(options)] if options else _GOOD.get(kind, "text {row}")
            line.append(_BAD[kind] if spoiled else good.format(row=row))
        lines.append("\t".join(line))
    keys = [label for label, _, _ in block]
    values = f"[[repr(items.value(uuid, key)) for key in {keys!r}] for uuid in grid.view]"
    before = notebook.ask(values)

    grid.focus().go_to(0, "weather").paste("\r\n".join(lines))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("not changed")
    rows = dialog.locator("tbody tr")
    more = dialog.get_by_role("button", name="List the other")
    shot(notebook, "paste_refused")
    if more.count():
        more.click()
    expect(rows).to_have_count(len(bad))
    listed = rows.evaluate_all(
        "all => all.map(row => [row.cells[0].textContent, row.cells[2].textContent, row.cells[4].textContent])"
    )
    assert {(row.replace(",", ""), key) for row, key, _ in listed} == bad, "every refused cell, and no other"
    assert all(reason.startswith("Expected ") for _, _, reason in listed)
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()

    after = notebook.ask(values)
    for row, line in enumerate(lines):
        for at, (text, (label, kind, _)) in enumerate(zip(line.split("\t"), block, strict=True)):
            typed = {"number": text, "boolean": text.title()}.get(kind, repr(text))
            wanted = before[row][at] if (str(row + 1), label) in bad else typed
            assert after[row][at] == wanted, (row, label)
    grid.focus().press("Control+z")
    page.wait_for_function("() => !document.querySelector('.ecw-grid .ecw-chip')")
    assert notebook.ask("len(items.changes)") == 0, "one paste is one step of undo"


def test_an_edit_through_sort_and_filter_lands_on_its_item(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    before = second_editor.everything()
    notebook = open_notebook(*cells_for(encord, widget=_WIDGET))
    notebook.run_all()
    page, grid = notebook.page, Grid(notebook.page).wait()
    # The header's own way: Alt+Down, tick a value, apply.
    grid.focus().go_to(0, "weather").press("ArrowUp", "Alt+ArrowDown")
    page.get_by_role("dialog").get_by_text("rain", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.locator(".ecw-filterbar")).to_contain_text('weather = "rain"')
    lux = grid.root.get_by_role("columnheader").filter(has_text=re.compile("^lux"))
    for way in ("ascending", "descending"):
        lux.click(position={"x": 20, "y": 12})
        expect(lux).to_have_attribute("aria-sort", way)
    expect(grid.root).to_have_attribute("aria-busy", "false")

    rain = {uuid: m for uuid, m in before.items() if m.get("weather") == "rain"}
    view = notebook.ask("list(grid.view)")
    assert set(view) == set(rain)
    numbers = [rain[u]["lux"] for u in view if isinstance(rain[u].get("lux"), (int, float))]
    assert numbers == sorted(numbers, reverse=True)
    uuids = [grid.item(row) for row in range(4)]
    assert uuids == view[:4]
    shot(notebook, "sorted_and_filtered")

    grid.focus().type(2, "camera", "by hand")
    _until(notebook, "grid.selection", [uuids[3]])  # Enter went down one row
    grid.choose(1, "weather", "fog")  # the row no longer matches, and stays
    assert grid.item(1) == uuids[1]
    expect(page.locator(".ecw-filterbar")).to_contain_text("after commit")
    grid.type(3, "camera", "a mistake").press("Control+z").not_staged(3, "camera")
    assert notebook.ask("bool(items.commit())")
    wanted = {uuid: dict(metadata) for uuid, metadata in before.items()}
    wanted[uuids[2]]["camera"] = "by hand"
    wanted[uuids[1]]["weather"] = "fog"
    assert second_editor.everything() == wanted


def test_a_cell_tells_what_is_stored_and_what_goes_out(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    page, grid = notebook.page, Grid(notebook.page).wait()
    expect(grid.header("weather").locator(".ecw-th-missing")).to_have_text(re.compile("% missing$"))
    stored = notebook.ask("items.stored(grid.view[0], 'lux')")
    grid.focus().go_to(0, "lux")
    page.keyboard.type("12,5")
    foot = grid.root.locator(".ecw-editor-foot")
    expect(foot).to_contain_text("Expected a number")
    shot(notebook, "typing_what_does_not_fit")
    grid.press("Backspace", "Backspace")
    expect(foot).to_contain_text("sends 12")
    expect(foot).to_contain_text("64-bit float")
    grid.press("Enter").staged(0, "lux").press("ArrowUp", "Control+i")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text('"lux": 12')
    if stored is not None:
        expect(dialog).to_contain_text(str(stored))
    shot(notebook, "cell_in_full")
    grid.press("Escape", "?")
    expect(dialog).to_contain_text("Ctrl+I")
    shot(notebook, "shortcuts")
    grid.press("Escape")
    expect(grid.active).to_be_focused()
