"""A filter as Python: what one would write with `F`, and evaluates to the same tree."""

from __future__ import annotations

import keyword
import re
from typing import Final

from encord_widgets.metadata.filters.fields import RESERVED
from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.tree import Filter, Group, Rule

__all__ = ["subject", "to_python"]

_ATTRIBUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # Python respells other letters in names
_SYMBOLS: Final = {"is": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_METHODS: Final = {
    "is": "equals",
    "in": "isin",
    "contains": "contains",
    "starts": "startswith",
    "ends": "endswith",
    "regex": "matches",
    "between": "between",
    "last": "last",
    "in_box": "in_box",
    "within_km": "within_km",
    "nearest": "nearest",
    "absent": "is_absent",
    "present": "is_present",
    "null": "is_null",
    "empty": "is_empty",
    "misfit": "is_misfit",
    "type": "has_type",
}
_VARIANTS: Final = {o.any_case: o.name for o in OPERATORS.values() if o.any_case}


def to_python(node: Filter) -> str:
    """A filter as Python, given the names `F` and `Filter`.

    Args:
        node: The filter.

    Example:
        >>> to_python(Filter.parse('weather = "rain" and not (lux < 5 or `captured at` is absent)'))
        '(F.weather == "rain") & ~((F.lux < 5) | F["captured at"].is_absent())'
    """
    return _written(node)[0]


def _written(node: Filter) -> tuple[str, str]:
    """The expression, and the operator that holds it together outermost: empty if it needs no parentheses."""
    if node.muted:
        return f"{_held(node.mute((), False))}.mute()", ""
    if isinstance(node, Rule):
        return _rule(node, "==")
    if isinstance(node, Group):
        return _group(node)
    part = node.parts[0]
    if isinstance(part, Rule) and part.op == "is" and not part.muted and _compares(part):
        return _rule(part, "!=")
    return f"~{_held(part)}", "~"


def _held(node: Filter, *free: str) -> str:
    """The expression in parentheses, unless it holds together without them."""
    text, operator = _written(node)
    return text if not operator or operator in free else f"({text})"


def _group(node: Group) -> tuple[str, str]:
    merged = any(isinstance(p, Group) and p.kind == node.kind and not p.muted for p in node.parts)
    if merged or len(node.parts) < 2:  # noqa: PLR2004  # & would not keep this group as it is
        name = "all" if node.kind == "and" else "any"
        return f"Filter.{name}({', '.join(_written(part)[0] for part in node.parts)})", ""
    operator = "&" if node.kind == "and" else "|"
    return f" {operator} ".join(_held(part, "~") for part in node.parts), operator


def _rule(rule: Rule, equal: str) -> tuple[str, str]:
    if rule.op == "preset":
        return f"Filter.opaque({_value(rule.values[0])})", ""
    if rule.kind == "state":
        return f"F.state.{rule.name}", ""
    asked = subject(rule.column)
    if rule.op in _SYMBOLS and _compares(rule):
        symbol = equal if rule.op == "is" else _SYMBOLS[rule.op]
        return f"{asked} {symbol} {_value(rule.values[0])}", symbol
    op = _VARIANTS.get(rule.op, rule.op)
    values = f"[{', '.join(map(_value, rule.values))}]" if op == "in" else ", ".join(map(_value, rule.values))
    any_case = ", any_case=True" if rule.op in _VARIANTS else ""
    return f"{asked}.{_METHODS[op]}({values}{any_case})", ""


def _compares(rule: Rule) -> bool:
    """Whether the rule reads well as a comparison; linters object to `== None` and `== True`."""
    return rule.kind != "state" and not (rule.values[0] is None or isinstance(rule.values[0], bool))


def subject(column: str) -> str:
    """What a rule asks about, in Python.

    Args:
        column: Column id of a key or a field.

    Example:
        >>> subject("key:lux"), subject("key:captured at"), subject("field:name")
        ('F.lux', 'F["captured at"]', 'F.item.name')
    """
    kind, _, name = column.partition(":")
    if kind == "field":
        return f"F.item.{name}"
    plain = _ATTRIBUTE.fullmatch(name) and not keyword.iskeyword(name) and name not in RESERVED
    return f"F.{name}" if plain else f"F[{_value(name)}]"


def _value(value: object) -> str:
    """A JSON value as Python, in double quotes where that needs no escapes."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_value(name)}: {_value(part)}' for name, part in value.items())}}}"
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in text:
        return f'"{text[1:-1]}"'
    return text
