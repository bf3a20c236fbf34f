"""What a column's header shows and edits of the filter: the same tree, and everything else of it kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import encord_widgets as ew
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, Not, Rule
from encord_widgets.widgets.column_facts import chosen_of, column_facts, filter_to_wire
from encord_widgets.widgets.column_filter import (
    MARKS,
    ColumnFilter,
    columns_in,
    found_in,
    others_on,
    with_column,
)
from encord_widgets.widgets.grid_columns import columns_of
from tests.widgets.browser import Browser

F = ew.F
LUX, WEATHER = "key:lux", "key:weather"

numbers = st.integers(-5, 5) | st.floats(-5, 5, allow_nan=False)
headers = st.builds(
    ColumnFilter,
    values=st.lists(st.sampled_from(["rain", "fog", 1, True, None, "1"]), max_size=3, unique_by=repr).map(
        tuple
    ),
    low=st.none() | st.integers(-5, 0),
    high=st.none() | st.integers(0, 5),
    text=st.sampled_from(["", "ra"]),
    marks=st.sets(st.sampled_from(MARKS)).map(lambda found: tuple(m for m in MARKS if m in found)),
)
rules = st.sampled_from(
    [
        F.lux < 5,
        F.lux >= 1,
        F.weather == "rain",
        F.weather.contains("ai"),
        F.notes.is_absent(),
        F.lux.is_null(),
    ]
)
trees = st.recursive(
    rules,
    lambda parts: (
        st.builds(
            Group, st.sampled_from(["and", "or"]), st.lists(parts, max_size=3).map(tuple), st.booleans()
        )
        | st.builds(Not, parts, st.booleans())
    ),
    max_leaves=8,
)


@given(headers)
def test_what_a_header_says_is_read_back(header):
    node = header.node(LUX)
    if node is None:
        assert header == ColumnFilter()
    else:
        assert ColumnFilter.of(node, LUX) == header
        assert ColumnFilter.of(node, WEATHER) is None
        assert ColumnFilter.of(node.mute(), LUX) is None


@given(trees, headers)
def test_a_header_changes_its_own_part_and_keeps_the_rest(tree, header):
    before = found_in(tree, LUX)
    others = others_on(tree, LUX)
    changed = with_column(tree, LUX, header)
    assert others_on(changed, LUX)[: len(others)] == others or header.node(LUX) is None
    assert [r for _, r in changed.rules() if r.column != LUX] == [
        r for _, r in tree.rules() if r.column != LUX
    ]
    node = header.node(LUX)
    if node is not None:
        found = found_in(changed, LUX)
        assert found is not None
        if before is not None:
            assert found[1] == header
            assert changed.at(before[0]) == node
        assert node in [part for _, part in changed.nodes()]
    elif before is None:
        assert changed == tree


@given(trees, headers)
def test_what_was_not_there_leaves_no_trace_when_it_is_cleared(tree, header):
    if found_in(tree, LUX) is None and header.node(LUX) is not None:
        back = with_column(with_column(tree, LUX, header), LUX, None)
        assert back == tree or back.active() == tree.active() or Group("and", (back,)) == tree


def test_examples_of_what_a_header_leaves_alone():
    tree = F.lux.between(1, 5) & ~(F.lux == 3) & (F.weather == "rain")
    assert others_on(tree, LUX) == ["lux != 3"]
    assert with_column(tree, LUX, None) == ~(F.lux == 3) & (F.weather == "rain")
    either = (F.lux < 5) | (F.weather == "rain")
    assert with_column(either, WEATHER, ColumnFilter(values=("fog",))).parts[0] == either
    assert others_on(either, WEATHER) == [either.text]
    assert with_column(EVERYTHING, LUX, ColumnFilter(low=1)) == (F.lux >= 1)
    assert with_column(F.lux >= 1, LUX, None) == EVERYTHING
    assert columns_in(tree & (F.notes == "x").mute()) == [LUX, WEATHER]


# -- over items ------------------------------------------------------------------------------------------------


def column(items, name):
    return next(one for one in columns_of(items) if one.name == name)


def test_facts_of_a_text_column_are_counted_within_the_rest_of_the_filter(items):
    items.filter = (F.weather == "rain") & (F.lux < 1000)
    facts = column_facts(items, column(items, "weather"))
    dim = items.where(F.lux < 1000).frame["weather"]
    assert facts["total"] == len(dim)
    counted = {one["text"]: one["count"] for one in facts["values"]}
    assert counted == dim.dropna().value_counts().to_dict()
    assert facts["counts"]["absent"] + facts["counts"]["null"] == int(dim.isna().sum())
    assert facts["counts"]["misfit"] == items.where((F.lux < 1000) & F.weather.is_misfit()).count
    assert facts["chosen"]["values"] == ['"rain"']
    assert facts["others"] == []
    assert (facts["range"], facts["contains"]) == (None, True)


def test_a_ticked_value_is_listed_however_rare(items):
    items.filter = F.weather == "locusts"
    facts = column_facts(items, column(items, "weather"))
    assert {"json": '"locusts"', "text": "locusts", "count": 0} in facts["values"]


def test_facts_of_numbers_and_dates_are_bounds(items):
    numbers = column_facts(items, column(items, "lux"))
    assert numbers["range"] == "number"
    assert float(numbers["low"]) <= 3.7
    dates = column_facts(items, column(items, "captured at"))
    assert dates["range"] == "datetime"
    assert dates["low"] < dates["high"]


@pytest.fixture
def grid(items):
    with ew.ItemGrid(items) as grid:
        yield grid


def chosen(**more):
    return {"values": [], "low": None, "high": None, "text": "", "marks": [], **more}


def test_a_header_sets_the_filter_of_the_items(items, grid):
    browser = Browser(grid)
    browser.ask("filter_column", column=WEATHER, chosen=chosen(values=['"rain"', '"fog"'], marks=["absent"]))
    assert items.filter == F.weather.isin(["rain", "fog"]) | F.weather.is_absent()
    assert grid.uuids == items.where(items.filter).uuids
    browser.ask("filter_column", column=LUX, chosen=chosen(low="10", high="5000.5"))
    assert items.filter.parts[1] == F.lux.between(10, 5000.5)
    shown = grid.status["filter"]
    assert shown["text"] == items.filter.text
    assert (shown["in_view"], shown["total"], shown["moved"]) == (len(grid.uuids), 60, 0)
    assert shown["columns"] == [WEATHER, LUX]
    assert grid.status["rows"] == len(grid.uuids)
    assert grid.status["total"] == 60
    browser.ask("filter_column", column=WEATHER, chosen=None)
    assert items.filter == F.lux.between(10, 5000.5)
    browser.ask("clear_filter")
    assert items.filter == EVERYTHING
    assert grid.status["filter"] is None
    assert grid.uuids == items.uuids


def test_rows_stay_put_in_the_grid_until_the_filter_is_applied_again(items, grid):
    browser = Browser(grid)
    items.filter = F.weather == "rain"
    rainy = grid.uuids
    items.stage({rainy[0]: {"weather": "fog"}})
    grid._publish()
    assert grid.uuids == rainy
    assert (grid.status["filter"]["in_view"], grid.status["filter"]["matching"]) == (
        len(rainy),
        len(rainy) - 1,
    )
    browser.ask("apply_filter")
    assert grid.uuids == rainy[1:]
    assert filter_to_wire(items)["moved"] == 0


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (LUX, chosen(low="abc")),
        (LUX, chosen(low="true")),
        ("key:captured at", chosen(high="next summer")),
        (WEATHER, chosen(values=["rain"])),
        (WEATHER, chosen(marks=["fog"])),
        (WEATHER, {"values": []}),
        (LUX, chosen(low="9", high="1")),
        ("key:nobody", chosen()),
    ],
)
def test_what_cannot_be_read_is_refused_and_changes_nothing(items, grid, name, wrong):
    items.filter = F.lux < 1000
    refused = Browser(grid).refused("filter_column", column=name, chosen=wrong)
    assert refused["message"]
    assert items.filter == (F.lux < 1000)


def test_facts_travel_as_json(items, grid):
    facts = Browser(grid).ask("column_facts", column=WEATHER)
    assert facts["total"] == 60
    assert facts["type_label"].startswith("enum")


def test_every_column_of_the_grid_can_tell(items, grid):
    browser = Browser(grid)
    for one in grid.columns:
        facts = browser.ask("column_facts", column=one["id"])
        held = sum(v["count"] for v in facts["values"]) + facts["counts"]["absent"] + facts["counts"]["null"]
        assert held <= facts["total"] == 60


def test_both_engines_show_the_filter_and_the_text_box_sets_it(items):
    with ew.ItemGrid(items, engine="ipydatagrid") as paged, ew.ItemGrid(items) as native:
        paged._controls.filter.value = 'weather = "rain"'
        assert items.filter == (F.weather == "rain")
        assert paged.uuids == native.uuids == items.where(items.filter).uuids
        native._publish()
        assert "of 60 items" in paged._controls.position.value
        paged._controls.filter.value = 'weather = "rain" and ('
        assert items.filter == (F.weather == "rain"), "a text with a mistake changes nothing"
        assert paged._controls.filter.value == 'weather = "rain" and (', "and is not lost"
        assert 'role="alert"' in paged._controls.message.value
        items.stage({items.where(items.filter).uuids[0]: {"weather": "fog"}})
        paged._draw()
        assert paged._controls.again.layout.display is None
        before = len(paged.uuids)
        paged._controls.again.click()
        assert len(paged.uuids) == before - 1
        paged._controls.clear.click()
        assert items.filter == EVERYTHING
        assert paged._controls.filter.value == ""
        assert len(paged.uuids) == 60


def test_the_static_page_says_how_many_of_how_many(items, grid):
    items.filter = F.weather == "rain"
    rainy = items.filter_counts.shown
    assert f"{rainy} of 60 items" in repr(grid)
    assert f"{rainy} of 60 items" in grid._static_html()


def test_chosen_is_read_with_care(items):
    from encord_widgets.widgets._requests import BadRequestError, Params

    with pytest.raises(BadRequestError):
        chosen_of(Params(chosen(low=5)), column(items, "lux"))
    assert (
        chosen_of(Params(chosen(low="12345678901234567890")), column(items, "lux")).low
        == 12345678901234567890
    )
    assert isinstance(Filter.parse("lux < 5"), Rule)
