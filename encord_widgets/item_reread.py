"""What is shown from the cache, and what was found when items were read again, as an item set tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from encord_widgets.item_load import ItemLoader
    from encord_widgets.metadata.reread import Reread

__all__ = ["RereadItems"]


class RereadItems:
    """The part of an item set that knows of when its values are."""

    _loader: ItemLoader

    @property
    def reread(self) -> Reread | None:
        """What the last reading again found: a cached source that was opened, or `refresh`. None before there was one.

        It has one entry for each value that is another than what was shown before, with `item`, `key`, `before`,
        `after` and `by`; `to_frame()`, `new` and `gone` items, and a `sentence`. Rows with such values are in the state
        `updated`.
        """
        return self._loader.reread

    @property
    def as_of(self) -> str:
        """Of when the values in view are, in a sentence; empty when they were read once, and not from the cache.

        As long as they are from the cache it says so. `frame`, `uuids`, `stage` and all else that waits until the items
        are loaded never answers from the cache.
        """
        loading = self._loader.progress
        if loading.cached is not None:
            shown = f"Shown from the cache of {loading.cached:%Y-%m-%d %H:%M %Z}"
            if loading.finished:
                return (
                    f"{shown}, not from Encord: reading the items again failed. They may have changed since."
                )
            return f"{shown} while Encord is read again. What changed since will be marked."
        return self.reread.sentence if self.reread is not None else ""
