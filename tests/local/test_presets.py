from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from encord_widgets.local import EmbeddedEncord, Store
from encord_widgets.local.preset_filters import ItemFacts, WrongShapeError, read_filters
from tests.local.test_collections import NOBODY, make
from tests.local.wire import Wire

LISTING = "index/presets"
ME = {"actor": "me", "request": "python"}


def key(name: str, *values: object, type_: str = "enum", include: bool = True) -> dict[str, Any]:
    return {"key": name, "include": include, "values": list(values), "type": type_}


def metric(name: str, *values: object, include: bool = True) -> dict[str, Any]:
    return {
        "metric": f"metric_{name}", "include": include, "values": list(values), "domain": "data", "type": "metric"
    }  # fmt: skip


def definition(*filters: object) -> dict[str, Any]:
    return {"local_filters": {}, "global_filters": {"filters": list(filters)}}


@pytest.fixture
def wire() -> Iterator[Wire]:
    with EmbeddedEncord(items=120, index_delay=0) as encord:
        yield Wire(encord)


@pytest.fixture
def folder(wire: Wire) -> str:
    return wire.encord.store.list_folders()[0][0].uuid


def keep(wire: Wire, name: str, given: object, **fields: Any) -> str:
    made = wire.ok("POST", LISTING, json={"name": name, "filterPresetJson": given} | fields)
    assert isinstance(made, str)
    return made


def put(wire: Wire, collection: str, preset: str, what: str = "add") -> None:
    target = f"index/collections/{collection}/{what}-preset-items"
    assert wire.ok("POST", target, json={"presetUuid": preset}) is None


def selected(wire: Wire, folder: str, *filters: object, **locals_: object) -> set[str]:
    """What a preset puts into a new collection, read over the API."""
    given = definition(*filters) | ({"local_filters": locals_} if locals_ else {})
    collection = make(wire, folder)
    put(wire, collection, keep(wire, "P", given))
    pages = wire.pages(f"index/collections/{collection}/accessible-items", pageSize=1000)
    return {item["uuid"] for page in pages for item in page}


def everything(store: Store) -> dict[str, dict[str, Any]]:
    """Items by uuid, in "Street scenes" and below."""
    names = ("Street scenes", "Harbour", "Calibration")
    uuids = [u for f, _ in store.list_folders() if f.name in names for u in store.item_uuids(f.uuid)]
    return {uuid: store.item_fields(uuid) | {"metadata": store.metadata(uuid)} for uuid in uuids}


def test_a_preset_is_kept_as_it_is(wire: Wire):
    odd = {"anything": [1, {"é": 2**70}], "global_filters": "no list"}
    preset = keep(wire, "Odd", odd, description="What is this?")
    assert wire.ok("GET", f"{LISTING}/{preset}") == odd
    (found,) = wire.ok("GET", LISTING, params={"uuids": preset})["results"]
    assert (found["name"], found["description"]) == ("Odd", "What is this?")
    assert found["createdAt"] == found["lastUpdatedAt"]
    rainy = definition(key("weather", "rain"))
    assert wire.ok("PATCH", f"{LISTING}/{preset}", json={"name": "Rain", "filterPreset": rainy}) is None
    assert wire.ok("GET", f"{LISTING}/{preset}") == rainy
    (again,) = wire.ok("GET", LISTING, params={"uuids": preset})["results"]
    assert (again["name"], again["description"]) == ("Rain", "What is this?")
    assert again["lastUpdatedAt"] > again["createdAt"]
    assert wire.ok("DELETE", f"{LISTING}/{preset}") is None
    assert wire.ok("GET", LISTING)["results"] == []
    entries = wire.encord.store.audit(preset)
    assert [entry.action for entry in entries] == ["create preset", "patch preset", "delete preset"]
    assert entries[1].before == {"name": "Odd", "description": "What is this?", "definition": odd}
    assert entries[1].after == entries[2].before


def test_listing_pages_and_narrows(wire: Wire, folder: str):
    made = [keep(wire, f"P{number}", definition()) for number in range(5)]
    pages = wire.pages(LISTING, pageSize=2)
    assert [[row["uuid"] for row in page] for page in pages] == [made[:2], made[2:4], made[4:]]
    of_folder = wire.ok(
        "POST",
        LISTING,
        params={"topLevelFolderUuid": folder},
        json={"name": "F", "filterPresetJson": definition()},
    )
    found = wire.ok("GET", LISTING, params={"topLevelFolderUuid": folder})["results"]
    assert [row["uuid"] for row in found] == [of_folder]
    few = wire.ok("GET", LISTING, params={"uuids": [made[3], NOBODY, made[1]]})["results"]
    assert [row["uuid"] for row in few] == [made[1], made[3]]


FILTERS: list[tuple[list[dict[str, Any]], Callable[[dict[str, Any]], bool]]] = [
    ([], lambda item: True),
    ([key("weather", "rain")], lambda item: item["metadata"].get("weather") == "rain"),
    (
        [key("weather", "rain", "fog", type_="varchar")],
        lambda item: item["metadata"].get("weather") in {"rain", "fog"},
    ),
    ([key("weather", "rain", include=False)], lambda item: item["metadata"].get("weather") != "rain"),
    ([key("no such key", "x")], lambda item: False),
    ([key("no such key", "x", include=False)], lambda item: True),
    (
        [key("weather", "rain"), key("weather", "rain", include=False)],
        lambda item: False,
    ),
    ([metric("width", 1000, 5000)], lambda item: 1000 <= (item["width"] or 0) <= 5000),
    ([metric("height", 1000, 5000, include=False)], lambda item: not 1000 <= (item["height"] or 0) <= 5000),
    (
        [metric("area", 0, 1920 * 1080)],
        lambda item: item["width"] is not None and item["width"] * item["height"] <= 1920 * 1080,
    ),
    (
        [metric("aspect_ratio", 1.7, 1.8), key("weather", "rain")],
        lambda item: (
            item["width"] is not None
            and 1.7 <= item["width"] / item["height"] <= 1.8
            and item["metadata"].get("weather") == "rain"
        ),
    ),
    ([metric("sharpness", -1e9, 1e9)], lambda item: False),
    ([metric("file_size", -1e9, 1e9, include=False)], lambda item: True),
]


@pytest.mark.parametrize(("filters", "expected"), FILTERS)
def test_what_filters_select(
    wire: Wire, folder: str, filters: list[dict[str, Any]], expected: Callable[[dict[str, Any]], bool]
):
    items = everything(wire.encord.store)
    assert len(items) == 135
    assert selected(wire, folder, *filters) == {uuid for uuid, item in items.items() if expected(item)}


def test_values_are_those_of_json(wire: Wire, folder: str):
    store = wire.encord.store
    values = [1, 1.0, True, "1", "true", None, [1], {"a": 1}, 0, False, ""]
    for value in values:
        store.add_item(folder, "v", {"odd": value})

    def found(type_: str, *wanted: object) -> list[object]:
        uuids = selected(wire, folder, key("odd", *wanted, type_=type_))
        return sorted((store.metadata(uuid)["odd"] for uuid in uuids), key=repr)

    assert [repr(value) for value in found("number", 1)] == ["1", "1.0"]
    assert [repr(value) for value in found("number", 1.0, 0)] == ["0", "1", "1.0"]
    assert found("boolean", True) == [True]
    assert found("boolean", False, True) == [False, True]
    assert found("text", "1", "") == ["", "1"]


def test_local_filters_count_where_they_belong(wire: Wire, folder: str):
    rain = selected(wire, folder, key("weather", "rain"))
    assert 0 < len(rain) < 135
    part = {"filters": [key("weather", "rain")]}
    assert selected(wire, folder, **{"00000000-0000-0000-0000-000000000000": part}) == rain
    assert selected(wire, folder, **{folder: part}) == rain
    assert len(selected(wire, folder, **{NOBODY: part})) == 135


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (definition({"key": "weather"}), "lacks include, type, values"),
        (definition(key("weather", "rain") | {"operator": "is"}), "unknown operator"),
        (definition(key("weather", "rain", type_="colour")), "type one of varchar"),
        (definition(key("weather")), "at least one"),
        (definition(key("weather", "1", type_="number")), "of the type number"),
        (definition(key("weather", True, type_="number")), "of the type number"),
        (definition(key("weather", None)), "of the type enum"),
        (definition(key("weather", "rain") | {"include": "yes"}), "include must be a boolean"),
        (definition(metric("width", 1)), "smallest and the largest"),
        (definition(metric("width", "a", "b")), "smallest and the largest"),
        (definition(metric("weight", 1, 2)), "metric must be one of"),
        (definition(metric("width", 1, 2) | {"domain": "frame"}), "domain must be data"),
        (definition("weather"), r"global_filters\[0\] must be an object"),
        ({"global_filters": {"filters": {}}}, "list of filters"),
        ({"global_filters": []}, "list of filters"),
        ({"local_filters": []}, "local_filters must be an object"),
    ],
)
def test_a_wrong_shape_is_accepted_and_never_ends(wire: Wire, folder: str, given: object, reason: str):
    collection = make(wire, folder)
    preset = keep(wire, "Wrong", given)
    put(wire, collection, preset)
    assert wire.encord.store.collection_items(collection) == []
    (run,) = wire.encord.store.runs(collection)
    assert (run.preset, run.matched, run.done) == (preset, 0, 0)
    assert re.search(reason, run.reason)


def test_a_preset_stays_within_the_collections_folder(wire: Wire, folder: str):
    garage = next(f.uuid for f, _ in wire.encord.store.list_folders() if f.name == "Parking garage")
    assert selected(wire, garage) == set(wire.encord.store.item_uuids(garage))
    assert len(selected(wire, "00000000-0000-0000-0000-000000000000")) == 135 + 18


def test_a_preset_takes_items_out_too(wire: Wire, folder: str):
    items = everything(wire.encord.store)
    collection = make(wire, folder)
    put(wire, collection, keep(wire, "All", definition()))
    put(wire, collection, keep(wire, "Rain", definition(key("weather", "rain"))), "remove")
    dry = {uuid for uuid, item in items.items() if item["metadata"].get("weather") != "rain"}
    assert set(wire.encord.store.collection_items(collection)) == dry
    actions = [entry.action for entry in wire.encord.store.audit(collection)]
    assert actions == ["create collection", "add to collection", "remove from collection"]
    assert len(wire.encord.store.audit(collection)[2].before["items"]) == 135 - len(dry)


def test_refusals(wire: Wire, folder: str):
    collection = make(wire, folder)
    preset = keep(wire, "P", definition())
    for what in ("add", "remove"):
        target = f"index/collections/{collection}/{what}-preset-items"
        assert "preset" in wire.refused(403, "POST", target, json={"presetUuid": NOBODY})
        assert "presetUuid" in wire.refused(400, "POST", target, json={})
        elsewhere = f"index/collections/{NOBODY}/{what}-preset-items"
        assert "collection" in wire.refused(403, "POST", elsewhere, json={"presetUuid": preset})
    for method in ("GET", "DELETE"):
        wire.refused(403, method, f"{LISTING}/{NOBODY}")
    wire.refused(403, "PATCH", f"{LISTING}/{NOBODY}", json={"name": "x"})
    assert "object" in wire.refused(400, "POST", LISTING, json={"name": "x", "filterPresetJson": []})
    assert "needed" in wire.refused(400, "POST", LISTING, json={"name": "x"})
    assert "needed" in wire.refused(400, "POST", LISTING, json={"filterPresetJson": {}})
    assert "object" in wire.refused(400, "PATCH", f"{LISTING}/{preset}", json={"filterPreset": 1})


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=10)
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_a_snapshot_of_the_past_arrives_bit_by_bit():
    clock = Clock()
    store = Store(clock=clock)
    folder = store.add_folder("Streets")
    items = [store.add_item(folder, f"{number}.jpg", {"weather": "rain"}) for number in range(100)]
    dry = store.add_item(folder, "dry.jpg", {"weather": "dry"})
    preset = store.presets.create("Rain", definition(key("weather", "rain")), **ME).uuid
    collection = store.collections.create("Rain", folder, **ME).uuid
    store.preset_runs.delay = 20
    clock.pass_by(60)
    late = store.add_item(folder, "late.jpg", {"weather": "rain"})  # too late to be seen
    store.edit(items[0], {"weather": "dry"})  # seen as it was
    store.edit(dry, {"weather": "rain"})
    clock.pass_by(10)
    store.preset_runs.start(collection, preset, adds=True, **ME)
    assert store.collection_items(collection) == []
    store.edit(items[1], {"weather": "dry"})
    store.presets.remove(preset, **ME)
    counts = []
    for _ in range(5):
        clock.pass_by(4.9)
        counts.append(len(store.collection_items(collection)))
    assert counts[0] == counts[1] == 0
    assert 40 < counts[2] < 60 < counts[3] < 100
    assert counts[4] == 100
    assert set(store.collection_items(collection)) == set(items)
    assert late not in store.collection_items(collection)
    (run,) = store.runs()
    assert (run.adds, run.matched, run.done, run.reason) == (True, 100, 100, "")
    clock.pass_by(3600)
    assert len(store.collection_items(collection)) == 100  # new matches do not come by themselves
    store.close()


def test_a_deleted_collection_gets_nothing_more():
    clock = Clock()
    store = Store(clock=clock)
    folder = store.add_folder("Streets")
    store.add_item(folder, "a.jpg")
    preset = store.presets.create("All", definition(), **ME).uuid
    collection = store.collections.create("C", folder, **ME).uuid
    clock.pass_by(60)
    store.preset_runs.delay = 10
    store.preset_runs.start(collection, preset, adds=True, **ME)
    store.collections.remove(collection, **ME)
    clock.pass_by(60)
    assert store.runs() == []
    assert store.collection_items(collection) == []
    store.close()


def test_over_the_api_items_arrive_later():
    with EmbeddedEncord(items=50, index_delay=0.6) as encord:
        wire = Wire(encord)
        folder = encord.store.list_folders()[0][0].uuid
        collection = make(wire, folder)
        put(wire, collection, keep(wire, "All", definition()))
        target = f"index/collections/{collection}/accessible-items"
        start = time.monotonic()
        assert wire.ok("GET", target)["results"] == []
        while len(wire.ok("GET", target)["results"]) < 65:
            assert time.monotonic() - start < 10
            time.sleep(0.02)
        assert time.monotonic() - start >= 0.5


def test_a_delay_below_zero_is_refused():
    with pytest.raises(ValueError, match="index_delay must be a number, 0 or more"):
        EmbeddedEncord(items=0, index_delay=-1)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["a", "1", "data"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def almost(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Filters that are right but for some fields, which are missing or anything."""
    return st.fixed_dictionaries({}, optional={name: right | JSON for name, right in fields.items()})


SCALARS = st.lists(st.sampled_from(["a", "1", 1, 1.0, True, False, 0, -1]), min_size=1, max_size=2)
ALMOST_FILTERS = almost(
    key=st.just("a"),
    include=st.booleans(),
    values=SCALARS,
    type=st.sampled_from(["enum", "number", "boolean"]),
) | almost(
    metric=st.sampled_from(["metric_width", "metric_area", "metric_aspect_ratio", "metric_sharpness"]),
    include=st.booleans(),
    values=st.tuples(st.integers(), st.integers()).map(list),
    domain=st.just("data"),
    type=st.just("metric"),
)


@for_any(
    st.fixed_dictionaries({}, optional={
        "global_filters": almost(filters=st.lists(ALMOST_FILTERS, max_size=2)) | JSON,
        "local_filters": st.dictionaries(st.sampled_from([NOBODY, "x"]), almost(filters=st.lists(ALMOST_FILTERS)))
        | JSON,
    }) | JSON,
    JSON,
    st.none() | st.integers(0, 5000),
)  # fmt: skip
def test_any_json_is_either_understood_or_of_a_wrong_shape(anything: object, value: object, size: int | None):
    facts = ItemFacts({"a": value}, size, size)
    try:
        tests = read_filters(anything, NOBODY)
    except WrongShapeError:
        return
    assert {test(facts) for test in tests} <= {True, False}


TYPED = st.sampled_from(
    [("enum", ["a", "1"]), ("number", [1, 0.0, -1]), ("boolean", [True]), ("text", ["data"])]
)
RIGHT_FILTERS = st.builds(
    lambda typed: key("a", *typed[1], type_=typed[0]), TYPED
) | st.builds(
    metric, st.sampled_from(["width", "area", "aspect_ratio", "sharpness"]), st.integers(), st.integers()
)  # fmt: skip


@for_any(RIGHT_FILTERS, JSON, st.none() | st.integers(0, 5000))
def test_not_included_is_the_complement(one: dict[str, object], value: object, size: int | None):
    facts = ItemFacts({} if value is None else {"a": value}, size, size)
    (yes,) = read_filters(definition(one), NOBODY)
    (no,) = read_filters(definition(one | {"include": False}), NOBODY)
    assert yes(facts) is not no(facts)
