"""Order of rows and the frame: index arrays over the table, equal to a naive reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.item_view import Listing, search_rows, sort_rows, to_frame
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.values import ABSENT
from tests.metadata import strategies


def table_of(metadata):
    table = ItemTable()
    names = {"name": [f"item {n}" for n in range(len(metadata))]}
    table.append(ItemBatch([f"u{n}" for n in range(len(metadata))], names, metadata))
    return table


def rows(*numbers):
    return np.array(numbers, dtype=np.int64)


def test_pages_from_both_ends_fall_into_place():
    listing = Listing()
    listing.add(rows(0, 1), from_end=False)
    listing.add(rows(2, 3), from_end=True)
    assert listing.rows.tolist() == [0, 1, 3, 2]
    listing.add(rows(4, 5), from_end=False)
    listing.add(rows(6), from_end=True)
    assert listing.rows.tolist() == [0, 1, 4, 5, 6, 3, 2]
    listing.add(rows(5, 6), from_end=False)
    assert listing.rows.tolist() == [0, 1, 4, 5, 6, 3, 2], "an item that both ends listed stands once"
    listing.remove([4])
    assert listing.rows.tolist() == [0, 1, 5, 6, 3, 2]


@given(
    st.lists(st.floats(allow_nan=False) | strategies.text | st.none() | st.just(ABSENT), max_size=15),
    st.booleans(),
)
def test_missing_values_come_last_both_ways_and_ties_keep_their_order(values, descending):
    column = Column(len(values))
    every = np.arange(len(values))
    column.write(every, values)
    order = [values[row] for row in sort_rows(every, column, descending=descending)]
    missing = [value for value in values if value is None or value is ABSENT]
    assert sorted(map(repr, order)) == sorted(map(repr, values))
    if missing:
        assert all(value is None or value is ABSENT for value in order[-len(missing) :])
    numbers = [value for value in order if isinstance(value, float)]
    assert numbers == sorted(numbers, reverse=descending)
    same = Column(len(values))
    assert sort_rows(every, same, descending=descending).tolist() == every.tolist()


@given(st.lists(strategies.metadata, max_size=8), st.sampled_from(["a", "1", "rain", "É", "0.5"]))
def test_search_keeps_the_order_and_finds_text(metadata, needle):
    table = table_of(metadata)
    every = np.arange(len(metadata))[::-1]
    found = search_rows(every, [table.column(key) for key in table.keys], needle)
    assert found.tolist() == [row for row in every.tolist() if row in set(found.tolist())]
    for row in every.tolist():
        texts = [value for value in metadata[row].values() if isinstance(value, str)]
        if any(needle.casefold() in text.casefold() for text in texts):
            assert row in found


def test_a_blank_search_keeps_all():
    assert search_rows(rows(2, 1), [], "  ").tolist() == [2, 1]


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        ([1, ABSENT, 3], "Int64"),
        ([1.5, ABSENT], "Float64"),
        ([True, ABSENT], "boolean"),
        (["a", ABSENT], "str"),
        ([1, 1.5], "object"),
        ([1, "1"], "object"),
        (["a", None, ABSENT], "object"),
        ([2**70], "object"),
        ([{"a": 1}], "object"),
        ([ABSENT], "object"),
    ],
)
def test_frame_columns_are_typed_when_that_loses_nothing(cells, dtype):
    table = table_of([{"other": 0} if cell is ABSENT else {"k": cell} for cell in cells])
    column = to_frame(table, np.arange(len(cells))).get("k", pd.Series(dtype="object"))
    assert column.dtype == dtype
    for cell, seen in zip(cells, column.tolist(), strict=False):
        if cell is ABSENT:
            assert pd.isna(seen)
            assert seen is not None
        else:
            assert seen == cell


def told(cells):
    """Cells with their types, missing ones alike."""
    return [
        (type(cell), cell) if cell is None or cell is pd.NA else (type(cell), repr(cell)) for cell in cells
    ]


@given(
    st.lists(
        st.dictionaries(st.just("k"), strategies.values, max_size=1)
        | st.dictionaries(st.just("k"), st.sampled_from(["rain", "fog"]), max_size=1)
        | st.dictionaries(st.just("k"), st.integers(2**53 - 2, 2**53 + 2), max_size=1),
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_a_frame_equals_one_made_cell_by_cell(metadata, random):
    table = table_of(metadata)
    order = random.sample(range(len(metadata)), random.randint(0, len(metadata)))
    found = to_frame(table, rows(*order)).get("k", pd.Series(dtype="object"))
    cells = [metadata[row].get("k", pd.NA) for row in order] if "k" in table.keys else []
    kinds = {type(cell) for cell in cells} - {type(pd.NA)}
    dtype = (
        {str: "str", bool: "boolean", int: "Int64", float: "Float64"}.get(*kinds, "object")
        if len(kinds) == 1
        else "object"
    )
    if any(type(cell) is int and abs(cell) >= 2**63 for cell in cells):
        dtype = "object"
    expected = pd.Series(cells, dtype=dtype)
    assert found.dtype == expected.dtype
    assert told(found.tolist()) == told(expected.tolist())


def test_a_key_that_shares_the_name_of_a_field_is_told_apart():
    frame = to_frame(table_of([{"name": "mine", "width": 3}]), rows(0))
    assert frame.loc["u0", "name"] == "item 0"
    assert frame.loc["u0", "client_metadata.name"] == "mine"
    assert frame.loc["u0", "client_metadata.width"] == 3
