"""How the items in view use the schema, and what its staged changes would break: counted when asked, then kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from encord_widgets.metadata.filters.tree import Filter, Rule

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet
    from encord_widgets.metadata.schema_impact import SchemaImpact
    from encord_widgets.metadata.schema_types import KeyType
    from encord_widgets.metadata.schema_usage import KeyUsage
    from encord_widgets.schema_store import OrganisationSchema

__all__ = ["SchemaCounts"]

_LOOK_EVERY: Final = 0.5
_SHARE: Final = 4
_LONGEST_REST: Final = 10.0


class SchemaCounts:
    """What was counted last. A million items take a moment, so nothing here counts unless it is told to.

    Args:
        schema: The schema with its staged edits.
        items: The items; without them there is nothing to count.
    """

    def __init__(self, schema: OrganisationSchema, items: ItemSet | None) -> None:
        self._schema = schema
        self._items = items
        self._turn = threading.Lock()
        self._now = 0
        self._counted = -1
        self.usage: tuple[KeyUsage, ...] = ()
        self.impact: SchemaImpact | None = None

    @property
    def outdated(self) -> bool:
        """Whether something happened since it was counted."""
        return self._items is not None and self._counted != self._now

    def outdate(self) -> None:
        """Say that something happened."""
        self._now += 1

    def keep_current(self, tell: Callable[[], object], closing: threading.Event) -> None:
        """Count until nothing happened since; never by two threads at once, and at most a fifth of the time.

        Args:
            tell: Called after each count.
            closing: Set when nobody wants to know any more.
        """
        while self.outdated and not closing.is_set() and self._turn.acquire(blocking=False):
            try:
                began = time.monotonic()
                self._count(closing)
                tell()
                cost = time.monotonic() - began
            finally:
                self._turn.release()
            closing.wait(min(_SHARE * cost, _LONGEST_REST))

    def _count(self, closing: threading.Event) -> None:
        if self._items is None or not _loaded(self._items, closing):
            return
        now = self._now
        try:
            usage, impact = self._schema.usage(self._items), self._schema.impact(self._items)
            self.usage, self.impact = tuple(usage), impact
        finally:
            self._counted = now  # what cannot be counted is not tried again until something happens

    def inferred(self, key: str) -> KeyType | None:
        """The type that fits most values of a key that the schema does not list; None while it is not known.

        Args:
            key: Metadata key.
        """
        return next((one.inferred for one in self.usage if one.key == key), None)

    def filter(self, key: str) -> Filter:
        """The items whose value does not fit a key, as it is staged, or that hold a key whose deletion is staged.

        Args:
            key: Metadata key.
        """
        staged = self.impact.filter(key) if self.impact is not None else None
        return Rule(f"key:{key}", "misfit") if staged is None else staged


def _loaded(items: ItemSet, closing: threading.Event) -> bool:
    """Wait until all items are there; False if nobody wants to know any more."""
    while not closing.is_set():
        with suppress(TimeoutError):
            items.wait(_LOOK_EVERY)
            return True
    return False
