"""Datasets and their data rows, by the official SDK: the documentation's own samples, and what leads to a dataset."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from encord import EncordUserClient
from encord.constants.enums import DataType
from encord.dataset import Dataset
from encord.exceptions import (
    AuthenticationError,
    AuthorisationError,
    InvalidArgumentsError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from encord.orm.dataset import (
    DataLinkDuplicatesBehavior,
    DatasetAccessSettings,
    DatasetUserRole,
    ImagesDataFetchOptions,
    StorageLocation,
)
from encord.orm.storage import StorageItemType
from encord.storage import StorageFolder, StorageItem

from tests.served import Served


@pytest.fixture(autouse=True)
def _save_is_deprecated() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        yield


def make(user_client: EncordUserClient, items: list[StorageItem], title: str = "Dataset") -> Dataset:
    made = user_client.create_dataset(
        title, StorageLocation.CORD_STORAGE, "What for", create_backing_folder=False
    )
    dataset = user_client.get_dataset(made.dataset_hash)
    dataset.link_items([item.uuid for item in items])
    return user_client.get_dataset(made.dataset_hash)


@pytest.fixture
def images(garage_items: list[StorageItem]) -> list[StorageItem]:
    """Images of different names."""
    by_name = {item.name: item for item in garage_items if item.item_type == StorageItemType.IMAGE}
    return list(by_name.values())[:4]


def test_an_index_collection_becomes_a_dataset(user_client: EncordUserClient, streets: StorageFolder):
    # In Encord's pages this is "Create Dataset" on a collection; the SDK has no single call for it.
    wanted = list(streets.list_items(page_size=40))[:40]
    collection = user_client.create_collection(streets.uuid, "Rainy", "Wet streets")
    assert collection.add_items([item.uuid for item in wanted]).failed_items == []
    made = user_client.create_dataset(
        "Rainy streets", StorageLocation.CORD_STORAGE, "From a collection", create_backing_folder=False
    )
    assert made.backing_folder_uuid is None
    dataset = user_client.get_dataset(made.dataset_hash)
    assert (dataset.title, dataset.description, dataset.data_rows) == (
        "Rainy streets",
        "From a collection",
        [],
    )
    items = {item.uuid: item for item in collection.list_items()}
    rows = dataset.link_items(list(items))
    assert {row.backing_item_uuid for row in rows} == {item.uuid for item in wanted}
    again = user_client.get_dataset(UUID(made.dataset_hash))
    assert again.storage_location == StorageLocation.CORD_STORAGE
    assert [row.uid for row in again.data_rows] == [row.uid for row in rows]
    for row in again.data_rows:
        item = items[row.backing_item_uuid]
        assert row.title == item.name
        assert (row.width, row.height, row.file_size) == (item.width, item.height, item.file_size)
        assert (
            row.data_type
            == {
                StorageItemType.IMAGE: DataType.IMAGE,
                StorageItemType.VIDEO: DataType.VIDEO,
                StorageItemType.IMAGE_GROUP: DataType.IMG_GROUP,
                StorageItemType.DICOM_SERIES: DataType.DICOM,
                StorageItemType.PLAIN_TEXT: DataType.PLAIN_TEXT,
            }[item.item_type]
        )


def test_list_custom_metadata(user_client: EncordUserClient, images: list[StorageItem]):
    dataset = make(user_client, images)
    assert [data_row.client_metadata for data_row in dataset.data_rows] == [None] * 4
    dataset.set_access_settings(DatasetAccessSettings(fetch_client_metadata=True))
    assert [data_row.client_metadata for data_row in dataset.data_rows] == [
        item.client_metadata for item in images
    ]
    assert dataset.data_rows[0].backing_item_uuid == images[0].uuid


def test_import_custom_metadata_to_data_units_by_title(
    user_client: EncordUserClient, images: list[StorageItem]
):
    dataset = make(user_client, images)
    dataset.set_access_settings(DatasetAccessSettings(fetch_client_metadata=True))
    metadata = {
        item.name: {"group-id": letter, "big": 2**70} for letter, item in zip("ABCD", images, strict=True)
    }
    for data_row in dataset.data_rows:
        data_row.client_metadata = metadata[data_row["data_title"]]
        data_row.save()
        assert data_row.client_metadata == metadata[data_row.title]
    again = user_client.get_dataset(
        dataset.dataset_hash, dataset_access_settings=DatasetAccessSettings(fetch_client_metadata=True)
    )
    assert {row.title: row.client_metadata for row in again.data_rows} == metadata
    stored = user_client.get_storage_items([item.uuid for item in images])
    assert {item.name: item.client_metadata for item in stored} == metadata


def test_import_custom_metadata_to_all_data_units(user_client: EncordUserClient, images: list[StorageItem]):
    dataset = make(user_client, images)
    dataset.set_access_settings(DatasetAccessSettings(fetch_client_metadata=True))
    for data_row in dataset.data_rows:
        data_row.client_metadata = {"my": "metadata"}
        data_row.save()
    stored = user_client.get_storage_items([item.uuid for item in images])
    assert [item.client_metadata for item in stored] == [{"my": "metadata"}] * 4


def test_a_data_row_is_saved_and_read_again(user_client: EncordUserClient, images: list[StorageItem]):
    dataset = make(user_client, images[:1])
    (row,) = dataset.data_rows
    row.save()  # nothing to save
    row.title = "Another title"
    row.save()
    (again,) = user_client.get_dataset(dataset.dataset_hash).data_rows
    assert again.title == "Another title"
    assert user_client.get_storage_item(images[0].uuid).name == images[0].name
    images[0].update(client_metadata={"later": 1})
    again.refetch_data(client_metadata=True, signed_url=True)
    assert again.client_metadata == {"later": 1}
    assert str(images[0].uuid) in again.signed_url
    assert again.images_data is None


def test_images_of_a_group(user_client: EncordUserClient, streets: StorageFolder):
    group = next(iter(streets.list_items(item_types=[StorageItemType.IMAGE_GROUP])))
    (row,) = make(user_client, [group]).data_rows
    assert (row.data_type, row.is_image_sequence, row.file_link) == (DataType.IMG_GROUP, False, None)
    row.refetch_data(images_data_fetch_options=ImagesDataFetchOptions(fetch_signed_urls=True))
    frames = group.get_child_items()
    assert [image.image_hash for image in row.images_data] == [str(frame.uuid) for frame in frames]
    assert [image.title for image in row.images_data] == [frame.name for frame in frames]
    assert all(image.signed_url for image in row.images_data)
    # "Split image groups" of Encord's dialogue: the images are linked instead of the group.
    split = make(user_client, frames)
    assert [row.data_type for row in split.data_rows] == [DataType.IMAGE] * 5


def test_linking_twice(user_client: EncordUserClient, images: list[StorageItem]):
    dataset = make(user_client, images[:2])
    uuids = [item.uuid for item in images[:3]]
    assert [row.backing_item_uuid for row in dataset.link_items(uuids)] == uuids[2:]
    with pytest.raises(ResourceExistsError):
        dataset.link_items(uuids, duplicates_behavior=DataLinkDuplicatesBehavior.FAIL)
    assert dataset.link_items([]) == []
    double = dataset.link_items(uuids[:1], duplicates_behavior=DataLinkDuplicatesBehavior.DUPLICATE)
    assert [row.backing_item_uuid for row in double] == uuids[:1]
    rows = dataset.list_data_rows()
    assert [row.backing_item_uuid for row in rows] == [*uuids, uuids[0]]
    assert len({row.uid for row in rows}) == 4
    with pytest.raises(AuthorisationError):
        dataset.link_items([images[3].uuid, uuid4()])
    assert len(dataset.list_data_rows()) == 4  # all or none
    dataset.delete_data([rows[0].uid, rows[3].uid])
    assert [row.uid for row in dataset.list_data_rows()] == [rows[1].uid, rows[2].uid]


def test_items_know_the_datasets_that_use_them(user_client: EncordUserClient, images: list[StorageItem]):
    item = user_client.get_storage_item(images[3].uuid)
    before = item.get_summary()
    dataset = make(user_client, [item], "Knows")
    now = user_client.get_storage_item(item.uuid)
    assert now.backed_data_units_count == item.backed_data_units_count + 1
    summary = now.get_summary()
    assert summary.used_in_datasets == before.used_in_datasets + 1
    (mine,) = [one for one in summary.accessible_datasets if one.title == "Knows"]
    assert str(mine.dataset_hash) == dataset.dataset_hash
    assert [str(data) for data in mine.data_hashes] == [dataset.data_rows[0].uid]
    dataset.delete_data(dataset.data_rows[0].uid)
    assert user_client.get_storage_item(item.uuid).backed_data_units_count == item.backed_data_units_count


def test_data_rows_are_narrowed(user_client: EncordUserClient, streets: StorageFolder):
    items = list(streets.list_items(page_size=50))[:50]
    dataset = make(user_client, items)
    rows = dataset.data_rows
    title = rows[0].title
    assert {row.title for row in dataset.list_data_rows(title_eq=title)} == {title}
    assert len(dataset.list_data_rows(title_like="street%")) == 50
    videos = dataset.list_data_rows(data_types=[DataType.VIDEO])
    assert [row.uid for row in videos] == [row.uid for row in rows if row.data_type == DataType.VIDEO]
    hashes = [rows[3].uid, rows[1].uid]
    assert [row.uid for row in dataset.list_data_rows(data_hashes=hashes)] == [rows[1].uid, rows[3].uid]
    now = datetime.now(UTC)
    assert dataset.list_data_rows(created_before=now - timedelta(hours=1)) == []
    assert len(dataset.list_data_rows(created_after=now - timedelta(hours=1))) == 50
    light = user_client.get_dataset(dataset.dataset_hash, include_data_rows=False)
    assert light.title == "Dataset"


def test_datasets_are_listed(user_client: EncordUserClient):
    start = datetime.now(UTC) - timedelta(seconds=1)
    made = [
        user_client.create_dataset(f"Listed {number}", StorageLocation.CORD_STORAGE, f"Number {number}")
        for number in range(3)
    ]
    listed = user_client.get_datasets(title_like="Listed %", created_after=start)
    assert [one["dataset"].dataset_hash for one in listed] == [one.dataset_hash for one in made]
    assert {one["user_role"] for one in listed} == {DatasetUserRole.ADMIN}
    (one,) = user_client.get_datasets(title_eq="Listed 1")
    assert (one["dataset"].title, one["dataset"].description) == ("Listed 1", "Number 1")
    assert one["dataset"].backing_folder_uuid == made[1].backing_folder_uuid is not None
    assert [one["dataset"].title for one in user_client.get_datasets(desc_eq="Number 2")] == ["Listed 2"]
    assert user_client.get_datasets(edited_before=start, title_like="Listed %") == []
    assert user_client.get_datasets(title_eq="Listed 1", created_before=start) == []


def test_a_folder_mirrors_a_dataset(user_client: EncordUserClient):
    made = user_client.create_dataset("Mirrored", StorageLocation.CORD_STORAGE)
    folder = user_client.get_storage_folder(made.backing_folder_uuid)
    assert folder.name == "Mirrored"
    assert made.backing_folder_uuid in {
        one.uuid for one in user_client.list_storage_folders(dataset_synced=True)
    }
    dataset = user_client.get_dataset(made.dataset_hash)
    assert (dataset.description, dataset.backing_folder_uuid, dataset.data_rows) == ("", folder.uuid, [])


def test_what_is_not_there(user_client: EncordUserClient, server: Served, images: list[StorageItem]):
    with pytest.raises(ResourceNotFoundError):
        user_client.get_dataset(uuid4())
    dataset = make(user_client, images[:1])
    (row,) = dataset.data_rows
    dataset.delete_data([row.uid])
    row.client_metadata = {"lost": True}
    with pytest.raises(ResourceNotFoundError):
        row.save()
    (row,) = make(user_client, images[1:2]).data_rows
    row.client_metadata = {"not JSON": float("nan")}
    with pytest.raises(InvalidArgumentsError):
        row.save()
    stranger = EncordUserClient.create_with_bearer_token("x" * 40, domain=server.domain)
    with pytest.raises(AuthenticationError):
        stranger.get_dataset(dataset.dataset_hash)
    token = dataset._client.get_bearer_token().token
    friend = EncordUserClient.create_with_bearer_token(token, domain=server.domain)
    assert friend.get_dataset(dataset.dataset_hash).title == "Dataset"
