"""A lost answer is no reason to end a commit."""

from __future__ import annotations

import pytest

from encord_widgets.metadata.changes import Change
from tests.commit.fake_encord import FakeEncord, lost
from tests.commit.test_commit import commit


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [None, 503])
def test_one_answer_that_got_lost_does_not_end_the_commit(after, status):
    encord = FakeEncord({f"item-{n}": {"weather": "rain"} for n in range(40)})
    failures = iter([lost(status)])

    def fail(_patches):
        for error in failures:
            raise error

    if after:
        encord.after_write = fail
    else:
        encord.before_write = fail
    changes = [Change(item, "weather", "rain", "fog") for item in encord.items]
    receipt = commit(encord, changes, bundle_size=10, concurrency=1)
    assert receipt.counts == {"verified": 40}
    assert {item["weather"] for item in encord.items.values()} == {"fog"}
    assert len(encord.writes) == 4


def test_a_server_that_stays_away_ends_it():
    encord = FakeEncord({f"item-{n}": {"weather": "rain"} for n in range(40)})

    def fail(_patches):
        raise lost(503)

    encord.before_write = fail
    changes = [Change(item, "weather", "rain", "fog") for item in encord.items]
    receipt = commit(encord, changes, bundle_size=10, concurrency=1)
    assert receipt.counts == {"failed": 10, "pending": 30}
