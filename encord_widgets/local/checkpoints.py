"""Committed pages move from SQLite's log into the database file behind the requests, not within one."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

__all__ = ["Checkpoints"]

_ENOUGH = 1000  # changed rows


class Checkpoints:
    """Checkpoints of a database in a thread of their own.

    By default SQLite makes the writer that fills the log wait until the disk has everything: a bulk write of 1,000
    items took twice as long for it. Checkpoints beside the writers lose nothing, because the log stays valid.

    Args:
        path: The database, in WAL mode.

    Example:
        >>> checkpoints = Checkpoints(Path("encord.db"))
        >>> checkpoints.changed(1)  # too few to do anything
        >>> checkpoints.close()
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changes = 0
        self._wanted = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def changed(self, rows: int) -> None:
        """A transaction has changed so many rows; called by one thread at a time."""
        self._changes += rows
        if self._changes < _ENOUGH:
            return
        self._changes = 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="embedded Encord checkpoints", daemon=True)
            self._thread.start()
        self._wanted.set()

    def _run(self) -> None:
        while self._wanted.wait() and not self._closed:
            self._wanted.clear()
            try:
                with closing(sqlite3.connect(self._path, timeout=10)) as connection:
                    # Passive: takes what it can and waits for nobody.
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except sqlite3.Error:
                continue  # the writers make one at the latest when the log is long

    def close(self) -> None:
        """Make no more of them; returns when none is under way."""
        self._closed = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()
