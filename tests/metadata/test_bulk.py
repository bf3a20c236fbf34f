"""Bulk edits of columns against the same edits of plain dictionaries, one item at a time."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.bulk import checked_key, evaluate
from encord_widgets.metadata.bulk_columns import Coded, joint, pairs_of
from encord_widgets.metadata.bulk_expressions import Expression, Template
from encord_widgets.metadata.bulk_operations import (
    Combine,
    Compute,
    CopyKey,
    FillDown,
    MapValues,
    ReplaceText,
    SetValue,
    Split,
)
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.values import ABSENT, canonical, same
from tests.metadata.strategies import cells as any_cells

KEYS = ("weather", "lux", "notes")
SCHEMA = MetadataSchema(
    {"weather": KeyType("enum", options=("rain", "fog")), "lux": KeyType("number"), "notes": KeyType("text")}
)
few = st.sampled_from(
    [
        ABSENT,
        ABSENT,
        None,
        "rain",
        "Rain",
        "fog",
        "a,b",
        "1,2",
        "x,y,z",
        "5",
        "",
        5,
        5.0,
        True,
        -0.0,
        [1],
        {"a": 1},
    ]
)
cells = few | any_cells
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(KEYS, cells)), max_size=8)
keys = st.sampled_from(KEYS)
schemas = st.sampled_from([MetadataSchema(), SCHEMA])
REFUSED = object()


def table_of(items, coded):
    """The items as columns: of plain values, or read from a typed column."""
    found = {}
    for key in KEYS:
        values = [item[key] for item in items]
        if coded:
            found[key] = Coded.of(values)
            continue
        column = Column(len(items) + 1)
        places = np.arange(len(items), dtype=np.int64)[::-1].copy()
        if items:
            column.write(places, values)
        found[key] = Coded.from_column(column, places, distinct=len(items) % 2 == 0)
    return found


def result(operation, items, schema, coded=True):  # noqa: FBT002 - how, not what
    """The items after the edit, and by item whether it was refused."""
    before = table_of(items, coded)
    outcome = evaluate(operation, before, schema)
    after = [dict(item) for item in items]
    for one in outcome.keys:
        assert one.before.to_list() == before[one.key].to_list()
        for row in np.flatnonzero(one.changed).tolist():
            after[row][one.key] = one.after.at(row)
        for row, code in enumerate(one.refused.tolist()):
            assert (code >= 0) <= bool(outcome.refused[row])
            assert code < 0 or one.reasons[code]
    changed = [any(not same(a[key], b[key]) for key in KEYS) for a, b in zip(after, items, strict=True)]
    assert outcome.touched.tolist() == changed, "only what differs is counted as changed"
    assert outcome.cells == sum(
        not same(a[key], b[key]) for a, b in zip(after, items, strict=True) for key in KEYS
    )
    assert not (outcome.touched & outcome.refused).any(), "an item is edited whole, or not at all"
    return after, outcome.refused.tolist()


def naive(items, schema, edit):
    """The same edit as a function from one item's dictionary to its new cells."""
    after, refused = [], []
    for item in items:
        new = edit(dict(item))
        bad = any(
            wanted is REFUSED or (schema.misfit(key, wanted) is not None and not same(item[key], wanted))
            for key, wanted in new.items()
        )
        refused.append(bad)
        after.append(dict(item) if bad else {**item, **new})
    return after, refused


def agree(found, expected):
    assert found[1] == expected[1]
    for one, other in zip(found[0], expected[0], strict=True):
        assert {key: canonical(value) for key, value in one.items()} == {
            key: canonical(value) for key, value in other.items()
        }


def free(item, key, wanted):
    return wanted if item[key] is ABSENT or same(item[key], wanted) else REFUSED


def read(schema, key, text):
    try:
        return schema.parse_text(key, text)
    except InvalidInputError:
        return REFUSED


@given(rows, keys, cells, schemas, st.booleans())
def test_set(items, key, value, schema, coded):
    agree(result(SetValue(key, value), items, schema, coded), naive(items, schema, lambda _: {key: value}))


@given(rows, keys, st.sampled_from(["unset", "empty", "all"]), schemas, st.booleans())
def test_fill_down(items, key, over, schema, coded):
    last = {}

    def edit(item):
        held = item[key]
        gap = held is ABSENT or (over == "empty" and held is None)
        if over == "all":
            return {key: last.setdefault("first", held)}
        if gap:
            return {key: last.get("above", held)}
        last["above"] = held
        return {}

    agree(result(FillDown(key, over), items, schema, coded), naive(items, schema, edit))


@given(rows, keys, st.sampled_from(["a", "ra", ",", "RAIN", "5", "."]), st.booleans(), st.booleans(), schemas)
def test_replace_text(items, key, find, any_case, whole, schema):  # noqa: PLR0917 - all drawn
    def edit(item):
        held = item[key]
        if not isinstance(held, str):
            return {}
        if whole:
            hit = re.fullmatch(re.escape(find), held, re.IGNORECASE if any_case else 0)
            return {key: r"\1"} if hit else {}
        if not any_case:
            return {key: held.replace(find, r"\1")}
        return {key: re.sub(re.escape(find), lambda _: r"\1", held, flags=re.IGNORECASE)}

    operation = ReplaceText(key, find, r"\1", any_case=any_case, whole=whole)
    agree(result(operation, items, schema), naive(items, schema, edit))


@given(rows, keys, st.sampled_from([r"(\w)a", r"^(.*),", "(x)?$"]), schemas)
def test_replace_pattern(items, key, pattern, schema):
    def edit(item):
        return {key: re.sub(pattern, r"<\1>", item[key])} if isinstance(item[key], str) else {}

    operation = ReplaceText(key, pattern, r"<\1>", regex=True)
    agree(result(operation, items, schema), naive(items, schema, edit))


@given(rows, st.permutations(KEYS), st.booleans(), st.booleans(), schemas, st.booleans())
def test_copy_and_rename(items, order, move, over, schema, coded):  # noqa: PLR0917 - all drawn
    old, new, _ = order

    def edit(item):
        if item[old] is ABSENT:
            return {}
        taken = {new: item[old] if over else free(item, new, item[old])}
        return {**taken, old: ABSENT} if move else taken

    found = result(CopyKey(old, new, move=move, over=over), items, schema, coded)
    agree(found, naive(items, schema, edit))


@given(rows, keys, schemas, st.booleans())
def test_map(items, key, schema, coded):
    def function(value):
        if isinstance(value, list):
            value.append(1)  # what a function does to its argument is its own business
            return value
        return {"rain": "fog", 5: ABSENT}.get(value, {1, 2}) if value != "5" else 1 / 0

    def edit(item):
        held = item[key]
        if held is ABSENT:
            return {}
        if isinstance(held, list):
            return {key: [*held, 1]}
        if isinstance(held, dict) or held == "5":
            return {key: REFUSED}
        return {key: {"rain": "fog", 5: ABSENT}.get(held, REFUSED)}

    agree(result(MapValues(key, function), items, schema, coded), naive(items, schema, edit))


@given(rows, schemas, st.booleans())
def test_an_expression_over_several_keys(items, schema, coded):
    def edit(item):
        if item["notes"] is ABSENT:
            return {}
        if item["weather"] is ABSENT:
            return {"notes": REFUSED}
        if not isinstance(item["weather"], str):
            return {"notes": REFUSED}
        return {
            "notes": item["weather"] + ("" if item["lux"] is ABSENT else "!") + str(len(str(item["notes"])))
        }

    expression = Expression(
        'weather + ("" if values.get("lux", ABSENT) is ABSENT else "!") + str(len(str(value)))'
    )
    agree(result(Compute("notes", expression), items, schema, coded), naive(items, schema, edit))


@given(rows, st.permutations(KEYS), st.booleans(), schemas)
def test_combine(items, order, over, schema):
    into, one, other = order

    def text(value):
        return value if isinstance(value, str) else Template("{x}").of({"x": value})

    def edit(item):
        if any(item[key] is ABSENT or item[key] is None for key in (one, other)):
            return {into: REFUSED}
        made = read(schema, into, f"{text(item[one])}_{text(item[other])}")
        return {into: made if over or made is REFUSED else free(item, into, made)}

    operation = Combine(into, Template(f"{{{one}}}_{{{other}}}"), over=over)
    agree(result(operation, items, schema), naive(items, schema, edit))


@given(rows, st.permutations(KEYS), st.booleans(), st.booleans(), schemas)
def test_split(items, order, over, itself, schema):
    source, *others = order
    into = (source, others[0]) if itself else tuple(others)

    def edit(item):
        held = item[source]
        if held is ABSENT or held is None:
            return {}
        parts = held.split(",") if isinstance(held, str) else []
        if len(parts) != 2:
            return {source: REFUSED}
        made = {key: read(schema, key, part) for key, part in zip(into, parts, strict=True)}
        return {
            key: one if over or key == source or one is REFUSED else free(item, key, one)
            for key, one in made.items()
        }

    agree(result(Split(source, ",", into, over), items, schema), naive(items, schema, edit))


@given(st.lists(st.tuples(cells, cells), max_size=8))
def test_joined_columns_are_the_rows(pairs):
    columns = [Coded.of([pair[0] for pair in pairs]), Coded.of([pair[1] for pair in pairs])]
    found, codes = joint(columns)
    assert [tuple(map(canonical, found[code])) for code in codes.tolist()] == [
        tuple(map(canonical, pair)) for pair in pairs
    ]
    assert len(found) <= len(pairs)


@given(st.lists(cells, max_size=8), st.randoms(use_true_random=False))
def test_rows_of_a_column_are_its_cells(values, random):
    places = [place for place in range(len(values)) if random.random() < 0.6]
    column = Coded.of(values).column(np.array(places, dtype=np.int64))
    found = column.values(np.arange(len(places)))
    assert [canonical(value) for value in found] == [canonical(values[place]) for place in places]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=8),
    st.sampled_from([(4, 5), (70_000, 5)]),
)
def test_pairs_are_the_same_counted_and_sorted(rows, sizes):
    one, other = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    first, second, places = pairs_of(one, sizes[0], other, sizes[1])
    found = list(zip(first.tolist(), second.tolist(), strict=True))
    assert found == sorted(set(rows))
    assert [found[place] for place in places.tolist()] == rows


def test_a_function_is_called_once_for_a_value():
    seen = []
    column = Coded.of(["fog", "rain"] * 50 + [ABSENT])
    evaluate(MapValues("weather", lambda value: seen.append(value) or value), {"weather": column}, SCHEMA)
    assert sorted(seen) == ["fog", "rain"]


def test_reasons_name_what_is_wrong():
    def reason(operation, **values):
        columns = {key: Coded.of([value]) for key, value in values.items()}
        outcome = evaluate(operation, columns, SCHEMA)
        return next(one.reasons[int(one.refused[0])] for one in outcome.keys if one.refused[0] >= 0)

    assert reason(MapValues("lux", lambda value: 1 / value), lux=0) == "ZeroDivisionError: division by zero."
    assert "finite number" in reason(MapValues("lux", lambda _: float("nan")), lux=0)
    assert reason(MapValues("lux", str), lux=5) == "expected a number, got '5' (text)."
    assert reason(CopyKey("notes", "lux"), notes="dark", lux=3) == "lux holds 3 already."
    assert (
        reason(Combine("notes", Template("{city}_{lux}")), notes=ABSENT, city=ABSENT, lux=1)
        == "city is not set."
    )
    assert reason(Split("notes", "_", ("a", "b")), notes="x", a=ABSENT, b=ABSENT) == "'x' has 1 parts, not 2."
    assert reason(Split("notes", "_", ("a", "lux")), notes="x_y", a=ABSENT, lux=ABSENT).startswith(
        "expected a number"
    )
    assert reason(Compute("notes", Expression("city + 1")), city=ABSENT, notes="") == "city is not set."
    assert "TypeError" in reason(Compute("notes", Expression("city + 1")), city="x", notes="")
    assert reason(Combine("notes", Template("{lux:%}_")), notes=ABSENT, lux="dark").startswith("lux: 'dark'")


def test_text_is_read_by_the_type_of_the_key():
    columns = {
        key: Coded.of([value]) for key, value in {"notes": "fog_12", "weather": ABSENT, "lux": ABSENT}.items()
    }
    outcome = evaluate(Split("notes", "_", ("weather", "lux")), columns, SCHEMA)
    assert [one.after.to_list() for one in outcome.keys] == [["fog"], [12]]


def test_expressions_say_which_keys_they_read():
    assert Expression("city.upper() + values['captured at']").keys == ("city", "captured at")
    assert Expression("[part for part in tags if part]").keys == ("tags",)
    assert Expression("(lambda text: text + city)(value)").keys == ("city",)
    assert Expression("re.sub('a', 'b', value)").own
    assert Expression("max(1, 2)").keys == ()
    assert Template("{city}_{camera:02}{{x}}").keys == ("city", "camera")
    assert Template("{captured at}{{x}}").of({"captured at": 5.5}) == "5.5{x}"
    assert Template("{a.b}{c[0]}").keys == ("a.b", "c[0]"), "a key is a key, whatever it looks like"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Template("no keys"),
        lambda: Template("{"),
        lambda: Template("{}"),
        lambda: Template("{city!r}"),
        lambda: Expression("city +"),
        lambda: Expression("x = 1"),
        lambda: Expression("().__class__"),
        lambda: Expression("__import__('os')"),
        lambda: Expression("\0"),
        lambda: ReplaceText("a", "", "x"),
        lambda: ReplaceText("a", "(", "x", regex=True),
        lambda: ReplaceText("a", "b", r"\1", regex=True),
        lambda: ReplaceText("a", 5, "x"),
        lambda: CopyKey("a", "a"),
        lambda: FillDown("a", "some"),
        lambda: Split("a", "", ("b", "c")),
        lambda: Split("a", ",", ("b",)),
        lambda: Split("a", ",", ("b", "b")),
        lambda: checked_key(""),
        lambda: checked_key(5),
    ],
)
def test_what_cannot_be_done_is_refused_when_it_is_made(make):
    with pytest.raises(InvalidInputError):
        make()
