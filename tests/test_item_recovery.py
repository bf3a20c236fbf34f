"""What is staged or being committed outlives its kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import encord_widgets as ew
from encord_widgets.commit.options import NoLog


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCORD_WIDGETS_STATE", str(tmp_path / "state"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "encord.db"


def opened(path):
    client = ew.demo(path, items=30)
    return client, client.folder(client.folders("Street scenes")[0]).wait()


def test_staged_edits_come_back_when_the_source_is_opened_again(path):
    client, items = opened(path)
    first, second = items.uuids[:2]
    items.stage({first: {"camera": "kept", "notes": ew.ABSENT}, second: {"lux": 4}})
    items.stage({second: {"lux": 5}})
    items.stage({second: {"weather": "fog"}})
    items.undo()
    client.close()
    client, items = opened(path)
    assert not items.changes, "nothing is staged unasked"
    (earlier,) = items.earlier()
    assert (earlier.count, earlier.items, earlier.alive) == (len(earlier.changes()), 2, False)
    items.restore()
    assert items.value(first, "camera") == "kept"
    assert items.value(second, "lux") == 5
    assert items.changes.get(second, "weather") is None
    assert items.earlier() == []
    assert items.commit()
    client.close()
    client, items = opened(path)
    assert items.earlier() == [], "what is committed is staged no longer"
    assert items.stored(first, "camera") == "kept"
    client.close()


def test_restored_edits_stand_on_the_values_they_were_based_on(path):
    client, items = opened(path)
    uuid = items.uuids[0]
    items.stage({uuid: {"camera": "mine"}})
    client.close()
    client, items = opened(path)
    colleague = client.items([uuid])
    colleague.stage({uuid: {"camera": "theirs"}})
    assert colleague.commit()
    items.refresh().wait()
    items.restore()
    receipt = items.commit()
    assert [(row.status, row.observed) for row in receipt.rows] == [("conflict", "theirs")]
    client.close()


def test_earlier_edits_can_be_discarded(path):
    client, items = opened(path)
    items.stage({items.uuids[0]: {"camera": "kept"}})
    client.close()
    client, items = opened(path)
    assert items.discard() == 1
    assert items.earlier() == []
    assert not items.restore()
    client.close()


def test_edits_of_a_kernel_that_runs_are_seen_and_not_taken(path):
    client, items = opened(path)
    other = client.folder(items.source.identity).wait()
    items.stage({items.uuids[0]: {"camera": "mine"}})
    (earlier,) = other.earlier()
    assert earlier.alive
    assert not other.restore()
    with pytest.raises(ew.EncordWidgetsError, match="still runs"):
        other.restore(earlier.session)
    assert len(items.changes) == 1
    client.close()


KILLED = """
import os, signal, sys
import encord_widgets as ew
from encord_widgets.commit.engine import CommitOptions
client = ew.demo({path!r}, items=30)
items = client.folder(client.folders("Street scenes")[0]).wait()
items.stage({{uuid: {{"camera": "resumed"}} for uuid in items.uuids}})
def die(progress):
    if progress.bundles_done == 2:
        os.kill(os.getpid(), signal.SIGKILL)
items.events.progress.connect(die)
items.commit(bundle_size=10, concurrency=1)
"""


def test_a_commit_that_was_killed_is_resumed_and_sends_nothing_twice(path):
    code = textwrap.dedent(KILLED.format(path=str(path)))
    died = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL
    client, items = opened(path)
    (cut_off,) = items.cut_off()
    assert (cut_off.total, cut_off.left) == (30, 10)
    written = sum(items.stored(uuid, "camera") == "resumed" for uuid in items.uuids)
    assert written == 20
    receipt = items.resume()
    assert receipt
    assert receipt.counts == {"verified": 30}
    assert receipt.bundles == 1
    assert items.cut_off() == []
    assert items.earlier() == [], "the edits that it wrote are staged no longer"
    assert set(items.frame["camera"]) == {"resumed"}
    assert items.resume() is None
    client.close()


def test_a_client_resumes_commits_of_all_sources(path):
    code = textwrap.dedent(KILLED.format(path=str(path)))
    subprocess.run([sys.executable, "-c", code], env=dict(os.environ), timeout=60, check=False)
    client = ew.demo(path)
    assert len(client.cut_off()) == 1
    (receipt,) = client.resume()
    assert receipt.counts == {"verified": 30}
    assert client.cut_off() == client.resume() == []
    client.close()


def test_where_the_journal_fails_work_goes_on_in_memory_and_says_so(path, tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("ENCORD_WIDGETS_STATE", str(blocked))
    client, items = opened(path)
    assert "not being journaled" in items.notice
    items.stage({items.uuids[0]: {"camera": "kept in memory"}})
    assert items.earlier() == []
    assert items.commit()
    with pytest.raises(ew.EncordWidgetsError, match="journal"):
        client.resume()
    client.close()


def test_a_demo_without_a_file_leaves_no_trace(tmp_path):
    with ew.demo(items=5) as client:
        items = client.folder(client.folders("Street scenes")[0])
        items.stage({items.uuids[0]: {"camera": "x"}})
        assert items.notice == ""
    assert not (tmp_path / "state").exists()


def test_a_commit_that_cannot_be_written_down_sends_nothing(path, monkeypatch):
    client, items = opened(path)
    items.stage({items.uuids[0]: {"camera": "x"}})

    class Full(NoLog):
        def intent(self, planned):
            raise ew.EncordWidgetsError("the disk is full")

    monkeypatch.setattr(items._journal, "begin", lambda plan: Full())
    receipt = items.commit()
    assert [row.status for row in receipt.rows] == ["pending"]
    assert "disk is full" in receipt.rows[0].note
    assert client.read([items.uuids[0]]).metadata[0].get("camera") != "x"
    client.close()
