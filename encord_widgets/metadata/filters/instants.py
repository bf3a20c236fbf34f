"""ISO 8601 texts as moments, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.filters.arguments import instant

__all__ = ["NO_TIME", "Instants", "instants"]

Instants: TypeAlias = npt.NDArray[np.int64]
NO_TIME: Final = int(np.iinfo(np.int64).min)
"""What `instants` gives for a text that names no moment; less than every moment."""

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_DAY: Final = 86_400 * _SECOND
_MONTHS, _HOURS, _SIXTY, _FEBRUARY = 12, 24, 60, 2
_DATE: Final = 10  # characters of a date
_TIME: Final = 19  # characters of a date and a time
_FEW: Final = 64
_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _shapes() -> dict[int, tuple[int, str]]:
    """By length, the usual spellings of a moment: how many digits the second has behind its point, and the zone."""
    zones = {"": 0, "Z": 1, "+": 6}
    shapes = {_DATE: (-1, "")}
    for digits in (0, 3, 6):
        for zone, length in zones.items():
            shapes[_TIME + (digits and digits + 1) + length] = (digits, zone)
    return shapes


_SHAPES: Final = _shapes()


def instants(texts: Sequence[str]) -> Instants:
    """The moments that ISO 8601 texts name, as `arguments.instant` reads each.

    The usual spellings are read as columns of digits, others one by one.

    Args:
        texts: Any texts.

    Returns:
        Microseconds since 1970-01-01 in UTC (int64), `NO_TIME` for a text that names no moment.

    Example:
        >>> instants(["1970-01-02", "1970-01-01T00:00:01Z", "rain"])[:2]
        array([86400000000,     1000000])
    """
    if len(texts) < _FEW:
        return np.fromiter(map(_instant, texts), dtype=np.int64, count=len(texts))
    found = np.full(len(texts), NO_TIME, dtype=np.int64)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    for length in np.unique(lengths).tolist():
        places_ = np.flatnonzero(lengths == length)
        group = texts if len(places_) == len(texts) else [texts[place] for place in places_.tolist()]
        moments, good = (
            _usual(group, length) if length in _SHAPES else (None, np.zeros(len(group), dtype=np.bool_))
        )
        if moments is not None:
            found[places_] = np.where(good, moments, NO_TIME)
        for place in np.flatnonzero(~good).tolist():
            found[places_[place]] = _instant(group[place])
    return found


def _instant(text: str) -> int:
    moment = instant(text)
    return NO_TIME if moment is None else moment


def _usual(texts: Sequence[str], length: int) -> tuple[Instants, npt.NDArray[np.bool_]]:
    """Moments of texts of one usual length, and which of them are spelled in the usual way."""
    digits, zone = _SHAPES[length]
    spelled = np.frombuffer("".join(texts).encode("ascii", "replace"), dtype=np.uint8)
    chars = np.ascontiguousarray(spelled.reshape(len(texts), length).T)
    good = (chars[4] == ord("-")) & (chars[7] == ord("-"))

    def number(start: int, stop: int) -> npt.NDArray[np.int64]:
        """The number that some characters spell, as far as they are digits."""
        nonlocal good
        value = np.zeros(len(texts), dtype=np.int32)
        for place in range(start, stop):
            digit = chars[place] - np.uint8(ord("0"))
            good &= digit <= np.uint8(9)
            value *= 10
            value += digit
        return value.astype(np.int64)

    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    good &= (year >= 1) & (month >= 1) & (month <= _MONTHS) & (day >= 1)
    leap = (month == _FEBRUARY) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good &= day <= _DAYS.take(month, mode="clip") + leap
    months = ((year - 1970) * 12 + month - 1).view("datetime64[M]")
    moments = (months.astype("datetime64[D]").view(np.int64) + day - 1) * _DAY
    if length == _DATE:
        return moments, good
    hour, minute, second = number(11, 13), number(14, 16), number(17, 19)
    good &= ((chars[10] == ord("T")) | (chars[10] == ord(" "))) & (chars[13] == ord(":"))
    good &= (chars[16] == ord(":")) & (hour < _HOURS) & (minute < _SIXTY) & (second < _SIXTY)
    moments += (hour * 60 + minute) * _MINUTE + second * _SECOND
    end = _TIME
    if digits:
        good &= chars[end] == ord(".")
        moments += number(end + 1, end + 1 + digits) * (_SECOND // 10**digits)
        end += digits + 1
    if zone == "Z":
        good &= chars[end] == ord("Z")
    elif zone:
        east, west = chars[end] == ord("+"), chars[end] == ord("-")
        hours, minutes = number(end + 1, end + 3), number(end + 4, end + 6)
        good &= (east | west) & (chars[end + 3] == ord(":")) & (hours < _HOURS) & (minutes < _SIXTY)
        moments -= np.where(west, -1, 1) * (hours * 60 + minutes) * _MINUTE
    return moments, good
