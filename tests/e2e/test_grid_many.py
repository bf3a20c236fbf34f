"""More rows than the page takes in hand, in a real browser; and where others look, the grid goes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.benches import Diff, Grid
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.served import Served

ITEMS = 6_000
_WIDGET = "grid = ew.ItemGrid(items.wait(), columns=['name', 'weather', 'notes', 'batch'])\ngrid"


@pytest.mark.parametrize("encord", [("--items", str(ITEMS))], indirect=True)
def test_thousands_of_rows_are_copied_and_pasted(
    encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(encord, widget=_WIDGET))
    notebook.run_all()
    page, grid = notebook.page, Grid(notebook.page).wait()
    rows = notebook.ask("len(grid.view)")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    lines = [f"{'hail' if row % 100 == 0 else 'rain'}\tnote {row}" for row in range(rows)]
    grid.focus().go_to(0, "weather").paste("\n".join(lines))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Paste about {rows:,} rows of 2 cells?")
    assert notebook.ask("len(items.changes)") == 0
    shot(notebook, "paste_many")
    dialog.get_by_role("button", name="Paste").click()
    bad = len(range(0, rows, 100))
    expect(dialog).to_contain_text(f"{bad} cells of ")
    expect(dialog.locator("tbody tr")).to_have_count(bad)
    expect(dialog.locator("tbody tr").first).to_contain_text("hail")
    shot(notebook, "paste_many_refused")
    page.keyboard.press("Escape")
    assert notebook.ask(f"items.value(grid.view[{rows - 1}], 'notes')") == f"note {rows - 1}"

    grid.focus().press("Control+a").press("Control+c")
    expect(dialog).to_contain_text(f"Copy {rows * 4:,} cells of {rows:,} rows?")
    dialog.get_by_role("button", name="Copy").click()
    expect(grid.status).to_contain_text(re.compile(r"[\d,]+ cells copied"))
    copied = page.evaluate("() => navigator.clipboard.readText()").split("\n")
    assert len(copied) == rows
    assert copied[1].split("\t")[1:3] == ["rain", "note 1"]


def test_the_row_that_others_look_at_comes_into_view(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    both = "import ipywidgets\nipywidgets.VBox([ew.ItemGrid(items.wait()), ew.DiffPreview(items)])"
    notebook = open_notebook(*cells_for(shared_encord, widget=both))
    notebook.run_all()
    page, grid, diff = notebook.page, Grid(notebook.page).wait(), Diff(notebook.page)
    notebook.ask("items.stage({items.uuids[400]: {'weather': 'fog'}}) and None")
    diff.has_rows(1)
    search = grid.box.get_by_role("searchbox").first
    search.focus()
    notebook.ask("setattr(items, 'focus', items.uuids[300])")
    expect(grid.root.locator('[aria-rowindex="302"]')).to_be_visible()
    expect(search).to_be_focused()
    page.get_by_title("Show in the grid").click()
    expect(grid.cell(400, "weather")).to_be_visible()
    expect(grid.cell(400, "weather")).to_have_class(re.compile("is-active"))
    shot(notebook, "looked_at")
