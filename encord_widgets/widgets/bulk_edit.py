"""Bulk edits from the grid: what would happen is shown first, and exactly that is staged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_bulk import BulkEdits, PickedItems
from encord_widgets.metadata.bulk_operations import SetValue
from encord_widgets.metadata.columns import Column, Tag
from encord_widgets.metadata.values import ABSENT, Value, shown
from encord_widgets.widgets._requests import Answer, BadRequestError, Handler, Later, Params, StaleError
from encord_widgets.widgets.cells import encode
from encord_widgets.widgets.grid_columns import refusal

if TYPE_CHECKING:
    from encord_widgets.item_bulk_edit import BulkCell, BulkEdit, BulkPreview
    from encord_widgets.item_filter import Selected
    from encord_widgets.item_set import ItemSet
    from encord_widgets.widgets.grid_view import GridView

__all__ = ["BulkDialog", "edit_of"]

_SHOWN: Final = 10
_LISTED: Final = 200
_REASONS: Final = 5
_RULES: Final = frozenset({"set", "clear", "unset"})
_NUMBERS: Final = frozenset({Tag.INT, Tag.FLOAT, Tag.BIG_INT})
_BOOLEANS: Final = frozenset({Tag.FALSE, Tag.TRUE})


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was looked at last: only that can be staged."""

    id: int
    edit: BulkEdit
    preview: BulkPreview
    rule: Selected | None

    @property
    def python(self) -> str:
        """The code that stages it."""
        if self.rule is None:
            return f"{self.edit.python}.stage()"
        said = {key: "ew.ABSENT" if value is ABSENT else repr(value) for key, value in self.values.items()}
        return (
            f"{self.rule.python}.stage({{{', '.join(f'{key!r}: {value}' for key, value in said.items())}}})"
        )

    @property
    def values(self) -> dict[str, Value]:
        """What a rule sets."""
        operation = self.edit.operation
        return {operation.key: operation.value} if isinstance(operation, SetValue) else {}

    def stage(self) -> BulkPreview:
        """Stage it, as it was looked at."""
        if self.rule is None:
            return self.edit.stage(self.preview)
        self.edit.check(self.preview)
        self.rule.stage(self.values)
        self.preview.staged = True
        return self.preview


class BulkDialog:
    """The requests of the dialog for bulk edits.

    Args:
        items: The items.
        view: What the grid shows; rows are named by their place in it, and by the order that they were seen in.
        publish: Brings the grid up to date after staging.
        selected: Gives the selected items, where the page does not name their rows.
    """

    def __init__(
        self,
        items: ItemSet,
        view: GridView,
        publish: Callable[[], object],
        selected: Callable[[], list[str]] | None = None,
    ) -> None:
        self._items = items
        self._view = view
        self._publish = publish
        self._selected = selected
        self._lock = threading.Lock()
        self._ids = count(1)
        self._last: _Looked | None = None

    def handlers(self) -> dict[str, Handler]:
        """What answers each request."""
        return {
            "bulk_keys": self._keys,
            "bulk_preview": self._preview,
            "bulk_stage": self._stage,
            "bulk_forget": self._forget,
        }

    def _keys(self, _: Params) -> Answer:
        """Keys that can be edited, and their types; those of the schema that no item holds too."""
        with self._items.lock:
            schema = self._items.schema
            held = dict.fromkeys([*schema, *self._items.table.keys])
        found = [
            {
                "key": key,
                "type": schema[key].kind if key in schema else "",
                "type_label": schema[key].label if key in schema else "not in the schema",
                "options": list(schema[key].options) if key in schema else [],
            }
            for key in held
            if not refusal(key) and not (key in schema and schema[key].kind == "deleted")
        ]
        return Answer({"keys": found})

    def _preview(self, params: Params) -> Later:
        asked, rule = Params(params.raw("edit")), None
        scope: BulkEdits = self._picked(params)
        if params.flag("rule"):
            if asked.text("operation") not in _RULES:
                raise BadRequestError(f"a rule can be to {', '.join(sorted(_RULES))}.")
            # A rule goes by the filter, also where rows stay in view that it matches no more.
            scope = rule = self._items.where(self._items.filter)
        edit = edit_of(asked, scope, self._items)

        def work() -> Answer:
            preview = edit.preview()
            with self._lock:
                looked = self._last = _Looked(next(self._ids), edit, preview, rule)
            return Answer({"id": looked.id, "python": looked.python, **_to_wire(preview)})

        return Later(work)

    def _stage(self, params: Params) -> Later:
        with self._lock:
            last = self._last
        if last is None or last.id != params.whole("id"):
            raise StaleError("Another bulk edit was looked at meanwhile. Look again, then stage.")

        def work() -> Answer:
            done = last.stage()
            self._publish()
            with self._lock:
                self._last = None
            listed = {"listed": [_cell(cell) for cell in done.first_refused(_LISTED)]}
            return Answer({"generation": self._view.generation, **_to_wire(done), **listed})

        return Later(work)

    def _forget(self, _: Params) -> Answer:
        """The dialog is closed."""
        with self._lock:
            self._last = None
        return Answer()

    def _picked(self, params: Params) -> PickedItems:
        """The rows that the user saw at these places; refused when rows moved since."""
        first, last = params.span("rows")
        with self._items.lock:
            if self._selected is not None and params.has("selected"):
                chosen = self._items.table.rows_of(self._selected())
                return PickedItems(self._items, lambda: chosen, "items.pick(grid.selection)")
            if params.whole("order") != self._view.place or last > len(self._view.order):
                raise StaleError("The rows were arranged anew meanwhile. Close this, look, and choose again.")
            rows, everything = self._view.order[first:last], len(self._view.order)
            plain = last - first == everything and self._view.arrangement.plain
        said = "items.bulk" if plain else "items.pick(grid.selection)"
        return PickedItems(self._items, lambda: rows, said)


def edit_of(asked: Params, scope: BulkEdits, items: ItemSet) -> BulkEdit:
    """The edit that the dialog asks for.

    Args:
        asked: Its `operation`, `key` and the fields of that operation.
        scope: The items.
        items: The item set, for the types of keys.

    Raises:
        BadRequestError: If there is no such operation, or a field is missing.
        InvalidInputError: If what the user typed does not do.
    """
    operation = asked.text("operation")
    make = _MAKERS.get(operation)
    if make is None:
        raise BadRequestError(f"a bulk edit can be {', '.join(_MAKERS)}, not {shown(operation)}.")
    key = _key(asked.text("key"))
    return make(asked, scope, key, items)


def _set(asked: Params, scope: BulkEdits, key: str, items: ItemSet) -> BulkEdit:
    with items.lock:
        schema, alike = items.schema, _alike(items.effective.column(key))
    return scope.set(key, schema.parse_text(key, asked.text("value"), alike))


def _fill_down(asked: Params, scope: BulkEdits, key: str, _: ItemSet) -> BulkEdit:
    over: Any = asked.text("fill")
    return scope.fill_down(key, over=over)


def _replace(asked: Params, scope: BulkEdits, key: str, _: ItemSet) -> BulkEdit:
    return scope.replace(
        key,
        asked.text("find"),
        asked.text("replacement"),
        regex=asked.flag("regex"),
        any_case=asked.flag("any_case"),
        whole=asked.flag("whole"),
    )


def _copy(asked: Params, scope: BulkEdits, key: str, _: ItemSet) -> BulkEdit:
    return scope.copy_key(key, _key(asked.text("into")), over=asked.flag("over"))


def _rename(asked: Params, scope: BulkEdits, key: str, _: ItemSet) -> BulkEdit:
    return scope.rename_key(key, _key(asked.text("into")), over=asked.flag("over"))


def _split(asked: Params, scope: BulkEdits, key: str, _: ItemSet) -> BulkEdit:
    into = [_key(part.strip()) for part in asked.text("into").split(",") if part.strip()]
    return scope.split(key, asked.text("separator"), into, over=asked.flag("over"))


_Maker = Callable[[Params, BulkEdits, str, "ItemSet"], "BulkEdit"]
_MAKERS: Final[Mapping[str, _Maker]] = {
    "set": _set,
    "clear": lambda _, scope, key, __: scope.clear(key),
    "unset": lambda _, scope, key, __: scope.unset(key),
    "fill_down": _fill_down,
    "replace": _replace,
    "copy_key": _copy,
    "rename_key": _rename,
    "map": lambda asked, scope, key, _: scope.map(key, asked.text("expression")),
    "combine": lambda asked, scope, key, _: scope.combine(
        key, asked.text("template"), over=asked.flag("over")
    ),
    "split": _split,
}


def _key(key: str) -> str:
    if not key.strip():
        raise InvalidInputError([Problem("a metadata key", "nothing")])
    reason = refusal(key)
    if reason:
        raise InvalidInputError([Problem("another key", shown(key), hint=reason)])
    return key


def _alike(column: Column) -> Value:
    """A value of the kind that a column outside the schema holds throughout; absent when it is text or mixed."""
    found = set(np.flatnonzero(np.bincount(column.tags, minlength=1)).tolist()) - {Tag.ABSENT, Tag.NULL}
    if found and found <= _NUMBERS:
        return 0
    return False if found and found <= _BOOLEANS else ABSENT


def _to_wire(preview: BulkPreview) -> dict[str, Any]:
    reasons = list(preview.reasons.items())
    return {
        "text": preview.text,
        "items": preview.items,
        "cells": preview.cells,
        "unchanged": preview.unchanged,
        "refused": preview.refused_items,
        "sample": [_cell(cell) for cell in preview.sample[:_SHOWN]],
        "listed": [_cell(cell) for cell in preview.first_refused(_SHOWN)],
        "reasons": [{"reason": reason, "count": count} for reason, count in reasons[:_REASONS]],
        "more_reasons": max(0, len(reasons) - _REASONS),
    }


def _cell(cell: BulkCell) -> dict[str, Any]:
    return {
        "item": cell.item,
        "name": cell.name,
        "key": cell.key,
        "before": encode(cell.before),
        "after": encode(cell.after),
        "reason": cell.reason,
    }
