"""The most frequent texts of a column, without a dictionary of a million entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.filters.parsed import Parsed

__all__ = ["Counted", "most_frequent"]

_FEW_TEXTS: Final = 20_000
_BLOCK: Final = 20_000


@dataclass(frozen=True, slots=True)
class Counted:
    """The most frequent texts.

    Args:
        top: Texts with their rows, the most frequent first, of equal ones that which came into the column first.
        more: How many further distinct texts there are.
        more_rows: Rows that hold one of them.
    """

    top: tuple[tuple[str, int], ...]
    more: int
    more_rows: int


def most_frequent(texts: Sequence[str], codes: npt.NDArray[np.int32], top: int, parsed: Parsed) -> Counted:
    """The most frequent among some texts.

    Args:
        texts: The column's texts; a text may stand there several times.
        codes: Which text every row holds (int32).
        top: Most texts listed.
        parsed: What is kept of the column's texts.

    Example:
        >>> codes = np.array([0, 1, 2, 1], dtype=np.int32)
        >>> most_frequent(["fog", "rain", "snow", "rain"], codes, 1, Parsed())
        Counted(top=(('rain', 2),), more=2, more_rows=2)
    """
    if len(texts) <= _FEW_TEXTS:
        rows: dict[str, int] = {}
        for text, count in zip(texts, np.bincount(codes, minlength=len(texts)).tolist(), strict=True):
            if count:
                rows[text] = rows.get(text, 0) + count
        found = sorted(rows.items(), key=lambda pair: -pair[1])[:top]
        distinct = len(rows)
    else:
        found, distinct = _by_hash(texts, codes, top, parsed)
    return Counted(tuple(found), distinct - len(found), len(codes) - sum(count for _, count in found))


def _by_hash(
    texts: Sequence[str], codes: npt.NDArray[np.int32], top: int, parsed: Parsed
) -> tuple[list[tuple[str, int]], int]:
    """The same for a long list: sorting numbers is quicker than looking texts up."""
    hashes = parsed.hashes(texts)
    held = np.sort(hashes[codes])
    starts = np.flatnonzero(np.concatenate([[len(held) > 0], held[1:] != held[:-1]]))
    counts = np.diff(starts, append=len(held))
    least = 0 if len(starts) <= top else int(np.partition(counts, -top)[-top])
    often = held[starts[counts > least]]
    tied = held[starts[counts == least]]
    found = _first_texts(texts, hashes, often, len(often))
    found += _first_texts(texts, hashes, tied, top - len(often))
    runs = np.searchsorted(held[starts], hashes[np.array(found, dtype=np.int64)])
    sizes = dict(zip(found, counts[runs].tolist(), strict=True))
    ranked = sorted(found, key=lambda code: -sizes[code])
    return [(texts[code], sizes[code]) for code in ranked], len(starts)


def _first_texts(
    texts: Sequence[str], hashes: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64], limit: int
) -> list[int]:
    """Codes of the first texts whose hash is wanted (sorted), each text once."""
    found: dict[int, int] = {}
    for start in range(0, len(texts), _BLOCK):
        if len(found) >= limit or not len(wanted):
            break
        block = hashes[start : start + _BLOCK]
        places = np.searchsorted(wanted, block).clip(max=len(wanted) - 1)
        for place in np.flatnonzero(wanted[places] == block).tolist():
            found.setdefault(int(block[place]), start + place)
            if len(found) >= limit:
                break
    return list(found.values())
