"""What the practice server does on purpose, checked against its own records."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from encord_widgets.local import EmbeddedEncord, FaultEntry, Faults
from encord_widgets.local.injector import Injector
from tests.local.wire import Wire

GET_BULK = ("POST", "storage/items/get-bulk")
PATCH_BULK = ("PATCH", "storage/items/patch-bulk")


@contextmanager
def practice(faults: Faults | str | None, items: int = 60) -> Iterator[tuple[Wire, list[str]]]:
    with EmbeddedEncord(items=items, faults=faults) as encord:
        folder = encord.store.list_folders()[0][0].uuid
        yield Wire(encord), encord.store.item_uuids(folder)


def get_bulk(uuids: list[str]) -> dict[str, Any]:
    return {"json": {"itemUuids": uuids}}


def patch_bulk(uuids: list[str], metadata: object) -> dict[str, Any]:
    return {"json": {"itemPatches": {uuid: {"clientMetadata": metadata} for uuid in uuids}}}


def outcome(wire: Wire, method: str, target: str, **options: Any) -> str:
    """What a client sees."""
    try:
        return str(wire.send(method, target, **options).status_code)
    except ConnectionResetError:
        return "reset"
    except ConnectionAbortedError as error:
        return "half" if "complete" in str(error) else "close"


def written_by(wire: Wire, entry: FaultEntry) -> set[str]:
    """The items that the audit log says this request wrote, the rival's edits left out."""
    return {
        audit.subject
        for audit in wire.encord.store.audit()
        if audit.request == entry.request and audit.actor.startswith("key ")
    }


def test_text_and_back():
    text = "429=0.25,reset_after=0.05,retry_after=0,stale_seconds=2.5,url_lifetime=1,seed=4"
    faults = Faults.parse(f" {text.replace(',', ' , ')},")
    assert faults == Faults(
        rate_429=0.25, reset_after=0.05, retry_after=0, stale_seconds=2.5, url_lifetime=1, seed=4
    )
    assert str(faults) == text
    assert Faults.parse("rate_429=0.25") == Faults(rate_429=0.25)
    assert Faults.parse(str(Faults())) == Faults()
    assert str(Faults()) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("505=0.1", "'505' is none of 429, 503, 504, reset_before"),
        ("rivals=1,503=x", "'rivals' is none of .*; 503 needs a number, got 'x'"),
        ("503", "503 needs a value"),
        ("seed=1.5", "seed needs a whole number, got '1.5'"),
        ("503=0.1,rate_503=0.2", "given twice"),
        ("503=1.5,slow=-1", "503 must be between 0 and 1, got 1.5; slow must be between"),
        ("503=nan", "503 must be between 0 and 1"),
        ("stale_seconds=-1", "stale_seconds must be 0 or more"),
        ("slow_seconds=inf", "slow_seconds must be 0 or more"),
        ("503=0.6,reset_after=0.6", "at most 1 together, got 1.2"),
    ],
)
def test_text_that_is_not_understood(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        Faults.parse(text)
    with pytest.raises(ValueError, match="Faults: "):
        EmbeddedEncord(items=0, faults=text)


@pytest.mark.parametrize("nothing", [None, "", Faults(), "seed=9,html=1,stale=1,slow_seconds=3"])
def test_nothing_goes_wrong_unasked(nothing: Faults | str | None):
    with practice(nothing) as (wire, uuids):
        assert wire.encord.faults is None
        wire.ok(*GET_BULK, **get_bulk(uuids))
        wire.ok(*PATCH_BULK, **patch_bulk(uuids, {"a": 1}))
        store = wire.encord.store
        assert store.faults() == []
        assert store.database.read("SELECT name FROM sqlite_master WHERE name = 'faults'") == []
        assert {entry.actor for entry in store.audit()} == {"sample", f"key {wire.signer.key_id[:8]}"}


def run(faults: str) -> tuple[list[str], list[tuple[object, ...]], dict[str, object]]:
    """A fixed sequence of requests: what the client saw, what went wrong, what is stored then."""
    with practice(faults) as (wire, uuids):
        seen = []
        for number in range(30):
            some = uuids[number % 5 :: 5]
            seen.append(outcome(wire, *GET_BULK, **get_bulk(some)))
            seen.append(outcome(wire, *PATCH_BULK, **patch_bulk(some, {"n": number})))
        store = wire.encord.store
        record = [(e.number, e.kind, e.items, e.applied, e.detail) for e in store.faults()]
        return seen, record, {uuid: store.metadata(uuid) for uuid in uuids}


EVERYTHING = (
    "429=0.05,503=0.1,504=0.1,reset_before=0.05,reset_after=0.1,half_applied=0.2,slow=0.1,slow_seconds=0,"
    "drop_from_answer=0.2,rival=0.3,rival_items=5,rival_in_window=0.1,schema_change=0.1"
)


def test_the_same_seed_is_the_same_story():
    first = run(f"{EVERYTHING},seed=3")
    assert first == run(f"{EVERYTHING},seed=3")
    assert {kind for _, kind, *_ in first[1]} == {
        "429", "503", "504", "reset_before", "reset_after", "half_applied", "slow", "drop_from_answer", "rival",
        "rival_in_window", "schema_change",
    }  # fmt: skip
    other = run(f"{EVERYTHING},seed=4")
    assert other[0] != first[0]
    assert other[1] != first[1]


def test_one_share_does_not_shift_what_another_one_does():
    alone, _, _ = run("503=0.2,reset_before=0.2,seed=5")
    together, _, _ = run(
        "503=0.2,reset_before=0.2,rival=0.5,slow=0.5,slow_seconds=0,schema_change=0.3,seed=5"
    )
    kinds = [
        Counter("reset" if seen in {"reset", "close"} else seen for seen in some)
        for some in (alone, together)
    ]
    assert kinds[0] == kinds[1]
    assert [seen == "503" for seen in alone] == [seen == "503" for seen in together]


def test_shares_are_shares():
    faults = Faults(
        rate_429=0.1,
        rate_503=0.2,
        rate_504=0.1,
        reset_before=0.05,
        reset_after=0.05,
        html=0.25,
        retry_after=7,
    )
    with EmbeddedEncord(items=0) as encord:
        injector = Injector(encord.store)
        injector.put_in_force(faults)
        answers = []
        for number in range(2000):
            turn = injector.turn("PATCH", "/v2/public/storage/folders/x", lambda number=number: f"r{number}")
            assert turn is not None
            refusal = turn.refusal()
            if refusal is not None:
                answers.append(refusal)
        entries = encord.store.faults()
    found = Counter(entry.kind for entry in entries)
    assert found["429"] == pytest.approx(200, abs=40)
    assert found["503"] == pytest.approx(400, abs=60)
    assert found["504"] == pytest.approx(100, abs=30)  # the other half come when the work was done
    assert found["reset_before"] == pytest.approx(100, abs=30)
    assert found["reset_after"] == 0
    by_status = {
        status: [answer for answer in answers if answer.status_code == status] for status in (429, 503)
    }
    assert all(answer.headers["retry-after"] == "7" for answer in by_status[429])
    waits = [answer.headers.get("retry-after") for answer in by_status[503]]
    assert set(waits) == {None, "7"}
    assert waits.count("7") == pytest.approx(200, abs=40)
    for status, some in by_status.items():
        pages = [answer for answer in some if answer.media_type == "text/html"]
        assert len(pages) == pytest.approx(len(some) / 4, abs=30)
        assert all(bytes(page.body).startswith(b"<!DOCTYPE html>") for page in pages)
        said = [entry for entry in entries if entry.kind == str(status) and entry.detail == "a web page"]
        assert len(said) == len(pages)


def test_a_refusal_looks_like_the_real_one():
    with practice("429=1,html=0,retry_after=3") as (wire, uuids):
        response = wire.send(*GET_BULK, **get_bulk(uuids[:2]), headers={"X-Request-Id": "mine"})
        assert (response.status_code, response.headers["retry-after"]) == (429, "3")
        assert list(response.json()) == ["message"]
        (entry,) = wire.encord.store.faults()
        assert response.headers["x-request-id"] == entry.request == "mine"
        assert (entry.number, entry.kind, entry.method) == (1, "429", "POST")
        assert entry.path == "/v2/public/storage/items/get-bulk"
        assert entry.applied is None


@pytest.mark.parametrize(
    ("faults", "applied", "seen"),
    [
        ("503=1", {False}, {"503"}),
        ("504=1", {False, True}, {"504"}),
        ("reset_before=1", {False}, {"reset", "close"}),
        ("reset_after=1", {True}, {"reset", "close", "half"}),
        ("half_applied=1", {True}, {"503", "reset", "close"}),
    ],
)
@pytest.mark.parametrize("bundle", [10, 1])
def test_what_was_applied_is_known(faults: str, applied: set[bool], seen: set[str], bundle: int):
    """The record says of every failed write what the audit log says."""
    with practice(f"{faults},seed=2") as (wire, uuids):
        folder = wire.encord.store.list_folders()[0][0].uuid
        answers = set()
        for number in range(24):
            metadata = {"n": number}
            if bundle == 1:
                call = ("PATCH", f"storage/folders/{folder}/items/{uuids[0]}")
                answers.add(outcome(wire, *call, json={"clientMetadata": metadata}))
            else:
                answers.add(outcome(wire, *PATCH_BULK, **patch_bulk(uuids[:bundle], metadata)))
        entries = wire.encord.store.faults()
        if bundle == 1 and "half" in faults:
            assert answers == {"200"}  # there is no half of one item
            assert entries == []
            return
        assert answers == seen
        assert len(entries) == 24
        assert {entry.applied for entry in entries} == applied
        for entry in entries:
            assert written_by(wire, entry) == (set(entry.items) if entry.applied else set())
            if "half" in faults:
                assert 1 <= len(entry.items) <= 9
            else:
                assert entry.items == tuple(uuids[:bundle])
        if "half" in faults:
            assert len({len(entry.items) for entry in entries}) > 3


def test_a_write_that_is_refused_anyway_was_not_applied():
    with practice("reset_after=1") as (wire, _):
        nobody = "00000000-0000-4000-8000-000000000000"
        assert outcome(wire, *PATCH_BULK, **patch_bulk([nobody], {})) in {"reset", "close", "half"}
        (entry,) = wire.encord.store.faults()
        assert entry.applied is False
        assert written_by(wire, entry) == set()


def test_an_answer_may_leave_out_an_item_that_was_written():
    with practice("drop_from_answer=1") as (wire, uuids):
        answer = wire.ok(*PATCH_BULK, **patch_bulk(uuids, {"big": 2**70}))
        (entry,) = wire.encord.store.faults()
        (gone,) = entry.items
        assert [item["uuid"] for item in answer["results"]] == [uuid for uuid in uuids if uuid != gone]
        assert wire.encord.store.metadata(gone) == {"big": 2**70}
        assert (entry.kind, entry.applied) == ("drop_from_answer", True)


def test_half_a_bundle_keeps_its_numbers():
    with practice("half_applied=1") as (wire, uuids):
        outcome(wire, *PATCH_BULK, **patch_bulk(uuids, {"big": 2**70, "one": 1.0}))
        (entry,) = wire.encord.store.faults()
        for uuid in entry.items:
            assert repr(wire.encord.store.metadata(uuid)) == repr({"big": 2**70, "one": 1.0})


def test_slow_answers_come_when_all_is_done():
    with practice("slow=1,slow_seconds=0.3") as (wire, uuids):
        start = time.perf_counter()
        wire.ok(*PATCH_BULK, **patch_bulk(uuids[:1], {"a": 1}))
        assert time.perf_counter() - start >= 0.3
        (entry,) = wire.encord.store.faults()
        assert (entry.kind, entry.items) == ("slow", (uuids[0],))


def reads(wire: Wire, uuid: str) -> list[tuple[str, str]]:
    """Metadata and edit time of an item, over every way to read it."""
    folder = wire.encord.store.list_folders()[0][0].uuid
    found = [
        wire.ok("GET", f"storage/items/{uuid}"),
        *wire.ok(*GET_BULK, **get_bulk([uuid]))["results"],
        *(
            item
            for page in wire.pages(f"storage/folders/{folder}/items", pageSize=1000)
            for item in page
            if item["uuid"] == uuid
        ),
    ]
    assert len(found) == 3
    return [(item["clientMetadata"], item["lastEditedAt"]) for item in found]


def test_a_stale_read_shows_what_was():
    with practice(None) as (wire, uuids):
        store = wire.encord.store
        uuid = uuids[0]
        unedited = reads(wire, uuid)
        store.replace(uuid, {"v": 1})
        time.sleep(0.4)
        first = reads(wire, uuid)
        wire.encord.faults = Faults(stale_seconds=0.3)
        assert reads(wire, uuid) == first
        assert store.faults() == []  # long enough ago: nothing was stale
        answer = wire.ok(*PATCH_BULK, **patch_bulk([uuid], {"v": 2}))
        assert answer["results"][0]["clientMetadata"] == '{"v":2}'
        store.replace(uuid, {"v": 3})
        assert reads(wire, uuid) == first
        assert [(entry.kind, entry.items) for entry in store.faults()] == [("stale", (uuid,))] * 3
        time.sleep(0.4)
        assert {metadata for metadata, _ in reads(wire, uuid)} == {'{"v":3}'}
        assert len(store.faults()) == 3
        wire.encord.faults = Faults(stale_seconds=3600)
        assert reads(wire, uuid) == unedited


def test_only_some_reads_are_stale():
    with practice("stale=0.5,stale_seconds=3600,seed=1") as (wire, uuids):
        wire.encord.store.replace(uuids[0], {"v": 1})
        seen = [
            wire.ok(*GET_BULK, **get_bulk(uuids[:1]))["results"][0]["clientMetadata"] == '{"v":1}'
            for _ in range(20)
        ]
        assert 4 <= seen.count(True) <= 16


def test_signed_urls_run_out():
    with practice("url_lifetime=0.4") as (wire, uuids):

        def url() -> str:
            found: str = wire.ok("GET", f"storage/items/{uuids[0]}", params={"signUrl": "True"})["signedUrl"]
            return found

        old = url()
        assert wire.send("GET", old).status_code == 200
        time.sleep(0.5)
        assert "expired" in wire.refused(403, "GET", old)
        assert wire.send("GET", url()).status_code == 200
        (entry,) = wire.encord.store.faults()
        assert (entry.kind, entry.items) == ("url_lifetime", (uuids[0],))
        wire.encord.faults = None
        lasting = url()
        time.sleep(0.5)
        assert wire.send("GET", lasting).status_code == 200


def test_media_goes_wrong_too():
    with practice(None) as (wire, uuids):
        url = wire.ok("GET", f"storage/items/{uuids[0]}", params={"signUrl": "True"})["signedUrl"]
        wire.encord.faults = Faults(rate_503=0.4, reset_after=0.4, seed=2)
        seen = [outcome(wire, "GET", url) for _ in range(20)]
        assert {"200", "503", "half"} <= set(seen)
        assert len(wire.encord.store.faults()) == len([one for one in seen if one != "200"])


def test_faults_begin_anew_when_they_are_set():
    def story(wire: Wire, uuids: list[str]) -> list[str]:
        wire.encord.faults = "503=0.5,seed=8"
        return [outcome(wire, *GET_BULK, **get_bulk(uuids[:1])) for _ in range(10)]

    with practice(None) as (wire, uuids):
        first = story(wire, uuids)
        last = wire.encord.store.faults()[-1].id
        assert story(wire, uuids) == first
        again = wire.encord.store.faults(since=last)
        assert [entry.number for entry in again] == [n for n, one in enumerate(first, 1) if one == "503"]
        wire.encord.faults = None
        assert outcome(wire, *GET_BULK, **get_bulk(uuids[:1])) == "200"


@pytest.mark.parametrize("make", [lambda: Faults(seed=1), lambda: Faults(rate_503=0.5)], ids=["none", "some"])
def test_the_repr_says_what_they_are(make: Callable[[], Faults]):
    assert repr(make()) == f"Faults('{make()}')"
