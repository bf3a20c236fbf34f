"""Edits that another session staged and did not commit, as they are found in the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.texts import counted

__all__ = ["EarlierEdits"]


@dataclass(frozen=True, slots=True, repr=False)
class EarlierEdits:
    """Edits that another session staged on the same source.

    Args:
        session: For `Session.adopt` and `Session.discard`.
        title: Name that the source had.
        count: Cells.
        items: Items.
        at: When the last of them was staged, with zone.
        alive: Whether a kernel still uses them.
        here: Whether it is this kernel, which has the same source open more than once.
    """

    session: str
    title: str
    count: int
    items: int
    at: dt.datetime
    alive: bool
    here: bool
    _read: Callable[[str], list[Change]] = field(compare=False)

    def __repr__(self) -> str:
        used = (
            ", still in use here" if self.here else ", still in use by another kernel" if self.alive else ""
        )
        return (
            f"<EarlierEdits: {counted(self.count, 'edit')} on {counted(self.items, 'item')} of {self.title!r}, "
            f"staged {self.at:%Y-%m-%d %H:%M %Z}{used}>"
        )

    def changes(self) -> list[Change]:
        """The edits, in the order they were staged; none if somebody took them over meanwhile.

        Raises:
            JournalError: If the journal cannot be read.
        """
        return self._read(self.session)
