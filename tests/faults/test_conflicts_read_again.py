"""A conflict is told as it was seen last, also when the item was read again or could not be."""

from __future__ import annotations

from encord_widgets.metadata.changes import Change
from tests.commit.fake_encord import FakeEncord, lost
from tests.commit.test_commit import commit

CHANGES = [Change("a", "weather", "rain", "fog"), Change("a", "lux", 1, 2)]


def test_a_conflict_says_what_was_seen_also_when_the_read_back_fails():
    encord = FakeEncord({"a": {"weather": "snow", "lux": 1}})

    def cut(_uuids):
        if encord.writes:
            raise lost()

    encord.before_read = cut
    receipt = commit(encord, CHANGES)
    assert [(row.status, row.observed) for row in receipt.conflicts] == [("conflict", "snow")]
    assert "is 'snow' now" in receipt.conflicts[0].note
    assert [row.key for row in receipt.pending] == ["lux"]


def test_a_conflict_that_others_settled_our_way_meanwhile_is_there_already():
    encord = FakeEncord({"a": {"weather": "snow", "lux": 1}})
    encord.after_write = lambda _patches: encord.items["a"].update(weather="fog")
    receipt = commit(encord, CHANGES)
    assert receipt.counts == {"verified": 1, "already": 1}
    assert receipt.already[0].observed == "fog"


def test_what_was_there_already_and_was_changed_before_we_wrote_again_is_a_conflict():
    encord = FakeEncord({"a": {"weather": "fog", "lux": 1}})
    failures = [lost(503)]

    def rival_while_we_wait(_patches):
        if failures:
            encord.items["a"]["weather"] = "snow"
            raise failures.pop()

    encord.before_write = rival_while_we_wait
    receipt = commit(encord, CHANGES)
    assert encord.items["a"] == {"weather": "snow", "lux": 2}
    assert [(row.key, row.status, row.observed) for row in receipt.rows] == [
        ("weather", "conflict", "snow"),
        ("lux", "verified", 2),
    ]
