"""The items of one source as columns: item fields and metadata keys, filled page by page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

import numpy as np

from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.values import ABSENT, Json, Value

__all__ = ["FIELDS", "ItemBatch", "ItemProblem", "ItemTable"]

FIELDS: Final = (
    "name",
    "item_type",
    "description",
    "created_at",
    "last_edited_at",
    "mime_type",
    "file_size",
    "width",
    "height",
    "duration",
    "fps",
    "frame_count",
    "parent",
    "storage_location",
    "is_tombstone",
    "backed_data_units_count",
)
"""Fields of an item that the table keeps, in Encord's names (snake case)."""


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


@dataclass(slots=True)
class ItemBatch:
    """Items as they leave the wire: one list a field, one metadata dictionary an item.

    Args:
        uuids: Uuid of every item, lower case.
        fields: Values of each field of `FIELDS` that occurs, one for every item.
        metadata: Client metadata of every item.
        problems: Items that could not be read.
        missing: Uuids that were asked for and not answered.

    Example:
        >>> ItemBatch(uuids=["8ad5"], fields={"name": ["a.png"]}, metadata=[{"lux": 4}]).uuids
        ['8ad5']
    """

    uuids: list[str] = field(default_factory=list)
    fields: dict[str, list[Value]] = field(default_factory=dict)
    metadata: list[dict[str, Json]] = field(default_factory=list)
    problems: list[ItemProblem] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

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
        )


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
            column.grow(len(self.uuids))
        rows = np.arange(start, len(self.uuids), dtype=np.int64)
        self._write(rows, batch)
        return rows

    def write(self, batch: ItemBatch) -> Rows:
        """Replace fields and metadata of items that are in the table; others are passed over.

        Args:
            batch: Items from the wire.

        Returns:
            The rows that were written (int64).
        """
        known = [i for i, uuid in enumerate(batch.uuids) if uuid in self._rows]
        if len(known) < len(batch):
            batch = batch.take(known)
        rows = self.rows_of(batch.uuids)
        held = _keys(batch.metadata)
        for key, column in self._columns.items():
            if key not in held and column.tags[rows].any():
                column.write(rows, [ABSENT] * len(rows))
        self._write(rows, batch)
        return rows

    def _write(self, rows: Rows, batch: ItemBatch) -> None:
        if not len(rows):
            return
        for name, values in batch.fields.items():
            self._fields[name].write(rows, values)
        for key in _keys(batch.metadata):
            column = self._columns.get(key)
            if column is None:
                column = self._columns[key] = Column(len(self.uuids))
            column.write(rows, list(map(dict.get, batch.metadata, repeat(key), repeat(ABSENT))))


def _keys(metadata: Sequence[Mapping[str, Json]]) -> dict[str, None]:
    """All keys, in first-seen order."""
    sets = dict.fromkeys(map(tuple, metadata))  # most items of a page hold the same keys
    return dict.fromkeys(key for keys in sets for key in keys)
