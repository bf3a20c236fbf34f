"""How the items in view use the schema, and what its staged changes would break: counted in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from encord_widgets.metadata.filters.tree import Filter, Rule
from encord_widgets.metadata.schema_diff import SchemaChange, SchemaDiff
from encord_widgets.metadata.schema_impact import KeyImpact, SchemaImpact, impact_of
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.schema_usage import KeyUsage, usage_of

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet
    from encord_widgets.metadata.columns import Column, Rows
    from encord_widgets.schema_store import OrganisationSchema

__all__ = ["SchemaCounts"]

_LOOK_EVERY: Final = 0.5
_SHARE: Final = 4
_LONGEST_REST: Final = 10.0
_TELL_EVERY: Final = 1.0
_OWN: Final = "$"


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was found of one key, and of what: it holds until the rows, the values or the types are others."""

    rows: Rows
    stamp: Hashable
    usage: KeyUsage | None
    impact: KeyImpact | None


class SchemaCounts:
    """What was counted last. A million items take a while: keys are counted one by one, and only those that changed.

    Args:
        schema: The schema with its staged edits.
        items: The items; without them there is nothing to count.
    """

    def __init__(self, schema: OrganisationSchema, items: ItemSet | None) -> None:
        self._schema = schema
        self._items = items
        self._turn = threading.Lock()
        self._known: dict[str, _Counted] = {}
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
            tell: Called once a second while it counts, and after each count.
            closing: Set when nobody wants to know any more.
        """
        while self.outdated and not closing.is_set() and self._turn.acquire(blocking=False):
            try:
                began = time.monotonic()
                self._count(tell, closing)
                tell()
                cost = time.monotonic() - began
            finally:
                self._turn.release()
            closing.wait(min(_SHARE * cost, _LONGEST_REST))

    def _count(self, tell: Callable[[], object], closing: threading.Event) -> None:
        items = self._items
        if items is None or not _loaded(items, closing):
            return
        now = self._now
        try:
            with items.lock:
                own = [key for key in items.table.keys if not key.startswith(_OWN)]
                keys = list(dict.fromkeys([*self._schema, *own]))
                total = len(items.order())
            told = time.monotonic()
            for key in keys:
                if closing.is_set():
                    return
                self._known[key] = self._count_key(items, key)
                if time.monotonic() - told > _TELL_EVERY:
                    self._show(keys, total)
                    tell()
                    told = time.monotonic()
            self._known = {key: self._known[key] for key in keys}
            self._show(keys, total)
        finally:
            self._counted = now  # what cannot be counted is not tried again until something happens

    def _show(self, keys: list[str], total: int) -> None:
        found = [self._known[key] for key in keys if key in self._known]
        self.usage = tuple(one.usage for one in found if one.usage)
        self.impact = SchemaImpact(tuple(one.impact for one in found if one.impact), total)

    def _count_key(self, items: ItemSet, key: str) -> _Counted:
        with items.lock:
            rows, ty = items.order(), self._schema.get(key)
            change = next((one for one in self._schema.diff() if one.key == key), None)
            stamp = (items.effective.version(key), _identity(ty), change and _identity(change.before))
            known = self._known.get(key)
            if known is not None and known.rows is rows and known.stamp == stamp:
                return known
            column = items.effective.column(key).copy()  # so that nobody waits while it is counted
            uuids = items.table.uuids
        usage = usage_of({} if ty is None else {key: ty}, [key], lambda _: column, rows)
        impact = None if change is None else _impact(change, column, rows, uuids.__getitem__)
        return _Counted(rows, stamp, usage[0] if usage else None, impact)

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


def _impact(change: SchemaChange, column: Column, rows: Rows, item: Callable[[int], str]) -> KeyImpact:
    (found,) = impact_of(SchemaDiff((change,)), lambda _: column, rows, item)
    return found


def _identity(ty: KeyType | None) -> str | None:
    return None if ty is None else ty.identity


def _loaded(items: ItemSet, closing: threading.Event) -> bool:
    """Wait until all items are there; False if nobody wants to know any more."""
    while not closing.is_set():
        with suppress(TimeoutError):
            items.wait(_LOOK_EVERY)
            return True
    return False
