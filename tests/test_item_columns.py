"""Columns with staged values over stored ones, followed edit by edit, equal to a naive reference at every moment."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.item_columns import EffectiveColumns
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.changes_bulk import BulkEdit
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.values import ABSENT
from tests.metadata import strategies

KEYS = ("k", "other", "nobody holds it")
ITEMS = 6


def batch(rows, values):
    held = [{} if value is ABSENT else {"k": value, "other": 1} for value in values]
    return ItemBatch([f"u{row}" for row in rows], {"name": [f"item {row}" for row in rows]}, held)


def seen(columns, table, key):
    return [repr(value) for value in columns.column(key).values(np.arange(len(table)))]


def expected(table, changes, key):
    found = []
    for row, uuid in enumerate(table.uuids):
        change = changes.get(uuid, key)
        found.append(repr(table.value(row, key) if change is None else change.after))
    return found


def edit_of(table, rows, key, value):
    return BulkEdit(key, rows, table.column(key).take(rows), Column.of(value, len(rows)))


steps = st.one_of(
    st.tuples(st.just("stage"), st.integers(0, ITEMS + 1), st.sampled_from(KEYS), strategies.cells),
    st.tuples(st.just("read"), st.integers(0, ITEMS - 1), st.just("k"), strategies.cells),
    st.tuples(st.just("arrive"), st.integers(0, 1), st.just("k"), strategies.cells),
    st.tuples(st.just("bulk"), st.integers(0, 3), st.sampled_from(KEYS), strategies.cells),
    st.tuples(st.sampled_from(["undo", "redo", "unstage", "clear"]), st.just(0), st.just("k"), st.none()),
)


@given(st.lists(steps, max_size=25), st.booleans())
def test_columns_follow_edits_reads_and_arrivals(todo, looked_at_each_step):
    table, changes = ItemTable(), ChangeSet()
    table.append(batch(range(ITEMS), [row if row % 2 else ABSENT for row in range(ITEMS)]))
    columns = EffectiveColumns(table, changes)
    before = {key: (columns.version(key), seen(columns, table, key)) for key in KEYS}
    for step, row, key, value in todo:
        if step == "stage":  # also on items that have yet to arrive
            stored = table.value(row, key) if row < len(table) else ABSENT
            changes.stage([Change(f"u{row}", key, stored, value)])
        elif step == "bulk":
            rows = np.arange(len(table))[row::2]
            changes.stage((), [edit_of(table, rows, key, value)], table)
        elif step == "read":
            table.write(batch([row], [value]))
        elif step == "arrive":
            table.append(batch([ITEMS + row], [value]))
        elif step == "clear":
            columns.clear()
        else:
            getattr(changes, step)()
        if looked_at_each_step:
            assert all(seen(columns, table, key) == expected(table, changes, key) for key in KEYS)
    for key in KEYS:
        now = seen(columns, table, key)
        assert now == expected(table, changes, key)
        version, held = before[key]
        moved = {row for row, value in enumerate(now) if row >= len(held) or value != held[row]}
        told = columns.changed_rows(key, version)
        assert told is None or moved <= set(told.tolist())
        if columns.version(key) == version and len(now) == len(held):
            assert not moved, "an equal version promises equal values"


def test_a_column_without_edits_is_the_stored_one():
    table, changes = ItemTable(), ChangeSet()
    table.append(batch([0, 1], ["a", "b"]))
    columns = EffectiveColumns(table, changes)
    assert columns.column("k") is table.column("k")
    changes.stage([Change("u0", "k", "a", "c")])
    assert columns.column("k") is not table.column("k")
    assert columns.column("other") is table.column("other")
    changes.undo()
    assert columns.column("k") is table.column("k")


def test_an_edit_is_told_by_row_and_one_of_long_ago_as_unknown():
    table, changes = ItemTable(), ChangeSet()
    table.append(batch([0, 1], ["a", "b"]))
    columns = EffectiveColumns(table, changes)
    first = columns.version("k")
    changes.stage([Change("u1", "k", "b", "c"), Change("u0", "other", 1, 2)])
    assert columns.changed_rows("k", first).tolist() == [1]
    for number in range(25_000):
        changes.stage([Change("u0", "k", "a", number)])
    assert columns.changed_rows("k", first) is None
    assert seen(columns, table, "k") == ["24999", "'c'"]


def test_an_edit_of_many_items_is_put_as_a_whole():
    table, changes = ItemTable(), ChangeSet()
    table.append(batch(range(5000), ["a"] * 5000))
    columns = EffectiveColumns(table, changes)
    first = columns.version("k")
    rows = np.arange(10, 5000)
    changes.stage((), [edit_of(table, rows, "k", "c")], table)
    assert columns.column("k").values(np.array([9, 10, 4999])) == ["a", "c", "c"]
    assert columns.version("k") != first
    assert columns.changed_rows("k", first) is None  # nearly all: looking at all takes no longer
    some = columns.version("k")
    changes.stage((), [edit_of(table, rows[:2000], "k", "d")], table)
    assert columns.changed_rows("k", some).tolist() == rows[:2000].tolist()
    changes.undo()
    changes.undo()
    assert columns.column("k") is table.column("k")
