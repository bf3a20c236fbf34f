"""Columns as they will be once the staged edits are committed, kept up to date edit by edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.changes_bulk import Mask, distinct_rows
from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.items import ItemTable

__all__ = ["EffectiveColumns", "Version"]

Version: TypeAlias = tuple[int, int]
"""Of the stored values, and of the staged edits over them."""
_FEW: Final = 1000
"""Rows up to which a column is patched one by one; more are put anew as a whole."""


@dataclass(slots=True)
class _Entry:
    stored: Column
    rows: int  # rows of the table that were looked at
    seen: int  # version of the stored column that was taken in
    revision: int  # revision of the edits that was taken in
    touched: int  # revision at which an edit of this key moved last, as far as is known
    staged: Mask  # by row, whether it shows an edit
    column: Column  # the stored one itself while nothing is staged


class EffectiveColumns:
    """The columns of metadata keys, staged values over stored ones.

    A key without staged edits is the stored column itself. The others are copied once, and then patched where an
    edit or a read changed them. Hold the items' lock while using it.

    Args:
        table: The items.
        changes: The staged edits.

    Example:
        >>> from encord_widgets.metadata.items import ItemBatch
        >>> table, changes = ItemTable(), ChangeSet()
        >>> _ = table.append(ItemBatch(["8ad5"], metadata=[{"weather": "rain"}]))
        >>> columns = EffectiveColumns(table, changes)
        >>> _ = changes.stage([Change("8ad5", "weather", "rain", "fog")])
        >>> columns.column("weather").value(0), table.column("weather").value(0)
        ('fog', 'rain')
    """

    def __init__(self, table: ItemTable, changes: ChangeSet) -> None:
        self._table = table
        self._changes = changes
        self._entries: dict[str, _Entry] = {}
        self._unheld = Column()

    def column(self, key: str) -> Column:
        """The column of a metadata key; read it, never write it.

        Args:
            key: Metadata key.
        """
        return self._entry(key).column

    def version(self, key: str) -> Version:
        """Equal as long as no value of the key changed.

        Args:
            key: Metadata key.
        """
        entry = self._entry(key)
        return entry.seen, entry.touched

    def changed_rows(self, key: str, since: object) -> Rows | None:
        """Rows (int64) that may hold another value than at an earlier version; None when that is not known.

        Args:
            key: Metadata key.
            since: An earlier `version` of the key.
        """
        entry = self._entry(key)
        if not isinstance(since, tuple) or len(since) != len(("stored", "staged")):
            return None
        read = entry.stored.changed_rows(since[0])
        edited = self._changes.touched_rows(key, since[1], self._table)
        if read is None or edited is None or _FEW < len(self._table) < 2 * len(edited):
            return None
        return distinct_rows([read, edited])

    def clear(self) -> None:
        """Let go of all copies; versions and what changed since them stay known."""
        self._entries.clear()

    def _stored(self, key: str) -> Column:
        if key in self._table.keys:
            return self._table.column(key)
        if len(self._unheld) < len(self._table):
            self._unheld.grow(len(self._table))
        return self._unheld

    def _entry(self, key: str) -> _Entry:
        entry, stored = self._entries.get(key), self._stored(key)
        known = entry is not None and entry.stored is stored
        # An item that has just arrived may have been edited long before, when it was in view last.
        if known and entry is not None and self._changes and entry.rows < len(self._table):
            known = False
        if entry is None or not known or not self._followed(key, entry):
            entry = self._entries[key] = self._made(key, stored)
        return entry

    def _made(self, key: str, stored: Column) -> _Entry:
        bulk, cells = self._changes.of_key(key)
        rows = [(row, c.after) for c in cells if (row := self._table.row_of(c.item)) is not None]
        revision, size = self._changes.revision, len(self._table)
        staged = np.zeros(size, dtype=np.bool_)
        entry = _Entry(stored, size, stored.version, revision, revision, staged, stored)
        if bulk is not None or rows:
            entry.column = stored.copy()
        if bulk is not None:
            entry.column.put(bulk.rows, bulk.after)
            staged[bulk.rows] = True
        if rows:
            by_hand = np.array([row for row, _ in rows])
            entry.column.write(by_hand, [value for _, value in rows])
            staged[by_hand] = True
        return entry

    def _followed(self, key: str, entry: _Entry) -> bool:
        """Take in what was read and what was edited since; False when that is not known any more, or too much."""
        stored = entry.stored
        if len(entry.staged) < len(stored):
            entry.staged = np.append(entry.staged, np.zeros(len(stored) - len(entry.staged), dtype=np.bool_))
        changed = self._moved(key, entry)
        if changed is None:
            return False
        if entry.seen != stored.version:
            if entry.staged.any():
                read = stored.changed_rows(entry.seen)
                if read is None:
                    return False
                entry.column.grow(len(stored))
                for row in read.tolist():
                    changed.setdefault(row, None)
            entry.seen = stored.version
        self._patch(entry, changed)
        return True

    def _moved(self, key: str, entry: _Entry) -> dict[int, Change | None] | None:
        """By row, the edits of a key that moved since (None: dropped)."""
        revision = self._changes.revision
        if entry.revision == revision:
            return {}
        rows = self._changes.touched_rows(key, entry.revision, self._table)
        entry.revision = revision
        if rows is None or len(rows) > _FEW:
            return None
        moved: dict[int, Change | None] = {}
        for row in rows.tolist():
            entry.touched = revision
            moved[row] = self._changes.get(self._table.uuids[row], key)
            entry.staged[row] = moved[row] is not None
        return moved

    def _patch(self, entry: _Entry, changed: dict[int, Change | None]) -> None:
        if not entry.staged.any():
            entry.column = entry.stored
            return
        if not changed:
            return
        if entry.column is entry.stored:
            entry.column = entry.stored.copy()
        # A row that was read again and holds an edit keeps showing the edit.
        rows = [row for row, change in changed.items() if change is not None or not entry.staged[row]]
        stored = entry.stored.values(np.array(rows, dtype=np.int64))
        values = [
            change.after if (change := changed[row]) is not None else value
            for row, value in zip(rows, stored, strict=True)
        ]
        entry.column.write(np.array(rows, dtype=np.int64), values)
