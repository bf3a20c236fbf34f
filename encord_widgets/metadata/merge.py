"""The three-way merge of one item: base, wanted, live, by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.values import ABSENT, Absent, Json, same

__all__ = ["Merged", "merge"]


@dataclass(frozen=True, slots=True)
class Merged:
    """Outcome of merging changes onto the live metadata of one item.

    Args:
        metadata: The whole dictionary to write: live, with the written changes applied.
        written: Changes whose key is live as it was when the edit was made.
        already: Changes whose wanted value is live already.
        conflicts: Changes whose key holds something else by now; not in `metadata`.
    """

    metadata: dict[str, Json]
    written: tuple[Change, ...]
    already: tuple[Change, ...]
    conflicts: tuple[Change, ...]


def merge(live: Mapping[str, Json], changes: Iterable[Change]) -> Merged:
    """Apply only the changed keys onto what is live; every other key, `$encord` among them, stays as it is.

    Args:
        live: Client metadata of the item, read just now.
        changes: Changes of this item, at most one a key.

    Returns:
        What to write, and the fate of each change.

    Example:
        >>> change = Change("8ad5", "weather", base="rain", after="fog")
        >>> merge({"weather": "rain", "$encord": {"frames": {}}}, [change]).metadata
        {'weather': 'fog', '$encord': {'frames': {}}}
        >>> merge({"weather": "snow"}, [change]).conflicts == (change,)
        True
    """
    metadata = dict(live)
    written: list[Change] = []
    already: list[Change] = []
    conflicts: list[Change] = []
    for change in changes:
        now = live.get(change.key, ABSENT)
        if same(now, change.after):
            already.append(change)
        elif same(now, change.base):
            written.append(change)
            if isinstance(change.after, Absent):
                metadata.pop(change.key, None)
            else:
                metadata[change.key] = change.after
        else:
            conflicts.append(change)
    return Merged(metadata, tuple(written), tuple(already), tuple(conflicts))
