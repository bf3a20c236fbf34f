"""Where a text occurs: in letters that stand in a row, and in numbers as they are written."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import orjson

__all__ = ["needle_places", "numbers_spelled"]

_AT_ONCE: Final = 32_768
_COMMA: Final = ord(",")
_SCALES: Final = (1, 100, 10_000)
_EXACT_INT: Final = 2**53
_SPAN: Final = 4
_SAMPLE: Final = 200


def needle_places(letters: npt.NDArray[np.uint8], needle: bytes) -> npt.NDArray[np.int64]:
    """Where a needle begins.

    Args:
        letters: What to look in (uint8).
        needle: What to look for; not empty.

    Returns:
        Positions in order (int64).

    Example:
        >>> needle_places(np.frombuffer(b"banana", dtype=np.uint8), b"an").tolist()
        [1, 3]
    """
    last = max(0, len(letters) - len(needle) + 1)
    begun = letters[:last] == needle[0]
    if len(needle) > 1:
        begun &= letters[1 : last + 1] == needle[1]
    places = np.flatnonzero(begun)
    for offset, letter in enumerate(needle[2:], 2):
        places = places[letters[places + offset] == letter]
    return places


def numbers_spelled(
    numbers: npt.NDArray[np.int64] | npt.NDArray[np.float64], needle: bytes
) -> npt.NDArray[np.bool_]:
    """Which numbers contain a text when they are written as JSON: as short as they can be told apart.

    Args:
        numbers: Integers (int64) or finite numbers (float64).
        needle: Text to look for, in lower case; not blank.

    Example:
        >>> numbers_spelled(np.array([0.25, 125.0]), b"25").tolist()
        [True, True]
    """
    found = np.zeros(len(numbers), dtype=np.bool_)
    for start in range(0, len(numbers), _AT_ONCE):  # arrays of so many stay in the processor's cache
        found[start : start + _AT_ONCE] = _chunk_spelled(numbers[start : start + _AT_ONCE], needle)
    return found


def _chunk_spelled(
    numbers: npt.NDArray[np.int64] | npt.NDArray[np.float64], needle: bytes
) -> npt.NDArray[np.bool_]:
    whole = _whole(numbers)
    if whole is not None and int(whole.max()) - int(whole.min()) < _SPAN * len(numbers):
        places = (whole - whole.min()).astype(np.int64)
        first = np.zeros(int(places.max()) + 1, dtype=np.int64)
        first[places] = np.arange(len(places))
        held: npt.NDArray[np.bool_] = np.zeros(len(first), dtype=np.bool_)
        held[places] = True
        used = np.flatnonzero(held)
        if len(used) < len(numbers) // 2:  # each is written once
            held[used] = _spelled(numbers[first[used]], needle)
            each: npt.NDArray[np.bool_] = held[places]
            return each
    return _spelled(numbers, needle)


def _whole(
    numbers: npt.NDArray[np.int64] | npt.NDArray[np.float64],
) -> npt.NDArray[np.int64] | npt.NDArray[np.float64] | None:
    """Integers as they are, numbers with few decimals times a power of ten; None for others, and for minus zero."""
    if numbers.dtype == np.int64:
        return numbers
    if not max(-float(numbers.min()), float(numbers.max())) < _EXACT_INT / _SCALES[-1]:
        return None
    for scale in _SCALES:
        if (np.rint(numbers[:_SAMPLE] * scale) / scale != numbers[:_SAMPLE]).any():
            continue
        scaled = np.rint(numbers * scale)
        if (scaled / scale == numbers).all():
            return None if (np.signbit(numbers) & (numbers == 0)).any() else scaled
    return None


def _spelled(
    numbers: npt.NDArray[np.int64] | npt.NDArray[np.float64], needle: bytes
) -> npt.NDArray[np.bool_]:
    written = np.frombuffer(orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY), dtype=np.uint8)[1:]
    places = needle_places(written, needle)
    found = np.zeros(len(numbers), dtype=np.bool_)
    found[np.searchsorted(np.flatnonzero(written == _COMMA), places)] = True
    return found
