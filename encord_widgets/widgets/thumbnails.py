"""Small pictures of image items: read through Python, scaled down, kept in memory only.

The browser is given bytes, never the signed URL that they came from.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from encord_widgets.api.errors import first_sentence
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.metadata.values import Value
from encord_widgets.widgets._requests import Answer, Later, Params, StaleError

if TYPE_CHECKING:
    from PIL.Image import Image

    from encord_widgets.item_set import ItemSet

__all__ = ["Thumbnail", "Thumbnails", "scale_down"]

EDGE: Final = 96
"""Longest edge of a thumbnail, in px."""
LARGEST_FILE: Final = 20_000_000
"""Largest image that is read for one, in bytes."""
LARGEST_IMAGE: Final = 80_000_000
"""Most pixels that are decoded for one."""
KEPT: Final = 500
_AT_ONCE: Final = 2
_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A thumbnail, or why there is none.

    Args:
        data: The image file; empty when there is none.
        mime: Its media type.
        none: Why there is none.
    """

    data: bytes = b""
    mime: str = ""
    none: str = ""


class Thumbnails:
    """Thumbnails of the items of a set; the last 500 are kept.

    Args:
        items: The items.
    """

    def __init__(self, items: ItemSet) -> None:
        self._items = items
        self._kept: OrderedDict[str, Thumbnail] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, item: str) -> Thumbnail:
        """The thumbnail of an item; reads its image when it is not kept. May take seconds.

        Args:
            item: Item uuid, lower case.

        Raises:
            StaleError: If the item is not in the set.
        """
        with self._lock:
            kept = self._kept.get(item)
            if kept is not None:
                self._kept.move_to_end(item)
                return kept
        made = self._made(item)
        if made.data:  # a failure may be gone next time
            with self._lock:
                self._kept[item] = made
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return made

    def answer(self, params: Params) -> Later:
        """Answer a request for the thumbnails of some items: for each its media type or the place of a reason in `why`.

        Args:
            params: The request, with `items`.
        """
        asked = params.texts("items")[:_MOST]

        def work() -> Answer:
            with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="encord-widgets-thumbnail") as pool:
                found = list(pool.map(self.get, asked))
            why = list(dict.fromkeys(one.none for one in found if not one.data))
            told = [one.mime if one.data else why.index(one.none) for one in found]
            return Answer({"pictures": told, "why": why}, tuple(one.data for one in found if one.data))

        return Later(work)

    def _made(self, item: str) -> Thumbnail:
        item_type, size = self._field(item, "item_type"), self._field(item, "file_size")
        if item_type != "image":
            return Thumbnail(none=f"There are thumbnails of images only; this is of type {item_type}.")
        if isinstance(size, (int, float)) and size > LARGEST_FILE:
            return Thumbnail(none=f"The file is {size / 1e6:,.0f} MB; thumbnails are made up to 20 MB.")
        try:
            data, _ = self._items.client.media(item)
        except EncordWidgetsError as error:
            # The row says which item it is: what is wrong with many of them is told once.
            return Thumbnail(none=first_sentence(str(error)).removeprefix(f"item {item}: "))
        return scale_down(data)

    def _field(self, item: str, name: str) -> Value:
        with self._items.lock:
            row = self._items.table.row_of(item)
            if row is None:
                raise StaleError(f"The item {item} is not in this set any more.")
            return self._items.table.field(name).value(row)


def scale_down(data: bytes, edge: int = EDGE) -> Thumbnail:
    """Make a thumbnail of an image file, as WebP.

    Args:
        data: The image file.
        edge: Longest edge, in px.

    Example:
        >>> scale_down(b"no image").none
        'The file is no image that can be shown.'
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # loaded with the first thumbnail

    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > LARGEST_IMAGE:
                return Thumbnail(none=f"The image has {image.width:,} by {image.height:,} pixels: too many.")
            image.draft("RGB", (2 * edge, 2 * edge))  # JPEG decodes at a fraction of its size
            small = _plain(image)
            small.thumbnail((edge, edge))
            small = ImageOps.exif_transpose(small)
            file = io.BytesIO()
            small.save(file, "WEBP", quality=80)
    except UnidentifiedImageError:
        return Thumbnail(none="The file is no image that can be shown.")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Thumbnail(none="The image is damaged or of a kind that cannot be shown.")
    return Thumbnail(file.getvalue(), "image/webp")


def _plain(image: Image) -> Image:
    """The image with 8 bits for red, green and blue, and opacity where it has any."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in {"I", "F"}:
        low, high = image.getextrema()
        span = float(high) - float(low) or 1.0  # type: ignore[arg-type]  # one band: two numbers
        image = image.point(lambda value: (value - float(low)) * (255 / span)).convert("L")  # type: ignore[arg-type]
    clear = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    return image.convert("RGBA" if clear else "RGB")
