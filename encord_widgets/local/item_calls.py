"""The API's calls on items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from encord_widgets.local.access import UrlSigner
from encord_widgets.local.call import Call, as_uuids, metadata_of, text_of
from encord_widgets.local.items import ItemFilter, ItemPatch
from encord_widgets.local.paging import Keyset
from encord_widgets.local.records import ITEM_TYPES, MetadataOf, inline_metadata, no_metadata, page
from encord_widgets.local.refusal import RefusedError
from encord_widgets.local.store import Store

__all__ = ["ItemCalls"]

_MAX_BULK = 1000
_ORDERS = {"name": "name", "createdAt": "created"}
_NO_ACCESS = "You do not have access to this item."
_NO_ACCESS_TO_ALL = "You do not have access to all of these items."


class ItemCalls:
    """Answers to requests about items, as JSON texts.

    Args:
        store: What there is.
        signer: Makes signed URLs.
        leave_out_unknown: Bulk calls leave unknown uuids out of their answer instead of refusing the request.
    """

    def __init__(self, store: Store, signer: UrlSigner, *, leave_out_unknown: bool = False) -> None:
        self._store = store
        self._items = store.items
        self._signer = signer
        self._leave_out_unknown = leave_out_unknown

    def list_folder(self, call: Call) -> bytes:
        """GET storage/folders/{folder}/items."""
        folder = call.uuid("folder")
        self._store.folders.require(folder)
        folders = self._store.folders.tree(folder) if call.flag("isRecursive") else (folder,)
        return self._list(call, folders, f"folder {folder} {len(folders) > 1}")

    def search(self, call: Call) -> bytes:
        """GET storage/search/items."""
        if not call.query.get("search") and not call.query.getlist("itemTypes"):
            raise RefusedError(400, "search or itemTypes is needed.")
        return self._list(call, None, "search")

    def _list(self, call: Call, folders: tuple[str, ...] | None, scope: str) -> bytes:
        types = tuple(dict.fromkeys(call.query.getlist("itemTypes")))
        unknown = [name for name in types if name not in ITEM_TYPES]
        if unknown:
            raise RefusedError(400, f"Unknown itemTypes: {', '.join(unknown)}.")
        which = ItemFilter(folders, call.query.get("search", ""), types, call.flag("isInDataset"))
        keyset = Keyset.read(
            column=call.choice("order", _ORDERS, "name"),
            descending=bool(call.flag("desc")),
            size=call.number("pageSize", 100),
            query=f"{scope} {which.search!r} {sorted(types)} {which.in_dataset}",
            token=call.query.get("pageToken"),
        )
        rows, token = self._items.listing(which, keyset)
        rows = self.seen(call, rows)
        metadata: MetadataOf = inline_metadata
        if call.flag("includeClientMetadata") is False:
            metadata = no_metadata
        elif call.flag("clientMetadataAsSignedUrl"):
            metadata = self._metadata_urls(call.base_url)
        texts = self._items.wire(
            rows, metadata_of=metadata, signed_url=self._media_urls(call, signed=call.flag("signUrls"))
        )
        return page(texts, token)

    def _metadata_urls(self, base: str) -> Callable[[str, bytes], bytes]:
        def members(uuid: str, _metadata: bytes) -> bytes:
            url = orjson.dumps(self._signer.url(base, f"/signed/metadata/{uuid}"))
            return b'"clientMetadata":"","clientMetadataSignedUrl":' + url

        return members

    def _media_urls(self, call: Call, *, signed: bool | None) -> Callable[[str], str] | None:
        if not signed:
            return None
        return lambda uuid: self._signer.url(call.base_url, f"/signed/media/{uuid}")

    def get(self, call: Call) -> bytes:
        """GET storage/items/{item}."""
        return self._one(call, call.uuid("item"), signed=call.flag("signUrl"))

    def _one(self, call: Call, item: str, *, signed: bool | None = None) -> bytes:
        rows = self._items.rows([item])
        if not rows:
            raise RefusedError(403, _NO_ACCESS)
        seen = self.seen(call, list(rows.values()))
        return self._items.wire(seen, signed_url=self._media_urls(call, signed=signed))[0]

    def get_bulk(self, call: Call) -> bytes:
        """POST storage/items/get-bulk."""
        fields = call.json_object()
        uuids = as_uuids(fields.get("itemUuids"), "itemUuids")
        _check_size(len(uuids))
        rows = self._items.rows(list(dict.fromkeys(uuids)))
        require_all = fields.get("requireAll", not self._leave_out_unknown)
        if require_all and any(uuid not in rows for uuid in uuids):
            raise RefusedError(403, _NO_ACCESS_TO_ALL)
        ordered = self.seen(call, [rows[uuid] for uuid in uuids if uuid in rows])
        signed = self._media_urls(call, signed=bool(fields.get("signUrls")))
        return page(self._items.wire(ordered, signed_url=signed))

    def children(self, call: Call) -> bytes:
        """GET storage/folders/{folder}/items/{item}/child-items."""
        item = self._in_folder(call)
        signed = self._media_urls(call, signed=call.flag("signUrls"))
        return page(self._items.wire(self.seen(call, self._items.children(item)), signed_url=signed))

    def seen(self, call: Call, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Wire rows as this call shows them: as they are, or as they were."""
        if call.past is None:
            return rows
        then = self._items.as_of(rows, call.past.moment)
        call.past.items.extend(old[0] for old, new in zip(then, rows, strict=True) if old[3] != new[3])
        return then

    def summary(self, call: Call) -> bytes:
        """GET storage/folders/{folder}/items/{item}/summary."""
        item = self._in_folder(call)
        groups = [
            {
                "uuid": uuid,
                "name": name,
                "parentUuid": folder,
                "parentName": folder_name,
                "itemType": item_type,
            }
            for uuid, name, folder, folder_name, item_type in self._items.groups_of(item)
        ]
        fields = self._store.item_fields(item)
        return orjson.dumps(
            {
                "frameInGroups": len(groups),
                "accessibleGroupItems": groups,
                "usedInDatasets": fields["backedDataUnitsCount"],
                "accessibleDatasets": [
                    {
                        "datasetHash": dataset.uuid,
                        "backingFolderUuid": dataset.folder,
                        "title": dataset.title,
                        "dataHashes": [row.uuid for row in rows],
                        "dataUnitsCreatedAt": rows[0].created,
                    }
                    for dataset, rows in self._store.datasets.uses(item)
                ],
                "groupLayout": None,
            }
        )

    def patch(self, call: Call) -> bytes:
        """PATCH storage/folders/{folder}/items/{item}."""
        item = self._in_folder(call)
        patch = _patch(call.json_object())
        self._items.patch({item: patch}, actor=call.actor, request=call.request_id)
        return self._one(call, item)

    def patch_bulk(self, call: Call) -> bytes:
        """PATCH storage/items/patch-bulk: all of it or nothing."""
        given = call.json_object().get("itemPatches")
        if not isinstance(given, dict):
            raise RefusedError(400, "itemPatches must be an object of item uuid and patch.")
        _check_size(len(given))
        patches = dict(zip(as_uuids(list(given), "itemPatches"), map(_patch, given.values()), strict=True))
        with self._store.database.write():
            if self._leave_out_unknown:
                known = self._items.rows(list(patches))
                patches = {uuid: patch for uuid, patch in patches.items() if uuid in known}
            rows = self._items.patch(patches, actor=call.actor, request=call.request_id)
        return page(self._items.wire([rows[uuid] for uuid in patches]))

    def delete(self, call: Call) -> bytes:
        """POST storage/folders/{folder}/items/delete."""
        folder = call.uuid("folder")
        self._store.folders.require(folder)
        fields = call.json_object()
        removed = self._items.remove(
            folder,
            as_uuids(fields.get("childUuids"), "childUuids"),
            unused_frames=bool(fields.get("removeUnusedFrames")),
            actor=call.actor,
            request=call.request_id,
        )
        return orjson.dumps({"removedItemsCount": removed, "removedFoldersCount": 0})

    def _in_folder(self, call: Call) -> str:
        item = call.uuid("item")
        place = self._items.place(item)
        if place is None or place[0] != call.uuid("folder"):
            raise RefusedError(403, _NO_ACCESS)
        return item


def _patch(fields: object) -> ItemPatch:
    if not isinstance(fields, dict):
        raise RefusedError(400, "A patch must be a JSON object.")
    metadata = metadata_of(fields)
    if len(fields) == 1 and metadata is not None:
        return ItemPatch(metadata=metadata)
    text_of(fields, "description")  # accepted and not kept
    return ItemPatch(name=text_of(fields, "name", empty=False), metadata=metadata)


def _check_size(count: int) -> None:
    if count > _MAX_BULK:
        raise RefusedError(400, f"At most {_MAX_BULK} items in one request, got {count}.")
