"""An embedded Encord with one small folder, a second pair of hands, and a line that breaks at a given request."""

from __future__ import annotations

import secrets
from contextlib import contextmanager

import httpx

from encord_widgets.api.credentials import BearerCredentials
from encord_widgets.api.http import HttpClient, RetryPolicy
from encord_widgets.api.in_process import InProcessTransport
from encord_widgets.client import Client
from encord_widgets.local import EmbeddedEncord

ONCE = RetryPolicy(attempts=1, wait_initial=0, wait_max=0, wait_jitter=0)


class Line(httpx.AsyncBaseTransport):
    """The way to the server. From a given request on it is down; that request may still arrive.

    `between` is called with the number of each request before it is sent.
    """

    def __init__(self, app, *, down_from=None, arrives=False, between=None):
        self._inner = InProcessTransport(app)
        self._down_from = down_from
        self._arrives = arrives
        self.between = between
        self.requests = []

    async def handle_async_request(self, request):
        number = len(self.requests)
        self.requests.append((request.method, request.url.path))
        if self.between is not None:
            self.between(number, request)
        if self._down_from is not None and number >= self._down_from:
            if self._arrives and number == self._down_from:
                response = await self._inner.handle_async_request(request)
                await response.aread()
            raise httpx.ReadError("the line is down", request=request)
        return await self._inner.handle_async_request(request)


class World:
    """One server with one folder."""

    def __init__(self, metadata, schema):
        self.server = EmbeddedEncord(items=0)
        self.store = self.server.store
        self.store.set_schema(schema)
        self.folder = self.store.add_folder("Streets")
        self.uuids = [self.store.add_item(self.folder, f"{n}.png", one) for n, one in enumerate(metadata)]

    @contextmanager
    def client(self, **line):
        token = secrets.token_urlsafe(8)
        self.server.register_token(token)
        transport = Line(self.server.app, **line)
        http = HttpClient(BearerCredentials(token), "http://encord.embedded", transport=transport, retry=ONCE)
        with Client(http, title="test") as client:
            client.line = transport
            yield client

    @property
    def metadata(self):
        return [self.store.metadata(uuid) for uuid in self.uuids]

    @property
    def schema(self):
        return self.store.schema()

    def rival(self, **types):
        self.store.set_schema({**(self.store.schema() or {}), **types}, actor="rival")

    def close(self):
        self.server.close()


@contextmanager
def world(metadata, schema):
    made = World(metadata, schema)
    try:
        yield made
    finally:
        made.close()
