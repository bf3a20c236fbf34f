"""What is edited in an inspector: values of metadata keys as in the grid, and single places of `$encord`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from encord_widgets.errors import EncordWidgetsError, InvalidInputError, Problem
from encord_widgets.metadata.encord_block import (
    DEPRECATED,
    KEY,
    EncordBlock,
    at_path,
    moved_keyframes,
    path_text,
    with_path,
)
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.staging import CellEdit
from encord_widgets.metadata.values import ABSENT, Absent, Value, compact, loads, shown
from encord_widgets.widgets._requests import Answer, BadRequestError, Handler, Params
from encord_widgets.widgets.cells import matches
from encord_widgets.widgets.inspector_rows import media_of

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["BlockEdits", "stage_value"]

_ACTIONS: Final = ("text", "json", "null", "unset")


def stage_value(target: tuple[ItemSet, str], params: Params) -> Answer:
    """Stage what was typed for a metadata key.

    Args:
        target: The set and the item.
        params: `key`, `action`, `text` and `before`, as of an edit in the grid.

    Raises:
        EncordWidgetsError: If it is refused, with the reason.
    """
    items, item = target
    key, before = params.text("key"), params.raw("before")
    if key == KEY:
        raise EncordWidgetsError(f"{KEY} is edited place by place, below.")
    if not key.strip() or key.startswith("$"):
        raise EncordWidgetsError(
            f"A metadata key is a text that does not begin with $ (those are Encord's own), got {shown(key)}."
        )
    edit = CellEdit(item, key, *_action(params), unchanged=lambda value: matches(before, value))
    _stage(items, [edit])
    return Answer()


class BlockEdits:
    """Requests that change one place of an item's `$encord`; everything else in it stays.

    Args:
        target: The set and the item that a request is about.
    """

    def __init__(self, target: Callable[[Params], tuple[ItemSet, str]]) -> None:
        self._target = target

    def handlers(self) -> dict[str, Handler]:
        """What answers each request."""
        return {
            "set_config": self._set_config,
            "add_frame": self._add_frame,
            "remove_frame": self._remove_frame,
            "edit_frame": self._edit_frame,
            "move_keyframes": self._move_keyframes,
        }

    def _set_config(self, params: Params) -> Answer:
        name, text = params.text("name"), params.text("text").strip()
        if name == "sampling_rate":
            setting = _number(text) if text else ABSENT
        elif name == "keyframe_mode":
            setting = text or ABSENT
        else:
            raise BadRequestError(f"there is no setting {shown(name)}.")
        return self._change(params, lambda block: block.with_config(**{name: setting}))

    def _add_frame(self, params: Params) -> Answer:
        label = params.text("label").strip()
        if not label:
            raise EncordWidgetsError("Type the frame to add: its number, or seconds.")

        def added(block: EncordBlock) -> EncordBlock:
            fresh = block.with_frames([label])
            if len(fresh.frames) == len(block.frames):
                raise EncordWidgetsError(f"The frame {label} is listed already.")
            return fresh

        return self._change(params, added)

    def _remove_frame(self, params: Params) -> Answer:
        label = params.text("label")
        return self._change(params, lambda block: block.without_frame(label))

    def _edit_frame(self, params: Params) -> Answer:
        items, _ = self._target(params)
        label, key, before = params.text("label"), params.text("key"), params.raw("before")
        action, text = _action(params)
        path = ("frames", label, key)
        if not key.strip() or key.startswith("$"):
            raise EncordWidgetsError("A key of a frame is a text that does not begin with $.")

        def edited(block: EncordBlock) -> EncordBlock:
            held = at_path(block.value, path)
            if isinstance(at_path(block.value, path[:2]), Absent):
                raise EncordWidgetsError(f"The frame {label} is not listed any more.")
            if not matches(before, held):
                raise EncordWidgetsError(f"The value changed meanwhile: it is {shown(held)} now.")
            if action == "unset":
                return EncordBlock(with_path(block.value, path, ABSENT))
            value: Value = None
            if action != "null":
                value = (
                    items.schema.parse_text(key, text, held)
                    if action == "text"
                    else _json(text, path_text(path))
                )
            return EncordBlock(with_path(block.value, path, value))

        return self._change(params, edited)

    def _move_keyframes(self, params: Params) -> Answer:
        items, item = self._target(params)
        old = items.value(item, DEPRECATED)
        gone = CellEdit(item, DEPRECATED, "unset")
        return self._change(params, lambda block: moved_keyframes(old, block), gone)

    def _change(
        self, params: Params, change: Callable[[EncordBlock], EncordBlock], *more: CellEdit
    ) -> Answer:
        items, item = self._target(params)
        with items.lock:  # all of it or nothing
            schema, media = items.schema, media_of(items, int(items.table.rows_of([item])[0]))
            before = EncordBlock(items.value(item, KEY))
            after = change(before)
            known = {(one.key, one.reason) for one in before.problems(schema, media)}
            # What is wrong already may stay; an edit brings nothing new that is.
            fresh = [one for one in after.problems(schema, media) if (one.key, one.reason) not in known]
            if fresh:
                raise InvalidInputError(fresh)
            text = "" if isinstance(after.value, Absent) else compact(after.value)
            _stage(items, [CellEdit(item, KEY, "json" if text else "unset", text), *more])
        return Answer()


def _stage(items: ItemSet, edits: list[CellEdit]) -> None:
    refused = [result for result in items.stage_cells(edits) if not result.accepted]
    if refused:
        raise EncordWidgetsError(refused[0].reason or "The edit was refused.")


def _action(params: Params) -> tuple[Any, str]:
    action = params.text("action")
    if action not in _ACTIONS:
        raise BadRequestError(f"an edit can be {', '.join(_ACTIONS)}, not {shown(action)}.")
    return cast("Any", action), params.text("text") if action in {"text", "json"} else ""


def _number(text: str) -> Value:
    try:
        return KeyType("number").parse(text)
    except ValueError as error:
        where = f"{KEY}.config.sampling_rate"
        raise InvalidInputError([Problem(expected=str(error), got=shown(text), key=where)]) from None


def _json(text: str, where: str) -> Value:
    try:
        return loads(text)
    except ValueError as error:
        raise InvalidInputError([Problem(expected=f"JSON ({error})", got=shown(text), key=where)]) from None
