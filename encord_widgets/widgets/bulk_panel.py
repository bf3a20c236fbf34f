"""Bulk edits beside a grid that is not ours: the dialog of the native grid, over what is selected or in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets
from psygnal import SignalInstance

from encord_widgets.widgets._base import EncordWidget
from encord_widgets.widgets._requests import Answer, Handler, Params
from encord_widgets.widgets.bulk_edit import BulkDialog

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet
    from encord_widgets.widgets.grid_view import GridView

__all__ = ["BulkPanel"]


class BulkPanel(EncordWidget):
    """A button that opens the dialog for bulk edits.

    Args:
        items: The items.
        view: What the grid shows.
        selected: Gives the uuids of the items selected in the grid.
    """

    _bundle: ClassVar[str] = "bulk_panel"

    status: traitlets.Dict[str, Any] = traitlets.Dict(
        help="What can be edited: number and order of rows in view, number selected, filter and search."
    ).tag(sync=True)

    def __init__(self, items: ItemSet, view: GridView, selected: Callable[[], list[str]]) -> None:
        self._view = view
        self._selected = selected
        self._dialog = BulkDialog(items, view, self._publish, selected)
        super().__init__(items)

    def _state(self) -> dict[str, Any]:
        view = self._view
        return {
            "status": {
                "order": view.place,
                "rows": len(view),
                "selected": len(self._selected()),
                "filter": self.items.filter.text if self.items.filtered else "",
                "search": view.arrangement.search,
            }
        }

    def _signals(self) -> tuple[SignalInstance, ...]:
        """The grid says when its page changed, after it arranged its rows."""
        return ()

    def follow(self) -> None:
        """Take in what the grid shows and what is selected in it."""
        self._publish()

    def _handlers(self) -> dict[str, Handler]:
        return {**self._dialog.handlers(), "undo": self._undo}

    def _undo(self, _: Params) -> Answer:
        self.items.undo()
        return Answer()
