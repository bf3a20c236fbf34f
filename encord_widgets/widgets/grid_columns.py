"""Which columns a grid shows, and how each is described to the browser."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.columns import Column, Tag
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.items import ItemTable
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.values import shown

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["RESERVED", "GridColumn", "column_id", "columns_of", "columns_to_wire", "refusal", "unused_keys"]

RESERVED: Final = "$encord"
"""Key that Encord keeps frames, key frames and embeddings under; it travels through every edit unchanged."""

_DEFAULT_FIELDS: Final = ("name", "item_type")
_FIELD_TYPES: Final = {
    "created_at": "datetime",
    "last_edited_at": "datetime",
    "file_size": "number",
    "width": "number",
    "height": "number",
    "duration": "number",
    "fps": "number",
    "frame_count": "number",
    "backed_data_units_count": "number",
    "parent": "uuid",
    "is_tombstone": "boolean",
}
_WIDTHS: Final = {"number": 110, "boolean": 100, "enum": 140, "datetime": 210, "uuid": 290, "user": 190}
_FIELD_WIDTHS: Final = {"name": 240, "item_type": 120}
_WIDTH: Final = 200
_HINTS: Final = {
    "datetime": "ISO 8601 date or time; without a zone it counts as UTC",
    "uuid": "32 hexadecimal digits, such as 8ad58157-ca74-4ae4-8f37-a0193430bcac",
    "geospatial": "Latitude -90 to 90, longitude -180 to 180",
}
_NUMBER_HINTS: Final = {
    False: "64-bit float: up to ±1.8e308, whole numbers exact up to ±9,007,199,254,740,992",
    True: "32-bit float: up to ±3.4e38, about 7 digits",
}
_TAG_TYPES: Final = {
    Tag.FALSE: "boolean",
    Tag.TRUE: "boolean",
    Tag.INT: "number",
    Tag.FLOAT: "number",
    Tag.BIG_INT: "number",
    Tag.TEXT: "text",
    Tag.JSON: "json",
}


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One column of a grid.

    Args:
        id: `field:<name>` or `key:<key>`.
        name: Name of the field, or the key.
        kind: Whether it shows an item field or a metadata key.
        type: Kind of the key's type in the schema; for other columns what they hold, `mixed` for several kinds.
        type_label: The type in words.
        key_type: Type of the key in the schema, if it is there.
    """

    id: str
    name: str
    kind: Literal["field", "key"]
    type: str
    type_label: str
    key_type: KeyType | None = None

    @property
    def editable(self) -> bool:
        """Whether its cells can be edited."""
        return self.kind == "key" and not refusal(self.name)

    @property
    def width(self) -> int:
        """Width to begin with, in px."""
        least = _FIELD_WIDTHS.get(self.name, _WIDTHS.get(self.type, _WIDTH))
        return max(least, min(8 * len(self.name) + 44, _WIDTH))  # its name and the button beside it

    def column(self, table: ItemTable) -> Column:
        """Its values.

        Args:
            table: The items.
        """
        return table.field(self.name) if self.kind == "field" else table.column(self.name)

    @property
    def hint(self) -> str:
        """What its editor takes, in words; empty where the type says it all."""
        ty = self.key_type
        if ty is None or not self.editable:
            return ""
        if ty.kind == "number":
            return _NUMBER_HINTS[ty.single_precision]
        if ty.kind == "varchar":
            length = f"{ty.max_length:,}" if ty.max_length is not None else "8,192"
            return f"Text of at most {length} characters"
        if ty.kind == "embedding":
            return f"A JSON list of {f'{ty.size:,}' if ty.size else 'finite'} numbers"
        return _HINTS.get(ty.kind, "")

    def to_wire(self) -> dict[str, Any]:
        """The column as the browser is told about it; what its id or its type says is left out, and what is empty."""
        told: dict[str, Any] = {
            "id": self.id,
            "type": self.type,
            "type_label": self.type_label,
            "editable": self.editable,
            "width": self.width,
        }
        more = {"hint": self.hint, "options": list(self.key_type.options) if self.key_type else []}
        return told | {name: value for name, value in more.items() if value}


def columns_to_wire(columns: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Columns in few words: one that is like an earlier one in all but its id is told as the place of that one.

    Left out too is that a column of a key can be edited and one of a field cannot, and a type in words where it is
    the type itself.

    Args:
        columns: As `GridColumn.to_wire` tells them.

    Example:
        >>> number = {"type": "number", "type_label": "number", "editable": True, "width": 110}
        >>> columns_to_wire([{"id": "key:lux", **number}, {"id": "key:speed", **number}])
        [{'id': 'key:lux', 'type': 'number', 'width': 110}, {'id': 'key:speed', 'like': 0}]
    """
    first: dict[str, int] = {}
    told: list[dict[str, Any]] = []
    for place, column in enumerate(columns):
        kind = column["id"].partition(":")[0]
        like = first.setdefault(json.dumps({**column, "id": kind}), place)
        if like != place:
            told.append({"id": column["id"], "like": like})
            continue
        plain = {"type_label": column["type"], "editable": kind == "key"}
        told.append({name: value for name, value in column.items() if (name, value) not in plain.items()})
    return told


def refusal(key: str) -> str:
    """Why a metadata key cannot be edited in a grid; empty when it can.

    Args:
        key: Metadata key.
    """
    if key == RESERVED:
        return f"{RESERVED} belongs to Encord (frames, key frames, embeddings) and is not edited here."
    return ""


def columns_of(
    items: ItemSet, chosen: Sequence[str] | None = None, spare: Collection[str] = ()
) -> tuple[GridColumn, ...]:
    """The columns to show.

    By default the item's name and type, then the metadata keys: those of the schema that items hold, in its order,
    those of the schema that wait to be filled, and the others in the order they were met, `$encord` last.

    Args:
        items: The items.
        chosen: Ids of the columns to show instead.
        spare: Keys of the schema to leave among those that wait, although an item may hold them by now.
    """
    with items.lock:
        ids = chosen
        if ids is None:
            keys = dict.fromkeys([*items.table.keys, *items.changes.keys])
            waiting = {*unused_keys(items), *spare}
            typed = [key for key in items.schema if key in keys and key not in waiting]
            empty = [key for key in items.schema if key in waiting]
            others = sorted((key for key in keys if key not in items.schema), key=lambda key: key == RESERVED)
            ids = [f"field:{name}" for name in _DEFAULT_FIELDS]
            ids += [f"key:{key}" for key in (*typed, *empty, *others)]
        return tuple(_described(one, items.table, items.schema) for one in ids)


def unused_keys(items: ItemSet) -> frozenset[str]:
    """Keys of the schema that no item holds and that can be filled.

    Args:
        items: The items.
    """
    with items.lock:
        held = set(items.table.keys)
        return frozenset(
            key
            for key, ty in items.schema.items()
            if key not in held and ty.kind != "deleted" and not refusal(key)
        )


def column_id(name: str, items: ItemSet) -> str:
    """The id of a column that a user names.

    Args:
        name: An id (`field:width`, `key:weather`), or the bare name of an item field, else of a metadata key.
        items: The items.

    Raises:
        InvalidInputError: If there is no such column.
    """
    with items.lock:
        keys = {*items.table.keys, *items.schema, *items.changes.keys}
    known = {f"field:{field}" for field in FIELDS} | {f"key:{key}" for key in keys}
    for found in (name, f"field:{name}", f"key:{name}"):
        if found in known:
            return found
    close = difflib.get_close_matches(str(name), [*FIELDS, *keys], n=1)
    hint = f"Did you mean {close[0]!r}?" if close else "See items.frame.columns."
    raise InvalidInputError([Problem(expected="an item field or a metadata key", got=shown(name), hint=hint)])


def _described(one: str, table: ItemTable, schema: MetadataSchema) -> GridColumn:
    kind, _, name = one.partition(":")
    if kind == "field":
        ty = _FIELD_TYPES.get(name, "text")
        return GridColumn(one, name, "field", ty, "item field")
    key_type = schema.get(name)
    if key_type is not None:
        return GridColumn(one, name, "key", key_type.kind, key_type.label, key_type)
    held = _held(table.column(name))
    return GridColumn(one, name, "key", held, f"{held}, not in the schema")


def _held(column: Column) -> str:
    """What the cells of a column hold, in a word."""
    types = _only(_TAG_TYPES[tag] for tag in column.kinds if tag in _TAG_TYPES)
    if len(types) == 1:
        return types[0]
    return "mixed" if types else "text"


def _only(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
