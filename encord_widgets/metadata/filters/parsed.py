"""What the texts and the JSON of one column mean, kept by code: each is read once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.filters.blob import Blob
from encord_widgets.metadata.filters.instants import Instants, instants
from encord_widgets.metadata.filters.places import Degrees, places
from encord_widgets.metadata.filters.vectors import vectors

__all__ = ["Parsed"]

_Vectors: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]
_MANY_TEXTS: Final = 5000
_MOST_CHARACTERS: Final = 100_000_000
_MOST_BYTES: Final = 1_000_000_000  # of vectors; their JSON takes twice as much


class Parsed:
    """The meanings of one column's texts and JSON by code, read when first asked for and kept.

    Texts only ever get added to a column, and a copy of it begins with the same ones: just the new ones are read.

    Example:
        >>> parsed, texts = Parsed(), ["1970-01-02"]
        >>> parsed.instants(texts).tolist()
        [86400000000]
        >>> texts.append("1970-01-03")
        >>> len(parsed.instants(texts))
        2
    """

    __slots__ = ("_hashed", "_hashes", "_instants", "_joined", "_jsons", "_places", "_texts", "_vectors")

    def __init__(self) -> None:
        self._texts: Sequence[str] = []
        self._instants: Instants = np.empty(0, dtype=np.int64)
        self._jsons: Sequence[str] = []
        self._places: tuple[Degrees, Degrees] = (np.empty(0), np.empty(0))
        self._vectors: tuple[Sequence[str], int, int, _Vectors] = ([""], 0, 0, vectors([], 0))
        self._joined: dict[bool, tuple[Sequence[str], int, Blob | None]] = {}
        self._hashed: Sequence[str] = []
        self._hashes: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def instants(self, texts: Sequence[str]) -> Instants:
        """The moment of every text; see `instants`.

        Args:
            texts: The column's texts.
        """
        known = _still(self._texts, texts, len(self._instants))
        if known < len(texts):
            new = instants(texts[known:] if known else texts)  # no text is made anew where all are read
            self._instants = np.concatenate([self._instants[:known], new])
        self._texts = texts
        return self._instants[: len(texts)]

    def places(self, jsons: Sequence[str]) -> tuple[Degrees, Degrees]:
        """The place of every JSON text; see `places`.

        Args:
            jsons: The column's JSON texts.
        """
        known = _still(self._jsons, jsons, len(self._places[0]))
        if known < len(jsons):
            latitudes, longitudes = places(jsons[known:])
            self._places = (
                np.concatenate([self._places[0][:known], latitudes]),
                np.concatenate([self._places[1][:known], longitudes]),
            )
        self._jsons = jsons
        return self._places[0][: len(jsons)], self._places[1][: len(jsons)]

    def vectors(
        self, jsons: Sequence[str], size: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The vectors among the JSON texts; see `vectors.vectors`. Those of the length asked for last are kept.

        Args:
            jsons: The column's JSON texts.
            size: How many numbers a vector has.
        """
        held, length, count, found = self._vectors
        known = _still(held, jsons, count) if length == size else 0
        if known < count or length != size:
            known, found = 0, vectors([], size)
        if known < len(jsons):
            places, block = vectors(jsons[known:], size)
            found = (np.concatenate([found[0], places + known]), np.concatenate([found[1], block]))
        if found[1].nbytes <= _MOST_BYTES:
            self._vectors = jsons, size, len(jsons), found
        return found

    def blob(self, texts: Sequence[str], *, any_case: bool = False) -> Blob | None:
        """All texts as bytes to look for needles in; None where they are too few, or too long together, to be worth it.

        Args:
            texts: The column's texts.
            any_case: Whether they are case-folded.
        """
        held, count, blob = self._joined.get(any_case, ([], 0, None))
        if count != len(texts) or _still(held, texts, count) != count:
            blob = None
            if len(texts) >= _MANY_TEXTS and sum(map(len, texts)) <= _MOST_CHARACTERS:
                blob = Blob(list(map(str.casefold, texts)) if any_case else list(texts))
            self._joined[any_case] = texts, len(texts), blob
        return blob

    def hashes(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        """A number for every text, the same for equal texts, and for others with a chance of one in 10^19.

        Args:
            texts: The column's texts.
        """
        known = _still(self._hashed, texts, len(self._hashes))
        if known < len(texts):
            new = np.fromiter(map(hash, texts[known:]), dtype=np.int64, count=len(texts) - known)
            self._hashes = np.concatenate([self._hashes[:known], new])
        self._hashed = texts
        return self._hashes[: len(texts)]


def _still(held: Sequence[str], now: Sequence[str], count: int) -> int:
    """How many of the first `count` readings still hold: all while the list only got longer, else none."""
    if held is now or (count <= len(now) and held[:count] == now[:count]):
        return count
    return 0
