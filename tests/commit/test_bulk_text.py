"""Edits of many items come back from the journal's bytes exactly as they were."""

from __future__ import annotations

import re
import uuid

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.commit import bulk_text
from encord_widgets.metadata.columns import Column
from tests.metadata import strategies

uuids = st.uuids().map(str) | st.uuids().map(lambda u: str(u).upper()) | strategies.text
odd = st.sampled_from([-0.0, 0.0, 0, "\ud83d", "", "null", 2**60, 2.0**60, [2**70], True, 1, 1.0])


@given(st.lists(uuids))
def test_items(items):
    assert bulk_text.items_of(bulk_text.pack_items(items)) == items


@given(st.integers(0, 9), st.integers(0, 35), st.sampled_from("-_ 09afgAF\u00e9\u2013\x00"))
def test_items_of_which_one_is_spelled_otherwise(at, place, letter):
    items = [str(uuid.UUID(int=2**100 + n * 2**37)) for n in range(10)]
    items[at] = items[at][:place] + letter + items[at][place + 1 :]
    packed = bulk_text.pack_items(items)
    assert bulk_text.items_of(packed) == items
    assert (packed[:1] == b"u") == bool(re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", items[at]))


def test_usual_uuids_take_16_bytes_each():
    items = [str(uuid.UUID(int=2**100 + n)) for n in range(10)]
    packed = bulk_text.pack_items(items)
    assert len(packed) == 161
    assert bulk_text.items_of(packed) == items


@given(st.sets(st.integers(0, 400), min_size=1), st.integers(1, 1000))
def test_rows(rows, apart):
    given_rows = np.array(sorted(rows)) * apart
    assert bulk_text.rows_of(bulk_text.pack_rows(given_rows)).tolist() == given_rows.tolist()


@given(st.none() | st.lists(st.booleans(), min_size=1))
def test_masks(mask):
    packed = bulk_text.pack_mask(None if mask is None else np.array(mask))
    found = bulk_text.mask_of(packed, len(mask or []))
    assert (None if found is None else found.tolist()) == mask


@given(st.lists(strategies.cells | odd, min_size=1), st.booleans())
def test_values(values, one):
    values = [values[0]] * len(values) if one else values
    column = Column(len(values))
    column.write(np.arange(len(values)), values)
    packed = bulk_text.pack_values(column)
    found = bulk_text.values_of(packed, len(values))
    assert [(type(v), repr(v)) for v in found] == [(type(v), repr(v)) for v in values]
    if one and isinstance(values[0], (str, float)):
        assert packed[:1] == b"c"
