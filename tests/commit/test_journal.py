"""The journal: staged edits and commits, as one kernel sees them."""

from __future__ import annotations

import datetime as dt
import gc
import threading

import numpy as np
import pytest

from encord_widgets.commit.journal import Journal, JournalError, SourceKey
from encord_widgets.commit.receipt import OPEN, Receipt, ReceiptRow, now
from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.changes import Change, Moved
from encord_widgets.metadata.changes_bulk import BulkEdit
from encord_widgets.metadata.items import ItemBatch, ItemTable
from encord_widgets.metadata.plan import Plan, PlannedItem
from encord_widgets.metadata.values import ABSENT

FOLDER = SourceKey("folder", "5a1c", "Street scenes")
OTHER = SourceKey("folder", "77aa", "Rail")


@pytest.fixture(params=["file", "memory"])
def journal(request, tmp_path):
    opened = Journal.open(tmp_path, "server key") if request.param == "file" else Journal.in_memory()
    yield opened
    opened.close()


def fog(item, key="weather", base="rain", after="fog"):
    return Change(item, key, base, after)


def put(session, *changes):
    session.record({(c.item, c.key): c for c in changes})


def row(change, status="verified", **parts):
    fields = {"before": change.base, "wanted": change.after, "observed": change.after, "note": ""} | parts
    return ReceiptRow(change.item, change.item, change.key, status=status, at=now(), **fields)


def receipt(*rows):
    return Receipt(rows, now(), now(), 1)


def repr_of(changes):
    """Values as they are, where 1 == 1.0 == True would hide a difference."""
    return [(c.item, c.key, repr(c.base), repr(c.after), c.implied) for c in changes]


EXACT = [
    Change("a", "n", 2**70, -(2**64)),
    Change("a", "null", None, ABSENT),
    Change("a", "absent", ABSENT, None),
    Change("a", "$encord", {"frames": {"0": {"x": 1.0}}}, ABSENT, implied=True),
    Change("b", "Ünï \x00 𝄞", 1, 1.0),
    Change("b", "b", True, [1, True, 1.0, None, "𝄞", {"z": 1, "a": 2}]),
    Change("b", "half", "\ud83d", "12345678901234567890"),
    Change("b", "", "", "null"),
]


def test_values_come_back_exactly_and_in_order(journal):
    before = journal.session(FOLDER)
    put(before, *EXACT)
    before.close()
    after = journal.session(FOLDER)
    (found,) = after.earlier()
    assert repr_of(found.changes()) == repr_of(EXACT)
    assert repr_of(after.adopt(found.session)) == repr_of(EXACT)


def test_what_is_staged_no_longer_is_gone(journal):
    before = journal.session(FOLDER)
    put(before, fog("a"), fog("b"))
    before.record({("a", "weather"): None, ("b", "weather"): fog("b", after="snow"), ("c", "weather"): None})
    before.close()
    (found,) = journal.session(FOLDER).earlier()
    assert found.changes() == [fog("b", after="snow")]
    assert (found.count, found.items, found.title, found.alive) == (1, 1, "Street scenes", False)
    assert dt.timedelta() <= dt.datetime.now(dt.UTC) - found.at < dt.timedelta(minutes=1)


def test_a_session_without_edits_leaves_no_trace(journal):
    session = journal.session(FOLDER)
    session.record({})
    session.record({("a", "weather"): None})
    session.close()
    assert journal.session(FOLDER).earlier() == []


def test_only_edits_of_the_same_source_are_earlier_edits(journal):
    elsewhere = journal.session(OTHER)
    put(elsewhere, fog("a"))
    elsewhere.close()
    session = journal.session(FOLDER)
    put(session, fog("a"))
    assert session.earlier() == []
    with pytest.raises(JournalError, match="no such edits"):
        session.adopt(elsewhere.id)


def test_edits_in_use_are_seen_and_not_taken(journal):
    here, there = journal.session(FOLDER), journal.session(FOLDER)
    put(there, fog("a"))
    (found,) = here.earlier()
    assert (found.alive, found.here) == (True, True)
    for take in (here.adopt, here.discard):
        with pytest.raises(JournalError, match="in use in this kernel, which still runs"):
            take(there.id)
    assert found.changes() == [fog("a")]


def test_a_session_that_is_let_go_of_is_dead(journal):
    lost = journal.session(FOLDER)
    put(lost, fog("a"))
    del lost
    gc.collect()
    (found,) = journal.session(FOLDER).earlier()
    assert not found.alive


def test_edits_are_adopted_once(journal):
    before = journal.session(FOLDER)
    put(before, fog("a"), fog("b"))
    before.close()
    first, second = journal.session(FOLDER), journal.session(FOLDER)
    assert first.adopt(before.id) == [fog("a"), fog("b")]
    with pytest.raises(JournalError, match="taken over or discarded"):
        second.adopt(before.id)
    (found,) = second.earlier()
    assert (found.session, found.count, found.alive) == (first.id, 2, True)


def test_adopting_keeps_the_edit_made_here_and_loses_neither(journal):
    before = journal.session(FOLDER)
    put(before, fog("a"), fog("b"), fog("c"))
    before.close()
    here = journal.session(FOLDER)
    put(here, fog("a", after="snow"), fog("b"))
    assert here.adopt(before.id) == [fog("c")]
    (left,) = here.earlier()
    assert (left.session, left.changes()) == (before.id, [fog("a")])
    here.close()
    mine = next(found for found in journal.session(FOLDER).earlier() if found.session == here.id)
    assert sorted(mine.changes(), key=lambda c: c.item) == [fog("a", after="snow"), fog("b"), fog("c")]


def test_discarding_says_how_many(journal):
    before = journal.session(FOLDER)
    put(before, fog("a"), fog("b"))
    before.close()
    here = journal.session(FOLDER)
    assert here.discard(before.id) == 2
    assert here.earlier() == []


def test_a_commit_is_there_whole_before_anything_is_sent(journal):
    session = journal.session(FOLDER)
    plan = Plan.of(EXACT, {"a": "a.png"}, source="Street scenes")
    record = session.begin_commit(plan)
    assert record.plan_left() == plan
    assert repr_of(record.plan_left().changes) == repr_of(plan.changes)
    assert record.rows() == ()


def test_a_cut_off_commit_is_found_and_resumed_once(journal):
    session = journal.session(FOLDER)
    changes = [fog("a"), fog("b"), fog("c")]
    put(session, *changes)
    plan = Plan.of(changes, {})
    record = session.begin_commit(plan)
    assert journal.open_commits() == []  # under way
    record.intent(plan.items[:2])
    settled = row(fog("a"))
    record.outcome([settled])
    session.close()
    del record
    gc.collect()
    here, there = journal.session(FOLDER), journal.session(FOLDER)
    (found,) = here.open_commits()
    assert (found.total, found.sent, found.left, found.source) == (3, 1, 2, FOLDER)
    assert found.session == session.id
    assert (found.rows(), found.plan_left().changes) == ((settled,), (fog("b"), fog("c")))
    assert found.plan_left().created_at == plan.created_at
    assert journal.session(OTHER).open_commits() == []
    resumed = here.resume(found.id)
    with pytest.raises(JournalError, match="under way"):
        there.resume(found.id)
    rows = [row(change) for change in resumed.plan_left().changes]
    resumed.outcome(rows)
    assert resumed.rows() == (settled, *rows)
    resumed.finish(receipt(*rows))
    with pytest.raises(JournalError, match="not open any more"):
        there.resume(found.id)
    assert there.open_commits() == []
    assert there.earlier() == []  # what the commit settled is staged nowhere


def test_edits_settled_by_a_cut_off_commit_are_staged_no_longer(journal):
    session = journal.session(FOLDER)
    put(session, fog("a"), fog("b"), fog("c"))
    record = session.begin_commit(Plan.of([fog("a"), fog("b"), fog("c")], {}))
    record.outcome([row(fog("a")), row(fog("b"), "conflict", observed="snow", note="snow now")])
    put(session, fog("a"))  # staged anew, after it was verified: an edit of its own
    put(session, fog("c", after="snow"))
    record.outcome([row(fog("c"))])
    session.close()
    (found,) = journal.session(FOLDER).earlier()
    assert sorted(found.changes(), key=lambda c: c.item) == [fog("a"), fog("b"), fog("c", after="snow")]


@pytest.mark.parametrize("dies", [False, True])
def test_a_settled_edit_leaves_none_of_many_below_it(journal, dies):
    session = journal.session(FOLDER)
    index = ItemTable()
    index.append(ItemBatch(["a", "b", "c", "d"]))
    many = BulkEdit.of_changes("weather", [0, 1, 2, 3], [fog(item) for item in "abcd"])
    session.record_all(Moved({}, index, staged=(many,)))
    snow = fog("a", after="snow")
    put(session, snow)
    record = session.begin_commit(Plan.of([snow, fog("b"), fog("c"), fog("d")], {}))
    session.record_all(Moved({}, index, staged=(many.at(np.array([3])),)))  # staged anew since
    rows = [
        row(snow),
        row(fog("b")),
        row(fog("c"), "conflict", observed="hail", note="hail now"),
        row(fog("d")),
    ]
    record.outcome(rows)
    if dies:
        record.let_go()
    else:
        record.finish(receipt(*rows))
    session.close()
    (found,) = journal.session(FOLDER).earlier()
    assert found.changes() == [fog("c"), fog("d")]
    assert found.count == 2


def test_adopting_what_a_cut_off_commit_left_closes_it(journal):
    session = journal.session(FOLDER)
    put(session, fog("a"), fog("b"))
    record = session.begin_commit(Plan.of([fog("a"), fog("b")], {}))
    record.outcome([row(fog("a"))])
    session.close()
    here = journal.session(FOLDER)
    record.let_go()
    assert here.adopt(session.id) == [fog("b")]
    assert journal.open_commits() == []


def test_a_commit_with_cells_that_are_staged_nowhere_stays_open(journal):
    session = journal.session(FOLDER)
    put(session, fog("b"))
    record = session.begin_commit(Plan.of([fog("a"), fog("b")], {}))
    record.let_go()
    session.close()
    assert journal.session(FOLDER).adopt(session.id) == [fog("b")]
    (found,) = journal.open_commits()
    assert found.plan_left().changes == (fog("a"), fog("b"))
    journal.dismiss(found.id)
    assert journal.open_commits() == []


@pytest.mark.parametrize("status", ["verified", "already", *sorted(OPEN)])
def test_what_is_left_and_what_is_settled_make_the_plan(journal, status):
    session = journal.session(FOLDER)
    record = session.begin_commit(Plan.of([fog("a"), fog("b")], {}))
    record.outcome([row(fog("a"), status)])
    left = [change.item for change in record.plan_left().changes]
    assert left == (["a", "b"] if status in OPEN else ["b"])
    assert [r.item for r in record.rows()] == ([] if status in OPEN else ["a"])


def test_a_verdict_on_other_values_than_planned_comes_back_as_it_was(journal):
    record = journal.session(FOLDER).begin_commit(Plan.of([fog("a", base=1), fog("b", base=1)], {}))
    rows = (
        row(fog("a", base=1), "already", before=1.0, wanted=ABSENT, observed=ABSENT, note="theirs was kept"),
        row(fog("b", base=1), "verified", before=ABSENT, wanted="fog"),
    )
    record.outcome(rows)
    assert [repr(r) for r in record.rows()] == [repr(r) for r in rows]
    record.outcome([row(fog("a", base=1))])  # judged again
    assert record.rows()[0].before == 1
    assert record.rows()[0].wanted == "fog"


def test_cells_that_were_not_reached_are_pending_in_the_journal_too(journal):
    record = journal.session(FOLDER).begin_commit(Plan.of([fog("a")], {}))
    record.finish(receipt(row(fog("a"), "pending", observed=ABSENT, note="the commit was stopped")))
    assert journal.open_commits() == []
    assert record.plan_left().changes == (fog("a"),)


def test_a_plan_that_names_a_cell_twice_is_refused_by_name(journal):
    double = (PlannedItem("a", "a.png", (fog("a"), fog("a", after="snow"))),)
    session = journal.session(FOLDER)
    with pytest.raises(InvalidInputError, match="item a, key 'weather': expected one change"):
        session.begin_commit(Plan(double, "", now()))
    assert journal.open_commits() == []


def test_all_threads_write_at_once(journal):
    session = journal.session(FOLDER)

    def stage(thread):
        for n in range(50):
            put(session, fog(f"{thread}-{n}"))

    threads = [threading.Thread(target=stage, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.close()
    (found,) = journal.session(FOLDER).earlier()
    assert found.count == 200


def test_a_closed_journal_says_so_and_keeps_what_it_could_not_write(journal):
    session = journal.session(FOLDER)
    put(session, fog("a"))
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="not being journaled"):
        put(session, fog("b"))
    assert session.behind == 1
