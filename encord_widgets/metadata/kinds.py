"""Values of many types, taken apart by type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.values import Absent, Value

__all__ = ["by_kind"]

_KINDS: Final[tuple[type, ...]] = (Absent, type(None), bool, int, float, str, list, dict)
_KIND_NUMBER: Final = {kind: number for number, kind in enumerate(_KINDS)}
_VALUELESS: Final = frozenset({Absent, type(None)})


def by_kind(values: Sequence[Value]) -> Iterator[tuple[type, npt.NDArray[np.bool_] | None, Sequence[Any]]]:
    """The values of each Python type.

    Args:
        values: JSON or `ABSENT`.

    Yields:
        The type, where its values are (None: everywhere), and the values; none for types that have one value only.

    Example:
        >>> [(kind.__name__, list(chosen)) for kind, _, chosen in by_kind([1, 2])]
        [('int', [1, 2])]
    """
    kinds = set(map(type, values))
    if len(kinds) == 1:
        yield kinds.pop(), None, values
        return
    order = np.fromiter(map(_KIND_NUMBER.__getitem__, map(type, values)), dtype=np.uint8, count=len(values))
    for kind in kinds:
        here = order == _KIND_NUMBER[kind]
        yield kind, here, () if kind in _VALUELESS else list(compress(values, here.tobytes()))
