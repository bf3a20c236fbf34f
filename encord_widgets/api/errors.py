"""Errors of the wire.

```
EncordWidgetsError
├── CredentialsError (also ValueError)      no usable key or token
└── ApiError                                what the server or the network said
    ├── AuthenticationError                 401
    ├── AuthorisationError                  403
    ├── NotFoundError                       404
    ├── InvalidRequestError                 400, 405, 422
    ├── ResourceExistsError                 409
    ├── PayloadTooLargeError                413
    ├── RateLimitedError                    429
    ├── ServerError                         408, 5xx
    ├── ConnectionFailedError               no answer, or an answer that broke off
    └── BadResponseError                    an answer that is not Encord's: redirect, not JSON, wrong shape
```
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import orjson

from encord_widgets.errors import EncordWidgetsError

__all__ = [
    "ApiError",
    "AuthenticationError",
    "AuthorisationError",
    "BadResponseError",
    "ConnectionFailedError",
    "CredentialsError",
    "InvalidRequestError",
    "NotFoundError",
    "PayloadTooLargeError",
    "RateLimitedError",
    "ResourceExistsError",
    "ServerError",
]

EU_DOMAIN: Final = "https://api.encord.com"
US_DOMAIN: Final = "https://api.us.encord.com"

_LONGEST_TEXT: Final = 400
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s\"'<>?]+)\?[^\s\"'<>]*", re.IGNORECASE)
_BEARER = re.compile(r"(bearer\s+)[^\s\"',;]+", re.IGNORECASE)
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_BLANKS = re.compile(r"\s+")
_SENTENCE = re.compile(r"(?<=[.!?])\s")


class CredentialsError(EncordWidgetsError, ValueError):
    """No usable key or token; the message says what to do, and never holds the key.

    Example:
        >>> issubclass(CredentialsError, ValueError)
        True
    """


class ApiError(EncordWidgetsError):
    """What the server or the network said about one request.

    Args:
        message: The whole sentence for the user.
        method: HTTP method of the request.
        path: Path of the request, without its query.
        status: HTTP status, or None where no answer came.
        server_text: What the server wrote, shortened; empty where it wrote nothing readable.
        request_id: Id to quote to Encord's support.
        retry_after: Seconds that the server asked to wait, where it did.

    Example:
        >>> ApiError("no", method="GET", path="/v2/public/storage/folders", status=418).status
        418
    """

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        server_text: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.method = method
        self.path = path
        self.status = status
        self.server_text = server_text
        self.request_id = request_id
        self.retry_after = retry_after

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self.status in TRANSIENT

    @property
    def cause(self) -> str:
        """The first sentence of the message: what is wrong."""
        return first_sentence(str(self))


class AuthenticationError(ApiError):
    """401: the key or token is not known to this server; the message names both regions."""


class AuthorisationError(ApiError):
    """403: the key is known, but may not do this. Encord also answers so for ids that do not exist."""


class NotFoundError(ApiError):
    """404: nothing there."""


class InvalidRequestError(ApiError):
    """400, 405 or 422: the server does not accept the request as it is."""


class ResourceExistsError(ApiError):
    """409: it exists already."""


class PayloadTooLargeError(ApiError):
    """413: the request is larger than the server takes; send fewer items at a time."""


class RateLimitedError(ApiError):
    """429: too many requests; `retry_after` holds the seconds that the server asked for."""


class ServerError(ApiError):
    """408 or 5xx: the server could not do it now."""


class ConnectionFailedError(ApiError):
    """No answer came, or it broke off. A write may have been applied: only reading again tells."""

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return True


class BadResponseError(ApiError):
    """An answer that is not one of Encord's: a redirect, no JSON, a wrong shape.

    Args:
        cut: Whether the answer looks broken off rather than foreign, so that asking again may help.
    """

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        server_text: str = "",
        request_id: str | None = None,
        cut: bool = False,
    ) -> None:
        super().__init__(
            message, method=method, path=path, status=status, server_text=server_text, request_id=request_id
        )
        self.cut = cut

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self.cut


TRANSIENT: Final = frozenset({408, 429, 500, 502, 503, 504})

_CLASSES: Final[dict[int, type[ApiError]]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: AuthorisationError,
    404: NotFoundError,
    405: InvalidRequestError,
    408: ServerError,
    409: ResourceExistsError,
    413: PayloadTooLargeError,
    422: InvalidRequestError,
    429: RateLimitedError,
}

_NEXT: Final[dict[int, str]] = {
    400: "Check what was sent.",
    403: "Check the id and that your account has access to it; Encord answers 403 for unknown ids too.",
    404: "Check the id, and that this server is the right one.",
    409: "Use the existing one, or another name.",
    413: "Send fewer items at a time.",
    429: "Wait a little, or lower max_in_flight.",
}


def from_response(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    method: str,
    path: str,
    domain: str,
    request_id: str,
    subject: str = "",
    attempt: int = 1,
) -> ApiError:
    """The error for an answer that is not a success.

    Args:
        status: HTTP status.
        headers: Response headers, looked up case-insensitively.
        body: Response body as received.
        method: HTTP method of the request.
        path: Path of the request, without its query.
        domain: Server asked, for the hint on regions.
        request_id: Id of the request.
        subject: What the request is about, such as `folder 8ad5...`.
        attempt: Number of this attempt.
    """
    said = server_text(body)
    wait = retry_after_seconds(headers.get("retry-after"))
    kind = _CLASSES.get(status)
    if kind is None:
        kind = (
            ServerError
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR
            else InvalidRequestError
            if status >= HTTPStatus.BAD_REQUEST
            else BadResponseError
        )
    head = f"{domain} answered {status}: {said}" if said else f"{domain} answered {status}"
    head = head if head.endswith((".", "!", "?")) else f"{head}."
    message = told(
        head,
        _advice(status, headers, domain, wait),
        subject=subject,
        attempt=attempt,
        method=method,
        path=path,
        request_id=request_id,
    )
    if kind is BadResponseError:
        return BadResponseError(
            message, method=method, path=path, status=status, server_text=said, request_id=request_id
        )
    return kind(
        message,
        method=method,
        path=path,
        status=status,
        server_text=said,
        request_id=request_id,
        retry_after=wait,
    )


def first_sentence(text: str) -> str:
    """What comes before the first full stop that a blank follows.

    Args:
        text: A message.

    Example:
        >>> first_sentence("https://a.test answered 503: busy. Try again later.")
        'https://a.test answered 503: busy.'
    """
    return _SENTENCE.split(text, maxsplit=1)[0]


def told(
    *sentences: str,
    subject: str = "",
    attempt: int = 1,
    method: str = "",
    path: str = "",
    request_id: str | None = None,
) -> str:
    """The message of an error: what is wrong and what to do first; which request it was last, for support.

    Args:
        sentences: What happened, and what to do about it; empty ones are left out.
        subject: What the request is about.
        attempt: Number of the attempt that ended it.
        method: HTTP method; without one the request is not named.
        path: Path, without its query.
        request_id: Id of the request.

    Example:
        >>> told("No access.", "Check the id.", subject="item 8ad5", attempt=2, method="GET", path="/x")
        'item 8ad5: No access. Check the id. Tried 2 times. (GET /x)'
    """
    parts = [part for part in sentences if part]
    if attempt > 1:
        parts.append(f"Tried {attempt} times.")
    place = f"{method} {path}" if method else ""
    asked = ", ".join(part for part in (place, f"request id {request_id}" if request_id else "") if part)
    if asked:
        parts.append(f"({asked})")
    text = " ".join(parts)
    return f"{subject}: {text}" if subject else text


def _advice(status: int, headers: Mapping[str, str], domain: str, wait: float | None) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        other = US_DOMAIN if domain == EU_DOMAIN else EU_DOMAIN
        return (
            "Check that the key's public half is registered in Encord (or the token still valid), this computer's "
            f"clock, and the region: you are connected to {domain}, another region is {other} (argument domain)."
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        target = clean(headers.get("location", "")).split("?")[0]
        return f"A redirect{f' to {target}' if target else ''} is not followed; check the argument domain."
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return "Only 200 and 204 are answers of Encord's API; check the argument domain."
    if status == HTTPStatus.TOO_MANY_REQUESTS and wait is not None:
        return f"The server asks to wait {wait:g} s."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return "Try again later; if it stays, give Encord's support the request id."
    return _NEXT.get(status, "")


def server_text(body: bytes) -> str:
    """What the server wrote, as one short line without queries of URLs or tokens.

    Args:
        body: Response body: `{"message"}`, FastAPI's `{"detail"}`, or anything else.

    Example:
        >>> server_text(b'{"message": "Unknown   folder"}')
        'Unknown folder'
    """
    try:
        parsed: object = orjson.loads(body)
    except ValueError:
        return clean(_TAG.sub(" ", body[:20_000].decode("utf-8", "replace")))
    if isinstance(parsed, dict):
        parsed = parsed.get("message") or parsed.get("detail") or parsed
    if isinstance(parsed, list):
        parsed = "; ".join(_validation_line(entry) for entry in parsed[:5])
    if parsed is None or parsed == {}:
        return ""
    return clean(parsed if isinstance(parsed, str) else orjson.dumps(parsed).decode())


def _validation_line(entry: object) -> str:
    if isinstance(entry, dict) and isinstance(entry.get("msg"), str):
        place = entry.get("loc")
        where = ".".join(str(part) for part in place) if isinstance(place, list) else ""
        return f"{where}: {entry['msg']}" if where else str(entry["msg"])
    return entry if isinstance(entry, str) else orjson.dumps(entry).decode()


def clean(text: str) -> str:
    """One short line of untrusted text: no URL queries (they may be signatures), no bearer tokens.

    Args:
        text: Text from outside.

    Example:
        >>> clean("see https://x.test/a?sig=secret now")
        'see https://x.test/a?... now'
    """
    line = _BLANKS.sub(" ", text).strip()
    line = _BEARER.sub(r"\1...", _QUERY.sub(r"\1?...", line))
    line = "".join(char if char.isprintable() else "?" for char in line)
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 3]}..."


def retry_after_seconds(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds that a `Retry-After` header asks for; None when it is missing or unreadable.

    Args:
        value: The header: whole seconds or an HTTP date.
        now: Current time, for dates.

    Example:
        >>> retry_after_seconds("7"), retry_after_seconds("soon")
        (7.0, None)
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
