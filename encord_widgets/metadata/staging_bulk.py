"""Many edits at once as columns: tables read column by column, mappings sorted by key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import contains
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import numpy as np

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.change import Change
from encord_widgets.metadata.changes_bulk import BulkEdit, rows_in, run_of
from encord_widgets.metadata.column_arrays import column_of_arrow, column_of_numbers, column_of_texts
from encord_widgets.metadata.column_cells import same_cells
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.item_fields import FIELDS, key_of_label
from encord_widgets.metadata.items import ItemTable
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.staging import Edits, Mode, other_fields, to_changes
from encord_widgets.metadata.values import Absent, Value, to_json

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["staged_edits"]

_MANY: Final = 1000
_NOTHING: Final = object()
_NESTED: Final = frozenset({dict, list})
_KINDS: Final = frozenset({str, bool, int, float, type(None), Absent}) | _NESTED
_Found: TypeAlias = tuple[Rows, list[Change], list[BulkEdit]]  # all items, and what is wanted of them
_ARRAYS: Final = {"b": "bool", "i": "int64", "u": "uint64", "f": "float64"}


def staged_edits(
    edits: Edits, table: ItemTable, schema: MetadataSchema, mode: Mode = "merge"
) -> tuple[list[Change], list[BulkEdit]]:
    """As `to_changes`, with what is staged on many items as columns.

    Args:
        edits: As for `to_changes`.
        table: The items that may be edited.
        schema: Types that values must fit.
        mode: As for `to_changes`.

    Returns:
        Edits one by one, and those of many items, for `ChangeSet.stage`.

    Raises:
        InvalidInputError: With every problem, as `to_changes` finds them.
    """
    found = None
    if mode in {"merge", "overwrite"} and _is_large(edits):
        if hasattr(edits, "columns"):
            found = _frame_edits(cast("pd.DataFrame", edits), table, schema)
        else:
            found = _mapping_edits(cast("dict[Any, Any]", edits), table, schema)
    if found is None:
        changes = to_changes(edits, table, schema, mode)
        return _by_key(changes, table) if len(changes) >= _MANY else (changes, [])
    rows, single, bulk = found
    return single, _overwriting(rows, single, bulk, table) if mode == "overwrite" else bulk


def _is_large(edits: Edits) -> bool:
    is_frame = hasattr(edits, "columns") and hasattr(edits, "index")
    return (is_frame or isinstance(edits, dict)) and len(edits) >= _MANY


def _overwriting(rows: Rows, single: list[Change], bulk: list[BulkEdit], table: ItemTable) -> list[BulkEdit]:
    """The edits, and with them the removal of every key that an item holds and that is not named for it."""
    named = {edit.key: edit.in_order() for edit in bulk}
    by_hand: dict[str, list[int]] = {}
    for change in single:
        row = table.row_of(change.item)
        if row is not None:
            by_hand.setdefault(change.key, []).append(row)
    for key in table.keys:
        column = table.column(key)
        held = np.sort(rows[column.tags[rows] != Tag.ABSENT])
        held = held[~rows_in(held, np.array(by_hand.get(key, []), dtype=np.int64))]
        removal = BulkEdit(
            key, held, column.take(held), Column(len(held)), np.ones(len(held), dtype=np.bool_)
        )
        edit = named[key].over(removal) if key in named else removal
        if len(edit):
            named[key] = edit
    return list(named.values())


def _by_key(changes: list[Change], table: ItemTable) -> tuple[list[Change], list[BulkEdit]]:
    """Keys with many edits as columns; of several edits of one cell the last counts."""
    by_key: dict[str, dict[int, Change]] = {}
    for change in changes:
        row = table.row_of(change.item)
        if row is not None:
            by_key.setdefault(change.key, {})[row] = change
    few = {key for key, found in by_key.items() if len(found) < _MANY}
    bulk = [
        BulkEdit.of_changes(key, list(found), list(found.values()))
        for key, found in by_key.items()
        if key not in few
    ]
    return [change for change in changes if change.key in few], bulk


def _frame_edits(frame: pd.DataFrame, table: ItemTable, schema: MetadataSchema) -> _Found | None:
    """The edits of a table, its plain columns at once; None where its index or labels are not plain."""
    labels = list(frame.columns)
    if len(set(labels)) < len(labels):
        return None
    try:
        rows = _rows_of(frame.index.tolist(), table)
    except (KeyError, TypeError):  # another spelling, or no item of these
        return None
    if np.bincount(rows, minlength=1).max() > 1:
        return None
    edits, others = [], []
    for place, label in enumerate(labels):
        cells, key = frame.iloc[:, place], key_of_label(label)
        if label in FIELDS:
            if other_fields(cells, label, rows, table):
                others.append(place)
            continue
        edit = _frame_edit(key, cells, rows, table) if isinstance(key, str) and key else None
        if edit is None or not _fits(edit, schema):
            others.append(place)
        elif len(edit):
            edits.append(edit)
    if not others:
        return rows, [], edits
    single, bulk = _by_key(to_changes(frame.iloc[:, others], table, schema), table)
    return rows, single, [*edits, *bulk]


def _frame_edit(key: str, cells: pd.Series, rows: Rows, table: ItemTable) -> BulkEdit | None:
    places, after = _frame_column(cells)
    if after is None:
        return None
    return BulkEdit(key, rows[places], table.column(key).take(rows[places]), after)


def _frame_column(cells: pd.Series) -> tuple[Rows, Column | None]:
    """Which cells of a table are not missing, and what they hold; None when they have to be looked at one by one."""
    import pandas as pd  # whoever hands over a table has loaded it

    gone = cells.isna().to_numpy(dtype=bool)
    kind = getattr(cells.dtype, "kind", "O")
    if kind in _ARRAYS or isinstance(cells.dtype, pd.StringDtype):
        places = np.flatnonzero(~gone)
        if kind in _ARRAYS:
            numbers = cells.iloc[places].to_numpy(dtype=_ARRAYS[kind])
            return places, column_of_numbers(numbers)
        chosen = cells if len(places) == len(cells) else cells.iloc[places]
        if _mostly_distinct(chosen):
            import pyarrow as pa

            # Of the array: pyarrow would ask the series for its methods, which then looks through its index.
            found = pa.array(chosen.array, pa.large_string())
            return places, column_of_arrow(found.chunks if isinstance(found, pa.ChunkedArray) else [found])
        codes, words = pd.factorize(chosen)
        texts: list[str] = words.tolist()
        return places, column_of_texts(texts, codes) if _encodes(texts) else None
    values: list[object] = cells.tolist()
    null = np.fromiter((value is None for value in values), dtype=np.bool_, count=len(values))
    places = np.flatnonzero(~gone | null)
    return places, _column([values[at] for at in places.tolist()] if gone.any() else values)


def _mostly_distinct(cells: pd.Series) -> bool:
    """Whether texts of Arrow hardly repeat, as far as a sample shows, so that it is not worth to look which do."""
    if getattr(cells.dtype, "storage", "") != "pyarrow":
        return False
    sample = cells.iloc[:: max(1, len(cells) // _MANY)]
    return 2 * int(sample.nunique()) > len(sample)


def _mapping_edits(edits: dict[Any, Any], table: ItemTable, schema: MetadataSchema) -> _Found | None:
    """The edits of a plain mapping; None where anything in it has to be looked at one by one."""
    cells = list(edits.values())
    if set(map(type, cells)) != {dict}:
        return None
    try:
        rows = _rows_of(list(edits), table)
    except KeyError:  # another spelling, or no item of these
        return None
    bulk, (keys, all_hold) = [], _keys_of(cells)
    for key in keys:
        values: list[object] = list(map(dict.get, cells, repeat(key), repeat(_NOTHING)))
        places = np.arange(len(values), dtype=np.int64)
        if not all_hold:
            named = np.fromiter((value is not _NOTHING for value in values), np.bool_, count=len(values))
            places = np.flatnonzero(named)
            values = [values[at] for at in places.tolist()]
        after = _column(values) if isinstance(key, str) and key else None
        if after is None:
            return None
        held = rows[places]
        edit = BulkEdit(key, held, table.column(key).take(held), after)
        if not _fits(edit, schema):
            return None
        bulk.append(edit.in_order())
    many = [edit for edit in bulk if len(edit) >= _MANY]
    if len(many) == len(bulk):
        return rows, [], many
    few = {edit.key: {c.item: c for c in edit.changes(table.uuids)} for edit in bulk if len(edit) < _MANY}
    single = [few[key][item] for item, values in edits.items() for key in values if key in few]
    return rows, single, many


def _keys_of(cells: list[dict[Any, Any]]) -> tuple[Iterable[Any], bool]:
    """Every key that is named, and whether all items name all of them, as most mappings do."""
    first = cells[0]
    alike = set(map(len, cells)) == {len(first)}
    if alike and all(all(map(contains, cells, repeat(key))) for key in first):
        return first, True
    held_keys = dict.fromkeys(map(tuple, cells))
    return dict.fromkeys(key for keys in held_keys for key in keys), False


def _rows_of(items: list[Any], table: ItemTable) -> Rows:
    run = run_of(table, items)
    return table.rows_of(items) if run is None else run


def _column(values: list[object]) -> Column | None:
    """Values that are JSON as they stand; None when some have to be converted, or refused."""
    kinds = set(map(type, values))
    if not kinds <= _KINDS:
        return None
    if kinds == {float}:
        return column_of_numbers(np.array(values, dtype=np.float64))
    if float in kinds:
        floats = [value for value in values if type(value) is float]
        if not np.isfinite(np.array(floats, dtype=np.float64)).all():
            return None
    if str in kinds and not _encodes([value for value in values if isinstance(value, str)]):
        return None
    if kinds & _NESTED:
        try:
            values = [to_json(value) if type(value) in _NESTED else value for value in values]
        except InvalidInputError:
            return None
    column = Column(len(values))
    plain: Sequence[Value] = values  # type: ignore[assignment]  # as was just found out
    column.write(np.arange(len(values), dtype=np.int64), plain)
    return column


def _encodes(texts: list[str]) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def _fits(edit: BulkEdit, schema: MetadataSchema) -> bool:
    """Whether all values fit the schema, or are there already."""
    from encord_widgets.metadata.filters.masks import Cells  # with the first large table
    from encord_widgets.metadata.filters.misfits import misfits

    ty = schema.get(edit.key)
    if ty is None:
        return True
    wrong: Rows = np.flatnonzero(misfits(Cells(edit.after), ty))
    return not len(wrong) or bool(same_cells(edit.base.take(wrong), edit.after.take(wrong)).all())
