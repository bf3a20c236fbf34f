"""Plans from tables: what pandas and other engines make of an exported frame becomes exact changes."""

from __future__ import annotations

import json
import uuid

import pandas as pd
import pytest

import encord_widgets as ew
from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.values import ABSENT

A, B = "8ad58157-ca74-4ae4-8f37-a0193430bcac", "0c1f2d3e-0000-4000-8000-000000000001"


def table(**columns):
    return pd.DataFrame(columns)


def cells(plan):
    return [(c.item, c.key, c.base, c.after) for c in plan.changes]


def test_json_text_and_missing_cells():
    frame = table(
        item=[A, A, A, B, B],
        key=["weather", "lux", "notes", "weather", "box"],
        before=['"rain"', "4", "null", None, pd.NA],
        after=['"fog"', "4.5", None, "null", '{"x":[1,null]}'],
    )
    assert cells(Plan.from_frame(frame)) == [
        (A, "weather", "rain", "fog"),
        (A, "lux", 4, 4.5),
        (A, "notes", None, ABSENT),
        (B, "weather", ABSENT, None),
        (B, "box", ABSENT, {"x": [1, None]}),
    ]


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1.5, None]), [1.5, ABSENT]),
        (pd.Series([True, None], dtype="boolean"), [True, ABSENT]),
        (pd.Series([2**60, None], dtype="Int64"), [2**60, ABSENT]),
        (pd.Series(['"a"', None], dtype="str"), ["a", ABSENT]),
        (pd.Series([[1], {"a": None}], dtype="object"), [[1], {"a": None}]),
    ],
)
def test_numbers_and_booleans_are_taken_as_they_are(column, wanted):
    plan = Plan.from_frame(table(item=[A, B], key=["x", "x"], after=column))
    assert [(type(c.after), c.after) for c in plan.changes] == [(type(w), w) for w in wanted]


def test_without_before_keys_are_taken_to_be_absent():
    assert Plan.from_frame(table(item=[A], key=["x"], after=["1"])).changes[0].base is ABSENT


def test_names_uuids_and_their_spelling():
    frame = table(item=[A.upper(), uuid.UUID(B)], key=["x", "x"], after=["1", "1"], name=["a.png", None])
    assert [(p.item, p.name) for p in Plan.from_frame(frame).items] == [(A, "a.png"), (B, B)]


def test_every_fault_is_named_by_row():
    frame = table(
        item=[A, "x", A, A, A],
        key=["k", "k", None, "k", "n"],
        before=["fog", "1", "1", "1", "1"],
        after=["1", "1", "1", "1", "NaN"],
    )
    with pytest.raises(InvalidInputError) as found:
        Plan.from_frame(frame)
    problems = found.value.problems
    assert [p.expected for p in problems] == [
        "JSON text in before of row 0",
        "an item uuid in row 1",
        "text as metadata key in row 2",
        "each item and key once",
        "JSON text in after of row 4",
    ]
    assert "to_json" in problems[0].hint
    assert problems[3].got == "rows 0 and 3"


def test_missing_columns_are_named():
    with pytest.raises(InvalidInputError, match="'after'"):
        Plan.from_frame(table(item=[A], key=["x"]))
    with pytest.raises(InvalidInputError, match="columns item, key and after"):
        Plan.from_frame([1])


def test_tables_of_other_libraries_are_converted():
    class Other:
        def to_pandas(self):
            return table(item=[A], key=["x"], after=["1"])

    class Relation:
        def df(self):
            return table(item=[A], key=["x"], after=["1"])

    for other in (Other(), Relation()):
        assert cells(Plan.from_frame(other)) == [(A, "x", ABSENT, 1)]


def test_columns_of_a_saved_plan(tmp_path):
    plan = Plan.of([ew.Change(A, "x", ABSENT, None), ew.Change(A, "y", None, ABSENT)], {A: "a.png"})
    frame = pd.read_parquet(plan.save(tmp_path / "x.parquet"))
    assert list(frame.columns) == ["item", "name", "key", "before", "after"]
    assert frame["before"].tolist()[1] == "null"
    assert frame.isna().sum().to_dict() == {"item": 0, "name": 0, "key": 0, "before": 1, "after": 1}


def test_from_an_exported_frame_to_a_commit(tmp_path):
    """The way of another engine: export, compute there, write a table, apply it."""
    with ew.demo(items=40) as client:
        items = client.folder(client.folders("Street scenes")[0])
        items.frame[["weather"]].to_parquet(tmp_path / "frame.parquet")
        frame = pd.read_parquet(tmp_path / "frame.parquet").reset_index()
        rainy = frame[frame["weather"] == "rain"]
        assert len(rainy)
        pd.DataFrame(
            {
                "item": rainy["item"],
                "key": "weather",
                "before": rainy["weather"].map(json.dumps),
                "after": json.dumps("fog"),
            }
        ).to_parquet(tmp_path / "plan.parquet")
        plan = ew.Plan.load(tmp_path / "plan.parquet")
        assert plan.source == "plan.parquet"
        receipt = client.apply(plan)
        assert receipt.counts == {"verified": len(rainy)}
        assert "rain" not in items.refresh().wait().frame["weather"].tolist()


def test_before_from_the_item_set():
    with ew.demo(items=20) as client:
        items = client.folder(client.folders("Street scenes")[0])
        item = items.uuids[0]
        frame = table(item=[item, item], key=["weather", "new key"], after=['"fog"', "1"])
        plan = ew.Plan.from_frame(frame, items)
        assert [c.base for c in plan.changes] == [items.stored(item, "weather"), ABSENT]
        with pytest.raises(InvalidInputError, match="an item of the set"):
            ew.Plan.from_frame(table(item=[A], key=["x"], after=["1"]), items)
