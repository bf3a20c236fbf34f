"""Requests: every one is answered once, whatever is in it and whatever goes wrong."""

from __future__ import annotations

import threading

import pytest

import encord_widgets as ew
from encord_widgets.widgets._base import EncordWidget
from encord_widgets.widgets._requests import Answer, Later, StaleError, code_of, described, message_of
from tests.widgets.browser import Browser

SIGNED = "https://storage.example.com/a.jpg?X-Goog-Signature=deadbeef&Expires=1"


class Probe(EncordWidget):
    _bundle = "diff_preview"

    def _handlers(self):
        return {
            "now": lambda params: Answer({"got": params.text("text")}, (b"1", b"2")),
            "later": lambda params: Later(lambda: Answer({"thread": threading.current_thread().name})),
            "refuse": self.refuse,
            "break": self.break_,
            "break_later": lambda params: Later(lambda: self.break_(params)),
            "unsendable": lambda params: Answer({"got": {1, 2}}),
            "stale": self.stale,
        }

    def refuse(self, params):
        raise ew.EncordWidgetsError(f"No, see {SIGNED}")

    def break_(self, params):
        raise KeyError(SIGNED)

    def stale(self, params):
        raise StaleError("The item is gone.")


@pytest.fixture
def probe(items, monkeypatch):
    monkeypatch.delenv("ENCORD_WIDGETS_RAISE")  # what is raised again is told apart below
    with Probe(items) as probe:
        yield Browser(probe)


def test_a_request_is_answered_with_result_and_buffers(probe):
    request_id = probe.start("now", text="hello")
    assert probe.answer(request_id) == {"type": "reply", "id": 1, "ok": True, "result": {"got": "hello"}}
    assert probe.buffers[request_id] == [b"1", b"2"]


def test_slow_work_is_answered_from_another_thread(probe):
    assert probe.ask("later")["thread"] != threading.current_thread().name


def test_an_expected_error_is_answered_only(probe):
    error = probe.refused("refuse")
    assert error["code"] == "encord_widgets"
    assert error["message"].startswith("No, see https://storage.example.com/a.jpg")
    assert probe.widget.error is None


def test_what_is_gone_is_answered_only(probe):
    assert probe.refused("stale") == {"code": "stale", "message": "The item is gone."}
    assert probe.widget.error is None


@pytest.mark.parametrize("method", ["break", "break_later", "unsendable"])
def test_a_bug_is_answered_and_shown_until_it_is_dismissed(probe, method):
    assert probe.refused(method)["code"] == "internal"
    probe.until(lambda: probe.state["error"])
    assert probe.state["error"]["message"].startswith("Something went wrong in Python: ")
    assert probe.state["error"]["detail"].splitlines()[0].split(":")[0] in {"KeyError", "TypeError"}
    probe.ask("dismiss_error")
    assert probe.state["error"] is None


def test_a_bug_is_raised_again_in_tests(probe, monkeypatch):
    monkeypatch.setenv("ENCORD_WIDGETS_RAISE", "1")
    with pytest.raises(KeyError):
        probe.widget._receive(None, {"type": "request", "id": 1, "method": "break", "params": {}})
    assert probe.answer(1)["error"]["code"] == "internal"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("nonsense", {}),
        (None, {}),
        (["rows"], {}),
        ("__init__", {}),
        ("now", []),
        ("now", "text"),
        ("now", {}),
        ("now", {"text": 3}),
        ("now", {"text": None}),
    ],
)
def test_what_cannot_be_read_is_refused(probe, method, params):
    probe.send({"type": "request", "id": "x", "method": method, "params": params})
    assert probe.answer("x")["error"]["code"] == "bad_request"
    assert probe.widget.error is None


@pytest.mark.parametrize("content", [None, "request", [], {}, {"type": "event"}, {"type": "reply", "id": 1}])
def test_what_is_no_request_is_not_answered(probe, content):
    probe.send(content)
    assert probe.replies == {}


def test_a_request_without_parameters_or_id_is_answered(probe):
    probe.send({"type": "request", "method": "stale"})
    assert probe.answer(None)["error"]["code"] == "stale"


def test_no_signature_of_an_address_is_shown(probe):
    probe.refused("refuse")
    probe.refused("break")
    assert not any("deadbeef" in text for text in probe.texts)
    assert "storage.example.com" in message_of(RuntimeError(SIGNED))


def test_details_name_files_but_no_folders(probe):
    probe.refused("break")
    detail = probe.state["error"]["detail"]
    assert "test_requests.py:" in detail
    assert "/" not in detail.split("\n", 1)[1]


def test_codes_are_the_names_of_errors():
    assert code_of(ew.RateLimitedError("slow down")) == "rate_limited"
    assert code_of(ew.InvalidInputError([])) == "invalid_input"
    assert code_of(ValueError()) == ""


def test_an_expected_error_is_shown_without_detail():
    assert described(ew.EncordWidgetsError("no"), "While testing") == {"message": "While testing: no"}


def test_a_closed_widget_answers_nothing(probe):
    probe.widget.close()
    probe.start("later")
    assert probe.replies == {}
