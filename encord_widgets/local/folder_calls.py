"""The API's calls on folders and on the organisation's metadata schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from encord_widgets.local.access import Access
from encord_widgets.local.call import Call, as_uuid, metadata_of, text_of
from encord_widgets.local.folders import FolderFilter, FolderPatch, FolderRow
from encord_widgets.local.jsontext import decode
from encord_widgets.local.paging import Keyset
from encord_widgets.local.records import page
from encord_widgets.local.refusal import RefusedError
from encord_widgets.local.schema_rules import checked_schema, from_legacy, to_legacy
from encord_widgets.local.store import Store

__all__ = ["FolderCalls", "SchemaCalls"]

_ORDERS = {"name": "name", "createdAt": "created"}
_COUNTED = {
    "videos": "video", "images": "image", "imageGroups": "imageGroup", "imageSequences": "imageSequence",
    "dicomFiles": "dicomFile", "dicomSeries": "dicomSeries", "niftis": "nifti", "audios": "audio", "pdfs": "pdf",
    "plainTexts": "plainText",
}  # fmt: skip


class FolderCalls:
    """Answers to requests about folders, as JSON texts."""

    def __init__(self, store: Store) -> None:
        self._folders = store.folders
        self._store = store

    def list_root(self, call: Call) -> bytes:
        """GET storage/folders."""
        return self._list(call, (None,), "root")

    def search(self, call: Call) -> bytes:
        """GET storage/search/folders."""
        return self._list(call, None, "search")

    def list_subfolders(self, call: Call) -> bytes:
        """GET storage/folders/{folder}/folders."""
        folder = call.uuid("folder")
        self._folders.require(folder)
        deep = bool(call.flag("isRecursive"))
        return self._list(call, self._folders.tree(folder) if deep else (folder,), f"{folder} {deep}")

    def _list(self, call: Call, parents: tuple[str | None, ...] | None, scope: str) -> bytes:
        which = FolderFilter(parents, call.query.get("search", ""), call.flag("datasetSynced"))
        keyset = Keyset.read(
            column=call.choice("order", _ORDERS, "name"),
            descending=bool(call.flag("desc")),
            size=call.number("pageSize", 100),
            query=f"folders {scope} {which.search!r} {which.synced}",
            token=call.query.get("pageToken"),
        )
        if call.query.getlist("organisationTagNamesAllof"):
            return page([])  # this server has no tags, so no folder has them all
        folders, token = self._folders.listing(which, keyset)
        return page([self._folders.wire(folder) for folder in folders], token)

    def get(self, call: Call) -> bytes:
        """GET storage/folders/{folder}."""
        return self._folders.wire(self._folders.require(call.uuid("folder")))

    def create(self, call: Call) -> bytes:
        """POST storage/folders; its clientMetadata is a JSON text."""
        fields = call.json_object()
        name = text_of(fields, "name", empty=False)
        if name is None:
            raise RefusedError(400, "name is needed.")
        if fields.get("cloudSyncedFolderParams") is not None:
            raise RefusedError(400, "This server has no cloud integrations.")
        text = text_of(fields, "clientMetadata")
        parent = fields.get("parent")
        folder = self._folders.create(
            name,
            parent=None if parent is None else as_uuid(parent, "parent"),
            description=text_of(fields, "description") or "",
            metadata=None if text is None else _json_object(text),
            actor=call.actor,
            request=call.request_id,
        )
        return self._folders.wire(folder)

    def patch(self, call: Call) -> bytes:
        """PATCH storage/folders/{folder}."""
        patches = {call.uuid("folder"): _patch(call.json_object())}
        return self._folders.wire(self._patched(call, patches)[0])

    def patch_bulk(self, call: Call) -> bytes:
        """PATCH storage/folders/patch-bulk: all of it or nothing."""
        given = call.json_object().get("folderPatches")
        if not isinstance(given, dict):
            raise RefusedError(400, "folderPatches must be an object of folder uuid and patch.")
        patches = {as_uuid(uuid, "folderPatches"): _patch(fields) for uuid, fields in given.items()}
        return page([self._folders.wire(folder) for folder in self._patched(call, patches)])

    def _patched(self, call: Call, patches: Mapping[str, FolderPatch]) -> list[FolderRow]:
        self._folders.patch(patches, actor=call.actor, request=call.request_id)
        return [self._folders.require(uuid) for uuid in patches]

    def delete(self, call: Call) -> bytes:
        """DELETE storage/folders/{folder}."""
        self._folders.remove(call.uuid("folder"), actor=call.actor, request=call.request_id)
        return b"null"

    def summary(self, call: Call) -> bytes:
        """GET storage/folders/{folder}/summary: what is directly in the folder."""
        folder = self._folders.require(call.uuid("folder")).uuid
        counts = self._store.items.counts(folder)
        return orjson.dumps(
            {
                "files": sum(count for count, _ in counts.values()),
                "folders": self._folders.subfolders(folder),
                **{name: counts.get(kind, (0, 0))[0] for name, kind in _COUNTED.items()},
                "tombstones": 0,
                "uploadJobs": 0,
                "totalSize": float(sum(size for _, size in counts.values())),
            }
        )

    def get_config(self, call: Call) -> bytes:
        """GET storage/folders/{folder}/folder-config."""
        return orjson.dumps(self._folders.config(call.uuid("folder")))

    def set_config(self, call: Call) -> bytes:
        """POST storage/folders/{folder}/folder-config."""
        self._folders.set_config(call.uuid("folder"), call.json_object())
        return b"null"


def _patch(fields: object) -> FolderPatch:
    if not isinstance(fields, Mapping):
        raise RefusedError(400, "A patch must be a JSON object.")
    checked: Mapping[str, Any] = fields
    return FolderPatch(
        name=text_of(checked, "name", empty=False),
        description=text_of(checked, "description"),
        metadata=metadata_of(checked),
    )


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = decode(text.encode())
    except ValueError as error:
        raise RefusedError(400, f"clientMetadata is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise RefusedError(400, "clientMetadata must be the text of a JSON object.")
    return value


class SchemaCalls:
    """Answers to requests about the metadata schema and about the caller."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def get(self, _call: Call) -> bytes:
        """GET organisation/client-metadata-schema-v2."""
        return orjson.dumps(self._store.schema())

    def save(self, call: Call) -> bytes:
        """POST organisation/client-metadata-schema-v2: the whole map, which replaces the one before."""
        return self._save(call, checked_schema(call.json(), self._store.schema()))

    def get_legacy(self, _call: Call) -> bytes:
        """GET organisation/client-metadata-schema."""
        schema = self._store.schema()
        if schema is None:
            return b"null"
        edited = self._store.database.get("schema_edited")
        return orjson.dumps(
            {
                "uuid": self._legacy_uuid(),
                "metadataSchema": to_legacy(schema),
                "organisationId": int(self._store.database.get("organisation") or 0),
                "createdAt": edited,
                "updatedAt": edited,
            }
        )

    def save_legacy(self, call: Call) -> bytes:
        """POST organisation/client-metadata-schema."""
        self._save(call, from_legacy(call.json(), self._store.schema()))
        return orjson.dumps(self._legacy_uuid())

    def _save(self, call: Call, schema: Mapping[str, Any]) -> bytes:
        self._store.set_schema(schema, actor=call.actor, request=call.request_id)
        return b"null"

    def _legacy_uuid(self) -> str:
        # One schema per organisation, so its uuid can follow from the database's own secret.
        return str(UUID((self._store.database.get("url_secret") or "")[:32], version=4))

    def bearer_token(self, _call: Call) -> bytes:
        """GET user/bearer-token."""
        return orjson.dumps({"token": self._access.issue_token()})
