"""Columns put together from arrays hold what their parts held."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.column_arrays import arrow_of_texts, column_of_arrow, woven
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.text_store import Texts
from tests.metadata import strategies


def spelled(values):
    return [(type(value), repr(value)) for value in values]


@given(st.lists(strategies.cells, min_size=2, max_size=30), st.booleans(), st.data())
def test_two_columns_woven(values, shared, data):
    places = np.arange(len(values))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    first, second = np.flatnonzero(mask), np.flatnonzero(~mask)
    column = Column(len(values))
    column.write(places, values)
    one, other = column.take(first), column.take(second)
    if not shared:
        other = Column(len(second))
        other.write(np.arange(len(second)), [values[at] for at in second])
    found = woven(first, one, second, other)
    assert spelled(found.values(places)) == spelled(values)
    assert spelled(column.values(places)) == spelled(values)


@given(st.lists(st.lists(strategies.text, max_size=6), max_size=4), st.integers(0, 3))
def test_texts_of_arrow(parts, cut):
    chunks = [pa.array(part, pa.large_string())[cut:] for part in parts]
    texts = [text for part in parts for text in part[cut:]]
    column = column_of_arrow(chunks)
    assert column.values(np.arange(len(texts))) == texts


@given(st.lists(strategies.text, min_size=1, max_size=9), st.data())
def test_texts_as_arrow(texts, data):
    codes = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=9)), dtype=np.int32)
    gone = np.array([data.draw(st.booleans()) for _ in codes], dtype=np.bool_)
    expected = [None if absent else texts[code] for code, absent in zip(codes, gone, strict=True)]
    stray = np.where(gone, 2**30, codes).astype(np.int32)  # codes of other cells mean nothing
    assert arrow_of_texts(Texts(texts), stray, gone).to_pylist() == expected
    assert arrow_of_texts(Texts(texts), np.arange(len(texts), dtype=np.int32)).to_pylist() == texts
    assert arrow_of_texts(Texts([*texts, "\ud83d"]), codes, gone) is None
