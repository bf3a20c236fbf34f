"""A dry run says what the commit then does, and writes nothing."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

import encord_widgets as ew
from encord_widgets.commit.dry_run import dry_run
from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.values import ABSENT, same
from tests.commit.bound import FakeClient
from tests.commit.fake_encord import FakeEncord
from tests.metadata import strategies


def look(items, changes, on_conflict="report"):
    return dry_run(Plan.of(changes, {}), FakeClient(FakeEncord(items)), on_conflict)


def test_written_already_drifted_destroyed_gone():
    found = look(
        {"a": {"x": 0, "y": 1, "z": 5}},
        [
            Change("a", "x", 0, 1),
            Change("a", "y", 0, 1),
            Change("a", "z", 4, 6),
            Change("b", "x", 0, 1),
        ],
    )
    assert found.counts == {"write": 1, "already": 1, "conflict": 1, "gone": 1}
    assert [(r.change.key, r.live, r.after) for r in found.drifted] == [("z", 5, 5)]
    assert not found
    assert (
        "1 change to write on 1 item, 1 already there, 1 drifted, 1 change on items that cannot be read."
        in str(found)
    )


def test_only_a_value_that_is_there_is_destroyed():
    changes = [Change("a", key, 0, ABSENT) for key in ("x", "y")]
    assert [r.change.key for r in look({"a": {"x": 0}}, changes).destroyed] == ["x"]


@pytest.mark.parametrize("live", [0, 5])
def test_a_policy_that_is_none(live):
    with pytest.raises(InvalidInputError, match="report"):
        look({"a": {"x": live}}, [Change("a", "x", 0, 1)], on_conflict="mine")


def test_a_policy_that_fails():
    found = look({"a": {"x": 5}}, [Change("a", "x", 0, 1)], on_conflict=lambda conflict: conflict.nonsense)
    assert found.counts == {"conflict": 1}
    assert "on_conflict raised AttributeError: 'Conflict' object has no attribute 'nonsense'" in found.text()


def test_metadata_is_text():
    found = look({"a": {"<i>": "<script>"}}, [Change("a", "<i>", "<script>", "\x1b[2J")])
    assert "\x1b" not in found.text()
    assert "<script>" not in found._repr_html_()
    assert "<i>" not in found._repr_html_()


def test_long_lists_are_cut():
    items = {f"i{n}": {"x": 0} for n in range(30)}
    text = look(items, [Change(i, "x", 0, 1) for i in items]).text(listed=3)
    assert "Would write (30):" in text
    assert text.count("0 -> 1") == 3
    assert "... and 27 more" in text


metadata = st.dictionaries(st.sampled_from("abc"), strategies.metadata, min_size=1)
wishes = st.dictionaries(st.sampled_from("abcd"), st.dictionaries(strategies.keys, strategies.cells))


@given(metadata, wishes, wishes, st.sampled_from(["report", "ours", "theirs"]))
def test_the_commit_does_what_the_dry_run_says(live, wanted, bases, on_conflict):
    changes = [
        Change(item, key, bases.get(item, {}).get(key, ABSENT), after)
        for item, keys in wanted.items()
        for key, after in keys.items()
    ]
    client = FakeClient(FakeEncord(live))
    plan = Plan.of(changes, {})
    found = dry_run(plan, client, on_conflict)
    assert not client.encord.writes
    before = copy.deepcopy(client.encord.items)
    assert before == live
    receipt = client.apply(plan, on_conflict=on_conflict)
    said = {"write": "verified", "already": "already", "conflict": "conflict", "gone": "failed"}
    assert {(r.item, r.change.key): said[r.verdict] for r in found.rows} == {
        (r.item, r.key): r.status for r in receipt.rows
    }
    for row in found.rows:
        if row.verdict != "gone":
            assert same(client.encord.items[row.item].get(row.change.key, ABSENT), row.after)
    assert bool(found) == (not client.encord.writes and not receipt.open)


def test_on_the_receipt_of_an_item_set():
    with ew.demo(items=20) as client:
        items = client.folder(client.folders("Street scenes")[0])
        items.stage({items.uuids[0]: {"notes": "look"}})
        plan = items.plan()
        assert client.dry_run(plan).counts == {"write": 1}
        receipt = items.commit()
        assert client.dry_run(plan)
        assert receipt.recheck().counts == {"still": 1}
        assert client.apply(receipt.undo()).counts == {"verified": 1}
        assert client.dry_run(plan).counts == {"write": 1}
