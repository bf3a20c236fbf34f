"""The frames of image groups beside an item set: items of their own, each group a set of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from encord_widgets.widgets._requests import message_of

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["FrameSets"]

MOST_FRAMES: Final = 500
"""Frames of one group that are listed at a time."""


class FrameSets:
    """The frames of the groups that were looked at. Sets stay open with what is staged on them.

    Args:
        items: The set that the groups are in.
        follow: Told of each set once it is open, to connect to its events.
    """

    def __init__(self, items: ItemSet, follow: Callable[[ItemSet], None]) -> None:
        self._items = items
        self._follow = follow
        self._sets: dict[str, ItemSet] = {}
        self._errors: dict[str, str] = {}
        self._lock = threading.Lock()

    def get(self, group: str) -> ItemSet | None:
        """The frames of a group, if they were opened.

        Args:
            group: Uuid of the group.
        """
        return self._sets.get(group)

    def error(self, group: str) -> str:
        """Why the frames of a group could not be read; empty when nothing went wrong.

        Args:
            group: Uuid of the group.
        """
        return self._errors.get(group, "")

    def open(self, group: str) -> ItemSet:
        """The frames of a group, read from Encord when they are first asked for.

        Args:
            group: Uuid of the group.

        Raises:
            EncordWidgetsError: If they cannot be read.
        """
        with self._lock:
            found = self._sets.get(group)
            if found is not None:
                return found
            try:
                found = self._items.client.image_group(group).wait()
            except Exception as error:
                self._errors[group] = message_of(error)
                raise
            self._errors.pop(group, None)
            self._sets[group] = found
        self._follow(found)
        return found

    def holder(self, frame: str) -> tuple[str, ItemSet] | None:
        """The group that a frame belongs to, and the set of its frames, among those that are open.

        Args:
            frame: Item uuid, lower case.
        """
        return next(((group, found) for group, found in self._sets.items() if frame in found.table), None)

    def owner(self, group: str, frame: str) -> ItemSet | None:
        """The set on which edits of a frame are staged: the one beside, when the frame is in it too.

        Args:
            group: Uuid of the group.
            frame: Item uuid, lower case.
        """
        return self._items if frame in self._items.table else self._sets.get(group)

    def to_wire(self, group: str, name: str, current: str | None) -> dict[str, Any]:
        """A group and its frames as the browser is told about them.

        Args:
            group: Uuid of the group.
            name: Its name.
            current: The frame that is shown, if one is.
        """
        found = self.get(group)
        state: dict[str, Any] = {
            "item": group,
            "name": name,
            "opened": found is not None,
            "error": self.error(group),
            "current": current,
            "frames": [],
            "more": 0,
            "staged": 0,
            "outcome": None,
        }
        if found is None:
            return state
        with found.lock:
            uuids = [found.table.uuids[row] for row in found.rows.tolist()]
            state["frames"] = [self._frame_wire(found, uuid) for uuid in uuids[:MOST_FRAMES]]
            state["more"] = max(0, len(uuids) - MOST_FRAMES)
            state["staged"] = len(found.changes)
            if found.receipt is not None:
                state["outcome"] = {"ok": bool(found.receipt), "text": found.receipt.sentence}
        return state

    def _frame_wire(self, frames: ItemSet, uuid: str) -> dict[str, Any]:
        owner = self._items if uuid in self._items.table else frames
        return {
            "item": uuid,
            "name": frames.table.name(uuid),
            "image": frames.table.field("item_type").value(frames.table.rows_of([uuid])[0]) == "image",
            "staged": len(owner.changes.of_item(uuid)),
        }
