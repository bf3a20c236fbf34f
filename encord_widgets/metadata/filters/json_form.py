"""A filter as JSON: one object a node, `column`, `op` and `values` for a rule, else `and`, `or` or `not`."""

from __future__ import annotations

from typing import Any, Final, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, GroupKind, Not, Rule
from encord_widgets.metadata.values import Json, shown

__all__ = ["DEEPEST", "from_json", "to_json"]

DEEPEST: Final = 100
"""Levels of groups within groups that the readers take: far more than people nest, and safe to walk."""

_RULE: Final = frozenset({"column", "op", "values", "muted"})


def to_json(node: Filter) -> dict[str, Json]:
    """A filter as JSON.

    Args:
        node: The filter.

    Example:
        >>> to_json(Rule("key:lux", "lt", (5,), muted=True))
        {'column': 'key:lux', 'op': 'lt', 'values': [5], 'muted': True}
    """
    if isinstance(node, Rule):
        data: dict[str, Json] = {"column": node.column, "op": node.op, "values": list(node.values)}
    elif isinstance(node, Group):
        data = {node.kind: [to_json(part) for part in node.parts]}
    else:
        data = {"not": to_json(node.parts[0])}
    if node.muted:
        data["muted"] = True
    return data


def from_json(data: object) -> Filter:
    """Read a filter from JSON.

    Args:
        data: What `to_json` gave.

    Raises:
        InvalidInputError: With every part that is wrong, and where it stands.

    Example:
        >>> print(from_json({"or": [{"column": "key:lux", "op": "absent"}, {"column": "key:lux", "op": "null"}]}))
        lux is absent or lux is null
    """
    problems: list[Problem] = []
    node = _read(data, "the filter", problems, 0)
    if problems:
        raise InvalidInputError(problems)
    return node


def _read(data: object, place: str, problems: list[Problem], depth: int) -> Filter:
    """The node, or any node once a problem is noted."""
    fields = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    kinds: list[str] = [kind for kind in ("column", "and", "or", "not") if kind in fields]
    if len(kinds) != 1:
        expected = "an object with one of column, and, or, not"
        problems.append(Problem(expected=expected, got=f"{shown(data)} as {place}"))
        return EVERYTHING
    kind = kinds[0]
    extra = sorted(str(name) for name in set(fields) - (_RULE if kind == "column" else {kind, "muted"}))
    if extra:
        problems.append(Problem(expected="no other field", got=f"{', '.join(extra)} in {place}"))
    muted = fields.get("muted", False)
    if not isinstance(muted, bool):
        problems.append(Problem(expected="true or false as muted", got=f"{shown(muted)} in {place}"))
        muted = False
    if depth > DEEPEST:
        problems.append(Problem(expected=f"at most {DEEPEST} levels", got=f"more at {place}"))
        return EVERYTHING
    if kind == "column":
        return _read_rule(fields, place, muted, problems)
    if kind == "not":
        return Not(_read(fields["not"], f"{place}.not", problems, depth + 1), muted)
    parts = fields[kind]
    if not isinstance(parts, list):
        problems.append(Problem(expected="a list of filters", got=f"{shown(parts)} as {place}.{kind}"))
        return EVERYTHING
    read = [_read(part, f"{place}.{kind}[{i}]", problems, depth + 1) for i, part in enumerate(parts)]
    return Group(cast("GroupKind", kind), tuple(read), muted)


def _read_rule(fields: dict[str, Any], place: str, muted: bool, problems: list[Problem]) -> Filter:  # noqa: FBT001  # private
    values = fields.get("values", [])
    if not isinstance(values, list):
        problems.append(Problem(expected="a list", got=f"{shown(values)} as {place}.values"))
        return EVERYTHING
    try:
        return Rule(fields["column"], fields.get("op", ""), tuple(values), muted)
    except InvalidInputError as error:
        problems += [
            Problem(p.expected, f"{p.got} in {place}", item=p.item, key=p.key, hint=p.hint)
            for p in error.problems
        ]
        return EVERYTHING
