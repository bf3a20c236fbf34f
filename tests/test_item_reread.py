"""What changed since a source was seen last, by whom it may be, and what that means for edits."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.staging import CellEdit
from tests.cache_world import METADATA, in_view


@pytest.fixture
def world(cache_world):
    return cache_world


def typed(uuid, key, text):
    return CellEdit(uuid, key, "text", text, unchanged=lambda _: True)


def test_what_changed_since_is_known_by_item_and_key(world):
    world.visit()
    first, second, third, last = world.uuids
    world.store.edit(first, {"weather": "snow"}, remove=["lux"])
    world.store.delete(third)
    new = world.store.add_item(world.folder, "0a.png", {"weather": "hail"})
    with world.held_up() as (items, go):
        assert list(in_view(items)) == world.uuids, "gone items stay until the reading is through"
        go.set()
        items.wait()
        assert list(in_view(items)) == [first, new, second, last]
        assert {(moved.item, moved.key): (moved.before, moved.after, moved.by) for moved in items.reread} == {
            (first, "weather"): ("rain", "snow", "somebody else"),
            (first, "lux"): (1, ew.ABSENT, "somebody else"),
        }
        assert (items.reread.new, items.reread.gone) == ((new,), (third,))
        assert "2 values changed since; 1 item new; 1 item gone." in items.as_of
        items.filter = "state is updated"
        assert list(in_view(items)) == [first]
        items.filter = ~ew.F.state.updated
        assert list(in_view(items)) == [new, second, last]


def test_own_commits_are_told_from_those_of_others(world):
    world.visit()
    first, second, third, last = world.uuids
    with world.kernel() as client:  # reads nothing but what it commits, so the cache stays as it was
        items = client.items([first, second, third]).wait()
        items.stage({first: {"weather": "hail"}, second: {"weather": "hail"}, third: {"ok": ew.ABSENT}})
        assert items.commit()
    world.store.edit(second, {"weather": "dry"})
    world.store.edit(last, {"weather": "hail"})
    with world.kernel() as client:
        items = client.folder(world.folder).wait()
        assert {(moved.item, moved.key): moved.by for moved in items.reread} == {
            (first, "weather"): "you",
            (second, "weather"): "somebody else",
            (third, "ok"): "you",
            (last, "weather"): "somebody else",
        }
        assert "4 values changed since, 2 by you" in items.as_of


def test_commits_from_before_the_cache_do_not_count(world):
    first = world.uuids[0]
    with world.kernel() as client:
        items = client.items([first]).wait()
        items.stage({first: {"weather": "hail"}})
        assert items.commit()
    world.store.edit(first, {"weather": "rain"})
    world.visit()
    world.store.edit(first, {"weather": "hail"})  # the same value, and this time by somebody else
    with world.kernel() as client:
        assert [moved.by for moved in client.folder(world.folder).wait().reread] == ["somebody else"]


def test_an_edit_of_a_cached_row_stands_on_what_was_seen(world):
    world.visit()
    first, second = world.uuids[:2]
    world.store.edit(first, {"weather": "snow"})
    with world.held_up() as (items, go):
        for uuid in (first, second):
            assert items.stage_cells([typed(uuid, "weather", "hail")])[0].accepted
        go.set()
        items.wait()
        assert [(change.item, change.base) for change in items.changes] == [(first, "rain"), (second, "fog")]
        receipt = items.commit()
        assert {row.item: (row.status, row.observed) for row in receipt.rows} == {
            first: ("conflict", "snow"),
            second: ("verified", "hail"),
        }
        assert world.store.metadata(first)["weather"] == "snow"


def test_what_is_staged_from_python_waits_for_what_is_live(world):
    world.visit()
    first = world.uuids[0]
    world.store.edit(first, {"weather": "snow"})
    with world.kernel() as client:
        items = client.folder(world.folder)
        items.stage({first: {"weather": "hail"}})
        assert items.changes.get(first, "weather").base == "snow"


def test_a_refresh_tells_what_changed_too(world):
    with world.kernel() as client:
        items = client.folder(world.folder).wait()
        world.store.edit(world.uuids[0], {"lux": 2})
        items.refresh().wait()
        assert [(moved.key, moved.before, moved.after) for moved in items.reread] == [("lux", 1, 2)]
        assert items.as_of.startswith("Read again at ")
        items.refresh().wait()
        assert not items.reread


def test_what_a_commit_wrote_is_kept_with_the_next_reading(world):
    first = world.uuids[0]
    with world.kernel() as client:
        items = client.folder(world.folder).wait()
        items.stage({first: {"weather": "hail"}})
        assert items.commit()
        items.refresh().wait()
        assert not items.reread
    with world.held_up() as (items, _):
        assert in_view(items)[first]["weather"] == "hail"


def test_a_page_from_before_a_commit_does_not_take_it_back(world):
    world.visit()
    first = world.uuids[0]
    with world.held_up() as (items, go):
        assert items.stage_cells([typed(first, "weather", "hail")])[0].accepted
        fresh = ItemBatch([first], {}, [METADATA[0] | {"weather": "hail"}])
        items._loader.take_observed(
            fresh
        )  # what a commit read back; the listing below still has the old value
        go.set()
        items.wait()
        assert items.stored(first, "weather") == "hail"
