"""Staging, undo, plans, commits and a rival in any order, against a model that shares no code with the package."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from encord_widgets.item_set import ItemSet
from encord_widgets.local.store import Store
from encord_widgets.metadata.merge import Conflict
from encord_widgets.metadata.values import ABSENT
from tests.faults.ledger import OTHERS, text
from tests.faults.runs import opened, template

KEYS = ("a", "b", "c")
VALUES = st.sampled_from((None, True, 1, 1.0, 2.5, "x", "", [], {"n": [None]}))
EDITED = st.one_of(VALUES, st.just(ABSENT))
PLACES = st.tuples(st.integers(0, 2), st.sampled_from(KEYS))
POLICIES = st.sampled_from(("report", "ours", "theirs", "ask"))
FRAMES = {"frames": {"1": {"label": "kept"}}}


def ask(conflict: Conflict):
    """A policy that reports conflicts on `a`, and joins the others."""
    return conflict if conflict.key == "a" else [f"{text(conflict.ours)} and {text(conflict.theirs)}"]


def with_value(metadata, key, value):
    rest = {name: held for name, held in metadata.items() if name != key}
    return rest if value is ABSENT else {**rest, key: value}


def same(one, other):
    return text(one) == text(other)


class Editing(RuleBasedStateMachine):
    """One item set of three items, and somebody else in the store."""

    items: ItemSet
    store: Store

    def __init__(self, server, client) -> None:
        super().__init__()
        self.server, self.client, self.store = server, client, server.store
        self.uuids, self.live, self.seen = [], {}, {}
        self.staged = {}  # cell: (base, after)
        self.done, self.undone = [], []  # steps: cell: (before, after)
        self.plans, self.receipts = [], []

    @initialize(data=st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES), min_size=3, max_size=3))
    def open(self, data):
        folder = self.store.add_folder("scenes")
        held = [{**metadata, "$encord": FRAMES} for metadata in data]
        self.uuids = [self.store.add_item(folder, f"{n}.jpg", one) for n, one in enumerate(held)]
        self.items = self.client.folder(folder).wait()
        self.live = dict(zip(self.uuids, held, strict=True))  # what the server must hold
        self.seen = dict(self.live)  # what the item set has read

    # -- staging -------------------------------------------------------------------------------------------------

    def _step(self, cells):
        moved = {cell: (self.staged.get(cell), new) for cell, new in cells.items()}
        moved = {cell: pair for cell, pair in moved.items() if repr(pair[0]) != repr(pair[1])}
        if moved:
            self.done.append(moved)
            self.undone.clear()
        for cell, (_, new) in moved.items():
            self._put(cell, new)

    def _put(self, cell, edit):
        self.staged.pop(cell, None)
        if edit is not None:
            self.staged[cell] = edit

    def _stored(self, cell):
        return self.seen[cell[0]].get(cell[1], ABSENT)

    @rule(edits=st.dictionaries(PLACES, EDITED, min_size=1, max_size=4))
    def stage(self, edits):
        cells = {(self.uuids[n], key): value for (n, key), value in edits.items()}
        asked = {}
        for (uuid, key), value in cells.items():
            asked.setdefault(uuid, {})[key] = value
        self.items.stage(asked)
        bases = {cell: self._stored(cell) for cell in cells}
        self._step({c: None if same(bases[c], value) else (bases[c], value) for c, value in cells.items()})

    @precondition(lambda self: self.staged)
    @rule(n=st.integers(0, 2))
    def unstage(self, n):
        self.items.unstage([self.uuids[n]])
        self._step({cell: None for cell in self.staged if cell[0] == self.uuids[n]})

    @precondition(lambda self: self.done)
    @rule()
    def undo(self):
        self.items.undo()
        step = self.done.pop()
        self.undone.append(step)
        for cell, (before, _) in step.items():
            self._put(cell, before)

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self):
        self.items.redo()
        step = self.undone.pop()
        self.done.append(step)
        for cell, (_, after) in step.items():
            self._put(cell, after)

    @rule()
    def refresh(self):
        self.items.refresh().wait()
        self.seen = dict(self.live)

    # -- somebody else -------------------------------------------------------------------------------------------

    @rule(place=PLACES, value=EDITED)
    def rival(self, place, value):
        self._rival(self.uuids[place[0]], place[1], value)

    @precondition(lambda self: self.staged)
    @rule(n=st.integers(0, 8), value=EDITED)
    def rival_on_staged(self, n, value):
        self._rival(*sorted(self.staged)[n % len(self.staged)], value)

    def _rival(self, uuid, key, value):
        self.live[uuid] = with_value(self.live[uuid], key, value)
        self.store.replace(uuid, self.live[uuid], actor="rival")

    # -- committing ----------------------------------------------------------------------------------------------

    def _outcome(self, cells, policy):
        """What must come of a commit: statuses, and the values wanted in the end."""
        statuses, wishes = {}, {}
        for cell, (base, after) in cells.items():
            theirs, wish, conflict = self.live[cell[0]].get(cell[1], ABSENT), after, False
            if not same(theirs, base) and not same(theirs, after):
                made = ask(Conflict(*cell, base, after, theirs)) if policy == "ask" else None
                conflict = policy == "report" or isinstance(made, Conflict)
                wish = {"ours": after, "theirs": theirs}.get(policy, made)
            if conflict:
                statuses[cell] = "conflict"
                continue
            statuses[cell] = "already" if same(theirs, wish) else "verified"
            wishes[cell] = wish
        for cell, wish in wishes.items():
            self.live[cell[0]] = with_value(self.live[cell[0]], cell[1], wish)
        return statuses

    def _check(self, receipt, statuses):
        assert {(row.item, row.key): row.status for row in receipt.rows} == statuses
        assert len(receipt.rows) == len(statuses)
        for row in receipt.rows:
            assert same(row.observed, self.live[row.item].get(row.key, ABSENT))

    @precondition(lambda self: self.staged)
    @rule(policy=POLICIES, bundle=st.integers(1, 3))
    def commit(self, policy, bundle):
        cells = dict(self.staged)
        statuses = self._outcome(cells, policy)
        on_conflict = ask if policy == "ask" else policy
        receipt = self.items.commit(on_conflict=on_conflict, bundle_size=bundle)
        self._check(receipt, statuses)
        for item, _ in cells:
            self.seen[item] = self.live[item]
        gone = {cell for cell, status in statuses.items() if status != "conflict"}
        self.staged = {cell: edit for cell, edit in self.staged.items() if cell not in gone}
        for steps in (self.done, self.undone):
            kept = [{cell: pair for cell, pair in step.items() if cell not in gone} for step in steps]
            steps[:] = [step for step in kept if step]
        self.receipts.append(receipt)

    @precondition(lambda self: self.staged)
    @rule()
    def plan(self):
        self.plans.append(self.items.plan())
        assert {(c.item, c.key) for c in self.plans[-1].changes} == self.staged.keys()

    @precondition(lambda self: self.plans)
    @rule(policy=POLICIES)
    def apply(self, policy):
        """A plan that was frozen long ago."""
        plan = self.plans.pop()
        statuses = self._outcome({(c.item, c.key): (c.base, c.after) for c in plan.changes}, policy)
        receipt = self.client.apply(plan, on_conflict=ask if policy == "ask" else policy)
        self._check(receipt, statuses)
        self.receipts.append(receipt)

    @precondition(lambda self: self.receipts)
    @rule()
    def take_back(self):
        """Undo of a commit: only what still holds what it wrote, and that to what was there before."""
        receipt = self.receipts.pop()
        wrote = {(row.item, row.key): row for row in receipt.verified}
        mine = {
            cell: row
            for cell, row in wrote.items()
            if same(self.live[cell[0]].get(cell[1], ABSENT), row.wanted)
        }
        undo = receipt.undo()
        assert {(c.item, c.key) for c in undo.changes} == mine.keys()
        assert {(one.item, one.key) for one in undo.skipped} >= wrote.keys() - mine.keys()
        for (item, key), row in mine.items():
            self.live[item] = with_value(self.live[item], key, row.before)
        assert self.client.apply(undo)

    # -- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def the_server_holds_what_the_model_says(self):
        for uuid in self.uuids:
            assert same(self.store.metadata(uuid), self.live[uuid])
            assert self.live[uuid]["$encord"] == FRAMES

    @invariant()
    def nothing_staged_is_lost_or_invented(self):
        if self.uuids:
            found = {(c.item, c.key): (text(c.base), text(c.after)) for c in self.items.changes}
            assert found == {cell: (text(b), text(a)) for cell, (b, a) in self.staged.items()}
            assert self.items.changes.can_undo == bool(self.done)
            assert self.items.changes.can_redo == bool(self.undone)

    @invariant()
    def the_journal_holds_the_same(self):
        if self.uuids:
            other = self.client.folder(self.items.source.identity)
            earlier = [(c.item, c.key, text(c.after)) for one in other.earlier() for c in one.changes()]
            assert sorted(earlier, key=repr) == sorted(
                ((item, key, text(after)) for (item, key), (_, after) in self.staged.items()), key=repr
            )
            other.wait()

    def teardown(self):
        """All writes of the run, as the server logged them."""
        for entry in self.store.audit():
            if entry.action == "patch item" and entry.actor not in OTHERS and entry.subject in self.uuids:
                assert text(entry.before) != text(entry.after), "nothing is sent that was there"


def test_no_reachable_state_loses_or_invents_a_key(tmp_path):
    with opened(template(tmp_path, 1)) as (server, client):
        run_state_machine_as_test(
            lambda: Editing(server, client),
            settings=settings(
                max_examples=60,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
