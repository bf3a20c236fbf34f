"""Filters from the grid's own headers, in a notebook: by mouse and by keyboard, always the filter of the items."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.e2e.benches import Grid
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.contrast import assert_readable
from tests.e2e.notebook import HANG, Notebook
from tests.served import Served

_WIDGET = "grid = ew.ItemGrid(items.wait(), height=300)\ngrid"


class Filtered:
    """The grid's filter, in the words of somebody who uses it."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.grid = Grid(notebook.page).wait()
        self.bar = self.grid.box.get_by_role("group", name="Filter in force")
        self.popover = self.grid.box.get_by_role("dialog")

    def open(self, column: str) -> Locator:
        """A column's popover, by mouse."""
        self.grid.header(column).hover()
        self.grid.header(column).get_by_role("button", name=f"Filter by {column}").click()
        expect(self.popover.get_by_role("button", name="Apply")).to_be_enabled(timeout=HANG)
        return self.popover

    def apply(self) -> None:
        self.popover.get_by_role("button", name="Apply").click()
        expect(self.popover).to_have_count(0, timeout=HANG)

    def text(self) -> str:
        return str(self.notebook.ask("items.filter.text"))


def test_a_header_narrows_down_and_keeps_what_it_cannot_show(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    page, box = notebook.page, Filtered(notebook)
    total = notebook.ask("len(items)")
    rainy = notebook.ask("items.where('weather = \"rain\"').count")

    popover = box.open("weather")
    expect(popover).to_contain_text(re.compile(r"enum of \d+ · \d+ of \d+ items hold a value"))
    choice = popover.get_by_role("checkbox", name=re.compile(r"^rain"))
    expect(choice.locator("xpath=..")).to_contain_text(str(rainy))
    choice.check()
    shot(notebook, "header_filter_light")
    box.apply()
    assert box.text() == 'weather = "rain"'
    expect(box.bar).to_contain_text(f"{rainy} of {total} items")
    expect(box.grid.root).to_have_attribute("aria-rowcount", str(rainy + 1))

    # What the header cannot show stays, whatever is chosen beside it.
    notebook.ask("setattr(items, 'filter', 'weather = \"rain\" and weather != \"fog\"')")
    popover = box.open("weather")
    expect(popover).to_contain_text('weather != "fog"')
    popover.get_by_role("checkbox", name=re.compile(r"^clear")).check()
    box.apply()
    assert box.text() == 'weather in ["rain", "clear"] and weather != "fog"'

    # Rows stay put while one edits, until the filter looks again.
    shown = int(notebook.ask("items.filter_counts.shown"))
    box.grid.focus().choose(0, "weather", "fog")
    expect(box.bar).to_contain_text(f"{shown} of {total} items; {shown - 1} after commit")
    shot(notebook, "header_filter_moved_light")
    box.bar.get_by_role("button", name="Apply again").click()
    expect(box.bar).to_contain_text(f"{shown - 1} of {total} items")
    expect(box.grid.root).to_have_attribute("aria-rowcount", str(shown))
    box.bar.get_by_role("button", name="Clear filter").click()
    expect(box.bar).to_have_count(0)
    expect(box.grid.root).to_have_attribute("aria-rowcount", str(total + 1))
    page.keyboard.press("Escape")


def test_a_header_is_filtered_by_keyboard_and_a_mistake_is_said_in_place(
    shared_encord: Served, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    page, box = notebook.page, Filtered(notebook)
    box.grid.focus().go_to(0, "lux").press("ArrowUp", "Alt+ArrowDown")
    low = box.popover.get_by_label("From")
    expect(low).to_be_visible(timeout=HANG)
    low.focus()
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    expect(box.popover.get_by_role("alert")).to_contain_text("expected a number")
    page.keyboard.press("Control+a")
    page.keyboard.type("100")
    page.keyboard.press("Tab")
    page.keyboard.type("50000.5")
    page.keyboard.press("Enter")
    expect(box.popover).to_have_count(0, timeout=HANG)
    assert box.text() == "lux between 100 and 50000.5"
    expect(box.grid.header("lux")).to_be_focused()
    expect(box.grid.header("lux")).to_have_attribute("aria-sort", "none")
    page.keyboard.press("Alt+ArrowDown")
    expect(box.popover.get_by_role("button", name="Clear this column")).to_be_enabled(timeout=HANG)
    page.keyboard.press("Escape")
    expect(box.popover).to_have_count(0)
    expect(box.grid.header("lux")).to_be_focused()
    assert box.text() == "lux between 100 and 50000.5"


def test_bar_and_popover_can_be_read_in_both_themes(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    notebook.ask("setattr(items, 'filter', 'weather = \"rain\" or lux < 5')")
    box = Filtered(notebook)
    expect(box.bar).to_be_visible(timeout=HANG)
    box.open("weather")
    for theme in notebook.in_both_themes():
        shot(notebook, f"header_filter_{theme}")
        assert_readable(box.grid.box)
