"""What rules mean, by hand-written examples: for the reference, the engine and the pandas code alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.filters.engine import FilterEngine
from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.tree import Filter, Rule
from encord_widgets.metadata.values import ABSENT, Value
from tests.metadata.filters import strategies as some
from tests.metadata.filters.columns import ItemColumns
from tests.metadata.filters.reference import Item, matches
from tests.metadata.filters.test_faces import UNSAID, frame_of, run

LONDON = {"latitude": 51.5, "longitude": -0.1}
FIJI = {"latitude": -17.8, "longitude": 178}
SAMOA = {"latitude": -13.8, "longitude": -172}
NO_PLACE = {"latitude": True, "longitude": 0}

# A filter of `k`, the values for which it holds, and those for which it does not.
MEANINGS: list[tuple[str, list[Value], list[Value]]] = [
    ("k = 1", [1, 1.0], [True, "1", 2, None, ABSENT, [1]]),
    ("k != 1", [True, "1", 2, None, ABSENT, [1]], [1, 1.0]),
    ("k = true", [True], [1, "true", False, None, ABSENT]),
    ("k = null", [None], [0, "", False, ABSENT, "null"]),
    ("k = 9007199254740993", [2**53 + 1], [2**53, 2**53 + 2, float(2**53)]),
    ("k = 9007199254740992", [2**53], [float(2**53), 2**53 + 1, "9007199254740992"]),
    ("k in [9007199254740992.0, 7]", [float(2**53), 7.0], [2**53, 2**53 + 1, True]),
    ('k = {"a": 1, "b": [2.0]}', [{"b": [2], "a": 1.0}], [{"a": 1}, [1], None]),
    ('k = "Rain"', ["Rain"], ["rain", "Rain ", None, ABSENT]),
    ('k = "straße" any case', ["STRASSE", "Straße"], ["strase", 5, None, ABSENT]),
    ('k in ["a", 1, null, [2]]', ["a", 1.0, None, [2.0]], ["A", True, 2, ABSENT]),
    ("k in []", [], ["a", None, ABSENT, []]),
    ('k not in ["a"]', ["b", None, ABSENT, 5], ["a"]),
    ('k in ["a"] any case', ["a", "A"], ["b", None, ABSENT]),
    ('k contains "ain"', ["rain", "ain"], ["RAIN", "", 5, None, ABSENT, ["ain"], {"ain": 1}]),
    ('k contains "AIN" any case', ["rain", "RAIN"], ["ran", None, ABSENT]),
    ('k contains ""', ["", "x"], [5, None, ABSENT]),
    ('k contains "."', ["a.b"], ["ab"]),
    ('k starts with "ra"', ["rain"], ["Rain", "brain", None, ABSENT]),
    ('k starts with "ra" any case', ["rain", "RAIN"], ["brain", None, ABSENT]),
    ('k ends with "in"', ["rain"], ["rains", None, ABSENT]),
    ('k ends with "IN" any case', ["rain", "RAIN"], ["rains", None, ABSENT]),
    ('k matches "^r(a)+"', ["rain", "raaa"], ["brain", "Rain", 5, None, ABSENT]),
    ('k matches "^R" any case', ["rain", "Rain"], ["brain", None, ABSENT]),
    ("k < 5", [4, 4.99, -(10**30)], [5, "4", True, None, ABSENT, [1]]),
    ("k <= 5", [5, 5.0], [5.01, 10**30, "5", None, ABSENT]),
    ("k > 5", [5.01, 10**30], [5, "6", None, ABSENT]),
    ("k >= 0", [0, -0.0, 5], [False, "0", None, ABSENT]),
    ("k > 9007199254740992", [2**53 + 1], [2**53, float(2**53)]),
    ("not k < 5", [5, "4", None, ABSENT], [4]),
    ("k between 1 and 5", [1, 5, 3.3], [0.99, 5.01, "3", None, ABSENT]),
    ('k < "2026-01-02"', ["2026-01-01", "2026-01-01T23:59:59Z"], ["2026-01-02", "rain", 5, None, ABSENT]),
    ("k >= 2026-01-02", ["2026-01-02", "2026-01-02T01:00+01:00"], ["2026-01-02T00:59+01:00", None, ABSENT]),
    ('k between 2026-01-01 and "2026-01-02T00:00"', ["2026-01-02", "2026-01-01"], ["2026-01-02T00:01", ABSENT]),
    # now is 2026-03-01 12:00 in UTC
    ("k in last 1 days", ["2026-03-01", "2026-02-28T12:00", "2026-03-01T12:00Z"], ["2026-02-28", ABSENT]),
    ("k in last 1 weeks", ["2026-03-01", "2026-02-22T12:00"], ["2026-02-22", "2026-03-01T12:01"]),
    ("k in last 90 minutes", ["2026-03-01T12:31+02:00"], ["2026-03-01T12:29+02:00", 5, None, ABSENT]),
    ("k in last 1000000 weeks", ["0001-01-01", "0001-01-01T00:00+14:00"], ["2026-03-02", ABSENT]),
    ("k in box [50, -1, 52, 1]", [LONDON], [FIJI, {"latitude": 51}, "51,0", None, ABSENT, {**LONDON, "z": 1}]),
    ("k in box [-20, 170, 0, -170]", [FIJI, SAMOA], [LONDON, {"latitude": -17.8, "longitude": 0}]),
    ("k in box [-90, -180, 90, 180]", [LONDON, FIJI], [{"latitude": 91, "longitude": 0}, NO_PLACE]),
    ("k within 1100 km of [-17.8, 178]", [FIJI], [LONDON, {"latitude": 0}, ABSENT]),
    ("k within 1200 km of [-17.8, 178]", [FIJI, SAMOA], [LONDON, None]),
    ("k within 0 km of [51.5, -0.1]", [LONDON], [FIJI]),
    ("k is absent", [ABSENT], [None, "", 0]),
    ("k is present", [None, "", 0], [ABSENT]),
    ("k is null", [None], [ABSENT, "null", 0]),
    ("k is empty", ["", [], {}], [0, False, None, ABSENT, " ", [None]]),
    ("k has type text", ["", "5"], [5, None, ABSENT]),
    ("k has type number", [5, 5.5, 10**30], ["5", True, None, ABSENT]),
    ("k has type boolean", [True, False], [1, "true", None, ABSENT]),
    ("k has type null", [None], [ABSENT, 0]),
    ("k has type object", [{}], [[], "{}", None, ABSENT]),
    ("k has type list", [[]], [{}, "[]", None, ABSENT]),
    ('k is misfit {"ty": "variant", "hint": "number"}', ["5", True, [5]], [5, 5.5, None, ABSENT]),
    ('k is misfit {"ty": "enum", "values": ["a"]}', ["b", 5], ["a", None, ABSENT]),
    ("k nearest 2 to [1, 0]", [[9, 1], [5, 0]], [[0, 1], [-1, 0], [1, 0, 0], [0, 0], "[1, 0]", None, ABSENT]),
    ("everything", [None, ABSENT, 5], []),
    ("nothing", [], [None, ABSENT, 5]),
    ("muted(k = 1)", [None, ABSENT, 5], []),
    ("k = 1 and muted(k = 2)", [1], [2]),
    ("k = 1 or muted(everything)", [1], [2]),
    ("k = 1 or not muted(k = 2)", [1], [2, ABSENT]),
    ("k = 1 or any(muted(k = 2))", [1], [2]),
    ("not (k < 5 or k is absent)", [5, "4", None], [4, ABSENT]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "inside", "outside"), MEANINGS, ids=[text for text, _, _ in MEANINGS])
def test_a_filter_means(text: str, inside: list[Value], outside: list[Value]) -> None:
    node = Filter.parse(text)
    values = [*inside, *outside]
    expected = [True] * len(inside) + [False] * len(outside)
    items = [
        Item(f"00000000-0000-4000-8000-{number:012d}", {} if value is ABSENT else {"k": value})
        for number, value in enumerate(values)
    ]
    assert matches(node, items) == expected
    assert FilterEngine(ItemColumns(items)).mask(node).tolist() == expected
    if not any(rule.op in UNSAID for _, rule in node.rules()):
        uuids = [item.uuid for item, found in zip(items, expected, strict=True) if found]
        assert run(node.pandas(), frame_of(items)) == uuids
    assert matches(~node.active(), items) == [not found for found in expected]


def test_every_operator_has_a_meaning() -> None:
    shown = {rule.op for text, _, _ in MEANINGS for _, rule in Filter.parse(text).rules()}
    assert shown == set(OPERATORS) - {"preset"}


@pytest.mark.parametrize("op", sorted(set(some.ARGUMENTS) - UNSAID))
def test_pandas_agrees_on_every_operator(op: str) -> None:
    @settings(max_examples=20, deadline=None)
    @given(
        st.sampled_from(["weather", "captured at", "lux", "place", "name", "mixed"]),
        st.data(),
        some.item_lists(),
    )
    def agrees(key: str, data: Any, items: list[Item]) -> None:
        rule = Rule(f"key:{key}", op, data.draw(some.ARGUMENTS[op]))
        expected = [item.uuid for item, found in zip(items, matches(rule, items), strict=True) if found]
        assert run(rule.pandas(), frame_of(items)) == expected

    agrees()


def test_only_encord_evaluates_opaque_rules() -> None:
    items = [Item("00000000-0000-4000-8000-000000000000")]
    node = Filter.opaque({"type": "metric"})
    with pytest.raises(InvalidInputError):
        FilterEngine(ItemColumns(items)).mask(node)
    assert FilterEngine(ItemColumns(items)).mask(node.mute()).tolist() == [True]
