"""Days later: does what a commit wrote still hold, and if not, what is there now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from encord_widgets.commit.judged import JudgedRows
from encord_widgets.commit.live import Live, Reader, read_live
from encord_widgets.commit.receipt import Receipt, ReceiptRow, now
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import ABSENT, Value, same, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Drift", "DriftReport", "DriftRow", "recheck"]

Drift: TypeAlias = Literal["still", "drifted", "gone", "unreadable"]

_ORDER: Final[tuple[Drift, ...]] = ("still", "drifted", "gone", "unreadable")


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One key of one item, compared with what the commit left there.

    Args:
        item: Item uuid, lower case.
        name: Item name, for people.
        key: Metadata key.
        wrote: Value that the commit left there.
        holds: Value that is there now; `ABSENT` also where the item cannot be read (see `note`).
        status: `still` the same, `drifted` to something else, the item is `gone`, or `unreadable`.
        note: Why, for everything but still.
    """

    item: str
    name: str
    key: str
    wrote: Value
    holds: Value
    status: Drift
    note: str


@dataclass(frozen=True, slots=True, repr=False)
class DriftReport(JudgedRows[DriftRow, Drift]):
    """What became of a commit: one row for each key that it settled. True when all of it still holds.

    Args:
        rows: One for each row of the receipt that was verified, or there already.
        left_open: How many rows of the receipt were never settled, so that there is nothing to compare.
        checked_at: When the items were read, with zone.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     _ = items.stage({items.uuids[0]: {"weather": "fog"}})
        ...     receipt = items.commit()
        ...     _ = items.stage({items.uuids[0]: {"weather": "snow"}})
        ...     _ = items.commit()
        ...     report = client.verify(receipt)
        >>> [(row.key, row.wrote, row.holds) for row in report.drifted]
        [('weather', 'fog', 'snow')]
    """

    rows: tuple[DriftRow, ...]
    left_open: int
    checked_at: dt.datetime

    _statuses: ClassVar = _ORDER
    _at_rest: ClassVar = frozenset({"still"})
    _columns: ClassVar = ("item", "key", "wrote", "holds", "status", "name", "note")
    _html_columns: ClassVar = ("item", "key", "written", "now", "status")
    _rest: ClassVar = ".rows"

    @property
    def still(self) -> tuple[DriftRow, ...]:
        """Rows that hold what the commit left there."""
        return self.with_status("still")

    @property
    def drifted(self) -> tuple[DriftRow, ...]:
        """Rows that hold something else by now."""
        return self.with_status("drifted")

    @property
    def gone(self) -> tuple[DriftRow, ...]:
        """Rows whose item the server does not know any more."""
        return self.with_status("gone")

    @property
    def unreadable(self) -> tuple[DriftRow, ...]:
        """Rows whose item could not be read."""
        return self.with_status("unreadable")

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        parts = (
            ", ".join(f"{count:,} {status}" for status, count in self.counts.items()) or "nothing to compare"
        )
        open_ = f"; {counted(self.left_open, 'key')} of the receipt never settled" if self.left_open else ""
        return f"{parts}, at {self.checked_at:%Y-%m-%d %H:%M:%S %Z}{open_}."

    def to_frame(self) -> pd.DataFrame:
        """One row for each item and key: `item`, `key`, `wrote`, `holds`, `status`, `name`, `note`.

        Absent is `ABSENT` in the cells, null is None.
        """
        return self._frame()

    def _cells(self, row: DriftRow) -> tuple[str, ...]:
        return (row.name, row.key, shown(row.wrote), shown(row.holds), row.status)


def recheck(receipt: Receipt, reader: Reader) -> DriftReport:
    """Compare what a commit settled with what is live.

    Args:
        receipt: The commit's receipt.
        reader: The connection.

    Raises:
        InvalidInputError: If it is no receipt.
        ApiError: If the server refuses or cannot be reached.
    """
    check_kind(receipt, Receipt, "a Receipt", "Receipt.load(path) reads one.")
    settled = receipt.with_status("verified", "already")
    keys: dict[str, list[str]] = {}
    for row in settled:
        keys.setdefault(row.item, []).append(row.key)
    live = read_live(reader, keys)
    return DriftReport(tuple(_judged(row, live) for row in settled), len(receipt) - len(settled), now())


def _judged(row: ReceiptRow, live: Live) -> DriftRow:
    trouble = live.trouble(row.item)
    if trouble:
        status: Drift = "gone" if row.item in live.gone else "unreadable"
        return DriftRow(row.item, row.name, row.key, row.wanted, ABSENT, status, trouble)
    holds = live.held[row.item, row.key]
    if same(holds, row.wanted):
        return DriftRow(row.item, row.name, row.key, row.wanted, holds, "still", "")
    note = f"{shown(row.wanted)} was written, and it is {shown(holds)} now"
    return DriftRow(row.item, row.name, row.key, row.wanted, holds, "drifted", note)
