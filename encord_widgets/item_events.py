"""What happens to an item set, for whoever wants to follow."""

from __future__ import annotations

import psygnal

from encord_widgets.commit.options import CommitProgress
from encord_widgets.item_load import LoadProgress

__all__ = ["ItemSetEvents"]


class ItemSetEvents(psygnal.SignalGroup):
    """What happened to an item set. Signals may come from a background thread."""

    rows = psygnal.Signal()
    """The items, their order or their stored values changed."""
    loading = psygnal.Signal(LoadProgress)
    changes = psygnal.Signal()
    """Staged edits changed."""
    progress = psygnal.Signal(CommitProgress)
    receipt = psygnal.Signal(object)
    """A commit ended (a `Receipt`), or its receipt was put away (None)."""
    schema = psygnal.Signal()
    filter = psygnal.Signal()
    """The filter was set or looked again, or the named filters changed."""
