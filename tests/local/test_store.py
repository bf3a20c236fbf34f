from __future__ import annotations

import re
import sqlite3
import threading
import time
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from encord_widgets.local import EmbeddedEncord, Store
from tests.local.wire import Wire


def test_the_audit_log_tells_who_wrote_what(wire: Wire, folder: str, item: str):
    before = wire.encord.store.metadata(item)
    wire.encord.store.edit(item, {"weather": "snow"}, remove=["lux"])
    trace = "0123456789abcdef0123456789abcdef"
    response = wire.send(
        "PATCH",
        f"storage/folders/{folder}/items/{item}",
        json={"clientMetadata": {"a": 1}},
        headers={"X-Cloud-Trace-Context": f"{trace}/1;o=1"},
    )
    assert response.headers["x-request-id"] == trace
    assert response.headers["x-cloud-trace-context"] == f"{trace}/1;o=1"
    first, second = wire.encord.store.audit(item)
    assert (first.actor, first.action, first.before) == ("second editor", "patch item", before)
    assert first.after == {
        key: value for key, value in (before | {"weather": "snow"}).items() if key != "lux"
    }
    assert (second.request, second.before, second.after) == (trace, first.after, {"a": 1})
    assert second.actor == f"key {wire.signer.key_id[:8]}"
    assert second.at > first.at
    assert second.at == wire.encord.store.item_fields(item)["lastEditedAt"]
    assert wire.encord.store.audit(since=first.id) == [second]


def test_a_request_without_an_id_gets_one(wire: Wire, folder: str, item: str):
    target = f"storage/folders/{folder}/items/{item}"
    ids = [
        wire.send("PATCH", target, json={"clientMetadata": {"n": n}}).headers["x-request-id"] for n in (1, 2)
    ]
    assert [entry.request for entry in wire.encord.store.audit(item)] == ids
    assert ids[0] != ids[1]


def test_reads_leave_no_trace(wire: Wire, folder: str, item: str):
    before = wire.encord.store.audit()
    wire.ok("GET", f"storage/items/{item}")
    wire.ok("POST", "storage/items/get-bulk", json={"itemUuids": [item]})
    assert wire.encord.store.audit() == before


def test_unknown_things_in_the_python_api(encord: EmbeddedEncord):
    for call in (encord.store.metadata, encord.store.item_fields, encord.store.delete):
        with pytest.raises(KeyError):
            call("nothing")
    with pytest.raises(KeyError):
        encord.store.edit("nothing", {})
    with pytest.raises(KeyError):
        encord.store.add_items("nothing", [])


def test_a_database_file_is_kept_and_not_filled_again(tmp_path: Path):
    path = tmp_path / "kept.db"
    with EmbeddedEncord(path, items=30) as encord:
        wire = Wire(encord)
        folder = encord.store.list_folders()[0][0].uuid
        item = encord.store.item_uuids(folder)[0]
        encord.store.replace(item, {"kept": True})
        url = wire.ok("GET", f"storage/items/{item}", params={"signUrl": "True"})["signedUrl"]
    with EmbeddedEncord(path, items=5) as again:
        assert again.store.metadata(item) == {"kept": True}
        assert again.store.list_folders()[0][1] == 30
        assert again.store.audit(item)[0].after == {"kept": True}
        again_wire = Wire(again, wire.signer)  # keys and signed URLs go on working
        assert again_wire.ok("GET", f"storage/items/{item}")["uuid"] == item
        assert again_wire.send("GET", url).status_code == 200


def test_what_was_written_survives_without_a_clean_end(tmp_path: Path):
    path = tmp_path / "crash.db"
    encord = EmbeddedEncord(path, items=5)
    item = encord.store.item_uuids(encord.store.list_folders()[0][0].uuid)[0]
    encord.store.replace(item, {"written": 1})
    other = Store(path)  # another process would see the same
    assert other.metadata(item) == {"written": 1}
    other.close()
    encord.close()


@pytest.mark.parametrize(
    "given",
    [
        {"items": "9"},
        {"items": 1.5},
        {"items": None},
        {"latency_ms": "9"},
        {"latency_ms": float("nan")},
        {"faults": 5},
    ],
)
def test_arguments_that_are_not_understood(given):
    (name,) = given
    with pytest.raises(ValueError, match=f"{name} must be"):
        EmbeddedEncord(**given)


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path):
    for path in (tmp_path, tmp_path / "nowhere" / "x.db"):
        with pytest.raises(ValueError, match=f"{path} cannot be opened .* Name a file"):
            EmbeddedEncord(path)


def test_a_file_of_something_else_is_left_alone(tmp_path: Path):
    text = tmp_path / "notes.txt"
    text.write_text("no database at all, but long enough to be looked at as one " * 20)
    with pytest.raises(ValueError, match="no SQLite database"):
        EmbeddedEncord(text)
    assert text.read_text().startswith("no database")
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    content = foreign.read_bytes()
    with pytest.raises(ValueError, match="another file"):
        EmbeddedEncord(foreign)
    assert foreign.read_bytes() == content


@pytest.mark.parametrize("name", [".", "not there/some.db"])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match=f"{re.escape(str(tmp_path / name))} cannot be opened"):
        EmbeddedEncord(tmp_path / name)


@pytest.mark.parametrize("options", [{"items": -1}, {"latency_ms": -1}])
def test_numbers_out_of_range(options: dict):
    with pytest.raises(ValueError, match="0 or more"):
        EmbeddedEncord(**options)


def test_latency_is_waited_for_together():
    with EmbeddedEncord(items=5, latency_ms=300) as encord:
        wire = Wire(encord)
        item = encord.store.item_uuids(encord.store.list_folders()[0][0].uuid)[0]

        async def ten() -> float:
            start = time.perf_counter()
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(wire.send_async, "GET", f"storage/items/{item}")
            return time.perf_counter() - start

        assert 0.3 <= anyio.run(ten) < 3.0  # one after the other would take 3 s


def test_many_writers_lose_nothing(encord: EmbeddedEncord, folder: str):
    """Requests in an event loop and a second editor in threads, all at once, on the same items."""
    wire = Wire(encord)
    uuids = encord.store.item_uuids(folder)[:4]
    for uuid in uuids:
        encord.store.replace(uuid, {})
    errors: list[BaseException] = []

    def edit(name: str) -> None:
        try:
            for number in range(25):
                encord.store.edit(uuids[number % 4], {f"{name} {number}": number})
        except BaseException as error:  # noqa: BLE001 (shown below, in the test's own thread)
            errors.append(error)

    async def read() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(wire.ok_async, uuids)

    threads = [threading.Thread(target=edit, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    anyio.run(read)
    for thread in threads:
        thread.join()
    assert errors == []
    keys = [key for uuid in uuids for key in encord.store.metadata(uuid)]
    assert sorted(keys) == sorted(f"{name} {number}" for name in "abcd" for number in range(25))
    for uuid in uuids:
        entries = encord.store.audit(uuid)
        assert [entry.at for entry in entries] == sorted({entry.at for entry in entries})
        assert all(one.after == two.before for one, two in pairwise(entries))
