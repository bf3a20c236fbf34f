"""Collections, presets and datasets: our requests beside those of the official SDK, at one strict server."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from encord_widgets.api.credentials import BearerCredentials
from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.http import HttpClient

from .conftest import NO_WAIT
from .sdk import encord
from .strict_index import StrictIndex
from .test_against_sdk import Recorded, assert_same, domain, ours, recorded, sdk

pytestmark = pytest.mark.anyio

__all__ = ["domain", "ours", "recorded", "sdk"]

ENTRY = {"key": "weather", "include": True, "values": ["räin"], "type": "enum"}
DEFINITION = {
    "local_filters": {"00000000-0000-0000-0000-000000000000": {"filters": []}},
    "global_filters": {"filters": [ENTRY]},
}


async def test_collections(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictIndex, recorded: Recorded
) -> None:
    folder = server.add_folder("Drives")
    items = [server.add_item(folder, str(number), {"n": number}) for number in range(5)]
    server.page_limit = 2

    def job() -> list[dict[str, Any]]:
        made = sdk.create_collection(folder, "Räin", "wet & cold")
        made.add_items(items)
        made.remove_items(items[:1])
        metadata = [
            item.client_metadata for item in made.list_items(include_client_metadata=True, page_size=1000)
        ]
        list(made.list_items_include_inaccessible(include_client_metadata=False, page_size=1000))
        made.update_collection(name="Fog")
        list(sdk.list_collections(folder, page_size=1000))
        sdk.delete_collection(made.uuid)
        return metadata

    metadata = await recorded.sdk(job)
    theirs = recorded.take()

    uuid = await ours.create_collection(folder, "Räin", "wet & cold")
    made = await ours.collection(uuid)
    assert (made.name, made.description, made.top_level_folder_uuid) == ("Räin", "wet & cold", folder)
    assert await ours.add_items(uuid, items) == []
    assert await ours.remove_items(uuid, items[:1]) == []
    from encord_widgets.api.wire import parse_items

    found = []
    async for page in ours.collection_pages(uuid):
        found += parse_items(page.results).metadata
    async for _ in ours.collection_pages(uuid, include_metadata=False, inaccessible=True):
        pass
    await ours.update_collection(uuid, name="Fog")
    assert [one.name for one in await ours.collections(folder)] == ["Fog"]
    await ours.delete_collection(uuid)
    assert found == metadata == [{"n": number} for number in range(1, 5)]
    assert_same(named(theirs), named(recorded.take()))


async def test_presets(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictIndex, recorded: Recorded
) -> None:
    folder = server.add_folder("Drives")

    def job() -> Any:
        made = sdk.create_preset("Rain", {"global_filters": {"filters": [ENTRY]}}, "wet")
        held = made.get_filter_preset_json()
        collection = sdk.create_collection(folder, "c")
        collection.add_preset_items(made)
        collection.remove_preset_items(made)
        list(sdk.list_presets(page_size=1000))
        sdk.delete_preset(made.uuid)
        return held.to_dict()

    held = await recorded.sdk(job)
    theirs = recorded.take()
    assert held == DEFINITION
    uuid = await ours.create_preset("Rain", DEFINITION, "wet")
    assert (await ours.preset(uuid)).description == "wet"
    assert await ours.preset_definition(uuid) == DEFINITION
    collection = await ours.create_collection(folder, "c")
    await ours.collection(collection)
    await ours.add_preset_items(collection, uuid)
    await ours.remove_preset_items(collection, uuid)
    assert [one.name for one in await ours.presets()] == ["Rain"]
    await ours.delete_preset(uuid)
    assert_same(named(theirs), named(recorded.take()))


async def test_datasets(
    sdk: encord.EncordUserClient, ours: EncordApi, server: StrictIndex, recorded: Recorded
) -> None:
    from encord.orm.dataset import DatasetAccessSettings, StorageLocation

    folder = server.add_folder("Drives")
    items = [server.add_item(folder, str(number)) for number in range(3)]

    def job() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = sdk.create_dataset(
                "Räin", StorageLocation.CORD_STORAGE, "wet", create_backing_folder=False
            )
            sdk.create_dataset("Fog", StorageLocation.CORD_STORAGE, create_backing_folder=False)
            sdk.get_datasets(title_eq="Räin")
            sdk.get_datasets()
            settings = DatasetAccessSettings(fetch_client_metadata=False)
            dataset = sdk.get_dataset(made.dataset_hash, settings)
            assert dataset.title == "Räin"
            assert len(dataset.link_items(items)) == 3

    await recorded.sdk(job)
    theirs = recorded.take()
    server.datasets.clear()
    uuid = await ours.create_dataset("Räin", "wet")
    await ours.create_dataset("Fog")
    assert [(one.uuid, one.title, one.user_role) for one in await ours.datasets("Räin")] == [
        (uuid, "Räin", "admin")
    ]
    assert len(await ours.datasets()) == 2
    assert await ours.dataset_rows(uuid) == []
    linked = await ours.link_items(uuid, items)
    assert [row.backing_item_uuid for row in linked] == items
    assert_same(named(theirs), named(recorded.take()), legacy=True)
    assert await ours.dataset_rows(uuid) == linked
    assert await ours.dataset_title(uuid) == "Räin"
    assert await ours.link_items(uuid, items) == []


async def test_a_bearer_token_goes_to_the_older_protocol_too(
    domain: str, server: StrictIndex, ours: EncordApi
) -> None:
    uuid = await ours.create_dataset("Rain")
    server.token = "TOKEN"
    http = HttpClient(BearerCredentials("TOKEN"), domain, retry=NO_WAIT)
    assert await EncordApi(http).dataset_rows(uuid) == []
    await http.aclose()


def named(requests: list[Any]) -> list[Any]:
    """Requests with each uuid of a new thing replaced by its place among the new ones."""
    import json
    import re

    from .strict_server import UUID

    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return numbers.setdefault(match[0], f"uuid-{len(numbers)}")

    found = []
    for method, path, params, body, headers in requests:
        plain = json.loads(re.sub(UUID, number, json.dumps([path, params, body])))
        shown = {name: re.sub(UUID, number, value) for name, value in headers.items()}
        found.append((method, *plain, shown))
    return found
