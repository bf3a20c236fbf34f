"""The order of staged edits where some were staged in bulk: items as they were first edited, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.change import Change
from encord_widgets.metadata.changes_bulk import BulkEdit, ItemIndex, Mask
from encord_widgets.metadata.changes_steps import Held
from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.values import Value

__all__ = ["Flat", "Listing", "Numbers", "Objects"]

_CHUNK: Final = 2048
Cells: TypeAlias = Mapping[str, Mapping[str, Change]]
Objects: TypeAlias = npt.NDArray[np.object_]


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


@dataclass(frozen=True, slots=True)
class Flat:
    """Edits as arrays, one entry for each, in the order of a `Listing`.

    Args:
        at: Which item of the listing it is of (int64).
        item: Item uuids.
        key: Metadata keys.
        before: What each was based on.
        after: What is wanted.
        implied: Which of them an overwrite removes without naming the key.
    """

    at: Rows
    item: Objects
    key: Objects
    before: Objects
    after: Objects
    implied: Mask

    @property
    def size(self) -> int:
        """How many edits there are."""
        return len(self.at)

    @classmethod
    def of(cls, size: int) -> Flat:
        """Arrays to be filled.

        Args:
            size: How many edits.
        """
        item, key, before, after = (np.empty(size, dtype=object) for _ in range(4))
        return cls(np.zeros(size, dtype=np.int64), item, key, before, after, np.zeros(size, dtype=np.bool_))


@dataclass(slots=True)
class Listing:
    """Staged edits, item by item.

    Args:
        items: Rows of the items with edits, in order (int64).
        ends: How many edits there are up to and with each item (int64).
        cells: Edits by hand, by item and key.
        rest: Those of them whose items are not in the table; they come last.
        bulk: Bulk edits by key, in the order of keys.
        uuids: Uuid of every row of the table.
    """

    items: Rows
    ends: Rows
    cells: Cells
    rest: tuple[str, ...]
    bulk: dict[str, Held]
    uuids: Sequence[str]

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
        return cls(items, np.cumsum(counts[items], dtype=np.int64), cells, tuple(rest), bulk, index.uuids)

    def __len__(self) -> int:
        return len(self.items) + len(self.rest)

    @property
    def size(self) -> int:
        """How many edits there are."""
        in_table = int(self.ends[-1]) if len(self.ends) else 0
        return in_table + sum(len(self.cells[item]) for item in self.rest)

    def frozen(self) -> Listing:
        """The same, which nothing that is staged or dropped later changes."""
        cells = {item: dict(keys) for item, keys in self.cells.items()}
        bulk = {key: Held(held.edits, set(held.hidden)) for key, held in self.bulk.items()}
        return Listing(self.items, self.ends, cells, self.rest, bulk, self.uuids)

    def at(self, places: Rows) -> Listing:
        """Some of the items in the table, in an order.

        Args:
            places: Their positions (int64).
        """
        # no look at all of them: a plan is read in pieces
        before = np.where(places > 0, self.ends[places - 1], 0)
        ends = np.cumsum(self.ends[places] - before, dtype=np.int64)
        return Listing(self.items[places], ends, self.cells, (), self.bulk, self.uuids)

    @property
    def item_uuids(self) -> Iterator[str]:
        """Uuids of the items in order."""
        yield from map(self.uuids.__getitem__, self.items.tolist())
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
            for change in chain.from_iterable(self.of_rows(self.items[first : first + size])):
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

    def of_rows(self, rows: Rows) -> list[list[Change]]:
        """The edits of each of some items.

        Args:
            rows: Rows of items (int64).
        """
        found: list[list[Change]] = [[] for _ in range(len(rows))]
        for held in self.bulk.values():
            places, there = held.find(rows)
            at = np.flatnonzero(there)
            changes = held.edits.changes_at(places[at], self.uuids)
            for position, change in zip(at.tolist(), changes, strict=True):
                found[position].append(change)
        rank = {key: place for place, key in enumerate(self.bulk)}
        for position, row in enumerate(rows.tolist()) if self.cells else ():
            by_hand = self.cells.get(self.uuids[row])
            if by_hand:
                found[position].extend(by_hand.values())
                found[position].sort(key=lambda change: rank.get(change.key, len(rank)))
        return found

    # -- all of them at once -----------------------------------------------------------------------------------

    def flat(self, of_column: Callable[[Column, Rows], Objects], of_value: Callable[[Value], object]) -> Flat:
        """All edits as arrays, without a `Change` for each.

        Args:
            of_column: Makes the entries of `before` and `after` of some cells of a column.
            of_value: Makes the entry of one value.
        """
        counts = np.diff(self.ends, prepend=0)
        starts, by_hand = self.ends - counts, self._with_cells()
        flat = Flat.of(self.size)
        inside = int(counts.sum())
        flat.at[:inside] = np.repeat(np.arange(len(self.items), dtype=np.int64), counts)
        every = np.fromiter(map(self.uuids.__getitem__, self.items.tolist()), object, count=len(self.items))
        flat.item[:inside] = every[flat.at[:inside]]
        placed = np.zeros(len(self.items), dtype=np.int64)
        for key, held in self.bulk.items():
            places, there = held.find(self.items)
            there[by_hand] = False
            at = np.flatnonzero(there)
            where: Rows | slice = starts[at] + placed[at]
            chosen, where = places[at], slice(None) if len(at) == flat.size else where
            placed[at] += 1
            flat.key[where] = key
            flat.before[where] = of_column(held.edits.base, chosen)
            flat.after[where] = of_column(held.edits.after, chosen)
            if held.edits.implied is not None:
                flat.implied[where] = held.edits.implied[chosen]
        for first, changes in zip(starts[by_hand].tolist(), self.of_rows(self.items[by_hand]), strict=True):
            _fill(flat, first, changes, of_value)
        for number, item in enumerate(self.rest, len(self.items)):
            changes = list(self.cells[item].values())
            flat.at[inside : inside + len(changes)] = number
            flat.item[inside : inside + len(changes)] = item
            _fill(flat, inside, changes, of_value)
            inside += len(changes)
        return flat

    def counted(self, mask: Callable[[BulkEdit], Mask], wanted: Callable[[Change], bool]) -> dict[str, int]:
        """How many edits meet a condition, by key.

        Args:
            mask: The condition, for all edits of a key at once.
            wanted: The condition, for one edit.
        """
        found = {key: int(np.count_nonzero(mask(edit))) for key, edit in self._plain()}
        for change in filter(wanted, chain.from_iterable(keys.values() for keys in self.cells.values())):
            found[change.key] = found.get(change.key, 0) + 1
        return {key: count for key, count in found.items() if count}

    def where(self, mask: Callable[[BulkEdit], Mask], wanted: Callable[[Change], bool]) -> Iterator[Change]:
        """The edits that meet a condition, in order.

        Args:
            mask: The condition, for all edits of a key at once.
            wanted: The condition, for one edit.
        """
        flags = np.zeros(len(self.uuids), dtype=np.bool_)
        for _, edit in self._plain():
            flags[edit.rows[mask(edit)]] = True
        flags[self.items[self._with_cells()]] = True
        met = self.at(np.flatnonzero(flags[self.items]))
        met.rest = self.rest
        return filter(wanted, met.changes())

    def _plain(self) -> Iterator[tuple[str, BulkEdit]]:
        for key, held in self.bulk.items():
            edit = held.plain()
            if edit is not None:
                yield key, edit

    def _with_cells(self) -> Rows:
        """Positions of the items in the table that have edits by hand."""
        if len(self.cells) == len(self.rest):
            return np.empty(0, dtype=np.int64)
        found = (uuid in self.cells for uuid in map(self.uuids.__getitem__, self.items.tolist()))
        return np.flatnonzero(np.fromiter(found, dtype=np.bool_, count=len(self.items)))


def _fill(flat: Flat, first: int, changes: list[Change], of_value: Callable[[Value], object]) -> None:
    for place, change in enumerate(changes, first):
        flat.key[place], flat.implied[place] = change.key, change.implied
        flat.before[place], flat.after[place] = of_value(change.base), of_value(change.after)
