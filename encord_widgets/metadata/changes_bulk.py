"""Edits of one key of many items: arrays of rows with a column before and a column after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.change import Change
from encord_widgets.metadata.column_arrays import woven
from encord_widgets.metadata.column_cells import same_cells
from encord_widgets.metadata.columns import Column, Rows, Tag

__all__ = ["BulkEdit", "ItemIndex", "Mask", "distinct_rows", "rows_in", "run_of"]

Mask: TypeAlias = npt.NDArray[np.bool_]
_CHUNK: Final = 4096
_MANY: Final = 16


class ItemIndex(Protocol):
    """What an item's row is, for ever; an `ItemTable` is one."""

    @property
    def uuids(self) -> Sequence[str]:
        """Uuid of every row."""

    def row_of(self, uuid: str) -> int | None:
        """Row of an item, or None."""

    def __len__(self) -> int:
        """Number of rows."""


@dataclass(frozen=True, slots=True, eq=False)
class BulkEdit:
    """One key of many items, from what each held to what is wanted of each. Nothing in it is ever written.

    Args:
        key: Metadata key.
        rows: Rows of the items in their table (int64), each once.
        base: The value that each edit was based on.
        after: The value wanted of each, `ABSENT` to remove the key.
        implied: Which of them an overwrite removes without naming the key; None for none.

    Example:
        >>> edit = BulkEdit("weather", np.arange(2), Column.of("rain", 2), Column.of("fog", 2))
        >>> len(edit), next(edit.changes(["8ad5", "9be6"]))
        (2, Change(item='8ad5', key='weather', base='rain', after='fog', implied=False))
    """

    key: str
    rows: Rows
    base: Column
    after: Column
    implied: Mask | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of_changes(cls, key: str, rows: Sequence[int], changes: Sequence[Change]) -> Self:
        """Edits of one key, one by one, as one.

        Args:
            key: Metadata key.
            rows: Row of each, each once.
            changes: The edits.
        """
        order = np.arange(len(changes), dtype=np.int64)
        base, after = Column(len(changes)), Column(len(changes))
        base.write(order, [change.base for change in changes])
        after.write(order, [change.after for change in changes])
        implied = np.array([change.implied for change in changes], dtype=np.bool_)
        found = cls(key, np.array(rows, dtype=np.int64), base, after, implied if implied.any() else None)
        return found.in_order()

    @property
    def edits(self) -> Mask:
        """Which of them want something else than they are based on."""
        return ~same_cells(self.base, self.after)

    @property
    def removed(self) -> int:
        """How many take the key away."""
        return int(np.count_nonzero(self.after.tags == Tag.ABSENT))

    def in_order(self) -> Self:
        """The same with rows in rising order."""
        if len(self.rows) < len("ab") or bool((np.diff(self.rows) > 0).all()):
            return self
        return self.at(np.argsort(self.rows, kind="stable"))

    def at(self, places: Rows | Mask) -> Self:
        """Some of them.

        Args:
            places: Positions (int64), or one boolean for each.
        """
        chosen: Rows = (
            np.flatnonzero(places) if places.dtype == np.bool_ else places.astype(np.int64, copy=False)
        )
        implied = None if self.implied is None else self.implied[chosen]
        base, after = self.base.take(chosen), self.after.take(chosen)
        return replace(self, rows=self.rows[chosen], base=base, after=after, implied=implied)

    def without(self, rows: Rows) -> Self | None:
        """Those of other items; None when there are none. The same object when no item is left out.

        Args:
            rows: Rows of items to leave out (int64).
        """
        kept = ~rows_in(self.rows, rows)
        if kept.all():
            return self
        return self.at(kept) if kept.any() else None

    def find(self, rows: Rows) -> tuple[Rows, Mask]:
        """Where the edits of items are; rows must be in rising order here.

        Args:
            rows: Rows of items, in any order (int64).

        Returns:
            The position of each, meaningless where the item has no edit, and whether it has one.
        """
        if not len(self.rows) or not len(rows):
            return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.bool_)
        if _MANY * len(rows) < len(self.rows):
            places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
            return places, self.rows[places] == rows
        if int(self.rows[-1]) - int(self.rows[0]) == len(self.rows) - 1:  # all rows between two
            return rows - self.rows[0], (rows >= self.rows[0]) & (rows <= self.rows[-1])
        table = np.full(int(max(self.rows[-1], rows.max())) + 1, -1, dtype=np.int64)
        table[self.rows] = np.arange(len(self.rows))
        places = table[rows]
        return places, places >= 0

    def over(self, below: Self | None) -> Self:
        """These edits, and those below of the items that have none here; rows must be in rising order in both.

        Args:
            below: Edits of the same key.
        """
        rest = None if below is None else below.without(self.rows)
        if rest is None:
            return self
        if not len(self):
            return rest
        rows = distinct_rows([rest.rows, self.rows])
        mine = rows_in(rows, self.rows)
        first, second = np.flatnonzero(~mine), np.flatnonzero(mine)  # both are in rising order
        base = woven(first, rest.base, second, self.base)
        after = woven(first, rest.after, second, self.after)
        implied = None
        if rest.implied is not None or self.implied is not None:
            implied = np.zeros(len(rows), dtype=np.bool_)
            implied[first] = False if rest.implied is None else rest.implied
            implied[second] = False if self.implied is None else self.implied
        return replace(self, rows=rows, base=base, after=after, implied=implied)

    def same_as(self, other: Self) -> Mask:
        """Which edits are the same in another set of edits of the same items in the same order.

        Args:
            other: The other edits.
        """
        same = same_cells(self.base, other.base) & same_cells(self.after, other.after)
        if self.implied is None and other.implied is None:
            return same
        none = np.zeros(len(self), dtype=np.bool_)
        mine = none if self.implied is None else self.implied
        theirs = none if other.implied is None else other.implied
        found: Mask = same & (mine == theirs)
        return found

    def changes(self, uuids: Sequence[str]) -> Iterator[Change]:
        """The edits one by one.

        Args:
            uuids: Uuid of every row of the table.
        """
        for start in range(0, len(self), _CHUNK):
            places = np.arange(start, min(start + _CHUNK, len(self)), dtype=np.int64)
            yield from self.changes_at(places, uuids)

    def changes_at(self, places: Rows, uuids: Sequence[str]) -> Iterator[Change]:
        """Some of the edits one by one.

        Args:
            places: Their positions (int64).
            uuids: Uuid of every row of the table.
        """
        rows = self.rows[places].tolist()
        implied = [False] * len(rows) if self.implied is None else self.implied[places].tolist()
        bases, afters = self.base.values(places), self.after.values(places)
        for row, base, after, without_name in zip(rows, bases, afters, implied, strict=True):
            yield Change(uuids[row], self.key, base, after, without_name)


def rows_in(rows: Rows, others: Rows) -> Mask:
    """For each row whether it is among others.

    Args:
        rows: Rows (int64).
        others: Rows (int64).
    """
    if not len(rows) or not len(others):
        return np.zeros(len(rows), dtype=np.bool_)
    flags = np.zeros(int(max(rows.max(), others.max())) + 1, dtype=np.bool_)
    flags[others] = True
    return flags[rows]


def run_of(index: ItemIndex, items: list[str]) -> Rows | None:
    """Rows of items that stand in the order of the table, all or every second of them and so on; None for others.

    To look up each of very many costs ten times as much: they lie far apart in memory.

    Args:
        index: Rows of items.
        items: Uuids, at least one.
    """
    first, last, count = index.row_of(items[0]), index.row_of(items[-1]), len(items)
    if first is None or last is None or last < first:
        return None
    step = max(1, (last - first) // max(1, count - 1))
    if list(index.uuids[first : last + 1 : step]) != items:
        return None
    return np.arange(first, last + 1, step, dtype=np.int64)


def distinct_rows(parts: Iterable[Rows]) -> Rows:
    """All rows of some arrays, each once, in rising order (int64).

    Args:
        parts: Arrays of rows.
    """
    kept = [rows for rows in parts if len(rows)]
    if not kept:
        return np.empty(0, dtype=np.int64)
    flags = np.zeros(max(int(rows.max()) for rows in kept) + 1, dtype=np.bool_)
    for rows in kept:
        flags[rows] = True
    return np.flatnonzero(flags)
