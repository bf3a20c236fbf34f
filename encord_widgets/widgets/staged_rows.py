"""Staged edits, and what the last commit settled, as rows to review. No widget in here."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from encord_widgets.commit.options import MOST_ITEMS
from encord_widgets.commit.receipt import ReceiptRow
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.values import ABSENT
from encord_widgets.widgets.cell_states import ReceiptIndex, staged_verdict
from encord_widgets.widgets.cells import encode

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["StagedRows", "staged_counts"]

MOST_ROWS: Final = 500
"""Rows in one answer."""


def staged_counts(items: ItemSet) -> dict[str, int]:
    """How much is staged: `changes`, `items`, `invalid`, `removed`, `destroyed`, `bundles`.

    Invalid edits do not fit the schema; destroyed keys are removed by an overwrite that does not name them.

    Args:
        items: The items.
    """
    with items.lock:
        changes, touched = len(items.changes), items.changes.item_count
        removed, destroyed = items.changes.removed, items.changes.implied
        invalid = items.misfit_count()
    return {
        "changes": changes,
        "items": touched,
        "invalid": invalid,
        "removed": removed,
        "destroyed": destroyed,
        "bundles": -(-touched // MOST_ITEMS),
    }


class StagedRows:
    """The staged edits in the order of staging, then the settled rows of the last receipt that are not staged anew.

    Args:
        items: The items.
    """

    def __init__(self, items: ItemSet) -> None:
        self._items = items
        self._receipts = ReceiptIndex(None)
        self._settled: list[ReceiptRow] = []
        self.generation = 0

    def follow(self) -> None:
        """Take in what happened to the edits, the receipt and the schema."""
        items = self._items
        with items.lock:
            if self._receipts.receipt is not items.receipt:
                self._receipts = ReceiptIndex(items.receipt)
            self._settled = [
                row for row in self._receipts.all_settled() if items.changes.get(row.item, row.key) is None
            ]
            self.generation += 1

    def __len__(self) -> int:
        return len(self._items.changes) + len(self._settled)

    @property
    def settled(self) -> dict[str, int] | None:
        """How many settled rows there are by status, or None when there are none."""
        counts: dict[str, int] = {}
        for row in self._settled:
            counts[row.status] = counts.get(row.status, 0) + 1
        return counts or None

    def window(self, start: int, count: int) -> list[dict[str, Any]]:
        """Some rows, as the browser is sent them.

        Args:
            start: Position of the first row.
            count: How many, at most 500.
        """
        with self._items.lock:
            staged = self._items.changes.window(start, min(count, MOST_ROWS))
            rest = min(count, MOST_ROWS) - len(staged)
            first = max(0, start - len(self._items.changes))
            settled = islice(self._settled, first, first + rest)
            return [*map(self._staged_row, staged), *map(self._settled_row, settled)]

    def _staged_row(self, change: Change) -> dict[str, Any]:
        verdict = staged_verdict(change, self._items, self._receipts)
        row = {
            "item": change.item,
            "name": self._items.table.name(change.item),
            "key": change.key,
            "before": encode(change.base),
            "after": encode(change.after),
            "status": verdict.status,
            "implied": change.implied,
            "note": verdict.note or None,
        }
        if verdict.status not in {"staged", "invalid"}:
            receipt = self._receipts.get(change.item, change.key)
            unread = verdict.status in {"failed", "pending"} and receipt and receipt.observed is ABSENT
            if receipt is not None and not unread:
                row["observed"] = encode(receipt.observed)
        return row

    def _settled_row(self, settled: ReceiptRow) -> dict[str, Any]:
        return {
            "item": settled.item,
            "name": settled.name,
            "key": settled.key,
            "before": encode(settled.before),
            "after": encode(settled.wanted),
            "observed": encode(settled.observed),
            "status": settled.status,
            "implied": False,
            "note": settled.note or None,
        }
