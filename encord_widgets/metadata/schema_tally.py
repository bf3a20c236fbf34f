"""The values that most cells of a column hold, and a few different ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.values import Json, Value, loads

__all__ = ["Held", "most_held", "samples"]

_F32_MAX: Final = 3.4028234663852886e38
_CONSTANTS: Final = (Tag.NULL, Tag.FALSE, Tag.TRUE)


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


def most_held(column: Column, most: int) -> list[Held]:
    """The values that most cells hold, the most frequent first; absent cells are left out.

    Args:
        column: The column.
        most: How many at most.

    Example:
        >>> column = Column(4)
        >>> column.write(np.arange(4), ["rain", 3, "rain", 4])
        >>> [(held.value, held.count, held.row) for held in most_held(column, 5)]
        [(3, 2, 1), ('rain', 2, 0)]
    """
    tags = column.tags
    floats = np.flatnonzero(tags == Tag.FLOAT)
    wide = np.abs(column.numbers[floats]) > _F32_MAX if len(floats) else np.empty(0, dtype=np.bool_)
    found: list[Held] = []
    for rows in (
        *(np.flatnonzero(tags == tag) for tag in (*_CONSTANTS, Tag.INT)),
        floats[~wide],
        floats[wide],
    ):
        found += _alike(column, rows)
    for tag, texts in ((Tag.TEXT, column.texts), (Tag.JSON, column.jsons), (Tag.BIG_INT, column.jsons)):
        found += _spelled(column, np.flatnonzero(tags == tag), texts, most, parse=tag != Tag.TEXT)
    return sorted(found, key=lambda one: -one.count)[:most]


def _alike(column: Column, rows: Rows) -> Iterator[Held]:
    if len(rows):
        first = int(rows[0])
        yield Held(column.value(first), len(rows), first)  # type: ignore[arg-type]  # the cell is not absent


def _spelled(column: Column, rows: Rows, texts: Sequence[str], most: int, *, parse: bool) -> Iterator[Held]:
    from encord_widgets.metadata.filters.parsed import Parsed  # a package of its own, loaded when asked for
    from encord_widgets.metadata.filters.tops import most_frequent

    if not len(rows):
        return
    codes = column.codes[rows]
    parsed = Parsed()
    top = most_frequent(texts, codes, most, parsed).top
    hashes = parsed.hashes(texts)[codes]  # a text may stand in the list twice
    for text, count in top:
        row = int(rows[np.argmax(hashes == hash(text))])
        yield Held(loads(text) if parse else text, count, row)


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
