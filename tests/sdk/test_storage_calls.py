"""Every other storage call of the official SDK that the embedded Encord answers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from encord import EncordUserClient
from encord.exceptions import AuthenticationError, AuthorisationError, InvalidArgumentsError
from encord.http.bundle import Bundle
from encord.orm.storage import FoldersSortBy, StorageItemType
from encord.storage import StorageFolder, StorageItem

from tests.served import Served, served


def names(things) -> list[str]:
    return [thing.name for thing in things]


def test_folders_are_made_found_changed_and_deleted(user_client: EncordUserClient):
    top = user_client.create_storage_folder("Zebra crossings", "Stripes", client_metadata={"team": "A"})
    assert (top.name, top.description, top.client_metadata) == ("Zebra crossings", "Stripes", {"team": "A"})
    assert top.parent is None
    assert top.path_to_root == []
    below = top.create_subfolder("zebra inner")
    deeper = below.create_subfolder("zebra core", "deep", {"level": 2})
    assert deeper.parent.uuid == below.uuid
    assert [step.uuid for step in deeper.path_to_root] == [below.uuid, top.uuid]

    assert "Zebra crossings" in names(user_client.list_storage_folders())
    assert "zebra inner" not in names(user_client.list_storage_folders())
    assert names(user_client.find_storage_folders(search="ZEBRA")) == [
        "Zebra crossings",
        "zebra core",
        "zebra inner",
    ]
    found = user_client.find_storage_folders(
        search="zebra", order=FoldersSortBy.CREATED_AT, desc=True, page_size=1
    )
    assert names(found) == ["zebra core", "zebra inner", "Zebra crossings"]
    assert names(top.list_subfolders()) == ["zebra inner"]
    assert names(top.find_subfolders()) == ["zebra core", "zebra inner"]
    assert names(top.list_subfolders(search="core")) == []
    assert list(user_client.find_storage_folders(search="zebra", dataset_synced=True)) == []

    edited = top._orm_folder.last_edited_at
    top.update(name="Zebra", client_metadata={"team": "B"})
    assert (top.name, top.description, top.client_metadata) == ("Zebra", "Stripes", {"team": "B"})
    assert top._orm_folder.last_edited_at > edited
    with Bundle() as bundle:
        top.update(description="one", bundle=bundle)
        below.update(name="inner", bundle=bundle)
    assert (top.description, below.name) == ("one", "inner")
    assert user_client.get_storage_folder(below.uuid).name == "inner"

    with pytest.raises(InvalidArgumentsError, match="not empty"):
        top.delete()
    for folder in (deeper, below, top):
        folder.delete()
    with pytest.raises(AuthorisationError):
        user_client.get_storage_folder(top.uuid)


def test_folder_summary_counts_what_is_listed(streets: StorageFolder):
    summary = streets.get_summary()
    items = list(streets.list_items(page_size=1000, include_client_metadata=False))
    kinds = [item.item_type for item in items]
    assert summary.files == len(items) == 2500
    assert summary.folders == 2
    assert summary.videos == kinds.count(StorageItemType.VIDEO) > 0
    assert summary.images == kinds.count(StorageItemType.IMAGE) > 0
    assert summary.image_groups == kinds.count(StorageItemType.IMAGE_GROUP) > 0
    assert summary.dicom_series == kinds.count(StorageItemType.DICOM_SERIES) > 0
    assert summary.plain_texts == kinds.count(StorageItemType.PLAIN_TEXT) > 0
    assert summary.total_size == sum(item.file_size for item in items)


def test_folder_configuration_round_trips(user_client: EncordUserClient):
    folder = user_client.create_storage_folder("configured")
    assert folder.get_folder_config().metadata_ingestion is None
    folder.enable_metadata_ingestion()
    assert folder.get_folder_config().metadata_ingestion.matcher.suffix == ".metadata.json"
    folder.delete()


def test_listing_options(streets: StorageFolder):
    everything = list(streets.list_items(page_size=1000))
    uuids = [item.uuid for item in everything]
    assert [item.uuid for item in streets.list_items(page_size=1000, desc=True)] == uuids[::-1]
    created = [item.created_at for item in streets.list_items(page_size=1000, order=FoldersSortBy.CREATED_AT)]
    assert created == sorted(created)
    assert created != [item.created_at for item in everything]

    assert names(streets.list_items(search="_000002")) == ["street_000002.jpg"]
    assert all("GROUP" in name.upper() for name in names(streets.list_items(search="GROUP")))
    videos = list(streets.list_items(item_types=[StorageItemType.VIDEO, StorageItemType.PLAIN_TEXT]))
    assert {item.item_type for item in videos} == {StorageItemType.VIDEO, StorageItemType.PLAIN_TEXT}
    used = list(streets.list_items(is_in_dataset=True, page_size=1000))
    unused = list(streets.list_items(is_in_dataset=False, page_size=1000))
    assert len(used) + len(unused) == 2500
    assert all(item.backed_data_units_count >= 1 for item in used)
    assert used
    assert all(
        item.client_metadata == {}
        for item in streets.list_items(search="_0000", include_client_metadata=False)
    )
    signed = next(iter(streets.list_items(get_signed_urls=True)))
    assert signed._orm_item.signed_url is not None
    assert next(iter(streets.list_items()))._orm_item.signed_url is None


def test_metadata_behind_signed_urls_is_the_same(streets: StorageFolder):
    inline = {item.uuid: item.client_metadata for item in streets.list_items(search="street_00001")}
    resolved = streets.list_items(search="street_00001", resolve_client_metadata_locally=True, page_size=7)
    assert {item.uuid: item.client_metadata for item in resolved} == inline
    assert len(inline) == 10


def test_find_items_goes_into_subfolders(streets: StorageFolder, harbour: StorageFolder):
    found = list(streets.find_items(search="harbour", page_size=5))
    assert names(found) == names(harbour.list_items())
    assert list(streets.list_items(search="harbour")) == []


@pytest.mark.filterwarnings(
    "ignore:find_storage_items is deprecated:DeprecationWarning"
)  # what is called here
def test_search_across_all_folders(user_client: EncordUserClient):
    found = list(user_client.find_storage_items(search="garage", page_size=10))
    assert len(found) == 18
    assert {item.client_metadata is not None for item in found} == {True}


def test_get_items_in_the_order_asked(user_client: EncordUserClient, garage_items: list[StorageItem]):
    wanted = [item.uuid for item in reversed(garage_items)]
    assert [item.uuid for item in user_client.get_storage_items(wanted)] == wanted
    with pytest.raises(AuthorisationError):
        user_client.get_storage_items([*wanted, uuid4()])


def test_media_and_signed_urls(garage_items: list[StorageItem]):
    by_type = {item.item_type: item for item in garage_items}
    image = by_type[StorageItemType.IMAGE]
    answer = requests.get(image.get_signed_url(), timeout=10)
    assert (answer.status_code, answer.headers["content-type"]) == (200, image.mime_type)
    again = requests.get(image.get_signed_url(refetch=True), timeout=10)
    assert hashlib.sha256(again.content).digest() == hashlib.sha256(answer.content).digest()
    assert (
        requests.get(image.get_signed_url().replace(str(image.uuid), str(uuid4())), timeout=10).status_code
        == 403
    )
    video = by_type[StorageItemType.VIDEO]
    part = requests.get(video.get_signed_url(), headers={"Range": "bytes=0-3"}, timeout=10)
    assert (part.status_code, part.content) == (206, b"\x1aE\xdf\xa3")


def test_refetch_shows_what_was_written_elsewhere(
    user_client: EncordUserClient, garage_items: list[StorageItem]
):
    mine = user_client.get_storage_item(garage_items[0].uuid)
    user_client.get_storage_item(mine.uuid).update(name="garage renamed")
    assert mine.name != "garage renamed"
    mine.refetch_data()
    assert mine.name == "garage renamed"


def test_item_summary(user_client: EncordUserClient, streets: StorageFolder):
    group = next(iter(streets.list_items(item_types=[StorageItemType.IMAGE_GROUP])))
    frame = group.get_child_items()[0]
    summary = frame.get_summary()
    assert summary.frame_in_groups == 1
    assert [info.uuid for info in summary.accessible_group_items] == [group.uuid]
    assert group.get_summary().frame_in_groups == 0
    series = next(iter(streets.list_items(item_types=[StorageItemType.DICOM_SERIES])))
    files = series.get_child_items(get_signed_urls=True)
    assert [file.item_type for file in files] == [StorageItemType.DICOM_FILE] * 2
    assert requests.get(files[0].get_signed_url(), timeout=10).content[128:132] == b"DICM"


def test_items_are_deleted_with_their_frames():
    with served("--items", "100") as server:
        client = EncordUserClient.create_with_ssh_private_key(
            ssh_private_key_path=str(server.key_file), domain=server.domain
        )
        folder = client.get_storage_folder(server.folder("Street scenes"))
        groups = list(folder.list_items(item_types=[StorageItemType.IMAGE_GROUP]))
        frames = [group.get_child_items()[0].uuid for group in groups]
        groups[0].delete()
        for gone in (groups[0].uuid, frames[0]):
            with pytest.raises(AuthorisationError):
                client.get_storage_item(gone)
        groups[1].delete(remove_unused_frames=False)
        assert client.get_storage_item(frames[1]).uuid == frames[1]
        folder.delete_storage_items([item.uuid for item in folder.list_items(search=".png")])
        assert names(folder.list_items(search=".png")) == []
        assert folder.get_summary().files == len(list(folder.list_items())) < 98


def test_unknown_uuids_are_refused(user_client: EncordUserClient, garage_items: list[StorageItem]):
    for call in (user_client.get_storage_item, user_client.get_storage_folder):
        with pytest.raises(AuthorisationError):
            call(uuid4())
    bundle = Bundle()
    gone = user_client.get_storage_item(garage_items[1].uuid)
    gone._orm_item.uuid = uuid4()
    garage_items[2].update(name="first of the bundle", bundle=bundle)
    gone.update(name="not there", bundle=bundle)
    with pytest.raises(AuthorisationError):
        bundle.execute()
    assert user_client.get_storage_item(garage_items[2].uuid).name == garage_items[2].name


def test_a_page_is_at_most_1000(streets: StorageFolder):
    with pytest.raises(InvalidArgumentsError, match="pageSize must be between 1 and 1000"):
        next(iter(streets.list_items(page_size=1001)))


def test_a_bundle_is_at_most_1000(user_client: EncordUserClient, streets: StorageFolder):
    bundle = Bundle(bundle_size=1001)
    for item in streets.list_items(page_size=1000, order=FoldersSortBy.CREATED_AT):
        item.update(client_metadata={"too": "many"}, bundle=bundle)
    with pytest.raises(InvalidArgumentsError, match="At most 1000 items"):
        bundle.execute()


def test_a_key_that_is_not_registered(server: Served, tmp_path: Path):
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    stranger = EncordUserClient.create_with_ssh_private_key(key.decode(), domain=server.domain)
    with pytest.raises(AuthenticationError):
        list(stranger.list_storage_folders())


def test_bearer_tokens(user_client: EncordUserClient, server: Served):
    token = user_client.get_bearer_token()
    bearer = EncordUserClient.create_with_bearer_token(token, domain=server.domain)
    assert "Street scenes" in names(bearer.list_storage_folders())
    wrong = EncordUserClient.create_with_bearer_token("wrong", domain=server.domain)
    with pytest.raises(AuthenticationError):
        list(wrong.list_storage_folders())
