"""What is to be said about a cell: staged, does not fit the schema, or what the last commit made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from encord_widgets.commit.receipt import OPEN, Receipt, ReceiptRow
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.reread import MovedValue
from encord_widgets.metadata.values import ABSENT, Value, same, shown
from encord_widgets.widgets.cells import encode

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet
    from encord_widgets.metadata.items import ItemTable

__all__ = ["ReceiptIndex", "Verdict", "staged_verdict", "updated_verdict"]

_IMPLIED: Final = "Destroyed by overwrite: the edit of this item does not name the key."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said about a cell.

    Args:
        status: `staged`, `invalid`, `updated`, or a status of a receipt.
        note: Why, in words; empty where the status says it all.
    """

    status: str
    note: str = ""

    def to_wire(self, change: Change | None = None) -> dict[str, Any]:
        """The state as the browser is told about it.

        Args:
            change: The staged edit, if there is one; its base is told too.
        """
        state: dict[str, Any] = {"state": self.status}
        if change is not None:
            state["before"] = encode(change.base)
        if self.note:
            state["note"] = self.note
        return state


class ReceiptIndex:
    """The rows of the last receipt by cell.

    Args:
        receipt: The receipt, or None.
    """

    def __init__(self, receipt: Receipt | None) -> None:
        self.receipt = receipt
        # A receipt is false when something is left open.
        self.rows = () if receipt is None else receipt.rows
        self._rows: dict[str, dict[str, ReceiptRow]] = {}
        for row in self.rows:
            self._rows.setdefault(row.item, {})[row.key] = row

    def get(self, item: str, key: str) -> ReceiptRow | None:
        """The row of a cell, or None.

        Args:
            item: Item uuid, lower case.
            key: Metadata key.
        """
        return self._rows.get(item, {}).get(key)

    def settled(self, item: str) -> Iterator[ReceiptRow]:
        """The rows of an item that want nothing more: verified, or already there.

        Args:
            item: Item uuid, lower case.
        """
        return (row for row in self._rows.get(item, {}).values() if row.status not in OPEN)

    def all_settled(self) -> Iterator[ReceiptRow]:
        """All rows that want nothing more, in the receipt's order."""
        return (row for row in self.rows if row.status not in OPEN)

    def __len__(self) -> int:
        return len(self.rows)


def updated_verdict(moved: MovedValue) -> Verdict:
    """What is to be said about a value that was another when it was read again.

    Args:
        moved: What it was, and by whom it may have been changed.
    """
    return Verdict("updated", f"It was {_quoted(moved.before)} before. Changed by {moved.by}.")


def staged_verdict(change: Change, items: ItemSet, receipts: ReceiptIndex) -> Verdict:
    """What is to be said about a staged edit.

    An edit that the last commit left open keeps that verdict until it is dropped, staged anew or committed again.

    Args:
        change: The edit.
        items: The items; hold their lock.
        receipts: Rows of the last receipt.
    """
    misfit = items.schema.misfit(change.key, change.after)
    if misfit:
        return Verdict("invalid", misfit.reason)
    row = receipts.get(change.item, change.key)
    if (
        row is None
        or row.status not in OPEN
        or not (same(row.wanted, change.after) and same(row.before, change.base))
    ):
        return Verdict("staged", _staged_note(change, items.table))
    return Verdict(row.status, _conflict_note(row) if row.status == "conflict" else row.note)


def _staged_note(change: Change, table: ItemTable) -> str:
    implied = _IMPLIED if change.implied else ""
    row = table.row_of(change.item)
    stored = change.base if row is None else table.value(row, change.key)
    if same(stored, change.base) or same(stored, change.after):
        return implied
    return f"{implied} Encord holds {_quoted(stored)} by now: a commit will report a conflict.".strip()


def _conflict_note(row: ReceiptRow) -> str:
    base, ours, theirs = (_quoted(value) for value in (row.before, row.wanted, row.observed))
    return (
        f"Somebody else changed it. Base: {base}. Ours: {ours}. Theirs: {theirs}. "
        "Nothing was written: drop the edit to take theirs, or keep ours to write it over theirs."
    )


def _quoted(value: Value) -> str:
    return "not set" if value is ABSENT else shown(value)  # as the note of a receipt has it
