"""How an item's file reaches the browser: bytes, or an address that is signed for this one answer."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

import encord_widgets as ew
from encord_widgets.widgets.inspector_media import media_answer
from tests.widgets.browser import Browser, state_of
from tests.widgets.test_inspector import of_type


@pytest.fixture
def video(items):
    return of_type(items, "video")


@pytest.fixture
def inspector(items):
    with ew.ItemInspector(items) as widget:
        yield widget


@pytest.fixture
def page(inspector):
    return Browser(inspector)


def test_media_come_as_bytes_from_a_server_that_no_browser_reaches(items, inspector, page, video):
    image = of_type(items, "image")
    for item, mime in ((image, "image/jpeg"), (video, "video/webm")):
        inspector.show(item)
        request = page.start("media", item=item, way="any")
        assert page.answer(request)["result"] == {"mime": mime}
        assert len(page.buffers[request][0]) > 1000
    group = of_type(items, "imageGroup")
    inspector.show(group)
    page.ask("open_frames", group=group)
    request = page.start("thumbnails", items=[page.state["group"]["frames"][0]["item"]])
    assert page.answer(request)["ok"]
    assert page.buffers[request][0]


def test_text_comes_as_text(items, inspector, page):
    item = of_type(items, "plainText")
    inspector.show(item)
    assert page.ask("media", item=item, way="any")["text"].startswith("Drive log")


class FarClient:
    """A client of a server that browsers reach; it counts what is asked."""

    in_process = False

    def __init__(self, real, file=b"", mime="image/png", address="https://media.example/1?sig=secret"):
        self.asked = []
        self.schema = real.schema
        self.file, self.mime, self.address = file, mime, address

    def media(self, item):
        self.asked.append("bytes")
        return self.file, self.mime

    def media_url(self, item):
        self.asked.append("address")
        return f"{self.address}{len(self.asked)}"


@pytest.fixture
def far(items, monkeypatch):
    def make(**more):
        client = FarClient(items.client, **more)
        monkeypatch.setattr(items, "client", client)
        return client

    return make


def test_a_video_comes_as_an_address_signed_anew_each_time(items, far, video):
    client = far()
    first, second = (media_answer(items, video, "any").result["address"] for _ in range(2))
    assert first != second
    assert client.asked == ["address", "address"]
    assert media_answer(items, video, "bytes").buffers == (b"",)


def test_an_address_that_is_none_of_the_web_is_not_handed_on(items, far, video):
    client = far(address="javascript:alert(1)//")
    assert "address" not in media_answer(items, video, "address").result
    assert client.asked == ["address", "bytes"]


def test_an_image_of_a_kind_that_browsers_do_not_show_is_converted(items, far):
    file = io.BytesIO()
    Image.new("RGB", (3000, 20)).save(file, "TIFF")
    far(file=file.getvalue(), mime="image/tiff")
    answer = media_answer(items, of_type(items, "image"), "any")
    assert answer.result["mime"] == "image/webp"
    with Image.open(io.BytesIO(answer.buffers[0])) as image:
        assert image.width == 1600
    far(file=b"<svg onload=alert(1)>", mime="image/svg+xml")
    assert "no image that can be shown" in media_answer(items, of_type(items, "image"), "any").result["none"]


def test_a_long_text_is_cut(items, far):
    far(file=("é" * 150_000).encode() + b"\xff", mime="text/plain")
    result = media_answer(items, of_type(items, "plainText"), "any").result
    assert len(result["text"]) == 100_000
    assert "of 150,001 characters" in result["note"]


def test_no_address_reaches_a_trait_or_a_saved_notebook(items, far, video):
    with ew.ItemInspector(items, item=video) as inspector:
        far()
        page = Browser(inspector)
        assert "sig=secret" in page.ask("media", item=video, way="any")["address"]
        inspector._publish()
        kept = json.dumps(state_of(inspector)) + inspector._static_html() + repr(inspector)
        assert "media.example" not in kept
