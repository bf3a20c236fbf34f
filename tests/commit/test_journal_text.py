from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.commit.journal_text import text_of, texts_of, value_of
from encord_widgets.metadata.values import ABSENT
from tests.metadata import strategies


@given(st.lists(strategies.values | st.sampled_from([ABSENT, "rain", "\ud800", True, 1, 1.0])))
def test_many_values_are_spelled_as_one(values):
    texts = texts_of(values + values)
    assert texts == [text_of(value) for value in values + values]
    assert list(map(repr, map(value_of, texts))) == list(map(repr, values + values))
