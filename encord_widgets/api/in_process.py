"""A server in this process, asked as if it were behind a network."""

from __future__ import annotations

from typing import Any

import httpx

__all__ = ["InProcessTransport"]


class InProcessTransport(httpx.AsyncBaseTransport):
    """Sends requests to an ASGI app. What a client meets on a network it meets here too.

    A crash of the app is an answer 500, and a `ConnectionError` that it raises is a connection that was cut: the error
    that httpx has for it.

    Args:
        app: The ASGI app.

    Example:
        >>> httpx.AsyncClient(transport=InProcessTransport(app), base_url="http://here")  # doctest: +SKIP
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        cut: list[ConnectionError] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            try:
                await self._app(scope, receive, send)
            except ConnectionError as error:
                cut.append(error)
                raise

        response = await httpx.ASGITransport(app, raise_app_exceptions=False).handle_async_request(request)
        for error in cut:
            kind = httpx.ReadError if isinstance(error, ConnectionResetError) else httpx.RemoteProtocolError
            raise kind(str(error), request=request)
        return response
