"""The merge equals a reference three-way merge, and touches named keys only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.merge import merge
from encord_widgets.metadata.values import ABSENT, canonical, same
from tests.metadata import strategies


@given(strategies.metadata, strategies.metadata, st.dictionaries(strategies.keys, strategies.cells))
def test_merge_equals_the_reference(base, live, wishes):
    changes = [Change("a", key, base.get(key, ABSENT), after) for key, after in wishes.items()]
    merged = merge(live, changes)
    expected = dict(live)
    for key, after in wishes.items():
        now = live.get(key, ABSENT)
        if canonical(now) == canonical(base.get(key, ABSENT)):
            expected.pop(key, None)
            if after is not ABSENT:
                expected[key] = after
    assert canonical(merged.metadata) == canonical(expected)
    fates = [*merged.written, *merged.already, *merged.conflicts]
    assert sorted(c.key for c in fates) == sorted(wishes)


@given(strategies.metadata, strategies.metadata, st.dictionaries(strategies.keys, strategies.cells))
def test_other_keys_are_live_to_the_letter(base, live, wishes):
    merged = merge(live, [Change("a", key, base.get(key, ABSENT), after) for key, after in wishes.items()])
    for key in {*live, *merged.metadata} - set(wishes):
        assert merged.metadata[key] is live[key]


@given(strategies.metadata, st.dictionaries(strategies.keys, strategies.cells))
def test_merging_twice_writes_once(live, wishes):
    changes = [Change("a", key, live.get(key, ABSENT), after) for key, after in wishes.items()]
    again = merge(merge(live, changes).metadata, changes)
    assert not again.written
    assert not again.conflicts


def test_a_conflict_leaves_theirs():
    merged = merge(
        {"weather": "snow", "lux": 5}, [Change("a", "weather", "rain", "fog"), Change("a", "lux", 5, 6)]
    )
    assert merged.metadata == {"weather": "snow", "lux": 6}
    assert [c.key for c in merged.conflicts] == ["weather"]


def test_absent_and_null_are_two_bases():
    merged = merge({"weather": None}, [Change("a", "weather", ABSENT, "fog")])
    assert [c.key for c in merged.conflicts] == ["weather"]
    assert same(merged.metadata["weather"], None)
