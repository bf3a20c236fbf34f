"""What earlier kernels left: restored, reviewed, discarded and resumed from the page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

import encord_widgets as ew
from encord_widgets.commit.options import CommitProgress
from encord_widgets.widgets.cells import encode
from tests.widgets.browser import Browser
from tests.widgets.conftest import street_scenes

STAGED = """
items.stage({items.uuids[0]: {"lux": 1, "notes": "<b>n</b>"}, items.uuids[1]: {"lux": 2}})
"""
CUT_OFF = """
items.stage({uuid: {"camera": "resumed"} for uuid in items.uuids})
def die(progress):
    if progress.bundles_done == 2:
        os.kill(os.getpid(), signal.SIGKILL)
items.events.progress.connect(die)
items.commit(bundle_size=10, concurrency=1)
"""
KERNEL = """
import os, signal, sys
import encord_widgets as ew
client = ew.demo(sys.argv[1], items=30)
(folder,) = [folder for folder in client.folders() if folder.name == "Street scenes"]
items = client.folder(folder).wait()
{work}
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCORD_WIDGETS_STATE", str(tmp_path / "state"))


@pytest.fixture
def left(tmp_path):
    """A panel over items on which a kernel that was killed has worked."""
    closing = []

    def left(work):
        path = tmp_path / "encord.db"
        code = KERNEL.format(work=work)
        died = subprocess.run(
            [sys.executable, "-c", code, str(path)], env=dict(os.environ), timeout=60, check=False
        )
        assert died.returncode == -signal.SIGKILL
        client = ew.demo(path, items=30)
        items = street_scenes(client).wait()
        panel = ew.CommitPanel(items)
        closing.extend([client, panel])
        page = Browser(panel)
        page.ask("look")
        return items, page

    yield left
    for one in reversed(closing):
        one.close()


@pytest.fixture
def elsewhere(client, items):
    """The same items once more in the same kernel."""
    return street_scenes(client).wait()


@pytest.fixture
def looked():
    """Opens a page that shows what the journal holds now."""
    panels = []

    def looked(items):
        panels.append(ew.CommitPanel(items))
        page = Browser(panels[-1])
        page.ask("look")
        return page

    yield looked
    for panel in panels:
        panel.close()


# -- earlier edits ---------------------------------------------------------------------------------------------


def test_nothing_was_left(items, looked):
    page = looked(items)
    assert page.state["left_over"] == []
    assert page.state["notice"] == ""


def test_edits_of_a_kernel_that_is_gone_are_told_reviewed_and_restored(left):
    items, page = left(STAGED)
    (entry,) = page.state["left_over"]
    assert (entry["count"], entry["items"], entry["alive"], entry["commit"]) == (3, 2, False, None)
    (earlier,) = items.earlier()
    assert entry["at"] == earlier.at.isoformat()
    first = items.uuids[0]
    review = page.ask("review", session=entry["session"])
    assert review["more"] == 0
    assert len(review["rows"]) == 3
    assert review["rows"][0] == {
        "item": first, "name": items.table.name(first), "key": "lux",
        "before": encode(items.stored(first, "lux")), "after": ["n", "1"], "implied": False,
    }  # fmt: skip
    assert not items.changes, "a look stages nothing"
    assert page.ask("restore", session=entry["session"]) == {"staged": 3}
    assert page.state["left_over"] == []
    assert page.state["summary"]["changes"] == 3
    assert items.value(first, "notes") == "<b>n</b>"


def test_edits_of_a_kernel_that_is_gone_can_be_discarded(left):
    items, page = left(STAGED)
    (entry,) = page.state["left_over"]
    assert page.ask("discard", session=entry["session"]) == {"dropped": 3}
    assert page.state["left_over"] == []
    assert items.earlier() == []
    assert not items.changes
    error = page.refused("review", session=entry["session"])
    assert "gone" in error["message"]
    assert page.refused("restore", session=entry["session"])["code"] == "journal"


def test_more_edits_than_a_review_shows(left, monkeypatch):
    monkeypatch.setattr("encord_widgets.widgets.left_over.MOST_ROWS", 2)
    _, page = left(STAGED)
    review = page.ask("review", session=page.state["left_over"][0]["session"])
    assert (len(review["rows"]), review["more"]) == (2, 1)


def test_edits_in_use_are_told_and_not_taken(items, elsewhere, looked):
    elsewhere.stage({elsewhere.uuids[0]: {"lux": 1}})
    page = looked(items)
    (entry,) = page.state["left_over"]
    assert (entry["count"], entry["alive"], entry["here"]) == (1, True, True)
    for method in ("restore", "discard"):
        assert page.refused(method, session=entry["session"])["code"] == "journal"
    assert len(elsewhere.changes) == 1


def test_a_panel_looks_again_when_edits_change(items, elsewhere, looked):
    page = looked(items)
    elsewhere.stage({elsewhere.uuids[0]: {"lux": 1}})
    items.stage({items.uuids[1]: {"lux": 1}})
    page.until(lambda: page.state["left_over"])


def test_edits_restored_from_python_leave_the_page(left):
    items, page = left(STAGED)
    items.restore()
    page.until(lambda: page.state["left_over"] == [] and page.state["summary"]["changes"] == 3)


def test_why_edits_are_not_written_down_is_told(tmp_path, monkeypatch, looked):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("ENCORD_WIDGETS_STATE", str(blocked))
    with ew.demo(tmp_path / "encord.db", items=30) as client:
        items = street_scenes(client).wait()
        page = looked(items)
        assert page.state["notice"] == items.notice != ""
        assert page.state["left_over"] == []


# -- commits that were cut off ---------------------------------------------------------------------------------


def test_a_commit_that_was_cut_off_is_told_and_resumed(left):
    items, page = left(CUT_OFF)
    (entry,) = page.state["left_over"]
    assert (entry["count"], entry["alive"]) == (10, False)
    commit = entry["commit"]
    assert (commit["total"], commit["verified"], commit["left"]) == (30, 20, 10)
    page.ask("resume")
    page.until(lambda: page.state["outcome"] and not page.state["progress"] and not page.state["left_over"])
    assert page.state["outcome"]["counts"] == {"verified": 30}
    assert items.cut_off() == []
    assert set(items.frame["camera"]) == {"resumed"}
    assert page.state["error"] is None


def test_edits_of_a_commit_that_was_cut_off_can_be_restored_instead(left):
    items, page = left(CUT_OFF)
    (entry,) = page.state["left_over"]
    assert page.ask("restore", session=entry["session"]) == {"staged": 10}
    assert page.state["left_over"] == []
    assert items.cut_off() == []


def test_resuming_nothing_is_fine(items, looked):
    page = looked(items)
    page.ask("resume")
    page.until(lambda: not page.widget._resuming)
    assert page.state["outcome"] is None
    assert page.state["error"] is None


def test_resuming_while_a_commit_runs_is_refused(items, looked):
    page = looked(items)
    held = threading.Event()
    items.events.progress.connect(lambda _: held.wait(20))
    items.stage({items.uuids[0]: {"lux": 1}})
    page.ask("commit")
    assert "under way" in page.refused("resume")["message"]
    held.set()
    page.until(lambda: page.state["outcome"] and not page.state["progress"])


# -- options of a commit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "live"), [("report", "snow"), ("ours", "fog"), ("theirs", "snow")])
def test_what_to_do_with_conflicts_is_chosen_in_the_panel(
    items, write_as_somebody_else, policy, live, looked
):
    page = looked(items)
    item = next(uuid for uuid in items.uuids if items.value(uuid, "weather") == "rain")
    items.stage({item: {"weather": "fog"}})
    write_as_somebody_else(item, weather="snow")
    page.ask("commit", on_conflict=policy)
    page.until(lambda: page.state["outcome"] and not page.state["progress"])
    assert page.state["outcome"]["ok"] is (policy != "report")
    assert items.client.read([item]).metadata[0]["weather"] == live


@pytest.mark.parametrize("policy", ["mine", 1, None])
def test_an_unknown_choice_is_refused(items, policy, looked):
    page = looked(items)
    items.stage({items.uuids[0]: {"lux": 1}})
    assert page.refused("commit", on_conflict=policy)["code"] == "bad_request"
    assert items.committing is None


def test_an_overwrite_goes_only_when_the_number_of_destroyed_values_is_typed(items, looked):
    page = looked(items)
    item = items.uuids[0]
    kept = items.table.metadata(items.table.row_of(item))
    destroyed = len(set(kept) - {"lux"})
    items.stage({item: {"lux": 1}}, mode="overwrite")
    page.until(lambda: page.state["summary"]["destroyed"] == destroyed)
    for params in ({}, {"destroy": destroyed + 1}, {"destroy": 0}):
        assert f"destroys {destroyed} values" in page.refused("commit", params)["message"]
    assert items.client.read([item]).metadata[0] == kept
    page.ask("commit", destroy=destroyed)
    page.until(lambda: page.state["outcome"] and not page.state["progress"])
    assert page.state["outcome"]["ok"]
    assert items.client.read([item]).metadata[0] == {"lux": 1}


def test_what_an_overwrite_destroys_is_marked_in_the_diff_and_the_grid(items):
    item = next(uuid for uuid in items.uuids if "weather" in items.table.metadata(items.table.row_of(uuid)))
    items.stage({item: {"lux": 1}}, mode="overwrite")
    with ew.DiffPreview(items) as diff, ew.ItemGrid(items) as grid:
        page = Browser(diff)
        rows = {row["key"]: row for row in page.ask("rows", start=0, count=500)["rows"]}
        assert rows["weather"]["implied"]
        assert not rows["lux"]["implied"]
        assert page.state["summary"]["destroyed"] == len(rows) - 1
        cell, state = Browser(grid).cell(item, "weather")
        assert cell == 0
        assert "Destroyed by overwrite" in state["note"]


def test_the_first_items_are_shown_to_be_proved_first(items, looked):
    page = looked(items)
    items.stage({uuid: {"lux": 1} for uuid in items.uuids}, mode="overwrite")
    destroyed = sum(change.implied for change in items.changes)
    page.ask("commit", destroy=destroyed)
    page.until(lambda: page.state["outcome"] and not page.state["progress"])
    shown = []
    widget = page.widget
    widget._follow(progress("reading"))
    for phase, bundles in [("canary", 0), ("writing", 0), ("waiting", 0), ("verifying", 0), ("writing", 1)]:
        widget._follow(progress(phase, bundles))
        shown.append(widget._state()["progress"]["phase"])
    assert shown == ["canary", "canary", "waiting", "canary", "writing"]
    widget._follow(None)
    widget._follow(progress("writing"))
    assert widget._state()["progress"]["phase"] == "writing"


def progress(phase, bundles=0):
    return CommitProgress(phase, items_total=60, bundles_total=2, bundles_done=bundles)
