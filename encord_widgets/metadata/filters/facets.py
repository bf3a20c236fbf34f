"""How the values of a column are spread: a histogram of numbers or moments, the most frequent texts, true and false."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.filters.instants import NO_TIME, Instants
from encord_widgets.metadata.filters.parsed import Parsed
from encord_widgets.metadata.filters.tops import most_frequent
from encord_widgets.metadata.values import Json

__all__ = ["BINS", "TOP", "Facet", "FacetKind", "facet"]

FacetKind: TypeAlias = Literal["histogram", "dates", "values", "booleans"]
BINS: Final = 24
"""Most bars of a histogram, unless told otherwise."""
TOP: Final = 12
"""Most values listed, unless told otherwise."""

_CHUNK: Final = 32_768
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_SAMPLE: Final = 200
_MOSTLY: Final = 0.8  # a column of texts is shown as moments when so many of them are
_STEPS: Final = (1, 2, 2.5, 5, 10)
_CLOCK: Final = tuple(
    unit * step
    for unit, steps in (
        (_SECOND, (1, 5, 15, 30)),
        (60 * _SECOND, (1, 5, 15, 30)),
        (3600 * _SECOND, (1, 3, 6, 12)),
        (_DAY, (1, 2, 7, 14)),
    )
    for step in steps
)
_MONTHS: Final = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000)
# Moments that can be written down with a year from 1 to 9999.
_FIRST: Final = -719_162 * _DAY
_LAST: Final = 2_932_897 * _DAY - 1


@dataclass(frozen=True, slots=True)
class Facet:
    """How the values of a column are spread.

    Args:
        kind: `histogram` of numbers, `dates` (the same of moments), `values` (frequent texts) or `booleans`.
        edges: Bounds of the bars, one more than there are bars: numbers, or ISO 8601 texts in UTC. A bar holds its
            lower bound, the last one its upper bound too.
        counts: Rows of each bar.
        top: The most frequent values with their rows, the most frequent first.
        more: How many further distinct values there are.
        more_rows: Rows that hold one of them.
        absent: Rows without the key.
        null: Rows that hold null.
        others: Rows of other values, by stored type as the operator `type` names it; texts that name no moment are
            `text` in `dates`.

    Example:
        >>> column = Column(3)
        >>> column.write(np.arange(3), ["rain", "fog", "rain"])
        >>> facet(column).top
        (('rain', 2), ('fog', 1))
    """

    kind: FacetKind
    edges: tuple[float | str, ...] = ()
    counts: tuple[int, ...] = ()
    top: tuple[tuple[Json, int], ...] = ()
    more: int = 0
    more_rows: int = 0
    absent: int = 0
    null: int = 0
    others: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """The facet as a browser needs it."""
        return {
            "kind": self.kind,
            "edges": list(self.edges),
            "counts": list(self.counts),
            "top": [[value, rows] for value, rows in self.top],
            "more": self.more,
            "more_rows": self.more_rows,
            "absent": self.absent,
            "null": self.null,
            "others": dict(self.others),
        }


def facet(
    column: Column,
    rows: Rows | None = None,
    bins: int = BINS,
    top: int = TOP,
    *,
    parsed: Parsed | None = None,
) -> Facet:
    """How the values of a column are spread; what most of them are decides the kind.

    Args:
        column: The column.
        rows: Which rows (int64), each at most once; all without.
        bins: Most bars of a histogram.
        top: Most values listed.
        parsed: What the column's texts mean, kept from earlier.

    Returns:
        The facet.

    Example:
        >>> column = Column(4)
        >>> column.write(np.arange(4), [1, 2.5, 10, None])
        >>> found = facet(column, bins=5)
        >>> found.edges, found.counts, found.null
        ((0, 2, 4, 6, 8, 10), (1, 1, 0, 0, 1), 1)
    """
    if rows is not None and len(rows) == len(column):
        rows = None  # the order of rows does not matter
    parsed = parsed or Parsed()
    tags = column.tags if rows is None else column.tags[rows]
    held = {tag: int(np.count_nonzero(tags == tag)) for tag in range(Tag.BIG_INT + 1)}
    stored = {
        "number": held[Tag.INT] + held[Tag.FLOAT] + held[Tag.BIG_INT],
        "boolean": held[Tag.FALSE] + held[Tag.TRUE],
        "text": held[Tag.TEXT],
        **_nested(column, rows, tags, held[Tag.JSON]),
    }
    common = max(("text", "number", "boolean"), key=stored.__getitem__)
    others = {name: count for name, count in stored.items() if count and name != common}
    empty = Facet("values", absent=held[Tag.ABSENT], null=held[Tag.NULL], others=others)
    if common == "number" and stored["number"]:
        bars = _histogram(_numbers(column, rows, tags, held), bins, whole=not held[Tag.FLOAT])
        return replace(empty, kind="histogram", edges=bars[0], counts=bars[1])
    if common == "boolean" and stored["boolean"]:
        pairs = sorted(((True, held[Tag.TRUE]), (False, held[Tag.FALSE])), key=lambda pair: -pair[1])
        return replace(empty, kind="booleans", top=tuple(pairs))
    codes = column.codes if rows is None else column.codes[rows]
    codes = codes if held[Tag.TEXT] == len(tags) else codes[tags == Tag.TEXT]
    moments = _moments(column.texts, codes, parsed)
    if moments is not None:
        if len(moments) < len(codes):
            others["text"] = len(codes) - len(moments)
        dates = _dates(moments, bins)
        return replace(empty, kind="dates", edges=dates[0], counts=dates[1])
    found = most_frequent(column.texts, codes, top, parsed)
    return replace(empty, top=found.top, more=found.more, more_rows=found.more_rows)


def _nested(column: Column, rows: Rows | None, tags: npt.NDArray[np.uint8], count: int) -> dict[str, int]:
    if not count:
        return {}
    codes = (column.codes if rows is None else column.codes[rows])[tags == Tag.JSON].tolist()
    jsons = column.jsons
    lists = sum(jsons[code][0] == "[" for code in codes)
    return {"object": count - lists, "list": lists}


# -- numbers -----------------------------------------------------------------------------------------------


def _numbers(
    column: Column, rows: Rows | None, tags: npt.NDArray[np.uint8], held: dict[int, int]
) -> npt.NDArray[np.float64]:
    """The numbers of the rows; integers past a float64 count as the largest one."""
    numbers = column.numbers if rows is None else column.numbers[rows]
    if held[Tag.INT] + held[Tag.FLOAT] < len(tags):
        numbers = numbers[(tags == Tag.INT) | (tags == Tag.FLOAT)]
    if held[Tag.BIG_INT]:
        codes = (column.codes if rows is None else column.codes[rows])[tags == Tag.BIG_INT]
        long = [_clipped(int(column.jsons[code])) for code in codes.tolist()]
        numbers = np.concatenate([numbers, long])
    return numbers


def _clipped(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        largest = float(np.finfo(np.float64).max)
        return largest if number > 0 else -largest


def _histogram(
    numbers: npt.NDArray[np.float64], bins: int, *, whole: bool
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Bars between round numbers."""
    low, high = float(numbers.min()), float(numbers.max())
    edges = _round_edges(low, high, bins, whole=whole)
    bars = len(edges) - 1
    bounds = np.array(edges, dtype=np.float64)
    if bars == 1:
        return edges, (len(numbers),)
    width = bounds[-1] / bars - bounds[0] / bars
    counts = np.zeros(bars, dtype=np.int64)
    for start in range(0, len(numbers), _CHUNK):  # arrays of a chunk stay in the processor's cache
        some = numbers[start : start + _CHUNK]
        with np.errstate(over="ignore", invalid="ignore"):
            places = np.clip((some / width - bounds[0] / width).astype(np.int32), 0, bars - 1)
        # Division rounds: what landed beside its bar is put right, so that a bar counts what `between` would.
        places -= some < bounds[places]
        places += (some >= bounds[places + 1]) & (places < bars - 1)
        counts += np.bincount(places, minlength=bars)
    return edges, tuple(counts.tolist())


def _round_edges(low: float, high: float, bins: int, *, whole: bool) -> tuple[float, ...]:
    """Bounds around `low` and `high`, at most `bins` steps of 1, 2, 2.5 or 5 times a power of ten."""
    span = high / bins - low / bins
    if not span > 0:
        return (_plain(low), _plain(high))
    power = math.floor(math.log10(span))
    for exponent in (power, power + 1):
        for step in _STEPS:
            wide = step * float(f"1e{exponent}")
            if not 0 < wide < math.inf or (whole and wide != int(wide)):
                continue
            first, last = math.floor(low / wide), math.ceil(high / wide)
            if last - first <= bins:
                edges = [float(f"{n * wide:.12g}") for n in range(first, last + 1)]
                distinct = all(a < b for a, b in pairwise(edges))
                if distinct and edges[0] <= low and high <= edges[-1] and math.isfinite(edges[-1] - edges[0]):
                    return tuple(map(_plain, edges))
    return (_plain(low), _plain(high))  # too close, or too far apart, for round numbers


def _plain(number: float) -> float:
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


# -- moments -----------------------------------------------------------------------------------------------


def _moments(texts: Sequence[str], codes: npt.NDArray[np.int32], parsed: Parsed) -> Instants | None:
    """The moments among some texts where most of them are; None where they are not."""
    if not len(codes):
        return None
    sample = codes[:: max(1, len(codes) // _SAMPLE)].tolist()
    read = Parsed().instants([texts[code] for code in sample])
    if np.count_nonzero(read != NO_TIME) < _MOSTLY * len(sample):
        return None
    moments = parsed.instants(texts)[codes]
    known = moments != NO_TIME
    if np.count_nonzero(known) < _MOSTLY * len(codes):
        return None
    return moments if known.all() else moments[known]


def _dates(moments: Instants, bins: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Bars between moments that a calendar or a clock names."""
    low, high = int(moments.min()), int(moments.max())
    bounds = _calendar_edges(low, high, bins)
    inner = np.array(bounds[1:-1], dtype=np.int64)
    places = np.searchsorted(inner, moments, side="right")
    counts = np.bincount(places, minlength=len(bounds) - 1).tolist()
    return tuple(map(_iso, bounds)), tuple(counts)


def _calendar_edges(low: int, high: int, bins: int) -> list[int]:
    if low == high:
        return [low, high]
    for step in _CLOCK:
        # Weeks begin on Mondays; 1970-01-01 was a Thursday.
        offset = 4 * _DAY if step % (7 * _DAY) == 0 else 0
        first, last = (low - offset) // step, -(-(high - offset) // step)
        if last - first <= bins:
            return [n * step + offset for n in range(first, last + 1)]
    months = (np.array([low, high]) // _DAY).astype("datetime64[D]").astype("datetime64[M]").view(np.int64)
    for step in _MONTHS:
        first, last = int(months[0]) // step, int(months[1]) // step + 1
        if last - first <= bins:
            bounds = (np.arange(first, last + 1) * step).astype("datetime64[M]").astype("datetime64[D]")
            return [int(day) * _DAY for day in bounds.view(np.int64)]
    return [low, high]


def _iso(moment: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=min(max(moment, _FIRST), _LAST))).isoformat()
