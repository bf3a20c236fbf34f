"""One event loop in a background thread, and calls into it that stop cleanly on Kernel > Interrupt."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from encord_widgets.errors import EncordWidgetsError

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

__all__ = ["Background"]

T = TypeVar("T")


class Background:
    """The thread that a client's network work runs on; started at the first call, never at import.

    Example:
        >>> async def answer() -> int:
        ...     return 42
        >>> background = Background("example")
        >>> background.call(answer)
        42
        >>> background.close()
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._process = 0  # that the thread is in
        self._closed = False
        self._lock = threading.Lock()

    @property
    def started(self) -> bool:
        """Whether the thread runs."""
        return self._portal is not None and self._process == os.getpid()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def start(self, work: Callable[[], Awaitable[T]]) -> Future[T]:
        """Start work on the loop and return at once.

        Args:
            work: Coroutine function without arguments.

        Raises:
            EncordWidgetsError: If the client was closed, or this process was forked from the one that used it.
        """
        return self._running().start_task_soon(work, name=self._name)

    def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run work on the loop and wait for it; on an interrupt the work is cancelled.

        Args:
            work: Coroutine function without arguments.

        Returns:
            What the work returns.

        Raises:
            EncordWidgetsError: If the client was closed.
        """
        future = self.start(work)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel what runs and end the thread. Closing twice is fine."""
        with self._lock:
            self._closed = True
            portal, self._portal = self._portal, None
        if portal is not None:
            self._end()

    def _running(self) -> BlockingPortal:
        if (
            self._portal is not None and not self.started
        ):  # a fork takes no thread along: it would never answer
            raise EncordWidgetsError(
                "This client was used before this process was forked, and works only there. Make a new one here."
            )
        with self._lock:
            if self._closed:
                raise EncordWidgetsError("This client is closed. Make a new one with connect(...) or demo().")
            if self._portal is None:
                from anyio.from_thread import start_blocking_portal  # loaded with the first call

                self._portal = self._stack.enter_context(start_blocking_portal("asyncio", name=self._name))
                self._process = os.getpid()
                # Also when nobody closes the client: a loop that still runs would hang the interpreter at its exit.
                self._end = weakref.finalize(self, _end, self._portal, self._stack, self._process)
            return self._portal


def _end(portal: BlockingPortal, stack: ExitStack, process: int) -> None:
    if process != os.getpid():
        return
    portal.call(portal.stop, True)  # cancels what still runs
    stack.close()
