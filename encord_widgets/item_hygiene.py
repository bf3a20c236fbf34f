"""Near-equal values and keys of an item set, found and put right; keys beside the schema, and unused ones in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_join import JoinableItems
from encord_widgets.metadata.changes import Change, ChangeSet
from encord_widgets.metadata.changes_bulk import BulkEdit
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.given import several
from encord_widgets.metadata.hygiene import KeyCluster, ValueCluster, key_clusters, replaced, value_clusters
from encord_widgets.metadata.join_cells import hashed
from encord_widgets.metadata.migrations import Left, Movement, moves_of
from encord_widgets.metadata.texts import counted, html_table, printable
from encord_widgets.metadata.values import ABSENT, Json, Value, compact, same, shown, to_json

if TYPE_CHECKING:
    import pandas as pd

    from encord_widgets.metadata.schema import MetadataSchema

__all__ = ["HygieneFix", "HygieneReport", "TidyItems"]

_OWN: Final = "$"
_SHOWN: Final = 20
_OF_A_KEY: Final = 3
_FRAME: Final = ("kind", "cluster", "key", "value", "count", "fits", "canonical", "reason")


@dataclass(frozen=True, slots=True)
class _Use:
    key: str
    count: int


class HygieneReport:
    """What is untidy in the metadata of an item set, as it will be once the staged edits are committed.

    Made by `ItemSet.hygiene`. Nothing is changed before `fix(cluster).stage()`.

    Args:
        items: The item set, loaded.
        keys: Metadata keys whose values are looked at.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0]).wait()
        ...     first, second, third = items.uuids[:3]
        ...     _ = items.stage({first: {"site": "Oslo"}, second: {"site": "Oslo"}, third: {"site": "oslo "}})
        ...     cluster = items.hygiene(["site"]).values[0]
        ...     fixed = items.hygiene(["site"]).fix(cluster).stage()
        ...     cluster.canonical, cluster.reasons, items.value(third, "site")
        ('Oslo', ('blanks', 'letter case'), 'Oslo')
    """

    def __init__(self, items: TidyItems, keys: Collection[str] | None = None) -> None:
        self.items = items
        with items.lock:
            schema, rows = items.schema, items.rows
            self._schema, self._seen = schema, self._versions()
            held = dict.fromkeys([*items.table.keys, *items.changes.keys])
            used = {key: _held(items.effective.column(key), rows) for key in held}
            used = {key: count for key, count in used.items() if count}
        self.values: tuple[ValueCluster, ...] = tuple(
            cluster
            for key in _chosen(keys, used, schema)
            for cluster in value_clusters(key, self._column(key, rows), np.arange(len(rows)), schema.get(key))
        )
        self.keys: tuple[KeyCluster, ...] = tuple(key_clusters(used, schema) if keys is None else ())
        self._unlisted = [_Use(key, count) for key, count in used.items() if _beside(key, schema)]
        self._unused = [key for key, type_ in schema.items() if type_.state == "live" and key not in used]
        self._looked = len(rows)

    @property
    def current(self) -> bool:
        """Whether items and values are still those that were looked at."""
        with self.items.lock:
            return self.items.schema is self._schema and self._versions() == self._seen

    def _versions(self) -> tuple[object, ...]:
        items = self.items
        held = dict.fromkeys([*items.table.keys, *items.changes.keys])
        return (len(items.rows), *((key, items.effective.version(key)) for key in held))

    def _column(self, key: str, rows: Rows) -> Column:
        """The cells of some rows, to be looked at without the lock."""
        with self.items.lock:
            return self.items.effective.column(key).take(rows)

    @property
    def unlisted(self) -> dict[str, int]:
        """Keys that items use and the schema does not list, or lists as deleted, each with the number of items."""
        return {one.key: one.count for one in sorted(self._unlisted, key=lambda one: -one.count)}

    @property
    def unused(self) -> list[str]:
        """Live keys of the schema that no item of the set holds."""
        return list(self._unused)

    @property
    def text(self) -> str:
        """The report in lines, counts first."""
        lines = [self._counts(), *(one.text for one in self._some()), *self._rest()]
        lines += [one.text for one in self.keys[:_SHOWN]]
        lines += [": ".join(note) for note in self._notes()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<HygieneReport: {self._counts()}>"

    def __bool__(self) -> bool:
        return bool(self.values or self.keys)

    def _repr_html_(self) -> str:
        values = [
            [
                printable(one.key),
                _listed(one.members),
                _text(one.canonical),
                f"{one.cells:,}",
                ", ".join(one.reasons),
            ]
            for one in self._some()
        ]
        keys = [
            [_listed(one.members), printable(one.canonical), f"{one.cells:,}"] for one in self.keys[:_SHOWN]
        ]
        notes = "".join(
            f"<p><b>{escape(title)}</b>: {escape(printable(said, 400))}</p>" for title, said in self._notes()
        )
        rest = "".join(f"<p>{escape(line)}</p>" for line in self._rest())
        more = len(self.keys) - len(keys)
        others = f"<p>… and {counted(more, 'more cluster')} of keys</p>" if more > 0 else ""
        return (
            f"<p>{escape(self._counts())}</p>"
            + html_table(("key", "values", "keep", "cells to change", "differ in"), values)
            + rest
            + html_table(("near-equal keys", "keep", "values to move"), keys)
            + others
            + notes
        )

    def _some(self) -> Iterator[ValueCluster]:
        """The first clusters of each key."""
        seen = Counter[str]()
        for one in self.values:
            seen[one.key] += 1
            if seen[one.key] <= _OF_A_KEY:
                yield one

    def _rest(self) -> Iterator[str]:
        clusters = Counter(one.key for one in self.values)
        for key, number in clusters.items():
            if number > _OF_A_KEY:
                cells = sum(one.cells for one in self.values if one.key == key)
                more = counted(number - _OF_A_KEY, "more cluster")
                yield f"{printable(key)}: … and {more}, {counted(cells, 'cell')} in all"

    def to_frame(self) -> pd.DataFrame:
        """The report as a table, one row for each value or key of a cluster, for each unlisted key, each unused one.

        `kind` is `value`, `key`, `unlisted` or `unused`; `cluster` is the place in `values` or in `keys`.
        """
        import pandas as pd  # pandas is loaded when a table is asked for

        return pd.DataFrame(list(self._rows()), columns=list(_FRAME), dtype=object)

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for at, cluster in enumerate(self.values):
            for one in cluster.members:
                reason = ", ".join(cluster.reasons)
                yield ("value", at, cluster.key, one.value, one.count, one.fits, cluster.canonical, reason)
        for at, keys in enumerate(self.keys):
            for one in keys.members:
                yield ("key", at, one.value, None, one.count, one.fits, keys.canonical, None)
        for use in self._unlisted:
            yield ("unlisted", None, use.key, None, use.count, False, None, "not in the schema")
        for key in self._unused:
            yield ("unused", None, key, None, 0, True, None, "no item holds it")

    def _counts(self) -> str:
        cells = sum(one.cells for one in self.values)
        return ", ".join(
            [
                f"{counted(len(self.values), 'cluster')} of near-equal values ({counted(cells, 'cell')} to change)",
                f"{counted(len(self.keys), 'cluster')} of near-equal keys",
                f"{counted(len(self._unlisted), 'key')} not in the schema",
                f"{counted(len(self._unused), 'key')} of the schema unused; {counted(self._looked, 'item')}",
            ]
        )

    def _notes(self) -> Iterator[tuple[str, str]]:
        if self._unlisted:
            said = ", ".join(f"{key} {count:,}" for key, count in self.unlisted.items())
            yield "Not in the schema", printable(said, 400)
        if self._unused:
            yield "In the schema, and not used here", printable(", ".join(self._unused), 400)

    def fix(self, what: ValueCluster | KeyCluster | str, canonical: object = ABSENT) -> HygieneFix:
        """What puts a cluster right: all its values become one, or all its keys.

        Args:
            what: One of `values` or `keys`; or a metadata key, for all its clusters with a value to keep that fits.
            canonical: The value, or key, to keep; the cluster's own without.

        Returns:
            The fix, to look at and to stage.

        Raises:
            InvalidInputError: If it is no cluster, or the value does not fit the schema.
        """
        if isinstance(what, str):
            chosen = tuple(one for one in self.values if one.key == what and one.settled)
            if not chosen or canonical is not ABSENT:
                hint = f"Keys with clusters: {', '.join(dict.fromkeys(one.key for one in self.values)) or 'none'}."
                expected = "a key with near-equal values, and no other value to keep"
                raise InvalidInputError([Problem(expected, shown(what), hint=hint)])
            return HygieneFix(self.items, chosen)
        given: object = what  # whatever a caller hands over
        if isinstance(given, KeyCluster):
            kept = given.canonical if canonical is ABSENT else canonical
            if not isinstance(kept, str) or not kept:
                raise InvalidInputError([Problem("text as metadata key", shown(kept))])
            return HygieneFix(self.items, replace(given, canonical=kept))
        if not isinstance(given, ValueCluster):
            hint = "Use report.fix(report.values[0]), or report.fix(key)."
            raise InvalidInputError([Problem("a cluster of this report", shown(given), hint=hint)])
        value = to_json(given.canonical if canonical is ABSENT else canonical)
        misfit = self.items.schema.misfit(given.key, value)
        if misfit is not None:
            hint = "Give another with fix(cluster, canonical)."
            raise InvalidInputError([Problem(misfit.expected, misfit.got, key=given.key, hint=hint)])
        return HygieneFix(self.items, (replace(given, canonical=value),))


class HygieneFix:
    """One value instead of several, or one key. Made by `HygieneReport.fix`; it looks at the items as they are by now.

    Where an item holds other values under two near-equal keys, both stay, and `left` says so.

    Args:
        items: The item set.
        what: What is put right: clusters of one key's values, or a cluster of keys.
    """

    def __init__(self, items: TidyItems, what: tuple[ValueCluster, ...] | KeyCluster) -> None:
        self.items = items
        self.what = what

    @property
    def count(self) -> int:
        """How many cells it changes."""
        with self.items.lock:
            changes, bulk = self.edits()
            return len(changes) + sum(map(len, bulk))

    @property
    def left(self) -> tuple[Left, ...]:
        """Values that cannot be moved to the other key, with the reason."""
        with self.items.lock:
            return self._moves(self.what)[1] if isinstance(self.what, KeyCluster) else ()

    def __repr__(self) -> str:
        left = sum(one.count for one in self.left)
        stay = f", {counted(left, 'value')} cannot be moved" if left else ""
        return f"<HygieneFix: {counted(self.count, 'cell')}{stay}>"

    def to_frame(self) -> pd.DataFrame:
        """The cells that it changes, with `item`, `key`, `before` and `after`. Absent is `ABSENT`."""
        import pandas as pd  # pandas is loaded when a table is asked for

        with self.items.lock:
            changes, bulk = self.edits()
            uuids = self.items.table.uuids
            found = [*changes, *(change for edit in bulk for change in edit.changes(uuids))]
            rows = [(c.item, c.key, self._held(c), c.after) for c in found]
        return pd.DataFrame(rows, columns=["item", "key", "before", "after"], dtype=object)

    def _held(self, change: Change) -> Value:
        staged = self.items.changes.get(change.item, change.key)
        return staged.after if staged else change.base

    def stage(self) -> ChangeSet:
        """Stage it, as one step of undo.

        Returns:
            All staged edits.
        """
        return self.items._stage_fix(self)  # noqa: SLF001 - its own items

    def edits(self) -> tuple[list[Change], list[BulkEdit]]:
        """The edits that it comes to. For the item set, which holds its lock."""
        if isinstance(self.what, KeyCluster):
            return self._moves(self.what)[0], []
        key = self.what[0].key
        wanted = {
            hashed(one.value): cluster.canonical
            for cluster in self.what
            for one in cluster.members
            if not same(one.value, cluster.canonical)
        }
        rows, values = replaced(self.items.effective.column(key), self.items.rows, wanted)
        if not len(rows):
            return [], []
        after = Column(len(rows))
        after.write(np.arange(len(rows), dtype=np.int64), values)
        return [], [BulkEdit(key, rows, self.items.table.column(key).take(rows), after)]

    def _moves(self, cluster: KeyCluster) -> tuple[list[Change], tuple[Left, ...]]:
        """Edits that move values to one key, on what is stored; and values that stay."""
        items, target = self.items, cluster.canonical
        table, rows, type_ = items.table, items.rows, items.schema.get(target)
        into = items.effective.column(target).copy()
        cells: dict[tuple[str, str], Value] = {}
        left: list[Left] = []
        for one in cluster.members:
            if one.value == target:
                continue
            movement = Movement(str(one.value), target, lambda value: value, type_)
            source = items.effective.column(movement.source)
            found = moves_of(movement, source, into, rows, uuids=table.uuids)
            left += found.left
            moved = {change.item: change.after for change in found.changes if change.key == target}
            into.write(table.rows_of(moved), list(moved.values()))
            cells |= {(change.item, change.key): change.after for change in found.changes}
        edits = [Change(item, key, items.stored(item, key), after) for (item, key), after in cells.items()]
        return edits, tuple(left)


class TidyItems(JoinableItems):
    """The part of an item set that finds what is untidy in it."""

    def hygiene(self, keys: Collection[str] | None = None) -> HygieneReport:
        """Look for near-equal values and keys, for keys beside the schema and unused ones. Waits until all are loaded.

        Values of one key are near-equal where they differ in letter case, blanks, unicode forms, type (`"100"` and 100
        in a key of numbers, `"True"` and true) or the form of a date. A value alone is found too where the schema does
        not take it, but reads another in it. Lists and objects are passed over.

        Args:
            keys: Metadata keys whose values are looked at; all, and the keys themselves, without.

        Returns:
            The report.

        Raises:
            InvalidInputError: If a key is neither used nor in the schema.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=20) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     report = items.hygiene()
            ...     "legacy score" in report.unlisted, items.schema["legacy score"].state
            (True, 'deleted')
        """
        self.wait()
        return HygieneReport(self, keys)

    def _stage_fix(self, fix: HygieneFix) -> ChangeSet:
        def step() -> None:
            changes, bulk = fix.edits()
            self.changes.stage(changes, bulk, self.table)

        return self._edited(step)


def _held(column: Column, rows: Rows) -> int:
    return int(np.count_nonzero(column.tags[rows] != Tag.ABSENT))


def _chosen(keys: Collection[str] | None, used: Collection[str], schema: MetadataSchema) -> list[str]:
    if keys is None:
        return [key for key in used if not key.startswith(_OWN)]
    chosen = several(keys, "metadata keys")
    problems = [
        Problem("a key that items hold", shown(key), hint="See items.table.keys.")
        for key in chosen
        if key not in used and key not in schema
    ]
    if problems:
        raise InvalidInputError(problems)
    return chosen


def _beside(key: str, schema: MetadataSchema) -> bool:
    return not key.startswith(_OWN) and (key not in schema or schema[key].state != "live")


def _listed(members: Any) -> str:
    return printable(", ".join(f"{_text(one.value)} {one.count:,}" for one in members), 300)


def _text(value: Json) -> str:
    return shown(value) if isinstance(value, str) else compact(value)
