"""How a column's values are spread, among all items and among those that the filter keeps, for the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.filters.arguments import instant
from encord_widgets.metadata.filters.facets import Facet, facet
from encord_widgets.metadata.filters.instants import NO_TIME
from encord_widgets.metadata.filters.parsed import Parsed
from encord_widgets.metadata.values import Json, canonical
from encord_widgets.widgets._fallback import display_text
from encord_widgets.widgets._filter_draft import encode

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["FacetReader"]

_FEW_TEXTS: Final = 20_000
_LONGEST: Final = 200
_SECOND: Final = 1_000_000
_Numbers: TypeAlias = npt.NDArray[np.float64]


class FacetReader:
    """Reads facets of an item set; what the texts of a column mean is kept from one to the next.

    Args:
        items: The items.
    """

    def __init__(self, items: ItemSet) -> None:
        self._items = items
        self._parsed: dict[str, Parsed] = {}

    def to_wire(self, column_id: str) -> dict[str, Any]:
        """The facet of a column, as the browser draws it; hold the items' lock.

        Args:
            column_id: `key:<key>` or `field:<name>`.
        """
        items = self._items
        rows = items.rows
        kept = rows[items.engine.mask(items.filter)[rows]]
        column = items.facts.column(column_id)
        parsed = self._parsed.setdefault(column_id, Parsed())
        found = facet(column, rows, parsed=parsed)
        whole = {
            "column": column_id,
            "kind": found.kind,
            "edges": [],
            "bars": [],
            "kept": [],
            "values": _values(found, column, kept),
            "more": found.more,
            "absent": found.absent,
            "null": found.null,
            "others": found.others,
        }
        if found.kind == "histogram" and found.edges[0] == found.edges[-1]:  # a single number is no range
            only, count = cast("float", found.edges[0]), sum(found.counts)
            return whole | {"kind": "values", "values": [_value(only, count, None)]}
        if found.kind in {"histogram", "dates"}:
            bounds = np.array([_place(edge) for edge in found.edges])
            bars = _bars(_numbers(column, kept, found.kind, parsed), bounds)
            whole |= {"edges": bounds.tolist(), "bars": list(found.counts), "kept": bars}
        return whole


def _place(edge: float | str) -> float:
    """A bound as a number; moments in seconds since 1970."""
    if isinstance(edge, str):
        return cast("int", instant(edge)) / _SECOND
    return float(edge)


def _numbers(column: Column, rows: Rows, kind: str, parsed: Parsed) -> _Numbers:
    tags = column.tags[rows]
    if kind == "histogram":
        numbers: _Numbers = column.numbers[rows[(tags == Tag.INT) | (tags == Tag.FLOAT)]]
        return numbers
    moments = parsed.instants(column.texts)[column.codes[rows[tags == Tag.TEXT]]]
    seconds: _Numbers = moments[moments != NO_TIME] / _SECOND
    return seconds


def _bars(numbers: _Numbers, bounds: _Numbers) -> list[int]:
    """Rows of each bar: a bar holds its lower bound, the last one its upper bound too."""
    places = np.searchsorted(bounds[1:-1], numbers, side="right")
    return cast("list[int]", np.bincount(places, minlength=len(bounds) - 1).tolist())


def _values(found: Facet, column: Column, kept: Rows) -> list[dict[str, Any]]:
    tags = column.tags[kept]
    counts: dict[str, int] | None = None
    if found.kind == "booleans":
        counts = {
            canonical(value): int(np.count_nonzero(tags == tag))
            for value, tag in ((True, Tag.TRUE), (False, Tag.FALSE))
        }
    elif len(column.texts) <= _FEW_TEXTS:
        counts = {}
        codes = np.bincount(column.codes[kept[tags == Tag.TEXT]], minlength=len(column.texts))
        for text, count in zip(column.texts, codes.tolist(), strict=True):
            counts[canonical(text)] = counts.get(canonical(text), 0) + count
    return [
        _value(value, rows, None if counts is None else counts.get(canonical(value), 0))
        for value, rows in found.top
    ]


def _value(value: Json, rows: int, kept: int | None) -> dict[str, Any]:
    text = display_text(value) or '""'
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return {"value": encode(value), "text": shown, "count": rows, "kept": kept}
