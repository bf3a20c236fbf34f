"""What is staged at the moment: cells by hand in dictionaries, many items at once in columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from encord_widgets.metadata.change import Change
from encord_widgets.metadata.changes_bulk import BulkEdit, ItemIndex, Mask
from encord_widgets.metadata.changes_order import Listing, Numbers
from encord_widgets.metadata.changes_steps import Held, Log, Part, Place, Snapshot, Step
from encord_widgets.metadata.columns import Rows

__all__ = ["ChangeState"]


class _NoItems:
    """The index of a change set that was never edited in bulk."""

    @property
    def uuids(self) -> tuple[str, ...]:
        return ()

    def row_of(self, uuid: str) -> int | None:  # noqa: ARG002 - there are none
        return None

    def __len__(self) -> int:
        return 0


class ChangeState:
    """The state of a `ChangeSet`. A cell stands in one of two places: by hand in `_cells`, or in a column in `_bulk`.

    An edit by hand of a cell that was edited in bulk hides the row there. The next bulk edit of the key takes in what
    stands by hand; its snapshot of the key before brings that back when it is undone.
    """

    def __init__(self) -> None:
        self._cells: dict[str, dict[str, Change]] = {}
        self._count = 0  # of those
        self._bulk: dict[str, Held] = {}
        self._ranks: dict[str, int] = {}  # of keys edited in bulk, in the order they came
        self._index: ItemIndex = _NoItems()
        self._numbers = Numbers()
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._moved: dict[Place, None] = {}
        self._moved_rows: dict[str, list[Rows]] = {}
        self._log = Log()
        self._listed: tuple[object, Listing] | None = None

    # -- looking -----------------------------------------------------------------------------------------------

    def _by_hand(self) -> Iterator[Change]:
        for keys in self._cells.values():
            yield from keys.values()

    def _plain(self) -> Iterator[BulkEdit]:
        """Bulk edits by key, without what does not count any more."""
        for held in self._bulk.values():
            edit = held.plain()
            if edit is not None:
                yield edit

    def _known(self, key: str) -> dict[int, Change]:
        """Edits of a key by hand, by the row of their item, where the table has it."""
        found = ((self._index.row_of(item), keys[key]) for item, keys in self._cells.items() if key in keys)
        return {row: change for row, change in found if row is not None}

    def _current(self, key: str, known: dict[int, Change]) -> BulkEdit | None:
        """All edits of a key on items of the table."""
        held = self._bulk.get(key)
        edit = None if held is None else held.plain()
        return BulkEdit.of_changes(key, list(known), list(known.values())).over(edit) if known else edit

    def _at(self, key: str, rows: Rows) -> list[Change | None]:
        """The bulk edits of a key on some rows."""
        held = self._bulk[key]
        places, there = held.find(rows)
        found: list[Change | None] = [None] * len(rows)
        at = np.flatnonzero(there)
        changes = held.edits.changes_at(places[at], self._index.uuids)
        for position, change in zip(at.tolist(), changes, strict=True):
            found[position] = change
        return found

    def _all(self, places: Sequence[Place]) -> list[Change | None]:
        """The edits of many cells."""
        found = [self._cells.get(item, {}).get(key) for item, key in places]
        if not self._bulk:
            return found
        by_key: dict[str, tuple[list[int], list[int]]] = {}
        for position, (item, key) in enumerate(places):
            if found[position] is None and key in self._bulk:
                row = self._index.row_of(item)
                if row is not None:
                    positions, rows = by_key.setdefault(key, ([], []))
                    positions.append(position)
                    rows.append(row)
        for key, (positions, rows) in by_key.items():
            for position, change in zip(positions, self._at(key, np.array(rows)), strict=True):
                found[position] = change
        return found

    def _listing(self) -> Listing:
        version = (self._log.revision, len(self._index))
        if self._listed is None or self._listed[0] != version:
            index = (
                self._index if self._bulk else _NoItems()
            )  # by hand alone, they keep the order of the hand
            listing = Listing.of(self._cells, self._bulk, index, self._numbers)
            self._listed = (version, listing)
        return self._listed[1]

    # -- cells -------------------------------------------------------------------------------------------------

    def _set(self, item: str, key: str, change: Change | None) -> None:
        self._moved[item, key] = None
        self._log.cell(item, key)
        held = self._bulk.get(key)
        if held is not None:
            row = self._index.row_of(item)
            if row is not None:
                held.hide(row)
        if change is None:
            self._take_cell(item, key)
        else:
            self._put_cell(change)

    def _put_cell(self, change: Change) -> None:
        keys = self._cells.setdefault(change.item, {})
        self._count += change.key not in keys
        keys[change.key] = change

    def _take_cell(self, item: str, key: str) -> None:
        keys = self._cells.get(item)
        if keys is not None and keys.pop(key, None) is not None:
            self._count -= 1
            if not keys:
                del self._cells[item]

    # -- many items --------------------------------------------------------------------------------------------

    def _attach(self, index: ItemIndex) -> None:
        if index is not self._index:
            if len(self._index):
                raise ValueError("these edits are of items in another table")
            self._index = index

    def _stage_bulk(self, bulk: Sequence[BulkEdit], index: ItemIndex) -> list[Part]:
        self._attach(index)
        if not self._bulk:
            rows = (index.row_of(item) for item in self._cells)
            self._numbers.give(np.array([row for row in rows if row is not None], dtype=np.int64))
        parts = []
        for edit in bulk:
            self._numbers.give(edit.rows)
            parts.append(self._part(edit.in_order()))
        return [part for part in parts if part is not None]

    def _part(self, edit: BulkEdit) -> Part | None:
        """Stage a bulk edit; one that is based on the value it wants drops what is staged there."""
        held, known = self._bulk.get(edit.key), self._known(edit.key)
        current, wants = self._current(edit.key, known), edit.edits
        moves = wants.copy()
        if current is not None:
            places, there = current.find(edit.rows)
            both = np.flatnonzero(there & wants)
            moves |= there
            if len(both):
                moves[both] = ~edit.at(both).same_as(current.at(places[both]))
        if not moves.any():
            return None
        fresh = edit if wants.all() else edit.at(wants)
        left = fresh.over(None if current is None else current.without(edit.rows))
        hidden = frozenset[int]() if held is None else frozenset(held.hidden)
        before = Snapshot(None if held is None else held.edits, hidden, tuple(known.values()))
        after = Snapshot(left if len(left) else None)
        part = Part(edit.key, edit.rows if moves.all() else edit.rows[moves], before, after)
        self._enter(part, after, before)
        return part

    def _enter(self, part: Part, to: Snapshot, since: Snapshot) -> None:
        """Bring a key to how it stood before or after a bulk edit."""
        self._ranks.setdefault(part.key, len(self._ranks))
        held = self._bulk.pop(part.key, None)
        if held is not None:
            for row in held.hidden:
                self._take_cell(self._index.uuids[row], part.key)
        for change in since.cells:
            self._take_cell(change.item, part.key)
        if to.edits is not None:
            self._hold(part.key, Held(to.edits, set(to.hidden)))
        for change in to.cells:
            self._put_cell(change)
        self._rows_moved(part.key, part.rows)

    def _hold(self, key: str, held: Held) -> None:
        self._bulk[key] = held
        self._bulk = dict(sorted(self._bulk.items(), key=lambda entry: self._ranks[entry[0]]))

    def _rows_moved(self, key: str, rows: Rows) -> None:
        if len(rows):
            self._log.rows(key, rows)
            self._moved_rows.setdefault(key, []).append(rows)

    def _drop_bulk(
        self, chosen: Callable[[BulkEdit], Mask], keys: Collection[str] | None = None
    ) -> list[Part]:
        """Drop chosen edits of the keys that were edited in bulk, or of some of them."""
        parts = []
        for key in [key for key in self._bulk if keys is None or key in keys]:
            current = self._current(key, self._known(key))
            mask = None if current is None else chosen(current)
            if current is not None and mask is not None and mask.any():
                picked = current if mask.all() else current.at(mask)
                parts.append(self._part(replace(picked, after=picked.base, implied=None)))
        return [part for part in parts if part is not None]
