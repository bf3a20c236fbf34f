"""Order of rows: the listing's own, or sorted and searched. Index arrays only, never a copy of the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.column_arrays import arrow_of_texts, pandas_texts
from encord_widgets.metadata.column_search import matching_text, sort_keys
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.item_fields import FIELDS, OWN_KEYS
from encord_widgets.metadata.items import ItemTable

if TYPE_CHECKING:
    import pandas as pd
    from pandas.api.extensions import ExtensionArray

__all__ = ["Listing", "column_of", "search_rows", "sort_rows", "to_frame"]

FIELD_PREFIX: Final = "field:"
KEY_PREFIX: Final = "key:"
_PAST_INT64: Final = 2**63
_NEAR: Final = 4
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
    classes, ranks = sort_keys(column, rows)
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
    found: npt.NDArray[np.bool_] | None = None
    for column in columns:
        holding = matching_text(column, text.strip())
        found = holding if found is None else found | holding
    return rows[:0] if found is None else rows[found[rows]]


def to_frame(table: ItemTable, rows: Rows) -> pd.DataFrame:
    """Stored values as a DataFrame: index item uuid, one column for each field and metadata key.

    A key that shares its name with a field is called `client_metadata.<key>`. An absent cell is missing (NA). A
    column that holds null or values of several types is of object type, with None for null.

    Args:
        table: The items.
        rows: Which items, in which order (int64).
    """
    import pandas as pd  # pandas is loaded when a table is asked for

    index = pd.Index(
        _uuids(list(map(table.uuids.__getitem__, rows.tolist()))), name="item", dtype="str", copy=False
    )
    columns = {name: table.field(name) for name in FIELDS}
    for key in table.keys:
        columns[f"{OWN_KEYS}{key}" if key in FIELDS else key] = table.column(key)
    cells = ((label, _cells(column.take(rows))) for label, column in columns.items())
    data = {label: pd.Series(found, index=index, dtype=found.dtype, copy=False) for label, found in cells}
    return pd.DataFrame(data, index=index, copy=False)


def _cells(column: Column) -> ExtensionArray | npt.NDArray[np.object_]:
    """The cells of a column as pandas keeps them best: typed where that loses nothing, of objects where it would."""
    import pandas as pd  # pandas is loaded when a table is asked for

    tags = column.tags
    held, gone = set(column.kinds) - {Tag.ABSENT}, tags == Tag.ABSENT
    if not held:
        return np.full(len(column), pd.NA, dtype=object)
    if held == {Tag.TEXT}:
        return _texts(column, gone)
    if held <= {Tag.FALSE, Tag.TRUE}:
        return pd.arrays.BooleanArray(tags == Tag.TRUE, gone)
    if held == {Tag.INT}:
        return pd.arrays.IntegerArray(np.where(gone, 0, column.numbers).astype(np.int64), gone)
    if held == {Tag.FLOAT}:
        return pd.arrays.FloatingArray(np.where(gone, 0, column.numbers), gone)
    cells = column.objects(np.arange(len(column), dtype=np.int64))
    if held <= {Tag.INT, Tag.BIG_INT} and all(abs(n) < _PAST_INT64 for n in cells[~gone].tolist()):
        return pd.arrays.IntegerArray(np.where(gone, 0, cells).astype(np.int64), gone)
    cells[gone] = pd.NA
    return cells


def _texts(column: Column, gone: npt.NDArray[np.bool_]) -> ExtensionArray:
    import pandas as pd  # pandas is loaded when a table is asked for

    if len(column.texts) <= _NEAR * len(column):
        found = arrow_of_texts(column.texts, column.codes, gone)
        if found is not None:
            return pandas_texts(found)
    codes = np.where(gone, 0, column.codes)
    codes[gone] = codes[~gone][0]
    used = np.bincount(codes) > 0
    places = np.cumsum(used, dtype=np.int64)[codes] - 1
    words: ExtensionArray = pd.Series(column.texts.objects(np.flatnonzero(used)), dtype="str").array
    if len(words) < len(places) or bool((np.diff(places) < 0).any()):  # else each text once, in order: names
        places[gone] = -1
        words = words.take(places, allow_fill=True)
    return words


def _uuids(uuids: list[str]) -> ExtensionArray | list[str]:
    import pyarrow as pa  # loaded when a table is asked for

    try:
        return pandas_texts(pa.array(uuids, pa.large_string()))
    except UnicodeEncodeError:  # half a surrogate pair
        return uuids
