"""What a caller gives is looked at where it comes in."""

from __future__ import annotations

import uuid

import pandas as pd
import pytest

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.given import check_kind, several


@pytest.mark.parametrize("given", ["rain", uuid.UUID(int=5)])
def test_a_single_text_or_uuid_is_one_thing(given):
    assert several(given, "options") == [given]


@pytest.mark.parametrize(
    "given", [["a", "b"], ("a", "b"), {"a": 1, "b": 2}, (c for c in "ab"), pd.Index(["a", "b"])]
)
def test_whatever_holds_several_things(given):
    assert several(given, "options") == ["a", "b"]


@pytest.mark.parametrize("given", [None, 5, float("nan"), pd.DataFrame({"a": [1]})])
def test_what_holds_none_is_refused(given):
    with pytest.raises(InvalidInputError, match=r"(?s)a list of options, got .*Such as these\."):
        several(given, "options", "Such as these.")


def test_another_kind_is_refused():
    check_kind({}, (dict, list), "a table")
    with pytest.raises(InvalidInputError) as caught:
        check_kind(5, dict, "a table", "Read it first.", key="data")
    assert str(caught.value) == "key 'data': expected a table, got 5 (int). Read it first."
