"""Retries, errors and secrets of the HTTP client, against scripted transports."""

from __future__ import annotations

import gzip
import json
import logging
import re
import ssl
from typing import Any

import anyio
import httpx
import pytest

from encord_widgets.api.credentials import BearerCredentials
from encord_widgets.api.errors import (
    ApiError,
    AuthenticationError,
    AuthorisationError,
    BadResponseError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    RateLimitedError,
    ResourceExistsError,
    ServerError,
    server_text,
)
from encord_widgets.api.http import HttpClient
from encord_widgets.errors import InvalidInputError

from .conftest import DOMAIN, NO_WAIT
from .scripted import ITEM, OK, client, sent

pytestmark = pytest.mark.anyio


async def test_query_spelling() -> None:
    http = client(OK)
    params = {
        "desc": False,
        "flag": True,
        "none": None,
        "itemTypes": ["image", "video"],
        "n": 7,
        "search": "a b&ü",
    }
    await http.request("GET", "/storage/folders/", params=params)
    url = sent(http)[0].url
    assert url.raw_path == (
        b"/v2/public/storage/folders?desc=False&flag=True&itemTypes=image&itemTypes=video&n=7&search=a+b%26%C3%BC"
    )
    await http.aclose()


async def test_headers() -> None:
    http = client(OK, user_agent_suffix="curation/1")
    await http.request("GET", "storage/folders")
    headers = sent(http)[0].headers
    assert re.fullmatch(r"encord-widgets/\d\S* python/3\.\S+ curation/1", headers["user-agent"])
    assert re.fullmatch(r"[0-9a-f]{32}/1;o=1", headers["x-cloud-trace-context"])
    assert headers["authorization"] == "Bearer TOKEN-SECRET"
    assert headers["accept-encoding"] == "gzip"
    assert "content-type" not in headers
    await http.aclose()


async def test_signature_is_over_what_is_sent(private_key: Any, key_text: str) -> None:
    import base64
    import hashlib

    http = client(OK, key=key_text)
    await http.request("PATCH", "storage/items/patch-bulk", params={"search": "ü /?"}, body={"a": "é"})
    request = sent(http)[0]
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(request.content).digest()).decode() + ":"
    assert request.headers["content-digest"] == digest
    inputs = request.headers["signature-input"].removeprefix("encord-sig=")
    base = "\n".join(
        [
            '"@method": PATCH',
            f'"@request-target": {request.url.raw_path.decode()}',
            f'"content-digest": {digest}',
            f'"@signature-params": {inputs}',
        ]
    )
    signature = base64.b64decode(request.headers["signature"].removeprefix("encord-sig=:").removesuffix(":"))
    private_key.public_key().verify(signature, base.encode())  # raises where it does not fit
    await http.aclose()


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, InvalidRequestError, "Check what was sent"),
        (401, AuthenticationError, "another region is https://api.encord.com"),
        (403, AuthorisationError, "unknown ids too"),
        (404, NotFoundError, "Check the id"),
        (409, ResourceExistsError, "existing one"),
        (413, PayloadTooLargeError, "fewer items"),
        (422, InvalidRequestError, ""),
        (429, RateLimitedError, "max_in_flight"),
        (500, ServerError, "Try again later"),
        (503, ServerError, "Try again later"),
        (302, BadResponseError, "redirect to https://sso.test/login is not followed"),
        (201, BadResponseError, "Only 200 and 204"),
        (418, InvalidRequestError, ""),
    ],
)
async def test_errors_name_everything(status: int, kind: type[ApiError], advice: str) -> None:
    answer = httpx.Response(
        status,
        json={"message": "no  way"},
        headers={"x-request-id": "abc-1", "location": "https://sso.test/login?t=S"},
    )
    http = client(answer)
    with pytest.raises(kind) as caught:
        await http.request("GET", f"storage/items/{ITEM}", params={"pageToken": "P"}, subject=f"item {ITEM}")
    error = caught.value
    assert type(error) is kind
    assert str(error).startswith(f"item {ITEM}: {DOMAIN} answered {status}: no way.")
    assert str(error).endswith(f" (GET /v2/public/storage/items/{ITEM}, request id abc-1)")
    assert advice in str(error)
    assert (error.method, error.path, error.status) == ("GET", f"/v2/public/storage/items/{ITEM}", status)
    assert (error.server_text, error.request_id) == ("no way", "abc-1")
    assert "pageToken" not in str(error)
    assert "t=S" not in str(error)
    await http.aclose()


async def test_the_region_hint_names_the_other_region() -> None:
    for domain, other in [("https://api.encord.com", "https://api.us.encord.com"),
                          ("https://api.us.encord.com", "https://api.encord.com")]:  # fmt: skip
        http = client(httpx.Response(401), domain=domain)
        with pytest.raises(AuthenticationError, match=f"connected to {domain}, another region is {other} "):
            await http.request("GET", "x")
        await http.aclose()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"message": "a"}', "a"),
        (b'{"detail": "b"}', "b"),
        (b'{"detail": [{"loc": ["body", "a"], "msg": "missing", "input": "x"}, "y"]}', "body.a: missing; y"),
        (b'{"message": null, "detail": {"code": 3}}', '{"code":3}'),
        (b"[]", ""), (b"null", ""), (b"{}", ""), (b"", ""), (b'"text"', "text"), (b"7", "7"),
        (b"<html><style>b{}</style><h1>502 Bad</h1>\n<p>Gateway", "502 Bad Gateway"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"message": "https://s3.test/a?sig=SECRET end, Bearer SECRET"}', "https://s3.test/a?... end, Bearer ..."),
        (b"x" * 1000, "x" * 397 + "..."),
    ],
)  # fmt: skip
def test_server_text(body: bytes, text: str) -> None:
    assert server_text(body) == text


@pytest.mark.parametrize(
    ("headers", "content", "tries", "words"),
    [
        ({"content-type": "text/html"}, b"<html>Log in", 1, "is not JSON"),
        ({"content-type": "application/json"}, b'{"results": [', 4, "is cut off"),
        ({"content-type": "application/json"}, b"", 4, "is cut off"),
        (
            {"content-type": "application/json", "content-encoding": "gzip"},
            b"no gzip",
            4,
            "could not be unpacked",
        ),
        (
            {"content-type": "application/json", "content-encoding": "gzip"},
            gzip.compress(b'{"a": 1}' * 99, mtime=0)[:40],
            4,
            "is cut off",
        ),
    ],
)
async def test_bad_bodies(headers: dict[str, str], content: bytes, tries: int, words: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))

    http = client(answer)
    with pytest.raises(BadResponseError, match=words):
        await http.request("GET", "x")
    assert len(sent(http)) == tries
    await http.aclose()


async def test_timeouts_are_set() -> None:
    http = client(OK, timeout=7.0, connect_timeout=3.0)
    await http.request("GET", "x")
    assert sent(http)[0].extensions["timeout"] == {"connect": 3.0, "read": 7.0, "write": 7.0, "pool": 7.0}
    await http.aclose()


async def test_204_is_none() -> None:
    http = client(httpx.Response(204))
    assert await http.request("POST", "x", body={}) is None
    await http.aclose()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            httpx.ConnectError("[Errno -2] Name or service not known"),
            "is not a known host name; check the network",
        ),
        (httpx.ConnectError("All connection attempts failed"), "refused the connection or cannot be reached"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), "SSL_CERT_FILE"),
        (httpx.ConnectTimeout(""), "did not accept a connection in time"),
        (httpx.ReadTimeout(""), "did not answer in time"),
        (httpx.ReadError("[Errno 104]"), "broke off its answer; try again"),
        (httpx.ProxyError("407 Proxy Authentication Required"), r"through the proxy \(407"),
    ],
)
async def test_connection_failures_are_one_sentence(error: Exception, words: str) -> None:
    http = client(error)
    with pytest.raises(
        ConnectionFailedError, match=rf"^{DOMAIN} .*{words}.* Tried 4 times\. \(GET /v2/public/x, "
    ) as caught:
        await http.request("GET", "x", params={"pageToken": "P"})
    assert caught.value.__context__ is None
    assert caught.value.status is None
    await http.aclose()


async def test_no_secret_in_any_text(key_text: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for key in ("", key_text):
        http = client(httpx.ReadError("x"), httpx.Response(500), httpx.Response(403), key=key)
        with pytest.raises(ApiError) as caught:
            await http.request("PATCH", "x", body={"a": 1})
        signatures = [request.headers.get("signature", "-no-") for request in sent(http)]
        told = "".join(
            [str(caught.value), repr(caught.value), repr(vars(caught.value)), repr(http), caplog.text]
        )
        for secret in ("TOKEN-SECRET", *key_text.split("\n")[1:-2], *signatures):
            assert secret not in told
        await http.aclose()


async def test_closed() -> None:
    http = client(OK)
    await http.request("GET", "x")
    await http.aclose()
    with pytest.raises(ApiError, match="client is closed"):
        await http.request("GET", "x")
    with pytest.raises(ApiError, match="client is closed"):
        await http.get_media("/a", 10)


async def test_concurrency_is_bounded() -> None:
    now = most = 0

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await anyio.sleep(0.005)
            now -= 1
            return OK

    http = HttpClient(BearerCredentials("t"), DOMAIN, transport=Slow(), max_in_flight=3, retry=NO_WAIT)
    async with anyio.create_task_group() as group:
        for _ in range(12):
            group.start_soon(http.request, "GET", "x")
    assert most == 3
    await http.aclose()


@pytest.mark.parametrize(
    "domain",
    ["", "api.encord.com", "ftp://a.test", "https://", "https://a.test/prefix", "https://u:p@a.test", "https://a.test?x",
     "http://a.test:x", "javascript:1", None],
)  # fmt: skip
def test_domains_that_are_none(domain: Any) -> None:
    with pytest.raises(InvalidInputError, match="key 'domain': expected scheme and host") as caught:
        HttpClient(BearerCredentials("t"), domain)
    assert "u:p" not in str(caught.value)


def test_domain_is_normalised() -> None:
    assert HttpClient(BearerCredentials("t"), " HTTPS://API.Encord.com/ ").domain == "https://api.encord.com"


async def test_a_certificate_bundle_of_requests_is_honoured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from encord_widgets.api.address import tls_context

    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    bundle = tmp_path / "ca.pem"
    bundle.write_text("no certificate")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with pytest.raises(ssl.SSLError):  # it was read, and is none
        tls_context()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert tls_context().get_ca_certs() == []


async def test_long_numbers_come_back_whole() -> None:
    body = json.dumps({"long": 2**64 + 1, "negative": -(2**63) - 1, "float": 1.5}).encode()
    http = client(httpx.Response(200, content=body))
    assert await http.request("GET", "x") == {"long": 2**64 + 1, "negative": -(2**63) - 1, "float": 1.5}
    await http.aclose()


async def test_a_request_that_is_connecting_when_its_client_is_closed_ends_at_once() -> None:
    connecting, ended = anyio.Event(), []

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            connecting.set()
            try:
                await anyio.sleep(60)
            finally:
                ended.append(request.url.path)
            return httpx.Response(200, json=None)

        async def aclose(self) -> None:
            assert ended, "the pool was closed before what is under way in it had ended"

    http = HttpClient(BearerCredentials("t"), "http://127.0.0.1:9", transport=Slow())
    failures: list[str] = []

    async def ask() -> None:
        try:
            await http.request("GET", "storage/folders")
        except ApiError as error:
            failures.append(str(error))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await connecting.wait()
        await http.aclose()
    assert ended
    assert "closed" in failures[0]
