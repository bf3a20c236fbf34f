"""Plans survive a file, and a file that is none is refused with the reason."""

from __future__ import annotations

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


@given(st.lists(edits, max_size=8, unique_by=lambda c: (c.item, c.key)), strategies.text)
def test_a_plan_survives_its_file(tmp_path_factory, changes, name):
    plan = Plan.of(changes, {"a": name}, source="Street scenes")
    path = plan.save(tmp_path_factory.mktemp("plan") / "fix.plan.json")
    again = Plan.load(path)
    assert content(again) == content(plan)
    assert {p.item: p.name for p in again.items} == {p.item: p.name for p in plan.items}
    assert (again.source, again.created_at) == (plan.source, plan.created_at)
    assert again.save(path.with_name("again.json")).read_text() == path.read_text()


def test_a_file_has_one_line_a_change_in_a_fixed_order(tmp_path):
    changes = [Change("b", "y", ABSENT, 1), Change("a", "z", None, ABSENT), Change("a", "c", "rain", "fog")]
    forwards = Plan.of(changes, {}).save(tmp_path / "1").read_text().splitlines()
    backwards = Plan.of(changes[::-1], {}).save(tmp_path / "2").read_text().splitlines()
    assert forwards[2:] == backwards[2:]
    assert sum('"after"' in line or '"before"' in line for line in forwards) == 3
    assert ['"z": {"before":null}' in line for line in forwards].count(True) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "fix.json"),
        ('{"format": "encord-widgets/plan/1"}', "items"),
        ('{"format": "other/9", "created_at": "2026-01-01T00:00:00Z", "source": "", "items": []}', "other/9"),
        ('{"format": "encord-widgets/plan/1", "created_at": "2026-01-01T00:00:00Z", "source": "", "items": [1]}',
         "items.0"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_plan_is_refused(tmp_path, text, words):
    path = tmp_path / "fix.json"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=words):
        Plan.load(path)


def test_repr_counts():
    plan = Plan.of([Change("a", "x", 1, ABSENT), Change("b", "x", 1, 2)], {})
    assert repr(plan) == "<Plan: 2 changes on 2 items, 1 of them removing a key>"
