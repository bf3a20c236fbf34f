"""Collections and presets of Index, by the official SDK."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from encord import EncordUserClient
from encord.collection import Collection
from encord.exceptions import AuthorisationError, InvalidArgumentsError
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
