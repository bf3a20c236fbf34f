"""How a commit is done, how far it is, and where it writes down what it does."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.merge import OnConflict, checked_policy
from encord_widgets.metadata.values import shown

if TYPE_CHECKING:
    from encord_widgets.commit.receipt import Receipt, ReceiptRow
    from encord_widgets.metadata.plan import PlannedItem

__all__ = ["PATIENCE", "CommitLog", "CommitOptions", "CommitProgress", "NoLog", "Patience"]

MOST_ITEMS: Final = 1000
"""Items that one bundle may hold (Encord API, bundle)."""


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a commit tries again before it gives a bundle up.

    Args:
        attempts: Writes of one bundle, after passing failures such as 503, 429 or a lost answer.
        rereads: Further read-backs while a write that the server accepted does not show yet.
        wait: First wait between two tries, in seconds; each further one is twice as long.
        longest: Longest wait between two tries, in seconds. A server's `Retry-After` counts instead.

    Raises:
        InvalidInputError: If something is out of its range; every fault is named.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     _ = items.stage({items.uuids[0]: {"weather": "fog"}})
        ...     items.commit(patience=ew.Patience(attempts=2, longest=5.0)).counts
        {'verified': 1}
    """

    attempts: int = 6
    rereads: int = 5
    wait: float = 0.25
    longest: float = 20.0

    def __post_init__(self) -> None:
        least = {"attempts": 1, "rereads": 0}
        problems = [
            Problem(key=name, expected=f"a whole number, {smallest} or more", got=shown(number))
            for name, smallest in least.items()
            if not _is_whole(number := getattr(self, name)) or number < smallest
        ]
        problems += [
            Problem(key=name, expected="seconds, 0 or more", got=shown(seconds))
            for name in ("wait", "longest")
            if not (_is_whole(seconds := getattr(self, name)) or isinstance(seconds, float))
            or not 0 <= seconds < math.inf
        ]
        if problems:
            raise InvalidInputError(problems)

    def pause(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to wait before a try.

        Args:
            attempt: 1 before the second try, 2 before the third, ...
            retry_after: Seconds that the server asked for.
        """
        if retry_after is not None:
            return retry_after
        backed_off = min(self.wait * 2 ** (attempt - 1), self.longest)
        return float(backed_off * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret


PATIENCE: Final = Patience()
"""What a commit has unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """How a plan is committed.

    Args:
        on_conflict: What to do where somebody else changed a key since: `report` it (the default), take `ours` or
            `theirs`, or ask a callable, see `encord_widgets.metadata.merge.Conflict`.
        allow_destroy: Whether values may be removed that an overwrite removes without naming them.
        bundle_size: Items in one bundle, 1 to 1000.
        bundle_bytes: JSON bytes of one write, from 10,000.
        concurrency: Bundles in flight, 1 to 16.
        canary: Items that are committed and proved before the rest goes, 0 for none.
        canary_over: Number of items over which there is a canary; any destroyed value calls for one too.
        patience: How long to try again.

    Raises:
        InvalidInputError: If something is out of its range; every fault is named.

    Example:
        >>> import encord_widgets as ew
        >>> ew.CommitOptions(on_conflict="theirs", bundle_size=200).concurrency
        4
    """

    on_conflict: OnConflict = "report"
    allow_destroy: bool = False
    bundle_size: int = MOST_ITEMS
    bundle_bytes: int = 8_000_000
    concurrency: int = 4
    canary: int = 20
    canary_over: int = 1000
    patience: Patience = PATIENCE

    def __post_init__(self) -> None:
        ranges = {
            "bundle_size": (1, MOST_ITEMS),
            "bundle_bytes": (10_000, 2**31),
            "concurrency": (1, 16),
            "canary": (0, MOST_ITEMS),
            "canary_over": (0, 2**31),
        }
        problems = checked_policy(self.on_conflict)
        for name, (least, most) in ranges.items():
            number = getattr(self, name)
            if not _is_whole(number) or not least <= number <= most:
                expected = f"a whole number from {least:,} to {most:,}"
                problems.append(Problem(key=name, expected=expected, got=shown(number)))
        patience: object = self.patience
        if not isinstance(patience, Patience):
            hint = "Use encord_widgets.Patience(attempts=...)."
            problems.append(Problem("a Patience", shown(patience), key="patience", hint=hint))
        if problems:
            raise InvalidInputError(problems)


@dataclass(frozen=True, slots=True)
class CommitProgress:
    """Where a commit stands.

    Args:
        phase: What the bundle that moved last is doing: `reading`, `writing`, `verifying` or `waiting`; `canary` while
            the first items are proved; `done` at the end.
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

    def finish(self, receipt: Receipt) -> None:
        """The commit has ended."""
        ...

    def let_go(self) -> None:
        """The commit is not under way any more, however it ended."""
        ...


class NoLog:
    """A `CommitLog` that keeps nothing."""

    def intent(self, planned: Sequence[PlannedItem]) -> None:
        """Keep nothing."""

    def outcome(self, rows: Sequence[ReceiptRow]) -> None:
        """Keep nothing."""

    def finish(self, receipt: Receipt) -> None:
        """Keep nothing."""

    def let_go(self) -> None:
        """Keep nothing."""
