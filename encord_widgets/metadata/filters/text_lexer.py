"""The words of a filter's text, and the error that points into it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.texts import printable
from encord_widgets.metadata.values import loads

__all__ = ["FilterSyntaxError", "Token", "TokenKind", "tokens_of"]

TokenKind: TypeAlias = Literal["word", "name", "text", "number", "symbol", "end"]

_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+)
    |(?P<word>[^\W\d]\w*)
    |(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?)
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>`(?:[^`\\]|\\.)*`)
    |(?P<symbol>==|!=|<>|<=|>=|[=<>()\[\]{},:.])""",
    re.VERBOSE | re.DOTALL,
)
_OTHER_QUOTES: Final = re.compile(r"\\.|\"", re.DOTALL)
_AROUND: Final = 50
_CLOSED_BY: Final = {'"': 'a closing "', "'": "a closing '", "`": "a closing `"}


class FilterSyntaxError(InvalidInputError):
    r"""Text that is no filter; it says where, and what was expected there.

    Args:
        text: The whole text.
        position: Where the error is, in characters from 0.
        expected: What could have stood there.
        got: What stood there.
        hint: What to do.

    Example:
        >>> import encord_widgets as ew
        >>> try:
        ...     ew.Filter.parse("weather = \"rain\" and lux contans 5")
        ... except ew.FilterSyntaxError as error:
        ...     print(error.position, error.hint)
        ...     print(error.marker)
        25 Did you mean contains?
        weather = "rain" and lux contans 5
                                 ^
    """

    def __init__(self, text: str, position: int, expected: Sequence[str], got: str, hint: str = "") -> None:
        self.text = text
        self.position = position
        self.expected = tuple(expected)
        self.got = got
        self.hint = hint
        before = text[:position]
        self.line = before.count("\n") + 1
        self.column = position - (before.rfind("\n") + 1) + 1
        super().__init__([Problem(expected=_either(self.expected), got=got, hint=hint)])
        self.args = (f"line {self.line}, column {self.column}: {self.problems[0].reason}\n{self.marker}",)

    def __reduce__(self) -> tuple[type[FilterSyntaxError], tuple[object, ...]]:
        return type(self), (self.text, self.position, self.expected, self.got, self.hint)

    @property
    def marker(self) -> str:
        """The line of the error, shortened around it, with `^` below the place."""
        line = self.text.split("\n")[self.line - 1]
        place = self.column - 1
        start = max(0, place - _AROUND)
        before = ("…" if start else "") + "".join(c if c.isprintable() else " " for c in line[start:place])
        after = "".join(c if c.isprintable() else " " for c in line[place : place + _AROUND])
        more = "…" if len(line) > place + _AROUND else ""
        return f"{before}{after}{more}\n{' ' * len(before)}^"


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a filter's text.

    Args:
        kind: What it is; `name` stood in backticks, `end` is behind the last.
        value: What it means: letters, a key, a text, a number as written, a symbol.
        start: Where it begins, in characters.
    """

    kind: TokenKind
    value: str
    start: int

    @property
    def shown(self) -> str:
        """The token in a message."""
        if self.kind == "end":
            return "the end"
        quote = {"text": '"', "name": "`", "number": ""}.get(self.kind, "'")
        return printable(f"{quote}{self.value}{quote}", 40)

    def says(self, *words: str) -> bool:
        """Whether the token is one of some words or symbols, letter case aside.

        Args:
            words: In lower case.
        """
        return self.kind in {"word", "symbol"} and self.value.casefold() in words


def tokens_of(text: str) -> list[Token]:
    """Split a filter's text into tokens.

    Args:
        text: The text.

    Returns:
        The tokens, and one of kind `end` behind them.

    Raises:
        FilterSyntaxError: At a character that begins nothing, or a quotation that does not end.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        kind, value = cast("TokenKind | Literal['blank', 'date']", match.lastgroup), match.group()
        if kind == "date":  # no JSON begins like this, so it needs no quotes
            kind = "text"
        elif kind in {"text", "name"}:
            value = _unquoted(text, value, position)
        elif kind == "number":
            _check_number(text, value, position)
        if kind != "blank":
            found.append(Token(kind, value, position))
        position = match.end()
    return [*found, Token("end", "", len(text.rstrip()))]


def _unreadable(text: str, position: int) -> FilterSyntaxError:
    character = text[position]
    if character in _CLOSED_BY:
        return FilterSyntaxError(text, position, [_CLOSED_BY[character]], "none before the end")
    hint = {
        "“": 'Use straight quotes: "',
        "”": 'Use straight quotes: "',
        "!": "Use != or not.",
        "&": "Use and.",
        "|": "Use or.",
        "~": "Use not; for a pattern, matches.",
    }.get(character, "A key with other characters stands in backticks: `captured at`.")
    return FilterSyntaxError(
        text, position, ["a word, a value or a symbol"], printable(repr(character)), hint
    )


def _unquoted(text: str, quoted: str, position: int) -> str:
    """What a quotation says: JSON escapes, whichever quotes are around it."""
    quote, inner = quoted[0], quoted[1:-1]
    if quote != '"':
        inner = _OTHER_QUOTES.sub(lambda m: {'"': '\\"', f"\\{quote}": quote}.get(m[0], m[0]), inner)
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except json.JSONDecodeError as error:
        got = f"{inner[error.pos - 1 : error.pos + 2]!r}" if error.pos else "another"
        place = position + max(error.pos, 1)
        raise FilterSyntaxError(
            text, place, ["an escape of JSON"], got, r"A backslash itself is written \\."
        ) from None


def _check_number(text: str, digits: str, position: int) -> None:
    try:
        loads(digits)
    except ValueError:
        expected = ["a number that JSON can hold"]
        raise FilterSyntaxError(text, position, expected, printable(digits, 30)) from None


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
