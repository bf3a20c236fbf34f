"""The frames of image groups in the inspector: items of their own, staged where they belong."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from tests.widgets.browser import Browser
from tests.widgets.test_inspector import edit, of_type, row_of


@pytest.fixture
def inspector(items):
    with ew.ItemInspector(items) as widget:
        yield widget


@pytest.fixture
def page(inspector):
    return Browser(inspector)


def test_a_frame_of_a_group_is_an_item_of_its_own(items, inspector, page):
    group = of_type(items, "imageGroup")
    inspector.show(group)
    assert (page.state["group"]["opened"], page.state["view"]["kind"]) == (False, "group")
    page.ask("open_frames", group=group)
    frames = page.state["group"]["frames"]
    assert [frame["name"][-5:] for frame in frames] == [f"{at}.jpg" for at in range(1, 6)]
    first = frames[0]["item"]
    page.ask("show_frame", frame=first)
    assert (inspector.item, page.state["view"]["apart"]) == (first, True)
    page.ask("edit", edit(page, "weather", "fog"))
    assert not items.changes
    assert [change.item for change in inspector.frames.changes] == [first]
    assert (page.state["group"]["staged"], page.state["group"]["frames"][0]["staged"]) == (1, 1)
    assert "1 verified" in page.ask("commit_frames", group=group)["text"]
    assert items.client.read([first]).metadata[0]["weather"] == "fog"
    page.until(lambda: page.state["group"]["outcome"] and page.state["group"]["staged"] == 0)
    assert "Nothing is staged" in page.refused("commit_frames", group=group)["message"]
    page.ask("show_frame", frame=None)
    assert inspector.item == group


def test_frames_keep_their_edits_while_one_looks_elsewhere(items, inspector, page):
    group = of_type(items, "imageGroup")
    inspector.show(group)
    frame = inspector.frames.uuids[1]
    inspector.show(frame)
    page.ask("edit", edit(page, "weather", "snow"))
    inspector.show(items.uuids[0])
    assert inspector.frames is None
    inspector.show(frame)
    assert inspector.item == frame
    assert row_of(page, "weather")["state"] == "staged"


def test_frames_that_are_in_the_set_are_staged_there(client, items):
    group = of_type(items, "imageGroup")
    frames = client.image_group(group).uuids
    both = client.items([group, frames[0]]).wait()
    with ew.ItemInspector(both, item=group) as inspector:
        page = Browser(inspector)
        page.ask("open_frames", group=group)
        page.ask("show_frame", frame=frames[0])
        assert page.state["view"]["apart"] is False
        page.ask("edit", edit(page, "weather", "snow"))
        assert both.value(frames[0], "weather") == "snow"
        page.ask("show_frame", frame=frames[1])
        assert page.state["view"]["apart"] is True


def test_frames_that_cannot_be_read_say_why(items, inspector, page, monkeypatch):
    group = of_type(items, "imageGroup")
    inspector.show(group)
    assert page.refused("open_frames", group=items.uuids[0])["code"] == "bad_request"
    assert page.refused("show_frame", frame=items.uuids[0])["code"] == "stale"

    def refuse(_):
        raise ew.ServerError("No answer.", method="GET", path="x", status=503)

    with monkeypatch.context() as patch:
        patch.setattr(items.client, "image_group", refuse)
        assert "No answer" in page.refused("open_frames", group=group)["message"]
    assert "No answer" in page.state["group"]["error"]
    page.ask("open_frames", group=group)
    assert page.state["group"]["error"] == ""
