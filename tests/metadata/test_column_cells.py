"""Columns compared by whole arrays say what a comparison value by value says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata import column_cells as module
from encord_widgets.metadata.column_cells import same_cells
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.values import ABSENT, same
from tests.metadata import strategies

near = st.sampled_from(
    [ABSENT, None, False, True, 0, 1, 1.0, -0.0, 2**53, 2.0**53, 2**53 + 1, 2**60, 2.0**60, "", "1", "fog",
     [1], [1.0], {"a": 1, "b": 2}, {"b": 2, "a": 1}, {}, [2**70]]
)  # fmt: skip
cells = st.lists(st.tuples(near | strategies.cells, near | strategies.cells), min_size=1, max_size=8)


def written(values):
    column = Column(len(values))
    column.write(np.arange(len(values)), values)
    return column


def expected(one, other):
    return [same(a, b) for a, b in zip(one, other, strict=True)]


@given(cells, st.integers(1, 60), st.randoms(use_true_random=False), st.sampled_from([0, 4096]))
def test_many_cells_of_few_values(pairs, times, random, few_pairs):
    chosen = [random.choice(pairs) for _ in range(len(pairs) * times)]
    one, other = [a for a, _ in chosen], [b for _, b in chosen]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW_PAIRS", few_pairs)
        assert same_cells(written(one), written(other)).tolist() == expected(one, other)


@given(st.lists(near | strategies.cells, min_size=1, max_size=40), near, st.sampled_from([0, 4096]))
def test_against_one_value(values, wanted, few_pairs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW_PAIRS", few_pairs)
        column, alike = written(values), Column.of(wanted, len(values))
        assert same_cells(column, alike).tolist() == expected(values, [wanted] * len(values))
        assert same_cells(alike, column).tolist() == expected([wanted] * len(values), values)


@given(st.lists(near, min_size=1, max_size=30), st.data())
def test_cells_taken_from_one_column(values, data):
    places = st.lists(st.integers(0, len(values) - 1), min_size=5, max_size=5)
    one, other = (np.array(data.draw(places)) for _ in range(2))
    column = written(values)
    found = same_cells(column.take(one), column.take(other))
    assert found.tolist() == expected([values[at] for at in one], [values[at] for at in other])


def test_distinct_texts_in_two_columns_and_against_one():
    one = [f"text {at}" for at in range(9000)]
    other = [f"text {at + at % 2}" for at in range(9000)]
    assert same_cells(written(one), written(other)).tolist() == expected(one, other)
    assert np.flatnonzero(same_cells(written(one), Column.of("text 7", 9000))).tolist() == [7]


@given(near | strategies.cells, st.integers(0, 5))
def test_a_column_of_one_value(value, rows):
    column = Column.of(value, rows)
    assert [(type(v), repr(v)) for v in column.values(np.arange(rows))] == [(type(value), repr(value))] * rows
    assert len(column) == len(column.tags) == len(column.numbers) == len(column.codes) == rows
