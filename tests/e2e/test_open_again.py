"""A folder that was opened before: shown at once from the cache, read again, and what changed since is marked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.benches import Grid
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG
from tests.served import Served


# Answers come late, so that there is time to look before the reading is through.
@pytest.mark.parametrize("encord", [("--items", "60", "--latency-ms", "2000")], indirect=True)
def test_a_folder_is_opened_again(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    imported, opened, _ = cells_for(encord)
    connect, folder = opened.splitlines()
    notebook = open_notebook(
        f"{imported}\n{connect}\n{folder}\nfirst, second = items.uuids[:2]",
        f"{connect}\nmine = client.items([first]).wait()\nmine.stage({{first: {{'camera': 'mine'}}}})\n"
        "assert mine.commit()\n_ = client.schema.live",
        f"{folder}\new.ItemGrid(items, columns=['name', 'weather', 'camera'])",
        "ew.ItemGrid(items, engine='ipydatagrid', columns=['name', 'weather', 'camera'])",
    )
    page, grid = notebook.page, Grid(notebook.page)
    notebook.run_cell(0)
    first, second = notebook.ask("[first, second]")
    notebook.run_cell(1)
    second_editor.write(second, camera="theirs")

    notebook.start_cell(2)
    grid.wait()
    line = grid.box.locator(".ecw-asof")
    expect(line).to_contain_text(
        re.compile(r"Shown from the cache of 20\d\d-.* UTC while Encord is read again")
    )
    assert notebook.ask("items.loading.finished") is False
    expect(grid.cell(0, "camera")).not_to_contain_text("mine")
    shot(notebook, "open_again_cached_light")

    expect(line).to_contain_text("2 values changed since, 1 by you.", timeout=HANG)
    for row, text, who in ((0, "mine", "you"), (1, "theirs", "somebody else")):
        cell = grid.cell(row, "camera")
        expect(cell).to_contain_text(text)
        expect(cell).to_have_class(re.compile("ecw-c-updated"))
        expect(cell).to_contain_text("↻")
        grid.focus().go_to(row, "camera")
        expect(grid.status).to_contain_text("↻ changed in Encord")
        expect(grid.status).to_contain_text(f"Changed by {who}.")
    shot(notebook, "open_again_light")
    grid.box.get_by_label("Rows by state").select_option("updated")
    expect(grid.root).to_have_attribute("aria-rowcount", "3")
    assert [grid.item(0), grid.item(1)] == [first, second]
    notebook.theme("JupyterLab Dark")
    shot(notebook, "open_again_dark")

    notebook.run_cell(3)
    expect(notebook.output(3)).to_contain_text("↻ Shown from the cache of")
    expect(notebook.output(3)).to_contain_text("2 values changed since, 1 by you.")
    page.keyboard.press("Escape")
    shot(notebook, "open_again_paged_dark")
