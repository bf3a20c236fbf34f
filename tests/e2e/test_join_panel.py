"""A table joined in a notebook: counts, what is in the way settled, staged, committed to the right items."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.contrast import assert_readable
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG
from tests.served import Served

_WIDGET = """import pandas as pd
names = items.frame["name"].drop_duplicates(keep=False)
table = pd.DataFrame({"file": list(names)[::-1], "lux": [str(n) for n in range(len(names))], "batch": "B-8"})
table.loc[1, "lux"] = "bright"
table = pd.concat([table, table.iloc[[0]], pd.DataFrame({"file": ["gone.png"], "lux": ["1"]})], ignore_index=True)
panel = ew.JoinPanel(items, table, on={"file": "name"})
panel"""


class JoinBench:
    """The panel as somebody at the page sees it."""

    def __init__(self, page: Page) -> None:
        self.box = page.locator(".ecw-join")
        self.lists = self.box.get_by_role("group", name="What the join comes to")

    def button(self, name: str) -> Locator:
        return self.box.get_by_role("button", name=re.compile(name))

    def choose(self, label: str, word: str) -> None:
        select = self.box.get_by_label(label, exact=True)
        expect(select).to_be_enabled()
        select.select_option(word)
        expect(select).to_be_enabled()


def test_join_settle_stage_and_commit(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(encord, widget=_WIDGET), "proved = bool(items.commit())")
    for cell in range(3):
        notebook.run_cell(cell)
    bench = JoinBench(notebook.page)
    expect(bench.lists).to_contain_text("1 cell cannot be staged", timeout=HANG)
    expect(bench.lists).to_contain_text("1 value in several rows")
    expect(bench.lists).to_contain_text("1 row without an item")
    expect(bench.box.get_by_role("region", name="cells cannot be staged")).to_contain_text("bright")
    expect(bench.button("^Stage ")).to_be_disabled()
    notebook.hide_sidebar()
    shot(notebook, "join_problems_light")

    bench.choose("Several rows for one item", "first")
    bench.choose("Cells that cannot be staged", "skip")
    bench.choose("Where batch has a value", "fill")
    bench.button("^Stage ").press("Enter")
    expect(bench.box.get_by_role("status").first).to_contain_text("staged", timeout=HANG)
    staged = notebook.ask("[[c.item, c.key, c.after] for c in items.changes]")
    assert staged
    notebook.theme("JupyterLab Dark")
    shot(notebook, "join_staged_dark")
    assert_readable(bench.box, texts=21)

    bench.button("^Undo$").press("Enter")
    expect(bench.button("^Stage ")).to_be_enabled(timeout=HANG)
    assert notebook.ask("len(items.changes)") == 0
    bench.button("^Stage ").press("Enter")
    expect(bench.box.get_by_role("status").first).to_contain_text("staged", timeout=HANG)
    notebook.run_cell(3)
    assert notebook.ask("proved")

    rows = notebook.ask("table.values.tolist()")
    wanted = {name: float(lux) for name, lux, _ in rows[:-2] if lux != "bright"}
    live = second_editor.everything()
    names = {uuid: second_editor.name(uuid) for uuid in [item for item, _, _ in staged][:5]}
    for uuid, name in names.items():
        assert live[uuid]["lux"] == wanted[name]
    held = notebook.ask("dict(zip(items.frame.index, items.frame['name']))")
    assert {name: live[uuid]["lux"] for uuid, name in held.items() if name in wanted} == wanted
    assert all("batch" in live[uuid] for uuid, name in held.items() if name in wanted)
