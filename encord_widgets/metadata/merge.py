"""The three-way merge of one item: base, ours, theirs, by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.bulk_expressions import described_error
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value, same, shown, to_json

__all__ = ["Conflict", "Merged", "OnConflict", "checked_policy", "merge"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One key that somebody else changed since the edit was made, to something else than the edit wants.

    A callable given as `on_conflict` gets one and returns the value to hold (`ABSENT` to remove the key), or the
    conflict itself to leave it reported. It stays reported, with the reason, where the callable raises or returns what
    JSON cannot hold.

    Args:
        item: Item uuid, lower case.
        key: Metadata key.
        base: Value the edit was based on.
        ours: Value the edit wants.
        theirs: Value that is live.

    Example:
        >>> def longer(conflict):
        ...     texts = isinstance(conflict.ours, str) and isinstance(conflict.theirs, str)
        ...     return max(conflict.ours, conflict.theirs, key=len) if texts else conflict
        >>> longer(Conflict("8ad5", "notes", "", "fog", "dense fog"))
        'dense fog'
    """

    item: str
    key: str
    base: Value
    ours: Value
    theirs: Value


OnConflict: TypeAlias = Literal["report", "ours", "theirs"] | Callable[[Conflict], "Value | Conflict"]


class Merged(NamedTuple):  # quicker to make than a dataclass, and a commit makes one for every item
    """Outcome of merging changes onto the live metadata of one item.

    Args:
        metadata: The whole dictionary to write: live, with the written changes applied.
        written: Changes to write; where a policy settled a conflict they stand on what is live.
        already: Changes whose wanted value is live already; where a policy kept theirs, theirs is the wanted value.
        conflicts: Changes whose key holds something else by now; not in `metadata`.
        settled: Keys of conflicts that a policy settled, each with the change as it was planned.
        unsettled: Keys of conflicts that a callable policy failed on, each with the reason.
    """

    metadata: dict[str, Json]
    written: tuple[Change, ...]
    already: tuple[Change, ...]
    conflicts: tuple[Change, ...]
    settled: Mapping[str, Change]
    unsettled: Mapping[str, str]


def checked_policy(on_conflict: object) -> list[Problem]:
    """What is wrong with a conflict policy; nothing when it is one.

    Args:
        on_conflict: What the caller gave.
    """
    if callable(on_conflict) or on_conflict in {"report", "ours", "theirs"}:
        return []
    expected = '"report", "ours", "theirs" or a callable'
    return [Problem(key="on_conflict", expected=expected, got=shown(on_conflict))]


def merge(live: Mapping[str, Json], changes: Iterable[Change], on_conflict: OnConflict = "report") -> Merged:
    """Apply only the changed keys onto what is live; every other key, `$encord` among them, stays as it is.

    Args:
        live: Client metadata of the item, read just now.
        changes: Changes of this item, at most one a key.
        on_conflict: What to do where live is neither the base nor the wanted value.

    Returns:
        What to write, and the fate of each change.

    Raises:
        InvalidInputError: If `on_conflict` is no policy.

    Example:
        >>> change = Change("8ad5", "weather", base="rain", after="fog")
        >>> merge({"weather": "rain", "$encord": {"frames": {}}}, [change]).metadata
        {'weather': 'fog', '$encord': {'frames': {}}}
        >>> merge({"weather": "snow"}, [change]).conflicts == (change,)
        True
        >>> merge({"weather": "snow"}, [change], on_conflict="ours").metadata
        {'weather': 'fog'}
    """
    metadata = dict(live)
    written: list[Change] = []
    already: list[Change] = []
    conflicts: list[Change] = []
    settled: dict[str, Change] = {}
    unsettled: dict[str, str] = {}
    for planned in changes:
        change = planned
        now = live.get(change.key, ABSENT)
        there = same(now, change.after)
        if not there and not same(now, change.base):
            conflict = Conflict(change.item, change.key, change.base, change.after, now)
            wish = _wish(conflict, on_conflict, unsettled)
            if isinstance(wish, Conflict):
                conflicts.append(change)
                continue
            change = change._replace(base=now, after=wish)
            settled[change.key] = planned
            there = same(now, wish)
        if there:
            already.append(change)
            continue
        written.append(change)
        if isinstance(change.after, Absent):
            metadata.pop(change.key, None)
        else:
            metadata[change.key] = change.after
    return Merged(metadata, tuple(written), tuple(already), tuple(conflicts), settled, unsettled)


def _wish(conflict: Conflict, on_conflict: OnConflict, unsettled: dict[str, str]) -> Value | Conflict:
    if on_conflict == "report":
        return conflict
    if on_conflict == "ours":
        return conflict.ours
    if on_conflict == "theirs":
        return conflict.theirs
    if not callable(on_conflict):
        raise InvalidInputError(checked_policy(on_conflict))
    try:
        wish = on_conflict(conflict)
        return wish if isinstance(wish, (Absent, Conflict)) else to_json(wish)
    except InvalidInputError as error:
        unsettled[conflict.key] = f"on_conflict returned what JSON cannot hold: {error}"
    except Exception as error:  # noqa: BLE001 - the caller's own function may fail in any way
        unsettled[conflict.key] = f"on_conflict raised {described_error(error)}"
    return conflict
