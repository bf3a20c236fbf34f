"""Untidy metadata of an item set: found, put right in one step, left alone where that would lose something."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.changes import Change


@pytest.fixture
def items():
    with ew.demo(items=40) as client:
        yield client.folder(client.folders("Calibration")[0]).wait()


@pytest.fixture
def untidy(items):
    a, b, c = items.uuids
    items.stage({a: {"site": "Oslo", "site_id": 1}, b: {"site": "Oslo "}, c: {"site": "oslo", "Site ID": 2}})
    return items


def test_a_cluster_is_put_right_in_one_step(untidy):
    a, b, c = untidy.uuids
    (cluster,) = untidy.hygiene(["site"]).values
    assert cluster.cells == 2
    fix = untidy.hygiene().fix(cluster, "OSLO")
    assert fix.count == 3
    assert fix.to_frame()[["item", "before", "after"]].to_numpy().tolist() == [
        [a, "Oslo", "OSLO"], [b, "Oslo ", "OSLO"], [c, "oslo", "OSLO"],
    ]  # fmt: skip
    before = {(one.item, one.key): one.after for one in untidy.changes}
    fix.stage()
    assert [untidy.value(item, "site") for item in untidy.uuids] == ["OSLO"] * 3
    assert not untidy.hygiene(["site"]).values
    untidy.undo()
    assert {(one.item, one.key): one.after for one in untidy.changes} == before


def test_a_fix_looks_at_the_items_as_they_are_when_it_is_staged(untidy):
    a, b, _ = untidy.uuids
    fix = untidy.hygiene().fix(untidy.hygiene(["site"]).values[0])
    untidy.stage({b: {"site": "Bergen"}})
    fix.stage()
    assert [untidy.value(item, "site") for item in untidy.uuids] == [
        untidy.value(a, "site"), "Bergen", untidy.value(a, "site"),
    ]  # fmt: skip


def test_all_clusters_of_a_key_at_once_reach_the_server(untidy):
    a, b, c = untidy.uuids
    untidy.changes.unstage()
    untidy.stage({a: {"n": 7, "m": "x"}, b: {"n": "7", "m": "X"}, c: {"n": "8"}})
    untidy.stage({c: {"n": 8.5}})
    with pytest.raises(InvalidInputError, match="Keys with clusters"):
        untidy.hygiene().fix("weather")
    assert untidy.hygiene().fix("n").count == 1
    untidy.hygiene().fix("n").stage()
    assert untidy.commit()
    live = untidy.client.read([a, b, c]).metadata
    assert [one["n"] for one in live] == [7, 7, 8.5]


def test_near_equal_keys_become_one_and_nothing_is_lost(untidy):
    a, b, c = untidy.uuids
    untidy.stage({b: {"site_id": 3, "Site ID": 4}, c: {"site-id": 2}})
    (cluster,) = [one for one in untidy.hygiene().keys if "site_id" in [m.value for m in one.members]]
    assert cluster.canonical in {"Site ID", "site_id"}
    fix = untidy.hygiene().fix(cluster, "site_id")
    (left,) = fix.left
    assert (left.value, left.item, left.count) == (4, b, 1)
    assert "holds 3" in left.reason
    fix.stage()
    held = [{key: untidy.value(item, key) for key in ("site_id", "Site ID", "site-id")} for item in (a, b, c)]
    assert held == [
        {"site_id": 1, "Site ID": ew.ABSENT, "site-id": ew.ABSENT},
        {"site_id": 3, "Site ID": 4, "site-id": ew.ABSENT},
        {"site_id": 2, "Site ID": ew.ABSENT, "site-id": ew.ABSENT},
    ]


def test_of_two_values_for_a_new_key_one_moves_and_the_other_stays(untidy):
    a, _, _ = untidy.uuids
    untidy.unstage()
    untidy.stage({a: {"Site ID": 4, "site-id": 5}})
    (cluster,) = untidy.hygiene().keys
    fix = untidy.hygiene().fix(cluster, "site id")
    assert [(one.value, one.count) for one in fix.left] == [(5, 1)]
    fix.stage()
    held = {key: untidy.value(a, key) for key in ("site id", "Site ID", "site-id")}
    assert held == {"site id": 4, "Site ID": ew.ABSENT, "site-id": 5}


def test_a_value_that_does_not_fit_is_not_kept(untidy):
    a, b, _ = untidy.uuids
    options = untidy.schema["weather"].options
    report = untidy.hygiene(["site"])
    with pytest.raises(InvalidInputError, match="a cluster of this report"):
        report.fix(7)
    untidy.stage({a: {"weather": options[0]}})
    untidy.changes.stage([Change(b, "weather", untidy.stored(b, "weather"), options[0].upper())])
    (cluster,) = untidy.hygiene(["weather"]).values
    assert cluster.canonical == options[0]
    with pytest.raises(InvalidInputError, match="one of"):
        untidy.hygiene().fix(cluster, options[0].upper())
    with pytest.raises(InvalidInputError, match="a key that items hold"):
        untidy.hygiene(["nowhere"])


def test_keys_beside_the_schema_and_unused_ones_are_told(untidy):
    untidy.client.schema.add("speed", "number")
    untidy.client.schema.save()
    report = untidy.hygiene()
    assert {"site", "site_id", "Site ID"} <= set(report.unlisted)
    assert report.unlisted["site"] == 3
    used = {key for key in untidy.schema if any(untidy.value(u, key) is not ew.ABSENT for u in untidy.uuids)}
    assert set(report.unused) == {k for k, t in untidy.schema.items() if t.state == "live"} - used
    assert "speed" in report.unused
    frame = report.to_frame()
    assert set(frame.kind) == {"value", "key", "unlisted", "unused"}
    assert frame[(frame.kind == "value") & (frame.key == "site")]["count"].sum() == 3


def test_the_report_is_text_whatever_it_is_about(untidy):
    a, b, _ = untidy.uuids
    untidy.stage({a: {"<b>\x1b": "<i>x"}, b: {"<b>\x1b": "<I>X"}})
    report = untidy.hygiene()
    html = report._repr_html_()
    assert "<i>" not in html
    assert "&lt;i&gt;" in html
    assert "\x1b" not in report.text
    assert "\x1b" not in html
    assert repr(report).startswith("<HygieneReport: 3 clusters of near-equal values")
    assert report
    assert not untidy.hygiene(["site_id"])
