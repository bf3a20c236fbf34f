"""Many edits handed over at once are the same edits, and the same problems, as one by one."""

from __future__ import annotations

import uuid
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata import staging_bulk
from encord_widgets.metadata.changes import ChangeSet
from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.staging import to_changes
from encord_widgets.metadata.staging_bulk import staged_edits
from encord_widgets.metadata.values import ABSENT
from tests.metadata import strategies

ITEMS = [str(uuid.UUID(int=2**100 + n)) for n in range(6)]
SCHEMA = MetadataSchema.from_wire(
    {"lux": {"ty": "number"}, "weather": {"ty": "enum", "values": ["fog", "rain"]}}
)
odd = st.sampled_from(
    ["fog", "rain", "sun", 1, 1.5, float("nan"), float("inf"), None, True, "\ud83d", 2**70, pd.NA, pd.NaT, [1],
     np.float64(2), np.int64(3), pd.Timestamp("2024-01-01"), ABSENT, (1,)]
)  # fmt: skip
cell = st.sampled_from(["fog", "rain"]) | st.integers(0, 9) | odd | strategies.values


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    monkeypatch.setattr(staging_bulk, "_MANY", 1)


def table():
    made = ItemTable()
    metadata = [
        {"lux": n, "weather": "fog", "notes": "sun", "width": 5} if n % 2 else {"weather": "odd"}
        for n in range(6)
    ]
    made.append(ItemBatch(ITEMS, {"name": [f"{n}.png" for n in range(6)]}, metadata))
    return made


def staged(edits, items, mode, *, at_once):
    changes = ChangeSet()
    try:
        if at_once:
            single, bulk = staged_edits(edits, items, SCHEMA, mode)
            changes.stage(single, bulk, items)
        else:
            changes.stage(to_changes(edits, items, SCHEMA, mode))
    except InvalidInputError as error:
        return str(error)
    return sorted((c.item, c.key, repr(c.base), repr(c.after), c.implied) for c in changes)


index = st.lists(st.sampled_from([*ITEMS, ITEMS[0].upper(), "nonsense", 7]), max_size=6)
labels = st.lists(
    st.sampled_from(["lux", "weather", "notes", "new", "name", "width", "client_metadata.width", 5, ""]),
    max_size=3,
)


@given(st.data())
def test_a_frame_at_once_is_as_row_by_row(data):
    rows = data.draw(st.lists(st.sampled_from(ITEMS), unique=True) | index)
    columns = data.draw(st.lists(st.sampled_from(["lux", "weather", "notes", "new"]), unique=True) | labels)
    cells = [[data.draw(cell) for _ in columns] for _ in rows]
    frame = pd.DataFrame(cells, index=pd.Index(rows, dtype=object), columns=columns, dtype=object)
    halved = any("\ud83d" in value for row in cells for value in row if isinstance(value, str))
    if not halved and data.draw(st.booleans()):  # Arrow cannot hold half a surrogate pair
        frame = data.draw(st.sampled_from([frame.infer_objects, frame.convert_dtypes]))()
    items = table()
    for mode in ("merge", "overwrite"):
        assert staged(frame, items, mode, at_once=True) == staged(frame, items, mode, at_once=False)


@given(
    st.dictionaries(
        st.sampled_from([*ITEMS, ITEMS[0].upper(), "nonsense"]),
        st.dictionaries(st.sampled_from(["lux", "weather", "new"]), cell, max_size=3),
        max_size=5,
    ),
    st.sampled_from(["merge", "overwrite"]),
)
def test_a_mapping_at_once_is_as_one_by_one(edits, mode):
    items = table()
    for many in (1, 3):
        with patch.object(staging_bulk, "_MANY", many):
            found = staged(edits, items, mode, at_once=True)
        assert found == staged(edits, items, mode, at_once=False)


def test_keys_of_few_items_keep_the_order_of_the_mapping():
    edits = {item: {"b": 1, "a": 2} for item in reversed(ITEMS[1:4])} | {ITEMS[0]: {"c": 0}}
    with patch.object(staging_bulk, "_MANY", 4):
        single, bulk = staged_edits(edits, table(), SCHEMA)
    assert bulk == []
    assert single == to_changes(edits, table(), SCHEMA)


def test_a_plain_mapping_is_taken_by_column():
    edits = {item: {"lux": 1.5, "weather": "fog", "notes": ABSENT} for item in ITEMS}
    with patch.object(staging_bulk, "to_changes", side_effect=AssertionError):
        single, bulk = staged_edits(edits, table(), SCHEMA)
    assert single == []
    assert [(edit.key, len(edit)) for edit in bulk] == [("lux", 6), ("weather", 6), ("notes", 6)]


def test_of_a_frame_only_columns_that_need_it_are_looked_at_cell_by_cell():
    nested = [{"a": [n]} if n % 2 else [n, None] for n in range(6)]
    frame = pd.DataFrame(
        {"name": [f"{n}.png" for n in range(6)], "new": nested, "weather": ["fog", "sun"] * 3}, index=ITEMS
    )
    with patch.object(staging_bulk, "to_changes", wraps=to_changes) as looked_at:
        single, bulk = staged_edits(frame.drop(columns="weather"), table(), SCHEMA)
        assert not looked_at.called
        assert (single, [(edit.key, len(edit)) for edit in bulk]) == ([], [("new", 6)])
        with pytest.raises(InvalidInputError, match="3 problems"):
            staged_edits(frame, table(), SCHEMA)
    assert [list(call.args[0].columns) for call in looked_at.call_args_list] == [["weather"]]


def test_an_overwrite_of_many_items_is_taken_by_column():
    with patch.object(staging_bulk, "to_changes", side_effect=AssertionError):
        single, bulk = staged_edits({item: {"lux": 1} for item in ITEMS}, table(), SCHEMA, "overwrite")
    assert single == []
    assert [(edit.key, len(edit), edit.removed) for edit in bulk] == [
        ("lux", 6, 0),
        ("weather", 6, 6),
        ("notes", 3, 3),
        ("width", 3, 3),
    ]


@pytest.mark.parametrize("rows", [1, 6])
def test_a_repeated_column_is_a_problem(rows):
    frame = pd.DataFrame([["fog", "rain"]] * rows, columns=["weather", "weather"], index=ITEMS[:rows])
    with (
        patch.object(staging_bulk, "_MANY", 3),
        pytest.raises(InvalidInputError, match="one column 'weather'"),
    ):
        staged_edits(frame, table(), SCHEMA)


def test_a_plain_frame_is_taken_by_column():
    weather = pd.Series(["rain", None], index=ITEMS[:2], dtype=object)
    frame = pd.DataFrame({"lux": [1.0, 2.0], "weather": weather}, index=ITEMS[:2])
    single, bulk = staged_edits(frame, table(), SCHEMA)
    assert single == []
    assert [(edit.key, edit.after.values(np.arange(len(edit)))) for edit in bulk] == [
        ("lux", [1.0, 2.0]),
        ("weather", ["rain", None]),
    ]


@pytest.mark.parametrize("dtype", ["str", "string[pyarrow]", "string[python]", object])
@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1), slice(1, None, 2)])
def test_distinct_and_repeated_texts_of_a_frame(dtype, order):
    data = {"notes": [f"text {n}" for n in range(5)] + [None], "new": ["a", "b", "a", None, "a", "a"]}
    frame = pd.DataFrame(data, index=ITEMS, dtype=dtype).iloc[order]
    items = table()
    assert staged(frame, items, "merge", at_once=True) == staged(frame, items, "merge", at_once=False)


@pytest.mark.parametrize("gone", [pd.NA, pd.NaT, float("nan"), None])
def test_a_field_that_is_missing_in_a_frame_travels_along(gone):
    frame = pd.DataFrame({"name": [gone, "1.png"], "lux": [1, 2]}, index=ITEMS[:2], dtype=object)
    assert len(to_changes(frame, table(), SCHEMA)) == 2
