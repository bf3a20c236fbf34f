"""The canary: a few items are proved before the rest goes; the receipt follows the plan all the same."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.changes import Change
from tests.commit.fake_encord import FakeEncord
from tests.commit.test_commit import commit


def test_a_canary_goes_first_and_a_surprise_stops_the_rest():
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(30)})
    encord.refuses = {"i3"}
    receipt = commit(encord, [Change(f"i{n}", "x", 0, 1) for n in range(30)], canary=5, canary_over=10)
    assert receipt.counts == {"verified": 4, "refused": 1, "pending": 25}
    assert sum(len(write) for write in encord.writes) == 4
    assert "first 5 items" in receipt.pending[0].note
    assert "not welcome" in receipt.pending[0].note


def test_bundles_are_read_once_the_plan_is_written_down():
    events = []

    class Log:
        def intent(self, planned):
            if planned[0].item == "i0":
                time.sleep(0.05)
            events.append("written down")

        def outcome(self, rows): ...
        def finish(self, receipt): ...

    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(30)})
    encord.before_read = lambda uuids: events.append("canary" if "i0" in uuids else "others")
    changes = [Change(f"i{n}", "x", 0, 1) for n in range(30)]
    receipt = commit(encord, changes, canary=5, canary_over=10, log=Log())
    assert receipt.counts == {"verified": 30}
    assert events.index("written down") < events.index("others")
    assert events[0] == "canary"


@given(
    st.dictionaries(
        st.integers(0, 12), st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), min_size=1), min_size=1
    ),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_a_receipt_follows_its_plan(edits, bundle_size, canary):
    """Also where keys of one item fare differently: written, there already, or somebody else's."""
    encord = FakeEncord({f"i{n}": {"a": 0, "b": 1, "c": 2} for n in edits if n != 7})
    changes = [Change(f"i{n}", key, 0, value) for n, keys in edits.items() for key, value in keys.items()]
    receipt = commit(encord, changes, bundle_size=bundle_size, canary=canary, canary_over=1)
    assert [(row.item, row.key, row.wanted) for row in receipt.rows] == [
        (change.item, change.key, change.after) for change in changes
    ]


def test_an_item_that_is_gone_is_no_surprise_unless_they_all_are():
    changes = [Change(f"i{n}", "x", 0, 1) for n in range(30)]
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(1, 30)})
    receipt = commit(encord, changes, canary=5, canary_over=10)
    assert receipt.counts == {"failed": 1, "verified": 29}
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(5, 30)})
    receipt = commit(encord, changes, canary=5, canary_over=10)
    assert receipt.counts == {"failed": 5, "pending": 25}
    assert "5 of the first 5 items' changes" in receipt.pending[0].note


def test_a_conflict_in_the_canary_is_no_surprise():
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(30)})
    encord.items["i3"]["x"] = "theirs"
    receipt = commit(encord, [Change(f"i{n}", "x", 0, 1) for n in range(30)], canary=5, canary_over=10)
    assert receipt.counts == {"verified": 29, "conflict": 1}
