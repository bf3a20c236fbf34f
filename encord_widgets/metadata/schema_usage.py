"""How items use the keys of a schema, and the keys that they use without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.schema_infer import infer
from encord_widgets.metadata.schema_rules import key_problem
from encord_widgets.metadata.schema_tally import samples
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.texts import counted, printable
from encord_widgets.metadata.values import Value

__all__ = ["KeyUsage", "UsageCache", "UsageState", "usage_of"]

UsageState: TypeAlias = Literal["live", "deleted", "deleted for good", "unknown", "unlisted"]
Lock: TypeAlias = AbstractContextManager[object]
_OWN: Final = "$"


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """How some items use one key.

    Args:
        key: Metadata key.
        type: Its type in the schema, None if it is not there.
        state: Whether it is live, deleted, deleted for good, of a type that is not known here, or not in the schema.
        used: How many items hold it, null included.
        nulls: How many of them hold null.
        misfits: How many values do not fit the type.
        samples: A few different values.
        inferred: For a key that the schema does not list: the type that fits most values, if it can be added.
        fits: How many values fit that type.
        of: How many values there are, null aside.

    Example:
        >>> KeyUsage("lux", KeyType("number"), "live", used=12, misfits=2).text
        'lux: number, used by 12 items, 2 values of another kind'
    """

    key: str
    type: KeyType | None
    state: UsageState
    used: int = 0
    nulls: int = 0
    misfits: int = 0
    samples: tuple[Value, ...] = ()
    inferred: KeyType | None = None
    fits: int = 0
    of: int = 0

    @property
    def text(self) -> str:
        """The usage in one line."""
        named = self.type.label if self.type and self.state == "live" else self.state
        if self.state == "unlisted" and self.inferred:
            named = f"not in the schema; as {self.inferred.label}, {self.fits:,} of {self.of:,} values fit"
        said = f"{printable(self.key)}: {named}, used by {counted(self.used, 'item')}"
        return f"{said}, {counted(self.misfits, 'value')} of another kind" if self.misfits else said


class UsageCache:
    """What was counted, by key, as long as neither the values, the rows nor the type change."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Rows, str | None, KeyUsage]] = {}

    def usage(
        self, key: str, ty: KeyType | None, column: Callable[[str], Column], rows: Rows, lock: Lock
    ) -> KeyUsage:
        """How some rows use a key, counted at most once.

        Args:
            key: Metadata key.
            ty: Its type, None for a key that is not in the schema.
            column: Gives the column of a key.
            rows: Row positions (int64), the same array as long as they are the same rows.
            lock: Held while the column is taken.
        """
        identity = ty.identity if ty is not None else None
        with lock:
            held = column(key)
            version = held.version
            known = self._known.get(key)
            if known is not None and known[0] == version and known[1] is rows and known[2] == identity:
                return known[3]
            values = held.take(rows)
        found = _usage(key, ty, values)
        self._known[key] = (version, rows, identity, found)
        return found


def usage_of(
    types: Mapping[str, KeyType],
    held: Iterable[str],
    column: Callable[[str], Column],
    rows: Rows,
    *,
    cache: UsageCache | None = None,
    lock: Lock | None = None,
) -> list[KeyUsage]:
    """How some rows use each key of a schema, and each key beside it.

    Args:
        types: Types by key.
        held: Keys that items hold.
        column: Gives the column of a key.
        rows: Row positions, int64.
        cache: What was counted before.
        lock: Held while a column is taken, and given back before its values are looked at.

    Returns:
        The keys of the schema in its order, then the others that are used.
    """
    others = (key for key in held if key not in types and not key.startswith(_OWN))
    count = (cache or UsageCache()).usage
    found = [
        count(key, types.get(key), column, rows, lock or nullcontext())
        for key in dict.fromkeys([*types, *others])
    ]
    return [one for one in found if one.used or one.type is not None]


def _usage(key: str, ty: KeyType | None, values: Column) -> KeyUsage:
    from encord_widgets.metadata.filters.masks import Cells  # a package of its own, loaded when asked for
    from encord_widgets.metadata.filters.misfits import misfits

    used = int(np.count_nonzero(values.tags != Tag.ABSENT))
    nulls = int(np.count_nonzero(values.tags == Tag.NULL))
    state: UsageState = "unlisted"
    if ty is not None:
        state = "unknown" if ty.kind == "unknown" else ty.state
    wrong = 0 if ty is None else int(np.count_nonzero(misfits(Cells(values), ty)))
    guess = infer(values) if ty is None and key_problem(key) is None else None
    return KeyUsage(
        key,
        ty,
        state,
        used,
        nulls,
        wrong,
        samples(values, np.arange(len(values), dtype=np.int64)),
        guess.type if guess else None,
        guess.fits if guess else 0,
        used - nulls,
    )
