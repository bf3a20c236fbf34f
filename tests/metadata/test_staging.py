"""From what callers hand over to changes: everything is checked first, every problem is named."""

from __future__ import annotations

import uuid

import numpy as np
import pandas as pd
import pytest

from encord_widgets.errors import InvalidInputError
from encord_widgets.item_view import to_frame
from encord_widgets.metadata import staging_bulk
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.staging import CellEdit, item_uuid, read_edits, to_changes
from encord_widgets.metadata.values import ABSENT

A, B = str(uuid.UUID(int=10)), str(uuid.UUID(int=11))
SCHEMA = MetadataSchema.from_wire(
    {"lux": {"ty": "number"}, "weather": {"ty": "enum", "values": ["fog", "rain"]}}
)


@pytest.fixture
def table():
    table = ItemTable()
    fields = {"name": ["a.png", "b.png"], "width": [640, 800]}
    table.append(ItemBatch([A, B], fields, [{"lux": 5, "$encord": {"frames": {}}}, {"weather": "fog"}]))
    return table


def places(problems):
    return [(problem.item, problem.key) for problem in problems]


def test_merge_touches_named_keys_only(table):
    changes = to_changes({A: {"lux": 6, "weather": "rain"}, uuid.UUID(B): {"weather": ABSENT}}, table, SCHEMA)
    assert changes == [
        Change(A, "lux", 5, 6), Change(A, "weather", ABSENT, "rain"), Change(B, "weather", "fog", ABSENT),
    ]  # fmt: skip


def test_overwrite_removes_every_other_key_and_says_which(table):
    changes = to_changes({A: {"weather": "rain"}}, table, SCHEMA, "overwrite")
    assert {c.key: c.after for c in changes} == {"weather": "rain", "lux": ABSENT, "$encord": ABSENT}
    assert {c.key: c.base for c in changes if c.implied} == {"lux": 5, "$encord": {"frames": {}}}


def test_all_problems_are_collected(table):
    edits = {
        A: {"lux": "abc", "weather": float("nan"), 5: 1},
        "nonsense": {"lux": 1},
        uuid.UUID(int=99): {"lux": 1},
        B: 7,
    }
    with pytest.raises(InvalidInputError, match="6 problems; nothing was changed") as caught:
        to_changes(edits, table, SCHEMA)
    assert set(places(caught.value.problems)) >= {(A, "lux"), (A, "weather"), (A, None)}
    text = str(caught.value)
    for words in (
        "expected a number",
        "'abc'",
        "an item uuid",
        "an item of this set",
        "a mapping {key: value}",
    ):
        assert words in text


@pytest.mark.parametrize("edits", [None, [1], "x"])
def test_edits_of_another_shape_are_refused(table, edits):
    with pytest.raises(InvalidInputError, match="DataFrame indexed by item uuid"):
        to_changes(edits, table, SCHEMA)


def test_an_unknown_mode_is_refused(table):
    with pytest.raises(InvalidInputError, match="merge"):
        to_changes({}, table, SCHEMA, "replace")


def test_a_frame_leaves_missing_cells_alone_and_takes_none_as_null(table):
    frame = pd.DataFrame(
        {
            "lux": pd.Series([7.0, None], dtype="Float64"),
            "weather": pd.Series([None, "rain"], dtype=object),
            "n": pd.Series([1, pd.NA], dtype="Int64"),
        }
    ).set_axis([A, B])
    changes = {(c.item, c.key): c.after for c in to_changes(frame, table, SCHEMA)}
    assert changes == {(A, "lux"): 7.0, (A, "weather"): None, (A, "n"): 1, (B, "weather"): "rain"}


def test_fields_may_travel_in_a_frame_but_not_change(table):
    frame = pd.DataFrame({"name": ["a.png", "b.png"], "width": [640, 800], "lux": [1, 2]}, index=[A, B])
    assert {c.key for c in to_changes(frame, table, SCHEMA)} == {"lux"}
    frame.loc[A, "name"] = "other.png"
    with pytest.raises(InvalidInputError, match="a field of the item, not metadata"):
        to_changes(frame, table, SCHEMA)


@pytest.mark.parametrize("many", [1, 1000])
def test_a_frame_of_the_items_with_a_key_that_a_field_has_the_name_of_changes_nothing(many, monkeypatch):
    monkeypatch.setattr(staging_bulk, "_MANY", many)
    table = ItemTable()
    table.append(ItemBatch([A, B], {"name": ["a.png", "b.png"]}, [{"name": "mine", "lux": 1}, {"lux": 2}]))
    frame = to_frame(table, np.arange(2))
    assert {"name", "client_metadata.name"} <= set(frame.columns)
    changes = ChangeSet()
    changes.stage(*staging_bulk.staged_edits(frame, table, SCHEMA), table)
    assert not changes
    frame["client_metadata.name"] = "ours"
    changes.stage(*staging_bulk.staged_edits(frame, table, SCHEMA), table)
    assert {(c.item, c.key): (c.base, c.after) for c in changes} == {
        (A, "name"): ("mine", "ours"),
        (B, "name"): (ABSENT, "ours"),
    }
    frame["name"] = "other.png"
    with pytest.raises(InvalidInputError, match=r"that name is the column client_metadata\.name"):
        staging_bulk.staged_edits(frame, table, SCHEMA)


def test_an_item_twice_in_a_frame_is_refused(table):
    with pytest.raises(InvalidInputError, match="each item once"):
        to_changes(pd.DataFrame({"lux": [1, 2]}, index=[A, A]), table, SCHEMA)


def test_typed_cells_are_accepted_or_refused_one_by_one(table):
    staged = ChangeSet()
    staged.stage([Change(A, "weather", ABSENT, "rain")])
    edits = [
        CellEdit(A, "lux", "text", "7"),
        CellEdit(A, "lux", "text", "abc"),
        CellEdit(A, "weather", "null"),
        CellEdit(B, "weather", "unset"),
        CellEdit(B, "lux", "json", "1.5"),
        CellEdit(B, "lux", "json", '"1.5"'),
        CellEdit(B, "lux", "json", "{"),
        CellEdit(str(uuid.UUID(int=99)), "lux", "unset"),
        CellEdit(A, "lux", "text", "8", unchanged=lambda value: value == 4),
    ]
    changes, results = read_edits(edits, table, SCHEMA, staged)
    assert changes == [
        Change(A, "lux", 5, 7), Change(A, "weather", ABSENT, None), Change(B, "weather", "fog", ABSENT),
        Change(B, "lux", ABSENT, 1.5),
    ]  # fmt: skip
    assert [result.accepted for result in results] == [
        True,
        False,
        True,
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert "a number" in results[1].reason
    assert "holds 5 now" in results[8].reason


@pytest.mark.parametrize(
    ("held", "text", "after"),
    [
        ([1, 2.5, None, 2**60], "7", 7),
        ([True, False], "true", True),
        ([1, "1"], "7", "7"),
        ([1, True], "7", "7"),
        (["sun"], "true", "true"),
        ([None], "7", "7"),
        ([[1]], "7", "7"),
    ],
)
@pytest.mark.parametrize("empty", [{}, {"extra": None}])
def test_text_in_an_empty_cell_outside_the_schema_follows_its_column(held, text, after, empty):
    table = ItemTable()
    items = [str(uuid.UUID(int=20 + place)) for place in range(len(held) + 1)]
    metadata = [{"extra": value} for value in held] + [empty]
    table.append(ItemBatch(items, {"name": [f"{item}.png" for item in items]}, metadata))
    ((change,), _) = read_edits([CellEdit(items[-1], "extra", "text", text)], table, SCHEMA, ChangeSet())
    assert change.after == after
    assert type(change.after) is type(after)


def test_text_that_is_no_number_in_a_column_of_numbers_is_refused_and_exact_json_is_not(table):
    table.write(ItemBatch([A], {"name": ["a.png"]}, [{"extra": 1}]))
    edits = [CellEdit(B, "extra", "text", "often"), CellEdit(B, "extra", "json", '"often"')]
    changes, results = read_edits(edits, table, SCHEMA, ChangeSet())
    assert changes == [Change(B, "extra", ABSENT, "often")]
    assert "a number" in results[0].reason


def test_a_key_that_nobody_holds_yet_is_text(table):
    ((change,), _) = read_edits([CellEdit(A, "brand new", "text", "7")], table, SCHEMA, ChangeSet())
    assert change.after == "7"


@pytest.mark.parametrize("spelling", [A.upper(), uuid.UUID(A), f"{{{A}}}", A.replace("-", "")])
def test_spellings_of_a_uuid(spelling):
    assert item_uuid(spelling) == A


@pytest.mark.parametrize("thing", ["", "x", None, 5, "8ad5"])
def test_what_is_no_uuid(thing):
    assert item_uuid(thing) is None
