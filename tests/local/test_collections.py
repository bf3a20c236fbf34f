from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from encord_widgets.local import EmbeddedEncord, Store
from tests.local.wire import Wire

NOBODY = "00000000-0000-4000-8000-000000000000"
EVERY_FOLDER = "00000000-0000-0000-0000-000000000000"
LISTING = "index/collections"


def make(wire: Wire, folder: str = EVERY_FOLDER, name: str = "Rain", **fields: Any) -> str:
    made = wire.ok("POST", LISTING, params={"topLevelFolderUuid": folder}, json={"name": name} | fields)
    assert isinstance(made, str)
    return made


def add(wire: Wire, collection: str, items: list[str], what: str = "add") -> list[str]:
    answer = wire.ok("POST", f"{LISTING}/{collection}/{what}-items", json={"itemUuids": items})
    assert list(answer) == ["failedItems"]
    failed: list[str] = answer["failedItems"]
    return failed


def read(wire: Wire, collection: str, which: str = "accessible", **params: Any) -> list[dict[str, Any]]:
    return [item for page in wire.pages(f"{LISTING}/{collection}/{which}-items", **params) for item in page]


def folder_uuids(wire: Wire) -> dict[str, str]:
    return {folder.name: folder.uuid for folder, _ in wire.encord.store.list_folders()}


def test_a_collection_is_made_read_renamed_and_deleted(wire: Wire, folder: str):
    collection = make(wire, folder, description="Wet streets")
    (found,) = wire.ok("GET", LISTING, params={"uuids": [collection]})["results"]
    assert (found["uuid"], found["topLevelFolderUuid"]) == (collection, folder)
    assert (found["name"], found["description"]) == ("Rain", "Wet streets")
    assert wire.ok("PATCH", f"{LISTING}/{collection}", json={"name": "Snow"}) is None
    (again,) = wire.ok("GET", LISTING, params={"uuids": collection})["results"]
    assert (again["name"], again["description"]) == ("Snow", "Wet streets")
    assert again["createdAt"] == found["createdAt"] < again["lastEditedAt"]
    assert wire.ok("DELETE", f"{LISTING}/{collection}") is None
    assert wire.ok("GET", LISTING, params={"uuids": collection})["results"] == []
    wire.refused(403, "GET", f"{LISTING}/{collection}/accessible-items")
    actor = f"key {wire.signer.key_id[:8]}"
    assert [(e.action, e.actor, e.before, e.after) for e in wire.encord.store.audit(collection)] == [
        ("create collection", actor, None, {"name": "Rain", "description": "Wet streets"}),
        (
            "patch collection",
            actor,
            {"name": "Rain", "description": "Wet streets"},
            {"name": "Snow", "description": "Wet streets"},
        ),
        ("delete collection", actor, {"name": "Snow", "description": "Wet streets"}, None),
    ]


def test_listing_pages_and_narrows(wire: Wire, folder: str):
    garage = folder_uuids(wire)["Parking garage"]
    made = {make(wire, folder, f"C{number}"): f"C{number}" for number in range(5)}
    other = make(wire, garage, "C2b")
    everywhere = make(wire, name="All")
    pages = wire.pages(LISTING, pageSize=3)
    assert [[row["name"] for row in some] for some in pages] == [
        ["All", "C0", "C1"],
        ["C2", "C2b", "C3"],
        ["C4"],
    ]
    of_folder = wire.pages(LISTING, pageSize=3, topLevelFolderUuid=folder)
    assert {row["uuid"] for some in of_folder for row in some} == set(made)
    both = wire.ok(
        "GET", LISTING, params={"uuids": [other, everywhere, NOBODY], "topLevelFolderUuid": garage}
    )
    assert [row["uuid"] for row in both["results"]] == [other]
    assert [row["name"] for row in wire.ok("GET", LISTING, params={"search": "c2"})["results"]] == [
        "C2",
        "C2b",
    ]
    token = wire.ok("GET", LISTING, params={"pageSize": 3})["nextPageToken"]
    wire.refused(400, "GET", LISTING, params={"pageToken": token, "topLevelFolderUuid": folder})


def test_items_in_and_out(wire: Wire, folder: str):
    uuids = wire.encord.store.item_uuids(folder)
    collection = make(wire, folder)
    assert read(wire, collection) == []
    assert add(wire, collection, uuids[:50]) == []
    assert add(wire, collection, [*uuids[40:60], NOBODY, uuids[0]]) == [NOBODY]
    found = read(wire, collection, pageSize=7)
    assert [item["uuid"] for item in found] == sorted(uuids[:60])
    assert found[0] == wire.ok("GET", f"storage/items/{found[0]['uuid']}")
    assert {item["clientMetadata"] for item in read(wire, collection, includeClientMetadata="False")} == {
        "{}"
    }
    assert add(wire, collection, [*uuids[:30], uuids[80], NOBODY], "remove") == [NOBODY]
    assert [item["uuid"] for item in read(wire, collection)] == sorted(uuids[30:60])
    entries = [e for e in wire.encord.store.audit(collection) if e.action != "create collection"]
    assert [(e.action, e.before, e.after) for e in entries] == [
        ("add to collection", None, {"items": uuids[:50]}),
        ("add to collection", None, {"items": uuids[50:60]}),
        ("remove from collection", {"items": uuids[:30]}, None),
    ]


def test_a_collection_stays_within_its_top_level_folder(wire: Wire, folder: str):
    store = wire.encord.store
    folders = folder_uuids(wire)
    inside, outside = store.item_uuids(folders["Harbour"])[0], store.item_uuids(folders["Parking garage"])[0]
    assert add(wire, make(wire, folder), [inside, outside]) == [outside]
    assert add(wire, make(wire), [inside, outside]) == []
    assert "no other folder" in wire.refused(
        400, "POST", LISTING, params={"topLevelFolderUuid": folders["Harbour"]}, json={"name": "x"}
    )


def test_frames_of_a_group_can_be_collected(wire: Wire, folder: str):
    groups = wire.ok("GET", f"storage/folders/{folder}/items", params={"itemTypes": "imageGroup"})["results"]
    frames = wire.ok("GET", f"storage/folders/{folder}/items/{groups[0]['uuid']}/child-items")["results"]
    collection = make(wire, folder)
    assert add(wire, collection, [frame["uuid"] for frame in frames]) == []
    assert len(read(wire, collection)) == len(frames) == 5


def test_what_nobody_can_read_is_named_by_its_uuid(wire: Wire, folder: str):
    store = wire.encord.store
    uuids = store.item_uuids(folder)[:3]
    collection = make(wire, folder)
    add(wire, collection, uuids)
    store.delete(uuids[1])
    assert [item["uuid"] for item in read(wire, collection)] == sorted([uuids[0], uuids[2]])
    everything = read(wire, collection, "all", pageSize=2)
    assert [item["uuid"] for item in everything] == sorted(uuids)
    assert [item for item in everything if len(item) == 1] == [{"uuid": uuids[1]}]
    assert add(wire, collection, [uuids[1]], "remove") == []
    assert len(read(wire, collection, "all")) == 2


def test_titles_add_what_they_name_alone(wire: Wire, folder: str):
    store = wire.encord.store
    for name in ("twin.jpg", "twin.jpg", "single.jpg", "known.jpg"):
        store.add_item(folder, name)
    garage = folder_uuids(wire)["Parking garage"]
    store.add_item(garage, "single.jpg")
    store.add_item(garage, "elsewhere.jpg")
    collection = make(wire, folder)
    titles = ["twin.jpg", "single.jpg", "elsewhere.jpg", "single.jpg", "known.jpg"]
    target = f"{LISTING}/{collection}/add-data-title-items"
    wire.ok("POST", target, json={"dataTitles": ["known.jpg"]})
    assert wire.ok("POST", target, json={"dataTitles": titles}) == {
        "requested": 4,
        "matchedTitles": 2,
        "itemsAdded": 1,
        "ambiguousTitles": ["twin.jpg"],
        "unmatchedTitles": ["elsewhere.jpg"],
        "failedItems": [],
    }
    assert sorted(item["name"] for item in read(wire, collection)) == ["known.jpg", "single.jpg"]


@pytest.mark.parametrize(
    ("call", "options", "status", "said"),
    [
        (("POST", ""), {"json": {"name": " "}}, 400, "name"),
        (("POST", ""), {"json": {}}, 400, "name"),
        (("POST", ""), {"json": {"name": 5}}, 400, "name"),
        (("POST", ""), {"json": {"name": "x"}, "params": {"topLevelFolderUuid": NOBODY}}, 403, "folder"),
        (("GET", ""), {"params": {"topLevelFolderUuid": NOBODY}}, 403, "folder"),
        (("GET", ""), {"params": {"uuids": "x"}}, 400, "uuids"),
        (("GET", ""), {"params": {"pageSize": 1001}}, 400, "pageSize"),
        (("PATCH", f"/{NOBODY}"), {"json": {"name": "x"}}, 403, "collection"),
        (("DELETE", f"/{NOBODY}"), {}, 403, "collection"),
        (("GET", f"/{NOBODY}/all-items"), {}, 403, "collection"),
        (("POST", f"/{NOBODY}/add-items"), {"json": {"itemUuids": []}}, 403, "collection"),
        (("POST", f"/{NOBODY}/add-items"), {"json": {"itemUuids": "x"}}, 400, "itemUuids"),
        (("POST", f"/{NOBODY}/remove-items"), {"json": {"itemUuids": ["x"]}}, 400, "itemUuids"),
        (("POST", f"/{NOBODY}/add-data-title-items"), {"json": {"dataTitles": [1]}}, 400, "dataTitles"),
        (("POST", f"/{NOBODY}/add-data-title-items"), {"json": {"dataTitles": []}}, 403, "collection"),
        (
            ("POST", f"/{NOBODY}/add-data-title-items"),
            {"json": {"dataTitles": [str(n) for n in range(1001)]}},
            400,
            "1000 titles",
        ),
    ],
)
def test_refusals(wire: Wire, call: tuple[str, str], options: dict[str, Any], status: int, said: str):
    method, path = call
    assert said in wire.refused(status, method, LISTING + path, **options)


def test_faults_befall_these_calls_too(wire: Wire, folder: str):
    collection = make(wire, folder)
    wire.encord.faults = "503=1,html=0"
    target = f"{LISTING}/{collection}/add-items"
    assert wire.send("POST", target, json={"itemUuids": []}).status_code == 503
    (entry,) = wire.encord.store.faults()
    assert (entry.kind, entry.path) == ("503", f"/v2/public/{target}")


def test_a_stale_read_of_a_collection_shows_old_metadata(wire: Wire, folder: str):
    store = wire.encord.store
    item = store.item_uuids(folder)[0]
    collection = make(wire, folder)
    add(wire, collection, [item])
    before = read(wire, collection)
    store.replace(item, {"new": 1})
    wire.encord.faults = "stale_seconds=3600"
    assert read(wire, collection) == before
    assert [entry.kind for entry in store.faults()] == ["stale"]


def test_a_database_from_before_collections_gets_them(tmp_path: Path):
    path = tmp_path / "old.db"
    with EmbeddedEncord(path, items=5) as encord:
        folder = encord.store.list_folders()[0][0].uuid
        items = encord.store.item_uuids(folder)
    with sqlite3.connect(path) as old:
        names = ("collections", "collected", "presets", "preset_runs", "datasets", "data_rows")
        for name in names:
            old.execute(f"DROP TABLE {name}")
        old.execute("PRAGMA user_version = 1")
    old.close()
    with EmbeddedEncord(path) as again:
        wire = Wire(again)
        collection = make(wire, folder)
        assert add(wire, collection, items) == []
    with Store(path).database._connection as newer:
        newer.execute("PRAGMA user_version = 3")
    newer.close()
    with pytest.raises(ValueError, match="another file"):
        Store(path)
