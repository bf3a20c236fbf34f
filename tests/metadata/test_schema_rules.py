"""The rules, held against what Encord's own SDK lets pass and refuses."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.errors import InvalidInputError
from encord_widgets.local.schema_rules import checked_schema
from encord_widgets.metadata import schema_rules as rules
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.schema_draft import SchemaDraft
from tests.metadata import schemas

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from encord import metadata_schema as sdk


def official(wire):
    """The SDK's schema over a map, without a server."""
    read = sdk._ClientMetadataSchema.model_validate(wire) if wire else None
    return sdk.MetadataSchema(SimpleNamespace(get=lambda *_, **__: read))


def wire_of(schema):
    return {key: option.model_dump(mode="json") for key, option in schema._schema.items()}


def normal(wire):
    return {key: KeyType.from_wire(ty).identity for key, ty in wire.items()}


def passes(step, *refusals):
    try:
        step()
    except refusals:
        return False
    return True


@schemas.patient
@given(schemas.key_text)
def test_a_key_is_right_where_the_sdk_says_so(key):
    assert (rules.key_problem(key) is None) == sdk._is_valid_metadata_key(key)


STEPS = st.one_of(
    st.tuples(
        st.just("scalar"),
        st.sampled_from(
            ["number", "boolean", "varchar", "text", "datetime", "uuid", "string", "long_string"]
        ),
    ),
    st.tuples(st.just("enum"), st.lists(st.sampled_from(["rain", "fog", "ice"]), unique=True)),
    st.tuples(st.just("embedding"), st.integers(-1, 4098)),
    st.tuples(st.just("geospatial"), st.none()),
    st.tuples(st.just("options"), st.lists(st.sampled_from(["rain", "new", "newer"]), unique=True)),
    st.tuples(st.sampled_from(["delete", "hard", "restore"]), st.none()),
)


def by_sdk(schema, key, what, argument):
    match what:
        case "scalar":
            schema.add_scalar(key, data_type=argument)
        case "enum":
            schema.add_enum(key, values=argument)
        case "embedding":
            schema.add_embedding(key, size=argument)
        case "geospatial":
            schema.add_geospatial(key)
        case "options":
            schema.add_enum_options(key, values=argument)
        case "delete":
            schema.delete_key(key)
        case "hard":
            schema.delete_key(key, hard=True)
        case _:
            schema.restore_key(key)


def by_us(draft, key, what, argument):
    match what:
        case "scalar" if key in draft and draft[key].kind != "deleted":
            draft.retype(key, argument)  # the SDK has one verb for both
        case "scalar":
            draft.add(key, argument, allow_similar=True)
        case "enum":
            draft.add(key, "enum", options=argument)
        case "embedding":
            draft.add(key, "embedding", size=argument)
        case "geospatial":
            draft.add(key, "geospatial")
        case "options":
            draft.add_options(key, argument)
        case "delete":
            draft.delete(key)
        case "hard":
            draft.delete_for_good(key)
        case _:
            draft.restore(key)


@schemas.patient
@given(schemas.official, schemas.keys, STEPS)
def test_what_the_sdk_lets_pass_and_refuses(wire, key, step):
    what, argument = step
    theirs, ours = official(wire), SchemaDraft(MetadataSchema.from_wire(wire))
    held = wire.get(key, {})
    if what == "hard" and held.get("ty") == "tombstone" and held["deleted_ty"] is not None:
        theirs.restore_key(key)  # for which the SDK takes two steps
    if what == "options" and set(argument) & set(held.get("values", ())):
        with pytest.raises(InvalidInputError, match="each option stands in an enum once"):
            by_us(ours, key, what, argument)  # the SDK would keep the option twice
        return
    allowed = passes(
        lambda: by_sdk(theirs, key, what, argument), sdk.MetadataSchemaError, ValueError, AttributeError
    )
    assert passes(lambda: by_us(ours, key, what, argument), InvalidInputError) == allowed
    assert normal(ours.to_wire()) == normal(wire_of(theirs))


@schemas.patient
@given(schemas.official, st.lists(st.tuples(schemas.keys, STEPS), max_size=4), st.booleans())
def test_the_embedded_encord_takes_whatever_passes(wire, steps, undone):
    draft = SchemaDraft(MetadataSchema.from_wire(wire))
    seen = [draft.to_wire()]
    for key, (what, argument) in steps:
        if passes(lambda k=key, w=what, a=argument: by_us(draft, k, w, a), InvalidInputError):
            if draft.to_wire() != seen[-1]:
                seen.append(draft.to_wire())
            assert draft.problems() == []
    stored = checked_schema(wire, None)
    assert normal(checked_schema(draft.to_wire(), stored)) == normal(draft.to_wire())
    assert set(draft.to_wire()) >= set(wire)
    while undone and draft.undo():
        seen.append(draft.to_wire())
    if undone:
        assert not draft.diff()
        while draft.redo():
            pass
        assert draft.to_wire() in seen


@pytest.mark.parametrize(("count", "right"), [(0, False), (1, True), (255, True), (256, False)])
def test_an_enum_holds_255_options_in_practice(count, right):
    options = [f"option {number}" for number in range(count)]
    assert passes(lambda: official({}).add_enum("e", values=options), sdk.MetadataSchemaError) == right
    assert passes(lambda: SchemaDraft().add("e", "enum", options=options), InvalidInputError) == right


@schemas.patient
@given(schemas.wires, schemas.wires)
def test_no_rule_stands_against_what_is_there_already(before, after):
    schema = MetadataSchema.from_wire(before)
    for key, ty in schema.items():
        assert rules.change_problems(key, ty, KeyType.from_wire(before[key])) == []
    for key, ty in MetadataSchema.from_wire(after).items():
        for problem in rules.change_problems(key, schema.get(key), ty):
            assert problem.key == key
            assert (
                any(f"Encord's rule: {rule}." in problem.hint for rule in rules.RULES.values())
                or problem.hint
            )


@pytest.mark.parametrize(
    ("work", "rule"),
    [
        (lambda d: d.add("a/b", "number"), "key format"),
        (lambda d: d.add("$x", "number"), "reserved keys"),
        (lambda d: d.add("key-frames", "number"), "reserved keys"),
        (lambda d: d.add("lux", "number"), "defined once"),
        (lambda d: d.add("weather", "enum", options=["a"]), "defined once"),
        (lambda d: d.add("LUX", "number"), "letter case"),
        (lambda d: d.add("x", "user"), "known types"),
        (lambda d: d.add("x", "hologram"), "known types"),
        (lambda d: d.add("x", "enum"), "enum options"),
        (lambda d: d.add("x", "enum", options=["a", "b", "a"]), "distinct options"),
        (lambda d: d.add_options("weather", ["rain"]), "distinct options"),
        (lambda d: d.add_options("weather", map(str, range(255))), "enum options"),
        (lambda d: d.add("x", "embedding"), "embedding size"),
        (lambda d: d.add("x", "embedding", size=4097), "embedding size"),
        (lambda d: d.retype("weather", "text"), "re-typing"),
        (lambda d: d.retype("lux", "geospatial"), "re-typing"),
        (lambda d: d.retype("native", "text"), "re-typing"),
        (lambda d: d.add("gone", "number"), "deleted for good"),
        (lambda d: d.add("old", "geospatial"), "defined once"),
        (lambda d: d.restore("gone"), "deleted for good"),
        (lambda d: d.restore("lux"), "deletion"),
        (lambda d: d.delete("old"), "deletion"),
        (lambda d: d.delete_for_good("gone"), "deleted for good"),
        (lambda d: d.stage({"weather": KeyType("number")}), "re-typing"),
    ],
)
def test_each_refusal_names_its_rule(work, rule):
    wire = {
        "lux": {"ty": "variant", "hint": "number"},
        "native": {"ty": "number"},
        "weather": {"ty": "enum", "values": ["fog", "rain"]},
        "old": {"ty": "tombstone", "deleted_ty": {"ty": "geospatial"}},
        "gone": {"ty": "tombstone", "deleted_ty": None},
    }
    draft = SchemaDraft(MetadataSchema.from_wire(wire))
    with pytest.raises(InvalidInputError) as caught:
        work(draft)
    assert rules.RULES[rule] in str(caught.value)
    assert not draft.diff()
    assert draft.to_wire() == wire


def test_a_key_of_another_case_is_let_through_on_request_and_beside_a_deleted_one():
    draft = SchemaDraft({"lux": KeyType("number")})
    assert "LUX" in draft.add("LUX", "text", allow_similar=True)
    assert "Lux" in SchemaDraft({"lux": KeyType("number").deleted()}).add("Lux", "text")


def test_advice_does_not_stand_against_a_save():
    draft = (
        SchemaDraft()
        .add("clip", "embedding", size=8)
        .add("größe", "number")
        .add("my clip", "embedding", size=512)
    )
    assert draft.problems() == []
    advice = draft.advice()
    assert "512" in advice["clip"][0]
    assert "letters a to z" in advice["größe"][0]
    assert len(advice["my clip"]) == 1
