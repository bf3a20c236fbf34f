"""What a rule can ask of a value: every operator with its label, its arguments and the types it is offered for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.filters.arguments import ArgumentKind, describe, instant, read_argument
from encord_widgets.metadata.schema import Kind
from encord_widgets.metadata.values import Json, shown

__all__ = ["OPERATORS", "Argument", "Operator", "operator", "operators_for"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an operator.

    Args:
        name: Its name, as the Python face calls it.
        kind: What it may be; see `arguments.read_argument`.
        optional: Whether it may be left out.
        many: Whether it stands for any number of arguments.
    """

    name: str
    kind: ArgumentKind
    optional: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Args:
        name: As a `Rule` holds it.
        label: In words, for a menu.
        types: Schema types that it is offered for; empty means all.
        arguments: Its arguments, in order.
        any_case: Name of the variant to which upper and lower case are the same, if there is one.
        offered: Whether a menu shows it; variants and opaque rules are reached otherwise.

    Example:
        >>> OPERATORS["lt"].label, OPERATORS["lt"].arity
        ('is below', (1, 1))
    """

    name: str
    label: str
    types: tuple[Kind, ...] = ()
    arguments: tuple[Argument, ...] = ()
    any_case: str | None = None
    offered: bool = True

    @property
    def arity(self) -> tuple[int, int | None]:
        """The least and the greatest number of arguments; no greatest where it takes any number."""
        many = any(argument.many for argument in self.arguments)
        least = sum(not argument.optional and not argument.many for argument in self.arguments)
        return least, None if many else len(self.arguments)

    def check(self, values: Sequence[object], key: str | None = None) -> tuple[Json, ...]:
        """Check the arguments of a rule.

        Args:
            values: The arguments, in order.
            key: Name of the column, for the message.

        Returns:
            The arguments as JSON.

        Raises:
            InvalidInputError: With every argument that does not fit, and what was expected.

        Example:
            >>> OPERATORS["between"].check([1, 5])
            (1, 5)
        """
        least, most = self.arity
        if len(values) < least or (most is not None and len(values) > most):
            raise InvalidInputError([self._miscounted(values, key)])
        checked: list[Json] = []
        problems: list[Problem] = []
        for argument, value in zip(self._spread(len(values)), values, strict=True):
            try:
                checked.append(read_argument(argument.kind, value))
            except InvalidInputError as error:
                problems += [Problem(p.expected, p.got, key=key, hint=p.hint) for p in error.problems]
            except ValueError as error:
                expected = f"{error} as {argument.name} of {self.label!r}"
                problems.append(Problem(expected=expected, got=describe(value), key=key))
        if not problems:
            problems = [*self._contradictions(checked, key)]
        if problems:
            raise InvalidInputError(problems)
        return tuple(checked)

    def to_json(self) -> dict[str, Json]:
        """The operator as a menu needs it."""
        least, most = self.arity
        arguments: list[Json] = [
            {"name": a.name, "kind": a.kind, "optional": a.optional, "many": a.many} for a in self.arguments
        ]
        return {
            "name": self.name,
            "label": self.label,
            "types": list(self.types),
            "least": least,
            "most": most,
            "arguments": arguments,
            "any_case": self.any_case,
            "offered": self.offered,
        }

    def _spread(self, count: int) -> Iterable[Argument]:
        """One argument for each of so many values."""
        if self.arguments and self.arguments[-1].many:
            return [*self.arguments[:-1], *[self.arguments[-1]] * (count - len(self.arguments) + 1)]
        return self.arguments[:count]

    def _miscounted(self, values: Sequence[object], key: str | None) -> Problem:
        names = ", ".join(f"{a.name} (optional)" if a.optional else a.name for a in self.arguments)
        expected = f"{names or 'no arguments'} for {self.label!r}"
        return Problem(expected=expected, got=f"{len(values)} arguments: {shown(list(values))}", key=key)

    def _contradictions(self, values: list[Json], key: str | None) -> Iterable[Problem]:
        """Arguments that are each in order, but not together."""
        if self.name == "between":
            low, high = values
            if isinstance(low, str) is not isinstance(high, str):
                yield Problem("two numbers or two dates", shown(values), key=key)
            elif _order(low) > _order(high):
                yield Problem("the lower end first", shown(values), key=key, hint="Swap the two.")
        elif self.name == "in_box" and cast("float", values[0]) > cast("float", values[2]):
            hint = "The order is south, west, north, east."
            yield Problem("a south that is not north of north", shown(values), key=key, hint=hint)


def _order(bound: Json) -> float:
    return cast("float", instant(bound) if isinstance(bound, str) else bound)


_TEXTS: Final[tuple[Kind, ...]] = ("varchar", "text", "user", "enum", "uuid", "unknown")
_ORDERED: Final[tuple[Kind, ...]] = ("number", "datetime", "unknown")
_VALUE: Final = (Argument("value", "value"),)
_TEXT: Final = (Argument("value", "text"),)
_BOUND: Final = (Argument("value", "bound"),)
_BOX: Final = (
    Argument("south", "latitude"),
    Argument("west", "longitude"),
    Argument("north", "latitude"),
    Argument("east", "longitude"),
)
_CIRCLE: Final = (Argument("latitude", "latitude"), Argument("longitude", "longitude"), Argument("km", "km"))
_LISTED: Final = Argument("values", "value", many=True)
_PLAIN: Final[tuple[Kind, ...]] = (*_TEXTS, "number", "boolean", "datetime")


def _variant(of: Operator, argument: Argument) -> Operator:
    """The same operator, to which upper and lower case are the same."""
    name = cast("str", of.any_case)
    return Operator(name, f"{of.label} (any case)", of.types, (argument,), offered=False)


_IS: Final = Operator("is", "is", _PLAIN, _VALUE, any_case="is_ci")
_IN: Final = Operator("in", "is one of", _PLAIN, (_LISTED,), any_case="in_ci")
_CONTAINS: Final = Operator("contains", "contains", _TEXTS, _TEXT, any_case="contains_ci")
_STARTS: Final = Operator("starts", "starts with", _TEXTS, _TEXT, any_case="starts_ci")
_ENDS: Final = Operator("ends", "ends with", _TEXTS, _TEXT, any_case="ends_ci")
_REGEX: Final = Operator(
    "regex", "matches the pattern", _TEXTS, (Argument("pattern", "pattern"),), any_case="regex_ci"
)

_ALL: Final = (
    _IS,
    _IN,
    _CONTAINS,
    _STARTS,
    _ENDS,
    _REGEX,
    Operator("lt", "is below", _ORDERED, _BOUND),
    Operator("le", "is at most", _ORDERED, _BOUND),
    Operator("gt", "is above", _ORDERED, _BOUND),
    Operator("ge", "is at least", _ORDERED, _BOUND),
    Operator("between", "is between", _ORDERED, (Argument("low", "bound"), Argument("high", "bound"))),
    Operator(
        "last",
        "is in the last",
        ("datetime", "unknown"),
        (Argument("amount", "amount"), Argument("unit", "unit")),
    ),
    Operator("in_box", "is in the box", ("geospatial", "unknown"), _BOX),
    Operator("within_km", "is within a distance of", ("geospatial", "unknown"), _CIRCLE),
    Operator(
        "nearest",
        "is among the nearest",
        ("embedding", "unknown"),
        (Argument("count", "count"), Argument("item", "item")),
    ),
    Operator("absent", "is absent"),
    Operator("present", "is present"),
    Operator("null", "is null"),
    Operator("empty", "is empty"),
    Operator(
        "misfit",
        "does not fit the schema",
        arguments=(Argument("type", "wire_type", optional=True),),
    ),
    Operator("type", "is stored as", arguments=(Argument("type", "json_type"),)),
    Operator("preset", "Encord preset", arguments=(Argument("definition", "definition"),), offered=False),
    _variant(_IS, _TEXT[0]),
    _variant(_IN, Argument("values", "text", many=True)),
    _variant(_CONTAINS, _TEXT[0]),
    _variant(_STARTS, _TEXT[0]),
    _variant(_ENDS, _TEXT[0]),
    _variant(_REGEX, _REGEX.arguments[0]),
)
OPERATORS: Final[dict[str, Operator]] = {operator.name: operator for operator in _ALL}
"""Every operator by its name."""


def operator(name: str, key: str | None = None) -> Operator:
    """The operator of a name.

    Args:
        name: One of `OPERATORS`.
        key: Name of the column, for the message.

    Raises:
        InvalidInputError: If there is none, with names like it.

    Example:
        >>> operator("ge").label
        'is at least'
    """
    found = OPERATORS.get(name)
    if found is None:
        like = difflib.get_close_matches(str(name), OPERATORS, n=3)
        hint = f"Did you mean {' or '.join(like)}?" if like else ""
        raise InvalidInputError(
            [Problem(expected=f"an operator: {', '.join(OPERATORS)}", got=shown(name), key=key, hint=hint)]
        )
    return found


def operators_for(kind: Kind | None) -> tuple[Operator, ...]:
    """The operators that a menu offers for a type.

    Args:
        kind: Type of the key in the schema, or None for a key that the schema does not hold.

    Example:
        >>> [found.name for found in operators_for("boolean")][:2]
        ['is', 'in']
    """
    return tuple(
        found
        for found in OPERATORS.values()
        if found.offered and (not found.types or kind is None or kind in found.types)
    )
