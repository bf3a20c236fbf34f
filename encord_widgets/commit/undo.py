"""Taking a commit back: a plan that touches only what still holds what the commit wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from encord_widgets.commit.live import Live, Reader, read_live
from encord_widgets.commit.receipt import Receipt, ReceiptRow
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import ABSENT, Value, same, shown

__all__ = ["Skipped", "UndoPlan", "undo_plan"]

# Rows whose write may have arrived although nobody saw it: not ours to take back, but worth a word.
_UNPROVED: Final = ("failed", "differs", "pending")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A key that an undo leaves alone.

    Args:
        item: Item uuid, lower case.
        name: Item name, for people.
        key: Metadata key.
        wrote: Value that the commit wrote, or wanted to.
        holds: Value that is there now; `ABSENT` also where the item cannot be read (see `reason`).
        reason: Why it is left alone.
    """

    item: str
    name: str
    key: str
    wrote: Value
    holds: Value
    reason: str


@dataclass(frozen=True, repr=False)
class UndoPlan(Plan):
    """A plan that takes a commit back. Made by `Receipt.undo` and `Client.undo`.

    Args:
        items: Planned items.
        source: Where the plan comes from, in words.
        created_at: When the items were read, with zone.
        skipped: Keys that the commit wrote, or may have written, and that the plan leaves alone.

    Example:
        >>> UndoPlan.of([Change("8ad5", "weather", "fog", "rain")], names={}, source="")
        <UndoPlan: 1 change on 1 item>
    """

    skipped: tuple[Skipped, ...] = ()

    @property
    def sentence(self) -> str:
        """The plan in a few words."""
        text = super().sentence
        return (
            f"{text}; {counted(len(self.skipped), 'key')} left alone (see .skipped)" if self.skipped else text
        )


def undo_plan(receipt: Receipt, reader: Reader) -> UndoPlan:
    """A plan that takes a commit back.

    Args:
        receipt: The commit's receipt.
        reader: The connection.

    Returns:
        For each verified key that still holds what was written, a change back to what it was before.

    Raises:
        InvalidInputError: If it is no receipt.
        ApiError: If the server refuses or cannot be reached.
    """
    check_kind(receipt, Receipt, "a Receipt", "Receipt.load(path) reads one.")
    rows = [r for r in receipt.with_status("verified", *_UNPROVED) if not same(r.before, r.wanted)]
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(row.item, []).append(row.key)
    live = read_live(reader, keys)
    changes: list[Change] = []
    skipped: list[Skipped] = []
    for row in rows:
        holds = live.held.get((row.item, row.key), ABSENT)
        reason = _reason(row, live, holds)
        if reason:
            skipped.append(Skipped(row.item, row.name, row.key, row.wanted, holds, reason))
        elif row.status == "verified":
            changes.append(Change(row.item, row.key, row.wanted, row.before))
    source = f"undo of the commit of {receipt.started_at:%Y-%m-%d %H:%M:%S %Z}"
    made = UndoPlan.of(changes, {row.item: row.name for row in rows}, source)
    return UndoPlan(made.items, made.source, made.created_at, tuple(skipped))


def _reason(row: ReceiptRow, live: Live, holds: Value) -> str:
    """Why a key is left alone; empty if it is taken back, or if there is nothing to take back."""
    trouble = live.trouble(row.item)
    if row.status == "verified":
        drifted = f"{shown(row.wanted)} was written, and it is {shown(holds)} now"
        return trouble or ("" if same(holds, row.wanted) else drifted)
    if trouble or not same(holds, row.wanted):
        return ""
    return (
        f"it holds {shown(holds)}, as was wanted, but the commit never proved that it wrote it ({row.status})"
    )
