"""A block of cells as spreadsheets copy it: each is staged, held already, or refused. No widget in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from encord_widgets.metadata.staging import CellEdit
from encord_widgets.metadata.values import Absent, Value, compact
from encord_widgets.metadata.values import same as same_value
from encord_widgets.widgets.grid_columns import GridColumn, refusal

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["FIELD_IS_FIXED", "Pasted", "Refused", "held_values", "paste_block", "read_block", "shown_text"]

FIELD_IS_FIXED: Final = "This is a field of the item, not metadata; it cannot be edited here."


@dataclass(frozen=True, slots=True)
class Refused:
    """A cell that did not take what was meant for it.

    Args:
        row: Which row of the block, from 1.
        name: Name of the item; empty where the grid has no such row.
        key: Name of the column; empty where the grid has no such column.
        text: What was pasted.
        reason: Why not.
    """

    row: int
    name: str
    key: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pasted:
    """What came of a paste; the three parts are all cells of the block.

    Args:
        staged: Cells that took their value.
        same: Cells that held it already.
        refused: All others.
    """

    staged: int
    same: int
    refused: tuple[Refused, ...]


def read_block(text: str) -> list[list[str]]:
    r"""Rows of cells from tab separated text; a cell in quotes may hold tabs and line breaks.

    Args:
        text: What a spreadsheet put on the clipboard.

    Example:
        >>> read_block('rain\t"5"" tube"\r\n\t5" tube\n')
        [['rain', '5" tube'], ['', '5" tube']]
    """
    source = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    rows: list[list[str]] = [[]]
    at = 0
    while at <= len(source):
        end = _closing_quote(source, at) if source[at : at + 1] == '"' else -1
        if end >= 0:
            rows[-1].append(source[at + 1 : end].replace('""', '"'))
            end += 1
        else:
            end = min(
                (place for place in (source.find(c, at) for c in "\t\n") if place >= 0), default=len(source)
            )
            rows[-1].append(source[at:end])
        if source[end : end + 1] == "\n":
            rows.append([])
        at = end + 1
    return rows


def _closing_quote(source: str, start: int) -> int:
    """Where the quote at `start` is closed, just before a separator; -1 when it is an ordinary character."""
    at = source.find('"', start + 1)
    while at >= 0:
        if source[at + 1 : at + 2] != '"':
            return at if source[at + 1 : at + 2] in {"", "\t", "\n"} else -1
        at = source.find('"', at + 2)
    return -1


def paste_block(
    items: ItemSet,
    block: Sequence[Sequence[str]],
    uuids: Sequence[str],
    columns: Sequence[GridColumn],
    exact: Sequence[Sequence[Value]] | None = None,
) -> Pasted:
    """Stage a block as one step of undo. An empty cell removes the value.

    Args:
        items: The items.
        block: Rows of texts.
        uuids: Items of the rows that it is laid over, in order.
        columns: The columns that it is laid over, in order.
        exact: The values that the texts stand for, where they are known; without, texts are read by type.
    """
    refused: list[Refused] = []
    edits: list[tuple[CellEdit, Refused]] = []
    same = 0
    with items.lock:
        reached = [uuid for uuid, _ in zip(uuids, block, strict=False)]
        held = [held_values(items, reached, column) for column in columns]
        for y, line in enumerate(block):
            item = uuids[y] if y < len(uuids) else None
            name = items.table.name(item) if item else ""
            for x, text in enumerate(line):
                column = columns[x] if x < len(columns) else None
                cell = Refused(y + 1, name, column.name if column else "", text, "")
                if item is None or column is None:
                    reason = "Below the last row." if item is None else "Right of the last column."
                    refused.append(_because(cell, reason))
                elif same_value(exact[y][x], held[x][y]) if exact else text == shown_text(held[x][y]):
                    same += 1
                elif not column.editable:
                    reason = refusal(column.name) if column.kind == "key" else FIELD_IS_FIXED
                    refused.append(_because(cell, reason))
                else:
                    typed = CellEdit(item, column.name, "text" if text else "unset", text)
                    edits.append((_exactly(item, column.name, exact[y][x]) if exact else typed, cell))
        results = items.stage_cells([edit for edit, _ in edits])
    refused += [
        _because(cell, result.reason)
        for (_, cell), result in zip(edits, results, strict=True)
        if result.reason is not None
    ]
    staged = sum(result.accepted for result in results)
    return Pasted(staged, same, tuple(sorted(refused, key=lambda cell: cell.row)))


def _because(cell: Refused, reason: str) -> Refused:
    return Refused(cell.row, cell.name, cell.key, cell.text, reason)


def _exactly(item: str, key: str, value: Value) -> CellEdit:
    if isinstance(value, Absent):
        return CellEdit(item, key, "unset")
    return CellEdit(item, key, "json", compact(value))


def held_values(items: ItemSet, uuids: Sequence[str], column: GridColumn) -> list[Value]:
    """What some items hold in a column, staged values included.

    Args:
        items: The items.
        uuids: Items of the set.
        column: The column.
    """
    of = items.effective.column(column.name) if column.kind == "key" else items.table.field(column.name)
    return of.values(items.table.rows_of(uuids))  # rows are never taken out of a table


def shown_text(value: Value) -> str:
    """A value as spreadsheets are given it: absent is nothing, text is itself, all else is JSON.

    Args:
        value: A JSON value or `ABSENT`.
    """
    if isinstance(value, Absent):
        return ""
    return value if isinstance(value, str) else compact(value)
