"""A commit under way on the background loop: progress, stop, result."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from typing import Protocol, TypeVar

from encord_widgets.api.codec import rarely_collected
from encord_widgets.commit.engine import check_destroys, commit_plan
from encord_widgets.commit.options import CommitLog, CommitOptions, CommitProgress, NoLog
from encord_widgets.commit.receipt import Receipt
from encord_widgets.commit.wire_calls import CommitApi
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.plan import Plan

__all__ = ["CommitRun"]

T = TypeVar("T")


class _Loop(Protocol):
    def start(self, work: Callable[[], Awaitable[T]]) -> Future[T]: ...


class CommitRun:
    """A commit that has been started.

    Args:
        loop: Where it runs.
        api: The wire.
        plan: What to write.
        options: How to cut it.
        on_progress: Called from the background thread when something moved.
        on_observed: Called from the background thread with items as they were read back.
        on_finish: Called from the background thread with the receipt.
        log: Written to before and after each bundle.

    Raises:
        InvalidInputError: If the plan destroys values and that is not allowed.
    """

    def __init__(
        self,
        loop: _Loop,
        api: CommitApi,
        plan: Plan,
        options: CommitOptions,
        *,
        on_progress: Callable[[CommitProgress], None] = lambda _: None,
        on_observed: Callable[[ItemBatch], None] = lambda _: None,
        on_finish: Callable[[Receipt], None] = lambda _: None,
        log: CommitLog | None = None,
    ) -> None:
        check_destroys(plan, options)
        self._stop = threading.Event()
        self.progress = CommitProgress("reading", items_total=len(plan.items))

        def moved(progress: CommitProgress) -> None:
            self.progress = progress
            on_progress(progress)

        async def work() -> Receipt:
            written_to = log or NoLog()
            try:
                with rarely_collected():
                    receipt = await commit_plan(
                        api,
                        plan,
                        options,
                        stop=self._stop,
                        on_progress=moved,
                        on_observed=on_observed,
                        log=written_to,
                    )
            finally:
                written_to.let_go()
            on_finish(receipt)
            return receipt

        self._future = loop.start(work)

    def cancel(self) -> None:
        """Finish the bundles in flight and start no other; the receipt says where it stands."""
        self._stop.set()

    def done(self) -> bool:
        """Whether there is a result."""
        return self._future.done()

    def result(self, timeout: float | None = None) -> Receipt:
        """Wait for the receipt. An interrupt stops the commit after the bundles in flight.

        Args:
            timeout: Longest wait in seconds; without one there is no limit.

        Returns:
            The receipt.

        Raises:
            TimeoutError: If it takes longer; the commit goes on.
            EncordWidgetsError: If the client was closed meanwhile.
        """
        while True:
            try:
                return self._future.result(timeout)
            except TimeoutError:
                if self.done():
                    raise
                now = self.progress
                raise TimeoutError(
                    f"{now.items_done:,} of {now.items_total:,} items are committed so far. The commit goes on."
                ) from None
            except CancelledError:
                raise EncordWidgetsError(
                    "The client was closed before this commit ended. A new client finishes it: client.resume()."
                ) from None
            except KeyboardInterrupt:
                if self._stop.is_set():  # a second interrupt is meant
                    raise
                self.cancel()
