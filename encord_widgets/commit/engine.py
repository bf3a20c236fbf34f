"""A plan becomes a receipt: bundles of at most 1000 items, a few in flight, each proved before it counts."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeVar

import anyio

from encord_widgets.api.codec import uncollected
from encord_widgets.commit.bundles import LEFT_OUT, Bundle, BundleOutcome
from encord_widgets.commit.options import CommitLog, CommitOptions, CommitProgress
from encord_widgets.commit.receipt import Receipt, ReceiptRow, now
from encord_widgets.commit.wire_calls import CommitApi, CommitCalls
from encord_widgets.errors import EncordWidgetsError, InvalidInputError, Problem
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.plan import Plan, PlannedItem
from encord_widgets.metadata.values import ABSENT, Value, shown

__all__ = ["check_destroys", "commit_plan"]

T = TypeVar("T")

_HARMLESS = frozenset({"verified", "already", "conflict"})


@dataclass(slots=True)
class _Part:
    """What one bundle is to do, and its rows of the receipt once it has them."""

    planned: Sequence[PlannedItem]
    rows: list[ReceiptRow] = field(default_factory=list)

    def make(self) -> None:
        """Make the items, which may be columns until now: each is looked at several times."""
        with uncollected():  # many small objects at once, none of them in a cycle
            self.planned = tuple(self.planned)


@dataclass(slots=True)
class _State:
    progress: CommitProgress
    bundles: int = 0
    fault: str = ""


def check_destroys(plan: Plan, options: CommitOptions) -> None:
    """Refuse a plan that removes values which nobody named, unless that is allowed.

    Args:
        plan: The plan.
        options: How it is to be committed.

    Raises:
        InvalidInputError: Naming each key whose values would be destroyed, with their number.
    """
    if options.allow_destroy:
        return
    destroyed = [change for change in plan.destroys if change.implied]
    if destroyed:
        counts = Counter(change.key for change in destroyed)
        hint = "Stage with mode='merge' to keep them, or commit with allow_destroy=True."
        raise InvalidInputError(
            Problem(
                "leave to remove what the overwrite does not name",
                f"{count:,} {'value' if count == 1 else 'values'}, such as {shown(_base_of(destroyed, key))}",
                key=key,
                hint=hint,
            )
            for key, count in counts.items()
        )


def _base_of(changes: Iterable[Change], key: str) -> Value:
    return next(change.base for change in changes if change.key == key)


@dataclass(slots=True)
class _Commit:
    calls: CommitCalls
    plan: Plan
    options: CommitOptions
    stop: threading.Event
    on_progress: Callable[[CommitProgress], None]
    on_observed: Callable[[ItemBatch], None]
    log: CommitLog
    canary: int = 0
    parts: list[_Part] = field(init=False)
    begun: anyio.Event = field(init=False)
    limiter: anyio.CapacityLimiter = field(init=False)
    state: _State = field(init=False)

    def __post_init__(self) -> None:
        self.canary = self._canary_items()
        self.parts = list(map(_Part, _cut(self.plan.items, self.canary, self.options)))
        self.begun = anyio.Event()
        if not self.parts:
            self.begun.set()
        self.limiter = anyio.CapacityLimiter(self.options.concurrency)
        total = len(self.plan.items)
        self.state = _State(CommitProgress("reading", items_total=total, bundles_total=len(self.parts)))

    async def run(self) -> Receipt:
        started = now()
        self.on_progress(self.state.progress)
        waiting = iter(self.parts)
        proved = anyio.Event()
        async with anyio.create_task_group() as group:
            if self.canary:
                self._moved("canary")
                group.start_soon(self._prove, next(waiting), proved)
            else:
                proved.set()
                group.start_soon(self._work, waiting, proved)
            # The first bundle waits for the whole plan to be written down. The others are not read meanwhile: it would
            # take longer beside them, and what they read would be older when they write.
            await self.begun.wait()
            if self.options.concurrency == 1:
                await proved.wait()
            for _ in range(self.options.concurrency - (not self.canary)):
                group.start_soon(self._work, waiting, proved)
        self._moved("done")
        self.plan.keep_items(tuple(chain.from_iterable(part.planned for part in self.parts)))
        rows = tuple(chain.from_iterable(part.rows for part in self.parts))
        receipt = Receipt(rows, started, now(), self.state.bundles)
        await self._written_down(self.log.finish, receipt)
        return receipt

    async def _prove(self, canary: _Part, proved: anyio.Event) -> None:
        await self._commit(canary, self._goes_on)
        self._check_canary(canary.rows)
        proved.set()

    async def _work(self, waiting: Iterable[_Part], proved: anyio.Event) -> None:
        async def may_write() -> bool:
            await proved.wait()
            return await self._goes_on()

        for part in waiting:
            async with self.limiter:
                await self._commit(part, may_write)

    async def _goes_on(self) -> bool:
        return not self.stop.is_set() and not self.state.fault

    async def _commit(self, part: _Part, may_write: Callable[[], Awaitable[bool]]) -> None:
        part.make()
        planned = part.planned
        if await self._goes_on():
            written_down = anyio.Event()

            async def intend() -> None:
                # While the bundle is read: nothing has to wait for the disk between the reading and the writing.
                await self._written_down(self.log.intent, planned)
                written_down.set()
                self.begun.set()

            async def ready() -> bool:
                await written_down.wait()
                return await may_write()

            outcome = None
            async with anyio.create_task_group() as group:
                group.start_soon(intend)
                bundle = Bundle(
                    self.calls, planned, self.options, self._moved, ready, stopped=self.stop.is_set
                )
                outcome = await bundle.run()
            if outcome is not None:
                await self._settle(part, outcome)
                return
        self.begun.set()
        part.rows = list(_unsent(planned, self.state.fault))

    async def _settle(self, part: _Part, outcome: BundleOutcome) -> None:
        await self._written_down(self.log.outcome, outcome.rows)
        state = self.state
        part.rows = outcome.rows
        state.bundles += bool(outcome.written)
        for batch in outcome.observed:
            self.on_observed(batch)
        if outcome.fault:
            state.fault = f"the commit ended early: {outcome.fault}"
        tokens = self.limiter.total_tokens
        # Half as many bundles in flight when the server asks for fewer, one more after each that went well.
        self.limiter.total_tokens = (
            max(1, tokens // 2) if outcome.rate_limited else min(self.options.concurrency, tokens + 1)
        )
        state.progress = _counted(state.progress, part, outcome)
        self.on_progress(state.progress)

    async def _written_down(self, write: Callable[[T], None], what: T) -> bool:
        """Write to the log, beside the other bundles; a commit that cannot be written down does not go on."""
        try:
            await anyio.to_thread.run_sync(write, what)
        except EncordWidgetsError as error:
            self.state.fault = f"the commit could not be written down: {error}"
            return False
        return True

    def _moved(self, phase: str) -> None:
        self.state.progress = replace(self.state.progress, phase=phase)
        self.on_progress(self.state.progress)

    def _canary_items(self) -> int:
        wanted = len(self.plan.items) > self.options.canary_over or self.plan.destroys
        return min(self.options.canary, len(self.plan.items)) if wanted else 0

    def _check_canary(self, rows: Sequence[ReceiptRow]) -> None:
        # An item that is gone says nothing about the others, unless they all are.
        gone = [row for row in rows if row.note == LEFT_OUT]
        told = rows if len(gone) == len(rows) else [row for row in rows if row.note != LEFT_OUT]
        surprises = [row for row in told if row.status not in _HARMLESS]
        if surprises and not self.state.fault:
            first = surprises[0]
            self.state.fault = (
                f"{len(surprises)} of the first {self.canary} items' changes did not go through as planned, such as "
                f"{first.key!r} of {first.name}: {first.status}, {first.note}"
            )


async def commit_plan(
    api: CommitApi,
    plan: Plan,
    options: CommitOptions,
    *,
    stop: threading.Event,
    on_progress: Callable[[CommitProgress], None],
    on_observed: Callable[[ItemBatch], None],
    log: CommitLog,
) -> Receipt:
    """Commit a plan and prove it.

    Each bundle is re-read, its changed keys are merged onto what is live, written, read again and compared. After a
    passing failure it is read again before it is written again. When the connection fails for good, bundles in flight
    get their verdict and no further one is started.

    Args:
        api: The wire.
        plan: What to write.
        options: How to do it.
        stop: Set to finish after the bundles in flight.
        on_progress: Called when something moved.
        on_observed: Called with items as they were read last.
        log: Written to before and after each bundle.

    Returns:
        The receipt; planned changes that were not reached are `pending`.

    Raises:
        InvalidInputError: If the plan destroys values and that is not allowed.
    """
    check_destroys(plan, options)
    calls = CommitCalls(api, options.bundle_bytes)
    return await _Commit(calls, plan, options, stop, on_progress, on_observed, log).run()


def _cut(
    items: Sequence[PlannedItem], canary: int, options: CommitOptions
) -> Iterator[Sequence[PlannedItem]]:
    """The canary, then bundles of one size: as many as keep every lane busy to the end."""
    if canary:
        yield items[:canary]
    least = math.ceil((len(items) - canary) / options.bundle_size)
    lanes = options.concurrency if least > 1 else 1
    size = math.ceil((len(items) - canary) / max(1, math.ceil(least / lanes) * lanes)) or 1
    for start in range(canary, len(items), size):
        yield items[start : start + size]


def _counted(progress: CommitProgress, part: _Part, outcome: BundleOutcome) -> CommitProgress:
    counts = dict(progress.counts)
    for row in outcome.rows:
        counts[row.status] = counts.get(row.status, 0) + 1
    return replace(
        progress,
        items_done=progress.items_done + len(part.planned),
        bundles_done=progress.bundles_done + 1,
        counts=counts,
    )


def _unsent(planned: Sequence[PlannedItem], fault: str) -> Iterator[ReceiptRow]:
    note = f"not sent, because {fault}" if fault else "not sent: the commit was stopped"
    for item in planned:
        for change in item.changes:
            yield ReceiptRow(
                item.item, item.name, change.key, change.base, change.after, ABSENT, "pending", note, now()
            )
