"""What a filter builder offers: columns with the operators that make sense for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from encord_widgets.metadata.filters.operators import OPERATORS, operators_for
from encord_widgets.metadata.filters.subjects import FILTER_FIELDS, STATES
from encord_widgets.metadata.schema import Kind
from encord_widgets.widgets.grid_columns import RESERVED, columns_of

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["columns_to_wire", "operators_to_wire"]

_FIRST: Final = {
    "enum": "in",
    "number": "between",
    "datetime": "between",
    "varchar": "contains",
    "text": "contains",
    "geospatial": "in_box",
    "embedding": "nearest",
}
_NO_FACET: Final = frozenset({"geospatial", "embedding", "json", "state"})
_FEW: Final = 30


def columns_to_wire(items: ItemSet) -> list[dict[str, Any]]:
    """Every column that a rule can ask about: metadata keys, item fields, states.

    Args:
        items: The items; hold their lock.
    """
    # The keys in the order of the grid, then all fields.
    keys = [one for one in columns_of(items) if one.kind == "key" and one.name != RESERVED]
    fields = columns_of(items, [f"field:{name}" for name in FILTER_FIELDS])
    found = []
    for one in (*keys, *fields):
        type_, options = one.type, list(one.key_type.options) if one.key_type else []
        if one.id == "field:has_children":
            type_ = "boolean"
        elif one.id == "field:uuid":
            type_ = "uuid"
        elif one.id == "field:item_type":
            type_, options = "enum", _texts(items, "item_type")
        found.append(
            {
                "id": one.id,
                "label": one.name,
                "kind": one.kind,
                "type": type_,
                "type_label": one.type_label,
                "options": options,
                "ops": _operators(type_, field=one.kind == "field"),
                "facet": type_ not in _NO_FACET,
            }
        )
    states = [
        {
            "id": f"state:{name}",
            "label": name,
            "kind": "state",
            "type": "state",
            "type_label": "state of the item",
            "options": [],
            "ops": ["is"],
            "facet": False,
        }
        for name in STATES
    ]
    return [*found, *states]


def operators_to_wire() -> list[dict[str, Any]]:
    """Every operator, as the browser draws its inputs."""
    return [cast("dict[str, Any]", operator.to_json()) for operator in OPERATORS.values()]


def _operators(type_: str, *, field: bool) -> list[str]:
    known = type_ in get_args(Kind) and type_ not in {"deleted", "unknown"}
    names = [one.name for one in operators_for(cast("Kind", type_) if known else None)]
    if field:  # the schema is about keys
        names.remove("misfit")
    first = _FIRST.get(type_)
    return [first, *(name for name in names if name != first)] if first in names else names


def _texts(items: ItemSet, field: str) -> list[str]:
    texts = items.table.field(field).texts
    return sorted(texts) if len(texts) <= _FEW else []
