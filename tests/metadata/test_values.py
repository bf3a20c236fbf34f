"""Values: absent is not null, equal JSON is equal, and nothing is converted with a loss."""

from __future__ import annotations

import datetime as dt
import enum
import json
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.values import ABSENT, canonical, compact, loads, same, shown, to_json
from tests.metadata import strategies


@given(strategies.values)
def test_json_passes_through_unchanged(value):
    assert repr(to_json(value)) == repr(value)


@given(strategies.values)
def test_compact_text_reads_back_exactly(value):
    assert same(loads(compact(value)), value)


@given(strategies.cells, strategies.cells)
def test_same_is_equality_of_canonical_text(a, b):
    assert same(a, b) == (canonical(a) == canonical(b))
    assert same(a, a)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1.0, True),
        (0.0, -0.0, True),
        (True, 1, False),
        ("1", 1, False),
        (None, ABSENT, False),
        ("", ABSENT, False),
        ({"a": 1, "b": [1.0]}, {"b": [1], "a": 1.0}, True),
        ([1, 2], [2, 1], False),
        (2**53 + 1, float(2**53), False),
        (10**30, 10**30, True),
    ],
)
def test_what_counts_as_the_same(a, b, equal):
    assert same(a, b) is equal
    assert same(b, a) is equal


def test_integers_of_any_size_keep_every_digit():
    text = '{"n":123456789012345678901234567890,"m":9007199254740993}'
    assert compact(loads(text)) == text
    assert compact(loads(text.encode())) == text


@pytest.mark.parametrize(
    "text", ["[1234567890123456789, NaN]", "[1234567890123456789, 1e999]", "[NaN]", "{", "1e999"]
)
def test_what_is_not_json_is_refused(text):
    with pytest.raises(ValueError):
        loads(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(7), 7),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (dt.datetime(2024, 2, 24, 8, tzinfo=dt.UTC), "2024-02-24T08:00:00+00:00"),
        (dt.date(2024, 2, 24), "2024-02-24"),
        ({"at": [dt.date(2024, 2, 24)]}, {"at": ["2024-02-24"]}),
    ],
)
def test_exact_conversions(value, expected):
    converted = to_json(value)
    assert converted == expected
    assert json.loads(json.dumps(converted)) == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "NaN or infinity"),
        (float("inf"), "NaN or infinity"),
        (np.float64("nan"), "NaN or infinity"),
        (dt.datetime(2024, 2, 24), "zone"),  # noqa: DTZ001 - the point
        ({1, 2}, "sorted(value)"),
        ((1, 2), "list(value)"),
        (np.array([1.0]), "tolist"),
        (Decimal("1.5"), "Convert it yourself"),
        (b"raw", "JSON value"),
        (pd.NaT, "NaT"),
        (pd.NA, "JSON value"),
        ({1: "a"}, "str(key)"),
        ({"a": ABSENT}, "left out"),
        ("\ud800", "surrogates"),
        (np.datetime64("2024-02-24"), "JSON value"),
    ],
)
def test_a_loss_is_refused_and_named(value, words):
    with pytest.raises(InvalidInputError, match=words.replace("(", r"\(").replace(")", r"\)")):
        to_json(value)


def test_every_problem_inside_a_value_is_named_with_its_path():
    with pytest.raises(InvalidInputError) as caught:
        to_json({"a": [1.0, float("nan")], "b": {"c": {1}}})
    assert [problem.got for problem in caught.value.problems] == ["nan (float) at a[1]", "{1} (set) at b.c"]


class Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"at": dt.date(2024, 2, 24), "n": 1}, {"at": "2024-02-24", "n": 1}),
        ([uuid.UUID(int=5), None], [str(uuid.UUID(int=5)), None]),
        ({"n": [Level.LOW, True, np.int64(2), 2**70, 1.0]}, {"n": [1, True, 2, 2**70, 1.0]}),
    ],
)
def test_what_is_inside_a_value_is_converted_exactly(value, expected):
    assert repr(to_json(value)) == repr(expected)


def test_a_nested_value_is_copied():
    value = {"frames": [{"a": 1}]}
    copied = to_json(value)
    value["frames"][0]["a"] = 2
    assert copied == {"frames": [{"a": 1}]}


def test_levels_are_counted_and_not_brackets():
    wide = [[] for _ in range(200)]
    assert to_json(wide) == wide
    deep: list[object] = []
    for _ in range(64):
        deep = [deep]
    assert to_json(deep) == deep
    with pytest.raises(InvalidInputError, match="64 levels"):
        to_json([deep])


def test_a_value_that_holds_itself_is_refused():
    value: list[object] = []
    value.append(value)
    with pytest.raises(InvalidInputError, match="levels"):
        to_json(value)


def test_shown_is_short():
    assert shown("x" * 500).endswith("…")
    assert len(shown("x" * 500)) == 60
