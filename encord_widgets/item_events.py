"""What happens to an item set, for whoever wants to follow."""

from __future__ import annotations

import psygnal

from encord_widgets.commit.options import CommitProgress
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_load import LoadProgress
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.values import shown

__all__ = ["FocusedItems", "ItemSetEvents"]


class ItemSetEvents(psygnal.SignalGroup):
    """What happened to an item set. Signals may come from a background thread."""

    rows = psygnal.Signal()
    """The items, their order or their stored values changed."""
    loading = psygnal.Signal(LoadProgress)
    changes = psygnal.Signal()
    """Staged edits changed."""
    progress = psygnal.Signal(CommitProgress)
    receipt = psygnal.Signal(object)
    """A commit ended (a `Receipt`), or its receipt was put away (None)."""
    schema = psygnal.Signal()
    filter = psygnal.Signal()
    """The filter was set or looked again, or the named filters changed."""
    focus = psygnal.Signal(object)
    """Another item is looked at (its uuid), or none (None)."""


class FocusedItems:
    """The part of an item set that knows which item is looked at, so that widgets beside each other stay in step."""

    events: ItemSetEvents
    _focus: str | None = None
    _focus_key: str | None = None

    @property
    def focus(self) -> str | None:
        """Uuid of the item that is looked at: the one selected last in a grid, or set here; follow `events.focus`.

        Grids on these items bring it into view. `look_at` names one of its keys too.

        Raises:
            InvalidInputError: When set to what is no item uuid.
        """
        return self._focus

    @focus.setter
    def focus(self, item: object) -> None:
        self.look_at(item)

    @property
    def focus_key(self) -> str | None:
        """The metadata key that is looked at on the item in focus, if one was named."""
        return self._focus_key

    def look_at(self, item: object, key: str | None = None) -> None:
        """Look at an item, and at one of its keys: grids on these items bring the cell into view and mark it.

        Args:
            item: An item uuid; None looks at none.
            key: A metadata key.

        Raises:
            InvalidInputError: If the item is no item uuid.
        """
        found = None if item is None else item_uuid(item)
        if item is not None and found is None:
            raise InvalidInputError([Problem(expected="an item uuid", got=shown(item))])
        if (found, key) != (self._focus, self._focus_key):
            self._focus, self._focus_key = found, key
            self.events.focus.emit(found)
