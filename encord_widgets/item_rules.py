"""Staged rules: values staged on all items that a filter matches, looked at again when the items are read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from encord_widgets.errors import EncordWidgetsError, InvalidInputError, Problem
from encord_widgets.item_states import ItemFacts
from encord_widgets.metadata.changes import Change
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
        self._placed: set[str] = set()
        self._covered: dict[tuple[str, str], Change] = {}
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
                held = self._items.effective.column(key).values(rows)
                missed |= np.fromiter((not same(one, value) for one in held), np.bool_, len(rows))
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
        if not self._placed:
            return True
        return any(self._mine(item, key) for item in self._placed for key in self.values)

    def drop(self) -> None:
        """Put the rule away and drop its edits, as one step of undo. Exceptions stay as they are."""
        with self._items.lock:
            back = [edit for item in self._placed for edit in self._taken_back(item)]
            self._items._drop_rule(self, lambda: self._items.changes.stage(back))  # noqa: SLF001 - its own items

    # -- for the item set --------------------------------------------------------------------------------------

    def first(self) -> None:
        """Stage the values on all items that match, over whatever is staged there."""
        self._items.changes.stage(list(self._placing(self._rows(), over=True)))

    def again(self) -> list[Change]:
        """Edits that bring the rule up to date with the items, for `ChangeSet.stage`."""
        try:
            rows = self._rows()
        except EncordWidgetsError as error:
            self.problem = str(error)
            return []
        self.problem = ""
        matching = {self._items.table.uuids[row] for row in rows.tolist()}
        gone = [item for item in self._placed if item not in matching]
        edits = [edit for item in gone for edit in self._taken_back(item)]
        self._placed.difference_update(gone)
        return edits + list(self._placing(rows, over=False))

    def settle(self, receipt: Receipt) -> None:
        """Let go of cells that a commit settled.

        Args:
            receipt: What the commit did.
        """
        for row in receipt.with_status("verified", "already"):
            if row.key in self.values and same(row.wanted, self.values[row.key]):
                self._covered.pop((row.item, row.key), None)
                if not any(self._mine(row.item, key) for key in self.values):
                    self._placed.discard(row.item)

    # -- inner -------------------------------------------------------------------------------------------------

    def _rows(self) -> Rows:
        rows = self._items.rows
        return rows[self._engine.mask(self.filter)[rows]]

    def _placing(self, rows: Rows, *, over: bool) -> Iterator[Change]:
        """Edits for items that match; edits that stand there already are covered by the first staging only."""
        table, changes, placed = self._items.table, self._items.changes, set[str]()
        uuids = [table.uuids[row] for row in rows.tolist()]
        for key, value in self.values.items():
            for item, held in zip(uuids, table.column(key).values(rows), strict=True):
                present = changes.get(item, key)
                if not over and (present is not None or item in self._placed):
                    continue
                if present is not None and same(present.after, value):
                    continue
                if present is not None:
                    self._covered[item, key] = present
                elif same(held, value):
                    continue
                placed.add(item)
                yield Change(item, key, held, value)
        self._placed |= placed

    def _taken_back(self, item: str) -> Iterator[Change]:
        """Edits that leave the cells of an item as they were before the rule, where they still are the rule's."""
        for key in self.values:
            if self._mine(item, key):
                stored = self._items.stored(item, key)
                yield self._covered.pop((item, key), Change(item, key, stored, stored))

    def _mine(self, item: str, key: str) -> bool:
        """Whether a cell holds what the rule put there."""
        change = self._items.changes.get(item, key)
        if change is None:  # the rule put back what is stored, over an earlier edit
            return (item, key) in self._covered and same(self._items.stored(item, key), self.values[key])
        return same(change.after, self.values[key])

    def _is_mine(self, change: Change) -> bool:
        return (
            change.item in self._placed
            and change.key in self.values
            and same(change.after, self.values[change.key])
        )

    def _before(self, key: str) -> Column:
        """The column of a key that the rule sets, as if the rule had staged nothing."""
        table, column = self._items.table, self._items.effective.column(key)
        mine = [item for item in self._placed if self._mine(item, key)]
        if not mine:
            return column
        rows = table.rows_of(mine)
        values = table.column(key).values(rows)
        for at, item in enumerate(mine):
            covered = self._covered.get((item, key))
            if covered is not None:
                values[at] = covered.after
        column = column.copy()
        column.write(rows, values)
        return column
