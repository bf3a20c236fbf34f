"""Usage and impact, against a count by hand over every value."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.filters.tree import Rule
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.schema_diff import SchemaChange, SchemaDiff
from encord_widgets.metadata.schema_impact import impact_of
from encord_widgets.metadata.schema_infer import infer
from encord_widgets.metadata.schema_tally import most_held, samples
from encord_widgets.metadata.schema_usage import usage_of
from encord_widgets.metadata.values import ABSENT, canonical
from tests.metadata import schemas, strategies

cells = st.lists(
    strategies.cells | st.sampled_from(["rain", "fog", 1e39, 5, 0.5, ABSENT, [1, 2, 3]]), max_size=12
)
types = st.one_of(schemas.known, schemas.tombstones, schemas.unknown).map(KeyType.from_wire)


def column_of(values):
    column = Column(len(values))
    column.write(np.arange(len(values)), values)
    return column


@schemas.patient
@given(cells, st.integers(1, 12))
def test_the_most_frequent_values_are_those_of_a_count_by_hand(values, most):
    held = most_held(column_of(values), most)
    everything = most_held(column_of(values), len(values) + 1)
    assert held == everything[:most]
    assert [one.count for one in held] == sorted((one.count for one in held), reverse=True)
    assert sum(one.count for one in everything) == sum(value is not ABSENT for value in values)
    for one in held:
        assert canonical(values[one.row]) == canonical(one.value)
    texts = Counter(value for value in values if isinstance(value, str))
    assert {one.value: one.count for one in everything if isinstance(one.value, str)} == dict(texts)


def test_a_text_that_stands_in_a_column_twice_counts_as_one():
    column = column_of([f"text {n}" for n in range(6000)])
    column.write(np.arange(2, 6000), ["fog"] * 5998)
    column.write(np.arange(1), ["fog"])
    assert [(one.value, one.count, one.row) for one in most_held(column, 5)] == [
        ("fog", 5999, 0),
        ("text 1", 1, 1),
    ]
    assert infer(column).type == KeyType("enum", options=("fog", "text 1"))


@schemas.patient
@given(cells, types)
def test_usage_is_what_a_count_by_hand_says(values, ty):
    rows = np.arange(len(values), dtype=np.int64)
    (found,) = usage_of({"key": ty}, ["key"], lambda _: column_of(values), rows)
    present = [value for value in values if value is not ABSENT]
    assert found.used == len(present)
    assert found.nulls == sum(value is None for value in present)
    assert found.misfits == sum(ty.misfit(value) is not None for value in present)
    assert found.of == found.used - found.nulls
    assert all(any(canonical(value) == canonical(sample) for value in present) for sample in found.samples)


@schemas.patient
@given(cells)
def test_a_key_beside_the_schema_gets_the_type_that_fits_as_many_as_it_says(values):
    rows = np.arange(len(values), dtype=np.int64)
    found = usage_of(
        {}, ["key", "$encord", "unused"], lambda key: column_of(values if key == "key" else []), rows[:0]
    )
    assert found == []
    for one in usage_of({}, ["key"], lambda _: column_of(values), rows):
        assert (one.key, one.state) == ("key", "unlisted")
        if one.inferred is not None:
            fits = sum(one.inferred.misfit(value) is None for value in values if value not in (None, ABSENT))
            assert fits == one.fits > 0


@schemas.patient
@given(cells, types, types)
def test_impact_is_what_a_count_by_hand_says(values, before, after):
    rows = np.arange(len(values), dtype=np.int64)
    change = SchemaChange("key", before, after)
    impact = impact_of(SchemaDiff((change,)), lambda _: column_of(values), rows, str)
    one = impact["key"]
    present = [value for value in values if value is not ABSENT]
    now = [before.misfit(value) is not None for value in present]
    then = [after.kind == "deleted" or after.misfit(value) is not None for value in present]
    assert (one.used, one.misfits, one.before) == (len(present), sum(then), sum(now))
    assert one.breaks == sum(bad and not was for was, bad in zip(now, then, strict=True))
    assert one.mends == sum(was and not bad for was, bad in zip(now, then, strict=True))
    for example in one.examples:
        assert canonical(values[int(example.item)]) == canonical(example.value)
        assert example.reason
    wire = after.to_wire()
    wanted = Rule("key:key", "misfit", (wire,) if isinstance(wire, dict) else ())
    assert impact.filter("key") == (Rule("key:key", "present") if change.deletes else wanted)
    assert impact.filter("other") is None


def test_words():
    lux = column_of([1, 2, "100", ABSENT])
    diff = SchemaDiff((SchemaChange("lux", KeyType("number"), KeyType("varchar")),))
    impact = impact_of(diff, lambda _: lux, np.arange(4), str)
    assert impact.text == (
        "lux (re-typed, number → varchar): 2 of 3 values would not fit; 1 would fit that do not now"
    )
    assert impact.breaks == 2
    with pytest.raises(KeyError):
        impact["other"]
    assert samples(lux, np.arange(4)) == (1, 2, "100")
