"""Connections that break off instead of answering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ["CUT", "CutResponse", "How"]

How = Literal["reset", "close", "half"]
"""The connection is reset, closed without an answer, or closed in the middle of the answer."""

CUT = "encord_widgets.cut"
"""Name of the ASGI extension with which a server lets the app cut the connection; it takes True for a reset."""

_SEEN_AS: dict[How, ConnectionError] = {
    "reset": ConnectionResetError("Connection reset by peer"),
    "close": ConnectionAbortedError("Server disconnected without sending a response."),
    "half": ConnectionAbortedError("peer closed connection without sending complete message body"),
}


class CutResponse(Response):
    """No answer, or half of one, and the connection is gone.

    Over TCP the server cuts it. In this process there is none: what a client would meet is raised,
    `ConnectionResetError` or `ConnectionAbortedError`.

    Args:
        how: How it ends.
        whole: The answer of which `half` sends a half.
    """

    def __init__(self, how: How, whole: Response | None = None) -> None:
        super().__init__()
        self._whole = whole if how == "half" and whole is not None and whole.body else None
        self._how: How = "close" if how == "half" and self._whole is None else how

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut the connection."""
        cut: Callable[[bool], None] | None = scope.get("extensions", {}).get(CUT)
        if cut is None:
            error = _SEEN_AS[self._how]
            raise type(error)(*error.args)
        if self._whole is not None:
            headers = self._whole.raw_headers  # with the length of the whole
            await send({"type": "http.response.start", "status": self._whole.status_code, "headers": headers})
            half = bytes(self._whole.body[: len(self._whole.body) // 2])
            await send({"type": "http.response.body", "body": half, "more_body": True})
        cut(self._how == "reset")
        while (await receive())["type"] != "http.disconnect":
            pass  # until the server knows that it is gone, or it would answer 500 for us
