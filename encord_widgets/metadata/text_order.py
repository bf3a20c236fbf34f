"""Very many short texts in their order, compared eight letters at a time as numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["order_by_words"]

_WORD: Final = 8
_WIDEST: Final = 64
"""Bytes of a text up to which texts are ordered as numbers."""


def order_by_words(letters: bytes, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
    """Positions of texts in their order, eight letters at a time as one number; None where that cannot be.

    Args:
        letters: All texts in a row, in ASCII.
        starts: Where each begins (int64), and the end of the last.

    Example:
        >>> order_by_words(b"rainfog", np.array([0, 4, 7]))
        array([1, 0])
    """
    lengths = np.diff(starts)
    if not len(lengths) or b"\0" in letters or lengths.max() > _WIDEST:
        return None
    end, letters = len(letters), letters + bytes(_WORD)  # so that eight bytes follow every letter
    if 0 < lengths.min() == lengths.max():
        order = _by_letters(np.frombuffer(letters[:end], dtype=np.uint8).reshape(len(lengths), -1))
        if order is not None:
            return order
    # A view in which a number begins at every letter.
    numbers = np.ndarray((end + 1,), dtype=">u8", buffer=letters, strides=(1,))

    def words(rows: npt.NDArray[np.int64], at: int) -> npt.NDArray[np.uint64]:
        """The letters `at` to `at` + 8 of some texts; what is beyond the end of a text is zero."""
        left = np.clip(lengths[rows] - at, 0, _WORD)
        beyond = ((_WORD - left) * _WORD).astype(np.uint64)
        found = numbers[np.minimum(starts[rows] + at, end)].astype(np.uint64)
        return np.where(left == 0, np.uint64(0), found >> beyond << beyond)

    every = np.arange(len(lengths), dtype=np.int64)
    longest = int(lengths.max())
    at, word = 0, words(every, 0)
    while at < longest and (shared := _alike(word)):
        at += shared
        word = words(every, at)
    order = np.argsort(word, kind="stable")
    places, runs, word = every, np.zeros(len(every), dtype=np.int64), word[order]
    # Only what has begun alike so far is looked at further.
    while at < longest:
        new = np.concatenate([[True], (word[1:] != word[:-1]) | (runs[1:] != runs[:-1])])
        alike = ~(new & np.concatenate([new[1:], [True]]))
        if not alike.any():
            break
        at += _WORD
        places, runs = places[alike], np.cumsum(new)[alike]
        word = words(order[places], at)
        again = np.lexsort((word, runs))
        order[places], word = order[places[again]], word[again]
    return order


def _by_letters(letters: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64] | None:
    """As `_by_words` for texts of one length whose letters, with the position behind them, fit one number each."""
    columns = np.ascontiguousarray(letters.T)
    lows, highs = columns.min(axis=1), columns.max(axis=1)
    bits = [int(high - low).bit_length() for low, high in zip(lows, highs, strict=True)]
    places = len(letters).bit_length()
    if sum(bits) + places > _WORD * _WORD:
        return None
    keys = np.zeros(len(letters), dtype=np.uint64)
    for column, low, width in zip(columns, lows, bits, strict=True):
        if width:
            keys <<= np.uint64(width)
            keys |= column - low
    keys <<= np.uint64(places)
    keys |= np.arange(len(letters), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64((1 << places) - 1)).astype(np.int64)


def _alike(words: npt.NDArray[np.uint64]) -> int:
    """How many letters all of them begin with."""
    differing = int(words.min()) ^ int(words.max())
    return _WORD - -(-differing.bit_length() // _WORD)
