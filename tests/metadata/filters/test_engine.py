"""The engine agrees with the reference, however data came to be and whatever it remembers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.filters.engine import FilterEngine
from encord_widgets.metadata.filters.fields import F
from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.subjects import STATES
from encord_widgets.metadata.filters.tree import Filter, Group, Not, Rule
from encord_widgets.metadata.values import ABSENT
from tests.metadata.filters import strategies as some
from tests.metadata.filters.columns import SCHEMA, ItemColumns
from tests.metadata.filters.reference import Item, matches

rules = st.one_of(some.suited_rules(), some.suited_rules(), some.state_rules)
trees = some.trees(rules)


def naive(filter_, source):
    return matches(filter_, source.items, now=source.now, schema=source.schema)


@given(trees, some.item_lists())
def test_the_engine_agrees_with_the_reference(filter_, items):
    source = ItemColumns(items)
    assert FilterEngine(source).mask(filter_).tolist() == naive(filter_, source)


@pytest.mark.parametrize("op", sorted(set(OPERATORS) - {"preset"}))
def test_every_operator_agrees_with_the_reference(op):
    @settings(max_examples=25, deadline=None)
    @given(st.sampled_from(["key:mixed", "key:lux", "key:place", "key:vector"]), st.data(), some.item_lists())
    def agrees(column, data, items):
        source = ItemColumns(items)
        rule = Rule(column, op, data.draw(some.ARGUMENTS[op]))
        assert FilterEngine(source).mask(rule).tolist() == naive(rule, source)

    agrees()


@given(st.lists(trees, min_size=1, max_size=3), some.item_lists(), st.data())
def test_what_is_remembered_is_patched_where_data_changed(filters, items, data):
    source = ItemColumns(items)
    engine = FilterEngine(source)
    engine_of_many = FilterEngine(source)
    for filter_ in filters:
        engine.mask(filter_)
    for _ in range(data.draw(st.integers(1, 5))):
        _change(source, data)
        for filter_ in filters:
            expected = naive(filter_, source)
            assert engine.mask(filter_).tolist() == expected
            assert FilterEngine(source).mask(filter_).tolist() == expected
    assert [engine_of_many.mask(f).tolist() for f in filters] == [naive(f, source) for f in filters]


def _change(source, data):
    if not len(source) or data.draw(st.integers(0, 4)) == 0:
        start = len(source)
        new = [Item(f"00000000-0000-4000-9000-{start:012d}", data.draw(some.metadata))]
        source.append(new)
        return
    row = data.draw(st.integers(0, len(source) - 1))
    if data.draw(st.integers(0, 4)) == 0:
        source.set_states(row, frozenset(data.draw(st.lists(st.sampled_from(STATES), max_size=2))))
        return
    key = data.draw(st.sampled_from(some.KEYS))
    source.write(row, f"key:{key}", data.draw(st.just(ABSENT) | some.cells[key] | some.json_values))


@given(trees, some.item_lists(), st.data())
def test_counts_are_those_of_the_reference(filter_, items, data):
    source = ItemColumns(items)
    within = sorted(data.draw(st.sets(st.integers(0, len(items) - 1)))) if items else []
    found = FilterEngine(source).counts(filter_, np.array(within, dtype=np.int64))
    assert list(found) == sorted(path for path, _ in filter_.nodes())
    for path, node in filter_.nodes():
        assert found[path].matches == _held(node.mute((), False), source, within), path
        assert found[path].removes == _removed(filter_, path, source, within), path


def _held(filter_, source, within):
    verdicts = naive(filter_, source)
    return sum(verdicts[row] for row in within)


def _removed(filter_, path, source, within):
    """How far the group of a node changes when the node is muted."""
    node = filter_.at(path)
    if not node.in_force:
        return 0
    parent = filter_.at(path[:-1]).mute((), False) if path else Group("and", (filter_,))
    place = path[-1] if path else 0
    heard = _held(parent, source, within)
    if isinstance(parent, Group) and parent.kind == "or" and sum(p.in_force for p in parent.parts) == 1:
        return heard  # without its only part an `or` holds for nothing
    return abs(_held(parent.mute((place,)), source, within) - heard)


@given(trees, trees, some.item_lists())
def test_negation_and_de_morgan_hold(a, b, items):
    engine = FilterEngine(ItemColumns(items))
    a, b = Group("and", (a.active(),)), Group("and", (b.active(),))
    assert (engine.mask(~a) == ~engine.mask(a)).all()
    assert (engine.mask(~(a & b)) == engine.mask(~a | ~b)).all()
    assert (engine.mask(~(a | b)) == engine.mask(~a & ~b)).all()
    assert (engine.mask(~~a) == engine.mask(a)).all()


UUIDS = [f"00000000-0000-4000-8000-{n:012d}" for n in range(8)]


def many(count=2000):
    words = ["rain", "fog", "snow", None]
    return [
        Item(
            f"00000000-0000-4000-8000-{n:012d}",
            {"weather": words[n % 4], "lux": n / 2} | ({"name": f"name {n}"} if n % 3 else {}),
        )
        for n in range(count)
    ]


def test_a_change_is_looked_at_where_it_is_and_other_rules_not_at_all():
    source = ItemColumns(many())
    engine = FilterEngine(source)
    filter_ = (F.weather == "rain") & (F.lux > 100) & F.name.contains("7") & ~F.name.is_absent()
    engine.mask(filter_)
    engine.counts(filter_)
    source.looks.clear()
    assert engine.mask(filter_).tolist() == naive(filter_, source)
    assert engine.counts(filter_)[()].matches == sum(naive(filter_, source))
    assert source.looks == []
    source.write(708, "key:weather", "fog")
    assert engine.mask(filter_).tolist() == naive(filter_, source)
    assert set(source.looks) == {"key:weather"}


def test_what_nothing_can_change_is_not_evaluated():
    source = ItemColumns(many(50))
    engine = FilterEngine(source)
    assert not engine.mask(Rule("state:changed", "is", (True,)) & (F.lux > 3)).any()
    assert Rule("key:lux", "gt", (3,)) not in engine._held
    assert engine.mask(~Rule("state:changed", "is", (True,)) | (F.lux > 3)).all()
    assert Rule("key:lux", "gt", (3,)) not in engine._held


def test_the_schema_and_the_clock_count():
    source = ItemColumns([Item("a", {"lux": "5", "captured at": "2026-02-28"})])
    engine = FilterEngine(source)
    assert engine.mask(F.lux.is_misfit()).all()
    assert engine.mask(F["captured at"].last(2, "days")).all()
    source.schema = type(SCHEMA)()
    source.now = source.now.replace(year=2027)
    assert not engine.mask(F.lux.is_misfit()).any()
    assert not engine.mask(F["captured at"].last(2, "days")).any()


def test_nearest_chooses_among_the_listed_rows():
    items = [Item(f"i{n}", {"vector": [1, n]}) for n in range(4)]
    listed = [np.array([0, 1, 2, 3])]
    engine = FilterEngine(ItemColumns(items), listed=lambda: listed[0])
    nearest = F.vector.nearest(2, [1, 0])
    assert engine.mask(nearest).tolist() == [True, True, False, False]
    listed[0] = np.array([1, 3, 2])
    assert engine.mask(nearest).tolist() == [False, True, True, False]


def test_equal_vectors_come_in_the_order_of_rows_whatever_rounding_says():
    rows = [[0.1 * n, 0.3 * n, 0.7 * n] for n in (3, 1, 7, 9, 11)] + [[3, 9, 21], [1, 3, 7]]
    items = [Item(f"i{n}", {"vector": vector}) for n, vector in enumerate(rows)]
    source = ItemColumns(items)
    for count in range(1, 8):
        rule = F.vector.nearest(count, [1, 3, 7])
        assert FilterEngine(source).mask(rule).tolist() == naive(rule, source)


def test_a_rule_for_encord_alone_is_refused_and_counts_as_left_out():
    source = ItemColumns(many(8))
    filter_ = Filter.opaque({"metric": "blur"}) & (F.weather == "rain")
    with pytest.raises(InvalidInputError, match="Mute it"):
        FilterEngine(source).mask(filter_)
    assert FilterEngine(source).mask(filter_.mute((0,))).sum() == 2
    counts = FilterEngine(source).counts(filter_)
    assert (counts[()].matches, counts[0,].removes, counts[1,].removes) == (2, 0, 6)


def test_memory_is_bounded_and_given_back():
    engine = FilterEngine(ItemColumns(many(20)))
    for n in range(400):
        assert engine.mask(F.lux > n).sum() == sum(i / 2 > n for i in range(20))
    assert len(engine._held) <= 256
    engine.forget()
    assert not engine._held
    assert engine.mask(Not(F.lux > 5)).sum() == 11


def test_new_rows_are_looked_at_even_if_the_source_names_old_ones_alone():
    source = ItemColumns(many(40))
    source.changed_rows = lambda column_id, since: np.empty(0, dtype=np.int64)
    engine = FilterEngine(source)
    engine.mask(F.weather == "rain")
    source.append([Item("new", {"weather": "rain"}), Item("newer", {"weather": "fog"})])
    assert engine.mask(F.weather == "rain").tolist() == naive(F.weather == "rain", source)


def test_nothing_is_near_to_what_is_no_vector():
    values = [[], [0, 0], ["a", 1], {}, None, [1, 2], [True, 1], [[1], 2]]
    source = ItemColumns([Item(uuid, {"vector": v}) for uuid, v in zip(UUIDS, values, strict=True)])
    for uuid, value in zip(UUIDS, values, strict=True):
        found = FilterEngine(source).mask(F.vector.nearest(9, uuid)).tolist()
        assert found == [value == [1, 2] and other == value for other in values]
