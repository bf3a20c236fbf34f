"""What a reading again found equals a comparison of dictionaries."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.reread import RereadLog
from encord_widgets.metadata.values import ABSENT, same
from tests.metadata import strategies

SINCE = dt.datetime(2026, 11, 28, 14, 3, tzinfo=dt.UTC)
AT = dt.datetime(2026, 11, 29, 9, 30, tzinfo=dt.UTC)
worlds = st.dictionaries(st.sampled_from([f"item-{n}" for n in range(6)]), strategies.metadata, max_size=6)


def batch(world):
    return ItemBatch(list(world), {}, list(world.values()))


def read_again(shown, *pages, written=None):
    table = ItemTable()
    log = RereadLog(SINCE, table.append(batch(shown)), cached=True)
    for page in pages:
        table.append(batch(page))
        log.take(table.write(batch(page)))
    rows = np.array(
        sorted({row for item in pages[-1] if (row := table.row_of(item)) is not None}), dtype=np.int64
    )
    return log.close(table, rows, AT, written or {})


@given(worlds, worlds, worlds)
def test_it_finds_what_moved_and_nothing_else(shown, between, live):
    reread = read_again(shown, {item: between[item] for item in between if item in shown}, live)
    expected = {
        (item, key)
        for item in shown.keys() & live.keys()
        for key in shown[item].keys() | live[item].keys()
        if not same(shown[item].get(key, ABSENT), live[item].get(key, ABSENT))
    }
    assert {(moved.item, moved.key) for moved in reread} == expected
    assert len(reread) == len(expected)
    for moved in reread:
        assert same(moved.before, shown[moved.item].get(moved.key, ABSENT))
        assert same(moved.after, live[moved.item].get(moved.key, ABSENT))
        assert moved.by == "somebody else"
    assert set(reread.new) == live.keys() - shown.keys()
    assert set(reread.gone) == shown.keys() - live.keys()
    assert bool(reread) == bool(expected or reread.new or reread.gone)
    assert len(reread.rows) == len({item for item, _ in expected})


def test_what_one_wrote_oneself_is_ones_own_only_while_it_is_there():
    shown = {"a": {"lux": 1}, "b": {"lux": 1}, "c": {"lux": 1}, "d": {"lux": 1}}
    live = {"a": {"lux": 2}, "b": {"lux": 3}, "c": {}, "d": {"lux": 2}}
    written = {"lux": {"a": [7, 2.0], "b": [2], "c": [ABSENT], "nowhere": [2]}, "site": {"d": [2]}}
    reread = read_again(shown, live, written=written)
    assert {moved.item: moved.by for moved in reread} == {
        "a": "you",
        "b": "somebody else",
        "c": "you",
        "d": "somebody else",
    }
    assert reread.own == 2
    assert [(at, moved.item) for at, moved in reread.of_cells(np.array([2, 0]), "lux")] == [
        (0, "c"),
        (1, "a"),
    ]
    assert list(reread.of_cells(np.array([0]), "site")) == []
    frame = reread.to_frame()
    assert list(frame.columns) == ["item", "key", "before", "after", "by"]
    assert frame[frame["item"] == "c"]["after"].tolist() == [ABSENT]


def test_it_says_so_in_a_sentence():
    shown = {"a": {"lux": 1, "site": "x"}, "b": {}}
    assert read_again(shown, shown).sentence == (
        "Shown from the cache of 2026-11-28 14:03 UTC, read again at 09:30 UTC: no value changed since."
    )
    live = {"a": {"lux": 2, "site": "y"}, "c": {}}
    assert read_again(shown, live, written={"lux": {"a": [2]}}).sentence == (
        "Shown from the cache of 2026-11-28 14:03 UTC, read again at 09:30 UTC: "
        "2 values changed since, 1 by you; 1 item new; 1 item gone."
    )


@given(worlds, worlds)
def test_a_write_leaves_alone_what_is_the_same(held, page):
    table = ItemTable()
    table.append(batch(held))
    before = {key: table.column(key).version for key in table.keys}
    replaced = table.write(batch({item: held[item] for item in page if item in held}))
    assert not replaced.any
    assert not replaced.keys
    assert {key: table.column(key).version for key in table.keys} == before


def test_another_spelling_of_the_same_value_is_written_and_is_no_change():
    table = ItemTable()
    table.append(batch({"a": {"lux": 1, "box": {"x": 1, "y": 2}}}))
    replaced = table.write(batch({"a": {"lux": 1.0, "box": {"y": 2, "x": 1}}}))
    assert (replaced.any, replaced.keys) == (True, {})
    assert repr(table.metadata(0)) == "{'lux': 1.0, 'box': {'y': 2, 'x': 1}}"
