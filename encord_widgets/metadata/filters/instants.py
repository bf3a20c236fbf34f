"""ISO 8601 texts as moments, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.filters.arguments import instant
from encord_widgets.metadata.text_store import Texts

__all__ = ["NO_TIME", "Instants", "instants", "usual_instants"]

Instants: TypeAlias = npt.NDArray[np.int64]
NO_TIME: Final = int(np.iinfo(np.int64).min)
"""What `instants` gives for a text that names no moment; less than every moment."""

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_DAY: Final = 86_400 * _SECOND
_MONTHS, _HOURS, _SIXTY = 12, 24, 60
_DATE: Final = 10  # characters of a date
_TIME: Final = 19  # characters of a date and a time
_FEW: Final = 64
_CHUNK: Final = 16_384


def _shapes() -> dict[int, tuple[int, str]]:
    """By length, the usual spellings of a moment: how many digits the second has behind its point, and the zone."""
    zones = {"": 0, "Z": 1, "+": 6}
    shapes = {_DATE: (-1, "")}
    for digits in (0, 3, 6):
        for zone, length in zones.items():
            shapes[_TIME + (digits and digits + 1) + length] = (digits, zone)
    return shapes


_SHAPES: Final = _shapes()


@lru_cache(maxsize=1)
def _month_starts() -> npt.NDArray[np.int32]:
    """Day on which every month from year 1 begins, counted from 1970-01-01, up to the one behind year 9999."""
    return np.arange("0001-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)


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
    return _by_chunks(texts, every=True)


def usual_instants(texts: Sequence[str]) -> Instants:
    """As `instants`, for texts that are spelled in a usual way; `NO_TIME` for all others, moments or not.

    Args:
        texts: Any texts.

    Example:
        >>> usual_instants(["1970-01-01T00:00:01Z", "19700102"])
        array([             1000000, -9223372036854775808])
    """
    return _by_chunks(texts, every=False)


def _by_chunks(texts: Sequence[str], *, every: bool) -> Instants:
    # Arrays of a chunk stay in the processor's cache.
    chunks = [
        _between(texts, start, min(start + _CHUNK, len(texts)), every=every)
        for start in range(0, len(texts), _CHUNK)
    ]
    return np.concatenate(chunks) if chunks else np.empty(0, dtype=np.int64)


def _between(texts: Sequence[str], start: int, stop: int, *, every: bool) -> Instants:
    letters = texts.letters(start, stop) if isinstance(texts, Texts) else None
    if letters is None or letters.shape[1] not in _SHAPES:
        return _chunk(texts[start:stop], every=every)
    found, good = _usual(letters)
    found[~good] = NO_TIME
    if every:
        unusual = np.flatnonzero(~good)
        found[unusual] = [_instant(texts[start + place]) for place in unusual.tolist()]
    return found


def _chunk(texts: Sequence[str], *, every: bool) -> Instants:
    if every and len(texts) < _FEW:
        return np.fromiter(map(_instant, texts), dtype=np.int64, count=len(texts))
    found = np.full(len(texts), NO_TIME, dtype=np.int64)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        good = np.zeros(len(places), dtype=np.bool_)
        group = texts if len(places) == len(texts) else [texts[place] for place in places.tolist()]
        if length in _SHAPES:
            spelled = np.frombuffer("".join(group).encode("ascii", "replace"), dtype=np.uint8)
            moments, good = _usual(spelled.reshape(len(group), length))
            found[places[good]] = moments[good]
        if every:
            unusual = np.flatnonzero(~good).tolist()
            found[places[unusual]] = [_instant(group[place]) for place in unusual]
    return found


def _instant(text: str) -> int:
    moment = instant(text)
    return NO_TIME if moment is None else moment


def _usual(letters: npt.NDArray[np.uint8]) -> tuple[Instants, npt.NDArray[np.bool_]]:
    """Moments of texts of one usual length, a row each, and which of them are spelled in the usual way."""
    count, length = letters.shape
    digits, zone = _SHAPES[length]
    chars = np.ascontiguousarray(letters.T)
    good = (chars[4] == ord("-")) & (chars[7] == ord("-"))

    def number(start: int, stop: int) -> npt.NDArray[np.int32]:
        """The number that some characters spell, as far as they are digits."""
        nonlocal good
        value = np.zeros(count, dtype=np.int32)
        for place in range(start, stop):
            digit = chars[place] - np.uint8(ord("0"))
            good &= digit <= np.uint8(9)
            value *= 10
            value += digit
        return value

    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    good &= (year >= 1) & (month >= 1) & (month <= _MONTHS)
    months = (year - 1) * _MONTHS + month - 1
    starts = _month_starts()
    days = starts.take(months, mode="clip") + day - 1
    good &= (day >= 1) & (days < starts.take(months + 1, mode="clip"))
    moments = days * np.int64(_DAY)
    if length == _DATE:
        return moments, good
    hour, minute, second = number(11, 13), number(14, 16), number(17, 19)
    good &= ((chars[10] == ord("T")) | (chars[10] == ord(" "))) & (chars[13] == ord(":"))
    good &= (chars[16] == ord(":")) & (hour < _HOURS) & (minute < _SIXTY) & (second < _SIXTY)
    moments += ((hour * _SIXTY + minute) * _SIXTY + second) * np.int64(_SECOND)
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
        moments -= np.where(west, -1, 1) * (hours * _SIXTY + minutes) * np.int64(_MINUTE)
    return moments, good
