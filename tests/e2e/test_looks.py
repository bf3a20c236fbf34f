"""Themes, widths, and who cannot see the screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.benches import Diff, Grid, Panel
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.contrast import assert_readable
from tests.served import Served


def test_everything_can_be_read_in_both_themes(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord))
    notebook.run_all()
    page, grid, diff = notebook.page, Grid(notebook.page).wait(), Diff(notebook.page)
    grid.focus().type(0, "camera", "roof")
    grid.choose(1, "weather", "fog")
    grid.press("Shift+ArrowDown", "Shift+ArrowRight")
    diff.has_rows(2)
    for word in notebook.in_both_themes():
        expect(page.locator(f'.ecw[data-theme="{word}"]')).to_have_count(3)
        shot(notebook, f"theme_{word}")
        texts = 0
        for widget in page.locator(".ecw").all():
            texts += assert_readable(widget, texts=0)
        assert texts > 60
        background = grid.cell(0, "name").evaluate("cell => getComputedStyle(cell).backgroundColor")
        light = sum(int(part) for part in re.findall(r"\d+", background)[:3]) > 3 * 128
        assert light == (word == "light"), background

    grid.focus().go_to(0, "lux")  # JupyterLab may drop the focus while it changes the theme
    page.keyboard.type("abc")
    grid.press("Enter")
    expect(grid.reason).to_be_visible()
    for word in notebook.in_both_themes():
        shot(notebook, f"refusal_{word}")
        assert_readable(grid.root.locator(".ecw-editor"))
    grid.focus().press("Escape")
    expect(grid.editor).to_have_count(0)

    Panel(page).box.scroll_into_view_if_needed()
    page.get_by_role("button", name="Keyboard shortcuts").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    for word in notebook.in_both_themes():
        shot(notebook, f"help_{word}")
        assert_readable(page.locator("dialog.ecw-dialog"))
    page.keyboard.press("Escape")


@pytest.mark.parametrize(("width", "word"), [(700, "narrow"), (1600, "wide")])
def test_nothing_sticks_out_at_any_width(
    width: int, word: str, shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord))
    notebook.hide_sidebar()
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    notebook.run_all()
    page, grid, diff = notebook.page, Grid(notebook.page).wait(), Diff(notebook.page)
    grid.focus().type(0, "camera", "roof, with a longer name than before").type(6, "district", "Old Town")
    diff.has_rows(2)
    shot(notebook, f"{word}_light")
    Panel(page).box.scroll_into_view_if_needed()
    shot(notebook, f"{word}_panel_light")
    for widget in page.locator(".ecw").all():
        inner, outer = widget.evaluate("one => [one.scrollWidth, one.clientWidth]")
        assert inner <= outer
        beyond = widget.evaluate(
            """root => {
                const edge = root.getBoundingClientRect();
                return [...root.querySelectorAll("button, input")].filter(one => {
                    const box = one.getBoundingClientRect();
                    return box.width && !one.closest("[role=grid], .ecw-tablebox")
                        && (box.right > edge.right + 1 || box.left < edge.left - 1);
                }).map(one => one.textContent || one.ariaLabel);
            }"""
        )
        assert beyond == []
    # The buttons of the preview can be reached, by scrolling its table if need be.
    drop = diff.box.get_by_role("button", name=re.compile("^Drop: camera"))
    drop.click()
    diff.has_rows(1)


def test_the_widgets_can_be_used_without_seeing_them(
    shared_encord: Served, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(*cells_for(shared_encord))
    notebook.run_all()
    page, grid = notebook.page, Grid(notebook.page).wait()
    grid.focus().type(0, "camera", "roof")
    grid.go_to(0, "lux")

    expect(grid.root).to_have_attribute("aria-rowcount", "501")
    expect(grid.root).to_have_accessible_name(re.compile("Street scenes"))
    columns = int(grid.root.get_attribute("aria-colcount") or 0)
    assert columns >= 15
    rows = grid.root.get_by_role("row")
    assert rows.count() >= 10
    assert grid.root.get_by_role("columnheader").count() >= 5
    assert grid.root.get_by_role("gridcell").count() >= 50
    expect(grid.header("lux")).to_have_attribute("aria-sort", "none")
    orphans = grid.root.evaluate(
        """grid => [...grid.querySelectorAll("[role=gridcell], [role=columnheader], [role=rowheader]")]
            .filter(cell => !cell.closest("[role=row][aria-rowindex]") || !cell.hasAttribute("aria-colindex"))
            .length"""
    )
    assert orphans == 0
    expect(grid.cell(2, "lux")).to_have_attribute("aria-invalid", "true")
    expect(grid.cell(0, "name")).to_have_attribute("aria-readonly", "true")

    # Tab comes to the grid from the search, goes on to the preview, and back.
    assert grid.root.locator('[tabindex="0"]').count() == 1, "the grid is one stop"
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    order = []
    for _ in range(16):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                """() => {
                    const one = document.activeElement;
                    if (one.closest("[role=grid]")) return "grid";
                    const widget = one.closest(".ecw");
                    return widget ? [...widget.classList].at(-1) : "outside";
                }"""
            )
        )
    assert "grid" in order
    assert order.count("grid") == 1, order
    assert "ecw-diff" in order[order.index("grid") :], order
    assert "ecw-commit" in order[order.index("grid") :], order

    page.locator(".ecw summary").filter(has_text="Options").click()  # what is folded away has no name yet
    for control in page.locator(".ecw").locator("button, input, select, textarea").all():
        expect(control).to_have_accessible_name(re.compile(r"\w"))

    # A button that goes off leaves the focus where it was: else the next key would be JupyterLab's.
    before = notebook.kinds_and_counts()
    diff = Diff(page)
    diff.box.get_by_role("button", name="Undo").press("Enter")
    diff.is_empty()
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.keyboard.press("Tab")
    expect(diff.box.get_by_role("button", name="Redo")).to_be_focused()
    assert notebook.kinds_and_counts() == before
