"""A progress bar for whoever waits for a commit or its like: in the notebook, in a terminal, or nowhere."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Mapping
from concurrent.futures import TimeoutError as NotYet
from typing import Any, Protocol, TypeVar

__all__ = ["Progress", "Watched", "watched"]

T_co = TypeVar("T_co", covariant=True)

_LOOK = 0.1
_QUIET = 0.5


class Progress(Protocol):
    """How far something is."""

    @property
    def items_total(self) -> int:
        """Items there are."""
        ...

    @property
    def items_done(self) -> int:
        """Items that are through."""
        ...

    @property
    def counts(self) -> Mapping[str, int]:
        """What became of them, in words."""
        ...


class Watched(Protocol[T_co]):
    """Something under way, such as a `CommitRun`."""

    @property
    def progress(self) -> Progress:
        """How far it is."""
        ...

    def result(self, timeout: float | None = None) -> T_co:
        """Wait for what comes of it."""
        ...

    def cancel(self) -> None:
        """End it after the requests in flight."""
        ...


def watched(run: Watched[T_co], what: str = "commit") -> T_co:
    """Wait for a commit or its like; one that takes longer than half a second shows how far it is.

    Nothing is shown where nobody would see it: output that goes into a file or a pipe, and off the main thread.

    Args:
        run: What is under way.
        what: What it is called.

    Returns:
        What comes of it, such as a receipt.
    """
    bar: Any = None
    interrupted = False
    # Off the main thread a widget waits, and shows it itself.
    if threading.current_thread() is not threading.main_thread() or not _is_seen():
        return run.result()
    try:
        while True:
            try:
                return run.result(_QUIET if bar is None else _LOOK)
            except NotYet:
                pass
            try:
                bar = bar or _bar(run.progress.items_total, what)
                done = run.progress
                bar.n = done.items_done
                bar.set_postfix_str(", ".join(f"{count:,} {status}" for status, count in done.counts.items()))
            except KeyboardInterrupt:  # it is meant for what is under way, as in `result`
                if interrupted:
                    raise
                interrupted = True
                run.cancel()
    finally:
        if bar is not None:
            bar.n = run.progress.items_done
            bar.refresh()
            bar.close()


def _is_seen() -> bool:
    """Whether there is a notebook or a terminal; looking with tqdm's own eyes would load it for nothing."""
    is_terminal = getattr(sys.stderr, "isatty", bool)  # a program without a console has no stderr
    return "IPython" in sys.modules or bool(is_terminal())


def _bar(total: int, what: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tqdm's, where ipywidgets is there and no notebook is
        from tqdm.auto import tqdm

    return tqdm(total=total, unit="item", desc=what, disable=None, leave=False)
