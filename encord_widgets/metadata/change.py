"""One staged edit: a key of an item, from what it was based on to what is wanted."""

from __future__ import annotations

from typing import NamedTuple

from encord_widgets.metadata.values import ABSENT, Value

__all__ = ["Change"]


class Change(NamedTuple):  # four times quicker to make than a frozen dataclass, and they come by the 100,000
    """One key of one item, from what it was based on to what is wanted.

    Args:
        item: Item uuid, lower case.
        key: Metadata key.
        base: Value the edit was based on, or `ABSENT`.
        after: Value wanted, or `ABSENT` to remove the key.
        implied: Whether an overwrite removes the key without naming it.

    Example:
        >>> Change("8ad5", "weather", base="rain", after="fog").removes
        False
    """

    item: str
    key: str
    base: Value
    after: Value
    implied: bool = False

    @property
    def removes(self) -> bool:
        """Whether the change takes the key away."""
        return self.after is ABSENT
