"""Telling others what happened, from work that must go on whatever they make of it."""

from __future__ import annotations

import threading

import psygnal

__all__ = ["tell"]


def tell(signal: psygnal.SignalInstance, *what: object) -> None:
    """Emit a signal; a callback that raises costs neither the work nor its outcome.

    Its traceback is shown as that of a thread is (`threading.excepthook`).

    Args:
        signal: The signal.
        what: Its arguments.

    Example:
        >>> class Light:
        ...     switched = psygnal.Signal(bool)
        >>> light, seen = Light(), []
        >>> _ = light.switched.connect(seen.append)
        >>> tell(light.switched, True)
        >>> seen
        [True]
    """
    try:
        signal.emit(*what)
    except psygnal.EmitLoopError as error:
        cause = error.__cause__ or error
        shown = type(cause), cause, cause.__traceback__, threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs(shown))
