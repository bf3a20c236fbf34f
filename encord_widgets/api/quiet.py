"""Keeps signed URLs out of the log: httpx logs the URL of every request at INFO."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

__all__ = ["unlogged"]

# httpx logs URLs, httpcore logs response headers (a redirect's Location among them) at DEBUG.
_LOGGERS: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
_quiet: ContextVar[bool] = ContextVar("encord_widgets_quiet", default=False)


class _Silence(logging.Filter):
    """Drops records made inside `unlogged`; all others, of all other tasks and threads, pass."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return not _quiet.get()


_silence: Final = _Silence()


@contextmanager
def unlogged() -> Iterator[None]:
    """Nothing that httpx does inside this block, in this task, reaches a log.

    Example:
        >>> with unlogged():
        ...     logging.getLogger("httpx").warning("not seen")
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_silence)  # a set in effect: adding twice changes nothing
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)
