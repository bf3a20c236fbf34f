"""Staged edits of an item set: taken back, done again, dropped; each step written down and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_recovery import RecoverableItems
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.given import several
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.values import shown

__all__ = ["EditableItems"]


class EditableItems(RecoverableItems):
    """The part of an item set that goes back and forth in its staged edits."""

    def unstage(self, items: Iterable[object] | None = None, keys: Iterable[str] | None = None) -> ChangeSet:
        """Drop staged edits, as one step of undo.

        Args:
            items: Item uuids, also a single one; all when left out.
            keys: Metadata keys, also a single one; all when left out.

        Returns:
            The edits that are still staged.

        Raises:
            InvalidInputError: If some are no uuids; then nothing is dropped.
        """
        wanted = None
        if items is not None:
            given = several(items, "item uuids", "Use items.changes.items or grid.selection.")
            uuids = [item_uuid(item) for item in given]
            problems = [
                Problem("an item uuid", shown(item))
                for item, uuid in zip(given, uuids, strict=True)
                if not uuid
            ]
            if problems:
                raise InvalidInputError(problems)
            wanted = {uuid for uuid in uuids if uuid}
        chosen = None if keys is None else several(keys, "metadata keys")
        return self._edited(lambda: self.changes.drop(wanted, chosen))

    def unstage_where(self, condition: Callable[[Change], bool]) -> ChangeSet:
        """Drop the staged edits that meet a condition, as one step of undo.

        Args:
            condition: Whether to drop an edit.

        Returns:
            The edits that are still staged.
        """
        return self._edited(lambda: self.changes.unstage(condition))

    def unstage_cells(self, cells: Iterable[tuple[str, str]]) -> ChangeSet:
        """Drop the staged edits of some cells, as one step of undo.

        Args:
            cells: Item uuid, lower case, and metadata key of each.

        Returns:
            The edits that are still staged.
        """
        return self._edited(lambda: self.changes.drop_cells(cells))

    def undo(self) -> ChangeSet:
        """Take the last step of staging back; nothing happens when there is none.

        Returns:
            The staged edits.
        """
        return self._edited(self.changes.undo)

    def redo(self) -> ChangeSet:
        """Do the last step that was taken back again.

        Returns:
            The staged edits.
        """
        return self._edited(self.changes.redo)

    def _edited(self, step: Callable[[], object]) -> ChangeSet:
        with self.lock:
            step()
            self._journal.follow(self.changes)
        self.events.changes.emit()
        return self.changes
