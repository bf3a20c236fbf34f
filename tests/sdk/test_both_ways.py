"""What we write to Index the official SDK reads, and the other way round, on one embedded server."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from encord import EncordUserClient
from encord.storage import StorageItem

import encord_widgets as ew
from encord_widgets.client import Client
from tests.served import Served


@pytest.fixture
def ours(user_client: EncordUserClient) -> Iterator[Client]:
    with ew.connect(user_client) as client:
        yield client


def test_collections(ours: Client, user_client: EncordUserClient, server: Served) -> None:
    items = ours.folder(server.folder("Street scenes"))
    receipt = items.where('weather = "rain"').to_collection("Both ways", "wet")
    assert receipt, receipt.text()
    theirs = user_client.get_collection(receipt.uuid)
    assert (theirs.name, theirs.description) == ("Both ways", "wet")
    held = {str(item.uuid): item.client_metadata for item in theirs.list_items(page_size=1000)}
    assert set(held) == set(items.where('weather = "rain"').uuids)
    assert {metadata["weather"] for metadata in held.values()} == {"rain"}

    other = user_client.create_collection(theirs.top_level_folder_uuid, "By the SDK")
    other.add_items(list(held)[:7])
    assert sorted(ours.collection(other).uuids) == sorted(list(held)[:7])
    assert ours.collection(other).title == "By the SDK"


def test_presets(ours: Client, user_client: EncordUserClient, server: Served) -> None:
    items = ours.folder(server.folder("Street scenes"))
    wanted = items.where('weather in ("rain", "fog") and not weather = "fog"')
    receipt = wanted.to_preset("Both ways")
    assert receipt
    theirs = user_client.get_filter_preset(receipt.uuid).get_filter_preset_json()
    entries = [
        {"key": "weather", "include": True, "values": ["rain", "fog"], "type": "enum"},
        {"key": "weather", "include": False, "values": ["fog"], "type": "enum"},
    ]
    assert theirs.global_filters.filters == entries
    made = user_client.create_preset("By the SDK", {"global_filters": {"filters": entries}})
    assert ours.preset(made).filter == wanted.filter
    strange = {"key": "weather", "operator": "contains", "values": ["r"]}
    made = user_client.create_preset("Strange", {"global_filters": {"filters": [strange]}})
    read = ours.preset(made.uuid)
    assert not read.understood
    assert read.definition["global_filters"] == {"filters": [strange]}


def test_datasets(
    ours: Client, user_client: EncordUserClient, server: Served, garage_items: list[StorageItem]
) -> None:
    items = ours.folder(server.folder("Parking garage"))
    receipt = items.to_dataset("Both ways", "all of it")
    assert receipt, receipt.text()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = user_client.get_dataset(receipt.uuid)
        rows = theirs.data_rows
    assert (theirs.title, theirs.description) == ("Both ways", "all of it")
    assert {str(row.backing_item_uuid) for row in rows} == {str(item.uuid) for item in garage_items}
