"""Cells of a table on their way to metadata: typed by the schema, and put over what an item holds by a policy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.values import ABSENT, Absent, Value, canonical, same, shown, to_json

__all__ = ["POLICIES", "Cell", "CellReader", "Policy", "hashed", "put", "unlike"]

Policy: TypeAlias = Literal["overwrite", "fill", "append", "skip"]
POLICIES: Final[tuple[Policy, ...]] = ("overwrite", "fill", "append", "skip")

_PARSED: Final = frozenset({"number", "boolean", "datetime", "uuid", "geospatial", "embedding"})
_TEXTS: Final = frozenset({"varchar", "text", "enum", "uuid", "user"})
_SCALARS: Final = frozenset({str, bool, int, float})
_NUMBERS: Final = {int, float}
_EXACT_INT: Final = 2**53
_SEPARATOR: Final = ", "


def hashed(value: Value) -> Hashable:
    """What two values share exactly when they are the same JSON; None for null and absent, which match nothing.

    Args:
        value: A JSON value or `ABSENT`.

    Example:
        >>> hashed(1.0) == hashed(1), hashed(True) == hashed(1), hashed("1") == hashed(1)
        (True, False, False)
    """
    if isinstance(value, str):
        return value
    if value is None or value is ABSENT:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) >= _EXACT_INT:
        return float, value
    if isinstance(value, (bool, list, dict)):
        return type(value), canonical(value)
    return cast("Hashable", value)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table as metadata.

    Args:
        value: What it says, also where that does not fit.
        problem: Why it cannot be staged, or None.
    """

    value: Value
    problem: Problem | None = None


class CellReader:
    """Reads the cells of one column; each distinct one is judged once.

    Text is parsed only where the schema says that the key is no text; everywhere else a value is what it is.

    Args:
        type_: Type of the key in the schema, None if it is not there.
        column: Name of the column, for hints.

    Example:
        >>> CellReader(KeyType("number"), "lux").read("100").value, CellReader(None, "lux").read("100").value
        (100, '100')
    """

    def __init__(self, type_: KeyType | None, column: str) -> None:
        self._type = type_
        self._column = column
        self._known: dict[tuple[type, Any], Cell] = {}

    def read(self, raw: object) -> Cell:
        """The cell of what stands in the table; not for missing cells.

        Args:
            raw: What stands there.
        """
        try:
            place = (type(raw), raw)
            known = self._known.get(place)
        except TypeError:  # a list or a dictionary
            return self._read(raw)
        if known is None:
            known = self._known[place] = self._read(raw)
        return known

    def read_all(self, raws: Sequence[object]) -> Sequence[Cell] | Sequence[Value]:
        """The cells of a whole column: their values alone where every one of them can be staged.

        Args:
            raws: What stands in the table.

        Example:
            >>> CellReader(KeyType("number"), "lux").read_all(["100", "5"])
            [100, 5]
        """
        kinds = set(map(type, raws))
        kind = kinds.pop() if len(kinds) == 1 else object
        if self._is_plain(kind, raws):
            return raws  # type: ignore[return-value]  # JSON scalars that fit
        if kind in _SCALARS:
            known = {raw: self._read(raw) for raw in set(raws)}
            cells = list(map(known.__getitem__, raws))
        else:
            cells = list(map(self.read, raws))
        return cells if any(cell.problem for cell in cells) else [cell.value for cell in cells]

    def _is_plain(self, kind: type, raws: Sequence[Any]) -> bool:
        """Whether cells are values as they stand, and fit."""
        ty = self._type
        if kind is float and (ty is None or (ty.kind == "number" and not ty.single_precision)):
            return bool(np.isfinite(raws).all())
        if kind is int and (ty is None or (ty.kind == "number" and not ty.single_precision)):
            return bool(max(map(abs, raws)) <= _EXACT_INT)
        if kind is str and (ty is None or (ty.kind in {"varchar", "text"} and ty.max_length is None)):
            try:
                "".join(raws).encode()
            except UnicodeEncodeError:
                return False
            return True
        return kind is bool and (ty is None or ty.kind == "boolean")

    def _read(self, raw: object) -> Cell:
        if raw is ABSENT:
            return Cell(ABSENT)
        if isinstance(raw, np.ndarray) and raw.ndim == 1 and raw.dtype.kind in "iuf":
            raw = raw.tolist()  # an embedding, as Parquet files hold them
        ty = self._type
        if isinstance(raw, str) and ty is not None and ty.kind in _PARSED:
            try:
                return Cell(ty.parse(raw))
            except ValueError as error:
                return Cell(raw, Problem(str(error), shown(raw)))
        try:
            value = to_json(raw)
        except InvalidInputError as error:
            problem = error.problems[0]
            return Cell(ABSENT, Problem(problem.expected, problem.got, hint=self._hint(raw) or problem.hint))
        misfit = ty.misfit(value) if ty is not None else None
        if misfit is None:
            return Cell(value)
        return Cell(value, Problem(misfit.expected, misfit.got, hint=self._hint(value)))

    def _hint(self, raw: object) -> str:
        column = shown(self._column)
        if hasattr(raw, "tzinfo"):
            return f'Give the column a zone, such as table[{column}].dt.tz_localize("UTC").'
        number = isinstance(raw, (int, float)) and not isinstance(raw, bool)
        if number and self._type is not None and self._type.kind in _TEXTS:
            return f"Read the column as text, such as pd.read_csv(..., dtype={{{column}: str}})."
        return ""


def unlike(before: Sequence[Value], after: Sequence[Value]) -> list[int]:
    """Places at which two lists of values are not the same JSON.

    Args:
        before: Values.
        after: As many others.

    Example:
        >>> unlike([1, True, "a"], [1.0, 1, "a"])
        [1]
    """
    places = []
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        kind = type(new)
        if type(old) is kind and kind in _SCALARS:
            if old != new:
                places.append(place)
        elif not _alike(old, new):
            places.append(place)
    return places


def _alike(old: Value, new: Value) -> bool:
    if type(old) is not type(new) and {type(old), type(new)} != _NUMBERS:
        return False
    return same(old, new)


def put(policy: Policy, held: Value, cell: Cell, fits: Callable[[Value], Problem | None]) -> Cell | None:
    """What an item is to hold by a policy, or None where the policy leaves it alone.

    Args:
        policy: What to do.
        held: What the item holds now.
        cell: What the table says.
        fits: Says why a value does not fit the key, or None.

    Example:
        >>> put("append", "rain", Cell("fog"), lambda value: None).value
        'rain, fog'
        >>> put("fill", "rain", Cell("fog"), lambda value: None) is None
        True
    """
    empty = held is None or held is ABSENT
    if policy == "overwrite" or (empty and policy != "skip"):
        return cell
    value = cell.value
    if policy != "append" or (value is ABSENT and cell.problem is None):
        return None
    if isinstance(value, Absent) or cell.problem is not None:
        return cell
    if isinstance(held, list):
        more = value if isinstance(value, list) else [value]
        present = {canonical(one) for one in held}
        joined: Value = [*held, *(one for one in more if canonical(one) not in present)]
    elif isinstance(held, str) and isinstance(value, str):
        joined = held if value in held.split(_SEPARATOR) or value == held else f"{held}{_SEPARATOR}{value}"
    else:
        return Cell(value, Problem("text, or a list, to append to", f"{shown(held)} in the item"))
    return Cell(joined, fits(joined))
