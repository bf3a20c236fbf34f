"""The organisation's metadata schema: typed keys, and its faces as wire, JSON, YAML and pydantic model.

Mirrors the wire of `organisation/client-metadata-schema-v2` (Encord API, metadata schema).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata import schema_infer, schema_model, schema_text
from encord_widgets.metadata.schema_types import KeyType, Kind
from encord_widgets.metadata.values import ABSENT, Json, Value, loads, shown

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import BaseModel

__all__ = ["KeyType", "Kind", "MetadataSchema"]


class MetadataSchema(Mapping[str, KeyType]):
    """The typed keys of the organisation, read-only.

    Args:
        types: Type of every key, in the server's order.

    Example:
        >>> schema = MetadataSchema.from_wire({"lux": {"ty": "variant", "hint": "number"}})
        >>> schema.misfit("lux", "100").reason
        "expected a number, got '100' (text)."
    """

    def __init__(self, types: Mapping[str, KeyType] | None = None) -> None:
        self._types = dict(types or {})

    @classmethod
    def from_wire(cls, wire: Mapping[str, Json] | None) -> MetadataSchema:
        """Read the wire's map from key to type object; null means that there is no schema yet.

        Args:
            wire: Answer of `GET organisation/client-metadata-schema-v2`.
        """
        return cls({key: KeyType.from_wire(ty) for key, ty in (wire or {}).items()})

    def to_wire(self) -> dict[str, Json]:
        """The map as it came, with every unknown type and field."""
        return {key: ty.to_wire() for key, ty in self._types.items()}

    @classmethod
    def from_json(cls, text: str | bytes) -> MetadataSchema:
        """Read a schema from JSON, as `to_json` writes it; so does `repr` of the schema of Encord's SDK.

        Args:
            text: JSON text of a map from key to type object.

        Raises:
            InvalidInputError: If it is none.
        """
        return MetadataSchema(schema_text.from_json(text))

    def to_json(self) -> str:
        """The map of the wire as indented JSON, for a file that people review."""
        return schema_text.to_json_text(self.to_wire())

    @classmethod
    def from_yaml(cls, text: str | bytes) -> MetadataSchema:
        """Read a schema from YAML, as `to_yaml` writes it.

        Args:
            text: YAML text of a map from key to type object.

        Raises:
            InvalidInputError: If it is none, or something in it is not the text that it looks like.

        Example:
            >>> MetadataSchema.from_yaml("lux: {ty: variant, hint: number}")
            MetadataSchema(lux: number)
        """
        return MetadataSchema(schema_text.from_yaml(text))

    def to_yaml(self) -> str:
        """The map of the wire as YAML, for a file that people edit."""
        return schema_text.to_yaml(self.to_wire())

    def to_model(self, name: str = "Metadata") -> type[BaseModel]:
        """A pydantic model class that validates the metadata of one item, by the same rules as staging an edit.

        Each live key is a field, which may be left out or null; deleted keys and keys outside of the schema pass.
        Fields are named after their keys (`captured_at` for `captured at`), and filled by key or by name.

        Args:
            name: Name of the class.

        Example:
            >>> Metadata = MetadataSchema({"captured at": KeyType("datetime")}).to_model()
            >>> Metadata.model_validate({"captured at": "2024-02-24", "other": 1}).captured_at
            '2024-02-24'
        """
        return schema_model.model_of(self, name)

    @classmethod
    def infer(cls, data: pd.DataFrame | Iterable[Mapping[str, object]]) -> MetadataSchema:
        """The schema that fits some metadata: for each key the type that fits most of its values.

        Text stays text, also where it spells a number. Stage the result with `client.schema.stage(...)`.

        Args:
            data: A DataFrame with a column for each key, such as `items.frame` (columns named like item fields are
                passed over), or metadata dictionaries.

        Raises:
            InvalidInputError: If it is neither, or a key cannot stand in a schema.

        Example:
            >>> MetadataSchema.infer([{"lux": 3}, {"lux": 4.5, "reviewed": True}])
            MetadataSchema(lux: number, reviewed: boolean)
        """
        return MetadataSchema(schema_infer.infer_types(data))

    def __getitem__(self, key: str) -> KeyType:
        return self._types[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def __repr__(self) -> str:
        return f"MetadataSchema({', '.join(f'{key}: {ty.label}' for key, ty in self._types.items())})"

    def misfit(self, key: str, value: Value) -> Problem | None:
        """Why a value does not fit its key, or None. Keys outside the schema take anything.

        Args:
            key: Metadata key.
            value: A JSON value or `ABSENT`.
        """
        ty = self._types.get(key)
        return ty.misfit(value) if ty else None

    def parse_text(self, key: str, text: str, current: Value = ABSENT) -> Json:
        """Turn text typed into a cell into a value.

        Keys of the schema parse by their type. Other keys keep the kind of the value they hold now, and are
        text when they hold none.

        Args:
            key: Metadata key.
            text: What the user typed.
            current: The value the cell holds now.

        Returns:
            The value to stage.

        Raises:
            InvalidInputError: Naming the key, what was expected and what came.
        """
        ty = self._types.get(key)
        try:
            return ty.parse(text) if ty else _as_before(text, current)
        except ValueError as error:
            raise InvalidInputError([Problem(key=key, expected=str(error), got=shown(text))]) from None


def _as_before(text: str, current: Value) -> Json:
    if isinstance(current, bool):
        return KeyType("boolean").parse(text)
    if isinstance(current, (int, float)):
        return KeyType("number").parse(text)
    if isinstance(current, (list, dict)):
        try:
            return loads(text)
        except ValueError as error:
            raise ValueError(f"JSON ({error})") from None
    return text
