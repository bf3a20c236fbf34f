"""Vectors: JSON lists of numbers, and which are nearest to one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.values import Json, compact, loads

if TYPE_CHECKING:
    from encord_widgets.metadata.filters.parsed import Parsed

__all__ = ["cosines", "exactly", "nearest", "vectors"]

_ROUNDING: Final = 1e-12  # cosines that are nearer than this are compared without rounding
_MOST_EXACT: Final = 200_000  # numbers; more of them would take longer than a second
_CHUNK: Final = 20_000
_NOT_NUMBERS: Final = re.compile(r"[^0-9eE+\-., \[\]]")


def vectors(jsons: Sequence[str], size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The JSON lists that are vectors: so many numbers, not all 0.

    Args:
        jsons: JSON texts.
        size: How many numbers.

    Returns:
        Positions of the vectors among the texts (int64), and the vectors of length 1 (float64, one a row).

    Example:
        >>> vectors(["[3, 4]", "[0, 0]", "[1]", "[1, true]"], 2)
        (array([0]), array([[0.6, 0.8]]))
    """
    positions: list[npt.NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    blocks: list[npt.NDArray[np.float64]] = [np.empty((0, size))]
    for start in range(0, len(jsons), _CHUNK):
        numbers = [
            place
            for place in range(start, min(start + _CHUNK, len(jsons)))
            if jsons[place][0] == "[" and not _NOT_NUMBERS.search(jsons[place])
        ]
        lists: Any = loads(f"[{','.join([jsons[place] for place in numbers])}]")
        known = [
            (place, value)
            for place, value in zip(numbers, lists, strict=True)
            if 0 < len(value) == size and list not in set(map(type, value))
        ]
        if known:
            block = _floats([value for _, value in known])
            length = np.sqrt(np.einsum("ij,ij->i", block, block))
            good = np.isfinite(length) & (length > 0)
            positions.append(np.array([place for place, _ in known], dtype=np.int64)[good])
            blocks.append(block[good] / length[good, None])
    return np.concatenate(positions), np.concatenate(blocks)


def _floats(lists: Sequence[list[Json]]) -> npt.NDArray[np.float64]:
    """Lists of numbers as an array, each scaled so that its squares neither overflow nor vanish."""
    try:
        block = np.array(lists, dtype=np.float64)
    except OverflowError:  # integers past a float64 among them
        block = np.array([[_float(number) for number in numbers] for numbers in lists])
    largest = np.abs(block).max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # infinite ones become NaN and are no vectors
        return block / np.where(largest > 0, largest, 1)


def _float(number: Json) -> float:
    try:
        return float(number)  # type: ignore[arg-type]  # a number
    except OverflowError:
        return float("inf")


def cosines(column: Column, rows: Rows, vector: Sequence[Json], parsed: Parsed) -> npt.NDArray[np.float64]:
    """How near the vectors of a column are to another one.

    Args:
        column: The column.
        rows: Which rows (int64).
        vector: The other one.
        parsed: What the column's JSON means, kept from earlier.

    Returns:
        The cosine of every row (float64), -inf for a cell that holds no vector of that length.
    """
    found = np.full(len(rows), -np.inf)
    wanted = vectors([compact(list(vector))], len(vector))[1]
    nested = np.flatnonzero(column.tags[rows] == Tag.JSON)
    if len(wanted) and len(nested):
        codes, block = parsed.vectors(column.jsons, len(vector))
        by_code = np.full(len(column.jsons), -np.inf)
        by_code[codes] = block @ wanted[0]
        found[nested] = by_code[column.codes[rows[nested]]]
    return found


def nearest(
    similarities: npt.NDArray[np.float64], count: int, exact: Callable[[Rows], Sequence[Any]]
) -> npt.NDArray[np.bool_]:
    """The largest similarities; of equal ones the first rows.

    Args:
        similarities: One for each row; -inf is never among the nearest.
        count: How many.
        exact: Gives for some rows what orders them exactly; asked where rounding could decide who is in.

    Example:
        >>> nearest(np.array([0.5, 1.0, 0.5, -np.inf]), 2, lambda rows: [0] * len(rows))
        array([ True,  True, False, False])
    """
    known = similarities > -np.inf
    if np.count_nonzero(known) <= count:
        return known
    last = np.partition(similarities, -count)[-count]
    found: npt.NDArray[np.bool_] = similarities > last + _ROUNDING
    close = np.flatnonzero(np.abs(similarities - last) <= _ROUNDING)
    left = count - np.count_nonzero(found)
    if left < len(close):
        order = exact(close)
        close = close[sorted(range(len(close)), key=order.__getitem__, reverse=True)[:left]]
    found[close] = True
    return found


def exactly(column: Column, rows: Rows, vector: Sequence[Json]) -> list[Fraction]:
    """What orders vectors by their cosine to another one without rounding: its square, with the sign of the cosine.

    Args:
        column: The column.
        rows: Rows (int64) that hold vectors of the same length.
        vector: The other one.

    Returns:
        A number for each row; all alike where there are too many different vectors to tell them apart in time.
    """
    texts = [column.jsons[code] for code in column.codes[rows].tolist()]
    distinct = dict.fromkeys(texts, Fraction(0))
    if len(distinct) * len(vector) <= _MOST_EXACT:
        wanted = [Fraction(cast("float", number)) for number in vector]
        for text in distinct:
            held = [Fraction(number) for number in cast("list[float]", loads(text))]
            dot = sum((a * b for a, b in zip(held, wanted, strict=True)), Fraction(0))
            distinct[text] = dot * abs(dot) / sum(number * number for number in held)
    return [distinct[text] for text in texts]
