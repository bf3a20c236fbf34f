"""Collections, presets and datasets on the embedded Encord, from the first click to what the server holds."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import encord_widgets as ew
from encord_widgets.client import Client
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.filters.tree import Filter


@pytest.fixture
def client() -> Iterator[Client]:
    with ew.demo(items=60) as client:
        yield client


@pytest.fixture
def items(client: Client) -> ItemSet:
    return client.folder(client.folders("Street scenes")[0]).wait()


def test_items_of_a_collection_are_edited_and_committed_like_any(client: Client, items: ItemSet) -> None:
    rainy = items.where('weather = "rain"')
    made = rainy.to_collection("Rain")
    collection = client.collection(made.uuid)
    assert collection.title == "Rain"
    assert sorted(collection.uuids) == sorted(rainy.uuids)
    assert collection.frame["weather"].eq("rain").all()
    collection.stage({item: {"weather": "fog"} for item in collection.uuids})
    receipt = collection.commit()
    assert receipt
    assert len(receipt.verified) == len(collection)
    # Membership is a snapshot: what matches no more stays in it.
    assert len(collection.refresh().wait()) == made.held
    assert collection.where('weather = "rain"').count == 0
    assert items.refresh().wait().where('weather = "rain"').count == 0


def test_staged_edits_on_a_collection_survive_the_kernel(tmp_path: Any) -> None:
    path = tmp_path / "encord.db"
    with ew.demo(path, items=30) as client:
        made = client.folder(client.folders("Street scenes")[0]).to_collection("All")
        collection = client.collection(made.uuid)
        first = collection.uuids[0]
        collection.stage({first: {"lux": 4}})
    with ew.demo(path) as client:
        again = client.collection(made.uuid)
        assert len(again.earlier()) == 1
        again.restore()
        assert again.value(first, "lux") == 4


def test_collections_are_found_by_name_and_folder(client: Client, items: ItemSet) -> None:
    for name in ("b rain", "A Rain", "fog"):
        items.where('weather = "rain"').to_collection(name)
    folder = items.frame["parent"].iloc[0]
    assert [one.name for one in client.collections()] == ["A Rain", "b rain", "fog"]
    assert [one.name for one in client.collections("RAIN", folder=folder)] == ["A Rain", "b rain"]
    elsewhere = next(one for one in client.folders() if one.uuid != folder and one.parent is None)
    assert client.collections(folder=elsewhere) == []


def test_a_collection_takes_what_has_a_uuid(client: Client, items: ItemSet) -> None:
    made = items.to_collection("All")
    (listed,) = client.collections()
    titles = {client.collection(one).title for one in (listed, made.uuid, uuid.UUID(made.uuid), made)}
    assert titles == {"All"}


@pytest.mark.parametrize("thing", ["", "Rain", None, 5])
def test_what_is_no_uuid_is_refused_before_sending(client: Client, thing: object) -> None:
    with pytest.raises(ew.InvalidInputError, match="the uuid of a collection"):
        client.collection(thing)
    with pytest.raises(ew.InvalidInputError, match="the uuid of a preset"):
        client.preset(thing)


def test_what_is_not_there_is_named(client: Client) -> None:
    stranger = str(uuid.uuid4())
    with pytest.raises(ew.AuthorisationError, match=stranger):
        client.collection(stranger)
    with pytest.raises(ew.AuthorisationError, match=stranger):
        client.preset(stranger)


def test_a_deleted_item_is_left_out(client: Client, items: ItemSet) -> None:
    made = items.to_collection("All")
    collection = client.collection(made.uuid).wait()
    assert collection.problems == ()
    assert set(collection.uuids) == set(items.uuids)


@pytest.mark.parametrize(
    "written",
    [
        'weather = "rain"',
        'weather in ("rain", "fog") and not weather = "fog"',
        'not weather in ("rain", "clear")',
        "item.width between 600 and 700",
        'weather = "fog" or weather = "snow"',
    ],
)
def test_the_embedded_index_finds_what_the_filter_finds(client: Client, items: ItemSet, written: str) -> None:
    wanted = items.where(written)
    preset = wanted.to_preset("Wanted")
    assert preset
    assert client.preset(preset.uuid).understood
    folder = items.frame["parent"].iloc[0]
    collection = client.run_export(lambda api: api.create_collection(folder, "By preset"))
    # What was written a moment ago is not in the index yet, as in the real one; so ask until it is.
    expected = set(wanted.uuids)
    found: set[str] = set()
    end = time.monotonic() + 30
    while found != expected and time.monotonic() < end:
        client.fill(collection, preset)
        time.sleep(1.2)
        found = set(client.collection(collection).uuids) & set(items.uuids)  # frames of groups aside
    assert found == expected


def test_a_preset_of_the_app_is_changed_and_saved_again(client: Client, items: ItemSet) -> None:
    strange = {"key": "weather", "operator": "contains", "values": ["r"]}
    definition: Any = {"local_filters": {}, "global_filters": {"filters": [strange]}}
    made = client.run_export(lambda api: api.create_preset("App", definition))
    read = client.preset(made)
    assert not read.understood
    with pytest.raises(ew.InvalidInputError, match="let Encord evaluate the preset"):
        items.where(read.filter).to_collection("Never")
    again = items.where(read.filter & Filter.parse('weather = "rain"')).to_preset("App, and rain")
    assert again
    assert again.held == 2
    saved = client.preset(again.uuid).definition["global_filters"]
    rain = {"key": "weather", "include": True, "values": ["rain"], "type": "enum"}
    assert saved == {"filters": [strange, rain]}


def test_a_dataset_holds_what_a_collection_held(client: Client, items: ItemSet) -> None:
    collection = client.collection(items.where('weather = "fog"').to_collection("Fog").uuid)
    receipt = collection.to_dataset("Fog to label", "For the second round")
    assert receipt
    assert receipt.held == len(collection)
    (dataset,) = client.datasets("fog TO")
    assert (dataset.uuid, dataset.description) == (receipt.uuid, "For the second round")
    rows = client.run_export(lambda api: api.dataset_rows(receipt.uuid))
    assert {row.backing_item_uuid for row in rows} == set(collection.uuids)


def test_every_filter_can_become_a_collection(client: Client, items: ItemSet) -> None:
    items.stage({items.uuids[0]: {"weather": "snow"}})
    for written in (
        "state is changed",
        "lux < 5 or lux is absent",
        'item.name contains "1"',
        "lux is misfit",
    ):
        selected = items.where(Filter.parse(written))
        if selected.count:
            receipt = selected.to_collection(written)
            assert receipt
            assert set(client.collection(receipt.uuid).uuids) == set(selected.uuids)


def test_a_bad_network_changes_nothing(tmp_path: Any) -> None:
    with ew.demo(items=120, faults="503=0.15,reset_after=0.1,seed=3") as client:
        items = client.folder(client.folders("Street scenes")[0]).wait()
        receipt = items.to_collection("All")
        assert receipt, receipt.text()
        assert len(client.collections()) == 1
        linked = items.to_dataset("All")
        assert linked, linked.text()
        assert [one.title for one in client.datasets("All")] == ["All"]
