"""What a column is ordered by, and which of its rows contain a text."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.needles import numbers_spelled

__all__ = ["matching_text", "sort_keys"]

#                           absent null false true int float text json big_int
_CLASSES: Final = np.array([5, 4, 0, 0, 1, 1, 2, 3, 1], dtype=np.int8)


def sort_keys(column: Column, rows: Rows) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """What to order rows by: the class of the value first, then its rank within the class.

    Booleans come before numbers, numbers before text, nested JSON after, then null, then absent.

    Args:
        column: Where the values are.
        rows: Row positions, int64.

    Returns:
        The class (int8) and the rank (float64) of every row asked for.

    Example:
        >>> column = Column.of("fog", 1)
        >>> [found.tolist() for found in sort_keys(column, np.array([0]))]
        [[2], [0.0]]
    """
    tags = column.tags[rows]
    ranks = np.zeros(len(rows), dtype=np.float64)
    numeric = (tags == Tag.INT) | (tags == Tag.FLOAT)
    if numeric.any():
        ranks[numeric] = column.numbers[rows[numeric]]
    big = tags == Tag.BIG_INT
    if big.any():
        ranks[big] = [float(column.jsons[code]) for code in column.codes[rows[big]].tolist()]
    ranks[tags == Tag.TRUE] = 1
    for tag, spelled in ((Tag.TEXT, column.texts), (Tag.JSON, column.jsons)):
        places = tags == tag
        if places.any():
            ranks[places] = spelled.ranks[column.codes[rows[places]]]
    return _CLASSES[tags], ranks


def matching_text(column: Column, needle: str) -> npt.NDArray[np.bool_]:
    """Rows whose text, number or JSON contains a text, letter case aside.

    Args:
        column: Where to look.
        needle: Text to look for.

    Returns:
        One boolean for every row.

    Example:
        >>> matching_text(Column.of("Fog", 1), "fo").tolist()
        [True]
    """
    tags, kinds = column.tags, column.kinds
    found = np.zeros(len(column), dtype=np.bool_)
    for tag, spelled in ((Tag.TEXT, column.texts), (Tag.JSON, column.jsons), (Tag.BIG_INT, column.jsons)):
        if tag in kinds and (holding := spelled.containing(needle)).any():
            found |= holding.take(column.codes, mode="clip") & (tags == tag)
    wanted = needle.casefold().encode("utf-8", "surrogatepass")
    if set(wanted) <= set(b"0123456789.e+-"):
        if Tag.INT in kinds:
            whole = np.flatnonzero(tags == Tag.INT)
            found[whole] = numbers_spelled(column.numbers[whole].astype(np.int64), wanted)
        if Tag.FLOAT in kinds:
            broken = tags == Tag.FLOAT
            if (
                np.count_nonzero(broken) > len(tags) // 2
            ):  # with the others among them is quicker than without
                found |= numbers_spelled(column.numbers, wanted) & broken
            else:
                found[broken] = numbers_spelled(column.numbers[broken], wanted)
    return found
