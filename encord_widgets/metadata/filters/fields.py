"""Filters written in Python: `F.weather == "rain"`, `F["captured at"].last(7, "days")`, `F.item.name`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from encord_widgets.metadata.filters.subjects import (
    FIELD_PREFIX,
    FILTER_FIELDS,
    KEY_PREFIX,
    STATE_PREFIX,
    STATES,
)
from encord_widgets.metadata.filters.tree import Filter, Not, Rule
from encord_widgets.metadata.given import several
from encord_widgets.metadata.values import ABSENT, Json

__all__ = ["RESERVED", "F", "FieldNames", "Fields", "StateNames", "Subject"]

RESERVED: Final = frozenset({"item", "state"})
"""Names that `F` keeps for itself; a metadata key of that name is asked for as `F["item"]`."""


class Subject:
    """What a rule asks about: a metadata key or an item field. Comparing it makes a `Rule`.

    Args:
        column: Column id, such as `key:weather`.

    Example:
        >>> print(F.lux.between(1, 5) | (F.weather == "rain"))
        lux between 1 and 5 or weather = "rain"
    """

    __slots__ = ("column",)
    __hash__ = None  # type: ignore[assignment]  # == makes a rule, so it says nothing about equality

    def __init__(self, column: str) -> None:
        self.column = column

    def __repr__(self) -> str:
        from encord_widgets.metadata.filters.code import subject  # writes what this reads

        return subject(self.column)

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} is neither true nor false. Compare it, such as {self!r}.is_present().")

    def __eq__(self, value: object) -> Filter:  # type: ignore[override]
        return self._rule("absent") if value is ABSENT else self._rule("is", value)

    def __ne__(self, value: object) -> Filter:  # type: ignore[override]
        return Not(self == value)

    def __lt__(self, value: object) -> Filter:
        return self._rule("lt", value)

    def __le__(self, value: object) -> Filter:
        return self._rule("le", value)

    def __gt__(self, value: object) -> Filter:
        return self._rule("gt", value)

    def __ge__(self, value: object) -> Filter:
        return self._rule("ge", value)

    def equals(self, value: object, *, any_case: bool = False) -> Filter:
        """The value is the same canonical JSON.

        Args:
            value: What it is compared with; text when `any_case`.
            any_case: Whether upper and lower case are the same.
        """
        return self._rule("is_ci" if any_case else "is", value)

    def isin(self, values: Iterable[object], *, any_case: bool = False) -> Filter:
        """The value is one of several.

        Args:
            values: What it may be; a single text is one value.
            any_case: Whether upper and lower case are the same.
        """
        return self._rule("in_ci" if any_case else "in", *several(values, "values"))

    def contains(self, text: str, *, any_case: bool = False) -> Filter:
        """The value is text that contains a text.

        Args:
            text: What to look for.
            any_case: Whether upper and lower case are the same.
        """
        return self._rule("contains_ci" if any_case else "contains", text)

    def startswith(self, text: str, *, any_case: bool = False) -> Filter:
        """The value is text that starts with a text.

        Args:
            text: The start.
            any_case: Whether upper and lower case are the same.
        """
        return self._rule("starts_ci" if any_case else "starts", text)

    def endswith(self, text: str, *, any_case: bool = False) -> Filter:
        """The value is text that ends with a text.

        Args:
            text: The end.
            any_case: Whether upper and lower case are the same.
        """
        return self._rule("ends_ci" if any_case else "ends", text)

    def matches(self, pattern: str, *, any_case: bool = False) -> Filter:
        """The value is text in which `re.search` finds a pattern.

        Args:
            pattern: The regular expression.
            any_case: Whether upper and lower case are the same.

        Raises:
            InvalidInputError: If the pattern is none.
        """
        return self._rule("regex_ci" if any_case else "regex", pattern)

    def between(self, low: object, high: object) -> Filter:
        """The value lies between two numbers or two moments, both ends included.

        Args:
            low: Number, date, aware datetime or ISO 8601 text.
            high: The same, not below `low`.
        """
        return self._rule("between", low, high)

    def last(self, amount: float, unit: Literal["minutes", "hours", "days", "weeks"]) -> Filter:
        """The value is a moment of the time just past, up to now.

        Args:
            amount: How many.
            unit: Of what.
        """
        return self._rule("last", amount, unit)

    def in_box(self, south: float, west: float, north: float, east: float) -> Filter:
        """The value is a place in a box; a west beyond the east makes the box cross the date line.

        Args:
            south: Least latitude, in degrees.
            west: Longitude of the western edge, in degrees.
            north: Greatest latitude, in degrees.
            east: Longitude of the eastern edge, in degrees.
        """
        return self._rule("in_box", south, west, north, east)

    def within_km(self, latitude: float, longitude: float, km: float) -> Filter:
        """The value is a place not farther than a great-circle distance from another.

        Args:
            latitude: Of the other place, in degrees.
            longitude: Of the other place, in degrees.
            km: The distance, in kilometres.
        """
        return self._rule("within_km", latitude, longitude, km)

    def nearest(self, count: int, item: object) -> Filter:
        """The value is a vector among the nearest to another, by cosine.

        Args:
            count: How many items.
            item: Uuid of the item that holds the other vector, or the vector itself as a list of numbers.
        """
        return self._rule("nearest", count, item)

    def is_absent(self) -> Filter:
        """The key is not there."""
        return self._rule("absent")

    def is_present(self) -> Filter:
        """The key is there, be it with null."""
        return self._rule("present")

    def is_null(self) -> Filter:
        """The key is there and holds null."""
        return self._rule("null")

    def is_empty(self) -> Filter:
        """The value is an empty text, list or object."""
        return self._rule("empty")

    def is_misfit(self, wire_type: dict[str, Json] | None = None) -> Filter:
        """The value does not fit the schema.

        Args:
            wire_type: A type to fit instead of the schema's, as the wire spells it.
        """
        return self._rule("misfit") if wire_type is None else self._rule("misfit", wire_type)

    def has_type(self, name: Literal["text", "number", "boolean", "null", "object", "list"]) -> Filter:
        """The value is stored as a JSON type.

        Args:
            name: The type.
        """
        return self._rule("type", name)

    def _rule(self, op: str, *values: object) -> Filter:
        return Rule(self.column, op, values)  # type: ignore[arg-type]  # the rule checks and converts them


class FieldNames:
    """Item fields: `F.item.name`, `F.item["created_at"]`.

    Example:
        >>> print(F.item.file_size > 1000)
        item.file_size > 1000
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Subject:
        if name not in FILTER_FIELDS:
            raise AttributeError(f"items have no field {name!r}; there are: {', '.join(FILTER_FIELDS)}")
        return Subject(FIELD_PREFIX + name)

    def __getitem__(self, name: str) -> Subject:
        if name not in FILTER_FIELDS:
            raise KeyError(f"items have no field {name!r}; there are: {', '.join(FILTER_FIELDS)}")
        return Subject(FIELD_PREFIX + name)

    def __dir__(self) -> Sequence[str]:
        return FILTER_FIELDS


class StateNames:
    """States of an item: `F.state.changed`; each is a rule by itself.

    Example:
        >>> print(~F.state.changed)
        state is not changed
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Rule:
        if name not in STATES:
            raise AttributeError(f"items have no state {name!r}; there are: {', '.join(STATES)}")
        return Rule(STATE_PREFIX + name, "is", (True,))

    def __dir__(self) -> Sequence[str]:
        return STATES


class Fields:
    """Where filters in Python begin: `F.weather` and `F["captured at"]` are metadata keys.

    `F.item` holds the item fields and `F.state` the states; metadata keys of these names are `F["item"]` and
    `F["state"]`.

    Example:
        >>> import encord_widgets as ew
        >>> print((ew.F.weather == "rain") & ~ew.F["captured at"].is_absent() & ew.F.item.name.endswith(".png"))
        weather = "rain" and `captured at` is not absent and item.name ends with ".png"
    """

    __slots__ = ()

    @property
    def item(self) -> FieldNames:
        """Item fields, such as `F.item.name`."""
        return FieldNames()

    @property
    def state(self) -> StateNames:
        """States, such as `F.state.changed`."""
        return StateNames()

    def __getattr__(self, name: str) -> Subject:
        if name.startswith("_"):  # protocols of Python and of notebooks look for such names
            raise AttributeError(f"write F[{name!r}] for a metadata key of that name")
        return Subject(KEY_PREFIX + name)

    def __getitem__(self, key: str) -> Subject:
        if not isinstance(key, str):
            raise KeyError(f"a metadata key is text, not {type(key).__name__}")
        return Subject(KEY_PREFIX + key)

    def __repr__(self) -> str:
        return "F"


F: Final = Fields()
"""Where filters in Python begin."""
