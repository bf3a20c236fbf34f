"""What a bulk edit can do: set, fill down, find and replace, copy and rename keys, map, combine, split."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.bulk import Columns
from encord_widgets.metadata.bulk_columns import Cell, Coded, Refused, joint, own_copy, same_cell
from encord_widgets.metadata.bulk_expressions import Expression, Template, described_error
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import ABSENT, Absent, Value, shown, to_json

__all__ = [
    "MOVING",
    "Combine",
    "Compute",
    "CopyKey",
    "FillDown",
    "MapValues",
    "Over",
    "ReplaceText",
    "SetValue",
    "Split",
]

Over: TypeAlias = Literal["unset", "empty", "all"]

_OVER: Final = ("unset", "empty", "all")


@dataclass(frozen=True, slots=True)
class SetValue:
    """One value for all items; `ABSENT` removes the key.

    Args:
        key: Metadata key.
        value: The value.
    """

    key: str
    value: Value

    @property
    def reads(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return ()

    @property
    def writes(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:  # noqa: ARG002, D102 - see Operation
        return {self.key: Coded([self.value], np.zeros(len(before[self.key]), dtype=np.int64))}


@dataclass(frozen=True, slots=True)
class FillDown:
    """The value of the row above, as spreadsheets fill a column.

    Args:
        key: Metadata key.
        over: Which cells are filled: those that are not set, `empty` ones (not set or null), or `all` after the first.

    Raises:
        InvalidInputError: If `over` is something else.
    """

    key: str
    over: Over = "unset"

    def __post_init__(self) -> None:
        if self.over not in _OVER:
            raise InvalidInputError([Problem(f"over to be one of {', '.join(_OVER)}", shown(self.over))])

    @property
    def reads(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    @property
    def writes(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:  # noqa: ARG002, D102 - see Operation
        column = before[self.key]
        if self.over == "all":
            return {
                self.key: Coded(column.values, np.full(len(column), column.codes[0] if len(column) else 0))
            }
        gaps = (ABSENT,) if self.over == "unset" else (ABSENT, None)
        is_gap = np.array([any(value is gap for gap in gaps) for value in column.values], dtype=np.bool_)
        own = np.arange(len(column), dtype=np.int64)
        if len(column):
            # A gap before the first value stays one: it points at itself, not at a row above.
            above = np.maximum.accumulate(np.where(is_gap[column.codes], -1, own))
            own = np.where(above >= 0, above, own)
        return {self.key: Coded(column.values, column.codes[own])}


@dataclass(frozen=True)
class ReplaceText:
    """Find and replace in text values; values of other kinds stay.

    Args:
        key: Metadata key.
        find: Text, or a pattern of Python's `re`.
        replacement: Text to put there; with a pattern, groups as in `re.sub`.
        regex: Whether `find` is a pattern.
        any_case: Whether letter case does not matter.
        whole: Whether the whole value must match.

    Raises:
        InvalidInputError: If there is nothing to find, or the pattern or the replacement cannot be read.
    """

    key: str
    find: str
    replacement: str
    regex: bool = False
    any_case: bool = False
    whole: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for text in (self.find, self.replacement):
            if not isinstance(text, str):
                raise InvalidInputError([Problem("a text", f"{shown(text)} ({type(text).__name__})")])
        if not self.find and not self.whole:
            raise InvalidInputError([Problem("a text to find", "nothing")])
        source = self.find if self.regex else re.escape(self.find)
        try:
            pattern = re.compile(source, re.IGNORECASE if self.any_case else 0)
            if self.regex:
                pattern.sub(self.replacement, "")
        except (re.error, IndexError, RecursionError, OverflowError) as error:
            expected = f"a pattern and a replacement of Python's re ({error})"
            raise InvalidInputError(
                [Problem(expected, f"{shown(self.find)} and {shown(self.replacement)}")]
            ) from None
        object.__setattr__(self, "pattern", pattern)

    @property
    def reads(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    @property
    def writes(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:  # noqa: ARG002, D102 - see Operation
        column = before[self.key]
        return {self.key: Coded([self._replaced(value) for value in column.values], column.codes)}

    def _replaced(self, value: Cell) -> Cell:
        if not isinstance(value, str):
            return value
        if self.whole:
            match = self.pattern.fullmatch(value)
            if not match:
                return value
            return match.expand(self.replacement) if self.regex else self.replacement
        return self.pattern.sub(self.replacement if self.regex else lambda _: self.replacement, value)


@dataclass(frozen=True, slots=True)
class CopyKey:
    """The value of one key into another; items without it are left alone.

    Args:
        old: Key to copy from.
        new: Key to copy to.
        move: Whether `old` is removed then.
        over: Whether another value that `new` holds is replaced; without, such an item is refused.

    Raises:
        InvalidInputError: If both are the same key.
    """

    old: str
    new: str
    move: bool = False
    over: bool = False

    def __post_init__(self) -> None:
        if self.old == self.new:
            raise InvalidInputError([Problem("two different keys", f"{shown(self.old)} twice")])

    @property
    def reads(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.old, self.new)

    @property
    def writes(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.new, self.old) if self.move else (self.new,)

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:  # noqa: ARG002, D102 - see Operation
        pairs, codes = joint([before[self.old], before[self.new]])
        made = [new if old is ABSENT else _put(self.new, new, old, over=self.over) for old, new in pairs]
        after = {self.new: Coded(made, codes)}
        if self.move:
            old = before[self.old]
            after[self.old] = Coded([ABSENT], np.zeros(len(old), dtype=np.int64))
        return after


@dataclass(frozen=True)
class MapValues:
    """A function over the value of a key; items that do not hold the key are left alone.

    Args:
        key: Metadata key.
        function: Called once for each distinct value; `ABSENT` removes the key.
    """

    key: str
    function: Callable[[Value], object]

    @property
    def reads(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    @property
    def writes(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:  # noqa: ARG002, D102 - see Operation
        column = before[self.key]
        return {self.key: Coded([self._mapped(value) for value in column.values], column.codes)}

    def _mapped(self, value: Cell) -> Cell:
        if isinstance(value, (Absent, Refused)):
            return value
        try:
            return _json(self.function(own_copy(value)))
        except Exception as error:  # noqa: BLE001 - whatever it raises is about this value
            return Refused(f"{described_error(error)}.")


@dataclass(frozen=True)
class Compute:
    """A Python expression over one or several keys.

    Args:
        key: Metadata key that is set.
        expression: What makes its value; with `value` in it, items that do not hold the key are left alone.
    """

    key: str
    expression: Expression

    @property
    def reads(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        own = (self.key,) if self.expression.own else ()
        return tuple(dict.fromkeys([*self.expression.keys, *own])) or (self.key,)

    @property
    def writes(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:  # noqa: ARG002, D102 - see Operation
        reads, own = self.reads, self.expression.own
        rows, codes = joint([before[key] for key in reads])
        made: list[Cell] = []
        for row in rows:
            values = {key: _value(cell) for key, cell in zip(reads, row, strict=True)}
            value = values[self.key] if own else ABSENT
            if own and value is ABSENT:
                made.append(ABSENT)
                continue
            named = {key: values[key] for key in self.expression.keys}
            made.append(_json(self.expression.of(value, named)))
        return {self.key: Coded(made, codes)}


@dataclass(frozen=True)
class Combine:
    """Several keys into one text, such as `{city}_{camera}`; the text is read by the type of the key.

    Args:
        key: Metadata key that is set.
        template: What makes its text.
        over: Whether another value that the key holds is replaced; without, such an item is refused.
    """

    key: str
    template: Template
    over: bool = False

    @property
    def reads(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return tuple(dict.fromkeys([*self.template.keys, self.key]))

    @property
    def writes(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return (self.key,)

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:  # noqa: D102 - see Operation
        reads, over = self.reads, self.over or self.key in self.template.keys
        rows, codes = joint([before[key] for key in reads])
        made: list[Cell] = []
        for row in rows:
            values = {key: _value(cell) for key, cell in zip(reads, row, strict=True)}
            text = self.template.of(values)
            read = text if isinstance(text, Refused) else _read(self.key, text, schema)
            made.append(_put(self.key, values[self.key], read, over=over))
        return {self.key: Coded(made, codes)}


@dataclass(frozen=True, slots=True)
class Split:
    """One text into several keys; each part is read by the type of its key. Null and unset cells are left alone.

    Args:
        key: Metadata key that holds the text.
        separator: What stands between the parts.
        into: Key for each part.
        over: Whether other values that these keys hold are replaced; without, such an item is refused.

    Raises:
        InvalidInputError: If there is no separator, or less than two different keys.
    """

    key: str
    separator: str
    into: tuple[str, ...]
    over: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.separator, str) or not self.separator:
            raise InvalidInputError([Problem("a text between the parts", shown(self.separator))])
        if len(self.into) < 2 or len(set(self.into)) < len(self.into):  # noqa: PLR2004 - one part is no split
            raise InvalidInputError([Problem("two or more different keys", shown(list(self.into)))])

    @property
    def reads(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return tuple(dict.fromkeys([self.key, *self.into]))

    @property
    def writes(self) -> tuple[str, ...]:  # noqa: D102 - see Operation
        return self.into

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:  # noqa: D102 - see Operation
        reads = self.reads
        rows, codes = joint([before[key] for key in reads])
        made: list[tuple[Cell, ...]] = []
        for row in rows:
            values = {key: _value(cell) for key, cell in zip(reads, row, strict=True)}
            parts = self._parts(values[self.key])
            if parts is None:
                made.append(tuple(values[key] for key in self.into))
            elif isinstance(parts, Refused):
                made.append((parts, *(values[key] for key in self.into[1:])))
            else:
                made.append(
                    tuple(
                        _put(key, values[key], _read(key, part, schema), over=self.over or key == self.key)
                        for key, part in zip(self.into, parts, strict=True)
                    )
                )
        return {key: Coded([cells[at] for cells in made], codes) for at, key in enumerate(self.into)}

    def _parts(self, value: Value) -> list[str] | Refused | None:
        if value is None or isinstance(value, Absent):
            return None
        if not isinstance(value, str):
            return Refused(f"{shown(value)} is no text.")
        parts = value.split(self.separator)
        if len(parts) != len(self.into):
            return Refused(f"{shown(value)} has {len(parts)} parts, not {len(self.into)}.")
        return parts


MOVING: Final = (SetValue, FillDown)
"""Operations that look into no value: equal ones need not be found first."""


def _value(cell: Cell) -> Value:
    if isinstance(cell, Refused):
        raise TypeError(cell.reason)  # columns before an edit hold values alone
    return cell


def _json(made: object) -> Cell:
    if isinstance(made, (Absent, Refused)):
        return made
    try:
        return to_json(made)
    except InvalidInputError as error:
        return Refused(" ".join(problem.reason for problem in error.problems))


def _read(key: str, text: str, schema: MetadataSchema) -> Cell:
    """Text as if it had been typed into the key."""
    try:
        return schema.parse_text(key, text)
    except InvalidInputError as error:
        return Refused(" ".join(problem.reason for problem in error.problems))


def _put(key: str, held: Cell, wanted: Cell, *, over: bool) -> Cell:
    """A new value for a cell that may be taken."""
    if over or held is ABSENT or isinstance(wanted, Refused) or same_cell(held, wanted):
        return wanted
    return Refused(f"{key} holds {shown(held)} already.")
