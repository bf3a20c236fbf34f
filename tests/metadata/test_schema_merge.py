"""The three-way merge of schemas: nothing of theirs is lost, nothing of ours is guessed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.schema_diff import SchemaDiff
from encord_widgets.metadata.schema_draft import SchemaDraft
from encord_widgets.metadata.schema_merge import SchemaConflictError, SchemaEdit, rebase_all
from tests.metadata import schemas

wires = st.dictionaries(
    schemas.keys, st.one_of(schemas.known, schemas.tombstones, schemas.unknown), max_size=5
)


def read(wire):
    return MetadataSchema.from_wire(wire)


def edits_between(base, ours):
    """Edits that turn one schema into another; what the other leaves out stays."""
    return [
        SchemaEdit(key, base.get(key), ty)
        for key, ty in ours.items()
        if key not in base or base[key].identity != ty.identity
    ]


def merged(base, ours, theirs):
    kept, conflicts = rebase_all(edits_between(base, ours), theirs)
    return {**theirs, **{key: edit.after for key, edit in kept.items()}}, {one.key for one in conflicts}


def identities(types):
    return {key: ty.identity for key, ty in types.items()}


@schemas.patient
@given(wires, wires)
def test_what_only_one_side_changed(base_wire, other_wire):
    base, other = read(base_wire), read(other_wire)
    assert merged(base, base, other) == (dict(other), set())
    result, conflicts = merged(base, other, base)
    assert identities(result) == identities({**base, **other})
    assert conflicts == set()


@schemas.patient
@given(wires, wires)
def test_the_same_change_on_both_sides_is_no_conflict_and_nothing_to_send(base_wire, other_wire):
    base, other = read(base_wire), read(other_wire)
    kept, conflicts = rebase_all(edits_between(base, other), {**base, **other})
    assert (kept, conflicts) == ({}, [])


@schemas.patient
@given(wires, wires, wires)
def test_every_key_is_theirs_ours_merged_or_named(base_wire, ours_wire, theirs_wire):
    base, ours, theirs = read(base_wire), read(ours_wire), read(theirs_wire)
    result, conflicts = merged(base, ours, theirs)
    assert set(theirs) <= set(result)  # no key is ever left out
    for key in {*base, *ours, *theirs}:
        base_id, ours_id, theirs_id = (
            side[key].identity if key in side else None for side in (base, ours, theirs)
        )
        ours_id = base_id if ours_id is None else ours_id  # a key that ours leaves out is not changed by it
        result_id = result[key].identity if key in result else None
        if key in conflicts:
            assert ours_id != base_id != theirs_id != ours_id
            assert result_id == theirs_id
        elif ours_id == base_id:
            assert result_id == theirs_id
        elif theirs_id in {base_id, ours_id}:
            assert result_id == ours_id
        else:  # both added options
            before = set(base[key].options) if key in base and base[key].kind == "enum" else set()
            added = set(ours[key].options) - before
            assert set(result[key].options) == set(theirs[key].options) | added


@schemas.patient
@given(wires, wires)
def test_unknown_types_come_back_as_they_came(base_wire, theirs_wire):
    base, theirs = read(base_wire), read(theirs_wire)
    result, _ = merged(base, {**base, "fresh": KeyType("number")}, theirs)
    sent = MetadataSchema(result).to_wire()
    assert {key: sent[key] for key in theirs_wire} == theirs_wire


@schemas.patient
@given(schemas.option_lists, schemas.option_lists, schemas.option_lists)
def test_options_of_both_sides_are_kept(base, ours, theirs):
    before = KeyType("enum", options=tuple(base))
    wanted = before.with_options([*base, *(one for one in ours if one not in base)])
    live = before.with_options([*base, *(one for one in theirs if one not in base)])
    kept, conflicts = rebase_all([SchemaEdit("weather", before, wanted)], {"weather": live})
    assert conflicts == []
    after = kept["weather"].after if kept else live
    assert set(after.options) == {*base, *ours, *theirs}


def test_more_options_than_fit_are_a_conflict():
    base = KeyType("enum", options=("a",))
    ours, theirs = (base.with_options(["a", *(f"{side}{n}" for n in range(200))]) for side in "ot")
    _, (conflict,) = rebase_all([SchemaEdit("weather", base, ours)], {"weather": theirs})
    assert "weather" in str(SchemaConflictError([conflict]))


@schemas.patient
@given(wires, wires)
def test_a_draft_follows_what_is_live(base_wire, theirs_wire):
    draft = SchemaDraft(read(base_wire))
    draft.add("fresh key", "number")
    draft.take_live(read(theirs_wire))
    assert draft.live.to_wire() == theirs_wire
    assert [change.key for change in draft.diff()] == ["fresh key"]
    draft.take_live(read({**theirs_wire, "fresh key": {"ty": "variant", "hint": "number"}}))
    assert draft.edits == ()
    assert not draft.diff()


def test_a_conflict_is_settled_either_way():
    def conflicting():
        draft = SchemaDraft(
            read({"lux": {"ty": "variant", "hint": "number"}, "n": {"ty": "variant", "hint": "text"}})
        )
        draft.retype("lux", "text").delete("n")
        draft.take_live(
            read({"lux": {"ty": "variant", "hint": "varchar"}, "n": {"ty": "variant", "hint": "number"}})
        )
        return draft

    draft = conflicting()
    assert [conflict.key for conflict in draft.conflicts] == ["lux", "n"]
    assert draft["lux"].kind == "varchar"  # what is live, until it is settled
    assert not draft.diff()
    draft.resolve("lux", "ours").resolve("n", "ours")
    assert draft.conflicts == ()
    assert draft["lux"].kind == "text"
    assert draft["n"].was.kind == "number"  # the tombstone holds what is live now
    draft = conflicting().resolve("lux", "theirs").resolve("n", "theirs")
    assert draft.conflicts == draft.edits == ()


@schemas.patient
@given(wires, wires)
def test_a_diff_is_what_turns_one_into_the_other(before_wire, after_wire):
    before, after = read(before_wire), read(after_wire)
    diff = SchemaDiff.between(before, after)
    assert identities({**before, **{change.key: change.after for change in diff}}) == identities(
        {**before, **after}
    )
    assert len(diff.added) + len(diff.changed) + len(diff.deleted) == len(diff)
    assert len(diff.text.splitlines()) == max(1, len(diff))
