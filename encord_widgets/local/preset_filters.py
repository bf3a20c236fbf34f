"""What the filters of an Index preset select.

Encord documents only parts of their JSON and checks none of it. Understood here, and joined by AND, are

- `{"key": "weather", "include": true, "values": ["rain", "fog"], "type": "enum"}`: metadata is one of the values;
- `{"metric": "metric_width", "include": true, "values": [640, 1920], "domain": "data", "type": "metric"}`: a measure is
  within both bounds.

`"include": false` selects exactly what `true` leaves out, items without such a key or measure among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ItemFacts", "WrongShapeError", "read_filters"]

_NO_SCOPE = "00000000-0000-0000-0000-000000000000"
_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("varchar", "text", "enum", "datetime", "uuid", "string", "long_string"), str),
    "number": (int, float),
    "boolean": bool,
}
_NEEDED = {"key", "include", "values", "type"}
_NEEDED_OF_METRIC = {"metric", "include", "values", "domain", "type"}
_BOUNDS = 2


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What filters look at."""

    metadata: Mapping[str, Any]
    width: int | None
    height: int | None


Test = Callable[[ItemFacts], bool]


class WrongShapeError(ValueError):
    """A preset that is accepted and then never comes to an end."""


def read_filters(definition: object, folder: str) -> list[Test]:
    """The tests that an item must pass, all of them; none for an empty preset, which selects everything.

    Args:
        definition: JSON of a preset, with `global_filters` and `local_filters` by scope.
        folder: Top-level folder asked about; local filters of other folders do not count.

    Raises:
        WrongShapeError: The JSON is not understood.

    Example:
        >>> rainy = {"key": "weather", "include": True, "values": ["rain"], "type": "enum"}
        >>> (test,) = read_filters({"global_filters": {"filters": [rainy]}}, "any")
        >>> test(ItemFacts({"weather": "rain"}, 640, 360)), test(ItemFacts({}, 640, 360))
        (True, False)
    """
    if not isinstance(definition, Mapping):
        raise WrongShapeError("The preset must be an object.")
    local = definition.get("local_filters", {})
    if not isinstance(local, Mapping):
        raise WrongShapeError("local_filters must be an object.")
    parts = [("global_filters", definition.get("global_filters", {}))]
    parts += [
        (f"local_filters {scope}", part) for scope, part in local.items() if scope in {_NO_SCOPE, folder}
    ]
    return [_test(where, given) for name, part in parts for where, given in _filters(name, part)]


def _filters(name: str, part: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    given = part.get("filters", []) if isinstance(part, Mapping) else None
    if not isinstance(given, list):
        raise WrongShapeError(f"{name} must be an object with a list of filters.")
    for number, one in enumerate(given):
        if not isinstance(one, Mapping):
            raise WrongShapeError(f"{name}[{number}] must be an object.")
        yield f"{name}[{number}]", one


def _test(where: str, given: Mapping[str, Any]) -> Test:
    is_metric = given.get("type") == "metric"
    needed = _NEEDED_OF_METRIC if is_metric else _NEEDED
    if missing := sorted(needed - set(given)):
        raise WrongShapeError(f"{where} lacks {', '.join(missing)}.")
    if unknown := sorted(set(given) - needed - {"domain"}):
        raise WrongShapeError(f"{where} has the unknown {', '.join(unknown)}.")
    if given.get("domain", "data") != "data":
        raise WrongShapeError(f"{where}: the domain must be data.")
    include, values = given["include"], given["values"]
    if not isinstance(include, bool) or not isinstance(values, list):
        raise WrongShapeError(f"{where}: include must be a boolean and values a list.")
    test = (_metric if is_metric else _key)(where, given, values)
    return test if include else lambda facts: not test(facts)


def _key(where: str, given: Mapping[str, Any], values: list[Any]) -> Test:
    key, name = given["key"], given["type"]
    if not isinstance(key, str) or not isinstance(name, str) or name not in _TYPES:
        raise WrongShapeError(f"{where}: key must be a text and type one of {', '.join(_TYPES)}.")
    if not values or not all(_fits(value, _TYPES[name]) for value in values):
        raise WrongShapeError(f"{where}: values must be of the type {name}, at least one.")
    wanted = {(isinstance(value, bool), value) for value in values}  # JSON's true is not 1

    def test(facts: ItemFacts) -> bool:
        value = facts.metadata.get(key)
        return isinstance(value, str | int | float) and (isinstance(value, bool), value) in wanted

    return test


def _fits(value: object, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _metric(where: str, given: Mapping[str, Any], values: list[Any]) -> Test:
    name = given["metric"]
    measure = _METRICS.get(name) if isinstance(name, str) else None
    if measure is None:
        raise WrongShapeError(f"{where}: metric must be one of {', '.join(_METRICS)}.")
    if len(values) != _BOUNDS or not all(_fits(value, (int, float)) for value in values):
        raise WrongShapeError(f"{where}: values must be the smallest and the largest number.")
    low, high = values

    def test(facts: ItemFacts) -> bool:
        value = measure(facts)
        return value is not None and low <= value <= high

    return test


def _area(facts: ItemFacts) -> float | None:
    return None if facts.width is None or facts.height is None else facts.width * facts.height


def _aspect_ratio(facts: ItemFacts) -> float | None:
    return facts.width / facts.height if facts.width is not None and facts.height else None


def _not_computed(_facts: ItemFacts) -> float | None:
    return None


_METRICS: dict[str, Callable[[ItemFacts], float | None]] = {
    "metric_width": lambda facts: facts.width,
    "metric_height": lambda facts: facts.height,
    "metric_area": _area,
    "metric_aspect_ratio": _aspect_ratio,
    # Encord computes these only when somebody asks for it in its own pages; until then they match nothing.
    "metric_brightness": _not_computed,
    "metric_sharpness": _not_computed,
    "metric_file_size": _not_computed,
}
