"""Which metadata text every row of a table was made of, so that the same text need not be looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Rows

__all__ = ["UNKNOWN", "Fingerprints", "fingerprints_of"]

UNKNOWN: Final = 0
_LEAST: Final = 1024


def fingerprints_of(texts: Sequence[str]) -> list[int]:
    """Fingerprints of JSON texts: 64 bits each, keyed anew in every process, so never kept in a file.

    Args:
        texts: Metadata as the server sends it.

    Example:
        >>> fingerprints_of(["{}"]) == fingerprints_of(["{}"]) != fingerprints_of(['{"lux":4}'])
        True
    """
    return list(map(hash, texts))


class Fingerprints:
    """One fingerprint for every row; `UNKNOWN` where the text was not seen.

    Example:
        >>> prints = Fingerprints()
        >>> prints.write(np.array([2]), np.array([7]))
        >>> prints.at(np.array([1, 2, 5])).tolist()
        [0, 7, 0]
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def at(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Fingerprints of some rows (int64).

        Args:
            rows: Row positions, int64.
        """
        self._reach(rows)
        return self._held[rows]

    def write(self, rows: Rows, prints: npt.NDArray[np.int64]) -> None:
        """Set the fingerprints of some rows.

        Args:
            rows: Row positions, int64.
            prints: One for each (int64).
        """
        self._reach(rows)
        self._held[rows] = prints

    def _reach(self, rows: Rows) -> None:
        needed = int(rows.max()) + 1 if len(rows) else 0
        if needed > len(self._held):
            longer = np.zeros(max(needed, 2 * len(self._held), _LEAST), dtype=np.int64)
            longer[: len(self._held)] = self._held
            self._held = longer
