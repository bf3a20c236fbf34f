"""One bulk edit: looked at first, then staged as one step of undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.bulk import Operation, Outcome, evaluate
from encord_widgets.metadata.bulk_columns import Cell, Coded
from encord_widgets.metadata.bulk_operations import MOVING
from encord_widgets.metadata.changes_bulk import BulkEdit as KeyEdits
from encord_widgets.metadata.texts import counted, html_table, printable
from encord_widgets.metadata.values import Value, shown

if TYPE_CHECKING:
    import pandas as pd

    from encord_widgets.item_bulk import BulkEdits
    from encord_widgets.item_filter import FilterableItems
    from encord_widgets.metadata.columns import Rows
    from encord_widgets.metadata.items import ItemTable

__all__ = ["BulkCell", "BulkEdit", "BulkPreview"]

_SAMPLE: Final = 10


@dataclass(frozen=True, slots=True)
class BulkCell:
    """One cell of a bulk edit.

    Args:
        item: Item uuid.
        name: Name of the item.
        key: Metadata key.
        before: What it holds now, staged values included.
        after: What it will hold; for a refused cell what it holds now.
        reason: Why it was refused; empty when it was not.
    """

    item: str
    name: str
    key: str
    before: Value
    after: Value
    reason: str = ""


class BulkPreview:
    """What a bulk edit does: counts, a sample, and every refused cell with its reason. Made by `BulkEdit.preview`.

    An item of which one cell is refused is left whole.

    Args:
        table: The items.
        rows: Rows that the edit looked at, in its order (int64).
        outcome: What it does to them.
        staged: Whether it is staged.
    """

    def __init__(self, table: ItemTable, rows: Rows, outcome: Outcome, *, staged: bool = False) -> None:
        self._table = table
        self._rows = rows
        self._outcome = outcome
        self.staged = staged
        self.looked_at = len(rows)
        """Items that the edit looked at."""
        touched, refused = outcome.touched, outcome.refused
        self.items = int(np.count_nonzero(touched))
        """Items of which a cell changes."""
        self.cells = outcome.cells
        """Cells that change."""
        self.refused_items = int(np.count_nonzero(refused))
        """Items of which a cell was refused."""
        self.unchanged = self.looked_at - self.items - self.refused_items
        """Items that hold the new values already, or that the edit does not concern."""

    def __repr__(self) -> str:
        return f"<BulkPreview: {self.text}>"

    def __bool__(self) -> bool:
        return self.cells > 0

    @property
    def text(self) -> str:
        """The counts in words."""
        verb = "changed" if self.staged else "would change"
        cells = counted(self.cells, "cell")
        parts = [f"{self.items:,} of {counted(self.looked_at, 'item')} {verb} ({cells})"]
        if self.unchanged:
            parts.append(f"{self.unchanged:,} unchanged")
        if self.refused_items:
            parts.append(f"{self.refused_items:,} refused and left whole")
        return "; ".join(parts)

    @property
    def changed_keys(self) -> dict[str, int]:
        """By key, how many cells change."""
        return {one.key: int(np.count_nonzero(one.changed)) for one in self._outcome.keys}

    @property
    def reasons(self) -> dict[str, int]:
        """By reason, how many cells were refused, most frequent first."""
        found: Counter[str] = Counter()
        for one in self._outcome.keys:
            counts = np.bincount(one.refused[one.refused >= 0], minlength=len(one.reasons)).tolist()
            for reason, count in zip(one.reasons, counts, strict=True):
                found[reason] += count
        return {reason: count for reason, count in found.most_common() if count}

    @property
    def sample(self) -> tuple[BulkCell, ...]:
        """The cells that change of the first items that do."""
        return tuple(self._changes(np.flatnonzero(self._outcome.touched)[:_SAMPLE]))

    @cached_property
    def refused(self) -> tuple[BulkCell, ...]:
        """Every refused cell, with its reason."""
        return tuple(self.first_refused(self.refused_items))

    def first_refused(self, count: int) -> Iterator[BulkCell]:
        """The refused cells of the first items of which one was refused.

        Args:
            count: How many items.
        """
        for at in np.flatnonzero(self._outcome.refused)[:count].tolist():
            for one in self._outcome.keys:
                code = int(one.refused[at])
                if code >= 0:
                    held = _value(one.before.at(at))
                    yield self._cell(at, one.key, held, held, one.reasons[code])

    def to_frame(self) -> pd.DataFrame:
        """Every cell that changes or was refused: item, name, key, before, after, status and reason."""
        import pandas as pd  # pandas is loaded when a table is asked for

        changed = [
            (c.item, c.name, c.key, c.before, c.after, "staged" if self.staged else "to stage", "")
            for c in self._changes(np.flatnonzero(self._outcome.touched))
        ]
        refused = [(c.item, c.name, c.key, c.before, c.before, "refused", c.reason) for c in self.refused]
        columns = ["item", "name", "key", "before", "after", "status", "reason"]
        return pd.DataFrame(changed + refused, columns=columns, dtype=object)

    def _repr_html_(self) -> str:
        cells = [
            [printable(c.name), printable(c.key), shown(c.before), shown(c.after), ""] for c in self.sample
        ]
        cells += [
            [printable(c.name), printable(c.key), shown(c.before), "", c.reason]
            for c in self.first_refused(_SAMPLE)
        ]
        return f"<p>{self.text}.</p>" + html_table(["item", "key", "before", "after", "refused"], cells)

    def _changes(self, places: Rows) -> Iterator[BulkCell]:
        for at in places.tolist():
            for one in self._outcome.keys:
                if one.changed[at]:
                    yield self._cell(at, one.key, _value(one.before.at(at)), _value(one.after.at(at)))

    def _cell(self, at: int, key: str, before: Value, after: Value, reason: str = "") -> BulkCell:
        item = self._table.uuids[int(self._rows[at])]
        return BulkCell(item, self._table.name(item), key, before, after, reason)


class BulkEdit:
    """An edit of many items that is not staged yet. Made by `items.where(...).set(...)` and the like.

    Args:
        scope: The items.
        operation: What is done to them.
        call: The edit as Python code.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=60) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     edit = items.where(ew.F.weather == "drizzle").replace("weather", "drizzle", "rain")
        ...     first = edit.preview()
        ...     done = edit.stage()
        ...     first.cells == done.cells == len(items.changes), len(items.undo())
        (True, 0)
    """

    def __init__(self, scope: BulkEdits, operation: Operation, call: str) -> None:
        self._scope = scope
        self.operation = operation
        self._call = call

    def __repr__(self) -> str:
        return f"<BulkEdit: {self.python}; not staged: look at .preview(), then .stage()>"

    @property
    def python(self) -> str:
        """The edit as Python code."""
        return f"{self._scope.python}.{self._call}"

    def preview(self) -> BulkPreview:
        """What it would do, as things stand now; nothing is staged. Waits until all items are loaded.

        Returns:
            Counts, a sample and the refused cells.
        """
        items = self._items()
        with items.lock:
            rows, schema = self._scope.rows, items.schema
            columns = self._columns(rows)
        return BulkPreview(items.table, rows, evaluate(self.operation, columns, schema))

    def stage(self, expected: BulkPreview | None = None) -> BulkPreview:
        """Stage it, as one step of undo. Refused cells are left out, and listed.

        Args:
            expected: A preview; with one, nothing is staged where the counts are not what it said.

        Returns:
            What was staged and what was refused, as a preview.

        Raises:
            InvalidInputError: If things changed since the preview.
        """
        items = self._items()
        done: list[BulkPreview] = []

        def step() -> None:
            rows = self._scope.rows
            outcome = evaluate(self.operation, self._columns(rows), items.schema)
            preview = BulkPreview(items.table, rows, outcome)
            if expected is not None:
                _check(expected, preview)
            items.changes.stage((), list(_edits(items.table, rows, outcome)), items.table)
            preview.staged = True
            done.append(preview)

        items._edited(step)  # noqa: SLF001 - its own items
        return done[0]

    def check(self, expected: BulkPreview) -> None:
        """Check that it would still do what it said.

        Args:
            expected: A preview.

        Raises:
            InvalidInputError: If things changed since the preview.
        """
        _check(expected, self.preview())

    def _items(self) -> FilterableItems:
        items = self._scope.items
        items.wait()
        return items

    def _columns(self, rows: Rows) -> dict[str, Coded]:
        """The values of all keys concerned, staged ones included; hold the lock."""
        effective, operation = self._scope.items.effective, self.operation
        keys = dict.fromkeys([*operation.reads, *operation.writes])
        distinct = not isinstance(operation, MOVING)
        return {key: Coded.from_column(effective.column(key), rows, distinct=distinct) for key in keys}


def _check(expected: BulkPreview, found: BulkPreview) -> None:
    if expected.text != found.text:
        hint = "Look at it again, then stage."
        raise InvalidInputError([Problem(f"as before: {expected.text}", found.text, hint=hint)])


def _edits(table: ItemTable, rows: Rows, outcome: Outcome) -> Iterator[KeyEdits]:
    """What is to be staged; the base of an edit is what Encord holds, under any edit that is staged there."""
    for one in outcome.keys:
        places = np.flatnonzero(one.changed)
        if len(places):
            at = rows[places]
            yield KeyEdits(one.key, at, table.column(one.key).take(at), one.after.column(places))


def _value(cell: Cell) -> Value:
    """A cell that is no refusal."""
    return cast("Value", cell)
