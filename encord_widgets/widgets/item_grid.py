"""`ItemGrid`: the items of a set as an editable grid, with one of two engines."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import traitlets

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_set import ItemSet
from encord_widgets.item_view import to_frame
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.values import Value, shown
from encord_widgets.widgets._fallback import ROWS_SHOWN, headline, quoted_text, static_html
from encord_widgets.widgets._requests import StaleError
from encord_widgets.widgets.grid_columns import GridColumn, column_id
from encord_widgets.widgets.grid_view import Arrangement, GridView
from encord_widgets.widgets.item_order import ItemOrder

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ItemGrid"]

_COLUMNS_SHOWN: Final = 8
_ENGINES: Final = {"native": ("native_grid", "NativeGrid"), "ipydatagrid": ("paged_grid", "PagedGrid")}


class ItemGrid(traitlets.HasTraits):
    """The items of a set as an editable grid. Edits are staged; nothing is sent before a commit.

    Rows are items; columns are the item's name and type and the metadata keys. Editors follow the schema, what does
    not fit is refused with the reason, and one step of undo takes back one edit, paste or delete.

    The `native` engine draws only what is on screen, at any number of items, and can be read by screen readers. The
    `ipydatagrid` engine shows pages of 500 items with ipydatagrid, for who is used to it; it draws on a canvas and
    knows text editors only, which a double-click opens: JupyterLab takes what is typed on a cell. What is selected is
    told in words below it, and a block of cells is pasted into a box above it.

    Args:
        items: The items.
        engine: `native` or `ipydatagrid`.
        height: Height of the grid in px, 160 to 2000.
        columns: Columns to show, in order: ids (`field:width`, `key:weather`) or bare names of an item field, else of
            a metadata key. Left out: name, item type and all metadata keys in use.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        InvalidInputError: If the engine or a column does not exist, or the height is out of its range.
        TypeError: For any other keyword argument.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders()[0].uuid).wait()
        ...     with ew.ItemGrid(items, columns=["name", "weather"]) as grid:
        ...         grid.sort("weather", descending=True)
        ...         grid.engine, grid.sorted_by
        ('native', ('key:weather', True))

    Example:
        What is selected in the browser, and what is in view, are values to observe:

        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0]).wait()
        ...     with ew.ItemGrid(items) as grid:
        ...         grid.observe(lambda change: print(len(change.new), "in view"), "view")
        ...         grid.search("street_000001")
        1 in view
    """

    # No trait of its own for each uuid: a selection can be a million of them.
    selection: list[str] = traitlets.List(  # type: ignore[assignment]  # the trait's value
        help="Uuids of the items selected in the browser, in view order; observe it to follow the selection.",
    )
    view: ItemOrder = traitlets.Any(  # type: ignore[assignment]  # the trait's value
        ItemOrder([], np.empty(0, dtype=np.int64)),
        help="Uuids of the items in view, in view order, as a sequence; observe it to follow sort, search and filter.",
    )
    _engine: str
    _view: GridView
    items: ItemSet

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Make the grid of the engine asked for; it is an `ItemGrid` and a widget."""
        if cls is not ItemGrid:
            return super().__new__(cls, *args, **kwargs)
        engine = kwargs.get("engine", "native")
        if not isinstance(engine, str) or engine not in _ENGINES:
            expected = f"engine {' or '.join(repr(name) for name in _ENGINES)}"
            raise InvalidInputError([Problem(expected=expected, got=shown(engine))])
        # Only the engine asked for is loaded.
        home, name = _ENGINES[engine]
        made: type[Self] = getattr(importlib.import_module(f"encord_widgets.widgets.{home}"), name)
        return made.__new__(made, *args, **kwargs)

    def __init__(
        self,
        items: ItemSet,
        *,
        engine: str = "native",
        height: int = 420,
        columns: Sequence[str] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(items, engine=engine, height=height, columns=columns, **common)

    @property
    def engine(self) -> str:
        """`native` or `ipydatagrid`."""
        return self._engine

    @property
    def sorted_by(self) -> tuple[str, bool] | None:
        """Id of the column that rows are sorted by and whether the largest comes first, or None."""
        return self._view.wanted.sort

    @property
    def searched_for(self) -> str:
        """Text that rows in view contain; empty when all are shown."""
        return self._view.wanted.search

    @property
    def selected_frame(self) -> pd.DataFrame:
        """What Encord holds of the selected items, as a DataFrame like `ItemSet.frame`; it can be observed."""
        with self.items.lock:
            table = self.items.table
            found = [row for row in map(table.row_of, self.selection) if row is not None]
            return to_frame(table, np.array(found, dtype=np.int64))

    @traitlets.observe("selection")
    def _tell_selected_frame(self, _: object) -> None:
        # A property is no trait: whoever observes it hears of it here, and only then is the frame made.
        if self._trait_notifiers.get("selected_frame", {}).get("change"):
            fresh = traitlets.Bunch(
                name="selected_frame", type="change", owner=self, old=None, new=self.selected_frame
            )
            self.notify_change(fresh)

    @property
    def uuids(self) -> list[str]:
        """Uuids of the items in view, in view order."""
        return self._view.uuids(0, len(self._view))

    def sort(self, column: str | None, descending: bool = False) -> None:  # noqa: FBT001, FBT002 - grid.sort("lux", True) reads well
        """Sort the rows by a column, staged values included; edits made later do not move rows.

        Args:
            column: A column's id or name; None for the order of the source.
            descending: Whether the largest comes first. Null and absent come last both ways.

        Raises:
            InvalidInputError: If there is no such column.
        """
        sort = None if column is None else (column_id(column, self.items), descending)
        self._view.arrange(Arrangement(sort, self._view.wanted.search))
        self._show()

    def search(self, text: str) -> None:
        """Show only the items in which a field or key contains a text, letter case aside.

        Args:
            text: What to look for; empty shows all.

        Raises:
            InvalidInputError: If it is no text.
        """
        check_kind(text, str, "text to look for", "An empty text shows all.")
        self._view.arrange(Arrangement(self._view.wanted.sort, text))
        self._show()

    @traitlets.observe("selection")
    def _look_at_selection(self, _: object) -> None:
        # Of several items the one looked at stays, or else it is the first.
        if self.selection and self.items.focus not in self.selection:
            self.items.focus = self.selection[0]

    def _show(self) -> None:
        """Bring what is on the page up to date with the view."""
        raise NotImplementedError

    def _value(self, item: str, column: GridColumn) -> Value:
        with self.items.lock:
            row = self.items.table.row_of(item)
            if row is None:
                raise StaleError(f"The item {shown(item)} is not in this set any more.")
            if column.kind == "field":
                return self.items.table.field(column.name).value(row)
            return self.items.value(item, column.name)

    def _static_html(self) -> str:
        if not len(self._view):  # rows that came this moment
            self._view.follow()
        columns = self._view.columns[:_COLUMNS_SHOWN]
        uuids = self._view.uuids(0, ROWS_SHOWN)
        rows = [[quoted_text(self._value(item, column)) for column in columns] for item in uuids]
        return static_html(
            headline(self.items), [c.name for c in columns], rows, len(self._view) - len(uuids)
        )


def checked_height(height: object) -> int:
    """Check a height in px.

    Args:
        height: What the caller gave.

    Raises:
        InvalidInputError: If it is no whole number from 160 to 2000.
    """
    if not isinstance(height, int) or isinstance(height, bool) or not _LOWEST <= height <= _HIGHEST:
        expected = f"a height from {_LOWEST} to {_HIGHEST} px"
        raise InvalidInputError([Problem(key="height", expected=expected, got=shown(height))])
    return height


_LOWEST: Final = 160
_HIGHEST: Final = 2000
