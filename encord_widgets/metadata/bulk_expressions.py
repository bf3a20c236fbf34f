"""Texts that make one value of an item from others: `{city}_{camera}`, and Python expressions over keys."""

from __future__ import annotations

import ast
import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from types import CodeType
from typing import Any, Final

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.bulk_columns import Cell, Refused, own_copy
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value, compact, shown

__all__ = ["Expression", "Template", "described_error"]

_TOOLS: Final[dict[str, Any]] = {
    **{
        tool.__name__: tool
        for tool in (
            abs, all, any, bool, dict, divmod, enumerate, float, int, isinstance, len, list, max, min, range,
            reversed, round, sorted, str, sum, zip,
        )
    },
    "ABSENT": ABSENT,
    "dt": dt,
    "math": math,
    "re": re,
}  # fmt: skip
_OWN: Final = frozenset({"value", "values"})


def described_error(error: BaseException) -> str:
    """An error of the user's code in one line, without a final stop.

    Args:
        error: What was raised.
    """
    text = str(error).rstrip(".")
    return shown(f"{type(error).__name__}: {text}" if text else type(error).__name__, 160)[1:-1]


@dataclass(frozen=True)
class Template:
    """Text with keys in braces, such as `{city}_{camera:02}`; two braces stand for one.

    Args:
        text: The template.

    Raises:
        InvalidInputError: If the braces are no good, or there is no key in it.

    Example:
        >>> template = Template("{city}_{camera:02}")
        >>> template.keys, template.of({"city": "Oslo", "camera": 3})
        (('city', 'camera'), 'Oslo_03')
    """

    text: str
    parts: tuple[tuple[str, str | None, str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expected = "a text with keys in braces, such as {city}_{camera}"
        if not isinstance(self.text, str):
            raise InvalidInputError([Problem(expected, shown(self.text))])
        try:
            found = list(Formatter().parse(self.text))
        except ValueError as error:
            raise InvalidInputError([Problem(f"{expected} ({error})", shown(self.text))]) from None
        if not any(key for _, key, _, _ in found) or any(key == "" or how for _, key, _, how in found):
            raise InvalidInputError([Problem(expected, shown(self.text))])
        object.__setattr__(self, "parts", tuple((plain, key, spec or "") for plain, key, spec, _ in found))

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that it names, each once."""
        return tuple(dict.fromkeys(key for _, key, _ in self.parts if key))

    def of(self, values: Mapping[str, Value]) -> str | Refused:
        """The text for one item.

        Args:
            values: Values of its keys.
        """
        made: list[str] = []
        for plain, key, spec in self.parts:
            made.append(plain)
            if not key:
                continue
            value = values[key]
            if value is None or isinstance(value, Absent):
                return Refused(f"{key} is {'null' if value is None else 'not set'}.")
            try:
                made.append(_spelled(value, spec))
            except ValueError as error:
                return Refused(f"{key}: {shown(value)} has no form {spec!r} ({error}).")
        return "".join(made)


def _spelled(value: Json, spec: str) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return format(value if isinstance(value, str) or (number and spec) else compact(value), spec)


class Expression:
    """A Python expression that makes a value. Names in it are metadata keys; `value` is the key that is set.

    Keys that are no Python names are in `values`: `values["captured at"]`, or `values.get("captured at")` where an
    item may lack it. `re`, `math`, `dt` (datetime), `ABSENT` and the plain builtins are there. It is code of the user,
    run as such: the names are few so that a slip is seen, not to keep anything out.

    Args:
        text: The expression.

    Raises:
        InvalidInputError: If it is none, or uses names with two underscores.

    Example:
        >>> expression = Expression("city.upper() + '_' + str(camera)")
        >>> expression.keys, expression.of(ABSENT, {"city": "Oslo", "camera": 3})
        (('city', 'camera'), 'OSLO_3')
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            tree = ast.parse(text.strip(), mode="eval")
            self._code: CodeType = compile(tree, "<expression>", "eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            expected = f"a Python expression ({described_error(error)})"
            raise InvalidInputError([Problem(expected, shown(text))]) from None
        _check(tree, text)
        bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and _stores(node)}
        bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        loaded = dict.fromkeys(node.id for node in _names(tree) if not _stores(node))
        self.needs: tuple[str, ...] = tuple(
            name for name in loaded if name not in _OWN | bound and name not in _TOOLS
        )
        self.looks: tuple[str, ...] = tuple(dict.fromkeys(_looked_up(tree)))
        self.own: bool = "value" in loaded and "value" not in bound

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that it reads, each once."""
        return tuple(dict.fromkeys([*self.needs, *self.looks]))

    def of(self, value: Value, values: Mapping[str, Value]) -> Cell:
        """What it makes for one item, as Python has it; a refusal where it cannot.

        Args:
            value: Value of the key that is set.
            values: Values of `keys`.
        """
        missing = next((key for key in self.needs if values[key] is ABSENT), None)
        if missing is not None:
            return Refused(f"{missing} is not set.")
        held = {key: own_copy(one) for key, one in values.items() if one is not ABSENT}
        names = {**_TOOLS, **held, "value": own_copy(value), "values": held, "__builtins__": {}}
        try:
            made: Cell = eval(self._code, names)  # noqa: S307 - an expression that the user wrote, as in DataFrame.eval
        except Exception as error:  # noqa: BLE001 - whatever it raises is about this item
            return Refused(f"{described_error(error)}.")
        return made


def _names(tree: ast.AST) -> list[ast.Name]:
    # In the order of the text, which is the order that people expect keys to be named in.
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _stores(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _check(tree: ast.AST, text: str) -> None:
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name.startswith("__") or isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
            raise InvalidInputError([Problem("a plain expression over keys", shown(text))])


def _looked_up(tree: ast.AST) -> list[str]:
    """Keys in `values["key"]` and `values.get("key")`."""
    found: list[str] = []
    for node in ast.walk(tree):
        inner: ast.expr | None = None
        if isinstance(node, ast.Subscript) and _is_values(node.value):
            inner = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            inner = node.args[0] if _is_values(node.func.value) else None
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            found.append(inner.value)
    return found


def _is_values(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "values"
