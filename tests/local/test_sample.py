from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from encord_widgets.local import EmbeddedEncord
from encord_widgets.local.schema_rules import checked_schema

MISSING = object()


@pytest.fixture(scope="module")
def encord() -> Iterator[EmbeddedEncord]:
    with EmbeddedEncord() as embedded:
        yield embedded


@pytest.fixture(scope="module")
def uuids(encord: EmbeddedEncord) -> list[str]:
    return encord.store.item_uuids(encord.store.list_folders()[0][0].uuid)


@pytest.fixture(scope="module")
def rows(encord: EmbeddedEncord, uuids: list[str]) -> list[dict[str, Any]]:
    return [encord.store.metadata(uuid) for uuid in uuids]


def everything(encord: EmbeddedEncord) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    found = encord.store.database.read("SELECT uuid FROM items ORDER BY uuid")
    return [(encord.store.item_fields(uuid), encord.store.metadata(uuid)) for (uuid,) in found]


def test_folders(encord: EmbeddedEncord):
    folders = {folder.name: (folder, count) for folder, count in encord.store.list_folders()}
    assert {name: count for name, (_, count) in folders.items()} == {
        "Street scenes": 500, "Harbour": 12, "Calibration": 3, "Parking garage": 18,
    }  # fmt: skip
    streets = folders["Street scenes"][0].uuid
    assert folders["Harbour"][0].parent == folders["Calibration"][0].parent == streets
    assert folders["Parking garage"][0].parent is None


def test_the_same_seed_gives_the_same_data(encord: EmbeddedEncord):
    with EmbeddedEncord() as again, EmbeddedEncord(seed=8) as other:
        assert everything(again) == everything(encord)
        assert {fields["uuid"] for fields, _ in everything(other)}.isdisjoint(
            fields["uuid"] for fields, _ in everything(encord)
        )


@pytest.mark.parametrize("count", [1, 2, 7, 8, 60])
def test_any_number_of_items(count: int):
    with EmbeddedEncord(items=count) as encord:
        assert encord.store.list_folders()[0][1] == count


def test_the_schema_is_one_that_can_be_saved_and_has_every_type(encord: EmbeddedEncord):
    schema = encord.store.schema()
    assert checked_schema(schema, None) == schema
    assert schema is not None
    assert {kind["ty"] for kind in schema.values()} == {
        "enum", "variant", "geospatial", "embedding", "number", "varchar", "tombstone",
    }  # fmt: skip
    assert {kind["hint"] for kind in schema.values() if kind["ty"] == "variant"} == {
        "number", "datetime", "boolean", "varchar", "text", "uuid",
    }  # fmt: skip


def kinds(rows: list[dict[str, Any]], key: str) -> set[type]:
    return {object if value is MISSING else type(value) for value in (row.get(key, MISSING) for row in rows)}


def test_what_real_metadata_looks_like(rows: list[dict[str, Any]]):
    absent = object
    assert kinds(rows, "weather") >= {str, absent}
    assert {row.get("weather") for row in rows} > {"clear", "cloudy", "rain", "fog", "snow", "drizzle"}
    assert kinds(rows, "lux") == {float, str, absent}
    assert kinds(rows, "reviewed") >= {bool, type(None), absent, str}
    assert kinds(rows, "camera") >= {str, type(None)}
    assert kinds(rows, "batch") >= {int, str, float, bool, type(None), list, dict, absent}
    assert {len(row["clip"]) for row in rows if "clip" in row} == {8, 2}
    assert any("legacy score" in row for row in rows)
    assert any("pipeline" in row for row in rows)
    assert any(row == {} for row in rows)
    notes = [row.get("notes", "") for row in rows]
    assert any("<b>" in note for note in notes)
    assert any(not note.isascii() for note in notes)
    videos = [row["$encord"] for row in rows if "$encord" in row]
    assert len(videos) > 20
    assert all(video["frames"] and video["config"]["keyframe_mode"] == "frame" for video in videos)


def test_every_kind_of_cell_is_in_the_first_rows(rows: list[dict[str, Any]]):
    """The tutorials edit these."""
    first = rows[:7]
    assert rows[0].keys() >= {
        "weather",
        "time_of_day",
        "lux",
        "captured at",
        "reviewed",
        "camera",
        "notes",
        "where",
    }
    assert first[0]["weather"] in {"clear", "cloudy", "rain", "fog", "snow"}
    datetime.fromisoformat(first[0]["captured at"])
    assert isinstance(first[0]["reviewed"], bool)
    assert "weather" not in first[1]
    assert "lux" not in first[1]
    assert first[2]["lux"] == "100"
    assert first[3]["reviewed"] is None
    assert first[3]["weather"] == "drizzle"
    assert "<b>" in first[4]["notes"]


def test_items_are_of_many_kinds(encord: EmbeddedEncord, uuids: list[str]):
    fields = [encord.store.item_fields(uuid) for uuid in uuids]
    types = [entry["itemType"] for entry in fields]
    assert {kind: types.count(kind) for kind in set(types)} == {
        "image": 420, "video": 50, "imageGroup": 10, "dicomSeries": 10, "plainText": 10,
    }  # fmt: skip
    names = [entry["name"] for entry in fields]
    assert 0 < len(names) - len(set(names)) < 20
    assert sorted(fields, key=lambda entry: entry["createdAt"]) != fields


def test_very_many_items_are_there():
    with EmbeddedEncord(items=20_000) as encord:  # 100,000 are served for the browser's test
        assert encord.store.list_folders()[0][1] == 20_000


def test_a_dataset_uses_the_items_that_say_so():
    with EmbeddedEncord(items=60) as encord:
        store = encord.store
        (review,) = store.datasets.listing()
        rows = store.datasets.rows(review.uuid)
        used = {
            uuid
            for folder, _ in store.list_folders()
            for uuid in store.item_uuids(folder.uuid)
            if store.item_fields(uuid)["backedDataUnitsCount"]
        }
        assert {row.item for row in rows} == used
        assert len(rows) == len(used) == 12 + 3 + 1 + 4
        assert rows[0].title == store.item_fields(rows[0].item)["name"]
        with EmbeddedEncord(items=60) as same:
            assert same.store.datasets.rows(review.uuid) == rows
