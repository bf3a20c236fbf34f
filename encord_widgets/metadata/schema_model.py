"""The schema as a pydantic model class, which validates metadata in user code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.values import Json, to_json

__all__ = ["model_of"]

_JSON_TYPES: Final[Mapping[str, dict[str, Any]]] = {
    "number": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "varchar": {"type": ["string", "null"]},
    "text": {"type": ["string", "null"]},
    "user": {"type": ["string", "null"]},
    "datetime": {"type": ["string", "null"]},
    "uuid": {"type": ["string", "null"]},
    "embedding": {"type": ["array", "null"], "items": {"type": "number"}},
    "geospatial": {"type": ["object", "null"], "required": ["latitude", "longitude"]},
}


def model_of(types: Mapping[str, KeyType], name: str) -> type[BaseModel]:
    """A model with one field for each live key; every field may be left out or null, other keys pass as they are.

    Args:
        types: Types by key.
        name: Name of the class.
    """
    fields: dict[str, Any] = {}
    for key, ty in types.items():
        if ty.kind in {"deleted", "unknown"}:
            continue
        shape: dict[str, Any] = (
            {"enum": [*ty.options, None]} if ty.kind == "enum" else dict(_JSON_TYPES[ty.kind])
        )
        checked = Annotated[Any, BeforeValidator(_check(ty))]
        field = Field(default=None, alias=key, title=key, description=ty.label, json_schema_extra=shape)
        fields[_field_name(key, fields)] = (checked, field)
    config = ConfigDict(
        extra="allow", populate_by_name=True, protected_namespaces=(), validate_assignment=True
    )
    return create_model(name, __config__=config, **fields)


def _check(ty: KeyType) -> Any:
    def check(value: object) -> Json:
        try:
            plain = to_json(value)
        except InvalidInputError as error:
            raise ValueError("; ".join(problem.reason for problem in error.problems)) from None
        problem = ty.misfit(plain)
        if problem is not None:
            raise ValueError(problem.reason)
        return plain

    return check


def _field_name(key: str, taken: Mapping[str, object]) -> str:
    """A Python name for a key: `captured_at` for `captured at`."""
    name = re.sub(r"\W", "_", key).strip("_") or "key"
    if name[0].isdigit() or keyword.iskeyword(name) or hasattr(BaseModel, name):
        name = f"key_{name}"
    while name in taken:
        name += "_"
    return name
