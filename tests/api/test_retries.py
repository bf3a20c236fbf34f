"""What is tried again, how often, and how long is waited."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anyio
import httpx
import pytest

from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.errors import ApiError, RateLimitedError, ServerError, retry_after_seconds
from encord_widgets.api.http import RetryPolicy

from .scripted import ITEM, OK, client, sent

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_passing_failures_are_tried_again(status: int) -> None:
    http = client(httpx.Response(status), httpx.Response(status), OK)
    assert await http.request("GET", "x") == {"ok": True}
    assert len(sent(http)) == 3
    assert len({request.headers["x-cloud-trace-context"] for request in sent(http)}) == 1
    await http.aclose()


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.ReadTimeout("x"),
        httpx.ReadError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.PoolTimeout("x"),
        httpx.DecodingError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_lost_answers_are_tried_again(error: Exception) -> None:
    http = client(error, error, OK)
    assert await http.request("GET", "x") == {"ok": True}
    await http.aclose()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 418, 501, 301])
async def test_final_failures_are_not_tried_again(status: int) -> None:
    http = client(httpx.Response(status), OK)
    with pytest.raises(ApiError):
        await http.request("GET", "x")
    assert len(sent(http)) == 1
    await http.aclose()


async def test_what_must_not_be_repeated_is_not() -> None:
    http = client(httpx.Response(503), OK)
    with pytest.raises(ServerError):
        await http.request("POST", "x", body={}, retry=False)
    assert len(sent(http)) == 1
    await http.aclose()


async def test_metadata_patches_are_repeated_unless_told_otherwise() -> None:
    answer = httpx.Response(200, json={"results": [{"uuid": ITEM}]})
    http = client(httpx.Response(504), httpx.ReadError("x"), answer)
    await EncordApi(http).patch_metadata({ITEM: {"a": 1}})
    assert len({request.content for request in sent(http)}) == 1
    await http.aclose()
    http = client(httpx.Response(504), answer)
    with pytest.raises(ServerError):
        await EncordApi(http).patch_metadata({ITEM: {"a": 1}}, retry=False)
    await http.aclose()


async def test_attempts_end() -> None:
    http = client(httpx.Response(503, json={"message": "busy"}))
    with pytest.raises(
        ServerError, match=r"answered 503: busy\. .*Tried 4 times\. \(GET .*/x, request id [0-9a-f]{32}\)$"
    ):
        await http.request("GET", "x")
    assert len(sent(http)) == 4
    await http.aclose()


async def test_retry_after_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    sleep = anyio.sleep

    async def note(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr("asyncio.sleep", note)
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
    http = client(
        httpx.Response(429, headers={"retry-after": "7"}),
        httpx.Response(503, headers={"retry-after": soon}),
        OK,
    )
    await http.request("GET", "x")
    waits = [seconds for seconds in slept if seconds > 0]
    assert waits[0] == 7
    assert 7 < waits[1] <= 9
    await http.aclose()


async def test_a_wait_past_the_end_is_not_begun() -> None:
    http = client(httpx.Response(429, headers={"retry-after": "3600"}), OK)
    with anyio.fail_after(5), pytest.raises(RateLimitedError, match="asks to wait 3600 s") as caught:
        await http.request("GET", "x")
    assert caught.value.retry_after == 3600
    await http.aclose()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), (" 12 ", 12), ("-3", None), ("soon", None), ("", None), (None, None), ("1.5", None),
     ("Wed, 21 Oct 2015 07:28:10 GMT", 10), ("Wed, 21 Oct 2015 07:27:00 GMT", 0)],
)  # fmt: skip
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now=datetime(2015, 10, 21, 7, 28, tzinfo=UTC)) == seconds


async def test_no_attempt_starts_after_the_end() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        time.sleep(0.03)
        return httpx.Response(503)

    policy = RetryPolicy(attempts=100, total_seconds=0.1, wait_initial=0, wait_max=0, wait_jitter=0)
    http = client(slow, retry=policy)
    with pytest.raises(ServerError):
        await http.request("GET", "x")
    assert 2 <= len(sent(http)) <= 5
    await http.aclose()


async def test_waits_grow_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    sleep = anyio.sleep

    async def note(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr("asyncio.sleep", note)
    policy = RetryPolicy(attempts=6, wait_initial=1, wait_max=5, wait_jitter=0.5)
    http = client(httpx.Response(500), retry=policy)
    with pytest.raises(ServerError):
        await http.request("GET", "x")
    waits = [seconds for seconds in slept if seconds > 0]
    for wait, least in zip(waits, [1, 2, 4, 5, 5], strict=True):
        assert least <= wait <= min(least + 0.5, 5)
    await http.aclose()


async def test_what_is_being_asked_again_is_told_and_taken_back() -> None:
    http = client(httpx.Response(503, json={"message": "busy"}), httpx.ReadError("x"), OK)
    told: list[str] = []
    http.retrying.connect(told.append)
    await http.request("GET", "x", subject="folder 1")
    busy, broken, over = told
    assert busy == "folder 1: http://encord.test answered 503: busy. Trying again, 2 of 4."
    assert broken == "folder 1: http://encord.test broke off its answer; try again. Trying again, 3 of 4."
    assert over == ""
    await http.aclose()


@pytest.mark.parametrize(
    ("answers", "count"),
    [
        ([httpx.Response(503)], 4),  # three more tries, and the end
        ([httpx.Response(403)], 0),
        ([httpx.Response(429, headers={"retry-after": "3600"})], 0),
        ([OK], 0),
    ],
)
async def test_nothing_is_told_that_does_not_happen(answers: list[httpx.Response], count: int) -> None:
    http = client(*answers)
    told: list[str] = []
    http.retrying.connect(told.append)
    with suppress(ApiError):
        await http.request("GET", "x")
    assert len(told) == count
    assert told[-1:] in ([], [""])
    await http.aclose()


async def test_who_is_told_cannot_spoil_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    http = client(httpx.Response(503), OK)
    shown: list[type[BaseException]] = []
    monkeypatch.setattr("threading.excepthook", lambda said: shown.append(said.exc_type))

    @http.retrying.connect
    def broken(trouble: str) -> None:
        raise LookupError(trouble)

    assert await http.request("GET", "x") == {"ok": True}
    assert shown == [LookupError, LookupError]  # of the trouble, and of its end
    await http.aclose()
