"""Migrations from the schema editor's page: planned, run step by step, told of, run again."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from tests.widgets.browser import Browser
from tests.widgets.schema_page import counted, live, row


@pytest.fixture
def page(client, items):
    with ew.SchemaEditor(client, items) as editor:
        yield counted(Browser(editor))


def states(page):
    return [step["state"] for step in page.state["migration"]["steps"]]


def run(page, method, **params):
    page.ask(method, **params)
    page.until(lambda: not page.state["migration"]["running"])
    page.until(lambda: not page.state["summary"]["counting"])


def test_an_option_is_renamed_end_to_end(page, items, client):
    foggy = [uuid for uuid in items.uuids if items.stored(uuid, "weather") == "fog"]
    page.ask("rename_option", key="weather", option="fog", to="mist")
    migration = page.state["migration"]
    assert states(page) == ["next", "waiting", "waiting", "waiting"]
    assert migration["review"]["moves"] == [{"before": "fog", "after": "mist", "count": len(foggy)}]
    assert not migration["finished"]
    assert (
        "Put the migration away"
        in page.refused("rename_option", key="weather", option="rain", to="x")["message"]
    )

    run(page, "run_next")
    assert states(page) == ["done", "next", "waiting", "waiting"]
    assert "mist" in live(client)["weather"]["values"]
    assert "fog" in {client.read([uuid]).metadata[0]["weather"] for uuid in foggy}
    run(page, "run_all")
    assert states(page) == ["done"] * 4
    assert page.state["migration"]["finished"]
    assert {client.read([uuid]).metadata[0]["weather"] for uuid in foggy} == {"mist"}
    assert page.state["error"] is None
    page.ask("close_migration")
    assert page.state["migration"] is None
    assert row(page, "weather")["misfits"] > 0


def test_the_old_key_goes_only_when_its_name_is_typed(page, items, client):
    before = {uuid: items.stored(uuid, "camera") for uuid in items.uuids}
    page.ask("rename_key", key="camera", to="camera position")
    run(page, "run_all")
    assert states(page) == ["done", "done", "done", "next"]
    assert page.state["migration"]["retires"] == "camera"
    assert "Type camera" in page.refused("run_next")["message"]
    assert "Type camera" in page.refused("run_all")["message"]
    assert live(client)["camera"]["ty"] == "variant"
    run(page, "run_next", typed="camera")
    assert live(client)["camera"]["ty"] == "tombstone"
    assert page.state["migration"]["finished"]
    after = {uuid: items.stored(uuid, "camera position") for uuid in items.uuids}
    assert after == before


def test_a_type_is_changed_together_with_the_values(page, items, client):
    assert "100" in {items.stored(uuid, "lux") for uuid in items.uuids}
    page.ask("change_type", key="lux", kind="varchar", into=None)
    run(page, "run_all")
    assert live(client)["lux"] == {"ty": "variant", "hint": "varchar"}
    held = [items.stored(uuid, "lux") for uuid in items.uuids]
    assert all(value is ew.ABSENT or value is None or isinstance(value, str) for value in held)
    assert row(page, "lux")["misfits"] == 0


def test_own_edits_are_settled_first(page, items):
    items.stage({items.uuids[0]: {"notes": "mine"}})
    page.ask("merge_options", key="weather", options=["fog", "snow"], to="bad")
    assert "staged on these items" in page.state["migration"]["blocked"]
    items.unstage()
    page.until(lambda: page.state["migration"]["blocked"] == "")


def test_a_step_that_fails_is_told_and_can_be_run_again(page, items, client, monkeypatch):
    page.ask("rename_option", key="weather", option="fog", to="mist")
    api = client._api
    real = type(api).save_schema

    async def refuse(*_, **__):
        raise ew.ServerError("down")

    monkeypatch.setattr(type(api), "save_schema", refuse)
    monkeypatch.setattr("encord_widgets.schema_store._WAIT", 0)
    run(page, "run_all")
    page.until(lambda: page.state["error"])
    assert "The migration stopped" in page.state["error"]["message"]
    assert states(page)[0] == "next"
    monkeypatch.setattr(type(api), "save_schema", real)
    run(page, "run_all")
    assert page.state["migration"]["finished"]
    assert "fog" not in {items.stored(uuid, "weather") for uuid in items.uuids}


def test_there_is_nothing_to_run(page):
    assert page.refused("run_next")["code"] == "stale"
    page.ask("close_migration")
