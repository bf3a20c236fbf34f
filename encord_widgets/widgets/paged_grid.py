"""The ipydatagrid engine of `ItemGrid`: pages of 500 items as display texts, parsed against the schema in Python."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Literal

import ipywidgets
import traitlets

from encord_widgets.errors import EncordWidgetsError
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.staging import CellEdit, EditResult
from encord_widgets.metadata.values import Value
from encord_widgets.widgets._base import check_items, refuse_unknown, unexpected_is_raised
from encord_widgets.widgets._datagrid import STATE, CellStyle, data_frame, grid_class
from encord_widgets.widgets._fallback import headline
from encord_widgets.widgets._life import OnPage
from encord_widgets.widgets._requests import described
from encord_widgets.widgets._throttle import Throttle
from encord_widgets.widgets.bulk_panel import BulkPanel
from encord_widgets.widgets.cell_facts import cell_facts
from encord_widgets.widgets.grid_columns import GridColumn, refusal
from encord_widgets.widgets.grid_view import Arrangement, GridView
from encord_widgets.widgets.item_grid import ItemGrid, checked_height
from encord_widgets.widgets.page import Page, PageCell, cell_of
from encord_widgets.widgets.page_controls import PageControls
from encord_widgets.widgets.paste import FIELD_IS_FIXED, paste_block, read_block

__all__ = ["PAGE_ROWS", "PagedGrid"]

PAGE_ROWS: Final = 500
_MOST_PATCHES: Final = 400


class PagedGrid(ItemGrid, OnPage, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """See `ItemGrid`, which makes it."""

    _public_name: ClassVar[str] = "ItemGrid"
    _engine = "ipydatagrid"

    error: traitlets.Dict[str, str] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="What went wrong in Python last: message and, for a bug, detail; shown below the controls.",
    )

    def __init__(
        self,
        items: ItemSet,
        *,
        engine: str = "ipydatagrid",  # noqa: ARG002 - ItemGrid chose by it
        height: int = 420,
        columns: Sequence[str] | None = None,
        **common: Any,
    ) -> None:
        refuse_unknown(type(self), common)
        self.items = check_items(items, self._public_name)
        self._view = GridView(items, columns)
        self._drawing = threading.RLock()
        self._writing = False
        self._closed = False
        self._start = 0
        self._size = ipywidgets.Layout(height=f"{checked_height(height)}px", width="100%")
        self._style = CellStyle()
        self._controls = PageControls(
            arrange=self._guarding(self._arrange, "The rows could not be arranged"),
            turn=self._guarding(self._turn, "The page could not be turned"),
            act=self._guarding(self._act, "That did not work"),
            narrow=self._guarding(self._narrow, "The filter could not be set"),
            paste=self._guarding(self._paste, "The block could not be pasted"),
        )
        self._page = Page(items, self._view, 0, PAGE_ROWS)
        self._grid = self._made()
        self.bulk = BulkPanel(items, self._view, lambda: self.selection)
        # Among the controls: what stands after the grid is drawn anew with each page, and an open dialog with it.
        self._controls.widget.children = (*self._controls.widget.children, self.bulk)
        super(ItemGrid, self).__init__(children=self._parts(), **common)
        self._draw_soon = Throttle(self._guarding(self._draw, "The page could not be brought up to date"))
        events = items.events
        signals = (
            events.rows,
            events.loading,
            events.changes,
            events.receipt,
            events.schema,
            events.filter,
            items.client.retrying,
        )
        self._hear(signals, self._on_event)
        self._draw()

    # -- drawing -----------------------------------------------------------------------------------------------

    def _on_event(self, *_: object) -> None:
        self._draw_soon.holding(self.items.lock)

    def _show(self) -> None:
        with self.items.lock, self._drawing:
            self._start = 0
            self._draw()

    def _draw(self) -> None:
        """Bring page and controls up to date: cell by cell where only values changed, as a new page otherwise."""
        with self.items.lock, self._drawing:
            if self._closed:
                return
            self._view.follow()
            self._start = min(self._start, max(0, len(self._view) - 1) // PAGE_ROWS * PAGE_ROWS)
            before, self._page = self._page, Page(self.items, self._view, self._start, PAGE_ROWS)
            if not before.same_shape(self._page) or not self._patched(before):
                old, self._grid = self._grid, self._made()
                self.children = self._parts()
                old.close()
                self.selection = []
            self._controls.show(self.items, self._view, self._start, len(self._page.uuids))
            self.view = self._view.in_view
            self.bulk.follow()
            self._tell_cell()

    def _made(self) -> Any:
        """A DataGrid for the page. Each page has its own, so that a late event never meets another page's rows."""
        page = self._page
        frame, self._labels = data_frame(page)
        widths = {label: column.width for label, column in zip(self._labels, page.columns, strict=True)}
        grid = grid_class()(
            frame,
            editable=True,
            selection_mode="cell",
            header_visibility="column",
            default_renderer=self._style.renderer,
            column_widths={**widths, STATE: 0},
            base_row_size=24,
            base_column_header_size=26,
            layout=self._size,
        )
        grid.on_cell_change(self._guarding(lambda change: self._typed(grid, change), "The edit failed"))
        grid.observe(self._guarding(lambda _: self._selected(grid), "The selection failed"), "selections")
        return grid

    def _parts(self) -> list[Any]:
        return [self._controls.widget, self._grid, self._controls.cell]

    def _patched(self, before: Page) -> bool:
        """Write the cells that changed into the grid; False when they are too many for that."""
        now = self._page
        patches = [
            (label, row, cells[at].text)
            for row, cells in enumerate(now.cells)
            for at, label in enumerate(self._labels)
            if cells[at].text != before.cells[row][at].text
        ]
        marks = [
            (STATE, row, now.marks[row])
            for row in range(len(now.marks))
            if now.marks[row] != before.marks[row]
        ]
        if len(patches) + len(marks) > _MOST_PATCHES:
            return False
        # Marks first: the cell is drawn when its own text arrives.
        for label, row, text in [*marks, *patches]:
            self._write(self._grid, label, row, text)
        for row in {row for _, row, _ in marks} - {row for _, row, _ in patches}:
            self._write(self._grid, self._labels[0], row, now.cells[row][0].text)
        return True

    def _write(self, grid: Any, label: str, row: int, text: str) -> None:
        """Set a cell of the grid; the change that ipydatagrid then reports is ours, not the user's."""
        with self.items.lock, self._drawing:
            self._writing = True
            try:
                grid.set_cell_value_by_index(label, row, text)
            finally:
                self._writing = False

    # -- editing -----------------------------------------------------------------------------------------------

    def _typed(self, grid: Any, change: dict[str, Any]) -> None:
        with self.items.lock, self._drawing:
            if self._writing or grid is not self._grid:
                return
            row, at, value = change["row"], change["column_index"], change["value"]
            page = self._page
            if at is None or not 0 <= at < len(page.columns) or not 0 <= row < len(page.uuids):
                return
            cell, column = page.cells[row][at], page.columns[at]
            deleted = not isinstance(value, str)  # the Delete key sends null
            unchanged = value == cell.text or (deleted and cell.mark == "a")
            reason = "" if unchanged else self._refusal(column, cell, deleted=deleted)
            if not unchanged and not reason:
                action: Literal["unset", "text"] = "unset" if deleted else "text"
                text = "" if deleted else value
                edit = _edit(page.uuids[row], column, cell, action, text)
                self._report(self.items.stage_cells([edit]))
                self._draw()
            elif reason:
                self._controls.say(f"{self.items.table.name(page.uuids[row])} · {column.name}: {reason}")
            # Whatever the browser made of it, the cell shows what Python holds.
            shown = self._page.cells[row][at].text if self._grid is grid else value
            if shown != value:
                self._write(grid, self._labels[at], row, shown)

    @staticmethod
    def _refusal(column: GridColumn, cell: PageCell, *, deleted: bool) -> str:
        if column.kind == "field":
            return FIELD_IS_FIXED
        if refusal(column.name):
            return refusal(column.name)
        if not cell.exact and not deleted:
            return "The value is too long, or has line breaks, for this grid's editor. Use the native engine."
        return ""

    def _act(self, name: str) -> None:
        if name == "undo":
            self.items.undo()
        elif name == "redo":
            self.items.redo()
        elif name == "refresh":
            threading.Thread(
                target=self._guarding(self.items.refresh, "The items could not be read again"), daemon=True
            ).start()
        else:
            self._stage_selected("null" if name == "null" else "unset")
        self._draw()

    def _stage_selected(self, action: Literal["null", "unset"]) -> None:
        with self.items.lock, self._drawing:
            page = self._page
            places = {uuid: row for row, uuid in enumerate(page.uuids)}
            edits = [
                _edit(uuid, page.columns[at], page.cells[places[uuid]][at], action)
                for uuid, at in self._selected_cells(self._grid)
                if page.columns[at].editable
            ]
        if edits:
            self._report(self.items.stage_cells(edits))
        else:
            self._controls.say("Select cells of metadata keys first.")

    def _report(self, results: Sequence[EditResult]) -> None:
        refused = [r for r in results if not r.accepted]
        if not refused:
            self._controls.say("")
            return
        first = refused[0]
        more = f" (and {len(refused) - 1:,} more refused)" if len(refused) > 1 else ""
        self._controls.say(f"{self.items.table.name(first.item)} · {first.key}: {first.reason}{more}")

    # -- selection ---------------------------------------------------------------------------------------------

    def _selected(self, grid: Any) -> None:
        with self.items.lock, self._drawing:
            if grid is self._grid:
                self.selection = list(dict.fromkeys(uuid for uuid, _ in self._selected_cells(grid)))
                self.bulk.follow()
                self._tell_cell()

    def _tell_cell(self) -> None:
        """A canvas has no cells that could be read out: what is selected is told in words below it."""
        cells = self._selected_cells(self._grid) if self._grid.selections else []
        if not cells:
            self._controls.tell(None)
            return
        uuid, at = cells[0]
        column = self._page.columns[at]
        facts = cell_facts(self.items, column, uuid, self._value(uuid, column), self._view)
        self._controls.tell(facts, column.name)

    def _selected_cells(self, grid: Any) -> list[tuple[str, int]]:
        """Item and column of each selected cell; ipydatagrid counts rows as its own sort and filter show them."""
        if not grid.selections:
            return []
        uuids = list(grid.get_visible_data().index)
        last = len(self._page.columns) - 1
        return [
            (uuids[row], at)
            for box in grid.selections
            for row in range(max(box["r1"], 0), min(box["r2"], len(uuids) - 1) + 1)
            for at in range(max(box["c1"], 0), min(box["c2"], last) + 1)
        ]

    def _paste(self, text: str) -> None:
        block = read_block(text)
        with self.items.lock, self._drawing:
            cells = self._selected_cells(self._grid)
            if not cells or not text:
                self._controls.say("Select the first cell in the grid, and paste the block into the box.")
                return
            page = self._page
            first, at = cells[0]
            shown = list(self._grid.get_visible_data().index)
            uuids = shown[shown.index(first) :]
            if shown == page.uuids:  # else the grid shows an order of its own, which ends with the page
                uuids += self._view.uuids(self._start + len(shown), len(block))
            columns = page.columns[at:]
            if [len(line) for line in block] == [1]:  # one value fills what is selected
                found = dict.fromkeys(uuid for uuid, _ in cells)
                wide = 1 + max(place for _, place in cells) - at
                block, uuids = [block[0] * wide] * len(found), list(found)
            result = paste_block(self.items, block, uuids, columns)
            self._controls.say("")
            self._controls.pasted(result)
            self._draw()

    # -- controls ----------------------------------------------------------------------------------------------

    def _arrange(self, sort: tuple[str, bool] | None, search: str) -> None:
        self._view.arrange(Arrangement(sort, search))
        self._show()

    def _narrow(self, text: str | None) -> None:
        try:
            if text is None:
                self.items.apply_filter()
            else:
                self.items.filter = text
        except EncordWidgetsError as error:  # the line says where; what was typed stays in the box
            self._controls.say(str(error).splitlines()[0])
            return
        self._controls.say("")
        self._show()

    def _turn(self, pages: int) -> None:
        with self.items.lock, self._drawing:
            self._start = max(0, self._start + pages * PAGE_ROWS)
            self._draw()

    def _guarding(self, work: Callable[..., object], while_: str) -> Callable[..., None]:
        """Something that a user or an event sets off; its errors show in the widget."""

        def guarded(*args: Any) -> None:
            try:
                work(*args)
            except Exception as error:
                self.error = described(error, while_)
                self._controls.say(self.error["message"])
                if unexpected_is_raised():
                    raise

        return guarded

    # -- life --------------------------------------------------------------------------------------------------

    def _headline(self) -> str:
        return headline(self.items)

    def _let_go(self) -> None:
        if "_draw_soon" in self.__dict__:
            self._draw_soon.close()
            with self.items.lock, self._drawing:
                self._closed = True
            self._grid.close()
            self._controls.close()
            self.bulk.close()
            if self._style is not None:
                self._style.close()


def _edit(
    item: str,
    column: GridColumn,
    cell: PageCell,
    action: Literal["text", "null", "unset"],
    text: str = "",
) -> CellEdit:
    def unchanged(value: Value) -> bool:
        return cell_of(value, column.type) == cell

    return CellEdit(item, column.name, action, text, unchanged)
