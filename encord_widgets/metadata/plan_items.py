"""Planned items: a few as they are, very many as columns of which an item is made when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, cast, overload

import numpy as np

from encord_widgets.metadata.change import Change
from encord_widgets.metadata.changes_bulk import BulkEdit, Mask
from encord_widgets.metadata.changes_order import Listing, Objects
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.values import ABSENT, Value

__all__ = ["PlannedCells", "PlannedItem", "PlannedItems", "destroyed", "destroyed_by_key", "planned_cells"]

_CHUNK: Final = 2048


class PlannedItem(NamedTuple):
    """The changes planned for one item.

    Args:
        item: Item uuid, lower case.
        name: Its name when the plan was made, for people.
        changes: At most one a key.
    """

    item: str
    name: str
    changes: tuple[Change, ...]


class PlannedItems(Sequence[PlannedItem]):
    """Items of a plan that was frozen from bulk edits; equal to the tuple of the same items.

    Args:
        listing: The edits, which nobody changes any more.
        names: Name of each item of the listing that is in its table.
    """

    __slots__ = ("_made", "listing", "names")

    def __init__(self, listing: Listing, names: Column) -> None:
        self.listing = listing
        self.names = names
        self._made: tuple[PlannedItem, ...] | None = None

    def __len__(self) -> int:
        return len(self.listing)

    @overload
    def __getitem__(self, place: int) -> PlannedItem: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[PlannedItem]: ...
    def __getitem__(self, place: int | slice) -> PlannedItem | Sequence[PlannedItem]:
        if self._made is not None:
            return self._made[place]
        if isinstance(place, slice):
            chosen = range(len(self))[place]
            inside = len(self.listing.items)
            if chosen.step != 1 or chosen.stop > inside:
                return tuple(self[at] for at in chosen)
            rows = np.arange(chosen.start, chosen.stop, dtype=np.int64)
            return PlannedItems(self.listing.at(rows), self.names.take(rows))
        at = range(len(self))[place]
        return self._items(at, at + 1)[0]

    def __iter__(self) -> Iterator[PlannedItem]:
        if self._made is not None:
            yield from self._made
            return
        for start in range(0, len(self), _CHUNK):
            yield from self._items(start, min(start + _CHUNK, len(self)))

    @property
    def are_kept(self) -> bool:
        """Whether `keep` was called."""
        return self._made is not None

    def keep(self, made: tuple[PlannedItem, ...]) -> None:
        """Keep the items, for who looks at all of them once more.

        Args:
            made: All of them, in order, as they were taken out of here.
        """
        self._made = made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (tuple, PlannedItems)):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"<PlannedItems: {len(self):,}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (tuple(self),)  # the table that the columns came from stays behind

    @property
    def uuids(self) -> list[str]:
        """Uuids of the items that are in the table."""
        return list(map(self.listing.uuids.__getitem__, self.listing.items.tolist()))

    @property
    def named(self) -> list[str]:
        """Names of the items that are in the table."""
        return self._named(np.arange(len(self.listing.items), dtype=np.int64))

    @property
    def outside(self) -> list[PlannedItem]:
        """The items that are not in the table."""
        return self._items(len(self.listing.items), len(self))

    def at(self, places: Rows) -> PlannedItems:
        """Some of the items that are in the table, in an order.

        Args:
            places: Their positions (int64).
        """
        return PlannedItems(self.listing.at(places), self.names.take(places))

    def _named(self, places: Rows) -> list[str]:
        names = self.names.values(places)
        if (self.names.tags[places] == Tag.TEXT).all():
            return cast("list[str]", names)
        uuids = map(self.listing.uuids.__getitem__, self.listing.items[places].tolist())
        return [name if isinstance(name, str) else uuid for name, uuid in zip(names, uuids, strict=True)]

    def _items(self, start: int, stop: int) -> list[PlannedItem]:
        listing = self.listing
        inside = len(listing.items)
        places = np.arange(start, min(stop, inside), dtype=np.int64)
        rows = listing.items[places]
        uuids = list(map(listing.uuids.__getitem__, rows.tolist()))
        changes = map(tuple, listing.of_rows(rows))
        found = list(map(PlannedItem, uuids, self._named(places), changes))
        rest = listing.rest[max(0, start - inside) : max(0, stop - inside)]
        return found + [PlannedItem(item, item, tuple(listing.cells[item].values())) for item in rest]


class PlannedCells(NamedTuple):
    """Planned changes as columns: one entry for each, in the order of the plan.

    Args:
        items: Item uuids.
        names: Item names.
        keys: Metadata keys.
        bases: Texts of the values that they are based on.
        afters: Texts of the values wanted.
        implied: Which of them an overwrite removes without naming the key.
    """

    items: Sequence[str]
    names: Sequence[str]
    keys: Sequence[str]
    bases: Sequence[str | None]
    afters: Sequence[str | None]
    implied: Sequence[bool]


def planned_cells(
    items: Sequence[PlannedItem],
    texts_of: Callable[[Iterable[Value]], list[str | None]],
    of_column: Callable[[Column, Rows], Objects] | None = None,
) -> PlannedCells:
    """The changes of planned items as columns; without an object for each where there are none yet.

    Args:
        items: Planned items.
        texts_of: Spells values.
        of_column: Spells some cells of a column in the same way, where that is quicker than value by value.
    """
    if isinstance(items, PlannedItems):

        def one_by_one(column: Column, rows: Rows) -> Objects:
            return np.fromiter(texts_of(column.values(rows)), object, count=len(rows))

        flat = items.listing.flat(of_column or one_by_one, lambda value: texts_of([value])[0])
        names = np.array([*items.named, *(planned.name for planned in items.outside)], dtype=object)
        columns = (flat.item, names[flat.at], flat.key, flat.before, flat.after, flat.implied)
        return PlannedCells(*(column.tolist() for column in columns))
    rows = [(planned, change) for planned in items for change in planned.changes]
    return PlannedCells(
        [planned.item for planned, _ in rows],
        [planned.name for planned, _ in rows],
        [change.key for _, change in rows],
        texts_of(change.base for _, change in rows),
        texts_of(change.after for _, change in rows),
        [change.implied for _, change in rows],
    )


def destroyed(items: Sequence[PlannedItem]) -> tuple[Change, ...]:
    """Changes that take a value away.

    Args:
        items: Planned items.
    """
    if isinstance(items, PlannedItems):
        return tuple(items.listing.where(_taking_away, _takes_away))
    return tuple(change for planned in items for change in planned.changes if _takes_away(change))


def destroyed_by_key(items: Sequence[PlannedItem]) -> dict[str, int]:
    """How many changes take a value away, by key.

    Args:
        items: Planned items.
    """
    if isinstance(items, PlannedItems):
        return items.listing.counted(_taking_away, _takes_away)
    found: dict[str, int] = {}
    for change in destroyed(items):
        found[change.key] = found.get(change.key, 0) + 1
    return found


def _takes_away(change: Change) -> bool:
    return change.removes and change.base is not ABSENT


def _taking_away(edit: BulkEdit) -> Mask:
    mask: Mask = (edit.after.tags == Tag.ABSENT) & (edit.base.tags != Tag.ABSENT)
    return mask
