from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.local import EmbeddedEncord
from tests.local.wire import Wire

# Few different names, so that many items share one.
NAMES = st.lists(st.sampled_from(["a", "A", "b", "ä", "", "a a", "日本", "Z%_'\"", "a"]), max_size=25)


@pytest.fixture(scope="module")
def empty() -> Iterator[Wire]:
    with EmbeddedEncord(items=0) as encord:
        yield Wire(encord)


@given(names=NAMES, size=st.integers(1, 30), order=st.sampled_from(["name", "createdAt"]))
def test_pages_are_the_whole_listing_in_both_directions(empty: Wire, names: list[str], size: int, order: str):
    store = empty.encord.store
    folder = store.add_folder("some")
    uuids = {store.add_item(folder, name or "unnamed") for name in names}
    target = f"storage/folders/{folder}/items"
    (whole,) = empty.pages(target, pageSize=1000, order=order)
    assert {item["uuid"] for item in whole} == uuids
    assert len(whole) == len(names)
    pages = empty.pages(target, pageSize=size, order=order)
    assert [item for page in pages for item in page] == whole
    assert all(len(page) == size for page in pages[:-1])
    assert len(pages) == max(1, -(-len(names) // size))  # never an empty page at the end
    backwards = empty.pages(target, pageSize=size, order=order, desc="True")
    assert [item for page in backwards for item in page] == whole[::-1]


@given(names=st.lists(st.sampled_from(["a", "b", "B", "é"]), max_size=12), size=st.integers(1, 5))
def test_folders_page_the_same_way(empty: Wire, names: list[str], size: int):
    store = empty.encord.store
    parent = store.add_folder("parent")
    made = {store.add_folder(name, parent=parent) for name in names}
    target = f"storage/folders/{parent}/folders"
    forwards = [entry["uuid"] for page in empty.pages(target, pageSize=size) for entry in page]
    backwards = [entry["uuid"] for page in empty.pages(target, pageSize=size, desc="true") for entry in page]
    assert set(forwards) == made
    assert backwards == forwards[::-1]


def test_the_order_is_by_name_then_uuid(wire: Wire, folder: str):
    (page,) = wire.pages(f"storage/folders/{folder}/items", pageSize=1000)
    keys = [(item["name"], item["uuid"]) for item in page]
    assert keys == sorted(keys)
    assert len({name for name, _ in keys}) < len(keys), "the sample has no two items of one name"


def test_default_page_is_100(wire: Wire, folder: str):
    assert [len(page) for page in wire.pages(f"storage/folders/{folder}/items")] == [100, 20]


def test_rows_are_neither_lost_nor_doubled_while_others_come_and_go(wire: Wire, folder: str):
    store = wire.encord.store
    uuids = store.item_uuids(folder)
    target = f"storage/folders/{folder}/items"
    first = wire.ok("GET", target, params={"pageSize": 50})
    store.delete(uuids[49])  # the very row that the token names
    store.add_item(folder, "aaa before everything")
    store.add_item(folder, "zzz behind everything")
    rest = wire.ok("GET", target, params={"pageSize": 1000, "pageToken": first["nextPageToken"]})
    # The page size belongs to the request, not to the token.
    assert [item["uuid"] for item in rest["results"]][:-1] == uuids[50:]
    assert rest["results"][-1]["name"] == "zzz behind everything"


@pytest.mark.parametrize("size", ["0", "-1", "1001", "many", ""])
def test_page_sizes_out_of_range(wire: Wire, folder: str, size: str):
    assert "pageSize" in wire.refused(
        400, "GET", f"storage/folders/{folder}/items", params={"pageSize": size}
    )


def test_a_token_belongs_to_its_listing(wire: Wire, folder: str):
    target = f"storage/folders/{folder}/items"
    token = wire.ok("GET", target, params={"pageSize": 10})["nextPageToken"]
    for wrong in (
        {"pageToken": token, "desc": "True"},
        {"pageToken": token, "order": "createdAt"},
        {"pageToken": token, "search": "street"},
        {"pageToken": token, "itemTypes": "image"},
        {"pageToken": token[:-4]},
        {"pageToken": "é"},
        {"pageToken": ""},
    ):
        assert "pageToken" in wire.refused(400, "GET", target, params=wrong)
