"""What the server's own log says about a commit, held against what the commit said.

Nothing here uses the package's comparison or merge: values are compared as JSON text of its own making.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from encord_widgets.commit.receipt import Receipt, ReceiptRow
from encord_widgets.local.audit import AuditEntry
from encord_widgets.local.store import Store
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.values import ABSENT

OTHERS = {"rival", "second editor", "sample", "python"}
UNREAD = ("could not be read", "could not be read back", "the server left it out")
SETTLED = {"verified", "already"}
Cell = tuple[str, str]


def text(value: object) -> str | None:
    """Canonical JSON; None for absent. 1.0 is 1, and true is not."""
    if value is ABSENT:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return f"[{','.join(str(text(one)) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(key)}:{text(value[key])}' for key in sorted(value))}}}"
    return json.dumps(value)


def held(metadata: Mapping[str, object] | None, key: str) -> str | None:
    return text(metadata[key]) if metadata and key in metadata else None


class Ledger:
    """The writes to items since a moment, by item, and the values that each key went through.

    Args:
        store: The server's store.
        since: Id of the last audit entry that does not count.
    """

    def __init__(self, store: Store, since: int) -> None:
        self._store = store
        self.entries: dict[str, list[AuditEntry]] = defaultdict(list)
        for entry in store.audit(since=since):
            if entry.action == "patch item":
                self.entries[entry.subject].append(entry)
        # The rival came between the re-read and the write, which no client can see: Encord has no version check.
        self.in_window = {
            (fault.request, fault.items[0], fault.detail)
            for fault in store.faults()
            if fault.kind == "rival_in_window"
        }

    def ours(self, item: str) -> list[AuditEntry]:
        return [entry for entry in self.entries[item] if entry.actor not in OTHERS]

    def now(self, item: str, key: str) -> str | None:
        try:
            return held(self._store.metadata(item), key)
        except KeyError:
            return None

    def went_through(self, item: str, key: str) -> list[tuple[str | None, bool]]:
        """Values of a key in the order of the log, each with whether we put it there."""
        entries = self.entries[item]
        if not entries:
            return [(self.now(item, key), False)]
        values = [(held(entries[0].before, key), False)]
        for entry in entries:
            value = held(entry.after, key)
            if value != values[-1][0]:
                values.append((value, entry.actor not in OTHERS))
        return values

    def resent(self) -> int:
        """Writes of ours that carried the very dictionary that the item held already."""
        windows = {
            (request, item) for request, item, _ in self.in_window
        }  # the rival may have come to the same
        return sum(
            text(entry.before) == text(entry.after)
            for item in list(self.entries)
            for entry in self.ours(item)
            if (entry.request, item) not in windows
        )


def accounted(ledger: Ledger, plan: Iterable[Change], receipt: Receipt) -> tuple[Counter[str], list[str]]:
    """Hold a receipt against the log.

    Returns:
        What was counted: wrong verdicts, unreported overwrites, ...; and each wrong thing in words.
    """
    planned: dict[Cell, Change] = {(change.item, change.key): change for change in plan}
    rows = {(row.item, row.key): row for row in receipt.rows}
    found: Counter[str] = Counter()
    said: list[str] = []

    def wrong(kind: str, cell: Cell, why: str) -> None:
        found[kind] += 1
        said.append(f"{kind}: {cell[1]!r} of {cell[0]}: {why}")

    if len(rows) != len(receipt.rows) or set(rows) != set(planned):
        wrong("keys not accounted for", ("", ""), f"{len(receipt.rows)} rows for {len(planned)} changes")
    for item in list(ledger.entries):
        for entry in ledger.ours(item):
            for kind, cell, why in _unasked(ledger, entry, planned, rows):
                wrong(kind, cell, why)
    for cell, row in rows.items():
        why = _misjudged(ledger, row)
        if why:
            wrong("wrong verdicts", cell, f"{row.status}, but {why} ({row.note})")
    return found, said


def _unasked(
    ledger: Ledger, entry: AuditEntry, planned: Mapping[Cell, Change], rows: Mapping[Cell, ReceiptRow]
) -> Iterable[tuple[str, Cell, str]]:
    """What a write of ours did to a key that it had no business with, or to a value it never saw."""
    for key in sorted({*(entry.before or {}), *(entry.after or {})}):
        cell = (entry.subject, key)
        before, after = held(entry.before, key), held(entry.after, key)
        if before == after:
            continue
        window = (entry.request, entry.subject, key) in ledger.in_window
        if cell not in planned:
            kind = "lost in the window" if window else "keys changed unasked"
            yield kind, cell, f"{before} became {after}"
        elif after != text(rows[cell].wanted):
            kind = "lost in the window" if window else "keys changed unasked"
            yield kind, cell, f"{after} was written, {text(rows[cell].wanted)} was wanted"
        elif before != text(rows[cell].before):
            kind = "lost in the window" if window else "unreported overwrites"
            yield kind, cell, f"{before} was overwritten, and the receipt says {text(rows[cell].before)}"


def _misjudged(ledger: Ledger, row: ReceiptRow) -> str:
    """Why a verdict is not what the server held; empty if it is."""
    values = ledger.went_through(row.item, row.key)
    texts = [value for value, _ in values]
    wanted, observed = text(row.wanted), text(row.observed)
    unread = any(words in row.note for words in UNREAD)
    if row.status in SETTLED:
        if wanted not in texts:
            return f"the server never held {wanted}"
        last = len(texts) - 1 - texts[::-1].index(wanted)
        if any(ours for _, ours in values[last + 1 :]):
            return "we wrote something else afterwards"
        return "" if observed == wanted else f"it says that {observed} was read"
    if not unread and not row.note.startswith("not sent") and observed not in texts:
        return f"the server never held {observed}"
    if row.note.startswith("not sent") and ledger.ours(row.item):
        return "it was sent"
    if row.status == "conflict" and not unread and all(ours for _, ours in values[1:]):
        return "nobody else changed it"
    if row.status in {"refused", "failed"} and texts[-1] == wanted and values[-1][1]:
        return "it is there, and we wrote it"
    return ""
