"""Bulk edits of metadata: from columns of values to columns of new values, each distinct value worked on once.

An operation proposes; `evaluate` checks what it proposes against the schema. An item of which one cell is refused is
left whole: its other cells of the same edit stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.bulk_columns import Cell, Coded, Codes, Refused, pairs_of, same_cell
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import shown

__all__ = ["Columns", "KeyOutcome", "Operation", "Outcome", "checked_key", "evaluate"]

Columns: TypeAlias = Mapping[str, Coded]


class Operation(Protocol):
    """What is done to the items of a bulk edit."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Keys whose values it looks at."""

    @property
    def writes(self) -> tuple[str, ...]:
        """Keys that it sets."""

    def run(self, before: Columns, schema: MetadataSchema) -> Columns:
        """New cells for each key that it sets; a cell that stays is proposed as it is.

        Args:
            before: Values of the keys that it reads and sets.
            schema: Types of the keys.
        """


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """What a bulk edit does to one key.

    Args:
        key: Metadata key.
        before: Its cells before.
        after: Its cells as proposed; they hold where `changed`.
        changed: Rows whose cell changes (bool).
        refused: For every row the position of its reason in `reasons`, or -1 (int64).
        reasons: Why cells were refused.
    """

    key: str
    before: Coded
    after: Coded
    changed: npt.NDArray[np.bool_]
    refused: Codes
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a bulk edit does.

    Args:
        keys: By key that it sets.
        rows: Number of rows that it looked at.
    """

    keys: tuple[KeyOutcome, ...]
    rows: int

    @property
    def cells(self) -> int:
        """Cells that change."""
        return sum(int(np.count_nonzero(one.changed)) for one in self.keys)

    @property
    def touched(self) -> npt.NDArray[np.bool_]:
        """Rows of which a cell changes."""
        return self._any([one.changed for one in self.keys])

    @property
    def refused(self) -> npt.NDArray[np.bool_]:
        """Rows of which a cell was refused; all their cells stay."""
        return self._any([one.refused >= 0 for one in self.keys])

    def _any(self, masks: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
        found = np.zeros(self.rows, dtype=np.bool_)
        for mask in masks:
            found |= mask
        return found


def evaluate(operation: Operation, before: Columns, schema: MetadataSchema) -> Outcome:
    """Run an operation and check what it proposes.

    Args:
        operation: What to do.
        before: Values of all keys that it reads or sets, of one length.
        schema: Types that new values must fit; a value that stays may be a misfit.

    Returns:
        What changes, and what was refused with the reason.

    Example:
        >>> from encord_widgets.metadata.bulk_operations import ReplaceText
        >>> from encord_widgets.metadata.values import ABSENT
        >>> columns = {"weather": Coded.of(["rain", "drizzle", ABSENT])}
        >>> outcome = evaluate(ReplaceText("weather", "drizzle", "rain"), columns, MetadataSchema())
        >>> outcome.cells, outcome.keys[0].after.to_list()
        (1, ['rain', 'rain', <absent>])
    """
    after = operation.run(before, schema)
    judged = [_judged(key, before[key], after[key], schema) for key in operation.writes]
    rows = len(judged[0].before)
    whole = ~Outcome(tuple(judged), rows).refused
    kept = (
        KeyOutcome(one.key, one.before, one.after, one.changed & whole, one.refused, one.reasons)
        for one in judged
    )
    return Outcome(tuple(kept), rows)


def checked_key(key: object) -> str:
    """Check a metadata key that a caller names.

    Args:
        key: What came.

    Raises:
        InvalidInputError: If it is no text, or an empty one.
    """
    if not isinstance(key, str) or not key:
        raise InvalidInputError([Problem(expected="text as metadata key", got=shown(key))])
    return key


_STAYS: Final = -1
_CHANGES: Final = -2


def _judged(key: str, before: Coded, after: Coded, schema: MetadataSchema) -> KeyOutcome:
    if len(after.values) == 1:
        return _judged_alike(key, before, after, schema)
    olds, news, pairs = _pairs(before, after)
    reasons: dict[str, int] = {}
    verdict_of: dict[int, int] = {}
    verdicts = np.empty(len(olds), dtype=np.int64)
    for at, (old, new) in enumerate(zip(olds, news, strict=True)):
        was, wanted = before.values[old], after.values[new]
        if was is wanted or (was == wanted and same_cell(was, wanted)):
            verdicts[at] = _STAYS
            continue
        verdict = verdict_of.get(new)
        if verdict is None:
            reason = _reason(key, wanted, schema)
            verdict = reasons.setdefault(reason, len(reasons)) if reason else _CHANGES
            verdict_of[new] = verdict
        verdicts[at] = verdict
    found = verdicts[pairs] if len(olds) else np.empty(0, dtype=np.int64)
    return KeyOutcome(key, before, after, found == _CHANGES, np.maximum(found, -1), tuple(reasons))


def _judged_alike(key: str, before: Coded, after: Coded, schema: MetadataSchema) -> KeyOutcome:
    """One value for all rows, which is the common case: no loop over rows or pairs."""
    wanted = after.values[0]
    stays = np.zeros(len(before.values), dtype=np.bool_)
    alike = [at for at, was in enumerate(before.values) if was == wanted]
    stays[[at for at in alike if same_cell(before.values[at], wanted)]] = True
    others = ~stays[before.codes]
    reason = _reason(key, wanted, schema)
    if not reason:
        return KeyOutcome(key, before, after, others, np.full(len(before), -1, dtype=np.int64), ())
    return KeyOutcome(
        key, before, after, np.zeros(len(before), dtype=np.bool_), np.where(others, 0, -1), (reason,)
    )


def _pairs(before: Coded, after: Coded) -> tuple[Sequence[int], Sequence[int], Codes]:
    """Each pair of an old and a new value once, and for every row which one it is."""
    if after.codes is before.codes:
        return range(len(before.values)), range(len(after.values)), before.codes
    olds, news, pairs = pairs_of(before.codes, len(before.values), after.codes, len(after.values))
    return olds.tolist(), news.tolist(), pairs


def _reason(key: str, wanted: Cell, schema: MetadataSchema) -> str:
    if isinstance(wanted, Refused):
        return wanted.reason
    misfit = schema.misfit(key, wanted)
    return misfit.reason if misfit else ""
