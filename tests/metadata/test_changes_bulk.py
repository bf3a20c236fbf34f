"""Edits of many items at once, and cell by cell over and under them, equal a naive reference on dictionaries."""

from __future__ import annotations

import datetime as dt
import pickle
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from encord_widgets.metadata import changes as module
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.changes_bulk import BulkEdit, run_of
from encord_widgets.metadata.column_cells import same_cells
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.plan_file import lines_of
from encord_widgets.metadata.plan_items import planned_cells
from encord_widgets.metadata.plan_table import _cells as plan_cells
from encord_widgets.metadata.plan_table import text_cells
from encord_widgets.metadata.values import ABSENT, same
from tests.metadata import strategies

ITEMS = [f"item {n}" for n in range(8)]
KEYS = ["x", "y", "z"]
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
few = st.sampled_from([1, 1.0, "1", True, None, ABSENT, "fog", [1], [1.0], 2**60, 2.0**60, {"a": 1}])
values = few | strategies.cells
one_edit = st.builds(Change, st.sampled_from(ITEMS), st.sampled_from(KEYS), values, values, st.booleans())


class Index:
    """Rows of items; some come later."""

    def __init__(self, count):
        self.uuids = ITEMS[:count]

    def row_of(self, uuid):
        return self.uuids.index(uuid) if uuid in self.uuids else None

    def __len__(self):
        return len(self.uuids)


class Naive:
    """Edits in one dictionary, steps as what each cell held before and after."""

    def __init__(self):
        self.held, self.done, self.undone = {}, [], []

    def stage(self, changes):
        """Sequentially, as one step."""
        self._do([((c.item, c.key), None if same(c.base, c.after) else c) for c in changes])

    def drop(self, wanted):
        self._do([(place, None) for place, change in self.held.items() if wanted(change)])

    def _do(self, wishes):
        step = []
        for place, new in wishes:
            old = self.held.get(place)
            if told(old) != told(new):
                step.append((place, old, new))
                self._set(place, new)
        if step:
            self.done.append(step)
            self.undone.clear()

    def undo(self):
        step = self.done.pop()
        for place, old, _ in reversed(step):
            self._set(place, old)
        self.undone.append(step)

    def redo(self):
        step = self.undone.pop()
        for place, _, new in step:
            self._set(place, new)
        self.done.append(step)

    def settle(self, settled):
        gone = {(c.item, c.key) for c, _ in settled}
        for change, live in settled:
            place = (change.item, change.key)
            present = self.held.get(place)
            if present is not None:
                stays = not same(present.after, change.after) and not same(present.after, live)
                self._set(place, Change(*place, live, present.after) if stays else None)
        for steps in (self.done, self.undone):
            kept = [[cell for cell in step if cell[0] not in gone] for step in steps]
            steps[:] = [step for step in kept if step]

    def _set(self, place, change):
        self.held.pop(place, None)
        if change is not None:
            self.held[place] = change


def told(change):
    """What counts of an edit: canonical values; the spelling of a number may follow either of two equal edits."""
    from encord_widgets.metadata.values import canonical

    return None if change is None else (canonical(change.base), canonical(change.after), change.implied)


def content(changes):
    return {(c.item, c.key): told(c) for c in changes}


def same_plan(plan, plain):
    plan, plain = (
        replace(one, created_at=NOON) for one in (plan, plain)
    )  # they were made one after the other
    assert plan == plain
    assert plain.items == plan.items
    assert repr(plan) == repr(plain)
    assert plan._repr_html_() == plain._repr_html_()
    assert len(plan) == len(plain)
    for mine, theirs in ((plan.changes, plain.changes), (plan.destroys, plain.destroys)):
        assert list(map(repr, mine)) == list(map(repr, theirs))
    assert "".join(lines_of(plan)) == "".join(lines_of(plain))
    for texts_of in (lambda values: list(map(repr, values)), text_cells):
        mine, theirs = (planned_cells(one.items, texts_of) for one in (plan, plain))
        assert list(map(list, mine)) == list(map(list, theirs))
    (columns, implied), (plain_columns, plain_implied) = plan_cells(plan), plan_cells(plain)
    assert list(implied) == list(plain_implied)
    assert {name: list(cells) for name, cells in columns.items()} == plain_columns
    assert pickle.loads(pickle.dumps(plan)).items == plain.items
    assert type(pickle.loads(pickle.dumps(plan)).items) is tuple


class Laws(RuleBasedStateMachine):
    """Whatever is done, both hold the same."""

    @initialize(known=st.integers(0, len(ITEMS)))
    def begin(self, known):
        self.index = Index(known)
        self.changes, self.naive = ChangeSet(), Naive()
        self.followed, self.plans = {}, []
        self.revision, self.seen = 0, {}

    @rule(edits=st.lists(one_edit, max_size=4))
    def by_hand(self, edits):
        edits = list({(c.item, c.key): c for c in edits}.values())
        self.changes.stage(edits)
        self.naive.stage(edits)

    @precondition(lambda self: len(self.index))
    @rule(data=st.data(), edits=st.lists(one_edit, max_size=2))
    def in_bulk(self, data, edits):
        bulk = []
        for key in data.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2)):
            rows = data.draw(st.lists(st.integers(0, len(self.index) - 1), unique=True, min_size=1))
            drawn = [data.draw(st.tuples(values, values, st.booleans())) for _ in rows]
            if data.draw(st.booleans()):  # one value for all
                drawn = [(base, drawn[0][1], False) for base, _, _ in drawn]
            bulk.append(
                [Change(self.index.uuids[row], key, *one) for row, one in zip(rows, drawn, strict=True)]
            )
        edits = list({(c.item, c.key): c for c in edits}.values())
        made = [self.bulk_edit(changes) for changes in bulk]
        self.changes.stage(edits, made, self.index)
        self.naive.stage([change for changes in bulk for change in changes] + edits)

    def bulk_edit(self, changes):
        rows = np.array([self.index.row_of(c.item) for c in changes])
        base, after = Column(len(rows)), Column(len(rows))
        base.write(np.arange(len(rows)), [c.base for c in changes])
        after.write(np.arange(len(rows)), [c.after for c in changes])
        implied = np.array([c.implied for c in changes])
        return BulkEdit(changes[0].key, rows, base, after, implied if implied.any() else None)

    @rule(odd=st.booleans())
    def drop_some(self, odd):
        def wanted(change):
            return (int(change.item[-1]) % 2 == 1) is odd

        self.changes.unstage(wanted)
        self.naive.drop(wanted)

    @rule(
        items=st.none() | st.lists(st.sampled_from(ITEMS)), keys=st.none() | st.lists(st.sampled_from(KEYS))
    )
    def drop(self, items, keys):
        self.changes.drop(items, keys)
        self.naive.drop(lambda c: (items is None or c.item in items) and (keys is None or c.key in keys))

    @rule(
        cells=st.lists(st.tuples(st.sampled_from(ITEMS), st.sampled_from(KEYS)), max_size=4),
        many=st.sampled_from([-1, 1, 2000]),
    )
    def drop_cells(self, cells, many):
        with patch.object(module, "_MANY", many):  # by column from one, from two, or never
            assert self.changes.drop_cells(cells) == len(self.naive.held.keys() & set(cells))
        self.naive.drop(lambda c: (c.item, c.key) in cells)

    @precondition(lambda self: self.naive.done)
    @rule(times=st.integers(1, 3))
    def undo(self, times):
        for _ in range(min(times, len(self.naive.done))):
            assert self.changes.undo()
            self.naive.undo()

    @precondition(lambda self: self.naive.undone)
    @rule(times=st.integers(1, 3))
    def redo(self, times):
        for _ in range(min(times, len(self.naive.undone))):
            assert self.changes.redo()
            self.naive.redo()

    @rule(data=st.data())
    def settle(self, data):
        """Some as planned, some edited anew meanwhile, some that gave way to theirs, some long gone."""
        settled = []
        for change in list(self.changes):
            match data.draw(st.sampled_from(["leave", "leave", "settled", "edited", "theirs"])):
                case "settled":
                    settled.append((change, change.after))
                case "edited":
                    settled.append(
                        (Change(change.item, change.key, change.base, "sent before"), "sent before")
                    )
                case "theirs":
                    settled.append((change, "theirs"))
        other = data.draw(one_edit)
        if (other.item, other.key) not in {(c.item, c.key) for c, _ in settled}:
            settled.append((other, other.after))
        self.changes.settle(iter(settled))
        self.naive.settle(settled)

    @rule(step=st.integers(1, 3))
    def plan(self, step):
        """A table and a plan of columns are those of the same changes one by one."""
        table = self.changes.to_frame()
        assert table.dtypes.tolist() == [np.dtype(object)] * 5
        cells = [(c.item, c.key, c.base, c.after, "staged") for c in self.changes]
        assert list(map(repr, table.itertuples(index=False, name=None))) == list(map(repr, cells))
        listing = self.changes.frozen()
        if listing is not None:
            names = Column(len(self.index))
            names.write(np.arange(0, len(self.index), 2), ["a name"] * len(range(0, len(self.index), 2)))
            self.plans.append((Plan.of_listing(listing, names, "here"), self.plain_plan()))
            plan, plain = self.plans[-1]
            assert list(map(repr, plan.items[::step])) == list(map(repr, plain.items[::step]))
            assert list(map(repr, plan.items[1:step])) == list(map(repr, plain.items[1:step]))
            if len(plan.items):
                assert repr(plan.items[-1]) == repr(plain.items[-1])

    def plain_plan(self):
        names = dict.fromkeys(self.index.uuids[::2], "a name")
        return Plan.of(list(self.changes), names, "here")

    def teardown(self):
        """Whatever was staged and dropped since, a plan stays as it was made."""
        for plan, plain in getattr(self, "plans", ()):
            same_plan(plan, plain)
            plan.keep_items(tuple(plan.items))
            same_plan(plan, plain)
            assert all(mine is again for mine, again in zip(plan.changes, plan.changes, strict=True))

    @rule()
    def arrive(self):
        self.index.uuids = ITEMS[: len(self.index) + 1]

    @rule(in_columns=st.booleans())
    def follow(self, in_columns):
        moved = self.changes.take_all_moved() if in_columns else None
        cells = self.changes.take_moved() if moved is None else moved.cells
        if moved is not None:
            assert self.changes.take_moved() == {}
            for key, rows in moved.dropped:
                for row in rows.tolist():
                    self.followed.pop((self.index.uuids[row], key), None)
            self.followed.update(content(c for edit in moved.staged for c in edit.changes(self.index.uuids)))
        for place, change in cells.items():
            self.followed.pop(place, None)
            if change is not None:
                self.followed[place] = told(change)
        assert self.followed == content(self.naive.held.values())

    @invariant()
    def both_hold_the_same(self):
        if not hasattr(self, "naive"):
            return
        changes, expected = self.changes, content(self.naive.held.values())
        listed = list(changes)
        assert content(listed) == expected
        assert len(listed) == len(changes) == len(expected)
        assert bool(changes) == bool(expected)
        assert {(i, k): told(changes.get(i, k)) for i in ITEMS for k in KEYS if changes.get(i, k)} == expected
        assert {(c.item, c.key): told(c) for item in ITEMS for c in changes.of_item(item)} == expected
        order = list(dict.fromkeys(c.item for c in listed))
        assert tuple(order) == changes.items
        assert len(order) == changes.item_count
        assert [c.item for c in listed] == sorted((c.item for c in listed), key=order.index)  # item by item
        assert changes.window(0, 100) == listed
        assert changes.window(2, 3) == listed[2:5]
        assert set(changes.keys) == {key for _, key in expected}
        assert changes.removed == sum(c.removes for c in self.naive.held.values())
        assert changes.implied == sum(c.implied for c in self.naive.held.values())
        assert (changes.can_undo, changes.can_redo) == (bool(self.naive.done), bool(self.naive.undone))
        by_key = {}
        for key in KEYS:
            bulk, cells = changes.of_key(key)
            by_key |= content([*(bulk.changes(self.index.uuids) if bulk else ()), *cells])
        assert by_key == expected
        for key in KEYS:
            rows = changes.touched_rows(key, self.revision, self.index)
            moved = {i for i in self.index.uuids if self.seen.get((i, key)) != expected.get((i, key))}
            assert moved <= {self.index.uuids[row] for row in rows.tolist()}
        cells = changes.touched(self.revision)
        assert {p for p in self.seen.keys() | expected.keys() if self.seen.get(p) != expected.get(p)} <= set(
            cells
        )
        self.revision, self.seen = changes.revision, expected


@pytest.fixture(autouse=True)
def columns_for_few(monkeypatch):
    monkeypatch.setattr(module, "_MANY", -1)


class TestLaws(Laws.TestCase):
    settings = settings(max_examples=60, stateful_step_count=25)


def test_same_cells_is_same_cell_by_cell():
    from hypothesis import given

    @given(st.lists(st.tuples(values, values), max_size=20))
    def check(pairs):
        a, b = Column(len(pairs)), Column(len(pairs))
        a.write(np.arange(len(pairs)), [one for one, _ in pairs])
        b.write(np.arange(len(pairs)), [other for _, other in pairs])
        assert same_cells(a, b).tolist() == [same(one, other) for one, other in pairs]

    check()


def test_rows_of_items_in_the_order_of_the_table():
    from hypothesis import given

    @given(st.lists(st.sampled_from([*ITEMS, "other"]), min_size=1, max_size=9))
    def check_any(items):
        rows = [Index(7).row_of(item) for item in items]
        found = run_of(Index(7), items)
        assert found is None or found.tolist() == rows

    @given(st.integers(0, 7), st.integers(1, 3), st.integers(1, 8))
    def check_runs(first, step, count):
        rows = list(range(first, 8, step))[:count]
        assert run_of(Index(8), [ITEMS[row] for row in rows]).tolist() == rows

    check_any()
    check_runs()


def test_cells_dropped_of_unknown_items_and_keys_by_hand():
    changes = ChangeSet()
    rows = np.arange(8)
    changes.stage((), [BulkEdit("x", rows, Column.of(1, 8), Column.of(2, 8))], Index(8))
    changes.stage([Change("far", "x", 1, 2), Change(ITEMS[2], "y", 1, 2), Change(ITEMS[3], "x", 1, 9)])
    before = content(changes)
    places = [(ITEMS[3], "x"), ("far", "x"), ("none", "x"), (ITEMS[2], "y"), (ITEMS[5], "x"), (ITEMS[3], "x")]
    assert changes.drop_cells(iter(places)) == 4
    assert content(changes) == {place: held for place, held in before.items() if place not in places}
    assert changes.undo()
    assert content(changes) == before


def test_cells_dropped_where_all_is_by_hand():
    changes = ChangeSet()
    changes.stage([Change("far", "x", 1, 2), Change("near", "x", 1, 2)])
    assert changes.drop_cells([("far", "x")]) == 1
    assert changes.items == ("near",)


def test_a_table_of_other_items_is_refused():
    changes = ChangeSet()
    edit = BulkEdit("x", np.array([0]), Column.of(1, 1), Column.of(2, 1))
    changes.stage((), [edit], Index(1))
    with pytest.raises(ValueError, match="another table"):
        changes.stage((), [edit], Index(1))
