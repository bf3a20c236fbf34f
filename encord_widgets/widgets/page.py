"""One page of a grid as display texts, for engines that hold whole tables. No widget in here.

Every cell is a text, so that no engine can convert, round or coerce it. What a text stands for (absent, null, an empty
text) and what is to be said about the cell travels beside it, as marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from encord_widgets.metadata.values import Absent, Value, compact
from encord_widgets.widgets.grid_columns import GridColumn
from encord_widgets.widgets.grid_view import GridView

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["MARKS", "Page", "PageCell", "cell_of", "labels_of", "mark_of"]

LONGEST: Final = 2000
"""Characters of a cell that are shown."""

MARKS: Final = {
    "staged": "s",
    "invalid": "i",
    "conflict": "c",
    "refused": "r",
    "failed": "f",
    "differs": "d",
    "pending": "p",
    "verified": "v",
    "already": "y",
    "updated": "u",
}
"""Mark of each state of a cell; `a` marks absent, `n` null, `e` an empty text, `q` a text where none belongs."""

_TEXTUAL: Final = frozenset({"text", "varchar", "user", "enum", "datetime", "uuid", "mixed"})
_CONTROLS: Final = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


@dataclass(frozen=True, slots=True)
class PageCell:
    """One cell as a page shows it.

    Args:
        text: What an editor begins with.
        mark: What the text stands for, where it could be mistaken.
        exact: Whether the text says it all: not cut, and free of line breaks that a one-line editor would lose.
    """

    text: str
    mark: str = ""
    exact: bool = True


def cell_of(value: Value, type_: str = "text") -> PageCell:
    """How a page shows a value.

    Args:
        value: A JSON value or `ABSENT`.
        type_: Type of its column.

    Example:
        >>> cell_of(None), cell_of("null").mark
        (PageCell(text='null', mark='n', exact=True), '')
    """
    if isinstance(value, Absent):
        return PageCell("", "a")
    if value is None:
        return PageCell("null", "n")
    if isinstance(value, str):
        mark = "e" if not value else "" if type_ in _TEXTUAL else "q"
        text = value
    else:
        mark, text = "", compact(value)
    plain = text[:LONGEST].translate(_CONTROLS)
    return PageCell(plain, mark, exact=plain == text)


def labels_of(columns: Sequence[GridColumn], taken: Sequence[str] = ()) -> list[str]:
    """A header for each column, no two alike.

    Args:
        columns: The columns.
        taken: Headers that are in use already.

    Example:
        >>> labels_of([GridColumn("field:name", "name", "field", "text", ""),
        ...            GridColumn("key:name", "name", "key", "text", "")])
        ['name', 'name (metadata)']
    """
    used = set(taken)
    labels = []
    for column in columns:
        label = column.name
        if label in used:
            label = f"{column.name} ({'metadata' if column.kind == 'key' else 'field'})"
        while label in used:
            label += "'"
        used.add(label)
        labels.append(label)
    return labels


def mark_of(place: int, mark: str) -> str:
    """A mark of one column, as it stands in the marks of a row.

    Args:
        place: Position of the column.
        mark: One letter.
    """
    return f",{place}{mark}"


class Page:
    """Some rows of all columns, in view order, as they are now.

    Args:
        items: The items.
        view: Columns and order.
        start: Position of the first row.
        count: How many rows.
    """

    def __init__(self, items: ItemSet, view: GridView, start: int, count: int) -> None:
        with items.lock:
            self.columns = view.columns
            self.uuids = view.uuids(start, count)
            self.cells: list[list[PageCell]] = []
            self.marks: list[str] = []
            # Rows are never taken out of a table, so every item in view has one.
            for uuid, row in zip(self.uuids, items.table.rows_of(self.uuids).tolist(), strict=True):
                values = [
                    items.table.field(c.name).value(row) if c.kind == "field" else items.value(uuid, c.name)
                    for c in self.columns
                ]
                self.cells.append([cell_of(v, c.type) for v, c in zip(values, self.columns, strict=True)])
            for cells, states in zip(self.cells, view.states(start, count), strict=True):
                parts = [mark_of(at, cell.mark) for at, cell in enumerate(cells) if cell.mark]
                parts += [mark_of(int(at), MARKS[state["state"]]) for at, state in states.items()]
                self.marks.append("".join(parts))

    def same_shape(self, other: Page) -> bool:
        """Whether another page shows the same items and columns, in the same order.

        Args:
            other: Another page.
        """
        return self.uuids == other.uuids and [c.id for c in self.columns] == [c.id for c in other.columns]
