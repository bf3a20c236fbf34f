"""A progress bar for whoever waits for a commit: in the notebook, in a terminal, or nowhere."""

from __future__ import annotations

import threading
import warnings
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from encord_widgets.commit.receipt import Receipt
    from encord_widgets.commit.run import CommitRun

__all__ = ["watched"]

_LOOK = 0.1
_QUIET = 0.5


def watched(run: CommitRun) -> Receipt:
    """Wait for a commit; one that takes longer than half a second shows how far it is.

    Nothing is shown where nobody would see it: output that goes into a file or a pipe, and off the main thread.

    Args:
        run: The commit.

    Returns:
        Its receipt.
    """
    bar: Any = None
    if threading.current_thread() is not threading.main_thread():  # a widget waits, and shows it itself
        return run.result()
    try:
        while True:
            try:
                return run.result(_QUIET if bar is None else _LOOK)
            except NotYet:
                bar = bar or _bar(run.progress.items_total)
            done = run.progress
            bar.n = done.items_done
            bar.set_postfix_str(", ".join(f"{count:,} {status}" for status, count in done.counts.items()))
    finally:
        if bar is not None:
            bar.n = run.progress.items_done
            bar.refresh()
            bar.close()


def _bar(total: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tqdm's, where ipywidgets is there and no notebook is
        from tqdm.auto import tqdm

    return tqdm(total=total, unit="item", desc="commit", disable=None, leave=False)
