"""Bulk edits in a notebook: of filtered rows, by pattern with a preview, taken back as one, proved on the server."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.e2e.benches import Grid
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.contrast import assert_readable
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG, Notebook
from tests.served import Served

_WIDGET = "grid = ew.ItemGrid(items.wait(), height=300)\ngrid"


class Bulk:
    """The dialog for bulk edits, in the words of somebody who uses it."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.grid = Grid(notebook.page).wait()
        self.dialog = self.grid.box.get_by_role("dialog", name="Bulk edit")
        self.stage = self.dialog.get_by_role("button", name=re.compile("^Stage"))

    def open(self) -> Bulk:
        self.grid.box.get_by_role("button", name="Bulk edit…").click()
        expect(self.dialog).to_be_visible(timeout=HANG)
        return self

    def field(self, label: str) -> Locator:
        return self.dialog.get_by_label(label, exact=True)

    def choose(self, label: str, value: str) -> Bulk:
        self.field(label).select_option(label=value)
        return self

    def says(self, text: str | re.Pattern[str]) -> Bulk:
        expect(self.dialog.locator(".ecw-bulk-preview")).to_contain_text(text, timeout=HANG)
        return self

    def staged(self) -> int:
        return int(self.notebook.ask("len(items.changes)"))


def test_filtered_rows_are_set_counted_first_undone_and_committed(
    encord: Served, open_notebook: OpenNotebook, second_editor: Editor, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(encord, widget=_WIDGET))
    notebook.run_all()
    before = second_editor.everything()
    rainy = {uuid for uuid, held in before.items() if held.get("weather") == "rain"}
    notebook.ask("setattr(items, 'filter', 'weather = \"rain\"')")
    bulk = Bulk(notebook)
    expect(bulk.grid.root).to_have_attribute("aria-rowcount", str(len(rainy) + 1), timeout=HANG)

    bulk.open().dialog.get_by_label(f"All {len(rainy)} filtered rows").check()
    bulk.choose("Operation", "Set a value").field("Key").fill("weather")
    bulk.choose("Value", "fog")
    expect(bulk.stage).to_have_text(f"Stage {len(rainy)} cells", timeout=HANG)
    bulk.says(f"{len(rainy)} of {len(rainy)} items would change")
    shot(notebook, "bulk_set_light")
    assert bulk.staged() == 0, "nothing is staged before it is said"
    bulk.stage.click()
    expect(bulk.dialog).to_have_count(0, timeout=HANG)
    assert bulk.staged() == len(rainy)
    # The rows stay put, and hold the new value.
    expect(bulk.grid.root).to_have_attribute("aria-rowcount", str(len(rainy) + 1))
    expect(bulk.grid.cell(0, "weather")).to_contain_text("fog")

    bulk.grid.box.get_by_role("button", name=re.compile("^Undo")).click()
    expect(bulk.grid.cell(0, "weather")).to_contain_text("rain", timeout=HANG)
    assert bulk.staged() == 0
    bulk.grid.box.get_by_role("button", name=re.compile("^Redo")).click()
    expect(bulk.grid.cell(0, "weather")).to_contain_text("fog", timeout=HANG)
    assert bulk.staged() == len(rainy)
    notebook.ask("bool(items.commit())")
    after = second_editor.everything()
    assert {uuid for uuid in after if after[uuid] != before[uuid]} == rainy
    assert all(after[uuid] == before[uuid] | {"weather": "fog"} for uuid in rainy)


def test_a_pattern_is_replaced_in_the_selection_by_keyboard(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    page, bulk = notebook.page, Bulk(notebook)
    # What fits no option is refused, with the reason; the others go through.
    three = notebook.ask("[items.uuids[at] for at in range(3)]")
    notebook.ask(f"len(items.stage(dict.fromkeys({three!r}, {{'notes': 'cam-07 front'}})))")
    bulk.grid.focus().go_to(0, "notes").press("Shift+ArrowDown", "Shift+ArrowDown", "Control+h")
    expect(bulk.dialog).to_be_visible(timeout=HANG)
    expect(bulk.field("The selection (3 rows)")).to_be_checked()
    bulk.field("Pattern (regex)").check()
    bulk.field("Find").fill(r"cam-(\d+")
    bulk.says("expected a pattern")
    expect(bulk.stage).to_be_disabled()
    bulk.field("Find").fill(r"cam-0?(\d+)")
    bulk.field("Replace with").fill(r"camera \1")
    bulk.says("3 of 3 items would change (3 cells)").says("camera 7 front")
    shot(notebook, "bulk_replace_light")
    page.keyboard.press("Enter")
    expect(bulk.dialog).to_have_count(0, timeout=HANG)
    for uuid in three:
        assert notebook.ask(f"items.value({uuid!r}, 'notes')") == "camera 7 front"
    expect(bulk.grid.cell(2, "notes")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(bulk.grid.cell(0, "notes")).to_contain_text("cam-07 front", timeout=HANG)

    page.keyboard.press("Control+e")
    bulk.choose("Operation", "Python expression").field("Key").fill("lux")
    bulk.field("Expression").fill("value if value > 5 else 'dark'")
    bulk.dialog.get_by_label(re.compile("^All 500")).check()
    bulk.says("refused, left as they are").says("expected a number, got 'dark' (text).")
    shot(notebook, "bulk_refused_light")
    page.keyboard.press("Escape")
    expect(bulk.dialog).to_have_count(0)


def test_the_dialog_can_be_read_in_both_themes(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    bulk = Bulk(notebook).open()
    bulk.choose("Operation", "Remove the key").choose("Key", "weather")
    bulk.says("would change")
    for theme in notebook.in_both_themes():
        shot(notebook, f"bulk_{theme}")
        assert_readable(bulk.dialog)
