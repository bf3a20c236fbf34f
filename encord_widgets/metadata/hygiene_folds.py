"""When two values, or two keys, are nearly the same: what is left of them without case, blanks and spelling."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Final

from encord_widgets.metadata.values import Json, loads

__all__ = ["differences", "fold_key", "fold_text", "fold_value", "instant_of"]

_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\ufeff\u00ad"))
_BOOLEANS: Final = {"true": True, "false": False}
_EXACT_INT: Final = 2**53
_LONGEST_NUMBER: Final = 40
_LONGEST_DATE: Final = 40
_LAST_MONTH: Final = 12
_DROPPED: Final = re.compile(r"[\s_.\-]+")
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_ISO: Final = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?", re.IGNORECASE)
_SHORT: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_NAMED: Final = re.compile(
    r"(\d{1,2})\.?[ -]([a-z]{3,9})\.?,?[ -](\d{4})|([a-z]{3,9})\.? (\d{1,2}),? (\d{4})"
)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DIGITS: Final = frozenset("0123456789")
_MONTH_STARTS: Final = frozenset(name[:3] for name in _MONTHS)


def _plain(text: str) -> str:
    """A text without compatibility forms, invisible characters and surplus blanks."""
    return _single_blanks(_visible(text))


def fold_value(value: Json, *, numbers: bool) -> Hashable:
    """What near-equal values have in common; None for null, lists and objects, which have nothing.

    Args:
        value: A JSON value.
        numbers: Whether a text that spells a number may be that number.

    Example:
        >>> fold_value(" Rain", numbers=False) == fold_value("rain", numbers=False)
        True
        >>> fold_value("True", numbers=False) == fold_value(True, numbers=False)
        True
        >>> fold_value("24.02.2024", numbers=False) == fold_value("2024-02-24T00:00:00Z", numbers=False)
        True
        >>> fold_value("1.10", numbers=False) == fold_value("1.1", numbers=False)
        False
    """
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, (int, float)):
        return "number", _number(value)
    if not isinstance(value, str):
        return None
    return fold_text(value, numbers=numbers)


def fold_text(value: str, *, numbers: bool) -> Hashable:
    """What near-equal values have in common with a text, as `fold_value`.

    Args:
        value: A text.
        numbers: Whether a text that spells a number may be that number.
    """
    text = " ".join(value.split()).lower() if value.isascii() else _plain(value).casefold()
    if text in _BOOLEANS:
        return "boolean", _BOOLEANS[text]
    if numbers and len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text):
        try:
            return "number", _number(loads(text))
        except ValueError:  # past the range of a float
            return text
    if text[:1] in _DIGITS or text[:3] in _MONTH_STARTS:
        moment = instant_of(text)
        if moment is not None:
            return "date", moment
    return text


def _number(value: Json) -> Hashable:
    if isinstance(value, float) and value.is_integer() and abs(value) >= _EXACT_INT:
        return "float", value
    return value if isinstance(value, (int, float)) else None


def instant_of(text: str) -> dt.datetime | None:
    """The instant that a text names in one of the usual forms, or None; a date that can be read two ways is none.

    A date is its midnight, a time without a zone is UTC.

    Args:
        text: Lower-case text without surplus blanks.

    Example:
        >>> instant_of("24 february 2024") == instant_of("2024/02/24") == instant_of("02/24/2024")
        True
        >>> instant_of("03/04/2024") is None, instant_of("03.04.2024").month
        (True, 4)
    """
    if len(text) > _LONGEST_DATE:
        return None
    if _ISO.fullmatch(text):
        day, _, time = text.replace("t", " ").partition(" ")
        parts = re.split(r"[-/.]", day)
        text = "-".join([parts[0], *(part.zfill(2) for part in parts[1:])]) + (
            f"T{time.upper()}" if time else ""
        )
        try:
            moment = dt.datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            return None
        return moment
    short, named = _SHORT.fullmatch(text), _NAMED.fullmatch(text)
    if short:
        first, mark, second, year = short.groups()
        return _short_date(int(first), int(second), int(year), dotted=mark == ".")
    if named:
        day, month = named[1] or named[5], named[2] or named[4]
        found = [at for at, name in enumerate(_MONTHS, 1) if name == month or name[:3] == month]
        return _date(int(named[3] or named[6]), found[0], int(day)) if found else None
    return None


def _short_date(first: int, second: int, year: int, *, dotted: bool) -> dt.datetime | None:
    if dotted or first > _LAST_MONTH or first == second:
        return _date(year, second, first)
    return _date(year, first, second) if second > _LAST_MONTH else None


def _date(year: int, month: int, day: int) -> dt.datetime | None:
    try:
        return dt.datetime(year, month, day, tzinfo=dt.UTC)
    except ValueError:
        return None


def fold_key(key: str) -> str:
    """What near-equal keys have in common: letters and digits, without case and what stands between words.

    Args:
        key: Metadata key.

    Example:
        >>> fold_key("captured at") == fold_key("Captured_At") == fold_key("capturedAt")
        True
    """
    return _DROPPED.sub("", _plain(key).casefold())


def differences(values: Sequence[Json]) -> tuple[str, ...]:
    """In what some near-equal values differ, in words.

    Args:
        values: Values of one fold.

    Example:
        >>> differences(["Rain", "rain "]), differences(["100", 100])
        (('blanks', 'letter case'), ('type',))
    """
    said = ["type"] if len({_kind(value) for value in values}) > 1 else []
    texts = {value for value in values if isinstance(value, str)}
    for name in _STEPS:
        others = [step for other, step in _STEPS.items() if other != name]
        said += [name] if len(_after(texts, others)) > len(_after(texts, _STEPS.values())) else []
    if len(texts) > 1 and not said and len(_after(texts, _STEPS.values())) == 1:
        said.append("unicode")  # several steps alone would do: a ligature, a blank that does not break
    left = _after(texts, _STEPS.values())
    if len(left) > 1:
        said.append("form of the date" if instant_of(next(iter(left))) else "spelling")
    return tuple(said)


def _after(texts: Iterable[str], steps: Iterable[Callable[[str], str]]) -> set[str]:
    found = set(texts)
    for step in steps:
        found = set(map(step, found))
    return found


def _visible(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_INVISIBLE)


def _single_blanks(text: str) -> str:
    return " ".join(text.split())


_STEPS: Final[Mapping[str, Callable[[str], str]]] = {
    "unicode": _visible,
    "blanks": _single_blanks,
    "letter case": str.casefold,
}


def _kind(value: Json) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)
