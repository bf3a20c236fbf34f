"""The schema as JSON, YAML, pydantic model, and inferred from values."""

from __future__ import annotations

import datetime as dt
import json
import uuid
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.schema_draft import SchemaDraft
from encord_widgets.metadata.values import same
from tests.metadata import schemas, strategies

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from encord import metadata_schema as sdk

NUMBER = {"ty": "variant", "hint": "number"}


def as_json(wire):
    return json.dumps(wire, sort_keys=False)


@schemas.patient
@given(schemas.wires)
def test_the_wire_json_and_yaml_are_identities(wire):
    schema = MetadataSchema.from_wire(wire)
    for again in (
        MetadataSchema.from_wire(schema.to_wire()),
        MetadataSchema.from_json(schema.to_json()),
        MetadataSchema.from_yaml(schema.to_yaml()),
    ):
        assert as_json(again.to_wire()) == as_json(wire)  # order of keys included


@schemas.patient
@given(schemas.wires, schemas.wires)
def test_staging_a_schema_onto_itself_changes_nothing(wire, other):
    draft = SchemaDraft(MetadataSchema.from_wire(wire))
    assert not draft.stage(MetadataSchema.from_yaml(draft.to_yaml())).diff()
    wanted = MetadataSchema.from_wire(other)
    try:
        draft.stage(wanted)
    except InvalidInputError:
        assert draft.to_wire() == wire
        return
    assert draft.problems() == []
    for key, ty in wanted.items():
        assert key in draft or ty.kind == "deleted"


@schemas.patient
@given(schemas.official)
def test_json_is_read_from_the_sdk_and_the_sdk_reads_ours(wire):
    read = sdk._ClientMetadataSchema.model_validate(MetadataSchema.from_wire(wire).to_wire())
    theirs = json.dumps({key: option.model_dump(mode="json") for key, option in read.root.items()})
    ours = MetadataSchema.from_json(theirs)
    assert {key: ty.identity for key, ty in ours.items()} == {
        key: KeyType.from_wire(ty).identity for key, ty in wire.items()
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]", "a map from key to type"),
        ("{", "YAML"),
        ("a: {ty: enum, values: [yes, no]}", "Put it in quotes"),
        ("a: {ty: enum, values: [2024-02-24]}", "Put it in quotes"),
        ("2024: {ty: text}", "text as key"),
        ("a: {ty: text, since: 2024-02-24T00:00:00}", "Put it in quotes"),
        ("a: !!python/object:os.system {}", "YAML"),
    ],
)
def test_yaml_that_is_not_what_it_looks_like(text, words):
    with pytest.raises(InvalidInputError, match=words):
        MetadataSchema.from_yaml(text)


@pytest.mark.parametrize("text", ["[]", "{", '{"a": NaN}', "5"])
def test_json_that_is_no_schema(text):
    with pytest.raises(InvalidInputError):
        MetadataSchema.from_json(text)


def test_empty_files_are_an_empty_schema():
    assert MetadataSchema.from_yaml("").to_wire() == MetadataSchema.from_json("null").to_wire() == {}


# -- pydantic ----------------------------------------------------------------------------------------------------


@schemas.patient
@given(schemas.wires, st.data())
def test_a_model_takes_what_the_schema_takes(wire, data):
    schema = MetadataSchema.from_wire(wire)
    model = schema.to_model()
    metadata = data.draw(
        st.dictionaries(st.sampled_from([*wire, "other", "$encord"]), strategies.values, max_size=4)
    )
    fits = all(schema.misfit(key, value) is None for key, value in metadata.items())
    try:
        found = model.model_validate(metadata)
    except ValidationError as error:
        assert not fits
        named = {detail["loc"][0] for detail in error.errors()}
        assert named == {key for key, value in metadata.items() if schema.misfit(key, value) is not None}
        return
    assert fits
    assert same(found.model_dump(by_alias=True, exclude_unset=True), metadata)


def test_a_model_in_user_code():
    schema = MetadataSchema.from_wire({
        "lux": NUMBER,
        "captured at": {"ty": "variant", "hint": "datetime"},
        "asset-id": {"ty": "variant", "hint": "uuid"},
        "weather": {"ty": "enum", "values": ["fog"]},
        "class": {"ty": "variant", "hint": "text"},
        "copy": {"ty": "variant", "hint": "text"},
        "2nd": NUMBER,
        "captured_at": NUMBER,
        "old": {"ty": "tombstone", "deleted_ty": NUMBER},
    })  # fmt: skip
    model = schema.to_model("Street")
    assert model.__name__ == "Street"
    asset = uuid.uuid4()
    found = model.model_validate({
        "captured at": dt.datetime(2024, 2, 24, tzinfo=dt.UTC), "asset-id": asset, "lux": np.float64(4.5),
        "class": "a", "2nd": 2, "captured_at": 3, "old": "x",
    })  # fmt: skip
    assert found.captured_at == "2024-02-24T00:00:00+00:00"
    assert (found.asset_id, found.lux, found.key_class, found.key_2nd) == (str(asset), 4.5, "a", 2)
    assert found.model_dump(by_alias=True, exclude_unset=True)["captured_at"] == 3
    with pytest.raises(ValidationError, match="one of fog"):
        found.weather = "rain"
    with pytest.raises(ValidationError, match="zone"):
        model.model_validate({"captured at": dt.datetime(2024, 2, 24)})  # noqa: DTZ001 - what is refused
    shape = model.model_json_schema()["properties"]
    assert shape["weather"]["enum"] == ["fog", None]


# -- inferring ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ([1, 2.5, None], "number"),
        ([1, 2, "n/a"], "number"),
        (["100", "200"], "varchar"),
        ([True, False, None], "boolean"),
        (["2024-02-24", "2024-02-25T08:00:00Z"], "datetime"),
        (["20240224", "20240225"], "varchar"),
        ([f"2024-02-01T{n:02}:00:00" for n in range(24)] + ["today", *["2024-02-24"] * 4], "datetime"),
        ([f"2024-01-{n:02}" for n in range(1, 31)] + ["today"] * 9, "varchar"),
        ([str(uuid.uuid4()), str(uuid.uuid4())], "uuid"),
        ([uuid.uuid4()], "uuid"),
        ([dt.date(2024, 2, 24)], "datetime"),
        (["a", "b"] * 5, "enum of 2"),
        (["x" * 9000], "text"),
        ([[1, 2.0, 3], [1, 2, 3], [1, 2]], "embedding (3)"),
        ([np.array([1.0, 2.0])], "embedding (2)"),
        ([{"latitude": 1, "longitude": 2}], "geospatial"),
    ],
)
def test_inferred_types(values, label):
    schema = MetadataSchema.infer([{"key": value} for value in values])
    assert schema["key"].label == label


def test_nothing_is_inferred_where_no_type_fits():
    assert dict(MetadataSchema.infer([{"a": None, "b": {"x": 1}, "$encord": {"frames": {}}}])) == {}


def test_a_frame():
    frame = pd.DataFrame(
        {
            "name": ["a.png", "b.png"],
            "client_metadata.name": ["x", "y"],
            "lux": pd.array([1, pd.NA], dtype="Int64"),
            "score": [0.5, float("nan")],
            "at": pd.to_datetime(["2024-02-24", None]),
            "empty": [None, None],
        }
    )
    assert {key: ty.kind for key, ty in MetadataSchema.infer(frame).items()} == {
        "name": "varchar", "lux": "number", "score": "number", "at": "datetime",
    }  # fmt: skip


@pytest.mark.parametrize("data", [None, 5, "text", {"a": 1}, [1]])
def test_what_nothing_can_be_inferred_from(data):
    with pytest.raises(InvalidInputError):
        MetadataSchema.infer(data)


def test_keys_that_cannot_be_are_named():
    with pytest.raises(InvalidInputError, match="letters, digits") as caught:
        MetadataSchema.infer([{"a/b": 1, "c:d": 2, "fine": 3}])
    assert [problem.key for problem in caught.value.problems] == ["a/b", "c:d"]


@pytest.mark.parametrize("given", [None, Path("schema.json")])
@pytest.mark.parametrize("read", [MetadataSchema.from_json, MetadataSchema.from_yaml])
def test_a_file_is_read_first(read, given):
    with pytest.raises(InvalidInputError, match=r"expected (JSON|YAML) text, got .*path\.read_text"):
        read(given)


@pytest.mark.parametrize("given", [None, "{}", [("lux", "number")]])
def test_a_schema_to_stage_is_a_map(given):
    with pytest.raises(InvalidInputError, match="expected a schema, got"):
        SchemaDraft(MetadataSchema()).stage(given)


def test_the_columns_of_encord_itself_are_passed_over():
    frame = pd.DataFrame({"name": ["a.jpg"], "lux": [4.5], "$encord": [{"frames": {"0": {}}}]})
    assert list(MetadataSchema.infer(frame)) == ["lux"]
