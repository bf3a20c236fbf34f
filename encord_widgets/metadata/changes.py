"""Staged edits: by item uuid and metadata key, in order, with undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from encord_widgets.metadata.change import Change
from encord_widgets.metadata.changes_bulk import BulkEdit, ItemIndex, Mask, distinct_rows, rows_in, run_of
from encord_widgets.metadata.changes_order import Listing
from encord_widgets.metadata.changes_state import ChangeState
from encord_widgets.metadata.changes_steps import Held, Part, Place, Settled, Step
from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import Value, same

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Change", "ChangeSet", "Moved"]

_SETTLED_AT_ONCE: Final = 10_000
_MANY: Final = 2000
"""Rows from which on they are told as columns."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What is staged now where something was staged or dropped.

    Args:
        cells: Cells, with the edit (None: no longer staged).
        index: Rows of items.
        staged: Edits of many items.
        dropped: By key, rows whose edit is no longer staged (int64).
        left: How many edits are staged in all, where that is known.
    """

    cells: dict[Place, Change | None]
    index: ItemIndex | None = None
    staged: tuple[BulkEdit, ...] = ()
    dropped: tuple[tuple[str, Rows], ...] = ()
    left: int | None = None


class ChangeSet(ChangeState):
    """The staged edits of one item set, keyed by item uuid and metadata key, never by position in a view.

    Staging a value equal to the base drops the edit: nothing is left to write. One call is one step of undo,
    however many cells it covers. Edits of many items at once are kept as columns, which takes little memory, and undone
    as a whole, which takes no time.

    Example:
        >>> changes = ChangeSet()
        >>> changes.stage([Change("8ad5", "weather", "rain", "fog")])
        1
        >>> len(changes), changes.undo(), len(changes)
        (1, True, 0)
    """

    def __len__(self) -> int:
        return self._count + sum(map(len, self._bulk.values()))

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[Change]:
        return self._listing().changes() if self._bulk else self._by_hand()

    def __repr__(self) -> str:
        return f"<ChangeSet: {counted(len(self), 'edit')} on {counted(self.item_count, 'item')}>"

    # -- looking -----------------------------------------------------------------------------------------------

    @property
    def items(self) -> tuple[str, ...]:
        """Uuids of the items with staged edits, in the order they were first edited."""
        return tuple(self._listing().item_uuids) if self._bulk else tuple(self._cells)

    @property
    def item_count(self) -> int:
        """How many items have staged edits."""
        return len(self._listing()) if self._bulk else len(self._cells)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys with staged edits, each once."""
        bulk = (key for key, held in self._bulk.items() if len(held))
        return tuple(dict.fromkeys([*bulk, *(change.key for change in self._by_hand())]))

    @property
    def removed(self) -> int:
        """How many edits take their key away."""
        by_hand = sum(change.removes for change in self._by_hand())
        return by_hand + sum(edit.removed for edit in self._plain())

    @property
    def implied(self) -> int:
        """How many edits are removals by an overwrite that does not name the key."""
        by_hand = sum(change.implied for change in self._by_hand())
        masks = (edit.implied for edit in self._plain())
        return by_hand + sum(int(np.count_nonzero(mask)) for mask in masks if mask is not None)

    @property
    def can_undo(self) -> bool:
        """Whether a step can be undone."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether an undone step can be done again."""
        return bool(self._undone)

    @property
    def revision(self) -> int:
        """A number that grows whenever the edit of a cell changes."""
        return self._log.revision

    def touched(self, since: int) -> dict[Place, None] | None:
        """Cells whose edit changed since a revision, each once; None when that is too long ago, or too much.

        Args:
            since: An earlier `revision`.
        """
        return self._log.cells_since(since, self._index.uuids)

    def touched_rows(self, key: str, since: int, index: ItemIndex) -> Rows | None:
        """Rows whose edit of one key changed since a revision (int64); None when that is too long ago to be known.

        Args:
            key: Metadata key.
            since: An earlier `revision`.
            index: Rows of items; others are passed over.
        """
        entries = self._log.since(since)
        if entries is None or (self._bulk and index is not self._index):
            return None
        bulk = [what for what, of in entries if of == key and not isinstance(what, str)]
        rows = (index.row_of(what) for what, of in entries if of == key and isinstance(what, str))
        by_hand = np.array([row for row in rows if row is not None], dtype=np.int64)
        return bulk[0] if len(bulk) == 1 and not len(by_hand) else distinct_rows([*bulk, by_hand])

    def get(self, item: str, key: str) -> Change | None:
        """The staged edit of one cell, or None.

        Args:
            item: Item uuid, lower case.
            key: Metadata key.
        """
        found = self._cells.get(item, {}).get(key)
        if found is not None or key not in self._bulk:
            return found
        row = self._index.row_of(item)
        return None if row is None else self._at(key, np.array([row]))[0]

    def of_item(self, item: str) -> tuple[Change, ...]:
        """The staged edits of one item.

        Args:
            item: Item uuid, lower case.
        """
        by_hand = self._cells.get(item, {})
        bulk = (self.get(item, key) for key in self._bulk if key not in by_hand)
        return (*(change for change in bulk if change is not None), *by_hand.values())

    def of_key(self, key: str) -> tuple[BulkEdit | None, list[Change]]:
        """The staged edits of one key: those of many items at once, and the others.

        Args:
            key: Metadata key.
        """
        held = self._bulk.get(key)
        by_hand = [keys[key] for keys in self._cells.values() if key in keys]
        return None if held is None else held.plain(), by_hand

    def edits_of(self, key: str, index: ItemIndex) -> BulkEdit | None:
        """All staged edits of one key on items of a table, as columns; None when there are none.

        Args:
            key: Metadata key.
            index: Rows of items.
        """
        self._attach(index)
        return self._current(key, self._known(key))

    def window(self, start: int, count: int) -> list[Change]:
        """Some edits of the iteration.

        Args:
            start: How many to pass over.
            count: How many at most.
        """
        if self._bulk:
            return list(islice(self._listing().changes(start), count))
        return list(islice(self, start, start + count))

    def frozen(self) -> Listing | None:
        """The edits as they are now, for a plan; None while all of them were made by hand."""
        return self._listing().frozen() if self._bulk else None

    # -- editing -----------------------------------------------------------------------------------------------

    def stage(
        self, changes: Iterable[Change] = (), bulk: Sequence[BulkEdit] = (), index: ItemIndex | None = None
    ) -> int:
        """Stage edits as one step of undo; an earlier edit of the same cell is replaced, base and all.

        Args:
            changes: Edits; of several for one cell the last counts.
            bulk: Edits of many items at once, which come before these.
            index: Rows of items, needed for `bulk`; the same with every call.

        Returns:
            How many cells the step touched.
        """
        parts = self._stage_bulk(bulk, index) if bulk and index is not None else []
        cells: dict[Place, tuple[Change | None, Change | None]] = {}
        for change in changes:
            place = (change.item, change.key)
            cells[place] = (self.get(*place), None if same(change.base, change.after) else change)
        return self._do(cells, parts)

    def unstage(self, wanted: Callable[[Change], bool] | None = None) -> int:
        """Drop staged edits as one step of undo.

        Args:
            wanted: Which edits to drop; all when left out.

        Returns:
            How many edits were dropped.
        """

        def chosen(edit: BulkEdit) -> Mask:
            if wanted is None:
                return np.ones(len(edit), dtype=np.bool_)
            found = (wanted(change) for change in edit.changes(self._index.uuids))
            return np.fromiter(found, dtype=np.bool_, count=len(edit))

        return self._drop(chosen, wanted or (lambda _: True))

    def drop(self, items: Collection[str] | None = None, keys: Collection[str] | None = None) -> int:
        """Drop the staged edits of some items and keys as one step of undo.

        Args:
            items: Uuids; all when left out.
            keys: Metadata keys; all when left out.

        Returns:
            How many edits were dropped.
        """
        rows = None
        if items is not None and self._bulk:
            found = (self._index.row_of(item) for item in items)
            rows = np.array([row for row in found if row is not None], dtype=np.int64)

        def chosen(edit: BulkEdit) -> Mask:
            return np.ones(len(edit), dtype=np.bool_) if rows is None else rows_in(edit.rows, rows)

        def wanted(change: Change) -> bool:
            return (items is None or change.item in items) and (keys is None or change.key in keys)

        return self._drop(chosen, wanted, keys)

    def drop_cells(self, places: Iterable[Place]) -> int:
        """Drop the staged edits of some cells as one step of undo.

        Args:
            places: Item uuid and metadata key of each.

        Returns:
            How many edits were dropped.
        """
        given = places if isinstance(places, list) else list(places)
        by_key: dict[str, list[str]] = {}
        for item, key in given if self._bulk else ():
            by_key.setdefault(key, []).append(item)
        many: dict[str, Rows] = {}
        unknown: set[Place] = set()  # of keys that many cells are dropped of
        for key, items in by_key.items():
            if key in self._bulk and len(items) > _MANY:
                run = run_of(self._index, items)
                rows = [] if run is not None else list(map(self._index.row_of, items))
                if None in rows:
                    unknown.update((item, key) for item, row in zip(items, rows, strict=True) if row is None)
                found = np.array([row for row in rows if row is not None], dtype=np.int64)
                many[key] = found if run is None else run
        few: list[Place] = []
        if unknown or not self._bulk or not many.keys() >= by_key.keys():
            few = [place for place in dict.fromkeys(given) if place[1] not in many or place in unknown]
        parts = self._drop_bulk(lambda edit: rows_in(edit.rows, many[edit.key]), many)
        staged = zip(few, self._all(few), strict=True)
        return self._do({place: (change, None) for place, change in staged if change is not None}, parts)

    def undo(self) -> bool:
        """Undo the last step; False when there is none."""
        if not self._done:
            return False
        step = self._done.pop()
        for item, key, before, _ in step.cells:
            self._set(item, key, before)
        for part in reversed(step.parts):
            self._enter(part, part.before, part.after)
        self._undone.append(step)
        return True

    def redo(self) -> bool:
        """Do the last undone step again; False when there is none."""
        if not self._undone:
            return False
        step = self._undone.pop()
        for part in step.parts:
            self._enter(part, part.after, part.before)
        for item, key, _, after in step.cells:
            self._set(item, key, after)
        self._done.append(step)
        return True

    def settle(self, settled: Iterable[tuple[Change, Value]], *, unmoved: bool = False) -> None:
        """Forget edits that a commit settled. Steps are kept for the other cells only.

        Args:
            settled: Edits as they were planned, each with the value that the server holds now; an edit staged anew
                meanwhile stays, on that value as its base.
            unmoved: Whether it is known that nothing was staged or dropped since they were planned.
        """
        stepped = {(cell[0], cell[1]) for step in (*self._done, *self._undone) for cell in step.cells}
        gone: set[Place] = set()
        rows: dict[str, list[int]] = {}
        moved: dict[str, list[int]] = {}
        arriving = iter(settled)
        while chunk := list(islice(arriving, _SETTLED_AT_ONCE)):
            places = [(change.item, change.key) for change, _ in chunk]
            gone.update(stepped.intersection(places))
            staged = [change for change, _ in chunk] if unmoved else self._all(places)
            for (item, key), (change, held), present in zip(places, chunk, staged, strict=True):
                row = self._index.row_of(item) if key in self._ranks else None
                if row is not None:
                    rows.setdefault(key, []).append(row)
                if present is None:
                    continue
                if not same(present.after, change.after) and not same(present.after, held):
                    self._set(item, key, Change(item, key, held, present.after))
                elif row is None or key in self._cells.get(item, {}):
                    self._set(item, key, None)
                else:
                    moved.setdefault(key, []).append(row)
        self._settle_rows({key: distinct_rows([np.array(found)]) for key, found in rows.items()}, gone)
        for key, found in moved.items():
            self._rows_moved(key, distinct_rows([np.array(found)]))

    def _settle_rows(self, rows: dict[str, Rows], gone: set[Place]) -> None:
        settled = Settled(gone, rows, self._index.uuids)
        for key, found in rows.items():
            held = self._bulk.pop(key, None)
            left = None if held is None else settled.edits(held.edits)
            if held is not None and left is not None:
                self._hold(key, Held(left, held.hidden.difference(found.tolist())))
        self._done, self._undone = settled.steps(self._done), settled.steps(self._undone)

    # -- following ---------------------------------------------------------------------------------------------

    def take_moved(self) -> dict[Place, Change | None]:
        """Cells whose staged edit changed since the last call, with the edit (None: no longer staged)."""
        places, self._moved = list(self._moved), {}
        for key, found in self._moved_rows.items():
            places.extend((self._index.uuids[row], key) for row in distinct_rows(found).tolist())
        self._moved_rows = {}
        return dict(zip(places, self._all(places), strict=True))

    def take_all_moved(self) -> Moved:
        """As `take_moved`, with edits of many items as columns: what a journal has to write down."""
        if sum(len(rows) for found in self._moved_rows.values() for rows in found) <= _MANY:
            return Moved(self.take_moved(), left=len(self))
        staged: list[BulkEdit] = []
        dropped: list[tuple[str, Rows]] = []
        moved_rows, self._moved_rows = self._moved_rows, {}
        for key, found in moved_rows.items():
            rows, held = distinct_rows(found), self._bulk.get(key)
            if held is not None:
                places, there = held.find(rows)
                if there.all() and len(rows) == len(held.edits):
                    staged.append(held.edits)
                elif there.any():
                    staged.append(held.edits.at(places[there]))
                rows = rows[~there]
            known = self._known(key)
            self._moved.update(((change.item, key), None) for change in known.values())
            rows = rows[~rows_in(rows, np.array(list(known), dtype=np.int64))]
            if len(rows):
                dropped.append((key, rows))
        return Moved(self.take_moved(), self._index, tuple(staged), tuple(dropped), len(self))

    def to_frame(self) -> pd.DataFrame:
        """The staged edits as a table with `item`, `key`, `before`, `after` and `status` ("staged").

        Absent is `ABSENT` in the cells, null is None.
        """
        import pandas as pd  # pandas is loaded when a table is asked for

        flat = self._listing().flat(Column.objects, lambda value: value)
        data = {"item": flat.item, "key": flat.key, "before": flat.before, "after": flat.after}
        return pd.DataFrame(
            {**data, "status": "staged"}, index=range(len(flat.item)), dtype=object, copy=False
        )

    def _drop(
        self,
        chosen: Callable[[BulkEdit], Mask],
        wanted: Callable[[Change], bool],
        keys: Collection[str] | None = None,
    ) -> int:
        parts = self._drop_bulk(chosen, keys)
        dropped = [change for change in self._by_hand() if wanted(change)]
        return self._do({(change.item, change.key): (change, None) for change in dropped}, parts)

    def _do(self, cells: dict[Place, tuple[Change | None, Change | None]], parts: Sequence[Part] = ()) -> int:
        moves = ((item, key, old, new) for (item, key), (old, new) in cells.items() if not _equal(old, new))
        step = Step(tuple(moves), tuple(parts))
        if len(step):
            for item, key, _, after in step.cells:
                self._set(item, key, after)
            self._done.append(step)
            self._undone.clear()
        return len(step)


def _equal(old: Change | None, new: Change | None) -> bool:
    if old is None or new is None:
        return old is new
    return old.implied == new.implied and same(old.base, new.base) and same(old.after, new.after)
