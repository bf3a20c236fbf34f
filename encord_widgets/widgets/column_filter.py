"""What one column's header shows and edits of a filter; the rest of the tree is kept. No widget in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, Path, Rule
from encord_widgets.metadata.values import Json

__all__ = ["MARKS", "ColumnFilter", "columns_in", "found_in", "others_on", "with_column"]

MARKS: Final = ("absent", "null", "misfit")
_TEXT: Final = "contains_ci"


@dataclass(frozen=True, slots=True)
class ColumnFilter:
    """What a column's header lets through: any of these.

    Args:
        values: Values that are ticked.
        low: Lowest number or date, inclusive; null for none.
        high: Highest number or date, inclusive; null for none.
        text: Text that the value contains, upper and lower case alike; empty for none.
        marks: Of `absent`, `null` and `misfit` (does not fit the schema) those that are ticked.

    Example:
        >>> header = ColumnFilter(values=("rain", "fog"), marks=("absent",))
        >>> header.node("key:weather").text
        'weather in ["rain", "fog"] or weather is absent'
        >>> ColumnFilter.of(header.node("key:weather"), "key:weather") == header
        True
    """

    values: tuple[Json, ...] = ()
    low: Json = None
    high: Json = None
    text: str = ""
    marks: tuple[str, ...] = ()

    def node(self, column: str) -> Filter | None:
        """The filter that says it, or None if it lets everything through.

        Args:
            column: Column id.
        """
        rules: list[Filter] = []
        if self.values:
            rules.append(Rule(column, "is" if len(self.values) == 1 else "in", self.values))
        if self.low is not None and self.high is not None:
            rules.append(Rule(column, "between", (self.low, self.high)))
        elif self.low is not None:
            rules.append(Rule(column, "ge", (self.low,)))
        elif self.high is not None:
            rules.append(Rule(column, "le", (self.high,)))
        if self.text:
            rules.append(Rule(column, _TEXT, (self.text,)))
        rules += [Rule(column, mark) for mark in MARKS if mark in self.marks]
        if len(rules) > 1:
            return Group("or", tuple(rules))
        return rules[0] if rules else None

    @classmethod
    def of(cls, node: Filter, column: str) -> Self | None:
        """Read a filter back; None if a header cannot show it.

        Args:
            node: The filter.
            column: Column id.
        """
        if node.muted:
            return None
        alternatives = node.parts if isinstance(node, Group) and node.kind == "or" else (node,)
        found: dict[str, object] = {}
        marks: list[str] = []
        for rule in alternatives:
            if not isinstance(rule, Rule) or rule.muted or rule.column != column:
                return None
            read = _read(rule)
            if read is None or any(name in found for name in read):
                return None
            if rule.op in MARKS:
                marks.append(rule.op)
            else:
                found |= read
        shown = cls(**found, marks=tuple(m for m in MARKS if m in marks))  # type: ignore[arg-type]  # as _read gives them
        # Spelled otherwise than a header would (another order, a list of one) it is somebody's own work: left alone.
        return shown if shown.node(column) == node else None


def _read(rule: Rule) -> dict[str, object] | None:
    if rule.op in MARKS:
        return {} if not rule.values else None
    match rule.op:
        case "is" | "in":
            return {"values": rule.values} if rule.values else None
        case "between":
            return {"low": rule.values[0], "high": rule.values[1]}
        case "ge":
            return {"low": rule.values[0], "high": None}
        case "le":
            return {"low": None, "high": rule.values[0]}
        case "contains_ci":
            return {"text": rule.values[0]}
        case _:
            return None


def found_in(wanted: Filter, column: str) -> tuple[Path, ColumnFilter] | None:
    """Where a filter holds what a column's header shows, and that; None if it holds nothing of the kind.

    Args:
        wanted: The whole filter.
        column: Column id.
    """
    places: Iterable[tuple[Path, Filter]] = [((), wanted)]
    if isinstance(wanted, Group) and wanted.kind == "and" and not wanted.muted:
        places = (((place,), part) for place, part in enumerate(wanted.parts))
    for path, node in places:
        shown = ColumnFilter.of(node, column)
        if shown is not None:
            return path, shown
    return None


def with_column(wanted: Filter, column: str, header: ColumnFilter | None) -> Filter:
    """A filter with another header filter on a column; every other part stays as it is.

    Args:
        wanted: The whole filter.
        column: Column id.
        header: What the column lets through; None for everything.

    Example:
        >>> wanted = Filter.parse('lux < 5 and weather != "rain"')
        >>> with_column(wanted, "key:lux", ColumnFilter(low=1)).text
        'lux < 5 and weather != "rain" and lux >= 1'
    """
    node = header.node(column) if header is not None else None
    found = found_in(wanted, column)
    if found is not None:
        left = wanted.replace(found[0], node)
        alone = node is None and found[0] and len(left.parts) == 1
        return left.parts[0] if alone else left
    if node is None:
        return wanted
    if wanted == EVERYTHING:
        return node
    if isinstance(wanted, Group) and wanted.kind == "and" and not wanted.muted:
        return wanted.insert((len(wanted.parts),), node)
    return Group("and", (wanted, node))


def others_on(wanted: Filter, column: str) -> list[str]:
    """Texts of the parts of a filter that ask about a column and that its header cannot show.

    Args:
        wanted: The whole filter.
        column: Column id.
    """
    found = found_in(wanted, column)
    rest = with_column(wanted, column, None) if found is not None else wanted
    parts = rest.parts if isinstance(rest, Group) and rest.kind == "and" and not rest.muted else (rest,)
    return [part.text for part in parts if any(rule.column == column for _, rule in part.rules())]


def columns_in(wanted: Filter) -> list[str]:
    """Ids of the columns that a filter asks about, muted parts aside.

    Args:
        wanted: The whole filter.
    """
    return list(dict.fromkeys(rule.column for _, rule in wanted.active().rules()))
