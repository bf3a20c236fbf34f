from __future__ import annotations

import json
from uuid import uuid4

import pytest

from encord_widgets.local import EmbeddedEncord
from tests.local.wire import Wire

REQUIRED = {
    "uuid", "parent", "itemType", "name", "clientMetadata", "owner", "createdAt", "lastEditedAt",
    "backedDataUnitsCount", "storageLocation",
    "integrationHash", "url", "signedUrl", "fileSize", "mimeType", "duration", "fps", "height",
    "width", "dicomInstanceUid", "dicomStudyUid", "dicomSeriesUid", "frameCount", "audioSampleRate", "audioBitDepth",
    "audioCodec", "audioNumChannels",
}  # fmt: skip


def test_every_field_is_there_for_every_type(wire: Wire, folder: str):
    (items,) = wire.pages(f"storage/folders/{folder}/items", pageSize=1000)
    assert {item["itemType"] for item in items} == {
        "image",
        "video",
        "imageGroup",
        "dicomSeries",
        "plainText",
    }
    for item in items:
        assert item.keys() >= REQUIRED
        assert item["parent"] == folder
        assert isinstance(json.loads(item["clientMetadata"]), dict)
        assert (item["itemType"] == "video") == (item["duration"] is not None)


def test_metadata_can_be_left_out_or_linked(wire: Wire, folder: str):
    target = f"storage/folders/{folder}/items"
    (inline,) = wire.pages(target, pageSize=1000)
    (without,) = wire.pages(target, pageSize=1000, includeClientMetadata="False")
    assert {item["clientMetadata"] for item in without} == {"{}"}
    (linked,) = wire.pages(target, pageSize=1000, clientMetadataAsSignedUrl="True")
    assert {item["clientMetadata"] for item in linked} == {""}
    for item, link in zip(inline[:20], linked, strict=False):
        assert wire.ok("GET", link["clientMetadataSignedUrl"]) == json.loads(item["clientMetadata"])


@pytest.mark.parametrize("spelling", ["True", "true", "TRUE", "1"])
def test_booleans_in_any_spelling(wire: Wire, item: str, spelling: str):
    assert wire.ok("GET", f"storage/items/{item}", params={"signUrl": spelling})["signedUrl"]


def test_a_boolean_that_is_none(wire: Wire, item: str):
    assert "signUrl" in wire.refused(400, "GET", f"storage/items/{item}", params={"signUrl": "yes please"})


def test_filters(wire: Wire, folder: str):
    target = f"storage/folders/{folder}/items"

    def names(**params: object) -> list[str]:
        return [item["name"] for page in wire.pages(target, pageSize=7, **params) for item in page]

    everything = names()
    assert names(search="STREET_00001") == [name for name in everything if "street_00001" in name]
    assert names(search="%") == names(search="_1%") == []  # no wildcards
    kinds = names(itemTypes=["video", "plainText"])
    assert kinds == [name for name in everything if name.endswith((".webm", ".txt"))]
    assert sorted(names(isInDataset="True") + names(isInDataset="False")) == sorted(everything)
    deep = names(isRecursive="True")
    assert len(deep) == len(everything) + 12 + 3
    assert "unknownType" in wire.refused(400, "GET", target, params={"itemTypes": "unknownType"})
    assert "order" in wire.refused(400, "GET", target, params={"order": "size"})


def test_search_everywhere_needs_something_to_search(wire: Wire):
    wire.refused(400, "GET", "storage/search/items")
    (found,) = wire.pages("storage/search/items", itemTypes="plainText", pageSize=1000)
    assert {item["itemType"] for item in found} == {"plainText"}


def test_bulk_reading_keeps_the_order_and_repeats(wire: Wire, folder: str):
    uuids = wire.encord.store.item_uuids(folder)
    wanted = [uuids[5], uuids[1], uuids[5].upper(), uuids[100]]
    answer = wire.ok("POST", "storage/items/get-bulk", json={"itemUuids": wanted, "signUrls": False})
    assert [item["uuid"] for item in answer["results"]] == [uuid.lower() for uuid in wanted]
    assert wire.ok("POST", "storage/items/get-bulk", json={"itemUuids": []})["results"] == []


def test_unknown_items(wire: Wire, folder: str, item: str):
    stranger = str(uuid4())
    wire.refused(403, "GET", f"storage/items/{stranger}")
    wire.refused(403, "POST", "storage/items/get-bulk", json={"itemUuids": [item, stranger]})
    some = wire.ok(
        "POST", "storage/items/get-bulk", json={"itemUuids": [item, stranger], "requireAll": False}
    )
    assert [entry["uuid"] for entry in some["results"]] == [item]
    wire.refused(403, "GET", f"storage/folders/{stranger}/items")
    wire.refused(403, "PATCH", f"storage/folders/{folder}/items/{stranger}", json={"name": "x"})
    wire.refused(403, "PATCH", f"storage/folders/{stranger}/items/{item}", json={"name": "x"})
    before = wire.encord.store.metadata(item)
    patches = {item: {"clientMetadata": {}}, stranger: {"clientMetadata": {}}}
    wire.refused(403, "PATCH", "storage/items/patch-bulk", json={"itemPatches": patches})
    assert wire.encord.store.metadata(item) == before, "a refused bulk request wrote something"
    assert "uuid" in wire.refused(400, "GET", "storage/items/not-a-uuid")


def test_unknown_items_can_be_left_out_instead():
    with EmbeddedEncord(items=3, leave_out_unknown=True) as encord:
        wire = Wire(encord)
        item = encord.store.item_uuids(encord.store.list_folders()[0][0].uuid)[0]
        stranger = str(uuid4())
        read = wire.ok("POST", "storage/items/get-bulk", json={"itemUuids": [stranger, item]})
        patches = {stranger: {"clientMetadata": {"a": 1}}, item: {"clientMetadata": {"a": 1}}}
        written = wire.ok("PATCH", "storage/items/patch-bulk", json={"itemPatches": patches})
        assert [entry["uuid"] for entry in read["results"]] == [item]
        assert [entry["uuid"] for entry in written["results"]] == [item]
        strict = {"itemUuids": [stranger, item], "requireAll": True}
        wire.refused(403, "POST", "storage/items/get-bulk", json=strict)


def test_a_patch_replaces_the_metadata_whole_and_shows_it_at_once(wire: Wire, folder: str, item: str):
    target = f"storage/folders/{folder}/items/{item}"
    before = wire.ok("GET", f"storage/items/{item}")
    answer = wire.ok("PATCH", target, json={"clientMetadata": {"only": None}})
    assert json.loads(answer["clientMetadata"]) == {"only": None}
    assert answer["lastEditedAt"] > before["lastEditedAt"]
    assert answer == wire.ok("GET", f"storage/items/{item}")
    changed = {name for name in before if before[name] != answer[name]}
    assert changed == {"clientMetadata", "lastEditedAt"}
    again = wire.ok("PATCH", target, json={"name": "renamed"})
    assert json.loads(again["clientMetadata"]) == {"only": None}
    assert again["name"] == "renamed"
    assert wire.ok("PATCH", target, json={}) == again, "an empty patch is no write"
    nothing = {"clientMetadata": None, "name": None, "timeseriesSettings": None, "unknown": 1}
    assert wire.ok("PATCH", target, json=nothing) == again


def test_bulk_patches_answer_every_item(wire: Wire, folder: str):
    uuids = wire.encord.store.item_uuids(folder)[:50]
    patches = {uuid: {"clientMetadata": {"n": number}} for number, uuid in enumerate(uuids)}
    answer = wire.ok("PATCH", "storage/items/patch-bulk", json={"itemPatches": patches})["results"]
    assert [item["uuid"] for item in answer] == uuids
    assert [json.loads(item["clientMetadata"])["n"] for item in answer] == list(range(50))
    read = wire.ok("POST", "storage/items/get-bulk", json={"itemUuids": uuids})["results"]
    assert read == answer


def test_last_edited_rises_even_when_the_clock_stands_still(wire: Wire, folder: str, item: str):
    clock = wire.encord.store.clock()
    wire.encord.store.items._clock = lambda: clock
    target = f"storage/folders/{folder}/items/{item}"
    seen = [wire.ok("PATCH", target, json={"clientMetadata": {"n": n}})["lastEditedAt"] for n in range(4)]
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'{"itemPatches": []}', b'{"itemPatches": {"x": {}}}',
        b'{"itemPatches": {"%s": 1}}', b'{"itemPatches": {"%s": {"clientMetadata": []}}}',
        b'{"itemPatches": {"%s": {"clientMetadata": "{}"}}}', b'{"itemPatches": {"%s": {"name": 5}}}',
        b'{"itemPatches": {"%s": {"name": " "}}}', b'{"itemPatches": {"%s": {"clientMetadata": {"a": NaN}}}}',
        b'{"itemPatches": {"%s": {"clientMetadata": {"a": 12345678901234567890, "b": Infinity}}}}',
        b'{"itemPatches": {"%s": {"clientMetadata": {"a": "\xff"}}}}',
    ],
)  # fmt: skip
def test_bodies_that_are_refused(wire: Wire, item: str, body: bytes):
    before = wire.encord.store.metadata(item)
    wire.refused(400, "PATCH", "storage/items/patch-bulk", content=body.replace(b"%s", item.encode()))
    assert wire.encord.store.metadata(item) == before
    assert wire.encord.store.audit(item) == []


def test_at_most_1000_in_one_request(wire: Wire):
    uuids = [str(uuid4()) for _ in range(1001)]
    assert "1000" in wire.refused(400, "POST", "storage/items/get-bulk", json={"itemUuids": uuids})
    patches = {uuid: {"name": "x"} for uuid in uuids}
    assert "1000" in wire.refused(400, "PATCH", "storage/items/patch-bulk", json={"itemPatches": patches})


@pytest.mark.parametrize(
    "number",
    [
        "1", "1.0", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
        "-9223372036854775809", "-9999999999999999999", "123456789012345678901234567890", "1e+300",
        "0.12345678901234566",
    ],
)  # fmt: skip
def test_numbers_survive_exactly(wire: Wire, folder: str, item: str, number: str):
    body = b'{"clientMetadata":{"n":%s}}' % number.encode()
    answer = wire.ok("PATCH", f"storage/folders/{folder}/items/{item}", content=body)
    (value,) = json.loads(answer["clientMetadata"]).values()
    assert repr(value) == number


def test_deleting(wire: Wire, folder: str):
    (groups,) = wire.pages(f"storage/folders/{folder}/items", itemTypes="imageGroup")
    group = groups[0]["uuid"]
    child_items = f"storage/folders/{folder}/items/{group}/child-items"
    frames = [frame["uuid"] for frame in wire.ok("GET", child_items)["results"]]
    listed = wire.encord.store.item_uuids(folder)
    assert not set(frames) & set(listed)
    target = f"storage/folders/{folder}/items/delete"
    wire.refused(403, "POST", target, json={"childUuids": [group, str(uuid4())], "removeUnusedFrames": True})
    assert wire.encord.store.item_uuids(folder) == listed
    answer = wire.ok("POST", target, json={"childUuids": [group], "removeUnusedFrames": True})
    assert answer["removedItemsCount"] == 6
    wire.refused(403, "GET", child_items)
    assert [entry.action for entry in wire.encord.store.audit(group)] == ["delete item"]
