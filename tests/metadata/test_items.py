"""The item table equals a dictionary of dictionaries, page by page."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.fingerprints import UNKNOWN, fingerprints_of
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.items import Edited, ItemBatch, ItemTable
from encord_widgets.metadata.values import ABSENT, canonical
from tests.metadata import strategies

uuids = st.sampled_from([f"item-{n}" for n in range(8)])
pages = st.lists(st.dictionaries(uuids, strategies.metadata, max_size=5), max_size=6)


def batch(page):
    return ItemBatch(
        uuids=list(page), fields={"name": [f"{u}.png" for u in page]}, metadata=list(page.values())
    )


@given(pages, st.lists(st.booleans(), min_size=6, max_size=6), st.sampled_from([0, 1, 7, 100, 10**15]))
def test_table_equals_dictionaries(pages, writes, expected):
    table, reference = ItemTable(), {}
    table.expect(expected)
    for page, write in zip(pages, writes, strict=False):
        if write:
            table.write(batch(page))
            reference.update({uuid: data for uuid, data in page.items() if uuid in reference})
        else:
            table.append(batch(page))
            reference = {**page, **reference} | {u: reference[u] for u in reference}
    assert set(table.uuids) == set(reference)
    for uuid, metadata in reference.items():
        row = table.row_of(uuid)
        assert row is not None
        assert canonical(table.metadata(row)) == canonical(metadata)
        assert table.name(uuid) == f"{uuid}.png"
        for key in strategies.keys.elements:
            assert canonical(table.value(row, key)) == canonical(metadata.get(key, ABSENT))


def test_append_returns_only_new_rows_even_within_one_page():
    table = ItemTable()
    twice = ItemBatch(
        uuids=["a", "b", "a"], fields={"name": ["1", "2", "3"]}, metadata=[{"k": 1}, {}, {"k": 2}]
    )
    assert table.append(twice).tolist() == [0, 1]
    assert table.append(twice).tolist() == []
    assert table.metadata(0) == {"k": 1}


def test_room_for_all_items_is_made_once():
    table = ItemTable()
    table.expect(5000)
    for page in range(5):
        uuids = [f"{page}-{row}" for row in range(1000)]
        table.append(ItemBatch(uuids=uuids, fields={"name": uuids}, metadata=[{"lux": 1}] * 1000))
        assert len(table.field("name")._codes) == 5000
    assert len(table.column("lux")._tags) == len(table.column("lux")._numbers) == 5000
    table.append(ItemBatch(uuids=["one more"], metadata=[{"lux": 2}]))
    assert (len(table), table.value(5000, "lux")) == (5001, 2)


def test_a_field_that_the_server_left_out_is_absent():
    table = ItemTable()
    table.append(ItemBatch(uuids=["a"], fields={"name": ["1"]}, metadata=[{}]))
    assert {name: table.field(name).value(0) for name in FIELDS if name != "name"} == {
        name: ABSENT for name in FIELDS if name != "name"
    }


def test_rows_of_an_unknown_item():
    with pytest.raises(KeyError):
        ItemTable().rows_of(["nowhere"])


@given(pages)
def test_extend_joins_batches(pages):
    whole = ItemBatch()
    for page in pages:
        whole.extend(batch(page))
    assert whole.uuids == [uuid for page in pages for uuid in page]
    assert all(len(values) == len(whole) for values in whole.fields.values())
    assert whole.take(range(len(whole))).metadata == whole.metadata


def print_of(metadata):
    return fingerprints_of([json.dumps(metadata)])[0]


def edit(metadata, edits):
    kept = {key: value for key, value in metadata.items() if key not in edits}
    return kept | {key: value for key, value in edits.items() if value is not ABSENT}


edits = st.dictionaries(strategies.keys, st.none() | st.integers(0, 3) | st.just(ABSENT), max_size=3)
seen = st.sampled_from(["whole", "as sent", "text unknown", "after somebody else", "again"])


@given(
    start=st.dictionaries(uuids, strategies.metadata, min_size=1),
    steps=st.lists(st.tuples(uuids, seen, edits, edits)),
)
def test_what_is_known_of_a_text_changes_nothing_but_the_work(start, steps):
    live = dict(start)
    table = ItemTable()
    table.append(
        ItemBatch(list(live), metadata=list(live.values()), fingerprints=list(map(print_of, live.values())))
    )
    for uuid, how, mine, theirs in steps:
        if uuid not in live:
            continue
        if how == "after somebody else":
            live[uuid] = edit(live[uuid], theirs)  # the table is not told
        before = live[uuid]
        live[uuid] = before if how == "again" else edit(before, mine)
        batch = ItemBatch([uuid], metadata=[live[uuid]], fingerprints=[print_of(live[uuid])])
        if how == "text unknown":
            batch.fingerprints = []
        if how in {"as sent", "after somebody else"}:
            batch.edited = {uuid: Edited(print_of(before), tuple(mine))}
        table.write(batch)
        row = table.row_of(uuid)
        assert canonical(table.metadata(row)) == canonical(live[uuid])


def test_an_edit_of_a_text_that_is_not_known_is_taken_as_a_whole():
    table = ItemTable()
    table.append(ItemBatch(["a"], metadata=[{"k": 1, "gone": 2}]))
    known = {"a": Edited(UNKNOWN, ("k",))}
    table.write(ItemBatch(["a"], metadata=[{"k": 5}], fingerprints=[7], edited=known))
    assert table.metadata(0) == {"k": 5}


def test_only_the_edited_keys_are_looked_at():
    table = ItemTable()
    table.append(ItemBatch(["a", "b"], metadata=[{"k": 1, "n": 2}] * 2, fingerprints=[5, 6]))
    version = table.column("n").version
    edited = {"b": Edited(6, ("k", "never there"))}
    replaced = table.write(ItemBatch(["b"], metadata=[{"n": 2}], fingerprints=[8], edited=edited))
    assert table.metadata(1) == {"n": 2}
    assert list(replaced.keys) == ["k"]
    assert table.column("n").version == version
    assert table.keys == ("k", "n")


def test_joined_batches_keep_what_is_known_of_their_texts():
    whole = ItemBatch(["a"], metadata=[{}])
    whole.extend(ItemBatch(["b"], metadata=[{}], fingerprints=[5], edited={"b": Edited(4, ("k",))}))
    assert whole.fingerprints == [UNKNOWN, 5]
    assert whole.take([1]).fingerprints == [5]
    assert whole.take([1]).edited == {"b": Edited(4, ("k",))}
