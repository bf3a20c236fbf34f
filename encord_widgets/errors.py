"""Errors of the toolkit.

```
EncordWidgetsError
├── InvalidInputError (also ValueError)     what the caller gave does not fit; carries every problem
├── ApiError                                encord_widgets.api.errors: what the server or the network said
└── CommitInterruptedError                  encord_widgets.commit: a commit stopped before its end
```
"""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EncordWidgetsError", "InvalidInputError", "Problem"]

_SHOWN = 10
_FOREIGN = (str(Path(__file__).parent), sysconfig.get_path("stdlib"))


class EncordWidgetsError(Exception):
    """Base of every error that this package raises on purpose.

    Example:
        >>> import encord_widgets as ew
        >>> issubclass(ew.InvalidInputError, ew.EncordWidgetsError)
        True
    """

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the caller's own lines and the message, not the inside of this package."""
        frames = traceback.extract_tb(self.__traceback__)
        own = [f for f in frames if not f.filename.startswith(_FOREIGN) and "site-packages" not in f.filename]
        place = [f"In line {frame.lineno}: {frame.line}" for frame in own[-1:] if frame.line]
        return [*place, f"{type(self).__name__}: {self}"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input, in words and in parts.

    Args:
        expected: What would have been right.
        got: What came, shortened for display.
        item: Uuid of the item concerned, if one is.
        key: Metadata key concerned, if one is.
        hint: What to do next.

    Example:
        >>> str(Problem(item="8ad5", key="lux", expected="a number", got="'abc'", hint="Type digits."))
        "item 8ad5, key 'lux': expected a number, got 'abc'. Type digits."
    """

    expected: str
    got: str
    item: str | None = None
    key: str | None = None
    hint: str = ""

    @property
    def reason(self) -> str:
        """The problem without its place, for display beside the cell it belongs to."""
        text = f"expected {self.expected}, got {self.got}."
        return f"{text} {self.hint}" if self.hint else text

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (f"item {self.item}" if self.item else "", f"key {self.key!r}" if self.key else "")
            if part
        )
        return f"{place}: {self.reason}" if place else self.reason


class InvalidInputError(EncordWidgetsError, ValueError):
    """Input that cannot be used; every problem found is in `problems`, and nothing was changed.

    Args:
        problems: All problems, in the order they were found.

    Example:
        >>> InvalidInputError([Problem(expected="a number", got="'abc'", key="lux")]).problems[0].key
        'lux'
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) == 1:
            message = lines[0]
        else:
            rest = len(self.problems) - len(lines)
            head = f"{len(self.problems)} problems; nothing was changed:"
            tail = [f"... and {rest} more (see .problems)"] if rest else []
            message = "\n  ".join([head, *lines, *tail])
        super().__init__(message)

    def __reduce__(self) -> tuple[type[InvalidInputError], tuple[object, ...]]:
        return type(self), (self.problems,)  # made anew from them, not from the message
