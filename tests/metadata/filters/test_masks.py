"""Masks of single rules over columns: long columns as well as short ones, some rows as well as all."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.filters import bits
from encord_widgets.metadata.filters.arguments import instant
from encord_widgets.metadata.filters.blob import Blob
from encord_widgets.metadata.filters.instants import NO_TIME, instants, usual_instants
from encord_widgets.metadata.filters.masks import rule_mask
from encord_widgets.metadata.filters.parsed import Parsed
from encord_widgets.metadata.filters.places import places
from encord_widgets.metadata.filters.tree import Rule
from encord_widgets.metadata.filters.vectors import vectors
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.text_store import Texts
from encord_widgets.metadata.values import ABSENT, compact
from tests.metadata import strategies as any_
from tests.metadata.filters import strategies as some
from tests.metadata.filters.reference import NOW, Item, is_place, rule_holds

ASKED = sorted(set(some.ARGUMENTS) - {"nearest"})


def column_of(values):
    column = Column(len(values))
    column.write(np.arange(len(values)), values)
    return column


def naive(rule, values):
    from encord_widgets.metadata.schema import MetadataSchema

    items = [Item(str(n), {} if v is ABSENT else {"k": v}) for n, v in enumerate(values)]
    return [rule_holds(rule, item, items, NOW, MetadataSchema()) for item in items]


@given(st.sampled_from(ASKED), st.data(), st.lists(some.cells["mixed"] | st.just(ABSENT), max_size=12))
def test_some_rows_are_judged_as_all_are(op, data, values):
    rule = Rule("key:k", op, data.draw(some.ARGUMENTS[op]))
    column, expected = column_of(values), naive(rule, values)
    # Kinds that a cell held before leave traces in the arrays, and texts that no cell holds any more.
    for old in (["x"] * len(values), [[1]] * len(values), [10**30] * len(values), values):
        column.write(np.arange(len(values)), old)
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), unique=True)) if values else []
    parsed = Parsed()
    assert rule_mask(rule, column, parsed=parsed, now=NOW).tolist() == expected
    some_rows = rule_mask(rule, column, np.array(rows, dtype=np.int64), parsed=parsed, now=NOW)
    assert some_rows.tolist() == [expected[row] for row in rows]


@pytest.mark.parametrize("op", ASKED)
def test_long_columns_of_distinct_texts_are_judged_as_short_ones(op):
    """Beyond some thousand texts other ways of looking are taken."""
    rng = random.Random(op)
    words = ["rain", "Straße", "ra\nin", "a.b", "2026-03-01", "ﬁ", "\ud83d", "日本", "x" * 30]

    def text(n):
        when = f"2026-0{rng.randint(1, 9)}-{rng.randint(10, 30)}T{rng.randint(10, 25)}:00:{n % 60:02d}Z"
        return rng.choice([f"{rng.choice(words)}{n}", f"{n}{rng.choice(words)}", when, rng.choice(words)])

    values = [text(n) if rng.random() < 0.9 else rng.choice([None, ABSENT, 5, [], {}]) for n in range(9000)]
    column, parsed = column_of(values), Parsed()
    assert parsed.blob(column.texts) is not None
    for values_ in LONG_ARGUMENTS.get(op, [()]):
        rule = Rule("key:k", op, values_)
        expected = naive(rule, values)
        assert rule_mask(rule, column, parsed=parsed, now=NOW).tolist() == expected
        column.write(np.arange(3), ["rain", "STRASSE", "in"])
        values[:3] = ["rain", "STRASSE", "in"]
        assert rule_mask(rule, column, parsed=parsed, now=NOW).tolist() == naive(rule, values)


NEEDLES = [("rain",), ("n",), ("\n",), ("in\n",), ("",), ("ß",), ("SS",), ("本",), ("日本12",), ("rain1234",),
           ("x" * 30,), ("x" * 29 + "1",), ("1x" + "x" * 29,)]  # fmt: skip
LONG_ARGUMENTS = {
    **{op + ci: NEEDLES for op in ("contains", "starts", "ends") for ci in ("", "_ci")},
    "is": [("rain",), ("rain12",), ("nowhere",), ([],), (5.0,)],
    "in": [("rain", "Straße", 5), ("nowhere", "a.b7"), ()],
    "is_ci": [("RAIN",), ("strasse",)],
    "in_ci": [("RAIN", "A.B")],
    "regex": [("^ra.*1$",), ("日",)],
    "regex_ci": [("^RA.*1$",)],
    **{op: [("2026-05-05",), ("2026-05-05T10:00:01Z",), (5,)] for op in ("lt", "le", "gt", "ge")},
    "between": [("2026-05-05", "2026-05-07"), (4, 6)],
    "last": [(100, "days")],
    "in_box": [(0, 0, 1, 1)],
    "within_km": [(0, 0, 1)],
    "type": [("text",), ("list",)],
    "misfit": [({"ty": "variant", "hint": "datetime"},), ({"ty": "variant", "hint": "uuid"},),
               ({"ty": "varchar", "max_length": 9},), ({"ty": "enum", "values": ["rain"]},)],
}  # fmt: skip


@given(st.lists(any_.text | st.sampled_from(["ra\nin", "\n", "", "ﬁß", "\ud83d"])), any_.text)
def test_needles_are_found_in_bytes_as_in_texts(texts, needle):
    blob = Blob(texts)
    parts = [needle, *(text[1:3] for text in texts), *(text[-2:] for text in texts), "\n", ""]
    for part in parts:
        assert blob.contains(part).tolist() == [part in text for text in texts]
        assert blob.starts(part).tolist() == [text.startswith(part) for text in texts]
        assert blob.ends(part).tolist() == [text.endswith(part) for text in texts]


SPELLINGS = st.one_of(
    some.moments,
    any_.text,
    st.datetimes().map(lambda d: d.isoformat()),
    st.datetimes().map(lambda d: d.isoformat(timespec="milliseconds") + "Z"),
    st.datetimes(timezones=st.timezones()).map(lambda d: d.isoformat(" ")),
    st.dates().map(lambda d: d.isoformat()),
    st.from_regex(
        r"\A[0-9]{4}-[0-3][0-9]-[0-9]{2}([T x][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.][0-9]{3})?"
        r"(Z|[+-][0-9]{2}:[0-9]{2})?)?\Z"
    ),
)  # fmt: skip


@given(st.lists(SPELLINGS, max_size=20))
def test_moments_are_read_at_once_as_one_by_one(texts):
    expected = [NO_TIME if (moment := instant(text)) is None else moment for text in texts]
    assert instants(texts).tolist() == expected
    assert instants(texts * 64).tolist() == expected * 64
    assert instants(Texts(texts * 64)).tolist() == expected * 64
    alike = [place for place, text in enumerate(texts) if len(text) == len(texts[-1])]  # as most columns are
    packed = Texts([texts[place] for place in alike] * 64)
    assert instants(packed).tolist() == [expected[place] for place in alike] * 64
    for given_texts, moments in ((texts, expected), (packed, instants(packed).tolist())):
        usual = usual_instants(given_texts).tolist()
        assert [one for one, moment in zip(usual, moments, strict=True) if one not in {NO_TIME, moment}] == []


@given(st.lists(some.near_places | some.json_values, max_size=8))
def test_places_are_those_of_the_schema(values):
    latitudes, longitudes = places([compact(value) for value in values])
    for value, latitude, longitude in zip(values, latitudes, longitudes, strict=True):
        assert is_place(value) == (KeyType("geospatial").misfit(value) is None and value is not None)
        if is_place(value):
            assert (latitude, longitude) == (value["latitude"], value["longitude"])
        else:
            assert math.isnan(latitude)
            assert math.isnan(longitude)


def test_vectors_are_of_length_one_however_large_they_were():
    texts = ["[1e300,1e300]", "[5e-324,0]", "[0,0]", f"[{10**400},1]", "[1,null]", "[[1],2]", "[-3,4]", "{}"]
    rows, found = vectors(texts, 2)
    assert rows.tolist() == [0, 1, 6]
    assert np.allclose(found, [[0.5**0.5, 0.5**0.5], [1, 0], [-0.6, 0.8]])


@pytest.mark.parametrize("bound", [2**53 + 1, -(2**53) - 1, 10**400, -(10**400), 0.1, 2**53, 2.0**53, -0.0])
def test_bounds_that_a_float_cannot_hold_are_compared_exactly(bound):
    around = [2.0**53, 2**53, 2**53 + 1, 2**53 + 2, 9007199254740994.0, 1e308, -1e308, 10**401, 0, -0.0, 0.1]
    values = around + [-number for number in around]
    for op in ("lt", "le", "gt", "ge", "is"):
        rule = Rule("key:k", op, (bound,))
        assert rule_mask(rule, column_of(values)).tolist() == naive(rule, values)


@given(st.integers(0, 200).flatmap(lambda n: st.lists(st.booleans(), min_size=n, max_size=n)))
def test_bits_are_the_mask(mask):
    packed = bits.pack(np.array(mask, dtype=np.bool_))
    rows = np.flatnonzero(mask)
    assert bits.unpack(packed, len(mask)).tolist() == mask
    assert bits.count(packed) == sum(mask)
    assert bits.pack_rows(rows, len(mask)).tolist() == packed.tolist()
    assert bits.count(bits.full(len(mask))) == len(mask)


def test_texts_are_read_once_and_new_ones_alone(monkeypatch):
    from encord_widgets.metadata.filters import parsed as module

    read = []
    monkeypatch.setattr(module, "instants", lambda texts: read.append(len(texts)) or instants(texts))
    parsed, texts = Parsed(), ["2026-01-01", "rain"]
    parsed.instants(texts)
    texts.append("2026-01-02")
    parsed.instants(texts)
    copy = [*texts, "2026-01-03"]
    assert parsed.instants(copy).tolist() == instants(copy).tolist()
    assert parsed.instants(["fog", *texts, "x"]).tolist() == instants(["fog", *texts, "x"]).tolist()
    assert read == [2, 1, 1, 5]


TYPES = [
    {"ty": "variant", "hint": hint} for hint in ("number", "boolean", "varchar", "text", "datetime", "uuid", "user")
] + [
    {"ty": "number", "format": "F32"}, {"ty": "varchar", "max_length": 3}, {"ty": "enum", "values": ["rain", ""]},
    {"ty": "embedding"}, {"ty": "embedding", "size": 2}, {"ty": "geospatial"}, {"ty": "tombstone"}, {"ty": "new"},
]  # fmt: skip


@given(
    st.sampled_from(TYPES),
    st.lists(some.cells["mixed"] | st.uuids().map(str) | some.near_places | st.just(ABSENT), max_size=12),
)
def test_misfits_are_those_of_the_schema(wire, values):
    ty = KeyType.from_wire(wire)
    expected = [ty.misfit(value) is not None for value in values]
    assert rule_mask(Rule("key:k", "misfit"), column_of(values), key_type=ty).tolist() == expected
    assert rule_mask(Rule("key:k", "misfit", (wire,)), column_of(values)).tolist() == expected


def test_bounds_in_time_are_exact_to_the_microsecond():
    values = ["2026-03-01T12:00:00Z", "2026-03-01T14:00:00+02:00", "2026-03-01T12:00:00.000001Z",
              "2026-03-01T11:59:59.999999", "2026-03-01", "12:00", 5, None]  # fmt: skip
    column = column_of(values)
    for op in ("lt", "le", "gt", "ge", "is"):
        rule = Rule("key:k", op, ("2026-03-01T12:00:00Z",))
        assert rule_mask(rule, column).tolist() == naive(rule, values)
    assert rule_mask(Rule("key:k", "gt", ("2026-03-01T12:00:00Z",)), column).sum() == 1
    between = Rule("key:k", "between", ("2026-03-01", "2026-03-01T12:00:00Z"))
    assert rule_mask(between, column).tolist() == [True, True, False, True, True, False, False, False]


def test_boxes_and_circles_cross_the_date_line():
    values = [
        {"latitude": 10, "longitude": longitude} for longitude in (-180, -179, -170, 0, 170, 179.9, 180)
    ]
    values += [{"latitude": -10, "longitude": 179.9}, {"latitude": 10}, [10, 179.9], None]
    rules = [
        (Rule("key:k", "in_box", (0, 175, 20, -175)), [0, 1, 5, 6]),
        (Rule("key:k", "in_box", (0, -175, 20, 175)), [2, 3, 4]),
        (Rule("key:k", "in_box", (-20, 179, 0, 180)), [7]),
        (Rule("key:k", "within_km", (10, -179.9, 150)), [0, 1, 5, 6]),
    ]
    for rule, expected in rules:
        assert np.flatnonzero(rule_mask(rule, column_of(values))).tolist() == expected
        assert np.flatnonzero(naive(rule, values)).tolist() == expected


def test_numbers_past_single_precision_do_not_fit_it():
    values = [1e39, -1e39, 3e38, 5, 10**39, 2**53 + 1, "5"]
    ty = KeyType.from_wire({"ty": "number", "format": "F32"})
    found = rule_mask(Rule("key:k", "misfit"), column_of(values), key_type=ty).tolist()
    assert found == [ty.misfit(value) is not None for value in values]
    assert found[:4] == [True, True, False, False]
