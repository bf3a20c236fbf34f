"""What is read again, held against a column: only the cells that differ are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.kinds import by_kind
from encord_widgets.metadata.values import Absent, Json, Value, compact, json_texts, same

__all__ = ["holds", "write_moved"]


def write_moved(column: Column, rows: Rows, values: list[Value]) -> tuple[Rows, Column] | None:
    """Write the cells that are not exactly the same.

    Args:
        column: Where to write.
        rows: Row positions (int64), each at most once.
        values: One value for each, JSON or `ABSENT`.

    Returns:
        The rows (int64) that hold another value than before, and what they held; None where nothing was written. A
        value that is only spelled otherwise, such as 1.0 for 1, is written and not among them.

    Example:
        >>> column = Column.of("fog", 2).copy()
        >>> rows, before = write_moved(column, np.array([0, 1]), ["fog", "rain"])
        >>> rows.tolist(), before.values(np.array([0])), write_moved(column, np.array([0]), ["fog"])
        ([1], ['fog'], None)
    """
    if holds(column, rows, values):
        return None
    held = column.values(rows)
    moved = [
        at
        for at, (old, new) in enumerate(zip(held, values, strict=True))
        if type(old) is not type(new)
        or old != new
        or (isinstance(new, (list, dict)) and compact(new) != compact(cast("Json", old)))  # in another order
    ]
    if not moved:
        return None
    other = rows[[at for at in moved if not same(held[at], values[at])]]
    before = column.take(other)
    column.write(rows[moved], [values[at] for at in moved])
    return other, before


def holds(column: Column, rows: Rows, values: Sequence[Value]) -> bool:
    """Whether cells hold exactly these values, spelled the same, without making a value of any of them.

    Args:
        column: Where to look.
        rows: Row positions (int64).
        values: One value for each, JSON or `ABSENT`.

    Returns:
        True when they do; False may also mean that a closer look is needed.

    Example:
        >>> holds(Column.of(1, 2), np.array([0, 1]), [1, 1]), holds(Column.of(1, 1), np.array([0]), [True])
        (True, False)
    """
    return all(
        _hold(column, rows if here is None else rows[here], kind, chosen)
        for kind, here, chosen in by_kind(values)
    )


def _hold(column: Column, rows: Rows, kind: type, values: Sequence[Any]) -> bool:
    """Whether cells hold these values of one Python type."""
    tags = column.tags[rows]
    if kind is bool:
        return bool((tags == np.where(np.array(values, dtype=np.bool_), Tag.TRUE, Tag.FALSE)).all())
    if not (tags == _TAGS[kind]).all():
        return False
    if kind is str:
        codes = column.codes_of(values)
        if codes is None:
            return column.texts.spell(column.codes[rows], values)
        return bool((codes == column.codes[rows]).all())
    if kind is float:  # by their bits: -0.0 is spelled otherwise than 0.0
        bits = np.array(values, dtype=np.float64).view(np.int64)
        return bool((bits == column.numbers[rows].view(np.int64)).all())
    if kind is int:
        try:
            return bool((np.array(values, dtype=np.int64) == column.numbers[rows]).all())
        except OverflowError:
            return False
    if kind in {list, dict}:
        return column.jsons.spell(column.codes[rows], json_texts(values))
    return True  # absent and null are all alike


_TAGS = {
    Absent: Tag.ABSENT,
    type(None): Tag.NULL,
    int: Tag.INT,
    float: Tag.FLOAT,
    str: Tag.TEXT,
    list: Tag.JSON,
    dict: Tag.JSON,
}
