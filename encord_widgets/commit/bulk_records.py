"""Staged edits of many items in the journal: written as a few rows, read back as edits, or made single edits."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from encord_widgets.commit import bulk_text
from encord_widgets.commit.journal_file import insert
from encord_widgets.commit.journal_text import text_of, texts_of, value_of
from encord_widgets.metadata.change import Change
from encord_widgets.metadata.changes_bulk import BulkEdit, ItemIndex
from encord_widgets.metadata.columns import Rows
from encord_widgets.metadata.values import Value

__all__ = [
    "BulkWriter",
    "count",
    "drop_cells",
    "drop_settled",
    "expand",
    "has_bulk",
    "replay",
    "sweep_rosters",
]

_REMEMBERED: Final = 4
_INSERT: Final = (
    "INSERT INTO bulk_edits (session, roster, key, rows, count, base, after, implied, over) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT ifnull(max(no), 0) FROM edits))"
)
_Cell: TypeAlias = tuple[str, str]
_Packed: TypeAlias = tuple[bytes | None, bytes | None, bytes | None]
"""Base, after and implied; no values where edits are dropped."""
_Found: TypeAlias = tuple[Value, Value, bool, int]
"""Base, after, implied, and the number of the single edit, or less than 0: that of its row of many, negated."""


@dataclass(frozen=True, slots=True)
class _Roster:
    """Items in the file: all of a table, or those of some rows.

    Args:
        number: Its number there.
        rows: The rows, or None for all.
        size: How many items.
    """

    number: int
    rows: Rows | None
    size: int


class BulkWriter:
    """Writes edits of many items of one session; remembers which items are in the file already."""

    def __init__(self) -> None:
        self._rosters: list[_Roster] = []
        self._kept: list[_Roster] = []

    def begin(self) -> None:
        """A transaction begins; what one wrote that did not hold is forgotten: its numbers may be given anew."""
        self._rosters = list(self._kept)

    def keep(self) -> None:
        """The transaction holds."""
        self._kept = list(self._rosters)

    def write(self, connection: sqlite3.Connection, session: int, edit: BulkEdit, index: ItemIndex) -> None:
        """Edits that are staged now.

        Args:
            connection: In a transaction.
            session: Number of the session.
            edit: The edits, at least one.
            index: Rows of items.
        """
        base, after = bulk_text.pack_values(edit.base), bulk_text.pack_values(edit.after)
        values = (base, after, bulk_text.pack_mask(edit.implied))
        self._put((connection, session, edit.key), edit.rows, index, values)

    def drop(
        self, connection: sqlite3.Connection, session: int, key: str, rows: Rows, index: ItemIndex
    ) -> None:
        """Edits that are staged no longer.

        Args:
            connection: In a transaction.
            session: Number of the session.
            key: Metadata key.
            rows: Rows of the items, at least one.
            index: Rows of items.
        """
        self._put((connection, session, key), rows, index, (None, None, None))

    def _put(
        self, place: tuple[sqlite3.Connection, int, str], rows: Rows, index: ItemIndex, values: _Packed
    ) -> None:
        connection, session, key = place
        roster = self._roster(connection, rows, index)
        packed = bulk_text.pack_rows(rows if roster.rows is None else np.arange(len(rows)))
        # What counted on exactly these cells before counts no more; so undo and redo do not fill the file.
        connection.execute(
            "DELETE FROM bulk_edits WHERE session = ? AND key = ? AND roster = ? AND rows = ?",
            (session, key, roster.number, packed),
        )
        connection.execute(_INSERT, (session, roster.number, key, packed, len(rows), *values))

    def _roster(self, connection: sqlite3.Connection, rows: Rows, index: ItemIndex) -> _Roster:
        last, few = int(rows[-1]), 4 * len(rows) < len(index)
        for known in self._rosters:
            fits = last < known.size if known.rows is None else np.array_equal(known.rows, rows)
            there = "SELECT 1 FROM rosters WHERE no = ?"
            if fits and connection.execute(there, (known.number,)).fetchone():
                return known
        uuids: Sequence[str] = index.uuids
        items = [uuids[row] for row in rows.tolist()] if few else uuids
        (number,) = connection.execute(
            "INSERT INTO rosters (items) VALUES (?) RETURNING no", (bulk_text.pack_items(items),)
        ).fetchone()
        made = _Roster(int(number), rows if few else None, len(items))
        self._rosters = [made, *self._rosters][:_REMEMBERED]
        return made


def drop_cells(connection: sqlite3.Connection, session: int, places: Iterable[tuple[str, str]]) -> None:
    """Single cells whose edit is staged no longer, which may be among edits of many items.

    Args:
        connection: In a transaction.
        session: Number of the session.
        places: Item uuid and key of each.
    """
    by_key: dict[str, list[str]] = {}
    for item, key in places:
        by_key.setdefault(key, []).append(item)
    for key, items in by_key.items():
        (roster,) = connection.execute(
            "INSERT INTO rosters (items) VALUES (?) RETURNING no", (bulk_text.pack_items(items),)
        ).fetchone()
        packed = bulk_text.pack_rows(np.arange(len(items)))
        connection.execute(_INSERT, (session, roster, key, packed, len(items), None, None, None))


def has_bulk(connection: sqlite3.Connection, session: int) -> bool:
    """Whether a session has edits of many items in the file.

    Args:
        connection: A connection.
        session: Number of the session.
    """
    query = "SELECT EXISTS (SELECT 1 FROM bulk_edits WHERE session = ?)"
    return bool(connection.execute(query, (session,)).fetchone()[0])


def replay(connection: sqlite3.Connection, session: int) -> list[Change]:
    """All edits of a session, in the order they were staged.

    Args:
        connection: A connection.
        session: Number of the session.
    """
    replayed = _replayed(connection, session).items()
    return [Change(item, key, value[0], value[1], implied=value[2]) for (item, key), value in replayed]


def count(connection: sqlite3.Connection, session: int) -> tuple[int, int]:
    """How many edits a session has, and on how many items.

    Args:
        connection: A connection.
        session: Number of the session.
    """
    found = _replayed(connection, session)
    return len(found), len({item for item, _ in found})


def expand(connection: sqlite3.Connection, session: int) -> None:
    """Make single edits of the edits of many items, for what has to look at each; other single edits stay.

    Args:
        connection: In a transaction.
        session: Number of the session.
    """
    if not has_bulk(connection, session):
        return
    found = _replayed(connection, session)
    stay = json.dumps([value[3] for value in found.values() if value[3] > 0])
    connection.execute("DELETE FROM bulk_edits WHERE session = ?", (session,))
    connection.execute(
        "DELETE FROM edits WHERE session = ? AND no NOT IN (SELECT value FROM json_each(?))", (session, stay)
    )
    insert(
        connection,
        "edits (session, item, key, base, after, implied)",
        (
            (session, *cell, text_of(base), text_of(after), implied)
            for cell, (base, after, implied, no) in found.items()
            if no < 0
        ),
    )


def drop_settled(
    connection: sqlite3.Connection,
    session: int,
    settled: Iterable[tuple[str, str, str | None]],
    *,
    up_to: tuple[int, int],
) -> None:
    """Drop edits that a commit settled; an edit that was staged since it began stays, whatever it was before.

    Args:
        connection: In a transaction.
        session: Number of the session.
        settled: Item, key and wanted value (its text) of each cell.
        up_to: Numbers of the last single edit and of the last row of many when the commit began.
    """
    found = _replayed(connection, session)
    single, many = up_to
    places: list[_Cell] = []
    wanted: list[str | None] = []
    for item, key, after in settled:
        value = found.get((item, key))
        if value is not None and -many <= value[3] <= single:
            places.append((item, key))
            wanted.append(after)
    staged = texts_of([found[place][1] for place in places])
    gone = [place for place, text, after in zip(places, staged, wanted, strict=True) if text == after]
    if len(gone) == len(found):
        connection.execute("DELETE FROM bulk_edits WHERE session = ?", (session,))
        connection.execute("DELETE FROM edits WHERE session = ?", (session,))
    elif gone:
        numbers = json.dumps([found[cell][3] for cell in gone if found[cell][3] > 0])
        connection.execute("DELETE FROM edits WHERE no IN (SELECT value FROM json_each(?))", (numbers,))
        drop_cells(connection, session, gone)  # an edit of many may lie below a single one


def sweep_rosters(connection: sqlite3.Connection) -> None:
    """Drop lists of items that no edits are of any more.

    Args:
        connection: In a transaction.
    """
    connection.execute("DELETE FROM rosters WHERE no NOT IN (SELECT roster FROM bulk_edits)")


def _replayed(connection: sqlite3.Connection, session: int) -> dict[_Cell, _Found]:
    found: dict[_Cell, _Found] = {}
    singles = connection.execute(
        "SELECT no, item, key, base, after, implied FROM edits WHERE session = ? ORDER BY no", (session,)
    ).fetchall()
    at = 0
    for over, cells in _blocks(connection, session):
        while at < len(singles) and singles[at][0] <= over:
            _put_single(found, singles[at])
            at += 1
        for cell, value in cells:
            found.pop(cell, None)
            if value is not None:
                found[cell] = value
    for single in singles[at:]:
        _put_single(found, single)
    return found


def _put_single(found: dict[_Cell, _Found], row: tuple[int, str, str, str | None, str | None, int]) -> None:
    no, item, key, base, after, implied = row
    found.pop((item, key), None)
    found[item, key] = (value_of(base), value_of(after), bool(implied), no)


def _blocks(
    connection: sqlite3.Connection, session: int
) -> Iterator[tuple[int, Iterator[tuple[_Cell, _Found | None]]]]:
    """For each block the last single edit that it counts over, and its cells (None: dropped)."""
    rosters: dict[int, list[str]] = {}
    blocks = connection.execute(
        "SELECT no, over, roster, key, rows, count, base, after, implied FROM bulk_edits WHERE session = ? ORDER BY no",
        (session,),
    ).fetchall()
    for no, over, roster, key, packed, size, *values in blocks:
        if roster not in rosters:
            (blob,) = connection.execute("SELECT items FROM rosters WHERE no = ?", (roster,)).fetchone()
            rosters[roster] = bulk_text.items_of(blob)
        items, rows = rosters[roster], bulk_text.rows_of(packed).tolist()
        yield over, _cells((no, key), [items[row] for row in rows], size, tuple(values))


def _cells(
    of: tuple[int, str], items: list[str], size: int, values: _Packed
) -> Iterator[tuple[_Cell, _Found | None]]:
    number, key = of
    base, after, implied = values
    if base is None or after is None:
        yield from (((item, key), None) for item in items)
        return
    mask = bulk_text.mask_of(implied, size)
    flags = [False] * size if mask is None else mask.tolist()
    bases, afters = bulk_text.values_of(base, size), bulk_text.values_of(after, size)
    for item, was, wanted, flag in zip(items, bases, afters, flags, strict=True):
        yield (item, key), (was, wanted, flag, -number)
