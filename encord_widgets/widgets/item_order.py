"""`ItemOrder`: uuids of items in some order, looked up when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, overload

import numpy as np

from encord_widgets.metadata.columns import Rows

__all__ = ["ItemOrder"]

_SHOWN: Final = 3


class ItemOrder(Sequence[str]):
    """Uuids of items in some order. It never changes: another order is another object.

    Args:
        uuids: Uuid of every item of the table.
        rows: Positions in `uuids`, in order (int64).

    Example:
        >>> order = ItemOrder(["a", "b", "c"], np.array([2, 0]))
        >>> order[0], "b" in order, list(order), order[:1]
        ('c', False, ['c', 'a'], ['c'])
    """

    __slots__ = ("_rows", "_uuids")

    def __init__(self, uuids: Sequence[str], rows: Rows) -> None:
        self._uuids = uuids
        self._rows = rows

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self._uuids[row] for row in self._rows[place].tolist()]
        return self._uuids[int(self._rows[place])]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ItemOrder) and other._uuids is self._uuids:
            return other._rows is self._rows or np.array_equal(other._rows, self._rows)
        if not isinstance(other, Sequence) or isinstance(other, str) or len(other) != len(self):
            return False
        return self[:] == list(other)

    __hash__ = None  # type: ignore[assignment]  # it equals lists

    def __repr__(self) -> str:
        more = ", ..." if len(self) > _SHOWN else ""
        return f"<{len(self):,} items: {', '.join(self[:_SHOWN])}{more}>"
