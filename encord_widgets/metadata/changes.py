"""Staged edits: by item uuid and metadata key, in order, with undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from encord_widgets.metadata.values import ABSENT, Value, same

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Change", "ChangeSet"]

_REMEMBERED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """One key of one item, from what it was based on to what is wanted.

    Args:
        item: Item uuid, lower case.
        key: Metadata key.
        base: Value the edit was based on, or `ABSENT`.
        after: Value wanted, or `ABSENT` to remove the key.
        implied: Whether an overwrite removes the key without naming it.

    Example:
        >>> Change("8ad5", "weather", base="rain", after="fog").removes
        False
    """

    item: str
    key: str
    base: Value
    after: Value
    implied: bool = False

    @property
    def removes(self) -> bool:
        """Whether the change takes the key away."""
        return self.after is ABSENT


@dataclass(frozen=True, slots=True)
class _Step:
    """One user action: what each cell held before and after it (None: no staged edit)."""

    cells: tuple[tuple[str, str, Change | None, Change | None], ...]


class ChangeSet:
    """The staged edits of one item set, keyed by item uuid and metadata key, never by row position.

    Staging a value equal to the base drops the edit: nothing is left to write. One call is one step of undo,
    however many cells it covers.

    Example:
        >>> changes = ChangeSet()
        >>> changes.stage([Change("8ad5", "weather", "rain", "fog")])
        1
        >>> len(changes), changes.undo(), len(changes)
        (1, True, 0)
    """

    def __init__(self) -> None:
        self._cells: dict[str, dict[str, Change]] = {}
        self._count = 0
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._moved: dict[tuple[str, str], None] = {}
        self._touched: list[tuple[str, str]] = []
        self._forgotten = 0

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return self._count > 0

    def __iter__(self) -> Iterator[Change]:
        for keys in self._cells.values():
            yield from keys.values()

    def __repr__(self) -> str:
        return f"<ChangeSet: {self._count:,} edits on {len(self._cells):,} items>"

    @property
    def items(self) -> tuple[str, ...]:
        """Uuids of the items with staged edits, in the order they were first edited."""
        return tuple(self._cells)

    @property
    def can_undo(self) -> bool:
        """Whether a step can be undone."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether an undone step can be done again."""
        return bool(self._undone)

    @property
    def revision(self) -> int:
        """A number that grows whenever the edit of a cell changes."""
        return self._forgotten + len(self._touched)

    def touched(self, since: int) -> dict[tuple[str, str], None] | None:
        """Cells whose edit changed since a revision, each once; None when that is too long ago to be known.

        Args:
            since: An earlier `revision`.
        """
        if since < self._forgotten:
            return None
        return dict.fromkeys(self._touched[since - self._forgotten :])

    def get(self, item: str, key: str) -> Change | None:
        """The staged edit of one cell, or None.

        Args:
            item: Item uuid, lower case.
            key: Metadata key.
        """
        return self._cells.get(item, {}).get(key)

    def of_item(self, item: str) -> tuple[Change, ...]:
        """The staged edits of one item.

        Args:
            item: Item uuid, lower case.
        """
        return tuple(self._cells.get(item, {}).values())

    def stage(self, changes: Iterable[Change]) -> int:
        """Stage edits as one step of undo; an earlier edit of the same cell is replaced, base and all.

        Args:
            changes: Edits; of several for one cell the last counts.

        Returns:
            How many cells the step touched.
        """
        cells: dict[tuple[str, str], tuple[Change | None, Change | None]] = {}
        for change in changes:
            place = (change.item, change.key)
            cells[place] = (self.get(*place), None if same(change.base, change.after) else change)
        return self._do(cells)

    def unstage(self, wanted: Callable[[Change], bool] | None = None) -> int:
        """Drop staged edits as one step of undo.

        Args:
            wanted: Which edits to drop; all when left out.

        Returns:
            How many edits were dropped.
        """
        dropped = [change for change in self if wanted is None or wanted(change)]
        return self._do({(change.item, change.key): (change, None) for change in dropped})

    def undo(self) -> bool:
        """Undo the last step; False when there is none."""
        if not self._done:
            return False
        step = self._done.pop()
        for item, key, before, _ in step.cells:
            self._set(item, key, before)
        self._undone.append(step)
        return True

    def redo(self) -> bool:
        """Do the last undone step again; False when there is none."""
        if not self._undone:
            return False
        step = self._undone.pop()
        for item, key, _, after in step.cells:
            self._set(item, key, after)
        self._done.append(step)
        return True

    def settle(self, settled: Iterable[tuple[Change, Value]]) -> None:
        """Forget edits that a commit settled. Steps are kept for the other cells only.

        Args:
            settled: Edits as they were planned, each with the value that the server holds now; an edit staged anew
                meanwhile stays, on that value as its base.
        """
        gone: set[tuple[str, str]] = set()
        for change, held in settled:
            gone.add((change.item, change.key))
            present = self.get(change.item, change.key)
            if present is None:
                continue
            kept = not same(present.after, change.after) and not same(present.after, held)
            again = Change(change.item, change.key, held, present.after)
            self._set(change.item, change.key, again if kept else None)
        self._done = _without(self._done, gone)
        self._undone = _without(self._undone, gone)

    def take_moved(self) -> dict[tuple[str, str], Change | None]:
        """Cells whose staged edit changed since the last call, with the edit (None: no longer staged).

        This is what a journal has to write down.
        """
        moved, self._moved = self._moved, {}
        return {place: self.get(*place) for place in moved}

    def to_frame(self) -> pd.DataFrame:
        """The staged edits as a table with `item`, `key`, `before`, `after` and `status` ("staged").

        Absent is `ABSENT` in the cells, null is None.
        """
        import pandas as pd  # pandas is loaded when a table is asked for

        rows = [(c.item, c.key, c.base, c.after, "staged") for c in self]
        return pd.DataFrame(rows, columns=["item", "key", "before", "after", "status"], dtype=object)

    def _do(self, cells: dict[tuple[str, str], tuple[Change | None, Change | None]]) -> int:
        step = _Step(
            tuple((item, key, old, new) for (item, key), (old, new) in cells.items() if not _equal(old, new))
        )
        if step.cells:
            for item, key, _, after in step.cells:
                self._set(item, key, after)
            self._done.append(step)
            self._undone.clear()
        return len(step.cells)

    def _set(self, item: str, key: str, change: Change | None) -> None:
        place = (item, key)
        self._moved[place] = None
        if len(self._touched) >= _REMEMBERED:
            self._forgotten += len(self._touched)
            self._touched = []
        self._touched.append(place)
        keys = self._cells.setdefault(item, {})
        self._count -= key in keys
        if change is None:
            keys.pop(key, None)
        else:
            keys[key] = change
            self._count += 1
        if not keys:
            del self._cells[item]


def _equal(old: Change | None, new: Change | None) -> bool:
    if old is None or new is None:
        return old is new
    return old.implied == new.implied and same(old.base, new.base) and same(old.after, new.after)


def _without(steps: list[_Step], gone: set[tuple[str, str]]) -> list[_Step]:
    kept = (_Step(tuple(cell for cell in step.cells if (cell[0], cell[1]) not in gone)) for step in steps)
    return [step for step in kept if step.cells]
