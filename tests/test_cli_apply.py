"""`apply` and `verify` against a served Encord: what they print, what they write, how they end."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time

import pytest

import encord_widgets as ew
from encord_widgets import cli
from tests.served import served

GONE = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(scope="module")
def server():
    with served("--items", "40") as found:
        yield found


@pytest.fixture
def client(server):
    with ew.connect(ssh_private_key_path=server.key_file, domain=server.domain) as found:
        yield found


@pytest.fixture
def items(client, server):
    """The served items without notes."""
    found = client.folder(server.folder("Street scenes"))
    found.stage({item: {"notes": ew.ABSENT} for item in found.uuids})
    assert found.commit()
    found.refresh().wait()
    return found


@pytest.fixture
def run(server, capsys):
    def _run(*arguments, domain=server.domain):
        status = cli.main([*map(str, arguments), "--domain", domain, "--ssh-key", str(server.key_file)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return _run


def notes(client, item):
    return client.read([item]).metadata[0].get("notes", ew.ABSENT)


def test_apply_and_verify_from_first_to_last(run, client, items, tmp_path):
    first, second = items.uuids[:2]
    items.stage({first: {"notes": "mine"}, second: {"notes": None}})
    plan, receipt = items.plan().save(tmp_path / "fix.plan.json"), tmp_path / "fix.receipt.json"

    status, said, _ = run("apply", plan, "--dry-run")
    assert status == 2
    assert "Plan fix.plan.json: 2 changes on 2 items, from Street scenes" in said
    assert "2 changes to write on 2 items." in said
    assert f"{items.table.name(first)} · notes: <absent> -> 'mine'" in said
    assert notes(client, first) is ew.ABSENT

    status, said, errors = run("apply", plan, "--receipt", receipt)
    assert (status, errors) == (0, "")
    assert "2 verified on 2 items" in said
    assert f"Receipt: {receipt}" in said
    assert (notes(client, first), notes(client, second)) == ("mine", None)

    status, said, _ = run("apply", plan, "--dry-run")
    assert status == 0
    assert said.splitlines() == [
        "Plan fix.plan.json: 2 changes on 2 items, from Street scenes",
        "Nothing to do: everything that the plan wants is there.",
    ]
    status, said, _ = run("verify", receipt)
    assert status == 0
    assert "2 still" in said
    assert client.title in said

    client.apply(ew.Plan.of([ew.Change(first, "notes", "mine", "rival")], {}))
    status, said, _ = run("verify", receipt)
    assert status == 2
    assert "1 still, 1 drifted" in said
    assert f"{items.table.name(first)} · notes: 'mine' was written, and it is 'rival' now" in said


def test_a_receipt_that_cannot_be_kept_does_not_cost_the_outcome(run, client, items, tmp_path, monkeypatch):
    item = items.uuids[4]
    items.stage({item: {"notes": "not kept"}})
    plan = items.plan().save(tmp_path / "fix.plan.json")
    folder = tmp_path / "taken.json"
    folder.mkdir()
    status, _, errors = run("apply", plan, "--receipt", folder)
    assert status == 1
    assert f"expected a file to write, got the folder {folder}" in errors
    assert notes(client, item) is ew.ABSENT

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ew.Receipt, "save", full)
    status, said, errors = run("apply", plan, "--receipt", tmp_path / "fix.receipt.json")
    assert status == 1
    assert "1 verified on 1 item" in said
    assert "No space left on device" in errors
    assert notes(client, item) == "not kept"


def test_conflicts(run, client, items, tmp_path):
    item = items.uuids[2]
    items.stage({item: {"notes": "mine"}})
    plan = items.plan().save(tmp_path / "fix.plan.parquet")
    client.apply(ew.Plan.of([ew.Change(item, "notes", ew.ABSENT, "theirs")], {}))

    status, said, _ = run("apply", plan, "--dry-run")
    assert status == 2
    assert "Drifted since the plan was made (1):" in said
    assert "was <absent> when planned, is 'theirs' now; not overwritten" in said
    assert run("apply", plan, "--dry-run", "--on-conflict", "theirs")[0] == 0
    assert "would become 'mine'" in run("apply", plan, "--dry-run", "--on-conflict", "ours")[1]
    assert notes(client, item) == "theirs"

    status, said, _ = run("apply", plan)
    assert status == 2
    assert "1 conflict" in said
    assert run("apply", plan, "--on-conflict", "theirs")[0] == 0
    assert notes(client, item) == "theirs"
    assert run("apply", plan, "--on-conflict", "ours")[0] == 0
    assert notes(client, item) == "mine"


def test_what_an_overwrite_destroys_needs_leave(run, client, items, tmp_path):
    item = items.uuids[3]
    before = client.read([item]).metadata[0]
    items.stage({item: {"notes": "only"}}, mode="overwrite")
    plan = items.plan().save(tmp_path / "fix.plan.json")
    status, said, _ = run("apply", plan, "--dry-run")
    assert status == 2
    assert f"Would destroy ({len(before)}):" in said
    assert "needs leave to destroy" in said
    assert "add --allow-destroy" in said
    status, _, errors = run("apply", plan)
    assert status == 1
    assert f"removes {len(before)} values that nobody named" in errors
    assert "--allow-destroy" in errors
    assert errors.count("\n") == 1
    assert client.read([item]).metadata[0] == before
    assert run("apply", plan, "--allow-destroy")[0] == 0
    assert client.read([item]).metadata[0] == {"notes": "only"}


def test_items_that_are_gone_are_named(run, client, tmp_path):
    plan = ew.Plan.of([ew.Change(GONE, "x", ew.ABSENT, 1)], {GONE: "old\x1b[2J.png"})
    path = plan.save(tmp_path / "x.json")
    status, said, _ = run("apply", path, "--dry-run")
    assert status == 2
    assert "Cannot be read (1):" in said
    assert "\x1b" not in said
    receipt = tmp_path / "r.json"
    status, said, _ = run("apply", path, "--receipt", receipt)
    assert status == 2
    assert "failed" in said
    assert json.loads(receipt.read_text())["rows"][0]["status"] == "failed"


def test_trouble_is_one_sentence(run, tmp_path, client, items):
    plan = ew.Plan.of([], {}).save(tmp_path / "x.json")
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for arguments, words in [
        (["apply", tmp_path / "none.json"], "none.json"),
        (["apply", broken], "broken.json is not a plan"),
        (["verify", plan], "encord-widgets/receipt/1"),
        (["apply", plan, "--receipt", tmp_path / "none" / "r.json"], "a folder"),
        (["apply", plan, "--receipt", tmp_path / "r.txt"], "ends in .json or .parquet"),
        (["apply", tmp_path / "plan.txt"], "ends in .json or .parquet"),
    ]:
        status, said, errors = run(*arguments)
        assert (status, said) == (1, "")
        assert words in errors
        assert errors.startswith("encord-widgets: ")
        assert errors.count("\n") == 1


def test_nothing_is_sent_when_the_receipt_has_no_place(run, client, items, tmp_path):
    item = items.uuids[4]
    plan = ew.Plan.of([ew.Change(item, "notes", ew.ABSENT, "x")], {}).save(tmp_path / "x.json")
    assert run("apply", plan, "--receipt", tmp_path / "none" / "r.json")[0] == 1
    assert notes(client, item) is ew.ABSENT


def test_a_server_that_is_not_there(server, capsys, tmp_path):
    plan = ew.Plan.of([ew.Change(GONE, "x", ew.ABSENT, 1)], {}).save(tmp_path / "x.json")
    arguments = ["apply", str(plan), "--dry-run", "--ssh-key", str(server.key_file)]
    assert cli.main([*arguments, "--domain", "nonsense"]) == 1
    assert capsys.readouterr().err.startswith("encord-widgets: ")


def test_without_a_key(capsys, tmp_path):
    plan = ew.Plan.of([], {}).save(tmp_path / "x.json")
    assert cli.main(["apply", str(plan)]) == 1
    assert "ENCORD_SSH_KEY_FILE" in capsys.readouterr().err


def test_the_key_comes_from_the_environment_and_any_terminal_will_do(server, client, items, tmp_path):
    item = items.uuids[5]
    plan = ew.Plan.of([ew.Change(item, "notes", ew.ABSENT, "→ 雨")], {item: "雨.png"}).save(
        tmp_path / "x.json"
    )
    environment = os.environ | {"ENCORD_SSH_KEY_FILE": str(server.key_file), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "encord_widgets", "apply", str(plan), "--domain", server.domain]
    for extra, status in (["--dry-run"], 2), ([], 0):
        done = subprocess.run(
            [*command, *extra], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (status, "")
    assert notes(client, item) == "→ 雨"


def commits_in(state):
    """How many commits the journals of a state folder hold."""
    found = 0
    for file in state.glob("**/*.sqlite3"):
        with contextlib.closing(sqlite3.connect(file)) as journal, contextlib.suppress(sqlite3.Error):
            found += journal.execute("SELECT count(*) FROM commits").fetchone()[0]
    return found


def test_resume_finishes_a_commit_whose_process_was_killed(tmp_path, monkeypatch, capsys):
    state = tmp_path / "state"
    monkeypatch.setenv("ENCORD_WIDGETS_STATE", str(state))
    with served("--items", "5", "--faults", "slow=1,slow_seconds=0.8") as slow:
        where = ["--domain", slow.domain, "--ssh-key", str(slow.key_file)]
        with ew.connect(ssh_private_key_path=slow.key_file, domain=slow.domain) as client:
            item = client.folder(slow.folder("Street scenes")).uuids[0]
            base = notes(client, item)
            plan = ew.Plan.of([ew.Change(item, "notes", base, "resumed")], {}).save(tmp_path / "x.json")
        assert cli.main(["resume", "--list", *where]) == 0
        assert "No commit was cut off." in capsys.readouterr().out
        command = [sys.executable, "-m", "encord_widgets", "apply", str(plan), *where]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()  # the plan is read, and the connection about to be made
            until = time.monotonic() + 60
            while not commits_in(state) and time.monotonic() < until:
                time.sleep(0.01)
            process.kill()  # the commit is written down, and needs three requests, 0.8 s each
        assert cli.main(["resume", "--list", *where]) == 2
        assert "1 of 1 changes left" in capsys.readouterr().out
        assert cli.main(["resume", *where]) == 0
        assert "on 1 item" in capsys.readouterr().out
        assert cli.main(["resume", *where]) == 0
        assert "No commit was cut off." in capsys.readouterr().out
        with ew.connect(ssh_private_key_path=slow.key_file, domain=slow.domain) as client:
            assert notes(client, item) == "resumed"


@pytest.mark.parametrize("command", ["apply", "resume", "verify"])
def test_help_names_the_exit_statuses(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--help"])
    assert stopped.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Ends with status 0" in said
    assert "--ssh-key FILE" in said


def test_a_conflict_policy_that_is_none():
    with pytest.raises(SystemExit) as stopped:
        cli.main(["apply", "x.json", "--on-conflict", "mine"])
    assert stopped.value.code == 1
