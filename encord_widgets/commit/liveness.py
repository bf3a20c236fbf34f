"""Which sessions of a journal are in use: each holds a lock that ends with its process, however that ends."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Final, Protocol

import filelock

from encord_widgets.commit.private_files import FILE_MODE, private_folder

__all__ = ["FileLocks", "Hold", "Locks", "ProcessLocks"]

_PATIENCE: Final = 5.0


class Hold:
    """A sign of life; gone when it is let go of, or with the process.

    Args:
        lock: The file lock that it stands for, if there is one.
    """

    def __init__(self, lock: filelock.BaseFileLock | None = None) -> None:
        self._lock = lock
        self.held = True

    def let_go(self) -> None:
        """End it. Twice is fine."""
        self.held = False
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()


class Locks(Protocol):
    """Signs of life by session id."""

    def hold(self, session: str) -> Hold:
        """Show that a session is in use."""
        ...

    def alive(self, session: str) -> bool:
        """Whether somebody holds the session, here or in another process."""
        ...

    def sweep(self) -> None:
        """Remove what dead sessions left behind."""
        ...


class ProcessLocks:
    """Signs of life for a journal that no other process can see."""

    def __init__(self) -> None:
        self._holds: weakref.WeakValueDictionary[str, Hold] = weakref.WeakValueDictionary()

    def hold(self, session: str) -> Hold:
        """Show that a session is in use."""
        hold = self._holds[session] = Hold()
        return hold

    def alive(self, session: str) -> bool:
        """Whether somebody holds the session."""
        hold = self._holds.get(session)
        return hold is not None and hold.held

    def sweep(self) -> None:
        """Nothing is left behind."""


class FileLocks:
    """Signs of life as locked files; a file that nobody locks, or that is not there, means dead.

    Args:
        folder: Folder for the lock files, made when missing.

    Raises:
        OSError: If it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        private_folder(folder)

    def _lock(self, session: str, timeout: float) -> filelock.BaseFileLock:
        # Not bound to a thread: the kernel's thread takes it, and whichever thread closes lets go of it.
        path = self._folder / f"{session}.lock"
        return filelock.FileLock(path, timeout=timeout, mode=FILE_MODE, thread_local=False)

    def hold(self, session: str) -> Hold:
        """Show that a session is in use.

        Raises:
            OSError: If the lock file cannot be made.
        """
        lock = self._lock(session, _PATIENCE)
        while True:
            lock.acquire()
            if (self._folder / f"{session}.lock").exists():
                return Hold(lock)
            lock.release()  # swept by another kernel between its making and its locking

    def alive(self, session: str) -> bool:
        """Whether somebody holds the session.

        Asking takes the lock for a moment: ask inside a write transaction, or two that ask take each other for it.
        """
        if not (self._folder / f"{session}.lock").exists():
            return False
        try:
            with self._lock(session, 0):
                return False
        except filelock.Timeout:
            return True

    def sweep(self) -> None:
        """Remove the lock files of dead sessions."""
        for path in self._folder.glob("*.lock"):
            try:
                with self._lock(path.stem, 0):
                    path.unlink(
                        missing_ok=True
                    )  # while it is held: whoever waits for it sees that it is gone
            except (filelock.Timeout, OSError):
                continue  # in use, or (on Windows) not to be removed while open
