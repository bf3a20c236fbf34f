"""The server's own record of every write, so that a claim about a commit can be checked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from encord_widgets.local.database import Database
from encord_widgets.local.jsontext import metadata_object

__all__ = ["AuditEntry", "AuditLog"]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One write to one thing.

    Args:
        id: Rises with every write.
        at: Time of the write, as the item's `lastEditedAt` shows it.
        request: Request id; all writes of one bulk request share it.
        actor: Key or token that signed, or who used the Python API.
        action: `patch item`, `delete item`, `create folder`, `patch folder`, `delete folder`, `save schema`; the same
            for a `collection` or `preset`, and `add to collection`, `remove from collection`; `create dataset`,
            `add to dataset`, `remove from dataset`, `patch data row`.
        subject: Uuid of the item, folder, collection, preset, dataset or data row.
        before: Metadata before the write; None where there was none. Of other things their texts, and the `items` or
            `rows` that were taken out.
        after: Metadata after it; None where it is gone. Likewise, and the `items` or `rows` that were put in.
    """

    id: int
    at: str
    request: str
    actor: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditLog:
    """The audit table of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, connection: sqlite3.Connection, entries: Iterable[tuple[object, ...]]) -> None:
        """Add entries (at, request, actor, action, subject, before, after) to the open transaction."""
        connection.executemany("INSERT INTO audit VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", entries)

    def entries(self, subject: str | None = None, *, since: int = 0) -> list[AuditEntry]:
        """Entries in the order of the writes.

        Args:
            subject: Only those of this item or folder.
            since: Only those with a greater `id`.
        """
        where, parameters = ("subject = ? AND ", [subject]) if subject is not None else ("", [])
        rows = self._database.read(
            f"SELECT * FROM audit WHERE {where}id > ? ORDER BY id",  # noqa: S608
            (*parameters, since),
        )
        return [
            AuditEntry(
                id=entry,
                at=at,
                request=request,
                actor=actor,
                action=action,
                subject=about,
                before=None if before is None else metadata_object(before),
                after=None if after is None else metadata_object(after),
            )
            for entry, at, request, actor, action, about, before, after in rows
        ]
