"""Facets count what rules would match: every bar, every value, and all the rest."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.filters import tops
from encord_widgets.metadata.filters.engine import FilterEngine
from encord_widgets.metadata.filters.facets import facet
from encord_widgets.metadata.filters.masks import rule_mask
from encord_widgets.metadata.filters.tree import Rule
from encord_widgets.metadata.values import ABSENT, Absent
from tests.metadata.filters import strategies as some
from tests.metadata.filters.columns import ItemColumns
from tests.metadata.filters.reference import Item, json_type


def column_of(values):
    column = Column(len(values))
    for old in (["stale"] * len(values), values):  # texts and codes that no cell holds any more
        column.write(np.arange(len(values)), old)
    return column


mixtures = st.one_of(
    st.lists(some.numbers | st.just(ABSENT), max_size=30),
    st.lists(st.integers(-50, 50) | st.none(), max_size=30),
    st.lists(some.moments | st.none(), max_size=30),
    st.lists(st.datetimes().map(lambda d: d.isoformat()), max_size=30),
    st.lists(st.booleans() | some.words, max_size=30),
    st.lists(some.words, max_size=30),
    st.lists(some.cells["mixed"] | st.just(ABSENT), max_size=30),
)


@given(mixtures, st.integers(1, 30), st.data())
def test_every_row_is_counted_once_and_where_a_rule_would_count_it(values, bins, data):
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), unique=True)) if values else []
    column = column_of(values)
    found = facet(column, np.array(rows, dtype=np.int64), bins)
    held = [values[row] for row in rows]
    assert found.absent == held.count(ABSENT)
    assert found.null == held.count(None)
    counted = sum(found.counts) + sum(n for _, n in found.top) + found.more_rows + sum(found.others.values())
    assert counted + found.absent + found.null == len(rows)
    types = Counter(json_type(value) for value in held if not isinstance(value, Absent) and value is not None)
    for name in ("object", "list"):
        assert found.others.get(name, 0) == types[name]
    if found.counts:
        assert len(found.counts) <= bins
        assert len(found.edges) == len(found.counts) + 1
        if not any(type(value) is int and abs(value) > 2**53 for value in held):  # they are drawn as floats
            _bars_count_what_rules_match(found, column, rows)


def _bars_count_what_rules_match(found, column, rows):
    if found.kind == "dates" and (found.edges[0].startswith("0001") or found.edges[-1].startswith("9999")):
        return  # the calendar of ISO 8601 ends inside this bar
    for place, count in enumerate(found.counts):
        low, high = found.edges[place], found.edges[place + 1]
        last = place == len(found.counts) - 1
        from_low = rule_mask(Rule("key:k", "ge", (low,)), column)
        to_high = rule_mask(Rule("key:k", "le" if last else "lt", (high,)), column)
        if any(abs(float(n)) > 1e300 for n in (low, high) if not isinstance(n, str)):
            continue  # integers past a float64 count as the largest one
        assert (from_low & to_high)[rows].sum() == count


@given(st.lists(some.words | st.text(max_size=2), max_size=40), st.integers(1, 5), st.booleans())
def test_top_values_are_the_most_frequent(values, top, long):
    column, expected = column_of(values), Counter(values)
    limit, tops._FEW_TEXTS = tops._FEW_TEXTS, -1 if long else tops._FEW_TEXTS
    try:
        found = facet(column, top=top)
    finally:
        tops._FEW_TEXTS = limit
    if found.kind == "values":
        assert [count for _, count in found.top] == [count for _, count in expected.most_common(top)]
        assert all(expected[text] == count for text, count in found.top)
        assert found.more == len(expected) - len(found.top)
        assert found.more_rows == len(values) - sum(count for _, count in found.top)


def test_of_equally_frequent_texts_the_first_are_shown():
    texts = [f"name {n}" for n in range(30_000)] + ["name 7", "name 29999", "name 7"]
    found = facet(column_of(texts), top=4)
    assert found.top == (("name 7", 3), ("name 29999", 2), ("name 0", 1), ("name 1", 1))
    assert (found.more, found.more_rows) == (29_996, 29_996)


def test_edges_are_round():
    assert facet(column_of([0.13, 9.7]), bins=10).edges == (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    assert facet(column_of([3, 5]), bins=10).edges == (3, 4, 5)
    assert facet(column_of([0.1, 0.35]), bins=3).edges == (0.1, 0.2, 0.3, 0.4)
    assert facet(column_of([7, 7])).counts == (2,)
    assert facet(column_of([7, 7])).edges == (7, 7)


def test_moments_are_drawn_between_dates_of_the_calendar():
    days = facet(column_of(["2024-02-27", "2024-03-01T10:00:00Z", None, "soon", *["2024-02-28"] * 3]), bins=5)
    assert days.kind == "dates"
    assert days.edges[0] == "2024-02-27T00:00:00+00:00"
    assert days.counts == (1, 3, 0, 1)
    assert (days.null, days.others) == (1, {"text": 1})
    months = facet(column_of(["2023-11-15", "2024-02-01", "2024-04-30"]), bins=6)
    assert months.edges[:2] == ("2023-11-01T00:00:00+00:00", "2023-12-01T00:00:00+00:00")
    assert months.counts == (1, 0, 0, 1, 0, 1)
    weeks = facet(column_of(["2024-01-03", "2024-02-20"]), bins=10)
    assert weeks.edges[0] == "2024-01-01T00:00:00+00:00"  # a Monday
    whole = facet(column_of(["0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00"]), bins=5)
    assert whole.edges[0].startswith("0001-01-01")
    assert sum(whole.counts) == 2


def test_the_most_common_type_decides():
    values = ["1", 2, 3.5, True, None, ABSENT, {}, [1], 10**400]
    found = facet(column_of(values), bins=4)
    assert found.kind == "histogram"
    assert sum(found.counts) == 3
    assert found.others == {"boolean": 1, "text": 1, "object": 1, "list": 1}
    assert found.to_json()["absent"] == 1
    assert facet(column_of([True, False, True, None])).top == ((True, 2), (False, 1))


@pytest.mark.parametrize("values", [[], [ABSENT], [None], [{}], [""]])
def test_columns_without_much_in_them(values):
    found = facet(column_of(values))
    assert found.kind == "values"
    assert found.counts == ()
    assert found.top == ((("", 1),) if values == [""] else ())


def test_the_engine_keeps_what_texts_mean():
    items = [Item(str(n), {"captured at": f"2024-01-{n % 28 + 1:02d}"}) for n in range(100)]
    source = ItemColumns(items)
    engine = FilterEngine(source)
    before = engine.facet("key:captured at", bins=30)
    source.write(3, "key:captured at", "2024-02-01")
    after = engine.facet("key:captured at", bins=40)
    assert after == facet(source.column("key:captured at"), bins=40)
    assert sum(before.counts) == sum(after.counts) == 100
    some_rows = np.arange(5)
    again = engine.facet("key:captured at", some_rows, bins=40)
    assert again == facet(source.column("key:captured at"), some_rows, bins=40)


@pytest.mark.parametrize("number", [1.0000000000000002e308, 5e-324])
def test_numbers_at_the_ends_of_float64_are_drawn(number):
    assert sum(facet(column_of([0, number]), np.arange(2), 1).counts) == 2
