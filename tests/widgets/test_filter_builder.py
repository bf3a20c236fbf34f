"""The filter builder from messages alone: one filter for tree, text, Python and grid, with live counts."""

from __future__ import annotations

import json
import threading

import pytest

import encord_widgets as ew
from encord_widgets.metadata.filters.tree import EVERYTHING, Group, Rule
from encord_widgets.widgets._filter_draft import decode
from tests.widgets.browser import Browser
from tests.widgets.conftest import street_scenes

F = ew.F


@pytest.fixture
def builder(items):
    with ew.FilterBuilder(items) as builder:
        yield Browser(builder)


def rule(own, column, op, *values, **more):
    return {"id": own, "kind": "rule", "column": column, "op": op, "values": list(values),
            "muted": False, "nots": [], **more}  # fmt: skip


def group(*parts, own="root", kind="and", **more):
    return {"id": own, "kind": kind, "parts": list(parts), "muted": False, "nots": [], **more}


def naive(items, key, test):
    return sum(test(items.value(item, key)) for item in items.uuids)


def counted(builder, matches):
    builder.until(lambda: builder.state["counts"] and builder.state["counts"]["matches"] == matches)
    return builder.state["counts"]


def test_at_first_everything_matches(items, builder):
    assert builder.state["tree"]["parts"] == []
    assert (builder.state["text"], builder.state["problems"], builder.state["named"]) == ("", {}, [])
    assert counted(builder, len(items))["total"] == len(items)


def test_a_tree_becomes_the_filter_and_every_node_is_counted(items, builder):
    tree = group(
        rule("a", "key:weather", "in", "rain", "fog"),
        group(
            rule("b", "key:lux", "lt", ["n", "500"]),
            rule("c", "key:lux", "absent"),
            own="g",
            kind="or",
            nots=[False],
        ),
    )
    builder.ask("set_tree", tree=tree)
    wanted = F.weather.isin(["rain", "fog"]) & ~((F.lux < 500) | F.lux.is_absent())
    assert items.filter == wanted == builder.widget.filter
    assert builder.state["text"] == wanted.text
    assert builder.state["tree"] == tree
    counts = counted(builder, items.where(wanted).count)
    weather = naive(items, "weather", lambda value: value in {"rain", "fog"})
    assert counts["by"]["a"][0] == weather
    assert counts["by"]["c"][0] == naive(items, "lux", lambda value: value is ew.ABSENT)
    assert counts["by"]["g"] == [items.where(wanted.parts[1]).count, weather - counts["matches"]]
    assert len(items.order()) == counts["in_view"] == counts["matches"]


def test_what_is_not_filled_in_stays_in_the_builder(items, builder):
    tree = group(rule("a", "", ""), rule("b", "key:lux", "lt", 0), rule("c", "key:notes", "regex", "(x"))
    builder.ask("set_tree", tree=tree)
    assert items.filter == EVERYTHING
    assert builder.state["tree"] == tree
    assert set(builder.state["problems"]) == {"b", "c"}
    assert "regular expression" in builder.state["problems"]["c"]
    builder.ask("set_tree", tree=group(*tree["parts"], rule("d", "key:weather", "is", "rain")))
    assert items.filter.text == 'weather = "rain"'
    assert set(counted(builder, items.where(items.filter).count)["by"]) == {"d"}


def test_what_python_sets_is_shown_and_what_the_page_sets_is_observed(items, builder):
    seen = []
    builder.widget.observe(lambda change: seen.append(change["new"].text), "filter")
    items.filter = ~(F.lux < 5)
    builder.until(lambda: builder.state["text"] == "not lux < 5")
    (node,) = builder.state["tree"]["parts"]
    assert (node["column"], node["op"], [decode(v) for v in node["values"]], node["nots"]) == (
        "key:lux", "lt", [5], [False],
    )  # fmt: skip
    builder.ask("set_tree", tree=group(rule("a", "key:weather", "is", "rain")))
    builder.widget.filter = "lux > 7"
    assert items.filter == (F.lux > 7)
    builder.until(lambda: builder.state["text"] == "lux > 7")
    builder.widget.filter = None
    assert items.filter == EVERYTHING
    assert seen == ["not lux < 5", 'weather = "rain"', "lux > 7", "everything"]
    with pytest.raises(ew.FilterSyntaxError):
        builder.widget.filter = "lux >"
    with pytest.raises(ew.InvalidInputError, match="a Filter, its text or None"):
        builder.widget.filter = 7
    assert items.filter == EVERYTHING == builder.widget.filter


def test_two_builders_and_a_grid_agree(items, builder):
    with ew.FilterBuilder(items) as other, ew.ItemGrid(items) as grid:
        page, shown = Browser(other), Browser(grid)
        builder.ask("set_tree", tree=group(rule("a", "key:weather", "is", "rain")))
        page.until(lambda: page.state["text"] == 'weather = "rain"')
        page.ask("set_text", text="lux >= 10")
        builder.until(lambda: builder.state["text"] == "lux >= 10")
        count = items.where("lux >= 10").count
        shown.until(lambda: shown.state["status"]["rows"] == count)


def test_text_is_checked_with_the_place_of_the_error(items, builder):
    assert builder.ask("check_text", text='weather = "rain"') == {
        "error": None,
        "matches": items.where('weather = "rain"').count,
    }
    for method in ("check_text", "set_text"):
        error = builder.ask(method, text='weather = "rain" and lux > > 5')["error"]
        assert error["position"] == 27
        assert "expected" in error["message"]
    assert items.filter == EVERYTHING
    assert builder.ask("set_text", text="lux < 5 and muted(notes is null)") == {"error": None}
    assert items.filter == (F.lux < 5) & F.notes.is_null().mute()
    builder.ask("set_text", text=" ")
    assert items.filter == EVERYTHING


def test_unsound_rules_never_replace_the_filter(items, builder):
    items.filter = "lux < 5"
    error = builder.refused("set_tree", tree=group({"id": "a"}))
    assert error["code"] == "bad_request"
    assert builder.refused("set_tree", tree=7)["code"] == "bad_request"
    error = builder.refused("set_text", text='preset {"a": 1}')
    assert error["code"] == "invalid_input"
    assert items.filter.text == "lux < 5"


def test_counts_follow_edits_and_rows_stay_until_applied_again(items, builder):
    items.filter = 'weather = "fog"'
    fog = items.where(items.filter).count
    counted(builder, fog)
    other = next(item for item in items.uuids if items.value(item, "weather") != "fog")
    items.stage({other: {"weather": "fog"}})
    counts = counted(builder, fog + 1)
    assert (counts["in_view"], counts["moved"]) == (fog, 1)
    builder.ask("apply_again")
    builder.until(lambda: builder.state["counts"]["moved"] == 0)
    assert builder.state["counts"]["in_view"] == fog + 1 == len(items.order())


def test_filters_are_kept_by_name(items, builder):
    builder.ask("set_text", text="lux < 5")
    builder.ask("save_named", name=" night ")
    builder.until(lambda: builder.state["named"] == [{"name": "night", "text": "lux < 5"}])
    items.filters["day"] = F.lux > 5
    builder.until(lambda: len(builder.state["named"]) == 2)
    builder.ask("load_named", name="day")
    assert items.filter == (F.lux > 5)
    builder.ask("delete_named", name="day")
    assert list(items.filters) == ["night"]
    assert "no filter" in builder.refused("load_named", name="day")["message"]
    assert builder.refused("save_named", name="  ")["code"] == "invalid_input"


def test_the_code_says_the_same_four_times(items, builder):
    items.filter = '(weather = "rain" or lux < 5) and not notes is absent'
    code = builder.ask("code")
    assert ew.Filter.parse(code["text"]) == items.filter
    assert eval(code["python"], {"F": ew.F, "Filter": ew.Filter}) == items.filter
    assert ew.Filter.from_json(json.loads(code["json"])) == items.filter
    assert "frame" in code["pandas"]
    items.filter = F.state.changed
    assert builder.ask("code")["pandas"].startswith("# ")


def test_columns_offer_what_makes_sense_for_their_type(builder):
    columns = {one["id"]: one for one in builder.state["columns"]}
    operators = {one["name"] for one in builder.state["operators"]}
    assert columns["key:weather"]["options"] == ["clear", "cloudy", "fog", "rain", "snow"]
    assert columns["key:weather"]["ops"][0] == "in"
    assert {"lt", "between"} <= set(columns["key:lux"]["ops"])
    assert "contains" not in columns["key:lux"]["ops"]
    assert "last" in columns["key:captured at"]["ops"]
    assert {"in_box", "within_km"} <= set(columns["key:where"]["ops"])
    assert "nearest" in columns["key:clip"]["ops"]
    assert {"absent", "null", "empty", "misfit", "type"} <= set(columns["key:notes"]["ops"])
    assert "misfit" not in columns["field:name"]["ops"]
    assert columns["field:has_children"]["type"] == "boolean"
    assert "image" in columns["field:item_type"]["options"]
    assert columns["state:changed"]["ops"] == ["is"]
    assert not any(one["name"] == "$encord" for one in columns.values() if "name" in one)
    for one in columns.values():
        assert set(one["ops"]) <= operators
        assert len(set(one["ops"])) == len(one["ops"])


def test_every_rule_that_the_menus_offer_can_be_counted(items, builder):
    arguments = {
        "value": "x", "text": "x", "pattern": "x", "bound": ["n", "1"], "amount": ["n", "7"], "unit": "days",
        "latitude": ["n", "1"], "longitude": ["n", "2"], "km": ["n", "3"], "count": ["n", "2"],
        "item": items.uuids[0], "json_type": "text", "true": True,
    }  # fmt: skip
    operators = {one["name"]: one for one in builder.state["operators"]}
    for column in builder.state["columns"]:
        for op in column["ops"]:
            needed = [one for one in operators[op]["arguments"] if not one["optional"]]
            values = [arguments[one["kind"]] for one in needed] if column["kind"] != "state" else [True]
            builder.ask("set_tree", tree=group(rule("a", column["id"], op, *values)))
            assert builder.state["problems"] == {}, (column["id"], op)
            assert isinstance(items.filter, Rule)


def test_facets_count_all_items_and_those_that_are_kept(items, builder):
    items.filter = 'weather = "rain"'
    found = builder.ask("facet", column="key:weather")
    counts = {one["text"]: (one["count"], one["kept"]) for one in found["values"]}
    rain = naive(items, "weather", lambda value: value == "rain")
    assert counts["rain"] == (rain, rain)
    assert counts["fog"] == (naive(items, "weather", lambda value: value == "fog"), 0)
    assert found["absent"] == naive(items, "weather", lambda value: value is ew.ABSENT)

    for key, kind in (("lux", "histogram"), ("captured at", "dates")):
        found = builder.ask("facet", column=f"key:{key}")
        assert found["kind"] == kind
        assert len(found["edges"]) == len(found["bars"]) + 1 == len(found["kept"]) + 1
        assert all(kept <= bar for kept, bar in zip(found["kept"], found["bars"], strict=True))
        assert found["edges"] == sorted(found["edges"])
        numbers = sum(found["bars"]) + found["absent"] + found["null"] + sum(found["others"].values())
        assert numbers == len(items)
        items.filter = None
        found = builder.ask("facet", column=f"key:{key}")
        assert found["kept"] == found["bars"]
        items.filter = 'weather = "rain"'
    booleans = builder.ask("facet", column="key:reviewed")
    assert {one["text"]: one["value"] for one in booleans["values"]} == {"true": True, "false": False}
    assert builder.refused("facet", column="key:gone")["code"] == "stale"
    assert builder.refused("facet", column="key:where")["code"] == "stale"


def test_long_integers_keep_every_digit(items, builder):
    number = 12345678901234567890123
    builder.ask("set_tree", tree=group(rule("a", "key:lux", "is", ["n", str(number)])))
    assert items.filter == Rule("key:lux", "is", (number,))
    items.filter = EVERYTHING
    items.filter = Rule("key:lux", "is", (number,))
    builder.until(lambda: builder.state["tree"]["parts"])
    assert builder.state["tree"]["parts"][0]["values"] == [["n", str(number)]]


def test_nothing_at_all_can_be_built_upon(items, builder):
    items.filter = Group("or", ())
    builder.until(lambda: builder.state["tree"].get("bare"))
    counted(builder, 0)
    tree = builder.state["tree"]
    builder.ask("set_tree", tree={**tree, "parts": [rule("a", "key:lux", "present")]})
    assert items.filter == Group("or", (Rule("key:lux", "present"),))


def test_unknown_arguments_and_other_things_than_items_are_refused(items):
    with pytest.raises(TypeError, match="no argument 'height'"):
        ew.FilterBuilder(items, height=3)
    with pytest.raises(ew.InvalidInputError, match="an ItemSet"):
        ew.FilterBuilder(7)


def test_a_saved_notebook_shows_the_filter(items):
    items.filter = 'notes contains "<b>"'
    with ew.FilterBuilder(items) as builder:
        html = builder._repr_mimebundle_()[0]["text/html"]
        assert "notes contains &quot;&lt;b&gt;&quot;" in html
        assert "Street scenes" in repr(builder)


def test_a_closed_builder_lets_go(items):
    builder = ew.FilterBuilder(items)
    page = Browser(builder)
    counted(page, len(items))
    builder.close()
    builder.close()
    before = len(page.updates)
    items.filter = "lux < 5"
    assert len(page.updates) == before
    assert items.filter.text == "lux < 5"


def test_a_builder_made_while_items_load_ends_up_with_all(client):
    items = street_scenes(client)
    items.filter = "lux >= 0"
    with ew.FilterBuilder(items) as builder:
        page = Browser(builder)
        items.wait()
        page.until(lambda: page.state["counts"]["total"] == len(items))
        counted(page, items.where("lux >= 0").count)
        page.until(lambda: any(one["id"] == "key:batch" for one in page.state["columns"]))


def test_editing_and_building_at_once_ends_in_step(items, builder):
    def edit():
        for value in range(30):
            items.stage({item: {"lux": value} for item in items.uuids[:5]})

    editor = threading.Thread(target=edit)
    editor.start()
    for number in range(30):
        builder.ask("set_tree", tree=group(rule("a", "key:lux", "le", ["n", str(number)])))
    editor.join(20)
    assert not editor.is_alive()
    assert items.filter == (F.lux <= 29)
    counts = counted(builder, items.where(F.lux <= 29).count)
    assert counts["by"]["a"][0] == counts["matches"]
    assert builder.state["error"] is None


def test_what_python_sets_keeps_the_nodes_that_stay(items, builder):
    builder.ask(
        "set_tree", tree=group(rule("mine", "key:lux", "lt", ["n", "5"]), rule("b", "key:notes", "absent"))
    )
    items.filter = (F.lux < 7) & F.notes.is_absent() & F.weather.is_present()
    builder.until(lambda: len(builder.state["tree"]["parts"]) == 3)
    ids = [one["id"] for one in builder.state["tree"]["parts"]]
    assert ids[:2] == ["mine", "b"]
    assert len(set(ids)) == 3


def test_a_request_from_another_version_of_the_page_is_refused(items, builder):
    items.filter = "lux < 5"
    for method, params in (
        ("set_tree", {}), ("set_text", {"text": 5}), ("check_text", {}), ("facet", {}), ("save_named", {}),
    ):  # fmt: skip
        assert builder.refused(method, params)["code"] == "bad_request"
    assert items.filter.text == "lux < 5"
