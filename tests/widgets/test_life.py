"""What all widgets share: made strictly, freed when closed, silent about secrets, readable without a kernel."""

from __future__ import annotations

import gc
import json
import re
import threading
import time
import weakref
from pathlib import Path

import pandas as pd
import pytest

import encord_widgets as ew
from encord_widgets.commit.options import CommitProgress
from encord_widgets.widgets import _static
from encord_widgets.widgets._base import EncordWidget
from encord_widgets.widgets.native_grid import NativeGrid
from tests.widgets.browser import Browser, state_of
from tests.widgets.conftest import street_scenes

SOURCES = Path(_static.__file__).parents[1] / "_frontend" / "src"
MAKERS = {
    "native": ew.ItemGrid,
    "ipydatagrid": lambda items, **more: ew.ItemGrid(items, engine="ipydatagrid", **more),
    "diff": ew.DiffPreview,
    "panel": ew.CommitPanel,
    "filter": ew.FilterBuilder,
    "inspector": ew.ItemInspector,
    "hygiene": ew.HygienePanel,
    "join": lambda items, **more: ew.JoinPanel(items, pd.DataFrame({"name": ["a"], "n": [1]}), **more),
    "bench": ew.Workbench,
    "paged bench": lambda items, **more: ew.Workbench(items, engine="ipydatagrid", **more),
}
OWN = {name: MAKERS[name] for name in ("diff", "panel", "filter", "inspector", "hygiene")}
OWN |= {"native": NativeGrid, "join": ew.JoinPanel}
every_widget = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
own_widgets = pytest.mark.parametrize("make", [MAKERS[name] for name in OWN], ids=OWN)


# -- making ----------------------------------------------------------------------------------------------------


@every_widget
def test_an_unknown_argument_raises(items, make):
    with pytest.raises(TypeError, match=r"\(\) has no argument 'nonsense'"):
        make(items, nonsense=1)


@pytest.mark.parametrize("kind", [ew.ItemGrid, ew.Workbench])
def test_a_misspelled_argument_names_the_likely_one(items, kind):
    with pytest.raises(TypeError, match=f"{kind.__name__}.*Did you mean 'height'"):
        kind(items, hieght=3)


@every_widget
@pytest.mark.parametrize("wrong", [None, "a uuid", [], 3])
def test_what_is_no_item_set_is_refused(make, wrong):
    with pytest.raises(ew.InvalidInputError, match="expected an ItemSet"):
        make(wrong)


@pytest.mark.parametrize("height", [0, 159, 2001, "420", None, True, 4.5])
@pytest.mark.parametrize("name", ["native", "ipydatagrid", "bench"])
def test_an_impossible_height_is_refused(items, name, height):
    with pytest.raises(ew.InvalidInputError, match="height"):
        MAKERS[name](items, height=height)


@pytest.mark.parametrize("engine", ["excel", None, 3, []])
def test_an_unknown_engine_is_refused(items, engine):
    with pytest.raises(ew.InvalidInputError, match="'native' or 'ipydatagrid'"):
        ew.ItemGrid(items, engine=engine)


@every_widget
def test_layout_passes_through(items, make):
    with make(items, layout={"width": "50%"}) as widget:
        assert widget.layout.width == "50%"


def test_both_engines_are_item_grids_in_a_box(items):
    import ipywidgets

    with ew.ItemGrid(items) as one, ew.ItemGrid(items, engine="ipydatagrid") as other:
        assert isinstance(one, ew.ItemGrid)
        assert isinstance(other, ew.ItemGrid)
        assert (one.engine, other.engine) == ("native", "ipydatagrid")
        assert ipywidgets.VBox([one, other]).children == (one, other)
        assert one.items is other.items is items


# -- the wire --------------------------------------------------------------------------------------------------


def synced(kind):
    """The traits that a class adds to anywidget's."""
    import anywidget

    return {
        name: t
        for name, t in kind.class_traits(sync=True).items()
        if name not in anywidget.AnyWidget.class_traits() and name != "_packed"  # the loader's
    }


@pytest.mark.parametrize("kind", OWN.values(), ids=OWN)
def test_every_synced_trait_is_described(kind):
    for name, trait in synced(kind).items():
        assert trait.help, name


FOLDERS = {
    NativeGrid: "item_grid",
    ew.DiffPreview: "diff_preview",
    ew.CommitPanel: "commit_panel",
    ew.FilterBuilder: "filter_builder",
    ew.ItemInspector: "inspector",
}
both_sides = pytest.mark.parametrize(("kind", "folder"), FOLDERS.items(), ids=FOLDERS.values())


def source(folder):
    text = "\n".join(
        path.read_text() for part in (folder, "shared") for path in sorted((SOURCES / part).glob("*.ts*"))
    )
    return re.sub(r"//.*|/\*\*?.*?\*/", "", text)


def interface(folder, name):
    body = re.search(rf"interface {name} \{{(.*?)\n\}}", source(folder), re.DOTALL)
    assert body, name
    return set(re.findall(r"^  (\w+)\??:", body[1], re.MULTILINE))


@both_sides
def test_traits_are_those_that_the_front_end_listens_to(kind, folder):
    lists = re.findall(r'\[((?:\s*"\w+",?)+\s*)\](?=\s*(?:as const|,))', source(folder))
    listened = max((set(re.findall(r'"(\w+)"', one)) for one in lists if '"error"' in one), key=len)
    assert listened == set(synced(kind))


@both_sides
def test_requests_of_the_front_end_are_known(items, kind, folder):
    found = re.findall(
        r'\.(?:request|ask)(?:<[^()]*>)?\(\s*"(\w+)"|(?:command|run|send)\(\s*"(\w+)"', source(folder)
    )
    asked = {name for pair in found for name in pair if name}
    assert len(asked) > 2
    with kind(items) as widget:
        known = {*widget._handlers(), "dismiss_error"}
    assert asked <= known


def test_state_has_the_shape_that_the_front_end_reads(items):
    item = items.uuids[0]
    items.stage({item: {"weather": "fog", "lux": 1}})
    assert items.commit()
    items.stage({item: {"weather": "snow"}})
    items.filter = 'weather = "snow" or lux < 1000'
    with ew.Workbench(items) as bench:
        grid, diff, panel = Browser(bench.grid), Browser(bench.diff), Browser(bench.panel)
        assert set(grid.state["status"]) == interface("item_grid", "GridView")
        told = set().union(*grid.state["columns"])
        assert told == interface("item_grid", "WireColumn")
        assert set(grid.state["status"]["filter"]) == interface("item_grid", "FilterInForce")
        facts = grid.ask("column_facts", column="key:weather")
        assert set(facts) == interface("item_grid", "ColumnFacts")
        assert set(facts["chosen"]) == interface("item_grid", "Chosen")
        assert set(diff.state["summary"]) == interface("diff_preview", "DiffSummary")
        rows = diff.ask("rows", start=0, count=10)["rows"]
        assert set().union(*rows) == interface("diff_preview", "DiffRow")
        assert set(panel.state["summary"]) == interface("commit_panel", "CommitSummary")
        assert set(panel.state["outcome"]) == interface("commit_panel", "Outcome")
        _, state = grid.cell(item, "weather")
        assert set(state) <= interface("shared", "CellState")
        panel.widget._follow(CommitProgress("reading", 3))
        assert set(panel.widget._state()["progress"]) == interface("commit_panel", "Progress")
        panel.widget._follow(None)
        again = street_scenes(items.client).wait()
        again.stage({item: {"lux": 2}})
        panel.ask("look")
        assert set(panel.state["left_over"][0]) == interface("commit_panel", "LeftOver")
        review = panel.ask("review", session=panel.state["left_over"][0]["session"])
        assert set(review) == interface("commit_panel", "Review")


def moves(items, write):
    """States that a widget can be moved through, each from a fresh item set."""
    first, second = items.uuids[:2]
    yield
    items.stage({first: {"weather": "fog", "notes": ew.ABSENT}, second: {"lux": 1, "new key": [1]}})
    yield
    items.undo()
    yield
    items.redo()
    write(second, lux=99)
    items.commit()
    yield
    items.clear_receipt()
    yield


@own_widgets
def test_a_widget_that_was_moved_equals_one_made_there(items, make, write_as_somebody_else):
    with make(items) as moved:
        page = Browser(moved)
        for _ in moves(items, write_as_somebody_else):
            with make(items) as fresh:
                wanted = without_generation(state_of(fresh))
            page.until(lambda wanted=wanted: without_generation(page.state) == wanted)
        assert without_generation(page.state) == wanted


def without_generation(state):
    state = {name: value for name, value in state.items() if not name.startswith("_") and name != "layout"}
    return {
        name: {k: v for k, v in value.items() if k != "generation"} if isinstance(value, dict) else value
        for name, value in state.items()
    }


# -- the end ---------------------------------------------------------------------------------------------------


def slots(items):
    events = items.events
    return sum(
        len(getattr(events, name)) for name in ("rows", "loading", "changes", "progress", "receipt", "schema")
    )


@every_widget
def test_a_closed_widget_is_freed_and_lets_go_of_the_items(items, make):
    before = slots(items)
    widget = make(items)
    assert slots(items) > before
    freed = weakref.ref(widget)
    widget.close()
    widget.close()
    assert slots(items) == before
    del widget
    gc.collect()
    assert freed() is None


@every_widget
def test_threads_end_with_the_widget(items, make):
    before = set(threading.enumerate())
    widget = make(items)
    if isinstance(widget, EncordWidget):
        Browser(widget).start("thumbnails", items=[items.uuids[0]])
    for turn in range(5):
        items.stage({items.uuids[0]: {"lux": turn}})
    widget.close()
    deadline = time.monotonic() + 10
    while left := [
        t.name
        for t in threading.enumerate()
        if t not in before and t.name.startswith(("encord-widgets-view", "encord-widgets-request"))
    ]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


@every_widget
def test_events_after_close_are_not_heard(items, make):
    widget = make(items)
    widget.close()
    items.stage({items.uuids[0]: {"lux": 1}})
    assert items.commit()
    assert getattr(widget, "error", None) is None


def test_a_client_that_is_closed_first_breaks_nothing():
    with ew.demo(items=20) as client:
        bench = ew.Workbench(street_scenes(client).wait())
    page = Browser(bench.grid)
    assert page.refused("refresh")["code"]
    assert page.rows()[1]
    bench.close()


# -- secrets ---------------------------------------------------------------------------------------------------


def test_no_secret_reaches_the_page_or_a_saved_notebook(items, write_as_somebody_else):
    client = items.client
    signed = client.media_url(items.uuids[0])
    assert "?" in signed
    secrets = {signed, signed.split("?")[1], signed.split("?")[1].rsplit("=", 1)[-1]}
    with ew.Workbench(items) as bench, ew.ItemGrid(items, engine="ipydatagrid") as paged:
        pages = [Browser(bench.grid), Browser(bench.diff), Browser(bench.panel)]
        grid, diff, panel = pages
        for item in items.uuids[:20]:
            grid.ask("thumbnails", items=[item])
        grid.rows()
        items.stage({item: {"weather": "fog"} for item in items.uuids[:3]})
        write_as_somebody_else(items.uuids[0], weather="snow")
        panel.ask("commit")
        panel.until(lambda: panel.state["outcome"] and not panel.state["progress"])
        diff.ask("rows", start=0, count=100)
        for column in grid.state["columns"]:
            grid.ask("cell", item=items.uuids[0], column=column["id"])
        texts = [text for page in pages for text in page.texts]
        texts += [json.dumps(state_of(page.widget)) for page in pages]
        texts += [repr(widget) for widget in (bench, paged, *bench.children)]
        texts += [json.dumps(widget._repr_mimebundle_()) for widget in (bench, paged, *bench.children)]
    whole = "\n".join(texts)
    assert len(whole) > 10_000
    for secret in secrets:
        assert secret not in whole
    assert "Signature" not in whole
    assert "PRIVATE KEY" not in whole


# -- without a kernel ------------------------------------------------------------------------------------------


def bundle_of(widget):
    bundle = widget._repr_mimebundle_()
    return bundle[0] if isinstance(bundle, tuple) else bundle


@every_widget
def test_a_saved_notebook_shows_text_and_a_table(items, make):
    items.stage({items.uuids[0]: {"weather": "fog"}})
    with make(items) as widget:
        bundle = bundle_of(widget)
        assert "application/vnd.jupyter.widget-view+json" in bundle
        assert "Street scenes: 60 items, 1 edit staged on 1 item" in bundle["text/plain"]
        assert "Street scenes" in bundle["text/html"]


@pytest.mark.parametrize("name", ["native", "ipydatagrid", "bench"])
def test_the_static_table_has_ten_rows_and_says_how_many_more(items, name):
    with MAKERS[name](items) as widget:
        html = bundle_of(widget)["text/html"]
        assert html.count("<tr>") == 11
        assert "… and 50 more" in html
        assert items.table.name(items.uuids[9]) in html
        assert items.table.name(items.uuids[10]) not in html


def test_a_saved_workbench_says_once_what_it_holds(items):
    with MAKERS["bench"](items) as bench:
        assert bundle_of(bench)["text/html"].count("Street scenes") == 1
        items.stage({items.uuids[0]: {"notes": "100"}})
        html = bundle_of(bench)["text/html"]
    assert html.count("Street scenes: 60 items, 1 edit staged on 1 item</p><table>") == 2
    assert "<td>&quot;100&quot;</td>" in html, "no number"


@every_widget
def test_the_static_table_is_escaped(items, make):
    attack = "<script>alert(1)</script>"
    items.stage({items.uuids[0]: {attack: attack, "weather": "fog"}})
    with make(items) as widget:
        assert attack not in bundle_of(widget)["text/html"]


def test_a_commit_is_in_the_static_view(items, write_as_somebody_else):
    items.stage({items.uuids[0]: {"weather": "fog"}})
    write_as_somebody_else(items.uuids[0], weather="snow")
    assert not items.commit()
    with ew.CommitPanel(items) as panel:
        html = bundle_of(panel)["text/html"]
    assert "1 conflict" in html
    assert items.table.name(items.uuids[0]) in html


# -- workbench -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["native", "ipydatagrid"])
def test_the_workbench_is_grid_diff_and_panel_in_step(items, engine):
    with ew.Workbench(items, engine=engine, columns=["name", "weather"], height=300) as bench:
        assert bench.children[1:] == (bench.grid, bench.diff, bench.panel)
        assert isinstance(bench.grid, ew.ItemGrid)
        assert bench.grid.engine == engine
        assert [c.id for c in bench.grid._view.columns] == ["field:name", "key:weather"]
        diff, panel = Browser(bench.diff), Browser(bench.panel)
        items.stage({items.uuids[0]: {"weather": "fog"}})
        diff.until(lambda: diff.state["summary"]["changes"] == 1)
        panel.until(lambda: panel.state["summary"]["changes"] == 1)
        parts = bench.children
    assert all(part.comm is None for part in parts)
    assert bench.comm is None


def test_the_workbench_makes_filter_and_schema_when_they_are_wanted(items):
    with ew.Workbench(items) as bench:
        show_filter, show_schema, _ = bench.children[0].children
        assert {"_builder", "_editor", "_inspector"}.isdisjoint(vars(bench))
        show_filter.value = True
        assert bench.children[1:] == (bench.builder, bench.grid, bench.diff, bench.panel)
        assert show_filter.description == "Hide filter"
        show_schema.value = True
        assert bench.children[1:3] == (bench.builder, bench.editor)
        builder = bench.builder
        builder.filter = 'weather = "rain"'
        assert bench.grid.uuids == items.where('weather = "rain"').uuids
        assert "item_grid" not in bundle_of(bench)["text/html"]
        show_filter.value = False
        assert bench.children[1:] == (bench.editor, bench.grid, bench.diff, bench.panel)
        assert bench.builder is builder, "it is put away, not lost"
        parts = (*bench.children, builder, *bench.children[0].children)
    assert all(part.comm is None for part in parts)
