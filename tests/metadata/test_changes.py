"""Staged edits: one step a call, undo and redo are inverse, settled cells are gone from every step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.values import ABSENT, canonical, same
from tests.metadata import strategies

items = st.sampled_from(["a", "b", "c"])
keys = st.sampled_from(["x", "y"])
edits = st.builds(Change, items, keys, strategies.cells, strategies.cells)
steps = st.lists(st.lists(edits, max_size=4), max_size=6)


def content(changes):
    return {(c.item, c.key): (canonical(c.base), canonical(c.after)) for c in changes}


@given(steps)
def test_undo_and_redo_are_inverse(steps):
    changes = ChangeSet()
    states = [content(changes)]
    for step in steps:
        if changes.stage(step):
            states.append(content(changes))
    for state in reversed(states[:-1]):
        assert changes.undo()
        assert content(changes) == state
    assert not changes.undo()
    for state in states[1:]:
        assert changes.redo()
        assert content(changes) == state
    assert not changes.redo()


@given(steps)
def test_what_is_staged_is_the_last_wish_for_each_cell(steps):
    changes = ChangeSet()
    wishes = {}
    for step in steps:
        changes.stage(step)
        wishes.update({(c.item, c.key): c for c in step})
    expected = {place: c for place, c in wishes.items() if not same(c.base, c.after)}
    assert content(changes) == content(expected.values())
    assert len(changes) == len(expected)
    assert set(changes.items) == {item for item, _ in expected}


@given(steps, st.data())
def test_settled_cells_never_come_back(steps, data):
    changes = ChangeSet()
    for step in steps:
        changes.stage(step)
    staged = list(changes)
    chosen = data.draw(st.sets(st.integers(0, max(len(staged) - 1, 0))))
    settled = [change for place, change in enumerate(staged) if place in chosen]
    changes.settle((change, change.after) for change in settled)
    gone = {(c.item, c.key) for c in settled}
    assert content(changes) == content(c for c in staged if (c.item, c.key) not in gone)
    while changes.undo():
        assert not gone & {(c.item, c.key) for c in changes}


def test_an_edit_made_during_a_commit_stays_on_the_new_base():
    changes = ChangeSet()
    changes.stage([Change("a", "x", 1, 2)])
    sent = list(changes)
    changes.stage([Change("a", "x", 1, 3)])
    changes.settle((change, change.after) for change in sent)
    assert list(changes) == [Change("a", "x", 2, 3)]


def test_an_edit_that_gave_way_to_theirs_is_gone():
    changes = ChangeSet()
    changes.stage([Change("a", "x", 1, 2)])
    changes.settle([(Change("a", "x", 1, 2), "theirs")])
    assert not changes


def test_staging_the_base_drops_the_edit_and_can_be_undone():
    changes = ChangeSet()
    changes.stage([Change("a", "x", None, ABSENT)])
    changes.stage([Change("a", "x", None, None)])
    assert not changes
    changes.undo()
    assert [c.removes for c in changes] == [True]


@given(steps, st.lists(st.sampled_from(["undo", "redo", "settle", "look"]), max_size=6))
def test_what_moved_is_enough_to_follow_along(steps, actions):
    changes, followed = ChangeSet(), {}

    def follow():
        for place, change in changes.take_moved().items():
            followed.pop(place, None)
            if change is not None:
                followed[place] = change

    for step in steps:
        changes.stage(step)
        if len(step) % 2:
            follow()
    for action in actions:
        if action == "settle":
            changes.settle([(change, change.after) for change in list(changes)[:1]])
        elif action == "look":
            follow()
        else:
            getattr(changes, action)()
    follow()
    assert content(followed.values()) == content(changes)
    assert changes.take_moved() == {}


def test_unstage_is_one_step():
    changes = ChangeSet()
    changes.stage([Change("a", "x", 1, 2), Change("a", "y", 1, 2), Change("b", "x", 1, 2)])
    assert changes.unstage(lambda c: c.item == "a") == 2
    assert changes.items == ("b",)
    changes.undo()
    assert len(changes) == 3
    assert changes.unstage() == 3
    assert not changes


def test_frame_keeps_absent_and_null_apart():
    changes = ChangeSet()
    changes.stage([Change("a", "x", ABSENT, None)])
    frame = changes.to_frame()
    assert list(frame.columns) == ["item", "key", "before", "after", "status"]
    assert frame.loc[0, "before"] is ABSENT
    assert frame.loc[0, "after"] is None
    assert frame.loc[0, "status"] == "staged"
