"""Media behind signed URLs, and what is said when a host does not answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from encord_widgets.api.errors import (
    ApiError,
    AuthorisationError,
    BadResponseError,
    ConnectionFailedError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    clean,
    retry_after_seconds,
    told,
)
from encord_widgets.api.quiet import unlogged

__all__ = ["Source", "connection_failure", "fetch", "locate"]

_MIME = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_UNKNOWN: Final = "application/octet-stream"
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Source:
    """Where media lies.

    Args:
        url: The signed URL; not in the repr.
        host: Its host, for messages.
        own: Whether it lies on the API's own server.
        subject: What it is, for messages.
    """

    url: str = field(repr=False)
    host: str
    own: bool
    subject: str


def locate(url: str, domain: str, subject: str) -> Source:
    """Resolve a media URL against the API's server.

    Args:
        url: Absolute or relative URL.
        domain: The API's server.
        subject: What it is, for messages.

    Raises:
        BadResponseError: If it is not an http(s) URL.

    Example:
        >>> locate("/media/1?sig=x", "http://127.0.0.1:8000", "item 1").own
        True
    """
    try:
        full = urljoin(f"{domain}/", url.strip())
        parts = urlsplit(full)
        place = (parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme))
    except ValueError:
        place = ("", None, None)
    if place[0] not in _PORTS or not place[1]:
        raise BadResponseError(f"{subject}: the server gave an address for its media that is no http(s) URL.")
    home = urlsplit(domain)
    own = place == (home.scheme, home.hostname, home.port or _PORTS.get(home.scheme))
    return Source(url=full, host=place[1], own=own, subject=subject)


async def fetch(
    client: httpx.AsyncClient, source: Source, limit_bytes: int, *, follow: bool, attempt: int = 1
) -> tuple[bytes, str]:
    """Read media, up to a limit.

    Args:
        client: A client that adds no credentials.
        source: Where from.
        limit_bytes: Largest size to accept.
        follow: Whether to follow redirects.
        attempt: Number of this attempt, for messages.

    Raises:
        ApiError: If it cannot be read.

    Example:
        >>> await fetch(client, source, 1_000_000, follow=False)  # doctest: +SKIP
    """
    try:
        with unlogged():
            async with client.stream(
                "GET",
                source.url,
                headers={"Accept": "*/*", "Accept-Encoding": "identity"},
                auth=None,
                follow_redirects=follow,
            ) as response:
                failure = _refusal(response, source, attempt) or _oversize(
                    response.headers.get("content-length", ""), source, limit_bytes
                )
                if failure is None:
                    data = bytearray()
                    async for chunk in response.aiter_bytes():
                        data += chunk
                        if len(data) > limit_bytes:
                            failure = _too_large(source, limit_bytes)
                            break
                    else:
                        return bytes(data), _mime(response.headers.get("content-type", ""))
    except (httpx.RequestError, httpx.InvalidURL) as error:
        failure = connection_failure(error, source.host, source.subject, attempt=attempt)
    # Raised outside the handler: httpx's exceptions carry the signed URL.
    raise failure


def _refusal(response: httpx.Response, source: Source, attempt: int) -> ApiError | None:
    status = response.status_code
    if status == HTTPStatus.OK:
        return None
    kind: type[ApiError] = BadResponseError
    advice = "open the item in Encord to see it."
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        kind, advice = AuthorisationError, "its link may have expired; ask again."
    elif status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        kind, advice = NotFoundError, "the file is not there (any more)."
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        kind, advice = RateLimitedError, "wait a little."
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        kind, advice = ServerError, "try again later."
    tries = f" Tried {attempt} times." if attempt > 1 else ""
    error = kind(
        f"{source.subject}: {source.host} answered {status} for its media; {advice}{tries}",
        method="GET",
        path="media",
        status=status,
    )
    error.retry_after = retry_after_seconds(response.headers.get("retry-after"))
    return error


def _oversize(length: str, source: Source, limit_bytes: int) -> ApiError | None:
    if length.isascii() and length.isdigit() and int(length[:20]) > limit_bytes:
        return _too_large(source, limit_bytes)
    return None


def _too_large(source: Source, limit_bytes: int) -> ApiError:
    return BadResponseError(
        f"{source.subject}: its media is larger than {limit_bytes / 1e6:g} MB; open the item in Encord to see it.",
        method="GET",
        path="media",
        status=int(HTTPStatus.OK),
    )


def _mime(header: str) -> str:
    text = header.partition(";")[0].strip().lower()
    return text if _MIME.fullmatch(text) else _UNKNOWN


def connection_failure(
    error: Exception,
    server: str,
    subject: str,
    *,
    method: str = "",
    path: str = "media",
    request_id: str | None = None,
    attempt: int = 1,
) -> ApiError:
    """One sentence for a request without a whole answer: which host, what happened, what to do.

    Args:
        error: httpx's exception.
        server: Host or server asked.
        subject: What was asked for, for the message.
        method: HTTP method; without one the message names no request.
        path: Path without query.
        request_id: Id of the request.
        attempt: Number of this attempt.
    """
    happened, advice = _what_happened(error)
    message = told(
        f"{server} {happened}; {advice}.",
        subject=subject,
        attempt=attempt,
        method=method,
        path=path,
        request_id=request_id if method else None,
    )
    return ConnectionFailedError(message, method=method or "GET", path=path, request_id=request_id)


def _what_happened(error: Exception) -> tuple[str, str]:
    network = "check the network, VPN, proxy settings and the argument domain"
    text = clean(str(error)) if isinstance(error, httpx.TransportError) else ""
    low = text.lower()
    if isinstance(error, httpx.ConnectTimeout):
        return "did not accept a connection in time", network
    if isinstance(error, httpx.TimeoutException):
        return "did not answer in time", "try again, with smaller pages or a longer timeout if it stays so"
    if isinstance(error, httpx.ProxyError):
        return f"could not be reached through the proxy ({text})", "check the proxy settings"
    if isinstance(error, httpx.ConnectError):
        if "certificate" in low or "ssl" in low:
            return f"has no certificate that is trusted here ({text})", "set SSL_CERT_FILE to your CA bundle"
        if "name" in low or "nodename" in low or "getaddrinfo" in low:
            return "is not a known host name", network
        return "refused the connection or cannot be reached", network
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.TooManyRedirects):
        return "sends to an address that cannot be followed", "check the argument domain"
    return "broke off its answer", "try again"
