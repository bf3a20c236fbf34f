"""One rule over one column: a boolean for every row, worked out over distinct texts and arrays, never cell by cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from operator import contains, methodcaller
from typing import Any, Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.filters.arguments import compiled, span
from encord_widgets.metadata.filters.instants import NO_TIME
from encord_widgets.metadata.filters.misfits import misfits
from encord_widgets.metadata.filters.parsed import Parsed
from encord_widgets.metadata.filters.places import in_box, within_km
from encord_widgets.metadata.filters.tree import Rule
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.values import Json, canonical, loads, shown

__all__ = ["Cells", "Mask", "microseconds", "refusal", "rule_mask"]

Mask: TypeAlias = npt.NDArray[np.bool_]
Hits: TypeAlias = Callable[[Sequence[str]], Iterable[object]]
"""Tells for each of some texts whether it is meant."""

_EXACT_INT: Final = 2**53
_FEW_NUMBERS: Final = 6
_FEW_PLACES: Final = 1000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def microseconds(moment: dt.datetime) -> int:
    """A moment as the masks compare it.

    Args:
        moment: With a zone.

    Returns:
        Microseconds since 1970-01-01 in UTC.
    """
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


class Cells:
    """Some rows of a column, for questions that are answered once a distinct text.

    Args:
        column: The column.
        rows: Which rows (int64); all of them without.
    """

    __slots__ = ("codes", "column", "numbers", "tags", "whole")

    def __init__(self, column: Column, rows: Rows | None = None) -> None:
        self.column = column
        self.whole = rows is None
        self.tags = column.tags if rows is None else column.tags[rows]
        self.codes = column.codes if rows is None else column.codes[rows]
        self.numbers = column.numbers if rows is None else column.numbers[rows]

    def __len__(self) -> int:
        return len(self.tags)

    def none(self) -> Mask:
        """A mask that holds nowhere."""
        return np.zeros(len(self), dtype=np.bool_)

    def tagged(self, *tags: int) -> Mask:
        """Cells of some kinds.

        Args:
            tags: Kinds of `Tag`.
        """
        found = self.tags == tags[0]
        for tag in tags[1:]:
            found |= self.tags == tag
        return cast("Mask", found)

    def spelled(self, tag: int, hits: Hits) -> Mask:
        """Cells of a textual kind whose text is meant.

        Args:
            tag: TEXT, JSON or BIG_INT.
            hits: Asked once for every distinct text.
        """
        places = self.tagged(tag)
        texts = self.column.texts if tag == Tag.TEXT else self.column.jsons
        count = np.count_nonzero(places)
        if not count:
            return places
        # A list may hold other kinds, or texts that no cell holds any more: then only those in use are asked about.
        if self.whole and tag != Tag.BIG_INT and len(texts) <= 2 * count:
            return self.coded(places, _booleans(hits(texts), len(texts)))
        used, inverse = np.unique(self.codes[places], return_inverse=True)
        found = _booleans(hits([texts[code] for code in used.tolist()]), len(used))
        places[places] = found[inverse]
        return places

    def coded(self, places: Mask, hits: Mask) -> Mask:
        """Cells among some whose code is meant.

        Args:
            places: Cells of one textual kind.
            hits: By code, whether it is meant.
        """
        meant = np.flatnonzero(hits) if len(hits) <= _FEW_NUMBERS or not hits.any() else None
        if meant is not None and len(meant) <= 1:
            return places & (self.codes == meant[0]) if len(meant) else self.none()
        return places & hits.take(self.codes, mode="clip")  # codes of other kinds may lie beyond the list


def _booleans(hits: Iterable[object], count: int) -> Mask:
    return hits if isinstance(hits, np.ndarray) else np.fromiter(hits, dtype=np.bool_, count=count)


def rule_mask(
    rule: Rule,
    column: Column,
    rows: Rows | None = None,
    *,
    parsed: Parsed | None = None,
    key_type: KeyType | None = None,
    now: dt.datetime | None = None,
) -> Mask:
    """For which rows a rule holds that asks each cell by itself: all but states and `nearest`.

    Args:
        rule: The rule; whether it is muted does not matter here.
        column: The column that it names.
        rows: Which rows (int64); all of them without.
        parsed: What the column's texts mean, kept from earlier.
        key_type: The column's type in the schema, for `misfit`.
        now: The moment that `last` counts back from; the present one without.

    Returns:
        One boolean for every row asked for.

    Raises:
        InvalidInputError: If only Encord can evaluate the rule.

    Example:
        >>> column = Column(3)
        >>> column.write(np.arange(3), ["rain", "fog", None])
        >>> rule_mask(Rule("key:weather", "in", ("rain", "snow")), column)
        array([ True, False, False])
    """
    cells = Cells(column, rows)
    name = rule.op.removesuffix("_ci")
    if name in _TEXT_HITS or rule.op in {"is_ci", "in_ci"}:
        return _text(cells, name, rule.values, parsed or Parsed(), any_case=rule.op.endswith("_ci"))
    match rule.op:
        case "is" | "in":
            return _equal(cells, rule.values)
        case "absent":
            return cells.tagged(Tag.ABSENT)
        case "present":
            return ~cells.tagged(Tag.ABSENT)
        case "null":
            return cells.tagged(Tag.NULL)
        case "empty":
            empty = frozenset({"[]", "{}"})
            return _is_text(cells, {""}) | cells.spelled(
                Tag.JSON, lambda texts: map(empty.__contains__, texts)
            )
        case "type":
            return _stored_as(cells, str(rule.values[0]))
        case "misfit":
            ty = KeyType.from_wire(rule.values[0]) if rule.values else key_type
            return cells.none() if ty is None else misfits(cells, ty, parsed)
        case "lt" | "le" | "gt" | "ge" | "between":
            return _ordered(cells, rule, parsed or Parsed())
        case "last":
            end = microseconds(now or dt.datetime.now(dt.UTC))
            start = end - span(cast("float", rule.values[0]), str(rule.values[1]))
            return _moments(cells, start, end, parsed or Parsed())
        case "in_box" | "within_km":
            find = in_box if rule.op == "in_box" else within_km
            latitudes, longitudes = (parsed or Parsed()).places(column.jsons)
            hits = find(latitudes, longitudes, cast("tuple[float, ...]", rule.values))
            return cells.coded(cells.tagged(Tag.JSON), hits) if len(hits) else cells.none()
    raise InvalidInputError([refusal(rule)])


def refusal(rule: Rule) -> Problem:
    """What to say of a rule that only Encord can evaluate.

    Args:
        rule: An opaque rule.
    """
    return Problem(
        expected="rules that can be evaluated here",
        got=f"{rule.op} on {rule.column}: {shown(rule.values)}",
        hint="Mute it, or let Encord evaluate the preset that it came with.",
    )


# -- equality ----------------------------------------------------------------------------------------------


def _equal(cells: Cells, values: Sequence[Json]) -> Mask:
    """Cells that hold one of some values, as canonical JSON."""
    by_type: dict[type, list[Any]] = {}
    for value in values:
        by_type.setdefault(type(value), []).append(value)
    parts: list[Mask] = []
    if type(None) in by_type:
        parts.append(cells.tagged(Tag.NULL))
    parts += [cells.tagged(Tag.TRUE if flag else Tag.FALSE) for flag in set(by_type.get(bool, ()))]
    if str in by_type:
        parts.append(_is_text(cells, set(by_type[str])))
    parts += _equal_numbers(cells, {*by_type.get(int, ())}, {*by_type.get(float, ())})
    nested = {canonical(value) for kind in (list, dict) for value in by_type.get(kind, ())}
    if nested:
        starts = tuple({text[0] for text in nested})
        parts.append(
            cells.spelled(
                Tag.JSON,
                lambda texts: (
                    text.startswith(starts) and canonical(loads(text)) in nested for text in texts
                ),
            )
        )
    found = cells.none()
    for part in parts:
        found |= part
    return found


def _is_text(cells: Cells, wanted: set[str]) -> Mask:
    if len(wanted) == 1:
        return cells.spelled(Tag.TEXT, lambda texts: _found(texts, *wanted))
    return cells.spelled(Tag.TEXT, lambda texts: map(wanted.__contains__, texts))


def _found(texts: Sequence[str], wanted: str) -> Mask:
    """Where a text stands in a list; a list looks for itself faster than any loop."""
    hits = np.zeros(len(texts), dtype=np.bool_)
    place = -1
    for _ in range(_FEW_PLACES):
        try:
            place = texts.index(wanted, place + 1)
        except ValueError:
            return hits
        hits[place] = True
    return np.fromiter(map(wanted.__eq__, texts), dtype=np.bool_, count=len(texts))


def _equal_numbers(cells: Cells, integers: set[int], floats: set[float]) -> list[Mask]:
    """Below 2^53 an integer and a float of one value are the same number; beyond, each kind is by itself."""
    small = {float(n) for n in (*integers, *floats) if abs(n) < _EXACT_INT}
    at_limit = {float(n) for n in integers if abs(n) == _EXACT_INT}
    digits = {str(n) for n in integers if abs(n) > _EXACT_INT}
    large = {n for n in floats if abs(n) >= _EXACT_INT}
    parts = []
    for numbers, tags in (
        (small, (Tag.INT, Tag.FLOAT)),
        (at_limit, (Tag.INT,)),
        (large, (Tag.FLOAT,)),
    ):
        if not numbers:
            continue
        found = cells.tagged(*tags)
        if found.any():
            found &= _one_of(cells.numbers, sorted(numbers))
        parts.append(found)
    if digits:
        parts.append(cells.spelled(Tag.BIG_INT, lambda texts: map(digits.__contains__, texts)))
    return parts


def _one_of(numbers: npt.NDArray[np.float64], wanted: list[float]) -> Mask:
    if len(wanted) > _FEW_NUMBERS:
        return np.isin(numbers, wanted)
    found = numbers == wanted[0]
    for number in wanted[1:]:
        found |= numbers == number
    return cast("Mask", found)


# -- text --------------------------------------------------------------------------------------------------

_IN_BYTES: Final = frozenset({"contains", "starts", "ends"})
_TEXT_HITS: Final = _IN_BYTES | {"regex"}


def _text(cells: Cells, name: str, values: Sequence[Json], parsed: Parsed, *, any_case: bool) -> Mask:
    """Cells whose text a text operator means."""
    places, texts = cells.tagged(Tag.TEXT), cells.column.texts
    many = cells.whole and len(texts) <= 2 * np.count_nonzero(places)
    blob = parsed.blob(texts, any_case=any_case) if many and name in _IN_BYTES else None
    if blob is None:
        return cells.spelled(Tag.TEXT, _text_hits(name, values, any_case=any_case))
    needle = str(values[0]).casefold() if any_case else str(values[0])
    find = {"contains": blob.contains, "starts": blob.starts, "ends": blob.ends}[name]
    return cells.coded(places, find(needle))


def _text_hits(name: str, values: Sequence[Json], *, any_case: bool) -> Hits:
    """What a text operator asks of texts; letter case aside, both sides are case-folded."""
    needle = str(values[0]) if values else ""
    if name == "regex":
        return lambda texts: map(compiled(needle, any_case=any_case).search, texts)
    if any_case:
        plain = _text_hits(name, [str(value).casefold() for value in values], any_case=False)
        return lambda texts: plain(list(map(str.casefold, texts)))
    if name == "contains":
        return lambda texts: map(contains, texts, repeat(needle))
    if name in _TEXT_HITS:
        return lambda texts: map(methodcaller(f"{name}with", needle), texts)
    return lambda texts: map(frozenset(map(str, values)).__contains__, texts)


def _stored_as(cells: Cells, name: str) -> Mask:
    match name:
        case "text":
            return cells.tagged(Tag.TEXT)
        case "number":
            return cells.tagged(Tag.INT, Tag.FLOAT, Tag.BIG_INT)
        case "boolean":
            return cells.tagged(Tag.TRUE, Tag.FALSE)
        case "null":
            return cells.tagged(Tag.NULL)
    bracket = "{" if name == "object" else "["
    return cells.spelled(Tag.JSON, lambda texts: map(str.startswith, texts, repeat(bracket)))


# -- order -------------------------------------------------------------------------------------------------


def _ordered(cells: Cells, rule: Rule, parsed: Parsed) -> Mask:
    low = rule.values[0] if rule.op in {"gt", "ge", "between"} else None
    high = rule.values[-1] if rule.op in {"lt", "le", "between"} else None
    closed = rule.op not in {"lt", "gt"}
    if isinstance(rule.values[0], str):
        start, end = (parsed_bound(bound) for bound in (low, high))
        return _moments(
            cells,
            NO_TIME + 1 if start is None else start + (not closed),
            None if end is None else end - (not closed),
            parsed,
        )
    return _numbers(cells, cast("float | None", low), cast("float | None", high), closed=closed)


def parsed_bound(bound: Json) -> int | None:
    """The moment that an argument names, or None where there is none.

    Args:
        bound: ISO 8601 text or None.
    """
    return None if bound is None else int(Parsed().instants([str(bound)])[0])


def _moments(cells: Cells, start: int, end: int | None, parsed: Parsed) -> Mask:
    """Texts that name a moment from `start` to `end`."""
    places = cells.tagged(Tag.TEXT)
    if not places.any():
        return places
    moments = parsed.instants(cells.column.texts)
    hits = moments >= start
    if end is not None:
        hits &= moments <= end
    return cells.coded(places, hits)


def _numbers(cells: Cells, low: float | None, high: float | None, *, closed: bool) -> Mask:
    """Numbers between two bounds, compared exactly, however long an integer is."""
    found = cells.tagged(Tag.INT, Tag.FLOAT)
    if found.any():
        if low is not None:
            near, side = _nearest_float(low)
            inside = side > 0 or (closed and side == 0)
            found &= cells.numbers >= near if inside else cells.numbers > near
        if high is not None:
            near, side = _nearest_float(high)
            inside = side < 0 or (closed and side == 0)
            found &= cells.numbers <= near if inside else cells.numbers < near

    def within(digits: str) -> bool:
        number = int(digits)
        if closed:
            return (low is None or number >= low) and (high is None or number <= high)
        return (low is None or number > low) and (high is None or number < high)

    if (cells.tags == Tag.BIG_INT).any():
        found |= cells.spelled(Tag.BIG_INT, lambda texts: map(within, texts))
    return found


def _nearest_float(number: float) -> tuple[float, int]:
    """The float64 next to a number, and whether it lies below (-1), at (0) or above (1) it."""
    try:
        near = float(number)
    except OverflowError:
        near = float("inf") if number > 0 else float("-inf")
    return near, (near > number) - (near < number)
