"""What a grid looks at: columns, order of rows, and windows into them. No widget in here."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.given import several
from encord_widgets.metadata.values import same
from encord_widgets.widgets.cell_states import ReceiptIndex, Verdict, staged_verdict, updated_verdict
from encord_widgets.widgets.cells import encode, encode_column, to_bytes
from encord_widgets.widgets.grid_columns import GridColumn, column_id, columns_of, unused_keys
from encord_widgets.widgets.item_order import ItemOrder

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet
    from encord_widgets.metadata.reread import Reread

__all__ = ["Arrangement", "GridView", "Window"]

MOST_ROWS: Final = 200
"""Rows in one window."""

_ALWAYS_FITS: Final = {
    "number": (Tag.ABSENT, Tag.NULL, Tag.INT, Tag.FLOAT),
    "boolean": (Tag.ABSENT, Tag.NULL, Tag.FALSE, Tag.TRUE),
    "text": (Tag.ABSENT, Tag.NULL, Tag.TEXT),
    "varchar": (Tag.ABSENT, Tag.NULL, Tag.TEXT),
    "user": (Tag.ABSENT, Tag.NULL, Tag.TEXT),
}


@dataclass(frozen=True, slots=True)
class Arrangement:
    """In which order rows are shown, and which.

    Args:
        sort: Id of a column and whether the largest comes first; the order of the source without.
        search: Text that any field or key must contain.
    """

    sort: tuple[str, bool] | None = None
    search: str = ""

    @property
    def plain(self) -> bool:
        """Whether all rows are shown in the order of the source."""
        return self.sort is None and not self.search.strip()


@dataclass(frozen=True, slots=True)
class Window:
    """Some rows of some columns.

    Args:
        generation: Number of the view that it shows.
        start: Position of its first row.
        columns: First column, and the one after the last.
        rows: For each row its uuid `u`, cells `c` and, where there is something to say, states `s`.
    """

    generation: int
    start: int
    columns: tuple[int, int]
    rows: list[dict[str, Any]]

    def to_bytes(self) -> bytes:
        """The rows as JSON."""
        return to_bytes(self.rows)


class GridView:
    """Columns and order of rows of one grid over one item set; safe to use from several threads.

    Rows keep their place while cells are edited and while a commit runs. They are arranged anew only when the sort
    or the search changes, or when rows come or go.

    Args:
        items: The items.
        chosen: Columns to show, by id or name; the default columns without.

    Raises:
        InvalidInputError: If a chosen column does not exist.
    """

    def __init__(self, items: ItemSet, chosen: Sequence[str] | None = None) -> None:
        self._items = items
        self._chosen = (
            None if chosen is None else [column_id(name, items) for name in several(chosen, "columns")]
        )
        self._lock = threading.RLock()
        self._arranging = threading.RLock()
        self._wanted = Arrangement()
        self._ticket = 0
        self._arranged = 0
        self.arrangement = Arrangement()
        self.generation = 0
        self.columns: tuple[GridColumn, ...] = ()
        self._spare: frozenset[str] = frozenset()
        self._base: Rows = np.empty(0, dtype=np.int64)
        self.order: Rows = self._base
        self._in_view: tuple[Rows, ItemOrder] | None = None
        self._receipts = ReceiptIndex(None)
        self._fits: dict[str, tuple[Column, object, dict[int, str]]] = {}
        self.follow()

    def __len__(self) -> int:
        return len(self.order)

    def follow(self) -> None:
        """Take in what happened to the items: new rows, new keys, edits, a receipt."""
        base = self._items.order()
        # The listing hands out the same array until rows come or go.
        if base is not self._base:
            self._arrange(self._next_ticket())
        columns = columns_of(self._items, self._chosen, self._spare)
        unused = unused_keys(self._items) if self._items.loading.finished else frozenset()
        with self._lock:
            self._spare |= unused  # a column keeps its place when its first cell is filled
            if self._receipts.receipt is not self._items.receipt:
                self._receipts = ReceiptIndex(self._items.receipt)
            self.columns = columns
            self.generation += 1

    def arrange(self, wanted: Arrangement) -> None:
        """Sort and search anew; of several calls at a time the last counts.

        Args:
            wanted: The new arrangement.
        """
        self.serve(self.want(wanted))

    def want(self, wanted: Arrangement) -> int:
        """Note an arrangement; `serve` does the work, now or on another thread.

        Args:
            wanted: The new arrangement.

        Returns:
            Ticket for `serve`.
        """
        with self._lock:
            self._wanted = wanted
            return self._next_ticket()

    def serve(self, ticket: int) -> None:
        """Do the work that a ticket stands for, unless it was done along with a later one.

        Args:
            ticket: From `want`.
        """
        self._arrange(ticket)

    @property
    def wanted(self) -> Arrangement:
        """The arrangement that was asked for last."""
        return self._wanted

    def uuids(self, start: int, count: int) -> list[str]:
        """Item uuids of some rows, in view order.

        Args:
            start: Position of the first row.
            count: How many.
        """
        table = self._items.table
        return [table.uuids[row] for row in self.order[start : start + count].tolist()]

    def row_of(self, item: str) -> int | None:
        """Position of an item's row in view; None where it is not in view.

        Args:
            item: Item uuid, lower case.
        """
        found = np.flatnonzero(self.order == self._items.table.row_of(item))
        return int(found[0]) if len(found) else None

    @property
    def place(self) -> int:
        """Number of the order of rows; it rises whenever rows can have moved."""
        return self._arranged

    @property
    def in_view(self) -> ItemOrder:
        """Uuids of all items in view, in view order."""
        order = self.order
        if self._in_view is None or self._in_view[0] is not order:
            self._in_view = (order, ItemOrder(self._items.table.uuids, order))
        return self._in_view[1]

    def window(self, start: int, count: int, first: int, last: int) -> Window:
        """Rows as the browser is sent them.

        Args:
            start: Position of the first row.
            count: How many rows, at most 200.
            first: Position of the first column.
            last: Position after the last column.
        """
        with self._lock:
            order, columns, generation, receipts = self.order, self.columns, self.generation, self._receipts
        columns = columns[first:last]
        with self._items.lock:
            rows = order[start : start + min(count, MOST_ROWS)]
            values = [encode_column(column.column(self._items.table), rows) for column in columns]
            uuids = [self._items.table.uuids[row] for row in rows.tolist()]
            found: list[dict[str, Any]] = [
                {"u": uuid, "c": list(cells)}
                for uuid, cells in zip(
                    uuids, zip(*values, strict=True) if values else ((),) * len(uuids), strict=True
                )
            ]
            self._add_states(found, rows, columns, receipts)
        return Window(generation, start, (first, first + len(columns)), found)

    def states(self, start: int, count: int) -> list[dict[str, dict[str, Any]]]:
        """What is to be said about the cells of some rows, by position of the column.

        Args:
            start: Position of the first row.
            count: How many rows.
        """
        with self._lock:
            order, columns, receipts = self.order, self.columns, self._receipts
        with self._items.lock:
            rows = order[start : start + count]
            table = self._items.table
            found = [{"u": table.uuids[row], "c": [None] * len(columns)} for row in rows.tolist()]
            self._add_states(found, rows, columns, receipts)
        return [row.get("s", {}) for row in found]

    def verdict(self, item: str, column: GridColumn) -> Verdict | None:
        """What is to be said about one cell, or None.

        Args:
            item: Item uuid, lower case.
            column: Column of a metadata key.
        """
        row = self._items.table.row_of(item)
        if row is None or column.kind == "field":
            return None
        rows: list[dict[str, Any]] = [{"u": item, "c": [None]}]
        self._add_states(rows, np.array([row]), (column,), self._receipts)
        state = rows[0].get("s", {}).get("0")
        return Verdict(state["state"], state.get("note", "")) if state else None

    # -- order -------------------------------------------------------------------------------------------------

    def _next_ticket(self) -> int:
        with self._lock:
            self._ticket += 1
            return self._ticket

    def _arrange(self, ticket: int) -> None:
        # The items' lock first, as whoever publishes has it already.
        with self._items.lock, self._arranging:
            with self._lock:
                if ticket <= self._arranged:  # a later call has been served, with all that this one wanted
                    return
                wanted, newest = self._wanted, self._ticket
            base = self._items.order()
            order = base if wanted.plain else self._items.order(wanted.sort, wanted.search)
            with self._lock:
                self._base, self.order, self.arrangement = base, order, wanted
                self._arranged = newest
                self.generation += 1

    # -- states ------------------------------------------------------------------------------------------------

    def _add_states(
        self, found: list[dict[str, Any]], rows: Rows, columns: Sequence[GridColumn], receipts: ReceiptIndex
    ) -> None:
        keys = {column.name: str(place) for place, column in enumerate(columns) if column.kind == "key"}
        if not keys:
            return
        for place, column in enumerate(columns):
            for at, reason in self._misfits(column, rows):
                found[at].setdefault("s", {})[str(place)] = {"state": "invalid", "note": reason}
        if len(receipts):
            self._add_settled(found, keys, receipts)
        if self._items.reread:
            self._add_updated(found, rows, keys, self._items.reread)
        if self._items.changes:
            self._add_staged(found, keys, receipts)

    def _add_staged(self, found: list[dict[str, Any]], keys: dict[str, str], receipts: ReceiptIndex) -> None:
        for row in found:
            for change in self._items.changes.of_item(row["u"]):
                place = keys.get(change.key)
                if place is None:
                    continue
                verdict = staged_verdict(change, self._items, receipts)
                row["c"][int(place)] = encode(change.after)
                row.setdefault("s", {})[place] = verdict.to_wire(change)

    def _add_settled(self, found: list[dict[str, Any]], keys: dict[str, str], receipts: ReceiptIndex) -> None:
        for row in found:
            for settled in receipts.settled(row["u"]):
                place = keys.get(settled.key)
                if place is None or place in row.get("s", {}):
                    continue
                # Read again since and changed by somebody: then the proof is no longer about this value.
                if same(self._items.stored(row["u"], settled.key), settled.wanted):
                    row.setdefault("s", {})[place] = Verdict(settled.status).to_wire()

    def _add_updated(
        self, found: list[dict[str, Any]], rows: Rows, keys: dict[str, str], reread: Reread
    ) -> None:
        for key, place in keys.items():
            for at, moved in reread.of_cells(rows, key):
                if place not in found[at].get("s", {}):
                    found[at].setdefault("s", {})[place] = updated_verdict(moved).to_wire()

    def _misfits(self, column: GridColumn, rows: Rows) -> list[tuple[int, str]]:
        """Positions in `rows` of stored values that do not fit the schema, each with the reason."""
        ty = column.key_type
        if column.kind == "field" or ty is None or ty.kind in {"deleted", "unknown"}:
            return []
        values = column.column(self._items.table)
        tags = values.tags[rows]
        limited = ty.max_length is not None or ty.single_precision
        fits = (Tag.ABSENT, Tag.NULL) if limited else _ALWAYS_FITS.get(ty.kind, (Tag.ABSENT, Tag.NULL))
        suspects = np.flatnonzero(~np.isin(tags, fits))
        if not len(suspects):
            return []
        known = self._known_fits(column, values)
        reasons: list[tuple[int, str]] = []
        codes = values.codes[rows]
        for at in suspects.tolist():
            # Texts and JSON repeat by code: each is judged once.
            code = int(codes[at]) * 16 + int(tags[at]) if tags[at] >= Tag.TEXT else -1
            reason = known.get(code) if code >= 0 else None
            if reason is None:
                misfit = ty.misfit(values.value(int(rows[at])))
                reason = misfit.reason if misfit else ""
                if code >= 0:
                    known[code] = reason
            if reason:
                reasons.append((at, reason))
        return reasons

    def _known_fits(self, column: GridColumn, values: Column) -> dict[int, str]:
        entry = self._fits.get(column.id)
        if entry is None or entry[0] is not values or entry[1] is not column.key_type:
            entry = self._fits[column.id] = (values, column.key_type, {})
        return entry[2]
