"""One signed HTTP client: keep-alive, bounded concurrency, retries, and errors that name what happened."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar

import anyio
import httpx
import psygnal

from encord_widgets.api import codec, media
from encord_widgets.api.address import Param, checked_domain, query, tls_context, user_agent
from encord_widgets.api.credentials import Credentials
from encord_widgets.api.errors import EU_DOMAIN, ApiError, BadResponseError, clean, from_response, told
from encord_widgets.api.legacy import LEGACY_PATH, LegacyMethod, enveloped, opened
from encord_widgets.api.retries import RetryPolicy, with_retries
from encord_widgets.metadata.signals import tell
from encord_widgets.metadata.values import Json

__all__ = ["DEFAULT_DOMAIN", "HttpClient", "RetryPolicy", "load_transport"]

T = TypeVar("T")

DEFAULT_DOMAIN: Final = EU_DOMAIN
"""Encord's server in Europe, the default of the SDK too."""

_BASE: Final = "/v2/public/"
_READ: Final = httpx.ByteStream(b"")
_REQUEST_ID_HEADERS: Final = ("x-request-id", "x-correlation-id", "x-cloud-trace-context")
_MEDIA_IN_FLIGHT: Final = 4
_LET_GO: Final = 0.25  # seconds


class HttpClient:
    """Sends signed requests to one server of Encord's API.

    `retrying` tells, from the event loop, what went wrong whenever a request is about to be sent again; an empty text
    when none of them waits any more. `trouble` is what it told last.

    Args:
        credentials: Who asks.
        domain: The server, scheme and host only.
        transport: Another httpx transport than the network, such as `httpx.ASGITransport` for a server in this process.
        media_transport: Another transport than the network for media of other hosts.
        timeout: Longest wait for an answer, in seconds.
        connect_timeout: Longest wait for a connection, in seconds.
        max_in_flight: Requests at the same time.
        retry: When to try again.
        user_agent_suffix: Added to the user agent; empty takes that of the credentials, if they have one.

    Raises:
        InvalidInputError: If the domain is not one.

    Example:
        >>> http = HttpClient(SshCredentials.from_file("~/.ssh/encord"))  # doctest: +SKIP
        >>> await http.request("GET", "storage/folders")  # doctest: +SKIP
    """

    retrying = psygnal.Signal(str)

    def __init__(
        self,
        credentials: Credentials,
        domain: str = EU_DOMAIN,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        media_transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 60.0,
        connect_timeout: float = 10.0,
        max_in_flight: int = 8,
        retry: RetryPolicy | None = None,
        user_agent_suffix: str = "",
    ) -> None:
        self.domain = checked_domain(domain)
        self.retry = retry or RetryPolicy()
        self._credentials = credentials
        self._transport = transport
        self._media_transport = media_transport
        self._timeout = httpx.Timeout(timeout, connect=connect_timeout)
        self._max_in_flight = max_in_flight
        self._user_agent = user_agent(user_agent_suffix or credentials.user_agent_suffix)
        self._client: httpx.AsyncClient | None = None  # made in the event loop, on the first request
        self._media_clients: dict[bool, httpx.AsyncClient] = {}
        self._slots: anyio.Semaphore | None = None
        self._media_slots: anyio.Semaphore | None = None
        self._tls: ssl.SSLContext | None = None
        self._closed = False
        self._under_way: set[anyio.CancelScope] = set()
        self.trouble = ""
        self._waiting: set[str] = set()  # requests that were sent and are to be sent again

    def __repr__(self) -> str:
        return f"HttpClient({self.domain!r}, {self._credentials!r})"

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Param] | None = None,
        body: object = None,
        subject: str = "",
        retry: bool = True,
        answer: bool = True,
    ) -> Any:
        """Send one request and parse its answer.

        Args:
            method: HTTP method.
            path: Path below `/v2/public/`.
            params: Query in Encord's names: None is left out, a list is repeated, booleans are spelled `True`, `False`.
            body: JSON body; bytes are JSON already; None sends none.
            subject: What the request is about, for messages, such as `folder 8ad5...`.
            retry: Whether trying again is safe. Pass False for whatever is not the same when done twice.
            answer: Whether the answer is of interest; one that is not is looked at from both ends only.

        Returns:
            The parsed JSON, or None for 204 and for an answer that is of no interest.

        Raises:
            ApiError: The subclass that fits.
            InvalidInputError: If the body is not JSON.

        Example:
            >>> await http.request("GET", "storage/folders", params={"pageSize": 10})  # doctest: +SKIP
        """
        path = _BASE + path.strip("/")
        spelled = query(params)
        url = f"{self.domain}{path}?{spelled}" if spelled else f"{self.domain}{path}"
        call = _Call(method, path, subject, uuid.uuid4().hex, answer)
        content = body if body is None or isinstance(body, bytes) else codec.encode(body)

        async def once(attempt: int) -> Any:
            return await self._send(call, url, content, attempt)

        return await self._until_it_works(once, call, retry=retry)

    async def legacy(
        self,
        query_type: str,
        method: LegacyMethod,
        *,
        resource: tuple[str, str],
        uid: Json = None,
        payload: Json = None,
        subject: str = "",
        retry: bool = True,
    ) -> Any:
        """Send one request of Encord's older protocol, and take its answer out of the envelope.

        Encord API: POST /public.

        Args:
            query_type: What is asked about, such as `datasetlinkitems`.
            method: What to do with it, inside the envelope; HTTP's method is always POST.
            resource: Type and hash of what the call is about, such as `("dataset", "8ad5...")`.
            uid: Which object; None where the resource itself is meant.
            payload: Arguments.
            subject: What the request is about, for messages.
            retry: Whether trying again is safe.

        Returns:
            What the envelope holds.

        Raises:
            ApiError: The subclass that fits, also for an error inside the envelope.

        Example:
            >>> await http.legacy("dataset", "GET", resource=("dataset", uuid))  # doctest: +SKIP
        """
        call = _Call("POST", LEGACY_PATH, subject, uuid.uuid4().hex, answer=True, resource=resource)
        content = codec.encode(enveloped(query_type, method, uid, payload))

        async def once(attempt: int) -> Any:
            answer = await self._send(call, f"{self.domain}{LEGACY_PATH}", content, attempt)
            return opened(
                answer, domain=self.domain, request_id=call.trace_id, subject=subject, attempt=attempt
            )

        return await self._until_it_works(once, call, retry=retry)

    async def get_media(self, url: str, limit_bytes: int, *, subject: str = "media") -> tuple[bytes, str]:
        """Fetch media from a signed URL: without our credentials, and without a trace in any log.

        Args:
            url: Absolute, or relative to this server.
            limit_bytes: Largest size to accept.
            subject: What it is, for messages.

        Returns:
            The bytes and their content type.

        Raises:
            ApiError: If it cannot be fetched or is too large; the message names the host, never the URL.

        Example:
            >>> await http.get_media(url.get_secret_value(), 5_000_000)  # doctest: +SKIP
        """
        self._check_open("GET", "media")
        source = media.locate(url, self.domain, subject)
        # Only this server's own URLs go through its transport; whatever is foreign goes out to the network.
        own = source.own and self._transport is not None
        client = self._media_clients.get(own)
        if client is None:
            client = self._new_client(self._transport if own else self._media_transport, _MEDIA_IN_FLIGHT)
            client.max_redirects = 3
            self._media_clients[own] = client
        if self._media_slots is None:
            self._media_slots = anyio.Semaphore(_MEDIA_IN_FLIGHT)
        slots = self._media_slots

        async def once(attempt: int) -> tuple[bytes, str]:
            async with slots:
                return await media.fetch(client, source, limit_bytes, follow=not own, attempt=attempt)

        return await self._until_closed(with_retries(once, self.retry, subject), "GET", "media")

    async def aclose(self) -> None:
        """Close all connections; later requests fail with a clear message.

        Example:
            >>> await http.aclose()  # doctest: +SKIP
        """
        self._closed = True
        # First what is under way: a connection made for it after the pool was closed would belong to nobody.
        with anyio.move_on_after(_LET_GO):
            while self._under_way:
                for scope in self._under_way:
                    scope.cancel()
                await anyio.sleep(0.002)
        clients = [client for client in (self._client, *self._media_clients.values()) if client is not None]
        self._client = None
        self._media_clients = {}
        for client in clients:
            await client.aclose()

    async def _until_it_works(self, once: Callable[[int], Awaitable[T]], call: _Call, *, retry: bool) -> T:
        def again(error: ApiError, attempt: int) -> None:
            self._waiting.add(call.trace_id)
            self._tell(f"{error.cause} Trying again, {attempt} of {self.retry.attempts}.")

        try:
            work = with_retries(once, self.retry, call.label, retry=retry, on_retry=again)
            return await self._until_closed(work, call.method, call.path)
        finally:
            if call.trace_id in self._waiting:
                self._waiting.remove(call.trace_id)
                if not self._waiting:
                    self._tell("")

    def _tell(self, trouble: str) -> None:
        self.trouble = trouble
        tell(self.retrying, trouble)

    async def _send(self, call: _Call, url: str, content: bytes | None, attempt: int) -> Any:
        self._check_open(call.method, call.path)
        if self._client is None:
            self._client = self._new_client(self._transport, self._max_in_flight)
            self._slots = anyio.Semaphore(self._max_in_flight)
        headers = {"X-Cloud-Trace-Context": f"{call.trace_id}/1;o=1"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        if call.resource is not None:
            headers["ResourceType"], headers["ResourceID"] = call.resource
        request = self._client.build_request(call.method, url, content=content, headers=headers)
        assert self._slots is not None  # noqa: S101  # made together with the client
        async with self._slots:
            # Signed as late as possible, over exactly the bytes and the target that are sent.
            request.headers.update(self._signed(call, request, content or b""))
            try:
                response = await self._client.send(request, auth=None, follow_redirects=False)
            except httpx.DecodingError:
                failure: ApiError = self._bad(
                    call, attempt, "could not be unpacked (wrong compression)", cut=True
                )
            except httpx.TransportError as error:
                failure = media.connection_failure(
                    error,
                    self.domain,
                    call.subject,
                    method=call.method,
                    path=call.path,
                    request_id=call.trace_id,
                    attempt=attempt,
                )
            else:
                # The stream, read to its end, refers back to the response: together they would keep a body of
                # megabytes until the collector comes by.
                response.stream = _READ
                return self._parsed(call, response, attempt)
        # Raised outside the handler: httpx's exceptions carry the request with its signature.
        raise failure

    def _signed(self, call: _Call, request: httpx.Request, content: bytes) -> dict[str, str]:
        if call.resource is not None:
            return self._credentials.legacy_headers(content)
        target = request.url.raw_path.decode("ascii")
        return self._credentials.headers(call.method, target, content, int(time.time()))

    def _parsed(self, call: _Call, response: httpx.Response, attempt: int) -> Any:
        request_id = next(
            (
                clean(response.headers[name])[:100]
                for name in _REQUEST_ID_HEADERS
                if response.headers.get(name)
            ),
            call.trace_id,
        )
        if response.status_code == HTTPStatus.NO_CONTENT:
            return None
        if response.status_code != HTTPStatus.OK:
            raise from_response(
                response.status_code,
                response.headers,
                response.content,
                method=call.method,
                path=call.path,
                domain=self.domain,
                request_id=request_id,
                subject=call.subject,
                attempt=attempt,
            )
        if not call.answer and response.content[:1] == b"{" and response.content[-1:] == b"}":
            return None
        try:
            with codec.uncollected():
                return codec.decode(response.content)
        except ValueError:
            is_json = "json" in response.headers.get("content-type", "json")
        what = "is cut off" if is_json else "is not JSON"
        raise self._bad(call, attempt, what, cut=is_json, request_id=request_id)

    def _bad(
        self, call: _Call, attempt: int, what: str, *, cut: bool, request_id: str | None = None
    ) -> BadResponseError:
        message = told(
            f"The answer of {self.domain} {what}.",
            "If it stays so, check the argument domain and any proxy between.",
            subject=call.subject,
            attempt=attempt,
            method=call.method,
            path=call.path,
            request_id=request_id or call.trace_id,
        )
        return BadResponseError(
            message,
            method=call.method,
            path=call.path,
            status=int(HTTPStatus.OK),
            request_id=request_id or call.trace_id,
            cut=cut,
        )

    def _new_client(self, transport: httpx.AsyncBaseTransport | None, in_flight: int) -> httpx.AsyncClient:
        if self._tls is None and transport is None:
            self._tls = tls_context()
        return httpx.AsyncClient(
            transport=transport,
            verify=self._tls if self._tls is not None else True,
            timeout=self._timeout,
            limits=httpx.Limits(
                max_connections=in_flight, max_keepalive_connections=in_flight, keepalive_expiry=30.0
            ),
            headers={"User-Agent": self._user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"},
            follow_redirects=False,
        )

    async def _until_closed(self, work: Awaitable[T], method: str, path: str) -> T:
        with anyio.CancelScope() as scope:
            self._under_way.add(scope)
            try:
                return await work
            finally:
                self._under_way.remove(scope)
        raise _closed(method, path)

    def _check_open(self, method: str, path: str) -> None:
        if self._closed:
            raise _closed(method, path)


def _closed(method: str, path: str) -> ApiError:
    return ApiError("This client is closed; connect again.", method=method, path=path)


def load_transport() -> None:
    """Load what is else loaded with the first request, so that this one leaves sooner. Sends nothing.

    Example:
        >>> load_transport()
    """
    import stamina  # noqa: F401

    httpx.AsyncHTTPTransport(verify=tls_context())


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    subject: str
    trace_id: str
    answer: bool
    resource: tuple[str, str] | None = None  # of the older protocol, which is signed otherwise

    @property
    def label(self) -> str:
        head = f"{self.method} {self.path}"
        return f"{self.subject}: {head}" if self.subject else head
