"""Near-equal values put right in a notebook, and committed."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.contrast import assert_readable
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG
from tests.served import Served


def test_pick_what_to_keep_stage_and_commit(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    first, second, third = list(second_editor.everything())[:3]
    second_editor.write(first, site="Oslo")
    second_editor.write(second, site="oslo ")
    second_editor.write(third, site="OSLO")
    notebook = open_notebook(
        *cells_for(encord, widget="ew.HygienePanel(items)"), "proved = bool(items.commit())"
    )
    for cell in range(3):
        notebook.run_cell(cell)
    box = notebook.page.locator(".ecw-hygiene")
    row = box.get_by_role("row").filter(has=notebook.page.get_by_role("rowheader", name="site", exact=True))
    expect(row).to_contain_text("blanks, letter case", timeout=HANG)
    notebook.hide_sidebar()
    shot(notebook, "hygiene_light")
    row.get_by_role("radio", name=re.compile("^Oslo")).focus()
    notebook.page.keyboard.press("Space")
    expect(row.get_by_role("radio", name=re.compile("^Oslo"))).to_be_checked()
    row.get_by_role("button", name="Stage 2 cells of site").press("Enter")
    expect(box.get_by_role("status").first).to_contain_text("2 edits staged", timeout=HANG)
    expect(row).to_have_count(0)
    notebook.theme("JupyterLab Dark")
    shot(notebook, "hygiene_dark")
    assert_readable(box)

    box.get_by_role("button", name="Undo").press("Enter")
    expect(row).to_have_count(1)
    row.get_by_role("radio", name=re.compile("^OSLO")).check()
    row.get_by_role("button", name="Stage 2 cells of site").press("Enter")
    expect(row).to_have_count(0)
    notebook.run_cell(3)
    assert notebook.ask("proved")
    assert [second_editor.metadata(item)["site"] for item in (first, second, third)] == ["OSLO"] * 3
