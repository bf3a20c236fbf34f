"""From what a caller hands to `stage` to checked changes; every problem is found before anything is staged."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.item_fields import FIELDS, OWN_KEYS, key_of_label
from encord_widgets.metadata.items import ItemTable
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import ABSENT, Value, loads, same, shown, to_json

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CellEdit",
    "EditResult",
    "Edits",
    "Mode",
    "item_uuid",
    "not_in_set",
    "other_fields",
    "read_edits",
    "to_changes",
]

_NUMBERS: Final = frozenset({Tag.INT, Tag.FLOAT, Tag.BIG_INT})
_CANONICAL: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BOOLEANS: Final = frozenset({Tag.FALSE, Tag.TRUE})
Mode: TypeAlias = Literal["merge", "overwrite"]
Edits: TypeAlias = "Mapping[str | uuid.UUID, Mapping[str, object]] | pd.DataFrame"


@dataclass(frozen=True, slots=True)
class CellEdit:
    """What a user did in one cell.

    Args:
        item: Item uuid, lower case.
        key: Metadata key.
        action: `text` was typed, `json` is exact, `null` and `unset` (remove the key) need no text.
        text: What was typed, or JSON text.
        unchanged: Whether a value is still what the user saw when editing began.
    """

    item: str
    key: str
    action: Literal["text", "json", "null", "unset"]
    text: str = ""
    unchanged: Callable[[Value], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class EditResult:
    """Whether one cell took its edit.

    Args:
        item: Item uuid, lower case.
        key: Metadata key.
        reason: Why it was refused, or None if it was accepted.
    """

    item: str
    key: str
    reason: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the edit is staged."""
        return self.reason is None


def read_edits(
    edits: Sequence[CellEdit], table: ItemTable, schema: MetadataSchema, staged: ChangeSet
) -> tuple[list[Change], list[EditResult]]:
    """Turn what was typed into changes; what does not fit is refused by cell, with the reason.

    Keys outside the schema keep the kind of the value that the cell holds; in an empty cell, text becomes a number
    where the whole column holds numbers, and likewise for true and false.

    Args:
        edits: One for each cell.
        table: The items that may be edited.
        schema: Types that values must fit.
        staged: Edits that are staged already.

    Returns:
        The changes that were accepted, and a result for every edit.
    """
    changes: list[Change] = []
    results: list[EditResult] = []
    examples: dict[str, Value] = {}
    for edit in edits:
        row = table.row_of(edit.item)
        if row is None:
            results.append(EditResult(edit.item, edit.key, "The item is not in this set any more."))
            continue
        stored = table.value(row, edit.key)
        present = staged.get(edit.item, edit.key)
        current = present.after if present else stored
        if not edit.unchanged(current):
            reason = f"The cell changed meanwhile: it holds {shown(current)} now. Look, then edit again."
            results.append(EditResult(edit.item, edit.key, reason))
            continue
        if edit.action == "text" and (current is ABSENT or current is None) and edit.key not in schema:
            if edit.key not in examples:
                examples[edit.key] = _example(table.column(edit.key))
            current = examples[edit.key]
        try:
            after = _typed(edit, schema, current)
        except InvalidInputError as error:
            reason = " ".join(problem.reason[:1].upper() + problem.reason[1:] for problem in error.problems)
            results.append(EditResult(edit.item, edit.key, reason))
            continue
        changes.append(Change(edit.item, edit.key, stored, after))
        results.append(EditResult(edit.item, edit.key))
    return changes, results


def _example(column: Column) -> Value:
    """A value that stands for a column of numbers or of booleans alone; absent for any other column."""
    found = set(np.flatnonzero(np.bincount(column.tags)).tolist()) - {Tag.ABSENT, Tag.NULL}
    if found and found <= _NUMBERS:
        return 0
    return False if found and found <= _BOOLEANS else ABSENT


def _typed(edit: CellEdit, schema: MetadataSchema, current: Value) -> Value:
    if edit.action == "unset":
        return ABSENT
    if edit.action == "null":
        return None
    if edit.action == "text":
        return to_json(schema.parse_text(edit.key, edit.text, current))
    try:
        value = loads(edit.text)
    except ValueError as error:
        raise InvalidInputError([Problem(expected=f"JSON ({error})", got=shown(edit.text))]) from None
    misfit = schema.misfit(edit.key, value)
    if misfit:
        raise InvalidInputError([misfit])
    return value


def item_uuid(item: object) -> str | None:
    """The canonical text of an item uuid, or None if it is none.

    Args:
        item: A UUID, or text in any of a uuid's spellings.

    Example:
        >>> item_uuid("8AD58157-CA74-4AE4-8F37-A0193430BCAC")
        '8ad58157-ca74-4ae4-8f37-a0193430bcac'
    """
    if type(item) is str and _CANONICAL.fullmatch(item):
        return item
    try:
        return str(uuid.UUID(str(item)))
    except ValueError:
        return None


def not_in_set(item: object) -> Problem:
    """What is wrong with an item that the set does not hold.

    Args:
        item: What the caller gave.
    """
    is_uuid = item_uuid(item) is not None
    return Problem(
        item=shown(item),
        expected="an item of this set" if is_uuid else "an item uuid",
        got=shown(item),
        hint="Open the folder that holds it." if is_uuid else "Use items.frame.index.",
    )


def to_changes(edits: Edits, table: ItemTable, schema: MetadataSchema, mode: Mode = "merge") -> list[Change]:
    """Check edits against the items and the schema and turn them into changes.

    Args:
        edits: New values by item uuid and key, `ABSENT` to remove a key; or a DataFrame with item uuids as
            index and metadata keys as columns (as `items.frame` calls them: `client_metadata.width` is the key of
            that name, `width` the item field), whose missing cells (NaN, NA, NaT) are left alone.
        table: The items that may be edited.
        schema: Types that values must fit.
        mode: `merge` touches the named keys only; `overwrite` also removes every other key that the item holds.

    Returns:
        The changes, based on the stored values.

    Raises:
        InvalidInputError: With every problem: unknown items, values that JSON cannot hold, values that do not fit
            the schema.
    """
    if mode not in {"merge", "overwrite"}:
        raise InvalidInputError([Problem(expected='mode "merge" or "overwrite"', got=shown(mode))])
    problems: list[Problem] = []
    changes: list[Change] = []
    for item, values in _pairs(edits, table, problems):
        uuid_ = item_uuid(item)
        row = table.row_of(uuid_) if uuid_ else None
        if uuid_ is None or row is None:
            problems.append(not_in_set(item))
            continue
        named = _json_values(uuid_, values, problems)
        for key, value in named.items():
            stored = table.value(row, key)
            misfit = schema.misfit(key, value)
            if misfit and not same(stored, value):  # a value that is there already may stay as it is
                hint = "Stage a value that fits, or change the schema first."
                problems.append(Problem(misfit.expected, misfit.got, uuid_, key, hint))
            changes.append(Change(uuid_, key, stored, value))
        if mode == "overwrite":
            held = table.metadata(row)
            others = (key for key in held if key not in named)
            changes.extend(Change(uuid_, key, held[key], ABSENT, implied=True) for key in others)
    if problems:
        raise InvalidInputError(problems)
    return changes


def _json_values(item: str, values: Mapping[str, object], problems: list[Problem]) -> dict[str, Value]:
    named: dict[str, Value] = {}
    for key, raw in values.items():
        if not isinstance(key, str) or not key:
            problems.append(Problem(item=item, expected="text as metadata key", got=shown(key)))
            continue
        try:
            named[key] = raw if raw is ABSENT else to_json(raw)
        except InvalidInputError as error:
            problems.extend(Problem(p.expected, p.got, item, key, p.hint) for p in error.problems)
    return named


def _pairs(
    edits: Any, table: ItemTable, problems: list[Problem]
) -> Iterator[tuple[object, Mapping[str, object]]]:
    if hasattr(edits, "columns") and hasattr(edits, "index"):
        yield from _frame_rows(edits, table, problems)
        return
    if not isinstance(edits, Mapping):
        expected = "a mapping {item uuid: {key: value}} or a DataFrame indexed by item uuid"
        problems.append(Problem(expected=expected, got=f"{shown(edits)} ({type(edits).__name__})"))
        return
    for item, values in edits.items():
        if isinstance(values, Mapping):
            yield item, values
        else:
            got = f"{shown(values)} ({type(values).__name__})"
            problems.append(Problem(item=shown(item), expected="a mapping {key: value}", got=got))


def _frame_rows(
    frame: pd.DataFrame, table: ItemTable, problems: list[Problem]
) -> Iterator[tuple[object, Mapping[str, object]]]:
    missing = frame.isna()
    index = frame.index.tolist()
    repeated = frame.index[frame.index.duplicated()].tolist()
    problems.extend(
        Problem(item=shown(item), expected="each item once", got="several rows", hint="Drop duplicates.")
        for item in repeated
    )
    labels = frame.columns.tolist()
    problems.extend(
        Problem(f"one column {shown(label)}", f"{count} of that name", hint="Rename or drop the others.")
        for label, count in Counter(labels).items()
        if count > 1
    )
    known = [table.row_of(item_uuid(item) or "") for item in index]
    rows = np.array([-1 if row is None else row for row in known], dtype=np.int64)
    cells: list[dict[str, object]] = [{} for _ in index]
    for place, label in enumerate(labels):
        if label in FIELDS:
            problems.extend(other_fields(frame.iloc[:, place], label, rows, table))
            continue
        key = key_of_label(label)
        for row, (value, gone) in enumerate(
            zip(frame.iloc[:, place].tolist(), missing.iloc[:, place].tolist(), strict=True)
        ):
            if value is None or not gone:
                cells[row][key] = value
    yield from zip(index, cells, strict=True)


def other_fields(cells: pd.Series, name: str, rows: Rows, table: ItemTable) -> list[Problem]:
    """What is wrong with a column of an item field, which may travel along: every cell that is not what the item has.

    Args:
        cells: The column, by item uuid; missing cells are left alone.
        name: The field.
        rows: Row of each item in the table, -1 where it is none of these.
        table: The items that may be edited.
    """
    there = np.flatnonzero((rows >= 0) & ~cells.isna().to_numpy(dtype=np.bool_))
    chosen, held = cells.iloc[there], table.field(name).values(rows[there])
    hint = f"Leave the column out; {name} is a field of the item, not metadata."
    if name in table.keys:
        hint += f" The metadata key of that name is the column {OWN_KEYS}{name}."
    return [
        Problem(item=str(item), key=name, expected=shown(was), got=shown(value), hint=hint)
        for item, value, was in zip(chosen.index.tolist(), chosen.tolist(), held, strict=True)
        if not (was is ABSENT or (type(value) is type(was) and value == was))
        and str(value) != str(was)
        and not same(was, _scalar(value))
    ]


def _scalar(value: object) -> Value:
    try:
        return to_json(value)
    except InvalidInputError:
        return ABSENT
