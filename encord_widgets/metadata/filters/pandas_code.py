"""A filter as pandas code over `items.frame`: code to read, keep and change, that gives the same rows."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Sequence
from typing import Final, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.filters.arguments import span
from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.pandas_helpers import TAKEN, with_helpers
from encord_widgets.metadata.filters.tree import Filter, Group, Rule
from encord_widgets.metadata.item_fields import FIELDS, OWN_KEYS
from encord_widgets.metadata.values import Json, shown

__all__ = ["to_pandas"]

_EXACT: Final = 2**53
_WIDE: Final = 90
_VARIANTS: Final = {o.any_case: o.name for o in OPERATORS.values() if o.any_case}
_REFUSED: Final = {
    "nearest": "the nearest are chosen among all items, which no row knows",
    "misfit": "a frame holds no schema",
    "preset": "only Encord can evaluate the rule",
}
_TYPES: Final = {
    "text": "lambda value: isinstance(value, str)",
    "number": "is_number",
    "boolean": "lambda value: isinstance(value, bool)",
    "null": "lambda value: value is None",
    "object": "lambda value: isinstance(value, dict)",
    "list": "lambda value: isinstance(value, list)",
}
_SYMBOLS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_NOW: Final = "now = instant(datetime.now(timezone.utc).isoformat())"


def to_pandas(node: Filter, frame_name: str = "frame") -> str:
    """A filter as pandas code over `items.frame`, which holds stored values; muted rules are left out.

    Args:
        node: The filter.
        frame_name: Name of the variable that holds the frame.

    Returns:
        Statements that set `mask`; the last line is the frame of the rows that match.

    Raises:
        InvalidInputError: Naming every rule that a frame cannot answer, and why.

    Example:
        >>> print(to_pandas(Filter.all()))
        import pandas as pd
        <BLANKLINE>
        <BLANKLINE>
        mask = pd.Series(True, index=frame.index, dtype=bool)
        frame[mask]
    """
    if not frame_name.isidentifier() or keyword.iskeyword(frame_name) or frame_name in TAKEN:
        expected = "a Python name for the frame that the code does not use itself"
        raise InvalidInputError([Problem(expected=expected, got=shown(frame_name))])
    active = node.active()
    problems = [problem for _, rule in active.rules() for problem in _refusals(rule)]
    if problems:
        raise InvalidInputError(problems)
    lines = [_laid_out(active, frame_name), f"{frame_name}[mask]"]
    if any(rule.op == "last" for _, rule in active.rules()):
        lines.insert(0, _NOW)
    return with_helpers("\n".join(lines), frame_name)


def _refusals(rule: Rule) -> Iterator[Problem]:
    why = _REFUSED.get(rule.op, "")
    if rule.kind == "state":
        why = "a frame holds stored values, no staged state"
    elif rule.column == "field:has_children":
        why = "a frame has no such column"
    if why:
        yield Problem(expected="a rule that pandas can answer", got=rule.text, hint=f"{why.capitalize()}.")


def _laid_out(node: Filter, frame: str) -> str:
    """The statement that sets the mask, one line a part where it is long."""
    text = _mask(node, frame)
    if len(text) <= _WIDE or not isinstance(node, Group):
        return f"mask = {text}"
    symbol = "&" if node.kind == "and" else "|"
    parts = f"\n    {symbol} ".join(_held(part, frame) for part in node.parts)
    return f"mask = (\n    {parts}\n)"


def _mask(node: Filter, frame: str) -> str:
    if isinstance(node, Rule):
        return _rule(node)
    if isinstance(node, Group):
        if not node.parts:
            return f"pd.Series({node.kind == 'and'}, index={frame}.index, dtype=bool)"
        return (" & " if node.kind == "and" else " | ").join(_held(part, frame) for part in node.parts)
    return f"~{_held(node.parts[0], frame)}"


def _held(node: Filter, frame: str) -> str:
    """A mask that can stand beside & and |."""
    text = _mask(node, frame)
    loose = (isinstance(node, Group) and len(node.parts) > 0) or (isinstance(node, Rule) and _loose(node))
    return f"({text})" if loose else text


def _loose(rule: Rule) -> bool:
    """Whether the mask of a rule is a comparison or a chain of masks, not a call."""
    return rule.op in _SYMBOLS or rule.op in {"is", "is_ci", "in"}


def _rule(rule: Rule) -> str:
    if rule.kind == "field":
        label = None if rule.name == "uuid" else rule.name
    else:
        label = f"{OWN_KEYS}{rule.name}" if rule.name in FIELDS else rule.name
    name, values = repr(label), rule.values
    if rule.op in _SYMBOLS:
        subject, (bound,) = _ordered(name, values)
        return f"{subject} {_SYMBOLS[rule.op]} {bound}"
    if rule.op == "is":
        return _equal(name, values[0])
    if rule.op == "in":
        return _among(name, values)
    return _CALLS[_VARIANTS.get(rule.op, rule.op)](name, values, rule.op in _VARIANTS)


def _ordered(name: str, values: Sequence[Json]) -> tuple[str, list[str]]:
    if isinstance(values[0], str):
        return f"instants({name})", [f"instant({value!r})" for value in values]
    return f"numbers({name})", [repr(value) for value in values]


def _equal(name: str, value: Json) -> str:
    if value is None or isinstance(value, bool):
        return f"rows({name}, lambda value: value is {value})"
    if isinstance(value, str):
        return f"texts({name}) == {value!r}"
    if isinstance(value, (int, float)) and abs(value) < _EXACT:
        return f"numbers({name}) == {value!r}"
    return f"rows({name}, lambda value: canonical(value) == canonical({value!r}))"


def _among(name: str, values: Sequence[Json]) -> str:
    texts = [value for value in values if isinstance(value, str)]
    others = [f"({_equal(name, value)})" for value in values if not isinstance(value, str)]
    if texts or not others:
        others.insert(0, f"texts({name}).isin({texts!r})")
    return " | ".join(others)


def _text(name: str, text: Json, any_case: bool) -> tuple[str, str]:  # noqa: FBT001  # private
    """The texts of a column and the text that is looked for."""
    if any_case:
        return f"texts({name}).str.casefold()", repr(cast("str", text).casefold())
    return f"texts({name})", repr(text)


def _text_call(method: str, options: str) -> Callable[[str, Sequence[Json], bool], str]:
    def write(name: str, values: Sequence[Json], any_case: bool) -> str:  # noqa: FBT001  # private
        texts, wanted = _text(name, values[0], any_case)
        return f"{texts}.str.{method}({wanted}, {options})"

    return write


def _is_any_case(name: str, values: Sequence[Json], any_case: bool) -> str:  # noqa: FBT001  # private
    texts, wanted = _text(name, values[0], any_case)
    return f"{texts} == {wanted}"


def _in_any_case(name: str, values: Sequence[Json], any_case: bool) -> str:  # noqa: FBT001  # private
    folded = [cast("str", value).casefold() for value in values]
    return f"{_text(name, '', any_case)[0]}.isin({folded!r})"


def _regex(name: str, values: Sequence[Json], any_case: bool) -> str:  # noqa: FBT001  # private
    flags = ", re.IGNORECASE" if any_case else ""
    return f"rows({name}, lambda value: isinstance(value, str) and re.search({values[0]!r}, value{flags}))"


def _between(name: str, values: Sequence[Json], _: bool) -> str:  # noqa: FBT001  # private
    subject, (low, high) = _ordered(name, values)
    return f"{subject}.between({low}, {high})"


def _last(name: str, values: Sequence[Json], _: bool) -> str:  # noqa: FBT001  # private
    microseconds = span(cast("float", values[0]), cast("str", values[1]))
    return f"instants({name}).between(now - {microseconds:_}, now)"


_CALLS: Final[dict[str, Callable[[str, Sequence[Json], bool], str]]] = {
    "is": _is_any_case,
    "in": _in_any_case,
    "contains": _text_call("contains", "regex=False, na=False"),
    "starts": _text_call("startswith", "na=False"),
    "ends": _text_call("endswith", "na=False"),
    "regex": _regex,
    "between": _between,
    "last": _last,
    "in_box": lambda name, v, _: f"rows({name}, lambda value: in_box(value, {v[0]}, {v[1]}, {v[2]}, {v[3]}))",
    "within_km": lambda name, v, _: (
        f"rows({name}, lambda value: distance_km(value, {v[0]}, {v[1]}) <= {v[2]})"
    ),
    "absent": lambda name, _, __: f"rows({name}, is_absent)",
    "present": lambda name, _, __: f"~rows({name}, is_absent)",
    "null": lambda name, _, __: f"rows({name}, lambda value: value is None)",
    "empty": lambda name, _, __: (
        f"rows({name}, lambda value: isinstance(value, (str, list, dict)) and not value)"
    ),
    "type": lambda name, v, _: f"rows({name}, {_TYPES[cast('str', v[0])]})",
}
