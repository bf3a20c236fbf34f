"""Steps of undo, and what is held of a key that was edited in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from encord_widgets.metadata.change import Change
from encord_widgets.metadata.changes_bulk import BulkEdit, Mask, rows_in
from encord_widgets.metadata.columns import Rows

__all__ = ["Held", "Log", "Part", "Place", "Settled", "Snapshot", "Step"]

Place: TypeAlias = tuple[str, str]
_REMEMBERED: Final = 20_000
_REMEMBERED_ROWS: Final = 8_000_000


@dataclass(slots=True)
class Held:
    """The bulk edits of one key that are staged now, but for rows that were edited by hand since.

    Args:
        edits: The edits, by row.
        hidden: Rows of theirs that do not count any more; what holds there instead stands by cell.
    """

    edits: BulkEdit
    hidden: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.edits) - len(self.hidden)

    def hide(self, row: int) -> None:
        """Let the edit of a row not count any more, if there is one.

        Args:
            row: Row of the item.
        """
        if self.edits.find(np.array([row]))[1][0]:
            self.hidden.add(row)

    def find(self, rows: Rows) -> tuple[Rows, Mask]:
        """Where the edits of items are; see `BulkEdit.find`.

        Args:
            rows: Rows of items (int64).
        """
        places, found = self.edits.find(rows)
        if self.hidden:
            found &= ~rows_in(rows, _array(self.hidden))
        return places, found

    def plain(self) -> BulkEdit | None:
        """The edits that count; None when there are none."""
        return self.edits.without(_array(self.hidden)) if self.hidden else self.edits


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How the edits of one key stood before or after a bulk edit.

    Args:
        edits: The bulk edits.
        hidden: Rows of theirs that did not count.
        cells: Edits by hand that the bulk edit took in.
    """

    edits: BulkEdit | None = None
    hidden: frozenset[int] = frozenset()
    cells: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a step did to one key in bulk.

    Args:
        key: Metadata key.
        rows: Rows whose edit it changed, in rising order (int64).
        before: How the key stood before.
        after: How it stood after.
    """

    key: str
    rows: Rows
    before: Snapshot
    after: Snapshot


@dataclass(frozen=True, slots=True)
class Step:
    """One user action: what each cell held before and after it (None: no staged edit), after what it did in bulk.

    Args:
        cells: Item, key, and the edit before and after.
        parts: What it did in bulk, before that.
    """

    cells: tuple[tuple[str, str, Change | None, Change | None], ...] = ()
    parts: tuple[Part, ...] = ()

    def __len__(self) -> int:
        return len(self.cells) + sum(len(part.rows) for part in self.parts)


class Settled:
    """Cells that a commit settled, taken out of whatever still knows them.

    Args:
        gone: The cells that steps name one by one.
        rows: Cells by key, by the row of their item (int64).
        uuids: Uuid of every row.
    """

    def __init__(self, gone: set[Place], rows: dict[str, Rows], uuids: Sequence[str]) -> None:
        self._gone = gone
        self._rows = rows
        self._uuids = uuids
        # By identity: a step begins with the edits that the one before it left.
        self._cut: dict[int, tuple[BulkEdit, BulkEdit | None]] = {}

    def edits(self, edits: BulkEdit) -> BulkEdit | None:
        """Edits of one key without the settled ones; None when there are no others.

        Args:
            edits: The edits.
        """
        if id(edits) not in self._cut:
            self._cut[id(edits)] = (edits, edits.without(self._rows[edits.key]))
        return self._cut[id(edits)][1]

    def steps(self, steps: Iterable[Step]) -> list[Step]:
        """Steps without the settled cells; those that are left with nothing are dropped.

        Args:
            steps: Steps of undo.
        """
        kept = (
            Step(
                tuple(cell for cell in step.cells if (cell[0], cell[1]) not in self._gone),
                tuple(part for part in map(self._part, step.parts) if len(part.rows)),
            )
            for step in steps
        )
        return [step for step in kept if step.cells or step.parts]

    def _part(self, part: Part) -> Part:
        if part.key not in self._rows:
            return part
        left = part.rows[~rows_in(part.rows, self._rows[part.key])]
        return Part(
            part.key, left, self._snapshot(part.before, part.key), self._snapshot(part.after, part.key)
        )

    def _snapshot(self, one: Snapshot, key: str) -> Snapshot:
        rows = self._rows[key]
        left = None if one.edits is None else self.edits(one.edits)
        hidden = one.hidden.difference(rows.tolist()) if one.hidden else one.hidden
        items = {self._uuids[row] for row in rows.tolist()} if one.cells else set[str]()
        return Snapshot(left, hidden, tuple(change for change in one.cells if change.item not in items))


class Log:
    """Which cells moved, in order, as far back as is affordable."""

    def __init__(self) -> None:
        self._entries: list[Place | tuple[Rows, str]] = []
        self._forgotten = 0
        self._rows = 0

    @property
    def revision(self) -> int:
        """A number that grows with every entry."""
        return self._forgotten + len(self._entries)

    def cell(self, item: str, key: str) -> None:
        """A cell moved.

        Args:
            item: Item uuid.
            key: Metadata key.
        """
        self._forget()
        self._entries.append((item, key))

    def rows(self, key: str, rows: Rows) -> None:
        """A key moved on many items.

        Args:
            key: Metadata key.
            rows: Their rows (int64).
        """
        self._rows += len(rows)
        self._forget()
        self._entries.append((rows, key))

    def since(self, revision: int) -> list[Place | tuple[Rows, str]] | None:
        """What moved since a revision: an item's uuid, or rows, with the key; None when that is not known any more.

        Args:
            revision: An earlier revision.
        """
        return None if revision < self._forgotten else self._entries[revision - self._forgotten :]

    def cells_since(self, revision: int, uuids: Sequence[str]) -> dict[Place, None] | None:
        """Cells that moved since a revision, each once; None when that is not known, or too many to be told.

        Args:
            revision: An earlier revision.
            uuids: Uuid of every row.
        """
        entries = self.since(revision)
        if entries is None or sum(len(e[0]) for e in entries if not isinstance(e[0], str)) > _REMEMBERED:
            return None
        found: dict[Place, None] = {}
        for what, key in entries:
            items = (what,) if isinstance(what, str) else (uuids[row] for row in what.tolist())
            found.update(((item, key), None) for item in items)
        return found

    def _forget(self) -> None:
        if len(self._entries) >= _REMEMBERED or self._rows > _REMEMBERED_ROWS:
            self._forgotten += len(self._entries)
            self._entries, self._rows = [], 0


def _array(rows: set[int]) -> Rows:
    return np.fromiter(rows, dtype=np.int64, count=len(rows))
