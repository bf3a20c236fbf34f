"""The embedded Encord as an ASGI app: Encord's addresses, error bodies and headers."""

from __future__ import annotations

import asyncio
import re
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from encord_widgets.local.access import Access, UrlSigner
from encord_widgets.local.call import Call, as_uuid
from encord_widgets.local.dataset_calls import DatasetCalls, LegacyCalls, legacy_refusal
from encord_widgets.local.folder_calls import FolderCalls, SchemaCalls
from encord_widgets.local.index_calls import CollectionCalls, PresetCalls
from encord_widgets.local.injector import Injector, Turn
from encord_widgets.local.item_calls import ItemCalls
from encord_widgets.local.jsontext import encode
from encord_widgets.local.media import Media
from encord_widgets.local.refusal import ExpiredError, RefusedError
from encord_widgets.local.store import Store

__all__ = ["build_app"]

Handler = Callable[[Call], bytes]
Endpoint = Callable[[Request], Awaitable[Response]]
SignedEndpoint = Callable[[Request, str], Awaitable[Response]]

_MAX_BODY = 256 * 1024 * 1024
_NAMED_IN_HEADERS = ("resource_type", "resource_id")
_TRACE = re.compile(r"[\w.:=;/+-]{1,200}")


def build_app(
    store: Store,
    access: Access,
    signer: UrlSigner,
    worker: Executor,
    *,
    latency_ms: float = 0,
    leave_out_unknown: bool = False,
    injector: Injector | None = None,
) -> Starlette:
    """The app.

    Args:
        store: What there is.
        access: Who may ask.
        signer: Makes and checks signed URLs.
        worker: One thread in which requests are answered, one after the other.
        latency_ms: Every answer is held back for so long; requests do not wait for each other.
        leave_out_unknown: Bulk calls leave out unknown items instead of answering 403.
        injector: Lets faults befall the requests; None is none.
    """
    faults = injector or Injector(store)
    items = ItemCalls(store, signer, leave_out_unknown=leave_out_unknown)
    folders = FolderCalls(store)
    schema = SchemaCalls(store, access)
    collections = CollectionCalls(store, items)
    presets = PresetCalls(store)
    collection, preset = "index/collections/{collection}", "index/presets/{preset}"
    datasets, legacy = DatasetCalls(store), LegacyCalls(store, items, signer)
    folder, item = "storage/folders/{folder}", "storage/folders/{folder}/items/{item}"
    # Fixed addresses stand before those with a uuid in the same place.
    calls: list[tuple[str, str, Handler]] = [
        ("GET", "storage/folders", folders.list_root),
        ("POST", "storage/folders", folders.create),
        ("PATCH", "storage/folders/patch-bulk", folders.patch_bulk),
        ("GET", "storage/search/folders", folders.search),
        ("GET", "storage/search/items", items.search),
        ("POST", "storage/items/get-bulk", items.get_bulk),
        ("PATCH", "storage/items/patch-bulk", items.patch_bulk),
        ("GET", "storage/items/{item}", items.get),
        ("GET", folder, folders.get),
        ("PATCH", folder, folders.patch),
        ("DELETE", folder, folders.delete),
        ("GET", f"{folder}/folders", folders.list_subfolders),
        ("GET", f"{folder}/summary", folders.summary),
        ("GET", f"{folder}/folder-config", folders.get_config),
        ("POST", f"{folder}/folder-config", folders.set_config),
        ("GET", f"{folder}/items", items.list_folder),
        ("POST", f"{folder}/items/delete", items.delete),
        ("PATCH", item, items.patch),
        ("GET", f"{item}/child-items", items.children),
        ("GET", f"{item}/summary", items.summary),
        ("GET", "organisation/client-metadata-schema-v2", schema.get),
        ("POST", "organisation/client-metadata-schema-v2", schema.save),
        ("GET", "organisation/client-metadata-schema", schema.get_legacy),
        ("POST", "organisation/client-metadata-schema", schema.save_legacy),
        ("GET", "user/bearer-token", schema.bearer_token),
        ("GET", "index/collections", collections.list_collections),
        ("POST", "index/collections", collections.create),
        ("PATCH", collection, collections.patch),
        ("DELETE", collection, collections.delete),
        ("GET", f"{collection}/accessible-items", collections.accessible_items),
        ("GET", f"{collection}/all-items", collections.all_items),
        ("POST", f"{collection}/add-items", collections.add_items),
        ("POST", f"{collection}/remove-items", collections.remove_items),
        ("POST", f"{collection}/add-data-title-items", collections.add_titles),
        ("POST", f"{collection}/add-preset-items", collections.add_preset),
        ("POST", f"{collection}/remove-preset-items", collections.remove_preset),
        ("POST", "datasets", datasets.create),
        ("GET", "datasets/list", datasets.list_datasets),
        ("GET", "index/presets", presets.list_presets),
        ("POST", "index/presets", presets.create),
        ("GET", preset, presets.get),
        ("PATCH", preset, presets.patch),
        ("DELETE", preset, presets.delete),
    ]
    delay = latency_ms / 1000
    routes = [
        Route(f"/v2/public/{path}", _endpoint(handler, access, delay, faults, worker), methods=[method])
        for method, path, handler in calls
    ]
    media = Media()
    routes += [
        Route(
            "/public", _endpoint(legacy.answer, access, delay, faults, worker, legacy=True), methods=["POST"]
        ),
        Route("/signed/media/{item}", _signed(_media(store, media), signer, delay, faults)),
        Route("/signed/metadata/{item}", _signed(_metadata(store), signer, delay, faults)),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: _http_error,
            RefusedError: _refused,
            sqlite3.OperationalError: _busy,
            Exception: _refused,  # a mistake of this server's: 500, and the trace goes to its log
        },
    )
    app.router.redirect_slashes = False
    return app


def _endpoint(
    handler: Handler,
    access: Access,
    delay: float,
    faults: Injector,
    worker: Executor,
    *,
    legacy: bool = False,
) -> Endpoint:
    async def answer(request: Request) -> Response:
        body = await _body(request)
        turn = _turn(faults, request, body)
        response = None if turn is None else turn.refusal()
        if turn is None:
            # One thread for all: nothing comes between the reads and writes of a call, and while it writes a bundle,
            # other answers leave and other bodies arrive.
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(worker, respond, request, body, None)
        elif response is None:
            response = turn.answer(respond(request, body, turn))  # at once: faults are drawn in a fixed order
            await asyncio.sleep(turn.pause())
        if delay:
            await asyncio.sleep(delay)
        return response

    def respond(request: Request, body: bytes, turn: Turn | None) -> Response:
        try:
            path = request.path_params
            if legacy:
                actor = access.identify_legacy(request.headers, body)
                path = {name: request.headers.get(name.replace("_", ""), "") for name in _NAMED_IN_HEADERS}
            else:
                actor = access.identify(request.method, _target(request), request.headers, body)
            call = Call(
                path,
                request.query_params,
                body,
                actor,
                _request_id(request),
                str(request.base_url).rstrip("/"),
            )
            return _json(request, handler(call) if turn is None else turn.run(handler, call))
        except RefusedError as error:
            return (
                _json(request, legacy_refusal(error.status, error.message))
                if legacy
                else _refused(request, error)
            )

    return answer


def _turn(faults: Injector, request: Request, body: bytes = b"") -> Turn | None:
    return faults.turn(request.method, request.scope["path"], lambda: _request_id(request), body)


async def _body(request: Request) -> bytes:
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _MAX_BODY:
            raise RefusedError(413, f"The body is larger than {_MAX_BODY} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


def _target(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (raw + b"?" + query if query else raw).decode("latin-1")


def _request_id(request: Request) -> str:
    for name in ("x-cloud-trace-context", "x-request-id"):
        given: str = request.headers.get(name, "")
        if _TRACE.fullmatch(given):
            return given.partition("/")[0]
    # Made once, so that the answer's header and the audit log agree.
    made: str = request.scope.setdefault("request_id", secrets.token_hex(16))
    return made


def _json(request: Request, body: bytes, status: int = 200) -> Response:
    headers = {"x-request-id": _request_id(request)}
    trace = request.headers.get("x-cloud-trace-context", "")
    if _TRACE.fullmatch(trace):
        headers["x-cloud-trace-context"] = trace
    return Response(body, status, headers, media_type="application/json")


def _refused(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, RefusedError) else 500
    message = error.message if isinstance(error, RefusedError) else "Internal error."
    return _json(request, orjson.dumps({"message": message}), status)


def _http_error(request: Request, error: Exception) -> Response:
    status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    return _json(request, orjson.dumps({"message": detail}), status)


def _busy(request: Request, error: Exception) -> Response:
    if "locked" not in str(error) and "busy" not in str(error):
        raise error
    response = _json(request, orjson.dumps({"message": "The database is busy. Try again."}), 503)
    response.headers["retry-after"] = "1"
    return response


def _signed(endpoint: SignedEndpoint, signer: UrlSigner, delay: float, faults: Injector) -> Endpoint:
    async def answer(request: Request) -> Response:
        turn = _turn(faults, request)
        response = None if turn is None else turn.refusal()
        if response is None:
            item = as_uuid(request.path_params["item"], "item")
            try:
                signer.check(request.scope["path"], request.query_params)
            except ExpiredError:
                if turn is not None:
                    turn.expired(item)
                raise
            response = await endpoint(request, item)
            if turn is not None:
                response = turn.answer(response)
                await asyncio.sleep(turn.pause())
        if delay:
            await asyncio.sleep(delay)
        return response

    return answer


def _metadata(store: Store) -> SignedEndpoint:
    async def answer(request: Request, item: str) -> Response:
        try:
            return _json(request, encode(store.metadata(item)))
        except KeyError:
            raise RefusedError(404, "The item is gone.") from None

    return answer


def _media(store: Store, media: Media) -> SignedEndpoint:
    async def answer(request: Request, item: str) -> Response:
        place = store.items.place(item)
        if place is None:
            raise RefusedError(404, "The item is gone.")
        fields = store.item_fields(item)
        # Drawing takes up to some tenths of a second: not in the event loop.
        content, mime = await run_in_threadpool(media.get, fields, place[3])
        return _part(request, content, mime)

    return answer


_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def _part(request: Request, content: bytes, mime: str) -> Response:
    headers = {
        "accept-ranges": "bytes",
        "access-control-allow-origin": "*",  # a notebook page has another origin; the signature is the permission
        "cache-control": "private, max-age=3600",
        "x-content-type-options": "nosniff",
    }
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None or wanted.groups() == ("", ""):
        return Response(content, 200, headers, media_type=mime)
    first, last = wanted.groups()
    size = len(content)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or end < start:
        headers["content-range"] = f"bytes */{size}"
        return Response(b"", 416, headers)
    headers["content-range"] = f"bytes {start}-{end}/{size}"
    return Response(content[start : end + 1], 206, headers, media_type=mime)
