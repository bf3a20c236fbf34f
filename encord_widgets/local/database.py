"""The SQLite file below the embedded Encord: tables, transactions, settings, clock."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from encord_widgets.local.checkpoints import Checkpoints

__all__ = ["Database", "later_than", "timestamp"]

_APPLICATION_ID = 0x656E6377  # "encw"
_VERSION = 2

_TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE public_keys (key TEXT PRIMARY KEY, added TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tokens (digest TEXT PRIMARY KEY, added TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folders (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, parent TEXT, name TEXT NOT NULL, folded TEXT NOT NULL,
    description TEXT NOT NULL, metadata TEXT, created TEXT NOT NULL, edited TEXT NOT NULL,
    synced_dataset TEXT, config TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX folders_by_name ON folders (parent, name, uuid);
CREATE TABLE shapes (id INTEGER PRIMARY KEY, wire BLOB NOT NULL UNIQUE);
CREATE TABLE items (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, folder TEXT NOT NULL, listed INTEGER NOT NULL,
    item_type TEXT NOT NULL, in_dataset INTEGER NOT NULL, size INTEGER NOT NULL,
    name TEXT NOT NULL, folded TEXT NOT NULL, created TEXT NOT NULL, edited BLOB NOT NULL,
    shape INTEGER NOT NULL, head BLOB NOT NULL, label BLOB NOT NULL, metadata BLOB NOT NULL, scene TEXT NOT NULL
);
CREATE TABLE members (
    grouped TEXT NOT NULL, position INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (grouped, position)
) WITHOUT ROWID;
CREATE INDEX members_by_item ON members (item);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, request TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL, before BLOB, after BLOB
);
CREATE INDEX audit_by_subject ON audit (subject);
"""
# Since version 2; a database of version 1 gets them when it is opened.
_INDEX_TABLES = """
CREATE TABLE collections (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, folder TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
    description TEXT NOT NULL, created TEXT NOT NULL, edited TEXT NOT NULL
);
CREATE TABLE collected (
    collection TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (collection, item)
) WITHOUT ROWID;
CREATE TABLE presets (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, folder TEXT NOT NULL, name TEXT NOT NULL,
    description TEXT NOT NULL, definition BLOB NOT NULL, created TEXT NOT NULL, edited TEXT NOT NULL
);
CREATE TABLE preset_runs (
    id INTEGER PRIMARY KEY, collection TEXT NOT NULL, preset TEXT NOT NULL, adds INTEGER NOT NULL,
    asked TEXT NOT NULL, delay REAL NOT NULL, actor TEXT NOT NULL, request TEXT NOT NULL, reason TEXT NOT NULL,
    items BLOB NOT NULL, matched INTEGER NOT NULL, done INTEGER NOT NULL
);
CREATE INDEX preset_runs_under_way ON preset_runs (collection) WHERE done < matched;
CREATE TABLE datasets (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, title TEXT NOT NULL, description TEXT NOT NULL, folder TEXT,
    created TEXT NOT NULL, edited TEXT NOT NULL
);
CREATE TABLE data_rows (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, dataset TEXT NOT NULL, item TEXT NOT NULL, title TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX data_rows_by_dataset ON data_rows (dataset, item);
CREATE INDEX data_rows_by_item ON data_rows (item);
"""
# The listing indexes carry what a listing filters by, so that rows left out are never read.
_INDEXES = """
CREATE UNIQUE INDEX items_by_uuid ON items (uuid);
CREATE INDEX items_by_name ON items (folder, name, uuid, item_type, in_dataset, folded) WHERE listed;
CREATE INDEX items_by_type ON items (folder, item_type, size) WHERE listed;
CREATE INDEX items_by_created ON items (folder, created, uuid, item_type, in_dataset, folded) WHERE listed;
"""


def timestamp(moment: datetime) -> str:
    """The moment as the server writes it: UTC, microseconds, fixed width (so text order is time order).

    Example:
        >>> timestamp(datetime(2025, 3, 1, 8, 30, tzinfo=UTC))
        '2025-03-01T08:30:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def later_than(previous: str, now: str) -> str:
    """`now`, or one microsecond after `previous` when the clock has not moved on since.

    Example:
        >>> later_than("2025-03-01T08:30:00.000000Z", "2025-03-01T08:30:00.000000Z")
        '2025-03-01T08:30:00.000001Z'
    """
    if now > previous:
        return now
    return timestamp(datetime.fromisoformat(previous) + timedelta(microseconds=1))


class Database:
    """One SQLite connection, shared by all threads behind a lock.

    Args:
        path: The file, made when missing. None keeps everything in a private temporary database that
            disappears on `close()`.

    Raises:
        ValueError: The file cannot be opened, or is a SQLite database of something else or of a newer version.

    Example:
        >>> database = Database(None)
        >>> database.read("SELECT count(*) FROM items")
        [(0,)]
        >>> database.close()
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._checkpoints = None if path is None else Checkpoints(path)
        # An empty name is SQLite's temporary database: in memory while small, on disk when it grows.
        try:
            self._connection = sqlite3.connect(
                "" if path is None else path, isolation_level=None, check_same_thread=False, timeout=10
            )
        except sqlite3.OperationalError as error:
            raise ValueError(
                f"{path} cannot be opened ({error}). Name a file in a folder that is there and yours to write."
            ) from error
        try:
            self.created = self._open()
        except BaseException:
            self._connection.close()
            raise

    def _open(self) -> bool:
        try:
            (application,) = self.read("PRAGMA application_id")[0]
            (tables,) = self.read("SELECT count(*) FROM sqlite_master")[0]
            (version,) = self.read("PRAGMA user_version")[0]
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{self.path} is no SQLite database: {error}") from error
        if tables and (application != _APPLICATION_ID or not 1 <= version <= _VERSION):
            raise ValueError(f"{self.path} is no database of this embedded Encord. Name another file.")
        if not tables:
            self._connection.execute("PRAGMA page_size = 8192")
        if self.path is None:
            self._connection.execute("PRAGMA journal_mode = MEMORY")
            self._connection.execute("PRAGMA synchronous = OFF")
        else:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(f"PRAGMA mmap_size = {1 << 30}")
            # In pages; `Checkpoints` comes long before, unless writers never let it finish.
            self._connection.execute("PRAGMA wal_autocheckpoint = 16000")
        self._connection.execute(f"PRAGMA cache_size = {-64 * 1024}")
        if tables and version == _VERSION:
            return False
        with self.write():
            if tables:
                self._make(_INDEX_TABLES)
                self._connection.execute(f"PRAGMA user_version = {_VERSION}")
                return False
            self._make(_TABLES)
            self._make(_INDEX_TABLES)
            self.index_items()
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
            self.set("url_secret", secrets.token_hex(32))
            self.set("organisation", str(secrets.randbelow(9000) + 1000))
        return True

    def _make(self, statements: str) -> None:
        # executescript would commit on its own.
        for statement in statements.split(";\n"):
            if statement.strip():
                self._connection.execute(statement)

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.lock:
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end of the block, rolled back when the block raises."""
        with self.lock:
            if self._connection.in_transaction:  # part of an outer transaction
                yield self._connection
                return
            before = self._connection.total_changes
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
            if self._checkpoints is not None:
                self._checkpoints.changed(self._connection.total_changes - before)

    def index_items(self) -> None:
        """Make the indexes of the item table."""
        for statement in _INDEXES.strip().splitlines():
            self._connection.execute(statement)

    def drop_item_indexes(self) -> None:
        """Drop them, so that a large insert runs several times faster; make them again afterwards."""
        for name in ("items_by_uuid", "items_by_name", "items_by_type", "items_by_created"):
            self._connection.execute(f"DROP INDEX {name}")

    def get(self, name: str) -> str | None:
        """A setting of this database."""
        rows = self.read("SELECT value FROM settings WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def set(self, name: str, value: str) -> None:
        """Write a setting of this database."""
        with self.write() as connection:
            connection.execute(
                "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def close(self) -> None:
        """Close the file. A temporary database is gone then."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        with self.lock:
            self._connection.close()
