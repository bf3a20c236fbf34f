"""Filters over the columns of a table: masks by rule, kept and patched where data changed, and counts of every node."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol, cast

import numpy as np
import numpy.typing as npt

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.filters import bits
from encord_widgets.metadata.filters.bits import Bits
from encord_widgets.metadata.filters.counts import NodeCount, node_counts
from encord_widgets.metadata.filters.facets import BINS, TOP, Facet, facet
from encord_widgets.metadata.filters.masks import Mask, refusal, rule_mask
from encord_widgets.metadata.filters.parsed import Parsed
from encord_widgets.metadata.filters.subjects import KEY_PREFIX, OPAQUE_COLUMN, STATE_PREFIX
from encord_widgets.metadata.filters.tree import Filter, Group, Not, Path, Rule
from encord_widgets.metadata.filters.vectors import cosines, exactly, nearest
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.values import Json, compact, loads

__all__ = ["FilterEngine", "FilterSource", "NodeCount"]

_KEPT_RULES: Final = 256
_MANY_CHANGES: Final = 4  # one in so many rows: then the whole column is looked at
_LONG_LIST: Final = 5000
_SCANS: Final = frozenset({"misfit", "in_box", "within_km", "nearest"})


class FilterSource(Protocol):
    """What a filter is evaluated over. `ItemSet` gives one; hold its lock while an engine works on it."""

    @property
    def now(self) -> dt.datetime:
        """The moment that `last` counts back from, with a zone."""

    def __len__(self) -> int:
        """Rows of the table."""

    def column(self, column_id: str) -> Column:
        """The values of a column, staged ones over stored ones; it is read, never written."""

    def version(self, column_id: str) -> object:
        """Equal as long as nothing of a column, or of a state, changed."""

    def changed_rows(self, column_id: str, since: object) -> Rows | None:
        """Rows that may differ from an earlier version; None when that is not known."""

    def state(self, name: str) -> Rows:
        """Rows of the items in a state."""

    def type_of(self, key: str) -> KeyType | None:
        """The type of a metadata key in the schema, or None."""

    def row_of(self, uuid: str) -> int | None:
        """Row of an item, or None."""


@dataclass(slots=True)
class _Held:
    """What is known of one rule."""

    version: object
    context: object  # what else the answer depends on
    size: int
    bits: Bits
    similarities: npt.NDArray[np.float64] | None = None
    listing: int = 0


class FilterEngine:
    """Evaluates filters, and remembers the answer of every rule until its column changes.

    Args:
        source: The columns.
        listed: The rows among which `nearest` chooses; all rows of the table without.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=50) as client:
        ...     items = client.folder(client.folders("Street scenes")[0]).wait()
        ...     engine = items.engine
        ...     rainy = engine.mask(ew.F.weather == "rain")
        >>> len(rainy), int(rainy.sum()) == list(items.frame["weather"]).count("rain")
        (50, True)
    """

    def __init__(self, source: FilterSource, listed: Callable[[], Rows] | None = None) -> None:
        self._source = source
        self._listed = listed
        self._held: dict[Rule, _Held] = {}
        self._parsed: dict[str, Parsed] = {}
        self._within: tuple[Rows | None, int, Bits] = (None, 0, bits.full(0))
        self._chosen: tuple[Rows | None, int] = (None, 0)

    def mask(self, filter_: Filter) -> Mask:
        """For which rows a filter holds.

        Args:
            filter_: The filter.

        Returns:
            One boolean for every row of the table.

        Raises:
            InvalidInputError: If it holds a rule that only Encord can evaluate.
            KeyError: If a rule names a column or state that the source does not have.
        """
        active = filter_.active()
        problems = [refusal(rule) for _, rule in active.rules() if rule.column == OPAQUE_COLUMN]
        if problems:
            raise InvalidInputError(problems)
        size = len(self._source)
        return bits.unpack(self._node(active, bits.full(size), self._source.now), size)

    def counts(self, filter_: Filter, within: Rows | None = None) -> dict[Path, NodeCount]:
        """What every node matches and removes, muted ones too. A rule only for Encord counts as left out.

        Args:
            filter_: The filter.
            within: The rows that count (int64); all without.

        Returns:
            Counts by path, the root first.
        """
        now = self._source.now
        return node_counts(filter_, lambda rule: self._rule(rule, now), self._bits_of(within))

    def facet(self, column_id: str, rows: Rows | None = None, bins: int = BINS, top: int = TOP) -> Facet:
        """How the values of a column are spread; see `facets.facet`.

        Args:
            column_id: `key:<key>` or `field:<name>`.
            rows: Which rows (int64); all without.
            bins: Most bars of a histogram.
            top: Most values listed.
        """
        column = self._source.column(column_id)
        return facet(column, rows, bins, top, parsed=self._parsed_of(column_id))

    def forget(self) -> None:
        """Give the memory of all kept answers back."""
        self._held.clear()
        self._parsed.clear()
        self._within = (None, 0, bits.full(0))

    # -- nodes -------------------------------------------------------------------------------------------------

    def _node(self, node: Filter, everything: Bits, now: dt.datetime) -> Bits:
        """Rows for which a node holds that has no muted parts."""
        if isinstance(node, Rule):
            return self._rule(node, now)
        if isinstance(node, Not):
            return everything ^ self._node(node.part, everything, now)
        is_and = cast("Group", node).kind == "and"
        found = everything if is_and else everything ^ everything
        end = everything ^ found
        for part in sorted(node.parts, key=self._cost):
            one = self._node(part, everything, now)
            found = found & one if is_and else found | one
            if np.array_equal(found, end):  # no further part can change it
                break
        return found

    def _cost(self, node: Filter) -> int:
        """Rough order of evaluation: what is known first, long lists of texts and JSON last."""
        if not isinstance(node, Rule):
            return max(map(self._cost, node.parts), default=0)
        held = self._held.get(node)
        if held is not None and held.version == self._source.version(node.column):
            return 0
        if node.column.startswith(STATE_PREFIX) or node.op in {"absent", "present", "null"}:
            return 1
        if node.op in _SCANS:
            return 4
        return 2 if len(self._source.column(node.column).texts) < _LONG_LIST else 3

    def _bits_of(self, rows: Rows | None) -> Bits:
        size = len(self._source)
        if rows is None:
            return bits.full(size)
        if self._within[0] is not rows or self._within[1] != size:
            self._within = (rows, size, bits.pack_rows(rows, size))
        return self._within[2]

    def _parsed_of(self, column_id: str) -> Parsed:
        return self._parsed.setdefault(column_id, Parsed())

    # -- rules -------------------------------------------------------------------------------------------------

    def _rule(self, rule: Rule, now: dt.datetime) -> Bits:
        """Rows for which a rule holds: as kept, patched where the column changed, or looked at anew."""
        rule = replace(rule, muted=False) if rule.muted else rule
        held = self._held.pop(rule, None)
        size, version = len(self._source), self._source.version(rule.column)
        context, listing = self._context(rule, now), self._listing(rule)
        if held is None or held.context != context:
            held = self._whole(rule, context, now)
        elif (held.version, held.size, held.listing) != (version, size, listing):
            changed = self._changed(rule, held, size)
            held = (
                self._whole(rule, context, now)
                if changed is None
                else self._patched(rule, held, changed, now)
            )
        held.version, held.size, held.listing = version, size, listing
        self._held[rule] = held  # the last in the dictionary is the one used last
        if len(self._held) > _KEPT_RULES:
            del self._held[next(iter(self._held))]
        return held.bits

    def _context(self, rule: Rule, now: dt.datetime) -> object:
        if rule.op == "last":
            return now
        if rule.op == "misfit" and not rule.values:
            return self._type_of(rule)
        if rule.op == "nearest":
            return self._wanted(rule)
        return None

    def _listing(self, rule: Rule) -> int:
        """A number that changes with the rows among which `nearest` chooses; 0 for every other rule."""
        if rule.op != "nearest" or self._listed is None:
            return 0
        rows = self._listed()
        if rows is not self._chosen[0]:
            self._chosen = (rows, self._chosen[1] + 1)
        return self._chosen[1]

    def _type_of(self, rule: Rule) -> KeyType | None:
        return self._source.type_of(rule.name) if rule.column.startswith(KEY_PREFIX) else None

    def _changed(self, rule: Rule, held: _Held, size: int) -> Rows | None:
        """Rows to look at again, new ones included; None when it is all of them."""
        if rule.column.startswith(STATE_PREFIX):
            return None
        changed = self._source.changed_rows(rule.column, held.version)
        if changed is None or size < held.size:
            return None
        if size > held.size:
            changed = np.union1d(changed[changed < held.size], np.arange(held.size, size, dtype=np.int64))
        return changed if len(changed) * _MANY_CHANGES <= size else None

    def _whole(self, rule: Rule, context: object, now: dt.datetime) -> _Held:
        size = len(self._source)
        if rule.column.startswith(STATE_PREFIX):
            return _Held(None, context, size, bits.pack_rows(self._source.state(rule.name), size))
        if rule.op == "nearest":
            held = _Held(None, context, size, bits.full(0), np.full(size, -np.inf))
            return self._patched(rule, held, np.arange(size, dtype=np.int64), now)
        return _Held(None, context, size, bits.pack(self._asked(rule, None, now)))

    def _patched(self, rule: Rule, held: _Held, changed: Rows, now: dt.datetime) -> _Held:
        size = len(self._source)
        if held.similarities is not None:
            held.similarities = _longer(held.similarities, size)
            column, wanted = self._source.column(rule.column), self._wanted(rule)
            held.similarities[changed] = (
                cosines(column, changed, cast("list[Json]", loads(wanted)), self._parsed_of(rule.column))
                if wanted
                else -np.inf
            )
            held.bits = bits.pack(self._nearest(rule, held.similarities))
            return held
        mask = np.zeros(size, dtype=np.bool_)
        mask[: held.size] = bits.unpack(held.bits, held.size)
        mask[changed] = self._asked(rule, changed, now)
        held.bits = bits.pack(mask)
        return held

    def _asked(self, rule: Rule, rows: Rows | None, now: dt.datetime) -> Mask:
        return rule_mask(
            rule,
            self._source.column(rule.column),
            rows,
            parsed=self._parsed_of(rule.column),
            key_type=self._type_of(rule) if rule.op == "misfit" else None,
            now=now,
        )

    def _wanted(self, rule: Rule) -> str:
        """JSON of the vector that `nearest` starts from; empty where the item it names has none."""
        value = rule.values[1]
        if isinstance(value, str):
            row = self._source.row_of(value)
            held = None if row is None else self._source.column(rule.column).value(row)
            value = held if isinstance(held, list) else None
        return "" if value is None else compact(value)

    def _nearest(self, rule: Rule, similarities: npt.NDArray[np.float64]) -> Mask:
        if self._listed is not None:
            listed = np.zeros(len(similarities), dtype=np.bool_)
            listed[self._listed()] = True
            similarities = np.where(listed, similarities, -np.inf)
        wanted = cast("list[Json]", loads(self._wanted(rule) or "[]"))
        column = self._source.column(rule.column)
        return nearest(similarities, cast("int", rule.values[0]), lambda rows: exactly(column, rows, wanted))


def _longer(similarities: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    return np.concatenate([similarities, np.full(size - len(similarities), -np.inf)])
