"""Receipts: counts, tables and text, with metadata as text and never as HTML."""

from __future__ import annotations

from encord_widgets.commit.receipt import Receipt, ReceiptRow, now
from encord_widgets.metadata.values import ABSENT


def receipt(*statuses, wanted="fog"):
    rows = [
        ReceiptRow(f"i{n}", f"<b>{n}</b>", "weather", "rain", wanted, ABSENT, status, f"why {n}", now())
        for n, status in enumerate(statuses)
    ]
    return Receipt(tuple(rows), now(), now(), 1)


def test_true_only_when_nothing_is_open():
    assert receipt("verified", "already")
    for status in ("conflict", "refused", "failed", "differs", "pending"):
        mixed = receipt("verified", status)
        assert not mixed
        assert [row.status for row in mixed.open] == [status]


def test_rows_by_status():
    all_of_them = receipt("verified", "already", "conflict", "refused", "failed", "differs", "pending")
    parts = [
        all_of_them.verified, all_of_them.already, all_of_them.conflicts, all_of_them.refused, all_of_them.failed,
        all_of_them.differs, all_of_them.pending,
    ]  # fmt: skip
    assert [len(part) for part in parts] == [1] * 7
    assert sum(all_of_them.counts.values()) == len(all_of_them) == 7


def test_frame():
    frame = receipt("verified", wanted=None).to_frame()
    assert list(frame.columns)[:6] == ["item", "key", "before", "wanted", "observed", "status"]
    assert frame.loc[0, "wanted"] is None
    assert frame.loc[0, "observed"] is ABSENT
    assert frame.loc[0, "status"] == "verified"


def test_text_names_what_is_open_and_is_short():
    text = repr(receipt(*["conflict"] * 50))
    assert "50 conflict" in text
    assert "why 0" in text
    assert "and 40 more" in text


def test_html_says_how_many_more_there_are():
    assert "... and 40 more (see .open)" in receipt(*["conflict"] * 50, *["verified"] * 5)._repr_html_()
    assert "more (see" not in receipt(*["conflict"] * 10, *["verified"] * 5)._repr_html_()


def test_html_shows_metadata_as_text():
    html = receipt("conflict", wanted="<script>alert(1)</script>")._repr_html_()
    assert "<script>" not in html
    assert "<b>0</b>" not in html
    assert "&lt;script&gt;" in html


def test_what_was_not_read_is_not_called_absent():
    unread = receipt("pending")
    assert unread.rows[0].unread
    assert str(unread.to_frame().loc[0, "observed"]) == "<NA>"
    assert "not read" in unread._repr_html_()
    conflict = receipt("conflict")
    assert not conflict.rows[0].unread
    assert conflict.to_frame().loc[0, "observed"] is ABSENT
