"""The SQLite file below the journal: opening, transactions, trouble in words."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final, Self

import filelock

from encord_widgets.commit.journal_schema import APPLICATION_ID, VERSION, bring_up_to_date
from encord_widgets.commit.private_files import FILE_MODE, private_file, private_folder
from encord_widgets.errors import EncordWidgetsError

__all__ = ["JournalError", "JournalFile", "JournalNotice", "insert"]

_OLDEST_SQLITE: Final = (3, 38)  # strict tables, and JSON functions for certain
_BUSY_SECONDS: Final = 5.0
_OPEN_SECONDS: Final = 60.0
_CHECKED_BYTES: Final = 32 * 2**20  # a check reads it all: 0.15 s
_WAL_BYTES: Final = 16 * 2**20
_ROWS_AT_ONCE: Final = 500  # of at most ten values: SQLite takes 32,766 in one statement
_CACHE_KIB: Final = 64 * 2**10  # at most; the index of 200,000 edits fits
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_WHY: Final = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the disk or the file is read-only",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_BUSY: "another process keeps it locked",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; the next client that opens it moves it aside",
    sqlite3.SQLITE_NOTADB: "the file is damaged; the next client that opens it moves it aside",
}
_ELSEWHERE: Final = (
    "Free some space, or name another folder in the environment variable ENCORD_WIDGETS_STATE."
)


class JournalError(EncordWidgetsError):
    """The journal cannot be read or written, or does not hold what was asked for.

    Example:
        >>> issubclass(JournalError, EncordWidgetsError)
        True
    """


@dataclass(frozen=True, slots=True)
class JournalNotice:
    """Something that the user of a journal should know, though work goes on.

    Args:
        text: What happened, in a sentence or two.
        path: File that it is about.
    """

    text: str
    path: Path


class _DamagedError(Exception):
    """The file is no journal that can be read."""


class JournalFile:
    """One SQLite connection, shared by all threads behind a lock. Make one with `open` or `in_memory`.

    Args:
        path: The file, or None for one in memory.

    Raises:
        JournalError: If it cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.notices: tuple[JournalNotice, ...] = ()
        self._durable: bool | None = None
        self._always_durable = False
        self._process = os.getpid()
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise JournalError(
                f"The journal needs SQLite 3.38 or newer; this Python has {sqlite3.sqlite_version}."
            )
        self._connection = sqlite3.connect(
            ":memory:" if path is None else path,
            isolation_level=None,
            check_same_thread=False,
            timeout=_BUSY_SECONDS,
        )
        self._end = weakref.finalize(self, self._connection.close)
        try:
            self._prepare()
        except BaseException:
            self._end()
            raise

    @classmethod
    def in_memory(cls) -> Self:
        """A journal that is gone with the process."""
        return cls(None)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a journal, made when missing. A damaged one is moved aside, see `notices`.

        Args:
            path: The file; its folder is made when missing, and closed to everybody else.

        Raises:
            JournalError: If it cannot be opened or written, or is of a newer version.
        """
        try:
            private_folder(path.parent)
            # One process at a time, so that two do not both make, upgrade or move the file.
            with filelock.FileLock(path.with_suffix(".open.lock"), timeout=_OPEN_SECONDS, mode=FILE_MODE):
                private_file(path)
                try:
                    return cls(path)
                except _DamagedError as damage:
                    kept = _move_aside(path)
                    private_file(path)
                    file = cls(path)
                    text = (
                        f"The journal of staged edits could not be read ({damage}). "
                        f"It was kept as {kept}, and a new one begun."
                    )
                    file.notices = (JournalNotice(text, kept),)
                    return file
        except filelock.Timeout:
            raise _not_journaled(path, "another process is opening it and does not finish") from None
        except sqlite3.Error as error:
            raise _explained(path, error) from error
        except OSError as error:
            raise _not_journaled(path, error.strerror or str(error)) from error

    def _prepare(self) -> None:
        connection = self._connection
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and application != APPLICATION_ID:
                raise _DamagedError("it is a database of something else")
            if version > VERSION:
                raise JournalError(
                    f"The journal {self.path} was written by a newer encord_widgets (version {version}; this one "
                    f"reads up to {VERSION}). Upgrade encord_widgets, or name another folder in the environment "
                    "variable ENCORD_WIDGETS_STATE. Until then staged edits are not being journaled."
                )
            if not tables:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA foreign_keys = ON")
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            self._always_durable = mode == "delete"  # a file system without WAL: there NORMAL risks the file
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
            connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
            if tables and self.path is not None and self.path.stat().st_size <= _CHECKED_BYTES:
                (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                if found != "ok":
                    raise _DamagedError(found)
            if version < VERSION:
                bring_up_to_date(connection)
        except sqlite3.DatabaseError as error:
            if _code(error) in _DAMAGED:
                raise _DamagedError(str(error)) from error
            raise

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end of the block, rolled back when the block raises.

        Args:
            durable: Whether it must outlive a power cut too; that waits for the disk (synchronous FULL). Staged edits
                do without (NORMAL): they outlive the process all the same. One connection serves both, because with
                two a keystroke would wait for SQLite's lock instead of this object's.

        Raises:
            JournalError: If it cannot be written; then nothing of it is.
        """
        with self.lock:
            connection = self._usable()
            try:
                if connection.in_transaction:  # an interrupt came between the end of a block and its commit
                    connection.execute("ROLLBACK")
                durable = durable or self._always_durable
                if durable != self._durable:
                    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                    self._durable = durable
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            except sqlite3.IntegrityError:
                raise  # what was given is at fault, not the file
            except sqlite3.Error as error:
                raise _explained(self.path, error) from error
            except OSError as error:  # of the lock files
                raise _not_journaled(self.path, error.strerror or str(error)) from error

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A block of queries.

        Raises:
            JournalError: If it cannot be read.
        """
        with self.lock:
            try:
                yield self._usable()
            except sqlite3.Error as error:
                raise _explained(self.path, error) from error

    def give_back_space(self) -> None:
        """Shorten the file by pages that hold nothing any more."""
        with self.read() as connection:
            connection.execute("PRAGMA incremental_vacuum(4096)").fetchall()

    def close(self) -> None:
        """Close the file. Twice is fine."""
        with self.lock:
            if self._process == os.getpid():
                self._end()

    def _usable(self) -> sqlite3.Connection:
        if self._process != os.getpid():  # a connection taken through a fork damages the file
            raise _not_journaled(
                self.path, "it was opened before this process was forked; make a new client here"
            )
        if not self._end.alive:
            raise _not_journaled(self.path, "it was closed with its client")
        return self._connection


def insert(connection: sqlite3.Connection, into: str, rows: Iterable[Sequence[object]]) -> None:
    """Insert many rows, some hundred with a statement: nothing else in this process waits while one runs.

    `executemany` asks for the interpreter again at every row, and beside a busy thread waits for it each time.

    Args:
        connection: In a transaction.
        into: Table and columns, such as `edits (session, item)`; a constant of this package.
        rows: One value for each column.

    Raises:
        sqlite3.Error: As SQLite says, such as IntegrityError for a row that is there already.

    Example:
        >>> connection = sqlite3.connect(":memory:")
        >>> _ = connection.execute("CREATE TABLE found (item, key)")
        >>> insert(connection, "found (item, key)", [("8ad5", "weather"), ("8ad5", "lux")])
        >>> connection.execute("SELECT count(*) FROM found").fetchone()
        (2,)
        >>> connection.close()
    """
    arriving = iter(rows)
    while chunk := list(islice(arriving, _ROWS_AT_ONCE)):
        row = f"({', '.join('?' * len(chunk[0]))})"
        values = ", ".join([row] * len(chunk))
        connection.execute(f"INSERT INTO {into} VALUES {values}", list(chain.from_iterable(chunk)))  # noqa: S608


def _move_aside(path: Path) -> Path:
    moment = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    kept = path.with_name(f"{path.stem}.damaged-{moment}{path.suffix}")
    for tail in ("", "-wal", "-shm"):
        part = Path(f"{path}{tail}")
        if part.exists():
            part.rename(f"{kept}{tail}")
    return kept


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF  # the rest of an extended code is detail


def _explained(path: Path | None, error: sqlite3.Error) -> JournalError:
    return _not_journaled(path, _WHY.get(_code(error), str(error)))


def _not_journaled(path: Path | None, why: str) -> JournalError:
    place = "The journal" if path is None else f"The journal {path}"
    return JournalError(
        f"{place} cannot be used: {why}. Staged edits are not being journaled; they are kept in memory only, so commit "
        f"them or save a plan before you close the kernel. {_ELSEWHERE}"
    )
