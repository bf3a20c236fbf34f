"""A plan becomes a receipt: bundles of at most 1000 items, a few in flight, each proved before it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import anyio

from encord_widgets.commit.bundles import Bundle, BundleOutcome, CommitApi
from encord_widgets.commit.receipt import Receipt, ReceiptRow, now, rows_in_order
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.plan import Plan, PlannedItem
from encord_widgets.metadata.values import ABSENT, shown

__all__ = ["CommitLog", "CommitOptions", "CommitProgress", "NoLog", "commit_plan"]

MOST_ITEMS: Final = 1000
"""Items that one bundle may hold (Encord API, bundle)."""


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """How a commit is cut.

    Args:
        bundle_size: Items in one bundle, 1 to 1000.
        concurrency: Bundles in flight, 1 to 16.

    Raises:
        InvalidInputError: If a number is out of its range.
    """

    bundle_size: int = MOST_ITEMS
    concurrency: int = 4

    def __post_init__(self) -> None:
        limits = {"bundle_size": MOST_ITEMS, "concurrency": 16}
        problems = [
            Problem(key=name, expected=f"a whole number from 1 to {most:,}", got=shown(getattr(self, name)))
            for name, most in limits.items()
            if not isinstance(getattr(self, name), int) or not 1 <= getattr(self, name) <= most
        ]
        if problems:
            raise InvalidInputError(problems)


@dataclass(frozen=True, slots=True)
class CommitProgress:
    """Where a commit stands.

    Args:
        phase: `reading`, `writing` or `verifying`: what the bundle that moved last is doing; `done` at the end.
        items_total: Items in the plan.
        items_done: Items with a verdict.
        bundles_total: Bundles in the plan.
        bundles_done: Bundles with a verdict.
        counts: Receipt rows so far, by status.
    """

    phase: str
    items_total: int
    items_done: int = 0
    bundles_total: int = 0
    bundles_done: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class CommitLog(Protocol):
    """Where a commit writes down what it is about to do and what came of it, before it goes on."""

    def intent(self, planned: Sequence[PlannedItem]) -> None:
        """A bundle is about to be sent."""
        ...

    def outcome(self, rows: Sequence[ReceiptRow]) -> None:
        """A bundle has its verdict."""
        ...


class NoLog:
    """A `CommitLog` that keeps nothing."""

    def intent(self, planned: Sequence[PlannedItem]) -> None:
        """Keep nothing."""

    def outcome(self, rows: Sequence[ReceiptRow]) -> None:
        """Keep nothing."""


@dataclass(slots=True)
class _State:
    progress: CommitProgress
    rows: list[ReceiptRow] = field(default_factory=list)
    bundles: int = 0
    fault: str = ""


async def commit_plan(
    api: CommitApi,
    plan: Plan,
    options: CommitOptions,
    *,
    stop: anyio.Event,
    on_progress: Callable[[CommitProgress], None],
    on_observed: Callable[[ItemBatch], None],
    log: CommitLog,
) -> Receipt:
    """Commit a plan and prove it.

    Each bundle is re-read, its changed keys are merged onto what is live, written, read again and compared.
    When the connection fails, bundles in flight get their verdict and no further one is started.

    Args:
        api: The wire.
        plan: What to write.
        options: How to cut it.
        stop: Set to finish after the bundles in flight.
        on_progress: Called when something moved.
        on_observed: Called with items as they were read back.
        log: Written to before and after each bundle.

    Returns:
        The receipt; planned changes that were not reached are `pending`.
    """
    started = now()
    bundles = list(_cut(plan.items, options.bundle_size))
    state = _State(CommitProgress("reading", items_total=len(plan.items), bundles_total=len(bundles)))
    on_progress(state.progress)
    waiting = iter(bundles)

    def moved(phase: str) -> None:
        state.progress = replace(state.progress, phase=phase)
        on_progress(state.progress)

    def settle(planned: Sequence[PlannedItem], outcome: BundleOutcome) -> None:
        log.outcome(outcome.rows)
        state.rows.extend(outcome.rows)
        state.bundles += bool(outcome.written)
        for batch in outcome.observed:
            on_observed(batch)
        if outcome.fault:
            state.fault = str(outcome.fault)
        state.progress = _counted(state.progress, planned, outcome)
        on_progress(state.progress)

    async def work() -> None:
        for planned in waiting:
            if stop.is_set() or state.fault:
                state.rows.extend(_unsent(planned, state.fault))
                continue
            log.intent(planned)
            settle(planned, await Bundle(api, planned, moved).run())

    async with anyio.create_task_group() as group:
        for _ in range(min(options.concurrency, len(bundles))):
            group.start_soon(work)

    moved("done")
    places = ((change.item, change.key) for change in plan.changes)
    order = {place: position for position, place in enumerate(places)}
    return Receipt(rows_in_order(state.rows, order), started, now(), state.bundles)


def _cut(items: Sequence[PlannedItem], size: int) -> Iterator[Sequence[PlannedItem]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _counted(
    progress: CommitProgress, planned: Sequence[PlannedItem], outcome: BundleOutcome
) -> CommitProgress:
    counts = dict(progress.counts)
    for row in outcome.rows:
        counts[row.status] = counts.get(row.status, 0) + 1
    return replace(
        progress,
        items_done=progress.items_done + len(planned),
        bundles_done=progress.bundles_done + 1,
        counts=counts,
    )


def _unsent(planned: Sequence[PlannedItem], fault: str) -> Iterator[ReceiptRow]:
    note = (
        f"not sent, because the commit ended early: {fault}" if fault else "not sent: the commit was stopped"
    )
    for item in planned:
        for change in item.changes:
            yield ReceiptRow(
                item.item, item.name, change.key, change.base, change.after, ABSENT, "pending", note, now()
            )
