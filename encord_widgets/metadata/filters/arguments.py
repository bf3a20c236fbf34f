"""Arguments of rules: what each may be, and how instants, spans and patterns are read."""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from encord_widgets.metadata.values import Json, shown, to_json

__all__ = ["JSON_TYPES", "UNITS", "ArgumentKind", "compiled", "instant", "read_argument", "span"]

ArgumentKind: TypeAlias = Literal[
    "value",
    "text",
    "pattern",
    "bound",
    "amount",
    "unit",
    "latitude",
    "longitude",
    "km",
    "count",
    "item",
    "json_type",
    "wire_type",
    "definition",
]

JSON_TYPES: Final = ("text", "number", "boolean", "null", "object", "list")
"""The stored JSON types, as the operator `type` names them."""

UNITS: Final = {"minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
"""Units of a relative time, in seconds."""

_MICROSECONDS: Final = 1_000_000
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # differences of naive times cannot overflow at year 1 or 9999
_MOST_UNITS: Final = 1_000_000
_LATITUDE: Final = 90
_LONGITUDE: Final = 180


def instant(text: str) -> int | None:
    """The moment that an ISO 8601 text names, or None if it names none.

    A date alone is its midnight in UTC; a time without a zone is in UTC.

    Args:
        text: For example `2024-02-24` or `2024-02-24T12:00:00+02:00`.

    Returns:
        Microseconds since 1970-01-01 in UTC.

    Example:
        >>> instant("1970-01-02"), instant("1970-01-01T02:00:00+02:00"), instant("rain")
        (86400000000, 0, None)
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    offset = moment.utcoffset() or dt.timedelta()
    return (moment.replace(tzinfo=None) - _EPOCH - offset) // dt.timedelta(microseconds=1)


def span(amount: float, unit: str) -> int:
    """Length of a relative time in microseconds.

    Args:
        amount: How many.
        unit: One of `UNITS`.

    Example:
        >>> span(2, "minutes")
        120000000
    """
    return round(amount * UNITS[unit] * _MICROSECONDS)


@lru_cache(maxsize=256)
def compiled(pattern: str, *, any_case: bool = False) -> re.Pattern[str]:
    """A regular expression, compiled once.

    Args:
        pattern: As `re.search` takes it.
        any_case: Whether upper and lower case are the same.

    Raises:
        ValueError: With what is wrong with the pattern.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Python warns of patterns that a later version may read otherwise
            return re.compile(pattern, re.IGNORECASE if any_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


def read_argument(kind: ArgumentKind, value: object) -> Json:
    """Check one argument of a rule.

    Args:
        kind: What it must be.
        value: What came; Python values with an exact JSON form (UUID, aware datetime, numpy scalar) are taken.

    Returns:
        The argument as JSON.

    Raises:
        InvalidInputError: If it has no JSON form.
        ValueError: With what was expected instead.
    """
    return _READERS[kind](to_json(value))


def _text(value: Json) -> Json:
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _pattern(value: Json) -> Json:
    if not isinstance(value, str):
        raise ValueError("a regular expression as text")
    try:
        compiled(value)
    except ValueError as error:
        raise ValueError(f"a regular expression ({error})") from None
    return value


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _bound(value: Json) -> Json:
    if _is_number(value) or (isinstance(value, str) and instant(value) is not None):
        return value
    raise ValueError("a number, or an ISO 8601 date or time")


def _number(low: float, high: float, words: str) -> Callable[[Json], Json]:
    def read(value: Json) -> Json:
        if not _is_number(value) or not low <= value <= high:  # type: ignore[operator]  # a number by now
            raise ValueError(words)
        return value

    return read


def _amount(value: Json) -> Json:
    if not _is_number(value) or not 0 < value <= _MOST_UNITS:  # type: ignore[operator]  # a number by now
        raise ValueError(f"a number above 0, at most {_MOST_UNITS:,}")
    return value


def _count(value: Json) -> Json:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("a whole number from 1")
    return value


def _choice(options: tuple[str, ...]) -> Callable[[Json], Json]:
    def read(value: Json) -> Json:
        if value not in options:
            raise ValueError(f"one of {', '.join(options)}")
        return value

    return read


def _item(value: Json) -> Json:
    if isinstance(value, str):
        try:
            return str(uuid.UUID(value))
        except ValueError:
            pass
    elif isinstance(value, list) and any(value) and all(map(_is_number, value)):
        return value
    raise ValueError("the uuid of an item, or a list of numbers that are not all 0")


def _object(value: Json) -> Json:
    if not isinstance(value, dict):
        raise ValueError('a JSON object, such as {"ty": "variant", "hint": "number"}')
    return value


def _definition(value: Json) -> Json:
    if not isinstance(value, dict):
        raise ValueError("a JSON object as Encord gave it")
    return value


_READERS: Final[dict[ArgumentKind, Callable[[Json], Json]]] = {
    "value": lambda value: value,
    "text": _text,
    "pattern": _pattern,
    "bound": _bound,
    "amount": _amount,
    "unit": _choice(tuple(UNITS)),
    "latitude": _number(-_LATITUDE, _LATITUDE, "a latitude from -90 to 90"),
    "longitude": _number(-_LONGITUDE, _LONGITUDE, "a longitude from -180 to 180"),
    "km": _number(0, math.inf, "a distance in kilometres from 0"),
    "count": _count,
    "item": _item,
    "json_type": _choice(JSON_TYPES),
    "wire_type": _object,
    "definition": _definition,
}


def describe(value: object) -> str:
    """What came, for a message: the value and its type.

    Args:
        value: Anything.

    Example:
        >>> describe("x")
        "'x' (str)"
    """
    return f"{shown(value)} ({type(value).__name__})"
