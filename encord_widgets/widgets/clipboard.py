"""Blocks of cells too large for the page: their text is made and read in Python, each in one message."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from encord_widgets.metadata.values import Value
from encord_widgets.widgets._requests import Answer, BadRequestError, Handler, Later, Params, StaleError
from encord_widgets.widgets.paste import Refused, held_values, paste_block, read_block, shown_text

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet
    from encord_widgets.widgets.grid_columns import GridColumn
    from encord_widgets.widgets.grid_view import GridView

__all__ = ["MOST_CELLS", "Clipboard"]

MOST_CELLS: Final = 1_000_000
"""Cells of one copy or paste."""
_MOST_TEXT: Final = 256_000_000
_PAGE: Final = 500
_QUOTED: Final = re.compile(r'[\t\r\n"]')


@dataclass(frozen=True, slots=True)
class _Copied:
    """What was copied last: pasted again, it keeps absent, null and types apart."""

    digest: bytes
    values: list[list[Value]]


class Clipboard:
    """The requests for copying and pasting more than the page holds.

    Args:
        items: The items.
        view: What the grid shows; rows are named by their place in it, and by the order that they were seen in.
        publish: Brings the grid up to date after a paste.
    """

    def __init__(self, items: ItemSet, view: GridView, publish: Callable[[], object]) -> None:
        self._items = items
        self._view = view
        self._publish = publish
        self._copied: _Copied | None = None
        self._refused: tuple[Refused, ...] = ()

    def handlers(self) -> dict[str, Handler]:
        """What answers each request."""
        return {"copy": self._copy, "paste": self._paste, "refused": self._page}

    def _copy(self, params: Params) -> Later:
        uuids, columns = self._block(params)

        def work() -> Answer:
            with self._items.lock:
                by_column = [held_values(self._items, uuids, column) for column in columns]
            values = [list(line) for line in zip(*by_column, strict=True)]
            text = "\n".join("\t".join(_quoted(shown_text(value)) for value in line) for line in values)
            self._copied = _Copied(_digest(text), values)
            return Answer({"cells": len(values) * len(columns)}, (zlib.compress(text.encode("utf-8"), 1),))

        return Later(work)

    def _paste(self, params: Params) -> Later:
        uuids, columns = self._block(params)
        packed = params.buffer()

        def work() -> Answer:
            text = _inflated(packed)
            own = self._copied if self._copied and self._copied.digest == _digest(text) else None
            block = (
                [[shown_text(value) for value in line] for line in own.values] if own else read_block(text)
            )
            cells = sum(map(len, block))
            if cells > MOST_CELLS:
                raise BadRequestError(_too_many("paste", cells))
            result = paste_block(self._items, block, uuids, columns, own.values if own else None)
            self._refused = result.refused
            self._publish()
            told = {"staged": result.staged, "same": result.same, "refused": len(result.refused)}
            return Answer({"generation": self._view.generation, **told})

        return Later(work)

    def _page(self, params: Params) -> Answer:
        """Some of the cells that the last paste was refused, in order."""
        start = params.whole("start")
        return Answer({"refused": [asdict(one) for one in self._refused[start : start + _PAGE]]})

    def _block(self, params: Params) -> tuple[list[str], list[GridColumn]]:
        first, last = params.span("rows")
        known = {column.id: column for column in self._view.columns}
        ids = params.texts("columns")
        with self._items.lock:
            if params.whole("order") != self._view.place or not all(one in known for one in ids):
                raise StaleError("The rows or columns were arranged anew meanwhile. Look, and do it again.")
            cells = max(0, min(last, len(self._view)) - first) * len(ids)
            if cells > MOST_CELLS:
                raise BadRequestError(_too_many("copy or paste", cells))
            return self._view.uuids(first, last - first), [known[one] for one in ids]


def _too_many(what: str, cells: int) -> str:
    return f"one {what} takes up to {MOST_CELLS:,} cells, this is {cells:,}. Use items.frame and items.stage instead."


def _digest(text: str) -> bytes:
    # Clipboards of some systems end lines in their own way.
    return hashlib.sha256(text.replace("\r", "").encode("utf-8")).digest()


def _inflated(packed: bytes) -> str:
    unpack = zlib.decompressobj()
    try:
        text = unpack.decompress(packed, _MOST_TEXT).decode("utf-8")
    except (zlib.error, UnicodeDecodeError):
        raise BadRequestError("the pasted text did not arrive whole. Paste again.") from None
    if not unpack.eof:
        raise BadRequestError(f"one paste takes up to {_MOST_TEXT // 1_000_000} MB of text.")
    return text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
