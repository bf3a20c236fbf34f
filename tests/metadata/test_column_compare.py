"""What is read again is written only where it differs, whatever it is."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from encord_widgets.metadata.column_compare import holds, write_moved
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.values import ABSENT, same
from tests.metadata import strategies
from tests.metadata.test_columns import exact

odd = st.sampled_from(
    [0, 0.0, -0.0, 1, 1.0, True, False, 2**53 + 1, 2**70, 1e300, "1", "", None, ABSENT, [1], [1.0]]
)
cells = odd | strategies.cells


@settings(deadline=None)
@given(st.lists(st.tuples(cells, cells, st.booleans()), max_size=20), st.booleans())
def test_only_what_differs_is_written_and_told(rows, no_index):
    old = [was for was, _, _ in rows]
    new = [is_now if differs else was for was, is_now, differs in rows]
    column = Column(len(rows))
    every = np.arange(len(rows))
    column.write(every, old)
    if no_index:
        column._index = None  # as in a column of very many texts
    version = column.version
    found = write_moved(column, every, new)
    expected = [at for at in range(len(rows)) if not same(old[at], new[at])]
    if found is None:
        assert expected == []
        assert column.version == version
    else:
        told, before = found
        assert told.tolist() == expected
        assert exact(before.values(np.arange(len(told)))) == exact([old[at] for at in expected])
    assert [same(a, b) for a, b in zip(column.values(every), new, strict=True)] == [True] * len(rows)


@settings(deadline=None)
@given(st.lists(cells, min_size=1, max_size=20), st.data())
def test_a_column_holds_what_was_written_and_nothing_else(values, data):
    column = Column(len(values))
    every = np.arange(len(values))
    column.write(every, values)
    if not any(type(value) is int and abs(value) > 2**53 for value in values):  # they want a closer look
        assert holds(column, every, values)
    at = data.draw(st.integers(0, len(values) - 1))
    other = data.draw(cells)
    changed = [*values[:at], other, *values[at + 1 :]]
    if exact([other]) != exact([values[at]]):
        assert not holds(column, every, changed)
