"""Work that is asked for often and done at most ten times a second, the last time always included."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Throttle"]

_INTERVAL: Final = 0.1
_CHEAP: Final = 0.02
_SHARE: Final = 5


class Throttle:
    """Calls `work` soon after it is asked to, from the asking thread or from a timer's.

    Work that turns out to be slow is done less often, so that it takes at most a fifth of the time, and never in
    the asking thread.

    Args:
        work: What to do; it must take care of its own errors and of being called from several threads.
        interval: Shortest time between two runs, in seconds.
    """

    def __init__(self, work: Callable[[], object], interval: float = _INTERVAL) -> None:
        self._work = work
        self._interval = interval
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._next = 0.0
        self._cost = 0.0
        self._closed = False
        self._running = False
        self._again = False

    def __call__(self) -> None:
        """Ask for a run; one that begins after this call is certain."""
        with self._lock:
            if self._closed or self._timer is not None:
                return
            wait = self._next - time.monotonic()
            if self._running:
                self._again = True
                return
            if wait > 0 or self._cost > _CHEAP:
                self._start_timer(wait)
                return
            self._running = True
        self._run()

    def holding(self, lock: threading.RLock) -> None:
        """Ask for a run that needs a lock; while somebody else has it, not in the asking thread.

        Whoever has the lock may be waiting for the asking thread, which is telling of an event.

        Args:
            lock: The lock.
        """
        if lock.acquire(blocking=False):
            try:
                self()
            finally:
                lock.release()
        else:
            self._later()

    def _later(self) -> None:
        with self._lock:
            if self._closed or self._timer is not None:
                return
            if self._running:
                self._again = True
            else:
                self._start_timer(self._next - time.monotonic())

    def close(self) -> None:
        """Drop the run that is to come, and all others."""
        with self._lock:
            self._closed = True
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    @property
    def waiting(self) -> bool:
        """Whether a run is to come."""
        return self._timer is not None or self._again

    def _start_timer(self, wait: float) -> None:
        self._timer = threading.Timer(max(wait, 0.0), self._fire)
        self._timer.name = "encord-widgets-view"
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        with self._lock:
            self._timer = None
            if self._closed:
                return
            self._running = True
        self._run()

    def _run(self) -> None:
        began = time.monotonic()
        try:
            self._work()
        finally:
            with self._lock:
                ended = time.monotonic()
                self._cost = ended - began
                self._next = ended + max(self._interval, _SHARE * self._cost)
                self._running = False
                if self._again and not self._closed:
                    self._start_timer(self._next - ended)
                self._again = False
