"""Cells on their way to the browser: one small JSON value each, in which nothing that differs looks alike.

| value | cell |
|---|---|
| absent | `0` |
| null, true, false | `null`, `true`, `false` |
| number | `["n", "<its JSON text>"]`, so that 1, 1.0 and 2**60 stay apart |
| text | the text; past 400 characters `["t", "<its start>", <length>]` |
| object, array | `["j", "<start of its compact JSON>", <length>]` |
| array of numbers, cut | the same, and then its size and, as text, its norm |

Lengths count UTF-16 units, as browsers do.
"""

from __future__ import annotations

import json
from typing import Any, Final, TypeAlias

import numpy as np
import orjson

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.values import Absent, Value, compact, loads

__all__ = ["ABSENT_CELL", "Cell", "encode", "encode_column", "matches", "to_bytes"]

Cell: TypeAlias = Any
"""A JSON value as in the table above."""

ABSENT_CELL: Final = 0
_TEXT_SHOWN: Final = 400
_JSON_SHOWN: Final = 300


def encode(value: Value) -> Cell:
    """The cell of a value.

    Args:
        value: A JSON value or `ABSENT`.

    Example:
        >>> encode(1.0), encode("fog"), encode({"a": [1]})
        (['n', '1.0'], 'fog', ['j', '{"a":[1]}', 9])
    """
    if isinstance(value, Absent):
        return ABSENT_CELL
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)):
        return ["n", compact(value)]
    return _json(compact(value))


def encode_column(column: Column, rows: Rows) -> list[Cell]:
    """The cells of some rows of a column, without making Python values of them first.

    Args:
        column: A column.
        rows: Row positions (int64).

    Example:
        >>> encode_column(Column(2), np.array([0, 1]))
        [0, 0]
    """
    tags = column.tags[rows]
    cells: list[Cell] = [ABSENT_CELL] * len(rows)
    for tag in np.unique(tags).tolist():
        if tag == Tag.ABSENT:
            continue
        places = np.flatnonzero(tags == tag)
        found = _cells_of(column, tag, rows[places])
        for place, cell in zip(places.tolist(), found, strict=True):
            cells[place] = cell
    return cells


def matches(cell: Cell, value: Value) -> bool:
    """Whether a cell that a browser shows is still the cell of a value.

    Args:
        cell: What the browser sent.
        value: The value as it is now.

    Example:
        >>> matches(0, False), matches(False, False)
        (False, True)
    """
    # As JSON text: in Python 0 == False, on the wire they are absent and false.
    return to_bytes(cell) == to_bytes(encode(value))


def to_bytes(content: object) -> bytes:
    """JSON as UTF-8; lone surrogates, which UTF-8 cannot hold, travel as escapes.

    Args:
        content: JSON made of dictionaries, lists and scalars.
    """
    try:
        return orjson.dumps(content)
    except TypeError:
        return json.dumps(content, separators=(",", ":")).encode()


def _text(text: str) -> Cell:
    return text if len(text) <= _TEXT_SHOWN else ["t", text[:_TEXT_SHOWN], _units(text)]


def _json(text: str) -> Cell:
    cell: Cell = ["j", text[:_JSON_SHOWN], _units(text)]
    return cell + _vector(text) if len(text) > _JSON_SHOWN and text[0] == "[" else cell


def _vector(text: str) -> list[Any]:
    """Size and norm of a list of numbers; nothing of any other list."""
    numbers = loads(text)
    if not isinstance(numbers, list) or set(map(type, numbers)) - {int, float}:
        return []
    try:
        norm = np.linalg.norm(np.array(numbers, dtype=np.float64))
    except OverflowError:  # an integer past the range of a float
        return []
    return [len(numbers), f"{norm:.4g}"]


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cells_of(column: Column, tag: int, rows: Rows) -> list[Cell]:
    if tag == Tag.NULL:
        return [None] * len(rows)
    if tag in {Tag.FALSE, Tag.TRUE}:
        return [tag == Tag.TRUE] * len(rows)
    if tag == Tag.INT:
        return [["n", str(int(number))] for number in column.numbers[rows].tolist()]
    if tag == Tag.FLOAT:
        texts = orjson.dumps(column.numbers[rows].tolist())[1:-1].decode().split(",")
        return [["n", text] for text in texts]
    codes = column.codes[rows].tolist()
    if tag == Tag.TEXT:
        return list(map(_text, column.texts.pick(codes)))
    words = column.jsons.pick(codes)
    if tag == Tag.BIG_INT:
        return [["n", word] for word in words]
    return [_json(word) for word in words]
