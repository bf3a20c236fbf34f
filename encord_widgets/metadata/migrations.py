"""What a migration moves: for each item the old value, the new one, and what stands in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.texts import counted, printable
from encord_widgets.metadata.values import (
    ABSENT,
    Absent,
    Json,
    Value,
    canonical,
    compact,
    same,
    shown,
    to_json,
)

__all__ = [
    "Convert",
    "Left",
    "MigrationReview",
    "Move",
    "Movement",
    "Moves",
    "converter",
    "is_own",
    "moves_of",
    "renamed_options",
]

Convert: TypeAlias = Callable[[Json], object]
_KEPT: Final = 1000  # distinct values whose conversion is kept while rows are gone through
_LISTED: Final = 10
_SCALAR: Final = (str, int, float)


@dataclass(frozen=True, slots=True)
class Movement:
    """Which values move where.

    Args:
        source: Key that holds the old values.
        target: Key that gets the new ones; the same key for options and for a type that is changed in place.
        convert: Turns an old value into the new one; raises ValueError with what it would have needed.
        ty: Type that new values must fit, None for a key outside the schema.
    """

    source: str
    target: str
    convert: Convert
    ty: KeyType | None

    def after(self, value: Json) -> Value:
        """The new value for an old one, checked.

        Args:
            value: Old value.

        Raises:
            ValueError: If it cannot be moved, with the reason.
        """
        if value is None:
            return None
        try:
            found = self.convert(value)
            after = found if isinstance(found, Absent) else to_json(found)
        except InvalidInputError as error:
            raise ValueError(error.problems[0].reason) from None
        except ValueError as error:
            raise ValueError(f"expected {error}, got {shown(value)}") from None
        except Exception as error:  # noqa: BLE001 - the caller's own function may fail in any way
            raise ValueError(
                f"the conversion failed: {type(error).__name__}: {printable(str(error))}"
            ) from None
        if self.source == self.target and not isinstance(self.convert, _ToType) and same(after, value):
            return after  # not one of the options that move: it stays, also where it does not fit
        problem = self.ty.misfit(after) if self.ty is not None else None
        if problem is not None:
            raise ValueError(problem.reason)
        return after


@dataclass(frozen=True, slots=True)
class Left:
    """A value that cannot be moved; it stays where it is.

    Args:
        value: The value.
        reason: Why it stays.
        count: In how many items.
        item: Uuid of one of them.
    """

    value: Json
    reason: str
    count: int
    item: str

    @property
    def text(self) -> str:
        """The value and the reason, in one line."""
        return f"{shown(self.value, 40)} in {counted(self.count, 'item')}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Move:
    """An old value with the new one.

    Args:
        before: Old value.
        after: New value; `ABSENT` where the key is only taken away.
        count: In how many items.
    """

    before: Json
    after: Value
    count: int


@dataclass(slots=True)
class Moves:
    """What is left to move.

    Args:
        changes: The edits, one or two for each item.
        left: Values that cannot be moved.
        moves: Old and new values, the most frequent first.
        items: How many items are edited.
    """

    changes: list[Change] = field(default_factory=list)
    left: tuple[Left, ...] = ()
    moves: tuple[Move, ...] = ()
    items: int = 0


@dataclass(frozen=True, slots=True)
class MigrationReview:
    """What a migration is about to do to the items, before it does it.

    Args:
        schema: What it does to the schema, one line for each step.
        plan: The edits that move the values, as a plan.
        moves: Old and new values, the most frequent first.
        left: Values that cannot be moved, the most frequent first.
    """

    schema: tuple[str, ...]
    plan: Plan
    moves: tuple[Move, ...]
    left: tuple[Left, ...]

    @property
    def edits(self) -> int:
        """How many cells are edited."""
        return len(self.plan)

    @property
    def items(self) -> int:
        """How many items are edited."""
        return len(self.plan.items)

    @property
    def text(self) -> str:
        """The review in lines."""
        lines = [*self.schema, f"{counted(self.edits, 'edit')} on {counted(self.items, 'item')}:"]
        lines += [
            f"  {shown(move.before, 40)} → {shown(move.after, 40)}: {counted(move.count, 'item')}"
            for move in self.moves[:_LISTED]
        ]
        if len(self.moves) > _LISTED:
            lines.append(f"  and {len(self.moves) - _LISTED:,} more values")
        if self.left:
            lines.append(f"{counted(sum(one.count for one in self.left), 'value')} cannot be moved:")
            lines += [f"  {one.text}" for one in self.left[:_LISTED]]
        return "\n".join(lines)

    def __repr__(self) -> str:
        stay = sum(one.count for one in self.left)
        said = f", {counted(stay, 'value')} cannot be moved" if stay else ""
        return f"<MigrationReview: {counted(self.edits, 'edit')} on {counted(self.items, 'item')}{said}>"


def moves_of(
    movement: Movement,
    source: Column,
    target: Column,
    rows: Rows,
    *,
    uuids: Sequence[str],
    written: Mapping[str, Value] | None = None,
    lock: AbstractContextManager[object] | None = None,
) -> Moves:
    """What is left to move among some rows: nothing, once it is done.

    Within one key, values that the type takes as they are stay. Into another key, the old key is taken away in the
    same edit; an item that holds something else under the new key already keeps both, unless the migration wrote it.

    Args:
        movement: Which values move where.
        source: Stored column of the old key.
        target: Stored column of the new key.
        rows: Row positions (int64).
        uuids: Uuid of each row.
        written: By item, what the migration wrote under the new key when somebody changed the old one meanwhile.
        lock: Held while the columns are read; the values are gone through after it.
    """
    ours = written or {}
    within = movement.source == movement.target
    with lock or nullcontext():
        held = rows[source.tags[rows] != Tag.ABSENT]
        values = source.values(held)
        others = [ABSENT] * len(held) if within else target.values(held)
    found = Moves()
    counts: Counter[object] = Counter()
    examples: dict[object, tuple[Json, Value]] = {}
    left: dict[object, Left] = {}
    known: dict[object, Value | ValueError] = {}
    for row, value, other in zip(held.tolist(), values, others, strict=True):
        item = uuids[row]
        if isinstance(value, Absent):
            continue
        mark = (type(value), value) if isinstance(value, _SCALAR) else canonical(value)
        after = known.get(mark)
        if after is None:
            if len(known) > _KEPT:
                known.clear()
            after = known[mark] = _attempt(movement, value, within=within)
        taken = not within and other is not ABSENT and not (item in ours and same(other, ours[item]))
        if taken and not isinstance(after, ValueError) and not same(other, after):
            after = ValueError(f"the item holds {shown(other, 40)} under {movement.target!r} already")
        if isinstance(after, ValueError):
            place = (mark, str(after))
            one = left.get(place)
            left[place] = Left(value, str(after), 1 + (one.count if one else 0), one.item if one else item)
            continue
        if within:
            if same(value, after):
                continue
            found.changes.append(Change(item, movement.source, value, after))
        else:
            if not same(other, after):
                found.changes.append(Change(item, movement.target, other, after))
            found.changes.append(Change(item, movement.source, value, ABSENT))
        found.items += 1
        counts[mark] += 1
        if mark not in examples:
            examples[mark] = (value, after)
    found.moves = tuple(Move(*examples[mark], count) for mark, count in counts.most_common())
    found.left = tuple(sorted(left.values(), key=lambda one: -one.count))
    return found


def _attempt(movement: Movement, value: Json, *, within: bool) -> Value | ValueError:
    if (
        within
        and movement.ty is not None
        and isinstance(movement.convert, _ToType)
        and movement.ty.fits(value)
    ):
        return value
    try:
        return movement.after(value)
    except ValueError as error:
        return error


@dataclass(frozen=True, slots=True)
class _ToType:
    """Turns values into those of a type; values that fit it stay, so that doing it twice is doing it once."""

    ty: KeyType
    own: Convert | None

    def __call__(self, value: Json) -> object:
        if self.own is None and self.ty.fits(value):
            return value
        if self.own is not None:
            return self.own(value)
        if isinstance(value, str):
            return self.ty.parse(value)
        if isinstance(value, (bool, int, float)):
            if self.ty.kind in {"number", "boolean"}:
                raise ValueError("a number" if self.ty.kind == "number" else "true or false")
            return self.ty.parse(compact(value))
        raise ValueError(f"a value that {self.ty.label} can hold; give convert=... to say how")


def converter(ty: KeyType, own: Convert | None = None) -> Convert:
    """How values become those of a type: text by reading it as typed text, numbers and booleans by spelling them.

    Args:
        ty: The new type.
        own: The caller's own way, for values that do not fit.

    Example:
        >>> to_number = converter(KeyType("number"))
        >>> to_number("100"), to_number(5)
        (100, 5)
    """
    return _ToType(ty, own)


def renamed_options(olds: Iterable[str], new: str) -> Convert:
    """What renames options: the old ones become the new one, other values stay.

    Args:
        olds: Old options.
        new: New option.

    Example:
        >>> renamed = renamed_options(["drizzle", "rain"], "wet")
        >>> renamed("rain"), renamed("dry")
        ('wet', 'dry')
    """
    gone = frozenset(olds)
    return lambda value: new if isinstance(value, str) and value in gone else value


def is_own(movement: Movement, change: Change, staged: ChangeSet) -> bool:
    """Whether a staged edit is one that a migration makes.

    Args:
        movement: Which values move where.
        change: The staged edit.
        staged: All staged edits.
    """
    within = movement.source == movement.target
    if change.key == movement.source and not within:
        return change.removes
    origin = change if within else staged.get(change.item, movement.source)
    if change.key != movement.target or origin is None or isinstance(origin.base, Absent):
        return False
    after = _attempt(movement, origin.base, within=within)
    return not isinstance(after, ValueError) and same(after, change.after)
