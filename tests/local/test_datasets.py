from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from encord_widgets.local import EmbeddedEncord
from tests.local.test_collections import NOBODY
from tests.local.wire import Wire


def question(kind: str, method: str, payload: object = None, uid: object = None) -> bytes:
    return json.dumps(
        {"query_type": kind, "query_method": method, "values": {"uid": uid, "payload": payload}}
    ).encode()


def signed(wire: Wire, body: bytes, dataset: str, kind: str = "dataset", **headers: str) -> dict[str, str]:
    signature = wire.signer.key.sign(hashlib.sha256(body).digest()).hex()
    return {
        "Authorization": f"{wire.signer.key_id}:{signature}", "ResourceType": kind, "ResourceID": dataset
    } | headers  # fmt: skip


def ask(
    wire: Wire, dataset: str, kind: str, method: str, payload: object = None, *, uid: object = None
) -> Any:
    body = question(kind, method, payload, uid)
    answer = wire.ok("POST", "/public", content=body, headers=signed(wire, body, dataset), auth=None)
    assert answer["status"] == 200, answer
    return answer["response"]


def refused(wire: Wire, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    answer = wire.ok("POST", "/public", content=body, headers=headers, auth=None)  # the HTTP status is 200
    assert list(answer) == ["status", "response", "payload"]
    assert answer["payload"]
    return answer["status"], answer["response"][0]


def make(wire: Wire, title: str = "Dataset", **fields: Any) -> str:
    made: str = wire.ok("POST", "datasets", json={"title": title} | fields)["datasetUuid"]
    return made


def link(wire: Wire, dataset: str, items: list[str], duplicates: str = "SKIP") -> list[dict[str, Any]]:
    payload = {"item_uuids": items, "duplicates_behavior": duplicates}
    found: list[dict[str, Any]] = ask(wire, dataset, "datasetlinkitems", "POST", payload, uid=dataset)
    return found


def rows(wire: Wire, dataset: str, *, metadata: bool = False) -> list[dict[str, Any]]:
    settings = {"fetch_client_metadata": metadata, "fetch_rows": True}
    found: list[dict[str, Any]] = ask(wire, dataset, "dataset", "GET", {"dataset_access_settings": settings})[
        "data_rows"
    ]
    return found


def test_a_dataset_and_its_audit_log(wire: Wire, folder: str):
    store = wire.encord.store
    items = store.item_uuids(folder)[:3]
    dataset = make(wire, description="Why")
    hashes = [row["data_hash"] for row in link(wire, dataset, items)]
    assert [row["backing_item_uuid"] for row in rows(wire, dataset)] == items
    before = store.metadata(items[0])
    answer = ask(wire, dataset, "datarow", "POST", {"client_metadata": {"n": 2**70}}, uid=hashes[0])
    assert answer["updated_fields"] == ["client_metadata"]
    assert answer["data_row"]["client_metadata"] == {"n": 2**70}
    assert store.metadata(items[0]) == {"n": 2**70}
    ask(wire, dataset, "datarow", "POST", {"data_title": "New"}, uid=hashes[0])
    assert ask(wire, dataset, "video", "DELETE", None, uid=[hashes[1], NOBODY]) == 1
    actor = f"key {wire.signer.key_id[:8]}"
    (entry,) = store.audit(items[0])
    assert (entry.action, entry.actor, entry.before, entry.after) == (
        "patch item",
        actor,
        before,
        {"n": 2**70},
    )
    (retitled,) = store.audit(hashes[0])
    assert (retitled.action, retitled.after) == ("patch data row", {"title": "New"})
    assert [(e.action, e.actor, e.before, e.after) for e in store.audit(dataset)] == [
        ("create dataset", actor, None, {"title": "Dataset", "description": "Why"}),
        ("add to dataset", actor, None, {"rows": dict(zip(hashes, items, strict=True))}),
        ("remove from dataset", actor, {"rows": {hashes[1]: items[1]}}, None),
    ]
    (listed,) = wire.ok("GET", "datasets/list", params={"titleEq": "Dataset"})["result"]
    assert listed["createdAt"] < listed["lastEditedAt"]


def test_a_deleted_item_leaves_its_datasets(wire: Wire, folder: str):
    items = wire.encord.store.item_uuids(folder)[:2]
    dataset = make(wire)
    link(wire, dataset, items)
    wire.encord.store.delete(items[0])
    assert [row["backing_item_uuid"] for row in rows(wire, dataset)] == items[1:]


def test_items_of_the_mirror_are_data_rows(wire: Wire, folder: str):
    store = wire.encord.store
    made = wire.ok("POST", "datasets", json={"title": "Mirrored", "createBackingFolder": True})
    dataset, mirror = made["datasetUuid"], made["backingFolderUuid"]
    assert wire.ok("GET", f"storage/folders/{mirror}")["syncedDatasetHash"] == dataset
    item = store.add_item(mirror, "a.jpg", {"new": True})
    (row,) = rows(wire, dataset, metadata=True)
    assert (row["backing_item_uuid"], row["client_metadata"]) == (item, {"new": True})
    assert rows(wire, dataset, metadata=True) == [row]
    assert store.item_fields(item)["backedDataUnitsCount"] == 1
    other = store.item_uuids(folder)[0]
    assert [row["backing_item_uuid"] for row in link(wire, dataset, [item, other])] == [other]


def test_linking_says_what_it_did(wire: Wire, folder: str):
    items = wire.encord.store.item_uuids(folder)[:3]
    dataset = make(wire)
    assert [row["backing_item_uuid"] for row in link(wire, dataset, [items[0], items[0]])] == items[:1]
    assert len(link(wire, dataset, [items[0], items[0]], "DUPLICATE")) == 2
    assert wire.encord.store.item_fields(items[0])["backedDataUnitsCount"] >= 3
    used = wire.pages(f"storage/folders/{folder}/items", isInDataset="True", pageSize=1000)[0]
    assert items[0] in {item["uuid"] for item in used}


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ({"Authorization": "Bearer nothing"}, (401, "AUTHENTICATION_ERROR")),
        ({"Authorization": "nothing"}, (401, "AUTHENTICATION_ERROR")),
        ({"ResourceID": NOBODY}, (404, "RESOURCE_NOT_FOUND_ERROR")),
        ({"ResourceID": "x"}, (400, "INVALID_ARGUMENTS_ERROR")),
        ({"ResourceType": "project"}, (405, "OPERATION_NOT_ALLOWED")),
    ],
)
def test_who_asks_for_what_is_checked(wire: Wire, ending: dict[str, str], expected: tuple[int, str]):
    body = question("dataset", "GET")
    assert refused(wire, body, signed(wire, body, make(wire), **ending)) == expected


def test_the_body_is_signed(wire: Wire):
    dataset = make(wire)
    body = question("dataset", "GET")
    headers = signed(wire, body, dataset)
    other = question("dataset", "GET", {"dataset_access_settings": {"fetch_rows": False}})
    assert refused(wire, other, headers) == (401, "AUTHENTICATION_ERROR")
    wire.encord.remove_key(wire.signer.key_id)
    assert refused(wire, body, headers) == (401, "AUTHENTICATION_ERROR")
    stranger = Wire(wire.encord)
    stranger.signer.key = Ed25519PrivateKey.generate()  # no longer the registered one
    assert refused(stranger, body, signed(stranger, body, dataset)) == (401, "AUTHENTICATION_ERROR")


def test_a_bearer_token_will_do(wire: Wire):
    token = wire.ok("GET", "user/bearer-token")["token"]
    body = question("dataset", "GET")
    headers = signed(wire, body, make(wire), Authorization=f"Bearer {token}")
    answer = wire.ok("POST", "/public", content=body, headers=headers, auth=None)
    assert answer["response"]["title"] == "Dataset"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no JSON", 400),
        (b"[]", 400),
        (b"{}", 400),
        (question("labelrow", "GET"), 405),
        (question("dataset", "POST"), 405),
        (question("dataset", "GET", []), 200),
        (question("dataset", "GET", [1]), 400),
        (question("dataset", "GET", {"dataset_access_settings": 1}), 400),
        (question("datarow", "GET", None, NOBODY), 404),
        (question("datarow", "GET", None, "x"), 400),
        (question("datarow", "POST", {"client_metadata": {}}, NOBODY), 404),
        (question("datarow", "POST", {"client_metadata": {}}, [1]), 400),
        (question("datarows", "GET", {"created_before": "yesterday"}), 400),
        (question("datarows", "GET", {"data_hashes": "x"}), 400),
        (question("datasetlinkitems", "POST", {"item_uuids": [NOBODY]}), 403),
        (question("datasetlinkitems", "POST", {"item_uuids": [], "duplicates_behavior": "?"}), 400),
        (question("datasetlinkitems", "POST", {}), 400),
        (question("video", "DELETE", None, NOBODY), 400),
    ],
)
def test_refusals_are_told_inside_the_answer(wire: Wire, body: bytes, status: int):
    answer = wire.ok("POST", "/public", content=body, headers=signed(wire, body, make(wire)), auth=None)
    assert answer["status"] == status


def test_a_data_row_refuses_what_cannot_be_saved(wire: Wire, folder: str):
    dataset = make(wire)
    (row,) = link(wire, dataset, wire.encord.store.item_uuids(folder)[:1])
    for payload in (
        {"client_metadata": None},
        {"client_metadata": []},
        {"width": 5},
        {"data_title": " "},
        {"client_metadata": {"a": 1}, "data_title": 5},
    ):
        body = question("datarow", "POST", payload, row["data_hash"])
        assert refused(wire, body, signed(wire, body, dataset)) == (400, "INVALID_ARGUMENTS_ERROR")
    assert "a" not in rows(wire, dataset, metadata=True)[0]["client_metadata"]
    other = make(wire, "Other")
    body = question("datarow", "GET", None, row["data_hash"])
    assert refused(wire, body, signed(wire, body, other)) == (404, "RESOURCE_NOT_FOUND_ERROR")


def test_refusals_of_the_usual_calls(wire: Wire):
    assert "title" in wire.refused(400, "POST", "datasets", json={})
    assert "title" in wire.refused(400, "POST", "datasets", json={"title": ""})
    assert "createdAfter" in wire.refused(400, "GET", "datasets/list", params={"createdAfter": "x"})
    wire.refused(401, "POST", "datasets", json={"title": "x"}, auth=None)


def test_faults_befall_the_older_protocol_too():
    with EmbeddedEncord(items=10) as encord:
        wire = Wire(encord)
        item = encord.store.item_uuids(encord.store.list_folders()[0][0].uuid)[0]
        dataset = make(wire)
        (row,) = link(wire, dataset, [item])
        body = question("datarow", "POST", {"client_metadata": {"n": 1}}, row["data_hash"])
        headers = signed(wire, body, dataset)
        encord.faults = "429=1,html=0"
        assert wire.send("POST", "/public", content=body, headers=headers, auth=None).status_code == 429
        encord.faults = "reset_after=1"
        with pytest.raises(ConnectionError):
            wire.send("POST", "/public", content=body, headers=headers, auth=None)
        first, second = encord.store.faults()
        assert (first.kind, first.items, first.applied, first.path) == ("429", (item,), False, "/public")
        assert (second.kind, second.items, second.applied) == ("reset_after", (item,), True)
        assert encord.store.metadata(item) == {"n": 1}
        encord.faults = "stale_seconds=3600"
        old = rows(wire, dataset, metadata=True)[0]["client_metadata"]
        assert old not in ({"n": 1}, None)
        assert encord.store.faults()[-1].kind == "stale"
        for odd in (
            b"no JSON",
            question("datarow", "POST", {"client_metadata": {}}, [1]),
            b'{"query_type":[]}',
        ):
            assert refused(wire, odd, signed(wire, odd, dataset))[0] == 400
