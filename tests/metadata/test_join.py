"""A table joined to items, against the obvious way with dictionaries and loops."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.join import JoinOptions, join_table
from encord_widgets.metadata.join_cells import POLICIES, Cell, CellReader, hashed, put, unlike
from encord_widgets.metadata.join_match import AMBIGUOUS, DUPLICATES, match
from encord_widgets.metadata.join_plan import join_plan
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import ABSENT, canonical, compact, loads, same
from tests.metadata.strategies import cells, values

U = [str(uuid.UUID(int=number)) for number in range(1, 6)]
SCHEMA = MetadataSchema.from_wire(
    {
        "lux": {"ty": "number"},
        "weather": {"ty": "enum", "values": ["fog", "rain"]},
        "reviewed": {"ty": "variant", "hint": "boolean"},
        "captured at": {"ty": "variant", "hint": "datetime"},
        "code": {"ty": "varchar", "max_length": 12},
        "gps": {"ty": "geospatial"},
        "vector": {"ty": "embedding", "size": 2},
    }
)


def table_of(*items):
    """Items as (name, metadata)."""
    table = ItemTable()
    names = [name for name, _ in items]
    rows = table.append(ItemBatch(U[: len(items)], {"name": names}, [held for _, held in items]))
    return table, rows


def join(frame, items, on="name", schema=SCHEMA, **options):
    table, rows = table_of(*items)
    return join_table(frame, JoinOptions(on, **options), table, rows, column=table.column, schema=schema)


def changes(found):
    return {
        (item, column.key): after
        for column in found.columns
        for item, after in zip(column.items, column.after, strict=True)
    }


# -- which row belongs to which item -------------------------------------------------------------------------------

words = st.one_of(st.none(), st.sampled_from("abcd"))


@given(
    st.lists(words, max_size=8),
    st.lists(words, max_size=8),
    st.sampled_from(DUPLICATES),
    st.sampled_from(AMBIGUOUS),
)
def test_rows_find_their_items_as_two_loops_do(said, held, duplicates, ambiguous):
    found = match(said, held, range(len(held)), duplicates=duplicates, ambiguous=ambiguous)
    pairs, unmatched, several, twice = set(), [], set(), set()
    for position, value in enumerate(said):
        if value is None:
            continue
        items = [item for item, other in enumerate(held) if other == value]
        rows = [row for row, other in enumerate(said) if other == value]
        if not items:
            unmatched.append(position)
            continue
        if len(items) > 1:
            several.add((tuple(rows), tuple(items)))
            if ambiguous != "all":
                continue
        if len(rows) > 1:
            twice.add(tuple(rows))
            counts = {"first": rows[0], "last": rows[-1]}.get(duplicates)
            if position != counts:
                continue
        pairs |= {(position, item) for item in items}
    assert set(zip(found.positions.tolist(), found.items.tolist(), strict=True)) == pairs
    assert len(found.items) == len(pairs)
    assert found.unmatched == unmatched
    assert found.blank == [position for position, value in enumerate(said) if value is None]
    assert {(tuple(rows), tuple(items)) for rows, items in found.ambiguous} == several
    assert {tuple(rows) for rows in found.duplicates} == twice
    assert found.without == [item for item, value in enumerate(held) if value is None or value not in said]


ALIKE = [
    0,
    0.0,
    False,
    1,
    1.0,
    True,
    "1",
    "true",
    "",
    [],
    [1],
    [1.0],
    [True],
    {},
    {"a": 1},
    {"a": True},
    2**53,
    2.0**53,
]


@given(values, values)
def test_two_values_are_matched_exactly_when_they_are_the_same_json(one, other):
    for first, second in itertools.product([one, *ALIKE], [other, *ALIKE]):
        if first is not None and second is not None:
            assert (hashed(first) == hashed(second)) == same(first, second)
    assert hashed(None) is hashed(ABSENT) is None


def test_a_number_key_is_matched_by_its_value_also_from_text():
    items = [("a", {"lux": 3}), ("b", {"lux": "3"}), ("c", {"lux": 4.0})]
    found = join(pd.DataFrame({"lux": ["3", "4"], "note": ["x", "y"]}), items, on="lux")
    assert changes(found) == {(0, "note"): "x", (2, "note"): "y"}


@pytest.mark.parametrize("spelled", [U[0].upper(), U[0].replace("-", ""), uuid.UUID(U[0])])
@pytest.mark.parametrize("column", ["uuid", "item"])
def test_a_uuid_may_be_spelled_in_any_way(spelled, column):
    found = join(pd.DataFrame({column: [spelled, "no uuid"], "lux": [1, 2]}), [("a", {})], on="uuid")
    assert changes(found) == {(0, "lux"): 1}
    assert found.match.unmatched == [1]
    assert found.match.blank == []


def test_the_index_may_hold_the_uuids():
    found = join(pd.DataFrame({"lux": [1]}, index=[U[0]]), [("a", {})], on="uuid")
    assert changes(found) == {(0, "lux"): 1}


# -- what becomes of a cell ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("lux", "100", 100),
        ("lux", " 1.5 ", 1.5),
        ("lux", np.int64(7), 7),
        ("lux", np.float32(0.5), 0.5),
        ("reviewed", "True", True),
        ("reviewed", np.bool_(False), False),
        ("weather", "fog", "fog"),
        ("code", "007", "007"),
        ("code", "true", "true"),
        ("captured at", pd.Timestamp("2024-02-24T10:00", tz="UTC"), "2024-02-24T10:00:00+00:00"),
        ("captured at", dt.date(2024, 2, 24), "2024-02-24"),
        ("gps", "59.9, 10.7", {"latitude": 59.9, "longitude": 10.7}),
        ("vector", np.array([1.5, 2.0]), [1.5, 2.0]),
        ("vector", "[1, 2]", [1, 2]),
        ("elsewhere", "100", "100"),
        ("elsewhere", "true", "true"),
        ("elsewhere", 100, 100),
        ("elsewhere", [1, {"a": None}], [1, {"a": None}]),
        ("lux", ABSENT, ABSENT),
    ],
)
def test_cells_become_values_by_the_schema_and_by_nothing_else(key, raw, value):
    cell = CellReader(SCHEMA.get(key), key).read(raw)
    assert cell.problem is None
    assert type(cell.value) is type(value)
    assert cell.value == value


@pytest.mark.parametrize(
    ("key", "raw", "words"),
    [
        ("lux", "abc", "expected a number"),
        ("lux", True, "expected a number"),
        ("lux", float("inf"), "finite"),
        ("reviewed", "yes", "true or false"),
        ("reviewed", 1, "true or false"),
        ("weather", "Fog", "one of fog, rain"),
        ("code", 7, "dtype={'code': str}"),
        ("code", "x" * 13, "at most 12"),
        ("captured at", "24.02.2024", "ISO 8601"),
        ("captured at", pd.Timestamp("2024-02-24"), "table['captured at'].dt.tz_localize(\"UTC\")"),
        ("gps", "59.9", "latitude, longitude"),
        ("vector", [1.0], "2 finite numbers"),
        ("elsewhere", {1, 2}, "list"),
        ("elsewhere", pd.Timedelta("1s"), "JSON value"),
        ("elsewhere", "\ud800", "UTF-8"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_with_the_reason(key, raw, words):
    assert words in CellReader(SCHEMA.get(key), key).read(raw).problem.reason
    found = join(pd.DataFrame({"name": ["a"], key: pd.Series([raw], dtype=object)}), [("a", {})])
    (problem,) = found.columns[0].problems
    assert (problem.position, problem.item, problem.key) == (0, 0, key)
    assert changes(found) == {}


def test_a_wrong_value_that_is_there_already_may_stay():
    found = join(pd.DataFrame({"name": ["a"], "lux": ["abc"]}), [("a", {"lux": "abc"})])
    assert (found.columns[0].same, found.columns[0].problems) == (1, [])


def again(value):
    """The same value as another object."""
    return ABSENT if value is ABSENT else loads(compact(value))


@given(st.lists(st.tuples(cells, cells) | cells.map(lambda value: (value, again(value))), max_size=6))
def test_lists_are_compared_as_their_values_are(pairs):
    before, after = [a for a, _ in pairs], [b for _, b in pairs]
    assert unlike(before, after) == [at for at, (a, b) in enumerate(pairs) if not same(a, b)]


@given(
    st.lists(st.one_of(st.text(max_size=3), st.integers(), st.floats(), st.booleans()), max_size=8),
    st.sampled_from([*SCHEMA, "elsewhere"]),
)
def test_a_column_is_read_as_its_cells_are(raws, key):
    type_ = SCHEMA.get(key)
    alone = [CellReader(type_, key).read(raw) for raw in raws]
    together = CellReader(type_, key).read_all(raws)
    if any(cell.problem for cell in alone):
        assert [cell.problem for cell in together] == [cell.problem for cell in alone]
    else:
        assert [canonical(value) for value in together] == [canonical(cell.value) for cell in alone]


# -- policies ------------------------------------------------------------------------------------------------------

SMALL = ["a", "b", "a, b", 1, 1.0, True, None, ABSENT, ["a"], [1, "b"], {"a": 1}, ""]
small = st.sampled_from(SMALL)


def naive(policy, held, value):
    """What an item holds afterwards."""
    if policy == "skip" or (policy == "fill" and held is not None and held is not ABSENT):
        return held
    if policy == "overwrite" or held is None or held is ABSENT:
        return value
    if isinstance(held, list):
        wanted = list(held)
        for one in value if isinstance(value, list) else [value]:
            if not any(same(one, other) for other in held):
                wanted.append(one)
        return wanted
    if isinstance(held, str) and isinstance(value, str):
        parts = held.split(", ")
        return held if value in parts or value == held else f"{held}, {value}"
    return "problem"


@pytest.mark.parametrize("policy", POLICIES)
def test_policies_do_what_their_words_say(policy):
    for held, value in itertools.product(SMALL, ["a", "b", "c", 1, True, ["a", "c"], {"a": 1}]):
        cell = put(policy, held, Cell(value), lambda _: None)
        expected = naive(policy, held, value)
        if expected == "problem":
            assert cell.problem.expected == "text, or a list, to append to"
        else:
            assert same(held if cell is None else cell.value, expected)


def test_a_policy_follows_the_schema_and_says_what_was_left():
    items = [("a", {"code": "123456789"}), ("b", {"code": "1"}), ("c", {}), ("d", {"code": "99"})]
    frame = pd.DataFrame({"name": list("abcd"), "code": ["9999", "9999", "9999", "99"]})
    found = join(frame, items, policy="append")
    assert changes(found) == {(1, "code"): "1, 9999", (2, "code"): "9999"}
    assert ["at most 12" in one.problem.reason for one in found.columns[0].problems] == [True]
    assert found.columns[0].same == 1
    filled = join(frame, items, policy={"code": "fill"})
    assert (changes(filled), filled.columns[0].kept) == ({(2, "code"): "9999"}, 3)


def test_values_that_are_there_already_are_passed_over_one_by_one():
    frame = pd.DataFrame({"name": list("edcba"), "note": list("54321")})
    found = join(frame, [(name, {"note": note}) for name, note in zip("abcde", "12045", strict=True)])
    assert changes(found) == {(2, "note"): "3"}
    assert (found.columns[0].positions, found.columns[0].before, found.columns[0].same) == ([2], ["0"], 4)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), small), min_size=1, max_size=5),
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["x", "", "a", None, 1])), max_size=5),
    st.sampled_from(POLICIES),
    st.sampled_from(DUPLICATES),
    st.sampled_from(AMBIGUOUS),
)
def test_a_join_comes_to_what_a_loop_over_items_comes_to(held, said, policy, duplicates, ambiguous):
    items = [(name, {} if value is ABSENT else {"key": value}) for name, value in held]
    frame = pd.DataFrame({"name": [n for n, _ in said], "key": pd.Series([v for _, v in said], dtype=object)})
    found = join(
        frame, items, schema=MetadataSchema(), policy=policy, duplicates=duplicates, ambiguous=ambiguous
    )
    expected, wrong = {}, 0
    for at, (name, before) in enumerate(held):
        rows = [value for other, value in said if other == name]
        if not rows or (ambiguous != "all" and sum(other == name for other, _ in held) > 1):
            continue
        if len(rows) > 1 and duplicates not in {"first", "last"}:
            continue
        value = rows[-1 if duplicates == "last" else 0]
        if value is None:
            continue
        after = naive(policy, before, value)
        if after == "problem":
            wrong += not same(before, value)
        elif not same(after, before):
            expected[at, "key"] = after
    assert {place: canonical(value) for place, value in changes(found).items()} == {
        place: canonical(value) for place, value in expected.items()
    }
    assert len(found.columns[0].problems) == wrong


def test_missing_cells_are_left_alone_and_absent_removes():
    frame = pd.DataFrame(
        {"name": list("abcd"), "note": pd.Series([float("nan"), None, pd.NA, ABSENT], dtype=object)}
    )
    found = join(frame, [(name, {"note": "old"}) for name in "abcd"])
    assert changes(found) == {(3, "note"): ABSENT}
    assert found.columns[0].missing == 3


# -- which columns -------------------------------------------------------------------------------------------------


def test_fields_of_items_are_left_out_unless_they_are_asked_for():
    frame = pd.DataFrame({"name": ["a"], "width": [640], "description": ["x"], "lux": [1]})
    assert join(frame, [("a", {})]).plan.left_out == ("width", "description")
    found = join(frame, [("a", {})], columns={"description": "note"})
    assert changes(found) == {(0, "note"): "x"}
    found = join(frame, [("a", {"width": 1})])
    assert changes(found) == {(0, "width"): 640, (0, "lux"): 1}  # items hold a key of that name


def test_a_key_named_like_a_field_is_told_apart_as_in_a_frame_of_items():
    frame = pd.DataFrame({"file": ["a"], "client_metadata.name": ["x"]})
    assert changes(join(frame, [("a", {})], on={"file": "name"})) == {(0, "name"): "x"}
    frame = pd.DataFrame({"client_metadata.name": ["x"], "lux": [1]})
    assert changes(join(frame, [("a", {"name": "x"})], on="client_metadata.name")) == {(0, "lux"): 1}


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        ({"nam": ["a"]}, {}, "Did you mean 'nam'"),
        ({"x": ["a"]}, {"on": "uuid"}, "a column 'uuid'"),
        ({"name": ["a"], "lux": [1]}, {"columns": ["lxu"]}, "Did you mean 'lux'"),
        ({"name": ["a"], "lux": [1]}, {"policy": {"lxu": "fill"}}, "Did you mean 'lux'"),
        ({"name": ["a"], "lux": [1]}, {"policy": "replace"}, "overwrite, fill, append, skip"),
        ({"name": ["a"], "lux": [1]}, {"duplicates": "all"}, "refuse, first, last, skip"),
        ({"name": ["a"], "x": [1], "y": [1]}, {"columns": {"x": "lux", "y": "lux"}}, "one column for each"),
        ({"name": ["a"], 5: [1]}, {}, "text as metadata key"),
        ({"name": ["a"]}, {"on": {"a": "name", "b": "name"}}, "one pair"),
        ({"name": ["a"]}, {"on": 5}, "a metadata key as on"),
    ],
)
def test_what_cannot_be_joined_is_said_in_one_go(frame, options, words):
    with pytest.raises(InvalidInputError, match=words.replace("(", r"\(")):
        join(pd.DataFrame(frame), [("a", {})], **{"on": "name", **options})


def test_columns_of_the_same_name_are_refused():
    frame = pd.DataFrame([["a", 1, 2]], columns=["name", "lux", "lux"])
    with pytest.raises(InvalidInputError, match="2 of that name"):
        join(frame, [("a", {})])


@pytest.mark.parametrize("data", [None, [1], {"name": ["a"]}])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(InvalidInputError, match="expected a table"):
        join(data, [("a", {})])


def test_a_table_of_another_library_is_taken():
    class Foreign:
        def to_pandas(self):
            return pd.DataFrame({"name": ["a"], "lux": [1]})

    assert changes(join(Foreign(), [("a", {})])) == {(0, "lux"): 1}


def test_the_column_that_names_the_items_is_no_metadata():
    plan = join_plan(pd.DataFrame(columns=["session", "lux"]), "session", None, {"session"})
    assert dict(plan.keys) == {"lux": "lux"}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"name": ["a", "b"], "lux": [1.5, None]}).convert_dtypes(),
        pd.DataFrame({"name": ["a", "b"], "lux": [1.5, None]}).convert_dtypes(dtype_backend="pyarrow"),
        pd.DataFrame({"name": pd.Categorical(["a", "b"]), "lux": pd.Categorical([1.5, None])}),
        pd.DataFrame({"lux": [1.5, None]}, index=pd.Index(["a", "b"], name="name")),
        pd.DataFrame({"name": ["b", "a"], "lux": [None, 1.5]}, index=[pd.Timestamp("2024-02-24"), "x"]),
    ],
    ids=["nullable", "arrow", "categorical", "index", "mixed index"],
)
def test_every_kind_of_column_is_read_alike(frame):
    found = join(frame, [("a", {}), ("b", {"lux": 3})])
    assert changes(found) == {(0, "lux"): 1.5}
    assert found.columns[0].missing == 1


def test_an_empty_table_changes_nothing():
    found = join(pd.DataFrame({"name": [], "lux": []}), [("a", {})])
    assert changes(found) == {}
    assert found.match.without == [0]
    assert changes(join(pd.DataFrame({"name": ["a"]}), [("a", {})])) == {}


def test_rows_and_columns_of_several_levels_are_refused():
    several = pd.MultiIndex.from_tuples([("a", 1)])
    with pytest.raises(InvalidInputError, match="a column 'uuid'"):
        join(pd.DataFrame({"lux": [1]}, index=several), [("a", {})], on="uuid")
    with pytest.raises(InvalidInputError, match="a column 'name'"):
        join(pd.DataFrame([[1]], columns=several), [("a", {})])


def test_a_single_column_by_name_and_a_misspelt_one():
    frame = pd.DataFrame({"name": ["a"], "lux": [1], "weather": ["fog"]})
    assert dict(join_plan(frame, "name", "lux", set()).keys) == {"lux": "lux"}
    with pytest.raises(InvalidInputError, match="Did you mean 'weather'"):
        join_plan(frame, "name", "wether", set())
    with pytest.raises(InvalidInputError) as caught:
        join_plan(frame, "name", ["zzz"], set())
    assert str(caught.value) == "expected a column 'zzz', got the columns name, lux, weather."
