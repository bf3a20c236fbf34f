"""Lets faults befall requests, one after the other, and writes down each."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import orjson
from starlette.responses import Response

from encord_widgets.local.call import Call, Past
from encord_widgets.local.cutting import CutResponse, How
from encord_widgets.local.database import timestamp
from encord_widgets.local.faults import OUTCOMES, Faults
from encord_widgets.local.jsontext import decode, encode
from encord_widgets.local.rival import Rival, Windows
from encord_widgets.local.store import Store

__all__ = ["Injector", "Turn"]

_API = "/v2/public/"
_ITEM = re.compile(r"storage/(?:folders/[^/]+/)?items/([0-9a-f]{8}-[0-9a-f-]{27})")
_LISTING = re.compile(
    r"storage/(?:search/items|folders/[^/]+/items(?:/[^/]+/child-items)?)|index/collections/[^/]+/accessible-items"
)
_MESSAGES = {
    429: "Too many requests. Slow down.",
    503: "The service is unavailable.",
    504: "The server took too long.",
}
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"


class Injector:
    """The faults in force and how far they are.

    Args:
        store: What the requests are about, and where faults are recorded.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rival = Rival(store)
        self.put_in_force(None)

    def put_in_force(self, faults: Faults | None) -> None:
        """From the next request on, the first of these faults; None is none."""
        self.faults = faults if faults is not None and faults.any else None
        self.windows = Windows()
        self._arrived = 0

    def turn(self, method: str, path: str, request_id: Callable[[], str], body: bytes = b"") -> Turn | None:
        """What befalls the request that arrives now; None without faults.

        Args:
            method: HTTP method.
            path: Path without its query.
            request_id: Its id.
            body: Its body.
        """
        if self.faults is None:
            return None
        self._arrived += 1
        return Turn(
            self, self.faults, self._arrived, method=method, path=path, request_id=request_id(), body=body
        )


class Turn:
    """What befalls one request. Ask `refusal`; else do the work through `run`, show `answer` the answer, and `pause`.

    Args:
        injector: Whose turn.
        faults: How often what happens.
        number: Which request it is.
        method: HTTP method.
        path: Path without its query.
        request_id: Its id.
        body: Its body.
    """

    def __init__(
        self,
        injector: Injector,
        faults: Faults,
        number: int,
        *,
        method: str,
        path: str,
        request_id: str,
        body: bytes,
    ) -> None:
        self._injector = injector
        self._faults = faults
        self._number = number
        self._method = method
        self._path = path
        self._request_id = request_id
        # S311: dice, no secrets. Always the same throws first, so that one rate does not shift what others do.
        self._random = Random(f"{faults.seed} {number}")  # noqa: S311
        throw = self._random.random()
        self._outcome = ""
        for name in OUTCOMES:
            throw -= getattr(faults, name)
            if throw < 0:
                self._outcome = name
                break
        self._throws = {
            name: self._random.random() < getattr(faults, name)
            for name in (
                "slow",
                "drop_from_answer",
                "rival",
                "rival_in_window",
                "stale",
                "schema_change",
                "html",
            )
        }
        self._late = self._random.random() < 0.5  # noqa: PLR2004 (whether a 504 comes after the work was done)
        self._applied: bool | None = None
        call = path.removeprefix(_API)
        self._listing = method == "GET" and _LISTING.fullmatch(call) is not None
        self._bulk = method == "PATCH" and call == "storage/items/patch-bulk"
        one = _ITEM.fullmatch(call)
        self.reads: list[str] = []
        self.writes: list[str] = []
        if method == "POST" and call == "storage/items/get-bulk":
            self.reads = _uuids(body, "itemUuids")
        elif self._bulk:
            self.writes = _uuids(body, "itemPatches")
        elif path == "/public":
            self.writes = _legacy_writes(injector.store, body)
        elif one and method == "GET":
            self.reads = [one[1]]
        elif one and method == "PATCH":
            self.writes = [one[1]]
        if self.writes:
            self._applied = False
        if self._outcome == "half_applied" and len(self.writes) < 2:  # noqa: PLR2004 (no half of one)
            self._outcome = ""

    def pause(self) -> float:
        """Seconds by which the answer is held back."""
        if not self._throws["slow"]:
            return 0
        self._record("slow", self.reads or self.writes, detail=f"{self._faults.slow_seconds:g} s")
        return self._faults.slow_seconds

    def refusal(self) -> Response | None:
        """The answer to a request that gets no further than the door; None lets it in."""
        if self._outcome in {"rate_429", "rate_503"} or (self._outcome == "rate_504" and not self._late):
            return self._refused(int(self._outcome.removeprefix("rate_")))
        if self._outcome == "reset_before":
            return self._cut("reset_before", ("reset", "close"), None)
        return None

    def run(self, handler: Callable[[Call], bytes], call: Call) -> bytes:
        """Do the work of a call of the API.

        Args:
            handler: Does it.
            call: What is asked.

        Raises:
            RefusedError: As the handler does.
        """
        windows = self._injector.windows
        if self._faults.rival:
            windows.read(self.reads)
            windows.release(self.reads, by=call.actor)
        self._meddle()
        asked, call = call, self._altered(call)
        body = handler(call)
        if call.past is not None and call.past.items:
            self._record("stale", call.past.items, detail=f"as of {call.past.moment}")
        if call.body is not asked.body:
            self.writes = _uuids(call.body, "itemPatches")
        if self.writes:
            self._applied = True
            windows.release(self.writes, by=call.actor)
        if self._faults.rival and self.reads:
            windows.read(self.reads, by=call.actor)
        elif self._faults.rival and self._listing:
            windows.read(_listed(body))
        if self._bulk and not self._outcome and self._throws["drop_from_answer"]:
            body = self._dropped(body)
        return body

    def answer(self, response: Response) -> Response:
        """What the client gets, when the work was done and this should be the answer."""
        how: tuple[How, ...] = ("reset", "close", "half")
        match self._outcome:
            case "rate_504":
                return self._refused(504)
            case "reset_after":
                return self._cut("reset_after", how, response)
            case "half_applied" if self._applied:
                if self._random.random() < 0.5:  # noqa: PLR2004
                    return self._refused(503, kind="half_applied")
                return self._cut("half_applied", how[:2], response)
        return response

    def expired(self, item: str) -> None:
        """A signed URL was used too late."""
        self._record("url_lifetime", [item], detail=f"worked for {self._faults.url_lifetime:g} s")

    def _meddle(self) -> None:
        injector = self._injector
        if self._throws["schema_change"]:
            said = injector.rival.change_schema(self._random, self._request_id)
            self._record("schema_change", [], detail=said)
        for kind, candidates in (("rival", injector.windows.free), ("rival_in_window", lambda: self.writes)):
            if self._throws[kind] and (kind == "rival" or self._bulk):
                edits = injector.rival.edit(
                    candidates(), self._faults.rival_items, self._random, self._request_id
                )
                for item, key in edits:
                    self._record(kind, [item], detail=key)

    def _altered(self, call: Call) -> Call:
        if self._throws["stale"] and self._faults.stale_seconds and not self.writes:
            moment = self._injector.store.clock() - timedelta(seconds=self._faults.stale_seconds)
            return replace(call, past=Past(timestamp(moment)))
        if self._outcome != "half_applied":
            return call
        patches: dict[str, Any] = call.json()["itemPatches"]
        some = self._random.sample(range(len(patches)), self._random.randint(1, len(patches) - 1))
        kept = {uuid: patch for n, (uuid, patch) in enumerate(patches.items()) if n in set(some)}
        return replace(call, body=encode({"itemPatches": kept}))

    def _dropped(self, body: bytes) -> bytes:
        answer = orjson.loads(body)
        if not answer["results"]:
            return body
        gone = answer["results"].pop(self._random.randrange(len(answer["results"])))
        self._record("drop_from_answer", [gone["uuid"]], applied=True)
        return orjson.dumps(answer)

    def _refused(self, status: int, *, kind: str = "") -> Response:
        page = self._throws["html"] and status in {429, 503}
        headers = {"x-request-id": self._request_id}
        if status == 429 or (status == 503 and self._late):  # noqa: PLR2004
            headers["retry-after"] = str(self._faults.retry_after)
        detail = ", ".join([*(["503"] if kind else []), *(["a web page"] if page else [])])
        self._record(kind or str(status), self.writes, applied=self._applied, detail=detail)
        message = _MESSAGES[status]
        if page:
            return Response(_PAGE.format(status, message), status, headers, media_type="text/html")
        return Response(orjson.dumps({"message": message}), status, headers, media_type="application/json")

    def _cut(self, kind: str, hows: tuple[How, ...], response: Response | None) -> Response:
        how = self._random.choice(hows)
        self._record(kind, self.writes, applied=self._applied, detail=how)
        return CutResponse(how, response)

    def _record(self, kind: str, items: list[str], *, applied: bool | None = None, detail: str = "") -> None:
        store = self._injector.store
        store.fault_log.record(
            at=timestamp(store.clock()),
            number=self._number,
            request=self._request_id,
            kind=kind,
            method=self._method,
            path=self._path,
            items=items,
            applied=applied,
            detail=detail,
        )


def _uuids(body: bytes, name: str) -> list[str]:
    """Uuids that a bulk request names; none where it is none, its handler says so."""
    try:
        named = decode(body).get(name, ())
    except (ValueError, AttributeError):
        return []
    return [uuid.lower() for uuid in named if isinstance(uuid, str)] if isinstance(named, list | dict) else []


def _legacy_writes(store: Store, body: bytes) -> list[str]:
    """The item whose metadata a request of the older protocol writes."""
    try:
        question = decode(body)
        if (question["query_type"], question["query_method"]) != ("datarow", "POST"):
            return []
        values = question["values"]
        row = store.datasets.row(values["uid"]) if "client_metadata" in values["payload"] else None
    except (ValueError, LookupError, TypeError, sqlite3.Error):
        return []  # its handler says what is wrong with it
    return [] if row is None else [row.item]


def _listed(body: bytes) -> list[str]:
    return [item["uuid"] for item in orjson.loads(body)["results"]]
