"""The API's calls on Index collections and filter presets."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from encord_widgets.local.call import Call, as_uuid, as_uuids, text_of
from encord_widgets.local.index_collections import EVERY_FOLDER
from encord_widgets.local.item_calls import ItemCalls
from encord_widgets.local.paging import Keyset
from encord_widgets.local.records import inline_metadata, no_metadata, page
from encord_widgets.local.refusal import RefusedError
from encord_widgets.local.store import Store

__all__ = ["CollectionCalls", "PresetCalls"]

_MAX_TITLES = 1000


class CollectionCalls:
    """Answers to requests about collections, as JSON texts.

    Args:
        store: What there is.
        items: Shows items as a call sees them.
    """

    def __init__(self, store: Store, items: ItemCalls) -> None:
        self._store = store
        self._collections = store.collections
        self._item_calls = items

    def list_collections(self, call: Call) -> bytes:
        """GET index/collections; uuids that are not there are left out."""
        folder, among = _uuids_of(call)
        if folder is not None:
            self._collections.require_top_level(folder)
        search = call.query.get("search", "")
        keyset = Keyset.read(
            column="name",
            descending=False,
            size=call.number("pageSize", 100),
            query=f"collections {folder} {sorted(among)} {search!r}",
            token=call.query.get("pageToken"),
        )
        rows, token = self._collections.listing(keyset, folder=folder, among=among, search=search)
        return page([self._collections.wire(row) for row in rows], token)

    def create(self, call: Call) -> bytes:
        """POST index/collections."""
        fields = call.json_object()
        name = text_of(fields, "name", empty=False)
        if name is None:
            raise RefusedError(400, "name is needed.")
        made = self._collections.create(
            name,
            as_uuid(call.query.get("topLevelFolderUuid", EVERY_FOLDER), "topLevelFolderUuid"),
            description=text_of(fields, "description") or "",
            actor=call.actor,
            request=call.request_id,
        )
        return orjson.dumps(made.uuid)

    def patch(self, call: Call) -> bytes:
        """PATCH index/collections/{collection}."""
        fields = call.json_object()
        self._collections.patch(
            call.uuid("collection"),
            name=text_of(fields, "name", empty=False),
            description=text_of(fields, "description"),
            actor=call.actor,
            request=call.request_id,
        )
        return b"null"

    def delete(self, call: Call) -> bytes:
        """DELETE index/collections/{collection}."""
        self._collections.remove(call.uuid("collection"), actor=call.actor, request=call.request_id)
        return b"null"

    def accessible_items(self, call: Call) -> bytes:
        """GET index/collections/{collection}/accessible-items."""
        return self._items(call, inaccessible=False)

    def all_items(self, call: Call) -> bytes:
        """GET index/collections/{collection}/all-items; of what nobody can read only the uuid."""
        return self._items(call, inaccessible=True)

    def _items(self, call: Call, *, inaccessible: bool) -> bytes:
        collection = self._collection(call)
        keyset = Keyset.read(
            column="",
            descending=False,
            size=call.number("pageSize", 100),
            query=f"collection {collection} {inaccessible}",
            token=call.query.get("pageToken"),
        )
        found, token = self._collections.page(collection, keyset, inaccessible=inaccessible)
        rows = self._item_calls.seen(call, [row for _, row in found if row is not None])
        wanted = call.flag("includeClientMetadata") is not False
        texts = iter(self._store.items.wire(rows, metadata_of=inline_metadata if wanted else no_metadata))
        return page(
            [orjson.dumps({"uuid": uuid}) if row is None else next(texts) for uuid, row in found], token
        )

    def add_items(self, call: Call) -> bytes:
        """POST index/collections/{collection}/add-items: what can be added is, the rest is named."""
        wanted = as_uuids(call.json_object().get("itemUuids"), "itemUuids")
        failed = self._collections.add(
            self._collection(call), wanted, actor=call.actor, request=call.request_id
        )
        return orjson.dumps({"failedItems": failed})

    def remove_items(self, call: Call) -> bytes:
        """POST index/collections/{collection}/remove-items."""
        wanted = as_uuids(call.json_object().get("itemUuids"), "itemUuids")
        failed = self._collections.drop(
            self._collection(call), wanted, actor=call.actor, request=call.request_id
        )
        return orjson.dumps({"failedItems": failed})

    def add_titles(self, call: Call) -> bytes:
        """POST index/collections/{collection}/add-data-title-items: a title of several items adds none of them."""
        given = call.json_object().get("dataTitles")
        if not isinstance(given, list) or not all(isinstance(title, str) for title in given):
            raise RefusedError(400, "dataTitles must be a list of texts.")
        titles = list(dict.fromkeys(given))
        if len(titles) > _MAX_TITLES:
            raise RefusedError(400, f"At most {_MAX_TITLES} titles in one request, got {len(titles)}.")
        collection = self._collection(call)
        with self._store.database.write():
            folder = self._collections.require(collection).folder
            folders = None if folder == EVERY_FOLDER else self._store.folders.tree(folder)
            found = self._store.items.named(titles, folders)
            times = Counter(name for name, _ in found)
            chosen = [uuid for name, uuid in found if times[name] == 1]
            held = self._collections.held(collection, chosen)
            failed = self._collections.add(collection, chosen, actor=call.actor, request=call.request_id)
        return orjson.dumps(
            {
                "requested": len(titles),
                "matchedTitles": len(chosen),
                "itemsAdded": len(chosen) - len(held) - len(failed),
                "ambiguousTitles": [title for title in titles if times[title] > 1],
                "unmatchedTitles": [title for title in titles if not times[title]],
                "failedItems": failed,
            }
        )

    def add_preset(self, call: Call) -> bytes:
        """POST index/collections/{collection}/add-preset-items: answered before anything is done."""
        return self._start(call, adds=True)

    def remove_preset(self, call: Call) -> bytes:
        """POST index/collections/{collection}/remove-preset-items."""
        return self._start(call, adds=False)

    def _start(self, call: Call, *, adds: bool) -> bytes:
        preset = as_uuid(call.json_object().get("presetUuid"), "presetUuid")
        collection = self._collection(call)
        self._store.preset_runs.start(
            collection, preset, adds=adds, actor=call.actor, request=call.request_id
        )
        return b"null"

    def _collection(self, call: Call) -> str:
        uuid = call.uuid("collection")
        self._collections.require(uuid)
        self._store.preset_runs.settle(uuid)
        return uuid


class PresetCalls:
    """Answers to requests about filter presets, as JSON texts.

    Args:
        store: What there is.
    """

    def __init__(self, store: Store) -> None:
        self._collections = store.collections
        self._presets = store.presets

    def list_presets(self, call: Call) -> bytes:
        """GET index/presets; uuids that are not there are left out."""
        folder, among = _uuids_of(call)
        if folder is not None:
            self._collections.require_top_level(folder)
        keyset = Keyset.read(
            column="name",
            descending=False,
            size=call.number("pageSize", 100),
            query=f"presets {folder} {sorted(among)}",
            token=call.query.get("pageToken"),
        )
        rows, token = self._presets.listing(keyset, folder=folder, among=among)
        return page([self._presets.wire(row) for row in rows], token)

    def create(self, call: Call) -> bytes:
        """POST index/presets: the filters are kept as they are, right or wrong."""
        fields = call.json_object()
        name = text_of(fields, "name", empty=False)
        definition = _definition(fields, "filterPresetJson")
        if name is None or definition is None:
            raise RefusedError(400, "name and filterPresetJson are needed.")
        made = self._presets.create(
            name,
            definition,
            folder=as_uuid(call.query.get("topLevelFolderUuid", EVERY_FOLDER), "topLevelFolderUuid"),
            description=text_of(fields, "description") or "",
            actor=call.actor,
            request=call.request_id,
        )
        return orjson.dumps(made.uuid)

    def get(self, call: Call) -> bytes:
        """GET index/presets/{preset}: its filters."""
        return self._presets.require(call.uuid("preset")).definition

    def patch(self, call: Call) -> bytes:
        """PATCH index/presets/{preset}."""
        fields = call.json_object()
        self._presets.patch(
            call.uuid("preset"),
            name=text_of(fields, "name", empty=False),
            description=text_of(fields, "description"),
            definition=_definition(fields, "filterPreset"),
            actor=call.actor,
            request=call.request_id,
        )
        return b"null"

    def delete(self, call: Call) -> bytes:
        """DELETE index/presets/{preset}."""
        self._presets.remove(call.uuid("preset"), actor=call.actor, request=call.request_id)
        return b"null"


def _definition(fields: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, dict):
        raise RefusedError(400, f"{name} must be a JSON object, got {type(value).__name__}.")
    return value


def _uuids_of(call: Call) -> tuple[str | None, list[str]]:
    """Top-level folder and uuids that a listing is narrowed to."""
    folder = call.query.get("topLevelFolderUuid")
    among = as_uuids(call.query.getlist("uuids"), "uuids")
    return None if folder is None else as_uuid(folder, "topLevelFolderUuid"), among
