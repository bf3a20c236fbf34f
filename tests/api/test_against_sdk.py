"""The requests of the official SDK and ours for the same job, side by side, at one strict server over real sockets.

Allowed differences, and no others:

- headers that say who asks and how the bytes travel (`ALLOWED_HEADERS`), and the values of trace id and signature;
- `pageSize`: the SDK asks for 100 folders or items unless told, we ask for 1000;
- the spelling of the JSON body: blanks and escapes of non-ASCII text;
- requests that we save: a folder before a listing that is known by its uuid.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qsl

import anyio.to_thread
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from encord_widgets.api.credentials import BearerCredentials, SshCredentials, credentials_from
from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.http import HttpClient

from .conftest import NO_WAIT
from .sdk import Bundle, RequestsSettings, StorageItemType, encord
from .strict_server import StrictServer

pytestmark = pytest.mark.anyio

ALLOWED_HEADERS = {"accept", "accept-encoding", "connection", "content-length", "user-agent"}
LEGACY_HEADERS = {"authorization", "host", "x-cloud-trace-context"}
SIGNED_HEADERS = {"content-digest", "host", "signature", "signature-input", "x-cloud-trace-context"}


@pytest.fixture
def domain(server: StrictServer) -> Iterator[str]:
    config = uvicorn.Config(server, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="none")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join()


@pytest.fixture
def sdk(domain: str, key_text: str) -> encord.EncordUserClient:
    settings = RequestsSettings(max_retries=0, connection_retries=0)
    return encord.EncordUserClient.create_with_ssh_private_key(
        key_text, domain=domain, requests_settings=settings
    )


@pytest.fixture
async def ours(domain: str, key_text: str) -> AsyncIterator[EncordApi]:
    http = HttpClient(SshCredentials.from_text(key_text), domain, retry=NO_WAIT)
    yield EncordApi(http)
    await http.aclose()


class Recorded:
    """Runs both sides and compares what arrived."""

    def __init__(self, server: StrictServer) -> None:
        self.server = server

    async def sdk(self, job):  # type: ignore[no-untyped-def]
        return await anyio.to_thread.run_sync(job)

    def take(self) -> list[tuple[str, str, dict[str, list[str]], object, dict[str, str]]]:
        taken = []
        for method, path, query, body, headers in self.server.requests:
            params: dict[str, list[str]] = {}
            for name, value in parse_qsl(query, keep_blank_values=True):
                params.setdefault(name, []).append(value)
            if "pageSize" in params:
                assert params.pop("pageSize") in (["100"], ["1000"])
            taken.append((method, path, params, body, headers))
        self.server.requests.clear()
        return taken


def assert_same(theirs: list, mine: list, *, legacy: bool = False) -> None:  # type: ignore[type-arg]
    assert [request[:4] for request in mine] == [request[:4] for request in theirs]
    for their, my in zip(theirs, mine, strict=True):
        different = {name for name in their[4].keys() | my[4].keys() if their[4].get(name) != my[4].get(name)}
        signed = LEGACY_HEADERS if legacy and my[1] == "/public" else SIGNED_HEADERS
        assert different <= ALLOWED_HEADERS | signed
        assert my[4].keys() >= signed
        assert my[4]["user-agent"].startswith("encord-widgets/")


@pytest.fixture
def recorded(server: StrictServer) -> Recorded:
    return Recorded(server)


async def test_folder(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictServer, recorded: Recorded
) -> None:
    uuid = server.add_folder("Drives")
    folder = await recorded.sdk(lambda: sdk.get_storage_folder(uuid))
    theirs = recorded.take()
    found = await ours.folder(uuid)
    assert_same(theirs, recorded.take())
    assert (found.uuid, found.name, found.last_edited_at) == (
        str(folder.uuid),
        folder.name,
        folder._orm_folder.last_edited_at,
    )


async def test_folders(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictServer, recorded: Recorded
) -> None:
    for number in range(5):
        server.add_folder(f"ä folder {number}")
    server.page_limit = 2
    await recorded.sdk(lambda: list(sdk.find_storage_folders(search="ä f&")))
    await recorded.sdk(lambda: list(sdk.find_storage_folders()))
    await recorded.sdk(lambda: list(sdk.list_storage_folders(search="1")))
    theirs = recorded.take()
    await ours.folders("ä f&")
    await ours.folders()
    await ours.folders("1", recursive=False)
    assert_same(theirs, recorded.take())


async def test_list_items(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictServer, recorded: Recorded
) -> None:
    uuid = server.add_folder("Drives")
    for number in range(5):
        server.add_item(uuid, f"{number} ü+&.png", {"n": number})
    server.page_limit = 2
    folder = await recorded.sdk(lambda: sdk.get_storage_folder(uuid))
    recorded.take()
    kinds = [StorageItemType.IMAGE, StorageItemType.IMAGE_GROUP]
    listed = await recorded.sdk(lambda: list(folder.list_items()))
    await recorded.sdk(lambda: list(folder.list_items(desc=True, search="ü+&", item_types=kinds)))
    theirs = recorded.take()

    found = []
    for options in ({}, {"descending": True, "search": "ü+&", "item_types": ["image", "imageGroup"]}):
        token = None
        while True:
            page = await ours.page(uuid, token=token, **options)  # type: ignore[arg-type]
            found += page.batch.metadata
            token = page.next_token
            if token is None:
                break
    assert_same(theirs, recorded.take())
    assert found[:5] == [item.client_metadata for item in listed]


async def test_items_and_patches(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictServer, recorded: Recorded
) -> None:
    uuid = server.add_folder("Drives")
    uuids = [server.add_item(uuid, str(number)) for number in range(3)]
    metadata = {"text": "é 😀", "none": None, "list": [1, 2.5, True], "$encord": {"frames": {"0": {}}}}

    def job() -> None:
        items = sdk.get_storage_items(uuids)
        sdk.get_storage_item(uuids[0])
        with Bundle() as bundle:
            for item in items:
                item.update(client_metadata=metadata, bundle=bundle)
        items[0].update(client_metadata={}, name="other", description="")

    await recorded.sdk(job)
    theirs = recorded.take()
    await ours.items(uuids)
    await ours.item(uuids[0])
    await ours.patch_metadata(dict.fromkeys(uuids, metadata))
    await ours.patch_item(uuid, uuids[0], metadata={}, name="other", description="")
    assert_same(theirs, recorded.take())


async def test_summary_children_signed_url(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictServer, recorded: Recorded
) -> None:
    uuid = server.add_folder("Drives")
    group = server.add_item(uuid, "group", itemType="imageGroup")
    server.children[group] = [server.add_item(uuid, "frame")]
    server.media[group] = (b"picture", "image/png")

    def job() -> None:
        sdk.get_storage_folder(uuid).get_summary()
        sdk.get_storage_item(group).get_child_items()
        sdk.get_storage_item(group, sign_url=True)

    await recorded.sdk(job)
    theirs = [request for request in recorded.take() if request[1] != f"/v2/public/storage/folders/{uuid}"]
    theirs = [
        request for request in theirs if request[2] != {"signUrl": ["False"]}
    ]  # known by uuid and parent
    await ours.folder_summary(uuid)
    await ours.child_items(group, uuid)
    await ours.signed_url(group)
    assert_same(theirs, recorded.take())


async def test_schema(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictServer, recorded: Recorded
) -> None:
    def job() -> None:
        schema = sdk.metadata_schema()
        schema.add_scalar("lux", data_type="number")
        schema.add_enum("weather", values=["rain", "fog"])
        schema.save()

    await recorded.sdk(job)
    theirs = recorded.take()
    saved = server.schema
    server.schema = None
    assert await ours.schema() is None
    assert saved is not None
    await ours.save_schema(saved)
    assert_same(theirs, recorded.take())


async def test_bearer_token(domain: str, server: StrictServer, recorded: Recorded) -> None:
    server.token = "TOKEN"
    uuid = server.add_folder("Drives")
    sdk = encord.EncordUserClient.create_with_bearer_token("TOKEN", domain=domain)
    await recorded.sdk(lambda: sdk.get_storage_folder(uuid))
    [theirs] = recorded.take()
    http = HttpClient(BearerCredentials("TOKEN"), domain, retry=NO_WAIT)
    await EncordApi(http).folder(uuid)
    await http.aclose()
    [mine] = recorded.take()
    assert mine[:4] == theirs[:4]
    assert mine[4]["authorization"] == theirs[4]["authorization"] == "Bearer TOKEN"


async def test_a_connection_taken_over_works(
    sdk: encord.EncordUserClient, domain: str, server: StrictServer, private_key: Ed25519PrivateKey
) -> None:
    uuid = server.add_folder("Drives")
    folder = await anyio.to_thread.run_sync(sdk.get_storage_folder, uuid)
    credentials, found_domain = credentials_from(folder)
    assert found_domain == domain
    http = HttpClient(credentials, found_domain, retry=NO_WAIT)
    assert (await EncordApi(http).folder(uuid)).name == "Drives"
    await http.aclose()


async def test_connections_are_kept(ours: EncordApi, server: StrictServer) -> None:
    uuid = server.add_folder("Drives")
    for _ in range(20):
        await ours.folder(uuid)
    assert len(server.clients) == 1


async def test_nobody_listens() -> None:
    import socket

    from encord_widgets.api.errors import ConnectionFailedError

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    http = HttpClient(BearerCredentials("TOKEN"), address, retry=NO_WAIT)
    with pytest.raises(ConnectionFailedError, match=f"{address} refused the connection or cannot be reached"):
        await http.request("GET", "storage/folders")
    await http.aclose()
