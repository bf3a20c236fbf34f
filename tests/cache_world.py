"""A server whose folder is opened by one kernel after the other, over one cache folder."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager

import anyio.to_thread

from encord_widgets.api.credentials import BearerCredentials
from encord_widgets.api.http import HttpClient
from encord_widgets.client import Client
from encord_widgets.item_cache import ClientCache
from tests.schema_world import ONCE, Line, World

METADATA = [
    {"weather": "rain", "lux": 1, "box": {"x": [1, 2.0]}},
    {"weather": "fog", "lux": None, "id": 2**70},
    {"weather": "fog", "ok": True},
    {},
]
NAME = "encord.embedded test"
LISTING = "/items"


class HeldUp(Line):
    """A line that holds the listing of items up, so that what is shown before it is there can be looked at."""

    def __init__(self, app):
        super().__init__(app)
        self.go = threading.Event()
        self.reached = threading.Event()

    async def handle_async_request(self, request):
        if request.url.path.endswith(LISTING):
            self.reached.set()
            await anyio.to_thread.run_sync(self.go.wait, 30)
        return await super().handle_async_request(request)


class CacheWorld(World):
    """One server with one folder, and kernels that come and go."""

    @contextmanager
    def kernel(self, *, name=NAME, enabled=True, most_bytes=10**9, line=None, **trouble):
        token = secrets.token_urlsafe(8)
        self.server.register_token(token)
        transport = line or Line(self.server.app, **trouble)
        http = HttpClient(BearerCredentials(token), "http://encord.embedded", transport=transport, retry=ONCE)
        cache = ClientCache(name, enabled=enabled, most_bytes=most_bytes)
        with Client(http, title="test", journal=name, cache=cache) as client:
            yield client

    def visit(self, **kernel):
        """A kernel that opens the folder, reads it to its end and is gone."""
        with self.kernel(**kernel) as client:
            return client.folder(self.folder).wait().frame

    @contextmanager
    def held_up(self, **kernel):
        """A kernel that shows the folder from the cache and waits for the server; and what lets it go on."""
        line = HeldUp(self.server.app)
        with self.kernel(line=line, **kernel) as client:
            try:
                items = client.folder(self.folder)
                assert line.reached.wait(30)
                yield items, line.go
            finally:
                line.go.set()


def in_view(items):
    """Metadata of the items in view, in their order, without waiting for anything."""
    with items.lock:
        table = items.table
        return {table.uuids[row]: table.metadata(row) for row in items.order().tolist()}


@contextmanager
def cache_world():
    made = CacheWorld(METADATA, {})
    try:
        yield made
    finally:
        made.close()
