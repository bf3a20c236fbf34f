"""What another reading of the same items found: values that are others than those shown, items that came or went."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.changes_bulk import distinct_rows
from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.items import ItemTable, Replaced
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import Value, same

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MovedValue", "Reread", "RereadLog", "Who", "Written"]

Who: TypeAlias = Literal["you", "somebody else"]
Written: TypeAlias = Mapping[str, Mapping[str, Iterable[Value]]]
"""What own commits wrote, by key and item uuid."""
_HOUR: Final = "%H:%M %Z"
_DAY: Final = f"%Y-%m-%d {_HOUR}"


@dataclass(frozen=True, slots=True)
class MovedValue:
    """A value that was another when it was read again.

    Args:
        item: Item uuid, lower case.
        key: Metadata key.
        before: What was shown.
        after: What Encord held when it was read again.
        by: `you` where a commit of your own wrote exactly this value since; else `somebody else`.
    """

    item: str
    key: str
    before: Value
    after: Value
    by: Who


@dataclass(frozen=True, slots=True)
class _MovedKey:
    rows: Rows  # in order, each once
    before: Column
    after: Column
    own: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, repr=False)
class Reread:
    """What was found when a set of items was read again. Made by `ItemSet.refresh` and by opening a cached source.

    Args:
        since: Of when the values are that were shown before, with zone.
        at: When the reading again ended, with zone.
        cached: Whether what was shown before came from the cache.
        new: Uuids of items that came.
        gone: Uuids of items that went.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     first = items.uuids[0]
        ...     other = client.items([first])
        ...     _ = other.stage({first: {"notes": "glare"}})
        ...     _ = other.commit()
        ...     reread = items.refresh().wait().reread
        >>> [(moved.key, moved.after, moved.by) for moved in reread]
        [('notes', 'glare', 'you')]
    """

    since: dt.datetime
    at: dt.datetime
    cached: bool
    new: tuple[str, ...]
    gone: tuple[str, ...]
    _uuids: list[str] = field(compare=False)
    _keys: Mapping[str, _MovedKey] = field(compare=False)

    def __len__(self) -> int:
        return sum(len(moved.rows) for moved in self._keys.values())

    def __bool__(self) -> bool:
        return bool(self._keys or self.new or self.gone)

    def __iter__(self) -> Iterator[MovedValue]:
        for key, moved in self._keys.items():
            places = np.arange(len(moved.rows))
            before, after = moved.before.values(places), moved.after.values(places)
            for row, old, new, own in zip(
                moved.rows.tolist(), before, after, moved.own.tolist(), strict=True
            ):
                yield MovedValue(self._uuids[row], key, old, new, "you" if own else "somebody else")

    def __repr__(self) -> str:
        return f"<Reread: {self.sentence}>"

    @property
    def own(self) -> int:
        """How many of the values are what your own commits wrote."""
        return sum(int(np.count_nonzero(moved.own)) for moved in self._keys.values())

    @property
    def rows(self) -> Rows:
        """Rows of the table (int64) with a value that is another."""
        return distinct_rows(moved.rows for moved in self._keys.values())

    def of_cells(self, rows: Rows, key: str) -> Iterator[tuple[int, MovedValue]]:
        """What moved in some cells of a key, each with its position in `rows`.

        Args:
            rows: Rows of the table (int64).
            key: Metadata key.
        """
        moved = self._keys.get(key)
        if moved is not None:
            places = np.minimum(np.searchsorted(moved.rows, rows), len(moved.rows) - 1)
            for at in np.flatnonzero(moved.rows[places] == rows).tolist():
                place = int(places[at])
                by: Who = "you" if moved.own[place] else "somebody else"
                uuid = self._uuids[int(rows[at])]
                yield at, MovedValue(uuid, key, moved.before.value(place), moved.after.value(place), by)

    @property
    def sentence(self) -> str:
        """What was found, in a sentence."""
        day = _HOUR if self.since.date() == self.at.date() else _DAY
        if self.cached:
            head = f"Shown from the cache of {self.since:{_DAY}}, read again at {self.at:{_HOUR}}"
        else:
            head = f"Read again at {self.at:{_HOUR}}"
        since = "since" if self.cached else f"since {self.since:{day}}"
        values = (
            f"{counted(len(self), 'value')} changed {since}" if len(self) else f"no value changed {since}"
        )
        if self.own:
            values += f", {self.own:,} by you"
        parts = [values]
        if self.new:
            parts.append(f"{counted(len(self.new), 'item')} new")
        if self.gone:
            parts.append(f"{counted(len(self.gone), 'item')} gone")
        return f"{head}: {'; '.join(parts)}."

    def to_frame(self) -> pd.DataFrame:
        """One row for each value: `item`, `key`, `before`, `after`, `by`. Absent is `ABSENT`, null is None."""
        import pandas as pd  # pandas is loaded when a table is asked for

        found = [(moved.item, moved.key, moved.before, moved.after, moved.by) for moved in self]
        return pd.DataFrame(found, columns=["item", "key", "before", "after", "by"], dtype="object")


class RereadLog:
    """Takes down what is replaced while items are read again. Hold the lock of the table while using it.

    Args:
        since: Of when the values are that are shown, with zone.
        cached: Whether they came from the cache.
        rows: Rows that are shown (int64).
    """

    def __init__(self, since: dt.datetime, rows: Rows, *, cached: bool) -> None:
        self.since = since
        self._shown = rows
        self._cached = cached
        self._pieces: dict[str, list[tuple[Rows, Column]]] = defaultdict(list)

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def take(self, replaced: Replaced) -> None:
        """Take down what a write replaced.

        Args:
            replaced: What was there before.
        """
        for key, piece in replaced.keys.items():
            self._pieces[key].append(piece)

    def close(self, table: ItemTable, rows: Rows, at: dt.datetime, written: Written) -> Reread:
        """What was found, all in all.

        Args:
            table: The items as they are now.
            rows: Rows that are there now (int64).
            at: When the reading ended.
            written: What own commits wrote since.
        """
        there = np.zeros(len(table), dtype=np.bool_)
        there[rows] = True
        before = np.zeros(len(table), dtype=np.bool_)
        before[self._shown] = True
        keys: dict[str, _MovedKey] = {}
        for key, pieces in self._pieces.items():
            moved = _moved(pieces, table.column(key), there & before)
            if len(moved.rows):
                keys[key] = moved
                _attribute(moved, table, written.get(key, {}))
        return Reread(
            self.since,
            at,
            self._cached,
            tuple(table.uuids[row] for row in rows[~before[rows]].tolist()),
            tuple(table.uuids[row] for row in self._shown[~there[self._shown]].tolist()),
            table.uuids,
            keys,
        )


def _moved(pieces: list[tuple[Rows, Column]], column: Column, stays: npt.NDArray[np.bool_]) -> _MovedKey:
    """The cells of a key that hold another value than before; of one that was written twice the first is that."""
    touched = np.concatenate([rows for rows, _ in pieces])
    held = Column(len(touched))
    start = 0
    for rows, values in pieces:
        held.put(np.arange(start, start + len(rows), dtype=np.int64), values)
        start += len(rows)
    rows, first, times = np.unique(touched, return_index=True, return_counts=True)
    moved = stays[rows]
    again = np.flatnonzero(moved & (times > 1))  # it may be what it was by now
    pairs = zip(held.values(first[again]), column.values(rows[again]), strict=True)
    moved[again] = [not same(old, new) for old, new in pairs]
    rows, first = rows[moved], first[moved]
    after = Column(len(rows))  # a copy of its own: the table's is written on
    after.put(np.arange(len(rows), dtype=np.int64), column.take(rows))
    return _MovedKey(rows, held.take(first), after, np.zeros(len(rows), dtype=np.bool_))


def _attribute(moved: _MovedKey, table: ItemTable, written: Mapping[str, Iterable[Value]]) -> None:
    known = [(row, wrote) for item, wrote in written.items() if (row := table.row_of(item)) is not None]
    if not known:
        return
    rows = np.array([row for row, _ in known], dtype=np.int64)
    places = np.minimum(np.searchsorted(moved.rows, rows), len(moved.rows) - 1)
    found = np.flatnonzero(moved.rows[places] == rows)
    for at, holds in zip(found.tolist(), moved.after.values(places[found]), strict=True):
        moved.own[places[at]] = any(same(holds, value) for value in known[at][1])
