"""The native engine of `ItemGrid`: windows of rows on demand for a grid of real DOM rows."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, cast

import traitlets
from psygnal import SignalInstance

from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.filters.subjects import STATES
from encord_widgets.metadata.staging import CellEdit, EditResult
from encord_widgets.metadata.values import shown
from encord_widgets.widgets._base import EncordWidget, check_items, refuse_unknown
from encord_widgets.widgets._requests import Answer, BadRequestError, Handler, Later, Params, StaleError
from encord_widgets.widgets._static import packed
from encord_widgets.widgets.bulk_edit import BulkDialog
from encord_widgets.widgets.cell_facts import cell_facts, checked
from encord_widgets.widgets.cells import matches
from encord_widgets.widgets.clipboard import Clipboard
from encord_widgets.widgets.column_facts import chosen_of, column_facts, filter_to_wire, header_facts
from encord_widgets.widgets.column_filter import ColumnFilter, with_column
from encord_widgets.widgets.grid_columns import GridColumn, columns_to_wire, refusal
from encord_widgets.widgets.grid_view import Arrangement, GridView
from encord_widgets.widgets.item_grid import ItemGrid, checked_height
from encord_widgets.widgets.thumbnails import Thumbnails

__all__ = ["NativeGrid"]

_LET_IN = 0.001
_ACTIONS = ("text", "json", "null", "unset")


class NativeGrid(ItemGrid, EncordWidget):
    """See `ItemGrid`, which makes it."""

    _bundle: ClassVar[str] = "item_grid"
    _public_name: ClassVar[str] = "ItemGrid"
    _engine = "native"

    columns: traitlets.List[dict[str, Any]] = traitlets.List(
        help="The columns shown: id, type, width, whether editable, and hint and options where there are any."
    ).tag(sync=True, to_json=lambda columns, _: columns_to_wire(columns))
    status: traitlets.Dict[str, Any] = traitlets.Dict(
        help="What is in view: generation, number of rows, loading, sort, search, filter, staged edits, undo and redo."
    ).tag(sync=True)
    height = traitlets.Int(420, help="Height of the viewport in px.").tag(sync=True)

    def __init__(
        self,
        items: ItemSet,
        *,
        engine: str = "native",  # noqa: ARG002 - ItemGrid chose by it
        height: int = 420,
        columns: Sequence[str] | None = None,
        **common: Any,
    ) -> None:
        refuse_unknown(type(self), common)
        self._view = GridView(check_items(items, self._public_name), columns)
        self._thumbnails = Thumbnails(items)
        self._told: dict[str, tuple[object, dict[str, Any]]] = {}
        self._pixels = checked_height(height)
        self._look: dict[str, Any] | None = None
        self._bulk = BulkDialog(items, self._view, self._publish)
        self._clipboard = Clipboard(items, self._view, self._publish)
        EncordWidget.__init__(self, items, **common)
        self._hear((items.events.focus,), self._looked_at)

    # -- state -------------------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        self._view.follow()
        items, view = self.items, self._view
        with items.lock:
            loading, changes = items.loading, items.changes
            sort = view.arrangement.sort
            shown_state = {
                "generation": view.generation,
                "order": view.place,
                "rows": len(view),
                "total": len(items.rows) if loading.finished else loading.done,
                "expected": loading.total,
                "loading": not loading.finished,
                "load_error": loading.error,
                "trouble": items.client.trouble or None,
                "sort": {"column": sort[0], "descending": sort[1]} if sort else None,
                "search": view.arrangement.search,
                "filter": filter_to_wire(items),
                "staged": len(changes),
                "can_undo": changes.can_undo,
                "can_redo": changes.can_redo,
                "title": items.title,
                "problems": len(items.problems),
                "as_of": items.as_of,
                "look": self._look,
            }
        return {
            "columns": [column.to_wire() for column in view.columns],
            "status": shown_state,
            "view": view.in_view,
            "height": self._pixels,
        }

    def _signals(self) -> tuple[SignalInstance, ...]:
        events = self.items.events
        return (
            events.rows,
            events.loading,
            events.changes,
            events.receipt,
            events.schema,
            events.filter,
            self.items.client.retrying,
        )

    def _show(self) -> None:
        self._publish()

    def _looked_at(self, item: str | None) -> None:
        """Another widget, or Python, looks at an item: its row comes into view, wherever the keyboard is."""
        with self.items.lock:
            if item is None or (item in self.selection and self.items.focus_key is None):
                return
            row = self._view.row_of(item)
            if row is None:  # the filter or the search hides it
                return
            turn = self._look["turn"] + 1 if self._look else 1
            key = self.items.focus_key
            self._look = {"row": row, "column": None if key is None else f"key:{key}", "turn": turn}
            # Here and not by way of the page: its word would come late, when another item is in focus.
            self.selection = [item]
        self._on_event()

    # -- requests ----------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Handler]:
        return {
            "rows": self._rows,
            "edit": self._edit,
            "cell": self._cell,
            "check": self._check,
            "headers": self._headers,
            "sort": self._sort,
            "search": self._search,
            "column_facts": self._column_facts,
            "filter_column": self._filter_column,
            "filter_state": self._filter_state,
            "apply_filter": self._apply_filter,
            "clear_filter": self._clear_filter,
            "undo": self._undo,
            "redo": self._redo,
            "unstage": self._unstage,
            "refresh": self._refresh,
            "problems": self._problems,
            "thumbnails": self._thumbnails.answer,
            "more": self._more,
            "select": self._select,
            **self._bulk.handlers(),
            **self._clipboard.handlers(),
        }

    def _now(self) -> Answer:
        """An answer for what changed the view: its new generation, after the traits went out."""
        self._publish()
        return Answer({"generation": self._view.generation})

    def _rows(self, params: Params) -> Answer:
        first, last = params.span("columns")
        window = self._view.window(params.whole("start"), params.whole("count"), first, last)
        result = {
            "generation": window.generation,
            "start": window.start,
            "count": len(window.rows),
            "columns": list(window.columns),
        }
        return Answer(result, (zlib.compress(window.to_bytes()),))

    def _edit(self, params: Params) -> Answer:
        asked = [_cell_edit(edit) for edit in params.objects("edits")]
        refused = {
            at: EditResult(e.item, e.key, refusal(e.key)) for at, e in enumerate(asked) if refusal(e.key)
        }
        staged = iter(self.items.stage_cells([edit for at, edit in enumerate(asked) if at not in refused]))
        results = [refused[at] if at in refused else next(staged) for at in range(len(asked))]
        self._publish()
        return Answer(
            {
                "generation": self._view.generation,
                "results": [
                    {"item": r.item, "key": r.key, "accepted": r.accepted, "reason": r.reason}
                    for r in results
                ],
            }
        )

    def _cell(self, params: Params) -> Answer:
        item, column = params.text("item"), self._column(params.text("column"))
        with self.items.lock:
            return Answer(cell_facts(self.items, column, item, self._value(item, column), self._view))

    def _check(self, params: Params) -> Answer:
        # Whatever the cell holds by now: the edit itself is judged when it is made.
        edit = replace(_cell_edit(params), unchanged=lambda _: True)
        with self.items.lock:
            return Answer(checked(self.items, edit))

    def _headers(self, params: Params) -> Later:
        columns = [self._column(one) for one in params.texts("columns")]

        def work() -> Answer:
            told = {}
            for column in columns:
                told[column.id] = self._header(column)
                time.sleep(_LET_IN)  # a lock is not fair: whoever waits for rows goes first
            return Answer({"headers": told})

        return Later(work)

    def _header(self, column: GridColumn) -> dict[str, Any]:
        # One column at a time: a million rows of each must not hold everybody else up.
        with self.items.lock:
            of = self.items.effective.version(column.name) if column.kind == "key" else len(self.items.table)
            stamp = (of, self._view.place)
            known = self._told.get(column.id)
            if known is None or known[0] != stamp:
                known = self._told[column.id] = (stamp, header_facts(self.items, column, self._view.order))
            return known[1]

    def _sort(self, params: Params) -> Later:
        column, descending = params.raw("column"), params.flag("descending")
        if column is not None:
            self._column(params.text("column"))
        return self._arranged(Arrangement((column, descending) if column else None, self._view.wanted.search))

    def _search(self, params: Params) -> Later:
        return self._arranged(Arrangement(self._view.wanted.sort, params.text("text")))

    def _column_facts(self, params: Params) -> Later:
        column = self._column(params.text("column"))
        return Later(lambda: Answer(column_facts(self.items, column)))

    def _filter_column(self, params: Params) -> Later:
        column = self._column(params.text("column"))
        chosen = chosen_of(Params(params.raw("chosen")), column) if params.raw("chosen") is not None else None

        def work() -> Answer:
            self.items.filter = with_column(self.items.filter, column.id, chosen)
            return self._now()

        return Later(work)

    def _filter_state(self, params: Params) -> Later:
        state = params.text("state")
        if state and state not in STATES:
            raise BadRequestError(f"a state is {', '.join(STATES)} or empty, not {shown(state)}.")

        def work() -> Answer:
            wanted = self.items.filter
            for known in STATES:
                wanted = with_column(wanted, f"state:{known}", None)
            chosen = ColumnFilter(values=(True,)) if state else None
            self.items.filter = with_column(wanted, f"state:{state}", chosen)
            return self._now()

        return Later(work)

    def _apply_filter(self, _: Params) -> Later:
        def work() -> Answer:
            self.items.apply_filter()
            return self._now()

        return Later(work)

    def _clear_filter(self, _: Params) -> Answer:
        self.items.filter = None
        return self._now()

    def _arranged(self, wanted: Arrangement) -> Later:
        # Sorting a million rows takes a second; the kernel stays free meanwhile.
        ticket = self._view.want(wanted)

        def work() -> Answer:
            self._view.serve(ticket)
            return self._now()

        return Later(work)

    def _undo(self, _: Params) -> Answer:
        self.items.undo()
        return self._now()

    def _redo(self, _: Params) -> Answer:
        self.items.redo()
        return self._now()

    def _unstage(self, params: Params) -> Answer:
        self.items.unstage_cells(params.cells("cells"))
        return self._now()

    def _refresh(self, _: Params) -> Later:
        def work() -> Answer:
            self.items.refresh()
            self._view.serve(self._view.want(self._view.wanted))
            return self._now()

        return Later(work)

    def _problems(self, _: Params) -> Answer:
        with self.items.lock:
            found = [{"item": p.item, "name": p.name, "reason": p.reason} for p in self.items.problems]
        return Answer({"problems": found})

    def _more(self, _: Params) -> Answer:
        """Style and code of the dialogs, which most grids that are only looked at never need."""
        return Answer({}, (packed("item_grid_more"),))

    def _select(self, params: Params) -> Answer:
        with self.items.lock:
            if params.has("items"):
                self.selection = [item for item in params.texts("items") if item in self.items.table]
                return Answer()
            # More rows than a message should name: by place, which only holds in the order that the page shows.
            if params.whole("order") != self._view.place:
                raise StaleError("The rows were put in another order meanwhile.")
            start, end = params.span("rows")
            self.selection = self._view.in_view[start:end]
        return Answer()

    def _column(self, column_id: str) -> GridColumn:
        found = next((column for column in self._view.columns if column.id == column_id), None)
        if found is None:
            raise StaleError(f"The column {shown(column_id)} is not in this grid.")
        return found


def _cell_edit(edit: Params) -> CellEdit:
    action, before = edit.text("action"), edit.raw("before")
    if action not in _ACTIONS:
        raise BadRequestError(f"an edit can be {', '.join(_ACTIONS)}, not {shown(action)}.")
    return CellEdit(
        item=edit.text("item"),
        key=edit.text("key"),
        action=cast("Any", action),
        text=edit.text("text") if action in {"text", "json"} else "",
        unchanged=lambda value: matches(before, value),
    )
