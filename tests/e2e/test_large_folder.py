"""100,000 items over a slow line."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.e2e.benches import Diff, Grid
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.served import Served

ITEMS = 100_000


@pytest.mark.parametrize("encord", [("--items", str(ITEMS), "--latency-ms", "80")], indirect=True)
def test_a_large_folder(
    encord: Served, open_notebook: OpenNotebook, shot: Shot, capsys: pytest.CaptureFixture[str]
) -> None:
    connect, open_folder, show = cells_for(encord)
    notebook = open_notebook(
        f"{connect}\n{open_folder.splitlines()[0]}", f"{open_folder.splitlines()[1]}\n{show}"
    )
    page, grid, diff = notebook.page, Grid(notebook.page), Diff(notebook.page)
    # The import and the connection are there before the clock starts: it measures the folder.
    notebook.run_cell(0)
    began = time.perf_counter()
    notebook.start_cell(1)
    grid.wait()
    first_rows = time.perf_counter() - began
    shot(notebook, "loading_light")

    bar = grid.box.get_by_role("progressbar", name="Items loaded")
    expect(bar).to_be_visible()
    assert notebook.ask("items.loading.finished") is False
    grid.focus().type(2, "camera", "while loading")
    diff.has_rows(1)
    assert notebook.ask("items.loading.finished") is False, "the edit was to come during the load"

    expect(bar).to_have_count(0, timeout=120_000)
    loaded = time.perf_counter() - began
    with capsys.disabled():
        print(f"\n{ITEMS:,} items: first rows after {first_rows:.2f} s, all after {loaded:.1f} s")  # noqa: T201
    expect(grid.box).to_contain_text("100,000 items")
    expect(grid.root).to_have_attribute("aria-rowcount", str(ITEMS + 1))
    grid.staged(2, "camera")

    grid.scroll_to(1)
    uuids = notebook.ask(f"[items.uuids[row] for row in (0, {ITEMS // 2}, {ITEMS - 1})]")
    assert grid.item(ITEMS - 1) == uuids[2]
    grid.scroll_to(0.5)
    shown = [
        int(row) - 2
        for row in grid.root.locator("[role=row][aria-rowindex]").evaluate_all(
            "rows => rows.filter(row => !row.classList.contains('is-outside')).map(row => row.ariaRowIndex"
            " ?? row.getAttribute('aria-rowindex'))"
        )
    ]
    assert any(abs(row - ITEMS // 2) < 30 for row in shown), shown
    shot(notebook, "middle_light")
    grid.focus().press("Control+End")
    expect(grid.root.locator(f'[aria-rowindex="{ITEMS + 1}"].ecw-row')).to_be_visible()
    grid.press("Control+Home")
    assert grid.item(0) == uuids[0]
    expect(grid.cell(0, "name")).to_have_text(re.compile("street_"))
    assert page.evaluate("() => document.querySelectorAll('[role=gridcell]').length") < 1000
