"""Tables of the journal, and the way from each older version to this one."""

from __future__ import annotations

import sqlite3
from typing import Final

__all__ = ["APPLICATION_ID", "VERSION", "bring_up_to_date"]

APPLICATION_ID: Final = 0x656E636A  # "encj"

# Values are JSON text; a missing side (NULL) is an absent key, the text 'null' is a null. Rows keep the order in which
# they came (the integer key), the indexes find one cell. An edit staged anew gets a new number, so that a commit can
# tell the edits that it was made from (up to `last_edit`) from later ones of the same cell.
_FIRST: Final = """
CREATE TABLE sessions (
    no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, uuid TEXT NOT NULL, title TEXT NOT NULL, edited TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_source ON sessions (kind, uuid);
CREATE TABLE edits (
    no INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    item TEXT NOT NULL, key TEXT NOT NULL, base TEXT, after TEXT, implied INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX edits_by_cell ON edits (session, item, key);
CREATE TABLE commits (
    no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, origin TEXT NOT NULL, owner TEXT NOT NULL,
    kind TEXT NOT NULL, uuid TEXT NOT NULL, title TEXT NOT NULL,
    plan_source TEXT NOT NULL, plan_created TEXT NOT NULL, begun TEXT NOT NULL, finished TEXT,
    last_edit INTEGER NOT NULL
) STRICT;
CREATE TABLE cells (
    no INTEGER PRIMARY KEY, commit_no INTEGER NOT NULL REFERENCES commits ON DELETE CASCADE,
    item TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, base TEXT, after TEXT, implied INTEGER NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0, status TEXT, observed TEXT, note TEXT, at TEXT,
    revised INTEGER NOT NULL DEFAULT 0, before TEXT, wanted TEXT
) STRICT;
CREATE UNIQUE INDEX cells_by_place ON cells (commit_no, item, key);
"""

# Edits of many items at once, one row for each key: which of the items in a roster, and their values as arrays (see
# `bulk_text`); no values at all where edits were dropped. A row counts over earlier ones, and over the single edits up
# to `over`; later ones and later single edits count over it.
_SECOND: Final = """
CREATE TABLE rosters (no INTEGER PRIMARY KEY AUTOINCREMENT, items BLOB NOT NULL) STRICT;
CREATE TABLE bulk_edits (
    no INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    roster INTEGER NOT NULL REFERENCES rosters, key TEXT NOT NULL, rows BLOB NOT NULL, count INTEGER NOT NULL,
    base BLOB, after BLOB, implied BLOB, over INTEGER NOT NULL
) STRICT;
CREATE INDEX bulk_edits_by_session ON bulk_edits (session, key);
CREATE INDEX bulk_edits_by_roster ON bulk_edits (roster);
"""

# Up to which row of `bulk_edits` a commit was made, as `last_edit` says it of single edits. Commits of version 2 made
# single edits of all of them.
_THIRD: Final = """
ALTER TABLE commits ADD COLUMN last_bulk INTEGER NOT NULL DEFAULT 0;
"""

# The script at position n turns version n into version n + 1; version 0 is an empty file. Never edit one that was
# released, append the next.
_SCRIPTS: Final = (_FIRST, _SECOND, _THIRD)
VERSION: Final = len(_SCRIPTS)


def bring_up_to_date(connection: sqlite3.Connection, scripts: tuple[str, ...] = _SCRIPTS) -> None:
    """Run the scripts that a journal has not seen yet, all or none.

    Args:
        connection: An open journal in autocommit mode.
        scripts: One for each version.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for script in scripts[version:]:
            for statement in script.split(";\n"):  # executescript would commit on its own
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(scripts)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
