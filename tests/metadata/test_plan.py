"""Plans survive a file, and a file that is none is refused with the reason."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.values import ABSENT, canonical
from tests.metadata import strategies

edits = st.builds(
    Change, st.sampled_from(["a", "b", "c"]), strategies.text, strategies.cells, strategies.cells
)


def content(plan):
    return {(c.item, c.key): (canonical(c.base), canonical(c.after)) for c in plan.changes}


def test_a_file_has_one_line_a_change_in_a_fixed_order(tmp_path):
    changes = [Change("b", "y", ABSENT, 1), Change("a", "z", None, ABSENT), Change("a", "c", "rain", "fog")]
    forwards = Plan.of(changes, {}).save(tmp_path / "1.json").read_text().splitlines()
    backwards = Plan.of(changes[::-1], {}).save(tmp_path / "2.json").read_text().splitlines()
    assert forwards[2:] == backwards[2:]
    assert sum('"after"' in line or '"before"' in line for line in forwards) == 3
    assert ['"z": {"before":null}' in line for line in forwards].count(True) == 1


@pytest.mark.parametrize("suffix", ["json", "parquet"])
@given(st.lists(edits, max_size=8, unique_by=lambda c: (c.item, c.key)), strategies.text)
def test_a_plan_survives_its_file(tmp_path_factory, suffix, changes, name):
    plan = Plan.of(changes, {"a": name}, source="Street scenes")
    path = plan.save(tmp_path_factory.mktemp("plan") / f"fix.plan.{suffix}")
    again = Plan.load(path)
    assert content(again) == content(plan)
    assert {p.item: p.name for p in again.items} == {p.item: p.name for p in plan.items}
    assert (again.source, again.created_at) == (plan.source, plan.created_at)
    twice = again.save(path.with_name("again.json")).read_text()
    assert twice == plan.save(path.with_name("first.json")).read_text()
    assert sorted(f.name for f in path.parent.iterdir()) == sorted({"again.json", "first.json", path.name})


def test_values_keep_their_json_spelling(tmp_path):
    values = [1, 1.0, "1", True, None, ABSENT, 2**70, {"b": 1, "a": [None, 1.5]}, "", "null"]
    plan = Plan.of([Change("a", str(n), value, "x") for n, value in enumerate(values)], {})
    for suffix in ("json", "parquet"):
        again = Plan.load(plan.save(tmp_path / f"x.{suffix}"))
        assert [repr(c.base) for c in sorted(again.changes, key=lambda c: int(c.key))] == [
            repr(v) for v in values
        ]


def test_what_an_overwrite_implies_survives(tmp_path):
    plan = Plan.of([Change("a", "x", 1, ABSENT, implied=True), Change("a", "y", 1, ABSENT)], {})
    for suffix in ("json", "parquet"):
        again = Plan.load(plan.save(tmp_path / f"x.{suffix}"))
        assert [(c.key, c.implied) for c in again.changes] == [("x", True), ("y", False)]


HEAD = '"format": "encord-widgets/plan/1", "created_at": "2026-01-01T00:00:00Z", "source": ""'
ITEMS = "{" + HEAD + ', "items": '


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "fix.json"),
        ('{"format": "encord-widgets/plan/1"}', "items"),
        ('{"format": "other/9", "created_at": "2026-01-01T00:00:00Z", "source": "", "items": []}', "other/9"),
        (ITEMS + "[1]}", r"items\.0"),
        (ITEMS + '[], "extra": 1}', "no such entry at extra"),
        ("{" + HEAD.replace("00Z", "00") + ', "items": []}', "zone at created_at"),
        (ITEMS + '[{"item": 1, "name": "", "changes": {}}]}', r"text at items\.0\.item"),
        (ITEMS + '[{"item": "a", "name": "", "changes": {"x": 1}}]}', r"object at items\.0\.changes\.x"),
        (ITEMS + '[{"item": "a", "name": "", "changes": {"x": {"afte": 1}}}]}', r"entry at .*x\.afte"),
        (ITEMS + '[{"item": "a", "name": "", "changes": {"x": {"implied": 1}}}]}', "true or false at"),
        (ITEMS + '[{"item": "a", "name": "", "changes": {}}, {"item": "a", "name": "", "changes": {}}]}',
         r"each item once at items\.1"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_plan_is_refused(tmp_path, text, words):
    path = tmp_path / "fix.json"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=words):
        Plan.load(path)


@pytest.mark.parametrize("suffix", ["json", "parquet"])
@pytest.mark.parametrize("spelled", [str.upper, lambda uuid: uuid.replace("-", "")])
def test_a_file_may_spell_uuids_in_any_way(tmp_path, suffix, spelled):
    item = "8ad58157-ca74-4ae4-8f37-a0193430bcac"
    written = Plan.of([Change(spelled(item), "x", 1, 2)], {}).save(tmp_path / f"x.{suffix}")
    assert [change.item for change in Plan.load(written).changes] == [item]
    twice = Plan.of([Change(item, "x", 1, 2), Change(spelled(item), "x", 1, 3)], {})
    with pytest.raises(InvalidInputError, match="once"):
        Plan.load(twice.save(tmp_path / f"twice.{suffix}"))


def test_every_fault_of_a_file_is_named(tmp_path):
    path = tmp_path / "fix.json"
    path.write_text(ITEMS + '[1, {"item": 2, "name": 3, "changes": 4}]}')
    with pytest.raises(InvalidInputError) as found:
        Plan.load(path)
    assert [problem.expected.rpartition(" at ")[2] for problem in found.value.problems] == [
        "items.0", "items.1.item", "items.1.name", "items.1.changes",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["fix", "fix.csv", "fix.json.txt"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(InvalidInputError, match=r"ends in \.json or \.parquet"):
        Plan.of([], {}).save(tmp_path / name)
    with pytest.raises(InvalidInputError, match=name):
        Plan.load(tmp_path / name)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = Plan.of([Change("a", "x", 1, 2)], {}).save(tmp_path / "x.json")
    before = path.read_text()
    broken = Plan.of([Change("a", "x", 1, object())], {})
    with pytest.raises(TypeError):
        broken.save(path)
    assert path.read_text() == before
    assert [f.name for f in tmp_path.iterdir()] == ["x.json"]


def test_a_damaged_parquet_file_is_refused(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_text("not parquet at all")
    with pytest.raises(InvalidInputError, match="a Parquet file"):
        Plan.load(path)
    with pytest.raises(FileNotFoundError):
        Plan.load(tmp_path / "none.parquet")


def test_the_repr_counts_and_names_what_is_destroyed():
    plan = Plan.of(
        [Change("a", "x", 1, ABSENT), Change("b", "x", 1, 2), Change("b", "y", ABSENT, ABSENT)], {}
    )
    assert repr(plan) == "<Plan: 3 changes on 2 items, 1 of them removing a value (x 1)>"
    assert [(c.item, c.key, c.base) for c in plan.destroys] == [("a", "x", 1)]


def test_html_shows_metadata_as_text():
    html = Plan.of([Change("a", "<i>k", "<script>", ABSENT)], {"a": "<b>n"}, source="<u>")._repr_html_()
    assert "&lt;script&gt;" in html
    for tag in ("<script>", "<b>", "<i>", "<u>"):
        assert tag not in html


def test_two_hundred_thousand_changes_survive_their_file(tmp_path):
    changes = [Change(f"{n:036}", key, "rain", n) for n in range(100_000) for key in ("weather", "lux")]
    plan = Plan.of(changes, {})
    again = Plan.load(plan.save(tmp_path / "x.json"))
    assert len(again) == 200_000


def test_a_receipt_is_no_plan(tmp_path):
    path = tmp_path / "receipt.json"
    for says, hint in (
        ("encord-widgets/receipt/1", "It is a receipt."),
        ("encord-widgets/plan/9", "Use the version of encord_widgets that wrote it."),
        (None, "It is no plan that encord_widgets wrote."),
    ):
        path.write_text(json.dumps({"format": says}))
        with pytest.raises(InvalidInputError, match=re.escape(hint)):
            Plan.load(path)


@pytest.mark.parametrize("items", [pd.DataFrame(), "folder"])
def test_values_before_come_from_an_item_set(items):
    table = pd.DataFrame({"item": ["a"], "key": ["lux"], "after": ["5"]})
    with pytest.raises(InvalidInputError, match="expected an ItemSet as items, got"):
        Plan.from_frame(table, items)


@pytest.mark.parametrize("suffix", ["json", "parquet"])
def test_the_folder_that_is_missing_is_named(tmp_path, suffix):
    plan = Plan.of([Change("a", "x", 0, 1)], {})
    with pytest.raises(InvalidInputError) as caught:
        plan.save(tmp_path / "nowhere" / f"x.{suffix}")
    assert str(caught.value) == f"expected a folder {tmp_path / 'nowhere'} for x.{suffix}, got none."
