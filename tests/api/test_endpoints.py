"""Every endpoint against the strict server: a fixture asserts that it saw no violation."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.errors import AuthorisationError, BadResponseError, NotFoundError
from encord_widgets.errors import InvalidInputError

from .strict_server import StrictServer

pytestmark = pytest.mark.anyio


async def test_folder(api: EncordApi, server: StrictServer) -> None:
    uuid_ = server.add_folder("Drives")
    folder = await api.folder(uuid_.upper())
    assert (folder.uuid, folder.name, folder.user_role, folder.parent) == (uuid_, "Drives", "admin", None)
    assert folder.created_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert folder.last_edited_at == datetime(2025, 1, 2, 11, tzinfo=UTC)


async def test_unknown_folder_is_named(api: EncordApi) -> None:
    unknown = str(uuid.uuid4())
    with pytest.raises(AuthorisationError, match=f"folder {unknown}.*403: You do not have access") as caught:
        await api.folder(unknown)
    assert caught.value.status == 403
    assert caught.value.path == f"/v2/public/storage/folders/{unknown}"


@pytest.mark.parametrize("bad", ["", "../items", "8ad5", 7, None, "https://evil.test/"])
async def test_what_is_no_uuid_never_leaves(api: EncordApi, server: StrictServer, bad: object) -> None:
    with pytest.raises(InvalidInputError, match="expected the uuid of a folder"):
        await api.folder(bad)  # type: ignore[arg-type]
    assert server.requests == []


async def test_folders_over_several_pages(api: EncordApi, server: StrictServer) -> None:
    for number in range(7):
        server.add_folder(f"folder {number}")
    server.page_limit = 3
    assert [f.name for f in await api.folders()] == [f"folder {number}" for number in range(7)]
    assert [f.name for f in await api.folders("r 5")] == ["folder 5"]
    assert [f.name for f in await api.folders("r 4", recursive=False)] == ["folder 4"]
    assert [path for _, path, *_ in server.requests[-2:]] == [
        "/v2/public/storage/search/folders",
        "/v2/public/storage/folders",
    ]


async def test_summary(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    server.add_item(folder, "a")
    assert (await api.folder_summary(folder)).files == 1


async def test_page(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    names = ["a b+c&d", "é", "z"]
    for name in names:
        server.add_item(folder, name, {"n": name})
    first = await api.page(folder, page_size=2)
    assert first.batch.fields["name"] == sorted(names)[:2]
    second = await api.page(folder, page_size=2, token=first.next_token)
    assert second.next_token is None
    assert first.batch.fields["name"] + second.batch.fields["name"] == sorted(names)
    down = await api.page(folder, descending=True)
    assert down.batch.fields["name"] == sorted(names, reverse=True)
    found = await api.page(folder, search="b+c&d", item_types=["image", "video"])
    assert found.batch.metadata == [{"n": "a b+c&d"}]
    assert (await api.page(folder, include_metadata=False)).batch.metadata == [{}, {}, {}]


@pytest.mark.parametrize("size", [0, 1001, -1])
async def test_page_size_is_checked(api: EncordApi, size: int) -> None:
    with pytest.raises(InvalidInputError, match="expected 1 to 1000"):
        await api.page(str(uuid.uuid4()), page_size=size)


async def test_find_items(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    for number in range(5):
        server.add_item(folder, f"clip {number}", itemType="video")
    server.page_limit = 2
    batches = [batch async for batch in api.find_items("clip", ["video"])]
    assert [name for batch in batches for name in batch.fields["name"]] == [f"clip {n}" for n in range(5)]
    assert [len(b) async for b in api.find_items("clip 3", folder=folder)] == [1]
    with pytest.raises(InvalidInputError, match="search or item_types"):
        [batch async for batch in api.find_items()]


async def test_item(api: EncordApi, server: StrictServer) -> None:
    item = server.add_item(server.add_folder("Drives"), "a.png", {"lux": 4, "none": None})
    batch = await api.item(item)
    assert batch.uuids == [item]
    assert batch.metadata == [{"lux": 4, "none": None}]
    assert batch.fields["mime_type"] == ["image/png"]


async def test_items_says_what_is_missing(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    items = [server.add_item(folder, str(number)) for number in range(4)]
    server.omit = {items[2]}
    batch = await api.items([*reversed(items), items[0].upper()])
    assert batch.uuids == [items[3], items[1], items[0]]
    assert batch.missing == [items[2]]


async def test_items_that_cannot_be_read_are_not_missing(api: EncordApi, server: StrictServer) -> None:
    item = server.add_item(server.add_folder("Drives"), "a.png", clientMetadata="{broken")
    batch = await api.items([item])
    assert (batch.uuids, batch.missing) == ([], [])
    assert [(p.item, p.name) for p in batch.problems] == [(item, "a.png")]


async def test_items_of_nothing_ask_nothing(api: EncordApi, server: StrictServer) -> None:
    assert (await api.items([])).uuids == []
    await api.patch_metadata({})
    assert server.requests == []


async def test_items_over_the_limit(api: EncordApi) -> None:
    with pytest.raises(InvalidInputError, match="up to 1000 items at a time, got 1001"):
        await api.items([str(uuid.uuid4()) for _ in range(1001)])


async def test_child_items_reads_every_page(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    group = server.add_item(folder, "group", itemType="imageGroup")
    frames = [server.add_item(folder, f"frame {number}") for number in range(5)]
    server.children[group] = frames
    server.page_limit = 2
    assert (await api.child_items(group, folder)).uuids == frames


async def test_patch_metadata_replaces(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    first, second = server.add_item(folder, "a", {"old": 1}), server.add_item(folder, "b", {"old": 1})
    written = {
        "n": None,
        "long": 2**70,
        "text": "é\u2028",
        "$encord": {"frames": {"0": {}}},
        "list": [1.5, True],
    }
    await api.patch_metadata({first: written, second: b'{"new":2}'})
    batch = await api.items([first, second])
    assert batch.metadata == [written, {"new": 2}]


async def test_what_was_just_sent_is_not_parsed_again(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    first, second = server.add_item(folder, "a"), server.add_item(folder, "b", {"old": 2**70})
    sent = {"n": 1}
    await api.patch_metadata({first: sent})
    (text,) = [server.items[first]["clientMetadata"]]
    batch = await api.items([first, second], {text: sent})
    assert batch.metadata == [sent, {"old": 2**70}]
    assert batch.metadata[0] is sent


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, "\ud83d"])
async def test_what_is_not_json_is_not_sent(api: EncordApi, server: StrictServer, value: object) -> None:
    with pytest.raises(InvalidInputError, match="expected JSON values"):
        await api.patch_metadata({str(uuid.uuid4()): {"a": value}})  # type: ignore[dict-item]
    assert server.requests == []


async def test_patch_item(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    item = server.add_item(folder, "a")
    batch = await api.patch_item(folder, item, metadata={}, name="b", description="")
    assert batch.fields["name"] == ["b"]
    assert (await api.patch_item(folder, item)).uuids == []
    assert len(server.requests) == 1


async def test_schema(api: EncordApi, server: StrictServer) -> None:
    assert await api.schema() is None
    wanted = {"a": {"ty": "enum", "values": ["x"]}, "b": {"ty": "new", "limit": 2**64 + 1}}
    await api.save_schema(wanted)
    assert await api.schema() == wanted
    assert server.schema == wanted


async def test_media(api: EncordApi, server: StrictServer) -> None:
    folder = server.add_folder("Drives")
    item = server.add_item(folder, "a")
    server.media[item] = (b"picture", "image/webp; charset=binary")
    assert await api.media(item) == (b"picture", "image/webp")
    assert "SECRET" in (url := await api.signed_url(item)).get_secret_value()
    assert "SECRET" not in repr(url) + str(url)


async def test_media_type_comes_from_the_item_where_the_host_gives_none(
    api: EncordApi, server: StrictServer
) -> None:
    item = server.add_item(server.add_folder("Drives"), "a")
    server.media[item] = (b"picture", "binary")
    assert await api.media(item) == (b"picture", "image/png")


async def test_media_of_a_group(api: EncordApi, server: StrictServer) -> None:
    item = server.add_item(server.add_folder("Drives"), "a")
    with pytest.raises(NotFoundError, match=f"item {item}: Encord gives no media"):
        await api.media(item)


async def test_media_over_the_limit(api: EncordApi, server: StrictServer) -> None:
    item = server.add_item(server.add_folder("Drives"), "a")
    server.media[item] = (b"x" * 2000, "image/png")
    with pytest.raises(BadResponseError, match=f"item {item}: its media is larger than 0.001 MB"):
        await api.media(item, 1000)
