"""Bodies are exact, and the collector's settings are left as they were found."""

from __future__ import annotations

import gc
import math

import pytest
from hypothesis import given, settings

from encord_widgets.api.codec import decode, encode, encode_parsed, rarely_collected
from encord_widgets.api.wire_model import are_normal_uuids, checked_uuids
from encord_widgets.errors import InvalidInputError
from tests.metadata.strategies import values

ONE = "8ad5c1e0-0000-4000-8000-000000000001"
OTHER = "8ad5c1e0-0000-4000-8000-000000000002"


@settings(deadline=None)
@given(values)
def test_what_is_encoded_is_decoded(value):
    assert decode(encode(value)) == value
    assert encode_parsed(decode(encode(value))) == encode(value)


@pytest.mark.parametrize("body", [{"a": None, "b": math.nan}, [None, [math.inf]], {"a": {"b": [math.nan]}}])
def test_what_is_no_number_never_leaves_as_null(body):
    with pytest.raises(InvalidInputError):
        encode(body)


def test_commits_side_by_side_leave_the_collector_as_it_was():
    usual = gc.get_threshold()
    first, second = rarely_collected(), rarely_collected()
    first.__enter__()
    second.__enter__()
    assert gc.get_threshold()[0] == usual[0] * 1000
    first.__exit__(None, None, None)
    assert gc.get_threshold() != usual
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual


def test_what_somebody_set_meanwhile_stays():
    usual = gc.get_threshold()
    try:
        with rarely_collected():
            gc.set_threshold(123, 4, 5)
        assert gc.get_threshold() == (123, 4, 5)
    finally:
        gc.set_threshold(*usual)


@pytest.mark.parametrize(
    ("values", "normal"),
    [
        ([ONE, OTHER], True),
        ([ONE.upper()], False),
        ([f"{ONE}\n{OTHER}"], False),  # one value with a line break in it
        ([""], False),
        ([ONE, ""], False),
    ],
)
def test_normal_uuids_are_told_at_one_look(values, normal):
    assert are_normal_uuids(values) is normal


def test_given_uuids_keep_their_order_and_number():
    assert checked_uuids([OTHER, ONE.upper(), OTHER], "item") == [OTHER, ONE, OTHER]
    assert checked_uuids([], "item") == []
    with pytest.raises(InvalidInputError, match="nobody"):
        checked_uuids([ONE, "nobody"], "item")
