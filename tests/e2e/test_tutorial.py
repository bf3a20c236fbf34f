"""The tutorial as a newcomer meets it, and what a saved notebook holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.benches import Diff, Grid
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.editor import Editor
from tests.served import Served

TUTORIAL = Path(__file__).parents[2] / "notebooks" / "01_first_edit.ipynb"


def test_the_tutorial(open_notebook: OpenNotebook, shot: Shot) -> None:
    notebook = open_notebook(file=TUTORIAL)
    notebook.run_all()
    grid = Grid(notebook.page).wait()
    grid.root.scroll_into_view_if_needed()
    pictures = grid.root.locator(".ecw-thumb img")
    expect(pictures).not_to_have_count(0)
    notebook.page.wait_for_function(
        """() => {
            const all = [...document.querySelectorAll("[role=grid] .ecw-thumb img")];
            return all.length >= 8 && all.every(one => one.complete && one.naturalWidth > 0);
        }"""
    )
    shot(notebook, "tutorial_light")
    assert notebook.problems.all_inner_texts() == []
    expect(notebook.output(-2)).to_contain_text("Every value of weather is an option of the schema")
    # The commit from Python shows in the widgets above it.
    expect(Diff(notebook.page).box).to_contain_text("verified")
    expect(notebook.page.locator(".ecw-banner")).to_have_count(0)


def test_a_saved_notebook_holds_no_secret(shared_encord: Served, open_notebook: OpenNotebook) -> None:
    second = Editor(shared_encord)
    notebook = open_notebook(*cells_for(shared_encord))
    notebook.run_all()
    grid = Grid(notebook.page).wait()
    expect(grid.root.locator(".ecw-thumb img").first).to_be_visible()  # URLs were signed for these
    grid.focus().type(0, "camera", "roof")
    saved = notebook.save()
    text = json.dumps(saved)
    assert not [
        word for word in ("PRIVATE KEY", "Signature", "signature=", "token=", "Bearer") if word in text
    ]
    lines = shared_encord.key_file.read_text().splitlines()
    assert not [line for line in lines if len(line) > 20 and line in text]
    (url, *_) = second.media_urls("Parking garage", "image", ".jpg")
    assert url.split("?")[0].rsplit("/", 1)[0] not in text, "an address of media"
    (html,) = [output["data"]["text/html"] for output in saved.cells[2].outputs]
    assert "street_000001.jpg" in html
    assert "Street scenes: 500 items" in html


@pytest.mark.parametrize(("kind", "suffix"), [("image", ".jpg"), ("image", ".png")])
def test_sample_images_load(
    shared_encord: Served, browser_context: BrowserContext, kind: str, suffix: str
) -> None:
    (url, *_) = Editor(shared_encord).media_urls("Parking garage", kind, suffix)
    with browser_context.new_page() as page:
        page.set_content("<img>")
        size = page.evaluate(
            """async url => {
                const image = document.querySelector("img");
                image.src = url;
                await image.decode();
                return [image.naturalWidth, image.naturalHeight];
            }""",
            url,
        )
        assert size == [640, 360]


def test_a_sample_video_plays(shared_encord: Served, browser_context: BrowserContext) -> None:
    (url, *_) = Editor(shared_encord).media_urls("Parking garage", "video", ".webm")
    with browser_context.new_page() as page:
        page.set_content("<video muted></video>")
        seen = page.evaluate(
            """url => new Promise((resolve, reject) => {
                const video = document.querySelector("video");
                video.onerror = () => reject(new Error(video.error.message));
                video.onended = () => resolve([video.videoWidth, video.videoHeight, video.currentTime]);
                video.src = url;
                video.playbackRate = 4;
                video.play().catch(reject);
            })""",
            url,
        )
        assert seen[:2] == [320, 180]
        assert seen[2] >= 1.2
