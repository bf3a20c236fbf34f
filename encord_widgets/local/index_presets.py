"""Filter presets of Index in the database; what they select is decided elsewhere."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from encord_widgets.local.audit import AuditLog
from encord_widgets.local.database import Database, later_than, timestamp
from encord_widgets.local.index_collections import EVERY_FOLDER, Collections
from encord_widgets.local.jsontext import decode, encode, metadata_text
from encord_widgets.local.paging import Keyset
from encord_widgets.local.refusal import RefusedError

__all__ = ["PresetRow", "Presets"]

_COLUMNS = "uuid, folder, name, description, definition, created, edited"


@dataclass(frozen=True, slots=True)
class PresetRow:
    """A preset as stored; `definition` is its JSON, whatever was sent."""

    uuid: str
    folder: str
    name: str
    description: str
    definition: bytes
    created: str
    edited: str


class Presets:
    """The preset table of a database.

    Args:
        database: Where they are.
        collections: Knows which folders presets can belong to.
        audit: Where writes are recorded.
        clock: The time of a write.
    """

    def __init__(
        self,
        database: Database,
        collections: Collections,
        audit: AuditLog,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._collections = collections
        self._audit = audit
        self._clock = clock

    def require(self, uuid: str) -> PresetRow:
        """A preset.

        Raises:
            RefusedError: 403, it is not there.
        """
        rows = self._database.read(f"SELECT {_COLUMNS} FROM presets WHERE uuid = ?", (uuid,))  # noqa: S608
        if not rows:
            raise RefusedError(403, "You do not have access to this preset.")
        return PresetRow(*rows[0])

    def create(
        self,
        name: str,
        definition: Mapping[str, Any],
        *,
        folder: str = EVERY_FOLDER,
        description: str = "",
        actor: str,
        request: str,
    ) -> PresetRow:
        """Keep a preset as it is, right or wrong.

        Raises:
            RefusedError: As `Collections.require_top_level` does.
        """
        uuid = str(uuids.uuid4())
        with self._database.write() as connection:
            self._collections.require_top_level(folder)
            now = timestamp(self._clock())
            text = encode(definition)
            connection.execute(
                "INSERT INTO presets (uuid, folder, name, description, definition, created, edited)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (uuid, folder, name, description, text, now, now),
            )
            after = _texts(name, description, text)
            self._audit.record(connection, [(now, request, actor, "create preset", uuid, None, after)])
        return self.require(uuid)

    def listing(
        self, keyset: Keyset, *, folder: str | None = None, among: Sequence[str] = ()
    ) -> tuple[list[PresetRow], str | None]:
        """A page of presets and the token of the next one; arguments as `Collections.listing` takes them."""
        where, parameters = keyset.condition
        values: list[object] = list(parameters)
        if folder is not None:
            where += " AND folder = ?"
            values.append(folder)
        if among:
            where += f" AND uuid IN ({','.join('?' * len(among))})"
            values += among
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM presets WHERE {where} ORDER BY {keyset.order} LIMIT ?",  # noqa: S608
            (*values, keyset.size + 1),
        )
        found = [PresetRow(*row) for row in rows]
        if len(found) <= keyset.size:
            return found, None
        found.pop()
        return found, keyset.token(found[-1].name, found[-1].uuid)

    def patch(
        self,
        uuid: str,
        *,
        name: str | None = None,
        description: str | None = None,
        definition: Mapping[str, Any] | None = None,
        actor: str,
        request: str,
    ) -> None:
        """Write what is given; None leaves the rest as it is.

        Raises:
            RefusedError: 403, the preset is not there.
        """
        with self._database.write() as connection:
            old = self.require(uuid)
            name = old.name if name is None else name
            description = old.description if description is None else description
            text = old.definition if definition is None else encode(definition)
            now = later_than(old.edited, timestamp(self._clock()))
            connection.execute(
                "UPDATE presets SET name = ?, description = ?, definition = ?, edited = ? WHERE uuid = ?",
                (name, description, text, now, uuid),
            )
            texts = _texts(old.name, old.description, old.definition), _texts(name, description, text)
            self._audit.record(connection, [(now, request, actor, "patch preset", uuid, *texts)])

    def remove(self, uuid: str, *, actor: str, request: str) -> None:
        """Remove a preset; what it put into collections stays there.

        Raises:
            RefusedError: 403, the preset is not there.
        """
        with self._database.write() as connection:
            old = self.require(uuid)
            connection.execute("DELETE FROM presets WHERE uuid = ?", (uuid,))
            before = _texts(old.name, old.description, old.definition)
            now = timestamp(self._clock())
            self._audit.record(connection, [(now, request, actor, "delete preset", uuid, before, None)])

    def wire(self, row: PresetRow) -> bytes:
        """The preset as a listing shows it, without its filters."""
        return orjson.dumps(
            {
                "uuid": row.uuid,
                "name": row.name,
                "description": row.description,
                "createdAt": row.created,
                "lastUpdatedAt": row.edited,
            }
        )


def _texts(name: str, description: str, definition: bytes) -> bytes:
    return metadata_text({"name": name, "description": description, "definition": decode(definition)})
