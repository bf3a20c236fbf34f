"""The distinct values of a column with their numbers, as far as types can tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.values import Json, Value, loads

__all__ = ["Held", "samples", "tally"]

_F32_MAX: Final = 3.4028234663852886e38
_CONSTANTS: Final[tuple[tuple[int, Json], ...]] = ((Tag.NULL, None), (Tag.FALSE, False), (Tag.TRUE, True))


@dataclass(frozen=True, slots=True)
class Held:
    """A value that some cells hold; one number stands for all numbers that every type judges alike.

    Args:
        value: The value.
        count: In how many cells.
        row: Row of the first of them.
    """

    value: Json
    count: int
    row: int


def tally(column: Column, rows: Rows, judge: KeyType | None = None) -> list[Held]:
    """What some rows of a column hold; absent cells are left out.

    Args:
        column: The column.
        rows: Row positions, int64.
        judge: Only a type that is going to judge them matters: what it judges alike need not be told apart.

    Example:
        >>> column = Column(4)
        >>> column.write(np.arange(4), ["rain", 3, "rain", 4])
        >>> [(held.value, held.count, held.row) for held in tally(column, np.arange(4))]
        [(3, 2, 1), ('rain', 2, 0)]
    """
    tags = column.tags[rows]
    found: list[Held] = []
    for tag, constant in _CONSTANTS:
        found += _alike(column, rows[tags == tag], constant)
    integers, floats = rows[tags == Tag.INT], rows[tags == Tag.FLOAT]
    found += _alike(column, integers)
    wide = np.abs(column.numbers[floats]) > _F32_MAX if len(floats) else np.empty(0, dtype=np.bool_)
    for some in (floats[~wide], floats[wide]):
        found += _alike(column, some)
    texts, nested, long = (rows[tags == tag] for tag in (Tag.TEXT, Tag.JSON, Tag.BIG_INT))
    if judge is None or judge.reads_text:
        found += _texts(texts, column.codes, column.texts, parse=False)
    else:
        found += _alike(column, texts)
    if judge is None or judge.reads_nested:
        found += _texts(nested, column.codes, column.jsons, parse=True)
    else:
        found += _alike(column, nested)
    found += _texts(long, column.codes, column.jsons, parse=True)
    return found


def _alike(column: Column, rows: Rows, *constant: Json) -> Iterator[Held]:
    if len(rows):
        first = int(rows[0])
        value = constant[0] if constant else column.values(rows[:1])[0]
        yield Held(value, len(rows), first)  # type: ignore[arg-type]  # the cell is not absent


def _texts(
    rows: Rows, codes: npt.NDArray[np.int32], spelled: Sequence[str], *, parse: bool
) -> Iterator[Held]:
    if not len(rows):
        return
    distinct, first, counts = np.unique(codes[rows], return_index=True, return_counts=True)
    merged: dict[str, list[int]] = {}  # a text may stand in the list twice
    for code, at, count in zip(distinct.tolist(), first.tolist(), counts.tolist(), strict=True):
        entry = merged.setdefault(spelled[code], [0, at])
        entry[0] += count
        entry[1] = min(entry[1], at)
    for text, (count, at) in merged.items():
        yield Held(loads(text) if parse else text, count, int(rows[at]))


def samples(column: Column, rows: Rows, most: int = 5) -> tuple[Value, ...]:
    """Some different values of a column, null aside.

    Args:
        column: The column.
        rows: Row positions, int64.
        most: How many at most.
    """
    held = rows[column.tags[rows] > Tag.NULL]
    step = max(1, len(held) // (most * 8))
    found: dict[str, Value] = {}
    for value in column.values(held[: step * most * 8 : step]):
        found.setdefault(repr(value), value)
        if len(found) == most:
            break
    return tuple(found.values())
