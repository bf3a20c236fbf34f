"""The tree that the browser edits: the filter comes back as it was, and what is unfinished stays out of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, Not, Rule
from encord_widgets.widgets._filter_draft import decode, encode, read_tree, to_tree
from encord_widgets.widgets._requests import BadRequestError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
rules = st.one_of(
    st.builds(lambda v, m: Rule("key:a", "is", (v,), m), json_values, st.booleans()),
    st.builds(
        lambda v, m: Rule("key:b c", "in", tuple(v), m), st.lists(json_values, max_size=3), st.booleans()
    ),
    st.builds(lambda n, m: Rule("field:width", "lt", (n,), m), st.integers(), st.booleans()),
    st.builds(lambda m: Rule("state:changed", "is", (True,), m), st.booleans()),
)
filters = st.recursive(
    rules,
    lambda inner: (
        st.builds(Not, inner, st.booleans())
        | st.builds(
            Group, st.sampled_from(["and", "or"]), st.lists(inner, max_size=3).map(tuple), st.booleans()
        )
    ),
    max_leaves=8,
)


def over_the_wire(tree):
    return json.loads(json.dumps(tree, allow_nan=False))


def without_empty_ands(wanted):
    """Empty all-of groups hold for everything, so the builder does not keep them."""
    if isinstance(wanted, Group):
        return bool(wanted.parts or wanted.kind == "or") and all(map(without_empty_ands, wanted.parts))
    return all(map(without_empty_ands, wanted.parts))


@given(json_values)
def test_values_travel_exactly(value):
    assert Rule("key:a", "is", (decode(over_the_wire(encode(value))),)) == Rule("key:a", "is", (value,))


@given(filters.filter(without_empty_ands))
def test_a_filter_comes_back_as_it_was(wanted):
    read = read_tree(over_the_wire(to_tree(wanted)))
    assert read.problems == {}
    lone = isinstance(wanted, Group) and wanted.kind == "and" and len(wanted.parts) == 1 and not wanted.muted
    expected = wanted.parts[0] if lone else wanted
    assert read.filter == expected
    assert len(set(read.ids.values())) == len(read.ids)
    # What is inside a `not` is shown as one row with it.
    rows = {
        path
        for path, _ in expected.nodes()
        if not path or not isinstance(expected.at(path[:-1]), Not)
    }  # fmt: skip
    assert set(read.ids) == (rows if expected != EVERYTHING else set())


@given(filters, filters)
def test_ids_stay_where_the_shape_stays(first, second):
    before = to_tree(first)
    after = to_tree(second, before)
    assert after["id"] == before["id"]
    assert to_tree(first, before) == before
    seen = []

    def walk(node):
        seen.append(node["id"])
        for part in node.get("parts", ()):
            walk(part)

    walk(after)
    assert len(set(seen)) == len(seen)


def rule(own, **more):
    return {"id": own, "kind": "rule", "column": "key:lux", "op": "lt", "values": [["n", "5"]],
            "muted": False, "nots": [], **more}  # fmt: skip


def group(own, *parts, kind="and", **more):
    return {"id": own, "kind": kind, "parts": list(parts), "muted": False, "nots": [], **more}


def test_what_is_not_filled_in_is_left_out():
    tree = group(
        "root",
        rule("no column", column=""),
        rule("no value", values=[0]),
        rule("no list", op="in", values=[]),
        group("no parts", kind="or"),
        rule("fine"),
    )
    read = read_tree(tree)
    assert read.filter.text == "lux < 5"
    assert set(read.problems) == {"no value", "no list"}
    assert read.ids == {(): "fine"}


def test_what_is_wrong_is_said_by_rule():
    read = read_tree(
        group("root", rule("a", op="regex", values=["(x"]), rule("b", column="state:gone", op="is"))
    )
    assert read.filter == EVERYTHING
    assert "regular expression" in read.problems["a"]
    assert "expected" in read.problems["b"]


def test_emptiness_on_purpose_is_kept():
    read = read_tree(to_tree(Filter.parse("lux < 5 and nothing and weather in []")))
    assert read.filter == Filter.parse("lux < 5 and nothing and weather in []")


def test_negation_and_muting_are_marks():
    tree = to_tree(Filter.parse("not muted(lux < 5 or weather = 1)"))
    assert (tree["kind"], tree["nots"], tree["muted"]) == ("or", [False], True)
    assert set(read_tree(tree).ids) == {(), (0, 0), (0, 1)}


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        rule("a"),
        group("root", {"id": "a"}),
        group("root", rule("")),
        group("root", rule("x" * 401)),
        group("root", rule("a", nots=[1])),
        group("root", rule("a", values=[["n", "NaN"]])),
        group("root", rule("a", values=[7])),
        group("root", rule("a", values="5")),
        {**group("root"), "kind": "xor"},
        {**group("root"), "parts": None},
    ],
)
def test_other_trees_are_refused(tree):
    with pytest.raises(BadRequestError):
        read_tree(tree)


def test_trees_of_any_depth_are_refused_without_harm():
    tree = group("root")
    for _ in range(500):
        tree = group("root", tree)
    with pytest.raises(BadRequestError):
        read_tree(tree)
