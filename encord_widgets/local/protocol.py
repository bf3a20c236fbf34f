"""HTTP over TCP with connections that the app can cut."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from functools import partial
from typing import cast

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from encord_widgets.local.cutting import CUT

__all__ = ["CuttableProtocol"]

# Switched on, with no time to linger: closing drops what is unsent and resets the connection.
_AT_ONCE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class CuttableProtocol(H11Protocol):
    """uvicorn's protocol, with the ASGI extension `cutting.CUT`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the app the means to cut this connection."""
        super().connection_made(transport)
        inner = self.app
        cut = partial(_cut, transport)

        async def app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            cast(dict[str, object], scope)["extensions"] = {CUT: cut}
            await inner(scope, receive, send)

        self.app = app


def _cut(transport: asyncio.Transport, reset: bool) -> None:  # noqa: FBT001 (an ASGI extension has no keywords)
    if reset:
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()
    else:
        transport.close()  # what was written goes out first
