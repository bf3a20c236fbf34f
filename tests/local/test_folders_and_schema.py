from __future__ import annotations

import json
from uuid import uuid4

import pytest

from encord_widgets.local.refusal import RefusedError
from encord_widgets.local.schema_rules import checked_schema
from tests.local.wire import Wire

SCHEMA = "organisation/client-metadata-schema-v2"


def test_void_calls_answer_null(wire: Wire):
    made = wire.ok("POST", "storage/folders", json={"name": "one", "clientMetadata": '{"a": 1}'})
    assert json.loads(made["clientMetadata"]) == {"a": 1}
    assert wire.ok("POST", f"storage/folders/{made['uuid']}/folder-config", json={"index": {"x": 1}}) is None
    assert wire.ok("GET", f"storage/folders/{made['uuid']}/folder-config") == {"index": {"x": 1}}
    assert wire.ok("DELETE", f"storage/folders/{made['uuid']}") is None
    wire.refused(403, "GET", f"storage/folders/{made['uuid']}")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": 5}, {"name": "x", "clientMetadata": {"a": 1}}, {"name": "x", "clientMetadata": "[]"},
        {"name": "x", "clientMetadata": "{"}, {"name": "x", "parent": "none"},
        {"name": "x", "cloudSyncedFolderParams": {"integrationUuid": "x", "remoteUrl": "s3://x"}},
    ],
)  # fmt: skip
def test_folders_that_cannot_be_made(wire: Wire, body: dict):
    before = wire.encord.store.list_folders()
    wire.refused(400, "POST", "storage/folders", json=body)
    wire.refused(403, "POST", "storage/folders", json={"name": "x", "parent": str(uuid4())})
    assert wire.encord.store.list_folders() == before


def test_folder_patches_are_all_or_none(wire: Wire, folder: str):
    patches = {folder: {"name": "changed"}, str(uuid4()): {"name": "x"}}
    wire.refused(403, "PATCH", "storage/folders/patch-bulk", json={"folderPatches": patches})
    assert wire.ok("GET", f"storage/folders/{folder}")["name"] == "Street scenes"
    patch = {folder: {"clientMetadata": {"a": [1]}}}
    (answer,) = wire.ok("PATCH", "storage/folders/patch-bulk", json={"folderPatches": patch})["results"]
    assert json.loads(answer["clientMetadata"]) == {"a": [1]}
    last = wire.encord.store.audit(folder)[-1]
    assert (last.before, last.after) == ({"team": "Perception", "retention_days": 365}, {"a": [1]})


def test_a_folder_with_something_in_it_is_not_deleted(wire: Wire, folder: str):
    assert "not empty" in wire.refused(400, "DELETE", f"storage/folders/{folder}")


def test_there_is_no_schema_at_first():
    from encord_widgets.local import EmbeddedEncord

    with EmbeddedEncord(items=0) as encord:
        wire = Wire(encord)
        assert wire.ok("GET", SCHEMA) is None
        assert wire.ok("GET", "organisation/client-metadata-schema") is None
        assert wire.ok("POST", SCHEMA, json={"lux": {"ty": "number"}}) is None
        assert wire.ok("GET", SCHEMA) == {"lux": {"ty": "number", "format": "F64"}}


def test_a_schema_is_replaced_whole(wire: Wire):
    wire.ok("POST", SCHEMA, json={"only": {"ty": "variant"}})
    assert wire.ok("GET", SCHEMA) == {"only": {"ty": "variant", "hint": "text"}}
    assert [entry.action for entry in wire.encord.store.audit("schema")] == ["save schema", "save schema"]


@pytest.mark.parametrize("key", ["a", "Team.Key", "a b-c_d", "été", "日本", "²", "Keyframes", "k" * 500])
def test_keys_that_are_allowed(wire: Wire, key: str):
    wire.ok("POST", SCHEMA, json={key: {"ty": "boolean"}})
    assert list(wire.ok("GET", SCHEMA)) == [key]


@pytest.mark.parametrize(
    "key", ["", "$encord", "-._ ", "a/b", "a:b", "a$", "keyframes", "key-frames", "key frames"]
)
def test_keys_that_are_refused(wire: Wire, key: str):
    before = wire.ok("GET", SCHEMA)
    assert repr(key) in wire.refused(400, "POST", SCHEMA, json={key: {"ty": "boolean"}})
    assert wire.ok("GET", SCHEMA) == before


@pytest.mark.parametrize(
    "kind",
    [
        5, {}, {"ty": "hologram"}, {"ty": ["enum"]}, {"ty": "variant", "hint": "float"}, {"ty": "enum"},
        {"ty": "enum", "values": []}, {"ty": "enum", "values": [1]}, {"ty": "enum", "values": ["x"] * 257},
        {"ty": "embedding"}, {"ty": "embedding", "size": 0}, {"ty": "embedding", "size": 4097},
        {"ty": "embedding", "size": True}, {"ty": "embedding", "size": 8, "api": "x"},
        {"ty": "varchar", "max_length": 8193}, {"ty": "number", "format": "F16"}, {"ty": "datetime", "timezone": "CET"},
        {"ty": "tombstone", "deleted_ty": {"ty": "tombstone", "deleted_ty": None}},
        {"ty": "tombstone", "deleted_ty": {"ty": "hologram"}},
    ],
)  # fmt: skip
def test_types_that_are_refused(wire: Wire, kind: object):
    assert "'new'" in wire.refused(400, "POST", SCHEMA, json={"new": kind})


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ({"ty": "variant", "hint": "number"}, {"ty": "variant", "hint": "text"}, True),
        ({"ty": "variant", "hint": "number"}, {"ty": "enum", "values": ["a"]}, False),
        ({"ty": "enum", "values": ["a"]}, {"ty": "enum", "values": ["a", "b"]}, True),
        ({"ty": "enum", "values": ["a", "b"]}, {"ty": "enum", "values": ["a"]}, False),
        ({"ty": "enum", "values": ["a"]}, {"ty": "variant", "hint": "text"}, False),
        ({"ty": "embedding", "size": 8}, {"ty": "embedding", "size": 9}, False),
        ({"ty": "geospatial"}, {"ty": "variant", "hint": "text"}, False),
        ({"ty": "geospatial"}, {"ty": "tombstone", "deleted_ty": {"ty": "geospatial"}}, True),
        ({"ty": "geospatial"}, {"ty": "tombstone", "deleted_ty": None}, True),
        ({"ty": "geospatial"}, {"ty": "tombstone", "deleted_ty": {"ty": "text"}}, False),
        ({"ty": "tombstone", "deleted_ty": {"ty": "geospatial"}}, {"ty": "geospatial"}, True),
        ({"ty": "tombstone", "deleted_ty": {"ty": "geospatial"}}, {"ty": "text"}, False),
        ({"ty": "tombstone", "deleted_ty": None}, {"ty": "text"}, False),
        ({"ty": "tombstone", "deleted_ty": None}, {"ty": "tombstone", "deleted_ty": None}, True),
    ],
)
def test_how_a_type_may_change(wire: Wire, old: dict, new: dict, *, allowed: bool):
    wire.ok("POST", SCHEMA, json={"key": old})
    if allowed:
        wire.ok("POST", SCHEMA, json={"key": new})
    else:
        assert "'key'" in wire.refused(400, "POST", SCHEMA, json={"key": new})


def test_all_problems_of_a_schema_are_named_at_once(wire: Wire):
    message = wire.refused(
        400, "POST", SCHEMA, json={"$a": {"ty": "text"}, "b": {"ty": "enum"}, "ok": {"ty": "text"}}
    )
    assert "'$a'" in message
    assert "'b'" in message
    assert "'ok'" not in message


def test_a_type_of_a_later_server_can_be_put_in_from_the_side(wire: Wire):
    schema = {"future": {"ty": "hologram", "depth": 3}}
    wire.encord.store.set_schema(schema)
    assert wire.ok("GET", SCHEMA) == schema


def test_unknown_addresses_and_methods(wire: Wire, folder: str):
    wire.refused(404, "GET", "storage/nothing")
    wire.refused(404, "GET", "/")
    wire.refused(405, "PUT", f"storage/folders/{folder}")
    wire.refused(404, "GET", f"storage/folders/{folder}/")


def test_what_is_stored_already_is_taken_as_it_is() -> None:
    stored = {"shape": {"ty": "polygon", "sides": 5}, "lux": {"ty": "number", "format": "F64"}}
    new = {**stored, "city": {"ty": "varchar"}}
    assert checked_schema(new, stored)["shape"] == stored["shape"]
    with pytest.raises(RefusedError, match="shape"):
        checked_schema({**stored, "shape": {"ty": "polygon", "sides": 6}}, stored)
