"""JSON in and out, exact: integers of any size survive, NaN and infinity are refused."""

from __future__ import annotations

import json
from typing import Any

import orjson

__all__ = ["decode", "encode", "metadata_object", "metadata_text"]

_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
# Past 64 bits orjson reads an integer as a float: 20 digits may be too many, 19 behind a minus.
_LONG = b"0" * 19
_BEFORE_A_NUMBER = b"[:, \t\r\n"


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def decode(body: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: The text is not JSON.

    Example:
        >>> decode(b'{"n": 123456789012345678901234567890}')
        {'n': 123456789012345678901234567890}
    """
    if _has_long_integer(body):
        try:
            return json.loads(body, parse_constant=_refuse_constant)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
    return orjson.loads(body)


def _has_long_integer(body: bytes) -> bool:
    """Whether one may be there; digits within a word, a checksum for instance, are none."""
    digits = body.translate(_DIGITS)
    place = digits.find(_LONG)
    while place >= 0:
        end = place + len(_LONG)
        while digits[end : end + 1] == b"0":
            end += 1
        before = digits[place - 1] if place else ord(":")
        if before == ord("-") or (end - place > len(_LONG) and before in _BEFORE_A_NUMBER):
            return True
        place = digits.find(_LONG, end)
    return False


def encode(value: object) -> bytes:
    """The compact JSON text of a value.

    Example:
        >>> encode({"a": [1, 1.0, None]})
        b'{"a":[1,1.0,null]}'
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        # An integer beyond 64 bits, or a lone surrogate.
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def metadata_text(metadata: object) -> bytes:
    """Metadata as it stands on the wire: a JSON text inside a JSON string.

    Example:
        >>> metadata_text({})
        b'"{}"'
    """
    return orjson.dumps(encode(metadata).decode())


def metadata_object(text: bytes) -> dict[str, Any]:
    """The reverse of `metadata_text`."""
    result: dict[str, Any] = decode(orjson.loads(text).encode())
    return result
