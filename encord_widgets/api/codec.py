"""JSON bodies, exactly: integers keep every digit, NaN never leaves, a broken text breaks only its item."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.values import loads

__all__ = ["decode", "encode", "has_long_integer", "loads_exact"]

_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")
_LONG: Final = b"0" * 20
_NO_CONVERSIONS: Final = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_LONG_NEGATIVE: Final = b"-" + b"0" * 19


_METADATA_TEXT: Final = b'"clientMetadata":"'
_METADATA_OBJECT: Final = b'etadata":{'


def loads_exact(text: str | bytes) -> Any:
    """Parse JSON; like `values.loads`, with a check for long integers that costs a tenth.

    Args:
        text: JSON text; bytes are UTF-8.

    Raises:
        ValueError: If the text is not JSON.

    Example:
        >>> loads_exact('{"n": 18446744073709551616}')
        {'n': 18446744073709551616}
    """
    return loads(text) if has_long_integer(text) else orjson.loads(text)


def has_long_integer(text: str | bytes) -> bool:
    """Whether a text may hold an integer past 64 bits, which orjson would turn into a float.

    Args:
        text: JSON text, or many of them joined; bytes are UTF-8.

    Example:
        >>> has_long_integer('{"n": 18446744073709551616}'), has_long_integer('{"n": 1844674407370955161}')
        (True, False)
    """
    digits = (text.encode("utf-8", "replace") if isinstance(text, str) else text).translate(_DIGITS)
    return _LONG in digits or _LONG_NEGATIVE in digits


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
        # Long integers in a page stand inside its metadata texts, which are parsed one by one later.
        only_texts = _METADATA_TEXT in body and _METADATA_OBJECT not in body
        return orjson.loads(body) if only_texts else loads_exact(body)
    except ValueError:
        # A name cut inside an emoji comes as half a surrogate pair, which orjson refuses; all else stays refused.
        if b"\\ud" not in body and b"\\uD" not in body:
            raise
    return _without_surrogates(json.loads(body))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_without_surrogates(entry) for entry in value]
    if isinstance(value, dict):
        return {
            # Metadata is written back one day: keep its escapes as text, which the reader of the item then refuses.
            key: json.dumps(entry)
            if key in _METADATA and isinstance(entry, dict)
            else _without_surrogates(entry)
            for key, entry in value.items()
        }
    return value


_METADATA: Final = frozenset({"clientMetadata", "client_metadata"})


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
        if b"null" not in quick:  # orjson writes NaN as null without a word
            return quick
    except TypeError:  # an integer past 64 bits, or what is not JSON
        pass
    try:
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        reason = "half of a surrogate pair" if isinstance(error, UnicodeError) else str(error)
        problem = Problem(expected="JSON values", got=reason, hint="Nothing was sent.")
        raise InvalidInputError([problem]) from None
