"""What stands above a paged grid: search, sort, pages, buttons, a line for messages, and the signs explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from encord_widgets.metadata.texts import counted
from encord_widgets.widgets._datagrid import SIGNS
from encord_widgets.widgets.grid_view import GridView
from encord_widgets.widgets.page import labels_of
from encord_widgets.widgets.paste import Pasted, Refused

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["PageControls"]

_BUTTONS: Final = {
    "undo": ("Undo", "Take the last edit back"),
    "redo": ("Redo", "Make the edit that was taken back again"),
    "null": ("Set null", "Stage null in the selected cells"),
    "unset": ("Remove key", "Stage the removal of the key in the selected cells"),
    "refresh": ("Refresh", "Read the items again; staged edits stay"),
}
_WORDS: Final = {
    "staged": "staged",
    "invalid": "does not fit the schema",
    "conflict": "conflict",
    "refused": "refused",
    "failed": "failed",
    "differs": "reads back differently",
    "pending": "pending",
    "verified": "verified",
    "already": "already there",
    "updated": "changed in Encord",
}


_SHOWN: Final = 160
# The corner between the two scroll bars is white in every theme otherwise.
_STYLE: Final = "<style>.lm-DataGrid-scrollCorner { background: var(--jp-layout-color1) !important }</style>"


class PageControls:
    """The controls of a paged grid.

    Args:
        arrange: Called with the sort (id of a column and whether descending, or None) and the text to search for.
        turn: Called with the number of pages to go on, or back.
        act: Called with the name of the button that was clicked.
        narrow: Called with the text of a filter, or None to let the filter that is in force look again.
        paste: Called with a block of cells as tab separated text.
    """

    def __init__(
        self,
        *,
        arrange: Callable[[tuple[str, bool] | None, str], None],
        turn: Callable[[int], None],
        act: Callable[[str], None],
        narrow: Callable[[str | None], None],
        paste: Callable[[str], None],
    ) -> None:
        self._arrange = arrange
        self._narrow = narrow
        self._filter_shown = ""
        self._quiet = False
        self._columns: tuple[tuple[str, str], ...] = (("Order of the source", ""),)
        own_width = {"description_width": "initial"}  # else every label takes 80 pixels
        self.search = ipywidgets.Text(
            placeholder="Search", continuous_update=False, description="Search", style=own_width
        )
        self.filter = ipywidgets.Text(
            placeholder='weather = "rain" and lux < 5',
            continuous_update=False,
            description="Filter",
            style=own_width,
            layout={"flex": "1 1 auto"},
        )
        self.again = ipywidgets.Button(
            description="Apply again",
            tooltip="Rows stay in view while you edit. Look again, at what is staged by now.",
            layout={"width": "auto", "display": "none"},
        )
        self.clear = ipywidgets.Button(
            description="Clear filter",
            tooltip="Show all items",
            layout={"width": "auto", "display": "none"},
        )
        self.sort = ipywidgets.Dropdown(options=self._columns, description="Sort by", style=own_width)
        self.descending = ipywidgets.ToggleButton(description="Descending")
        self.buttons = {
            name: ipywidgets.Button(description=label, tooltip=tip, layout={"width": "auto"})
            for name, (label, tip) in _BUTTONS.items()
        }
        self.previous = ipywidgets.Button(description="Previous page", layout={"width": "auto"})
        self.next = ipywidgets.Button(description="Next page", layout={"width": "auto"})
        self.position = ipywidgets.HTML()
        self.as_of = ipywidgets.HTML(layout={"display": "none"})
        self.message = ipywidgets.HTML(layout={"display": "none"})
        # Below the grid: a line that comes and goes above it would move cells away under the mouse.
        self.cell = ipywidgets.HTML(layout={"min_height": "24px"})
        self.refused = ipywidgets.HTML(layout={"display": "none"})
        self.pasting = ipywidgets.ToggleButton(
            description="Paste a block",
            tooltip="Select the first cell, then paste cells of a spreadsheet into the box",
            layout={"width": "auto"},
        )
        self.block = ipywidgets.Textarea(
            placeholder="Select the first cell in the grid, paste cells of a spreadsheet here, then press Stage block",
            layout={"flex": "1 1 auto", "height": "90px"},
        )
        self.stage = ipywidgets.Button(
            description="Stage block",
            tooltip="Stage the block from the selected cell on, as one step of undo",
            layout={"width": "auto"},
        )
        self.box = ipywidgets.HBox([self.block, self.stage], layout={"display": "none"})
        legend = ", ".join(f"{sign} {_WORDS[state]}" for state, (sign, _) in SIGNS.items())
        self._rows = [
            ipywidgets.HBox([self.search, self.sort, self.descending]),
            ipywidgets.HBox([self.filter, self.again, self.clear]),
            ipywidgets.HBox([*self.buttons.values(), self.pasting], layout={"flex_flow": "row wrap"}),
            self.box,
            ipywidgets.HBox([self.previous, self.next, self.position], layout={"flex_flow": "row wrap"}),
            self.as_of,
            self.message,
            self.refused,
            ipywidgets.HTML(
                f"{_STYLE}<small>Double-click a cell to edit it. {escape(legend)}, — no such key, ∅ null</small>"
            ),
        ]
        self.widget = ipywidgets.VBox(self._rows)
        for control in (self.search, self.sort, self.descending):
            control.observe(self._arranged, "value")
        self.filter.observe(self._filtered, "value")
        self.again.on_click(lambda _: narrow(None))
        self.clear.on_click(lambda _: narrow(""))
        self.pasting.observe(self._opened, "value")
        self.stage.on_click(lambda _: paste(self.block.value))
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: act(name))
        self.previous.on_click(lambda _: turn(-1))
        self.next.on_click(lambda _: turn(1))

    def show(self, items: ItemSet, view: GridView, start: int, count: int) -> None:
        """Bring the controls up to date.

        Args:
            items: The items.
            view: Columns and order.
            start: Position of the first row of the page.
            count: Rows of the page.
        """
        self._quiet = True
        try:
            labels = labels_of(view.columns)
            columns = (
                ("Order of the source", ""),
                *((label, column.id) for label, column in zip(labels, view.columns, strict=True)),
            )
            sort = view.wanted.sort
            if sort and sort[0] not in {one for _, one in columns}:
                columns = (*columns, (sort[0], sort[0]))
            if columns != self._columns:
                self._columns = columns
                self.sort.options = columns
            self.sort.value = sort[0] if sort else ""
            self.descending.value = bool(sort and sort[1])
            self.search.value = view.wanted.search
            self._show_filter(items)
        finally:
            self._quiet = False
        self.buttons["undo"].disabled = not items.changes.can_undo
        self.buttons["redo"].disabled = not items.changes.can_redo
        self.previous.disabled = start == 0
        self.next.disabled = start + count >= len(view)
        self.position.value = escape(_position(items, view, start, count))
        as_of = items.as_of
        self.as_of.value = f'<div role="status">↻ {escape(as_of)}</div>' if as_of else ""
        self.as_of.layout.display = None if as_of else "none"

    def _show_filter(self, items: ItemSet) -> None:
        """A text that was refused stays in the box until the filter itself changes."""
        text = items.filter.text if items.filtered else ""
        if text != self._filter_shown:
            self._filter_shown = self.filter.value = text
        self.clear.layout.display = None if text else "none"
        self.again.layout.display = None if text and items.filter_counts.moved else "none"

    def say(self, text: str) -> None:
        """Show a message, or none.

        Args:
            text: Any text; it is escaped.
        """
        self.message.value = f'<div role="alert">⚠ {escape(text)}</div>' if text else ""
        self.message.layout.display = None if text else "none"  # an empty line would leave a gap

    def tell(self, facts: Mapping[str, Any] | None, column: str = "") -> None:
        """Say in words what the selected cell is; the grid draws it where no screen reader can look.

        Args:
            facts: What `cell_facts` says of it, or None when no cell is selected.
            column: Name of its column.
        """
        self.cell.value = _told(facts, column) if facts else ""

    def pasted(self, result: Pasted) -> None:
        """Say what came of a paste, with every cell that was refused.

        Args:
            result: What came of it.
        """
        kept = f", {result.same:,} held it already" if result.same else ""
        words = f"{result.staged:,} cells staged{kept}"
        refused = result.refused
        if refused:
            rows = "".join(_row(one) for one in refused)
            head = "".join(f"<th>{word}</th>" for word in ("Row", "Item", "Key", "Value", "Reason"))
            words = (
                f"<details open><summary>{words}, <b>⚠ {len(refused):,} not changed</b></summary>"
                f'<div style="max-height: 220px; overflow: auto"><table><thead><tr>{head}</tr></thead>'
                f"<tbody>{rows}</tbody></table></div></details>"
            )
        else:
            self.block.value = ""
        self.refused.value = f'<div role="status">{words}</div>'
        self.refused.layout.display = None

    def _opened(self, _: Any) -> None:
        self.box.layout.display = None if self.pasting.value else "none"
        if not self.pasting.value:
            self.refused.layout.display = "none"

    def close(self) -> None:
        """Close every control."""
        for row in self._rows:
            for control in getattr(row, "children", ()):
                control.close()
            row.close()
        self.cell.close()
        self.widget.close()

    def _arranged(self, _: Any) -> None:
        if not self._quiet:
            column = self.sort.value
            self._arrange((column, self.descending.value) if column else None, self.search.value)

    def _filtered(self, _: Any) -> None:
        if not self._quiet:
            self._narrow(self.filter.value)


def _row(cell: Refused) -> str:
    texts = (f"{cell.row:,}", cell.name, cell.key, cell.text[:_SHOWN], cell.reason)
    return f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in texts)}</tr>"


def _told(facts: Mapping[str, Any], column: str) -> str:
    held = f"<code>{escape(str(facts['read'])[:_SHOWN])}</code>" if facts["held"] else "<i>not set</i>"
    parts = [
        f"{escape(str(facts['name']))}: <b>{escape(column)}</b> {escape(str(facts['type_label']))}",
        held,
    ]
    if facts["sends"] is not None:
        parts.append(f"staged, a commit sends <code>{escape(str(facts['sends'])[:_SHOWN])}</code>")
    if facts["state"] and facts["state"] != "staged":
        note = f": {facts['note']}" if facts["note"] else ""
        parts.append(escape(f"{_WORDS.get(facts['state'], facts['state'])}{note}"))
    return f'<small role="status" aria-live="polite">{" · ".join(parts)}</small>'


def _position(items: ItemSet, view: GridView, start: int, count: int) -> str:
    loading = items.loading
    rows = f"{start + 1:,} to {start + count:,} of {counted(len(view), 'item')}" if count else "no items"
    found = f", found in {len(items.order()):,}" if view.wanted.search.strip() else ""
    found += f", filter: {items.filter_counts.text}" if items.filtered else ""
    state = "" if loading.finished else f", loading ({loading.done:,} of {loading.total or '?'})"
    trouble = f", loading failed: {loading.error}" if loading.error else ""
    if not loading.finished and items.client.trouble:
        trouble = f". {items.client.trouble}"
    staged = f", {counted(len(items.changes), 'edit')} staged" if items.changes else ""
    return rows + found + state + staged + trouble
