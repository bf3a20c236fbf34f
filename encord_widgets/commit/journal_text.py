"""How values, moments and sources stand in the journal."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from encord_widgets.metadata.values import ABSENT, Absent, Value, compact, loads

__all__ = ["SourceKey", "moment_of", "text_of", "texts_of", "value_of"]


@dataclass(frozen=True, slots=True)
class SourceKey:
    """What a source is called in the journal; sessions with the same kind and uuid are of the same source.

    Args:
        kind: Kind of source, such as "folder".
        uuid: Its uuid, or another text that stands for it alone.
        title: Its name, for people.
    """

    kind: str
    uuid: str
    title: str


def text_of(value: Value) -> str | None:
    """The exact JSON text of a value; None (SQL NULL) for `ABSENT`.

    Args:
        value: A JSON value or `ABSENT`.

    Example:
        >>> text_of(None), text_of(ABSENT), text_of(2**70)
        ('null', None, '1180591620717411303424')
    """
    if isinstance(value, Absent):
        return None
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer past 64 bits, or half a surrogate pair, which no file can hold as it is
        text = compact(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def texts_of(values: Iterable[Value]) -> list[str | None]:
    """As `text_of`, for many values: a text that comes again and again is spelled once.

    Args:
        values: JSON values or `ABSENT`.

    Example:
        >>> texts_of(["rain", "rain", 4])
        ['"rain"', '"rain"', '4']
    """
    spelled = _Spelled()
    return [spelled[value] if type(value) is str else text_of(value) for value in values]


class _Spelled(dict[str, str | None]):
    def __missing__(self, value: str) -> str | None:
        text = self[value] = text_of(value)
        return text


def value_of(text: str | None) -> Value:
    """The value that `text_of` was given.

    Args:
        text: What it returned.
    """
    if text is None:
        return ABSENT
    try:
        return loads(text)
    except ValueError:
        value: Value = json.loads(text)
        return value


def moment_of(text: str) -> dt.datetime:
    """A moment, from the text that `isoformat` wrote.

    Args:
        text: ISO 8601 with a zone.
    """
    return dt.datetime.fromisoformat(text)
