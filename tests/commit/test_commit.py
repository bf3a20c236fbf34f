"""A commit loses nothing, overwrites nothing unasked, and its verdicts are what the server holds."""

from __future__ import annotations

import math
import threading

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.commit.engine import commit_plan
from encord_widgets.commit.options import CommitOptions, NoLog, Patience
from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.values import ABSENT, canonical
from tests.commit.fake_encord import Api, FakeEncord, lost
from tests.metadata import strategies

QUICK = Patience(attempts=4, rereads=3, wait=0)


def commit(encord, changes, *, stop=False, progress=None, observed=None, log=None, **options):
    async def work():
        event = threading.Event()
        if stop:
            event.set()
        return await commit_plan(
            Api(encord),
            Plan.of(changes, {}),
            CommitOptions(**{"patience": QUICK, **options}),
            stop=event,
            on_progress=(lambda p: None) if progress is None else progress.append,
            on_observed=(lambda b: None) if observed is None else observed.append,
            log=log or NoLog(),
        )

    return anyio.run(work)


def statuses(receipt):
    return {(row.item, row.key): row.status for row in receipt.rows}


def test_named_keys_are_written_and_proved():
    encord = FakeEncord({"a": {"weather": "rain", "$encord": {"frames": {"1": {}}}, "x": 1}, "b": {}})
    receipt = commit(
        encord,
        [Change("a", "weather", "rain", "fog"), Change("a", "x", 1, ABSENT), Change("b", "n", ABSENT, None)],
    )
    assert encord.items == {"a": {"weather": "fog", "$encord": {"frames": {"1": {}}}}, "b": {"n": None}}
    assert receipt
    assert receipt.counts == {"verified": 3}
    assert [(row.before, row.wanted, row.observed) for row in receipt.rows] == [
        ("rain", "fog", "fog"), (1, ABSENT, ABSENT), (ABSENT, None, None),
    ]  # fmt: skip
    assert receipt.bundles == 1


def test_somebody_elses_edit_is_a_conflict_and_survives():
    encord = FakeEncord({"a": {"weather": "snow", "lux": 5, "theirs": True}})
    receipt = commit(encord, [Change("a", "weather", "rain", "fog"), Change("a", "lux", 5, 6)])
    assert encord.items["a"] == {"weather": "snow", "lux": 6, "theirs": True}
    assert not receipt
    (row,) = receipt.conflicts
    assert (row.before, row.wanted, row.observed) == ("rain", "fog", "snow")
    assert "'rain'" in row.note
    assert "'snow'" in row.note


def test_what_is_there_already_is_not_sent():
    encord = FakeEncord({"a": {"weather": "fog"}})
    receipt = commit(encord, [Change("a", "weather", "rain", "fog")])
    assert receipt.counts == {"already": 1}
    assert encord.writes == []
    assert receipt


def test_bundles_hold_at_most_so_many_items_and_each_item_goes_once():
    encord = FakeEncord({f"i{n:04}": {"x": n} for n in range(2500)})
    progress = []
    changes = [Change(f"i{n:04}", "x", n, n + 1) for n in range(2500)]
    receipt = commit(encord, changes, progress=progress, canary=0)
    assert [len(write) for write in encord.writes] == [625] * 4  # at most 1000, and no lane left with a rest
    assert [row.item for row in receipt.rows] == [f"i{n:04}" for n in range(2500)]
    assert receipt.counts == {"verified": 2500}
    assert progress[-1].phase == "done"
    assert (progress[-1].items_done, progress[-1].bundles_done) == (2500, 4)
    assert progress[-1].counts == {"verified": 2500}
    assert {"reading", "writing", "verifying"} <= {p.phase for p in progress}


def test_a_refused_item_is_named_and_the_rest_goes_through():
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(20)})
    encord.refuses = {"i7", "i13"}
    receipt = commit(encord, [Change(f"i{n}", "x", 0, 1) for n in range(20)])
    assert {row.item for row in receipt.refused} == {"i7", "i13"}
    assert all("not welcome" in row.note and row.observed == 0 for row in receipt.refused)
    assert len(receipt.verified) == 18
    assert sum(data["x"] for data in encord.items.values()) == 18


def test_a_bundle_that_is_too_large_is_halved():
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(20)})
    encord.largest_patch = 3
    receipt = commit(encord, [Change(f"i{n}", "x", 0, 1) for n in range(20)])
    assert receipt.counts == {"verified": 20}
    assert max(len(write) for write in encord.writes) <= 3


def test_items_that_are_gone_or_forbidden_are_named():
    encord = FakeEncord({"a": {"x": 0}, "c": {"x": 0}})
    encord.forbidden = {"c"}
    receipt = commit(encord, [Change(item, "x", 0, 1) for item in ("a", "b", "c")])
    assert statuses(receipt) == {("a", "x"): "verified", ("b", "x"): "failed", ("c", "x"): "failed"}
    assert [("left it out" in row.note, "not yours" in row.note) for row in receipt.failed] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("status", [None, 429, 503, 504])
def test_a_lost_answer_is_settled_by_reading_back(status):
    encord = FakeEncord({"a": {"x": 0}})

    def lose(patches):
        raise lost(status)

    encord.after_write = lose
    receipt = commit(encord, [Change("a", "x", 0, 1)])
    assert receipt.counts == {"verified": 1}
    assert len(encord.writes) == 1, "what is there is not sent again"


def test_a_write_that_never_arrives_is_tried_again_and_then_failed_with_what_is_there():
    encord = FakeEncord({"a": {"x": 0}})
    tries = []

    def lose(patches):
        tries.append(patches)
        raise lost(503)

    encord.before_write = lose
    receipt = commit(encord, [Change("a", "x", 0, 1)])
    (row,) = receipt.failed
    assert (row.observed, "lost" in row.note) == (0, True)
    assert len(tries) == QUICK.attempts


def test_before_it_writes_again_it_reads_so_that_nobody_elses_edit_is_lost():
    encord = FakeEncord({"a": {"x": 0, "y": 0}, "b": {"x": 0}})

    def rival_then_lose(patches):
        encord.before_write = lambda patches: None
        encord.items["a"].update(x="theirs", z="new")
        encord.items["b"].update(y="theirs")
        raise lost(503)

    encord.before_write = rival_then_lose
    receipt = commit(encord, [Change("a", "x", 0, 1), Change("a", "y", 0, 1), Change("b", "x", 0, 1)])
    assert statuses(receipt) == {("a", "x"): "conflict", ("a", "y"): "verified", ("b", "x"): "verified"}
    assert encord.items == {"a": {"x": "theirs", "y": 1, "z": "new"}, "b": {"x": 1, "y": "theirs"}}


def test_a_half_applied_bundle_is_finished():
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(10)})

    def half(patches):
        encord.before_write = lambda patches: None
        for item in list(patches)[:5]:
            encord.items[item] = dict(patches[item])
        raise lost(503)

    encord.before_write = half
    assert commit(encord, [Change(f"i{n}", "x", 0, 1) for n in range(10)]).counts == {"verified": 10}
    assert [len(write) for write in encord.writes] == [5], "only what was not there yet is sent again"


def test_a_server_that_shows_writes_late_gets_a_few_more_looks():
    encord = FakeEncord({"a": {"x": 0}})
    late = []

    def keep_back(patches):
        late.append(encord.items["a"])
        encord.items["a"] = {"x": 0}

    def show(uuids):
        if late and len(encord.reads) == 4:
            encord.items["a"] = late.pop()

    encord.after_write, encord.before_read = keep_back, show
    assert commit(encord, [Change("a", "x", 0, 1)]).counts == {"verified": 1}
    assert len(encord.writes) == 1


def test_a_write_that_cannot_be_read_back_is_not_called_verified():
    encord = FakeEncord({"a": {"x": 0}})

    def break_reads(patches):
        def lose(uuids):
            raise lost()

        encord.before_read = lose

    encord.after_write = break_reads
    receipt = commit(encord, [Change("a", "x", 0, 1)])
    (row,) = receipt.pending
    assert "could not be read back" in row.note


def test_a_value_that_the_server_changed_differs():
    encord = FakeEncord({"a": {"x": 0}})
    encord.after_write = lambda patches: encord.items["a"].update(x="1")
    receipt = commit(encord, [Change("a", "x", 0, 1)])
    (row,) = receipt.differs
    assert row.observed == "1"


def test_a_broken_connection_ends_the_commit_and_the_rest_is_pending():
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(10)})

    def lose(uuids):
        raise lost()

    encord.before_read = lose
    receipt = commit(encord, [Change(f"i{n}", "x", 0, 1) for n in range(10)], bundle_size=2, concurrency=1)
    assert receipt.counts == {"failed": 2, "pending": 8}
    assert len(encord.reads) == 1
    assert all("ended early" in row.note for row in receipt.pending)


def test_a_stopped_commit_sends_nothing_more():
    encord = FakeEncord({"a": {"x": 0}})
    receipt = commit(encord, [Change("a", "x", 0, 1)], stop=True)
    assert receipt.counts == {"pending": 1}
    assert not encord.reads
    assert "stopped" in receipt.pending[0].note


def test_the_log_knows_a_bundle_before_it_is_sent_and_its_verdict_after():
    events = []

    class Log:
        def intent(self, planned):
            events.append(("intent", [p.item for p in planned]))

        def outcome(self, rows):
            events.append(("outcome", [row.item for row in rows]))

        def finish(self, receipt):
            events.append(("finish", receipt.counts))

    encord = FakeEncord({"a": {"x": 0}})
    encord.before_read = lambda uuids: events.append(("read", uuids))
    encord.before_write = lambda patches: events.append(("write", list(patches)))
    commit(encord, [Change("a", "x", 0, 1)], log=Log())
    kinds = [kind for kind, _ in events]
    assert sorted(kinds[:2]) == ["intent", "read"]  # at the same time
    assert kinds[2:] == ["write", "read", "outcome", "finish"]


def test_what_was_read_last_is_handed_on():
    encord = FakeEncord({"a": {"x": 0}, "b": {"x": 9}})
    observed = []
    commit(encord, [Change("a", "x", 0, 1), Change("b", "x", 0, 1)], observed=observed)
    assert {u: m for b in observed for u, m in zip(b.uuids, b.metadata, strict=True)} == {
        "a": {"x": 1},
        "b": {"x": 9},
    }


@pytest.mark.parametrize(
    ("policy", "live", "status", "wanted"),
    [
        ("report", "snow", "conflict", "fog"),
        ("ours", "fog", "verified", "fog"),
        ("theirs", "snow", "already", "snow"),
        (lambda c: f"{c.base}/{c.ours}/{c.theirs}", "rain/fog/snow", "verified", "rain/fog/snow"),
        (lambda conflict: conflict, "snow", "conflict", "fog"),
        (lambda conflict: ABSENT, ABSENT, "verified", ABSENT),
    ],
)
def test_conflict_policies(policy, live, status, wanted):
    encord = FakeEncord({"a": {"weather": "snow", "kept": 1}})
    receipt = commit(encord, [Change("a", "weather", "rain", "fog")], on_conflict=policy)
    (row,) = receipt.rows
    assert (row.status, row.wanted) == (status, wanted)
    assert encord.items["a"].get("weather", ABSENT) == live
    assert encord.items["a"]["kept"] == 1
    assert "'snow'" in row.note


def fails(conflict):
    raise ZeroDivisionError("no reason")


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (fails, "on_conflict raised ZeroDivisionError: no reason"),
        (lambda conflict: {1, 2}, "on_conflict returned what JSON cannot hold: expected a list"),
        (
            lambda conflict: float("nan"),
            "on_conflict returned what JSON cannot hold: expected a finite number",
        ),
    ],
)
def test_a_policy_that_fails_leaves_the_conflict_reported_and_the_rest_goes_through(policy, reason):
    encord = FakeEncord({"a": {"weather": "snow", "x": 0}, "b": {"x": 0}})
    changes = [Change("a", "weather", "rain", "fog"), Change("a", "x", 0, 1), Change("b", "x", 0, 1)]
    receipt = commit(encord, changes, on_conflict=policy, bundle_size=1)
    assert receipt.counts == {"verified": 2, "conflict": 1}
    assert reason in receipt.conflicts[0].note
    assert encord.items == {"a": {"weather": "snow", "x": 1}, "b": {"x": 1}}


def test_values_that_nobody_named_are_destroyed_only_when_allowed():
    encord = FakeEncord({"a": {"x": 0, "y": 1}})
    changes = [Change("a", "x", 0, 1), Change("a", "y", 1, ABSENT, implied=True)]
    with pytest.raises(InvalidInputError, match="allow_destroy=True"):
        commit(encord, changes)
    assert not encord.reads
    assert commit(encord, changes, allow_destroy=True).counts == {"verified": 2}
    assert encord.items == {"a": {"x": 1}}


def test_writes_stay_within_the_byte_budget():
    encord = FakeEncord({f"i{n}": {"x": 0, "pad": "p" * 4000} for n in range(10)})
    receipt = commit(encord, [Change(f"i{n}", "x", 0, 1) for n in range(10)], bundle_bytes=10_000)
    assert receipt.counts == {"verified": 10}
    assert [len(write) for write in encord.writes] == [2] * 5


@pytest.mark.parametrize(
    "options",
    [
        {"bundle_size": 0}, {"bundle_size": 1001}, {"concurrency": 0}, {"bundle_size": "9"}, {"bundle_size": True},
        {"bundle_bytes": 5}, {"canary": -1},
    ],
)  # fmt: skip
def test_options_out_of_range(options):
    with pytest.raises(InvalidInputError, match="whole number from"):
        CommitOptions(**options)


def test_an_unknown_policy():
    with pytest.raises(InvalidInputError, match="on_conflict"):
        CommitOptions(on_conflict="mine")


def test_an_empty_plan():
    receipt = commit(FakeEncord({}), [])
    assert receipt
    assert receipt.rows == ()


@given(
    st.dictionaries(st.sampled_from("abcdef"), strategies.metadata, min_size=1),
    st.data(),
    st.integers(1, 3),
    st.sampled_from(["none", "lost after", "lost before", "refuse one"]),
)
def test_every_verdict_is_what_the_server_holds(base, data, bundle_size, fault):
    """Arbitrary metadata, a rival's arbitrary edits, a fault: no key is lost, invented or misjudged."""
    wishes = data.draw(
        st.dictionaries(st.sampled_from(sorted(base)), st.dictionaries(strategies.keys, strategies.cells))
    )
    rival = data.draw(
        st.dictionaries(st.sampled_from(sorted(base)), st.dictionaries(strategies.keys, strategies.values))
    )
    changes = [
        Change(item, key, base[item].get(key, ABSENT), after)
        for item, keys in wishes.items()
        for key, after in keys.items()
    ]
    encord = FakeEncord(base)
    for item, keys in rival.items():
        encord.items[item].update(keys)
    before = {item: dict(metadata) for item, metadata in encord.items.items()}
    if fault == "refuse one":
        encord.refuses = {min(base)}
    if fault.startswith("lost"):
        budget = [2]

        def lose(patches):
            if budget[0]:
                budget[0] -= 1
                raise lost(503)

        setattr(encord, "after_write" if fault == "lost after" else "before_write", lose)
    receipt = commit(encord, changes, bundle_size=bundle_size, concurrency=2)
    assert sorted((row.item, row.key) for row in receipt.rows) == sorted((c.item, c.key) for c in changes)
    for row in receipt.rows:
        held = canonical(encord.items[row.item].get(row.key, ABSENT))
        was = canonical(before[row.item].get(row.key, ABSENT))
        if row.status in {"verified", "already"}:
            assert held == canonical(row.wanted)
        else:
            assert held == was
        if row.status == "conflict":
            assert was not in {canonical(row.before), canonical(row.wanted)}
    named = {(c.item, c.key) for c in changes}
    for item, metadata in encord.items.items():
        for key in {*metadata, *before[item]}:
            if (item, key) not in named:
                assert canonical(metadata.get(key, ABSENT)) == canonical(before[item].get(key, ABSENT))


def test_a_number_that_is_none_is_never_written_as_null():
    encord = FakeEncord({"a": {"x": 0, "none": None}})
    with pytest.raises(BaseExceptionGroup) as caught:
        commit(encord, [Change("a", "x", 0, math.nan)])
    assert caught.group_contains(InvalidInputError)
    assert not encord.writes
