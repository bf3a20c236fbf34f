"""Key frames of videos and frames of image groups: the documentation's samples in a few lines, read by the SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from encord import EncordUserClient
from encord.orm.storage import StorageItemType
from encord.storage import StorageFolder, StorageItem

import encord_widgets as ew
from encord_widgets.client import Client


@pytest.fixture
def ours(user_client: EncordUserClient) -> Iterator[Client]:
    with ew.connect(user_client) as client:
        yield client


def read_again(user_client: EncordUserClient, item: StorageItem) -> dict:
    return json.loads(user_client.get_storage_item(item.uuid)._orm_item.client_metadata)


def test_images_of_an_image_group(
    ours: Client, user_client: EncordUserClient, streets: StorageFolder
) -> None:
    group = next(iter(streets.list_items(item_types=[StorageItemType.IMAGE_GROUP])))
    before = [frame.client_metadata for frame in group.get_child_items()]

    frames = ours.image_group(group)
    frames.stage({frame: {"somekindof": f"string {at}"} for at, frame in enumerate(frames.uuids)})
    receipt = frames.commit()

    assert receipt, receipt.text()
    after = [frame.client_metadata for frame in user_client.get_storage_item(group.uuid).get_child_items()]
    assert after == [{**old, "somekindof": f"string {at}"} for at, old in enumerate(before)]


def test_key_frames_of_videos_that_are_there(
    ours: Client, user_client: EncordUserClient, streets: StorageFolder
) -> None:
    videos = list(streets.list_items(item_types=[StorageItemType.VIDEO], page_size=1000))[:4]
    videos[0].update(client_metadata={**videos[0].client_metadata, "keyframes": [0, 9]})
    before = [read_again(user_client, video) for video in videos]
    key_frames = {str(video.uuid): [0, 5] for video in videos}

    items = ours.items(key_frames)
    items.stage(
        {
            video: {"$encord": ew.EncordBlock(items.value(video, "$encord")).with_frames(frames).value}
            for video, frames in key_frames.items()
        }
    )
    receipt = items.commit()

    assert receipt, receipt.text()
    for video, old in zip(videos, before, strict=True):
        block = old.get("$encord", {})
        frames = {"0": {}, "5": {}, **block.get("frames", {})}
        assert read_again(user_client, video) == {**old, "$encord": {**block, "frames": frames}}
    assert any("$encord" in old for old in before)
    assert any("$encord" not in old for old in before)
