"""The order of staged edits where some were staged in bulk: items as they were first edited, window by window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.change import Change
from encord_widgets.metadata.changes_bulk import ItemIndex
from encord_widgets.metadata.changes_steps import Held
from encord_widgets.metadata.columns import Rows

__all__ = ["Listing", "Numbers"]

_CHUNK: Final = 2048
Cells = Mapping[str, Mapping[str, Change]]


class Numbers:
    """For every row of the table, the place in which it was first edited; 0 for one that never was."""

    def __init__(self) -> None:
        self._numbers: npt.NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        self._next = 1

    def give(self, rows: Rows) -> None:
        """Number rows that have none yet, in the order given.

        Args:
            rows: Rows (int64), each once.
        """
        if not len(rows):
            return
        last = int(rows.max())
        if last >= len(self._numbers):
            longer = np.zeros(last + 1 + (last >> 3), dtype=np.uint32)
            longer[: len(self._numbers)] = self._numbers
            self._numbers = longer
        fresh = rows[self._numbers[rows] == 0]
        self._numbers[fresh] = np.arange(self._next, self._next + len(fresh), dtype=np.uint32)
        self._next += len(fresh)

    def sorted(self, rows: Rows) -> Rows:
        """Rows in the order of their numbers.

        Args:
            rows: Rows that have one (int64).
        """
        numbers = self._numbers[rows].astype(np.int64)
        if bool((np.diff(numbers) > 0).all()):
            return rows
        return rows[np.argsort(numbers, kind="stable")]


@dataclass(slots=True)
class Listing:
    """Staged edits, item by item.

    Args:
        items: Rows of the items with edits, in order (int64).
        ends: How many edits there are up to and with each item (int64).
        cells: Edits by hand, by item and key.
        rest: Those of them whose items are not in the table; they come last.
        bulk: Bulk edits by key, in the order of keys.
        index: Rows of items.
    """

    items: Rows
    ends: Rows
    cells: Cells
    rest: tuple[str, ...]
    bulk: dict[str, Held]
    index: ItemIndex

    @classmethod
    def of(cls, cells: Cells, bulk: dict[str, Held], index: ItemIndex, numbers: Numbers) -> Listing:
        """Look at what is staged.

        Args:
            cells: Edits by hand, by item and key.
            bulk: Bulk edits by key, in the order of keys.
            index: Rows of items.
            numbers: The order of rows.
        """
        counts = np.zeros(len(index), dtype=np.int32)
        for held in bulk.values():
            counts[held.edits.rows] += 1
            counts[list(held.hidden)] -= 1
        rest: list[str] = []
        by_hand: list[int] = []
        for item, keys in cells.items():
            row = index.row_of(item)
            if row is None:
                rest.append(item)
            else:
                counts[row] += len(keys)
                by_hand.append(row)
        numbers.give(np.array(by_hand, dtype=np.int64))
        items = numbers.sorted(np.flatnonzero(counts))
        return cls(items, np.cumsum(counts[items], dtype=np.int64), cells, tuple(rest), bulk, index)

    def __len__(self) -> int:
        return len(self.items) + len(self.rest)

    @property
    def uuids(self) -> Iterator[str]:
        """Uuids of the items in order."""
        uuids = self.index.uuids
        yield from (uuids[row] for row in self.items.tolist())
        yield from self.rest

    def changes(self, start: int = 0) -> Iterator[Change]:
        """The edits in order.

        Args:
            start: How many to pass over.
        """
        first = int(np.searchsorted(self.ends, start, side="right"))
        over = start - (int(self.ends[first - 1]) if first else 0)
        size = 64 if start else _CHUNK  # a window is short
        while first < len(self.items):
            for change in self._of_rows(self.items[first : first + size]):
                if over:
                    over -= 1
                else:
                    yield change
            first, size = first + size, _CHUNK
        for item in self.rest:
            for change in self.cells[item].values():
                if over:
                    over -= 1
                else:
                    yield change

    def _of_rows(self, rows: Rows) -> Iterable[Change]:
        uuids = self.index.uuids
        found: list[list[Change]] = [[] for _ in range(len(rows))]
        for held in self.bulk.values():
            places, there = held.find(rows)
            at = np.flatnonzero(there)
            for position, change in zip(at.tolist(), held.edits.changes_at(places[at], uuids), strict=True):
                found[position].append(change)
        rank = {key: place for place, key in enumerate(self.bulk)}
        for position, row in enumerate(rows.tolist()):
            by_hand = self.cells.get(uuids[row])
            if by_hand:
                found[position].extend(by_hand.values())
                found[position].sort(key=lambda change: rank.get(change.key, len(rank)))
        return (change for changes in found for change in changes)
