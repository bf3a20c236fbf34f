"""What one cell holds, what a commit would send, and what a text would become. No widget in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from encord_widgets.metadata.staging import CellEdit, read_edits
from encord_widgets.metadata.values import Absent, Value, compact

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet
    from encord_widgets.widgets.grid_columns import GridColumn
    from encord_widgets.widgets.grid_view import GridView

__all__ = ["cell_facts", "checked"]


def cell_facts(items: ItemSet, column: GridColumn, item: str, value: Value, view: GridView) -> dict[str, Any]:
    """Everything about one cell, as the browser shows it on demand.

    Args:
        items: The items; hold their lock.
        column: Its column.
        item: Item uuid, lower case.
        value: What the cell shows: staged, or else stored.
        view: The view that it is in.
    """
    verdict = view.verdict(item, column)
    staged = items.changes.get(item, column.name) if column.kind == "key" else None
    return {
        "json": _json(value),
        "absent": isinstance(value, Absent),
        "read": _json(staged.base if staged else value),
        "held": _held(staged.base if staged else value),
        "type": column.type,
        "type_label": column.type_label,
        "hint": column.hint,
        "item": item,
        "name": items.table.name(item) or "",
        "sends": _sends(column, staged.after) if staged else None,
        "state": verdict.status if verdict else None,
        "note": verdict.note if verdict and verdict.note else None,
    }


def checked(items: ItemSet, edit: CellEdit) -> dict[str, Any]:
    """What a text would become if it was staged; nothing is.

    Args:
        items: The items; hold their lock.
        edit: What is being typed.

    Returns:
        `json` as it would be sent, empty for a key that goes; or the `reason` why it would be refused.
    """
    changes, (result,) = read_edits([edit], items.table, items.schema, items.changes)
    after = [change.after for change in changes]
    return {"json": _json(after[0]) if after else "", "reason": result.reason}


def _json(value: Value) -> str:
    return "" if isinstance(value, Absent) else compact(value)


def _held(value: Value) -> str:
    """The stored JSON type, in a word; empty for an absent key."""
    if isinstance(value, Absent):
        return ""
    names = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return names.get(type(value), "null")


def _sends(column: GridColumn, after: Value) -> str:
    if isinstance(after, Absent):
        return f"the metadata without the key {compact(column.name)}"
    return f"{compact(column.name)}: {compact(after)}"
