"""Migrations: reviewed, run, stopped at every request and run again, met by rivals and by edits of the user's own."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from encord_widgets import schema_store
from encord_widgets.metadata.schema_merge import SchemaConflictError
from tests.schema_world import world

NUMBER = {"ty": "variant", "hint": "number"}
TEXT = {"ty": "variant", "hint": "text"}
VARCHAR = {"ty": "variant", "hint": "varchar"}
SCHEMA = {
    "lux": VARCHAR,
    "camera": VARCHAR,
    "weather": {"ty": "enum", "values": ["drizzle", "fog", "rain"]},
    "gain": {"ty": "number", "format": "F64"},
    "future": {"ty": "enum", "values": ["a"]},
}
METADATA = [
    {"lux": "100", "camera": "left", "weather": "rain", "gain": 1.5, "$encord": {"frames": {"0": {}}}},
    {"lux": "2.5", "camera": "right", "weather": "drizzle", "place": "Oslo"},
    {"lux": "dark", "camera": None, "weather": None},
    {"lux": None, "weather": "fog", "place": "Bergen"},
    {"lux": 7, "camera": "left", "weather": "Rain"},
    {},
]
# What a migration does, and what is there afterwards under the keys that it is about.
MIGRATIONS = {
    "rename_key": (
        lambda schema, items: schema.rename_key("camera", "Camera.Position", items),
        [{"Camera.Position": "left"}, {"Camera.Position": "right"}, {"Camera.Position": None}, {},
         {"Camera.Position": "left"}, {}],
        {"Camera.Position": VARCHAR, "camera": {"ty": "tombstone", "deleted_ty": VARCHAR}},
    ),
    "rename_native_key": (
        lambda schema, items: schema.rename_key("gain", "amplification", items),
        [{"amplification": 1.5}, {}, {}, {}, {}, {}],
        {"amplification": NUMBER, "gain": {"ty": "tombstone", "deleted_ty": SCHEMA["gain"]}},
    ),
    "rename_unlisted_key": (
        lambda schema, items: schema.rename_key("place", "city", items),
        [{}, {"city": "Oslo"}, {}, {"city": "Bergen"}, {}, {}],
        {},
    ),
    "rename_option": (
        lambda schema, items: schema.rename_option("weather", "rain", "wet", items),
        [{"weather": "wet"}, {"weather": "drizzle"}, {"weather": None}, {"weather": "fog"}, {"weather": "Rain"}, {}],
        {"weather": {"ty": "enum", "values": ["drizzle", "fog", "rain", "wet"]}},
    ),
    "merge_options": (
        lambda schema, items: schema.merge_options("weather", ["rain", "drizzle"], "wet", items),
        [{"weather": "wet"}, {"weather": "wet"}, {"weather": None}, {"weather": "fog"}, {"weather": "Rain"}, {}],
        {"weather": {"ty": "enum", "values": ["drizzle", "fog", "rain", "wet"]}},
    ),
    "change_type": (
        lambda schema, items: schema.change_type("lux", "number", items),
        [{"lux": 100}, {"lux": 2.5}, {"lux": "dark"}, {"lux": None}, {"lux": 7}, {}],
        {"lux": NUMBER},
    ),
    "change_type_by_hand": (
        lambda schema, items: schema.change_type(
            "lux", "number", items, convert=lambda value: 0 if value == "dark" else float(value)
        ),
        [{"lux": 100}, {"lux": 2.5}, {"lux": 0}, {"lux": None}, {"lux": 7}, {}],
        {"lux": NUMBER},
    ),
    "change_type_into": (
        lambda schema, items: schema.change_type(
            "weather", "varchar", items, into="sky", convert=lambda value: value.lower()
        ),
        [{"sky": "rain"}, {"sky": "drizzle"}, {"sky": None}, {"sky": "fog"}, {"sky": "rain"}, {}],
        {"sky": VARCHAR, "weather": {"ty": "tombstone", "deleted_ty": SCHEMA["weather"]}},
    ),
    "declare_unlisted_key": (
        lambda schema, items: schema.change_type("place", "enum", items, options=["Oslo", "Bergen"]),
        [{}, {"place": "Oslo"}, {}, {"place": "Bergen"}, {}, {}],
        {"place": {"ty": "enum", "values": ["Bergen", "Oslo"]}},
    ),
}  # fmt: skip
ALL = pytest.mark.parametrize("name", MIGRATIONS)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(schema_store, "_WAIT", 0)


@pytest.fixture
def small():
    with world(METADATA, SCHEMA) as made:
        yield made


def expected(name):
    """Metadata of all items and the schema after a migration; every other key as it was."""
    _, after, types = MIGRATIONS[name]
    touched = {key for one in after for key in one} | {
        "rename_key": {"camera"}, "rename_native_key": {"gain"}, "rename_unlisted_key": {"place"},
        "change_type_into": {"weather"},
    }.get(name, set())  # fmt: skip
    rest = [{key: value for key, value in one.items() if key not in touched} for one in METADATA]
    return [{**one, **two} for one, two in zip(rest, after, strict=True)], {**SCHEMA, **types}


def run(client, made, name):
    items = client.folder(made.folder)
    return MIGRATIONS[name][0](client.schema, items).run(allow_delete=True)


@ALL
def test_it_does_what_it_says(small, name):
    with small.client() as client:
        items = client.folder(small.folder)
        migration = MIGRATIONS[name][0](client.schema, items)
        assert [step.name for step in migration.steps] == ["add", "move", "verify", "retire"]
        review = migration.review()
        assert (small.metadata, small.schema) == (METADATA, SCHEMA)  # nothing happens before it is run
        writes = {(change.item, change.key): change.after for change in review.plan.changes}
        migration.run(allow_delete=True)
        assert migration.finished
        assert {step.state for step in migration.steps} == {"done"}
        assert (small.metadata, small.schema) == expected(name)
        for (item, key), after in writes.items():  # what was reviewed is what was done
            assert small.store.metadata(item).get(key, ew.ABSENT) == after
        assert all(migration.receipts)
        assert migration.review().edits == 0
        before = len(client.line.requests)
        migration.run(allow_delete=True)
        assert len(client.line.requests) == before


@pytest.mark.parametrize(
    ("name", "arrives"),
    [*((name, True) for name in MIGRATIONS), ("rename_key", False), ("merge_options", False)],
)
def test_stopped_at_every_request_and_run_again_it_ends_the_same(name, arrives):
    stop = 0
    while True:
        with world(METADATA, SCHEMA) as made:
            with made.client(down_from=stop, arrives=arrives) as client:
                try:
                    run(client, made, name)
                except ew.EncordWidgetsError:
                    stopped = True
                else:
                    stopped = False
            with made.client() as client:
                assert run(client, made, name).finished
            assert (made.metadata, made.schema) == expected(name), f"stopped at request {stop}"
        if not stopped:
            break
        stop += 1
    assert stop > 5


@ALL
def test_step_by_step_in_a_new_notebook_each_time(small, name):
    for _ in range(4):
        with small.client() as client:
            migration = MIGRATIONS[name][0](client.schema, client.folder(small.folder))
            migration.run_next()
    with small.client() as client:
        assert run(client, small, name).finished
    assert (small.metadata, small.schema) == expected(name)


def test_it_waits_before_the_old_key_is_deleted(small):
    with small.client() as client:
        migration = client.schema.rename_key("camera", "cam", client.folder(small.folder)).run()
        assert not migration.finished
        assert [step.state for step in migration.steps] == ["done", "done", "done", "next"]
        assert "may still hold it" in migration.steps[-1].note
        assert small.schema["camera"] == VARCHAR
        assert migration.run_next().state == "done"  # by name
        assert small.schema["camera"]["ty"] == "tombstone"
        assert migration.run_next() is None


def test_a_rival_who_writes_old_values_is_met_by_the_verify_step(small):
    with small.client() as client:
        migration = client.schema.rename_option("weather", "rain", "wet", client.folder(small.folder))
        migration.run_next()
        migration.run_next()
        small.store.edit(small.uuids[5], {"weather": "rain"})
        assert migration.run_next().state == "waiting"  # the move is next again
        assert [step.state for step in migration.steps] == ["done", "next", "waiting", "waiting"]
        assert migration.run().finished
        assert small.metadata[5]["weather"] == "wet"


def test_a_rival_on_the_same_item_is_a_conflict_and_running_again_takes_the_new_value(small):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        migration = client.schema.rename_key("camera", "cam", items)
        migration.run_next()
        small.store.edit(small.uuids[0], {"camera": "rear"})
        with pytest.raises(ew.EncordWidgetsError, match="run the migration again"):
            migration.run_next()
        assert "cam" not in small.metadata[0] or small.metadata[0].get("camera") == "rear"
        assert migration.run(allow_delete=True).finished
        assert small.metadata[0]["cam"] == "rear"
        assert "camera" not in small.metadata[0]


def test_a_rival_on_the_key_of_the_schema_stops_it(small):
    with small.client() as client:
        migration = client.schema.rename_key("camera", "cam", client.folder(small.folder))
        small.rival(cam={"ty": "geospatial"})
        with pytest.raises((ew.InvalidInputError, SchemaConflictError), match="cam"):
            migration.run()
        assert "geospatial" in migration.steps[0].text
        assert small.metadata == METADATA


def test_values_that_cannot_be_moved_are_named_and_hold_the_old_key(small):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        items.stage({small.uuids[1]: {"brightness": 4}})
        items.commit()
        migration = client.schema.change_type("lux", "number", items, into="brightness")
        assert {(one.value, one.count) for one in migration.left} == {("dark", 1), ("2.5", 1)}
        assert "brightness" in next(one.text for one in migration.left if one.value == "2.5")
        migration.run(allow_delete=True)
        assert not migration.finished
        assert small.metadata[0]["brightness"] == 100
        assert small.metadata[1] == {**METADATA[1], "brightness": 4}  # neither is lost
        assert small.schema["lux"] == VARCHAR
        with pytest.raises(ew.InvalidInputError, match="dark"):
            migration.run_next()
        assert small.schema["lux"] == VARCHAR


def test_edits_of_the_users_own_are_neither_committed_nor_lost(small):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        client.schema.add("mine", "number")
        items.stage({small.uuids[0]: {"camera": "top"}, small.uuids[5]: {"notes": "x"}})
        migration = client.schema.rename_option("weather", "rain", "wet", items)
        migration.run_next()
        with pytest.raises(ew.InvalidInputError, match="2 edits of your own"):
            migration.run()
        assert "camera 1" in migration.blocked
        assert len(items.changes) == 2
        assert small.metadata == METADATA
        items.unstage()
        assert migration.run().finished
        assert [change.key for change in client.schema.diff()] == ["mine"]  # staged on the schema, not saved
        assert "mine" not in small.schema


def test_staged_edits_can_be_looked_at_and_committed_elsewhere(small):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        migration = client.schema.merge_options("weather", ["rain", "drizzle"], "wet", items)
        migration.run_next()
        assert len(migration.stage()) == 2
        assert migration.blocked == ""
        assert items.commit()
        assert [step.state for step in migration.steps] == ["done", "done", "next", "waiting"]
        assert migration.run().finished


def test_the_filter_in_force_leaves_nothing_out(small):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        items.filter = 'weather = "fog"'
        assert client.schema.rename_option("weather", "rain", "wet", items).run().finished
        assert small.metadata[0]["weather"] == "wet"


def test_the_review_in_words(small):
    with small.client() as client:
        migration = client.schema.change_type("lux", "number", client.folder(small.folder))
        assert migration.review().text == (
            "Save the schema: lux: re-typed, varchar → number.\n"
            "2 edits on 2 items:\n"
            "  '100' → 100: 1 item\n"
            "  '2.5' → 2.5: 1 item\n"
            "1 value cannot be moved:\n"
            "  'dark' in 1 item: expected a number, such as 12 or 0.5, got 'dark'"
        )
        assert "add next" in repr(migration)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda s, i: s.rename_key("camera", "a/b", i), "letters, digits"),
        (lambda s, i: s.rename_key("camera", "camera", i), "another key"),
        (lambda s, i: s.rename_key("nowhere", "x", i), "a key of the schema or of these items"),
        (lambda s, i: s.rename_key("$encord", "x", i), "Encord's own"),
        (lambda s, i: s.rename_key("camera", "weather", i), "or a new key"),
        (lambda s, i: s.rename_option("camera", "a", "b", i), "an enum"),
        (lambda s, i: s.rename_option("weather", "snow", "b", i), "an option of weather"),
        (lambda s, i: s.merge_options("weather", ["rain"], "rain", i), "another option"),
        (lambda s, i: s.merge_options("weather", [], "rain", i), "options to move"),
        (lambda s, i: s.change_type("weather", "number", i), "becomes another scalar"),
        (lambda s, i: s.change_type("gain", "text", i), "becomes another scalar"),
        (lambda s, i: s.change_type("lux", "user", i), "a key is one of"),
        (lambda s, i: s.change_type("lux", "embedding", i, into="v", size=0), "1 to 4,096"),
        (lambda s, i: s.change_type("nowhere", "text", i), "a key of the schema or of these items"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_happens(small, make, words):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        with pytest.raises(ew.InvalidInputError, match=words):
            make(client.schema, items)
        assert (small.metadata, small.schema) == (METADATA, SCHEMA)


def test_a_full_enum_refuses_a_new_option():
    full = {"ty": "enum", "values": [f"o{n}" for n in range(255)]}
    with world([{"e": "o1"}], {"e": full}) as made, made.client() as client:
        items = client.folder(made.folder).wait()
        with pytest.raises(ew.InvalidInputError, match="1 to 255 options"):
            client.schema.rename_option("e", "o1", "new", items)
        assert client.schema.merge_options("e", ["o1"], "o2", items).run().finished
        assert made.metadata == [{"e": "o2"}]


def test_a_conversion_that_fails_is_a_reason_not_a_crash(small):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        migration = client.schema.change_type(
            "lux", "number", items, convert=lambda value: 1 / (len(value) - 4)
        )
        reasons = {one.value: one.reason for one in migration.left}
        assert "ZeroDivisionError" in reasons["dark"]
        assert len(migration.review().plan) == 2


@pytest.mark.parametrize("given", [None, "frame", "selection"])
def test_items_are_an_item_set(given):
    with world(METADATA, SCHEMA) as there, there.client() as client:
        items = client.folder(there.folder)
        wrong = {"frame": items.frame, "selection": items.where(ew.F.lux == 7)}.get(given)
        for call in (
            lambda: client.schema.rename_option("weather", "fog", "mist", wrong),
            lambda: client.schema.rename_key("camera", "cam", wrong),
            lambda: client.schema.change_type("lux", "number", wrong),
            lambda: client.schema.impact(wrong),
            lambda: client.schema.usage(wrong),
        ):
            with pytest.raises(ew.InvalidInputError, match="expected an ItemSet, got"):
                call()


def test_a_migration_that_stops_before_a_deletion_says_how_to_go_on(small):
    with small.client() as client:
        migration = client.schema.rename_key("camera", "Camera.Position", client.folder(small.folder)).run()
        assert not migration.finished
        assert "retire next; to delete the old key: run(allow_delete=True)" in repr(migration)
        assert migration.run(allow_delete=True).finished
        assert "allow_delete" not in repr(migration)
