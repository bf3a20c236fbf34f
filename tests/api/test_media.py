"""Media behind signed URLs: where it is fetched, without credentials, and without a trace."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import httpx
import pytest

from encord_widgets.api.credentials import SshCredentials
from encord_widgets.api.errors import (
    ApiError,
    AuthorisationError,
    BadResponseError,
    ConnectionFailedError,
    NotFoundError,
    RateLimitedError,
    ServerError,
)
from encord_widgets.api.http import HttpClient

from .conftest import DOMAIN, NO_WAIT

pytestmark = pytest.mark.anyio


class Net(httpx.AsyncBaseTransport):
    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)


def media_client(answer: Callable[[httpx.Request], httpx.Response], key: str) -> tuple[HttpClient, Net, Net]:
    own, foreign = Net(answer), Net(answer)
    http = HttpClient(
        SshCredentials.from_text(key), DOMAIN, transport=own, media_transport=foreign, retry=NO_WAIT
    )
    return http, own, foreign


def picture(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"picture", headers={"content-type": "image/png"})


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("/media/1?sig=SECRET", True),
        ("media/1?sig=SECRET", True),
        ("http://encord.test/media/1?sig=SECRET", True),
        ("http://encord.test:80/media/1?sig=SECRET", True),
        ("http://encord.test:81/media/1?sig=SECRET", False),
        ("https://encord.test/media/1?sig=SECRET", False),
        ("https://bucket.test/1?sig=SECRET", False),
        ("//bucket.test/1?sig=SECRET", False),
        ("http://encord.test@bucket.test/1?sig=SECRET", False),
    ],
)
async def test_media_goes_where_it_lies_without_credentials(
    url: str, *, is_own: bool, key_text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http, own, foreign = media_client(picture, key_text)
    assert await http.get_media(url, 100) == (b"picture", "image/png")
    assert (len(own.requests), len(foreign.requests)) == ((1, 0) if is_own else (0, 1))
    headers = (own.requests + foreign.requests)[0].headers
    if "@" not in url:
        assert "authorization" not in headers
    assert not {"signature", "signature-input", "content-digest", "x-cloud-trace-context", "cookie"} & set(
        headers
    )
    assert "SECRET" not in caplog.text
    assert "HTTP Request" not in caplog.text
    await http.aclose()


@pytest.mark.parametrize(
    "url", ["ftp://a.test/x", "file:///etc/passwd", "data:text/plain,x", "https:///x", "http://[::1"]
)
async def test_media_addresses_that_are_none(url: str, key_text: str) -> None:
    http, own, foreign = media_client(picture, key_text)
    with pytest.raises(BadResponseError, match="no http\\(s\\) URL") as caught:
        await http.get_media(url, 100)
    assert url not in str(caught.value)
    assert own.requests + foreign.requests == []
    await http.aclose()


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [(401, AuthorisationError, 1), (403, AuthorisationError, 1), (404, NotFoundError, 1), (410, NotFoundError, 1),
     (429, RateLimitedError, 4), (503, ServerError, 4), (416, BadResponseError, 1), (206, BadResponseError, 1)],
)  # fmt: skip
async def test_media_refusals_name_the_host_only(
    status: int, kind: type[ApiError], tries: int, key_text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http, _, foreign = media_client(
        lambda _: httpx.Response(status, content=b"StringToSign SECRET"), key_text
    )
    with pytest.raises(kind, match=rf"^item 7: bucket\.test answered {status} for its media") as caught:
        await http.get_media("https://bucket.test/key?sig=SECRET", 100, subject="item 7")
    assert len(foreign.requests) == tries
    for text in (str(caught.value), repr(vars(caught.value)), caplog.text):
        assert "SECRET" not in text
        assert "/key" not in text
    await http.aclose()


async def test_media_connection_failure_holds_no_url(key_text: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no way to https://bucket.test/key?sig=SECRET", request=request)

    http, _, _ = media_client(fail, key_text)
    with pytest.raises(ConnectionFailedError) as caught:
        await http.get_media("https://bucket.test/key?sig=SECRET", 100, subject="item 7")
    assert str(caught.value).startswith("item 7: bucket.test refused the connection")
    assert "SECRET" not in str(caught.value)
    assert caught.value.__context__ is None
    await http.aclose()


async def test_media_redirects_are_followed_outside_only(key_text: str) -> None:
    def redirect(request: httpx.Request) -> httpx.Response:
        if request.url.host == "final.test":
            return picture(request)
        return httpx.Response(307, headers={"location": "https://final.test/x?sig=SECRET"})

    http, own, foreign = media_client(redirect, key_text)
    assert (await http.get_media("https://bucket.test/1", 100))[0] == b"picture"
    assert [str(request.url.host) for request in foreign.requests] == ["bucket.test", "final.test"]
    with pytest.raises(BadResponseError, match="answered 307"):
        await http.get_media("/media/1", 100)
    assert len(own.requests) == 1
    await http.aclose()


class Chunks(httpx.AsyncByteStream):
    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = chunks
        self.sent = 0

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for chunk in self.chunks:
            self.sent += len(chunk)
            yield chunk


async def test_media_without_a_length_stops_at_the_limit(key_text: str) -> None:
    stream = Chunks(b"x" * 1000 for _ in range(10_000))
    http, _, _ = media_client(lambda _: httpx.Response(200, stream=stream), key_text)
    with pytest.raises(BadResponseError, match=r"larger than 0\.005 MB"):
        await http.get_media("/m", 5000)
    assert stream.sent <= 7000
    await http.aclose()


async def test_a_tampered_content_type_is_not_passed_on(key_text: str) -> None:
    answer = httpx.Response(200, content=b"x", headers={"content-type": "image/png<script>"})
    http, _, _ = media_client(lambda _: answer, key_text)
    assert await http.get_media("/m", 10) == (b"x", "application/octet-stream")
    await http.aclose()


async def test_other_users_of_httpx_still_log(key_text: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    http, _, _ = media_client(picture, key_text)
    await http.get_media("/m?sig=SECRET", 10)
    async with httpx.AsyncClient(transport=httpx.MockTransport(picture)) as other:
        await other.get("https://elsewhere.test/page")
    assert "https://elsewhere.test/page" in caplog.text
    assert "SECRET" not in caplog.text
    await http.aclose()


async def test_the_silence_is_needed(key_text: str, caplog: pytest.LogCaptureFixture) -> None:
    """If httpx ever stops logging URLs, `quiet` can go."""
    caplog.set_level(logging.INFO)
    async with httpx.AsyncClient(transport=httpx.MockTransport(picture)) as plain:
        await plain.get("https://bucket.test/1?sig=SECRET")
    assert "SECRET" in caplog.text
