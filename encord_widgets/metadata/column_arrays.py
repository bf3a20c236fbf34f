"""Columns made of whole arrays, without a Python value for each cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.text_store import Texts

if TYPE_CHECKING:
    import pyarrow as pa  # loaded by whoever has a table of it
    from pandas.api.extensions import ExtensionArray

__all__ = [
    "arrow_of_texts",
    "column_of_arrow",
    "column_of_numbers",
    "column_of_texts",
    "pandas_texts",
    "woven",
]

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


def column_of_arrow(chunks: Sequence[pa.Array]) -> Column:
    """Texts of an Arrow table as a column, a text for each cell whether it repeats or not; none is made anew.

    Args:
        chunks: Arrays of `large_string`, without nulls.

    Example:
        >>> import pyarrow as pa
        >>> column_of_arrow([pa.array(["rain", "fog"], pa.large_string())]).values(np.arange(2))
        ['rain', 'fog']
    """
    letters: list[bytes] = []
    ends: list[npt.NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    begun = 0
    for chunk in chunks:
        _, offsets, data = chunk.buffers()
        if not len(chunk):
            continue
        places = np.frombuffer(offsets, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
        first, last = int(places[0]), int(places[-1])
        letters.append(b"" if data is None else data[first:last].to_pybytes())
        ends.append(places[1:] + (begun - first))
        begun += last - first
    stops = np.concatenate(ends)
    tags, codes = np.full(len(stops), Tag.TEXT, dtype=np.uint8), np.arange(len(stops), dtype=np.int32)
    return Column.made(tags, None, codes, Texts.packed(b"".join(letters), stops), Texts(), repeats=False)


def arrow_of_texts(
    texts: Texts, codes: npt.NDArray[np.int32], gone: npt.NDArray[np.bool_] | None = None
) -> pa.Array | None:
    """Texts as an Arrow array, without a Python object for each; None where Arrow cannot hold one of them.

    Args:
        texts: Texts.
        codes: For each cell, the position of its text.
        gone: Cells without a text; their codes do not count.

    Example:
        >>> arrow_of_texts(Texts(["rain", "fog"]), np.array([1, 0]), np.array([False, True])).to_pylist()
        ['fog', None]
    """
    import pyarrow as pa  # loaded where a table is asked for

    try:
        letters, ends = texts.unpacked()
    except UnicodeEncodeError:  # half a surrogate pair
        return None
    offsets = np.concatenate([[0], ends])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    words = pa.Array.from_buffers(pa.large_string(), len(ends), buffers)
    every = gone is None or not gone.any()
    if every and np.array_equal(codes, np.arange(len(ends))):
        return words
    return words.take(pa.array(codes) if every else pa.array(codes, mask=gone))


def pandas_texts(texts: pa.Array) -> ExtensionArray:
    """Texts of Arrow as pandas keeps texts, without a look at each.

    Args:
        texts: An array of `large_string`.

    Example:
        >>> import pyarrow as pa
        >>> str(pandas_texts(pa.array(["rain", None], pa.large_string())).dtype)
        'str'
    """
    import pandas as pd  # pandas is loaded when a table is asked for

    dtype: Any = pd.Series(dtype="str").dtype
    made: ExtensionArray = dtype.__from_arrow__(texts)
    return made


def woven(first: Rows, one: Column, second: Rows, other: Column) -> Column:
    """Two columns as one, which is never written.

    Args:
        first: Where the cells of the first go (int64).
        one: The first column.
        second: Where those of the second go; each place is in one of both.
        other: The second column.

    Example:
        >>> woven(np.array([0, 2]), Column.of("fog", 2), np.array([1]), Column.of(4, 1)).values(np.arange(3))
        ['fog', 4, 'fog']
    """
    size = len(first) + len(second)
    if one.texts is not other.texts or one.jsons is not other.jsons:
        column = Column(size)
        column.put(first, one)
        column.put(second, other)
        return column
    tags = np.empty(size, dtype=np.uint8)
    tags[first], tags[second] = one.tags, other.tags
    numbers = codes = None
    if ((tags == Tag.INT) | (tags == Tag.FLOAT)).any():
        numbers = np.empty(size, dtype=np.float64)
        numbers[first], numbers[second] = one.numbers, other.numbers
    if (tags >= Tag.TEXT).any():  # codes stay what they are: the texts are shared
        codes = np.empty(size, dtype=np.int32)
        codes[first], codes[second] = one.codes, other.codes
    return Column.made(tags, numbers, codes, one.texts, one.jsons, repeats=False)


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
