"""Keys, a strict server and a client that talks to it in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from encord_widgets.api.credentials import SshCredentials
from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.http import HttpClient, RetryPolicy

from .strict_index import StrictIndex

NO_WAIT = RetryPolicy(attempts=4, total_seconds=30, wait_initial=0, wait_max=0, wait_jitter=0)
DOMAIN = "http://encord.test"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def key_text(private_key: Ed25519PrivateKey) -> str:
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


@pytest.fixture
def server(private_key: Ed25519PrivateKey) -> Iterator[StrictIndex]:
    strict = StrictIndex(private_key.public_key())
    yield strict
    assert strict.violations == []


@pytest.fixture
async def http(server: StrictIndex, key_text: str) -> AsyncIterator[HttpClient]:
    client = HttpClient(
        SshCredentials.from_text(key_text),
        DOMAIN,
        transport=httpx.ASGITransport(app=server),
        retry=NO_WAIT,
    )
    yield client
    await client.aclose()


@pytest.fixture
def api(http: HttpClient) -> EncordApi:
    return EncordApi(http)
