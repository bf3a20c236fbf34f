"""A commit under way: an interrupt stops it after the bundles in flight, and a bar shows how far it is."""

from __future__ import annotations

import io
import signal
import threading
import time

import pytest

from encord_widgets.api.errors import RateLimitedError
from encord_widgets.background import Background
from encord_widgets.commit.options import CommitOptions
from encord_widgets.commit.progress import watched
from encord_widgets.commit.run import CommitRun
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.plan import Plan
from tests.commit.fake_encord import Api, FakeEncord


@pytest.fixture
def background():
    background = Background("test")
    yield background
    background.close()


def started(background, encord, count, on_progress=lambda _: None):
    plan = Plan.of([Change(f"i{n}", "x", 0, 1) for n in range(count)], {})
    options = CommitOptions(bundle_size=1, concurrency=1)
    return CommitRun(background, Api(encord), plan, options, on_progress=on_progress)


def test_an_interrupt_finishes_the_bundle_in_flight_and_the_receipt_says_where_it_stands(background):
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(50)})
    reached, waiting, go_on = threading.Event(), threading.Event(), threading.Event()

    def hold(patches):
        if len(encord.writes) == 3:
            reached.set()
            go_on.wait(10)

    encord.after_write = hold
    run = started(background, encord, 50)

    def interrupt():
        reached.wait(10)
        waiting.wait(10)
        time.sleep(0.2)  # until the main thread waits for the receipt
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(0.1)
        go_on.set()

    threading.Thread(target=interrupt).start()
    waiting.set()
    receipt = run.result()
    assert receipt.counts == {"verified": 3, "pending": 47}
    assert "stopped" in receipt.pending[0].note
    assert sum(data["x"] for data in encord.items.values()) == 3


@pytest.fixture
def waiting_run(background):
    """A commit that the server asks to wait for an hour, after the first of three items."""
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(3)})

    def busy(patches):
        if len(encord.writes) == 1:
            raise RateLimitedError("429: too many", status=429, retry_after=3600.0)

    encord.before_write = busy
    waiting = threading.Event()
    run = started(background, encord, 3, on_progress=lambda now: now.phase == "waiting" and waiting.set())
    assert waiting.wait(10)
    return run


def test_a_commit_whose_client_is_closed_says_how_to_go_on(background, waiting_run):
    background.close()
    with pytest.raises(EncordWidgetsError, match=r"closed before this commit ended.*resume"):
        waiting_run.result(10)
    assert waiting_run.done()


def test_a_commit_that_is_stopped_waits_for_no_other_try(waiting_run):
    run = waiting_run
    run.cancel()
    receipt = run.result(10)
    assert [row.status for row in receipt.rows] == ["verified", "failed", "pending"]
    assert "429" in receipt.failed[0].note


def test_waiting_has_a_limit_and_the_commit_goes_on(background):
    encord = FakeEncord({"i0": {"x": 0}})
    go_on = threading.Event()
    encord.before_write = lambda patches: go_on.wait(10)
    run = started(background, encord, 1)
    with pytest.raises(TimeoutError, match=r"^0 of 1 items are committed so far\. The commit goes on\.$"):
        run.result(0.05)
    assert not run.done()
    go_on.set()
    assert run.result().counts == {"verified": 1}
    assert run.done()


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal(), True), (io.StringIO(), False)])
def test_a_long_commit_shows_how_far_it_is_where_somebody_looks(background, monkeypatch, stream, shown):
    monkeypatch.setattr("sys.stderr", stream)
    encord = FakeEncord({f"i{n}": {"x": 0} for n in range(4)})
    encord.after_write = lambda patches: time.sleep(0.25)
    assert watched(started(background, encord, 4)).counts == {"verified": 4}
    assert ("commit" in stream.getvalue()) is shown
    assert ("verified" in stream.getvalue()) is shown
