"""What joining a table to an item set would change: counts, lists, and what is in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.changes_bulk import BulkEdit
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.join import CellProblem, JoinedColumn, JoinOptions, TableJoin, join_table
from encord_widgets.metadata.texts import counted, html_table, printable
from encord_widgets.metadata.values import ABSENT, Absent, compact, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from encord_widgets.item_join import JoinableItems
    from encord_widgets.metadata.changes import ChangeSet

__all__ = ["JoinCounts", "JoinPreview"]

_NAMED: Final = 5
_REFUSED: Final = 100
_FRAME: Final = ("row", "on", "item", "name", "key", "before", "after", "status", "reason")


@dataclass(frozen=True, slots=True)
class JoinCounts:
    """What a join comes to, in numbers.

    Args:
        rows: Rows of the table.
        matched: Items that a row was found for.
        unmatched: Rows that belong to no item.
        blank: Rows that do not say which item they belong to.
        without: Items that no row belongs to.
        duplicates: Items, or values, that several rows are for.
        ambiguous: Rows' values that several items answer to.
        problems: Cells that cannot be staged.
        changes: Cells that would change.
        items: Items on which they are.
    """

    rows: int
    matched: int
    unmatched: int
    blank: int
    without: int
    duplicates: int
    ambiguous: int
    problems: int
    changes: int
    items: int

    @property
    def text(self) -> str:
        """The numbers in words.

        Example:
            >>> JoinCounts(9, 8, 1, 0, 2, 0, 0, 0, 12, 6).text
            '9 rows for 8 items; 12 cells would change on 6 items; 1 row without an item; 2 items without a row'
        """
        said = [
            f"{counted(self.rows, 'row')} for {counted(self.matched, 'item')}",
            f"{counted(self.changes, 'cell')} would change on {counted(self.items, 'item')}",
        ]
        rest = (
            (self.unmatched, "row without an item", "rows without an item"),
            (self.blank, "row that names no item", "rows that name no item"),
            (self.without, "item without a row", "items without a row"),
            (self.duplicates, "value in several rows", "values in several rows"),
            (self.ambiguous, "value of several items", "values of several items"),
            (self.problems, "cell that cannot be staged", "cells that cannot be staged"),
        )
        said += [counted(number, *words) for number, *words in rest if number]
        return "; ".join(said)


class JoinPreview:
    """A table joined to an item set, before anything is staged. Made by `ItemSet.join`.

    Args:
        items: The item set, loaded.
        data: The table.
        options: How it is joined.

    Example:
        >>> import encord_widgets as ew, pandas as pd
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     name = items.table.name(items.wait().uuids[0])
        ...     join = items.join(pd.DataFrame({"name": [name, "gone.png"], "batch": ["B-8", "B-9"]}))
        ...     counts, staged = join.counts, join.stage()
        ...     counts.changes, join.unmatched, len(staged)
        (1, [1], 1)
    """

    def __init__(self, items: JoinableItems, data: Any, options: JoinOptions) -> None:
        self.items = items
        self.options = options
        self._data = data
        with items.lock:
            self._schema = items.schema
            self.found = self._join()
            self._seen = self._versions()

    def _join(self) -> TableJoin:
        items = self.items
        return join_table(
            self._data,
            self.options,
            items.table,
            items.rows,
            column=items.effective.column,
            schema=items.schema,
        )

    def _versions(self) -> tuple[object, ...]:
        items, plan = self.items, self.found.plan
        keys = [*plan.keys.values(), *([plan.on] if plan.on_key else [])]
        return (len(items.rows), *(items.effective.version(key) for key in keys))

    @property
    def current(self) -> bool:
        """Whether items and values are still those that the preview was made of."""
        with self.items.lock:
            return self.items.schema is self._schema and self._versions() == self._seen

    # -- looking -----------------------------------------------------------------------------------------------

    @cached_property
    def counts(self) -> JoinCounts:
        """What the join comes to, in numbers."""
        match, columns = self.found.match, self.found.columns
        changed = set().union(*(column.items for column in columns))
        return JoinCounts(
            rows=len(self.found.frame),
            matched=len(set(match.items.tolist())),
            unmatched=len(match.unmatched),
            blank=len(match.blank),
            without=len(match.without),
            duplicates=len(match.duplicates),
            ambiguous=len(match.ambiguous),
            problems=sum(len(column.problems) for column in columns),
            changes=sum(map(len, columns)),
            items=len(changed),
        )

    @property
    def matched(self) -> list[str]:
        """Uuids of the items that a row was found for, in the order of the table."""
        return self._uuids(dict.fromkeys(self.found.match.items.tolist()))

    @property
    def unmatched(self) -> list[Any]:
        """Rows of the table that belong to no item, by their index."""
        return self._labels([*self.found.match.unmatched, *self.found.match.blank])

    @property
    def without_row(self) -> list[str]:
        """Uuids of the items that no row belongs to."""
        return self._uuids(self.found.match.without)

    @property
    def duplicates(self) -> list[tuple[Any, list[Any]]]:
        """What several rows say alike, each with these rows by their index."""
        return [(self._said(rows[0]), self._labels(rows)) for rows in self.found.match.duplicates]

    @property
    def ambiguous(self) -> list[tuple[Any, list[str]]]:
        """What several items answer to, such as a name that two items have, each with their uuids."""
        return [(self._said(rows[0]), self._uuids(items)) for rows, items in self.found.match.ambiguous]

    @cached_property
    def problems(self) -> list[Problem]:
        """Cells that cannot be staged, each with its item, its key and the reason."""
        return [self._problem(one) for column in self.found.columns for one in column.problems]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns that are named like a field of the item, and not joined unless `columns` names them."""
        return self.found.plan.left_out

    @cached_property
    def refusals(self) -> list[Problem]:
        """Why it cannot be staged as it is; empty when it can."""
        options, found = self.options, []
        if options.duplicates == "refuse":
            hint = 'Drop all but one, or join with duplicates="first", "last" or "skip".'
            for said, rows in self.duplicates:
                got = f"{len(rows):,} rows: {_listed(rows)}"
                found.append(Problem(f"one row for {shown(said)}", got, hint=hint))
        if options.ambiguous == "refuse":
            hint = 'Join on="uuid", or with ambiguous="all" or "skip".'
            for said, items in self.ambiguous:
                got = f"{len(items):,}: {_listed(items)}"
                found.append(Problem(f"one item for {shown(said)}", got, hint=hint))
        if options.problems == "refuse":
            found += [
                replace(p, hint=p.hint or 'Correct the table, or join with problems="skip".')
                for p in self.problems
            ]
        return found

    @property
    def text(self) -> str:
        """The join in a few lines."""
        return "\n".join([self.counts.text, *(": ".join(line) for line in self._lines())])

    def __repr__(self) -> str:
        return f"<JoinPreview: {self.counts.text}>"

    def _repr_html_(self) -> str:
        columns = [
            [printable(str(one.column)), printable(one.key), one.policy]
            + [f"{number:,}" for number in (len(one), one.same, one.kept, one.missing, len(one.problems))]
            for one in self.found.columns
        ]
        head = ("column", "key", "policy", "would change", "the same", "kept", "missing", "cannot be staged")
        notes = "".join(
            f"<p><b>{escape(title)}</b>: {escape(printable(text, 400))}</p>" for title, text in self._lines()
        )
        return f"<p>{escape(self.counts.text)}</p>{html_table(head, columns)}{notes}"

    @property
    def hint(self) -> str:
        """What to look at where no row is of an item."""
        on = f"{self.found.plan.label} = {self.found.plan.on}"
        return f"no row matches by {on}; look at how both are spelled, and at their types"

    def _lines(self) -> Iterator[tuple[str, str]]:
        counts, match = self.counts, self.found.match
        if match.unmatched:
            yield "Rows without an item", _listed([self._said(row) for row in match.unmatched])
            if not counts.matched:
                yield "Hint", self.hint
        if match.duplicates:
            yield "In several rows", _listed([said for said, _ in self.duplicates])
        if match.ambiguous:
            yield "Of several items", _listed([said for said, _ in self.ambiguous])
        if counts.problems:
            yield "Cannot be staged", _listed([str(one) for one in self.problems[:_NAMED]], counts.problems)
        if self.left_out:
            yield "Left out, as item fields", _listed(self.left_out)

    def to_frame(self) -> pd.DataFrame:
        """The join as a table, one row for each cell that would change, and for whatever is in the way.

        `row` is the index of the table's row, `on` what it says of its item, `status` one of `changes`, `problem`,
        `unmatched`, `duplicate`, `ambiguous` and `without row`. Absent is `ABSENT` in the cells, null is None.
        """
        import pandas as pd  # pandas is loaded when a table is asked for

        return pd.DataFrame(list(self._cells()), columns=list(_FRAME), dtype=object)

    def _cells(self) -> Iterator[tuple[object, ...]]:
        labels, names, uuids = self.found.frame.index, self._name, self.items.table.uuids
        for column in self.found.columns:
            cells = zip(column.positions, column.items, column.before, column.after, strict=True)
            for row, item, before, after in cells:
                yield (
                    labels[row],
                    self._said(row),
                    uuids[item],
                    names(item),
                    column.key,
                    before,
                    after,
                    "changes",
                    None,
                )
            for one in column.problems:
                place = (labels[one.position], self._said(one.position), uuids[one.item], names(one.item))
                yield (*place, one.key, None, one.raw, "problem", one.problem.reason)
        match = self.found.match
        for row in (*match.unmatched, *match.blank):
            yield (labels[row], self._said(row), *[None] * 5, "unmatched", None)
        for rows in match.duplicates:
            for row in rows:
                yield (labels[row], self._said(row), *[None] * 5, "duplicate", None)
        for rows, items in match.ambiguous:
            for item in items:
                place = (labels[rows[0]], self._said(rows[0]), uuids[item], names(item))
                yield (*place, None, None, None, "ambiguous", None)
        for item in match.without:
            yield (None, None, uuids[item], names(item), None, None, None, "without row", None)

    # -- staging -----------------------------------------------------------------------------------------------

    def stage(self) -> ChangeSet:
        """Stage what would change, as one step of undo.

        Returns:
            All staged edits.

        Raises:
            InvalidInputError: If rows or items are not told apart, or cells cannot be staged, and the options do not
                say what to do about it; or if the items changed since the preview was made.
        """
        return self.items._stage_join(self)  # noqa: SLF001 - its own items

    def staged(self) -> list[BulkEdit]:
        """The edits that staging it comes to. For the item set, which holds its lock.

        Raises:
            InvalidInputError: As `stage`.
        """
        refusals = self.refusals
        if refusals:
            raise InvalidInputError(refusals)
        self._check()
        return [self._edit(column) for column in self.found.columns if len(column)]

    def _edit(self, column: JoinedColumn) -> BulkEdit:
        rows = np.array(column.items, dtype=np.int64)
        after = Column(len(rows))
        after.write(np.arange(len(rows), dtype=np.int64), column.after)
        return BulkEdit(column.key, rows, self.items.table.column(column.key).take(rows), after)

    def _check(self) -> None:
        """Refuse to stage what was not looked at."""
        if self.current:
            return
        now = self._join()
        pairs = zip(now.columns, self.found.columns, strict=True)
        if not all(new.alike(old) for new, old in pairs):
            hint = "Join again, and look what changed."
            raise InvalidInputError(
                [Problem("the items as they were joined", "other values by now", hint=hint)]
            )

    # -- inner -------------------------------------------------------------------------------------------------

    def _uuids(self, rows: Any) -> list[str]:
        uuids = self.items.table.uuids
        return [uuids[row] for row in rows]

    def _name(self, row: int) -> str:
        return self.items.table.name(self.items.table.uuids[row])

    def _labels(self, rows: Sequence[int]) -> list[Any]:
        labels: list[Any] = self.found.frame.index[list(rows)].tolist()
        return labels

    def _said(self, row: int) -> Any:
        return self.found.said[row]

    def _problem(self, one: CellProblem) -> Problem:
        return replace(one.problem, item=self.items.table.uuids[one.item], key=one.key)


def _listed(values: Sequence[object], total: int | None = None) -> str:
    """Some values in a line."""
    named = [printable(one if isinstance(one, str) else _word(one), 80) for one in values[:_NAMED]]
    more = (len(values) if total is None else total) - len(named)
    return ", ".join([*named, *([f"and {more:,} more"] if more else [])])


def _word(value: object) -> str:
    if value is None:
        return "(nothing)"
    if isinstance(value, Absent):
        return str(ABSENT)
    try:
        return compact(value) if isinstance(value, (int, float, bool)) else shown(value)
    except ValueError:
        return shown(value)
