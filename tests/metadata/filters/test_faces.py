"""One tree, many faces: each gives back an equal tree, and the pandas code the same rows."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import encord_widgets as ew
from encord_widgets.item_view import to_frame
from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, Not, Rule
from encord_widgets.metadata.items import ItemBatch, ItemTable
from tests.metadata.filters.reference import NOW, Item, matches
from tests.metadata.filters.strategies import (
    ARGUMENTS,
    NAMES,
    filters,
    item_lists,
    rules,
    suited_rules,
    trees,
)

UNSAID = frozenset({"nearest", "misfit"})
DEEP = Filter.all(Filter.any(), Filter.all(Filter.all(Rule("key:a", "null"))), Group("or", (), muted=True))


def evaluated(code: str) -> Filter:
    found = eval(code, {"F": ew.F, "Filter": ew.Filter, "__builtins__": {}})
    assert isinstance(found, Filter)
    return found


@given(filters)
@example(DEEP)
@example(EVERYTHING)
def test_text_is_read_back(node: Filter) -> None:
    assert Filter.parse(node.text) == node
    assert node.text.isprintable()


@given(filters)
@example(DEEP)
@example(EVERYTHING)
def test_python_evaluates_to_the_same_tree(node: Filter) -> None:
    assert evaluated(node.python) == node


@given(filters)
@example(DEEP)
def test_json_is_read_back(node: Filter) -> None:
    assert Filter.from_json(json.loads(json.dumps(node.to_json()))) == node
    again = pickle.loads(pickle.dumps(node))
    assert again == node
    assert hash(again) == hash(node)


@pytest.mark.parametrize("key", NAMES, ids=ascii)
def test_any_key_can_be_asked_about(key: str) -> None:
    """Keys that are words of the text or of Python, and keys that nobody can type."""
    rule = Rule(f"key:{key}", "null")
    for node in (
        rule,
        Not(rule),
        rule.mute(),
        rule & Rule("key:b", "is", (1,)),
        ~(rule | (ew.F[key] == key)),
    ):
        assert Filter.parse(node.text) == node
        assert evaluated(node.python) == node
        assert Filter.from_json(node.to_json()) == node


@pytest.mark.parametrize("op", sorted(ARGUMENTS))
def test_every_operator_has_every_face(op: str) -> None:
    @settings(max_examples=30, deadline=None)
    @given(ARGUMENTS[op], st.booleans())
    def faces(values: tuple[Any, ...], muted: bool) -> None:  # noqa: FBT001
        for node in (Rule("key:a b", op, values, muted), Not(Rule("field:name", op, values), muted)):
            assert Filter.parse(node.text) == node
            assert evaluated(node.python) == node
            assert Filter.from_json(json.loads(json.dumps(node.to_json()))) == node

    faces()


def test_every_operator_is_tried() -> None:
    assert set(ARGUMENTS) | {"preset"} == set(OPERATORS)


@given(rules | filters, rules | filters, rules | filters)
def test_operators_keep_what_they_join(a: Filter, b: Filter, c: Filter) -> None:
    for joined, kind in (((a & b) & c, "and"), ((a | b) | c, "or")):
        if any(isinstance(part, Group) and part.kind == kind for part in (a, b, c)):
            continue
        assert joined == Group(kind, (a, b, c))  # type: ignore[arg-type]
    assert ~a == Not(a)


def frame_of(items: list[Item]) -> pd.DataFrame:
    table = ItemTable()
    names = {name: [item.fields[name] for item in items] for name in (items[0].fields if items else ())}
    batch = ItemBatch([item.uuid for item in items], names, [dict(item.metadata) for item in items])
    return to_frame(table, table.append(batch))


def run(code: str, frame: pd.DataFrame) -> list[str]:
    """What a cell with this code would show."""
    code = code.replace("datetime.now(timezone.utc)", f"datetime.fromisoformat({NOW.isoformat()!r})")
    *statements, last = code.splitlines()
    namespace: dict[str, Any] = {"frame": frame}
    exec("\n".join(statements), namespace)
    shown = eval(last, namespace)
    assert isinstance(shown, pd.DataFrame)
    return shown.index.to_list()


@given(trees(suited_rules(UNSAID)), item_lists())
def test_pandas_code_gives_the_same_rows(node: Filter, items: list[Item]) -> None:
    expected = [item.uuid for item, found in zip(items, matches(node, items), strict=True) if found]
    assert run(node.pandas(), frame_of(items)) == expected


@given(suited_rules(UNSAID), item_lists())
def test_pandas_code_of_one_rule(node: Filter, items: list[Item]) -> None:
    expected = [item.uuid for item, found in zip(items, matches(node, items), strict=True) if found]
    assert run(node.pandas(), frame_of(items)) == expected


def test_pandas_code_reads_like_pandas() -> None:
    code = (ew.F.weather == "rain").pandas("table")
    assert code.splitlines()[-2:] == ["mask = texts('weather') == 'rain'", "table[mask]"]
    assert "def cells(name)" in code
    assert "def instants" not in code


def test_pandas_refuses_what_a_frame_cannot_say() -> None:
    node = (
        ew.F.state.changed
        & ew.F.vector.nearest(3, [1, 0])
        & (ew.F.lux.is_misfit() | Filter.opaque({"type": "metric"}))
        & (ew.F.item.has_children == True)  # noqa: E712
        & (ew.F.lux < 5)
    )
    with pytest.raises(ew.InvalidInputError) as caught:
        node.pandas()
    said = [problem.got for problem in caught.value.problems]
    assert said == [
        "state is changed",
        "vector nearest 3 to [1, 0]",
        "lux is misfit",
        'preset {"type": "metric"}',
        "item.has_children = true",
    ]
    assert "A frame holds no schema." in str(caught.value)


def test_what_is_muted_is_not_refused_by_pandas() -> None:
    node = ew.F.state.changed.mute() & (ew.F.lux < 5)
    assert run(node.pandas(), frame_of([Item("a", {"lux": 4}, {}), Item("b", {}, {})])) == ["a"]


@pytest.mark.parametrize("name", ["", "a b", "class", "x.y", "mask", "cells", "pd"])
def test_the_frame_needs_a_python_name(name: str) -> None:
    with pytest.raises(ew.InvalidInputError, match="a Python name for the frame"):
        EVERYTHING.pandas(name)


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ('weather = "rain"', 'F.weather == "rain"'),
        ('`captured at` != "x"', 'F["captured at"] != "x"'),
        ("lux < 5 and lux >= 1 or lux != 3", "((F.lux < 5) & (F.lux >= 1)) | (F.lux != 3)"),
        ("lux = null", "F.lux.equals(None)"),
        ("ok != true", "~F.ok.equals(True)"),
        ('name in ["a", 1] any case', None),
        ('item.name contains "a" any case', 'F.item.name.contains("a", any_case=True)'),
        ("state is not changed", "~F.state.changed"),
        ("muted(lux < 5) and a is absent", "(F.lux < 5).mute() & F.a.is_absent()"),
        ("all(a is null)", "Filter.all(F.a.is_null())"),
        ("t in last 7 days", "F.t.last(7, 'days')".replace("'", '"')),
        ("p within 5 km of [51.5, -0.1]", "F.p.within_km(51.5, -0.1, 5)"),
        ("`item` has type text", 'F["item"].has_type("text")'),
        ("nothing", "Filter.any()"),
    ],
)
def test_faces_read_as_one_would_write_them(text: str, python: str | None) -> None:
    if python is None:
        with pytest.raises(ew.FilterSyntaxError):
            Filter.parse(text)
        return
    node = Filter.parse(text)
    assert (node.text, node.python) == (text, python)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda i: (
            st.lists(i)
            | st.dictionaries(
                st.sampled_from(["and", "or", "not", "column", "op", "values", "muted", "x"]), i
            )
        ),
    )
)
def test_json_of_anything_is_read_or_refused(data: Any) -> None:
    try:
        node = Filter.from_json(data)
    except ew.InvalidInputError:
        return  # anything else that is raised fails the test
    assert Filter.from_json(node.to_json()) == node


def test_json_says_everything_that_is_wrong_and_where() -> None:
    data = {
        "and": [
            {"column": "key:lux", "op": "ltt", "values": [5]},
            {"not": {"column": "field:nam", "op": "is", "values": ["a"]}, "colour": 1},
            {"or": 5},
            {"column": "key:lux", "op": "lt", "values": [True], "muted": "yes"},
        ]
    }
    with pytest.raises(ew.InvalidInputError) as caught:
        Filter.from_json(data)
    shown = [str(problem) for problem in caught.value.problems]
    assert len(shown) == 6
    assert "the filter.and[0]" in shown[0]
    assert "Did you mean lt" in shown[0]
    assert shown[1] == "expected no other field, got colour in the filter.and[1]."
    assert "Did you mean name?" in shown[2]
    assert "the filter.and[2].or" in shown[3]


def test_json_too_deep_is_refused() -> None:
    data: Any = {"and": []}
    for _ in range(5000):
        data = {"not": data}
    with pytest.raises(ew.InvalidInputError, match="at most 100 levels"):
        Filter.from_json(data)


def test_a_single_text_is_one_value():
    assert ew.F.weather.isin("rain") == ew.F.weather.isin(["rain"])
    with pytest.raises(ew.InvalidInputError, match="a list of values, got None"):
        ew.F.weather.isin(None)
    with pytest.raises(ew.InvalidInputError, match="the text of a filter, got None"):
        Filter.parse(None)
