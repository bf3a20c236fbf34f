"""Laws of merge, commit, undo and resume, against references that share no code with the package."""

from __future__ import annotations

import copy

import anyio
from hypothesis import event, given
from hypothesis import strategies as st

from encord_widgets.commit.engine import commit_plan
from encord_widgets.commit.journal import Journal, SourceKey
from encord_widgets.commit.options import CommitOptions, NoLog, Patience
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.merge import merge
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.values import ABSENT
from tests.commit.bound import FakeClient
from tests.commit.fake_encord import Api, FakeEncord, lost
from tests.faults.ledger import held, text

KEYS = ("a", "b", "c", "d")
ITEMS = ("i0", "i1", "i2", "i3", "i4")
VALUES = st.sampled_from((None, True, 0, 1, 1.0, "x", "", [], {"n": [None, 1]}))
METADATA = st.dictionaries(st.sampled_from(KEYS), VALUES)
EDITS = st.dictionaries(st.sampled_from(KEYS), st.one_of(VALUES, st.just(ABSENT)), min_size=1)
FRAMES = {"frames": {"1": {}}}


class Killed(BaseException):
    """The kernel dies here."""


def changes_of(item, base, edits):
    made = [Change(item, key, base.get(key, ABSENT), value) for key, value in edits.items()]
    return [change for change in made if text(change.base) != text(change.after)]


@given(base=METADATA, ours=EDITS, theirs=EDITS)
def test_merge_is_the_reference_three_way_merge(base, ours, theirs):
    live = {key: value for key, value in {**base, **theirs}.items() if value is not ABSENT}
    changes = changes_of("i", base, ours)
    merged = merge({**live, "$encord": FRAMES}, changes)
    mine = {change.key: text(change.after) for change in changes}
    wanted, fates = {}, {}
    for key in KEYS:
        b, t = held(base, key), held(live, key)
        if key not in mine:
            wanted[key] = t
        elif t == mine[key]:
            wanted[key], fates[key] = t, "already"
        elif t == b:
            wanted[key], fates[key] = mine[key], "written"
        else:
            wanted[key], fates[key] = t, "conflict"
    assert {key: held(merged.metadata, key) for key in KEYS} == wanted
    assert merged.metadata["$encord"] == FRAMES
    found = {"already": merged.already, "written": merged.written, "conflict": merged.conflicts}
    assert {change.key: fate for fate, some in found.items() for change in some} == fates


@given(
    base=st.fixed_dictionaries(dict.fromkeys(ITEMS, METADATA)),
    edits=st.dictionaries(st.sampled_from(ITEMS), EDITS, min_size=1),
    between=st.dictionaries(st.sampled_from(ITEMS), EDITS),
)
def test_undo_after_commit_is_the_identity_on_keys_that_nobody_else_touched(base, edits, between):
    encord = FakeEncord(base)
    client = FakeClient(encord)
    plan = Plan.of([c for item, keys in edits.items() for c in changes_of(item, base[item], keys)], {})
    receipt = client.apply(plan, bundle_size=2)
    receipt.bind(client)
    for item, keys in between.items():
        for key, value in keys.items():
            encord.items[item].pop(key, None)
            if value is not ABSENT:
                encord.items[item][key] = value
    committed = {(row.item, row.key): text(row.wanted) for row in receipt.rows}
    before_undo = copy.deepcopy(encord.items)
    assert client.apply(receipt.undo())
    for item in ITEMS:
        for key in KEYS:
            found = held(encord.items[item], key)
            if held(before_undo[item], key) == committed.get((item, key), "nothing was written"):
                assert found == held(base[item], key), "ours is taken back: absent as absent, null as null"
            else:
                assert found == held(before_undo[item], key), "what is not ours stays"


@given(
    base=st.fixed_dictionaries(dict.fromkeys(ITEMS, METADATA)),
    edits=st.dictionaries(st.sampled_from(ITEMS), EDITS, min_size=1),
    dies_at=st.integers(0, 12),
    answer_lost=st.booleans(),
    between=st.dictionaries(st.sampled_from(ITEMS), EDITS, max_size=2),
)
def test_resume_ends_what_a_kernel_began_and_once_more_does_nothing(
    base, edits, dies_at, answer_lost, between
):
    encord = FakeEncord(base)
    plan = Plan.of([c for item, keys in edits.items() for c in changes_of(item, base[item], keys)], {})
    journal = Journal.in_memory()
    session = journal.session(SourceKey("folder", "f", "f"))
    cells = {(c.item, c.key): c for c in plan.changes}
    session.record(cells)
    record = session.begin_commit(plan)
    moments = iter(range(10**6))

    def die(_):
        if next(moments) == dies_at:
            raise Killed

    encord.before_read = encord.before_write = encord.after_write = die
    try:
        first = run(encord, plan, record)
    except* Killed:
        record.let_go()  # as the lock does when its process dies
        first = None
        event("killed")
    encord.before_read = encord.before_write = encord.after_write = lambda _: None
    for item, keys in between.items():  # somebody else, before it is resumed
        for key, value in keys.items():
            encord.items[item].pop(key, None)
            if value is not ABSENT:
                encord.items[item][key] = value
    live, sent = copy.deepcopy(encord.items), len(encord.writes)

    receipt = first
    for commit in session.open_commits():
        failures = iter([lost()] if answer_lost else [])
        log = session.resume(commit.id)
        settled = log.rows()
        encord.before_write = lambda _, failures=failures: fail(failures)
        rest = run(encord, log.plan_left(), log)
        receipt = rest
        expected, again = resumed(live, rest), {(r.item, r.key) for r in settled}
        assert expected == {(i, k): held(encord.items[i], k) for i in ITEMS for k in KEYS}
        rows = {(row.item, row.key) for row in rest.rows}
        assert again | rows == cells.keys()
        assert not again & rows
    assert receipt is not None
    for patches in encord.writes[sent:]:
        assert all(text(live[item]) != text(metadata) for item, metadata in patches.items()), "sent twice"
    assert session.open_commits() == []
    session.close()
    journal.close()


def resumed(live, receipt):
    """What must be there: live, and on it what is verified."""
    wanted = {(item, key): held(live[item], key) for item in ITEMS for key in KEYS}
    for row in receipt.rows:
        if row.status in {"verified", "already"}:
            wanted[row.item, row.key] = text(row.wanted)
        else:
            assert row.status == "conflict"
            assert wanted[row.item, row.key] not in {text(row.before), text(row.wanted)}
    return wanted


def fail(failures):
    for error in failures:
        raise error


def run(encord, plan, log=None):
    async def work():
        return await commit_plan(
            Api(encord),
            plan,
            CommitOptions(bundle_size=2, concurrency=1, patience=Patience(wait=0)),
            stop=anyio.Event(),
            on_progress=lambda _: None,
            on_observed=lambda _: None,
            log=log or NoLog(),
        )

    return anyio.run(work)
