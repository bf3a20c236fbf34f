"""Days later: does what a commit wrote still hold, and if not, what is there now."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from encord_widgets.commit.live import Live, Reader, read_live
from encord_widgets.commit.receipt import Receipt, ReceiptRow, now
from encord_widgets.metadata.texts import counted, html_table, printable
from encord_widgets.metadata.values import ABSENT, Value, same, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Drift", "DriftReport", "DriftRow", "recheck"]

Drift: TypeAlias = Literal["still", "drifted", "gone", "unreadable"]

_ORDER: Final[tuple[Drift, ...]] = ("still", "drifted", "gone", "unreadable")
_LISTED: Final = 10


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


@dataclass(frozen=True, slots=True)
class DriftReport:
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

    def __bool__(self) -> bool:
        return all(row.status == "still" for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

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
    def counts(self) -> dict[str, int]:
        """How many rows there are of each status that occurs."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in _ORDER if found[status]}

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        parts = (
            ", ".join(f"{count:,} {status}" for status, count in self.counts.items()) or "nothing to compare"
        )
        open_ = f"; {counted(self.left_open, 'key')} of the receipt never settled" if self.left_open else ""
        return f"{parts}, at {self.checked_at:%Y-%m-%d %H:%M:%S %Z}{open_}."

    def with_status(self, *statuses: Drift) -> tuple[DriftRow, ...]:
        """Rows of some statuses.

        Args:
            statuses: Statuses to keep.
        """
        return tuple(row for row in self.rows if row.status in statuses)

    def to_frame(self) -> pd.DataFrame:
        """One row for each item and key: `item`, `key`, `wrote`, `holds`, `status`, `name`, `note`.

        Absent is `ABSENT` in the cells, null is None.
        """
        import pandas as pd  # pandas is loaded when a table is asked for

        names = ["item", "key", "wrote", "holds", "status", "name", "note"]
        data = {name: pd.Series([getattr(r, name) for r in self.rows], dtype=object) for name in names}
        return pd.DataFrame(data).astype({"item": "str", "key": "str", "status": "str"})

    def text(self, listed: int = _LISTED) -> str:
        """The outcome for people: one sentence, and the rows that are not as they were.

        Args:
            listed: Most rows to list.
        """
        changed = self.with_status("drifted", "gone", "unreadable")
        lines = [self.sentence]
        lines += [
            f"  {r.status}: {printable(r.name)} · {printable(r.key)}: {printable(r.note, 300)}"
            for r in changed[:listed]
        ]
        if len(changed) > listed:
            lines.append(f"  ... and {len(changed) - listed:,} more (see .rows)")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<DriftReport: {self.text()}>"

    def _repr_html_(self) -> str:
        changed = self.with_status("drifted", "gone", "unreadable")
        rows = [(r.name, r.key, shown(r.wrote), shown(r.holds), r.status) for r in changed[:_LISTED]]
        more = len(changed) - len(rows)
        tail = f"<p>... and {more:,} more (see .rows)</p>" if more else ""
        table = html_table(["item", "key", "written", "now", "status"], rows)
        return f"<p>{escape(self.sentence)}</p>{table}{tail}"


def recheck(receipt: Receipt, reader: Reader) -> DriftReport:
    """Compare what a commit settled with what is live.

    Args:
        receipt: The commit's receipt.
        reader: The connection.

    Raises:
        ApiError: If the server refuses or cannot be reached.
    """
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
