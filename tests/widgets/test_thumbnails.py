"""Thumbnails: small, in memory, never an address."""

from __future__ import annotations

import io

import pytest
from PIL import Image

import encord_widgets as ew
from encord_widgets.widgets import thumbnails
from encord_widgets.widgets._requests import Params
from encord_widgets.widgets.thumbnails import Thumbnails, scale_down
from tests.widgets.browser import Browser


def image_file(mode="RGB", size=(640, 360), kind="PNG", **options):
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **options)
    return file.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


def item_of(items, item_type):
    column = items.table.field("item_type")
    return next(uuid for row, uuid in enumerate(items.table.uuids) if column.value(row) == item_type)


def test_thumbnails_come_several_in_a_message(items):
    asked = [item_of(items, "video"), item_of(items, "image")]
    with ew.ItemGrid(items) as grid:
        page = Browser(grid)
        request_id = page.start("thumbnails", items=asked)
        reply = page.answer(request_id)
        assert reply["ok"]
        why, found = reply["result"]["pictures"]
        assert "type video" in reply["result"]["why"][why], "other items say why there is none"
        assert len(reply["result"]["why"]) == 1, "each reason once"
        (data,) = page.buffers[request_id]
        with opened(data) as image:
            assert found == Image.MIME[image.format]
            assert max(image.size) == thumbnails.EDGE


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "JPEG"),
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("1", "PNG"),
        ("I;16", "PNG"),
        ("I", "TIFF"),
        ("F", "TIFF"),
        ("RGB", "WEBP"),
        ("RGB", "BMP"),
        ("P", "GIF"),
    ],
)
def test_any_kind_of_image(mode, kind):
    found = scale_down(image_file(mode, (300, 200), kind))
    assert found.none == ""
    with opened(found.data) as image:
        assert image.size == (96, 64)


def test_sixteen_bits_keep_their_shades():
    picture = Image.new("I;16", (10, 10), 0)
    picture.putpixel((9, 9), 40000)
    file = io.BytesIO()
    picture.save(file, "PNG")
    with opened(scale_down(file.getvalue()).data) as image:
        assert image.convert("L").getextrema()[1] > 60


def test_a_turned_photograph_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    with opened(scale_down(image_file(kind="JPEG", size=(400, 200), exif=exif)).data) as image:
        assert image.size == (48, 96)


def test_small_images_are_not_blown_up():
    with opened(scale_down(image_file(size=(8, 6))).data) as image:
        assert image.size == (8, 6)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        image_file()[:100],
        image_file(kind="JPEG")[:300],
    ],
)
def test_what_is_no_image_says_so(data):
    found = scale_down(data)
    assert found.data == b""
    assert found.none


def test_too_many_pixels_are_not_decoded(monkeypatch):
    monkeypatch.setattr(thumbnails, "LARGEST_IMAGE", 1000)
    assert "too many" in scale_down(image_file()).none
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert scale_down(image_file()).none


def test_large_files_are_not_read(items, monkeypatch):
    monkeypatch.setattr(thumbnails, "LARGEST_FILE", 10)
    monkeypatch.setattr(items.client, "media", lambda _: pytest.fail("it was read"))
    assert "up to 20 MB" in Thumbnails(items).get(item_of(items, "image")).none


def test_each_image_is_read_once_and_the_oldest_go(items, monkeypatch):
    read = []
    media = items.client.media
    monkeypatch.setattr(items.client, "media", lambda item: read.append(item) or media(item))
    monkeypatch.setattr(thumbnails, "KEPT", 2)
    column = items.table.field("item_type")
    images = [uuid for row, uuid in enumerate(items.table.uuids) if column.value(row) == "image"][:3]
    store = Thumbnails(items)
    for item in (images[0], images[0], images[1], images[0], images[2], images[0], images[1]):
        assert store.get(item).data
    assert read == [images[0], images[1], images[2], images[1]]
    assert len(store) == 2


def test_what_is_wrong_with_many_items_is_told_once(items, monkeypatch):
    def fail(item):
        raise ew.ConnectionFailedError(
            f"item {item}: encord answered 403: No access. Check the id. (GET /{item})"
        )

    monkeypatch.setattr(items.client, "media", fail)
    column = items.table.field("item_type")
    images = [uuid for row, uuid in enumerate(items.table.uuids) if column.value(row) == "image"][:3]
    found = Thumbnails(items).answer(Params({"items": images})).work().result
    assert found == {"pictures": [0, 0, 0], "why": ["encord answered 403: No access."]}


def test_a_failure_is_told_and_tried_again(items, monkeypatch):
    def fail(_):
        raise ew.ConnectionFailedError("nobody there")

    store, item = Thumbnails(items), item_of(items, "image")
    with monkeypatch.context() as broken:
        broken.setattr(items.client, "media", fail)
        assert "nobody there" in store.get(item).none
    assert store.get(item).data
