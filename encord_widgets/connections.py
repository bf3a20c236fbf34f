"""Ways to a client: Encord itself, or the embedded one."""

from __future__ import annotations

import secrets
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from encord_widgets.api.credentials import (
    BearerCredentials,
    Credentials,
    credentials_from,
    find_credentials,
)
from encord_widgets.api.errors import EU_DOMAIN
from encord_widgets.api.http import HttpClient
from encord_widgets.client import Client
from encord_widgets.item_cache import ClientCache

if TYPE_CHECKING:
    import httpx

    from encord_widgets.local.faults import Faults

__all__ = ["connect", "demo"]

_DEMO_DOMAIN: Final = "http://encord.embedded"


def connect(
    user_client: object = None,
    *,
    ssh_private_key_path: str | PathLike[str] | None = None,
    ssh_private_key: str | None = None,
    password: str | None = None,
    bearer_token: str | None = None,
    domain: str | None = None,
    cache: bool = True,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Client:
    """Connect to Encord. Nothing is sent before the first question.

    Credentials come from the first of: `user_client`, `ssh_private_key_path`, `ssh_private_key`, `bearer_token`, the
    environment variables `ENCORD_SSH_KEY_FILE` (a path) and `ENCORD_SSH_KEY` (the text of a key).

    Args:
        user_client: An `EncordUserClient` of Encord's SDK, or an object that it handed out, such as a StorageFolder;
            its credentials and domain are reused.
        ssh_private_key_path: File of an Ed25519 key in OpenSSH format.
        ssh_private_key: Text of such a key.
        password: Password of an encrypted key.
        bearer_token: Token to send instead of signing with a key.
        domain: Address of the server, https://api.encord.com unless given; https://api.us.encord.com for the US.
        cache: Whether the tables of sources are kept in the user's cache folder, so that opening one again shows it at
            once while it is read. With a bearer token none are kept: it does not say whose it is.
        transport: Another way to send, for tests and proxies.

    Returns:
        The client.

    Raises:
        CredentialsError: If there are no usable credentials; it says which were tried and why.

    Example:
        >>> import encord_widgets as ew
        >>> client = ew.connect(bearer_token="...", domain="https://api.us.encord.com")
        >>> client
        <Client: https://api.us.encord.com>
        >>> client.close()
    """
    credentials: Credentials
    home = EU_DOMAIN
    if user_client is not None:
        credentials, home = credentials_from(user_client)
    else:
        credentials = find_credentials(
            ssh_private_key_path=ssh_private_key_path,
            ssh_private_key=ssh_private_key,
            password=password,
            bearer_token=bearer_token,
        )
    http = HttpClient(credentials, domain or home, transport=transport)
    server, key = urlsplit(http.domain).netloc, getattr(credentials, "public_key_hex", "")[:16]
    tables = ClientCache(f"{server} {key}" if key else None, enabled=cache)
    return Client(http, title=http.domain, journal=f"{server} {key or 'bearer'}", cache=tables)


def demo(
    path: str | PathLike[str] | None = None,
    *,
    items: int = 500,
    latency_ms: float = 0,
    faults: Faults | str | None = None,
) -> Client:
    """Connect to an embedded Encord with sample data, in this process; works offline.

    Args:
        path: SQLite file that keeps it; without one it is gone when the client is closed.
        items: Number of items in its sample folder, when it is made.
        latency_ms: Time in milliseconds by which every answer is delayed.
        faults: What goes wrong on purpose, to practise on: `encord_widgets.local.Faults`, or text such as
            `"503=0.1,reset_after=0.05,rival=0.2,seed=4"`.

    Returns:
        The client.

    Raises:
        ValueError: If the file cannot be opened or is something else's, or the faults are not understood.

    Example:
        >>> import encord_widgets as ew
        >>> client = ew.demo(items=20)
        >>> "Street scenes" in [folder.name for folder in client.folders()]
        True
        >>> client.close()
    """
    from encord_widgets.api.in_process import InProcessTransport
    from encord_widgets.local import EmbeddedEncord

    database = None if path is None else Path(path)
    server = EmbeddedEncord(database, items=items, latency_ms=latency_ms, faults=faults)
    token = secrets.token_urlsafe(32)
    server.register_token(token)
    http = HttpClient(BearerCredentials(token), _DEMO_DOMAIN, transport=InProcessTransport(server.app))
    # Without a file the server ends with this process, and nothing staged on it or read from it can outlive it.
    name = (
        None if database is None else f"embedded {sha256(str(database.resolve()).encode()).hexdigest()[:16]}"
    )
    return Client(
        http,
        title="embedded Encord",
        in_process=True,
        on_close=server.close,
        journal=name,
        cache=ClientCache(name),
    )
