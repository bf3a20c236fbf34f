"""Columns made of whole arrays, without a Python value for each cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Tag
from encord_widgets.metadata.text_store import Texts

__all__ = ["column_of_numbers", "column_of_texts"]

_EXACT_INT: Final = 2**53


def column_of_numbers(values: npt.NDArray[Any]) -> Column | None:
    """Numbers or booleans as a column; None where one of them is not finite, or an integer too long for a float64.

    Args:
        values: An array of floats, integers or booleans.

    Example:
        >>> column_of_numbers(np.array([1, 2])).values(np.arange(2))
        [1, 2]
        >>> column_of_numbers(np.array([1.5, np.nan])) is None
        True
    """
    column = Column(len(values))
    if values.dtype.kind == "b":
        column.tags[:] = np.where(values, Tag.TRUE, Tag.FALSE)
        return column
    whole = values.dtype.kind != "f"
    if len(values) and not (
        max(-int(values.min()), int(values.max())) <= _EXACT_INT if whole else np.isfinite(values).all()
    ):
        return None
    column.tags[:] = Tag.INT if whole else Tag.FLOAT
    column._number_array()[:] = values  # noqa: SLF001 - a column of its own
    return column


def column_of_texts(words: Sequence[str], codes: npt.NDArray[np.int64]) -> Column:
    """Texts as a column, which is never written.

    Args:
        words: The texts, each once.
        codes: For each cell, the position of its text.

    Example:
        >>> column_of_texts(["rain", "fog"], np.array([1, 0, 1])).values(np.arange(3))
        ['fog', 'rain', 'fog']
    """
    column = Column(len(codes))
    column.tags[:] = Tag.TEXT
    column.texts = Texts(words)
    column._code_array()[:] = codes  # noqa: SLF001 - a column of its own
    return column
