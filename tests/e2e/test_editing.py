"""What must not happen while one edits: wrong values, edits that nobody made, lost cells of the notebook."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.benches import Diff, Grid, Panel
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.served import Served


def test_a_value_that_does_not_fit_is_refused_at_its_cell(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord))
    notebook.run_all()
    page, grid, diff = notebook.page, Grid(notebook.page).wait(), Diff(notebook.page)
    shown = grid.cell(0, "lux").inner_text()

    grid.focus().go_to(0, "lux")
    page.keyboard.type("abc")
    grid.press("Enter")
    expect(grid.reason).to_contain_text("number")
    expect(grid.editor).to_be_focused()
    expect(grid.editor).to_have_value("abc")
    shot(notebook, "refusal_light")
    diff.is_empty()
    assert notebook.ask("len(items.changes)") == 0

    # It waits while somebody looks something up in the notebook, and takes the keyboard again.
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    expect(grid.editor).not_to_be_focused()
    expect(grid.editor).to_have_value("abc")
    expect(grid.reason).to_contain_text("number")
    grid.focus()
    expect(grid.editor).to_be_focused()

    grid.press("Escape")
    expect(grid.editor).to_have_count(0)
    expect(grid.cell(0, "lux")).to_have_text(shown)
    assert grid.where() == {"row": 0, "column": "lux"}

    grid.choose(3, "weather", "rain")
    diff.has_rows(1)
    grid.go_to(2, "lux")
    page.keyboard.type("100")
    grid.press("Enter").staged(2, "lux")
    assert notebook.ask("[c.after for c in items.changes]") == ["rain", 100]


def test_leaving_a_cell_as_it_is_stages_nothing(shared_encord: Served, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(*cells_for(shared_encord))
    notebook.run_all()
    grid, diff = Grid(notebook.page).wait(), Diff(notebook.page)
    grid.focus()
    for row in (1, 6):  # absent: one key of an item; and of an item without metadata
        for column in ("weather", "lux"):
            for leave in ("Enter", "Tab", "Escape"):
                grid.go_to(row, column).press("Enter")
                expect(grid.editor).to_be_focused()
                grid.press(leave)
                expect(grid.editor).to_have_count(0)
    grid.go_to(2, "lux").press("F2")  # the text "100" in a column of numbers
    expect(grid.editor).to_be_focused()
    grid.header("name").locator(".ecw-th-type").click()
    expect(grid.editor).to_have_count(0)
    # Answered after everything that the grid may have sent before.
    grid.type(0, "camera", "last")
    diff.has_rows(1)
    assert notebook.ask("[[c.key, c.after] for c in items.changes]") == [["camera", "last"]]


def test_metadata_that_looks_like_html_is_text(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    evil = '<img src=x onerror="window.injected = 1"><b class=injected>bold</b>'
    notebook = open_notebook(
        *cells_for(shared_encord),
        f"staged = items.stage({{items.uuids[0]: {{'camera': {evil!r}, '<i>key</i>': {evil!r}}}}})",
    )
    notebook.run_all()
    page, grid, diff = notebook.page, Grid(notebook.page).wait(), Diff(notebook.page)
    diff.has_rows(2)
    expect(diff.box).to_contain_text(evil)
    grid.focus().go_to(0, "<i>key</i>")
    expect(grid.active).to_contain_text(evil)
    expect(grid.status).to_contain_text("<img src=x")
    grid.go_to(4, "notes")
    expect(grid.active).to_contain_text("<b>Check the label</b>")
    shot(notebook, "html_light")
    assert page.locator(".injected, .ecw img[src='x'], .ecw-td b, .ecw-td i").count() == 0
    assert page.evaluate("() => window.injected === undefined")
    # Nor in what a saved notebook shows.
    html = notebook.save().cells[2].outputs[0]["data"]["text/html"]
    assert "<b" not in html
    assert "<img" not in html


def test_the_keys_of_jupyterlab_do_not_fire_in_the_widgets(
    shared_encord: Served, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        *cells_for(shared_encord), "staged = items.stage({items.uuids[9]: {'camera': 'x'}})"
    )
    notebook.run_all()
    page, grid, diff = notebook.page, Grid(notebook.page).wait(), Diff(notebook.page)
    diff.has_rows(1)
    before = notebook.kinds_and_counts()
    places = {
        "a cell": grid.root.locator('[tabindex="0"]').first,
        "a header": grid.header("weather"),
        "a button of the grid": grid.box.get_by_role("button", name="Undo"),
        "the table of edits": diff.box.get_by_role("region"),
        "a button of the preview": diff.box.get_by_role("button", name="Drop all"),
        "the commit button": Panel(page).commit,
    }
    grid.focus().go_to(0, "name")  # read only: letters do nothing here
    for place, element in places.items():
        element.focus()
        for key in ("a", "b", "d", "d", "x", "m", "y", "Shift+m", "ArrowDown", "Alt+Enter", "Control+a"):
            page.keyboard.press(key)
        inside = page.evaluate("() => document.activeElement.closest('.ecw') !== null")
        assert inside, f"the focus has left {place}"
        assert notebook.kinds_and_counts() == before, f"a shortcut of JupyterLab fired in {place}"
    grid.focus().go_to(0, "camera")
    page.keyboard.type("add mddy")
    expect(grid.editor).to_have_value("add mddy")
    grid.press("Enter").staged(0, "camera")
    grid.press("Control+Enter")
    assert notebook.kinds_and_counts() == before
    # The proof that these keys would have done it: the same outside the widgets.
    page.locator(".jp-Notebook .jp-Cell").first.locator(".jp-InputPrompt").click()
    page.keyboard.press("a")
    page.wait_for_function(
        "count => window.jupyterapp.shell.currentWidget.content.widgets.length === count + 1", arg=len(before)
    )


def test_paste_a_block_from_a_spreadsheet(shared_encord: Served, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(*cells_for(shared_encord))
    notebook.run_all()
    grid, diff = Grid(notebook.page).wait(), Diff(notebook.page)
    grid.focus().go_to(0, "vehicles")
    grid.paste("3\tOld Town\n4\tKreuzberg\nmany\tHarbour")
    dialog = notebook.page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 cell of 6 not changed")
    expect(dialog).to_contain_text("many")
    dialog.get_by_role("button", name="Close").click()
    diff.has_rows(5)
    grid.focus().press("Control+z")
    diff.is_empty()
    expect(grid.cell(0, "vehicles")).not_to_have_class(re.compile("ecw-c-"))
