"""Bulk edits of an item set: previewed, staged as one step, checked against the schema, committed."""

from __future__ import annotations

import numpy as np
import pytest

import encord_widgets as ew

F = ew.F


@pytest.fixture
def client():
    with ew.demo(items=60) as client:
        yield client


@pytest.fixture
def items(client):
    return client.folder(next(f for f in client.folders() if f.name == "Street scenes")).wait()


def values(items, key):
    return {uuid: items.value(uuid, key) for uuid in items.uuids}


def test_nothing_is_staged_before_it_is_said(items):
    edit = items.where(F.weather == "rain").set("weather", "fog")
    assert "not staged" in repr(edit)
    preview = edit.preview()
    assert not items.changes
    rainy = items.where(F.weather == "rain").uuids
    assert (preview.items, preview.cells, preview.looked_at) == (len(rainy),) * 3
    assert preview.text == f"{len(rainy)} of {len(rainy)} items would change ({len(rainy)} cells)"
    assert [(c.item, c.before, c.after) for c in preview.sample] == [
        (uuid, "rain", "fog") for uuid in rainy[:10]
    ]
    done = edit.stage(preview)
    assert done.staged
    assert sorted(items.changes.items) == sorted(rainy)
    assert all(items.value(uuid, "weather") == "fog" for uuid in rainy)


def test_one_step_of_undo_and_redo(items):
    before = values(items, "weather")
    items.stage({items.uuids[0]: {"weather": "fog"}})
    one = values(items, "weather")
    items.bulk.rename_key("weather", "sky").stage()
    moved = [uuid for uuid in items.uuids if items.value(uuid, "sky") is not ew.ABSENT]
    assert len(moved) > 10
    assert all(value is ew.ABSENT for value in values(items, "weather").values())
    assert {uuid: items.value(uuid, "sky") for uuid in moved} == {uuid: one[uuid] for uuid in moved}
    items.undo()
    assert values(items, "weather") == one
    assert all(items.value(uuid, "sky") is ew.ABSENT for uuid in items.uuids)
    items.undo()
    assert values(items, "weather") == before
    assert not items.changes
    items.redo()
    items.redo()
    assert all(value is ew.ABSENT for value in values(items, "weather").values())


def test_staged_values_count_and_the_base_stays_what_encord_holds(items):
    item = items.where(F.weather == "rain").uuids[0]
    items.stage({item: {"weather": "fog"}})
    items.pick([item]).replace("notes", "zzz", "y").stage()
    items.pick([item]).set("weather", "snow").stage()
    change = items.changes.get(item, "weather")
    assert (change.base, change.after) == ("rain", "snow")
    items.pick([item]).set("weather", "rain").stage()
    assert items.changes.get(item, "weather") is None, "back at what Encord holds: nothing is left to write"


def test_refused_cells_are_listed_and_the_others_staged(items):
    first, second, *_ = uuids = items.where(F.lux.has_type("number")).uuids[:4]
    edit = items.pick(uuids).map(
        "lux", lambda value: "dark" if value == items.value(first, "lux") else value + 1
    )
    preview = edit.preview()
    assert first in {cell.item for cell in preview.refused}
    assert preview.refused_items + preview.items == 4
    (refused, *_) = preview.refused
    assert (refused.key, refused.before, refused.after) == ("lux", items.value(first, "lux"), refused.before)
    assert refused.reason == "expected a number, got 'dark' (text)."
    assert preview.reasons == {refused.reason: preview.refused_items}
    assert "refused and left whole" in preview.text
    was = items.value(second, "lux")
    edit.stage()
    assert items.changes.get(first, "lux") is None
    assert items.value(second, "lux") in {was, was + 1}
    frame = preview.to_frame()
    assert frame["status"].value_counts().to_dict() == {
        "to stage": preview.cells,
        "refused": len(preview.refused),
    }
    assert "dark" in preview._repr_html_()


def test_a_value_that_does_not_fit_is_refused_at_once(items):
    with pytest.raises(ew.InvalidInputError, match="lux"):
        items.bulk.set("lux", "abc")
    with pytest.raises(ew.InvalidInputError):
        items.bulk.map("lux", 5)
    with pytest.raises(ew.InvalidInputError, match="item of this set"):
        items.pick(["8ad58157-ca74-4ae4-8f37-a0193430bcac"])
    assert not items.changes


def test_clear_and_unset_are_two_things(items):
    one, two = items.where(F.weather.is_present()).uuids[:2]
    assert items.pick([one]).clear("weather").stage().cells == 1
    assert items.pick([two]).unset("weather").stage().cells == 1
    assert items.value(one, "weather") is None
    assert items.value(two, "weather") is ew.ABSENT
    assert items.pick([two]).unset("weather").preview().unchanged == 1


def test_in_view_is_what_the_filter_leaves(items):
    items.filter = F.weather == "fog"
    foggy = [items.table.uuids[row] for row in items.order().tolist()]
    assert items.bulk.set("time_of_day", "night").stage().looked_at == len(foggy) < len(items)
    assert {uuid for uuid in items.uuids if items.changes.get(uuid, "time_of_day")} <= set(foggy)
    assert all(items.value(uuid, "time_of_day") == "night" for uuid in foggy)


def test_fill_down_goes_by_the_order_of_the_items(items):
    one, two, three = items.uuids[:3]
    items.stage({one: {"notes": "first"}, two: {"notes": ew.ABSENT}, three: {"notes": "third"}})
    items.pick([three, two, one]).fill_down("notes").stage()
    assert [items.value(uuid, "notes") for uuid in (one, two, three)] == ["first", "third", "third"]
    items.pick([one, two, three]).fill_down("notes", over="all").stage()
    assert [items.value(uuid, "notes") for uuid in (one, two, three)] == ["first"] * 3


def test_split_and_combine_over_keys_that_nobody_holds_yet(items):
    picked = items.pick(items.uuids[:3])
    picked.set("place", "oslo/7").stage()
    assert picked.split("place", "/", ["town", "spot"]).stage().cells == 6
    assert picked.combine("label", "{town}-{spot}").stage().changed_keys == {"label": 3}
    assert picked.map("label", "value.title() + '!'").stage().items == 3
    assert items.value(items.uuids[0], "label") == "Oslo-7!"
    assert picked.copy_key("town", "spot").preview().refused_items == 3
    assert picked.copy_key("town", "spot", over=True).preview().items == 3


def test_code_of_an_edit_does_the_same(items):
    selected = items.where(F.weather == "drizzle")
    edits = [
        selected.set("time_of_day", "night"),
        selected.set("reviewed", ew.ABSENT),
        selected.clear("weather"),
        selected.unset("weather"),
        selected.fill_down("weather", over="empty"),
        selected.replace("weather", "DRIZZLE", "rain", any_case=True),
        selected.copy_key("weather", "sky"),
        selected.rename_key("weather", "sky", over=True),
        selected.map("weather", "value.upper()"),
        selected.combine("notes", "{weather}!", over=True),
        selected.split("weather", "zz", ["a", "b"]),
    ]
    for edit in edits:
        again = eval(edit.python, {"items": items, "F": F, "ew": ew})
        assert again.python == edit.python
        assert again.preview().to_frame().equals(edit.preview().to_frame())
        assert again.preview().looked_at > 0


def test_things_that_changed_since_the_preview_are_said(items):
    edit = items.where(F.weather == "fog").set("time_of_day", "night")
    preview = edit.preview()
    items.pick(items.where(F.weather == "fog").uuids[:1]).set("weather", "rain").stage()
    with pytest.raises(ew.InvalidInputError, match="Look at it again"):
        edit.stage(preview)
    assert len(items.changes) == 1


def test_what_was_staged_in_bulk_is_committed_and_written_down(client, items):
    selected = items.where(F.weather == "drizzle")
    drizzle = selected.uuids
    done = selected.replace("weather", r"^d(.*)e$", r"r\1e", regex=True).preview()
    assert done.refused_items == len(drizzle), "rizzle is no option"
    assert selected.replace("weather", "drizzle", "rain").stage().cells == len(drizzle)
    receipt = items.commit()
    assert len(receipt.with_status("verified")) == len(drizzle)
    live = client.read(drizzle)
    assert [one["weather"] for one in live.metadata] == ["rain"] * len(drizzle)
    assert selected.count == 0


def test_the_same_as_staging_item_by_item(items):
    rng = np.random.default_rng(3)
    uuids = [items.uuids[at] for at in rng.permutation(60)[:25]]
    expected = {
        uuid: items.value(uuid, "weather").replace("r", "R")
        for uuid in uuids
        if isinstance(items.value(uuid, "weather"), str) and "r" not in items.value(uuid, "weather")
    }
    items.pick(uuids).replace("weather", "r", "R").stage()
    for uuid in items.uuids:
        assert items.value(uuid, "weather") == expected.get(uuid, items.stored(uuid, "weather"))


def test_what_is_staged_on_a_selection_is_dropped_as_one_step(items):
    items.where(F.lux < 500).stage(weather="fog", camera="rear")
    items.stage({items.uuids[3]: {"weather": "snow", "notes": "by hand"}})
    before = {(c.item, c.key) for c in items.changes}
    chosen = set(items.where(F.lux < 100).uuids) | {items.uuids[3]}
    items.pick(list(chosen)).unstage(["weather"])
    assert {(c.item, c.key) for c in items.changes} == {
        (item, key) for item, key in before if item not in chosen or key != "weather"
    }
    items.undo()
    assert {(c.item, c.key) for c in items.changes} == before
    items.where(F.state.changed).unstage()
    assert not items.changes


def test_the_plan_of_a_rule_stays_as_it_was_and_commits(items, tmp_path):
    items.where(F.weather == "rain").stage(weather="fog")
    rainy = {change.item for change in items.changes}
    plan = items.plan()
    items.unstage()
    items.stage({uuid: {"weather": "snow"} for uuid in rainy})
    items.unstage()
    assert {planned.item for planned in plan.items} == rainy
    assert {change.after for change in plan.changes} == {"fog"}
    assert [planned.name for planned in plan.items] == [items.table.name(p.item) for p in plan.items]
    assert len(ew.Plan.load(plan.save(tmp_path / "x.json"))) == len(plan) == len(rainy)
    receipt = items.client.apply(plan)
    assert receipt
    assert {row.item for row in receipt.verified} == rainy
