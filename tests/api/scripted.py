"""A client whose server answers by a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from encord_widgets.api.credentials import BearerCredentials, SshCredentials
from encord_widgets.api.http import HttpClient, RetryPolicy

from .conftest import DOMAIN, NO_WAIT

ITEM = "8ad5c1e0-0000-4000-8000-000000000001"
Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script(httpx.AsyncBaseTransport):
    """Answers one step after the other; the last one for ever."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        if callable(step):
            return step(request)
        return httpx.Response(step.status_code, headers=step.headers, content=step.content)


def client(*steps: Step, key: str = "", retry: RetryPolicy = NO_WAIT, **options: Any) -> HttpClient:
    credentials = SshCredentials.from_text(key) if key else BearerCredentials("TOKEN-SECRET")
    return HttpClient(
        credentials, options.pop("domain", DOMAIN), transport=Script(*steps), retry=retry, **options
    )


def sent(http: HttpClient) -> list[httpx.Request]:
    transport = http._transport
    assert isinstance(transport, Script)
    return transport.requests


OK = httpx.Response(200, json={"ok": True})
