from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from PIL import Image

from encord_widgets.local import EmbeddedEncord
from encord_widgets.local.scenes import LIGHTS, WEATHERS, Scene, draw
from encord_widgets.local.webm import webm
from tests.local.wire import Wire


def one_of(wire: Wire, folder: str, item_type: str, index: int = 0) -> dict[str, Any]:
    target = f"storage/folders/{folder}/items"
    (items,) = wire.pages(target, itemTypes=item_type, signUrls="True", pageSize=1000)
    found: dict[str, Any] = items[index]
    return found


@pytest.mark.parametrize(
    ("suffix", "mime", "kind"), [(".jpg", "image/jpeg", "JPEG"), (".png", "image/png", "PNG")]
)
def test_images(wire: Wire, folder: str, suffix: str, mime: str, kind: str):
    target = f"storage/folders/{folder}/items"
    (items,) = wire.pages(target, search=suffix, itemTypes="image", signUrls="True")
    response = wire.send("GET", items[0]["signedUrl"])
    assert response.headers["content-type"] == mime == items[0]["mimeType"]
    assert response.headers["x-content-type-options"] == "nosniff"
    with Image.open(io.BytesIO(response.content)) as image:
        image.load()
        assert (image.format, image.size) == (kind, (items[0]["width"], items[0]["height"]))
        assert len(image.convert("RGB").getcolors(1 << 24)) > 100  # a drawing, no blank page


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """The EBML elements of one level, sizes checked against what is there."""
    found = []
    position = 0
    while position < len(data):
        width = 9 - data[position].bit_length()
        identifier = int.from_bytes(data[position : position + width], "big")
        position += width
        width = 9 - data[position].bit_length()
        size = int.from_bytes(data[position : position + width], "big") & ~(1 << 7 * width)
        position += width
        assert position + size <= len(data)
        found.append((identifier, data[position : position + size]))
        position += size
    return found


def test_videos_are_webm_with_the_frames_that_the_item_names(wire: Wire, folder: str):
    item = one_of(wire, folder, "video")
    response = wire.send("GET", item["signedUrl"])
    assert response.headers["content-type"] == item["mimeType"] == "video/webm"
    (header_id, header), (segment_id, segment) = elements(response.content)
    assert (header_id, segment_id) == (0x1A45DFA3, 0x18538067)
    assert dict(elements(header))[0x4282] == b"webm"
    parts = dict(elements(segment))
    (duration,) = struct.unpack(">d", dict(elements(parts[0x1549A966]))[0x4489])
    assert duration == pytest.approx(item["duration"] * 1000)
    track = dict(elements(dict(elements(parts[0x1654AE6B]))[0xAE]))
    assert track[0x86] == b"V_VP8"
    size = {key: int.from_bytes(value, "big") for key, value in elements(track[0xE0])}
    assert (size[0xB0], size[0xBA]) == (item["width"], item["height"])
    blocks = [content for identifier, content in elements(parts[0x1F43B675]) if identifier == 0xA3]
    assert len(blocks) == item["frameCount"]
    assert [int.from_bytes(block[1:3], "big") for block in blocks] == [100 * n for n in range(len(blocks))]
    for block in blocks:
        assert (block[0], block[3]) == (0x81, 0x80)  # track 1, key frame
        assert block[4] & 1 == 0  # VP8: key frame
        assert block[7:10] == b"\x9d\x01\x2a"
        assert struct.unpack("<HH", block[10:14]) == (item["width"], item["height"])
    assert len(set(blocks)) == len(blocks)  # it moves
    cue = dict(elements(dict(elements(dict(elements(parts[0x1C53BB6B]))[0xBB]))[0xB7]))
    position = int.from_bytes(cue[0xF1], "big")
    assert segment[position : position + 4] == bytes.fromhex("1f43b675")


@pytest.mark.parametrize("size", [(16, 16), (33, 17), (320, 180)])
def test_webm_frames_are_what_pillow_encodes(size: tuple[int, int]):
    data = webm([Image.new("RGB", size, (200, 30, 30))], 10)
    block = next(
        content
        for identifier, content in elements(dict(elements(dict(elements(data))[0x18538067]))[0x1F43B675])
        if identifier == 0xA3
    )
    frame = block[4:]
    padded = frame + b"\0" * (len(frame) % 2)
    chunk = b"VP8 " + struct.pack("<I", len(frame)) + padded
    riff = b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk
    with Image.open(io.BytesIO(riff)) as image:
        assert image.size == size
        red, green, blue = image.convert("RGB").getpixel((size[0] // 2, size[1] // 2))
    assert abs(red - 200) + abs(green - 30) + abs(blue - 30) < 30


def test_dicom_files(wire: Wire, folder: str):
    series = one_of(wire, folder, "dicomSeries")
    assert series["signedUrl"] is None
    target = f"storage/folders/{folder}/items/{series['uuid']}/child-items"
    file = wire.ok("GET", target, params={"signUrls": "True"})["results"][0]
    content = wire.send("GET", file["signedUrl"]).content
    assert content[:132] == bytes(128) + b"DICM"
    tags = {}
    position = 132
    while position < len(content):
        group, element, kind = struct.unpack_from("<HH2s", content, position)
        if kind in {b"OB", b"OW"}:
            (size,) = struct.unpack_from("<I", content, position + 8)
            position += 12
        else:
            (size,) = struct.unpack_from("<H", content, position + 6)
            position += 8
        assert size % 2 == 0
        assert (group, element) > max(tags, default=(0, 0)), "tags must rise"
        tags[group, element] = content[position : position + size]
        position += size
    assert position == len(content)
    rows, columns = struct.unpack("<H", tags[0x28, 0x10]) + struct.unpack("<H", tags[0x28, 0x11])
    assert (rows, columns) == (file["height"], file["width"])
    assert len(tags[0x7FE0, 0x10]) == rows * columns
    assert tags[0x08, 0x18].rstrip(b"\0").decode() == file["dicomInstanceUid"]
    # The group length counts from behind itself to the first tag of the next group.
    length = struct.unpack("<I", tags[0x02, 0x00])[0]
    assert content[132 + 12 + length : 132 + 12 + length + 2] == b"\x08\x00"


def test_texts_and_things_without_a_file(wire: Wire, folder: str):
    text = one_of(wire, folder, "plainText")
    response = wire.send("GET", text["signedUrl"])
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert text["name"] in response.text
    assert one_of(wire, folder, "imageGroup")["signedUrl"] is None


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-99999999", 206, slice(None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
        ("bytes=-", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_parts_of_a_file(wire: Wire, folder: str, wanted: str, status: int, part: slice):
    url = one_of(wire, folder, "video")["signedUrl"]
    whole = wire.send("GET", url).content
    response = wire.send("GET", url, headers={"Range": wanted})
    assert (response.status_code, response.content) == (status, whole[part])
    if status == 206:
        start, stop, _ = part.indices(len(whole))
        assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"


def test_a_picture_shows_the_scene_and_not_the_metadata(wire: Wire, folder: str, item: str):
    """So that a curator can see what the metadata ought to say."""
    url = wire.ok("GET", f"storage/items/{item}", params={"signUrl": "True"})["signedUrl"]
    before = wire.send("GET", url).content
    wire.encord.store.replace(item, {"weather": "snow"})
    with EmbeddedEncord(items=120) as again:
        again_wire = Wire(again)
        fresh = again_wire.ok("GET", f"storage/items/{item}", params={"signUrl": "True"})["signedUrl"]
        assert wire.send("GET", url).content == before == again_wire.send("GET", fresh).content


def test_a_removed_item_has_no_file(wire: Wire, item: str):
    url = wire.ok("GET", f"storage/items/{item}", params={"signUrl": "True"})["signedUrl"]
    wire.encord.store.delete(item)
    wire.refused(404, "GET", url)


def test_every_weather_and_light_looks_different():
    pictures = {draw(Scene(weather, light, 3), 64, 36).tobytes() for weather in WEATHERS for light in LIGHTS}
    assert len(pictures) == len(WEATHERS) * len(LIGHTS)
    night, day = (
        draw(Scene("clear", light, 3), 64, 36).convert("L").resize((1, 1)).getpixel((0, 0))
        for light in ("night", "day")
    )
    assert night < day / 2
