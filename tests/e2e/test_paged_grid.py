"""The ipydatagrid engine, as far as it goes: text editors on a canvas, everything else in Python."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Position, expect

from tests.e2e.benches import Diff, Panel
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.editor import Editor
from tests.e2e.notebook import Notebook
from tests.served import Served

_COLUMNS = ["name", "weather", "lux", "reviewed", "camera", "district"]
_WIDGET = f"bench = ew.Workbench(items.wait(), engine='ipydatagrid', columns={_COLUMNS})\nbench"
_HEADER, _ROW = 26, 24


class PagedGrid:
    """A canvas: cells are found by where they are drawn."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.page: Page = notebook.page
        self.canvas = self.page.locator(".lm-DataGrid-viewport").first
        self.controls = self.page.locator(".jp-OutputArea .widget-vbox").first
        self.editor = self.page.locator(".lm-DataGrid-cellEditorContainer input")
        expect(self.canvas).to_be_visible()
        self.widths: dict[str, float] = notebook.ask("bench.grid.children[1].column_widths")

    def spot(self, row: int, column: str) -> Position:
        before = _COLUMNS[: _COLUMNS.index(column)]
        return {"x": sum(self.widths[name] for name in before) + 12, "y": _HEADER + _ROW * (row + 0.5)}

    def select(self, row: int, column: str) -> None:
        self.canvas.click(position=self.spot(row, column))

    def type(self, row: int, column: str, text: str) -> None:
        """Double-click, write over what is there, Enter."""
        self.canvas.dblclick(position=self.spot(row, column))
        expect(self.editor).to_be_focused()
        self.editor.fill(text)
        self.page.keyboard.press("Enter")
        expect(self.editor).to_have_count(0)


@pytest.mark.parametrize("encord", [("--items", "60", "--latency-ms", "100")], indirect=True)
def test_the_whole_job_on_the_canvas(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    before = second_editor.everything()
    notebook = open_notebook(*cells_for(encord, widget=_WIDGET))
    notebook.run_all()
    page, grid, diff, panel = notebook.page, PagedGrid(notebook), Diff(notebook.page), Panel(notebook.page)
    uuids: list[str] = notebook.ask("bench.grid.uuids")
    names = [second_editor.name(uuid) for uuid in uuids[:9]]

    grid.type(0, "camera", "roof")
    diff.shows(names[0], "camera", before[uuids[0]]["camera"], "roof")
    grid.type(1, "lux", "12.5")
    diff.shows(names[1], "lux", "not set", "12.5")
    grid.type(1, "reviewed", "true")
    diff.shows(names[1], "reviewed", "false", "true")
    grid.type(3, "weather", "rain")
    diff.shows(names[3], "weather", "drizzle", "rain")
    grid.type(6, "district", "Old Town")
    diff.shows(names[6], "district", "not set", "Old Town")
    grid.type(5, "camera", "mine")
    diff.has_rows(6)
    shot(notebook, "paged_diff_light")

    # Refused, with the reason above the grid; the cell holds what it held.
    grid.type(0, "lux", "abc")
    expect(grid.controls.get_by_role("alert")).to_contain_text("lux")
    expect(grid.controls.get_by_role("alert")).to_contain_text("number")
    shot(notebook, "paged_refusal_light")
    # Opened and left as it is: no edit.
    grid.canvas.dblclick(position=grid.spot(6, "camera"))
    expect(grid.editor).to_be_focused()
    page.keyboard.press("Enter")
    expect(grid.editor).to_have_count(0)

    # A block through the box beside the grid: what does not fit is listed, the rest is one step of undo.
    grid.select(8, "weather")
    expect(page.get_by_role("status").filter(has_text=f"{names[8]}: weather")).to_be_visible()
    page.get_by_role("button", name="Paste a block").click()
    page.get_by_placeholder("paste cells of a spreadsheet").fill("fog\t7\nhail\tlow\n")
    page.get_by_role("button", name="Stage block").click()
    refused = page.get_by_role("row").filter(has_text="Expected")
    expect(refused).to_have_count(2)
    expect(refused.first).to_contain_text("hail")
    diff.has_rows(8)
    shot(notebook, "paged_paste_light")
    page.get_by_role("button", name="Undo").first.click()
    diff.has_rows(6)
    page.get_by_role("button", name="Paste a block").click()

    grid.select(0, "district")
    page.get_by_role("button", name="Remove key").click()
    diff.has_rows(7)
    diff.shows(names[0], "district", before[uuids[0]]["district"], "\N{MINUS SIGN} remove")
    page.get_by_role("button", name="Undo").first.click()
    diff.has_rows(6)
    page.get_by_role("button", name="Redo").first.click()
    diff.has_rows(7)

    second_editor.write(uuids[5], camera="theirs", added=True)
    panel.watch()
    panel.commit.click()
    expect(panel.outcome).to_be_visible()
    assert panel.seen(), "no progress was shown"
    assert panel.tally() == {"verified": 6, "conflict": 1}
    expect(panel.open_row(names[5], "camera")).to_contain_text("conflict")
    shot(notebook, "paged_committed_light")

    wanted = {uuid: dict(metadata) for uuid, metadata in before.items()}
    wanted[uuids[0]]["camera"] = "roof"
    del wanted[uuids[0]]["district"]
    wanted[uuids[1]] |= {"lux": 12.5, "reviewed": True}
    wanted[uuids[3]]["weather"] = "rain"
    wanted[uuids[5]] |= {"camera": "theirs", "added": True}
    wanted[uuids[6]]["district"] = "Old Town"
    assert second_editor.everything() == wanted


def test_bulk_edit_beside_the_page(shared_encord: Served, open_notebook: OpenNotebook, shot: Shot) -> None:
    widget = f"grid = ew.ItemGrid(items.wait(), engine='ipydatagrid', columns={_COLUMNS})\ngrid"
    notebook = open_notebook(*cells_for(shared_encord, widget=widget))
    notebook.run_all()
    page = notebook.page
    page.get_by_role("button", name="Bulk edit…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Operation").select_option("unset")
    dialog.get_by_label("Key", exact=True).select_option("weather")
    stage = dialog.get_by_role("button", name=re.compile(r"^Stage [\d,]+ cell"))
    expect(stage).to_be_enabled()
    shot(notebook, "paged_bulk")
    stage.click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".ecw-bulkbar")).to_contain_text("staged")
    held = "sum(items.value(uuid, 'weather') is not ew.ABSENT for uuid in items.uuids)"
    assert notebook.ask(held) == 0
    page.locator(".ecw-bulkbar").get_by_role("button", name="Undo").click()
    expect(page.locator(".ecw-bulkbar")).to_contain_text("Taken back.")
    assert notebook.ask(held) > 0
