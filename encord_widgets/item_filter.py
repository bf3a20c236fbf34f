"""The filter of an item set, and what it leaves in view; selections by other filters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_bulk import BulkEdits, BulkItems
from encord_widgets.item_columns import EffectiveColumns
from encord_widgets.item_editing import EditableItems
from encord_widgets.item_export import ExportableItems, ExportScope
from encord_widgets.item_journal import ItemJournal
from encord_widgets.item_rules import StagedRule, staged_values
from encord_widgets.item_states import ItemFacts
from encord_widgets.item_view import Listing, to_frame
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt
    import pandas as pd

    from encord_widgets.client import Client
    from encord_widgets.commit.receipt import Receipt
    from encord_widgets.item_events import ItemSetEvents
    from encord_widgets.metadata.columns import Rows
    from encord_widgets.metadata.filters.engine import FilterEngine
    from encord_widgets.metadata.items import ItemTable
    from encord_widgets.metadata.reread import Reread
    from encord_widgets.metadata.schema import MetadataSchema
    from encord_widgets.metadata.values import Value

__all__ = ["FilterCounts", "FilterableItems", "NamedFilters", "Selected", "to_filter"]


@dataclass(frozen=True, slots=True)
class FilterCounts:
    """What a filter leaves in view.

    Args:
        total: Items of the set.
        shown: Items in view; they stay there while one edits.
        matching: Items that the filter matches by now, staged values included.
        moved: Items that come or go when the filter is applied again.
    """

    total: int
    shown: int
    matching: int
    moved: int

    @property
    def text(self) -> str:
        """The counts in words.

        Example:
            >>> FilterCounts(5000, 812, 640, 172).text
            '812 of 5,000 items; 640 match by now'
        """
        by_now = f"; {self.matching:,} match by now" if self.moved else ""
        return f"{self.shown:,} of {counted(self.total, 'item')}{by_now}"


class FilterableItems(ExportableItems, EditableItems, BulkItems):
    """The part of an item set that narrows down what is in view.

    Args:
        journal: Where staged edits and commits are written down.
    """

    client: Client
    receipt: Receipt | None

    def __init__(self, journal: ItemJournal) -> None:
        super().__init__(journal)
        self.filters = NamedFilters(self.events)
        self._filter: Filter = EVERYTHING
        self._judged: tuple[Listing, Rows] | None = None
        self._verdicts: npt.NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._kept: Rows = np.empty(0, dtype=np.int64)
        self._rules: list[StagedRule] = []

    @property
    @abstractmethod
    def schema(self) -> MetadataSchema:
        """What values are checked against."""

    @property
    @abstractmethod
    def table(self) -> ItemTable:
        """The items as typed columns."""

    @property
    @abstractmethod
    def reread(self) -> Reread | None:
        """What the last reading again found."""

    @abstractmethod
    def stored(self, item: str, key: str) -> Value:
        """The value of one cell as Encord holds it."""

    @property
    @abstractmethod
    def _listing(self) -> Listing:
        """Rows in the order of the source."""

    @abstractmethod
    def wait(self, timeout: float | None = None) -> Self:
        """Wait until all items are loaded."""

    # -- the filter in force -----------------------------------------------------------------------------------

    @property
    def filter(self) -> Filter:
        """Which items are in view: a `Filter`, or its text; `EVERYTHING` when all are.

        Every grid and builder on this set shows the same filter. Items stay in view while they are edited; the
        filter looks again when it is set, when the items are read again, and when `apply_filter` says so. To follow it:
        `items.events.filter.connect(function)`.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0]).wait()
            ...     items.filter = ew.F.weather == "rain"
            ...     rainy = len(items.order())
            ...     items.filter = 'weather = "rain" and lux < 1000'
            ...     dark = items.filter_counts.shown
            ...     items.filter = None
            >>> 0 < dark <= rainy < len(items)
            True
        """
        return self._filter

    @filter.setter  # noqa: A003 - the name is fixed: items.filter = ...
    def filter(self, wanted: Filter | str | None) -> None:
        self._apply(to_filter(wanted))

    @property
    def filtered(self) -> bool:
        """Whether a filter is in force: one that says something, muted parts aside."""
        return self._filter.active() != EVERYTHING

    def apply_filter(self) -> Self:
        """Let the filter look again, at what is staged by now: items come and go."""
        self._apply(self._filter)
        return self

    @property
    def filter_counts(self) -> FilterCounts:
        """How many items there are, how many are in view, and how many the filter matches by now."""
        with self.lock:
            rows = self.rows
            if not self.filtered:
                return FilterCounts(len(rows), len(rows), len(rows), 0)
            kept = self._shown()
            now = self._mask(self._filter)[rows]
            moved = int(np.count_nonzero(now != self._verdicts[rows]))
            return FilterCounts(len(rows), len(kept), int(np.count_nonzero(now)), moved)

    @property
    def rows(self) -> Rows:
        """Rows of all items in the order of the source (int64), the filter aside."""
        return self._listing.rows

    @cached_property
    def facts(self) -> ItemFacts:
        """What filters look at: columns by id, versions and states; hold `lock` while using it."""
        return ItemFacts(self)

    @cached_property
    def engine(self) -> FilterEngine:
        """What evaluates filters over these items; hold `lock` while using it."""
        from encord_widgets.metadata.filters.engine import FilterEngine  # with the first filter

        return FilterEngine(self.facts, lambda: self.rows)

    @cached_property
    def effective(self) -> EffectiveColumns:
        """Columns of metadata keys with staged values over stored ones; hold `lock` while using it."""
        return EffectiveColumns(self.table, self.changes)

    def _mask(self, wanted: Filter) -> npt.NDArray[np.bool_]:
        return self.engine.mask(wanted)

    def _apply(self, wanted: Filter) -> None:
        with self.lock:
            verdicts = self._mask(wanted)  # a filter that cannot be evaluated changes nothing
            self._filter = wanted
            self._judge(verdicts)
        self.events.filter.emit()

    def _judge(self, verdicts: npt.NDArray[np.bool_]) -> None:
        rows = self.rows
        self._verdicts = verdicts
        self._kept = rows[verdicts[rows]]
        self._judged = (self._listing, rows)

    def _shown(self) -> Rows:
        """Rows in view in the order of the source: the same array until rows come or go, or the filter looks again."""
        listing, rows = self._listing, self.rows
        if not self.filtered:
            return rows
        if self._judged is not None and self._judged[0] is listing and self._judged[1] is rows:
            return self._kept
        verdicts = self._mask(self._filter)
        if self._judged is not None and self._judged[0] is listing:
            known = self._verdicts  # rows that came since join, the others stay as they were judged
            verdicts = np.concatenate([known, verdicts[len(known) :]])
        self._judge(verdicts)
        return self._kept

    def _export_scope(self) -> ExportScope:
        """What is in view goes to Encord."""

        def in_view() -> list[str]:
            self.wait()
            with self.lock:
                return [self.table.uuids[row] for row in self._shown().tolist()]

        return self._scope_of(in_view, self._filter)

    def _scope_of(self, select: Callable[[], list[str]], wanted: Filter) -> ExportScope:
        return ExportScope(self.client, self.table, select, wanted, self.schema, self.changes)

    # -- selections and rules ----------------------------------------------------------------------------------

    def where(self, wanted: Filter | str) -> Selected:
        """The items that a filter matches, whether they are in view or not. Waits until all items are loaded.

        Args:
            wanted: A filter, or its text.

        Returns:
            The selection, to count, to look at, or to stage values on.

        Raises:
            FilterSyntaxError: If the text cannot be read; the message points at the place.
            InvalidInputError: If it is no filter.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     rule = items.where(ew.F.lux < 5).stage(time_of_day="night")
            ...     rule.count == items.where('lux < 5').count, items.rules == [rule]
            (True, True)
        """
        return Selected(self, to_filter(wanted))

    @property
    def rules(self) -> list[StagedRule]:
        """Rules that were staged with `where(...).stage(...)` and have not been dropped or undone."""
        with self.lock:
            return [rule for rule in self._rules if rule.active]

    def _stage_rule(self, wanted: Filter, values: Mapping[str, object]) -> StagedRule:
        self.wait()
        rule = StagedRule(self, wanted, staged_values(values, self.schema))

        def step() -> None:
            rule.first()
            self._rules.append(rule)

        self._edited(step)
        return rule

    def _drop_rule(self, rule: StagedRule, step: Callable[[], object]) -> None:
        self._edited(step)
        self._rules = [other for other in self._rules if other is not rule]

    def _reapply_rules(self) -> None:
        """Let all rules look again, as one step of undo."""
        rules = self.rules
        if rules:
            self._edited(
                lambda: self.changes.stage((), [edit for rule in rules for edit in rule.again()], self.table)
            )

    def _settle_rules(self, receipt: Receipt) -> None:
        for rule in self._rules:
            rule.settle(receipt)
        if not self.changes:
            self.effective.clear()


class Selected(ExportableItems, BulkEdits):
    """The items that a filter matches, staged values included. Made by `ItemSet.where`.

    It keeps the filter, not the items: each look evaluates it anew. `stage` keeps a rule; `set`, `replace` and the
    other bulk edits are done once.

    Args:
        items: The item set.
        wanted: The filter.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=60) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     rainy = items.where(ew.F.weather == "rain")
        ...     rainy.count == len(rainy.uuids) == len(rainy.frame)
        True
    """

    def __init__(self, items: FilterableItems, wanted: Filter) -> None:
        self.items = items
        self.filter = wanted

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        return f"<Selected: {self.count:,} of {counted(len(self.items.rows), 'item')}, {self.filter.text or 'all'}>"

    @property
    def rows(self) -> Rows:
        """Rows in the table, in the order of the source (int64)."""
        self.items.wait()
        with self.items.lock:
            rows = self.items.rows
            return rows[self.items.engine.mask(self.filter)[rows]]

    @property
    def count(self) -> int:
        """How many items match."""
        return len(self.rows)

    @property
    def uuids(self) -> list[str]:
        """Their uuids, in the order of the source."""
        self.items.wait()  # not under the lock, which the arriving items need
        with self.items.lock:
            uuids = self.items.table.uuids
            return [uuids[row] for row in self.rows.tolist()]

    @property
    def frame(self) -> pd.DataFrame:
        """What Encord holds of them, as a DataFrame like `ItemSet.frame`."""
        self.items.wait()
        with self.items.lock:
            return to_frame(self.items.table, self.rows)

    def _export_scope(self) -> ExportScope:
        return self.items._scope_of(lambda: self.uuids, self.filter)  # noqa: SLF001 - its own items

    @property
    def python(self) -> str:
        """The selection as Python code."""
        return f"items.where({self.filter.python})"

    def stage(self, values: Mapping[str, object] | None = None, /, **more: object) -> StagedRule:
        """Stage values on all of them, as a rule: it is looked at again when the items are read again.

        Args:
            values: New values by key, for keys that are no Python names; `ABSENT` removes a key. A rule always merges.
            more: New values by key.

        Returns:
            The rule, with its live count and its exceptions; `ItemSet.rules` lists it.

        Raises:
            InvalidInputError: If there are no values, or some do not fit the schema; then nothing is staged.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     print(items.where(ew.F.lux < 5).stage({"time_of_day": "night"}).python)
            items.where(F.lux < 5).stage(time_of_day='night')
        """
        named = {} if values is None else values
        check_kind(named, Mapping, "a mapping {key: value}", "Such as stage(time_of_day='night').")
        if more.get("mode") in {"merge", "overwrite"}:  # as items.stage takes it
            hint = f"A rule always merges. For a key of that name: stage({{'mode': {more['mode']!r}}})."
            raise InvalidInputError([Problem("values by metadata key", f"mode={more['mode']!r}", hint=hint)])
        return self.items._stage_rule(self.filter, {**named, **more})  # noqa: SLF001 - its own items


class NamedFilters(MutableMapping[str, Filter]):
    """Filters by name, kept with the item set: `items.filters["night"] = F.lux < 5`.

    Args:
        events: Told when one is added, replaced or removed.
    """

    def __init__(self, events: ItemSetEvents) -> None:
        self._events = events
        self._filters: dict[str, Filter] = {}

    def __getitem__(self, name: str) -> Filter:
        return self._filters[name]

    def __setitem__(self, name: str, wanted: Filter | str) -> None:
        if not isinstance(name, str) or not name.strip():
            raise InvalidInputError([Problem(expected="a name for the filter", got=shown(name))])
        self._filters[name] = to_filter(wanted)
        self._events.filter.emit()

    def __delitem__(self, name: str) -> None:
        del self._filters[name]
        self._events.filter.emit()

    def __iter__(self) -> Iterator[str]:
        return iter(self._filters)

    def __len__(self) -> int:
        return len(self._filters)

    def __repr__(self) -> str:
        return repr({name: wanted.text for name, wanted in self._filters.items()})


def to_filter(wanted: object) -> Filter:
    """A filter from what a caller gave.

    Args:
        wanted: A filter, its text, or None for everything.

    Raises:
        FilterSyntaxError: If the text cannot be read.
        InvalidInputError: If it is none of these.

    Example:
        >>> to_filter("lux < 5").text
        'lux < 5'
    """
    if wanted is None or (isinstance(wanted, str) and not wanted.strip()):
        return EVERYTHING
    if isinstance(wanted, str):
        return Filter.parse(wanted)
    if isinstance(wanted, Filter):
        return wanted
    hint = 'Such as F.weather == "rain", or the text \'weather = "rain"\'.'
    got = f"{shown(wanted)} ({type(wanted).__name__})"
    raise InvalidInputError([Problem(expected="a Filter, its text or None", got=got, hint=hint)])
