"""JSON bodies, exactly: integers keep every digit, NaN never leaves, a broken text breaks only its item."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.values import has_long_integer, loads

__all__ = ["decode", "encode", "encode_parsed", "rarely_collected", "uncollected"]

_NO_CONVERSIONS: Final = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
)


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the cyclic garbage collector over a block of plain parsing; never hold it across a wait.

    A page of 1,000 items makes tens of thousands of containers without a cycle among them. Searching them for cycles
    again and again took a fifth of the time of loading.

    Example:
        >>> with uncollected():
        ...     decode(b"[1]")
        [1]
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Search for cycles a thousandth as often while a commit runs: it makes small objects by the hundred thousand.

    They are all let go of by themselves; looking at each again and again took a tenth of its time.

    Unlike `uncollected` it may be held across waits: the garbage of others is still found, later.

    Example:
        >>> with rarely_collected():
        ...     gc.get_threshold()[0] > 0
        True
    """
    with _SELDOM.lock:
        if not _SELDOM.holders:
            _SELDOM.usual = gc.get_threshold()
            _SELDOM.seldom = (_SELDOM.usual[0] * 1000, *_SELDOM.usual[1:])
            gc.set_threshold(*_SELDOM.seldom)
        _SELDOM.holders += 1
    try:
        yield
    finally:
        with _SELDOM.lock:
            _SELDOM.holders -= 1
            # Where somebody has set it meanwhile, it stays as they want it.
            if not _SELDOM.holders and gc.get_threshold() == _SELDOM.seldom:
                gc.set_threshold(*_SELDOM.usual)


@dataclass(slots=True)
class _Seldom:
    """Commits may run side by side: the first one in and the last one out change the setting of the process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    holders: int = 0
    usual: tuple[int, ...] = ()
    seldom: tuple[int, ...] = ()


_SELDOM: Final = _Seldom()


def decode(body: bytes) -> Any:
    """Parse a response body; text that is not valid Unicode is replaced instead of failing the whole page.

    Args:
        body: JSON in UTF-8.

    Raises:
        ValueError: If the body is not JSON.

    Example:
        >>> decode(b'{"results": []}')
        {'results': []}
    """
    try:
        value = orjson.loads(body)
    except ValueError:
        # A name cut inside an emoji comes as half a surrogate pair, which orjson refuses; all else stays refused.
        if b"\\ud" not in body and b"\\uD" not in body:
            raise
        return _without_surrogates(json.loads(body))
    # Long integers in a page stand inside its metadata texts, which are parsed one by one later.
    exact = _is_page_of_texts(value) or not has_long_integer(body)
    return value if exact else loads(body)


def _is_page_of_texts(value: Any) -> bool:
    """Whether this is a page of items whose metadata is JSON text."""
    try:
        return {type(entry["clientMetadata"]) for entry in value["results"]} == {str}
    except (KeyError, TypeError):
        return False


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_without_surrogates(entry) for entry in value]
    if isinstance(value, dict):
        return {
            key: _escaped(entry) if key in _METADATA else _without_surrogates(entry)
            for key, entry in value.items()
        }
    return value


def _escaped(metadata: Any) -> Any:
    """Metadata is written back one day: keep its escapes as text, which the reader of the item then refuses."""
    if isinstance(metadata, dict):
        return json.dumps(metadata)
    if isinstance(metadata, str):
        return metadata.encode("utf-8", "backslashreplace").decode()
    return _without_surrogates(metadata)


_METADATA: Final = frozenset({"clientMetadata", "client_metadata"})


def encode_parsed(value: object) -> bytes:
    """As `encode`, for a value that JSON was parsed to: it holds no NaN, so nobody looks for one.

    Args:
        value: A JSON value.

    Raises:
        InvalidInputError: If it is not JSON.

    Example:
        >>> encode_parsed({"n": None})
        b'{"n":null}'
    """
    try:
        return orjson.dumps(value, option=_NO_CONVERSIONS)
    except TypeError:  # an integer past 64 bits
        return encode(value)


def encode(body: object) -> bytes:
    """The bytes of a request body.

    Args:
        body: A JSON value.

    Raises:
        InvalidInputError: If it holds NaN, infinity, half a surrogate pair or something that is not JSON.

    Example:
        >>> encode({"n": 2**70})
        b'{"n":1180591620717411303424}'
    """
    try:
        quick = orjson.dumps(body, option=_NO_CONVERSIONS)
        # orjson writes NaN as null without a word.
        if b"null" not in quick or orjson.loads(quick) == body:
            return quick
    except TypeError:  # an integer past 64 bits, or what is not JSON
        pass
    try:
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        reason = "half of a surrogate pair" if isinstance(error, UnicodeError) else str(error)
        problem = Problem(expected="JSON values", got=reason, hint="Nothing was sent.")
        raise InvalidInputError([problem]) from None
