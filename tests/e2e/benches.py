"""The widgets on the page, in the words of somebody who uses them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

from tests.e2e.notebook import HANG

_ACTIVE = """grid => {
    const cell = document.activeElement;
    if (!grid.contains(cell)) return null;
    const column = cell.getAttribute("aria-colindex");
    const head = grid.querySelector(`[role=columnheader][aria-colindex="${column}"]`);
    const row = cell.closest("[role=row]").getAttribute("aria-rowindex") - 2;
    return { row, column: (head.querySelector(".ecw-th-label").firstElementChild ?? head).textContent };
}"""


class Grid:
    """The native grid."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.locator(".ecw-grid")
        self.root = page.get_by_role("grid")

    # -- looking -----------------------------------------------------------------------------------------------

    def wait(self) -> Grid:
        """Until the first rows are there and drawn."""
        expect(self.root).to_have_attribute("aria-busy", "false", timeout=HANG)
        expect(self.root.locator('[aria-rowindex="2"] [role=gridcell]').nth(2)).to_be_visible(timeout=HANG)
        return self

    def item(self, row: int) -> str:
        """Uuid of the item in a row on screen."""
        head = self.root.locator(f'[aria-rowindex="{row + 2}"] [role=rowheader]')
        expect(head).to_have_attribute("title", re.compile("^Item "), timeout=HANG)
        return (head.get_attribute("title") or "").removeprefix("Item ")

    def header(self, column: str) -> Locator:
        return self.root.get_by_role("columnheader").filter(
            has=self.page.locator(".ecw-th-label", has_text=re.compile(f"^{re.escape(column)}$"))
        )

    def cell(self, row: int, column: str) -> Locator:
        """A cell whose column is on screen."""
        index = self.header(column).get_attribute("aria-colindex", timeout=HANG)
        return self.root.locator(f'[aria-rowindex="{row + 2}"] [aria-colindex="{index}"]')

    @property
    def active(self) -> Locator:
        return self.root.locator("[role=gridcell].is-active")

    @property
    def status(self) -> Locator:
        return self.box.locator(".ecw-statusline")

    @property
    def editor(self) -> Locator:
        return self.root.locator(".ecw-edit")

    @property
    def reason(self) -> Locator:
        """Why a value was refused, at its cell."""
        return self.root.get_by_role("alert")

    # -- keyboard ----------------------------------------------------------------------------------------------

    def focus(self) -> Grid:
        self.root.locator('[tabindex="0"]').first.focus()
        return self

    def press(self, *keys: str) -> Grid:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def where(self) -> dict[str, object] | None:
        """Row and column of the cell that has the focus."""
        found: dict[str, object] | None = self.root.evaluate(_ACTIVE)
        return found

    def go_to(self, row: int, column: str) -> Grid:
        """Walk to a cell with the arrow keys."""
        self.press("Control+Home")
        before: object = None
        while (here := self.where()) is not None and here["column"] != column:
            assert here != before, f"there is no column {column!r}"
            before = here
            self.press("ArrowRight")
        assert here is not None, "the grid has lost the focus"
        self.press(*["ArrowDown"] * row)
        expect(self.active).not_to_have_attribute("aria-busy", "true")
        assert self.where() == {"row": row, "column": column}
        return self

    def type(self, row: int, column: str, text: str) -> Grid:
        """Go to a cell, type, press Enter, and see it staged."""
        self.go_to(row, column)
        self.page.keyboard.type(text)
        expect(self.editor).to_be_focused()
        self.press("Enter")
        return self.staged(row, column)

    def choose(self, row: int, column: str, text: str) -> Grid:
        """Go to a cell, open its list with Enter, type the first letters of a choice, press Enter."""
        self.go_to(row, column).press("Enter")
        expect(self.editor).to_be_focused()
        self.page.keyboard.type(text)
        self.press("Enter")
        return self.staged(row, column)

    def staged(self, row: int, column: str) -> Grid:
        expect(self.cell(row, column)).to_have_class(re.compile(r"ecw-c-staged"), timeout=HANG)
        return self

    def not_staged(self, row: int, column: str) -> Grid:
        expect(self.cell(row, column)).not_to_have_class(re.compile(r"ecw-c-(staged|pending)"), timeout=HANG)
        return self

    def paste(self, text: str) -> None:
        """Paste from another program: the clipboard event as the browser makes it of Ctrl+V."""
        self.page.evaluate(
            """text => {
                const data = new DataTransfer();
                data.setData("text/plain", text);
                const init = { clipboardData: data, bubbles: true, cancelable: true };
                document.activeElement.dispatchEvent(new ClipboardEvent("paste", init));
            }""",
            text,
        )

    def scroll_to(self, fraction: float) -> None:
        """Drag the scroll bar."""
        self.root.evaluate(
            "(grid, part) => { grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * part; }", fraction
        )
        self.page.wait_for_function(
            "grid => grid.getAttribute('aria-busy') === 'false' && !grid.querySelector('.ecw-skeleton')",
            arg=self.root.element_handle(),
            timeout=HANG,
        )


class Diff:
    """The preview of staged edits."""

    def __init__(self, page: Page) -> None:
        self.box = page.locator(".ecw-diff")

    def row(self, item_name: str, key: str) -> Locator:
        rows = self.box.get_by_role("row").filter(has=self.box.page.locator("th", has_text=item_name))
        return rows.filter(
            has=self.box.page.locator("td.ecw-key", has_text=re.compile(f"^{re.escape(key)}$"))
        )

    def shows(self, item_name: str, key: str, before: str, after: str) -> None:
        row = self.row(item_name, key)
        expect(row.locator(".ecw-before")).to_have_text(before)
        expect(row.locator(".ecw-after")).to_have_text(after)

    def has_rows(self, count: int) -> None:
        expect(self.box.locator("tbody tr")).to_have_count(count, timeout=HANG)

    def is_empty(self) -> None:
        expect(self.box.get_by_text("Nothing staged.")).to_be_visible(timeout=HANG)


class Panel:
    """The commit panel."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.locator(".ecw-commit").first
        self.commit = self.box.get_by_role("button", name="Commit", exact=True)
        self.stop = self.box.get_by_role("button", name="Stop", exact=True)
        self.outcome = self.box.locator(".ecw-outcome")

    def watch(self) -> None:
        """From now on, note every phase that the panel shows."""
        self.box.evaluate(
            """box => {
                window.phasesSeen = [];
                const note = () => {
                    const label = box.querySelector(".ecw-running-label > :first-child")?.textContent;
                    const bar = box.querySelector("progress");
                    if (label && bar && window.phasesSeen.at(-1) !== label) window.phasesSeen.push(label);
                };
                new MutationObserver(note).observe(box, { subtree: true, childList: true, characterData: true });
            }"""
        )

    def seen(self) -> list[str]:
        phases: list[str] = self.page.evaluate("() => window.phasesSeen")
        return phases

    def tally(self) -> dict[str, int]:
        """How many edits ended how."""
        entries: Sequence[Sequence[str]] = self.outcome.locator("dl.ecw-tally > div").evaluate_all(
            """all => all.map(one => [
                one.querySelector("dt .ecw-status").lastChild.textContent,
                one.querySelector("dd").textContent,
            ])"""
        )
        return {word.strip(): int(number) for word, number in entries}

    def open_row(self, item_name: str, key: str) -> Locator:
        rows = self.box.get_by_role("listitem").filter(has=self.page.get_by_text(item_name))
        return rows.filter(has=self.page.get_by_text(key, exact=True))
