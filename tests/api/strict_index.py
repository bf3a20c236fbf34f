"""Index and datasets of the strict server, from the API's description alone, and the older protocol: signature too."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature

from .strict_server import (
    UUID,
    RefusedError,
    StrictServer,
    body_of,
    boolean,
    breaks,
    is_uuid,
    page_size,
)

NO_FOLDER = "00000000-0000-0000-0000-000000000000"
WHEN = {"createdAt": "2025-01-01T10:00:00Z", "lastEditedAt": "2025-01-02 11:00:00"}
DATASET_LIST = {
    "titleEq": str, "titleLike": str, "descriptionEq": str, "descriptionLike": str, "createdBefore": str,
    "createdAfter": str, "editedBefore": str, "editedAfter": str, "includeOrgAccess": boolean,
}  # fmt: skip


def uuid_param(text: str) -> str:
    if not is_uuid(text):
        raise breaks(f"uuid {text!r}")
    return text


def uuids_of(value: object, most: int = 1000) -> list[str]:
    if not isinstance(value, list) or not value or len(value) > most or not all(map(is_uuid, value)):
        raise breaks("uuids")
    if len(set(value)) < len(value):
        raise breaks("an item twice")
    return value


def text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise breaks(f"{what} is no text")
    return value


class EnvelopeError(Exception):
    """An error of the older protocol: HTTP 200 with a name in the envelope."""

    def __init__(self, status: int, name: str, payload: object = None) -> None:
        super().__init__(name)
        self.answer = {"status": status, "response": [name], "payload": payload}


class StrictIndex(StrictServer):
    """A strict server that has collections, presets and datasets besides folders and items."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.collections: dict[str, dict[str, Any]] = {}
        self.members: dict[str, list[str]] = {}
        self.presets: dict[str, dict[str, Any]] = {}
        self.preset_calls: list[tuple[str, str, str]] = []
        self.datasets: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, list[str]] = {}
        self.unreadable: set[str] = set()
        self.failing: set[str] = set()
        self.poison: set[str] = set()
        self.legacy_errors: list[EnvelopeError] = []

    # --- the older protocol

    def _authenticate(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        if target != "/public":
            super()._authenticate(method, target, headers, body)
            return
        if not re.fullmatch(r"[0-9a-f]{32}/[0-9]+;o=1", headers.get("x-cloud-trace-context", "")):
            raise breaks("trace id")
        if {"content-digest", "signature", "signature-input"} & headers.keys():
            raise breaks("headers of the newer protocol")
        given = headers.get("authorization", "")
        if self.token is not None:
            if given != f"Bearer {self.token}":
                raise RefusedError(401, "unknown token")
            return
        assert self.public_key is not None
        match = re.fullmatch(r"([0-9a-f]{64}):([0-9a-f]{128})", given)
        if match is None or match[1] != self.public_key.public_bytes_raw().hex():
            raise breaks("authorization")
        try:
            self.public_key.verify(bytes.fromhex(match[2]), hashlib.sha256(body).digest())
        except InvalidSignature:
            raise breaks("signature") from None

    def _answer(self, method: str, path: str, query: str, body: Any, headers: dict[str, str]) -> Any:
        if path != "/public":
            return super()._answer(method, path, query, body, headers)
        if method != "POST" or query or headers.get("content-type") != "application/json":
            raise breaks("the older protocol is POST of JSON")
        if headers.get("accept") != "application/json" or headers.get("accept-encoding") != "gzip":
            raise breaks("accept")
        body_of(body, {"query_type", "query_method", "values"})
        values = body_of(body["values"], {"uid", "payload"})
        if headers.get("resourcetype") != "dataset" or not is_uuid(headers.get("resourceid")):
            raise breaks("resource headers")
        if self.legacy_errors:
            return self.legacy_errors.pop(0).answer
        dataset = headers["resourceid"]
        if dataset not in self.datasets:
            return EnvelopeError(403, "AUTHORISATION_ERROR").answer
        route = f"{body['query_method']} {body['query_type']}"
        handlers = {"GET dataset": self._dataset, "POST datasetlinkitems": self._link}
        if route not in handlers:
            raise breaks(f"no such call: {route}")
        try:
            return {"status": 200, "response": handlers[route](dataset, values["uid"], values["payload"])}
        except EnvelopeError as error:
            return error.answer

    def _dataset(self, dataset: str, uid: object, payload: Any) -> Any:
        settings = body_of(body_of(payload, {"dataset_access_settings"})["dataset_access_settings"],
                           {"fetch_client_metadata", "fetch_rows"})  # fmt: skip
        if uid is not None or not all(isinstance(value, bool) for value in settings.values()):
            raise breaks("dataset")
        found = self.datasets[dataset]
        return {
            "dataset_hash": dataset, "title": found["title"], "description": found["description"],
            "dataset_type": "CORD_STORAGE", "backing_folder_uuid": None,
            "data_rows": [self._row(item) for item in self.rows[dataset]] if settings["fetch_rows"] else [],
        }  # fmt: skip

    def _link(self, dataset: str, uid: object, payload: Any) -> Any:
        body_of(payload, {"item_uuids", "duplicates_behavior"})
        if uid != dataset or payload["duplicates_behavior"] not in {"SKIP", "FAIL", "DUPLICATE"}:
            raise breaks("datasetlinkitems")
        items = uuids_of(payload["item_uuids"])
        if self.poison & set(items) or not set(items) <= self.items.keys():
            raise EnvelopeError(403, "AUTHORISATION_ERROR")
        fresh = [item for item in items if item not in self.rows[dataset] and item not in self.failing]
        self.rows[dataset] += fresh
        return [self._row(item) for item in fresh]

    def _row(self, item: str) -> dict[str, Any]:
        return {
            "data_hash": str(uuid.uuid5(uuid.UUID(item), "row")), "data_title": self.items[item]["name"],
            "data_type": "IMAGE", "created_at": "2025-01-01 10:00:00", "last_edited_at": "2025-01-01 10:00:00",
            "width": 4, "height": 4, "file_link": "x", "file_size": 10, "file_type": "image/png",
            "storage_location": 0, "frames_per_second": None, "duration": None, "client_metadata": None,
            "backing_item_uuid": item,
        }  # fmt: skip

    # --- the newer one

    def _routes(self) -> dict[str, Callable[..., Any]]:
        one = f"index/collections/({UUID})"
        return {
            **super()._routes(),
            "GET index/collections": self._collection_list,
            "POST index/collections": self._new_collection,
            f"PATCH {one}": self._change_collection,
            f"DELETE {one}": self._delete_collection,
            f"GET {one}/(accessible-items|all-items)": self._members,
            f"POST {one}/(add-items|remove-items)": self._change_members,
            f"POST {one}/(add-preset-items|remove-preset-items)": self._preset_members,
            "GET index/presets": self._preset_list,
            "POST index/presets": self._new_preset,
            f"GET index/presets/({UUID})": self._definition,
            f"DELETE index/presets/({UUID})": self._delete_preset,
            "POST datasets": self._new_dataset,
            "GET datasets/list": self._dataset_list,
        }

    def _known_collection(self, collection: str) -> dict[str, Any]:
        if collection not in self.collections:
            raise RefusedError(403, "You do not have access to this collection")
        return self.collections[collection]

    def _list(self, query: str, entries: dict[str, dict[str, Any]]) -> Any:
        known = {
            "topLevelFolderUuid": uuid_param,
            "uuids": uuid_param,
            "pageToken": str,
            "pageSize": page_size,
        }
        params = self._params(query, known)
        folder, wanted = params.get("topLevelFolderUuid"), params.get("uuids")
        found = [
            entry
            for entry in entries.values()
            if (wanted is None or entry["uuid"] in wanted)
            and (folder is None or entry.get("topLevelFolderUuid") == folder)
        ]
        return self._page(found, params)

    def _collection_list(self, query: str, body: Any) -> Any:
        return self._list(query, self.collections)

    def _new_collection(self, query: str, body: Any) -> Any:
        folder = self._params(query, {"topLevelFolderUuid": uuid_param}).get("topLevelFolderUuid")
        if folder is None or self._known_folder(folder)["parent"] is not None:
            raise breaks("topLevelFolderUuid")
        body_of(body, {"name"}, {"description"})
        collection = str(uuid.uuid4())
        name, description = text(body["name"], "name"), text(body.get("description", ""), "description")
        self.collections[collection] = {
            "uuid": collection, "topLevelFolderUuid": folder, "name": name, "description": description or None,
            **WHEN,
        }  # fmt: skip
        self.members[collection] = []
        return collection

    def _change_collection(self, query: str, body: Any, collection: str) -> None:
        self._params(query, {})
        self._known_collection(collection).update(body_of(body, set(), {"name", "description"}))

    def _delete_collection(self, query: str, body: Any, collection: str) -> None:
        self._params(query, {})
        self._known_collection(collection)
        if body is not None:
            raise breaks("DELETE with a body")
        del self.collections[collection], self.members[collection]

    def _members(self, query: str, body: Any, collection: str, which: str) -> Any:
        params = self._params(
            query, {"includeClientMetadata": boolean, "pageToken": str, "pageSize": page_size}
        )
        self._known_collection(collection)
        metadata = params.get("includeClientMetadata", True)
        entries = [
            {"uuid": item} if item in self.unreadable else self._shown(self.items[item], metadata=metadata)
            for item in self.members[collection]
            if item not in self.omit and (which == "all-items" or item not in self.unreadable)
        ]
        return self._page(entries, params)

    def _root(self, folder: str) -> str:
        parent = self.folders[folder]["parent"]
        return folder if parent is None else self._root(parent)

    def _change_members(self, query: str, body: Any, collection: str, which: str) -> Any:
        self._params(query, {})
        top = self._known_collection(collection)["topLevelFolderUuid"]
        asked = uuids_of(body_of(body, {"itemUuids"})["itemUuids"])
        if self.poison & set(asked):
            raise RefusedError(403, "You do not have access to some of these items")
        failed = [
            item
            for item in asked
            if item not in self.items or item in self.failing or self._root(self.items[item]["parent"]) != top
        ]
        held = self.members[collection]
        for item in asked:
            if which == "remove-items" and item in held:
                held.remove(item)
            elif which == "add-items" and item not in held and item not in failed:
                held.append(item)
        return {"failedItems": failed}

    def _preset_members(self, query: str, body: Any, collection: str, which: str) -> None:
        self._params(query, {})
        self._known_collection(collection)
        preset = uuid_param(body_of(body, {"presetUuid"})["presetUuid"])
        if preset not in self.presets:
            raise RefusedError(403, "You do not have access to this preset")
        self.preset_calls.append((collection, which, preset))

    def _preset_list(self, query: str, body: Any) -> Any:
        shown = ("uuid", "name", "description", "createdAt", "lastUpdatedAt")
        return self._list(
            query, {key: {name: value[name] for name in shown} for key, value in self.presets.items()}
        )

    def _new_preset(self, query: str, body: Any) -> Any:
        if self._params(query, {"topLevelFolderUuid": uuid_param}) != {"topLevelFolderUuid": NO_FOLDER}:
            raise breaks("topLevelFolderUuid")
        body_of(body, {"name", "filterPresetJson"}, {"description"})
        definition = body_of(body["filterPresetJson"], {"local_filters", "global_filters"})
        parts = [definition["global_filters"], *definition["local_filters"].values()]
        for part in parts:
            filters = body_of(part, {"filters"})["filters"]
            if not isinstance(filters, list) or not all(isinstance(entry, dict) for entry in filters):
                raise breaks("filters")
        if not definition["global_filters"]["filters"]:
            raise breaks("an empty preset selects everything")
        preset = str(uuid.uuid4())
        self.presets[preset] = {
            "uuid": preset, "name": text(body["name"], "name"), "description": body.get("description"),
            "createdAt": "2025-01-01T10:00:00Z", "lastUpdatedAt": None, "definition": definition,
        }  # fmt: skip
        return preset

    def _definition(self, query: str, body: Any, preset: str) -> Any:
        self._params(query, {})
        if preset not in self.presets:
            raise RefusedError(403, "You do not have access to this preset")
        return self.presets[preset]["definition"]

    def _delete_preset(self, query: str, body: Any, preset: str) -> None:
        self._params(query, {})
        del self.presets[preset]

    def _new_dataset(self, query: str, body: Any) -> Any:
        self._params(query, {})
        body_of(body, {"title", "createBackingFolder", "legacyCall"}, {"description"})
        if body["legacyCall"] is not False or not isinstance(body["createBackingFolder"], bool):
            raise breaks("new dataset")
        dataset = str(uuid.uuid4())
        self.datasets[dataset] = {
            "datasetUuid": dataset, "title": text(body["title"], "title"),
            "description": text(body.get("description", ""), "description"), **WHEN, "userRole": "admin",
        }  # fmt: skip
        self.rows[dataset] = []
        return {"datasetUuid": dataset, "backingFolderUuid": None}

    def _dataset_list(self, query: str, body: Any) -> Any:
        params = self._params(query, DATASET_LIST)
        if "includeOrgAccess" not in params:
            raise breaks("includeOrgAccess")
        wanted = params.get("titleEq")
        return {
            "result": [
                entry for entry in self.datasets.values() if wanted is None or entry["title"] == wanted
            ]
        }
