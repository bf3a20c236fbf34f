"""One bundle: re-read, merge, write, read back, judge; after a passing failure, again from the re-read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

import anyio

from encord_widgets.api.codec import encode, encode_parsed, uncollected
from encord_widgets.api.errors import ApiError, RateLimitedError
from encord_widgets.commit.options import CommitOptions
from encord_widgets.commit.receipt import ReceiptRow, Status, now
from encord_widgets.commit.wire_calls import BLAMES_AN_ITEM, CommitCalls
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.fingerprints import UNKNOWN, fingerprints_of
from encord_widgets.metadata.items import Edited, ItemBatch
from encord_widgets.metadata.merge import Merged, merge
from encord_widgets.metadata.plan import PlannedItem
from encord_widgets.metadata.values import ABSENT, Json, Value, same, shown

__all__ = ["LEFT_OUT", "Bundle", "BundleOutcome"]

_LOOK: Final = 0.1  # seconds between two looks whether to wait on

LEFT_OUT: Final = "the server left it out: deleted, or no longer readable"


@dataclass(slots=True)
class BundleOutcome:
    """What became of one bundle.

    Args:
        rows: One receipt row for each planned change.
        observed: Items as they were read last.
        written: Items that were sent.
        rate_limited: Whether the server asked for fewer requests.
        fault: The error of the connection, where one ended the bundle.
    """

    rows: list[ReceiptRow] = field(default_factory=list)
    observed: list[ItemBatch] = field(default_factory=list)
    written: int = 0
    rate_limited: bool = False
    fault: ApiError | None = None


class Bundle:
    """At most 1000 items that are read, written and proved together.

    Args:
        calls: The wire.
        planned: Items of the bundle.
        options: How the commit is done.
        on_phase: Called with "reading", "writing", "verifying" and "waiting" as they begin.
        may_write: Asked once everything is read; a bundle that may not write is let go.
        stopped: Whether to wait for nothing any more; what is not written by then is not tried again.
    """

    def __init__(
        self,
        calls: CommitCalls,
        planned: Sequence[PlannedItem],
        options: CommitOptions,
        on_phase: Callable[[str], None],
        may_write: Callable[[], Awaitable[bool]],
        *,
        stopped: Callable[[], bool],
    ) -> None:
        self._calls = calls
        self._planned = {item.item: item for item in planned}
        self._options = options
        self._on_phase = on_phase
        self._may_write = may_write
        self._stopped = stopped
        self._outcome = BundleOutcome()
        self._observed: dict[str, dict[str, Json]] = {}
        self._last_seen: dict[str, dict[str, Json]] = {}  # stays when a later read fails
        self._last_read: dict[str, ItemBatch] = {}
        self._read_errors: dict[str, ApiError] = {}
        self._wishes: dict[str, Merged] = {}
        self._texts: dict[str, dict[str, Json]] = {}  # what was sent last, by JSON text
        self._prints: dict[str, int] = {}  # of the text that was read last
        # Fingerprint of the text that was sent last, and what it came from.
        self._edited: dict[str, tuple[int, Edited]] = {}
        self._sent: set[str] = set()
        self._write_errors: dict[str, ApiError] = {}
        self._judged_at = now()

    async def run(self) -> BundleOutcome | None:
        """Commit the bundle; errors of the wire end up in the outcome, by item. None if it was let go."""
        self._on_phase("reading")
        await self._read(self._planned)
        with uncollected():
            for item, planned in self._planned.items():
                if item in self._observed:
                    held = self._observed[item]
                    self._wishes[item] = merge(held, planned.changes, self._options.on_conflict)
        open_items = [item for item, merged in self._wishes.items() if merged.written]
        patches = self._spelled(open_items)  # before it may have to wait
        if not await self._may_write():
            return None
        attempt = 0
        while open_items:
            attempt += 1
            await self._write(patches)
            await self._read_back(open_items)
            open_items = [item for item in open_items if self._wants_another_try(item)]
            if not open_items or attempt >= self._options.patience.attempts:
                break
            self._on_phase("waiting")
            if not await self._waited(self._options.patience.pause(attempt, self._retry_after(open_items))):
                break
            # What is live may have changed while we waited, and an answer that got lost may have been a success.
            await self._read(open_items)
            open_items = [item for item in open_items if self._still_ours_to_write(item)]
            patches = self._spelled(open_items)
        with uncollected():
            self._judge_all()
        self._outcome.observed = list({id(batch): batch for batch in self._last_read.values()}.values())
        for batch in self._outcome.observed:
            batch.edited = self._as_sent(batch)
        # An answer that got lost is no fault when the write is there all the same.
        unwritten = [error for item, error in self._write_errors.items() if not self._shows(item)]
        faults = [*self._read_errors.values(), *unwritten]
        self._outcome.fault = next((e for e in faults if not isinstance(e, BLAMES_AN_ITEM)), None)
        return self._outcome

    # -- reading and writing -------------------------------------------------------------------------------------

    async def _read(self, items: Iterable[str]) -> None:
        asked = list(items)
        batches, errors = await self._calls.read(asked, self._texts)
        for item in asked:
            self._read_errors.pop(item, None)
            self._observed.pop(item, None)
            self._last_read.pop(item, None)
        self._read_errors.update(errors)
        for batch in batches:
            self._observed.update(zip(batch.uuids, batch.metadata, strict=True))
            self._last_seen.update(zip(batch.uuids, batch.metadata, strict=True))
            self._last_read.update(dict.fromkeys(batch.uuids, batch))
            self._prints.update(
                zip(batch.uuids, batch.fingerprints or repeat(UNKNOWN, len(batch)), strict=True)
            )

    def _spelled(self, items: Sequence[str]) -> dict[str, bytes]:
        """The JSON texts to send; notes them, so that what comes back letter for letter is known."""
        wishes = [self._wishes[item] for item in items]
        # What is live was parsed from JSON; what is wanted may hold anything, which is refused here.
        encode([change.after for merged in wishes for change in merged.written if change.after is not ABSENT])
        patches = dict(zip(items, [encode_parsed(merged.metadata) for merged in wishes], strict=True))
        texts = list(map(bytes.decode, patches.values()))
        self._texts = {text: merged.metadata for text, merged in zip(texts, wishes, strict=True)}
        for item, merged, fingerprint in zip(items, wishes, fingerprints_of(texts), strict=True):
            keys = tuple([change.key for change in merged.written])
            self._edited[item] = fingerprint, Edited(self._prints[item], keys)
        return patches

    async def _write(self, patches: dict[str, bytes]) -> None:
        self._on_phase("writing")
        errors = await self._calls.write(patches)
        for item in patches:
            self._write_errors.pop(item, None)
        self._write_errors.update(errors)
        self._sent.update(patches)
        self._outcome.written = len(self._sent)
        self._outcome.rate_limited |= any(isinstance(error, RateLimitedError) for error in errors.values())

    async def _read_back(self, items: Sequence[str]) -> None:
        """Read what was written; an accepted write that does not show yet gets a few more looks."""
        self._on_phase("verifying")
        await self._read(items)
        patience = self._options.patience
        for look in range(1, patience.rereads + 1):
            late = [item for item in items if item not in self._write_errors and not self._shows(item)]
            late = [item for item in late if item in self._observed and self._is_as_before(item)]
            if not late:
                return
            await anyio.sleep(patience.pause(look))
            await self._read(late)

    def _as_sent(self, batch: ItemBatch) -> dict[str, Edited]:
        """The items of a batch that were read back as they were sent, each with what was changed."""
        found = zip(batch.uuids, batch.fingerprints, map(self._edited.get, batch.uuids), strict=False)
        return {item: sent[1] for item, fingerprint, sent in found if sent and sent[0] == fingerprint}

    # -- judging -------------------------------------------------------------------------------------------------

    def _shows(self, item: str) -> bool:
        """Whether every change that was to be written is what was read last."""
        held = self._observed.get(item)
        if held is None:
            return False
        for change in self._wishes[item].written:  # noqa: SIM110 - all() would make a generator for every item
            if not same(held.get(change.key, ABSENT), change.after):
                return False
        return True

    def _is_as_before(self, item: str) -> bool:
        """Whether every change that does not show still has its base: a late answer, nobody's edit."""
        held = self._observed[item]
        values = ((held.get(change.key, ABSENT), change) for change in self._wishes[item].written)
        return all(same(value, change.after) or same(value, change.base) for value, change in values)

    def _wants_another_try(self, item: str) -> bool:
        error = self._write_errors.get(item)
        return error is not None and error.transient and not self._shows(item)

    def _still_ours_to_write(self, item: str) -> bool:
        """Whether a key that does not hold our value is still free for it; if not, it is a conflict by now."""
        if item not in self._observed or self._shows(item):
            return False
        merged = self._wishes[item]
        again = merge(self._observed[item], merged.written)
        self._wishes[item] = merged._replace(
            metadata=again.metadata,
            written=(*again.already, *again.written),
            conflicts=(*merged.conflicts, *again.conflicts),
        )
        return bool(again.written)

    async def _waited(self, seconds: float) -> bool:
        """Wait before another try; false as soon as there is to be none."""
        end = anyio.current_time() + seconds
        while not self._stopped():
            left = end - anyio.current_time()
            if left <= 0:
                return True
            await anyio.sleep(min(left, _LOOK))
        return False

    def _retry_after(self, items: Iterable[str]) -> float | None:
        waits = (self._write_errors[item].retry_after for item in items)
        return max((wait for wait in waits if wait is not None), default=None)

    def _judge_all(self) -> None:
        self._judged_at = now()  # once: a bundle has its verdicts together
        for item, planned in self._planned.items():
            merged = self._wishes.get(item)
            if merged is None:
                self._judge_unread(planned)
                continue
            held = self._observed.get(item)
            first = len(self._outcome.rows)
            for change in (*merged.already, *merged.conflicts):
                # What was read last counts: others may have come round to it since, or gone away from it.
                theirs = self._last_seen[item].get(change.key, ABSENT)
                note = f"it was {shown(change.base)} when edited, and is {shown(theirs)} now; not overwritten"
                if change.key in merged.unsettled:
                    note += f"; {merged.unsettled[change.key]}"
                if same(theirs, change.after):
                    self._add(planned, change, theirs, "already", _settled_note(merged, change))
                else:
                    self._add(planned, change, theirs, "conflict", note)
            for change in merged.written:
                self._judge_written(planned, change, held, _settled_note(merged, change))
            if len(planned.changes) > 1:
                self._outcome.rows[first:] = _as_planned(self._outcome.rows[first:], planned)

    def _judge_unread(self, planned: PlannedItem) -> None:
        error = self._read_errors.get(planned.item)
        note = f"could not be read: {error}" if error else LEFT_OUT
        for change in planned.changes:
            self._add(planned, change, ABSENT, "failed", note)

    def _judge_written(
        self, planned: PlannedItem, change: Change, held: dict[str, Json] | None, note: str
    ) -> None:
        error = self._write_errors.get(planned.item)
        if held is None:
            reason = self._read_errors.get(planned.item) or error or "the server left it out"
            self._add(planned, change, ABSENT, "pending", f"sent, but could not be read back: {reason}")
            return
        found = held.get(change.key, ABSENT)
        if same(found, change.after):  # also after a lost answer: only what is read back counts
            self._add(planned, change, found, "verified", note)
        elif isinstance(error, BLAMES_AN_ITEM):
            self._add(planned, change, found, "refused", str(error))
        elif error is not None:
            self._add(planned, change, found, "failed", str(error))
        else:
            note = f"written, but {shown(found)} was read back: it got lost, or somebody wrote right after"
            self._add(planned, change, found, "differs", note)

    def _add(
        self, planned: PlannedItem, change: Change, observed: Value, status: Status, note: str = ""
    ) -> None:
        item, key, base, after, _ = change
        row = ReceiptRow(item, planned.name, key, base, after, observed, status, note, self._judged_at)
        self._outcome.rows.append(row)


def _as_planned(rows: Iterable[ReceiptRow], planned: PlannedItem) -> list[ReceiptRow]:
    """Rows of one item in the order of its changes."""
    order = {change.key: place for place, change in enumerate(planned.changes)}
    return sorted(rows, key=lambda row: order[row.key])


def _settled_note(merged: Merged, change: Change) -> str:
    planned = merged.settled.get(change.key)
    if planned is None:
        return ""
    kept = "ours kept" if same(change.after, planned.after) else "settled as asked"
    if same(change.after, change.base):
        kept = "theirs kept"
    return f"a conflict: it was {shown(planned.base)} when edited, theirs is {shown(change.base)}; {kept}"
