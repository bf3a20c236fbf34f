"""Folders in the database: tree, listing, reading, patching, removing."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from encord_widgets.local.audit import AuditLog
from encord_widgets.local.database import Database, later_than, timestamp
from encord_widgets.local.jsontext import decode, encode, metadata_text
from encord_widgets.local.paging import Keyset
from encord_widgets.local.records import OWNER
from encord_widgets.local.refusal import RefusedError

__all__ = ["FolderFilter", "FolderPatch", "FolderRow", "Folders"]

_COLUMNS = "uuid, parent, name, description, metadata, created, edited, synced_dataset"
_TREE = (
    "WITH RECURSIVE tree (uuid) AS (VALUES (?) UNION"
    " SELECT folders.uuid FROM folders JOIN tree ON folders.parent = tree.uuid) SELECT uuid FROM tree"
)


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder as stored; `metadata` is JSON text or None."""

    uuid: str
    parent: str | None
    name: str
    description: str
    metadata: str | None
    created: str
    edited: str
    synced_dataset: str | None


@dataclass(frozen=True, slots=True)
class FolderFilter:
    """What a listing leaves out.

    Args:
        parents: Parents of the folders wanted; None is any, `(None,)` the root level.
        search: Text that the name contains, whatever its case.
        synced: Only folders that mirror a dataset, or only those that do not.
    """

    parents: tuple[str | None, ...] | None = None
    search: str = ""
    synced: bool | None = None


@dataclass(frozen=True, slots=True)
class FolderPatch:
    """New values of a folder; None leaves one as it is. Metadata is replaced whole."""

    name: str | None = None
    description: str | None = None
    metadata: Mapping[str, Any] | None = None


class Folders:
    """The folder table of a database.

    Args:
        database: Where they are.
        audit: Where writes are recorded.
        clock: The time of a write.
    """

    def __init__(
        self, database: Database, audit: AuditLog, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def get(self, uuid: str) -> FolderRow | None:
        """A folder, if it is there."""
        rows = self._database.read(f"SELECT {_COLUMNS} FROM folders WHERE uuid = ?", (uuid,))  # noqa: S608
        return FolderRow(*rows[0]) if rows else None

    def require(self, uuid: str) -> FolderRow:
        """A folder.

        Raises:
            RefusedError: 403, it is not there.
        """
        folder = self.get(uuid)
        if folder is None:
            raise RefusedError(403, "You do not have access to this folder.")
        return folder

    def tree(self, uuid: str) -> tuple[str, ...]:
        """The folder and everything below it."""
        return tuple(row[0] for row in self._database.read(_TREE, (uuid,)))

    def listing(self, which: FolderFilter, keyset: Keyset) -> tuple[list[FolderRow], str | None]:
        """A page of folders and the token of the next one."""
        parts: list[str] = []
        parameters: list[object] = []
        if which.parents is not None:
            named = [parent for parent in which.parents if parent is not None]
            root = " OR parent IS NULL" if None in which.parents else ""
            parts.append(f"(parent IN ({','.join('?' * len(named))}){root})")
            parameters += named
        if which.search:
            parts.append("instr(folded, ?)")
            parameters.append(which.search.casefold())
        if which.synced is not None:
            parts.append(f"synced_dataset IS {'NOT ' if which.synced else ''}NULL")
        after, after_parameters = keyset.condition
        parts.append(after)
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM folders WHERE {' AND '.join(parts)}"  # noqa: S608
            f" ORDER BY {keyset.order} LIMIT ?",
            (*parameters, *after_parameters, keyset.size + 1),
        )
        folders = [FolderRow(*row) for row in rows]
        if len(folders) <= keyset.size:
            return folders, None
        folders.pop()
        last = folders[-1]
        return folders, keyset.token(last.name if keyset.column == "name" else last.created, last.uuid)

    def wire(self, folder: FolderRow) -> bytes:
        """The folder as the API answers it."""
        path: list[dict[str, object]] = []
        parent = folder.parent
        while parent is not None:
            above = self.require(parent)
            path.append(
                {
                    "uuid": above.uuid,
                    "parentUuid": above.parent,
                    "name": above.name,
                    "syncedDatasetHash": above.synced_dataset,
                }
            )
            parent = above.parent
        return orjson.dumps(
            {
                "uuid": folder.uuid,
                "parent": folder.parent,
                "name": folder.name,
                "description": folder.description,
                "clientMetadata": folder.metadata,
                "owner": OWNER,
                "createdAt": folder.created,
                "lastEditedAt": folder.edited,
                "userRole": "admin",
                "syncedDatasetHash": folder.synced_dataset,
                "pathToRoot": path,
                "folderType": "generic",
                "integrationHash": None,
                "remoteUrl": None,
            }
        )

    def create(
        self,
        name: str,
        *,
        parent: str | None = None,
        description: str = "",
        metadata: Mapping[str, Any] | None = None,
        uuid: str | None = None,
        created: str | None = None,
        synced_dataset: str | None = None,
        actor: str,
        request: str,
    ) -> FolderRow:
        """Make a folder.

        Raises:
            RefusedError: 403, the parent is not there.
        """
        uuid = uuid or str(uuids.uuid4())
        with self._database.write() as connection:
            if parent is not None:
                self.require(parent)
            now = created or timestamp(self._clock())
            text = None if metadata is None else encode(metadata).decode()
            connection.execute(
                "INSERT INTO folders (uuid, parent, name, folded, description, metadata, created, edited,"
                " synced_dataset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (uuid, parent, name, name.casefold(), description, text, now, now, synced_dataset),
            )
            after = None if metadata is None else metadata_text(metadata)
            self._audit.record(connection, [(now, request, actor, "create folder", uuid, None, after)])
        return self.require(uuid)

    def patch(self, patches: Mapping[str, FolderPatch], *, actor: str, request: str) -> None:
        """Write all patches, or none.

        Raises:
            RefusedError: 403, a folder is not there.
        """
        with self._database.write() as connection:
            now = timestamp(self._clock())
            for uuid, patch in patches.items():
                folder = self.require(uuid)
                if patch == FolderPatch():
                    continue
                moment = later_than(folder.edited, now)
                name = folder.name if patch.name is None else patch.name
                description = folder.description if patch.description is None else patch.description
                text = folder.metadata if patch.metadata is None else encode(patch.metadata).decode()
                connection.execute(
                    "UPDATE folders SET name = ?, folded = ?, description = ?, metadata = ?, edited = ?"
                    " WHERE uuid = ?",
                    (name, name.casefold(), description, text, moment, uuid),
                )
                before, after = (
                    None if value is None else metadata_text(decode(value.encode()))
                    for value in (folder.metadata, text)
                )
                self._audit.record(
                    connection, [(moment, request, actor, "patch folder", uuid, before, after)]
                )

    def remove(self, uuid: str, *, actor: str, request: str) -> None:
        """Remove an empty folder.

        Raises:
            RefusedError: 403, it is not there; 400, it is not empty.
        """
        with self._database.write() as connection:
            folder = self.require(uuid)
            for table, column in (("folders", "parent"), ("items", "folder")):
                query = f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1"  # noqa: S608
                if connection.execute(query, (uuid,)).fetchone():
                    raise RefusedError(400, "The folder is not empty. Delete its items and subfolders first.")
            connection.execute("DELETE FROM folders WHERE uuid = ?", (uuid,))
            before = None if folder.metadata is None else metadata_text(decode(folder.metadata.encode()))
            now = timestamp(self._clock())
            self._audit.record(connection, [(now, request, actor, "delete folder", uuid, before, None)])

    def subfolders(self, uuid: str) -> int:
        """Number of folders directly below."""
        count: int = self._database.read("SELECT count(*) FROM folders WHERE parent = ?", (uuid,))[0][0]
        return count

    def config(self, uuid: str) -> dict[str, Any]:
        """The folder's configuration, kept as it was sent."""
        self.require(uuid)
        rows = self._database.read("SELECT config FROM folders WHERE uuid = ?", (uuid,))
        config: dict[str, Any] = orjson.loads(rows[0][0])
        return config

    def set_config(self, uuid: str, config: Mapping[str, Any]) -> None:
        """Replace the folder's configuration."""
        with self._database.write() as connection:
            self.require(uuid)
            connection.execute(
                "UPDATE folders SET config = ? WHERE uuid = ?", (encode(config).decode(), uuid)
            )

    def all(self) -> Sequence[FolderRow]:
        """Every folder, in the order they were made."""
        return [
            FolderRow(*row)
            for row in self._database.read(f"SELECT {_COLUMNS} FROM folders ORDER BY id")  # noqa: S608
        ]
