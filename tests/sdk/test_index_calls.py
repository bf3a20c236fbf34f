"""Collections and presets of Index, by the official SDK."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import pytest
from encord import EncordUserClient
from encord.collection import Collection
from encord.exceptions import AuthorisationError, InvalidArgumentsError
from encord.filter_preset import FilterPreset
from encord.orm.storage import StorageItemType
from encord.storage import StorageFolder, StorageItem, StorageItemInaccessible


@pytest.fixture
def collection(user_client: EncordUserClient, streets: StorageFolder) -> Collection:
    return user_client.create_collection(streets.uuid, "Rainy", "Wet streets")


def test_collections_are_made_read_changed_and_deleted(
    user_client: EncordUserClient, streets: StorageFolder, collection: Collection
):
    assert (collection.name, collection.description) == ("Rainy", "Wet streets")
    assert collection.top_level_folder_uuid == streets.uuid
    collection.update_collection(name="Rainier")
    again = user_client.get_collection(str(collection.uuid))
    assert (again.name, again.description) == ("Rainier", "Wet streets")
    assert again.created_at == collection.created_at < again.last_edited_at
    others = {user_client.create_collection(streets.uuid, f"More {number}").uuid for number in range(3)}
    listed = list(user_client.list_collections(streets.uuid, page_size=2))
    assert others | {collection.uuid} <= {one.uuid for one in listed}
    few = user_client.list_collections(collection_uuids=[*others, uuid4()])
    assert {one.uuid for one in few} == others
    user_client.delete_collection(collection.uuid)
    with pytest.raises(AuthorisationError):
        user_client.get_collection(collection.uuid)
    with pytest.raises(AuthorisationError):
        user_client.delete_collection(collection.uuid)


def test_items_of_a_collection(streets: StorageFolder, collection: Collection):
    items = list(streets.list_items(page_size=1000))
    everything = [item.uuid for item in items]
    unknown = uuid4()
    answer = collection.add_items([*everything, unknown])
    assert answer.failed_items == [unknown]
    assert collection.add_items([str(uuid) for uuid in everything[:5]]).failed_items == []
    found = list(collection.list_items(include_client_metadata=True, page_size=1000))
    assert {item.uuid for item in found} == set(everything)
    assert {item.uuid: item.client_metadata for item in found} == {
        item.uuid: item.client_metadata for item in items
    }
    assert all(item.client_metadata == {} for item in collection.list_items(include_client_metadata=False))
    assert collection.remove_items(everything[10:]).failed_items == []
    assert {item.uuid for item in collection.list_items()} == set(everything[:10])


def test_items_that_are_gone_stay_as_stubs(
    user_client: EncordUserClient, streets: StorageFolder, collection: Collection
):
    folder = user_client.create_storage_folder("Short-lived")
    with pytest.raises(InvalidArgumentsError):
        user_client.create_collection(folder.create_subfolder("Below").uuid, "Not on top")
    kept = next(iter(streets.list_items()))
    *_, group = streets.list_items(item_types=[StorageItemType.IMAGE_GROUP])
    doomed = group.get_child_items()[-1]  # in no listing, so no other test misses it
    collection.add_items([kept.uuid, doomed.uuid])
    doomed.delete()
    everything = list(collection.list_items_include_inaccessible())
    assert {type(item): item.uuid for item in everything} == {
        StorageItem: kept.uuid,
        StorageItemInaccessible: doomed.uuid,
    }
    assert [item.uuid for item in collection.list_items()] == [kept.uuid]


def test_items_by_title(streets: StorageFolder, collection: Collection):
    items = list(streets.list_items(page_size=1000))
    names = [item.name for item in items]
    once = [name for name in names if names.count(name) == 1]
    answer = collection.add_items_by_title([*once[:1500], "no such title"])
    assert (answer.requested, answer.matched_titles, answer.items_added) == (1501, 1500, 1500)
    assert answer.unmatched_titles == ["no such title"]
    assert [type(uuid) for uuid in answer.failed_items] == []
    found = {item.uuid: item.name for item in collection.list_items(page_size=1000)}
    assert sorted(found.values()) == sorted(once[:1500])
    assert all(isinstance(uuid, UUID) for uuid in found)


RAIN = {"key": "weather", "include": True, "values": ["rain"], "type": "enum"}
WIDE = {"metric": "metric_width", "include": True, "values": [500, 5000], "domain": "data", "type": "metric"}


def preset_of(user_client: EncordUserClient, *filters: dict, name: str = "Preset") -> FilterPreset:
    return user_client.create_preset(name, {"global_filters": {"filters": list(filters)}})


def test_presets_are_made_read_changed_and_deleted(user_client: EncordUserClient):
    preset = user_client.create_preset("Rain", {"global_filters": {"filters": [RAIN]}}, description="Wet")
    assert (preset.name, preset.description) == ("Rain", "Wet")
    definition = preset.get_filter_preset_json()
    assert definition.global_filters.filters == [RAIN]
    assert definition.local_filters[str(UUID(int=0))].filters == []
    preset.update_preset(
        name="Rain and wide", filter_preset_json={"global_filters": {"filters": [RAIN, WIDE]}}
    )
    again = user_client.get_filter_preset(str(preset.uuid))
    assert (again.name, again.description) == ("Rain and wide", "Wet")
    assert again.get_filter_preset_json().global_filters.filters == [RAIN, WIDE]
    assert again.last_updated_at > again.created_at
    others = {preset_of(user_client, name=f"P{number}").uuid for number in range(3)}
    assert others | {preset.uuid} <= {one.uuid for one in user_client.list_presets(page_size=2)}
    assert {one.uuid for one in user_client.get_filter_presets([*others, uuid4()])} == others
    user_client.delete_preset(preset.uuid)
    with pytest.raises(AuthorisationError):
        user_client.get_filter_preset(preset.uuid)


def test_filters_in_camel_case_are_lost_on_the_way(user_client: EncordUserClient):
    preset = user_client.create_preset("Lost", {"globalFilters": {"filters": [RAIN]}})
    assert preset.get_filter_preset_json().global_filters.filters == []


def items_in(collection: Collection, expected: int) -> set[UUID]:
    """What is in a collection, once as much is there as expected: nothing else tells when a preset is done."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = {item.uuid for item in collection.list_items(page_size=1000)}
        if len(found) == expected:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{len(found)} instead of {expected} items")


def test_presets_go_into_a_collection_and_out(user_client: EncordUserClient, garage_items: list[StorageItem]):
    for number, item in enumerate(garage_items):
        item.update(client_metadata={"weather": "rain" if number % 3 else "dry", "lux": number})
    rainy = {item.uuid for number, item in enumerate(garage_items) if number % 3}
    collection = user_client.create_collection(garage_items[0].parent_folder_uuid, "Garage")
    time.sleep(1.2)  # Index is behind
    assert collection.add_preset_items(preset_of(user_client, RAIN)) is None
    assert list(collection.list_items()) == []
    assert items_in(collection, 12) == rainy
    some = {"key": "lux", "include": True, "values": [1, 2.0, 3], "type": "number"}
    collection.remove_preset_items(str(preset_of(user_client, some).uuid))
    left = rainy - {item.uuid for item in garage_items[1:4]}
    assert items_in(collection, 10) == left
    collection.add_preset_items(preset_of(user_client).uuid)  # an empty preset selects everything
    assert items_in(collection, 18) == {item.uuid for item in garage_items}
    measured = {item.uuid for item in garage_items if item.width and 500 <= item.width <= 5000}
    assert 0 < len(measured) < 18
    collection.remove_preset_items(preset_of(user_client, WIDE))
    assert items_in(collection, 18 - len(measured)) == {item.uuid for item in garage_items} - measured
