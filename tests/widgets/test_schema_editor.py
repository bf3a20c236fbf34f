"""The schema editor's Python side, through its wire."""

from __future__ import annotations

import gc
import json
import re
import threading
import time
import weakref

import pytest

import encord_widgets as ew
from encord_widgets.metadata.schema_usage import usage_of
from encord_widgets.widgets.schema_counts import SchemaCounts
from tests.widgets.browser import Browser
from tests.widgets.conftest import street_scenes
from tests.widgets.schema_page import counted, live, row
from tests.widgets.test_life import SOURCES, interface, source, synced


@pytest.fixture
def editor(client, items):
    with ew.SchemaEditor(client, items) as editor:
        yield editor


@pytest.fixture
def page(editor):
    return counted(Browser(editor))


@pytest.fixture
def save_as_somebody_else(client):
    """Change the live schema behind the client's back."""

    def save(**types):
        live = client._background.call(client._api.schema)
        client._background.call(lambda: client._api.save_schema(live | types))

    return save


# -- looking -------------------------------------------------------------------------------------------------------


def test_every_key_with_its_use(page, items):
    assert page.state["summary"]["items"] == len(items)
    weather = row(page, "weather")
    assert (weather["kind"], weather["state"], weather["staged"]) == ("enum", "live", "")
    assert weather["options"] == ["clear", "cloudy", "fog", "rain", "snow"]
    held = [items.stored(uuid, "weather") for uuid in items.uuids]
    assert weather["used"] == sum(value is not ew.ABSENT for value in held)
    assert weather["misfits"] == sum(value is not ew.ABSENT and value == "drizzle" for value in held) > 0
    assert row(page, "legacy score")["state"] == "deleted"
    assert row(page, "legacy score")["type_label"] == "was number"
    batch = row(page, "batch")
    assert batch["state"] == "not in the schema"
    assert 0 < batch["inferred"]["fits"] <= batch["inferred"]["of"] <= batch["used"]
    assert page.state["impact"] == []


def test_without_items_nothing_is_counted(client):
    with ew.SchemaEditor(client) as editor:
        page = Browser(editor)
        assert page.state["summary"]["items"] is None
        assert not page.state["summary"]["counting"]
        assert [one["key"] for one in page.state["rows"]] == list(client.schema)
        assert row(page, "weather")["used"] is None
        assert "rename_option" not in row(page, "weather")["actions"]
        assert "without items" in page.refused("show", key="lux")["message"]
        assert "SchemaEditor" in repr(editor)


def test_an_unknown_type_is_shown_and_kept(client):
    types = live(client) | {"holo": {"ty": "hologram", "depth": 3}}
    client.schema.take_live(ew.MetadataSchema.from_wire(types))
    with ew.SchemaEditor(client) as editor:
        page = Browser(editor)
        assert row(page, "holo")["state"] == "unknown type"
        assert row(page, "holo")["retypes"] == []
        text = page.ask("export", format="json")["text"]
    assert json.loads(text)["holo"] == {"ty": "hologram", "depth": 3}


def test_staged_values_count(page, items):
    misfits = row(page, "lux")["misfits"]
    (wrong,) = [uuid for uuid in items.uuids if items.stored(uuid, "lux") == "100"][:1]
    items.stage({wrong: {"lux": 100}})
    page.until(lambda: row(page, "lux")["misfits"] == misfits - 1)


def test_what_does_not_fit_is_a_filter_away(page, items):
    misfits = row(page, "lux")["misfits"]
    page.ask("show", key="lux")
    assert len(items.order()) == misfits > 0
    page.until(lambda: page.state["summary"]["items"] == misfits)


# -- editing -------------------------------------------------------------------------------------------------------


def test_the_rules_are_told_while_one_types(page):
    def check(key, kind="varchar", options=(), size=0):
        return page.ask("check", key=key, kind=kind, options=list(options), size=size)["rules"]

    assert check("")[0]["ok"]
    assert check("city") == []
    for key, kind, options, size, said in [
        ("weather", "varchar", [], 0, "added again"),
        ("Weather", "varchar", [], 0, "letter case"),
        ("a/b", "varchar", [], 0, "letters, digits"),
        ("$city", "varchar", [], 0, "Encord's own"),
        ("city", "enum", [], 0, "1 to 255 options"),
        ("city", "enum", ["a"] * 2, 0, "stands in an enum once"),
        ("city", "enum", [str(n) for n in range(256)], 0, "1 to 255 options"),
        ("city", "embedding", [], 5000, "1 to 4,096"),
    ]:
        (rule,) = check(key, kind, options, size)
        assert not rule["ok"]
        assert said in rule["text"] or said == "letter case", rule
    (advice,) = check("city", "embedding", [], 8)
    assert advice["ok"]
    assert "512" in advice["text"]


def test_add_edit_and_take_back(page, client):
    page.ask("add", key="city", kind="varchar", options=[], size=0)
    assert [c["change"] for c in page.state["summary"]["changes"]] == ["added"]
    assert row(page, "city")["staged"] == "added"
    page.ask("add_options", key="weather", options=["hail"])
    assert "hail" in row(page, "weather")["options"]
    assert row(page, "weather")["staged_text"] == "hail"
    page.ask("delete", key="notes")
    page.ask("restore", key="legacy score")
    changes = {c["key"]: c["change"] for c in page.state["summary"]["changes"]}
    assert changes == {"city": "added", "weather": "changed", "notes": "deleted", "legacy score": "restored"}
    assert page.state["summary"]["deletes"] == ["notes"]
    page.ask("undo", key="notes")
    assert page.state["summary"]["deletes"] == []
    page.ask("discard")
    assert page.state["summary"]["changes"] == []
    assert len(client.schema.diff()) == 0
    page.ask("undo_step")
    assert len(client.schema.diff()) == 3
    assert page.state["summary"]["can_redo"]
    page.ask("redo_step")
    assert len(client.schema.diff()) == 0


def test_what_python_stages_is_on_the_page(page, client):
    client.schema.add("city", "varchar")
    page.until(lambda: [c["key"] for c in page.state["summary"]["changes"]] == ["city"])


def test_a_key_outside_the_schema_is_added_by_one_click(page, client):
    guess = row(page, "batch")["inferred"]["kind"]
    page.ask("add_inferred", key="batch")
    assert client.schema["batch"].kind == guess
    assert row(page, "batch")["staged"] == "added"


def test_refusals_name_the_rule_and_stage_nothing(page, client):
    refusal = page.refused("retype", key="weather", kind="number")
    assert refusal["code"] == "invalid_input"
    assert "Encord's rule: only a scalar" in refusal["message"]
    assert "Type lux" in page.refused("delete_for_good", key="lux", typed="lu")["message"]
    page.refused("add_inferred", key="nothing")
    page.refused("export", format="xml")
    assert len(client.schema.diff()) == 0


def test_the_impact_of_a_new_type(page, items):
    page.ask("retype", key="lux", kind="boolean")
    page.until(lambda: page.state["impact"])
    (impact,) = page.state["impact"]
    values = [v for v in (items.stored(u, "lux") for u in items.uuids) if v is not ew.ABSENT]
    broken = [value for value in values if value is not None and not isinstance(value, bool)]
    assert (impact["broken"], impact["of"], impact["to"]) == (len(broken), len(values), "boolean")
    assert impact["examples"][0]["name"] in {items.table.name(uuid) for uuid in items.uuids}
    page.ask("show", key="lux")
    assert len(items.order()) == len(broken)


# -- saving --------------------------------------------------------------------------------------------------------


def test_a_save_is_read_back(page, client):
    page.ask("add", key="city", kind="enum", options=["Oslo", "Bergen"], size=0)
    page.ask("save", deletes=[])
    assert page.state["outcome"]["ok"]
    assert "city: added" in page.state["outcome"]["details"][0]
    assert page.state["summary"]["changes"] == []
    assert live(client)["city"] == {"ty": "enum", "values": ["Bergen", "Oslo"]}
    page.ask("dismiss_outcome")
    assert page.state["outcome"] is None


def test_a_save_deletes_only_what_was_confirmed(page, client):
    page.ask("delete", key="notes")
    before = live(client)
    assert "Look again" in page.refused("save", deletes=[])["message"]
    assert "Look again" in page.refused("save", deletes=["notes", "lux"])["message"]
    assert live(client) == before
    page.ask("save", deletes=["notes"])
    assert live(client)["notes"]["ty"] == "tombstone"
    page.ask("delete_for_good", key="notes", typed="notes")
    page.ask("save", deletes=["notes"])
    assert live(client)["notes"] == {"ty": "tombstone", "deleted_ty": None}
    assert row(page, "notes")["actions"] == []


def test_what_somebody_else_saved_is_chosen_between(page, client, save_as_somebody_else):
    page.ask("retype", key="lux", kind="text")
    page.ask("retype", key="camera", kind="text")
    theirs = {"ty": "variant", "hint": "varchar"}
    save_as_somebody_else(lux=theirs, camera={"ty": "variant", "hint": "uuid"}, extra=theirs)
    page.ask("save", deletes=[])
    assert page.state["outcome"] is None
    assert [(c["key"], c["base"], c["ours"], c["theirs"]) for c in page.state["summary"]["conflicts"]] == [
        ("lux", "number", "text", "varchar"),
        ("camera", "varchar", "text", "uuid"),
    ]
    assert live(client)["lux"] == theirs
    page.ask("choose", key="lux", side="theirs")
    page.ask("choose", key="camera", side="ours")
    assert page.state["summary"]["conflicts"] == []
    page.ask("save", deletes=[])
    assert page.state["outcome"]["ok"]
    after = live(client)
    assert (after["lux"], after["camera"]["hint"], after["extra"]) == (theirs, "text", theirs)


def test_refresh_shows_what_somebody_else_saved(page, save_as_somebody_else):
    save_as_somebody_else(city={"ty": "variant", "hint": "varchar"})
    page.ask("refresh")
    assert row(page, "city")["state"] == "live"


# -- life ----------------------------------------------------------------------------------------------------------


def test_what_it_is_made_over(client, items):
    with pytest.raises(ew.InvalidInputError, match="a Client"):
        ew.SchemaEditor(items)
    with pytest.raises(ew.InvalidInputError, match="an ItemSet"):
        ew.SchemaEditor(client, "items")
    with ew.demo(items=20) as other, pytest.raises(ew.InvalidInputError, match="the same client"):
        ew.SchemaEditor(other, items)
    with pytest.raises(TypeError, match="no argument"):
        ew.SchemaEditor(client, items, height=3)


def test_made_while_the_items_load(client):
    with ew.SchemaEditor(client, street_scenes(client)) as editor:
        page = counted(Browser(editor))
        assert row(page, "weather")["used"] > 0


def test_an_editor_that_was_moved_equals_one_made_there(client, items, page, save_as_somebody_else):
    def same_as_new():
        with ew.SchemaEditor(client, items) as fresh:
            wanted = {
                name: counted(Browser(fresh)).state[name]
                for name in ("rows", "summary", "impact", "migration")
            }
        page.until(lambda: {name: page.state[name] for name in wanted} == wanted)

    client.schema.add("city", "varchar").retype("lux", "boolean").delete("notes")
    same_as_new()
    items.stage({items.uuids[0]: {"lux": 5, "extra": "x"}})
    items.filter = "lux is present"
    same_as_new()
    save_as_somebody_else(lux={"ty": "variant", "hint": "text"})
    client.schema.refresh()
    same_as_new()
    client.schema.resolve("lux", "theirs").save(allow_delete=True)
    items.filter = None
    items.unstage()
    same_as_new()


def test_nothing_follows_a_closed_editor(client, items):
    editor = ew.SchemaEditor(client, items)
    page = counted(Browser(editor))
    editor.close()
    editor.close()
    before = len(page.updates)
    client.schema.add("city", "varchar")
    items.stage({items.uuids[0]: {"weather": "fog"}})
    assert len(page.updates) == before


def test_a_saved_notebook_shows_the_keys(editor):
    html = editor._repr_mimebundle_()[0]["text/html"]
    assert "<td>weather</td>" in html


def test_a_count_that_fails_is_told_and_not_tried_for_ever(client, items, monkeypatch):
    counts = SchemaCounts(client.schema, items)
    monkeypatch.setattr("encord_widgets.widgets.schema_counts.usage_of", lambda *_: 1 / 0)
    assert counts.outdated
    with pytest.raises(ZeroDivisionError):
        counts.keep_current(lambda: None, threading.Event())
    assert not counts.outdated


def test_what_is_counted_is_what_the_schema_tells(client, items):
    counts = SchemaCounts(client.schema, items)

    def agree():
        counts.outdate()
        counts.keep_current(lambda: None, threading.Event())
        assert list(counts.usage) == client.schema.usage(items)
        assert counts.impact == client.schema.impact(items)

    agree()
    client.schema.retype("lux", "boolean").add("batch", "number").delete("notes")
    agree()
    items.stage({items.uuids[0]: {"lux": 3, "notes": "n", "brand new": 1}})
    agree()
    items.filter = 'weather = "rain"'
    agree()
    items.undo()
    client.schema.undo()
    agree()


def test_only_keys_that_changed_are_counted_again(client, items, monkeypatch):
    counts = SchemaCounts(client.schema, items)
    seen = []
    monkeypatch.setattr(
        "encord_widgets.widgets.schema_counts.usage_of",
        lambda types, held, *rest: seen.extend(held) or usage_of(types, held, *rest),
    )

    def again():
        seen.clear()
        counts.outdate()
        counts.keep_current(lambda: None, threading.Event())
        return seen

    assert len(again()) > 10
    assert again() == []
    items.stage({items.uuids[0]: {"lux": 3}})
    assert again() == ["lux"]
    client.schema.retype("camera", "text")
    assert again() == ["camera"]
    items.filter = "lux is present"
    assert len(again()) > 10


# -- both sides of the wire ----------------------------------------------------------------------------------------


def test_traits_are_those_that_the_front_end_listens_to():
    (listened,) = re.findall(
        r'\[((?:\s*"\w+",?)+\s*)\](?=,)', (SOURCES / "schema_editor/index.tsx").read_text()
    )
    traits = synced(ew.SchemaEditor)
    assert set(re.findall(r'"(\w+)"', listened)) == set(traits)
    assert all(trait.help for trait in traits.values())


def test_requests_of_the_front_end_are_known(editor):
    found = re.findall(r'\b(?:request|ask|act)(?:<[^()]*>)?\(\s*"(\w+)"', source("schema_editor"))
    known = {*editor._handlers(), "dismiss_error"}
    assert set(found) <= known
    assert known - set(found) == set()


def test_state_has_the_shape_that_the_front_end_reads(page, save_as_somebody_else):
    page.ask("retype", key="lux", kind="boolean")
    page.ask("retype", key="camera", kind="number")
    page.until(lambda: page.state["impact"])
    page.ask("rename_option", key="weather", option="fog", to="mist")
    save_as_somebody_else(camera={"ty": "variant", "hint": "uuid"})
    page.ask("save", deletes=[])
    migration = page.state["migration"]
    for part, name in [
        (page.state["rows"][0], "KeyRow"),
        (page.state["summary"], "Summary"),
        (page.state["summary"]["changes"][0], "StagedKey"),
        (page.state["summary"]["conflicts"][0], "Conflict"),
        (page.state["summary"]["types"][0], "TypeOffer"),
        (page.state["impact"][0], "Impact"),
        (migration, "Migration"),
        (migration["steps"][0], "Step"),
    ]:
        assert set(part) == interface("schema_editor", name), name
    page.ask("choose", key="camera", side="theirs")
    page.ask("save", deletes=[])
    assert set(page.state["outcome"]) == interface("schema_editor", "Outcome")


def test_a_closed_editor_is_freed_and_its_threads_end(client, items):
    def listening():
        own, theirs = client.schema.events, items.events
        return len(own.live) + len(own.edits) + len(theirs.changes) + len(theirs.rows) + len(theirs.filter)

    names, threads = listening(), set(threading.enumerate())
    editor = ew.SchemaEditor(client, items)
    counted(Browser(editor))
    freed = weakref.ref(editor)
    editor.close()
    assert listening() == names
    del editor
    deadline = time.monotonic() + 10
    while freed() is not None or any(
        one.name.startswith(("encord-widgets-view", "encord-widgets-request"))
        for one in set(threading.enumerate()) - threads
    ):
        assert time.monotonic() < deadline
        gc.collect()
        time.sleep(0.01)
