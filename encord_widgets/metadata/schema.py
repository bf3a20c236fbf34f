"""The organisation's metadata schema: typed keys, and its faces as wire, JSON, YAML and pydantic model.

Mirrors the wire of `organisation/client-metadata-schema-v2` (Encord API, metadata schema).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.schema_types import KeyType, Kind
from encord_widgets.metadata.values import ABSENT, Json, Value, loads, shown

if TYPE_CHECKING:
    pass

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
