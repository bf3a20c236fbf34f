"""Diff preview and commit panel: review, commit, prove, from messages alone."""

from __future__ import annotations

import threading

import pytest

import encord_widgets as ew
from encord_widgets.commit.options import CommitOptions
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.widgets.cells import encode
from tests.widgets.browser import Browser


@pytest.fixture
def diff(items):
    with ew.DiffPreview(items) as diff:
        yield Browser(diff)


@pytest.fixture
def panel(items):
    with ew.CommitPanel(items) as panel:
        yield Browser(panel)


def all_rows(diff):
    return diff.ask("rows", start=0, count=500)["rows"]


def finished(panel, run):
    """Commit from the page and wait for the outcome."""
    run()
    panel.until(lambda: panel.state["outcome"] and not panel.state["progress"])
    return panel.state["outcome"]


# -- diff preview ----------------------------------------------------------------------------------------------


def test_nothing_staged(diff):
    assert diff.state["summary"] == {
        "generation": diff.state["summary"]["generation"],
        "changes": 0, "items": 0, "invalid": 0, "removed": 0, "destroyed": 0, "rows": 0, "settled": None,
        "can_undo": False, "can_redo": False,
    }  # fmt: skip
    assert all_rows(diff) == []


def test_staged_edits_before_and_after(items, diff):
    item, other = items.uuids[:2]
    bases = {key: items.value(item, key) for key in ("weather", "notes")}
    items.stage({item: {"weather": "fog", "notes": ew.ABSENT}, other: {"batch": None}})
    diff.until(lambda: diff.state["summary"]["changes"] == 3)
    summary = diff.state["summary"]
    assert (summary["items"], summary["removed"], summary["invalid"], summary["rows"]) == (2, 1, 0, 3)
    name = items.table.name(item)
    assert all_rows(diff)[:2] == [
        {"item": item, "name": name, "key": "weather", "before": encode(bases["weather"]), "after": "fog",
         "status": "staged", "implied": False, "note": None},
        {"item": item, "name": name, "key": "notes", "before": encode(bases["notes"]), "after": 0,
         "status": "staged", "implied": False, "note": None},
    ]  # fmt: skip


def test_windows_cover_staged_and_settled_rows_once(items, diff):
    items.stage({item: {"lux": 1, "notes": "n"} for item in items.uuids[:10]})
    assert items.commit()
    items.stage({item: {"lux": 2} for item in items.uuids[:4]})
    diff.until(lambda: diff.state["summary"]["changes"] == 4)
    assert diff.state["summary"]["rows"] == 20
    assert diff.state["summary"]["settled"] == {"verified": 16}
    whole = all_rows(diff)
    assert [row["status"] for row in whole] == ["staged"] * 4 + ["verified"] * 16
    assert len({(row["item"], row["key"]) for row in whole}) == 20
    for size in (1, 3, 7):
        pieces = [
            row for start in range(0, 25, size) for row in diff.ask("rows", start=start, count=size)["rows"]
        ]
        assert pieces == whole


def test_a_staged_value_that_stopped_fitting_is_invalid(items, diff, monkeypatch):
    items.stage({items.uuids[0]: {"weather": "fog"}})
    wire = items.schema.to_wire() | {"weather": {"ty": "enum", "values": ["rain"]}}
    monkeypatch.setattr(ew.ItemSet, "schema", MetadataSchema.from_wire(wire))
    items.events.schema.emit()
    diff.until(lambda: diff.state["summary"]["invalid"] == 1)
    (row,) = all_rows(diff)
    assert row["status"] == "invalid"
    assert "one of rain" in row["note"]


def test_drop_undo_redo(items, diff):
    item, other = items.uuids[:2]
    items.stage({item: {"weather": "fog", "lux": 1}, other: {"lux": 1}})
    diff.ask("drop", cells=[[item, "lux"]])
    assert {(c.item, c.key) for c in items.changes} == {(item, "weather"), (other, "lux")}
    assert diff.state["summary"]["changes"] == 2, "the page knew of it before the answer"
    diff.ask("drop", all=True)
    assert len(items.changes) == 0
    diff.ask("undo")
    assert len(items.changes) == 2
    diff.ask("redo")
    assert len(items.changes) == 0
    assert diff.refused("drop", cells="all")["code"] == "bad_request"


def test_settled_rows_can_be_cleared(items, diff):
    items.stage({items.uuids[0]: {"weather": "fog"}})
    assert items.commit()
    diff.until(lambda: diff.state["summary"]["settled"] == {"verified": 1})
    diff.ask("clear_settled")
    assert diff.state["summary"]["settled"] is None
    assert all_rows(diff) == []
    assert items.receipt is None


def test_a_conflict_names_base_ours_and_theirs(items, diff, write_as_somebody_else):
    item = items.uuids[0]
    base = items.value(item, "weather")
    items.stage({item: {"weather": "fog", "lux": 7}})
    write_as_somebody_else(item, weather="snow")
    assert not items.commit()
    diff.until(lambda: diff.state["summary"]["settled"])
    conflict, verified = all_rows(diff)
    assert (conflict["status"], conflict["before"], conflict["after"], conflict["observed"]) == (
        "conflict", encode(base), "fog", "snow",
    )  # fmt: skip
    assert f"Base: {base!r}. Ours: 'fog'. Theirs: 'snow'." in conflict["note"]
    assert verified["status"] == "verified"


def test_dropping_a_conflict_takes_theirs(items, diff, write_as_somebody_else):
    item = items.uuids[0]
    items.stage({item: {"weather": "fog"}})
    write_as_somebody_else(item, weather="snow")
    assert not items.commit()
    diff.ask("drop", cells=[[item, "weather"]])
    assert items.value(item, "weather") == "snow"
    assert all_rows(diff) == []


@pytest.mark.parametrize("ours", ["fog", None, ew.ABSENT])
def test_overruling_a_conflict_writes_ours_over_theirs(items, diff, write_as_somebody_else, ours):
    item = next(u for u in items.uuids if items.value(u, "weather") == "rain")
    items.stage({item: {"weather": ours}})
    write_as_somebody_else(item, weather="snow")
    assert not items.commit()
    (result,) = diff.ask("overrule", cells=[[item, "weather"]])["results"]
    assert result["accepted"]
    (row,) = all_rows(diff)
    assert (row["status"], row["before"], row["after"]) == ("staged", "snow", encode(ours))
    assert items.commit()
    live = items.client.read([item]).metadata[0]
    assert live.get("weather", ew.ABSENT) == ours


def test_overruling_what_is_not_staged_is_refused(items, diff):
    assert diff.refused("overrule", cells=[[items.uuids[0], "weather"]])["code"] == "stale"


# -- commit panel ----------------------------------------------------------------------------------------------


def test_the_panel_says_what_a_commit_would_do(items, panel):
    items.stage({item: {"lux": 1, "notes": ew.ABSENT} for item in items.uuids[:3]})
    panel.until(lambda: panel.state["summary"]["changes"] > 0)
    removed = sum(change.removes for change in items.changes)
    whole = {"changes": len(items.changes), "items": 3, "removed": removed, "bundles": 1}
    assert panel.state["summary"] == {**whole, "invalid": 0, "destroyed": 0, "conflicts": 0, "clear": whole}


def test_a_commit_from_the_page_is_shown_to_its_end(items, panel):
    seen = threading.Event()
    # The commit is held at its first step until the page knows of it, however fast it would be.
    items.events.progress.connect(lambda _: seen.wait(20))
    items.stage({item: {"lux": 1} for item in items.uuids[:30]})
    panel.ask("commit")
    panel.until(lambda: panel.state["progress"])
    progress = panel.state["progress"]
    assert (progress["running"], progress["items_total"], progress["items_done"]) == (True, 30, 0)
    assert panel.state["outcome"] is None
    seen.set()
    panel.until(lambda: panel.state["outcome"] and not panel.state["progress"])
    outcome = panel.state["outcome"]
    assert items.receipt
    assert outcome["ok"]
    assert outcome["counts"] == items.receipt.counts
    assert outcome["open"] == []
    assert "read back" in outcome["text"]
    panel.until(lambda: panel.state["summary"]["changes"] == 0)


def test_the_commit_runs_off_the_thread_that_asked(items, panel, monkeypatch):
    threads = []
    start = items.start_commit
    monkeypatch.setattr(
        items, "start_commit", lambda *options: threads.append(threading.get_ident()) or start(*options)
    )
    items.stage({items.uuids[0]: {"lux": 1}})
    finished(panel, lambda: panel.ask("commit"))
    assert threads
    assert threads[0] != threading.get_ident()


def test_a_commit_from_python_is_shown_too(items, panel):
    items.stage({item: {"lux": 1} for item in items.uuids[:30]})
    outcome = finished(panel, items.commit)
    assert outcome["counts"] == {"verified": 30}


def test_what_is_left_open_is_named(items, panel, write_as_somebody_else):
    item = items.uuids[0]
    items.stage({item: {"weather": "fog", "lux": 1}})
    write_as_somebody_else(item, weather="snow")
    outcome = finished(panel, lambda: panel.ask("commit"))
    assert not outcome["ok"]
    assert outcome["counts"] == {"verified": 1, "conflict": 1}
    assert [(o["item"], o["name"], o["key"], o["status"]) for o in outcome["open"]] == [
        (item, items.table.name(item), "weather", "conflict")
    ]
    assert outcome["text"].startswith("1 of 2 edits is left open")


def test_a_commit_of_nothing_is_refused(panel):
    assert "Nothing is staged" in panel.refused("commit")["message"]


def test_a_commit_of_what_does_not_fit_is_refused_by_name(items, panel, monkeypatch):
    items.stage({items.uuids[0]: {"weather": "fog"}})
    schema = MetadataSchema.from_wire({"weather": {"ty": "enum", "values": ["rain"]}})
    monkeypatch.setattr(ew.ItemSet, "schema", schema)
    error = panel.refused("commit")
    assert error["code"] == "invalid_input"
    assert items.uuids[0] in error["message"]
    assert len(items.changes) == 1


def test_a_second_commit_meanwhile_is_refused_and_the_first_can_be_stopped(monkeypatch):
    with ew.demo(items=40, latency_ms=150) as client:
        items = client.folder(next(f for f in client.folders() if f.name == "Street scenes")).wait()
        with ew.CommitPanel(items) as panel_widget:
            panel = Browser(panel_widget)
            items.stage({item: {"lux": 1} for item in items.uuids})
            run = items.start_commit(CommitOptions(bundle_size=1, concurrency=1))
            panel.until(lambda: panel.state["progress"])
            assert panel.state["progress"]["running"]
            assert panel.state["outcome"] is None
            assert "under way" in panel.refused("commit")["message"]
            assert panel.ask("cancel") == {"running": True}
            receipt = run.result()
            panel.until(lambda: panel.state["outcome"] and not panel.state["progress"])
            assert receipt.pending
            assert panel.state["outcome"]["counts"] == receipt.counts
            assert panel.state["outcome"]["causes"][0]["text"] == "not sent: the commit was stopped"
            assert len(panel.state["outcome"]["open"]) == len(receipt.open) > 0
    assert panel_widget.error is None


def test_cancelling_nothing_is_fine(panel):
    assert panel.ask("cancel") == {"running": False}


def test_a_commit_that_breaks_off_does_not_run_for_ever(items, panel, monkeypatch):
    monkeypatch.delenv("ENCORD_WIDGETS_RAISE")

    async def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("encord_widgets.commit.run.commit_plan", broken)
    items.stage({items.uuids[0]: {"lux": 1}})
    panel.ask("commit")
    panel.until(lambda: panel.state["error"])
    panel.until(lambda: panel.state["progress"] is None)
    assert panel.state["error"]["message"].startswith("The commit broke off")
    assert len(items.changes) == 1


def test_a_panel_made_during_a_commit_shows_it():
    with ew.demo(items=30, latency_ms=100) as client:
        items = client.folder(next(f for f in client.folders() if f.name == "Street scenes")).wait()
        items.stage({item: {"lux": 1} for item in items.uuids})
        run = items.start_commit(CommitOptions(bundle_size=2, concurrency=1))
        with ew.CommitPanel(items) as panel:
            page = Browser(panel)
            assert page.state["progress"]["running"]
            run.cancel()
            run.result()
            page.until(lambda: page.state["outcome"] and not page.state["progress"])
