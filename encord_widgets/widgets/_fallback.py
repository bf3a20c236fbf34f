"""What a saved notebook shows of a widget without a kernel: plain text and a static table, all of it escaped."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import Absent, Value, compact

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["ROWS_SHOWN", "await_first_rows", "display_text", "headline", "quoted_text", "static_html"]

ROWS_SHOWN: Final = 10
_LONGEST: Final = 80
_MOMENT: Final = 0.25  # seconds
_PASSES: Final = re.compile(
    r"|\s.*|.*\s|[\"\[{].*|true|false|null|—|[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE | re.DOTALL
)


def display_text(value: Value) -> str:
    """A value as people read it: text as it is, everything else as JSON, absent as a dash.

    Args:
        value: A JSON value or `ABSENT`.

    Example:
        >>> display_text("fog"), display_text(None), display_text(1.0)
        ('fog', 'null', '1.0')
    """
    if isinstance(value, Absent):
        return "—"
    return value if isinstance(value, str) else compact(value)


def quoted_text(value: Value) -> str:
    """A value as people read it, where nothing else says its type: a text that could pass for another value in quotes.

    Args:
        value: A JSON value or `ABSENT`.

    Example:
        >>> quoted_text("fog"), quoted_text("100"), quoted_text(100)
        ('fog', '"100"', '100')
    """
    return compact(value) if isinstance(value, str) and _PASSES.fullmatch(value) else display_text(value)


def headline(items: ItemSet) -> str:
    """An item set in one line: its name, how many items there are, what is staged.

    Args:
        items: The items.
    """
    with items.lock:
        loading = items.loading
        counts = items.filter_counts
        parts = [counts.text if items.filtered else counted(counts.total, "item")]
        if not loading.finished:
            parts.append("loading")
        if loading.cached is not None:
            parts.append(f"from the cache of {loading.cached:%Y-%m-%d %H:%M %Z}")
        if loading.error:
            parts.append("loading failed")
        if items.changes:
            edits, touched = len(items.changes), items.changes.item_count
            parts.append(f"{counted(edits, 'edit')} staged on {counted(touched, 'item')}")
    return f"{items.title}: {', '.join(parts)}"


def await_first_rows(items: ItemSet) -> None:
    """Give the first page of items that were opened just now a moment: a saved notebook then shows rows, not "loading".

    Args:
        items: The items.
    """
    came = threading.Event()

    def rows() -> None:
        came.set()

    items.events.rows.connect(rows)
    try:
        loading = items.loading
        if not (loading.done or loading.finished or loading.cached):
            came.wait(_MOMENT)
    finally:
        items.events.rows.disconnect(rows)


def static_html(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], more: int = 0) -> str:
    """A small table as HTML.

    Args:
        title: Line above it.
        header: Names of the columns.
        rows: Texts of the cells.
        more: How many rows are not in it.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(_cut(text))}</td>' for text in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    rest = f"<p>… and {more:,} more</p>" if more > 0 else ""
    return f"<p>{escape(title)}</p>{table}{rest}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
