"""Laws of the journal against dictionaries: what was staged is there, once, exactly, whoever dies and takes over."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from encord_widgets.commit.journal import Journal, JournalError, SourceKey
from encord_widgets.commit.receipt import OPEN, Receipt, ReceiptRow, now
from encord_widgets.metadata.changes import Change, Moved
from encord_widgets.metadata.changes_bulk import BulkEdit
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.values import ABSENT
from tests.metadata.strategies import cells, text

FOLDER = SourceKey("folder", "5a1c", "Street scenes")
items = st.sampled_from(["a", "b", "c"])


class Index:
    """Rows of items."""

    uuids = ("a", "b", "c", "d")

    def row_of(self, uuid):
        return self.uuids.index(uuid)

    def __len__(self):
        return len(self.uuids)


INDEX = Index()
keys = st.sampled_from(["weather", "$encord"]) | text
edits = st.dictionaries(
    st.tuples(items, keys), st.none() | st.tuples(cells, cells, st.booleans()), max_size=6
)
statuses = st.sampled_from(["verified", "already", *sorted(OPEN)])


def spelled(change):
    return (repr(change.base), repr(change.after), change.implied)


class JournalLaws(RuleBasedStateMachine):
    """Sessions come, stage, commit, die and are taken over; a dictionary each says what they hold."""

    sessions = Bundle("sessions")
    dead = Bundle("dead")

    def journal(self):
        return Journal.in_memory()

    @initialize()
    def begin(self):
        self.opened = self.journal()
        self.held = {}
        self.open = {}

    @rule(target=sessions)
    def come(self):
        session = self.opened.session(FOLDER)
        self.held[session.id] = {}
        return session

    @rule(session=sessions, step=edits)
    def stage(self, session, step):
        self.stage_now(session, step)

    def stage_now(self, session, step):
        changes = {place: found and Change(*place, *found) for place, found in step.items()}
        session.record(changes)
        for place, change in changes.items():
            self.held[session.id].pop(place, None)
            if change is not None:
                self.held[session.id][place] = spelled(change)

    @rule(
        session=sessions,
        key=st.sampled_from(["weather", "lux"]),
        chosen=st.lists(
            st.tuples(st.integers(0, 3), cells, cells, st.booleans()),
            unique_by=lambda one: one[0],
            min_size=1,
        ),
        how=st.sampled_from(["dropped", "one value", "values"]),
        more=edits,
    )
    def stage_many(self, session, key, chosen, how, more):
        """Some items at once, beside single ones."""
        dropped = how == "dropped"
        rows = [row for row, *_ in chosen]
        changes = [
            Change(INDEX.uuids[row], key, base, after, implied) for row, base, after, implied in chosen
        ]
        if how == "one value":
            changes = [Change(c.item, key, c.base, changes[0].after) for c in changes]
        edit = BulkEdit.of_changes(key, rows, changes)
        singles = {
            place: found and Change(*place, *found)
            for place, found in more.items()
            if place not in {(c.item, key) for c in changes}
        }
        if dropped:
            session.record_all(Moved(singles, INDEX, dropped=((key, edit.rows),)))
        else:
            session.record_all(Moved(singles, INDEX, staged=(edit,)))
        held = self.held[session.id]
        wishes = {(c.item, c.key): None if dropped else c for c in changes}
        for place, change in (singles | wishes).items():
            held.pop(place, None)
            if change is not None:
                held[place] = spelled(change)

    @rule(target=dead, session=consumes(sessions))
    def die(self, session):
        session.close()
        return session.id

    @rule(session=sessions, other=dead)
    def adopt(self, session, other):
        theirs, mine = self.held.get(other), self.held[session.id]
        if not theirs:
            with suppress(JournalError):  # there are no such edits
                assert session.adopt(other) == []
            return
        taken = session.adopt(other)
        free = {place: change for place, change in theirs.items() if place not in mine}
        assert {(c.item, c.key): spelled(c) for c in taken} == free
        kept = {p: c for p, c in theirs.items() if p in mine and c[1] != mine[p][1]}
        mine.update(free)
        self.held[other] = kept

    @rule(session=sessions, other=dead)
    def discard(self, session, other):
        theirs = self.held.get(other)
        if not theirs:
            with suppress(JournalError):
                assert session.discard(other) == 0
            return
        assert session.discard(other) == len(theirs)
        self.held[other] = {}

    @rule(
        session=sessions,
        verdicts=st.lists(statuses, min_size=1, max_size=4),
        meanwhile=edits,
        many=st.none() | st.tuples(st.sampled_from(["weather", "lux"]), cells),
    )
    def commit(self, session, verdicts, meanwhile, many):
        """What is staged while it is under way stays, be it the very same edit."""
        record, judged, left = self.begun(session, verdicts)
        before = dict(self.held[session.id])
        self.held[session.id] = left
        if many is not None:
            rows = [INDEX.row_of(item) for item, key in before if key == many[0]]
            found = [Change(INDEX.uuids[row], many[0], ABSENT, many[1]) for row in rows]
            if found:
                edit = BulkEdit.of_changes(many[0], rows, found)
                session.record_all(Moved({}, INDEX, staged=(edit,)))
                left.update({(c.item, c.key): spelled(c) for c in found})
        self.stage_now(session, meanwhile)
        record.finish(Receipt(tuple(judged), now(), now(), 1))

    @rule(target=dead, session=consumes(sessions), verdicts=st.lists(statuses, min_size=1, max_size=4))
    def die_while_committing(self, session, verdicts):
        record, _, self.held[session.id] = self.begun(session, verdicts)
        record.let_go()
        session.close()
        return session.id

    def begun(self, session, verdicts):
        """A commit whose cells have their verdicts, and what it leaves staged."""
        (changes,) = [list(found.changes()) for found in self.look() if found.session == session.id] or [[]]
        record = session.begin_commit(Plan.of(changes, {}))
        judged = [
            ReceiptRow(c.item, c.item, c.key, c.base, c.after, ABSENT, status, "", now())
            for c, status in zip(changes, verdicts * len(changes), strict=False)
        ]
        record.intent(record.plan_left().items)
        record.outcome(judged)
        settled = {(r.item, r.key) for r in judged if r.status not in OPEN}
        assert {(r.item, r.key) for r in record.rows()} == settled
        left = {(c.item, c.key): spelled(c) for c in record.plan_left().changes}
        assert left == {p: c for p, c in self.held[session.id].items() if p not in settled}
        return record, judged, left

    def look(self):
        return self.opened.session(FOLDER).earlier()

    @invariant()
    def everybody_holds_what_they_staged(self):
        found = {edits.session: edits for edits in self.look()}
        assert set(found) == {session for session, held in self.held.items() if held}
        for session, earlier in found.items():
            changes = earlier.changes()
            assert {(c.item, c.key): spelled(c) for c in changes} == self.held[session]
            assert (earlier.count, earlier.items) == (len(changes), len({c.item for c in changes}))

    def teardown(self):
        if hasattr(self, "opened"):
            self.opened.close()


class JournalFileLaws(JournalLaws):
    """The same on disk, where the journal is closed and opened again in between."""

    def journal(self):
        self.folder = tempfile.TemporaryDirectory()
        return Journal.open(Path(self.folder.name), "server key")

    @rule()
    def housekeeping(self):
        Journal.open(Path(self.folder.name), "server key").close()

    def teardown(self):
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestJournalLaws = JournalLaws.TestCase
TestJournalLaws.settings = settings(max_examples=40, stateful_step_count=20)
TestJournalFileLaws = JournalFileLaws.TestCase
TestJournalFileLaws.settings = settings(max_examples=15, stateful_step_count=15)
