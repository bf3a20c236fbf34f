"""The item table equals a dictionary of dictionaries, page by page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.items import FIELDS, ItemBatch, ItemTable
from encord_widgets.metadata.values import ABSENT, canonical
from tests.metadata import strategies

uuids = st.sampled_from([f"item-{n}" for n in range(8)])
pages = st.lists(st.dictionaries(uuids, strategies.metadata, max_size=5), max_size=6)


def batch(page):
    return ItemBatch(
        uuids=list(page), fields={"name": [f"{u}.png" for u in page]}, metadata=list(page.values())
    )


@given(pages, st.lists(st.booleans(), min_size=6, max_size=6))
def test_table_equals_dictionaries(pages, writes):
    table, reference = ItemTable(), {}
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
