"""The hygiene panel, from messages alone."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from tests.widgets.browser import Browser


@pytest.fixture
def untidy(items):
    a, b, c, d = items.uuids[:4]
    items.stage(
        {
            a: {"site": "Oslo", "site_id": 1},
            b: {"site": "oslo"},
            c: {"site": "Oslo ", "Site ID": 2},
            d: {"town": "A", "level": 7},
            items.uuids[4]: {"town": "a", "level": "7"},
            items.uuids[5]: {"level": "8"},
            items.uuids[6]: {"level": 8},
        }
    )
    return items


@pytest.fixture
def panel(untidy):
    with ew.HygienePanel(untidy) as panel:
        yield Browser(panel)


def rows(panel, name, start=0, count=100):
    return panel.ask("rows", list=name, start=start, count=count)["rows"]


def row_of(panel, key):
    (row,) = [row for row in rows(panel, "values") if row["key"] == key]
    return row


def fix(panel, name, at, member):
    generation = panel.state["summary"]["generation"]
    return panel.ask("fix", generation=generation, list=name, at=at, member=member)


def test_lists_tell_what_the_report_tells(panel):
    report = panel.widget.report
    lists = panel.state["summary"]["lists"]
    assert lists == {
        "values": len(report.values), "keys": len(report.keys), "unlisted": len(report.unlisted),
        "unused": len(report.unused),
    }  # fmt: skip
    assert panel.state["summary"]["cells"] == sum(one.cells for one in report.values)
    site = row_of(panel, "site")
    assert sorted(one["value"] for one in site["members"]) == ["Oslo", "Oslo ", "oslo"]
    assert (site["cells"], site["total"]) == (2, 3)
    assert rows(panel, "values", 1, 2) == rows(panel, "values")[1:3]
    assert {row["key"]: row["count"] for row in rows(panel, "unlisted")} == report.unlisted
    assert panel.refused("rows", list="elsewhere", start=0, count=1)["code"]


def test_the_value_that_is_picked_is_staged(panel, untidy):
    site = row_of(panel, "site")
    member = [one["value"] for one in site["members"]].index("oslo")
    fix(panel, "values", site["at"], member)
    assert [untidy.value(item, "site") for item in untidy.uuids[:3]] == ["oslo"] * 3
    assert panel.state["summary"]["staged"] == 2
    assert "site" not in [row["key"] for row in rows(panel, "values")]
    panel.ask("undo")
    assert untidy.value(untidy.uuids[0], "site") == "Oslo"
    assert panel.state["summary"]["staged"] == 0


def test_all_clusters_of_a_key_and_near_equal_keys(panel, untidy):
    (level,) = [one for one in panel.state["by_key"] if one["key"] == "level"]
    assert level == {"key": "level", "clusters": 2, "cells": 2}
    panel.ask("fix_key", generation=panel.state["summary"]["generation"], key="level")
    assert sum(untidy.value(item, "level") in (7, 8) for item in untidy.uuids) == 4
    (at,) = [row["at"] for row in rows(panel, "keys") if "site_id" in [m["value"] for m in row["members"]]]
    members = [one["value"] for one in rows(panel, "keys")[at]["members"]]
    fix(panel, "keys", at, members.index("site_id"))
    assert untidy.value(untidy.uuids[2], "site_id") == 2
    assert untidy.value(untidy.uuids[2], "Site ID") is ew.ABSENT


def test_a_list_that_is_out_of_date_stages_nothing(panel, untidy, monkeypatch):
    monkeypatch.setattr("encord_widgets.widgets.hygiene_panel._AT_ONCE", 0)
    generation = panel.state["summary"]["generation"]
    site = row_of(panel, "site")
    untidy.stage({untidy.uuids[7]: {"site": "OSLO"}})
    panel.until(lambda: panel.state["summary"]["stale"])
    panel.ask("look")
    assert not panel.state["summary"]["stale"]
    before = len(untidy.changes)
    refused = panel.refused("fix", generation=generation, list="values", at=site["at"], member=0)
    assert "items changed" in refused["message"]
    assert len(untidy.changes) == before
    now = panel.state["summary"]["generation"]
    assert panel.refused("fix", generation=now, list="values", at=999, member=0)["code"]
    assert panel.refused("fix", generation=now, list="values", at=0, member=99)["code"]
    assert panel.refused("fix", generation=now, list="unused", at=0, member=0)["code"]
    assert panel.refused("fix_key", generation=now, key="nowhere")["message"]


def test_edits_made_elsewhere_are_followed(panel, untidy):
    untidy.stage({untidy.uuids[1]: {"site": "Oslo"}, untidy.uuids[2]: {"site": "Oslo"}})
    panel.until(lambda: "site" not in [one.key for one in panel.widget.report.values])


def test_a_saved_notebook_shows_clusters_as_text(untidy):
    untidy.stage({untidy.uuids[0]: {"<b>": "x"}, untidy.uuids[1]: {"<b>": "X"}})
    with ew.HygienePanel(untidy) as panel:
        html = panel._static_html()
        assert repr(panel).startswith("<HygienePanel: ")
    assert "<b>" not in html
    assert "near-equal values" in html
    with pytest.raises(ew.InvalidInputError, match="an ItemSet"):
        ew.HygienePanel([])
