"""The file behind an item, on its way to the browser: bytes, or an address that is signed for this one answer.

An address goes out in a reply only: never in a trait, so never into a saved notebook. When it has expired, the
browser asks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from encord_widgets.metadata.item_fields import GROUPS
from encord_widgets.metadata.values import shown
from encord_widgets.widgets._requests import Answer, BadRequestError
from encord_widgets.widgets.thumbnails import scale_down

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["kind_of", "media_answer", "note_of"]

"""Item types whose frames are items of their own."""

_KINDS: Final = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "plainText": "text",
    **dict.fromkeys(GROUPS, "group"),
}
_SHOWN_AS_IT_IS: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"})
_PLAYED: Final = ("video/", "audio/")
_LARGEST_BYTES: Final = 20_000_000
_TEXT_SHOWN: Final = 100_000
_EDGE: Final = 1600
WAYS: Final = ("any", "bytes", "address")


def kind_of(item_type: object) -> str:
    """How an item is shown: `image`, `video`, `audio`, `text`, `group`, or `none`.

    Args:
        item_type: Encord's type of the item.

    Example:
        >>> kind_of("plainText"), kind_of("dicomFile")
        ('text', 'none')
    """
    return _KINDS.get(str(item_type), "none")


def note_of(item_type: object) -> str:
    """Why an item is not shown; empty when it is.

    Args:
        item_type: Encord's type of the item.
    """
    if kind_of(item_type) != "none":
        return ""
    named = f"Items of type {item_type}" if isinstance(item_type, str) else "Items without a type"
    return f"{named} are not shown here; open it in Encord to see it."


def media_answer(items: ItemSet, item: str, way: str) -> Answer:
    """What the browser needs to show an item; takes one or two requests to Encord.

    Videos and audio come as an address, so that they can be played from the middle; everything else, and everything
    of a server that no browser reaches, as bytes of up to 20 MB.

    Args:
        items: The set that the item is in.
        item: Item uuid, lower case.
        way: `bytes` or `address` when the browser needs one of them, else `any`.

    Raises:
        BadRequestError: If there is no such way.
        ApiError: If the item has no file, or it cannot be read.
    """
    if way not in WAYS:
        raise BadRequestError(f"media come as {', '.join(WAYS)}, not {shown(way)}.")
    with items.lock:
        row = items.table.row_of(item)
        item_type = "" if row is None else items.table.field("item_type").value(row)
        size = 0 if row is None else items.table.field("file_size").value(row)
    kind = kind_of(item_type)
    large = isinstance(size, (int, float)) and size > _LARGEST_BYTES
    if way == "any":
        way = "address" if kind in {"video", "audio"} or (large and kind == "image") else "bytes"
    if way == "address" and not items.client.in_process and kind != "text":
        address = items.client.media_url(item)
        if urlsplit(address).scheme in {"http", "https"}:
            return Answer({"address": address})
    data, mime = items.client.media(item)
    return _text(data) if kind == "text" else _file(kind, data, mime)


def _text(data: bytes) -> Answer:
    text = data.decode("utf-8", "replace")
    cut = len(text) > _TEXT_SHOWN
    note = f"The first {_TEXT_SHOWN:,} of {len(text):,} characters." if cut else ""
    return Answer({"text": text[:_TEXT_SHOWN], "note": note})


def _file(kind: str, data: bytes, mime: str) -> Answer:
    if kind in {"video", "audio"}:
        # Browsers look into the file; a type that is no medium at all would be taken at its word.
        return Answer({"mime": mime if mime.startswith(_PLAYED) else f"{kind}/mp4"}, (data,))
    if mime in _SHOWN_AS_IT_IS:
        return Answer({"mime": mime}, (data,))
    made = scale_down(data, _EDGE)
    result: dict[str, Any] = {"mime": made.mime} if made.data else {"none": made.none}
    return Answer(result, (made.data,) if made.data else ())
