"""A table that was kept and read again is the same, cell by cell and kind by kind."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.columns import Column, Tag
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.table_arrow import ArrowLayout, read_table
from encord_widgets.metadata.text_store import Texts
from encord_widgets.metadata.values import ABSENT
from tests.metadata import strategies

HALF = "\ud83d"  # half a surrogate pair: JSON may hold it, UTF-8 may not
texts = st.text(max_size=6) | st.sampled_from([HALF, f"x{HALF}", "été", "雨", "\0", ""])
values = strategies.values | texts | st.just({"deep": [HALF, -0.0, 2**70]})
keys = st.sampled_from(["weather", "lux", "captured at", "$encord", HALF])
items = st.lists(st.dictionaries(keys, values, max_size=5), max_size=8)


def exact(values):
    return [(type(value).__name__, repr(value)) for value in values]


def table_of(metadata):
    table = ItemTable()
    names = [f"é{n}.png" if n % 3 else ABSENT for n in range(len(metadata))]
    table.append(ItemBatch([f"item-{n}" for n in range(len(metadata))], {"name": names}, metadata))
    return table


def through_parquet(table, rows, slice_rows):
    layout = ArrowLayout(table, rows, {"source": "here"})
    file = io.BytesIO()
    with pq.ParquetWriter(file, layout.schema) as writer:
        for start in range(0, len(rows), slice_rows):
            writer.write_table(layout.slice(start, start + slice_rows))
    file.seek(0)
    with pq.ParquetFile(file) as kept:
        return read_table(kept.schema_arrow, kept.read, {"source": "here"})


@given(items, st.data())
def test_a_table_comes_back_exactly(metadata, data):
    table = table_of(metadata)
    if metadata:  # texts that no cell holds any more are not kept
        table.write(ItemBatch(["item-0"], {}, [{"weather": "another"}]))
    rows = np.array(data.draw(st.permutations(range(len(metadata)))), dtype=np.int64)
    rows = rows[: data.draw(st.integers(0, len(rows)))]
    read = through_parquet(table, rows, data.draw(st.integers(1, 5)))
    assert read.uuids == [table.uuids[row] for row in rows.tolist()]
    places = np.arange(len(rows))
    for name in FIELDS:
        assert exact(read.field(name).values(places)) == exact(table.field(name).values(rows))
    assert read.keys == tuple(key for key in table.keys if table.column(key).tags[rows].any())
    for key in table.keys:
        assert exact(read.column(key).values(places)) == exact(table.column(key).values(rows))


@given(items, items)
def test_a_table_that_was_read_is_written_on_like_any_other(metadata, later):
    read = through_parquet(table_of(metadata), np.arange(len(metadata)), 3)
    batch = ItemBatch([f"item-{n}" for n in range(len(later))], {}, later)
    read.append(batch)
    read.write(batch)
    expected = [*later, *metadata[len(later) :]]
    for row, held in enumerate(expected):
        assert exact([dict(sorted(read.metadata(row).items()))]) == exact([dict(sorted(held.items()))])


def test_texts_that_hardly_repeat_are_kept_too():
    count = 20_000
    metadata = [{"note": f"note {n}", "weather": ("rain", "fog")[n % 2], "lux": n} for n in range(count)]
    table = table_of(metadata)
    assert not table.column("note").repeats
    read = through_parquet(table, np.arange(count), 3000)
    assert (read.column("note").repeats, read.column("weather").repeats) == (False, True)
    assert len(read.column("weather").texts) == 2
    assert [read.metadata(row) for row in (0, 9_999, count - 1)] == [
        metadata[0],
        metadata[9_999],
        metadata[-1],
    ]


def test_a_layout_knows_that_its_table_was_written():
    table = table_of([{"lux": 1}, {"lux": 2}])
    layout = ArrowLayout(table, np.arange(2), {})
    table.write(ItemBatch(["item-0"], {}, [{"lux": 1}]))
    assert layout.still_fits, "what is the same already is no write"
    table.write(ItemBatch(["item-0"], {}, [{"lux": 3}]))
    assert not layout.still_fits


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.replace_schema_metadata({}),
        lambda table: table.replace_schema_metadata({b"encord_widgets": b"{}"}),
        lambda table: table.replace_schema_metadata({b"encord_widgets": b"no JSON"}),
        lambda table: table.drop_columns(["item"]),
        lambda table: table.set_column(
            table.schema.get_field_index("0.tag"), "0.tag", pa.array([99], type=pa.uint8())
        ),
        lambda table: table.set_column(
            table.schema.get_field_index("0.tag"), "0.tag", pa.array([Tag.NULL], type=pa.uint8())
        ),
    ],
)
def test_what_is_no_table_is_refused(change):
    whole = ArrowLayout(table_of([{"lux": 1}, {"lux": 2}]), np.array([1]), {"source": "here"}).whole()
    read_table(whole.schema, whole.select, {"source": "here"})
    changed = change(whole)
    with pytest.raises(ValueError):
        read_table(changed.schema, changed.select, {"source": "here"})


def test_a_table_of_another_source_is_refused():
    whole = ArrowLayout(table_of([{}]), np.array([0]), {"source": "there"}).whole()
    with pytest.raises(ValueError, match="another source"):
        read_table(whole.schema, whole.select, {"source": "here"})


@given(st.lists(texts, max_size=5) | st.integers(1020, 1030).map(lambda n: ["é", HALF, "ab"] * (n // 3)))
def test_packed_texts_are_the_texts(found):
    letters = [text.encode("utf-8", "surrogatepass") for text in found]
    packed = Texts.packed(b"".join(letters), np.cumsum([len(one) for one in letters], dtype=np.int64))
    assert list(packed) == found
    packed.extend(["more"])
    assert (packed[len(found)], list(packed)) == ("more", [*found, "more"])


def test_columns_that_do_not_belong_together_are_no_table():
    table = ItemTable()
    fields = {name: Column(1) for name in FIELDS}
    for uuids, columns in ((["a", "b"], {}), (["a"], {"lux": Column(2)}), (["a", "a"], {})):
        with pytest.raises(ValueError, match="no table"):
            table.fill(uuids, fields, columns)
    table.fill(["a"], fields, {})
    with pytest.raises(ValueError, match="no table"):
        table.fill(["a"], fields, {})
