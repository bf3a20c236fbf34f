"""Items of the reference as the columns that the engine looks at, and writes to them."""

from __future__ import annotations

import datetime as dt

import numpy as np

from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.filters.subjects import FILTER_FIELDS
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import ABSENT
from tests.metadata.filters.reference import NOW, Item

SCHEMA = MetadataSchema.from_wire(
    {
        "weather": {"ty": "enum", "values": ["rain", "fog"]},
        "lux": {"ty": "variant", "hint": "number"},
        "captured at": {"ty": "variant", "hint": "datetime"},
        "place": {"ty": "geospatial"},
        "vector": {"ty": "embedding", "size": 2},
        "name": {"ty": "varchar", "max_length": 3},
        "mixed": {"ty": "variant", "hint": "uuid"},
    }
)


class ItemColumns:
    """The `FilterSource` of some items; it counts how often a column is handed out."""

    def __init__(self, items: list[Item], now: dt.datetime = NOW, schema: MetadataSchema = SCHEMA) -> None:
        self.items: list[Item] = []
        self.now = now
        self.schema = schema
        self.looks: list[str] = []
        self._columns: dict[str, Column] = {}
        self._states = 0
        self.append(items)

    def append(self, items: list[Item]) -> None:
        start = len(self.items)
        self.items += items
        for column in self._columns.values():
            column.grow(len(self.items))
        for column_id in {column_id for item in items for column_id in self.ids(item)}:
            rows = np.arange(start, len(self.items))
            self._column(column_id).write(rows, [item.value(column_id) for item in items])
        self._states += 1

    def write(self, row: int, column_id: str, value: object) -> None:
        """Set one value, in the columns and in the items."""
        item = self.items[row]
        kind, _, name = column_id.partition(":")
        values = dict(item.metadata if kind == "key" else item.fields)
        values[name] = value
        values = {k: v for k, v in values.items() if v is not ABSENT}
        self.items[row] = (
            Item(item.uuid, values, item.fields, item.states)
            if kind == "key"
            else Item(item.uuid, item.metadata, values, item.states)
        )
        self._column(column_id).write(np.array([row]), [value])

    def set_states(self, row: int, states: frozenset[str]) -> None:
        item = self.items[row]
        self.items[row] = Item(item.uuid, item.metadata, item.fields, states)
        self._states += 1

    @staticmethod
    def ids(item: Item) -> set[str]:
        keys = {f"key:{key}" for key in item.metadata}
        return keys | {f"field:{name}" for name in (*item.fields, "uuid")}

    def _column(self, column_id: str) -> Column:
        if column_id not in self._columns:
            self._columns[column_id] = Column(len(self.items))
        return self._columns[column_id]

    def __len__(self) -> int:
        return len(self.items)

    def column(self, column_id: str) -> Column:
        assert column_id.startswith("key:") or column_id.removeprefix("field:") in FILTER_FIELDS
        self.looks.append(column_id)
        return self._column(column_id)

    def version(self, column_id: str) -> object:
        return self._states if column_id.startswith("state:") else self._column(column_id).version

    def changed_rows(self, column_id: str, since: object):
        assert isinstance(since, int)
        return self._column(column_id).changed_rows(since)

    def state(self, name: str):
        return np.array([row for row, item in enumerate(self.items) if name in item.states], dtype=np.int64)

    def type_of(self, key: str):
        return self.schema.get(key)

    def row_of(self, uuid: str) -> int | None:
        return next((row for row, item in enumerate(self.items) if item.uuid == uuid), None)
