"""What earlier kernels left in the journal, as a panel shows it. No widget in here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from encord_widgets.errors import EncordWidgetsError
from encord_widgets.widgets.cells import encode

if TYPE_CHECKING:
    from encord_widgets.commit.journal import OpenCommit
    from encord_widgets.commit.sessions import EarlierEdits
    from encord_widgets.item_set import ItemSet

__all__ = ["LeftOver"]

MOST_ROWS: Final = 200
"""Edits shown for review."""


class LeftOver:
    """Edits that were staged earlier or elsewhere on the same items, and commits that were cut off.

    The journal is read by `look` alone; what it found is kept until the next look.

    Args:
        items: The items.
    """

    def __init__(self, items: ItemSet) -> None:
        self._items = items
        self._lock = threading.Lock()
        self._earlier: list[EarlierEdits] = []
        self._cut_off: list[OpenCommit] = []

    def look(self) -> None:
        """Read the journal; may wait for another kernel that writes it."""
        with self._lock:
            earlier, cut_off = self._items.earlier(), self._items.cut_off()
            self._earlier, self._cut_off = earlier, cut_off

    def to_wire(self) -> list[dict[str, Any]]:
        """What was found, as the browser is told about it: one entry for each session that left something."""
        commits = {commit.session: commit for commit in self._cut_off}
        entries = [_edits(edits, commits.pop(edits.session, None)) for edits in self._earlier]
        return [*entries, *(_alone(commit) for commit in commits.values())]

    def review(self, session: str) -> dict[str, Any]:
        """The edits of one session, to look at before they are restored.

        Args:
            session: Which, from `to_wire`.

        Raises:
            EncordWidgetsError: If they are gone, or the journal cannot be read.
        """
        found = next((edits for edits in self._earlier if edits.session == session), None)
        changes = found.changes() if found is not None else []
        if not changes:
            raise EncordWidgetsError(
                "These edits are gone: they were restored, discarded or committed elsewhere."
            )
        with self._items.lock:
            table = self._items.table
            rows = [
                {
                    "item": change.item,
                    "name": table.name(change.item),
                    "key": change.key,
                    "before": encode(change.base),
                    "after": encode(change.after),
                    "implied": change.implied,
                }
                for change in changes[:MOST_ROWS]
            ]
        return {"rows": rows, "more": len(changes) - len(rows)}


def _edits(edits: EarlierEdits, commit: OpenCommit | None) -> dict[str, Any]:
    return {
        "session": edits.session,
        "count": edits.count,
        "items": edits.items,
        "at": edits.at.isoformat(),
        "alive": edits.alive,
        "here": edits.here,
        "commit": _commit(commit),
    }


def _alone(commit: OpenCommit) -> dict[str, Any]:
    return {
        "session": commit.session,
        "count": 0,
        "items": 0,
        "at": commit.at.isoformat(),
        "alive": False,
        "here": False,
        "commit": _commit(commit),
    }


def _commit(commit: OpenCommit | None) -> dict[str, Any] | None:
    if commit is None:
        return None
    done = commit.total - commit.left
    return {"total": commit.total, "verified": done, "left": commit.left, "at": commit.at.isoformat()}
