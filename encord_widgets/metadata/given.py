"""What a caller gave, looked at where it comes in, so that a wrong kind of thing is named there."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.values import shown

__all__ = ["check_kind", "several"]


def check_kind(
    given: object, kind: type | tuple[type, ...], expected: str, hint: str = "", *, key: str | None = None
) -> None:
    """Refuse a thing of another kind.

    Args:
        given: What the caller gave.
        kind: What it should be.
        expected: The same in words.
        hint: What to do next.
        key: Name of the argument, where the words do not say which it is.

    Raises:
        InvalidInputError: If it is something else.

    Example:
        >>> check_kind(5, str, "text", "Put it in quotes.")
        Traceback (most recent call last):
        encord_widgets.errors.InvalidInputError: expected text, got 5 (int). Put it in quotes.
    """
    if not isinstance(given, kind):
        got = f"{shown(given)} ({type(given).__name__})"
        raise InvalidInputError([Problem(expected, got, key=key, hint=hint)])


def several(given: object, expected: str, hint: str = "") -> list[Any]:
    """The things that were given where several are asked for; a single text or uuid is one thing.

    Args:
        given: What the caller gave.
        expected: What is asked for, such as `item uuids`.
        hint: What to do next.

    Raises:
        InvalidInputError: If it holds no things, or is a whole table.

    Example:
        >>> several("rain", "options"), several(("rain", "fog"), "options")
        (['rain'], ['rain', 'fog'])
    """
    if isinstance(given, (str, uuid.UUID)):
        return [given]
    if isinstance(given, Iterable) and not (hasattr(given, "columns") and hasattr(given, "index")):
        return list(given)
    got = f"{shown(given)} ({type(given).__name__})"
    raise InvalidInputError([Problem(f"a list of {expected}", got, hint=hint)])
