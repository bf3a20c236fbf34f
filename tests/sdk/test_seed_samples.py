"""The documentation's own samples for folders and items, run by the official SDK."""

from __future__ import annotations

import json
from collections.abc import Iterable
from uuid import UUID

import pytest
from encord import EncordUserClient
from encord.http.bundle import Bundle
from encord.orm.storage import StorageItemType
from encord.storage import StorageFolder, StorageItem


def metadata_now(user_client: EncordUserClient, items: Iterable[StorageItem]) -> list[dict]:
    """Read again with new objects: an SDK item may keep what it read before."""
    return [
        json.loads(item._orm_item.client_metadata)
        for item in user_client.get_storage_items([item.uuid for item in items])
    ]


def test_list_custom_metadata(streets: StorageFolder):
    items = list(streets.list_items())
    assert len(items) == 2500
    assert len({item.uuid for item in items}) == 2500
    assert [item.name for item in items] == sorted(item.name for item in items)
    assert any("weather" in item.client_metadata for item in items)


def test_import_to_specific_data_units(user_client: EncordUserClient, garage_items: list[StorageItem]):
    updates = dict(
        zip(
            [str(item.uuid) for item in garage_items],
            [{"dark": True}, {"light": False}, {"count": "100"}, {"taken_at": "2024-02-24"}],
            strict=False,
        )
    )
    for item_uuid, metadata in updates.items():
        item = user_client.get_storage_item(item_uuid=item_uuid)
        item.update(client_metadata=metadata)
    assert metadata_now(user_client, garage_items[:4]) == list(updates.values())


def test_import_to_all_data_units_in_a_folder(user_client: EncordUserClient, harbour: StorageFolder):
    for item in harbour.list_items():
        item.update(client_metadata={"dark": True, "captured_at": "2024-02-24"})
    again = metadata_now(user_client, harbour.list_items())
    assert again == [{"dark": True, "captured_at": "2024-02-24"}] * 12


def test_update_specific_data_units_keeps_other_keys(
    user_client: EncordUserClient, garage_items: list[StorageItem]
):
    chosen = garage_items[5:7]
    before = metadata_now(user_client, chosen)
    assert before[0]
    updates = {str(chosen[0].uuid): {"weather": "fog"}, str(chosen[1].uuid): {"checked": False}}
    for item_uuid, metadata_update in updates.items():
        item = user_client.get_storage_item(item_uuid=item_uuid)
        curr_metadata = item.client_metadata.copy()
        curr_metadata.update(metadata_update)
        item.update(client_metadata=curr_metadata)
    after = metadata_now(user_client, chosen)
    assert after == [before[0] | {"weather": "fog"}, before[1] | {"checked": False}]


def test_bulk_import_to_all_data_units_in_a_folder(user_client: EncordUserClient, streets: StorageFolder):
    items = list(streets.list_items(page_size=1000))
    before = {item.uuid: item.last_edited_at for item in items}
    with Bundle() as bundle:
        for item in items:
            item.update(client_metadata={"metadata-1": item.name, "metadata-2": False}, bundle=bundle)
    after = list(streets.list_items(page_size=1000))
    assert len(after) == 2500
    assert all(item.client_metadata == {"metadata-1": item.name, "metadata-2": False} for item in after)
    assert all(item.last_edited_at > before[item.uuid] for item in after)


def test_bulk_import_to_specific_data_units(user_client: EncordUserClient, garage_items: list[StorageItem]):
    # The sample looks its text keys up by UUID and stops at items it has no update for; corrected here.
    chosen = garage_items[8:11]
    before = metadata_now(user_client, garage_items)
    updates = {str(item.uuid): {"metadata-1": "value", "metadata-2": True} for item in chosen}
    with Bundle() as bundle:
        for storage_item in garage_items:
            update = updates.get(str(storage_item.uuid))
            if update is not None:
                storage_item.update(client_metadata=storage_item.client_metadata | update, bundle=bundle)
    after = metadata_now(user_client, garage_items)
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        assert new == (old | {"metadata-1": "value", "metadata-2": True} if 8 <= index <= 10 else old)


def test_the_sample_as_printed_stops_at_a_key_error_and_writes_nothing(
    user_client: EncordUserClient, garage_items: list[StorageItem]
):
    before = metadata_now(user_client, garage_items)
    updates = {str(item.uuid): {"metadata-1": "lost"} for item in garage_items}
    with pytest.raises(KeyError), Bundle() as bundle:  # noqa: PT012 (the sample's own shape)
        for storage_item in garage_items:
            storage_item.update(client_metadata=updates[storage_item.uuid], bundle=bundle)
    assert metadata_now(user_client, garage_items) == before


def test_images_of_an_image_group(user_client: EncordUserClient, streets: StorageFolder):
    group = next(iter(streets.list_items(item_types=[StorageItemType.IMAGE_GROUP])))
    uploaded_image_group = user_client.get_storage_item(group.uuid)
    frame_items = uploaded_image_group.get_child_items()
    assert [item.item_type for item in frame_items] == [StorageItemType.IMAGE] * 5
    with Bundle() as bundle:
        for frame_item in frame_items:
            frame_item.update(client_metadata={"somekindof": frame_item.name}, bundle=bundle)
    updated_frame_items = uploaded_image_group.get_child_items()
    assert [item.uuid for item in updated_frame_items] == [item.uuid for item in frame_items]
    for updated_frame_item in updated_frame_items:
        assert updated_frame_item.client_metadata == {"somekindof": updated_frame_item.name}


def test_key_frames_of_a_video_beside_other_metadata(
    user_client: EncordUserClient, garage_items: list[StorageItem]
):
    (video,) = [item for item in garage_items if item.item_type == StorageItemType.VIDEO][:1]
    item = user_client.get_storage_item(video.uuid)
    before = item.client_metadata.copy()
    encord = {
        "config": {"sampling_rate": 0, "keyframe_mode": "frame"},
        "frames": {"0": {}, "7": {"weather": "rain"}},
    }
    item.update(client_metadata={**before, "keyframes": [0, 7], "$encord": encord})
    assert metadata_now(user_client, [item]) == [{**before, "keyframes": [0, 7], "$encord": encord}]


def test_a_schema_can_be_verified_before_import(user_client: EncordUserClient):
    schema = user_client.metadata_schema()
    assert schema.get_key_type("weather") == "enum"
    assert schema.get_key_type("captured at") == "datetime"
    assert "weather" in str(schema)


def test_values_that_json_knows_survive_exactly(
    user_client: EncordUserClient, garage_items: list[StorageItem]
):
    value = {
        "null": None, "zero": 0, "float": 1.0, "large": 2**63 - 1, "small": -(2**53) - 1, "tiny": 5e-324,
        "text": 'quote " backslash \\ line\n tab\t nul-free 日本 🌧️ \u2028', "nested": {"a": [1, {"b": [None, True]}]},
        "": "empty key", "empty": {}, "list": [],
    }  # fmt: skip
    item = user_client.get_storage_item(garage_items[12].uuid)
    item.update(client_metadata=value)
    (again,) = metadata_now(user_client, [item])
    assert again == value
    assert [type(again[key]) for key in value] == [type(value[key]) for key in value]
    item.update(client_metadata={})
    assert metadata_now(user_client, [item]) == [{}]


def test_uuids_may_be_given_as_text_or_as_uuid(
    user_client: EncordUserClient, garage_items: list[StorageItem]
):
    uuid = garage_items[0].uuid
    assert isinstance(uuid, UUID)
    assert user_client.get_storage_item(str(uuid)).uuid == user_client.get_storage_item(uuid).uuid == uuid
