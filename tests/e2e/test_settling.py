"""Conflicts settled row by row, and edits that outlive their kernel."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.benches import Diff, Grid, Panel
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG
from tests.served import Served

_FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? ''"


def tab_to(page: Page, label: str) -> None:
    """Walk with Tab to a control by its name."""
    for _ in range(40):
        if page.evaluate(_FOCUSED) == label:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {label!r}")


def test_conflicts_are_settled_by_keyboard(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(encord))
    notebook.run_all()
    page = notebook.page
    grid, diff, panel = Grid(page).wait(), Diff(page), Panel(page)
    uuids = [grid.item(row) for row in range(2)]
    names = [second_editor.name(uuid) for uuid in uuids]
    grid.focus().type(0, "camera", "mine").type(1, "camera", "mine too")
    for uuid in uuids:
        second_editor.write(uuid, camera="theirs")
    panel.commit.click()
    expect(panel.outcome).to_be_visible()
    assert panel.tally() == {"conflict": 2}
    expect(panel.box).to_contain_text("2 edits conflict: keep ours or drop them first")
    expect(panel.commit).to_be_disabled()
    expect(diff.row(names[0], "camera")).to_contain_text("Ours: 'mine'. Theirs: 'theirs'.")
    expect(panel.open_row(names[0], "camera")).to_contain_text("is 'theirs' now")
    for theme in notebook.in_both_themes():
        shot(notebook, f"conflicts_{theme}")

    diff.box.get_by_role("region", name="Table of staged edits").focus()
    tab_to(page, f"Keep ours: camera on {names[0]}")
    page.keyboard.press("Enter")
    expect(diff.row(names[0], "camera")).to_contain_text("staged")
    expect(panel.box).to_contain_text("Commit 1 edit on 1 item in 1 bundle.")
    expect(panel.box).to_contain_text("1 more edit conflicts and is left alone")
    expect(panel.commit).to_be_enabled()
    assert page.evaluate(_FOCUSED) == f"Drop: camera on {names[0]}", "the focus stays in the row"
    shot(notebook, "one_kept")

    tab_to(page, f"Drop: camera on {names[1]}")
    page.keyboard.press("Enter")
    diff.has_rows(1)
    assert page.evaluate(_FOCUSED) == f"Drop: camera on {names[0]}"
    panel.commit.focus()
    page.keyboard.press("Enter")
    expect(panel.outcome).to_contain_text("The edit is on Encord and read back as wanted")
    assert [second_editor.metadata(uuid)["camera"] for uuid in uuids] == ["mine", "theirs"]
    shot(notebook, "settled")


def test_edits_outlive_their_kernel(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(encord))
    notebook.run_all()
    page = notebook.page
    grid, diff, panel = Grid(page).wait(), Diff(page), Panel(page)
    first, second = grid.item(0), grid.item(1)
    grid.focus().type(0, "camera", "roof").type(1, "camera", "hood")
    diff.has_rows(2)

    notebook.restart()
    notebook.run_all()
    grid.wait()
    banner = panel.box.locator(".ecw-left")
    expect(banner).to_contain_text("2 edits on 2 items were staged on", timeout=HANG)
    diff.is_empty()
    shot(notebook, "left_over_light")
    notebook.theme("JupyterLab Dark")
    shot(notebook, "left_over_dark")
    notebook.theme("JupyterLab Light")
    page.set_viewport_size({"width": 760, "height": 1000})
    notebook.hide_sidebar()
    shot(notebook, "left_over_narrow")
    page.set_viewport_size({"width": 1400, "height": 1000})

    banner.get_by_role("button", name="Review").focus()
    page.keyboard.press("Enter")
    expect(banner.locator("tbody tr")).to_have_count(2)
    shot(notebook, "left_over_review")
    banner.get_by_role("button", name="Restore").focus()
    page.keyboard.press("Enter")
    expect(banner).to_have_count(0)
    diff.has_rows(2)
    grid.staged(0, "camera")
    panel.commit.click()
    expect(panel.outcome).to_contain_text("All 2 edits are on Encord and read back as wanted")
    assert [second_editor.metadata(uuid)["camera"] for uuid in (first, second)] == ["roof", "hood"]
