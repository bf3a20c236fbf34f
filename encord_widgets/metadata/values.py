"""Values of custom metadata: JSON, absent, comparison and exact conversion.

A key of an item is either absent or holds a JSON value; null is a value. The two are never merged.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias

import numpy as np
import orjson

from encord_widgets.errors import InvalidInputError, Problem

__all__ = [
    "ABSENT",
    "Absent",
    "Json",
    "Value",
    "canonical",
    "compact",
    "has_long_integer",
    "json_texts",
    "loads",
    "same",
    "shown",
    "to_json",
]

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

_EXACT_INT: Final = 2**53
_TO_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")
_NINETEEN_DIGITS: Final = b"0" * 19
_TWENTY_DIGITS: Final = b"0" * 20  # 19 digits fit 64 bits
_NEGATIVE: Final = b"-" + _NINETEEN_DIGITS
_BEFORE_A_NUMBER: Final = frozenset([b":", b"[", b",", b"-", b" ", b"\t", b"\r", b"\n"])
_MAX_DEPTH: Final = 64


class Absent(Enum):
    """The type of `ABSENT`: the key is not there. Falsy, and distinct from `None` (JSON null).

    Example:
        >>> import encord_widgets as ew
        >>> bool(ew.ABSENT), ew.ABSENT is None
        (False, False)
    """

    ABSENT = "absent"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "<absent>"

    def __str__(self) -> str:
        return "<absent>"  # what a table of changes shows


ABSENT: Final = Absent.ABSENT
Value: TypeAlias = Json | Absent


def canonical(value: Value) -> str:
    """The text by which two values are compared: keys sorted, equal numbers spelled alike.

    `1` and `1.0` are the same JSON number; `true` and `1`, `"1"` and `1`, null and absent are not the same.

    Args:
        value: A JSON value or `ABSENT`.

    Returns:
        JSON text, or the empty text for `ABSENT` (which no JSON value has).

    Example:
        >>> canonical({"b": 1.0, "a": None}), canonical(ABSENT)
        ('{"a":null,"b":1}', '')
    """
    if isinstance(value, Absent):
        return ""
    return _dumps(_plain_numbers(value), sort=True)


def same(a: Value, b: Value) -> bool:
    """Whether two values are the same canonical JSON.

    Args:
        a: A JSON value or `ABSENT`.
        b: A JSON value or `ABSENT`.

    Example:
        >>> same(1, 1.0), same(True, 1), same(None, ABSENT)
        (True, False, False)
    """
    if type(a) is type(b) and not isinstance(a, (list, dict)):
        return a == b
    return canonical(a) == canonical(b)


def compact(value: Json) -> str:
    """JSON text of a value without blanks, keys in their own order; integers of any size are exact.

    Args:
        value: A JSON value.

    Example:
        >>> compact({"a": [1, 2.0]})
        '{"a":[1,2.0]}'
    """
    return _dumps(value, sort=False)


def json_texts(values: Iterable[Json]) -> list[str]:
    """Compact JSON of many values; as `compact`, for whole columns.

    Args:
        values: JSON values.

    Example:
        >>> json_texts([[1, 2.0]])
        ['[1,2.0]']
    """
    dumps = orjson.dumps
    kept = list(values)
    try:
        if set(map(type, kept)) == {str}:
            whole = dumps(kept)
            if b"\\" not in whole:  # then a quote stands at the ends of texts only
                return [f'"{text}"' for text in whole[2:-2].decode().split('","')]
        return [dumps(value).decode() for value in kept]  # orjson's own bytes keep a buffer of kilobytes each
    except TypeError:  # an integer past 64 bits is among them
        return [compact(value) for value in kept]


def has_long_integer(text: str | bytes) -> bool:
    """Whether a text may hold an integer past 64 bits, which orjson would turn into a float.

    Digits inside words and behind a decimal point do not count; JSON quoted inside a text may be taken for one.

    Args:
        text: JSON text, or many of them joined by line breaks; bytes are UTF-8.

    Example:
        >>> has_long_integer('{"n": 18446744073709551616}'), has_long_integer('{"n": 1844674407370955161}')
        (True, False)
    """
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
    digits = raw.translate(_TO_ZERO)  # a plain search is several times faster than a pattern
    if _NINETEEN_DIGITS not in digits:  # hardly any text has so many
        return False
    return _holds(digits, _TWENTY_DIGITS) or _holds(digits, _NEGATIVE)


def _holds(digits: bytes, run: bytes) -> bool:
    """Whether a run of digits stands where JSON has a number."""
    found = digits.find(run)
    while found >= 0:
        if digits[found - 1 : found] in _BEFORE_A_NUMBER or not found:
            return True
        while digits[found + len(run) : found + len(run) + 1] == b"0":
            found += 1
        found = digits.find(run, found + len(run))
    return False


def loads(text: str | bytes) -> Json:
    """Parse JSON exactly: integers of any size keep every digit.

    Args:
        text: JSON text; bytes are UTF-8.

    Returns:
        The JSON value.

    Raises:
        ValueError: If the text is not JSON, or holds NaN, infinity or a number past the range of a float64.

    Example:
        >>> loads("[1, 123456789012345678901234567890]")
        [1, 123456789012345678901234567890]
    """
    if not has_long_integer(text):
        value: Json = orjson.loads(text)
        return value
    # orjson turns integers past 64 bits into floats; the standard library keeps them, but lets NaN pass.
    return json.loads(text, parse_constant=_no_constant, parse_float=_finite)  # type: ignore[no-any-return]


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:40]} is past the range of a float64")
    return number


def shown(value: object, limit: int = 60) -> str:
    """A value in a message: its Python spelling, shortened.

    Args:
        value: Anything.
        limit: Longest text, in characters.

    Example:
        >>> shown("x" * 100, limit=8)
        "'xxxxxx…"
    """
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def to_json(value: object) -> Json:
    """Convert a Python value to JSON when that loses nothing; otherwise say what would be lost.

    JSON values pass through. Exact conversions are made: numpy scalars, UUID, aware datetime and date to ISO
    text. Everything that a wire would change silently is refused: NaN and infinity (they would become null),
    naive datetimes (no zone), sets and tuples (order, type), dictionary keys that are not text.

    Args:
        value: The value to stage.

    Returns:
        The JSON value.

    Raises:
        InvalidInputError: With every problem inside the value, each with its path.

    Example:
        >>> import datetime as dt
        >>> to_json(dt.date(2024, 2, 24))
        '2024-02-24'
    """
    if type(value) in _PLAIN and not (isinstance(value, str) and _has_surrogate(value)):
        return value  # type: ignore[return-value]  # the three immutable JSON scalars
    if type(value) in _NESTED and (copied := _copied(value)) is not None:
        return copied
    problems: list[Problem] = []
    converted = _convert(value, "", problems, 0)
    if problems:
        raise InvalidInputError(problems)
    return converted


_PLAIN: Final = frozenset({str, bool, type(None)})
_NESTED: Final = frozenset({dict, list})


def _copied(value: object) -> Json:
    """A copy of a dictionary or list that is JSON as it stands, in a fifth of the time; None for any other."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        return None
    shallow = text.count(b"{") + text.count(b"[") <= _MAX_DEPTH  # there may be more of them than levels
    copied: Json = orjson.loads(text) if shallow else None
    return copied if copied == value else None


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _problem(value: object, path: str, expected: str, hint: str) -> Problem:
    got = f"{shown(value)} ({type(value).__name__})"
    return Problem(expected=expected, got=f"{got} at {path}" if path else got, hint=hint)


def _convert(value: object, path: str, problems: list[Problem], depth: int) -> Json:
    if depth > _MAX_DEPTH:
        problems.append(_problem(value, path, f"at most {_MAX_DEPTH} levels", "Flatten the value."))
        return None
    if isinstance(value, np.generic):
        value = value.item() if not isinstance(value, (np.datetime64, np.timedelta64)) else value
    match value:
        case None | bool():
            return value
        case str():
            if _has_surrogate(value):
                problems.append(
                    _problem(value, path, "text that UTF-8 can hold", "Remove the lone surrogates.")
                )
            return str(value)
        case int():
            return int(value)
        case float():
            return _convert_float(value, path, problems)
        case dict():
            return _convert_dict(value, path, problems, depth)
        case list():
            return [_convert(v, f"{path}[{i}]", problems, depth + 1) for i, v in enumerate(value)]
        case uuid.UUID():
            return str(value)
        case dt.datetime() if value.tzinfo is not None:
            return value.isoformat()
        case dt.date() if not isinstance(value, dt.datetime):
            return value.isoformat()
        case _:
            problems.append(_refusal(value, path))
            return None


def _convert_float(value: float, path: str, problems: list[Problem]) -> float:
    if not math.isfinite(value):
        problems.append(
            _problem(
                value, path, "a finite number", "JSON has no NaN or infinity; stage None, or unset the key."
            )
        )
    return float(value)


def _convert_dict(
    value: dict[Any, object], path: str, problems: list[Problem], depth: int
) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for key, inner in value.items():
        if not isinstance(key, str):
            problems.append(_problem(key, path, "text as dictionary key", "Use str(key)."))
            continue
        result[str(key)] = _convert(inner, f"{path}.{key}" if path else key, problems, depth + 1)
    return result


def _refusal(value: object, path: str) -> Problem:
    if type(value).__name__ == "NaTType":  # pandas' NaT is a datetime by inheritance
        return _problem(value, path, "a JSON value", "NaT has no JSON form; stage None or unset the key.")
    if isinstance(value, dt.datetime):
        return _problem(
            value,
            path,
            "a datetime with a zone",
            "Add one, such as value.replace(tzinfo=datetime.UTC).",
        )
    if isinstance(value, (set, frozenset, tuple)):
        return _problem(value, path, "a list", "Use list(value) or sorted(value).")
    if isinstance(value, np.ndarray):
        return _problem(value, path, "a list", "Use value.tolist().")
    if isinstance(value, Absent):
        return _problem(value, path, "a JSON value", "A key inside a value is left out, not absent.")
    hint = "Convert it yourself, so that nothing is lost unseen."
    if isinstance(value, Mapping):
        hint = "Use dict(value)."
    elif isinstance(value, Iterable):
        hint = "Use list(value)."
    return _problem(value, path, "a JSON value", hint)


def _plain_numbers(value: Json) -> Json:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT_INT else value
    if isinstance(value, list):
        return [_plain_numbers(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain_numbers(v) for k, v in value.items()}
    return value


def _dumps(value: Json, *, sort: bool) -> str:
    option = orjson.OPT_SORT_KEYS if sort else 0
    try:
        return orjson.dumps(value, option=option).decode()
    except TypeError:  # integers past 64 bits, which orjson refuses
        return json.dumps(value, sort_keys=sort, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
