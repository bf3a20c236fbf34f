"""Items as rows: what a new item is made of, and its JSON on the wire put together from stored parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

__all__ = ["ITEM_TYPES", "NewItem", "page", "shape_of", "wire_label"]

ITEM_TYPES = (
    "video", "image", "group", "imageGroup", "imageSequence", "dicomFile", "dicomSeries",
    "audio", "timeseries", "nifti", "plainText", "pdf", "scene",
)  # fmt: skip
OWNER = "curator@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to be put into the store.

    Args:
        uuid: Lower-case text.
        name: Title shown by Encord.
        item_type: One of `ITEM_TYPES`.
        metadata: Custom metadata, any JSON object.
        created: Creation time as `database.timestamp` writes it.
        scene: What the generated media shows, as `media.Scene.text`.
        frames: Child items of a group or series, in order; not part of any listing.

    Example:
        >>> NewItem(uuid="0" * 32, name="a.jpg", item_type="image", metadata={},
        ...         created="2025-03-01T08:30:00.000000Z").item_type
        'image'
    """

    uuid: str
    name: str
    item_type: str
    metadata: Mapping[str, Any]
    created: str
    size: int | None = None
    mime_type: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    fps: float | None = None
    frame_count: int | None = None
    dicom_study_uid: str | None = None
    dicom_series_uid: str | None = None
    dicom_instance_uid: str | None = None
    data_units: int = 0
    scene: str = ""
    frames: tuple[NewItem, ...] = field(default=())


def shape_of(item: NewItem) -> tuple[object, ...]:
    """What `wire_shape` depends on; few different values among many items."""
    return (
        item.item_type,
        item.mime_type,
        item.duration,
        item.fps,
        item.height,
        item.width,
        item.dicom_instance_uid,
        item.dicom_study_uid,
        item.dicom_series_uid,
        item.frame_count,
    )


def wire_shape(shape: tuple[object, ...]) -> bytes:
    """The members of an item's JSON that many items share, stored once."""
    names = (
        "itemType", "mimeType", "duration", "fps", "height", "width",
        "dicomInstanceUid", "dicomStudyUid", "dicomSeriesUid", "frameCount",
    )  # fmt: skip
    members: dict[str, object] = dict(zip(names, shape, strict=True))
    members |= {
        "owner": OWNER,
        "isTombstone": False,
        "isPlaceholder": False,
        "storageLocation": "encord",
        "integrationHash": None,
        "url": None,
        "audioSampleRate": None,
        "audioBitDepth": None,
        "audioCodec": None,
        "audioNumChannels": None,
    }
    return orjson.dumps(members)[1:-1]


def wire_head(item: NewItem, folder: str) -> bytes:
    """The members of an item's JSON that never change."""
    size = "null" if item.size is None else item.size
    return (
        f'"uuid":"{item.uuid}","parent":"{folder}","createdAt":"{item.created}",'
        f'"fileSize":{size},"backedDataUnitsCount":{item.data_units}'
    ).encode()


def wire_label(name: str) -> bytes:
    """The members that a rename changes; Encord keeps no description of an item, though a patch may carry one."""
    return b'"name":' + orjson.dumps(name) + b',"description":""'


MetadataOf = Callable[[str, bytes], bytes]
"""Item uuid and stored metadata text -> the `clientMetadata` members of the item's JSON."""


def inline_metadata(_uuid: str, metadata: bytes) -> bytes:
    """Metadata as part of the item."""
    return b'"clientMetadata":' + metadata


def no_metadata(_uuid: str, _metadata: bytes) -> bytes:
    """Metadata not wanted."""
    return b'"clientMetadata":"{}"'


def wire_items(
    rows: Iterable[tuple[Any, ...]],
    shapes: Mapping[int, bytes],
    *,
    metadata_of: MetadataOf = inline_metadata,
    signed_url: Callable[[str], str] | None = None,
) -> list[bytes]:
    """Rows of (uuid, label, edited, metadata, head, shape, item_type) as JSON texts, in order."""
    if signed_url is None and metadata_of is inline_metadata:  # the common case, kept short for speed
        return [
            b"".join((
                b"{", label, b',"lastEditedAt":"', edited, b'","clientMetadata":', metadata,
                b',"signedUrl":null,', head, b",", shapes[shape], b"}",
            ))
            for _, label, edited, metadata, head, shape, _ in rows
        ]  # fmt: skip
    texts = []
    for uuid, label, edited, metadata, head, shape, item_type in rows:
        url = b"null"
        if signed_url is not None and item_type not in _WITHOUT_FILE:
            url = orjson.dumps(signed_url(uuid))
        texts.append(
            b"".join((
                b"{", label, b',"lastEditedAt":"', edited, b'",', metadata_of(uuid, metadata),
                b',"signedUrl":', url, b",", head, b",", shapes[shape], b"}",
            ))
        )  # fmt: skip
    return texts


_WITHOUT_FILE = frozenset({"imageGroup", "group", "dicomSeries", "scene"})


def page(texts: Iterable[bytes], token: str | None = None) -> bytes:
    """A page of results on the wire.

    Example:
        >>> page([b"1", b"2"])
        b'{"results":[1,2],"nextPageToken":null}'
    """
    return b"".join((b'{"results":[', b",".join(texts), b'],"nextPageToken":', orjson.dumps(token), b"}"))
