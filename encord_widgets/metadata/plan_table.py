"""Plans as tables: Parquet, and what pandas, DuckDB or any other engine makes of `items.frame`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.column_arrays import pandas_texts
from encord_widgets.metadata.column_cells import json_cells
from encord_widgets.metadata.files import read_parquet, write_parquet
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.plan_file import FORMAT, check_format, moment
from encord_widgets.metadata.plan_items import planned_cells
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.values import ABSENT, Absent, Value, compact, loads, shown, to_json

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import pandas as pd

__all__ = ["Stored", "load_plan", "plan_from_frame", "save_plan", "text_cells"]

_NEEDED: Final = ("item", "key", "after")


class Stored(Protocol):
    """Knows what items hold; an `ItemSet` does."""

    def stored(self, item: str, key: str) -> Value:
        """Value of one key of one item; InvalidInputError where the item is not known."""
        ...


def text_cells(values: Iterable[Value]) -> list[str | None]:
    """Values as cells of a table: JSON text, and nothing (NULL) for absent.

    Args:
        values: JSON values or `ABSENT`.

    Example:
        >>> text_cells(["fog", None, ABSENT])
        ['"fog"', 'null', None]
    """
    return [None if isinstance(value, Absent) else compact(value) for value in values]


def save_plan(plan: Plan, path: str | PathLike[str]) -> Path:
    """Write a plan as Parquet.

    Args:
        plan: The plan.
        path: File to write.
    """
    import pandas as pd  # pandas is loaded when a table is asked for

    data, implied = _cells(plan)
    table = pd.DataFrame({column: _strings(cells) for column, cells in data.items()}, copy=False)
    if any(implied):
        table["implied"] = implied
    header = {"format": FORMAT, "created_at": plan.created_at.isoformat(), "source": plan.source}
    return write_parquet(path, table, header)


def _strings(cells: Any) -> Any:
    """Texts, and nothing, as pandas keeps them; pandas itself looks at each of them several times."""
    import pandas as pd
    import pyarrow as pa

    try:
        return pandas_texts(pa.array(cells, pa.large_string(), from_pandas=True))
    except UnicodeEncodeError:  # half a surrogate pair
        return pd.Series(cells, dtype="str")


def _cells(plan: Plan) -> tuple[dict[str, Sequence[str | None]], Sequence[bool]]:
    """The columns of texts, and which changes an overwrite implies."""
    cells = planned_cells(plan.items, text_cells, json_cells)
    data = {"item": cells.items, "name": cells.names, "key": cells.keys}
    return {**data, "before": cells.bases, "after": cells.afters}, cells.implied


def load_plan(path: Path) -> Plan:
    """Read a plan from Parquet that `save_plan` or any other engine wrote.

    Args:
        path: File to read.

    Raises:
        InvalidInputError: With every fault, by row.
    """
    table, header = read_parquet(path)
    if not header.keys() >= {"format", "created_at", "source"}:
        return plan_from_frame(table, source=path.name)
    check_format(header["format"], FORMAT)
    created_at = moment(header["created_at"])
    if created_at is None:
        got = shown(header["created_at"])
        raise InvalidInputError([Problem(expected="a time with its zone as created_at", got=got)])
    return _read(table, None, source=str(header["source"]), created_at=created_at, own=True)


def plan_from_frame(table: Any, items: Stored | None = None, source: str = "") -> Plan:
    """A plan from a table with one row a change; see `Plan.from_frame`.

    Args:
        table: A DataFrame, or a table of another library that has `to_pandas` or `df`.
        items: Where `before` comes from if the table has none.
        source: Where the plan comes from, in words.
    """
    for convert in ("to_pandas", "df"):
        if not hasattr(table, "iloc") and callable(getattr(table, convert, None)):
            table = getattr(table, convert)()
    if not hasattr(table, "columns") or not hasattr(table, "iloc"):
        expected = "a table with the columns item, key and after"
        raise InvalidInputError([Problem(expected=expected, got=f"{shown(table)} ({type(table).__name__})")])
    if items is not None and not hasattr(items, "stored"):
        raise InvalidInputError([Problem("an ItemSet as items", f"{shown(items)} ({type(items).__name__})")])
    created_at = dt.datetime.now(dt.UTC).replace(microsecond=0)
    return _read(table, items, source=source, created_at=created_at, own=False)


def _read(
    table: pd.DataFrame, items: Stored | None, *, source: str, created_at: dt.datetime, own: bool
) -> Plan:
    columns = [str(column) for column in table.columns]
    problems = [
        Problem(expected=f"one column {name!r}", got=f"the columns {', '.join(columns) or '(none)'}")
        for name in (*_NEEDED, "before", "name", "implied")
        if columns.count(name) != 1 and (name in _NEEDED or name in columns)
    ]
    if problems:
        raise InvalidInputError(problems)
    rows = _Rows(table, items, own=own)
    changes = list(rows.changes())
    if rows.problems:
        raise InvalidInputError(rows.problems)
    made = Plan.of(changes, rows.names, source)
    return Plan(made.items, source, created_at)


class _Rows:
    """Reads a table row by row and collects what is wrong with it."""

    def __init__(self, table: pd.DataFrame, items: Stored | None, *, own: bool) -> None:
        self.problems: list[Problem] = []
        self.names: dict[str, str] = {}
        self._table = table
        self._items = items
        self._own = own
        self._seen: dict[tuple[str, str], int] = {}

    def changes(self) -> Iterator[Change]:
        """All changes whose row is right."""
        size = len(self._table)
        before = self._column("before") if "before" in self._table.columns else None
        names = self._column("name") if "name" in self._table.columns else [ABSENT] * size
        implied = self._column("implied") if "implied" in self._table.columns else [False] * size
        rows = zip(
            self._column("item"), self._column("key"), self._column("after"), names, implied, strict=True
        )
        for row, (raw_item, raw_key, raw_after, name, flag) in enumerate(rows):
            item, key = self._item(raw_item, row), self._key(raw_key, row)
            if item is None or key is None:
                continue
            first = self._seen.setdefault((item, key), row)
            if first != row:
                got = f"rows {first} and {row}"
                self.problems.append(Problem("each item and key once", got, item, key, "Drop one of them."))
                continue
            if isinstance(name, str):
                self.names.setdefault(item, name)
            after = self._value(raw_after, item, key, f"after of row {row}")
            base = (
                self._value(before[row], item, key, f"before of row {row}")
                if before is not None
                else self._stored(item, key)
            )
            yield Change(item, key, base, after, bool(flag) and flag is not ABSENT)

    def _column(self, name: str) -> list[object]:
        column = self._table[name]
        gone = column.isna().tolist()
        return [ABSENT if missing else cell for cell, missing in zip(column.tolist(), gone, strict=True)]

    def _item(self, raw: object, row: int) -> str | None:
        found = item_uuid(raw) or (raw if self._own and isinstance(raw, str) else None)
        if found is None:
            hint = "Take it from the index of items.frame, as text."
            self.problems.append(Problem(f"an item uuid in row {row}", shown(raw), hint=hint))
        return found

    def _key(self, raw: object, row: int) -> str | None:
        if isinstance(raw, str) and (raw or self._own):
            return raw
        self.problems.append(Problem(f"text as metadata key in row {row}", shown(raw)))
        return None

    def _value(self, raw: object, item: str, key: str, place: str) -> Value:
        if raw is ABSENT:
            return ABSENT
        try:
            return loads(raw) if isinstance(raw, str) else to_json(raw)
        except InvalidInputError as error:
            self.problems.extend(
                Problem(f"{p.expected} in {place}", p.got, item, key, p.hint) for p in error.problems
            )
        except ValueError:
            hint = """Text needs its quotes: json.dumps(value) in Python, to_json(value) in DuckDB."""
            self.problems.append(Problem(f"JSON text in {place}", shown(raw), item, key, hint))
        return ABSENT

    def _stored(self, item: str, key: str) -> Value:
        if self._items is None:
            return ABSENT
        try:
            return self._items.stored(item, key)
        except InvalidInputError:
            hint = "Open the folder that holds it."
            self.problems.append(Problem("an item of the set", shown(item), item, key, hint))
            return ABSENT
