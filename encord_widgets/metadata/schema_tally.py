"""The distinct values of a column with their numbers, as far as types can tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

import numpy as np

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
        row: Row of one of them.
    """

    value: Json
    count: int
    row: int


def tally(
    column: Column,
    rows: Rows,
    judge: KeyType | None = None,
    lock: AbstractContextManager[object] | None = None,
) -> list[Held]:
    """What some rows of a column hold; absent cells are left out.

    Args:
        column: The column.
        rows: Row positions, int64.
        judge: Only a type that is going to judge them matters: what it judges alike need not be told apart.
        lock: Held while the column is read; what takes long, texts and nested values, comes after it.

    Example:
        >>> column = Column(4)
        >>> column.write(np.arange(4), ["rain", 3, "rain", 4])
        >>> [(held.value, held.count, held.row) for held in tally(column, np.arange(4))]
        [(3, 2, 1), ('rain', 2, 0)]
    """
    with lock or nullcontext():
        found, spelled = _gathered(column, rows, judge)
    for one in spelled:
        found += one.held()
    return found


def _gathered(column: Column, rows: Rows, judge: KeyType | None) -> tuple[list[Held], list[_Spelled]]:
    tags = column.tags[rows]
    found: list[Held] = []
    spelled: list[_Spelled] = []
    for tag, constant in _CONSTANTS:
        found += _alike(column, rows[tags == tag], constant)
    integers, floats = rows[tags == Tag.INT], rows[tags == Tag.FLOAT]
    found += _alike(column, integers)
    wide = np.abs(column.numbers[floats]) > _F32_MAX if len(floats) else np.empty(0, dtype=np.bool_)
    for some in (floats[~wide], floats[wide]):
        found += _alike(column, some)
    texts, nested, long = (rows[tags == tag] for tag in (Tag.TEXT, Tag.JSON, Tag.BIG_INT))
    if judge is None or judge.reads_text:
        spelled.append(_Spelled.of(texts, column, column.texts, parse=False))
    else:
        found += _alike(column, texts)
    if judge is None or judge.reads_nested:
        spelled.append(_Spelled.of(nested, column, column.jsons, parse=True))
    else:
        found += _alike(column, nested)
    spelled.append(_Spelled.of(long, column, column.jsons, parse=True))
    return found, spelled


def _alike(column: Column, rows: Rows, *constant: Json) -> Iterator[Held]:
    if len(rows):
        first = int(rows[0])
        value = constant[0] if constant else column.values(rows[:1])[0]
        yield Held(value, len(rows), first)  # type: ignore[arg-type]  # the cell is not absent


@dataclass(frozen=True, slots=True)
class _Spelled:
    """Texts of a column by code. Its list of texts only ever grows, so it can be read when the lock is given back."""

    codes: list[int]
    counts: list[int]
    rows: list[int]
    texts: Sequence[str]
    parse: bool

    @classmethod
    def of(cls, rows: Rows, column: Column, texts: Sequence[str], *, parse: bool) -> _Spelled:
        codes, first, counts = np.unique(column.codes[rows], return_index=True, return_counts=True)
        return cls(codes.tolist(), counts.tolist(), rows[first].tolist(), texts, parse)

    def held(self) -> Iterator[Held]:
        merged: dict[str, list[int]] = {}  # a text may stand in the list twice
        for code, count, row in zip(self.codes, self.counts, self.rows, strict=True):
            entry = merged.setdefault(self.texts[code], [0, row])
            entry[0] += count
        for text, (count, row) in merged.items():
            yield Held(loads(text) if self.parse else text, count, row)


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
