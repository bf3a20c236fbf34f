"""What a commit could do, and what the last one did, as the panel is told about it. No widget in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from encord_widgets.commit.options import MOST_ITEMS
from encord_widgets.commit.receipt import Receipt, ReceiptRow
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.values import same
from encord_widgets.widgets.staged_rows import staged_counts

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["CommitCounts", "outcome_to_wire"]

_OPEN_SHOWN: Final = 50
_CAUSES_SHOWN: Final = 5


class CommitCounts:
    """What is staged, and how much of it can go through where conflicts are reported.

    Args:
        items: The items.
    """

    def __init__(self, items: ItemSet) -> None:
        self._items = items
        self._receipt: Receipt | None = None
        self._rows: Sequence[ReceiptRow] = ()

    def to_wire(self) -> dict[str, Any]:
        """The counts of all staged edits; `conflicts` among them, and the counts of the rest as `clear`."""
        items = self._items
        with items.lock:
            counts = staged_counts(items)
            held = self._conflicts()
            edits_of = Counter(change.item for change in held)
            only = sum(edits == len(items.changes.of_item(item)) for item, edits in edits_of.items())
        touched = counts["items"] - only
        return {
            **counts,
            "conflicts": len(held),
            "clear": {
                "changes": counts["changes"] - len(held),
                "items": touched,
                "removed": counts["removed"] - sum(change.removes for change in held),
                "bundles": -(-touched // MOST_ITEMS),
            },
        }

    def _conflicts(self) -> list[Change]:
        """Edits that the last commit left alone, and that would meet the same value again."""
        items = self._items
        if self._receipt is not items.receipt:
            self._receipt = items.receipt
            self._rows = () if items.receipt is None else items.receipt.conflicts
        found = ((row, items.changes.get(row.item, row.key)) for row in self._rows)
        return [change for row, change in found if change is not None and self._meets(row, change)]

    def _meets(self, row: ReceiptRow, change: Change) -> bool:
        if not (same(change.after, row.wanted) and same(change.base, row.before)):
            return False  # staged anew since
        table = self._items.table
        at = table.row_of(change.item)
        live = row.observed if at is None else table.value(at, change.key)
        return not (same(live, change.base) or same(live, change.after))


def outcome_to_wire(receipt: Receipt) -> dict[str, Any]:
    """What a commit did: the first rows that are left open, and once each what several of them have in common.

    Args:
        receipt: What it did.
    """
    still = receipt.open
    notes = Counter(row.note for row in still if row.note)
    causes = [note for note, rows in notes.most_common(_CAUSES_SHOWN) if rows > 1]
    places = {note: at for at, note in enumerate(causes)}
    return {
        "ok": bool(receipt),
        "counts": receipt.counts,
        "seconds": receipt.seconds,
        "text": _sentence(receipt, len(still)),
        "causes": [{"text": note, "count": notes[note]} for note in causes],
        "open": [
            {
                "item": row.item,
                "name": row.name,
                "key": row.key,
                "status": row.status,
                "note": None if row.note in places else row.note or None,
                "cause": places.get(row.note),
            }
            for row in still[:_OPEN_SHOWN]
        ],
    }


def _sentence(receipt: Receipt, still: int) -> str:
    edits = len(receipt)
    if not edits:
        return "There was nothing to commit."
    whole = f"{edits:,} {'edit' if edits == 1 else 'edits'}"
    if not still:
        return f"{'The edit is' if edits == 1 else f'All {whole} are'} on Encord and read back as wanted."
    others = "" if still == edits else "; the others read back as wanted"
    return f"{still:,} of {whole} {'is' if still == 1 else 'are'} left open{others}."
