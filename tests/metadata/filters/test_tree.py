"""The tree: what it means, how it is changed by path, and what it refuses."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import encord_widgets as ew
from encord_widgets.metadata.filters import tree
from encord_widgets.metadata.filters.operators import OPERATORS, operators_for
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, Not, Rule
from tests.metadata.filters.reference import Item, matches
from tests.metadata.filters.strategies import filters, item_lists, suited_rules, trees

F = ew.F
NOTHING = Filter.any()
COLUMNS = ["lux = 5", "lux != 5", "lux < 5", "lux >= 5", "not lux < 5", "lux is absent", "lux is null"]
nodes = trees(suited_rules(), depth=2)


def test_the_documented_truth_table_is_true() -> None:
    rows = re.findall(r"^\| (.+?) \|$", tree.__doc__ or "", re.MULTILINE)
    table = [[cell.strip() for cell in row.split("|")] for row in rows if "---" not in row]
    header, *body = table
    assert [cell.strip("`") for cell in header[1:]] == [
        name.removeprefix("lux ") if name.startswith("lux is") else name for name in COLUMNS
    ]
    values: dict[str, dict[str, Any]] = {
        "3": {"lux": 3},
        "5": {"lux": 5},
        '"5"': {"lux": "5"},
        "true": {"lux": True},
        "null": {"lux": None},
        "absent": {},
    }
    assert [row[0] for row in body] == list(values)
    for name, *expected in body:
        item = Item("a", values[name])
        got = [str(matches(Filter.parse(text), [item])[0]).lower() for text in COLUMNS]
        assert got == expected, name


@given(nodes, nodes, item_lists())
def test_negation_and_de_morgan_hold(a: Filter, b: Filter, items: list[Item]) -> None:
    """For absent, null and values of the wrong type too; of muted filters, for those that count."""
    a, b = a.active(), b.active()
    of_a, of_b = matches(a, items), matches(b, items)
    assert matches(~a, items) == [not found for found in of_a]
    assert matches(~~a, items) == of_a
    assert matches(a & b, items) == [x and y for x, y in zip(of_a, of_b, strict=True)]
    assert matches(a | b, items) == [x or y for x, y in zip(of_a, of_b, strict=True)]
    assert matches(~(a & b), items) == matches(~a | ~b, items)
    assert matches(~(a | b), items) == matches(~a & ~b, items)


@given(nodes, item_lists())
def test_what_is_muted_is_left_out(node: Filter, items: list[Item]) -> None:
    active = node.active()
    assert not any(found.muted for _, found in active.nodes())
    assert matches(active, items) == matches(node, items)
    assert matches(node.mute(), items) == [True] * len(items)
    if not node.in_force:
        assert active == EVERYTHING


@given(nodes, nodes, nodes, item_lists())
def test_joining_means_the_same_anywhere(a: Filter, b: Filter, c: Filter, items: list[Item]) -> None:
    """`&` and `|` may merge groups, never what they mean, wherever the result is put."""
    for joined, kept in (((a & b), Filter.all(a, b)), ((a | b), Filter.any(a, b))):
        for around in (lambda n: n, Not, lambda n: Filter.any(n, c), lambda n: Filter.all(c, n)):
            assert matches(around(joined), items) == matches(around(kept), items)


def test_groups_of_a_kind_become_one() -> None:
    a, b, c, d = F.a == 1, F.b == 2, F.c == 3, F.d == 4
    assert (a & b) & (c & d) == Group("and", (a, b, c, d))
    assert (a | b) | c == Group("or", (a, b, c))
    assert (a | b) & c == Group("and", (Group("or", (a, b)), c))
    assert (a & b).mute() & c == Group("and", (Group("and", (a, b), muted=True), c))
    assert EVERYTHING & a == a
    assert a & EVERYTHING == a
    assert NOTHING | a == a
    assert NOTHING | a.mute() == Group("or", (NOTHING, a.mute()))


def test_equality_is_that_of_json() -> None:
    assert (F.a == 1) == (F.a == 1.0)
    assert hash(F.a == 1) == hash(F.a == 1.0)
    assert (F.a == 1) != (F.a == True)  # noqa: E712
    assert (F.a == 1) != (F.a == "1")
    assert (F.a == {"x": 1, "y": 2}) == (F.a == {"y": 2, "x": 1})
    assert (F.a == 1) != (F.a == 1).mute()
    assert (F.a == 1) != 1
    assert len({F.a == 1, F.a == 1.0, Not(F.a == 1), EVERYTHING, NOTHING}) == 4


def test_a_filter_does_not_change() -> None:
    options = ["rain", ["fog"]]
    node = F.weather.isin(options)
    before = node.text
    options[1].append("snow")  # type: ignore[attr-defined]
    options.append("sun")
    assert node.text == before
    with pytest.raises(AttributeError):
        node.muted = True


def test_a_filter_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match=r"& \| ~"):
        bool(F.a == 1)
    with pytest.raises(TypeError, match="is_present"):
        bool(F.a)
    with pytest.raises(TypeError):
        _ = (F.a == 1) & 5  # type: ignore[operator]


# Paths


ABC = Filter.parse("a = 1 and (b = 2 or not c = [3]) and d is null")


def test_nodes_are_found_by_path() -> None:
    paths = {path: node.text for path, node in ABC.nodes()}
    assert list(paths) == [(), (0,), (1,), (1, 0), (1, 1), (1, 1, 0), (2,)]
    assert {path: rule.text for path, rule in ABC.rules()} == {
        (0,): "a = 1", (1, 0): "b = 2", (1, 1, 0): "c = [3]", (2,): "d is null"
    }  # fmt: skip


@given(filters, st.data())
def test_every_path_leads_to_its_node(node: Filter, data: st.DataObject) -> None:
    everything = dict(node.nodes())
    path = data.draw(st.sampled_from(list(everything)))
    assert node.at(path) is everything[path]
    assert node.replace(path, everything[path]) == node
    other = F.z.is_null()
    changed = node.replace(path, other)
    assert changed.at(path) == other
    assert {p: n for p, n in changed.nodes() if p[: len(path)] != path and path[: len(p)] != p} == {
        p: n for p, n in everything.items() if p[: len(path)] != path and path[: len(p)] != p
    }
    assert node.mute(path).at(path).muted
    assert node.mute(path).mute(path, muted=False) == node.mute(path, muted=False)


@given(filters, st.data())
def test_an_inserted_node_is_taken_out_again(node: Filter, data: st.DataObject) -> None:
    groups = [path for path, found in node.nodes() if isinstance(found, Group)]
    if not groups:
        return
    parent = data.draw(st.sampled_from(groups))
    place = data.draw(st.integers(0, len(node.at(parent).parts)))
    grown = node.insert((*parent, place), F.z.is_null())
    assert grown.at((*parent, place)) == F.z.is_null()
    assert len(list(grown.nodes())) == len(list(node.nodes())) + 1
    if node.at(parent).parts:
        assert grown.replace((*parent, place), None) == node


@given(filters, st.data())
def test_moving_keeps_every_rule(node: Filter, data: st.DataObject) -> None:
    paths = [path for path, _ in node.nodes() if path]
    spots = [
        (*path, place)
        for path, found in node.nodes()
        if isinstance(found, Group)
        for place in range(len(found.parts) + 1)
    ]
    if not paths or not spots:
        return
    path, to = data.draw(st.sampled_from(paths)), data.draw(st.sampled_from(spots))
    if to[: len(path)] == path:
        if to != path:
            with pytest.raises(ew.InvalidInputError, match="outside the node"):
                node.move(path, to)
        return
    moved = node.move(path, to)
    assert sorted(rule.text for _, rule in moved.rules()) == sorted(rule.text for _, rule in node.rules())
    assert any(found == node.at(path) for _, found in moved.nodes())


@pytest.mark.parametrize(
    ("path", "to", "text"),
    [
        ((0,), (3,), "(b = 2 or c != [3]) and d is null and a = 1"),
        ((2,), (0,), "d is null and a = 1 and (b = 2 or c != [3])"),
        ((0,), (1, 2), "(b = 2 or c != [3] or a = 1) and d is null"),
        ((1, 0), (1, 2), "a = 1 and (c != [3] or b = 2) and d is null"),
        ((1, 1, 0), (0,), "c = [3] and a = 1 and any(b = 2) and d is null"),
        ((1,), (1,), "a = 1 and (b = 2 or c != [3]) and d is null"),
    ],
)
def test_a_node_is_moved(path: tuple[int, ...], to: tuple[int, ...], text: str) -> None:
    assert ABC.move(path, to).text == text


def test_a_group_that_is_emptied_goes_too() -> None:
    assert Filter.parse("a = 1 and any(not b = 2)").replace((1, 0, 0), None).text == "all(a = 1)"
    assert (F.a == 1).replace((), None) == EVERYTHING
    assert Filter.any(F.a == 1).replace((0,), None) == EVERYTHING


@pytest.mark.parametrize("path", [(3,), (-1,), (0, 0), (1, 1, 1)])
def test_a_path_that_leads_nowhere_is_refused(path: tuple[int, ...]) -> None:
    for call in (
        lambda: ABC.at(path),
        lambda: ABC.replace(path, None),
        lambda: ABC.mute(path),
        lambda: ABC.move(path, (0,)),
    ):
        with pytest.raises(ew.InvalidInputError, match=re.escape(f"a node at {list(path)}")):
            call()


@pytest.mark.parametrize("path", [(), (4,), (-1,), (0, 0), (1, 1, 0)])
def test_only_groups_take_nodes(path: tuple[int, ...]) -> None:
    with pytest.raises(ew.InvalidInputError, match="a place in a group"):
        ABC.insert(path, F.z.is_null())


# What is refused


@pytest.mark.parametrize(
    ("column", "op", "values", "words"),
    [
        ("key:lux", "lt", ("abc",), "a number, or an ISO 8601 date or time as value"),
        ("key:lux", "lt", (True,), "a number, or an ISO 8601"),
        ("key:lux", "lt", (), "value for 'is below', got 0 arguments"),
        ("key:lux", "lt", (1, 2), "got 2 arguments"),
        ("key:lux", "lt", (float("nan"),), "a finite number"),
        ("key:lux", "between", (5, 1), "the lower end first"),
        ("key:lux", "between", ("2026-01-02", "2026-01-01"), "the lower end first"),
        ("key:lux", "between", (1, "2026-01-01"), "two numbers or two dates"),
        ("key:lux", "ltt", (5,), "Did you mean lt"),
        (
            "key:name",
            "regex",
            ("(",),
            "a regular expression (missing ), unterminated subpattern at position 0)",
        ),
        ("key:name", "contains", (5,), "text as value of 'contains'"),
        ("key:name", "in_ci", ("a", 5), "text as values"),
        ("key:t", "last", (0, "days"), "a number above 0"),
        ("key:t", "last", (7, "years"), "one of minutes, hours, days, weeks"),
        ("key:p", "in_box", (10, 0, 5, 0), "a south that is not north of north"),
        ("key:p", "in_box", (0, 0, 91, 0), "a latitude from -90 to 90 as north"),
        ("key:p", "within_km", (0, 0, -1), "a distance in kilometres from 0"),
        ("key:v", "nearest", (0, [1]), "a whole number from 1"),
        ("key:v", "nearest", (1, "rain"), "the uuid of an item"),
        ("key:v", "nearest", (1, [0, 0.0]), "not all 0"),
        ("key:v", "type", ("string",), "one of text, number"),
        ("key:v", "misfit", ("number",), "a JSON object"),
        ("key:v", "is", ({1, 2},), "a list"),
        ("key:v", "preset", ({},), "'preset' for opaque rules alone"),
        ("field:nam", "is", ("a",), "Did you mean name?"),
        ("state:changd", "is", (True,), "Did you mean changed?"),
        ("state:changed", "is", (False,), "'is' and True for a state"),
        ("state:changed", "absent", (), "'is' and True for a state"),
        ("weather", "is", (1,), "a column: key:"),
        ("key:\ud800", "is", (1,), "a column: key:"),
    ],
)
def test_a_rule_says_what_is_wrong_with_it(column: str, op: str, values: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ew.InvalidInputError) as caught:
        Rule(column, op, values)
    assert words in str(caught.value)


def test_every_argument_that_is_wrong_is_named() -> None:
    with pytest.raises(ew.InvalidInputError) as caught:
        F["the place"].in_box(100, "x", 5, 999)
    assert len(caught.value.problems) == 3
    assert {problem.key for problem in caught.value.problems} == {"the place"}


def test_python_values_become_json() -> None:
    one = uuid.UUID(int=1)
    assert (F.a == one) == Rule("key:a", "is", (str(one),))
    assert (F.a < np.float64(2.5)) == Rule("key:a", "lt", (2.5,))
    assert (F.a >= dt.date(2026, 1, 2)) == Rule("key:a", "ge", ("2026-01-02",))
    assert F.v.nearest(2, one) == Rule("key:v", "nearest", (2, str(one)))
    assert (F.a == ew.ABSENT) == Rule("key:a", "absent")
    with pytest.raises(ew.InvalidInputError, match="a datetime with a zone"):
        _ = F.a < dt.datetime(2026, 1, 2)  # noqa: DTZ001


def test_the_builder_names_its_fields_and_states() -> None:
    assert "created_at" in dir(F.item)
    assert "has_children" in dir(F.item)
    assert "changed" in dir(F.state)
    for wrong in (lambda: F.item.nam, lambda: F.state.chnged, lambda: F._weather):
        with pytest.raises(AttributeError):
            wrong()
    with pytest.raises(KeyError):
        F.item["nam"]
    with pytest.raises(KeyError):
        F[5]  # type: ignore[index]
    assert F.item["name"].contains("a") == F.item.name.contains("a")
    assert F["item"].is_null() == Rule("key:item", "null")


def test_filters_are_shown_as_they_are_written() -> None:
    assert repr(F["captured at"]) == 'F["captured at"]'
    assert repr(F.item.name) == "F.item.name"
    assert repr([F.lux < 5]) == "[F.lux < 5]"
    assert str(F.lux < 5) == "lux < 5"


# The registry


def test_the_registry_drives_a_menu() -> None:
    for name, found in OPERATORS.items():
        data = found.to_json()
        assert data["name"] == name
        assert data["label"]
        assert (data["least"], data["most"]) == found.arity
        if found.any_case:
            assert not OPERATORS[found.any_case].offered
            assert OPERATORS[found.any_case].arity == found.arity
    assert OPERATORS["in"].arity == (0, None)
    assert OPERATORS["misfit"].arity == (0, 1)


@pytest.mark.parametrize(
    ("kind", "some", "none"),
    [
        ("number", {"lt", "between", "absent", "misfit"}, {"contains", "in_box", "nearest", "last"}),
        ("datetime", {"lt", "last", "is"}, {"contains", "nearest"}),
        ("enum", {"in", "is", "contains"}, {"lt", "in_box"}),
        ("boolean", {"is", "null"}, {"lt", "contains"}),
        ("geospatial", {"in_box", "within_km"}, {"is", "lt", "nearest"}),
        ("embedding", {"nearest", "absent"}, {"lt", "contains"}),
        (None, {"nearest", "in_box", "lt", "contains", "last"}, {"preset", "is_ci"}),
    ],
)
def test_operators_are_offered_by_type(kind: Any, some: set[str], none: set[str]) -> None:
    names = {found.name for found in operators_for(kind)}
    assert some <= names
    assert not none & names
