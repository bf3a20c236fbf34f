from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from encord_widgets import cli
from encord_widgets.local import serving
from tests.served import served

COMMAND = [sys.executable, "-m", "encord_widgets"]


def public_key(private_key_file: Path) -> str:
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    return load_ssh_private_key(private_key_file.read_bytes(), None).public_key().public_bytes_raw().hex()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_for_scripts(stop: signal.Signals):
    with served("--items", "30") as server:
        assert server.domain.startswith("http://127.0.0.1:")
        assert server.folders[0]["name"] == "Street scenes"
        assert server.folders[0]["items"] == 30
        assert set(server.folders[0]) == {"uuid", "name", "items"}
        assert stat.S_IMODE(server.key_file.stat().st_mode) == 0o600
        assert server.key_file.read_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
        port = int(server.domain.rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), timeout=5).close()  # it was ready when it said so
        server.process.send_signal(stop)
        assert server.process.wait(10) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""
        assert not server.key_file.exists()
        assert not server.key_file.parent.exists()


def test_serve_for_people():
    with subprocess.Popen(
        [*COMMAND, "serve", "--items", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if "EncordUserClient.create_with_ssh_private_key(" in line:
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors == ""
    assert any("Street scenes" in line and " 5 items" in line for line in lines)
    for start in (
        "import encord_widgets as ew; client = ew.connect(",
        "from encord import EncordUserClient; client = ",
    ):
        (line,) = [line for line in lines if line.startswith(start)]
        compile(line, "<pasted>", "exec")
        assert "ssh_private_key_path=" in line
        assert "domain='http://127.0.0.1:" in line


def test_serve_stops_while_a_client_keeps_its_connection_open():
    with served("--items", "5") as server:
        port = int(server.domain.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 404")
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(10) == 0


def test_small_answers_do_not_wait_for_an_acknowledgement():
    with served("--items", "1") as server:
        port = int(server.domain.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        seconds = []
        for _ in range(15):
            start = time.perf_counter()
            connection.request("GET", "/")
            connection.getresponse().read()
            seconds.append(time.perf_counter() - start)
        connection.close()
    assert min(seconds) < 0.03  # with Nagle's algorithm each takes 0.04 and more, however idle the machine


def test_serve_with_a_database(tmp_path: Path):
    database = tmp_path / "kept.db"
    with served("--items", "12", "--database", str(database)) as server:
        assert server.key_file == tmp_path / "kept.db.key"
        assert stat.S_IMODE(server.key_file.stat().st_mode) == 0o600
        first = public_key(server.key_file)
    assert not server.key_file.exists()
    with served("--items", "99", "--database", str(database)) as server:
        assert server.folders[0]["items"] == 12
        assert public_key(server.key_file) != first
        # Killed, it leaves its key file, and the next one goes on with that.
        server.process.kill()
        server.process.wait(10)
        second = public_key(server.key_file)
    with served("--database", str(database)) as server:
        assert public_key(server.key_file) == second
    assert server.key_file.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "--items", "-1"], "items must be a whole number, 0 or more"),
        (["serve", "--latency-ms", "-1"], "latency_ms must be a number, 0 or more"),
        (["serve", "--index-delay", "-1"], "index_delay must be a number, 0 or more"),
        (["serve", "--faults", "505=0.1,rival"], "'505' is none of 429, 503, 504, reset_before"),
        (["serve", "--faults", "503=0.1,rival"], "rival needs a value. Write them like 503=0.1"),
        (["serve", "--faults", "503=2"], "503 must be between 0 and 1, got 2"),
        (["serve", "--port", "99999"], "cannot listen on 127.0.0.1:99999"),
        (["serve", "--database", "/nonexistent/x.db"], "/nonexistent/x.db cannot be opened"),
        (["serve", "--host", "203.0.113.7"], "cannot listen on 203.0.113.7:0"),
        (["serve", "--port", "70000"], "cannot listen on 127.0.0.1:70000"),
    ],
)
def test_what_cannot_be_served(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str):
    assert cli.main(arguments) == 1
    assert message in capsys.readouterr().err


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", "--port", str(port)]) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


def test_a_key_file_of_something_else_is_left_alone(tmp_path: Path):
    key = tmp_path / "some.db.key"
    key.write_text("my diary")
    with pytest.raises(ValueError, match="Move it away"):
        serving.serve(database=tmp_path / "some.db", items=1)
    assert key.read_text() == "my diary"


def test_the_signal_handler_is_put_back():
    before = signal.getsignal(signal.SIGTERM)
    cli.main(["serve", "--items", "-1"])
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["serve", "--port", "x"]])
def test_wrong_arguments(capsys: pytest.CaptureFixture[str], arguments: list[str]):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 1
    assert "usage: encord-widgets" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["demo", "--help"]])
def test_help(capsys: pytest.CaptureFixture[str], arguments: list[str]):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 0
    assert "encord-widgets" in capsys.readouterr().out


def test_demo_without_jupyterlab(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setattr(cli, "find_spec", lambda _name: None)
    assert cli.main(["demo", "--directory", str(tmp_path)]) == 1
    assert 'pip install "encord-widgets[demo]"' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_demo_opens_the_tutorial_in_jupyterlab(tmp_path: Path):
    """The real JupyterLab, started by the command, serves the notebook that was put into the directory."""
    import urllib.error
    import urllib.request

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"JUPYTER_TOKEN": "for-this-test"}
    with subprocess.Popen(
        [*COMMAND, "demo", "--no-browser", "--allow-root", "--port", str(port), "--directory", str(tmp_path)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}/api/contents/01_first_edit.ipynb?token=for-this-test"
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            for _ in range(300):
                assert process.poll() is None
                try:
                    with direct.open(url, timeout=10) as answer:
                        notebook = json.load(answer)
                    break
                except urllib.error.URLError:
                    time.sleep(0.2)
            assert notebook["type"] == "notebook"
            copied = (tmp_path / "01_first_edit.ipynb").read_text()
            assert json.loads(copied)["nbformat"] == 4
        finally:
            process.terminate()
            process.wait(30)
    # JupyterLab ended with the command.
    with pytest.raises(urllib.error.URLError):
        direct.open(url, timeout=10)


def test_demo_keeps_a_notebook_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    mine = tmp_path / "01_first_edit.ipynb"
    mine.write_text("mine")
    started: list[list[str]] = []

    class Started:
        def __init__(self, command: list[str]) -> None:
            started.append(command)

        def wait(self) -> int:
            return 3

    monkeypatch.setattr(subprocess, "Popen", Started)
    assert cli.main(["demo", "--directory", str(tmp_path), "--no-browser", "--port", "1234"]) == 3
    assert mine.read_text() == "mine"
    (command,) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    start = "--LabApp.default_url=/lab/tree/01_first_edit.ipynb"
    assert command[3:] == [str(mine), start, "--no-browser", "--port=1234"]
