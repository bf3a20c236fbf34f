"""The join panel, from messages alone."""

from __future__ import annotations

import pandas as pd
import pytest

import encord_widgets as ew
from tests.widgets.browser import Browser


@pytest.fixture
def names(items):
    return [items.table.name(uuid) for uuid in items.uuids[:6]]


@pytest.fixture
def table(names):
    return pd.DataFrame(
        {
            "name": [*names, names[0], "gone.png", None],
            "lux": ["100", "bright", "3", None, "5", "6", "7", "8", "9"],
            "batch": "B-8",
        }
    )


@pytest.fixture
def panel(items, table):
    with ew.JoinPanel(items, table) as panel:
        yield Browser(panel)


def rows(panel, name, start=0, count=100):
    return panel.ask("rows", list=name, start=start, count=count)["rows"]


def summary(panel):
    return panel.state["summary"]


def test_counts_come_first(panel, items):
    assert summary(panel)["lists"] == {
        "changes": 8, "problems": 1, "duplicates": 1, "ambiguous": 0, "unmatched": 1, "blank": 1,
        "without": len(items) - 6,
    }  # fmt: skip
    assert (summary(panel)["rows"], summary(panel)["matched"], summary(panel)["items"]) == (9, 5, 5)
    assert [
        (c["key"], c["type"], c["changes"], c["missing"], c["problems"]) for c in panel.state["columns"]
    ] == [
        ("lux", items.schema["lux"].label, 3, 1, 1),
        ("batch", None if "batch" not in items.schema else items.schema["batch"].label, 5, 0, 0),
    ]


def test_every_list_is_read_page_by_page(panel, items, names):
    (problem,) = rows(panel, "problems")
    assert problem == {
        "row": "1", "on": names[1], "item": items.uuids[1], "name": names[1], "key": "lux", "after": "bright",
        "reason": "expected a number, such as 12 or 0.5, got 'bright'.",
    }  # fmt: skip
    assert rows(panel, "duplicates") == [{"on": names[0], "row": "0, 6"}]
    assert rows(panel, "unmatched") == [{"on": "gone.png", "row": "7"}]
    assert rows(panel, "blank") == [{"on": "", "row": "8"}]
    changes = rows(panel, "changes")
    assert rows(panel, "changes", 2, 3) == changes[2:5]
    assert [(row["key"], row["after"]) for row in changes][:3] == [
        ("lux", ["n", "3"]), ("lux", ["n", "5"]), ("lux", ["n", "6"]),
    ]  # fmt: skip
    without = rows(panel, "without")
    assert [row["item"] for row in without] == items.uuids[6:]
    assert panel.refused("rows", list="elsewhere", start=0, count=1)["code"]


def test_staging_waits_until_everything_is_settled(panel, items, names):
    assert summary(panel)["refusals"] == 2
    generation = summary(panel)["generation"]
    assert "2 rows: 0, 6" in panel.refused("stage", generation=generation)["message"]
    assert not items.changes
    panel.ask("choose", option="duplicates", word="last")
    panel.ask("choose", option="problems", word="skip")
    assert summary(panel)["refusals"] == 0
    panel.ask("stage", generation=summary(panel)["generation"])
    assert items.value(items.uuids[0], "lux") == 7
    assert items.value(items.uuids[1], "batch") == "B-8"
    assert (summary(panel)["staged"], summary(panel)["lists"]["changes"]) == (10, 0)
    panel.ask("undo")
    assert not items.changes
    assert (summary(panel)["staged"], summary(panel)["lists"]["changes"]) == (0, 10)


def test_a_policy_is_chosen_by_column(panel, items):
    panel.ask("choose", key="lux", policy="skip")
    assert [(c["key"], c["policy"], c["changes"]) for c in panel.state["columns"]] == [
        ("lux", "skip", 0), ("batch", "overwrite", 5),
    ]  # fmt: skip
    assert summary(panel)["lists"]["problems"] == 0
    assert panel.refused("choose", key="lux", policy="replace")["code"]
    assert panel.refused("choose", key="weather", policy="fill")["code"]
    assert panel.refused("choose", option="duplicates", word="all")["code"]


def test_the_join_follows_edits_made_elsewhere(panel, items):
    generation = summary(panel)["generation"]
    items.stage({items.uuids[2]: {"batch": "B-8"}})
    panel.until(lambda: summary(panel)["lists"]["changes"] == 7)
    assert summary(panel)["generation"] > generation
    assert "as it is shown" in panel.refused("stage", generation=generation)["message"]


def test_a_long_table_is_looked_at_again_on_demand(items, names, monkeypatch):
    monkeypatch.setattr("encord_widgets.widgets.join_panel._AT_ONCE", 1)
    with ew.JoinPanel(items, pd.DataFrame({"name": names, "batch": "B"})) as widget:
        panel = Browser(widget)
        items.stage({items.uuids[0]: {"batch": "B"}})
        panel.until(lambda: summary(panel)["stale"])
        assert summary(panel)["lists"]["changes"] == 6
        panel.ask("look")
        assert (summary(panel)["stale"], summary(panel)["lists"]["changes"]) == (False, 5)


def test_what_cannot_be_joined_is_refused_when_the_panel_is_made(items):
    with pytest.raises(ew.InvalidInputError, match="a column 'name'"):
        ew.JoinPanel(items, pd.DataFrame({"lux": [1]}))
    with pytest.raises(TypeError, match="Did you mean 'policy'"):
        ew.JoinPanel(items, pd.DataFrame({"name": []}), policie="fill")
    with pytest.raises(ew.InvalidInputError, match="an ItemSet"):
        ew.JoinPanel([], pd.DataFrame({"name": []}))


def test_a_saved_notebook_shows_the_counts_as_text(items, names):
    with ew.JoinPanel(items, pd.DataFrame({"name": names[:1], "<b>": "x"})) as panel:
        html = panel._static_html()
        assert repr(panel) == f"<JoinPanel: Street scenes: 60 items; {panel.join.counts.text}>"
    assert "1 row for 1 item" in html
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_a_column_may_be_called_anything(items, names):
    table = pd.DataFrame({"name": names, pd.Timestamp("2024-02-24"): 1}, index=[object() for _ in names])
    with ew.JoinPanel(items, table, columns={pd.Timestamp("2024-02-24"): "n"}) as widget:
        panel = Browser(widget)
        assert panel.state["columns"][0]["column"].startswith("2024-02-24")
        assert rows(panel, "changes")[0]["row"].startswith("<object")
        assert "2024-02-24" in widget.join._repr_html_()
        assert "2024-02-24" in widget._static_html()
