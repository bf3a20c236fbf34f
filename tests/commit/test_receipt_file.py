"""Receipts survive their file exactly, and a file that was changed is refused."""

from __future__ import annotations

import csv
import datetime as dt
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.commit.receipt import STATUSES, Receipt, ReceiptRow
from encord_widgets.commit.receipt_file import digest_of
from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.values import ABSENT
from tests.metadata import strategies

AT = dt.datetime(2026, 3, 29, 1, 2, 3, 456789, dt.timezone(dt.timedelta(hours=2)))
moments = st.datetimes(
    dt.datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is drawn apart
    dt.datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([dt.UTC, AT.tzinfo]),
)
rows = st.builds(
    ReceiptRow,
    strategies.text, strategies.text, strategies.text, strategies.cells, strategies.cells, strategies.cells,
    st.sampled_from(sorted(STATUSES)), strategies.text, moments,
)  # fmt: skip


def row(**parts):
    given_ = {"item": "a", "name": "a.png", "key": "x", "before": 1, "wanted": None, "observed": ABSENT}
    return ReceiptRow(**(given_ | {"status": "verified", "note": "", "at": AT} | parts))


def receipt(*rows_):
    return Receipt(tuple(rows_), AT, AT + dt.timedelta(seconds=1), 3, "https://api.encord.com")


def spelled(found):
    return [(r.item, r.name, r.key, repr(r.before), repr(r.wanted), repr(r.observed), r.status, r.note, r.at)
            for r in found.rows]  # fmt: skip


@pytest.mark.parametrize("suffix", ["json", "parquet"])
@given(st.lists(rows, max_size=6))
def test_a_receipt_survives_its_file(tmp_path_factory, suffix, found):
    before = receipt(*found)
    path = before.save(tmp_path_factory.mktemp("receipt") / f"x.{suffix}")
    again = Receipt.load(path)
    assert spelled(again) == spelled(before)
    assert (again.started_at, again.finished_at, again.bundles, again.server) == (
        before.started_at, before.finished_at, before.bundles, before.server,
    )  # fmt: skip
    assert all(r.at.tzinfo is not None for r in again.rows)
    assert digest_of(again) == digest_of(before)


def test_the_file_is_readable_and_has_one_line_a_row(tmp_path):
    path = receipt(row(), row(key="y", before=ABSENT, note="why")).save(tmp_path / "x.json")
    lines = path.read_text().splitlines()
    assert sum('"status"' in line for line in lines) == 2
    document = json.loads(path.read_text())
    assert document["format"] == "encord-widgets/receipt/1"
    assert document["digest"].startswith("sha256:")
    first, second = document["rows"]
    assert (first["wanted"], "observed" in first, "before" in second) == (None, False, False)
    assert first["at"] == "2026-03-29T01:02:03.456789+02:00"


TAMPERED = [
    ("a.png", "b.png"),
    ('"verified"', '"already"'),
    ('"before":1', '"before":2'),
    ('"before":1', '"before":true'),
    ('"before":1,', ""),
    ('"wanted":null,', ""),
    ('"bundles": 3', '"bundles": 4'),
    ("api.encord.com", "api.us.encord.com"),
    ("01:02:03.456789", "01:02:03.456788"),
    ("sha256:", "sha256:0"),
]


@pytest.mark.parametrize(("old", "new"), TAMPERED)
def test_a_changed_file_is_refused(tmp_path, old, new):
    path = receipt(row()).save(tmp_path / "x.json")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidInputError, match="was changed after it was saved"):
        Receipt.load(path)


def test_rows_cannot_be_dropped_doubled_or_moved(tmp_path):
    path = receipt(row(), row(key="y")).save(tmp_path / "x.json")
    document = json.loads(path.read_text())
    first, second = document["rows"]
    for tampered in ([first], [first, second, second], [second, first]):
        path.write_text(json.dumps(document | {"rows": tampered}))
        with pytest.raises(InvalidInputError, match="was changed after"):
            Receipt.load(path)
    path.write_text(json.dumps(document, indent=4))  # another layout is the same content
    assert len(Receipt.load(path)) == 2


def test_absent_null_and_texts_are_told_apart_by_the_digest():
    values = [ABSENT, None, "", "null", [], [None], [[]], 0, False, "0", {}]
    assert len({digest_of(receipt(row(before=value))) for value in values}) == len(values)


def test_a_changed_parquet_file_is_refused(tmp_path):
    path = receipt(row(), row(key="y")).save(tmp_path / "x.parquet")
    table = pd.read_parquet(path)
    changed = table.assign(observed="1")
    changed.attrs = table.attrs
    changed.to_parquet(path)
    with pytest.raises(InvalidInputError, match="was changed after"):
        Receipt.load(path)
    table.assign(before="fog", at="noon").to_parquet(path)
    with pytest.raises(InvalidInputError, match="saved as before of row 0"):
        Receipt.load(path)
    table.drop(columns="note").to_parquet(path)
    with pytest.raises(InvalidInputError, match="the columns"):
        Receipt.load(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", r"x\.json"),
        ("{}", "encord-widgets/receipt/1"),
        ('{"format": "encord-widgets/receipt/2"}', "receipt/2"),
        ('{"format": "encord-widgets/receipt/1"}', "list at rows"),
        (
            '{"format": "encord-widgets/receipt/1", "rows": [1, {"item": 2, "status": "odd"}]}',
            r"object at rows\.0",
        ),
    ],
)
def test_a_file_that_is_no_receipt_is_refused(tmp_path, text, words):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=words):
        Receipt.load(path)


def test_every_fault_is_named(tmp_path):
    path = tmp_path / "x.json"
    good = json.loads(receipt(row()).save(path).read_text())
    good["rows"] = [{**good["rows"][0], "status": "odd", "at": "noon", "more": 1}]
    good["bundles"] = "3"
    path.write_text(json.dumps(good))
    with pytest.raises(InvalidInputError) as found:
        Receipt.load(path)
    assert [p.expected.rpartition(" at ")[2] for p in found.value.problems] == [
        "bundles", "rows.0.at", "rows.0.status", "rows.0",
    ]  # fmt: skip


def test_files_for_people(tmp_path):
    found = receipt(
        row(note="=1+1"),
        row(key="@y", before=ABSENT, wanted='a,\n"b"', observed=-5, status="conflict", note="somebody else"),
        row(key="", status="already", name='=HYPERLINK("x")'),
    )
    settled, still_open = found.to_csv(tmp_path / "new" / "folder")
    assert (settled.name, still_open.name) == ("settled.csv", "open.csv")
    with settled.open(newline="") as file:
        done = list(csv.DictReader(file))
    with still_open.open(newline="") as file:
        (left,) = csv.DictReader(file)
    assert [(r["status"], r["before"], r["wanted"], r["observed"]) for r in done] == [
        ("verified", "1", "null", ""), ("already", "1", "null", ""),
    ]  # fmt: skip
    assert (left["before"], json.loads(left["wanted"]), left["observed"]) == ("", 'a,\n"b"', "-5")
    assert left["note"] == "somebody else"
    assert (done[0]["note"], done[1]["name"], left["key"]) == ("'=1+1", '\'=HYPERLINK("x")', "'@y")
    assert dt.datetime.fromisoformat(left["at"]) == AT


def test_an_empty_receipt_has_empty_tables(tmp_path):
    for path in receipt().to_csv(tmp_path):
        assert path.read_text().splitlines() == ["item,name,key,before,wanted,observed,status,note,at"]


def test_two_hundred_thousand_rows_survive_their_file(tmp_path):
    found = receipt(*(row(item=f"{n:036}", wanted="fog", observed="fog") for n in range(200_000)))
    assert len(Receipt.load(found.save(tmp_path / "x.json"))) == 200_000
