"""Cells: nothing that differs looks alike, and both ways of encoding agree."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets import ABSENT
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.values import compact
from encord_widgets.widgets.cells import encode, encode_column, matches, to_bytes

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=50)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | TEXTS.map(lambda text: text * 30)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
VALUES = JSON | st.just(ABSENT)


def decoded(cell):
    """What a page makes of a cell, or None with False where it was sent the start only."""
    if isinstance(cell, bool) or cell is None or isinstance(cell, str):
        return cell, True
    if cell == 0:
        return ABSENT, True
    kind, text, *length = cell
    if length and utf16(text) < length[0]:
        return text, False
    return (text if kind == "t" else json.loads(text)), True


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


@given(VALUES)
def test_a_cell_says_what_the_value_is(value):
    cell = json.loads(to_bytes(encode(value)))
    found, whole = decoded(cell)
    if whole:
        assert (type(found), found) == (type(value), value)
    elif isinstance(value, str):
        assert cell == ["t", value[:400], utf16(value)]
    else:
        text = compact(value)
        assert cell == ["j", text[:300], utf16(text)]


@given(VALUES, VALUES)
def test_a_cell_matches_its_own_value_only(one, other):
    cell = json.loads(to_bytes(encode(one)))
    assert matches(cell, one)
    if matches(cell, other):
        assert decoded(cell)[0] == decoded(encode(other))[0]


@given(st.lists(VALUES, max_size=12))
def test_a_column_is_encoded_as_its_values_are(values):
    column = Column(len(values))
    rows = np.arange(len(values), dtype=np.int64)
    column.write(rows, values)
    assert encode_column(column, rows) == [encode(value) for value in values]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (0, False),
        (0, 0),
        (False, 0),
        (None, ABSENT),
        (["n", "1"], 1.0),
        (["n", "1"], "1"),
        ("null", None),
        ("", ABSENT),
    ],
)
def test_what_differs_does_not_match(cell, value):
    assert not matches(cell, value)


def test_lengths_count_as_browsers_do():
    assert encode("😀" * 401) == ["t", "😀" * 400, 802]
    assert encode(["😀"]) == ["j", '["😀"]', 6]


def test_lone_surrogates_travel_as_escapes():
    assert to_bytes(["\ud800"]) == b'["\\ud800"]'


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        ([0.5] * 400, [400, "10"]),
        ([3, 4] + [0] * 300, [302, "5"]),
        ([0.5] * 4, []),
        (["a"] * 400, []),
        ([[1.0] * 400], []),
        ([10**400] * 4, []),
    ],
)
def test_a_cut_vector_travels_with_its_size_and_norm(value, rest):
    cell = encode(value)
    assert cell[3:] == rest
    assert matches(cell, value)
