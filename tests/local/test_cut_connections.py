"""Faults as a client meets them: over TCP, in this process, from the command line."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import anyio
import httpx
import pytest

import encord_widgets as ew
from encord_widgets.api.in_process import InProcessTransport
from encord_widgets.local import EmbeddedEncord, Store
from tests.local.wire import BASE, Wire
from tests.served import served

REQUEST = b"GET /v2/public/storage/folders HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def port_of(domain: str) -> int:
    return int(domain.rpartition(":")[2])


def exchange(port: int) -> str:
    """What a bare socket sees of one request."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(REQUEST)
        data = b""
        try:
            while part := connection.recv(65536):
                data += part
                head, _, body = data.partition(b"\r\n\r\n")
                if b"content-length: %d" % len(body) in head:
                    return head.split()[1].decode()
        except ConnectionResetError:
            assert data == b""
            return "reset"
    if data == b"":
        return "close"
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401")
    assert 0 < len(body) < int(head.lower().partition(b"content-length: ")[2].split()[0])
    return "half"


@pytest.mark.parametrize(
    ("faults", "kinds"),
    [("reset_before=1", {"reset", "close"}), ("reset_after=1", {"reset", "close", "half"})],
)
def test_connections_are_really_cut(faults: str, kinds: set[str]):
    with subprocess.Popen(
        [sys.executable, "-m", "encord_widgets", "serve", "--items", "2", "--faults", faults],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline(), process.stdout.readline()]
        port = int(lines[0].split("127.0.0.1:")[1].split(".")[0])
        assert lines[1] == f"On purpose it goes wrong: {faults}\n"
        assert {exchange(port) for _ in range(16)} == kinds
        process.terminate()
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors == ""  # cutting is no accident of the server's


def test_the_server_goes_on_after_a_cut():
    with served(
        "--items", "2", "--faults", "503=0.3,reset_before=0.3,reset_after=0.3,html=0,seed=1"
    ) as server:
        seen = Counter(exchange(port_of(server.domain)) for _ in range(40))
        assert {"401", "503", "reset", "close", "half"} == set(seen)


def test_a_kept_alive_connection_is_cut_too():
    with served("--items", "2", "--faults", "reset_before=0.3,seed=3") as server, httpx.Client() as client:
        seen = []
        for _ in range(30):
            try:
                seen.append(client.get(f"{server.domain}/v2/public/storage/folders").status_code)
            except (httpx.ReadError, httpx.RemoteProtocolError) as error:
                seen.append(type(error).__name__)
        assert set(seen) == {401, "ReadError", "RemoteProtocolError"}


def test_in_this_process_a_cut_is_an_error_of_httpx():
    with EmbeddedEncord(items=2, faults="reset_after=1") as encord:
        wire = Wire(encord)

        async def ask() -> str:
            async with httpx.AsyncClient(transport=InProcessTransport(encord.app), base_url=BASE) as client:
                try:
                    return str(await client.get("/v2/public/storage/folders", auth=wire.signer))
                except httpx.TransportError as error:
                    return f"{type(error).__name__}: {error}"

        seen = {anyio.run(ask) for _ in range(20)}
        assert seen == {
            "ReadError: Connection reset by peer",
            "RemoteProtocolError: Server disconnected without sending a response.",
            "RemoteProtocolError: peer closed connection without sending complete message body",
        }
        encord.faults = None
        assert anyio.run(ask) == "<Response [200 OK]>"


def test_a_mistake_of_the_server_is_an_answer(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("a mistake")

    with EmbeddedEncord(items=2) as encord:
        wire = Wire(encord)

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=InProcessTransport(encord.app), base_url=BASE) as client:
                return await client.get("/v2/public/storage/folders", auth=wire.signer)

        monkeypatch.setattr(encord.store.folders, "listing", broken)
        answer = anyio.run(ask)
        assert (answer.status_code, answer.json()) == (500, {"message": "Internal error."})
        assert answer.headers["x-request-id"]
        monkeypatch.undo()
        assert anyio.run(ask).status_code == 200


def test_the_demo_takes_faults(tmp_path: Path):
    with pytest.raises(ValueError, match="'bug' is none of"):
        ew.demo(items=1, faults="bug=1")
    path = tmp_path / "demo.db"
    with ew.demo(path, items=40, faults="429=0.4,retry_after=0,seed=5") as client:
        items = client.folder(client.folders("Street scenes")[0]).wait()
        assert len(items) == 40  # reads are tried again
        store = Store(path)
        assert {entry.kind for entry in store.faults()} == {"429"}
        store.close()


def test_a_commit_over_tcp_with_everything_going_wrong(tmp_path: Path):
    """What the receipt says of each item is what the server's own records say."""
    database = tmp_path / "practice.db"
    faults = "504=0.05,reset_after=0.1,half_applied=0.2,drop_from_answer=0.5,seed=12"
    with served("--items", "150", "--database", str(database), "--faults", faults) as server:
        with ew.connect(domain=server.domain, ssh_private_key_path=server.key_file) as client:
            items = client.folder(server.folder("Street scenes")).wait()
            items.stage({uuid: {"practised": number} for number, uuid in enumerate(items.table.uuids)})
            receipt = items.commit(bundle_size=10, concurrency=1)
        store = Store(database)
        try:
            kinds = {entry.kind for entry in store.faults()}
            assert {"half_applied", "drop_from_answer"} <= kinds
            verified = 0
            for row in receipt.rows:
                there = store.metadata(row.item).get("practised")
                if row.status in {"verified", "already"}:
                    verified += 1
                    assert there == row.wanted
                writes = [entry for entry in store.audit(row.item) if entry.actor.startswith("key ")]
                assert len(writes) == (there is not None)  # and never a second time
            assert verified
        finally:
            store.close()
