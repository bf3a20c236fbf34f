"""Recheck and undo: they name exactly what drifted, and take back exactly what nobody touched."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import encord_widgets as ew
from encord_widgets.api.errors import AuthorisationError, ConnectionFailedError
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.values import ABSENT, canonical, same
from tests.commit.bound import FakeClient
from tests.commit.fake_encord import FakeEncord
from tests.metadata import strategies


def held(items):
    return {
        (item, key): canonical(value) for item, metadata in items.items() for key, value in metadata.items()
    }


def commit(items, changes):
    client = FakeClient(FakeEncord(items))
    return client, client.apply(changes)


def test_undo_restores_absent_as_absent_and_null_as_null():
    before = {"a": {"x": None, "y": 1, "$encord": {"k": 1}}, "b": {}}
    client, receipt = commit(
        before,
        [Change("a", "x", None, ABSENT), Change("a", "y", 1, None), Change("b", "z", ABSENT, None)],
    )
    plan = receipt.undo()
    assert {(c.item, c.key): (c.base, c.after) for c in plan.changes} == {
        ("a", "x"): (ABSENT, None), ("a", "y"): (None, 1), ("b", "z"): (None, ABSENT),
    }  # fmt: skip
    assert plan.skipped == ()
    assert client.apply(plan).counts == {"verified": 3}
    assert client.encord.items == before


def test_undo_leaves_alone_what_somebody_touched_and_names_it():
    client, receipt = commit(
        {"a": {"x": 0}, "b": {"x": 0}, "c": {"x": 0}, "d": {"x": 1}, "e": {"x": 7}},
        [Change(item, "x", 0, 1) for item in "abcde"],
    )
    assert receipt.counts == {"verified": 3, "already": 1, "conflict": 1}
    client.encord.items["b"]["x"] = 2
    del client.encord.items["c"]
    plan = receipt.undo()
    assert [(c.item, c.after) for c in plan.changes] == [("a", 0)]
    assert [(s.item, s.key, s.holds) for s in plan.skipped] == [("b", "x", 2), ("c", "x", ABSENT)]
    assert ["2 now" in s.reason for s in plan.skipped] == [True, False]
    assert "gone" in plan.skipped[1].reason
    assert "2 keys left alone" in repr(plan)
    client.apply(plan)
    assert client.encord.items == {"a": {"x": 0}, "b": {"x": 2}, "d": {"x": 1}, "e": {"x": 7}}


def test_undo_does_not_take_back_what_was_never_proved():
    encord = FakeEncord({"a": {"x": 0}, "b": {"x": 0}})

    def break_reads(_patches):
        def refuse(_uuids):
            raise ConnectionFailedError("gone")

        encord.before_read = refuse

    encord.after_write = break_reads
    client = FakeClient(encord)
    receipt = client.apply([Change("a", "x", 0, 1)])
    assert receipt.counts == {"pending": 1}
    encord.before_read = lambda _: None
    plan = receipt.undo()
    assert len(plan) == 0
    (left,) = plan.skipped
    assert "never proved" in left.reason
    encord.items["a"]["x"] = 0
    assert receipt.undo().skipped == ()


def test_undo_of_a_settled_conflict_brings_theirs_back():
    client = FakeClient(FakeEncord({"a": {"x": 7}}))
    receipt = client.apply([Change("a", "x", 0, 1)], on_conflict="ours")
    assert client.encord.items == {"a": {"x": 1}}
    client.apply(receipt.undo())
    assert client.encord.items == {"a": {"x": 7}}


def test_an_unreadable_item_costs_no_other():
    client, receipt = commit({i: {"x": 0} for i in "abcd"}, [Change(i, "x", 0, 1) for i in "abcd"])
    client.encord.forbidden = {"b"}
    report = receipt.recheck()
    assert [row.status for row in report.rows] == ["still", "unreadable", "still", "still"]
    assert "not yours" in report.unreadable[0].note
    assert [s.item for s in receipt.undo().skipped] == ["b"]


def test_when_every_item_is_refused_it_is_said_once():
    items = {f"i{n:04}": {"x": 0} for n in range(3000)}
    client, receipt = commit(items, [Change(i, "x", 0, 1) for i in items])
    client.encord.forbidden = set(items)
    client.asked.clear()
    with pytest.raises(AuthorisationError, match="not yours"):
        receipt.recheck()
    assert len(client.asked) < 150


def test_an_error_of_the_connection_is_raised_as_itself():
    client, receipt = commit({"a": {"x": 0}}, [Change("a", "x", 0, 1)])

    def fail(_uuids):
        raise ExceptionGroup("several", [ConnectionFailedError("no route")])

    client.encord.before_read = fail
    with pytest.raises(ConnectionFailedError, match="no route"):
        receipt.recheck()


def test_large_receipts_are_read_in_parts():
    items = {f"i{n:05}": {"x": 0, "other": "y" * 50} for n in range(9000)}
    client, receipt = commit(items, [Change(i, "x", 0, 1) for i in items])
    client.asked.clear()
    assert receipt.recheck().counts == {"still": 9000}
    assert [len(asked) for asked in client.asked] == [4000, 4000, 1000]


metadata = st.dictionaries(st.sampled_from("abc"), strategies.metadata, min_size=1)


@given(metadata, st.data())
def test_undo_after_commit_is_the_identity_on_keys_nobody_touched(base, data):
    wishes = data.draw(
        st.dictionaries(st.sampled_from(sorted(base)), st.dictionaries(strategies.keys, strategies.cells))
    )
    rival = data.draw(
        st.dictionaries(st.sampled_from(sorted(base)), st.dictionaries(strategies.keys, strategies.cells))
    )
    changes = [
        Change(item, key, base[item].get(key, ABSENT), after)
        for item, keys in wishes.items()
        for key, after in keys.items()
    ]
    client, receipt = commit(base, changes)
    committed = copy.deepcopy(client.encord.items)
    for item, keys in rival.items():
        for key, value in keys.items():
            client.encord.items[item].pop(key, None)
            if value is not ABSENT:
                client.encord.items[item][key] = value
    now = copy.deepcopy(client.encord.items)
    drifted = {
        (c.item, c.key)
        for c in changes
        if not same(now[c.item].get(c.key, ABSENT), committed[c.item].get(c.key, ABSENT))
    }
    report = receipt.recheck()
    assert {(row.item, row.key) for row in report.drifted} == drifted
    assert all(same(row.holds, now[row.item].get(row.key, ABSENT)) for row in report.rows)
    assert len(report.still) == len(changes) - len(drifted)
    plan = receipt.undo()
    written = {(row.item, row.key) for row in receipt.verified}
    assert {(s.item, s.key) for s in plan.skipped} == drifted & written
    assert client.apply(plan)
    after = held(client.encord.items)
    untouched = {(c.item, c.key) for c in changes} - drifted
    for place in held(base).keys() | held(now).keys() | after.keys():
        wanted = held(base) if place in untouched else held(now)
        assert after.get(place) == wanted.get(place), place


def test_a_receipt_without_connection_says_what_to_do(tmp_path):
    _, receipt = commit({"a": {"x": 0}}, [Change("a", "x", 0, 1)])
    loaded = ew.Receipt.load(receipt.save(tmp_path / "r.json"))
    assert loaded == receipt
    assert loaded.server == "https://fake.encord.test"
    for call in (
        loaded.recheck,
        loaded.undo,
        pickle.loads(pickle.dumps(receipt)).undo,
        copy.copy(receipt).recheck,
    ):
        with pytest.raises(EncordWidgetsError, match=r"client\.verify\(receipt\)"):
            call()


def test_the_connection_is_in_no_repr_copy_or_pickle():
    _, receipt = commit({"a": {"x": 0}}, [Change("a", "x", 0, 1)])
    assert "FakeClient" not in repr(receipt)
    assert b"FakeClient" not in pickle.dumps(receipt)
    assert pickle.loads(pickle.dumps(receipt)) == receipt
    assert copy.deepcopy(receipt) == receipt


def test_reports_show_metadata_as_text():
    client, receipt = commit({"a": {"x": 0}, "b": {"x": 0}}, [Change(i, "x", 0, "<b>\x1b[2J") for i in "ab"])
    client.encord.items["a"]["x"] = "<script>"
    report = receipt.recheck()
    assert not report
    assert "1 still, 1 drifted" in repr(report)
    assert "\x1b" not in repr(report)
    html = report._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert "<b>" not in html
    frame = report.to_frame()
    assert frame.loc[0, ["item", "key", "holds", "status"]].tolist() == ["a", "x", "<script>", "drifted"]


def test_against_the_embedded_encord():
    with ew.demo(items=30) as client:
        items = client.folder(client.folders("Street scenes")[0])
        before = {
            item: dict(m) for item, m in zip(items.uuids, client.read(items.uuids).metadata, strict=True)
        }
        first, second, third = items.uuids[:3]
        items.stage(
            {first: {"notes": "mine", "weather": ew.ABSENT}, second: {"notes": None}, third: {"notes": "x"}}
        )
        receipt = client.apply(items.plan())
        assert receipt
        items.refresh().wait()
        items.stage({second: {"notes": "rival"}})
        assert items.commit()
        report = client.verify(receipt)
        assert [(row.item, row.key, row.holds) for row in report.drifted] == [(second, "notes", "rival")]
        plan = client.undo(receipt)
        assert [(s.item, s.key, s.holds) for s in plan.skipped] == [(second, "notes", "rival")]
        assert client.apply(plan)
        after = dict(zip(items.uuids, client.read(items.uuids).metadata, strict=True))
        assert after.pop(second) == before.pop(second) | {"notes": "rival"}
        assert after == before
        gone = "11111111-1111-4111-8111-111111111111"
        report = client.verify(client.apply(ew.Plan.of([], {})))
        assert report
        assert len(report) == 0
        assert client.apply(ew.Plan.of([Change(gone, "x", ABSENT, 1)], {})).failed
