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
    if values.dtype.kind == "b":
        return _made(np.where(values, Tag.TRUE, Tag.FALSE))
    whole = values.dtype.kind != "f"
    if len(values) and not (
        max(-int(values.min()), int(values.max())) <= _EXACT_INT if whole else np.isfinite(values).all()
    ):
        return None
    return _made(np.full(len(values), Tag.INT if whole else Tag.FLOAT), numbers=values)


def column_of_texts(words: Sequence[str], codes: npt.NDArray[np.int64]) -> Column:
    """Texts as a column.

    Args:
        words: The texts, each once.
        codes: For each cell, the position of its text.

    Example:
        >>> column_of_texts(["rain", "fog"], np.array([1, 0, 1])).values(np.arange(3))
        ['fog', 'rain', 'fog']
    """
    return _made(np.full(len(codes), Tag.TEXT), codes=codes, texts=words)


def _made(
    tags: npt.NDArray[Any],
    *,
    numbers: npt.NDArray[Any] | None = None,
    codes: npt.NDArray[Any] | None = None,
    texts: Sequence[str] = (),
) -> Column:
    return Column.made(
        tags.astype(np.uint8),
        None if numbers is None else numbers.astype(np.float64),
        None if codes is None else codes.astype(np.int32),
        Texts(texts),
        Texts(),
        repeats=False,
    )
