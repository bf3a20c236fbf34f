"""Columns of values for bulk edits: each value once, and for every row which one it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.values import ABSENT, Value, compact, loads, same

__all__ = ["Cell", "Coded", "Codes", "Refused", "joint", "own_copy", "pairs_of", "same_cell"]

Codes: TypeAlias = npt.NDArray[np.int64]

_FEW_PAIRS: Final = 1 << 16
_CONSTANTS: Final[dict[int, Value]] = {Tag.ABSENT: ABSENT, Tag.NULL: None, Tag.FALSE: False, Tag.TRUE: True}


@dataclass(frozen=True, slots=True)
class Refused:
    """Stands where a new value would be, for a cell that cannot have one.

    Args:
        reason: Why not, in words for the user.
    """

    reason: str


Cell: TypeAlias = Value | Refused


@dataclass(frozen=True, slots=True)
class Coded:
    """A column in which a value stands once, or nearly.

    Args:
        values: Values, or refusals.
        codes: For every row its position in `values` (int64).

    Example:
        >>> Coded.of(["fog", "rain", "fog"]).values
        ['fog', 'rain']
    """

    values: Sequence[Cell]
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Coded:
        """From one value for each row.

        Args:
            cells: Values, or refusals.
        """
        places: dict[object, int] = {}
        values: list[Cell] = []
        codes = np.empty(len(cells), dtype=np.int64)
        for row, cell in enumerate(cells):
            # 1, 1.0 and True are equal as keys of a dictionary; what cannot be one stands for itself.
            name = (type(cell), repr(cell))
            codes[row] = places.setdefault(name, len(values))
            if codes[row] == len(values):
                values.append(cell)
        return cls(values, codes)

    @classmethod
    def from_column(cls, column: Column, rows: Rows, *, distinct: bool = True) -> Coded:
        """From some rows of a column.

        Args:
            column: The column.
            rows: Row positions (int64).
            distinct: Whether equal numbers are looked for, which is worth it where each value is worked on.
        """
        tags = column.tags[rows]
        codes = np.empty(len(rows), dtype=np.int64)
        values: list[Cell] = []
        for tag in np.flatnonzero(np.bincount(tags, minlength=1)).tolist():
            places = np.flatnonzero(tags == tag)
            at = rows[places]
            if tag in _CONSTANTS:
                codes[places] = len(values)
                values.append(_CONSTANTS[tag])
                continue
            first, own = _places(column, tag, at, distinct=distinct)
            codes[places] = own + len(values)
            values.extend(column.values(first))
        return cls(values, codes)

    def at(self, row: int) -> Cell:
        """The cell of one row.

        Args:
            row: Position in `codes`.
        """
        return self.values[int(self.codes[row])]

    def column(self, rows: Rows) -> Column:
        """Some rows as a column; none of them may be a refusal.

        Args:
            rows: Positions in `codes`.
        """
        codes = self.codes[rows]
        used = np.flatnonzero(np.bincount(codes, minlength=1))
        each = Column(len(used))
        each.write(np.arange(len(used)), [cast("Value", self.values[code]) for code in used.tolist()])
        renumbered = np.zeros(len(self.values), dtype=np.int64)
        renumbered[used] = np.arange(len(used))
        return each.take(renumbered[codes])

    def to_list(self) -> list[Cell]:
        """The cells of all rows."""
        return [self.values[code] for code in self.codes.tolist()]


def _places(column: Column, tag: int, at: Rows, *, distinct: bool) -> tuple[Rows, Codes]:
    """Rows that hold each value of one kind once, and for every row asked for which of them it is."""
    if tag in {Tag.INT, Tag.FLOAT}:
        if not distinct:
            return at, np.arange(len(at), dtype=np.int64)
        bits = column.numbers[at].view(np.int64)  # -0.0 and 0.0 are two values
        found, own = np.unique(bits, return_inverse=True)
        first = np.empty(len(found), dtype=np.int64)
        first[own] = at
        return first, own
    codes = column.codes[at]
    size = int(codes.max()) + 1
    last = np.full(size, -1, dtype=np.int64)
    last[codes] = at
    used = np.flatnonzero(last >= 0)
    renumbered = np.empty(size, dtype=np.int64)
    renumbered[used] = np.arange(len(used))
    return last[used], renumbered[codes]


def joint(columns: Sequence[Coded]) -> tuple[list[tuple[Cell, ...]], Codes]:
    """Several columns side by side, each combination of values once.

    Args:
        columns: At least one, all of one length.

    Returns:
        The combinations, and for every row which one it is.

    Example:
        >>> joint([Coded.of(["a", "b", "a"]), Coded.of([1, 1, 1])])[0]
        [('a', 1), ('b', 1)]
    """
    head, *rest = columns
    codes, picks = head.codes, [np.arange(len(head.values))]
    for column in rest:
        before, own, codes = pairs_of(codes, len(picks[0]), column.codes, len(column.values))
        picks = [*(pick[before] for pick in picks), own]
    cells = [
        [column.values[code] for code in pick.tolist()] for column, pick in zip(columns, picks, strict=True)
    ]
    return list(zip(*cells, strict=True)), codes


def pairs_of(one: Codes, ones: int, other: Codes, others: int) -> tuple[Codes, Codes, Codes]:
    """Each pair of two codes that occurs, once.

    Args:
        one: A code for every row.
        ones: How many codes there are of them.
        other: A code for every row.
        others: How many codes there are of them.

    Returns:
        The first code of each pair, its second code, and for every row which pair it is.
    """
    pairs = one * max(1, others) + other
    size = ones * others
    if size <= _FEW_PAIRS or size <= 2 * len(pairs):  # counting is several times quicker than sorting
        distinct = np.flatnonzero(np.bincount(pairs, minlength=1)) if len(pairs) else pairs
        numbers = np.empty(max(1, size), dtype=np.int64)
        numbers[distinct] = np.arange(len(distinct))
        places = numbers[pairs]
    else:
        distinct, places = np.unique(pairs, return_inverse=True)
    first, second = np.divmod(distinct, max(1, others))
    return first, second, places


def own_copy(value: Value) -> Value:
    """A value that somebody may change without changing ours.

    Args:
        value: A JSON value or `ABSENT`.
    """
    return loads(compact(value)) if isinstance(value, (list, dict)) else value


def same_cell(was: Cell, wanted: Cell) -> bool:
    """Whether two cells are the same canonical JSON; a refusal is like nothing.

    Args:
        was: A value or a refusal.
        wanted: A value or a refusal.
    """
    return not isinstance(was, Refused) and not isinstance(wanted, Refused) and same(was, wanted)
