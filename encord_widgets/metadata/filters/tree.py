"""A filter as a tree of rules.

Every rule is true or false for every item, and `not` is the exact opposite. Absent, null and values of another type
have no third outcome; a comparison with them is false:

| value of `lux` | `lux = 5` | `lux != 5` | `lux < 5` | `lux >= 5` | `not lux < 5` | `is absent` | `is null` |
|---|---|---|---|---|---|---|---|
| 3 | false | true | true | false | false | false | false |
| 5 | true | false | false | true | true | false | false |
| "5" | false | true | false | false | true | false | false |
| true | false | true | false | false | true | false | false |
| null | false | true | false | false | true | false | true |
| absent | false | true | false | false | true | true | false |

- `=` and `in` compare canonical JSON: 1 is 1.0, true is not 1, "1" is not 1; `lux = null` holds for null alone.
- `!=`, `is not` and `not in` are `not` of the same rule.
- `and` of nothing holds for every item, `or` of nothing for none.
- A muted rule, group or `not` is left out as if it were not there, and so is a group or `not` in which every part is
  left out. A filter that is left out as a whole holds for every item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.filters.operators import operator
from encord_widgets.metadata.filters.subjects import OPAQUE_COLUMN, check_question, column_name
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.values import Json, canonical, shown

__all__ = [
    "EVERYTHING",
    "Filter",
    "Group",
    "GroupKind",
    "Not",
    "Path",
    "Rule",
]

Path: TypeAlias = tuple[int, ...]
GroupKind: TypeAlias = Literal["and", "or"]


class Filter:
    """A condition on items: a `Rule`, a `Group` of filters, or `Not` of one.

    Filters are combined with `&`, `|` and `~`, compared by structure, and never changed in place. The same tree is
    text (`text`, `parse`), Python (`python`), JSON (`to_json`, `from_json`) and pandas code (`pandas`).

    Example:
        >>> import encord_widgets as ew
        >>> rainy = ew.Filter.parse('weather = "rain" and not (lux < 5 or captured_at is absent)')
        >>> rainy == (ew.F.weather == "rain") & ~((ew.F.lux < 5) | ew.F.captured_at.is_absent())
        True
        >>> print(rainy.at((0,)).python)
        F.weather == "rain"
    """

    __slots__ = ()
    muted: bool

    @staticmethod
    def all(*parts: Filter) -> Filter:
        """A group of which every part has to hold; without parts it holds for every item.

        Unlike `&`, it keeps groups inside groups as they are.

        Args:
            parts: The filters.
        """
        return Group("and", parts)

    @staticmethod
    def any(*parts: Filter) -> Filter:
        """A group of which one part has to hold; without parts it holds for no item.

        Args:
            parts: The filters.
        """
        return Group("or", parts)

    @staticmethod
    def opaque(definition: Mapping[str, Json]) -> Filter:
        """A rule of a filter preset that only Encord can evaluate; it is kept and shown as it came.

        Args:
            definition: The rule's JSON (Encord API, filter presets).
        """
        return Rule(OPAQUE_COLUMN, "preset", (dict(definition),))

    @staticmethod
    def parse(text: str) -> Filter:
        """Read the text face.

        Args:
            text: For example `weather = "rain" and not lux < 5`; blank text is every item.

        Raises:
            FilterSyntaxError: With the place of the error and what was expected there.
            InvalidInputError: If a rule's argument is refused.
        """
        from encord_widgets.metadata.filters.text_parser import (
            parse,
        )  # builds trees

        check_kind(text, str, "the text of a filter", "Such as 'weather = \"rain\"'.")
        return parse(text)

    @staticmethod
    def from_json(data: object) -> Filter:
        """Read the JSON face.

        Args:
            data: What `to_json` gave.

        Raises:
            InvalidInputError: With every part that is wrong, and its path.
        """
        from encord_widgets.metadata.filters.json_form import from_json  # builds trees

        return from_json(data)

    def to_json(self) -> dict[str, Json]:
        """The filter as JSON, to be kept or sent.

        Example:
            >>> Filter.parse("not lux < 5").to_json()
            {'not': {'column': 'key:lux', 'op': 'lt', 'values': [5]}}
        """
        from encord_widgets.metadata.filters.json_form import to_json  # reads trees

        return to_json(self)

    @property
    def text(self) -> str:
        """The filter as text that `parse` reads back."""
        from encord_widgets.metadata.filters.text_printer import to_text  # reads trees

        return to_text(self)

    @property
    def python(self) -> str:
        """The filter as Python that evaluates to it, given `F` and `Filter`."""
        from encord_widgets.metadata.filters.code import to_python  # reads trees

        return to_python(self)

    def pandas(self, frame_name: str = "frame") -> str:
        """The filter as pandas code over `items.frame`; its last line is the frame of the rows that match.

        Args:
            frame_name: Name of the variable that holds the frame.

        Raises:
            InvalidInputError: Naming every rule that a frame cannot answer: states, nearest, opaque presets.
        """
        from encord_widgets.metadata.filters.pandas_code import to_pandas  # reads trees

        return to_pandas(self, frame_name)

    @property
    def parts(self) -> tuple[Filter, ...]:
        """The filters inside this one, in order."""
        raise NotImplementedError

    def with_parts(self, parts: Sequence[Filter]) -> Filter:
        """The same node around other parts.

        Args:
            parts: The filters; one for a `Not`, none for a `Rule`.
        """
        if isinstance(self, Group):
            return replace(self, parts=tuple(parts))
        return replace(self, part=parts[0]) if isinstance(self, Not) else self

    @property
    def in_force(self) -> bool:
        """Whether this filter counts: neither muted, nor made of muted parts alone."""
        if self.muted:
            return False
        return not self.parts or any(part.in_force for part in self.parts)

    def active(self) -> Filter:
        """The same filter without what is muted; a filter that is left out as a whole is `EVERYTHING`.

        Example:
            >>> Filter.parse("lux < 5 and muted(weather = 1)").active().text
            'all(lux < 5)'
        """
        if not self.in_force:
            return EVERYTHING
        return self.with_parts([part.active() for part in self.parts if part.in_force])

    def nodes(self) -> Iterator[tuple[Path, Filter]]:
        """Every node with its path, a parent before its parts."""
        yield (), self
        for place, part in enumerate(self.parts):
            for path, node in part.nodes():
                yield (place, *path), node

    def rules(self) -> Iterator[tuple[Path, Rule]]:
        """Every rule with its path, in order."""
        for path, node in self.nodes():
            if isinstance(node, Rule):
                yield path, node

    def at(self, path: Path) -> Filter:
        """The node at a path.

        Args:
            path: Positions from the root down; `()` is the filter itself.

        Raises:
            InvalidInputError: If nothing stands there.
        """
        node = self
        for depth, place in enumerate(path):
            if not 0 <= place < len(node.parts):
                raise _nowhere(path, f"{len(node.parts)} parts at {list(path[:depth])}")
            node = node.parts[place]
        return node

    def replace(self, path: Path, node: Filter | None) -> Filter:
        """A filter with another node at a path.

        Args:
            path: Which node; `()` is the filter itself.
            node: What stands there instead, or None to take it out. A group or `not` that this leaves without parts
                goes too, since an empty group would change what matches.

        Raises:
            InvalidInputError: If nothing stands at the path.
        """
        from encord_widgets.metadata.filters.edits import replaced  # builds trees

        return replaced(self, path, node)

    def insert(self, path: Path, node: Filter) -> Filter:
        """A filter with one more node.

        Args:
            path: The path that the node will have; its parent must be a group.
            node: The new node.

        Raises:
            InvalidInputError: If there is no group that could take it there.
        """
        from encord_widgets.metadata.filters.edits import inserted  # builds trees

        return inserted(self, path, node)

    def move(self, path: Path, to: Path) -> Filter:
        """A filter with a node at another place.

        Args:
            path: Which node.
            to: Where it goes, in paths of the filter as it is now: before the node that stands there, or behind the
                last of a group.

        Raises:
            InvalidInputError: If there is no such node or place, or the place lies inside the node.

        Example:
            >>> Filter.parse("a = 1 and b = 2 and c = 3").move((0,), (3,)).text
            'b = 2 and c = 3 and a = 1'
        """
        from encord_widgets.metadata.filters.edits import moved  # builds trees

        return moved(self, path, to)

    def mute(self, path: Path = (), muted: bool = True) -> Filter:  # noqa: FBT001, FBT002  # reads well: mute(path, False)
        """A filter with one node muted, or heard again.

        Args:
            path: Which node.
            muted: Whether to leave it out.

        Raises:
            InvalidInputError: If nothing stands at the path.
        """
        node = self.at(path)
        return self.replace(path, cast("Filter", replace(cast("Any", node), muted=muted)))

    def __and__(self, other: object) -> Filter:
        return self._joined("and", other)

    def __or__(self, other: object) -> Filter:
        return self._joined("or", other)

    def _joined(self, kind: GroupKind, other: object) -> Filter:
        from encord_widgets.metadata.filters.edits import joined  # builds trees

        if not isinstance(other, Filter):
            return NotImplemented  # type: ignore[no-any-return]  # what Python asks operators to say
        return joined(kind, self, other)

    def __invert__(self) -> Filter:
        return Not(self)

    def __bool__(self) -> bool:
        raise TypeError(
            "A filter is neither true nor false. Combine filters with & | ~, not with and, or, not."
        )

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.python

    @property
    def _identity(self) -> tuple[object, ...]:
        """What two equal filters share."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rule(Filter):
    """One question to every item: a column, an operator, its arguments.

    Args:
        column: `key:<metadata key>`, `field:<item field>` or `state:<state>`.
        op: Name of one of `OPERATORS`.
        values: The operator's arguments; they are checked and kept as JSON.
        muted: Whether the rule is left out.

    Raises:
        InvalidInputError: With every part that is wrong.

    Example:
        >>> print(Rule("key:captured at", "between", ("2024-01-01", "2024-02-01")))
        `captured at` between "2024-01-01" and "2024-02-01"
    """

    column: str
    op: str
    values: tuple[Json, ...] = ()
    muted: bool = False
    _canonical: str = field(init=False, default="")

    def __post_init__(self) -> None:
        name = column_name(self.column)
        object.__setattr__(self, "values", operator(self.op, name).check(tuple(self.values), name))
        check_question(self.column, self.op, self.values)
        object.__setattr__(self, "_canonical", canonical(list(self.values)))

    @property
    def kind(self) -> str:
        """What the column is: `key`, `field`, `state` or `preset`."""
        return self.column.partition(":")[0]

    @property
    def name(self) -> str:
        """Name of the key, field or state."""
        return self.column.partition(":")[2]

    @property
    def parts(self) -> tuple[Filter, ...]:
        """A rule has no parts."""
        return ()

    @property
    def _identity(self) -> tuple[object, ...]:
        return self.column, self.op, self._canonical, self.muted


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Group(Filter):
    """Filters of which every one (`and`) or any one (`or`) has to hold.

    Args:
        kind: `and` or `or`.
        parts: The filters, in order.
        muted: Whether the group is left out.

    Raises:
        InvalidInputError: If the kind or a part is none.

    Example:
        >>> Group("or", (Rule("key:lux", "null"), Rule("key:lux", "absent")))
        F.lux.is_null() | F.lux.is_absent()
    """

    kind: GroupKind
    parts: tuple[Filter, ...] = ()
    muted: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))
        problems = [Problem("a filter", shown(p)) for p in self.parts if not isinstance(p, Filter)]
        if self.kind not in {"and", "or"}:
            problems.append(Problem("'and' or 'or'", shown(self.kind)))
        if problems:
            raise InvalidInputError(problems)

    @property
    def _identity(self) -> tuple[object, ...]:
        return self.kind, self.parts, self.muted


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Not(Filter):
    """The opposite of a filter.

    Args:
        part: The filter.
        muted: Whether the node is left out.

    Raises:
        InvalidInputError: If the part is no filter.

    Example:
        >>> print(Not(Rule("key:weather", "is", ("rain",))))
        weather != "rain"
    """

    part: Filter
    muted: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.part, Filter):
            raise InvalidInputError([Problem("a filter", shown(self.part))])

    @property
    def parts(self) -> tuple[Filter, ...]:
        """The one part."""
        return (self.part,)

    @property
    def _identity(self) -> tuple[object, ...]:
        return self.part, self.muted


EVERYTHING: Final = Group("and", ())
"""The filter that holds for every item."""


def _nowhere(path: Path, found: str) -> InvalidInputError:
    return InvalidInputError([Problem(expected=f"a node at {list(path)}", got=found)])
