from __future__ import annotations

import io
import sys
from concurrent.futures import TimeoutError as NotYet
from types import SimpleNamespace

import pytest

from encord_widgets.commit import progress


class Slow:
    """Takes longer than anybody wants to wait without a sign."""

    progress = SimpleNamespace(items_total=4, items_done=2, counts={"verified": 2})

    def __init__(self):
        self.looks = 0

    def result(self, timeout=None):
        self.looks += 1
        if timeout is not None and self.looks < 3:
            raise NotYet
        return "done"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def script(monkeypatch):
    for name in [name for name in sys.modules if name == "IPython" or name.split(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, name)
    return monkeypatch


def test_a_terminal_shows_how_far_it_is(script):
    script.setattr(sys, "stderr", Terminal())
    assert progress.watched(Slow(), "commit") == "done"
    assert "commit" in sys.stderr.getvalue()
    assert "2 verified" in sys.stderr.getvalue()


@pytest.mark.parametrize("stderr", [io.StringIO(), None])
def test_a_script_whose_output_nobody_sees_loads_nothing_for_it(script, stderr):
    script.setattr(sys, "stderr", stderr)
    assert progress.watched(Slow()) == "done"
    assert "tqdm" not in sys.modules


class Bar:
    """A bar that is being drawn whenever the interrupt comes."""

    n = 0

    def set_postfix_str(self, _):
        raise KeyboardInterrupt

    def refresh(self):
        pass

    def close(self):
        pass


def test_an_interrupt_while_the_bar_is_drawn_stops_what_is_under_way(script):
    class Stoppable(Slow):
        stopped = 0

        def cancel(self):
            self.stopped += 1

    script.setattr(sys, "stderr", Terminal())
    script.setattr(progress, "_bar", lambda total, what: Bar())
    run = Stoppable()
    run.looks = 1
    assert progress.watched(run) == "done"
    assert run.stopped == 1
    again = Stoppable()
    with pytest.raises(KeyboardInterrupt):  # a second one is meant
        progress.watched(again)
    assert again.stopped == 1
