"""Which row of a table belongs to which item: by uuid, by name, by the value of a key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np

from encord_widgets.metadata.columns import Rows

__all__ = ["AMBIGUOUS", "DUPLICATES", "Ambiguous", "Duplicates", "Match", "match"]

Duplicates: TypeAlias = Literal["refuse", "first", "last", "skip"]
Ambiguous: TypeAlias = Literal["refuse", "all", "skip"]
DUPLICATES: Final[tuple[Duplicates, ...]] = ("refuse", "first", "last", "skip")
AMBIGUOUS: Final[tuple[Ambiguous, ...]] = ("refuse", "all", "skip")


@dataclass(slots=True)
class Match:
    """Rows of a table and the items that they belong to.

    Args:
        positions: Positions of matched rows in the table (int64), one for each item.
        items: The item of each, as row of the item table (int64).
        unmatched: Positions of rows that belong to no item.
        blank: Positions of rows that say nothing of which item they belong to.
        duplicates: Positions of rows that belong to the same item, first one first.
        ambiguous: Positions of rows that belong to several items, and these items.
        without: Items (row positions) that no row belongs to.
    """

    positions: Rows
    items: Rows
    unmatched: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    duplicates: list[list[int]] = field(default_factory=list)
    ambiguous: list[tuple[list[int], list[int]]] = field(default_factory=list)
    without: list[int] = field(default_factory=list)


def match(
    said: Sequence[Hashable],
    held: Iterable[Hashable],
    rows: Sequence[int],
    *,
    duplicates: Duplicates = "refuse",
    ambiguous: Ambiguous = "refuse",
) -> Match:
    """Match rows with items that say the same; None says nothing, and matches nothing.

    Args:
        said: What each row of the table says.
        held: What each item says.
        rows: Row position of each item.
        duplicates: Which of several rows for one item counts; none unless `first` or `last`.
        ambiguous: Whether a row counts that several items answer to: not unless `all`.

    Example:
        >>> found = match(["a", "b", "b", None], ["a", "a", "b", "c"], [0, 1, 2, 3], ambiguous="all")
        >>> found.positions.tolist(), found.items.tolist(), found.duplicates, found.blank, found.without
        ([0, 0], [0, 1], [[1, 2]], [3], [3])
    """
    first, repeated = _places(said, range(len(said)))
    wanted = first.keys()
    chosen, kept = [], []
    without: list[int] = []
    for value, row in zip(held, rows, strict=True):
        if value is not None and value in wanted:
            chosen.append(value)
            kept.append(row)
        else:
            without.append(row)
    owner, shared = _places(chosen, kept)
    found = Match(_rows([]), _rows([]), without=without)
    found.blank = [position for position, value in enumerate(said) if value is None]
    positions: list[int] = []
    items: list[int] = []
    for value, position in first.items():
        if value not in owner:
            found.unmatched += repeated.get(value, [position])
            continue
        several = shared.get(value)
        if several is not None:
            found.ambiguous.append((repeated.get(value, [position]), several))
            if ambiguous != "all":
                continue
        again = repeated.get(value)
        if again is not None:
            found.duplicates.append(again)
            if duplicates not in {"first", "last"}:
                continue
            position = again[0 if duplicates == "first" else -1]  # noqa: PLW2901 - the one that counts
        for item in several or (owner[value],):
            positions.append(position)
            items.append(item)
    found.unmatched.sort()
    found.positions, found.items = _rows(positions), _rows(items)
    return found


def _places(
    values: Iterable[Hashable], places: Iterable[int]
) -> tuple[dict[Hashable, int], dict[Hashable, list[int]]]:
    """First place of each value, and all places of those that come again."""
    first: dict[Hashable, int] = {}
    repeated: dict[Hashable, list[int]] = {}
    known: Callable[[Hashable, int], int] = first.setdefault
    for value, place in zip(values, places, strict=True):
        if value is None:
            continue
        before = known(value, place)
        if before != place:
            repeated.setdefault(value, [before]).append(place)
    return first, repeated


def _rows(values: list[int]) -> Rows:
    return np.array(values, dtype=np.int64)
