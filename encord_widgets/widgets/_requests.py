"""Requests from the browser: what they carry, and what they are answered with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from traceback import extract_tb
from typing import Any, Final, TypeAlias, TypeVar

from encord_widgets.errors import EncordWidgetsError
from encord_widgets.metadata.values import shown

__all__ = [
    "Answer",
    "BadRequestError",
    "Handler",
    "Later",
    "Params",
    "StaleError",
    "code_of",
    "described",
    "message_of",
]

T = TypeVar("T")


class BadRequestError(EncordWidgetsError):
    """A request from the browser that cannot be read; the page and the kernel may be of different versions."""


class StaleError(EncordWidgetsError):
    """A request about something that is not there any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with.

    Args:
        result: A JSON object.
        buffers: Binary parts.
    """

    result: Mapping[str, Any] = field(default_factory=dict)
    buffers: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that takes its time, worked out on another thread.

    Args:
        work: Makes the answer; its errors are answered too.
    """

    work: Callable[[], Answer]


class Params:
    """The parameters of a request, read with care: a browser can send anything.

    Args:
        raw: What came.
        buffers: Binary parts that came with it.

    Raises:
        BadRequestError: If it is no object; each reader raises it when its value is missing or of another type.
    """

    def __init__(self, raw: object, buffers: Sequence[Any] = ()) -> None:
        if not isinstance(raw, dict):
            raise BadRequestError(f"expected an object with parameters, got {shown(raw)}.")
        self._raw: dict[str, Any] = raw
        self._buffers = buffers

    def has(self, name: str) -> bool:
        """Whether a parameter is there."""
        return name in self._raw

    def raw(self, name: str) -> Any:
        """A parameter as it came."""
        if name not in self._raw:
            raise BadRequestError(f"the parameter {name!r} is missing.")
        return self._raw[name]

    def buffer(self) -> bytes:
        """The binary part."""
        if len(self._buffers) != 1:
            raise BadRequestError(f"expected one binary part, got {len(self._buffers)}.")
        return bytes(self._buffers[0])

    def text(self, name: str) -> str:
        """A text."""
        return self._typed(name, str, "a text")

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._typed(name, bool, "true or false")

    def objects(self, name: str) -> list[Params]:
        """A list of objects."""
        return [Params(one) for one in self._typed(name, list, "a list")]

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        values: list[Any] = self._typed(name, list, "a list of texts")
        if not all(isinstance(value, str) for value in values):
            raise self._wrong(name, "a list of texts")
        return values

    def whole(self, name: str) -> int:
        """A whole number, 0 or more."""
        value = self.raw(name)
        if not _is_whole(value):
            raise self._wrong(name, "a whole number")
        return int(value)

    def span(self, name: str) -> tuple[int, int]:
        """Two whole numbers: where something begins, and where it ends (exclusive)."""
        value = self.raw(name)
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_whole, value)):  # noqa: PLR2004
            raise self._wrong(name, "two whole numbers")
        return value[0], value[1]

    def cells(self, name: str) -> list[tuple[str, str]]:
        """A list of cells, each an item uuid and a metadata key."""
        pairs = self._typed(name, list, "a list of cells")
        for pair in pairs:
            if not isinstance(pair, list) or [type(part) for part in pair] != [str, str]:
                raise self._wrong(name, "a list of [item, key]")
        return [(item, key) for item, key in pairs]

    def _typed(self, name: str, kind: type[T], expected: str) -> T:
        value = self.raw(name)
        if not isinstance(value, kind):
            raise self._wrong(name, expected)
        return value

    def _wrong(self, name: str, expected: str) -> BadRequestError:
        return BadRequestError(f"the parameter {name!r} must be {expected}, got {shown(self._raw[name])}.")


Handler: TypeAlias = Callable[[Params], Answer | Later]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


# The query of an address can hold a signature; nothing that is shown or saved may.
_QUERY: Final = re.compile(r"(https?://[^\s'\"?]+)\?[^\s'\"]+")
_FRAMES: Final = 6


def message_of(error: BaseException) -> str:
    """What to show of an error: its message, without the query of any address.

    Args:
        error: An error.
    """
    return _QUERY.sub(r"\1", str(error)) or type(error).__name__


def code_of(error: BaseException) -> str:
    """The code of an expected error on the wire; empty for one that nobody expected.

    Args:
        error: An error.

    Example:
        >>> code_of(BadRequestError("no id")), code_of(ZeroDivisionError())
        ('bad_request', '')
    """
    if isinstance(error, EncordWidgetsError):
        words = re.findall(r"[A-Z][a-z]*", type(error).__name__.removesuffix("Error"))
        return "_".join(word.lower() for word in words)
    return ""


def described(error: BaseException, while_: str) -> dict[str, str]:
    """An error as the `error` trait shows it.

    Args:
        error: An error.
        while_: What was going on, for the message.
    """
    frames = [
        f"{PurePath(frame.filename).name}:{frame.lineno} in {frame.name}"
        for frame in extract_tb(error.__traceback__)[-_FRAMES:]
    ]
    shown_as = {"message": f"{while_}: {message_of(error)}"}
    if not code_of(error):
        shown_as["detail"] = "\n".join([f"{type(error).__name__}: {message_of(error)}", *reversed(frames)])
    return shown_as
