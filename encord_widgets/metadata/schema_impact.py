"""What staged changes of a schema would do to items: values that would not fit any more, by key, as filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.schema_diff import SchemaChange, SchemaDiff
from encord_widgets.metadata.schema_tally import most_held
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.texts import counted, html_table, printable
from encord_widgets.metadata.values import Json, shown

if TYPE_CHECKING:
    from encord_widgets.metadata.filters.tree import Filter

__all__ = ["ImpactExample", "KeyImpact", "SchemaImpact", "impact_of"]

_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class ImpactExample:
    """A value that would not fit.

    Args:
        item: Item uuid.
        value: The value that it holds.
        count: How many items hold the same.
        reason: Why it would not fit.
    """

    item: str
    value: Json
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class KeyImpact:
    """What one change of the schema would do to the values of its key.

    Args:
        change: The change.
        used: How many items hold the key, null included.
        misfits: How many values would not fit afterwards; for a deleted key, how many values would go untyped.
        before: How many values do not fit as it is.
        breaks: How many of the misfits fit as it is.
        mends: How many values that do not fit as it is would fit.
        examples: A few of the misfits.
    """

    change: SchemaChange
    used: int
    misfits: int
    before: int
    breaks: int
    mends: int
    examples: tuple[ImpactExample, ...]

    @property
    def key(self) -> str:
        """The metadata key."""
        return self.change.key

    @property
    def text(self) -> str:
        """The impact in one line."""
        if self.change.deletes:
            what = f"{counted(self.misfits, 'value')} would stay in items, untyped and not indexed"
        else:
            what = f"{self.misfits:,} of {counted(self.used, 'value')} would not fit"
            what += f", {self.breaks:,} of them fit now" if self.breaks != self.misfits else ""
            what += f"; {self.mends:,} would fit that do not now" if self.mends else ""
        return f"{printable(self.key)} ({self.change.verb}, {self.change.detail}): {what}"

    @property
    def filter(self) -> Filter:
        """The items whose value would not fit, or that hold the key which is deleted."""
        from encord_widgets.metadata.filters.tree import (
            Rule,
        )  # loaded when asked for: it is a package of its own

        column = f"key:{self.key}"
        if self.change.deletes:
            return Rule(column, "present")
        wire = self.change.after.to_wire()
        return Rule(column, "misfit", (wire,) if isinstance(wire, dict) else ())


@dataclass(frozen=True, slots=True)
class SchemaImpact:
    """What all staged changes of a schema would do to some items.

    Args:
        keys: One for each change.
        items: How many items were looked at.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=60) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     impact = client.schema.retype("camera", "number").impact(items)
        >>> impact["camera"].misfits > 0, impact.filter("camera").op
        (True, 'misfit')
    """

    keys: tuple[KeyImpact, ...]
    items: int

    def __iter__(self) -> Iterator[KeyImpact]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, key: str) -> KeyImpact:
        for one in self.keys:
            if one.key == key:
                return one
        raise KeyError(key)

    @property
    def breaks(self) -> int:
        """How many values fit now and would not any more."""
        return sum(one.breaks for one in self.keys)

    def filter(self, key: str) -> Filter | None:
        """The items that a change touches, one click away; None if the key does not change.

        Args:
            key: Metadata key.
        """
        return next((one.filter for one in self.keys if one.key == key), None)

    @property
    def text(self) -> str:
        """One line for each change."""
        return "\n".join(one.text for one in self.keys) or "Nothing changes."

    def __repr__(self) -> str:
        return f"<SchemaImpact on {counted(self.items, 'item')}: {counted(self.breaks, 'value')} would break>"

    def _repr_html_(self) -> str:
        rows = [
            (printable(one.key), one.change.verb, f"{one.misfits:,}", f"{one.breaks:,}", _some(one.examples))
            for one in self.keys
        ]
        return html_table(["key", "change", "would not fit", "fit now", "such as"], rows)


def impact_of(
    diff: SchemaDiff,
    column: Callable[[str], Column],
    rows: Rows,
    item: Callable[[int], str],
    lock: AbstractContextManager[object] | None = None,
) -> SchemaImpact:
    """What changes of a schema would do to the values of some rows.

    Args:
        diff: The changes.
        column: Gives the column of a key.
        rows: Row positions, int64.
        item: Gives the item uuid of a row.
        lock: Held while a column is taken, and given back before its values are looked at.
    """
    found = []
    for one in diff:
        with lock or nullcontext():
            values = column(one.key).take(rows)
        found.append(_impact(one, values, lambda place: item(int(rows[place]))))
    return SchemaImpact(tuple(found), len(rows))


def _impact(change: SchemaChange, values: Column, item: Callable[[int], str]) -> KeyImpact:
    from encord_widgets.metadata.filters.masks import (  # a package of its own, loaded when asked for
        Cells,
        Mask,
    )
    from encord_widgets.metadata.filters.misfits import misfits
    from encord_widgets.metadata.filters.parsed import Parsed

    cells, parsed = Cells(values), Parsed()

    def wrong(ty: KeyType | None) -> Mask:
        return cells.none() if ty is None else misfits(cells, ty, parsed)

    there = values.tags != Tag.ABSENT
    now, then = wrong(change.before), there if change.deletes else wrong(change.after)
    bad = np.flatnonzero(then)
    examples = tuple(
        ImpactExample(
            item(int(bad[held.row])),
            held.value,
            held.count,
            "the key is deleted" if change.deletes else _reason(change.after, held.value),
        )
        for held in most_held(values.take(bad), _EXAMPLES)
    )
    used, misfit, before, breaks, mends = (
        int(np.count_nonzero(mask)) for mask in (there, then, now, then & ~now, now & ~then)
    )
    return KeyImpact(change, used, misfit, before, breaks, mends, examples)


def _reason(ty: KeyType | None, value: Json) -> str:
    problem = ty.misfit(value) if ty is not None else None
    return problem.reason if problem else ""


def _some(examples: tuple[ImpactExample, ...]) -> str:
    return ", ".join(shown(one.value, 30) for one in examples[:3])
