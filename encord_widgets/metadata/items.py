"""The items of one source as columns: item fields and metadata keys, filled page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.column_compare import write_moved
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.fingerprints import UNKNOWN, Fingerprints
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.values import ABSENT, Json, Value

__all__ = ["Edited", "ItemBatch", "ItemProblem", "ItemTable", "Replaced"]


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """An item that the server sent in a shape that cannot be used; it is left out, and named.

    Args:
        item: Uuid, where one could be read.
        name: Name, where one could be read.
        reason: What is wrong with it.

    Example:
        >>> ItemProblem(item=None, name="drive.mp4", reason="no uuid").name
        'drive.mp4'
    """

    item: str | None
    name: str | None
    reason: str


class Edited(NamedTuple):
    """Metadata that is an earlier one of the same item with some keys changed, and nothing else.

    Args:
        fingerprint: Of the earlier metadata's text.
        keys: The keys that were written or removed.

    Example:
        >>> Edited(fingerprint=7, keys=("weather",)).keys
        ('weather',)
    """

    fingerprint: int
    keys: tuple[str, ...]


@dataclass(slots=True)
class ItemBatch:
    """Items as they leave the wire: one list a field, one metadata dictionary an item.

    Args:
        uuids: Uuid of every item, lower case.
        fields: Values of each field of `FIELDS` that occurs, one for every item.
        metadata: Client metadata of every item.
        problems: Items that could not be read.
        missing: Uuids that were asked for and not answered.
        fingerprints: Of the metadata text of every item, see `fingerprints_of`; empty where they are not known.
        edited: By uuid, what is known of how the metadata came to be; most items are not in there.

    Example:
        >>> ItemBatch(uuids=["8ad5"], fields={"name": ["a.png"]}, metadata=[{"lux": 4}]).uuids
        ['8ad5']
    """

    uuids: list[str] = field(default_factory=list)
    fields: dict[str, list[Value]] = field(default_factory=dict)
    metadata: list[dict[str, Json]] = field(default_factory=list)
    problems: list[ItemProblem] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    fingerprints: list[int] = field(default_factory=list)
    edited: dict[str, Edited] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.uuids)

    def extend(self, other: ItemBatch) -> None:
        """Add the items of another batch behind these; a field that one of them lacks is absent there.

        Args:
            other: Further items.
        """
        for name in {**self.fields, **other.fields}:
            mine = self.fields.setdefault(name, [ABSENT] * len(self))
            mine.extend(other.fields.get(name, [ABSENT] * len(other)))
        if self.fingerprints or other.fingerprints:
            mine_too = self.fingerprints or [UNKNOWN] * len(self)
            self.fingerprints = [*mine_too, *(other.fingerprints or [UNKNOWN] * len(other))]
        self.edited.update(other.edited)
        self.uuids.extend(other.uuids)
        self.metadata.extend(other.metadata)
        self.problems.extend(other.problems)
        self.missing.extend(other.missing)

    def take(self, positions: Sequence[int]) -> ItemBatch:
        """Some of the items, in the order asked for; problems and missing stay behind.

        Args:
            positions: Positions in `uuids`.
        """
        return ItemBatch(
            uuids=[self.uuids[i] for i in positions],
            fields={name: [values[i] for i in positions] for name, values in self.fields.items()},
            metadata=[self.metadata[i] for i in positions],
            fingerprints=[self.fingerprints[i] for i in positions] if self.fingerprints else [],
            edited=self.edited,
        )


@dataclass(slots=True)
class Replaced:
    """What a batch of items replaced in a table.

    Args:
        any: Whether anything was written at all.
        keys: By metadata key, the rows (int64) that hold another value than before, and what they held.
    """

    any: bool = False
    keys: dict[str, tuple[Rows, Column]] = field(default_factory=dict)


class ItemTable:
    """Items as typed columns; a dictionary of one item is made only when asked for.

    Rows keep their position for ever; order and filters are index arrays beside the table.

    Example:
        >>> table = ItemTable()
        >>> table.append(ItemBatch(uuids=["8ad5"], metadata=[{"lux": 4}])).tolist()
        [0]
        >>> table.value(0, "lux"), table.value(0, "weather")
        (4, <absent>)
    """

    def __init__(self) -> None:
        self.uuids: list[str] = []
        self._rows: dict[str, int] = {}
        self._fields: dict[str, Column] = {name: Column() for name in FIELDS}
        self._columns: dict[str, Column] = {}
        self._prints = Fingerprints()
        self._room = 0

    def __len__(self) -> int:
        return len(self.uuids)

    def __contains__(self, uuid: object) -> bool:
        return uuid in self._rows

    @property
    def keys(self) -> tuple[str, ...]:
        """Metadata keys that any item holds or held, in the order they were first seen."""
        return tuple(self._columns)

    def row_of(self, uuid: str) -> int | None:
        """Row of an item, or None.

        Args:
            uuid: Lower-case item uuid.
        """
        return self._rows.get(uuid)

    def rows_of(self, uuids: Iterable[str]) -> Rows:
        """Rows of known items.

        Args:
            uuids: Lower-case item uuids.

        Raises:
            KeyError: If an item is not in the table.
        """
        return np.fromiter(map(self._rows.__getitem__, uuids), dtype=np.int64)

    def column(self, key: str) -> Column:
        """The column of a metadata key; an empty one for a key that no item holds.

        Args:
            key: Metadata key.
        """
        column = self._columns.get(key)
        return column if column is not None else Column(len(self))

    def field(self, name: str) -> Column:
        """The column of an item field.

        Args:
            name: One of `FIELDS`.
        """
        return self._fields[name]

    def value(self, row: int, key: str) -> Value:
        """Stored value of one metadata key of one item.

        Args:
            row: Row position.
            key: Metadata key.
        """
        column = self._columns.get(key)
        return ABSENT if column is None else column.value(row)

    def name(self, uuid: str) -> str:
        """Name of an item, or its uuid where it has none or is not in the table.

        Args:
            uuid: Lower-case item uuid.
        """
        row = self._rows.get(uuid)
        name = self._fields["name"].value(row) if row is not None else None
        return name if isinstance(name, str) else uuid

    def metadata(self, row: int) -> dict[str, Json]:
        """The metadata of one item as a dictionary.

        Args:
            row: Row position.
        """
        found = ((key, column.value(row)) for key, column in self._columns.items())
        return {key: value for key, value in found if value is not ABSENT}

    def expect(self, rows: int) -> None:
        """Make room at once for all items that will be appended.

        Args:
            rows: How many items there will be; no promise.
        """
        self._room = min(rows, _MOST_ROOM)

    def append(self, batch: ItemBatch) -> Rows:
        """Add the items that are not in the table yet.

        Args:
            batch: Items from the wire.

        Returns:
            The rows of the new items (int64), in the order of the batch.
        """
        if len(set(batch.uuids)) < len(batch) or not self._rows.keys().isdisjoint(batch.uuids):
            fresh: dict[str, int] = {}
            for position, uuid in enumerate(batch.uuids):
                if uuid not in self._rows:
                    fresh.setdefault(uuid, position)
            batch = batch.take(list(fresh.values()))
        start = len(self.uuids)
        self.uuids.extend(batch.uuids)
        self._rows.update(zip(batch.uuids, range(start, len(self.uuids)), strict=True))
        for column in (*self._fields.values(), *self._columns.values()):
            column.grow(len(self.uuids), self._room)
        rows = np.arange(start, len(self.uuids), dtype=np.int64)
        self._write(rows, batch)
        return rows

    def fill(self, uuids: list[str], fields: Mapping[str, Column], columns: Mapping[str, Column]) -> None:
        """Take over whole columns, while the table is empty.

        Args:
            uuids: Uuid of every item, lower case.
            fields: Column of every item field.
            columns: Columns of metadata keys.

        Raises:
            ValueError: If the table is not empty, or the columns do not belong together.
        """
        rows = {uuid: row for row, uuid in enumerate(uuids)}
        lengths = {len(rows), *map(len, (*fields.values(), *columns.values()))}
        if self.uuids or lengths != {len(uuids)} or fields.keys() != self._fields.keys():
            raise ValueError("these columns make no table")
        self.uuids.extend(uuids)
        self._rows = rows
        self._fields.update(fields)
        self._columns.update(columns)

    def take_over(self, other: ItemTable) -> None:
        """Become as another table, which is not used any more, while this one is empty.

        Args:
            other: The other table.

        Raises:
            ValueError: If this one is not empty.
        """
        if self.uuids:
            raise ValueError("this table holds items already")
        self.uuids.extend(other.uuids)
        self._rows, self._fields, self._columns = other._rows, other._fields, other._columns
        self._prints = other._prints

    def write(self, batch: ItemBatch) -> Replaced:
        """Replace fields and metadata of items that are in the table; others are passed over.

        What is the same already is left alone, so that nothing that was worked out from it has to be done again.

        Args:
            batch: Items from the wire.

        Returns:
            What was there before.
        """
        places = {uuid: place for place, uuid in enumerate(batch.uuids) if uuid in self._rows}
        if len(places) < len(batch):
            batch = batch.take(list(places.values()))
        rows, replaced = self.rows_of(batch.uuids), Replaced()
        if not len(rows):
            return replaced
        for name, values in batch.fields.items():
            if write_moved(self._fields[name], rows, values) is not None:
                replaced.any = True
        for key, there, values in self._moving(rows, batch):
            before = write_moved(self._column(key), there, values)
            if before is not None:
                replaced.any = True
                if len(before[0]):
                    replaced.keys[key] = before
        return replaced

    def _moving(self, rows: Rows, batch: ItemBatch) -> Iterator[tuple[str, Rows, list[Value]]]:
        """By key, the cells that may hold something else now, with what they are to hold; notes the fingerprints."""
        arriving, held = _prints_of(batch), self._prints.at(rows)
        moving = np.flatnonzero((arriving != held) | (arriving == UNKNOWN))
        whole: list[int] = []
        few: dict[str, tuple[list[int], list[Value]]] = defaultdict(lambda: ([], []))
        for place, known in zip(moving.tolist(), held[moving].tolist(), strict=True):
            edited = batch.edited.get(batch.uuids[place])
            if edited is None or edited.fingerprint != known or known == UNKNOWN:
                whole.append(place)
                continue
            for key in edited.keys:
                value = batch.metadata[place].get(key, ABSENT)
                if value is not ABSENT or key in self._columns:
                    few[key][0].append(place)
                    few[key][1].append(value)
        others = rows[whole]
        found = _by_key([batch.metadata[place] for place in whole])
        for key in dict.fromkeys((*(self._columns if whole else ()), *found, *few)):
            column = self._column(key)
            positions, values = found.get(key, (_NOWHERE, []))
            without = np.delete(others, positions)
            gone = without[column.tags[without] != Tag.ABSENT]
            places, edits = few.get(key, ([], []))
            there = np.concatenate([others[positions], gone, rows[places]])
            if len(there):
                yield key, there, [*values, *repeat(ABSENT, len(gone)), *edits]
        self._prints.write(rows, arriving)

    def _column(self, key: str) -> Column:
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = Column(len(self.uuids))
        return column

    def _write(self, rows: Rows, batch: ItemBatch) -> None:
        if not len(rows):
            return
        for name, values in batch.fields.items():
            self._fields[name].write(rows, values)
        for key, (places, values) in _by_key(batch.metadata).items():
            self._column(key).write(rows[places], values)
        self._prints.write(rows, _prints_of(batch))


def _prints_of(batch: ItemBatch) -> npt.NDArray[np.int64]:
    return np.array(batch.fingerprints or np.full(len(batch), UNKNOWN), dtype=np.int64)


def _by_key(metadata: Sequence[dict[str, Json]]) -> dict[str, tuple[Rows, list[Value]]]:
    """Places of the items that hold a key, and its values there, for all keys in first-seen order.

    Items that hold the same keys, as most of a page do, are taken apart together: a step for each key, not each cell.
    """
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, keys in enumerate(map(tuple, metadata)):
        alike[keys].append(place)
    values: dict[str, list[Value]] = defaultdict(list)
    holders: dict[str, list[int]] = defaultdict(list)
    for number, (keys, places) in enumerate(alike.items()):
        columns = zip(*(metadata[place].values() for place in places), strict=True)
        for key, cells in zip(keys, columns, strict=True):
            values[key].extend(cells)
            holders[key].append(number)
    order = np.fromiter(chain.from_iterable(alike.values()), dtype=np.int64, count=len(metadata))
    sizes = list(map(len, alike.values()))
    found = {}
    for key, column in values.items():
        if len(column) == len(order):
            found[key] = order, column
            continue
        holds = np.zeros(len(sizes), dtype=np.bool_)
        holds[holders[key]] = True
        found[key] = order[np.repeat(holds, sizes)], column
    return found


_MOST_ROOM: Final = 5_000_000  # a server that miscounts costs no more than this
_NOWHERE: Final[Rows] = np.empty(0, dtype=np.int64)
