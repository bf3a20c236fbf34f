"""Order of rows: the listing's own, or sorted and searched. Index arrays only, never a copy of the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import numpy as np

from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.items import FIELDS, ItemTable
from encord_widgets.metadata.values import ABSENT

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Listing", "column_of", "search_rows", "sort_rows", "to_frame"]

FIELD_PREFIX: Final = "field:"
KEY_PREFIX: Final = "key:"
_LAST_CLASSES: Final = 4  # null and absent stay last in both directions


class Listing:
    """Rows in the order of the source, while pages arrive from its beginning and its end."""

    def __init__(self) -> None:
        self._front: list[Rows] = []
        self._back: list[Rows] = []
        self._gone: set[int] = set()
        self._rows: Rows | None = None

    def add(self, rows: Rows, *, from_end: bool) -> None:
        """Rows of one page.

        Args:
            rows: New rows (int64), in the order they arrived.
            from_end: Whether the page came from the end, last item first.
        """
        (self._back if from_end else self._front).append(rows)
        self._rows = None

    def remove(self, rows: Iterable[int]) -> None:
        """Take rows out whose items are there no more.

        Args:
            rows: Row positions.
        """
        self._gone.update(rows)
        self._rows = None

    @property
    def rows(self) -> Rows:
        """All rows in order (int64)."""
        if self._rows is None:
            back = [rows[::-1] for rows in reversed(self._back)]
            found = np.concatenate([*self._front, *back, np.empty(0, dtype=np.int64)])
            if (
                len(found) and np.bincount(found).max() > 1
            ):  # an item that both ends, or two pages, have listed
                found = found[np.sort(np.unique(found, return_index=True)[1])]
            if self._gone:
                found = found[~np.isin(found, list(self._gone))]
            self._rows = found
        return self._rows


def column_of(table: ItemTable, column_id: str) -> Column:
    """The column that a column id names: `field:name` or `key:weather`.

    Args:
        table: The items.
        column_id: Id of an item field or a metadata key.

    Raises:
        KeyError: If it names neither.
    """
    if column_id.startswith(FIELD_PREFIX):
        return table.field(column_id.removeprefix(FIELD_PREFIX))
    if column_id.startswith(KEY_PREFIX):
        return table.column(column_id.removeprefix(KEY_PREFIX))
    raise KeyError(column_id)


def sort_rows(rows: Rows, column: Column, *, descending: bool) -> Rows:
    """Rows in the order of a column; ties keep their order, null and absent come last both ways.

    Args:
        rows: Rows to order (int64).
        column: What to order by.
        descending: Whether the largest comes first.
    """
    classes, ranks = column.sort_keys(rows)
    if descending:
        last = classes >= _LAST_CLASSES
        classes = np.where(last, classes, -classes)
        ranks = np.where(last, ranks, -ranks)
    return rows[np.lexsort((ranks, classes))]


def search_rows(rows: Rows, columns: Iterable[Column], text: str) -> Rows:
    """Rows in which any column contains a text, letter case aside.

    Args:
        rows: Rows to look through (int64).
        columns: Where to look.
        text: What to look for; blank keeps all rows.
    """
    if not text.strip():
        return rows
    found = np.zeros(len(rows), dtype=np.bool_)
    for column in columns:
        found |= column.matching_text(text.strip())[rows]
    return rows[found]


def to_frame(table: ItemTable, rows: Rows) -> pd.DataFrame:
    """Stored values as a DataFrame: index item uuid, one column for each field and metadata key.

    A key that shares its name with a field is called `client_metadata.<key>`. An absent cell is missing (NA). A
    column that holds null or values of several types is of object type, with None for null.

    Args:
        table: The items.
        rows: Which items, in which order (int64).
    """
    import pandas as pd  # pandas is loaded when a table is asked for

    index = pd.Index([table.uuids[row] for row in rows.tolist()], name="item", dtype="str")
    data = {name: _series(table.field(name), rows, index) for name in FIELDS}
    for key in table.keys:
        label = f"client_metadata.{key}" if key in FIELDS else key
        data[label] = _series(table.column(key), rows, index)
    return pd.DataFrame(data, index=index)


def _series(column: Column, rows: Rows, index: pd.Index) -> pd.Series:
    import pandas as pd  # pandas is loaded when a table is asked for

    values = column.values(rows)
    kinds = {type(value) for value in values} - {type(ABSENT)}
    dtype = {
        frozenset({str}): "str",
        frozenset({bool}): "boolean",
        frozenset({int}): "Int64",
        frozenset({float}): "Float64",
    }.get(frozenset(kinds), "object")
    if kinds == {int} and any(isinstance(v, int) and abs(v) >= 2**63 for v in values):
        dtype = "object"
    return pd.Series([pd.NA if v is ABSENT else v for v in values], index=index, dtype=dtype)
