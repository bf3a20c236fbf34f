"""Many texts as one run of bytes, in which a needle is looked for with array steps instead of a call for each text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import contains
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Blob"]

Mask: TypeAlias = npt.NDArray[np.bool_]
_SEPARATOR: Final = "\n"
_WORD: Final = 8  # bytes


class Blob:
    """Some texts in UTF-8, in which the bytes of one character never look like those of another.

    Args:
        texts: The texts.

    Example:
        >>> blob = Blob(["rain", "grain", ""])
        >>> blob.contains("rain").tolist(), blob.starts("rain").tolist(), blob.ends("ain").tolist()
        ([True, True, False], [True, False, False], [True, True, False])
    """

    __slots__ = ("_bytes", "_ends", "_starts", "_words")

    def __init__(self, texts: Sequence[str]) -> None:
        joined = _SEPARATOR.join(texts)
        # Texts of a server may hold lone surrogates; as bytes they are only ever compared.
        padded = joined.encode("utf-8", "surrogatepass") + bytes(_WORD)
        self._bytes = np.frombuffer(padded, dtype=np.uint8)[:-_WORD]
        # The eight bytes from every place on as one number: a view of the same memory.
        self._words = np.ndarray(len(padded) - _WORD + 1, dtype="<u8", buffer=padded, strides=(1,))
        if joined.isascii():
            lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        else:
            encoded = map(str.encode, texts, repeat("utf-8"), repeat("surrogatepass"))
            lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(texts))
        self._ends = np.cumsum(lengths + 1) - 1
        self._starts = self._ends - lengths

    def contains(self, needle: str) -> Mask:
        """Which texts contain a needle.

        Args:
            needle: What to look for.
        """
        found = np.full(len(self._ends), not needle)
        wanted = _encoded(needle)
        if wanted:
            held = self._bytes[: max(0, len(self._bytes) - len(wanted) + 1)]
            places = np.flatnonzero(held == wanted[0])
            for offset, byte in enumerate(wanted[1:], 1):
                places = places[self._bytes[places + offset] == byte]
            texts = np.searchsorted(self._ends, places)
            if contains(needle, _SEPARATOR):  # it may have been found across two texts
                texts = texts[places + len(wanted) <= self._ends[texts]]
            found[texts] = True
        return found

    def starts(self, needle: str) -> Mask:
        """Which texts start with a needle.

        Args:
            needle: The start.
        """
        return self._at(self._starts, needle)

    def ends(self, needle: str) -> Mask:
        """Which texts end with a needle.

        Args:
            needle: The end.
        """
        return self._at(self._ends - len(_encoded(needle)), needle)

    def _at(self, places: npt.NDArray[np.int64], needle: str) -> Mask:
        """Texts that hold a needle at a place, eight bytes a step."""
        wanted = _encoded(needle)
        found: Mask = self._ends - self._starts >= len(wanted)
        for offset in range(0, len(wanted), _WORD):
            word = wanted[offset : offset + _WORD]
            rows = np.flatnonzero(found)
            held = self._words[places[rows] + offset] & np.uint64((1 << 8 * len(word)) - 1)
            found[rows] = held == np.uint64(int.from_bytes(word, "little"))
        return found


def _encoded(needle: str) -> bytes:
    return needle.encode("utf-8", "surrogatepass")
