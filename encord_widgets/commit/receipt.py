"""What a commit did, item by item and key by key, with what was read back."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from encord_widgets.metadata.values import Value, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OPEN", "Receipt", "ReceiptRow", "Status"]

Status: TypeAlias = Literal["verified", "already", "conflict", "refused", "failed", "differs", "pending"]

STATUSES: Final[dict[Status, str]] = {
    "verified": "read back as wanted",
    "already": "live already held it",
    "conflict": "somebody else changed it; not written",
    "refused": "the server said no",
    "failed": "could not be sent",
    "differs": "read back otherwise",
    "pending": "not settled: not sent, or not read back",
}
OPEN: Final[frozenset[Status]] = frozenset({"conflict", "refused", "failed", "differs", "pending"})
_LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """The fate of one key of one item.

    Args:
        item: Item uuid, lower case.
        name: Item name, for people.
        key: Metadata key.
        before: Value the change was based on.
        wanted: Value that the change asked for; `ABSENT` to remove the key.
        observed: Value read from the server last; `ABSENT` also where the item could not be read (see `note`).
        status: One of the statuses above.
        note: Why, for everything but verified and already.
        at: When the verdict was reached, with zone.
    """

    item: str
    name: str
    key: str
    before: Value
    wanted: Value
    observed: Value
    status: Status
    note: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of a commit: one row for each item and key, nothing left out.

    True when nothing is left open, so `assert items.commit()` is a proof.

    Args:
        rows: One for each planned change.
        started_at: With zone.
        finished_at: With zone.
        bundles: How many bundles were written.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     _ = items.stage({items.uuids[0]: {"weather": "fog"}})
        ...     receipt = items.commit()
        >>> bool(receipt), receipt.counts
        (True, {'verified': 1})
    """

    rows: tuple[ReceiptRow, ...]
    started_at: dt.datetime
    finished_at: dt.datetime
    bundles: int

    def __bool__(self) -> bool:
        return not any(row.status in OPEN for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def verified(self) -> tuple[ReceiptRow, ...]:
        """Rows whose value was read back as wanted."""
        return self.with_status("verified")

    @property
    def already(self) -> tuple[ReceiptRow, ...]:
        """Rows whose value was there before the commit."""
        return self.with_status("already")

    @property
    def conflicts(self) -> tuple[ReceiptRow, ...]:
        """Rows that somebody else changed since the edit was made; nothing was written for them."""
        return self.with_status("conflict")

    @property
    def refused(self) -> tuple[ReceiptRow, ...]:
        """Rows that the server refused, with its words."""
        return self.with_status("refused")

    @property
    def failed(self) -> tuple[ReceiptRow, ...]:
        """Rows that could not be sent."""
        return self.with_status("failed")

    @property
    def differs(self) -> tuple[ReceiptRow, ...]:
        """Rows that were written and read back otherwise."""
        return self.with_status("differs")

    @property
    def pending(self) -> tuple[ReceiptRow, ...]:
        """Rows that were not sent, or sent and not read back."""
        return self.with_status("pending")

    @property
    def open(self) -> tuple[ReceiptRow, ...]:
        """Rows that still want something: all but verified and already."""
        return tuple(row for row in self.rows if row.status in OPEN)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each status that occurs."""
        counted = Counter(row.status for row in self.rows)
        return {status: counted[status] for status in STATUSES if counted[status]}

    @property
    def seconds(self) -> float:
        """How long the commit took, in seconds."""
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        items = len({row.item for row in self.rows})
        parts = ", ".join(f"{count:,} {status}" for status, count in self.counts.items()) or "nothing to do"
        place = f" on {items:,} {'item' if items == 1 else 'items'}" if items else ""
        return f"{parts}{place}, in {self.seconds:.1f} s."

    def with_status(self, *statuses: Status) -> tuple[ReceiptRow, ...]:
        """Rows of some statuses.

        Args:
            statuses: Statuses to keep.
        """
        return tuple(row for row in self.rows if row.status in statuses)

    def to_frame(self) -> pd.DataFrame:
        """One row for each item and key: `item`, `key`, `before`, `wanted`, `observed`, `status`, `name`, `note`, `at`.

        Absent is `ABSENT` in the cells, null is None.
        """
        import pandas as pd  # pandas is loaded when a table is asked for

        names = ["item", "key", "before", "wanted", "observed", "status", "name", "note", "at"]
        data = {name: pd.Series([getattr(r, name) for r in self.rows], dtype=object) for name in names}
        return pd.DataFrame(data).astype({"item": "str", "key": "str", "status": "str"})

    def __repr__(self) -> str:
        lines = [f"<Receipt: {self.sentence}"]
        still = self.open
        lines += [f"  {r.status}: {r.name} · {r.key}: {r.note}" for r in still[:_LISTED]]
        if len(still) > _LISTED:
            lines.append(f"  ... and {len(still) - _LISTED:,} more (see .open)")
        return "\n".join(lines) + ">"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(r.name)}</td><td>{escape(r.key)}</td><td>{escape(shown(r.wanted))}</td>"
            f"<td>{escape(shown(r.observed))}</td><td>{r.status}</td><td>{escape(r.note)}</td></tr>"
            for r in self.open[:_LISTED]
        )
        head = "<tr><th>item</th><th>key</th><th>wanted</th><th>observed</th><th>status</th><th>why</th></tr>"
        table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""
        return f"<p>{escape(self.sentence)}</p>{table}"


def now() -> dt.datetime:
    """The present moment in UTC."""
    return dt.datetime.now(dt.UTC)


def rows_in_order(rows: Iterable[ReceiptRow], order: dict[tuple[str, str], int]) -> tuple[ReceiptRow, ...]:
    """Rows in the order of the plan, however the bundles finished.

    Args:
        rows: Rows of all bundles.
        order: Position of each item and key in the plan.
    """
    return tuple(sorted(rows, key=lambda row: order[row.item, row.key]))
