"""Lists of a join, page by page, as the browser is told about them. No widget in here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from encord_widgets.item_join_preview import JoinPreview
from encord_widgets.metadata.join import CellProblem, JoinedColumn
from encord_widgets.metadata.texts import printable
from encord_widgets.metadata.values import shown
from encord_widgets.widgets.cells import encode

__all__ = ["LISTS", "join_columns", "join_rows", "list_sizes"]

LISTS: Final = ("changes", "problems", "duplicates", "ambiguous", "unmatched", "blank", "without")
_LABEL: Final = 200
_NAMED: Final = 20


def list_sizes(join: JoinPreview) -> dict[str, int]:
    """How long each list is.

    Args:
        join: The preview.
    """
    counts = join.counts
    return {name: getattr(counts, name) for name in LISTS}


def join_columns(join: JoinPreview) -> list[dict[str, Any]]:
    """What becomes of each column.

    Args:
        join: The preview.
    """
    schema = join.items.schema
    return [
        {
            "column": _text(one.column),
            "key": one.key,
            "type": schema[one.key].label if one.key in schema else None,
            "policy": one.policy,
            "changes": len(one),
            "same": one.same,
            "kept": one.kept,
            "missing": one.missing,
            "problems": len(one.problems),
        }
        for one in join.found.columns
    ]


def join_rows(join: JoinPreview, name: str, start: int, count: int) -> list[dict[str, Any]]:
    """Some rows of a list.

    Args:
        join: The preview.
        name: Which list.
        start: First row.
        count: How many at most.

    Raises:
        KeyError: If there is no such list.
    """
    match, end = join.found.match, start + count
    if name == "changes":
        return list(islice(_changes(join, start), count))
    if name == "problems":
        return list(islice(_problems(join, start), count))
    if name == "duplicates":
        return [_of_rows(join, rows) for rows in match.duplicates[start:end]]
    if name == "ambiguous":
        return [_of_items(join, rows[0], items) for rows, items in match.ambiguous[start:end]]
    if name in {"unmatched", "blank"}:
        rows = match.unmatched if name == "unmatched" else match.blank
        return [_of_rows(join, [row]) for row in rows[start:end]]
    if name == "without":
        return [_item(join, item) for item in match.without[start:end]]
    raise KeyError(name)


def _changes(join: JoinPreview, start: int) -> Iterator[dict[str, Any]]:
    for column, first in _from(join, start):
        for at in range(first, len(column)):
            yield {
                **_row(join, column.positions[at]),
                **_item(join, column.items[at]),
                "key": column.key,
                "before": encode(column.before[at]),
                "after": encode(column.after[at]),
            }


def _from(join: JoinPreview, start: int) -> Iterator[tuple[JoinedColumn, int]]:
    """Columns with the place to start at, so that long ones are stepped over at once."""
    for column in join.found.columns:
        if start < len(column):
            yield column, start
            start = 0
        else:
            start -= len(column)


def _problems(join: JoinPreview, start: int) -> Iterator[dict[str, Any]]:
    found: Iterator[CellProblem] = (one for column in join.found.columns for one in column.problems)
    for one in islice(found, start, None):
        said = one.raw if isinstance(one.raw, str) else shown(one.raw, _LABEL)
        yield {
            **_row(join, one.position),
            **_item(join, one.item),
            "key": one.key,
            "after": encode(said[: 2 * _LABEL]),
            "reason": one.problem.reason,
        }


def _of_rows(join: JoinPreview, rows: Sequence[int]) -> dict[str, Any]:
    labels = [_text(join.found.frame.index[row]) for row in rows[:_NAMED]]
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    return {"on": _text(join.found.said[rows[0]]), "row": ", ".join(labels) + more}


def _of_items(join: JoinPreview, row: int, items: Sequence[int]) -> dict[str, Any]:
    uuids = [join.items.table.uuids[item] for item in items[:_NAMED]]
    more = f" and {len(items) - _NAMED:,} more" if len(items) > _NAMED else ""
    return {**_row(join, row), "items": ", ".join(uuids) + more}


def _row(join: JoinPreview, row: int) -> dict[str, Any]:
    return {"row": _text(join.found.frame.index[row]), "on": _text(join.found.said[row])}


def _item(join: JoinPreview, item: int) -> dict[str, Any]:
    uuid = join.items.table.uuids[item]
    return {"item": uuid, "name": join.items.table.name(uuid)}


def _text(value: object) -> str:
    return "" if value is None else printable(value if isinstance(value, str) else str(value), _LABEL)
