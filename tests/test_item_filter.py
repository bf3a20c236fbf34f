"""The filter of an item set, selections and staged rules, on the embedded Encord and against naive references."""

from __future__ import annotations

import random
import threading

import pytest

import encord_widgets as ew
from encord_widgets.item_columns import EffectiveColumns
from encord_widgets.item_states import ItemFacts
from encord_widgets.metadata.filters.engine import FilterEngine
from encord_widgets.metadata.filters.tree import EVERYTHING

F = ew.F
DIM = F.lux < 200


@pytest.fixture
def client():
    with ew.demo(items=60) as client:
        yield client


@pytest.fixture
def items(client):
    return client.folder(street_scenes(client)).wait()


def street_scenes(client):
    return next(folder for folder in client.folders() if folder.name == "Street scenes")


def in_view(items):
    return [items.table.uuids[row] for row in items.order().tolist()]


def holding(items, key, value):
    return [uuid for uuid in items.uuids if items.value(uuid, key) == value]


def write_behind_the_back(client, item, **keys):
    live = client.read([item]).metadata[0]
    client._background.call(lambda: client._api.patch_metadata({item: live | keys}))


# -- the filter in force -----------------------------------------------------------------------------------------


def test_no_filter_shows_everything(items):
    assert items.filter == EVERYTHING
    assert not items.filtered
    assert in_view(items) == items.uuids
    assert items.filter_counts.text == "60 of 60 items"


def test_a_filter_and_its_text_are_the_same_and_keep_the_order_of_the_source(items):
    rainy = holding(items, "weather", "rain")
    assert 0 < len(rainy) < 60
    items.filter = F.weather == "rain"
    assert in_view(items) == rainy
    items.filter = 'weather = "rain"'
    assert items.filter == (F.weather == "rain")
    assert in_view(items) == rainy
    assert len(items) == 60, "the set is the set; the filter is what is in view"
    assert "in view" in repr(items)
    items.filter = None
    assert in_view(items) == items.uuids


@pytest.mark.parametrize("nothing", [None, "", "  ", EVERYTHING])
def test_several_ways_to_clear(items, nothing):
    items.filter = F.lux < 5
    items.filter = nothing
    assert items.filter == EVERYTHING
    assert in_view(items) == items.uuids


def test_a_muted_filter_narrows_nothing_down(items):
    items.filter = (F.lux < 5).mute()
    assert not items.filtered
    assert in_view(items) == items.uuids


def test_sort_and_search_work_within_the_filter(items):
    items.filter = F.weather == "rain"
    rainy = set(in_view(items))
    ordered = [items.table.uuids[row] for row in items.order(("key:lux", True)).tolist()]
    assert set(ordered) == rainy
    numbers = [v for uuid in ordered if isinstance(v := items.value(uuid, "lux"), (int, float))]
    assert numbers == sorted(numbers, reverse=True)
    name = items.table.name(in_view(items)[0])
    found = {items.table.uuids[row] for row in items.order(search=name).tolist()}
    assert found
    assert found <= rainy


def test_what_cannot_be_a_filter_changes_nothing(items):
    items.filter = F.lux < 5
    before = in_view(items)
    with pytest.raises(ew.InvalidInputError, match="a Filter, its text or None"):
        items.filter = {"weather": "rain"}
    with pytest.raises(ew.FilterSyntaxError):
        items.filter = 'weather = "rain" and ('
    with pytest.raises(ew.InvalidInputError):
        items.filter = ew.Filter.opaque({"filters": []})
    assert items.filter == (F.lux < 5)
    assert in_view(items) == before


def test_it_is_told_when_set_cleared_applied_again_or_named(items):
    told = []
    items.events.filter.connect(lambda: told.append(items.filter.text))
    items.filter = F.lux < 5
    items.apply_filter()
    items.filter = None
    items.filters["dark"] = F.lux < 5
    del items.filters["dark"]
    assert len(told) == 5
    assert told[:2] == ["lux < 5", "lux < 5"]


def test_rows_stay_put_while_one_edits_until_the_filter_looks_again(items):
    items.filter = F.weather == "rain"
    rainy = in_view(items)
    order = items.order()
    items.stage({uuid: {"weather": "fog"} for uuid in rainy[:3]})
    assert in_view(items) == rainy
    assert items.order() is order, "no edit makes the view arrange anew"
    counts = items.filter_counts
    assert (counts.shown, counts.matching, counts.moved) == (len(rainy), len(rainy) - 3, 3)
    assert counts.text == f"{len(rainy)} of 60 items; {len(rainy) - 3} match by now"
    other = next(uuid for uuid in items.uuids if uuid not in rainy)
    items.stage({other: {"weather": "rain"}})
    assert items.filter_counts.moved == 4, "one comes, three go"
    items.apply_filter()
    assert in_view(items) == holding(items, "weather", "rain")
    assert items.filter_counts.moved == 0
    items.undo()
    items.undo()
    items.apply_filter()
    assert in_view(items) == rainy


def test_a_commit_leaves_the_view_alone_and_a_refresh_looks_again(client, items):
    items.filter = F.weather == "rain"
    rainy = in_view(items)
    items.stage({rainy[0]: {"weather": "fog"}})
    assert items.commit()
    assert in_view(items) == rainy
    assert items.filter_counts.matching == len(rainy) - 1
    write_behind_the_back(client, rainy[1], weather="snow")
    items.refresh().wait()
    assert in_view(items) == rainy[2:]


def test_a_filter_set_while_items_arrive_holds_for_all_of_them(client):
    items = client.folder(street_scenes(client))
    items.filter = F.weather == "rain"
    items.wait()
    assert in_view(items) == holding(items, "weather", "rain")


def test_nothing_is_copied_for_a_view(items):
    items.filter = F.weather == "rain"
    assert items.effective.column("weather") is items.table.column("weather")
    assert items.engine.mask(items.filter).sum() == items.filter_counts.shown


def test_named_filters_take_text_and_refuse_the_rest(items):
    items.filters["dark"] = "lux < 5"
    assert items.filters["dark"] == (F.lux < 5)
    assert list(items.filters) == ["dark"]
    assert "lux < 5" in repr(items.filters)
    with pytest.raises(ew.InvalidInputError):
        items.filters["dark"] = 5
    with pytest.raises(ew.InvalidInputError):
        items.filters[""] = F.lux < 5
    assert items.filters["dark"] == (F.lux < 5)


# -- states and fields -------------------------------------------------------------------------------------------


def test_states_of_staged_edits(client, items):
    first, second, third = items.uuids[:3]
    assert items.where(F.state.changed).uuids == []
    items.stage({first: {"camera": "a"}, second: {"camera": "b"}})
    assert items.where(F.state.changed).uuids == [first, second]
    assert items.where(~F.state.changed).count == 58
    write_behind_the_back(client, second, camera="theirs")
    receipt = items.commit()
    assert [row.item for row in receipt.conflicts] == [second]
    assert items.where(F.state.conflict).uuids == [second]
    assert items.where(F.state.unverified).uuids == [second]
    assert items.where(F.state.verified).uuids == [first]
    items.unstage([second])
    assert items.where(F.state.conflict).uuids == []
    assert items.where(F.state.invalid).uuids == []
    assert items.stored(third, "camera") != "a"


def test_invalid_is_a_staged_value_that_does_not_fit(client, items):
    from encord_widgets.metadata.changes import Change

    uuid = items.uuids[5]
    # As a restored edit can be, whose schema changed since.
    items._edited(lambda: items.changes.stage([Change(uuid, "lux", items.stored(uuid, "lux"), "dark")]))
    assert items.where(F.state.invalid).uuids == [uuid]
    items.undo()
    assert items.where(F.state.invalid).uuids == []


def test_fields_beside_those_of_the_table(items):
    groups = [
        uuid for uuid, kind in items.frame["item_type"].items() if kind in {"imageGroup", "dicomSeries"}
    ]
    assert groups
    assert items.where(F.item.has_children == True).uuids == groups  # noqa: E712 - a rule, not a truth
    assert items.where(F.item.uuid == items.uuids[7]).uuids == [items.uuids[7]]


def test_values_that_do_not_fit_the_schema(items):
    found = items.where(F.weather.is_misfit())
    options = items.schema["weather"].options
    wrong = [u for u in items.uuids if isinstance(v := items.value(u, "weather"), str) and v not in options]
    assert found.uuids == wrong
    assert wrong


# -- selections --------------------------------------------------------------------------------------------------


def test_a_selection_counts_lists_and_frames(items):
    items.filter = F.weather == "fog"
    rainy = items.where(F.weather == "rain")
    assert rainy.uuids == holding(items, "weather", "rain"), "whatever is in view"
    assert rainy.count == len(rainy) == len(rainy.uuids)
    assert rainy.frame.index.tolist() == rainy.uuids
    assert set(rainy.frame["weather"]) == {"rain"}
    assert rainy.python == 'items.where(F.weather == "rain")'
    assert f"{rainy.count} of 60 items" in repr(rainy)
    assert items.where("").count == 60
    items.stage({rainy.uuids[0]: {"weather": "fog"}})
    assert rainy.count == len(holding(items, "weather", "rain")), "each look evaluates anew"


# -- rules -------------------------------------------------------------------------------------------------------


def test_a_rule_stages_counts_and_is_listed(items):
    dark = items.where(DIM).uuids
    rule = items.where(DIM).stage(time_of_day="night")
    assert items.rules == [rule]
    assert rule.count == len(dark) > 0
    assert rule.exceptions == []
    assert all(items.value(uuid, "time_of_day") == "night" for uuid in dark)
    assert {change.item for change in items.changes} <= set(dark)
    assert items.commit()
    assert rule.count == len(dark)


def test_a_rule_as_python_stages_the_same(items):
    rule = items.where(DIM & ~F["captured at"].is_absent()).stage(
        {"time_of_day": "night", "notes": ew.ABSENT}
    )
    staged = items.changes.to_frame()
    items.unstage()
    assert items.rules == []
    again = eval(rule.python, {"items": items, "F": F, "ew": ew, "Filter": ew.Filter})
    assert items.changes.to_frame().equals(staged)
    assert again.python == rule.python


def test_a_rule_does_not_undo_its_own_reason(items):
    drizzle = items.where(F.weather == "drizzle").uuids
    rule = items.where(F.weather == "drizzle").stage(weather="rain")
    assert items.where(F.weather == "drizzle").count == 0, "it is rain by now"
    assert rule.count == len(drizzle), "what it was about"
    items.refresh().wait()
    assert [items.value(uuid, "weather") for uuid in drizzle] == ["rain"] * len(drizzle)
    assert items.commit()
    assert rule.count == 0, "done"


def test_exceptions_are_what_one_edits_or_drops_by_hand(items):
    rule = items.where(DIM).stage(time_of_day="night")
    first, second = [change.item for change in items.changes][:2]
    items.unstage([first])
    items.stage({second: {"time_of_day": "dawn"}})
    assert set(rule.exceptions) == {first, second}
    assert "2 exceptions" in repr(rule)
    items.refresh().wait()
    assert items.value(second, "time_of_day") == "dawn"
    assert items.changes.get(first, "time_of_day") is None
    assert set(rule.exceptions) == {first, second}


def test_a_refresh_looks_at_the_rule_again(client, items):
    rule = items.where(DIM).stage(time_of_day="night")
    staged = next(change.item for change in items.changes)
    bright = next(
        uuid
        for uuid in items.uuids
        if items.value(uuid, "time_of_day") not in {"night", ew.ABSENT}
        and isinstance(items.value(uuid, "lux"), (int, float))
        and items.value(uuid, "lux") >= 200
    )
    before = rule.count
    write_behind_the_back(client, bright, lux=1)
    write_behind_the_back(client, staged, lux=900)
    items.refresh().wait()
    assert rule.count == before
    assert items.value(bright, "time_of_day") == "night", "matches by now, staged"
    assert items.changes.get(staged, "time_of_day") is None, "matches no more, dropped"
    items.undo()
    assert items.changes.get(bright, "time_of_day") is None, "one step of undo"


def test_an_edit_of_ones_own_is_not_overwritten_by_looking_again(client, items):
    rule = items.where(DIM).stage(time_of_day="night")
    bright = next(uuid for uuid in items.uuids if uuid not in items.where(DIM).uuids)
    items.stage({bright: {"time_of_day": "dawn"}})
    write_behind_the_back(client, bright, lux=1)
    items.refresh().wait()
    assert items.value(bright, "time_of_day") == "dawn"
    assert bright in rule.exceptions


def test_undo_puts_a_rule_away_and_redo_brings_it_back(items):
    rule = items.where(DIM).stage(time_of_day="night")
    items.undo()
    assert items.rules == []
    assert not items.changes
    items.refresh().wait()
    assert not items.changes, "what was undone stays undone"
    items.redo()
    assert items.rules == [rule]


@pytest.mark.parametrize("stored", ["night", "dusk"])
def test_a_rule_is_dropped_with_its_edits_and_what_it_covered_comes_back(items, stored):
    covered = next(u for u in items.where(DIM).uuids if items.stored(u, "time_of_day") == stored)
    items.stage({covered: {"time_of_day": "day"}})
    rule = items.where(DIM).stage(time_of_day="night")
    assert items.value(covered, "time_of_day") == "night"
    rule.drop()
    assert items.rules == []
    assert [(c.item, c.after) for c in items.changes] == [(covered, "day")]


def test_a_rule_that_does_not_fit_stages_nothing(items):
    with pytest.raises(ew.InvalidInputError) as caught:
        items.where(DIM).stage({"weather": "hail", "lux": "dark", "camera": "fine"})
    assert {problem.key for problem in caught.value.problems} == {"weather", "lux"}
    with pytest.raises(ew.InvalidInputError, match="a value to stage"):
        items.where(DIM).stage()
    assert not items.changes
    assert items.rules == []


def test_staged_while_another_thread_filters(items):
    """Filters and edits from several threads end in one consistent state."""
    failures = []

    def filtering():
        try:
            for text in ['weather = "rain"', "lux < 5", "state is changed"] * 10:
                items.filter = text
                assert items.filter_counts.shown == len(items.order())
        except Exception as error:  # noqa: BLE001 - told in the test's own thread
            failures.append(error)

    thread = threading.Thread(target=filtering)
    thread.start()
    for number in range(60):
        items.stage({items.uuids[number % 60]: {"weather": ["rain", "fog"][number % 2]}})
    thread.join()
    assert failures == []
    items.filter = 'weather = "rain"'
    assert in_view(items) == holding(items, "weather", "rain")


def test_what_is_kept_between_looks_is_what_a_fresh_look_finds(items):
    """Masks and columns are patched where something changed; a set of eyes that knows nothing sees the same."""
    dice = random.Random(4)
    wanted = [
        (F.weather == "rain") & ~(F.lux < 1000),
        F.weather.is_misfit() | F.notes.contains("a", any_case=True) | F.state.changed,
        ~F.state.changed & F.lux.between(10, 30_000),
        F["captured at"].is_absent() | (F.item.name.contains("1") & F.camera.is_present()),
    ]
    for _ in range(60):
        item = dice.choice(items.uuids)
        step = dice.choice(["stage", "stage", "stage", "undo", "redo", "unstage", "read"])
        if step == "stage":
            key = dice.choice(["weather", "lux", "notes", "camera", "captured at"])
            values = {"weather": "fog", "lux": dice.random() * 2000, "captured at": "2024-02-24"}
            items.stage({item: {key: dice.choice([values.get(key, "a cat"), None, ew.ABSENT])}})
        elif step == "read":
            items._loader.take_observed(items.client.read([item]))
        elif step == "unstage":
            items.unstage([item])
        else:
            getattr(items, step)()
        fresh = FilterEngine(ItemFacts(items))
        items_again = EffectiveColumns(items.table, items.changes)
        for filter_ in wanted:
            assert items.engine.mask(filter_).tolist() == fresh.mask(filter_).tolist()
        for key in ("weather", "lux"):
            rows = items.rows
            assert items.effective.column(key).values(rows) == items_again.column(key).values(rows)
            assert items.effective.column(key).values(rows) == [
                items.value(uuid, key) for uuid in items.uuids
            ]


def test_a_rule_that_cannot_look_again_says_why_and_changes_nothing(items, monkeypatch):
    rule = items.where(DIM).stage(time_of_day="night")
    staged = items.changes.to_frame()

    def fails(_):
        raise ew.EncordWidgetsError("The item that it starts from is gone.")

    monkeypatch.setattr(rule._engine, "mask", fails)
    items.refresh().wait()
    assert "is gone" in rule.problem
    monkeypatch.undo()
    assert items.changes.to_frame().equals(staged)
    assert "is gone" in repr(rule)
    items.refresh().wait()
    assert rule.problem == ""


def test_a_rule_takes_values_by_key_and_always_merges(items):
    dim = items.where(F.lux < 5)
    with pytest.raises(ew.InvalidInputError, match=r"A rule always merges.*stage\(\{'mode': 'overwrite'\}\)"):
        dim.stage({"time_of_day": "night"}, mode="overwrite")
    with pytest.raises(ew.InvalidInputError, match=r"expected a mapping \{key: value\}, got 'weather'"):
        dim.stage("weather")
    assert not items.changes
    dim.stage({"mode": "overwrite"})
    assert set(items.changes.keys) == {"mode"}
