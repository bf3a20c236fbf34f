"""An item set end to end on the embedded Encord: look, edit, review, commit, prove."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
import pytest

import encord_widgets as ew
from encord_widgets.metadata.staging import CellEdit

KEYS = {
    "weather",
    "lux",
    "captured at",
    "time_of_day",
    "reviewed",
    "camera",
    "notes",
    "where",
    "clip",
    "asset id",
}


@contextmanager
def opened(items: int = 60) -> Iterator[tuple[ew.Client, ew.ItemSet]]:
    with ew.demo(items=items) as client:
        yield client, client.folder(street_scenes(client))


def street_scenes(client):
    return next(folder for folder in client.folders() if folder.name == "Street scenes")


@pytest.fixture
def items():
    with opened() as (_, items):
        yield items


def test_frame_shows_what_encord_holds(items):
    frame = items.frame
    assert len(frame) == len(items) == 60
    assert frame.index.tolist() == items.uuids
    assert set(frame.columns) >= {"name", "item_type", *KEYS}
    assert frame["name"].tolist() == sorted(frame["name"].tolist())
    live = items.client.read(items.uuids)
    for uuid, metadata in zip(live.uuids, live.metadata, strict=True):
        for key in KEYS:
            cell = frame.loc[uuid, key]
            if key not in metadata:
                assert pd.isna(cell)
            elif metadata[key] is None:
                assert cell is None or pd.isna(cell)
            else:
                assert cell == metadata[key]


def test_the_whole_job(items):
    uuid, other = items.uuids[0], items.uuids[1]
    before = items.client.read([uuid]).metadata[0]
    items.stage({uuid: {"weather": "fog", "notes": ew.ABSENT}, other: {"lux": 3}})
    assert items.value(uuid, "weather") == "fog"
    assert items.client.read([uuid]).metadata[0] == before, "staging sends nothing"
    plan = items.plan()
    assert len(plan) == len(items.changes)
    receipt = items.commit()
    assert receipt
    assert len(receipt) == len(plan)
    after = items.client.read([uuid]).metadata[0]
    assert after == {key: value for key, value in (before | {"weather": "fog"}).items() if key != "notes"}
    assert not items.changes
    assert items.stored(uuid, "weather") == "fog"
    assert items.frame.loc[uuid, "weather"] == "fog"


def test_a_colleagues_edit_is_a_conflict_and_survives():
    with opened() as (client, items):
        uuid = items.uuids[0]
        items.stage({uuid: {"weather": "fog", "lux": 1.5}})
        colleague = client.folder(street_scenes(client)).wait()
        taken = "snow" if items.stored(uuid, "weather") != "snow" else "rain"
        colleague.stage({uuid: {"weather": taken, "camera": "theirs"}})
        assert colleague.commit()
        receipt = items.commit()
        assert [(row.key, row.observed) for row in receipt.conflicts] == [("weather", taken)]
        live = client.read([uuid]).metadata[0]
        assert (live["weather"], live["lux"], live["camera"]) == (taken, 1.5, "theirs")
        assert [c.key for c in items.changes] == ["weather"], "the edit that met a conflict stays staged"
        assert items.stored(uuid, "weather") == taken, "what is live by now is shown"
        items.stage({uuid: {"weather": "fog"}})
        assert items.commit(), "staged again in view of theirs, ours is written"
        assert client.read([uuid]).metadata[0]["weather"] == "fog"


@pytest.mark.parametrize(("policy", "kept"), [("ours", "ours"), ("theirs", "theirs")])
def test_a_policy_settles_conflicts_and_leaves_nothing_staged(items, policy, kept):
    uuid = items.uuids[0]
    items.stage({uuid: {"camera": "ours"}})
    colleague = items.client.items([uuid])
    colleague.stage({uuid: {"camera": "theirs"}})
    assert colleague.commit()
    assert items.commit(on_conflict=policy)
    assert items.client.read([uuid]).metadata[0]["camera"] == kept
    assert items.stored(uuid, "camera") == kept
    assert not items.changes


def test_a_value_that_does_not_fit_is_refused_and_nothing_is_staged(items):
    good, bad = items.uuids[:2]
    items.stage({good: {"camera": "kept"}})
    with pytest.raises(ew.InvalidInputError) as caught:
        items.stage({good: {"lux": 7}, bad: {"lux": "abc", "weather": "hail"}})
    assert {problem.key for problem in caught.value.problems} == {"lux", "weather"}
    assert [(c.item, c.key) for c in items.changes] == [(good, "camera")]


def test_undo_redo_unstage(items):
    a, b = items.uuids[:2]
    items.stage({a: {"camera": "x"}, b: {"camera": "y"}})
    items.stage({a: {"notes": "n"}})
    assert len(items.undo()) == 2
    assert len(items.redo()) == 3
    assert len(items.unstage(items=[b.upper()])) == 2
    assert len(items.unstage(keys=["camera"])) == 1
    assert len(items.unstage()) == 0
    assert len(items.undo()) == 1


def test_cells_typed_by_hand(items):
    uuid = items.uuids[0]
    results = items.stage_cells(
        [CellEdit(uuid, "lux", "text", "12"), CellEdit(uuid, "lux", "text", "twelve")]
    )
    assert [result.accepted for result in results] == [True, False]
    assert items.value(uuid, "lux") == 12


def test_order_sorts_and_searches_without_touching_the_table(items):
    items.wait()
    by_lux = items.order(("key:lux", False))
    assert sorted(by_lux.tolist()) == sorted(items.order().tolist())
    values = [items.table.value(row, "lux") for row in by_lux]
    numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    assert numbers == sorted(numbers)
    falling = [items.table.value(row, "lux") for row in items.order(("key:lux", True))]
    assert [v for v in falling if isinstance(v, (int, float))] == numbers[::-1]
    assert (values[-1] is ew.ABSENT) == (falling[-1] is ew.ABSENT), "missing values come last both ways"
    name = items.frame["name"].iloc[7]
    assert [items.table.uuids[row] for row in items.order(search=name.upper())] == [
        uuid for uuid, other in items.frame["name"].items() if name.lower() in other.lower()
    ]
    with pytest.raises(KeyError):
        items.order(("nonsense", False))


def test_order_counts_staged_values(items):
    uuid = items.uuids[30]
    items.stage({uuid: {"camera": "zebra-needle"}})
    assert [items.table.uuids[row] for row in items.order(search="ZEBRA-NEEDLE")] == [uuid]
    items.stage({uuid: {"lux": -1e9}})
    assert items.table.uuids[items.order(("key:lux", False))[0]] == uuid


def test_a_frame_can_be_edited_in_pandas_and_staged(items):
    frame = items.frame
    frame["reviewed"] = True
    items.stage(frame)
    already = sum(items.stored(uuid, "reviewed") is True for uuid in items.uuids)
    assert len(items.changes) == 60 - already
    assert {c.key for c in items.changes} == {"reviewed"}
    assert items.commit()
    assert items.frame["reviewed"].astype(bool).all()


def test_overwrite_replaces_the_dictionary(items):
    uuid = items.uuids[0]
    items.stage({uuid: {"weather": "fog"}}, mode="overwrite")
    assert {c.key for c in items.changes if c.removes} == set(items.client.read([uuid]).metadata[0]) - {
        "weather"
    }
    with pytest.raises(ew.InvalidInputError, match="allow_destroy"):
        items.commit()
    assert items.commit(allow_destroy=True)
    assert items.client.read([uuid]).metadata[0] == {"weather": "fog"}


def test_a_plan_is_applied_elsewhere(items, tmp_path):
    uuid = items.uuids[0]
    items.stage({uuid: {"camera": "from a file"}})
    path = items.plan().save(tmp_path / "fix.plan.json")
    receipt = items.client.apply(ew.Plan.load(path))
    assert receipt.counts == {"verified": 1}
    assert items.client.apply(ew.Plan.load(path)).counts == {"already": 1}


@pytest.mark.parametrize("ask", ["apply", "dry_run"])
def test_a_plan_for_what_is_no_item_is_refused_before_anything_is_sent(items, ask):
    uuid = items.uuids[0]
    by_hand = [ew.Change(item, "camera", ew.ABSENT, "x") for item in (uuid, "my-item", uuid.upper())]
    with pytest.raises(ew.InvalidInputError) as refused:
        getattr(items.client, ask)(ew.Plan.of(by_hand, {}))
    assert [problem.item for problem in refused.value.problems] == ["'my-item'", repr(uuid.upper())]
    assert not items.client.cut_off()
    assert items.client.read([uuid]).metadata[0].get("camera") != "x"


def test_who_follows_a_commit_cannot_spoil_it(items, monkeypatch):
    shown = []
    monkeypatch.setattr("threading.excepthook", lambda said: shown.append(said.exc_type))

    def broken(*_):
        raise LookupError("the follower's own fault")

    for signal in (items.wait().events.progress, items.events.rows, items.events.receipt):
        signal.connect(broken)
    uuid = items.uuids[0]
    items.stage({uuid: {"camera": "followed"}})
    assert items.commit().counts == {"verified": 1}
    assert items.refresh().wait().stored(uuid, "camera") == "followed"
    assert items.loading.finished
    assert set(shown) == {LookupError}


def test_refresh_shows_edits_of_others_and_keeps_the_staged_ones():
    with opened() as (client, items):
        uuid, other = items.uuids[:2]
        items.stage({uuid: {"camera": "mine"}})
        colleague = client.folder(street_scenes(client))
        colleague.stage({other: {"camera": "theirs"}})
        assert colleague.commit()
        order = items.uuids
        items.refresh().wait()
        assert items.stored(other, "camera") == "theirs"
        assert items.value(uuid, "camera") == "mine"
        assert items.uuids == order


def test_events_tell_what_happened(items):
    seen = []
    for name in ("changes", "progress", "receipt", "rows"):
        getattr(items.events, name).connect(lambda *_, name=name: seen.append(name), max_args=None)
    items.wait()
    items.stage({items.uuids[0]: {"camera": "x"}})
    items.commit()
    assert {"changes", "progress", "receipt", "rows"} <= set(seen)
    items.clear_receipt()
    assert items.receipt is None


def test_two_commits_at_once_are_refused(items):
    items.wait()
    ready, go = threading.Event(), threading.Event()
    items.stage({items.uuids[0]: {"camera": "x"}})
    items.events.progress.connect(lambda _: (ready.set(), go.wait(10)))
    run = items.start_commit()
    assert ready.wait(10)
    with pytest.raises(ew.EncordWidgetsError, match="under way"):
        items.start_commit()
    assert items.committing is run
    go.set()
    assert run.result()
    assert items.committing is None


def test_items_by_uuid_and_those_that_are_not_there(items):
    a, b = items.uuids[:2]
    chosen = items.client.items([b, a.upper(), a])
    assert chosen.uuids == [b, a]
    assert chosen.stored(a, "weather") == items.stored(a, "weather")


def test_an_item_that_is_refused_costs_no_other(items):
    known, gone = items.uuids, [str(uuid4()) for _ in range(2)]
    chosen = items.client.items([*known[:20], gone[0], *known[20:40], gone[1]])
    assert chosen.uuids == known[:40]
    assert [problem.item for problem in chosen.problems] == gone
    assert all("not yours to read" in problem.reason for problem in chosen.problems)
    for nothing in (gone, [uuid4() for _ in range(120)]):
        with pytest.raises(ew.AuthorisationError):
            items.client.items(nothing).wait()


def test_frames_of_an_image_group():
    with opened(items=200) as (client, items):
        group = items.frame.query("item_type == 'imageGroup'").index[0]
        frames = client.image_group(group)
        assert len(frames) > 1
        assert set(frames.frame["item_type"]) == {"image"}
        frames.stage({uuid: {"camera": f"frame {n}"} for n, uuid in enumerate(frames.uuids)})
        assert frames.commit()
        assert frames.frame["camera"].tolist() == [f"frame {n}" for n in range(len(frames))]


def test_large_folders_load_whole_and_in_order():
    with opened(items=4321) as (_, items):
        names = items.frame["name"].tolist()
        assert len(names) == 4321
        assert names == sorted(names)
        assert (items.loading.done, items.loading.total, items.loading.finished) == (4321, 4321, True)
        assert len(np.unique(items.order())) == 4321


def test_repr_is_short_and_says_what_is_staged(items):
    items.stage({items.uuids[0]: {"camera": "x"}})
    assert repr(items) == "<ItemSet 'Street scenes': 60 items, 1 edit staged>"


def test_the_item_that_is_looked_at_is_shared(items):
    told: list[str | None] = []
    items.events.focus.connect(told.append)
    first, second = items.uuids[:2]
    assert items.focus is None
    items.focus = first.upper()
    items.focus = first
    assert items.focus == first
    with pytest.raises(ew.InvalidInputError, match="expected an item uuid"):
        items.focus = "street_000001.jpg"
    with ew.ItemGrid(items) as grid:
        grid.selection = [second, first]
        assert items.focus == first, "the item looked at is among those selected"
        grid.selection = [second]
        grid.selection = []
    items.focus = None
    assert told == [first, second, None]


def test_a_commit_brings_what_others_wrote_beside_it(items):
    first, second = items.uuids[:2]
    other = items.client.items([first, second])
    other.stage({first: {"notes": "glare", "weather": ew.ABSENT}})
    assert other.commit()
    items.stage({uuid: {"camera": "front", "brand new": 1} for uuid in (first, second)})
    assert items.commit()
    assert items.stored(first, "notes") == "glare"
    assert items.stored(first, "weather") is ew.ABSENT
    for uuid in (first, second):
        read = items.client.items([uuid]).wait().table
        row, edited = items.table.row_of(uuid), "last_edited_at"
        assert items.table.metadata(row) == read.metadata(0)
        assert items.table.field(edited).value(row) == read.field(edited).value(0)


def test_a_value_is_found_under_any_spelling_of_the_uuid(items):
    uuid = items.uuids[0]
    items.stage({uuid: {"weather": "fog"}})
    assert items.value(UUID(uuid), "weather") == items.value(uuid.upper(), "weather") == "fog"
    assert items.stored(UUID(uuid), "lux") == items.stored(uuid, "lux")
    for stranger, expected in ((str(UUID(int=5)), "an item of this set"), (None, "an item uuid")):
        with pytest.raises(ew.InvalidInputError, match=expected):
            items.value(stranger, "weather")


def test_edits_of_a_single_item_or_key_are_dropped(items):
    first, second = items.uuids[:2]
    items.stage({item: {"weather": "fog", "at": 1, "weather at": 2} for item in (first, second)})
    items.unstage(first)
    assert list(items.changes.items) == [second]
    items.unstage(keys="weather at")
    assert {change.key for change in items.changes} == {"weather", "at"}
    with pytest.raises(ew.InvalidInputError, match="expected an item uuid, got 'street"):
        items.unstage(["street_000001.jpg", second])
    assert len(items.changes) == 2


def test_options_of_a_commit_are_options(items):
    items.stage({items.uuids[0]: {"weather": "fog"}})
    with pytest.raises(ew.InvalidInputError, match=r"expected CommitOptions, got \{'canary': 0\}"):
        items.start_commit({"canary": 0})
    assert not items.committing
    assert items.commit()
