"""Pages into columns: what is tolerated, what becomes a problem, and what it costs."""

from __future__ import annotations

import json
import statistics
import time
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.api.codec import decode, encode
from encord_widgets.api.errors import BadResponseError
from encord_widgets.api.wire import Folder, FolderSummary, normal_uuid, parse_items, parse_model, split_page
from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.values import ABSENT, loads

ITEM = "8ad5c1e0-0000-4000-8000-000000000001"


def one(**entry: Any) -> Any:
    return parse_items([{"uuid": ITEM, **entry}])


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("{}", {}), ("", {}), (None, {}), (" \n", {}), ("null", {}),
        ('{"a": null}', {"a": None}), ('{"a": [1, 2.0, {"b": true}]}', {"a": [1, 2.0, {"b": True}]}),
        ({"a": 1}, {"a": 1}), ({}, {}),
        ('{"$encord": {"frames": {"0": {}}}, "é": "\\u00e9"}', {"$encord": {"frames": {"0": {}}}, "é": "é"}),
        ('{"n": 18446744073709551616}', {"n": 2**64}), ('{"n": -9223372036854775809}', {"n": -(2**63) - 1}),
        ('{"n": 1234567890123456789012345678901234567890}', {"n": 1234567890123456789012345678901234567890}),
        ('{"n": "18446744073709551616", "f": 0.12345678901234567}',
         {"n": "18446744073709551616", "f": 0.12345678901234567}),
    ],
)  # fmt: skip
def test_metadata(stored: Any, read: dict[str, Any]) -> None:
    batch = one(clientMetadata=stored)
    assert batch.metadata == [read]
    assert json.dumps(batch.metadata[0]) == json.dumps(read)  # 1 and 1.0 and true told apart
    assert batch.problems == []


def test_missing_metadata_is_empty() -> None:
    assert one().metadata == [{}]
    assert one(client_metadata='{"a": 1}').metadata == [{"a": 1}]


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("{", "not valid JSON"), ('{"a": NaN}', "not valid JSON"), ('{"a": 1e999}', "not valid JSON"),
        ('{"a": "\\ud83d"}', "not valid JSON"), ("{'a': 1}", "not valid JSON"), ("[1]", "is a list, not an object"),
        ('"text"', "is 'text', not an object"), ("7", "is a number, not an object"), ("true", "is a boolean"),
        (7, "is a number, not a JSON text"), ([1], "is a list, not a JSON text"), (False, "is a boolean, not"),
        ('{"n": 18446744073709551616, "b": NaN}', "not valid JSON"),
    ],
)  # fmt: skip
def test_metadata_that_cannot_be_read_names_the_item(stored: Any, reason: str) -> None:
    good = {"uuid": str(uuid.uuid4()), "name": "good"}
    batch = parse_items([{"uuid": ITEM.upper(), "name": "bad.png", "clientMetadata": stored}, good])
    assert batch.fields["name"] == ["good"]
    [problem] = batch.problems
    assert (problem.item, problem.name) == (ITEM, "bad.png")
    assert problem.reason.startswith("its client metadata")
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("entry", "name", "reason"),
    [
        (None, None, "expected an object, got null"), (7, None, "got a number"), ("x", None, "got 'x'"),
        ([], None, "got a list"), ({}, None, "expected a uuid, got none"),
        ({"uuid": None, "name": "a"}, "a", "expected a uuid, got null"),
        ({"uuid": "8ad5", "name": "a"}, "a", "expected a uuid, got '8ad5'"),
        ({"uuid": 7, "name": 8}, None, "expected a uuid, got a number"),
    ],
)  # fmt: skip
def test_entries_that_are_no_items(entry: Any, name: str | None, reason: str) -> None:
    batch = parse_items([{"uuid": ITEM}, entry])
    assert batch.uuids == [ITEM]
    [problem] = batch.problems
    assert (problem.item, problem.name) == (None, name)
    assert reason in problem.reason


def test_fields_missing_null_and_unknown() -> None:
    batch = parse_items(
        [
            {
                "uuid": ITEM,
                "itemType": "hologram",
                "fps": None,
                "width": 3,
                "signedUrl": "https://a?SECRET",
                "extra": 1,
            },
            {
                "uuid": str(uuid.uuid4()),
                "item_type": "image",
                "mime_type": "image/png",
                "parent": ITEM.upper(),
            },
        ]
    )
    assert batch.fields["item_type"] == ["hologram", "image"]
    assert batch.fields["fps"] == [None, ABSENT]
    assert batch.fields["width"] == [3, ABSENT]
    assert batch.fields["mime_type"] == [ABSENT, "image/png"]
    assert batch.fields["parent"] == [ABSENT, ITEM]
    assert batch.fields.keys() <= set(FIELDS)
    assert "SECRET" not in repr(batch)


def test_every_field_has_its_wire_name() -> None:
    camel = [
        "name", "itemType", "description", "createdAt", "lastEditedAt", "mimeType", "fileSize", "width", "height",
        "duration", "fps", "frameCount", "parent", "storageLocation", "isTombstone", "backedDataUnitsCount",
    ]  # fmt: skip
    batch = one(**{name: f"<{name}>" for name in camel})
    assert batch.fields == {name: [f"<{wire}>"] for name, wire in zip(FIELDS, camel, strict=True)}


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_metadata_survives_the_wire_exactly(metadata: dict[str, Any]) -> None:
    text = encode(metadata).decode()
    body = json.dumps({"results": [{"uuid": ITEM, "clientMetadata": text}]}).encode()
    assert repr(parse_items(decode(body)["results"]).metadata[0]) == repr(metadata)


@given(
    st.lists(JSON | st.fixed_dictionaries({"uuid": JSON, "clientMetadata": JSON, "name": JSON}), max_size=5)
)
def test_no_page_fails_as_a_whole(results: list[Any]) -> None:
    batch = parse_items([*results, {"uuid": ITEM, "clientMetadata": "{}"}])
    assert batch.uuids[-1] == ITEM
    assert len(batch) + len(batch.problems) == len(results) + 1


@given(st.uuids(), st.sampled_from([str, str.upper, lambda u: u.replace("-", ""), lambda u: f"{{{u}}}"]))
def test_uuids_are_normalised(value: uuid.UUID, spelled: Any) -> None:
    assert normal_uuid(spelled(str(value))) == str(value)


def test_a_half_emoji_breaks_no_page() -> None:
    page = {"results": [{"uuid": ITEM, "name": "cut \ud83d", "clientMetadata": '{"a": 1}'},
                        {"uuid": str(uuid.uuid4()), "name": "b", "clientMetadata": {"a": "\ud83d"}},
                        {"uuid": str(uuid.uuid4()), "name": "c", "clientMetadata": '{"a": "\ud83d"}'}]}  # fmt: skip
    batch = parse_items(decode(json.dumps(page).encode())["results"])
    assert batch.fields["name"] == ["cut \ufffd"]
    # Their metadata could not be written back as it was.
    assert [problem.name for problem in batch.problems] == ["b", "c"]
    with pytest.raises(ValueError, match="surrogate"):  # the reason for all this
        orjson.loads(json.dumps(page))


def test_codec_refuses() -> None:
    for bad in (b"", b"{", b'{"a": "\\ud83d"', b"NaN", b"\xff"):
        with pytest.raises(ValueError, match=r".+"):
            decode(bad)
    with pytest.raises(ValueError, match=r".+"):
        loads("[1, 99999999999999999999, Infinity]")
    with pytest.raises(InvalidInputError, match="Out of range float values are not JSON"):
        encode({"a": float("nan")})


def test_folder_is_tolerant() -> None:
    folder = parse_model(
        Folder,
        {"uuid": ITEM.upper(), "name": "a", "user_role": "owner", "folderType": "hologram", "description": None,
         "createdAt": "2025-01-01 10:00:00", "lastEditedAt": "2025-01-01T10:00:00+02:00", "extra": {},
         "pathToRoot": [{"uuid": ITEM, "parentUuid": None, "name": "r", "syncedDatasetHash": None}]},
        "folder",
    )  # fmt: skip
    assert (folder.uuid, folder.user_role, folder.folder_type, folder.description) == (
        ITEM,
        "owner",
        "hologram",
        "",
    )
    assert folder.created_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert folder.last_edited_at == datetime(2025, 1, 1, 10, tzinfo=timezone(timedelta(hours=2)))
    assert folder.path_to_root[0].name == "r"
    assert (
        parse_model(Folder, {"uuid": ITEM, "name": "a", "createdAt": "yesterday"}, "folder").created_at
        is None
    )


def test_folder_without_a_name_is_refused_in_words() -> None:
    with pytest.raises(
        BadResponseError, match=r"^folder came in a shape that is not Encord's \(name: Field required\)"
    ):
        parse_model(Folder, {"uuid": ITEM, "owner": "SECRET"}, "folder")


def test_summary_must_count() -> None:
    with pytest.raises(BadResponseError, match="files: Field required"):
        parse_model(FolderSummary, {"folders": 1}, "the summary")
    summary = parse_model(
        FolderSummary, {"files": 3, "plain_texts": 1, "totalSize": 1.5, "scenes": 2}, "the summary"
    )
    assert (summary.files, summary.plain_texts, summary.total_size) == (3, 1, 1.5)


@pytest.mark.parametrize("data", [None, [], {}, {"results": None}, {"results": {}}, "x"])
def test_pages_that_are_none(data: Any) -> None:
    with pytest.raises(BadResponseError, match="no list of results"):
        split_page(data, "items")


@pytest.mark.parametrize(("token", "read"), [(None, None), ("", None), ("a", "a"), (7, "7")])
def test_page_tokens(token: Any, read: str | None) -> None:
    assert split_page({"results": [], "nextPageToken": token}, "x") == ([], read)
    assert split_page({"results": [], "next_page_token": token}, "x") == ([], read)


def test_an_item_costs_less_than_20_microseconds() -> None:
    """Design's figure for a page with 12 keys and 1.1 kB of metadata an item, from bytes to columns."""
    metadata = json.dumps({f"key {number}": "value " * 14 for number in range(10)} | {"lux": 4.5, "ok": True})
    assert 900 < len(metadata) < 1200
    nulls = [
        "integrationHash",
        "url",
        "signedUrl",
        "duration",
        "fps",
        "dicomInstanceUid",
        "frameCount",
        "audioCodec",
    ]
    results = [
        {"uuid": str(uuid.uuid4()), "parent": ITEM, "itemType": "image", "name": f"{number}.png", "description": "",
         "clientMetadata": metadata, "owner": "a@example.com", "createdAt": "2025-01-01T10:00:00Z", "fileSize": 9,
         "lastEditedAt": "2025-01-01T10:00:00Z", "mimeType": "image/png", "width": 1, "height": 1,
         "backedDataUnitsCount": 1, "storageLocation": "s3", "isTombstone": False, **dict.fromkeys(nulls)}
        for number in range(1000)
    ]  # fmt: skip
    body = orjson.dumps({"results": results, "nextPageToken": None})
    times = []
    for _ in range(7):
        start = time.process_time()
        batch = parse_items(decode(body)["results"])
        times.append(time.process_time() - start)
    assert len(batch) == 1000
    assert statistics.median(times) / 1000 < 20e-6
