"""From text to a filter: a recursive descent, one method for each form, errors at the place they are found.

```
filter  = [ any ] end
any     = each { "or" each }
each    = one { "and" one }
one     = "not" one | "muted" "(" any ")" | "all" "(" list ")" | "any" "(" list ")" | "(" any ")"
        | "everything" | "nothing" | "preset" object | rule
rule    = "state" "is" [ "not" ] state | subject test [ "any" "case" ]
subject = word | "`" key "`" | "item" "." field
```
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, cast

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.filters.arguments import JSON_TYPES, UNITS
from encord_widgets.metadata.filters.json_form import DEEPEST
from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.subjects import (
    FIELD_PREFIX,
    FILTER_FIELDS,
    KEY_PREFIX,
    STATE_PREFIX,
    STATES,
)
from encord_widgets.metadata.filters.text_lexer import FilterSyntaxError, Token, TokenKind, tokens_of
from encord_widgets.metadata.filters.text_printer import KEYWORDS, quoted_name
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, GroupKind, Not, Rule
from encord_widgets.metadata.values import Json, loads

__all__ = ["parse"]

_SYMBOLS: Final = {"=": "is", "==": "is", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_TEXT_TESTS: Final = {"contains": "contains", "starts": "starts", "ends": "ends", "matches": "regex"}
_ADJECTIVES: Final = ("absent", "present", "null", "empty", "misfit")
_VERBS: Final = (
    "=", "!=", "<", "<=", ">", ">=", "is", "in", "not in", "contains", "starts with", "ends with", "matches",
    "between", "within", "nearest", "has type",
)  # fmt: skip
_MEANT: Final = {
    "like": "contains", "has": "contains", "exists": "is present", "missing": "is absent", "regex": "matches",
    "equals": "=", "isin": "in", "startswith": "starts with", "endswith": "ends with", "isnull": "is null",
}  # fmt: skip
_ASKED: Final = {
    "state": "A state is asked as: state is changed. ",
    "item": "A field is asked as: item.name. ",
}
_CONSTANTS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_OPENINGS: Final = ("a key", "item.<field>", "state is", "not", "(")


def parse(text: str) -> Filter:
    """Read a filter's text.

    Args:
        text: The text; blank text is every item.

    Raises:
        FilterSyntaxError: With the place of the error, what was expected there and what came.

    Example:
        >>> parse("lux < 5 or `captured at` is absent").to_json()["or"][1]
        {'column': 'key:captured at', 'op': 'absent', 'values': []}
    """
    return _Parser(text).filter()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._place = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def filter(self) -> Filter:
        if self._done():
            return EVERYTHING
        found = self._any()
        if not self._done():
            raise self._error(["and", "or", "the end"])
        return found

    # Nodes

    def _any(self) -> Filter:
        return self._joined("or")

    def _each(self) -> Filter:
        return self._joined("and")

    def _joined(self, kind: GroupKind) -> Filter:
        read = self._each if kind == "or" else self._one
        parts = [read()]
        while self._take(kind):
            parts.append(read())
        return parts[0] if len(parts) == 1 else Group(kind, tuple(parts))

    def _one(self) -> Filter:
        self._deeper()
        found = self._form()
        self._depth -= 1
        return found

    def _form(self) -> Filter:
        token = self._next
        if self._take("not"):
            return Not(self._one())
        if self._take("("):
            return self._closed(self._any())
        if token.says("muted", "all", "any") and self._tokens[self._place + 1].says("("):
            self._place += 2
            if token.says("muted"):
                return self._closed(self._any()).mute()
            return self._group("and" if token.says("all") else "or")
        if self._take("everything"):
            return EVERYTHING
        if self._take("nothing"):
            return Group("or")
        if token.says("preset") and self._tokens[self._place + 1].says("{"):
            self._place += 1
            start = self._next
            return self._checked(start, lambda: Filter.opaque(cast("dict[str, Json]", self._value())))
        return self._rule()

    def _group(self, kind: GroupKind) -> Filter:
        parts: list[Filter] = []
        while not self._next.says(")"):
            parts.append(self._any())
            if not self._take(","):
                break
        return self._closed(Group(kind, tuple(parts)))

    def _closed(self, node: Filter) -> Filter:
        self._expect(")", ["and", "or", ")"])
        return node

    # Rules

    def _rule(self) -> Filter:
        token = self._next
        if token.kind == "name":
            self._place += 1
            return self._test(KEY_PREFIX + token.value)
        if token.kind != "word":
            hint = 'A key comes first: weather = "rain".' if token.kind in {"text", "number"} else ""
            raise self._error(_OPENINGS, hint)
        if token.says("item") and self._tokens[self._place + 1].says("."):
            self._place += 2
            return self._test(FIELD_PREFIX + self._choice(FILTER_FIELDS, "an item field"))
        if token.says("state") and self._tokens[self._place + 1].says("is"):
            self._place += 2
            negated = self._take("not")
            rule = Rule(STATE_PREFIX + self._choice(STATES, "a state"), "is", (True,))
            return Not(rule) if negated else rule
        if token.value.casefold() in KEYWORDS:
            ask = _ASKED.get(token.value.casefold(), "")
            hint = f"{ask}A key of that name is written {quoted_name(token.value)}."
            raise self._error(_OPENINGS, hint)
        self._place += 1
        if self._next.says("."):
            raise self._error(_VERBS, f"A key with a dot stands in backticks: `{token.value}.…`.")
        return self._test(KEY_PREFIX + token.value)

    def _test(self, column: str) -> Filter:
        token = self._next
        word = token.value.casefold() if token.kind in {"word", "symbol"} else ""
        self._place += 1
        if word in _SYMBOLS:
            return self._with_value(column, _SYMBOLS[word])
        if word in {"!=", "<>"}:
            return Not(self._with_value(column, "is"))
        if word in _TEXT_TESTS:
            if word in {"starts", "ends"}:
                self._take("with")
            return self._with_value(column, _TEXT_TESTS[word])
        if word == "is":
            return self._adjective(column)
        if word == "in":
            return self._among(column)
        if word == "not" and self._next.says("in"):
            self._place += 1
            return Not(self._listed(column))
        if word == "between":
            start = self._next
            low = self._value()
            self._expect("and", ["and"])
            return self._made(start, column, "between", [low, self._value()])
        if word == "within":
            return self._within(column)
        if word == "nearest":
            start = self._next
            count = self._value()
            self._expect("to", ["to"])
            return self._made(start, column, "nearest", [count, self._value()])
        if word == "has":
            self._expect("type", ["type"])
            return self._made(self._next, column, "type", [self._choice(JSON_TYPES, "a type", text=True)])
        self._place -= 1
        raise self._error(_VERBS, self._verb_hint(column))

    def _verb_hint(self, column: str) -> str:
        token, name = self._next, column.partition(":")[2]
        if token.kind != "word":
            return ""
        meant = _MEANT.get(token.value.casefold())
        if meant:
            return f"Did you mean {meant}?"
        several = column.startswith(KEY_PREFIX) and token.value.casefold() not in KEYWORDS
        words = f"A key of several words stands in backticks: `{name} {token.value}`." if several else ""
        return _like(token, _VERBS) or words

    def _adjective(self, column: str) -> Filter:
        negated = self._take("not")
        token = self._next
        adjective = token.value.casefold() if token.kind == "word" else ""
        if adjective in _ADJECTIVES:
            self._place += 1
            fits = adjective == "misfit" and self._next.says("{")
            rule = self._made(self._next, column, adjective, [self._value()] if fits else [])
        elif token.kind in {"text", "number"} or token.says("[", "{", *_CONSTANTS):
            rule = self._with_value(column, "is")
        else:
            raise self._error([*_ADJECTIVES, "a value"], self._value_hint(_ADJECTIVES))
        return Not(rule) if negated else rule

    def _among(self, column: str) -> Filter:
        if self._take("box"):
            start = self._next
            return self._made(start, column, "in_box", self._numbers(4, "[south, west, north, east]"))
        self._take("the")
        if self._take("last"):
            start = self._next
            amount = self._value()
            return self._made(start, column, "last", [amount, self._choice(tuple(UNITS), "a unit")])
        return self._listed(column)

    def _listed(self, column: str) -> Filter:
        start = self._next
        if start.says("["):
            values = cast("list[Json]", self._value())
        elif self._take("("):
            values = []
            while not self._next.says(")"):
                values.append(self._value())
                if not self._take(","):
                    break
            self._expect(")", [",", ")"])
        else:
            raise self._error(["a list in [ ]", "last", "box"], 'A list is written ["a", "b"].')
        return self._made(start, column, self._any_case("in"), values)

    def _within(self, column: str) -> Filter:
        start = self._next
        km = self._value()
        self._expect("km", ["km"])
        self._expect("of", ["of"])
        return self._made(start, column, "within_km", [*self._numbers(2, "[latitude, longitude]"), km])

    def _numbers(self, count: int, shape: str) -> list[Json]:
        start = self._next
        if not start.says("["):
            raise self._error([shape])
        values = cast("list[Json]", self._value())
        if len(values) != count:
            raise FilterSyntaxError(self._text, start.start, [shape], f"{len(values)} values")
        return values

    def _with_value(self, column: str, op: str) -> Filter:
        start = self._next
        value = self._value()
        return self._made(start, column, self._any_case(op), [value])

    def _any_case(self, op: str) -> str:
        variant = OPERATORS[op].any_case
        if variant and self._next.says("any") and self._tokens[self._place + 1].says("case"):
            self._place += 2
            return variant
        return op

    def _made(self, start: Token, column: str, op: str, values: list[Json]) -> Filter:
        return self._checked(start, lambda: Rule(column, op, tuple(values)))

    def _checked(self, start: Token, make: Callable[[], Filter]) -> Filter:
        """A rule; what is wrong with its arguments is said at the place where they stand."""
        try:
            return make()
        except FilterSyntaxError:
            raise
        except InvalidInputError as error:
            first = error.problems[0]
            raise FilterSyntaxError(
                self._text, start.start, [first.expected], first.got, first.hint
            ) from None

    # Values

    def _value(self) -> Json:
        self._deeper()
        token = self._next
        self._place += 1
        value: Json
        if token.kind == "text":
            value = token.value
        elif token.kind == "number":
            value = loads(token.value)
        elif token.says(*_CONSTANTS):
            value = _CONSTANTS[token.value.casefold()]
        elif token.says("["):
            value = self._list()
        elif token.says("{"):
            value = self._object()
        else:
            self._place -= 1
            raise self._error(['a value, such as "rain", 5, true or [1, 2]'], self._value_hint(()))
        self._depth -= 1
        return value

    def _list(self) -> list[Json]:
        values: list[Json] = []
        while not self._next.says("]"):
            values.append(self._value())
            if not self._take(","):
                break
        self._expect("]", [",", "]"])
        return values

    def _object(self) -> dict[str, Json]:
        values: dict[str, Json] = {}
        while not self._next.says("}"):
            if self._next.kind != "text":
                raise self._error(['a name in "quotes"', "}"])
            name = self._next.value
            self._place += 1
            self._expect(":", [":"])
            values[name] = self._value()
            if not self._take(","):
                break
        self._expect("}", [",", "}"])
        return values

    def _value_hint(self, words: Iterable[str]) -> str:
        token = self._next
        if token.kind == "name":
            return "A value stands in double quotes; backticks are for keys."
        if token.kind != "word":
            return ""
        return _like(token, words) or f'Text stands in quotes: "{token.value}".'

    # Tokens

    def _done(self) -> bool:
        return self._next.kind == "end"

    def _take(self, word: str) -> bool:
        if not self._next.says(word):
            return False
        self._place += 1
        return True

    def _expect(self, word: str, expected: Sequence[str]) -> None:
        if not self._take(word):
            raise self._error(expected)

    def _choice(self, options: Sequence[str], what: str, *, text: bool = False) -> str:
        token = self._next
        kinds: set[TokenKind] = {"word", "text"} if text else {"word"}
        if token.kind not in kinds or token.value.casefold() not in options:
            raise self._error([f"{what}: {', '.join(options)}"], _like(token, options))
        self._place += 1
        return token.value.casefold()

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error([f"at most {DEEPEST} levels"])

    def _error(self, expected: Sequence[str], hint: str = "") -> FilterSyntaxError:
        return FilterSyntaxError(self._text, self._next.start, expected, self._next.shown, hint)


def _like(token: Token, words: Iterable[str]) -> str:
    known = list(words)
    wanted = token.value.casefold()
    like = difflib.get_close_matches(wanted, known, n=2)
    like = like or [word for word in known if word.split()[0] == wanted]
    return f"Did you mean {' or '.join(like)}?" if like else ""
