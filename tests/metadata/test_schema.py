"""The schema: every wire type, what fits, and typed text that is parsed without guessing."""

from __future__ import annotations

import pytest
from hypothesis import given

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.values import ABSENT, compact
from tests.metadata import strategies

WIRE = {
    "lux": {"ty": "variant", "hint": "number"},
    "gain": {"ty": "number", "format": "F32"},
    "reviewed": {"ty": "variant", "hint": "boolean"},
    "camera": {"ty": "varchar", "max_length": 8},
    "legacy": {"ty": "variant", "hint": "long_string"},
    "notes": {"ty": "text"},
    "captured at": {"ty": "datetime", "timezone": "UTC"},
    "asset id": {"ty": "uuid"},
    "by": {"ty": "user"},
    "weather": {"ty": "enum", "values": ["fog", "rain"]},
    "clip": {"ty": "embedding", "size": 3, "api": None},
    "where": {"ty": "geospatial"},
    "old": {"ty": "tombstone", "deleted_ty": {"ty": "variant", "hint": "uuid"}},
    "future": {"ty": "hologram", "depth": 4},
    "odd": "number",
}
SCHEMA = MetadataSchema.from_wire(WIRE)
PLACE = {"latitude": 59.91, "longitude": 10.75}


def test_kinds():
    kinds = {key: ty.kind for key, ty in SCHEMA.items()}
    assert kinds == {
        "lux": "number", "gain": "number", "reviewed": "boolean", "camera": "varchar", "legacy": "text",
        "notes": "text", "captured at": "datetime", "asset id": "uuid", "by": "user", "weather": "enum",
        "clip": "embedding", "where": "geospatial", "old": "deleted", "future": "unknown", "odd": "unknown",
    }  # fmt: skip


def test_the_wire_survives_with_unknown_types():
    assert SCHEMA.to_wire() == WIRE
    assert MetadataSchema.from_wire(None).to_wire() == {}


def test_labels():
    assert [SCHEMA[key].label for key in ("weather", "clip", "lux", "future")] == [
        "enum of 2", "embedding (3)", "number", "unknown type 'hologram'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "fits", "misfits"),
    [
        ("lux", [0, -1.5, 2**53], ["100", True, [1], 2**53 + 1]),
        ("gain", [1.5], [1e39, "1"]),
        ("reviewed", [True, False], ["true", 1, 0]),
        ("camera", ["12345678", ""], ["123456789", 5]),
        ("captured at", ["2024-02-24", "2024-02-24T08:30:00Z", "2024-02-24T08:30:00+02:00"], ["yesterday", 5]),
        ("asset id", ["8ad58157-ca74-4ae4-8f37-a0193430bcac"], ["8ad5", 5]),
        ("weather", ["fog"], ["Fog", "snow", 1, ["fog"]]),
        ("clip", [[1, 2.5, 0]], [[1, 2], [1, 2, "3"], "1,2,3", [1, 2, True]]),
        ("where", [PLACE], [{"latitude": 91, "longitude": 0}, {"latitude": 1}, [1, 2], {**PLACE, "alt": 1},
                            {"latitude": True, "longitude": 0}]),
        ("old", ["anything", 1], []),
        ("future", [{"x": 1}], []),
        ("not in schema", [1, "a"], []),
    ],
)  # fmt: skip
def test_what_fits(key, fits, misfits):
    for value in [*fits, None, ABSENT]:
        assert SCHEMA.misfit(key, value) is None, value
    for value in misfits:
        problem = SCHEMA.misfit(key, value)
        assert problem is not None, value
        assert problem.expected
        assert problem.reason.startswith("expected ")


def test_an_integer_past_every_float_does_not_fit():
    for number in (10**400, -(10**400)):
        assert SCHEMA.misfit("lux", number).expected == "a number that a 64-bit float holds exactly"


@given(strategies.values)
def test_any_value_gets_a_verdict(value):
    for key in SCHEMA:
        SCHEMA.misfit(key, value)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("lux", " 12 ", 12),
        ("lux", "1.50", 1.5),
        ("lux", "-3e2", -300.0),
        ("reviewed", "True", True),
        ("camera", " cam ", " cam "),
        ("notes", "12", "12"),
        ("captured at", " 2024-02-24 ", "2024-02-24"),
        ("weather", "rain", "rain"),
        ("where", "59.91, 10.75", PLACE),
        ("where", '{"latitude": 59.91, "longitude": 10.75}', PLACE),
        ("clip", "[1, 2, 3]", [1, 2, 3]),
        ("not in schema", "12", "12"),
    ],
)
def test_typed_text(key, text, value):
    assert compact(SCHEMA.parse_text(key, text)) == compact(value)


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("lux", "abc", "a number, such as 12 or 0.5"),
        ("lux", "1,5", "a number"),
        ("lux", "true", "a number"),
        ("lux", '"5"', "a number"),
        ("lux", "NaN", "a number"),
        ("lux", "", "a number"),
        ("lux", "1e999", "a number"),
        ("reviewed", "yes", "true or false"),
        ("camera", "123456789", "at most 8 characters"),
        ("captured at", "tomorrow", "ISO 8601"),
        ("asset id", "x", "a uuid"),
        ("weather", "Rain", "one of fog, rain"),
        ("where", "59.91", "latitude, longitude"),
        ("where", "159.91, 10", "latitude"),
        ("clip", "1 2 3", "JSON"),
        ("clip", "[1, 2]", "3 finite numbers"),
    ],
)
def test_text_that_does_not_fit_is_refused_with_the_key_and_the_reason(key, text, words):
    with pytest.raises(InvalidInputError, match=words) as caught:
        SCHEMA.parse_text(key, text)
    assert caught.value.problems[0].key == key


@pytest.mark.parametrize(
    ("current", "text", "value"),
    [(5, "6", 6), (True, "false", False), ("a", "6", "6"), (None, "6", "6"), ([1], "[2]", [2])],
)
def test_a_key_outside_the_schema_keeps_the_kind_that_the_cell_holds(current, text, value):
    assert compact(SCHEMA.parse_text("free", text, current)) == compact(value)


def test_a_key_outside_the_schema_does_not_guess():
    with pytest.raises(InvalidInputError):
        SCHEMA.parse_text("free", "abc", current=5)


def test_unreadable_types_are_unknown():
    assert KeyType.from_wire(None).kind == "unknown"
    assert KeyType.from_wire({"ty": ["x"]}).kind == "unknown"
    assert KeyType.from_wire({"ty": "variant", "hint": ["x"]}).kind == "unknown"
    assert KeyType.from_wire({"ty": "enum", "values": None}).options == ()
