"""Datasets in the database: their titles and the items that they link to."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from encord_widgets.local.audit import AuditLog
from encord_widgets.local.database import Database, later_than, timestamp
from encord_widgets.local.folders import Folders
from encord_widgets.local.items import ItemFilter, Items
from encord_widgets.local.jsontext import encode, metadata_text
from encord_widgets.local.refusal import RefusedError

__all__ = ["DataRowRow", "DatasetRow", "Datasets", "Duplicates"]

Duplicates = Literal["SKIP", "FAIL", "DUPLICATE"]

_COLUMNS = "uuid, title, description, folder, created, edited"
_ROW_COLUMNS = "uuid, dataset, item, title, created"


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset as stored; `folder` is the folder that mirrors it, None without one."""

    uuid: str
    title: str
    description: str
    folder: str | None
    created: str
    edited: str


@dataclass(frozen=True, slots=True)
class DataRowRow:
    """A data row as stored: a link to an item, with a title of its own; its uuid is the data hash."""

    uuid: str
    dataset: str
    item: str
    title: str
    created: str


class Datasets:
    """The dataset tables of a database.

    Args:
        database: Where they are.
        folders: Where mirrors are made.
        items: What can be linked.
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

    def require(self, uuid: str) -> DatasetRow:
        """A dataset.

        Raises:
            RefusedError: 404, it is not there.
        """
        rows = self._database.read(f"SELECT {_COLUMNS} FROM datasets WHERE uuid = ?", (uuid,))  # noqa: S608
        if not rows:
            raise RefusedError(404, "There is no such dataset.")
        return DatasetRow(*rows[0])

    def create(
        self,
        title: str,
        *,
        description: str = "",
        mirrored: bool = False,
        uuid: str | None = None,
        created: str | None = None,
        actor: str,
        request: str,
    ) -> DatasetRow:
        """Make an empty dataset; a mirrored one gets a folder whose items become its data rows."""
        uuid = uuid or str(uuids.uuid4())
        with self._database.write() as connection:
            now = created or timestamp(self._clock())
            folder = None
            if mirrored:
                made = self._folders.create(title, synced_dataset=uuid, actor=actor, request=request)
                folder = made.uuid
            connection.execute(
                "INSERT INTO datasets (uuid, title, description, folder, created, edited)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (uuid, title, description, folder, now, now),
            )
            after = metadata_text({"title": title, "description": description})
            self._audit.record(connection, [(now, request, actor, "create dataset", uuid, None, after)])
        return self.require(uuid)

    def listing(self, conditions: Iterable[tuple[str, str]] = ()) -> list[DatasetRow]:
        """Datasets in the order in which they were made.

        Args:
            conditions: SQL with one question mark, and its value; all must hold.
        """
        parts = list(conditions)
        where = " AND ".join(["1", *(sql for sql, _ in parts)])
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM datasets WHERE {where} ORDER BY id",  # noqa: S608
            [value for _, value in parts],
        )
        return [DatasetRow(*row) for row in rows]

    def link(
        self, uuid: str, items: Sequence[str], duplicates: Duplicates = "SKIP", *, actor: str, request: str
    ) -> list[DataRowRow]:
        """Link items to a dataset, all or none; returns the new data rows.

        Args:
            uuid: The dataset.
            items: Uuids of the items.
            duplicates: What to do about items that are linked already: leave them out, refuse all, link them again.
            actor: For the audit log.
            request: For the audit log.

        Raises:
            RefusedError: 404, the dataset is not there; 403, an item is not there; 409, an item is linked already.
        """
        with self._database.write():
            self._mirror(self.require(uuid))
            known = self._items.folders_of(items)
            if any(item not in known for item in items):
                raise RefusedError(403, "You do not have access to all of these items.")
            linked = {
                item
                for (item,) in self._database.read("SELECT item FROM data_rows WHERE dataset = ?", (uuid,))
            }
            if duplicates == "FAIL" and (linked.intersection(items) or len(set(items)) < len(items)):
                raise RefusedError(409, "Some of the items are linked to the dataset already.")
            if duplicates != "DUPLICATE":
                items = [item for item in dict.fromkeys(items) if item not in linked]
            return self._add(uuid, items, actor=actor, request=request)

    def _add(
        self,
        uuid: str,
        items: Sequence[str],
        new_uuid: Callable[[], str] = lambda: str(uuids.uuid4()),
        *,
        actor: str,
        request: str,
    ) -> list[DataRowRow]:
        with self._database.write() as connection:
            now = later_than(self.require(uuid).edited, timestamp(self._clock()))
            names = self._items.names_of(items)
            rows = [(new_uuid(), uuid, item, names[item], now) for item in items]
            connection.executemany("INSERT INTO data_rows VALUES (NULL, ?, ?, ?, ?, ?)", rows)
            self._items.count_data_units(items, 1)
            self._edited(uuid, now, (actor, request, "add to dataset"), after=rows)
        return [DataRowRow(*row) for row in rows]

    def fill(self, uuid: str, new_uuid: Callable[[], str]) -> None:
        """Link all items that say that a dataset uses them, as the sample makes them; their counts stay."""
        used = self._database.read("SELECT uuid, name FROM items WHERE in_dataset ORDER BY id")
        created = self.require(uuid).created
        rows = [(new_uuid(), uuid, item, name, created) for item, name in used]
        with self._database.write() as connection:
            connection.executemany("INSERT INTO data_rows VALUES (NULL, ?, ?, ?, ?, ?)", rows)

    def unlink(self, uuid: str, rows: Sequence[str], *, actor: str, request: str) -> int:
        """Take data rows out of a dataset; the items stay. Returns how many there were.

        Raises:
            RefusedError: 404, the dataset is not there.
        """
        with self._database.write() as connection:
            found = self.rows(uuid, among=rows)
            connection.executemany("DELETE FROM data_rows WHERE uuid = ?", [(row.uuid,) for row in found])
            self._items.count_data_units([row.item for row in found], -1)
            now = later_than(self.require(uuid).edited, timestamp(self._clock()))
            texts = [(row.uuid, uuid, row.item) for row in found]
            self._edited(uuid, now, (actor, request, "remove from dataset"), before=texts)
        return len(found)

    def _edited(
        self,
        uuid: str,
        now: str,
        what: tuple[str, str, str],
        *,
        before: Sequence[tuple[str, ...]] | None = None,
        after: Sequence[tuple[str, ...]] | None = None,
    ) -> None:
        actor, request, action = what
        texts = [
            None if rows is None else metadata_text({"rows": {row[0]: row[2] for row in rows}})
            for rows in (before, after)
        ]
        with self._database.write() as connection:
            connection.execute("UPDATE datasets SET edited = ? WHERE uuid = ?", (now, uuid))
            self._audit.record(connection, [(now, request, actor, action, uuid, *texts)])

    def rows(
        self, uuid: str, conditions: Iterable[tuple[str, str]] = (), *, among: Sequence[str] | None = None
    ) -> list[DataRowRow]:
        """Data rows of a dataset in the order in which they were linked.

        Args:
            uuid: The dataset.
            conditions: As `listing` takes them.
            among: Only these, those that are not there left out; None is all.

        Raises:
            RefusedError: 404, the dataset is not there.
        """
        self._mirror(self.require(uuid))
        parts = [("dataset = ?", uuid), *conditions]
        if among is not None:
            parts.append(("uuid IN (SELECT value FROM json_each(?))", encode(list(among)).decode()))
        where = " AND ".join(sql for sql, _ in parts)
        found = self._database.read(
            f"SELECT {_ROW_COLUMNS} FROM data_rows WHERE {where} ORDER BY id",  # noqa: S608
            [value for _, value in parts],
        )
        return [DataRowRow(*row) for row in found]

    def row(self, uuid: str) -> DataRowRow | None:
        """A data row by its hash, in whatever dataset."""
        rows = self._database.read(f"SELECT {_ROW_COLUMNS} FROM data_rows WHERE uuid = ?", (uuid,))  # noqa: S608
        return DataRowRow(*rows[0]) if rows else None

    def retitle(self, uuid: str, title: str, *, actor: str, request: str) -> None:
        """Give a data row another title; the item keeps its name."""
        with self._database.write() as connection:
            row = self.row(uuid)
            if row is None:
                raise RefusedError(404, "There is no such data row.")
            connection.execute("UPDATE data_rows SET title = ? WHERE uuid = ?", (title, uuid))
            texts = metadata_text({"title": row.title}), metadata_text({"title": title})
            now = timestamp(self._clock())
            self._audit.record(connection, [(now, request, actor, "patch data row", uuid, *texts)])

    def uses(self, item: str) -> list[tuple[DatasetRow, list[DataRowRow]]]:
        """Datasets that link to an item, with the data rows that do."""
        found = self._database.read(
            f"SELECT {_ROW_COLUMNS} FROM data_rows WHERE item = ? ORDER BY id",  # noqa: S608
            (item,),
        )
        by_dataset: dict[str, list[DataRowRow]] = {}
        for row in found:
            by_dataset.setdefault(row[1], []).append(DataRowRow(*row))
        return [(self.require(uuid), rows) for uuid, rows in by_dataset.items()]

    def _mirror(self, dataset: DatasetRow) -> None:
        if dataset.folder is None:
            return
        where, values = ItemFilter((dataset.folder,)).condition()
        missing = self._database.read(
            f"SELECT uuid FROM items WHERE {where} AND uuid NOT IN"  # noqa: S608
            " (SELECT item FROM data_rows WHERE dataset = ?) ORDER BY name, uuid",
            (*values, dataset.uuid),
        )
        if missing:
            self._add(dataset.uuid, [item for (item,) in missing], actor="folder", request="mirror")

    def wire(self, row: DatasetRow) -> dict[str, Any]:
        """The dataset as a listing shows it."""
        return {
            "datasetUuid": row.uuid,
            "title": row.title,
            "description": row.description,
            "createdAt": row.created,
            "lastEditedAt": row.edited,
            "userRole": "admin",
            "storageLocation": 0,
            "backingFolderUuid": row.folder,
        }
