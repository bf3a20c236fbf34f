"""The journal: staged edits and commits are written down here first, so that a kernel that dies loses nothing.

One SQLite file for each server and identity, in a folder that only its owner can read. It holds uuids, names, keys and
values; never a credential.
"""

from __future__ import annotations

import datetime as dt
import os
import weakref
from pathlib import Path
from typing import Final, Self

from encord_widgets.commit import bulk_records
from encord_widgets.commit.journal_file import JournalError, JournalFile, JournalNotice
from encord_widgets.commit.journal_text import SourceKey
from encord_widgets.commit.liveness import FileLocks, Locks, ProcessLocks
from encord_widgets.commit.private_files import file_name
from encord_widgets.commit.receipt import now
from encord_widgets.commit.records import CommitRecord, Desk, OpenCommit, claim, find_open
from encord_widgets.commit.sessions import EarlierEdits, Session

__all__ = [
    "CommitRecord",
    "EarlierEdits",
    "Journal",
    "JournalError",
    "JournalNotice",
    "OpenCommit",
    "Session",
    "SourceKey",
    "state_folder",
]

_KEPT: Final = dt.timedelta(days=30)


def state_folder() -> Path:
    """The folder for what must outlive a kernel: `ENCORD_WIDGETS_STATE`, or the user's state folder.

    Example:
        >>> state_folder().is_absolute()
        True
    """
    named = os.environ.get("ENCORD_WIDGETS_STATE")
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs  # only where a journal is opened

    return platformdirs.user_state_path("encord-widgets")


class Journal:
    """An open journal; its methods may be called from any thread. Make one with `open` or `in_memory`.

    Args:
        file: The database.
        locks: Signs of life of sessions.

    Raises:
        JournalError: If it cannot be written.

    Example:
        >>> from encord_widgets.metadata.changes import Change
        >>> journal = Journal.in_memory()
        >>> source = SourceKey("folder", "5a1c", "Street scenes")
        >>> session = journal.session(source)
        >>> session.record({("8ad5", "weather"): Change("8ad5", "weather", "rain", "fog")})
        >>> session.close()
        >>> [(edits.count, edits.alive) for edits in journal.session(source).earlier()]
        [(1, False)]
        >>> journal.close()
    """

    def __init__(self, file: JournalFile, locks: Locks) -> None:
        self._file = file
        self._desk = Desk(file, locks)
        self._sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        self._tidy()

    @classmethod
    def open(cls, folder: Path, name: str) -> Self:
        """Open a journal, made when missing.

        Args:
            folder: The state folder; the journals are in a folder of their own inside it.
            name: What to tell journals apart by: server and identity.

        Raises:
            JournalError: If it cannot be opened or written, or is of a newer version.
        """
        path = folder / "journals" / f"{file_name(name)}.sqlite3"
        file = JournalFile.open(path)
        try:
            return cls(file, FileLocks(path.with_suffix(".locks")))
        except OSError as error:
            file.close()
            raise JournalError(f"Staged edits are not being journaled: {error}") from error
        except BaseException:
            file.close()
            raise

    @classmethod
    def in_memory(cls) -> Self:
        """A journal that is gone with the process."""
        return cls(JournalFile.in_memory(), ProcessLocks())

    def __repr__(self) -> str:
        return f"<Journal: {self.path or 'in memory'}>"

    @property
    def path(self) -> Path | None:
        """The file, or None for a journal in memory."""
        return self._file.path

    @property
    def notices(self) -> tuple[JournalNotice, ...]:
        """What the user should know about the opening, such as a damaged file that was moved aside."""
        return self._file.notices

    def session(self, source: SourceKey) -> Session:
        """A session for staged edits.

        Args:
            source: What they are staged on.
        """
        session = Session(self._desk, source)
        self._sessions.add(session)
        return session

    def open_commits(self) -> list[OpenCommit]:
        """Commits of all sources that were begun and did not end, the latest first.

        Raises:
            JournalError: If the journal cannot be used.
        """
        return find_open(self._desk)

    def dismiss(self, commit: str) -> None:
        """Close an open commit without sending what it left; staged edits stay staged.

        Args:
            commit: Id of the commit.

        Raises:
            JournalError: If it is finished or under way, or the journal cannot be written.
        """
        with self._file.write(durable=True) as connection:
            number = claim(connection, self._desk, commit)
            connection.execute("UPDATE commits SET finished = ? WHERE no = ?", (now().isoformat(), number))

    def close(self) -> None:
        """Let go of all sessions and close the file. Twice is fine."""
        for session in list(self._sessions):
            session.close()
        self._file.close()

    def _tidy(self) -> None:
        """Drop finished commits of long ago, and what dead sessions without edits left behind."""
        with self._file.write() as connection:
            connection.execute("DELETE FROM commits WHERE finished < ?", ((now() - _KEPT).isoformat(),))
            empty = connection.execute(
                "SELECT id FROM sessions WHERE NOT EXISTS (SELECT 1 FROM edits WHERE session = sessions.no) "
                "AND NOT EXISTS (SELECT 1 FROM bulk_edits WHERE session = sessions.no)"
            ).fetchall()
            dead = [row for row in empty if not self._desk.locks.alive(row[0])]
            connection.executemany("DELETE FROM sessions WHERE id = ?", dead)
            self._desk.locks.sweep()
            bulk_records.sweep_rosters(connection)
        self._file.give_back_space()
