"""What a commit did, item by item and key by key, with what was read back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple, TypeAlias

from encord_widgets.commit.judged import JudgedRows
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.metadata.values import ABSENT, Value, shown

if TYPE_CHECKING:
    import pandas as pd

    from encord_widgets.commit.live import Reader
    from encord_widgets.commit.recheck import DriftReport
    from encord_widgets.commit.undo import UndoPlan

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


class ReceiptRow(NamedTuple):
    """The fate of one key of one item.

    Args:
        item: Item uuid, lower case.
        name: Item name, for people.
        key: Metadata key.
        before: Value the change was based on.
        wanted: Value that the change asked for; `ABSENT` to remove the key.
        observed: Value read from the server last; says nothing where the row is `unread`.
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

    @property
    def unread(self) -> bool:
        """Whether `observed` says nothing, because the item was not read: not reached, gone, or out of reach."""
        return self.status in {"pending", "failed"} and self.observed is ABSENT


class _Bound:
    """Keeps the connection beside the content: outside of comparison, repr, files, copies and pickles."""

    __slots__ = ("_reader",)
    _reader: Reader


@dataclass(frozen=True, slots=True, repr=False)
class Receipt(_Bound, JudgedRows[ReceiptRow, Status]):
    """The outcome of a commit: one row for each item and key, nothing left out.

    True when nothing is left open, so `assert items.commit()` is a proof.

    Args:
        rows: One for each planned change.
        started_at: With zone.
        finished_at: With zone.
        bundles: How many bundles were written.
        server: Address of the server, for people.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     _ = items.stage({items.uuids[0]: {"weather": "fog"}})
        ...     receipt = items.commit()
        >>> bool(receipt), receipt.counts
        (True, {'verified': 1})
        >>> ew.Receipt.load(receipt.save("fog.receipt.json")) == receipt
        True
    """

    rows: tuple[ReceiptRow, ...]
    started_at: dt.datetime
    finished_at: dt.datetime
    bundles: int
    server: str = ""

    _statuses: ClassVar = tuple(STATUSES)
    _at_rest: ClassVar = frozenset(STATUSES) - OPEN
    _columns: ClassVar = ("item", "key", "before", "wanted", "observed", "status", "name", "note", "at")
    _html_columns: ClassVar = ("item", "key", "wanted", "observed", "status", "why")
    _rest: ClassVar = ".open"

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
        return self._unrest()

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

    def to_frame(self) -> pd.DataFrame:
        """One row for each item and key: `item`, `key`, `before`, `wanted`, `observed`, `status`, `name`, `note`, `at`.

        Absent is `ABSENT` in the cells, null is None; `observed` is missing (NA) where the item was not read.
        """
        import pandas as pd  # pandas is loaded when a table is asked for

        return self._frame(
            lambda row, name: pd.NA if name == "observed" and row.unread else getattr(row, name)
        )

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the receipt to a file, without secrets: `.json` has one line a row, `.parquet` is for other engines.

        A SHA-256 digest of the content is in the file, and `load` refuses a file whose content is another by then. It
        guards against accidents and careless edits; somebody who means to forge a receipt can compute a new digest.

        Args:
            path: File to write; an existing one is replaced.

        Returns:
            The path written.

        Raises:
            InvalidInputError: If the suffix is another.
            OSError: If the file cannot be written.
        """
        from encord_widgets.commit.receipt_file import save_receipt  # it needs this class

        return save_receipt(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Receipt:
        """Read a receipt that `save` wrote. For `recheck` and `undo` hand it to `Client.verify` and `Client.undo`.

        Args:
            path: File to read, `.json` or `.parquet`.

        Raises:
            InvalidInputError: If the file is no receipt of a known version, or was changed since it was saved.
            OSError: If the file cannot be read.
        """
        from encord_widgets.commit.receipt_file import load_receipt  # it needs this class

        return load_receipt(path)

    def to_csv(self, folder: str | PathLike[str]) -> tuple[Path, Path]:
        """Write two tables for people who want files: `settled.csv` (success) and `open.csv` (errors, with the reason).

        Values are JSON text, and an absent one is an empty cell. A name, key or note that a spreadsheet would take for
        a formula has an apostrophe in front.

        Args:
            folder: Where to write them; it is made if it is not there.

        Returns:
            Both paths.

        Raises:
            OSError: If they cannot be written.
        """
        from encord_widgets.commit.receipt_file import save_tables  # it needs this class

        return save_tables(self, folder)

    def bind(self, client: Reader) -> None:
        """Keep the connection that the commit went through, for `recheck` and `undo`; no file or copy has it.

        Args:
            client: The client.
        """
        object.__setattr__(self, "_reader", client)
        if not self.server:
            object.__setattr__(self, "server", client.title)

    def recheck(self) -> DriftReport:
        """Read the items again, also days later: what drifted since, by key.

        Returns:
            One row for each key that was verified, or there already.

        Raises:
            EncordWidgetsError: If the receipt has no connection; see `Client.verify`.
            ApiError: If the server refuses or cannot be reached.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=20) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     _ = items.stage({items.uuids[0]: {"weather": "fog"}})
            ...     report = client.verify(items.commit())
            >>> bool(report), report.counts
            (True, {'still': 1})
        """
        from encord_widgets.commit.recheck import recheck  # it needs this class

        return recheck(self, self._client())

    def undo(self) -> UndoPlan:
        """A plan that takes the commit back: only keys that were verified and still hold what was written.

        Absent is restored as absent, null as null. Keys that hold something else by now are in `UndoPlan.skipped`.

        Returns:
            The plan; look at it, then commit it with `Client.apply`.

        Raises:
            EncordWidgetsError: If the receipt has no connection; see `Client.undo`.
            ApiError: If the server refuses or cannot be reached.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=20) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     _ = items.stage({items.uuids[0]: {"weather": "fog"}})
            ...     undone = client.apply(client.undo(items.commit()))
            >>> undone.counts
            {'verified': 1}
        """
        from encord_widgets.commit.undo import undo_plan  # it needs this class

        return undo_plan(self, self._client())

    def _client(self) -> Reader:
        client: Reader | None = getattr(self, "_reader", None)
        if client is None:
            raise EncordWidgetsError(
                "This receipt has no connection, like any from a file; "
                "use client.verify(receipt) or client.undo(receipt)."
            )
        return client

    def _cells(self, row: ReceiptRow) -> tuple[str, ...]:
        observed = "not read" if row.unread else shown(row.observed)
        return (row.name, row.key, shown(row.wanted), observed, row.status, row.note)


def now() -> dt.datetime:
    """The present moment in UTC."""
    return dt.datetime.now(dt.UTC)
