"""Filters as presets and back: what is written is what the embedded Index reads, the rest is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.errors import InvalidInputError
from encord_widgets.local.preset_filters import ItemFacts, read_filters
from encord_widgets.metadata.filters.preset import from_preset, to_preset
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, Not, Rule
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import canonical, same
from tests.metadata.strategies import text, values

ZERO = "00000000-0000-0000-0000-000000000000"
NO_LOCAL = {ZERO: {"filters": []}}
SCHEMA = MetadataSchema.from_wire(
    {
        "weather": {"ty": "enum", "values": ["rain", "fog", "dry"]},
        "lux": {"ty": "variant", "hint": "number"},
        "ok": {"ty": "variant", "hint": "boolean"},
        "city": {"ty": "varchar", "max_length": 20},
        "note": {"ty": "variant", "hint": "text"},
        "who": {"ty": "variant", "hint": "uuid"},
        "when": {"ty": "variant", "hint": "datetime"},
        "place": {"ty": "geospatial"},
        "clip": {"ty": "embedding", "size": 2},
        "old": {"ty": "tombstone", "deleted_ty": None},
        "new": {"ty": "hologram"},
    }
)
UUID = "8ad5c1e0-0000-4000-8000-000000000001"
GOOD = {
    "weather": st.sampled_from(["rain", "fog", "dry"]),
    "lux": st.integers(-3, 3) | st.sampled_from([0.5, 1.0]),
    "ok": st.booleans(),
    "city": st.sampled_from(["Oslo", "", "1"]),
    "note": st.sampled_from(["a", "A"]),
    "who": st.just(UUID),
}


def global_filters(definition: dict[str, Any]) -> list[Any]:
    assert definition["local_filters"] == NO_LOCAL
    return definition["global_filters"]["filters"]


def entry(key: str, *given: Any, ty: str, include: bool = True) -> dict[str, Any]:
    return {"key": key, "include": include, "values": list(given), "type": ty}


def metric(name: str, low: float, high: float, *, include: bool = True) -> dict[str, Any]:
    return {"include": include, "values": [low, high], "domain": "data", "metric": name, "type": "metric"}


@pytest.mark.parametrize(
    ("written", "entries"),
    [
        ('weather = "rain"', [entry("weather", "rain", ty="enum")]),
        ("lux in (1, 2.5)", [entry("lux", 1, 2.5, ty="number")]),
        ("ok = true", [entry("ok", True, ty="boolean")]),
        ('not city = "Oslo"', [entry("city", "Oslo", ty="varchar", include=False)]),
        ('not not note = "a"', [entry("note", "a", ty="text")]),
        (f'who = "{UUID}"', [entry("who", UUID, ty="uuid")]),
        ("item.width between 640 and 1920", [metric("metric_width", 640, 1920)]),
        ("not item.height between 0 and 9.5", [metric("metric_height", 0, 9.5, include=False)]),
        (
            'weather = "rain" and (lux = 1 and not ok = false)',
            [
                entry("weather", "rain", ty="enum"),
                entry("lux", 1, ty="number"),
                entry("ok", False, ty="boolean", include=False),
            ],
        ),
        (
            'weather = "rain" or weather in ("fog", "dry")',
            [entry("weather", "rain", "fog", "dry", ty="enum")],
        ),
        (
            'not (weather = "rain" or lux = 1)',
            [entry("weather", "rain", ty="enum", include=False), entry("lux", 1, ty="number", include=False)],
        ),
        ('weather = "rain" and muted(lux < 5)', [entry("weather", "rain", ty="enum")]),
    ],
)
def test_what_a_preset_can_say(written: str, entries: list[Any]) -> None:
    definition = to_preset(Filter.parse(written), SCHEMA)
    assert global_filters(definition) == entries
    assert canonical(to_preset(from_preset(definition, SCHEMA), SCHEMA)) == canonical(definition)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("lux < 5", "'lt' is not documented"),
        ("lux between 1 and 2", "'between' is not documented"),
        ("weather is absent", "'absent' is not documented"),
        ('city contains "slo"', "'contains' is not documented"),
        ('weather = "rain" or lux = 1', "'or' works among values of one key alone"),
        ('not (weather = "rain" and lux = 1)', "'not' over 'and' works among values of one key alone"),
        ("not (lux = 1 and lux = 2)", "'not' over 'and' works among values of one key alone"),
        ("lux = 1 or not lux = 2", "'or' works among values of one key alone"),
        ('when = "2024-02-24"', "a value of type datetime is not documented"),
        ('clip = "x"', r"a value of type embedding \(2\) is not documented"),
        ('place = "x"', "a value of type geospatial is not documented"),
        ('old = "x"', "a value of type deleted is not documented"),
        ('new = "x"', "a value of type unknown type 'hologram' is not documented"),
        ('stray = "x"', "the key is not in the metadata schema"),
        ('weather = "drizzle"', "expects one of rain, fog, dry, got 'drizzle'"),
        ('lux in (1, "1")', r"expects a number, got '1' \(text\)"),
        ("lux = null", "how a preset says null is not documented"),
        ("lux in ()", "it names no value"),
        ('item.name = "a"', "a preset knows width and height alone"),
        ("item.width >= 640", "only as a range"),
        ('item.width between "2024-01-01" and "2024-02-01"', "only as a range"),
        ("state is changed", "nothing of edits that are staged here"),
        ("any()", "it holds for no item"),
        ("all()", "an empty preset is not documented"),
        ('muted(weather = "rain")', "an empty preset is not documented"),
    ],
)
def test_what_a_preset_cannot_say_is_refused_with_the_reason(written: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason) as caught:
        to_preset(Filter.parse(written), SCHEMA)
    assert "to_collection" in str(caught.value)


def test_every_rule_that_cannot_be_said_is_named() -> None:
    wanted = Filter.parse('weather = "rain" and lux < 5 and (ok = true or city = "Oslo") and stray = 1')
    with pytest.raises(InvalidInputError) as caught:
        to_preset(wanted, SCHEMA)
    got = [problem.got for problem in caught.value.problems]
    assert got == ["lux < 5", 'ok = true or city = "Oslo"', "stray = 1"]
    assert [problem.key for problem in caught.value.problems] == ["lux", None, "stray"]


OPAQUE = [
    {"key": "weather", "include": True, "values": ["rain"], "type": "varchar"},  # not the type of our schema
    {"key": "weather", "include": True, "values": ["rain"], "type": "enum", "domain": "data"},
    {"key": "weather", "include": "yes", "values": ["rain"], "type": "enum"},
    {"key": "lux", "include": True, "values": [1, 5], "type": "range"},
    {"include": True, "values": [0, 1], "domain": "data", "metric": "metric_sharpness", "type": "metric"},
    {"include": True, "values": [5, 1], "domain": "data", "metric": "metric_width", "type": "metric"},
    {},
]


@pytest.mark.parametrize("given", OPAQUE)
def test_what_is_not_understood_is_kept_as_it_came(given: dict[str, Any]) -> None:
    definition = {
        "local_filters": NO_LOCAL,
        "global_filters": {"filters": [given, entry("lux", 1, ty="number")]},
    }
    read = from_preset(definition, SCHEMA)
    kinds = [rule.kind for _, rule in read.rules()]
    assert kinds == ["preset", "key"]
    assert to_preset(read, SCHEMA) == definition
    assert to_preset(Filter.parse(read.text), SCHEMA) == definition
    with pytest.raises(InvalidInputError, match="known to Encord alone"):
        to_preset(Not(read.at((0,))), SCHEMA)


@pytest.mark.parametrize(
    "definition",
    [
        {"local_filters": {UUID: {"filters": [{"a": 1}]}}, "global_filters": {"filters": []}},
        {"local_filters": {ZERO: {"filters": [{"a": 1}]}}, "global_filters": {"filters": [OPAQUE[3]]}},
        {"local_filters": NO_LOCAL, "global_filters": {"filters": [], "more": 1}},
        {"local_filters": NO_LOCAL, "global_filters": {"filters": ["text"]}},
        {"local_filters": NO_LOCAL, "global_filters": {"filters": [{"local_filters": 1}]}},
        {"local_filters": [1], "global_filters": {"filters": []}},
        {"local_filters": NO_LOCAL, "global_filters": {"filters": []}, "third": {}},
    ],
)
def test_definitions_of_other_shapes_survive(definition: dict[str, Any]) -> None:
    read = from_preset(definition, SCHEMA)
    assert any(rule.kind == "preset" for _, rule in read.rules())
    assert to_preset(read, SCHEMA) == definition


def test_missing_parts_are_empty_ones() -> None:
    assert from_preset({}, SCHEMA) == EVERYTHING
    assert from_preset({"local_filters": None, "global_filters": None}, SCHEMA) == EVERYTHING
    assert (
        from_preset({"global_filters": {"filters": [entry("lux", 1, ty="number")]}}, SCHEMA).text == "lux = 1"
    )


def test_two_presets_do_not_become_one() -> None:
    one = from_preset({"local_filters": {UUID: {"filters": [{"a": 1}]}}}, SCHEMA)
    with pytest.raises(InvalidInputError, match="parts of two presets"):
        to_preset(one & one, SCHEMA)


rules = st.sampled_from(sorted(GOOD)).flatmap(
    lambda key: st.lists(GOOD[key], min_size=1, max_size=3).map(
        lambda chosen: Rule(f"key:{key}", "is" if len(chosen) == 1 else "in", tuple(chosen))
    )
)
sizes = st.tuples(st.sampled_from(["width", "height"]), st.integers(0, 5), st.integers(5, 9)).map(
    lambda found: Rule(f"field:{found[0]}", "between", found[1:])
)
trees = st.recursive(
    rules | sizes,
    lambda inner: (
        inner.map(Not)
        | st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda found: Group(found[0], tuple(found[1]))
        )
    ),
    max_leaves=6,
)
items = st.tuples(
    st.fixed_dictionaries({}, optional=GOOD), st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)
)


def holds(node: Filter, item: tuple[dict[str, Any], int | None, int | None]) -> bool:
    """What a filter means, said plainly for one item."""
    if isinstance(node, Not):
        return not holds(node.part, item)
    if isinstance(node, Group):
        found = [holds(part, item) for part in node.parts]
        return all(found) if node.kind == "and" else any(found)
    assert isinstance(node, Rule)
    if node.kind == "key":
        return node.name in item[0] and any(same(item[0][node.name], value) for value in node.values)
    size = item[1] if node.name == "width" else item[2]
    return size is not None and node.values[0] <= size <= node.values[1]


def written_or_refused(tree: Filter) -> tuple[dict[str, Any] | None, str]:
    try:
        return to_preset(tree, SCHEMA), ""
    except InvalidInputError as refusal:
        return None, str(refusal)


@given(trees, st.lists(items, max_size=5))
def test_what_is_written_is_read_by_the_embedded_index_and_means_the_same(
    tree: Filter, given: list[Any]
) -> None:
    definition, refusal = written_or_refused(tree)
    if definition is None:
        assert "'or'" in refusal or "'not' over 'and'" in refusal
        return
    tests = read_filters(definition, UUID)
    for metadata, width, height in given:
        facts = ItemFacts(metadata, width, height)
        assert all(test(facts) for test in tests) is holds(tree, (metadata, width, height))
    back = from_preset(definition, SCHEMA)
    assert not any(rule.kind == "preset" for _, rule in back.rules())
    assert canonical(to_preset(back, SCHEMA)) == canonical(definition)


near = st.fixed_dictionaries(
    {},
    optional={
        "key": st.sampled_from(["weather", "lux", "stray", "when"]) | values,
        "include": st.booleans() | values,
        "values": st.lists(st.sampled_from(["rain", 1, 1.0, True, None]) | values, max_size=3) | values,
        "type": st.sampled_from(["enum", "number", "metric"]) | values,
        "metric": st.sampled_from(["metric_width", "metric_area"]) | values,
        "domain": st.just("data") | values,
    },
) | st.dictionaries(text, values, max_size=3)


@given(st.lists(near, min_size=1, max_size=3))
def test_any_preset_survives_the_round_trip(entries: list[Any]) -> None:
    definition = {"local_filters": NO_LOCAL, "global_filters": {"filters": entries}}
    read = from_preset(definition, SCHEMA)
    assert canonical(to_preset(read, SCHEMA)) == canonical(definition)
    assert canonical(to_preset(Filter.from_json(read.to_json()), SCHEMA)) == canonical(definition)
