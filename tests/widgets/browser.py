"""The far end of a widget's comm: knows what a page would know, from the messages alone."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable
from typing import Any


class Browser:
    """A page that shows one widget.

    Every message is turned into JSON text and back, as on the wire, so nothing that is no JSON passes.
    """

    def __init__(self, widget):
        self.widget = widget
        self.state = state_of(widget)
        self.updates: list[dict[str, Any]] = []
        self.replies: dict[Any, list[dict[str, Any]]] = {}
        self.buffers: dict[Any, list[bytes]] = {}
        self.texts: list[str] = [json.dumps(self.state)]
        self._changed = threading.Condition()
        self._last = 0
        widget.comm.publish_msg = self._take

    def _take(self, msg_type, data=None, buffers=None, **_):
        if msg_type != "comm_msg":
            return
        text = json.dumps(data, allow_nan=False)
        data = json.loads(text)
        with self._changed:
            self.texts.append(text)
            self.texts.extend(bytes(buffer).decode("latin-1") for buffer in buffers or ())
            if data["method"] == "update":
                self.state.update(data["state"])
                self.updates.append(data["state"])
            elif data["content"]["type"] == "reply":
                self.replies.setdefault(data["content"]["id"], []).append(data["content"])
                self.buffers[data["content"]["id"]] = [bytes(buffer) for buffer in buffers or ()]
            self._changed.notify_all()

    def send(self, content):
        """Send any custom message."""
        self.widget._handle_msg(
            {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        )

    def start(self, method, params=None, **rest):
        """Send a request and return its id."""
        self._last += 1
        self.send(
            {
                "type": "request",
                "id": self._last,
                "method": method,
                "params": rest if params is None else params,
            }
        )
        return self._last

    def answer(self, request_id, timeout=20.0):
        """The one answer to a request."""
        with self._changed:
            assert self._changed.wait_for(lambda: request_id in self.replies, timeout), "no answer"
            (reply,) = self.replies[request_id]
            return reply

    def ask(self, method, params=None, **rest):
        """Send a request; its result."""
        reply = self.answer(self.start(method, params, **rest))
        assert reply["ok"], reply["error"]
        return reply["result"]

    def refused(self, method, params=None, **rest):
        """Send a request that is refused; the error."""
        reply = self.answer(self.start(method, params, **rest))
        assert not reply["ok"], reply
        return reply["error"]

    @property
    def columns(self):
        """Columns of a grid, as its page makes them of what it is told."""
        told = self.state["columns"]
        whole = [{**told[one["like"]], "id": one["id"]} if "like" in one else one for one in told]
        return [{"type_label": one["type"], "editable": one["id"].startswith("key:"), **one} for one in whole]

    def rows(self, start=0, count=200, columns=None):
        """Rows of a grid, decoded."""
        first, last = columns or (0, len(self.state["columns"]))
        request_id = self.start(
            "rows",
            start=start,
            count=count,
            columns=[first, last],
            generation=self.state["status"]["generation"],
        )
        reply = self.answer(request_id)
        assert reply["ok"], reply
        (buffer,) = self.buffers[request_id]
        return reply["result"], json.loads(zlib.decompress(buffer))

    def cell(self, item, key):
        """Cell and state that the page would show for an item and key."""
        at = [column["id"] for column in self.columns].index(f"key:{key}")
        _, rows = self.rows()
        (row,) = [row for row in rows if row["u"] == item]
        return row["c"][at], row.get("s", {}).get(str(at))

    def until(self, condition: Callable[[], object], timeout=20.0):
        """Wait until the page knows something."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout), "it did not happen"


def state_of(widget):
    """A widget's traits after a trip through JSON; its code is binary, and crosses the wire beside them."""
    return wire({name: value for name, value in widget.get_state().items() if name != "_packed"})


def wire(content):
    """Content as it is after a trip through JSON."""
    return json.loads(json.dumps(content, allow_nan=False))
