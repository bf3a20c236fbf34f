"""When to try again, and how long to wait before."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from encord_widgets.api.errors import ApiError

__all__ = ["RetryPolicy", "with_retries"]

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_NO_OUTPUT: Final = logging.NullHandler()


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to try again after 408, 429, 500, 502, 503, 504, a lost connection or a cut answer.

    Waits grow as `wait_initial * 2**n` up to `wait_max`, plus up to `wait_jitter`; `Retry-After` replaces them.

    Args:
        attempts: Attempts in all; 1 means no retry.
        total_seconds: No new attempt starts after this many seconds.
        wait_initial: First wait, in seconds.
        wait_max: Longest wait, in seconds.
        wait_jitter: Largest random addition, in seconds.

    Example:
        >>> RetryPolicy(attempts=3).attempts
        3
    """

    attempts: int = 6
    total_seconds: float = 120.0
    wait_initial: float = 0.5
    wait_max: float = 20.0
    wait_jitter: float = 0.5


async def with_retries(
    once: Callable[[int], Awaitable[_T]],
    policy: RetryPolicy,
    label: str,
    *,
    retry: bool = True,
    on_retry: Callable[[ApiError, int], object] | None = None,
) -> _T:
    """Do something until it succeeds, fails for good, or the policy is used up.

    Args:
        once: The attempt; takes its number, from 1.
        policy: How often and how long.
        label: What it is, for the log.
        retry: False for one attempt only.
        on_retry: Called before the wait for another attempt, with what went wrong and the number of that attempt.

    Returns:
        What the last attempt returned.

    Raises:
        ApiError: What the last attempt raised.

    Example:
        >>> await with_retries(once, RetryPolicy(), "GET storage/folders")  # doctest: +SKIP
    """
    import stamina  # 60 ms, not needed by an import of the package

    # Without a handler of the user's, Python would print stamina's bare warnings into the notebook.
    logging.getLogger("stamina").addHandler(_NO_OUTPUT)
    end = time.monotonic() + policy.total_seconds
    attempts = policy.attempts if retry else 1
    begun = 0

    def wait_before(error: Exception) -> bool | float:
        if not isinstance(error, ApiError) or not error.transient:
            return False
        wait = error.retry_after or 0.0
        if on_retry and begun < attempts and time.monotonic() + wait <= end:
            on_retry(error, begun + 1)
        if error.retry_after is None:
            _log.info("%s failed, trying again: %s", label, type(error).__name__)
            return True
        wait = error.retry_after + random.uniform(0, policy.wait_jitter)  # noqa: S311
        if time.monotonic() + wait > end:
            return False  # sleeping past the end only delays the message
        _log.info("%s failed, trying again in %.1f s as the server asked", label, wait)
        return wait

    async for attempt in stamina.retry_context(
        on=wait_before,
        attempts=attempts,
        timeout=policy.total_seconds,
        wait_initial=policy.wait_initial,
        wait_max=policy.wait_max,
        wait_jitter=policy.wait_jitter,
    ):
        begun = attempt.num
        with attempt:
            return await once(attempt.num)
    raise AssertionError("a retry loop ends by a result or an error")
