"""Index collections in the database: their names and the items in them."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from encord_widgets.local.audit import AuditLog
from encord_widgets.local.database import Database, later_than, timestamp
from encord_widgets.local.folders import Folders
from encord_widgets.local.items import WIRE_COLUMNS, Items
from encord_widgets.local.jsontext import metadata_text
from encord_widgets.local.paging import Keyset
from encord_widgets.local.refusal import RefusedError

__all__ = ["EVERY_FOLDER", "CollectionRow", "Collections"]

EVERY_FOLDER = "00000000-0000-0000-0000-000000000000"
"""Stands for a top-level folder where the whole organisation is meant."""

_COLUMNS = "uuid, folder, name, description, created, edited"


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection as stored; `folder` is its top-level folder or `EVERY_FOLDER`."""

    uuid: str
    folder: str
    name: str
    description: str
    created: str
    edited: str


class Collections:
    """The collection tables of a database.

    An item that is deleted stays in its collections, where nobody can read it any more.

    Args:
        database: Where they are.
        folders: Top-level folders.
        items: What can be collected.
        audit: Where writes are recorded.
        clock: The time of a write.
    """

    def __init__(
        self,
        database: Database,
        folders: Folders,
        items: Items,
        audit: AuditLog,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._folders = folders
        self._items = items
        self._audit = audit
        self._clock = clock

    def require(self, uuid: str) -> CollectionRow:
        """A collection.

        Raises:
            RefusedError: 403, it is not there.
        """
        rows = self._database.read(f"SELECT {_COLUMNS} FROM collections WHERE uuid = ?", (uuid,))  # noqa: S608
        if not rows:
            raise RefusedError(403, "You do not have access to this collection.")
        return CollectionRow(*rows[0])

    def require_top_level(self, folder: str) -> None:
        """Check that collections and presets can belong to a folder.

        Raises:
            RefusedError: 403, it is not there; 400, it lies in another folder.
        """
        if folder != EVERY_FOLDER and self._folders.require(folder).parent is not None:
            raise RefusedError(400, "topLevelFolderUuid must be a folder that lies in no other folder.")

    def create(
        self, name: str, folder: str = EVERY_FOLDER, *, description: str = "", actor: str, request: str
    ) -> CollectionRow:
        """Make an empty collection.

        Raises:
            RefusedError: As `require_top_level` does.
        """
        uuid = str(uuids.uuid4())
        with self._database.write() as connection:
            self.require_top_level(folder)
            now = timestamp(self._clock())
            connection.execute(
                "INSERT INTO collections (uuid, folder, name, folded, description, created, edited)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (uuid, folder, name, name.casefold(), description, now, now),
            )
            after = _named(name, description)
            self._audit.record(connection, [(now, request, actor, "create collection", uuid, None, after)])
        return self.require(uuid)

    def listing(
        self, keyset: Keyset, *, folder: str | None = None, among: Sequence[str] = (), search: str = ""
    ) -> tuple[list[CollectionRow], str | None]:
        """A page of collections and the token of the next one.

        Args:
            keyset: Where the page starts.
            folder: Only those of this top-level folder.
            among: Only these, those that are not there left out; empty is all.
            search: Only those whose name contains this text, whatever its case.
        """
        where, parameters = keyset.condition
        values: list[object] = list(parameters)
        if folder is not None:
            where += " AND folder = ?"
            values.append(folder)
        if among:
            where += f" AND uuid IN ({','.join('?' * len(among))})"
            values += among
        if search:
            where += " AND instr(folded, ?)"
            values.append(search.casefold())
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM collections WHERE {where} ORDER BY {keyset.order} LIMIT ?",  # noqa: S608
            (*values, keyset.size + 1),
        )
        found = [CollectionRow(*row) for row in rows]
        if len(found) <= keyset.size:
            return found, None
        found.pop()
        return found, keyset.token(found[-1].name, found[-1].uuid)

    def patch(
        self, uuid: str, *, name: str | None = None, description: str | None = None, actor: str, request: str
    ) -> None:
        """Write new texts; None leaves one as it is.

        Raises:
            RefusedError: 403, the collection is not there.
        """
        with self._database.write() as connection:
            old = self.require(uuid)
            name = old.name if name is None else name
            description = old.description if description is None else description
            now = later_than(old.edited, timestamp(self._clock()))
            connection.execute(
                "UPDATE collections SET name = ?, folded = ?, description = ?, edited = ? WHERE uuid = ?",
                (name, name.casefold(), description, now, uuid),
            )
            texts = _named(old.name, old.description), _named(name, description)
            self._audit.record(connection, [(now, request, actor, "patch collection", uuid, *texts)])

    def remove(self, uuid: str, *, actor: str, request: str) -> None:
        """Remove a collection; its items stay where they are.

        Raises:
            RefusedError: 403, the collection is not there.
        """
        with self._database.write() as connection:
            old = self.require(uuid)
            for table, column in (("collections", "uuid"), ("collected", "collection")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (uuid,))  # noqa: S608
            connection.execute("DELETE FROM preset_runs WHERE collection = ?", (uuid,))
            before = _named(old.name, old.description)
            now = timestamp(self._clock())
            self._audit.record(connection, [(now, request, actor, "delete collection", uuid, before, None)])

    def wire(self, row: CollectionRow) -> bytes:
        """The collection as the API answers it."""
        return orjson.dumps(
            {
                "uuid": row.uuid,
                "topLevelFolderUuid": row.folder,
                "name": row.name,
                "description": row.description,
                "createdAt": row.created,
                "lastEditedAt": row.edited,
            }
        )

    def add(self, uuid: str, items: Iterable[str], *, actor: str, request: str) -> list[str]:
        """Put items into a collection; returns those that cannot be: not there, or in another top-level folder.

        Raises:
            RefusedError: 403, the collection is not there.
        """
        wanted = list(dict.fromkeys(items))
        with self._database.write() as connection:
            allowed = self._collectable(self.require(uuid).folder, wanted)
            held = self.held(uuid, wanted)
            added = [item for item in wanted if item in allowed and item not in held]
            connection.executemany("INSERT INTO collected VALUES (?, ?)", [(uuid, item) for item in added])
            self._changed(uuid, (actor, request, "add to collection"), None, _listed(added))
        return [item for item in wanted if item not in allowed]

    def drop(self, uuid: str, items: Iterable[str], *, actor: str, request: str) -> list[str]:
        """Take items out of a collection; returns those that neither were in it nor are items at all.

        Raises:
            RefusedError: 403, the collection is not there.
        """
        wanted = list(dict.fromkeys(items))
        with self._database.write() as connection:
            self.require(uuid)
            held = self.held(uuid, wanted)
            dropped = [item for item in wanted if item in held]
            connection.executemany(
                "DELETE FROM collected WHERE collection = ? AND item = ?", [(uuid, item) for item in dropped]
            )
            self._changed(uuid, (actor, request, "remove from collection"), _listed(dropped), None)
            known = self._items.rows([item for item in wanted if item not in held])
        return [item for item in wanted if item not in held and item not in known]

    def _changed(
        self, uuid: str, what: tuple[str, str, str], before: bytes | None, after: bytes | None
    ) -> None:
        actor, request, action = what
        with self._database.write() as connection:
            now = later_than(self.require(uuid).edited, timestamp(self._clock()))
            connection.execute("UPDATE collections SET edited = ? WHERE uuid = ?", (now, uuid))
            self._audit.record(connection, [(now, request, actor, action, uuid, before, after)])

    def _collectable(self, folder: str, wanted: Sequence[str]) -> set[str]:
        known = self._items.folders_of(wanted)
        if folder == EVERY_FOLDER:
            return set(known)
        below = set(self._folders.tree(folder))
        return {item for item, place in known.items() if place in below}

    def held(self, uuid: str, among: Iterable[str]) -> set[str]:
        """Those of some items that are in a collection."""
        # CROSS keeps SQLite from walking through the whole collection first.
        rows = self._database.read(
            "SELECT item FROM json_each(?) CROSS JOIN collected ON collected.item = json_each.value"
            " WHERE collection = ?",
            (orjson.dumps(list(among)).decode(), uuid),
        )
        return {item for (item,) in rows}

    def items(self, uuid: str) -> list[str]:
        """Uuids of all that is in a collection, in the order of its pages."""
        rows = self._database.read("SELECT item FROM collected WHERE collection = ? ORDER BY item", (uuid,))
        return [item for (item,) in rows]

    def page(
        self, uuid: str, keyset: Keyset, *, inaccessible: bool
    ) -> tuple[list[tuple[str, tuple[Any, ...] | None]], str | None]:
        """A page of what is in a collection, by item uuid, and the token of the next one.

        Args:
            uuid: The collection.
            keyset: Where the page starts; only its size and the uuid in its token matter.
            inaccessible: Also name what nobody can read; None stands in place of the wire row then.
        """
        columns = ", ".join(f"items.{name}" for name in WIRE_COLUMNS.split(", "))
        rows = self._database.read(
            f"SELECT collected.item, {columns} FROM collected"  # noqa: S608
            f" {'LEFT' if inaccessible else ''} JOIN items ON items.uuid = collected.item"
            " WHERE collection = ? AND collected.item > ? ORDER BY collected.item LIMIT ?",
            (uuid, "" if keyset.after is None else keyset.after[1], keyset.size + 1),
        )
        token = None
        if len(rows) > keyset.size:
            rows.pop()
            token = keyset.token("", rows[-1][0])
        return [(item, None if row[0] is None else tuple(row)) for item, *row in rows], token


def _named(name: str, description: str) -> bytes:
    return metadata_text({"name": name, "description": description})


def _listed(items: Sequence[str]) -> bytes:
    return metadata_text({"items": list(items)})
