"""A plan: a frozen change set with the values it was based on, as a file to review and share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.plan_items import PlannedItem, PlannedItems, destroyed, destroyed_by_key
from encord_widgets.metadata.texts import by_key, counted, html_table, printable
from encord_widgets.metadata.values import shown

if TYPE_CHECKING:
    from encord_widgets.metadata.changes_order import Listing
    from encord_widgets.metadata.columns import Column
    from encord_widgets.metadata.plan_table import Stored

__all__ = ["Plan", "PlannedItem"]

_LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit will try: for each item the keys to change, each with the value it was based on.

    Args:
        items: Planned items.
        source: Where the edits were made, in words.
        created_at: When the plan was frozen, with zone.

    Example:
        >>> plan = Plan.of([Change("8ad5", "weather", "rain", "fog")], names={"8ad5": "a.png"})
        >>> len(plan), plan.items[0].name
        (1, 'a.png')
        >>> Plan.load(plan.save("fix.plan.json")) == plan
        True
    """

    items: Sequence[PlannedItem]
    source: str
    created_at: dt.datetime

    @classmethod
    def of(cls, changes: Iterable[Change], names: Mapping[str, str], source: str = "") -> Plan:
        """Freeze changes.

        Args:
            changes: Staged edits, at most one for each item and key.
            names: Name of each item.
            source: Where the edits were made, in words.
        """
        by_item: dict[str, list[Change]] = {}
        for change in changes:
            by_item.setdefault(change.item, []).append(change)
        items = tuple(
            PlannedItem(item, names.get(item, item), tuple(found)) for item, found in by_item.items()
        )
        return cls(items, source, dt.datetime.now(dt.UTC).replace(microsecond=0))

    @classmethod
    def of_listing(cls, listing: Listing, names: Column, source: str = "") -> Plan:
        """Freeze edits of many items at once, without a Python object for each.

        Args:
            listing: The edits as `ChangeSet.frozen` gives them.
            names: Name of every row of their table.
            source: Where the edits were made, in words.
        """
        items = PlannedItems(listing, names.take(listing.items))
        return cls(items, source, dt.datetime.now(dt.UTC).replace(microsecond=0))

    @classmethod
    def from_frame(cls, table: Any, items: Stored | None = None, *, source: str = "") -> Plan:
        """A plan from a table with one row a change, made by pandas, DuckDB, Spark or any other engine.

        Columns: `item` (uuid), `key` (metadata key), `after` and, where known, `before`; `name` may be there too.
        `before` and `after` hold JSON text (text with its quotes: `"fog"`), or numbers and booleans as they are. A
        missing cell (NULL, NaN, NA) means absent, so in `after` it removes the key; JSON null is the text `null`.

        Where there is no `before`, it comes from `items`. Without that too the keys are taken to be absent: those that
        hold something by then are reported as conflicts, and stay as they are.

        Args:
            table: A DataFrame, or a table with `to_pandas` (Arrow, Polars) or `df` (DuckDB).
            items: An `ItemSet` that holds the items.
            source: Where the plan comes from, in words.

        Raises:
            InvalidInputError: With every fault, by row.

        Example:
            >>> import pandas as pd
            >>> table = pd.DataFrame({"item": ["8ad58157-ca74-4ae4-8f37-a0193430bcac"], "key": ["weather"],
            ...                       "before": ['"rain"'], "after": ['"fog"']})
            >>> Plan.from_frame(table).changes[0].after
            'fog'
        """
        from encord_widgets.metadata.plan_table import plan_from_frame  # it needs this class

        return plan_from_frame(table, items, source)

    def __len__(self) -> int:
        if isinstance(self.items, PlannedItems):
            return self.items.listing.size
        return sum(len(planned.changes) for planned in self.items)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.sentence}>"

    def _repr_html_(self) -> str:
        rows = [
            (planned.name, change.key, shown(change.base), shown(change.after))
            for planned in self.items[:_LISTED]
            for change in planned.changes
        ]
        table = html_table(["item", "key", "before", "after"], rows[:_LISTED])
        rest = len(self) - min(len(rows), _LISTED)
        more = f"<p>... and {rest:,} more (see .changes)</p>" if rest else ""
        return f"<p>{escape(self.sentence)}</p>{table}{more}"

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, item by item."""
        if isinstance(self.items, PlannedItems) and not self.items.are_kept:
            return tuple(self.items.listing.changes())
        return tuple(change for planned in self.items for change in planned.changes)

    def keep_items(self, made: tuple[PlannedItem, ...]) -> None:
        """Keep the items, for who looks at all of them once more.

        Args:
            made: All of `items`, as they were taken out of there one by one.
        """
        if isinstance(self.items, PlannedItems):
            self.items.keep(made)

    @property
    def destroys(self) -> tuple[Change, ...]:
        """Changes that take a value away: keys that hold something and are removed.

        Those that an overwrite removes without naming them (`Change.implied`) are committed with `allow_destroy=True`
        only.

        Example:
            >>> from encord_widgets import ABSENT
            >>> plan = Plan.of([Change("8ad5", "weather", "rain", ABSENT), Change("8ad5", "lux", 4, 5)], {})
            >>> plan
            <Plan: 2 changes on 1 item, 1 of them removing a value (weather 1)>
            >>> plan.destroys[0].base
            'rain'
        """
        return destroyed(self.items)

    @property
    def sentence(self) -> str:
        """The plan in a few words."""
        text = f"{counted(len(self), 'change')} on {counted(len(self.items), 'item')}"
        gone = destroyed_by_key(self.items)
        if gone:
            text += f", {sum(gone.values()):,} of them removing a value ({by_key(gone)})"
        return f"{text}, from {printable(self.source)}" if self.source else text

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the plan to a file, without secrets: the suffix says in which format.

        `.json` is sorted, with one line a change, so that two plans can be compared line by line. `.parquet` is for
        large plans and other engines: columns `item`, `name`, `key`, and `before` and `after` as JSON text with NULL
        for absent (and `implied` where an overwrite removes keys).

        Args:
            path: File to write; an existing one is replaced.

        Returns:
            The path written.

        Raises:
            InvalidInputError: If the suffix is another.
            OSError: If the file cannot be written.
        """
        from encord_widgets.metadata import files, plan_file, plan_table  # they need this class

        if files.kind_of(path) == "parquet":
            return plan_table.save_plan(self, path)
        return files.write_text(path, plan_file.lines_of(self))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Plan:
        """Read a plan that `save` wrote, or a Parquet file of any engine with the columns of `from_frame`.

        Args:
            path: File to read, `.json` or `.parquet`.

        Raises:
            InvalidInputError: If the file is no plan of a known version; every fault is named.
            OSError: If the file cannot be read.
        """
        from encord_widgets.metadata import files, plan_file, plan_table  # they need this class

        source = Path(path)
        if files.kind_of(source) == "parquet":
            return plan_table.load_plan(source)
        return plan_file.plan_from_json(source.read_bytes(), source.name)
