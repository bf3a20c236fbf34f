"""Random filters and items: every operator, muted nodes, keys that look like something else."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.subjects import FILTER_FIELDS, STATES
from encord_widgets.metadata.filters.tree import Filter, Group, Not, Rule
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.values import ABSENT
from tests.metadata.filters.reference import Item
from tests.metadata.strategies import text, values

UUIDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(5)]

NAMES = (
    [
        "weather", "lux", "captured at", "Ünï", "and", "OR", "not", "muted", "all", "any", "everything", "item",
        "state", "preset", "item.name", "lambda", "None", "true", "is", "a`b", 'a"b', "a\\b", "a\nb", "", " ", "1st",
        "ﬁ", "_private", "__class__", "isin", "٣", "x²", "\u202e", "\x00", "name", "uuid", "frame", "key:x",
    ]
)  # fmt: skip
names = st.sampled_from(NAMES)
keys = names | text
moments = st.sampled_from(
    [
        "2026-02-28", "2026-03-01", "2026-03-01T12:00:00", "2026-03-01T12:00:00Z", "2026-03-01T14:00:00+02:00",
        "2026-03-01T11:59:59.999999+00:00", "2026-02-22T12:00:00Z", "20260228", "2026-W09-6", "0001-01-01T00:00+14:00",
        "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59.5Z", "2026-03-01 12:00", "2026-02-30", "2026", "12:00",
    ]
)  # fmt: skip
words = st.sampled_from(["rain", "Rain", "RAIN", "fog", "", "straße", "STRASSE", "İ", "ra\nin", "a.b", "5"])
few_numbers = st.sampled_from([0, -0.0, 1, 1.0, 5, 5.5, 2**53 - 1, 2**53, float(2**53), 2**53 + 1])
numbers = st.one_of(
    few_numbers,
    few_numbers,
    few_numbers,
    st.sampled_from([-(10**25), 1e300, 5e-324]),
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
)
needles = st.sampled_from(["ra", "RA", "o", "", "R", "n", "g", "ss", "ße", "i\u0307", "\n", ".", "fog"])
patterns = st.sampled_from(
    ["ra", "^r.*n$", "(a)(b)?", "[[a]", "(?i)RAIN", r"\d+", "ß", "", "a|b", r"\bfog\b"]
)
latitudes = st.sampled_from([-90, -10, 0, 10.5, 51.5, 90])
longitudes = st.sampled_from([-180, -179.5, -0.1, 0, 10, 179.5, 180])
places = st.fixed_dictionaries({"latitude": latitudes, "longitude": longitudes})
near_places = st.one_of(
    places,
    st.sampled_from([{"latitude": 91, "longitude": 0}, {"latitude": True, "longitude": 0}, {"latitude": 0}]),
)
vectors = st.lists(st.integers(-3, 3), min_size=2, max_size=3)
json_values = st.one_of(words, numbers, moments, st.booleans(), st.none(), values)
wire_types = st.sampled_from(
    [
        {"ty": "variant", "hint": "number"},
        {"ty": "variant", "hint": "datetime"},
        {"ty": "enum", "values": ["rain", "fog"]},
        {"ty": "embedding", "size": 2},
        {"ty": "geospatial"},
        {"ty": "from the future", "é": [1.0, None]},
    ]
)
iso = moments.filter(lambda found: found not in {"2026-02-30", "2026", "12:00"})


@st.composite
def boxes(draw: st.DrawFn) -> tuple[Any, ...]:
    south, north = sorted([draw(latitudes), draw(latitudes)])
    return south, draw(longitudes), north, draw(longitudes)


def _in_order(op: str, pair: list[Any]) -> Any:
    """Two bounds, the lower one first."""
    try:
        return OPERATORS[op].check(pair)
    except ValueError:
        return OPERATORS[op].check(pair[::-1])


ARGUMENTS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "is": st.tuples(json_values),
    "is_ci": st.tuples(words | text),
    "in": st.lists(json_values, max_size=4).map(tuple),
    "in_ci": st.lists(words | text, max_size=3).map(tuple),
    **{
        op: st.tuples(needles | text)
        for op in ("contains", "starts", "ends", "contains_ci", "starts_ci", "ends_ci")
    },
    **{op: st.tuples(patterns) for op in ("regex", "regex_ci")},
    **{op: st.tuples(numbers | iso) for op in ("lt", "le", "gt", "ge")},
    "between": st.one_of(
        st.lists(numbers, min_size=2, max_size=2), st.lists(iso, min_size=2, max_size=2)
    ).map(lambda pair: _in_order("between", pair)),
    "last": st.tuples(
        st.sampled_from([1, 7, 0.5, 1_000_000]), st.sampled_from(["minutes", "hours", "days", "weeks"])
    ),
    "in_box": boxes(),
    "within_km": st.tuples(latitudes, longitudes, st.sampled_from([0, 1, 100.5, 5000, 30_000])),
    "nearest": st.tuples(st.integers(1, 4), st.sampled_from(UUIDS) | vectors.filter(any)),
    "misfit": st.just(()) | st.tuples(wire_types),
    "type": st.tuples(st.sampled_from(["text", "number", "boolean", "null", "object", "list"])),
    **{op: st.just(()) for op in ("absent", "present", "null", "empty")},
}


@st.composite
def plain_rules(draw: st.DrawFn) -> Filter:
    """A rule about any key or field, with any of the operators."""
    column = draw(keys.map("key:{}".format) | st.sampled_from([f"field:{name}" for name in FILTER_FIELDS]))
    op = draw(st.sampled_from(sorted(ARGUMENTS)))
    return Rule(column, op, draw(ARGUMENTS[op]), draw(rarely))


rarely = st.sampled_from([False, False, False, True])
state_rules = st.builds(
    lambda name, muted: Rule(f"state:{name}", "is", (True,), muted), st.sampled_from(STATES), st.booleans()
)
opaque_rules = st.builds(
    lambda wire, muted: Filter.opaque(wire).mute((), muted),
    st.dictionaries(text, values, max_size=3),
    st.booleans(),
)
rules = st.one_of(plain_rules(), plain_rules(), plain_rules(), state_rules, opaque_rules)


@st.composite
def trees(draw: st.DrawFn, leaves: st.SearchStrategy[Filter], depth: int = 3) -> Filter:
    """Filters of some rules: nested, negated, muted, with groups of no part and of one."""
    kind = draw(st.sampled_from(["and", "or", "and", "or", "not", "leaf"])) if depth else "leaf"
    if kind == "leaf":
        return draw(leaves)
    if kind == "not":
        return Not(draw(trees(leaves, depth - 1)), draw(rarely))
    count = draw(st.sampled_from([0, 1, 2, 2, 3, 3]))
    return Group(kind, tuple(draw(trees(leaves, depth - 1)) for _ in range(count)), draw(rarely))  # type: ignore[arg-type]


filters = trees(rules)

KEYS = ["weather", "lux", "captured at", "place", "vector", "name", "mixed"]
cells = {
    "weather": words,
    "lux": numbers,
    "captured at": moments,
    "place": near_places,
    "vector": vectors | st.lists(numbers, max_size=2),
    "name": words | st.none(),
    "mixed": json_values | places | vectors,
}
metadata = st.fixed_dictionaries(
    {key: st.one_of(cell, cell, cell, st.just(ABSENT)) for key, cell in cells.items()}
).map(lambda found: {key: value for key, value in found.items() if value is not ABSENT})
fields = st.fixed_dictionaries(
    {},
    optional={
        "name": words,
        "item_type": st.sampled_from(["IMAGE", "VIDEO"]),
        "created_at": moments,
        "file_size": st.integers(0, 10**6) | st.none(),
        "fps": st.none() | st.floats(0, 60),
        "is_tombstone": st.booleans(),
    },
)


@st.composite
def item_lists(draw: st.DrawFn) -> list[Item]:
    """A few items that hold the keys of `KEYS` in any state, and values of the wrong type at times."""
    count = draw(st.integers(0, len(UUIDS)))
    return [
        Item(
            uuid,
            {
                **draw(metadata),
                **draw(st.just({}) | st.dictionaries(st.sampled_from(KEYS), json_values, max_size=2)),
            },
            {name: draw(fields).get(name, ABSENT) for name in FIELDS},
            frozenset(draw(st.lists(st.sampled_from(STATES), max_size=2))),
        )
        for uuid in UUIDS[:count]
    ]


SUITED = {
    "weather": ["is", "in", "contains", "starts", "ends", "regex", "is_ci", "in_ci", "contains_ci", "starts_ci",
                "ends_ci", "regex_ci", "empty", "type", "absent", "present", "null", "misfit"],
    "lux": ["is", "in", "lt", "le", "gt", "ge", "between", "type", "absent", "misfit"],
    "captured at": ["is", "lt", "le", "gt", "ge", "between", "last", "null", "misfit"],
    "place": ["in_box", "within_km", "empty", "is", "misfit"],
    "vector": ["nearest", "is", "empty", "type", "misfit"],
    "name": ["is_ci", "in", "null", "absent", "contains"],
    "mixed": sorted(ARGUMENTS),
}  # fmt: skip


ASKED_FIELDS = ["name", "item_type", "created_at", "file_size", "fps", "is_tombstone", "uuid"]


@st.composite
def suited_rules(draw: st.DrawFn, left_out: frozenset[str] = frozenset()) -> Filter:
    """Rules that ask the items of `item_lists` something that may well hold."""
    key = draw(st.sampled_from(KEYS))
    op = draw(st.sampled_from([op for op in SUITED[key] if op not in left_out] or ["is"]))
    arguments = {"is": st.tuples(cells[key]), "in": st.lists(cells[key], max_size=4).map(tuple)}
    column = f"key:{key}"
    if draw(st.integers(0, 5)) == 0:
        column = f"field:{draw(st.sampled_from(ASKED_FIELDS))}"
        op = draw(st.sampled_from([op for op in sorted(ARGUMENTS) if op not in left_out]))
        arguments = {
            "is": st.tuples(words | st.sampled_from(["IMAGE", UUIDS[0]]) | st.booleans() | st.none())
        }
    return Rule(column, op, draw(arguments.get(op, ARGUMENTS[op])), draw(rarely))
