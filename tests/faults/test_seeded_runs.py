"""Seeded runs with mixed faults and a rival: what a commit said is what the server's own log says."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter

import pytest

from encord_widgets.commit.receipt import Receipt, ReceiptRow
from encord_widgets.local.store import Store
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.values import ABSENT
from tests.faults.ledger import Ledger, accounted, text
from tests.faults.runs import PROFILES, Figures, run

SAMPLE = [(seed, 300 if seed < 20 else 2000) for seed in range(25)]


def test_every_key_of_seeded_runs_is_accounted_for(tmp_path, capsys):
    figures = Figures()
    for seed, items in SAMPLE:
        figures += run(seed, items, tmp_path)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")
    assert figures.said == []
    assert figures.wrong == Counter()
    assert figures.runs == len(SAMPLE)
    assert figures.edits > sum(items for _, items in SAMPLE) * 0.9
    assert figures.verdicts.total() == figures.edits
    # The runs were not easy ones.
    assert {seed % len(PROFILES) for seed, _ in SAMPLE} == set(range(len(PROFILES)))
    assert figures.rival_edits > 20 * len(SAMPLE)
    assert figures.faults.keys() >= {"429", "503", "504", "reset_before", "reset_after", "rival"}
    assert figures.verdicts.keys() >= {"verified", "already", "conflict"}


def test_numbers_booleans_and_absence_stay_apart():
    assert text(1.0) == text(1) != text(True)
    assert text({"b": 1.0, "a": [None]}) == text({"a": [None], "b": 1})
    assert text(ABSENT) is None
    assert text(None) == "null"


class TestTheAccountsNotice:
    """A commit that cheats, one way each."""

    @pytest.fixture
    def store(self):
        store = Store()
        yield store
        store.close()

    @pytest.fixture
    def item(self, store):
        return store.add_item(store.add_folder("f"), "a.jpg", {"weather": "rain", "lux": 1})

    def judged(self, store, item, status="verified", observed="fog", *, before="rain", note=""):
        change = Change(item, "weather", "rain", "fog")
        at = dt.datetime.now(dt.UTC)
        row = ReceiptRow(item, "a.jpg", "weather", before, "fog", observed, status, note, at)
        found, _ = accounted(Ledger(store, 0), [change], Receipt((row,), at, at, 1))
        return dict(found)

    def write(self, store, item, values):
        store.edit(item, values, actor="us", request="r")

    def test_an_honest_one_passes(self, store, item):
        self.write(store, item, {"weather": "fog"})
        store.edit(item, {"weather": "snow"}, actor="rival")
        assert self.judged(store, item) == {}

    def test_verified_and_never_there(self, store, item):
        self.write(store, item, {"lux": 1})
        assert self.judged(store, item) == {"wrong verdicts": 1}

    def test_verified_and_overwritten_by_ourselves(self, store, item):
        self.write(store, item, {"weather": "fog"})
        self.write(store, item, {"weather": "rain"})
        assert self.judged(store, item)["wrong verdicts"] == 1

    def test_an_edit_overwritten_without_a_word(self, store, item):
        store.edit(item, {"weather": "snow"}, actor="rival")
        self.write(store, item, {"weather": "fog"})
        assert self.judged(store, item) == {"unreported overwrites": 1}
        assert self.judged(store, item, before="snow") == {}, "a conflict that a policy settled says so"

    def test_a_key_that_nobody_asked_for(self, store, item):
        self.write(store, item, {"weather": "fog", "lux": 2})
        assert self.judged(store, item) == {"keys changed unasked": 1}

    def test_a_key_that_got_lost(self, store, item):
        store.edit(item, {}, remove=["lux"], actor="us")
        self.write(store, item, {"weather": "fog"})
        assert self.judged(store, item) == {"keys changed unasked": 1}

    def test_a_conflict_with_nobody(self, store, item):
        self.write(store, item, {"lux": 1})
        assert self.judged(store, item, "conflict", "rain") == {"wrong verdicts": 1}

    def test_failed_and_there_all_the_same(self, store, item):
        self.write(store, item, {"weather": "fog"})
        assert self.judged(store, item, "failed", "rain") == {"wrong verdicts": 1}

    def test_not_sent_and_sent(self, store, item):
        self.write(store, item, {"weather": "fog"})
        assert self.judged(store, item, "pending", ABSENT, note="not sent: stopped") == {"wrong verdicts": 1}

    def test_a_row_that_is_missing(self, store, item):
        self.write(store, item, {"weather": "fog"})
        at = dt.datetime.now(dt.UTC)
        change = Change(item, "lux", 1, 2)
        row = ReceiptRow(item, "a.jpg", "weather", "rain", "fog", "fog", "verified", "", at)
        ledger = Ledger(store, 0)
        found, _ = accounted(ledger, [change], Receipt((row, row._replace(key="lux")), at, at, 1))
        assert found["keys not accounted for"] == 1

    def test_the_same_sent_twice(self, store, item):
        self.write(store, item, {"weather": "fog"})
        assert Ledger(store, 0).resent() == 0
        self.write(store, item, {"weather": "fog"})
        assert Ledger(store, 0).resent() == 1
