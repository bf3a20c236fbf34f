"""A filter as text, as people would write it; `text_parser` reads back the same tree."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.tree import Filter, Group, Rule
from encord_widgets.metadata.values import Json, compact

__all__ = ["KEYWORDS", "PLAIN_NAME", "quoted_name", "to_text"]

KEYWORDS: Final = frozenset(
    {"and", "or", "not", "muted", "all", "any", "everything", "nothing", "preset", "item", "state"}
)
"""Words that mean something else where a key could stand; a key of that name is written in backticks."""

PLAIN_NAME: Final = re.compile(r"[^\W\d]\w*")
"""A key that needs no backticks."""

_SYMBOLS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_WORDS: Final = {"contains": "contains", "starts": "starts with", "ends": "ends with", "regex": "matches"}
_STATES: Final = frozenset({"absent", "present", "null", "empty", "misfit"})
_OR, _AND, _ONE = range(3)  # how tightly a node holds together without parentheses
_VARIANTS: Final = {o.any_case: o.name for o in OPERATORS.values() if o.any_case}


def to_text(node: Filter) -> str:
    """A filter as text.

    Args:
        node: The filter.

    Example:
        >>> to_text(~Rule("key:captured at", "is", ("2024-02-24",)))
        '`captured at` != "2024-02-24"'
    """
    return "everything" if node == Group("and") else _written(node, _OR)


def _written(node: Filter, tightness: int) -> str:
    if node.muted:
        return f"muted({_written(node.mute((), False), _OR)})"
    if isinstance(node, Rule):
        return _rule(node, negated=False)
    if isinstance(node, Group):
        return _group(node, tightness)
    part = node.parts[0]
    if isinstance(part, Rule) and not part.muted and (part.op in _NEGATED or part.kind == "state"):
        return _rule(part, negated=True)
    return f"not {_written(part, _ONE)}"


def _group(node: Group, tightness: int) -> str:
    if not node.parts:
        return "everything" if node.kind == "and" else "nothing"
    if len(node.parts) == 1:
        return f"{'all' if node.kind == 'and' else 'any'}({_written(node.parts[0], _OR)})"
    own = _AND if node.kind == "and" else _OR
    parts = [_written(part, own + 1) for part in node.parts]
    text = f" {node.kind} ".join(parts)
    return f"({text})" if own < tightness else text


def _rule(rule: Rule, *, negated: bool) -> str:
    if rule.op == "preset":
        return f"preset {_value(rule.values[0])}"
    verb = "is not" if negated else "is"
    if rule.kind == "state":
        return f"state {verb} {rule.name}"
    name = f"item.{rule.name}" if rule.kind == "field" else quoted_name(rule.name)
    op = _VARIANTS.get(rule.op, rule.op)
    if op in _STATES:
        text = f"{name} {verb} {' '.join([op, *map(_value, rule.values)])}"
    elif op == "is":
        text = f"{name} {'!=' if negated else '='} {_value(rule.values[0])}"
    elif op == "in":
        text = f"{name} {'not in' if negated else 'in'} {_value(list(rule.values))}"
    elif op in _SYMBOLS:
        text = f"{name} {_SYMBOLS[op]} {_value(rule.values[0])}"
    elif op in _WORDS:
        text = f"{name} {_WORDS[op]} {_value(rule.values[0])}"
    else:
        text = f"{name} {_OTHERS[op](list(map(_value, rule.values)), rule.values)}"
    return f"{text} any case" if rule.op in _VARIANTS else text


_OTHERS: Final[dict[str, Callable[[list[str], tuple[Json, ...]], str]]] = {
    "between": lambda v, _: f"between {v[0]} and {v[1]}",
    "last": lambda v, raw: f"in last {v[0]} {raw[1]}",
    "in_box": lambda v, _: f"in box [{', '.join(v)}]",
    "within_km": lambda v, _: f"within {v[2]} km of [{v[0]}, {v[1]}]",
    "nearest": lambda v, _: f"nearest {v[0]} to {v[1]}",
    "type": lambda _, raw: f"has type {raw[0]}",
}
_NEGATED: Final = frozenset({"is", "is_ci", "in", "in_ci", *_STATES})


def quoted_name(key: str) -> str:
    r"""A metadata key as text: as it is where it is a plain word, else in backticks.

    Args:
        key: Metadata key.

    Example:
        >>> quoted_name("lux"), quoted_name("captured at"), quoted_name("and")
        ('lux', '`captured at`', '`and`')
    """
    if PLAIN_NAME.fullmatch(key) and key.casefold() not in KEYWORDS:
        return key
    inner = _shown_escaped(json.dumps(key, ensure_ascii=False)[1:-1].replace('\\"', '"'))
    escaped = inner.replace("`", "\\`")
    return f"`{escaped}`"


def _value(value: Json) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"{_value(name)}: {_value(part)}" for name, part in value.items())
        return f"{{{inner}}}"
    return _shown_escaped(compact(value)) if isinstance(value, str) else compact(value)


def _shown_escaped(text: str) -> str:
    """JSON text in which nothing is invisible: a text that is passed on can steer no terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
