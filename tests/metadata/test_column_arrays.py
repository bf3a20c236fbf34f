"""Columns put together from arrays hold what their parts held."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.column_arrays import woven
from encord_widgets.metadata.columns import Column
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
