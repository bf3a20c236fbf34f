"""What a column's header popover shows, and what it sends back. No widget in here."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.columns import Column, Tag
from encord_widgets.metadata.filters.instants import NO_TIME, instants
from encord_widgets.metadata.filters.tree import Rule
from encord_widgets.metadata.values import Json, compact, loads, same, shown
from encord_widgets.widgets._fallback import display_text
from encord_widgets.widgets._requests import BadRequestError, Params
from encord_widgets.widgets.column_filter import (
    MARKS,
    ColumnFilter,
    columns_in,
    found_in,
    others_on,
    with_column,
)
from encord_widgets.widgets.grid_columns import GridColumn

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet
    from encord_widgets.metadata.columns import Rows

__all__ = ["chosen_of", "column_facts", "filter_to_wire", "header_facts"]

_TEXTUAL: Final = frozenset({"text", "varchar", "user", "enum", "datetime", "uuid", "mixed", "unknown"})
_RANGES: Final = {"number": "number", "histogram": "number", "datetime": "datetime", "dates": "datetime"}
"""Columns that are narrowed down by bounds, by type of the key or by what their values are."""
_MOST_VALUES: Final = 50
_HEADER_BARS: Final = 12
_HEADER_VALUES: Final = 5
_HEADER_LABEL: Final = 40
_WORTH_DRAWING: Final = 0.2
_LONG: Final = 20_000
_SAMPLE: Final = 1000
_HARDLY: Final = 0.05


def filter_to_wire(items: ItemSet) -> dict[str, Any] | None:
    """The filter in force as a grid shows it, or None.

    Args:
        items: The items.
    """
    with items.lock:
        if not items.filtered:
            return None
        counts = items.filter_counts
        return {
            "text": items.filter.text,
            "total": counts.total,
            "in_view": counts.shown,
            "matching": counts.matching,
            "moved": counts.moved,
            "columns": columns_in(items.filter),
        }


def column_facts(items: ItemSet, column: GridColumn) -> dict[str, Any]:
    """Values of a column with their counts, over the items that the rest of the filter matches.

    Args:
        items: The items.
        column: The column.
    """
    with items.lock:
        found = found_in(items.filter, column.id)
        rows = _within(items, column)
        chosen = found[1] if found is not None else ColumnFilter()
        seen = items.engine.facet(column.id, rows, top=_MOST_VALUES)
        values = list(seen.top)
        for value in chosen.values:  # what is ticked is listed, however rare it is
            if not any(same(value, listed) for listed, _ in values):
                values.append((value, _count(items, Rule(column.id, "is", (value,)), rows)))
        misfits = _count(items, Rule(column.id, "misfit"), rows) if column.kind == "key" else 0
        range_ = _RANGES.get(column.type) or _RANGES.get(seen.kind)
        return {
            "type_label": column.type_label,
            "range": range_,
            "contains": seen.kind == "values" and column.type in _TEXTUAL and range_ is None,
            "total": len(rows),
            "values": [
                {"json": compact(value), "text": _label(value, column), "count": count}
                for value, count in values
            ],
            "more": seen.more,
            "counts": {"absent": seen.absent, "null": seen.null, "misfit": misfits},
            "low": _text(seen.edges[0]) if seen.edges else None,
            "high": _text(seen.edges[-1]) if seen.edges else None,
            "chosen": _to_wire(chosen),
            "others": others_on(items.filter, column.id),
        }


def _count(items: ItemSet, rule: Rule, rows: Rows) -> int:
    return int(np.count_nonzero(items.engine.mask(rule)[rows]))


def _text(bound: Json) -> str | None:
    return None if bound is None else display_text(bound)


def _within(items: ItemSet, column: GridColumn) -> Rows:
    rest = with_column(items.filter, column.id, None)
    rows = items.rows
    return rows[items.engine.mask(rest)[rows]]


def _label(value: Json, column: GridColumn) -> str:
    # A text where another type belongs keeps its quotes, so that "100" never passes for 100.
    return display_text(value) if column.type in _TEXTUAL else compact(value)


def _to_wire(chosen: ColumnFilter) -> dict[str, Any]:
    return {
        "values": [compact(value) for value in chosen.values],
        "low": _text(chosen.low),
        "high": _text(chosen.high),
        "text": chosen.text,
        "marks": list(chosen.marks),
    }


def chosen_of(params: Params, column: GridColumn) -> ColumnFilter:
    """Read what was chosen in a popover.

    Args:
        params: `values` as JSON texts, `low` and `high` as typed or null, `text`, `marks`.
        column: The column.

    Raises:
        BadRequestError: If it cannot be read.
        InvalidInputError: If a bound is none.
    """
    try:
        values = tuple(loads(text) for text in params.texts("values"))
    except ValueError as error:
        raise BadRequestError(f"a value is no JSON: {error}") from None
    marks = params.texts("marks")
    if not set(marks) <= set(MARKS):
        raise BadRequestError(f"marks are {', '.join(MARKS)}, not {shown(marks)}.")
    bounds = [_bound(params.raw(name), column) for name in ("low", "high")]
    return ColumnFilter(values, bounds[0], bounds[1], params.text("text"), tuple(marks))


def _bound(typed: object, column: GridColumn) -> Json:
    if typed is None:
        return None
    if not isinstance(typed, str):
        raise BadRequestError(f"a bound is a text or null, not {shown(typed)}.")
    try:
        value = loads(typed.strip())
    except ValueError:
        value = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if column.type != "number":
        return typed.strip()  # a date; the rule reads it
    expected = "a number, such as 12 or 0.5"
    raise InvalidInputError([Problem(key=column.name, expected=expected, got=shown(typed))])


def header_facts(items: ItemSet, column: GridColumn, rows: Rows) -> dict[str, Any]:
    """What stands in a column's header: how many rows lack a value, and how the others spread.

    Args:
        items: The items.
        column: The column.
        rows: The rows in view (int64).
    """
    with items.lock:
        values = items.effective.column(column.name) if column.kind == "key" else column.column(items.table)
        if _of_their_own(values, rows):
            # Looking at a million names to find that none comes often would hold up the rows that are waited for.
            missing = int(np.count_nonzero(values.tags[rows] <= Tag.NULL))
            return {"total": len(rows), "missing": missing, "bars": [], "kind": "values", "low": None,
                    "high": None, "top": [], "more": 0}  # fmt: skip
        seen = items.engine.facet(column.id, rows, bins=_HEADER_BARS, top=_HEADER_VALUES)
    bars = list(seen.counts) or [count for _, count in seen.top]
    if seen.top and sum(bars) < _WORTH_DRAWING * (sum(bars) + seen.more_rows):
        bars = []  # names, and other texts that hardly repeat
    return {
        "total": len(rows),
        "missing": seen.absent + seen.null,
        "bars": bars,
        "kind": seen.kind,
        "low": _text(seen.edges[0]) if seen.edges else None,
        "high": _text(seen.edges[-1]) if seen.edges else None,
        "top": [[_label(value, column)[:_HEADER_LABEL], count] for value, count in seen.top],
        "more": seen.more,
    }


def _of_their_own(values: Column, rows: Rows) -> bool:
    """Whether a long column holds names, or other texts that hardly repeat and are no moments, going by some."""
    if len(values.texts) < max(_LONG, len(rows) // 2):
        return False
    some = values.values(rows[:: max(1, len(rows) // _SAMPLE)])
    texts = [text for text in some if isinstance(text, str)]
    often = sum(count for _, count in Counter(texts).most_common(_HEADER_VALUES))
    few = _HARDLY * len(some)
    moments = int(np.count_nonzero(instants(texts) != NO_TIME))
    return max(len(some) - len(texts), often, moments) < few
