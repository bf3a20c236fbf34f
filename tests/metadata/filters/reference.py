"""What a filter means, said a second time and as plainly as possible: one item at a time, over dictionaries.

Slow on purpose, and it shares no code with the engine: only the tree, canonical JSON and the schema's own check.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from encord_widgets.metadata.filters.tree import Filter, Group, Not, Rule
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.values import ABSENT, Json, Value, same

SECONDS = {"minutes": 60, "hours": 3600, "days": 86400, "weeks": 7 * 86400}
EARTH_KM = 6371.0088
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@dataclass
class Item:
    """One item, as the reference sees it."""

    uuid: str
    metadata: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, Value] = field(default_factory=dict)
    states: frozenset[str] = frozenset()

    def value(self, column: str) -> Value:
        kind, _, name = column.partition(":")
        if kind == "key":
            return self.metadata.get(name, ABSENT)
        return self.uuid if name == "uuid" else self.fields.get(name, ABSENT)


def matches(
    node: Filter,
    items: Sequence[Item],
    *,
    now: dt.datetime = NOW,
    schema: MetadataSchema | None = None,
) -> list[bool]:
    """For every item, whether the filter holds."""
    known = schema if schema is not None else MetadataSchema()
    return [holds(node, item, items, now, known) is not False for item in items]


def holds(
    node: Filter, item: Item, items: Sequence[Item], now: dt.datetime, schema: MetadataSchema
) -> bool | None:
    """Whether a node holds for an item; None where it is left out."""
    if node.muted:
        return None
    if isinstance(node, Rule):
        return rule_holds(node, item, items, now, schema)
    if isinstance(node, Not):
        inner = holds(node.part, item, items, now, schema)
        return None if inner is None else not inner
    assert isinstance(node, Group)
    if not node.parts:
        return node.kind == "and"
    heard = [inner for part in node.parts if (inner := holds(part, item, items, now, schema)) is not None]
    if not heard:
        return None
    return all(heard) if node.kind == "and" else any(heard)


def rule_holds(
    rule: Rule, item: Item, items: Sequence[Item], now: dt.datetime, schema: MetadataSchema
) -> bool:
    if rule.column.startswith("state:"):
        return rule.column.removeprefix("state:") in item.states
    value = item.value(rule.column)
    if rule.op == "absent":
        return value is ABSENT
    if value is ABSENT:
        return False
    match rule.op, list(rule.values):
        case "present", []:
            return True
        case "null", []:
            return value is None
        case "empty", []:
            return value in ("", [], {}) and not is_number(value)
        case "type", [name]:
            return json_type(value) == name
        case "misfit", []:
            key = rule.column.removeprefix("key:")
            return rule.column.startswith("key:") and schema.misfit(key, value) is not None
        case "misfit", [wire]:
            return KeyType.from_wire(wire).misfit(value) is not None
        case "is" | "in", wanted:
            return any(same(value, one) for one in wanted)
        case "lt" | "le" | "gt" | "ge", [bound]:
            return compares(rule.op, value, bound)
        case "between", [low, high]:
            return compares("ge", value, low) and compares("le", value, high)
        case "last", [amount, unit]:
            return lately(value, amount, unit, now)
        case "in_box", box:
            return in_box(value, box)
        case "within_km", [latitude, longitude, km]:
            return is_place(value) and distance_km(value, latitude, longitude) <= km
        case "nearest", [count, to]:
            return item.uuid in nearest(rule.column, count, to, items)
        case _, wanted:
            return isinstance(value, str) and text_matches(rule.op, value, [str(w) for w in wanted])


def json_type(value: Json) -> str:
    names = {str: "text", bool: "boolean", int: "number", float: "number", dict: "object", list: "list"}
    return "null" if value is None else names[type(value)]


def is_number(value: Value) -> bool:
    return type(value) in (int, float)


def text_matches(op: str, text: str, wanted: Iterable[str]) -> bool:
    if op in {"regex", "regex_ci"}:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flags = re.IGNORECASE if op == "regex_ci" else 0
            return any(re.search(pattern, text, flags) for pattern in wanted)
    if op.endswith("_ci"):
        op, text, wanted = op.removesuffix("_ci"), text.casefold(), [one.casefold() for one in wanted]
    tests = {
        "is": str.__eq__,
        "in": str.__eq__,
        "contains": str.__contains__,
        "starts": str.startswith,
        "ends": str.endswith,
    }
    return any(tests[op](text, one) for one in wanted)


def moment(value: Value) -> dt.datetime | None:
    """The time that a text names, with its zone; UTC unless it says otherwise."""
    if not isinstance(value, str):
        return None
    try:
        found = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else found.replace(tzinfo=dt.UTC)


def compares(op: str, value: Value, bound: Json) -> bool:
    left: Any
    right: Any
    if isinstance(bound, str):
        left, right = moment(value), moment(bound)
        if left is None:
            return False
    elif is_number(value):
        left, right = value, bound
    else:
        return False
    return {"lt": left < right, "le": left <= right, "gt": left > right, "ge": left >= right}[op]


def lately(value: Value, amount: Any, unit: Any, now: dt.datetime) -> bool:
    found = moment(value)
    if found is None:
        return False
    longest = dt.timedelta(microseconds=round(Fraction(amount) * SECONDS[unit] * 10**6))
    return dt.timedelta() <= now - found <= longest


def is_place(value: Value) -> bool:
    if not isinstance(value, dict) or set(value) != {"latitude", "longitude"}:
        return False
    latitude, longitude = value["latitude"], value["longitude"]
    if not (is_number(latitude) and is_number(longitude)):
        return False
    return -90 <= latitude <= 90 and -180 <= longitude <= 180


def in_box(value: Any, box: list[Any]) -> bool:
    if not is_place(value):
        return False
    south, west, north, east = box
    latitude, longitude = value["latitude"], value["longitude"]
    if not south <= latitude <= north:
        return False
    if west <= east:
        return bool(west <= longitude <= east)
    return bool(longitude >= west or longitude <= east)


def distance_km(place: Any, latitude: float, longitude: float) -> float:
    a, b = math.radians(place["latitude"]), math.radians(latitude)
    turn = math.radians(longitude - place["longitude"])
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def is_vector(value: Value) -> bool:
    return isinstance(value, list) and any(value) and all(map(is_number, value))


def nearest(column: str, count: int, to: Any, items: Sequence[Item]) -> set[str]:
    """Uuids of the nearest by cosine, which is compared exactly; the item itself is one of them."""
    if isinstance(to, str):
        to = next((item.value(column) for item in items if item.uuid == to), ABSENT)
    if not is_vector(to):
        return set()
    ranked: list[tuple[Fraction, int]] = []
    for row, item in enumerate(items):
        value = item.value(column)
        if is_vector(value) and len(value) == len(to):
            dot = sum(Fraction(a) * Fraction(b) for a, b in zip(value, to, strict=True))
            square = dot * abs(dot) / sum(Fraction(a) ** 2 for a in value)
            ranked.append((-square, row))
    return {items[row].uuid for _, row in sorted(ranked)[:count]}
