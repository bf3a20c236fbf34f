"""Everything that the embedded Encord keeps, with a Python face that does not go over the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson

from encord_widgets.local.audit import AuditEntry, AuditLog
from encord_widgets.local.database import Database, timestamp
from encord_widgets.local.datasets import Datasets
from encord_widgets.local.faults import FaultEntry, FaultLog
from encord_widgets.local.folders import FolderRow, Folders
from encord_widgets.local.index_collections import Collections
from encord_widgets.local.index_presets import Presets
from encord_widgets.local.items import ItemFilter, ItemPatch, Items
from encord_widgets.local.jsontext import encode, metadata_object, metadata_text
from encord_widgets.local.preset_runs import PresetRun, PresetRuns
from encord_widgets.local.records import NewItem

__all__ = ["Store"]


class Store:
    """Folders, items, collections, datasets, schema and audit log in one SQLite database.

    Tests and the demo use it as "somebody else": what happens here is not seen by the client until it asks. All methods
    may be called from any thread.

    Args:
        path: Database file; None keeps everything in a temporary database.
        clock: The time of writes.

    Raises:
        ValueError: The file is no database of the embedded Encord.

    Example:
        >>> store = Store()
        >>> folder = store.add_folder("Street scenes")
        >>> item = store.add_item(folder, "a.jpg", {"weather": "rain"})
        >>> store.edit(item, {"weather": "fog"})
        >>> store.metadata(item)
        {'weather': 'fog'}
        >>> [(entry.before, entry.after) for entry in store.audit(item)]
        [({'weather': 'rain'}, {'weather': 'fog'})]
        >>> store.close()
    """

    def __init__(
        self, path: Path | None = None, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.database = Database(path)
        self.clock = clock
        self.audit_log = AuditLog(self.database)
        self.fault_log = FaultLog(self.database)
        self.folders = Folders(self.database, self.audit_log, clock)
        self.items = Items(self.database, self.audit_log, clock)
        self.collections = Collections(self.database, self.folders, self.items, self.audit_log, clock)
        self.datasets = Datasets(self.database, self.folders, self.items, self.audit_log, clock)
        self.presets = Presets(self.database, self.collections, self.audit_log, clock)
        self.preset_runs = PresetRuns(
            self.database, self.folders, self.items, self.collections, self.presets, clock=clock
        )

    def metadata(self, item: UUID | str) -> dict[str, Any]:
        """The item's metadata as it is stored now.

        Raises:
            KeyError: The item is not there.
        """
        return metadata_object(self._row(item)[3])

    def edit(
        self,
        item: UUID | str,
        values: Mapping[str, Any],
        *,
        remove: Iterable[str] = (),
        actor: str = "second editor",
        request: str = "python",
    ) -> None:
        """Change some keys of an item's metadata, as somebody else would in Encord's own pages.

        Args:
            item: Its uuid.
            values: New values by key; other keys stay.
            remove: Keys to take out.
            actor: Name in the audit log.
            request: Request id in the audit log.

        Raises:
            KeyError: The item is not there.
        """
        with self.database.write():
            metadata = self.metadata(item) | dict(values)
            for key in remove:
                metadata.pop(key, None)
            self.replace(item, metadata, actor=actor, request=request)

    def replace(
        self,
        item: UUID | str,
        metadata: Mapping[str, Any],
        *,
        actor: str = "second editor",
        request: str = "python",
    ) -> None:
        """Replace an item's whole metadata.

        Raises:
            KeyError: The item is not there.
        """
        self._row(item)
        self.items.patch({str(item): ItemPatch(metadata=metadata)}, actor=actor, request=request)

    def rename(self, item: UUID | str, name: str) -> None:
        """Give an item another name.

        Raises:
            KeyError: The item is not there.
        """
        self._row(item)
        self.items.patch({str(item): ItemPatch(name=name)}, actor="second editor", request="python")

    def delete(self, item: UUID | str) -> None:
        """Remove an item, as somebody else would.

        Raises:
            KeyError: The item is not there.
        """
        place = self.items.place(str(item))
        if place is None:
            raise KeyError(str(item))
        self.items.remove(place[0], [str(item)], unused_frames=True, actor="second editor", request="python")

    def add_folder(self, name: str, *, parent: UUID | str | None = None, **options: Any) -> str:
        """Make a folder and return its uuid; options as `Folders.create` takes them."""
        above = None if parent is None else str(parent)
        options = {"actor": "second editor", "request": "python"} | options
        return self.folders.create(name, parent=above, **options).uuid

    def add_item(
        self, folder: UUID | str, name: str, metadata: Mapping[str, Any] | None = None, **fields: Any
    ) -> str:
        """Put one item into a folder and return its uuid; fields as `NewItem` takes them."""
        defaults: dict[str, Any] = {
            "uuid": str(uuid4()),
            "item_type": "image",
            "created": timestamp(self.clock()),
            "mime_type": "image/jpeg",
            "width": 640,
            "height": 360,
        }
        item = NewItem(name=name, metadata=metadata or {}, **(defaults | fields))
        self.add_items(folder, [item])
        return item.uuid

    def add_items(self, folder: UUID | str, items: Iterable[NewItem]) -> int:
        """Put items into a folder; returns how many, frames included.

        Raises:
            KeyError: The folder is not there.
        """
        if self.folders.get(str(folder)) is None:
            raise KeyError(str(folder))
        return self.items.add(str(folder), items)

    def list_folders(self) -> list[tuple[FolderRow, int]]:
        """Every folder with the number of items directly in it, in the order they were made."""
        return [
            (folder, sum(count for count, _ in self.items.counts(folder.uuid).values()))
            for folder in self.folders.all()
        ]

    def item_uuids(self, folder: UUID | str) -> list[str]:
        """Uuids of the items directly in a folder, in listing order (name, then uuid)."""
        where, parameters = ItemFilter(folders=(str(folder),)).condition()
        rows = self.database.read(f"SELECT uuid FROM items WHERE {where} ORDER BY name, uuid", parameters)  # noqa: S608
        return [row[0] for row in rows]

    def item_fields(self, item: UUID | str) -> dict[str, Any]:
        """The item as the API answers it (`clientMetadata` is a JSON text there).

        Raises:
            KeyError: The item is not there.
        """
        fields: dict[str, Any] = orjson.loads(self.items.wire([self._row(item)])[0])
        return fields

    def collection_items(self, collection: UUID | str) -> list[str]:
        """Uuids of what is in a collection now, those of deleted items included, sorted."""
        self.preset_runs.settle(str(collection))
        return self.collections.items(str(collection))

    def runs(self, collection: UUID | str | None = None) -> list[PresetRun]:
        """What became of presets that were put into collections, or into this one, oldest first."""
        return self.preset_runs.all(None if collection is None else str(collection))

    def audit(self, subject: UUID | str | None = None, *, since: int = 0) -> list[AuditEntry]:
        """The record of all writes, or of those to one item or folder, oldest first.

        Args:
            subject: Uuid of an item, folder, collection or preset, or `schema`.
            since: Only entries with a greater `id`.
        """
        return self.audit_log.entries(None if subject is None else str(subject), since=since)

    def faults(self, *, since: int = 0) -> list[FaultEntry]:
        """The record of all that went wrong on purpose, oldest first; empty where nothing is meant to.

        Args:
            since: Only entries with a greater `id`.
        """
        return self.fault_log.entries(since=since)

    def schema(self) -> dict[str, Any] | None:
        """The organisation's metadata schema as the API answers it; None when there is none yet."""
        text = self.database.get("schema")
        return None if text is None else orjson.loads(text)

    def set_schema(
        self, schema: Mapping[str, Any], *, actor: str = "second editor", request: str = "python"
    ) -> None:
        """Store a schema as it is, even one that the API would refuse (a type of a later server, say)."""
        with self.database.write() as connection:
            before = self.schema()
            now = timestamp(self.clock())
            self.database.set("schema", encode(schema).decode())
            self.database.set("schema_edited", now)
            texts = [None if before is None else metadata_text(before), metadata_text(schema)]
            self.audit_log.record(connection, [(now, request, actor, "save schema", "schema", *texts)])

    def close(self) -> None:
        """Close the database; a temporary one is gone then."""
        self.database.close()

    def _row(self, item: UUID | str) -> tuple[Any, ...]:
        rows = self.items.rows([str(item)])
        if not rows:
            raise KeyError(str(item))
        return rows[str(item)]
