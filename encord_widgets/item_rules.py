"""Staged rules: values staged on all items that a filter matches, looked at again when the items are read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from encord_widgets.errors import EncordWidgetsError, InvalidInputError, Problem
from encord_widgets.item_states import ItemFacts
from encord_widgets.metadata.changes_bulk import BulkEdit, Mask, distinct_rows, rows_in
from encord_widgets.metadata.column_cells import same_cells
from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.filters.tree import Filter
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import ABSENT, Value, same, shown, to_json

if TYPE_CHECKING:
    from encord_widgets.commit.receipt import Receipt
    from encord_widgets.item_filter import FilterableItems

__all__ = ["StagedRule", "staged_values"]


def staged_values(values: Mapping[str, object], schema: MetadataSchema) -> dict[str, Value]:
    """Check the values of a rule.

    Args:
        values: New values by key; `ABSENT` removes a key.
        schema: Types that they must fit.

    Returns:
        The values as JSON.

    Raises:
        InvalidInputError: With every problem.
    """
    checked: dict[str, Value] = {}
    problems: list[Problem] = []
    if not values:
        hint = "Such as stage(time_of_day='night')."
        problems.append(Problem(expected="a value to stage", got="nothing", hint=hint))
    for key, raw in values.items():
        if not isinstance(key, str) or not key:
            problems.append(Problem(expected="text as metadata key", got=shown(key)))
            continue
        try:
            checked[key] = ABSENT if raw is ABSENT else to_json(raw)
        except InvalidInputError as error:
            problems.extend(Problem(p.expected, p.got, None, key, p.hint) for p in error.problems)
            continue
        misfit = schema.misfit(key, checked[key])
        if misfit:
            hint = "Stage a value that fits, or change the schema first."
            problems.append(Problem(misfit.expected, misfit.got, None, key, hint))
    if problems:
        raise InvalidInputError(problems)
    return checked


class StagedRule:
    """Values staged on all items that a filter matches. Made by `ItemSet.where(...).stage(...)`.

    When the items are read again, the rule is looked at again: items that match by now are staged too, edits of items
    that match no more are dropped. What you edit or drop by hand in its cells is an exception and stays as you left it.
    Cells that the rule staged are judged by what stood there before, so that a rule does not undo its own reason.
    Undoing the step that staged it puts the rule away; redoing brings it back. The edits are in the journal like all
    others; the rule itself lives as long as the kernel, and `python` makes it again.

    Args:
        items: The item set.
        wanted: Which items.
        values: What is staged on them, by key.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=60) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     rule = items.where(ew.F.weather == "drizzle").stage(weather="rain")
        ...     _ = items.unstage([items.changes.items[0]])
        ...     rule.count - len(items.changes), len(rule.exceptions)
        (1, 1)
    """

    def __init__(self, items: FilterableItems, wanted: Filter, values: Mapping[str, Value]) -> None:
        from encord_widgets.metadata.filters.engine import FilterEngine  # with the first rule

        self.filter = wanted
        self.values = dict(values)
        self.problem = ""
        self._items = items
        self._placed: Mask = np.zeros(0, dtype=np.bool_)  # by row
        self._covered: dict[str, BulkEdit] = {}
        self._was_active: tuple[object, bool] = (None, True)
        facts = ItemFacts(items, dict.fromkeys(self.values, self._before), self._is_mine)
        self._engine = FilterEngine(facts, lambda: items.rows)

    def __repr__(self) -> str:
        left = f", {counted(len(self.exceptions), 'exception')}" if self.exceptions else ""
        problem = f"; {self.problem}" if self.problem else ""
        return f"<StagedRule: {self.python}, {counted(self.count, 'item')}{left}{problem}>"

    @property
    def count(self) -> int:
        """How many items match by now."""
        with self._items.lock:
            return len(self._rows())

    @property
    def exceptions(self) -> list[str]:
        """Uuids of matching items that will not hold the values, because a cell was edited or dropped by hand."""
        with self._items.lock:
            table, rows = self._items.table, self._rows()
            missed = np.zeros(len(rows), dtype=np.bool_)
            for key, value in self.values.items():
                held = self._items.effective.column(key).take(rows)
                missed |= ~same_cells(held, Column.of(value, len(rows)))
            return [table.uuids[row] for row in rows[missed].tolist()]

    @property
    def python(self) -> str:
        """The rule as Python code."""
        plain = all(key.isidentifier() for key in self.values)
        pairs = [(key, "ew.ABSENT" if value is ABSENT else repr(value)) for key, value in self.values.items()]
        if plain:
            staged = ", ".join(f"{key}={value}" for key, value in pairs)
        else:
            staged = "{" + ", ".join(f"{key!r}: {value}" for key, value in pairs) + "}"
        return f"items.where({self.filter.python}).stage({staged})"

    @property
    def active(self) -> bool:
        """Whether any of its edits is still staged, or there was nothing to stage."""
        rows = np.flatnonzero(self._placed)
        if not len(rows):
            return True
        table = self._items.table
        version = (self._items.changes.revision, *(table.column(key).version for key in self.values))
        if self._was_active[0] != version:
            self._was_active = (version, any(self._mine(key, rows).any() for key in self.values))
        return self._was_active[1]

    def drop(self) -> None:
        """Put the rule away and drop its edits, as one step of undo. Exceptions stay as they are."""
        with self._items.lock:
            back = self._taken_back(np.flatnonzero(self._placed))
            changes, table = self._items.changes, self._items.table
            self._items._drop_rule(self, lambda: changes.stage((), back, table))  # noqa: SLF001 - its own items

    # -- for the item set --------------------------------------------------------------------------------------

    def first(self) -> None:
        """Stage the values on all items that match, over whatever is staged there."""
        self._items.changes.stage((), self._placing(self._rows(), over=True), self._items.table)

    def again(self) -> list[BulkEdit]:
        """Edits that bring the rule up to date with the items, for `ChangeSet.stage`."""
        try:
            rows = self._rows()
        except EncordWidgetsError as error:
            self.problem = str(error)
            return []
        self.problem = ""
        placed = np.flatnonzero(self._placed)
        gone = placed[~rows_in(placed, rows)]
        back = self._taken_back(gone)
        self._placed[gone] = False
        return back + self._placing(rows, over=False)

    def settle(self, receipt: Receipt) -> None:
        """Let go of cells that a commit settled.

        Args:
            receipt: What the commit did.
        """
        done: dict[str, list[int]] = {}
        for row in receipt.with_status("verified", "already"):
            at = self._items.table.row_of(row.item)
            if at is not None and row.key in self.values and same(row.wanted, self.values[row.key]):
                done.setdefault(row.key, []).append(at)
        settled = {key: np.array(found, dtype=np.int64) for key, found in done.items()}
        for key, rows in settled.items():
            self._uncover(key, rows)
        rows = distinct_rows(settled.values())
        rows = rows[rows < len(self._placed)]
        still = np.zeros(len(rows), dtype=np.bool_)
        for key in self.values:
            still |= self._mine(key, rows)
        self._placed[rows[~still]] = False

    # -- inner -------------------------------------------------------------------------------------------------

    def _rows(self) -> Rows:
        rows = self._items.rows
        return rows[self._engine.mask(self.filter)[rows]]

    def _placing(self, rows: Rows, *, over: bool) -> list[BulkEdit]:
        """Edits for items that match; edits that stand there already are covered by the first staging only."""
        table, edits, placed = self._items.table, list[BulkEdit](), list[Rows]()
        if len(self._placed) < len(table):
            longer = np.zeros(len(table) - len(self._placed), dtype=np.bool_)
            self._placed = np.append(self._placed, longer)
        for key, value in self.values.items():
            stored = table.column(key).take(rows)
            present = self._items.changes.edits_of(key, table)
            there, same_there = self._staged(present, rows, value)
            wanted = ~same_there & (there | ~same_cells(stored, Column.of(value, len(rows))))
            if not over:
                wanted &= ~there & ~self._placed[rows]
            if present is not None and (covered := rows[wanted & there]).size:
                found = present.at(present.find(covered)[0]).in_order()
                self._covered[key] = found.over(self._covered.get(key))
            if wanted.any():
                places = np.flatnonzero(wanted)
                chosen, base = (rows, stored) if wanted.all() else (rows[places], stored.take(places))
                edits.append(BulkEdit(key, chosen, base, Column.of(value, len(chosen))))
                placed.append(chosen)
        for found_rows in placed:
            self._placed[found_rows] = True
        return edits

    def _taken_back(self, rows: Rows) -> list[BulkEdit]:
        """Edits that leave the cells of items as they were before the rule, where they still are the rule's."""
        edits = []
        for key in self.values:
            mine = rows[self._mine(key, rows)]
            covered = self._covered.get(key)
            back = None if covered is None else covered.at(rows_in(covered.rows, mine))
            plain = mine if back is None else mine[~rows_in(mine, back.rows)]
            stored = self._items.table.column(key).take(plain)
            edits.append(BulkEdit(key, plain, stored, stored))
            if back is not None:
                edits.append(back)
                self._uncover(key, mine)
        return [edit for edit in edits if len(edit)]

    def _uncover(self, key: str, rows: Rows) -> None:
        covered = self._covered.pop(key, None)
        left = None if covered is None else covered.without(rows)
        if left is not None:
            self._covered[key] = left

    @staticmethod
    def _staged(present: BulkEdit | None, rows: Rows, value: Value) -> tuple[Mask, Mask]:
        """On which rows an edit is staged, and on which of them it wants a value."""
        wants = np.zeros(len(rows), dtype=np.bool_)
        if present is None:
            return wants, wants.copy()
        places, there = present.find(rows)
        at = np.flatnonzero(there)
        wants[at] = same_cells(present.after.take(places[at]), Column.of(value, len(at)))
        return there, wants

    def _mine(self, key: str, rows: Rows) -> Mask:
        """On which rows the cell holds what the rule put there."""
        table, value = self._items.table, self.values[key]
        there, found = self._staged(self._items.changes.edits_of(key, table), rows, value)
        covered = self._covered.get(key)
        if covered is not None:  # the rule put back what is stored, over an earlier edit
            at = np.flatnonzero(~there & rows_in(rows, covered.rows))
            found[at] = same_cells(table.column(key).take(rows[at]), Column.of(value, len(at)))
        return found

    def _is_mine(self, edits: BulkEdit) -> Mask:
        found = np.zeros(len(edits), dtype=np.bool_)
        if edits.key in self.values:
            known = edits.rows < len(self._placed)
            found[known] = self._placed[edits.rows[known]]
            found &= same_cells(edits.after, Column.of(self.values[edits.key], len(edits)))
        return found

    def _before(self, key: str) -> Column:
        """The column of a key that the rule sets, as if the rule had staged nothing."""
        stored, column = self._items.table.column(key), self._items.effective.column(key)
        placed = np.flatnonzero(self._placed)
        rows = placed[self._mine(key, placed)]
        if not len(rows):
            return column
        column = column.copy()
        column.put(rows, stored.take(rows))
        covered = self._covered.get(key)
        if covered is not None and (mine := rows_in(covered.rows, rows)).any():
            column.put(covered.rows[mine], covered.after.take(np.flatnonzero(mine)))
        return column
