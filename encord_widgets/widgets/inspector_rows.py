"""What an inspector tells of one item: its metadata as a tree of values with types, and its `$encord` block."""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.encord_block import (
    DEPRECATED,
    KEY,
    EncordBlock,
    Frame,
    Media,
    is_vector,
    moved_keyframes,
)
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value
from encord_widgets.widgets.cell_states import ReceiptIndex, staged_verdict, updated_verdict
from encord_widgets.widgets.cells import encode

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = [
    "MOST_FRAMES",
    "addable",
    "block_wire",
    "branches",
    "deprecated_wire",
    "field_rows",
    "media_of",
    "metadata_rows",
    "word_of",
]

MOST_BRANCHES: Final = 300
"""Entries of one object or list that are shown at a time."""
MOST_FRAMES: Final = 300
_WORDS: Final = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}
_DEPRECATION: Final = (
    "keyframes is Encord's older way to list frames of interest; $encord.frames replaces it. Moving lists the same "
    "frames there and removes this key: two staged edits, one step of undo."
)


def word_of(value: Value) -> str:
    """The type of a stored value in a word.

    Args:
        value: A JSON value or `ABSENT`.

    Example:
        >>> word_of("100"), word_of(None), word_of([1])
        ('text', 'null', 'list')
    """
    if isinstance(value, Absent):
        return "absent"
    return "null" if value is None else _WORDS[type(value)]


def field_rows(items: ItemSet, row: int) -> list[dict[str, Any]]:
    """The fields of an item that say something, as name and cell.

    Args:
        items: The set; its lock is held.
        row: Row of the item.
    """
    held = ((name, items.table.field(name).value(row)) for name in FIELDS)
    return [{"name": name, "cell": encode(value)} for name, value in held if value]


def metadata_rows(items: ItemSet, item: str, receipts: ReceiptIndex) -> list[dict[str, Any]]:
    """Every metadata key of an item, staged ones and removed ones too: those of the schema first, `$encord` last.

    Args:
        items: The set; its lock is held.
        item: Item uuid, lower case.
        receipts: Rows of the last receipt.
    """
    schema, row = items.schema, items.table.row_of(item)
    held: dict[str, Value] = {} if row is None else dict(items.table.metadata(row))
    changes = {change.key: change for change in items.changes.of_item(item)}
    values = {**held, **{key: change.after for key, change in changes.items()}}
    order = [key for key in schema if key in values]
    order += sorted((key for key in values if key not in schema), key=lambda key: key == KEY)
    found = []
    for key in order:
        entry = {"key": key, **_described(values[key], key, schema), "state": "", "note": "", "before": None}
        misfit, change = schema.misfit(key, values[key]), changes.get(key)
        if change is not None:
            verdict = staged_verdict(change, items, receipts)
            entry |= {"state": verdict.status, "note": verdict.note, "before": [encode(change.base)]}
        elif misfit:
            entry |= {"state": "invalid", "note": misfit.reason}
        elif row is not None and items.reread:
            for _, moved in items.reread.of_cells(np.array([row]), key):
                verdict = updated_verdict(moved)
                entry |= {"state": verdict.status, "note": verdict.note}
        found.append(entry)
    return found


def addable(schema: MetadataSchema, taken: Collection[str]) -> list[dict[str, Any]]:
    """Keys of the schema that can be added, with their types.

    Args:
        schema: The schema.
        taken: Keys that are there.
    """
    return [
        {"key": key, "type": ty.kind, "type_label": ty.label, "options": list(ty.options)}
        for key, ty in schema.items()
        if key not in taken and ty.kind != "deleted"
    ]


def branches(value: Value, schema: MetadataSchema, start: int = 0, *, typed: bool) -> dict[str, Any]:
    """What an object or a list holds, one level down; up to 300 parts.

    Args:
        value: The object or list.
        start: Position of the first part.
        schema: Types of keys.
        typed: Whether its names are metadata keys, as those of a frame are.
    """
    if isinstance(value, dict):
        pairs: list[tuple[str, Json]] = list(islice(value.items(), start, start + MOST_BRANCHES))
    elif isinstance(value, list):
        pairs = [(str(at), one) for at, one in enumerate(value[start : start + MOST_BRANCHES], start)]
    else:
        return {"branches": [], "more": 0}
    types = schema if typed else MetadataSchema()
    found = [{"key": name, **_described(one, name, types)} for name, one in pairs]
    return {"branches": found, "more": max(0, len(value) - start - len(found))}


def media_of(items: ItemSet, row: int) -> Media:
    """What is known of the video behind an item.

    Args:
        items: The set; its lock is held.
        row: Row of the item.
    """
    frames, seconds, fps = (
        found if isinstance(found, (int, float)) and not isinstance(found, bool) and found > 0 else None
        for found in (items.table.field(name).value(row) for name in ("frame_count", "duration", "fps"))
    )
    return Media(None if frames is None else int(frames), seconds, fps)


def block_wire(
    value: Value, schema: MetadataSchema, media: Media, opened: str | None, most: int = MOST_FRAMES
) -> dict[str, Any]:
    """The `$encord` block as the browser is told about it.

    Args:
        value: What the key holds.
        schema: Types of the frames' keys.
        media: The video.
        opened: Label of the frame whose values are shown, if one is.
        most: Frames to list.
    """
    block = EncordBlock(value)
    frames = block.frames
    config = value.get("config") if isinstance(value, dict) else None
    said = config if isinstance(config, dict) else {}
    problems = block.problems(schema, media)
    frame = next((one for one in frames if one.label == opened), None)
    return {
        "present": block.present,
        "sampling_rate": encode(said.get("sampling_rate", ABSENT)),
        "keyframe_mode": encode(said.get("keyframe_mode", ABSENT)),
        "mode": block.keyframe_mode,
        "meaning": _meaning(block),
        "frames": [_frame_wire(one, block, media) for one in frames[:most]],
        "more": max(0, len(frames) - most),
        "problems": [{"path": one.key, "reason": one.reason} for one in problems[:MOST_BRANCHES]],
        "unknown": list(block.unknown),
        "open": None if frame is None else _open_wire(frame, block, media, schema),
    }


def deprecated_wire(value: Value, block: Value) -> dict[str, Any] | None:
    """What is to be said about the deprecated `keyframes` key; None for an item without it.

    Args:
        value: What `keyframes` holds.
        block: What `$encord` holds.
    """
    if isinstance(value, Absent):
        return None
    reason = ""
    try:
        moved_keyframes(value, EncordBlock(block))
    except InvalidInputError as error:
        reason = f"It cannot be moved as it is: {error}"
    return {"key": DEPRECATED, "cell": encode(value), "text": _DEPRECATION, "reason": reason}


def _described(value: Value, key: str, schema: MetadataSchema) -> dict[str, Any]:
    ty, word = schema.get(key), word_of(value)
    nested = isinstance(value, (list, dict))
    return {
        "cell": encode(value),
        "count": len(value) if isinstance(value, (list, dict)) else 0,
        "nested": nested,
        "norm": _norm(value),
        "held": word,
        "type": ty.kind if ty else word,
        "type_label": ty.label if ty else _label(key, word),
        "options": list(ty.options) if ty else [],
    }


def _norm(value: Value) -> float | None:
    """Length of an embedding; None for what is none."""
    if not isinstance(value, list) or not is_vector(value):
        return None
    return round(math.hypot(*map(float, value)), 6)  # type: ignore[arg-type]  # all of them are numbers


def _label(key: str, word: str) -> str:
    if key == KEY:
        return "Encord's own"
    rest = "deprecated" if key == DEPRECATED else "not in the schema"
    return rest if word == "absent" else f"{word}, {rest}"


def _frame_wire(frame: Frame, block: EncordBlock, media: Media) -> dict[str, Any]:
    return {
        "label": frame.label,
        "seconds": _seconds(frame, block, media),
        "keys": len(frame.keys),
        "embeddings": [[key, size] for key, size in frame.embeddings.items()],
    }


def _open_wire(frame: Frame, block: EncordBlock, media: Media, schema: MetadataSchema) -> dict[str, Any]:
    values = frame.values if isinstance(frame.values, dict) else {}
    rows = []
    for key, value in list(values.items())[:MOST_BRANCHES]:
        misfit = schema.misfit(key, value)
        state = {"state": "invalid", "note": misfit.reason} if misfit else {"state": "", "note": ""}
        rows.append({"key": key, **_described(value, key, schema), **state, "before": None})
    return {**_frame_wire(frame, block, media), "rows": rows, "addable": addable(schema, values)}


def _seconds(frame: Frame, block: EncordBlock, media: Media) -> float | None:
    if frame.position is None or block.keyframe_mode == "seconds":
        return frame.position
    return frame.position / media.fps if media.fps else None


def _meaning(block: EncordBlock) -> str:
    if not block.present:
        return "The video has no $encord block: Index takes 1 frame per second of it."
    if block.sampling_rate == 0:
        return "Index takes the first frame and the key frames only."
    rate = f"{block.sampling_rate:g} {'frame' if block.sampling_rate == 1 else 'frames'} per second"
    return f"Index takes {rate}, and the key frames."
