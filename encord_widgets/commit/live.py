"""What the server holds now under some keys of some items; an item that cannot be read costs no other item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from encord_widgets.api.errors import ApiError
from encord_widgets.commit.wire_calls import BLAMES_AN_ITEM, MOST_REFUSED
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.values import ABSENT, Value

__all__ = ["Live", "Reader", "read_live"]

# Few enough that their metadata is small in memory, enough to keep several bundles in flight.
_AT_ONCE: Final = 4000


class Reader(Protocol):
    """Reads items fresh; a `Client` does."""

    title: str

    def read(self, uuids: list[str]) -> ItemBatch:
        """Items by uuid; those that the server leaves out are in `missing`."""
        ...


@dataclass(slots=True)
class Live:
    """What is live.

    Args:
        held: Value by item and key, for items that could be read.
        gone: Items that the server left out.
        unreadable: Items that could not be read, with the reason.
    """

    held: dict[tuple[str, str], Value] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    unreadable: dict[str, str] = field(default_factory=dict)

    def trouble(self, item: str) -> str:
        """Why an item has no values; empty if it has.

        Args:
            item: Item uuid, lower case.
        """
        if item in self.gone:
            return "the item is gone: deleted, or no longer yours to read"
        return self.unreadable.get(item, "")


def read_live(reader: Reader, keys: Mapping[str, Iterable[str]]) -> Live:
    """Read some keys of some items, a few thousand items at a time; only those keys are kept.

    Args:
        reader: The connection.
        keys: Keys by item uuid.

    Returns:
        What is live.

    Raises:
        ApiError: If the server cannot be reached, or refuses item after item.
    """
    live = Live()
    items = list(keys)
    for start in range(0, len(items), _AT_ONCE):
        _read(reader, items[start : start + _AT_ONCE], keys, live)
    return live


def _read(reader: Reader, items: list[str], keys: Mapping[str, Iterable[str]], live: Live) -> None:
    try:
        batch = reader.read(items)
    except (ApiError, ExceptionGroup) as raised:
        error = _first(raised)
        if not isinstance(error, BLAMES_AN_ITEM):
            raise error from None
        if len(items) == 1:
            live.unreadable[items[0]] = str(error)
            if len(live.unreadable) >= MOST_REFUSED and not live.held:
                raise error from None
            return
        middle = len(items) // 2
        _read(reader, items[:middle], keys, live)
        _read(reader, items[middle:], keys, live)
        return
    for item, metadata in zip(batch.uuids, batch.metadata, strict=True):
        for key in keys[item]:
            live.held[item, key] = metadata.get(key, ABSENT)
    read = set(batch.uuids)
    live.unreadable.update((p.item, p.reason) for p in batch.problems if p.item and p.item not in read)
    for item in items:  # whatever the server answers, no item is passed over in silence
        if item not in read and (item in batch.missing or item not in live.unreadable):
            live.gone.add(item)


def _first(error: BaseException) -> BaseException:
    """The error itself, or the first of those that several reads at once have raised."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
