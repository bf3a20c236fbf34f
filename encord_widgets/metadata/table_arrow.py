"""An item table as Arrow tables and back, exactly: every cell keeps its kind, absent and null stay two things.

Each field and key becomes up to four columns: the `Tag` of every cell, and numbers, texts and JSON texts where any cell
has one. Texts that repeat are Arrow dictionaries. Texts are binary, as JSON may hold half a surrogate pair.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.items import ItemTable
from encord_widgets.metadata.text_store import Texts

if TYPE_CHECKING:
    import pyarrow as pa  # loaded where a table is converted

__all__ = ["ArrowLayout", "read_table"]

_FORMAT: Final = 1
_HEADER: Final = b"encord_widgets"
_TEXTUAL: Final = (Tag.TEXT,)
_NESTED: Final = (Tag.JSON, Tag.BIG_INT)
_NUMERIC: Final = (Tag.INT, Tag.FLOAT)
_LAST_TAG: Final = Tag.BIG_INT
Part: TypeAlias = Literal["tag", "number", "text", "word", "json"]
"""`word` is a text that repeats."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A field or key of the table, and which Arrow columns it has."""

    name: str
    key: bool
    column: Column
    version: int
    parts: tuple[Part, ...]


class ArrowLayout:
    """How a table is written: which fields and keys, in which columns. Hold the lock of the table while using it.

    Args:
        table: The items.
        rows: Which of them, in which order (int64).
        header: What else is to be known when it is read.

    Example:
        >>> from encord_widgets.metadata.items import ItemBatch
        >>> table = ItemTable()
        >>> rows = table.append(ItemBatch(["8ad5"], metadata=[{"lux": 2**70, "weather": None}]))
        >>> arrow = ArrowLayout(table, rows, {}).whole()
        >>> read = read_table(arrow.schema, arrow.select, {})
        >>> read.uuids, read.metadata(0)
        (['8ad5'], {'lux': 1180591620717411303424, 'weather': None})
    """

    def __init__(self, table: ItemTable, rows: Rows, header: Mapping[str, str]) -> None:
        import pyarrow as pa

        self._table, self._rows, self._keys = table, rows, table.keys
        fields = [(name, False, table.field(name)) for name in FIELDS]
        keys = [(key, True, table.column(key)) for key in table.keys]
        self._stored = [
            _Stored(name, key, column, column.version, _parts_of(column))
            for name, key, column in (*fields, *keys)
            if not key or column.tags[rows].any()
        ]
        told = {
            "format": _FORMAT,
            **header,
            "fields": list(FIELDS),
            "columns": [[stored.name, stored.key, list(stored.parts)] for stored in self._stored],
        }
        # As ASCII: a key may hold half a surrogate pair.
        self.schema: pa.Schema = pa.schema(
            [
                ("item", pa.binary()),
                *(
                    (_column_name(place, part), _arrow_type(part))
                    for place, stored in enumerate(self._stored)
                    for part in stored.parts
                ),
            ],
            metadata={_HEADER: json.dumps(told).encode()},
        )

    @property
    def still_fits(self) -> bool:
        """Whether nothing was written into the table since."""
        return self._table.keys == self._keys and all(
            stored.column.version == stored.version for stored in self._stored
        )

    def slice(self, start: int, stop: int) -> pa.Table:
        """Some of the rows.

        Args:
            start: Position of the first row.
            stop: Position after the last row.
        """
        import pyarrow as pa

        rows = self._rows[start:stop]
        uuids = self._table.uuids
        arrays: list[Any] = [_binary([uuids[row] for row in rows.tolist()])]
        for stored in self._stored:
            column = stored.column
            tags = column.tags[rows]
            for part in stored.parts:
                if part == "tag":
                    arrays.append(_plain(pa.uint8(), tags))
                elif part == "number":
                    numeric = np.isin(tags, _NUMERIC)
                    arrays.append(_plain(pa.float64(), np.where(numeric, column.numbers[rows], 0.0)))
                elif part == "json":
                    arrays.append(_texts(column.jsons, column.codes[rows], np.isin(tags, _NESTED)))
                elif part == "text":
                    arrays.append(_texts(column.texts, column.codes[rows], tags == Tag.TEXT))
                else:
                    arrays.append(_words(column.texts, column.codes[rows], tags == Tag.TEXT))
        return pa.table(arrays, schema=self.schema)

    def whole(self) -> pa.Table:
        """All rows."""
        return self.slice(0, len(self._rows))


def read_table(
    schema: pa.Schema, read: Callable[[list[str]], pa.Table], header: Mapping[str, str]
) -> ItemTable:
    """The item table that was written, its rows in the order in which they were.

    Args:
        schema: That of an `ArrowLayout`.
        read: Gives some of the columns by name, so that never all of them are in memory twice.
        header: What must stand in its header.

    Raises:
        ValueError: If it is of another format, has another header, or is damaged.
    """
    try:
        told = json.loads((schema.metadata or {})[_HEADER])
        expected = {"format": _FORMAT, **header, "fields": list(FIELDS)}
        if any(told[name] != value for name, value in expected.items()):
            raise ValueError("it was written by another version, or is of another source")
        columns: dict[bool, dict[str, Column]] = {False: {}, True: {}}
        for place, (name, key, parts) in enumerate(told["columns"]):
            columns[key][name] = _read_column(read([_column_name(place, part) for part in parts]), parts)
        uuids = [text for chunk in read(["item"]).column(0).chunks for text in _letters(chunk)]
    except (KeyError, TypeError) as error:
        raise ValueError(f"a part is missing: {error}") from error
    table = ItemTable()
    table.fill(uuids, columns[False], columns[True])
    return table


# -- writing -------------------------------------------------------------------------------------------------------


def _column_name(place: int, part: str) -> str:
    return f"{place}.{part}"


def _arrow_type(part: Part) -> Any:
    import pyarrow as pa

    return {
        "tag": pa.uint8(),
        "number": pa.float64(),
        "text": pa.binary(),
        "word": pa.dictionary(pa.int32(), pa.binary()),
        "json": pa.binary(),
    }[part]


def _parts_of(column: Column) -> tuple[Part, ...]:
    kinds = set(column.kinds)
    parts: list[Part] = ["tag"]
    if kinds & set(_NUMERIC):
        parts.append("number")
    if kinds & set(_TEXTUAL):
        parts.append("word" if column.repeats else "text")
    if kinds & set(_NESTED):
        parts.append("json")
    return tuple(parts)


def _binary(texts: list[str]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(texts, type=pa.string()).cast(pa.binary())
    except UnicodeEncodeError:  # half a surrogate pair
        return pa.array([text.encode("utf-8", "surrogatepass") for text in texts], type=pa.binary())


def _texts(spelled: Texts, codes: npt.NDArray[np.int32], held: npt.NDArray[np.bool_]) -> Any:
    """Texts of the cells that hold one; nothing in the others."""
    letters = _binary(spelled.pick(codes[held].tolist()))
    if held.all():
        return letters
    places = np.where(held, np.cumsum(held) - 1, 0)
    return letters.take(_masked(places, held))


def _words(spelled: Texts, codes: npt.NDArray[np.int32], held: npt.NDArray[np.bool_]) -> Any:
    import pyarrow as pa

    used, places = np.unique(codes[held], return_inverse=True)
    indices = np.zeros(len(codes), dtype=np.int32)
    indices[held] = places
    return pa.DictionaryArray.from_arrays(_masked(indices, held), _binary(spelled.pick(used.tolist())))


def _masked(places: npt.NDArray[Any], held: npt.NDArray[np.bool_]) -> Any:
    import pyarrow as pa

    return _plain(pa.int32(), places.astype(np.int32), None if held.all() else held)


def _plain(kind: pa.DataType, numbers: npt.NDArray[Any], held: npt.NDArray[np.bool_] | None = None) -> Any:
    """Numbers as an Arrow array. Not by `pa.array`, which loads pandas to look whether it was given a Series."""
    import pyarrow as pa

    valid = None if held is None else pa.py_buffer(np.packbits(held, bitorder="little"))
    return pa.Array.from_buffers(kind, len(numbers), [valid, pa.py_buffer(np.ascontiguousarray(numbers))])


# -- reading -------------------------------------------------------------------------------------------------------


def _read_column(table: pa.Table, names: Sequence[str]) -> Column:
    parts = dict(zip(names, table.columns, strict=True))
    tags = _joined(parts["tag"], np.uint8)
    if len(tags) and tags.max() > _LAST_TAG:
        raise ValueError("a cell of no known kind")
    numbers = _joined(parts["number"], np.float64) if "number" in parts else None
    coded = {"text", "word", "json"} & set(parts)
    codes = np.zeros(len(tags), dtype=np.int32) if coded else None
    texts, jsons = Texts(), Texts()
    if codes is not None:
        if "word" in parts:
            texts = _read_words(parts["word"], tags == Tag.TEXT, codes)
        elif "text" in parts:
            texts = _read_texts(parts["text"], tags == Tag.TEXT, codes)
        if "json" in parts:
            jsons = _read_texts(parts["json"], np.isin(tags, _NESTED), codes)
    return Column.made(tags, numbers, codes, texts, jsons, repeats="text" not in parts)


def _joined(chunked: pa.ChunkedArray, kind: type[np.generic]) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=kind), *(_numpy(chunk, kind) for chunk in chunked.chunks)])


def _numpy(chunk: pa.Array, kind: type[np.generic]) -> npt.NDArray[Any]:
    """Numbers of a chunk, whatever stands where there is none. Not by `to_numpy`, which loads pandas."""
    held = chunk.buffers()[1]
    if not len(chunk):
        return np.empty(0, dtype=kind)
    return np.frombuffer(held, dtype=kind)[chunk.offset : chunk.offset + len(chunk)]


def _pieces(
    chunked: pa.ChunkedArray, held: npt.NDArray[np.bool_]
) -> Iterator[tuple[Any, slice, npt.NDArray[np.bool_]]]:
    """Each chunk, where it lies in the column, and which of its cells hold a text."""
    start = 0
    for chunk in chunked.chunks:
        place = slice(start, start + len(chunk))
        if len(chunk) - chunk.null_count != np.count_nonzero(held[place]):
            raise ValueError("texts and kinds of cells disagree")
        yield chunk, place, held[place]
        start = place.stop


def _read_words(chunked: pa.ChunkedArray, held: npt.NDArray[np.bool_], codes: npt.NDArray[np.int32]) -> Texts:
    known: dict[str, int] = {}
    for chunk, place, mine in _pieces(chunked, held):
        words = np.array(
            [known.setdefault(word, len(known)) for word in _letters(chunk.dictionary)], dtype=np.int32
        )
        if mine.any():
            codes[place][mine] = words[_numpy(chunk.indices, np.int32)[mine]]
    return Texts(known)


def _read_texts(chunked: pa.ChunkedArray, held: npt.NDArray[np.bool_], codes: npt.NDArray[np.int32]) -> Texts:
    texts = Texts()
    for chunk, _, mine in _pieces(chunked, held):
        letters, ends = _spelled(chunk)
        texts.pack(letters, ends[mine])  # a cell without a text has no letters
    codes[held] = np.arange(len(texts), dtype=np.int32)
    return texts


def _spelled(chunk: pa.BinaryArray) -> tuple[bytes, npt.NDArray[np.int64]]:
    """The letters of a chunk in a row, and where each text of it ends."""
    _, offsets, data = chunk.buffers()
    if not len(chunk):
        return b"", np.empty(0, dtype=np.int64)
    places = np.frombuffer(offsets, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1].astype(
        np.int64
    )
    letters = b"" if data is None else data[int(places[0]) : int(places[-1])].to_pybytes()
    return letters, places[1:] - places[0]


def _letters(chunk: pa.BinaryArray) -> list[str]:
    letters, ends = _spelled(chunk)
    if not letters.isascii():
        return list(Texts.packed(letters, ends))
    whole = letters.decode("ascii")
    return [whole[start:end] for start, end in pairwise([0, *ends.tolist()])]
