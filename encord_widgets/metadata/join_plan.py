"""What of a table is joined to what: the column that tells the items apart, and the columns that become metadata."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.given import several
from encord_widgets.metadata.item_fields import FIELDS, OWN_KEYS, key_of_label
from encord_widgets.metadata.values import shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JoinPlan", "as_frame", "join_plan"]

_UUID: Final = "uuid"
_UUID_COLUMNS: Final = (_UUID, "item")


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """What of a table is joined to what.

    Args:
        on: What tells the items apart: `uuid`, an item field or a metadata key.
        on_key: Whether that is a metadata key.
        column: The column of the table that says it, None for the index.
        keys: Metadata key of each column that is joined.
        left_out: Columns that are named like item fields, and not joined.
    """

    on: str
    on_key: bool
    column: str | None
    keys: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What to call the column that tells the items apart."""
        return "the index" if self.column is None else self.column


def as_frame(data: Any) -> pd.DataFrame:
    """A table as a DataFrame.

    Args:
        data: A DataFrame, or a table of another library that has `to_pandas` or `df`.

    Raises:
        InvalidInputError: If it is no table.
    """
    for convert in ("to_pandas", "df"):
        if not hasattr(data, "iloc") and callable(getattr(data, convert, None)):
            data = getattr(data, convert)()
    if not hasattr(data, "columns") or not hasattr(data, "iloc"):
        hint = "Read the file first, such as pandas.read_csv(path)."
        raise InvalidInputError([Problem("a table", f"{shown(data)} ({type(data).__name__})", hint=hint)])
    frame: pd.DataFrame = data
    return frame


def join_plan(
    frame: pd.DataFrame,
    on: str | Mapping[str, str],
    columns: Sequence[str] | Mapping[str, str] | None,
    held: Collection[str],
    policed: Collection[str] = (),
) -> JoinPlan:
    """Find out what of a table is joined to what.

    Args:
        frame: The table.
        on: `uuid`, an item field, a metadata key, or `{column: one of these}`.
        columns: Columns to join, by name or as `{column: metadata key}`.
        held: Keys that items hold: a column named like one of them is that key, even if a field has the name too.
        policed: Keys that a policy names; each must be joined.

    Raises:
        InvalidInputError: With everything that does not fit.

    Example:
        >>> import pandas as pd
        >>> plan = join_plan(pd.DataFrame(columns=["file", "lux", "width"]), {"file": "name"}, None, {"lux"})
        >>> plan.column, plan.on, dict(plan.keys), plan.left_out
        ('file', 'name', {'lux': 'lux'}, ('width',))
    """
    labels = list(frame.columns)
    column, target = _on(frame, on)
    named, on_key = _target(target)
    problems = [
        Problem(f"one column {shown(label)}", f"{number} of that name", hint="Rename or drop the others.")
        for label, number in Counter(labels).items()
        if number > 1
    ]
    keys: dict[str, str] = {}
    left_out: list[str] = []
    if columns is None:
        for label in labels:
            if label == column or (column is None and label in _UUID_COLUMNS and named == _UUID):
                continue
            if label in FIELDS and label not in held:
                left_out.append(label)
            else:
                keys[label] = key_of_label(label)
    else:
        given = (
            dict(columns)
            if isinstance(columns, Mapping)
            else {label: key_of_label(label) for label in several(columns, "columns")}
        )
        for label, key in given.items():
            if label not in labels:
                problems.append(_no_column(label, labels, "columns"))
            else:
                keys[label] = key
    problems += [
        Problem("text as metadata key", shown(key), hint="Name it with columns={column: key}.")
        for key in keys.values()
        if not isinstance(key, str) or not key
    ]
    problems += [
        Problem("one column for each metadata key", f"{number} for {shown(key)}")
        for key, number in Counter(map(str, keys.values())).items()
        if number > 1
    ]
    problems += [
        Problem(
            f"a policy for one of {', '.join(map(str, keys.values())) or 'no columns'}",
            shown(key),
            hint=_close(key, keys.values()),
        )
        for key in policed
        if key not in keys.values()
    ]
    if problems:
        raise InvalidInputError(problems)
    return JoinPlan(named, on_key, column, keys, tuple(left_out))


def _on(frame: pd.DataFrame, on: object) -> tuple[str | None, str]:
    """The column that tells the items apart, None for the index, and what it says of them."""
    labels = list(frame.columns)
    if isinstance(on, Mapping):
        if len(on) != 1 or not all(isinstance(part, str) for pair in on.items() for part in pair):
            raise InvalidInputError([Problem('one pair {column: "uuid", "name" or a key} as on', shown(on))])
        ((column, target),) = on.items()
        if column not in labels and column != frame.index.name:
            raise InvalidInputError([_no_column(column, labels)])
        return (column if column in labels else None), target
    if not isinstance(on, str) or not on:
        raise InvalidInputError([Problem('"uuid", "name" or a metadata key as on', shown(on))])
    wanted = _UUID_COLUMNS if on == _UUID else (on, on.removeprefix(OWN_KEYS))
    for column in wanted:
        if column in labels:
            return column, on
    numbered = type(frame.index).__name__ in {"RangeIndex", "MultiIndex"}
    if frame.index.name in wanted or (on == _UUID and not numbered):
        return None, on
    raise InvalidInputError([_no_column(on, labels)])


def _target(on: str) -> tuple[str, bool]:
    """What tells items apart, and whether that is a metadata key."""
    own = on.removeprefix(OWN_KEYS)
    if own != on and own in (*FIELDS, _UUID):
        return own, True
    return on, on != _UUID and on not in FIELDS


def _no_column(column: object, labels: Sequence[object], argument: str = "on") -> Problem:
    hint = _close(column, labels)
    if not hint and argument == "on":
        hint = "Say which column holds it, such as on={column: 'name'}."
    return Problem(
        f"a column {shown(column)}", f"the columns {', '.join(map(str, labels)) or '(none)'}", hint=hint
    )


def _close(wanted: object, names: Collection[object]) -> str:
    close = difflib.get_close_matches(str(wanted), [str(name) for name in names], n=1)
    return f"Did you mean {close[0]!r}?" if close else ""
