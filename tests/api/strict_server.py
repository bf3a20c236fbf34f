"""A strict Encord v2 server, written from the API's description alone: it knows nothing of the package under test.

Whatever a request does that Encord's API does not know (a wrong signature or digest, an unknown query parameter or body
key, a boolean spelled otherwise, a snake_case name) is answered 400 and kept in `violations`.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ITEM_TYPES = {
    "video", "image", "group", "imageGroup", "imageSequence", "dicomFile", "dicomSeries", "audio",
    "timeseries", "nifti", "plainText", "pdf", "scene",
}  # fmt: skip

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class RefusedError(Exception):
    """The server says no; `violation` if the request breaks the API's rules."""

    def __init__(self, status: int, message: str, *, violation: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.violation = violation


def breaks(message: str) -> RefusedError:
    return RefusedError(400, message, violation=True)


# --- what a parameter may look like


def boolean(text: str) -> bool:
    if text not in {"True", "False"}:
        raise breaks(f"boolean spelled {text!r}")
    return text == "True"


def page_size(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text) or int(text) > 1000:
        raise breaks(f"pageSize {text!r}")
    return int(text)


def order(text: str) -> str:
    if text not in {"name", "createdAt"}:
        raise breaks(f"order {text!r}")
    return text


def item_type(text: str) -> str:
    if text not in ITEM_TYPES:
        raise breaks(f"itemTypes {text!r}")
    return text


ITEM_LIST = {
    "search": str, "isRecursive": boolean, "isInDataset": boolean, "itemTypes": item_type,
    "includeOrgAccess": boolean, "order": order, "desc": boolean, "pageToken": str, "pageSize": page_size,
    "signUrls": boolean, "includeClientMetadata": boolean, "clientMetadataAsSignedUrl": boolean,
}  # fmt: skip
FOLDER_LIST = {
    "search": str, "isRecursive": boolean, "datasetSynced": boolean, "includeOrgAccess": boolean,
    "organisationTagNamesAllof": str, "order": order, "desc": boolean, "pageToken": str, "pageSize": page_size,
}  # fmt: skip
REPEATED = {"itemTypes", "organisationTagNamesAllof", "uuids"}
PATCH_KEYS = {
    "name", "description", "clientMetadata", "timeseriesSettings", "sceneViewSettings", "sceneLayout",
}  # fmt: skip


def is_uuid(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(UUID, value) is not None


def body_of(body: Any, required: set[str], optional: set[str] = frozenset()) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise breaks(f"body is no object: {body!r}")
    if not required <= body.keys() <= required | set(optional):
        raise breaks(f"body keys {sorted(body)}")
    return body


def patch_of(body: Any) -> dict[str, Any]:
    patch = body_of(body, set(), PATCH_KEYS)
    if not patch:
        raise breaks("empty patch")
    if not isinstance(patch.get("clientMetadata", {}), dict):
        raise breaks("clientMetadata is no object")
    if not all(isinstance(patch.get(key, ""), str) for key in ("name", "description")):
        raise breaks("name or description is no text")
    return patch


class StrictServer:
    """An ASGI app with folders and items in dictionaries; `requests` holds what came in."""

    def __init__(self, public_key: Ed25519PublicKey | None = None, *, token: str | None = None) -> None:
        self.public_key = public_key
        self.token = token
        self.violations: list[str] = []
        self.requests: list[tuple[str, str, str, Any, dict[str, str]]] = []
        self.clients: set[Any] = set()
        self.folders: dict[str, dict[str, Any]] = {}
        self.items: dict[str, dict[str, Any]] = {}
        self.children: dict[str, list[str]] = {}
        self.media: dict[str, tuple[bytes, str]] = {}
        self.schema: dict[str, Any] | None = None
        self.page_limit = 1000
        self.omit: set[str] = set()
        self.compress = True

    # --- data

    def add_folder(self, name: str, parent: str | None = None) -> str:
        folder = str(uuid.uuid4())
        self.folders[folder] = {
            "uuid": folder, "parent": parent, "name": name, "description": "", "clientMetadata": None,
            "owner": "a@example.com", "createdAt": "2025-01-01T10:00:00Z",
            "lastEditedAt": "2025-01-02 11:00:00", "userRole": "admin", "syncedDatasetHash": None,
            "pathToRoot": [], "folderType": "generic",
        }  # fmt: skip
        return folder

    def add_item(self, folder: str, name: str, metadata: dict[str, Any] | None = None, **more: Any) -> str:
        item = str(uuid.uuid4())
        self.items[item] = {
            "uuid": item, "parent": folder, "itemType": "image", "name": name,
            "clientMetadata": json.dumps(metadata or {}), "owner": "a@example.com",
            "createdAt": "2025-01-01T10:00:00Z", "lastEditedAt": "2025-01-01T10:00:00Z",
            "backedDataUnitsCount": 1, "storageLocation": "encord", "integrationHash": None, "url": None,
            "signedUrl": None, "fileSize": 10, "mimeType": "image/png", "duration": None, "fps": None,
            "height": 4, "width": 4, "dicomInstanceUid": None, "dicomStudyUid": None, "dicomSeriesUid": None,
            "frameCount": None, "audioSampleRate": None, "audioBitDepth": None, "audioCodec": None,
            "audioNumChannels": None, **more,
        }  # fmt: skip
        return item

    # --- protocol

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", scope["type"]
        self.clients.add(scope["client"])
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        try:
            parsed = json.loads(body) if body else None
        except ValueError:
            parsed = body
        self.requests.append((scope["method"], path, query, parsed, headers))
        try:
            if path.startswith("/media/"):
                status, answer, kind = self._media(path, query, headers)
            else:
                self._authenticate(scope["method"], f"{path}?{query}" if query else path, headers, body)
                status, answer, kind = 200, self._answer(scope["method"], path, query, parsed, headers), None
        except RefusedError as refusal:
            if refusal.violation:
                self.violations.append(f"{scope['method']} {path}?{query}: {refusal.message}")
            status, answer, kind = refusal.status, {"message": refusal.message}, None
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        out = [(b"content-type", (kind or "application/json").encode())]
        if self.compress and "gzip" in headers.get("accept-encoding", ""):
            data = gzip.compress(data, 1)
            out.append((b"content-encoding", b"gzip"))
        out.append((b"content-length", str(len(data)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": out})
        await send({"type": "http.response.body", "body": data})

    def _authenticate(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        if not re.fullmatch(r"[0-9a-f]{32}/[0-9]+;o=1", headers.get("x-cloud-trace-context", "")):
            raise breaks(f"trace id {headers.get('x-cloud-trace-context')!r}")
        if self.token is not None:
            if headers.get("authorization") != f"Bearer {self.token}":
                raise RefusedError(401, "unknown token")
            return
        assert self.public_key is not None
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        if headers.get("content-digest") != digest:
            raise breaks("content digest")
        key_id = self.public_key.public_bytes_raw().hex()
        match = re.fullmatch(
            r'encord-sig=(\("@method" "@request-target" "content-digest"\);created=(\d+);keyid="([0-9a-f]{64})";'
            r'alg="ed25519")',
            headers.get("signature-input", ""),
        )
        signature = re.fullmatch(r"encord-sig=:([A-Za-z0-9+/]+=*):", headers.get("signature", ""))
        if match is None or signature is None:
            raise breaks("signature headers")
        if match[3] != key_id:
            raise RefusedError(401, "unknown key")
        if abs(int(match[2]) - time.time()) > 60:
            raise breaks("created")
        base = "\n".join(
            [
                f'"@method": {method}',
                f'"@request-target": {target}',
                f'"content-digest": {digest}',
                f'"@signature-params": {match[1]}',
            ]
        )
        try:
            self.public_key.verify(base64.b64decode(signature[1]), base.encode())
        except InvalidSignature:
            raise breaks("signature") from None

    def _params(self, query: str, known: dict[str, Callable[[str], Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
            if name not in known:
                raise breaks(f"unknown parameter {name}")
            parsed = known[name](value)
            if name in REPEATED:
                found.setdefault(name, []).append(parsed)
            elif name in found:
                raise breaks(f"{name} given twice")
            else:
                found[name] = parsed
        return found

    # --- answers

    def _answer(self, method: str, path: str, query: str, body: Any, headers: dict[str, str]) -> Any:
        if body is not None and headers.get("content-type") != "application/json":
            raise breaks(f"content type {headers.get('content-type')!r}")
        if method == "GET" and body is not None:
            raise breaks("GET with a body")
        prefix = "/v2/public/"
        if not path.startswith(prefix) or path.endswith("/"):
            raise breaks(f"path {path!r}")
        route = f"{method} {path.removeprefix(prefix)}"
        for pattern, handler in self._routes().items():
            match = re.fullmatch(pattern, route)
            if match:
                return handler(query, body, *match.groups())
        raise breaks(f"no such route: {route}")

    def _routes(self) -> dict[str, Callable[..., Any]]:
        return {
            "GET storage/folders": self._folder_list,
            "GET storage/search/folders": self._folder_list,
            f"GET storage/folders/({UUID})": self._folder,
            f"GET storage/folders/({UUID})/summary": self._summary,
            f"GET storage/folders/({UUID})/items": self._folder_items,
            "GET storage/search/items": self._search_items,
            f"GET storage/items/({UUID})": self._item,
            "POST storage/items/get-bulk": self._get_bulk,
            "PATCH storage/items/patch-bulk": self._patch_bulk,
            f"PATCH storage/folders/({UUID})/items/({UUID})": self._patch,
            f"GET storage/folders/({UUID})/items/({UUID})/child-items": self._child_items,
            "GET organisation/client-metadata-schema-v2": lambda query, body: self.schema,
            "POST organisation/client-metadata-schema-v2": self._save_schema,
        }

    def _page(self, entries: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
        size = min(params.get("pageSize", 100), self.page_limit)
        token = params.get("pageToken", "from-0")
        match = re.fullmatch(r"from-(\d+)", token)
        if match is None:
            raise breaks(f"pageToken {token!r}")
        start = int(match[1])
        more = f"from-{start + size}" if start + size < len(entries) else None
        return {"results": entries[start : start + size], "nextPageToken": more}

    def _shown(self, item: dict[str, Any], *, sign: bool = False, metadata: bool = True) -> dict[str, Any]:
        shown = dict(item)
        if sign and item["uuid"] in self.media:
            shown["signedUrl"] = f"http://encord.test/media/{item['uuid']}?sig=SECRET"
        if not metadata:
            shown["clientMetadata"] = "{}"
        return shown

    def _known_item(self, item: str) -> dict[str, Any]:
        if item not in self.items:
            raise RefusedError(403, "You do not have access to this item")
        return self.items[item]

    def _known_folder(self, folder: str) -> dict[str, Any]:
        if folder not in self.folders:
            raise RefusedError(403, "You do not have access to this folder")
        return self.folders[folder]

    def _folder_list(self, query: str, body: Any) -> Any:
        params = self._params(query, FOLDER_LIST)
        found = [f for f in self.folders.values() if params.get("search", "") in f["name"]]
        return self._page(sorted(found, key=lambda f: f["name"]), params)

    def _folder(self, query: str, body: Any, folder: str) -> Any:
        self._params(query, {})
        return self._known_folder(folder)

    def _summary(self, query: str, body: Any, folder: str) -> Any:
        self._params(query, {})
        self._known_folder(folder)
        files = sum(item["parent"] == folder for item in self.items.values())
        names = (
            "folders videos images imageGroups imageSequences dicomFiles dicomSeries niftis audios pdfs plainTexts "
            "tombstones uploadJobs"
        )
        return {"files": files, "totalSize": 1.5, **dict.fromkeys(names.split(), 0)}

    def _folder_items(self, query: str, body: Any, folder: str) -> Any:
        self._known_folder(folder)
        return self._list_items(query, [i for i in self.items.values() if i["parent"] == folder])

    def _search_items(self, query: str, body: Any) -> Any:
        if "search=" not in query and "itemTypes=" not in query:
            raise breaks("search or itemTypes required")
        return self._list_items(query, list(self.items.values()))

    def _list_items(self, query: str, items: list[dict[str, Any]]) -> Any:
        params = self._params(query, ITEM_LIST)
        kinds = params.get("itemTypes", ITEM_TYPES)
        found = [i for i in items if params.get("search", "") in i["name"] and i["itemType"] in kinds]
        found.sort(key=lambda i: (i["name"], i["uuid"]), reverse=params.get("desc", False))
        metadata = params.get("includeClientMetadata", True)
        return self._page([self._shown(i, metadata=metadata) for i in found], params)

    def _item(self, query: str, body: Any, item: str) -> Any:
        params = self._params(query, {"signUrl": boolean})
        if "signUrl" not in params:
            raise breaks("signUrl missing")
        return self._shown(self._known_item(item), sign=params["signUrl"])

    def _get_bulk(self, query: str, body: Any) -> Any:
        self._params(query, {})
        body_of(body, {"itemUuids", "signUrls"})
        uuids = body["itemUuids"]
        if not isinstance(uuids, list) or not uuids or len(uuids) > 1000 or not all(map(is_uuid, uuids)):
            raise breaks("itemUuids")
        if len(set(uuids)) < len(uuids):
            raise breaks("an item twice")
        if not isinstance(body["signUrls"], bool):
            raise breaks("signUrls")
        asked = [uuid for uuid in uuids if uuid not in self.omit]
        return {"results": [self._shown(self._known_item(item)) for item in asked], "nextPageToken": None}

    def _apply(self, item: str, patch: dict[str, Any]) -> dict[str, Any]:
        stored = self.items[item]
        for key, value in patch.items():
            stored[key] = json.dumps(value) if key == "clientMetadata" else value
        return self._shown(stored)

    def _patch_bulk(self, query: str, body: Any) -> Any:
        self._params(query, {})
        patches = body_of(body, {"itemPatches"})["itemPatches"]
        if not isinstance(patches, dict) or not patches or not all(map(is_uuid, patches)):
            raise breaks("itemPatches")
        checked = {item: patch_of(patch) for item, patch in patches.items()}
        for item in checked:
            self._known_item(item)
        written = [self._apply(item, patch) for item, patch in checked.items() if item not in self.omit]
        return {"results": written, "nextPageToken": None}

    def _patch(self, query: str, body: Any, folder: str, item: str) -> Any:
        self._params(query, {})
        patch = patch_of(body)
        if self._known_item(item)["parent"] != folder:
            raise breaks("item is not in this folder")
        return self._apply(item, patch)

    def _child_items(self, query: str, body: Any, folder: str, item: str) -> Any:
        params = self._params(query, {"signUrls": boolean, "pageToken": str})
        self._known_item(item)
        children = [self._shown(self.items[child]) for child in self.children.get(item, [])]
        return self._page(children, params)

    def _save_schema(self, query: str, body: Any) -> Any:
        self._params(query, {})
        if not isinstance(body, dict) or not all(isinstance(v, dict) and "ty" in v for v in body.values()):
            raise breaks("schema")
        self.schema = body

    def _media(self, path: str, query: str, headers: dict[str, str]) -> tuple[int, bytes, str]:
        forbidden = {"authorization", "signature", "signature-input", "content-digest"} & headers.keys()
        if forbidden:
            raise breaks(f"media asked for with {sorted(forbidden)}")
        item = path.removeprefix("/media/")
        if item not in self.media or query != "sig=SECRET":
            return 403, b"<Error>AccessDenied SECRET</Error>", "application/xml"
        data, kind = self.media[item]
        return 200, data, kind
