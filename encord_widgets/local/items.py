"""Items in the database: listing, reading, patching, removing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from encord_widgets.local.audit import AuditLog
from encord_widgets.local.database import Database, later_than, timestamp
from encord_widgets.local.jsontext import encode, metadata_text
from encord_widgets.local.paging import Keyset
from encord_widgets.local.records import (
    NewItem,
    shape_of,
    wire_head,
    wire_items,
    wire_label,
    wire_shape,
)
from encord_widgets.local.refusal import RefusedError

__all__ = ["WIRE_COLUMNS", "ItemFilter", "ItemPatch", "Items"]

WIRE_COLUMNS = "uuid, label, edited, metadata, head, shape, item_type"
_INSERT = "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_STEP = 1000
_PARAMETERS = 30_000  # SQLite allows 32,766 in a statement


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a listing leaves out.

    Args:
        folders: Direct parents of the items wanted; None is every folder.
        search: Text that the name contains, whatever its case.
        item_types: Types wanted; empty is all.
        in_dataset: Only items that a dataset uses, or only those that none does.
    """

    folders: tuple[str, ...] | None = None
    search: str = ""
    item_types: tuple[str, ...] = ()
    in_dataset: bool | None = None

    def condition(self) -> tuple[str, list[object]]:
        """For WHERE, with its parameters."""
        parts = ["listed"]
        parameters: list[object] = []
        if self.folders is not None:
            parts.append(_among("folder", self.folders))
            parameters += self.folders
        if self.search:
            parts.append("instr(folded, ?)")
            parameters.append(self.search.casefold())
        if self.item_types:
            parts.append(_among("item_type", self.item_types))
            parameters += self.item_types
        if self.in_dataset is not None:
            parts.append("in_dataset" if self.in_dataset else "NOT in_dataset")
        return " AND ".join(parts), parameters


def _among(column: str, values: Sequence[object]) -> str:
    # `=` keeps the index order where IN with one value would not.
    return f"{column} = ?" if len(values) == 1 else f"{column} IN ({','.join('?' * len(values))})"


@dataclass(frozen=True, slots=True)
class ItemPatch:
    """New values of an item; None leaves one as it is. Metadata is replaced whole."""

    name: str | None = None
    metadata: Mapping[str, Any] | None = None


class Items:
    """The item table of a database.

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
        self._shapes: dict[int, bytes] = {}

    def shapes_for(self, rows: Iterable[tuple[Any, ...]]) -> dict[int, bytes]:
        """The shared parts that these rows refer to."""
        if any(row[5] not in self._shapes for row in rows):
            self._shapes = dict(self._database.read("SELECT id, wire FROM shapes"))
        return self._shapes

    def listing(self, which: ItemFilter, keyset: Keyset) -> tuple[list[tuple[Any, ...]], str | None]:
        """A page of wire rows and the token of the next one."""
        where, parameters = which.condition()
        after, after_parameters = keyset.condition
        # S608: columns and operators come from this package, every value is bound.
        rows = self._database.read(
            f"SELECT {WIRE_COLUMNS}, {keyset.column} FROM items WHERE {where} AND {after}"  # noqa: S608
            f" ORDER BY {keyset.order} LIMIT ?",
            (*parameters, *after_parameters, keyset.size + 1),
        )
        token = None
        if len(rows) > keyset.size:
            rows.pop()
            token = keyset.token(rows[-1][-1], rows[-1][0])
        return [row[:-1] for row in rows], token

    def rows(self, uuids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """Wire rows by uuid, unknown ones left out."""
        found: dict[str, tuple[Any, ...]] = {}
        for start in range(0, len(uuids), _PARAMETERS):
            some = uuids[start : start + _PARAMETERS]
            marks = ",".join("?" * len(some))
            for row in self._database.read(f"SELECT {WIRE_COLUMNS} FROM items WHERE uuid IN ({marks})", some):  # noqa: S608
                found[row[0]] = row
        return found

    def as_of(self, rows: list[tuple[Any, ...]], moment: str) -> list[tuple[Any, ...]]:
        """Wire rows with the metadata and edit time that they had then; names are as they are."""
        uuids = [row[0] for row in rows]
        then: dict[str, tuple[bytes, bytes]] = {}
        for start in range(0, len(uuids), _PARAMETERS):
            some = uuids[start : start + _PARAMETERS]
            among = f"subject IN ({','.join('?' * len(some))}) AND action = 'patch item'"
            # Of the later writes the first one knows what was there before, the last earlier one since when.
            before = self._database.read(
                f"SELECT subject, before FROM audit WHERE {among} AND at > ? ORDER BY id DESC",  # noqa: S608
                (*some, moment),
            )
            edited = dict(
                self._database.read(
                    f"SELECT subject, max(at) FROM audit WHERE {among} AND at <= ? GROUP BY subject",  # noqa: S608
                    (*some, moment),
                )
            )
            for uuid, metadata in before:
                then[uuid] = (edited.get(uuid, "").encode(), metadata)
        created = {
            uuid: self._database.read("SELECT created FROM items WHERE uuid = ?", (uuid,))[0][0].encode()
            for uuid, (edited, _) in then.items()
            if not edited
        }
        return [
            (row[0], row[1], then[row[0]][0] or created[row[0]], then[row[0]][1], *row[4:])
            if row[0] in then
            else row
            for row in rows
        ]

    def place(self, uuid: str) -> tuple[str, str, str, str] | None:
        """Folder, type, name and scene of an item."""
        rows = self._database.read("SELECT folder, item_type, name, scene FROM items WHERE uuid = ?", (uuid,))
        return rows[0] if rows else None

    def listed(self, which: ItemFilter, *, before: str) -> Iterator[list[tuple[Any, ...]]]:
        """Wire rows of all items that were there at a time, as they are now, by uuid and some at a time."""
        where, parameters = which.condition()
        last = ""
        # Without the index named, a folder's items would be sorted anew for each step.
        query = (
            f"SELECT {WIRE_COLUMNS} FROM items INDEXED BY items_by_uuid"  # noqa: S608
            f" WHERE {where} AND created <= ? AND uuid > ? ORDER BY uuid LIMIT {_STEP}"
        )
        while rows := self._database.read(query, (*parameters, before, last)):
            yield rows
            last = rows[-1][0]

    def folders_of(self, uuids: Sequence[str]) -> dict[str, str]:
        """Folders by item, unknown items left out."""
        wanted = encode(list(uuids)).decode()
        return dict(
            self._database.read(
                "SELECT uuid, folder FROM json_each(?) JOIN items ON items.uuid = json_each.value", (wanted,)
            )
        )

    def names_of(self, uuids: Sequence[str]) -> dict[str, str]:
        """Names by item, unknown items left out."""
        wanted = encode(list(uuids)).decode()
        return dict(
            self._database.read(
                "SELECT uuid, name FROM json_each(?) JOIN items ON items.uuid = json_each.value", (wanted,)
            )
        )

    def count_data_units(self, uuids: Sequence[str], by: int) -> None:
        """Datasets use these items once more, or less; an item that is named twice counts twice."""
        updates = []
        for uuid, times in Counter(uuids).items():
            for (head,) in self._database.read("SELECT head FROM items WHERE uuid = ?", (uuid,)):
                front, _, count = head.rpartition(b":")  # the count is the last member
                units = max(0, int(count) + times * by)
                updates.append((b"%b:%d" % (front, units), units > 0, uuid))
        with self._database.write() as connection:
            connection.executemany("UPDATE items SET head = ?, in_dataset = ? WHERE uuid = ?", updates)

    def named(self, names: Sequence[str], folders: Sequence[str] | None) -> list[tuple[str, str]]:
        """Name and uuid of the listed items that have one of some names, in some folders or in all."""
        where, parameters = ItemFilter(None if folders is None else tuple(folders)).condition()
        return self._database.read(
            f"SELECT name, uuid FROM items WHERE {where} AND name IN (SELECT value FROM json_each(?))"  # noqa: S608
            " ORDER BY name, uuid",
            (*parameters, encode(list(names)).decode()),
        )

    def children(self, uuid: str) -> list[tuple[Any, ...]]:
        """Wire rows of the frames of a group or the files of a series, in order."""
        columns = ", ".join(f"items.{name}" for name in WIRE_COLUMNS.split(", "))
        return self._database.read(
            f"SELECT {columns} FROM members JOIN items ON items.uuid = members.item"  # noqa: S608
            " WHERE members.grouped = ? ORDER BY members.position",
            (uuid,),
        )

    def groups_of(self, uuid: str) -> list[tuple[Any, ...]]:
        """Uuid, name, folder uuid, folder name and type of the groups that an item is a frame of."""
        return self._database.read(
            "SELECT items.uuid, items.name, folders.uuid, folders.name, items.item_type FROM members"
            " JOIN items ON items.uuid = members.grouped JOIN folders ON folders.uuid = items.folder"
            " WHERE members.item = ? ORDER BY items.name, items.uuid",
            (uuid,),
        )

    def counts(self, folder: str) -> dict[str, tuple[int, int]]:
        """Number and bytes of a folder's listed items, by type."""
        rows = self._database.read(
            "SELECT item_type, count(*), sum(size) FROM items WHERE folder = ? AND listed GROUP BY item_type",
            (folder,),
        )
        return {item_type: (count, size) for item_type, count, size in rows}

    def patch(
        self, patches: Mapping[str, ItemPatch], *, actor: str, request: str
    ) -> dict[str, tuple[Any, ...]]:
        """Write all patches, or none; returns the wire rows as written, by uuid.

        Raises:
            RefusedError: 403, an item is not there.
        """
        texts = {
            uuid: metadata_text(patch.metadata)
            for uuid, patch in patches.items()
            if patch.metadata is not None
        }
        names = {uuid: patch.name for uuid, patch in patches.items() if patch.name is not None}
        with self._database.write() as connection:
            rows = self.rows(list(patches))
            if len(rows) != len(patches):
                raise RefusedError(403, "You do not have access to all of these items.")
            now = timestamp(self._clock())
            entries = []
            updates = []
            for uuid, (_, label, edited, before, *rest) in rows.items():
                if uuid not in texts and uuid not in names:
                    continue
                moment = later_than(edited.decode(), now)
                after = texts.get(uuid, before)
                updates.append((moment.encode(), after, uuid))
                entries.append((moment, request, actor, "patch item", uuid, before, after))
                rows[uuid] = (uuid, label, moment.encode(), after, *rest)
            connection.executemany("UPDATE items SET edited = ?, metadata = ? WHERE uuid = ?", updates)
            for uuid, name in names.items():
                text = wire_label(name)
                connection.execute(
                    "UPDATE items SET name = ?, folded = ?, label = ? WHERE uuid = ?",
                    (name, name.casefold(), text, uuid),
                )
                rows[uuid] = (uuid, text, *rows[uuid][2:])
            self._audit.record(connection, entries)
        return rows

    def remove(
        self, folder: str, uuids: Sequence[str], *, unused_frames: bool, actor: str, request: str
    ) -> int:
        """Remove items of a folder; with `unused_frames` also their frames that no other group uses.

        Raises:
            RefusedError: 403, one of them is not in the folder; then nothing is removed.
        """
        with self._database.write() as connection:
            doomed = dict.fromkeys(uuids)
            for uuid in doomed:
                place = self.place(uuid)
                if place is None or place[0] != folder:
                    raise RefusedError(403, "You do not have access to all of these items.")
            frames: list[str] = []
            for uuid in doomed:
                members = connection.execute("SELECT item FROM members WHERE grouped = ?", (uuid,)).fetchall()
                frames += [item for (item,) in members]
                connection.execute("DELETE FROM members WHERE grouped = ? OR item = ?", (uuid, uuid))
            if unused_frames:
                for uuid in frames:
                    used = connection.execute("SELECT 1 FROM members WHERE item = ?", (uuid,)).fetchone()
                    if used is None:
                        doomed[uuid] = None
            now = timestamp(self._clock())
            rows = self.rows(list(doomed))
            entries = [(now, request, actor, "delete item", uuid, row[3], None) for uuid, row in rows.items()]
            for table, column in (("items", "uuid"), ("data_rows", "item")):
                connection.executemany(
                    f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608
                    [(uuid,) for uuid in rows],
                )
            self._audit.record(connection, entries)
            return len(rows)

    def add(self, folder: str, items: Iterable[NewItem]) -> int:
        """Put new items into a folder; returns how many rows that were, frames included."""
        shapes: dict[tuple[object, ...], int] = {}
        members: list[tuple[str, int, str]] = []
        added = 0

        with self._database.write() as connection:

            def shape_id(item: NewItem) -> int:
                shape = shape_of(item)
                if shape not in shapes:
                    wire = wire_shape(shape)
                    connection.execute("INSERT OR IGNORE INTO shapes (wire) VALUES (?)", (wire,))
                    found = connection.execute("SELECT id FROM shapes WHERE wire = ?", (wire,)).fetchone()
                    shapes[shape] = found[0]
                return shapes[shape]

            def row(item: NewItem, listed: int) -> tuple[object, ...]:
                nonlocal added
                added += 1
                return (
                    None, item.uuid, folder, listed, item.item_type, item.data_units > 0, item.size or 0,
                    item.name, item.name.casefold(), item.created, item.created.encode(), shape_id(item),
                    wire_head(item, folder), wire_label(item.name),
                    metadata_text(item.metadata), item.scene,
                )  # fmt: skip

            def all_rows() -> Iterable[tuple[object, ...]]:
                for item in items:
                    yield row(item, 1)
                    for position, frame in enumerate(item.frames):
                        yield row(frame, 0)
                        members.append((item.uuid, position, frame.uuid))

            connection.executemany(_INSERT, all_rows())
            connection.executemany("INSERT INTO members VALUES (?, ?, ?)", members)
        return added

    def wire(self, rows: Sequence[tuple[Any, ...]], **options: Any) -> list[bytes]:
        """JSON texts of wire rows; options as `records.wire_items` takes them."""
        return wire_items(rows, self.shapes_for(rows), **options)
