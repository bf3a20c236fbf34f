"""What came of sending items to Encord as a collection or a dataset, or a filter as a preset."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from encord_widgets.metadata.texts import counted, html_table, printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ExportKind", "ExportReceipt", "ExportRow", "ExportStatus"]

ExportKind: TypeAlias = Literal["collection", "preset", "dataset"]
ExportStatus: TypeAlias = Literal["added", "refused", "failed", "missing", "unread", "pending"]

STATUSES: Final[dict[ExportStatus, str]] = {
    "added": "is in it, as read back",
    "refused": "Encord could not add it",
    "failed": "could not be sent",
    "missing": "was accepted, and is not in it when read back",
    "unread": "was accepted, and could not be read back",
    "pending": "not sent: stopped before",
}
_LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class ExportRow:
    """The fate of one item.

    Args:
        item: Item uuid, lower case.
        name: Item name, for people.
        status: `added`, `refused`, `failed`, `missing`, `unread` or `pending`.
        note: Why, for everything but added.
    """

    item: str
    name: str
    status: ExportStatus
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExportReceipt:
    """The outcome of `to_collection`, `to_dataset` or `to_preset`: one row for each item, nothing left out.

    True when it was read back as wanted, so `assert items.to_collection("Rain")` is a proof.

    Args:
        kind: `collection`, `dataset` or `preset`.
        uuid: Of the collection, dataset or preset.
        name: Its name or title.
        rows: One for each item; none for a preset.
        held: Items that it held when read back, others than these among them; filters of a preset. None if it could
            not be read back.
        proved: Whether what was read back is what was wanted.
        notes: What to know besides.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     receipt = items.to_collection("All of it")
        >>> bool(receipt), receipt.counts, receipt.held
        (True, {'added': 20}, 20)
    """

    kind: ExportKind
    uuid: str
    name: str
    rows: tuple[ExportRow, ...] = ()
    held: int | None = 0
    proved: bool = True
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.proved and not self.open

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def open(self) -> tuple[ExportRow, ...]:
        """Rows of items that are not in it."""
        return tuple(row for row in self.rows if row.status != "added")

    @property
    def counts(self) -> dict[ExportStatus, int]:
        """How many items have which status."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in STATUSES if found[status]}

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        head = f"{self.kind} {printable(self.name)!r}"
        if self.kind == "preset":
            proof = "read back as sent" if self.proved else "read back otherwise than it was sent"
            return f"{head}: {counted(self.held or 0, 'filter')}, {proof}."
        parts = [f"{count:,} {status}" for status, count in self.counts.items()] or ["nothing to add"]
        held = "could not be read back" if self.held is None else f"holds {counted(self.held, 'item')}"
        return f"{head}: {', '.join(parts)}; it {held}."

    def to_frame(self) -> pd.DataFrame:
        """One row an item: item, name, status, note.

        Returns:
            A DataFrame of texts.
        """
        import pandas as pd  # 0.2 s

        names = ("item", "name", "status", "note")
        return pd.DataFrame({name: [getattr(row, name) for row in self.rows] for name in names}, dtype=object)

    def text(self, listed: int = _LISTED) -> str:
        """The outcome for people: one sentence, the items that are not in it, and notes.

        Args:
            listed: Most items to list.
        """
        lines = [self.sentence]
        still = self.open
        lines += [
            f"  {row.status}: {printable(row.name)}: {printable(row.note or STATUSES[row.status], 300)}"
            for row in still[:listed]
        ]
        if len(still) > listed:
            lines.append(f"  ... and {len(still) - listed:,} more (see .open)")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def __repr__(self) -> str:
        return f"<ExportReceipt: {self.text()}>"

    def _repr_html_(self) -> str:
        rows = [(row.name, row.status, row.note or STATUSES[row.status]) for row in self.open[:_LISTED]]
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<p>{escape(self.sentence)}</p>{html_table(['item', 'status', 'why'], rows)}{notes}"
