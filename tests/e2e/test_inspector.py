"""The inspector beside the grid: a picture, a video's key frames, a frame of an image group, `$encord`."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.benches import Grid, Panel
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.contrast import assert_readable
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG
from tests.served import Served

_IMAGE, _VIDEO, _GROUP = 0, 7, 13
"""Rows of the sample data."""


class Inspector:
    """The inspector, in the words of somebody who uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.locator(".ecw-inspector")
        self.block = self.box.get_by_role("region", name="Frames of the video ($encord)")
        self.metadata = self.box.get_by_role("region", name="Metadata")

    def shows(self, name: str) -> Inspector:
        expect(self.box.get_by_role("heading", level=2)).to_have_text(name, timeout=HANG)
        return self

    def button(self, name: str | re.Pattern[str], within: Locator | None = None) -> Locator:
        exact = isinstance(name, str)
        return (within or self.box).get_by_role("button", name=name, exact=exact)

    def choose(self, key: str, value: str, within: Locator | None = None) -> Inspector:
        """Edit a key that has a list of options."""
        self.button(f"Edit {key}", within).press("Enter")
        field = (within or self.box).get_by_label(f"Value of {key}")
        expect(field).to_be_focused()
        field.select_option(value)
        field.press("Tab")
        self.page.keyboard.press("Enter")
        expect(field).to_have_count(0, timeout=HANG)
        return self


def test_it_follows_the_grid_and_edits_what_a_grid_cannot(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(encord, widget="bench = ew.Workbench(items)\nbench"))
    notebook.run_all()
    page, grid = notebook.page, Grid(notebook.page).wait()
    page.get_by_role("button", name="Show inspector").click()
    inspector = Inspector(page)
    expect(inspector.box).to_be_visible(timeout=HANG)

    grid.focus().go_to(_IMAGE, "name")
    inspector.shows("street_000001.jpg")
    picture = inspector.box.get_by_role("img", name="street_000001.jpg")
    expect(picture).to_be_visible(timeout=HANG)
    picture.evaluate("one => one.decode()")
    assert picture.evaluate("one => [one.naturalWidth, one.naturalHeight]") == [640, 360]
    shot(notebook, "inspector_image_light")

    grid.go_to(_VIDEO, "name")
    inspector.shows("street_000008.webm")
    video = grid.item(_VIDEO)
    before = second_editor.metadata(video)
    labels = sorted(before["$encord"]["frames"], key=int)
    player = inspector.box.locator("video")
    page.wait_for_function(
        "() => document.querySelector('.ecw-inspector video')?.readyState >= 2", timeout=HANG
    )
    assert player.evaluate("one => one.videoWidth") == 320
    expect(inspector.block.get_by_role("list", name="Key frames").get_by_role("button")).to_have_count(
        len(labels)
    )

    inspector.button(re.compile(rf"^{labels[-1]} at "), inspector.block).press("Enter")
    frame = inspector.box.get_by_role("region", name=f"Frame {labels[-1]}")
    expect(frame).to_contain_text("embedding (8)", timeout=HANG)
    page.wait_for_function(
        "at => Math.abs(document.querySelector('.ecw-inspector video').currentTime - at) < 0.01",
        arg=int(labels[-1]) / 10,
        timeout=HANG,
    )
    inspector.choose("weather", "snow", frame)
    rate = inspector.block.get_by_label("Samples per second")
    rate.fill("often")
    rate.press("Enter")
    expect(inspector.box.get_by_role("alert")).to_contain_text("a number", timeout=HANG)
    expect(rate).to_have_value("1")
    rate.fill("0")
    rate.press("Enter")
    expect(inspector.block).to_contain_text("the first frame and the key frames only", timeout=HANG)
    shot(notebook, "inspector_video_light")
    assert second_editor.metadata(video) == before, "nothing is sent before a commit"

    Panel(page).commit.press("Enter")
    expect(Panel(page).outcome).to_contain_text("read back as wanted", timeout=HANG)
    expect(inspector.box.get_by_role("status").first).not_to_contain_text("staged", timeout=HANG)
    block = before["$encord"]
    frames = {**block["frames"], labels[-1]: {**block["frames"][labels[-1]], "weather": "snow"}}
    config = {**block["config"], "sampling_rate": 0}
    wanted = {**before, "$encord": {**block, "config": config, "frames": frames}}
    assert second_editor.metadata(video) == wanted

    saved = str(notebook.save())
    assert "signature" not in saved.lower()
    assert "/media/" not in saved


def test_a_frame_of_an_image_group_is_edited_and_committed(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    widget = f"inspector = ew.ItemInspector(items, item=items.wait().uuids[{_GROUP}])\ninspector"
    notebook = open_notebook(*cells_for(encord, widget=widget))
    notebook.run_all()
    inspector = Inspector(notebook.page).shows("street_000014_group")
    frames = inspector.box.get_by_role("region", name="Frames of street_000014_group")
    expect(frames.locator(".ecw-insp-thumb img")).to_have_count(5, timeout=HANG)

    inspector.button(re.compile("^Frame 2: "), frames).press("Enter")
    inspector.shows("street_000014_frame_2.jpg")
    frame = notebook.ask("inspector.item")
    assert second_editor.metadata(frame) == {}
    inspector.box.get_by_label("Key to add", exact=True).fill("weather")
    inspector.button("Add value").click()
    inspector.box.get_by_label("Value of weather").select_option("fog")
    inspector.button("Stage").click()
    expect(frames).to_contain_text("1 edit staged on the frames", timeout=HANG)
    assert notebook.ask("[len(items.changes), len(inspector.frames.changes)]") == [0, 1]
    shot(notebook, "inspector_group_light")
    inspector.button("Commit 1 edit of frames").click()
    expect(frames).to_contain_text("1 verified", timeout=HANG)
    assert second_editor.metadata(frame) == {"weather": "fog"}


def test_the_deprecated_key_is_explained_and_moved(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    widget = (
        f"video = items.wait().uuids[{_VIDEO}]\nitems.stage({{video: {{'keyframes': [1, 2]}}}})\n"
        "assert items.commit()\new.ItemInspector(items, item=video)"
    )
    notebook = open_notebook(*cells_for(encord, widget=widget))
    notebook.run_all()
    inspector = Inspector(notebook.page).shows("street_000008.webm")
    expect(inspector.block.get_by_role("note")).to_contain_text("keyframes is deprecated")
    inspector.button("Move to $encord.frames").press("Enter")
    expect(inspector.block.get_by_role("note")).to_have_count(0, timeout=HANG)
    assert notebook.ask("items.value(video, 'keyframes') is ew.ABSENT")
    assert {"1", "2"} <= set(notebook.ask("list(items.value(video, '$encord')['frames'])"))
    player = inspector.box.locator("video")
    notebook.page.wait_for_function(
        "() => document.querySelector('.ecw-inspector video')?.readyState >= 2", timeout=HANG
    )
    player.evaluate("one => { one.currentTime = 0.75; }")
    inspector.button("Add where the video is").press("Enter")
    expect(inspector.button(re.compile("^7 at 0.7 s"))).to_be_visible(timeout=HANG)
    inspector.button("Undo").press("Enter")
    expect(inspector.button(re.compile("^7 at 0.7 s"))).to_have_count(0, timeout=HANG)
    inspector.button("Undo").press("Enter")
    expect(inspector.block.get_by_role("note")).to_have_count(1, timeout=HANG)
    assert notebook.ask("len(items.changes)") == 0


def test_it_can_be_read_in_both_themes_and_in_a_narrow_page(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    widget = f"ew.ItemInspector(items, item=items.wait().uuids[{_VIDEO}])"
    notebook = open_notebook(*cells_for(shared_encord, widget=widget))
    notebook.hide_sidebar()
    notebook.run_all()
    inspector = Inspector(notebook.page).shows("street_000008.webm")
    inspector.button("Edit weather", inspector.metadata).click()
    inspector.button(re.compile("at 0 s"), inspector.block).first.click()
    expect(inspector.box.get_by_role("region", name=re.compile("^Frame "))).to_be_visible(timeout=HANG)
    for theme in notebook.in_both_themes():
        for width in (1400, 640):
            notebook.page.set_viewport_size({"width": width, "height": 1000})
            shot(notebook, f"inspector_{theme}_{width}")
            assert_readable(inspector.box, texts=31)
            inner, outer = inspector.box.evaluate("one => [one.scrollWidth, one.clientWidth]")
            assert inner <= outer
