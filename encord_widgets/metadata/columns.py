"""One column of metadata: a tag, a number and a text code for every row.

Absent, null, booleans, integers, floats, text and nested JSON may stand in one column and come back exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress, count, islice, repeat
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.kinds import by_kind
from encord_widgets.metadata.text_store import Texts
from encord_widgets.metadata.values import ABSENT, Absent, Value, json_texts, loads

__all__ = ["Column", "Rows", "Tag"]

Rows: TypeAlias = npt.NDArray[np.int64]
_EXACT_INT: Final = 2**53
_FEW_TEXTS: Final = 5000
_LOG_ENTRIES: Final = 1000
_VERSIONS: Final = count(1)  # no two contents share a number, whichever columns they are in


class Tag:
    """What a cell of a `Column` holds."""

    ABSENT: Final = 0
    NULL: Final = 1
    FALSE: Final = 2
    TRUE: Final = 3
    INT: Final = 4
    FLOAT: Final = 5
    TEXT: Final = 6
    JSON: Final = 7  # objects and arrays, as JSON text
    BIG_INT: Final = 8  # integers that a float64 cannot hold, as digits


class Column:
    """Values of one key for all rows, typed by cell.

    Numbers live in a float64 array (integers to 2^53 are exact there), text as codes into a packed list of the column
    in which a repeated text stands once, nested JSON and longer integers as text in another list. Both lists only ever
    get longer, so what was worked out for a code stays true.

    Args:
        rows: Number of rows, all absent at first.

    Example:
        >>> column = Column(2)
        >>> column.write(np.array([1]), ["fog"])
        >>> column.values(np.array([0, 1]))
        [<absent>, 'fog']
    """

    __slots__ = (
        "_codes",
        "_index",
        "_kinds",
        "_log",
        "_logged",
        "_numbers",
        "_size",
        "_tags",
        "jsons",
        "texts",
        "version",
    )

    def __init__(self, rows: int = 0) -> None:
        self._size = rows
        self._tags: npt.NDArray[np.uint8] = np.zeros(rows, dtype=np.uint8)
        self._numbers: npt.NDArray[np.float64] | None = None
        self._codes: npt.NDArray[np.int32] | None = None
        self.texts = Texts()
        self.jsons = Texts()
        self._index: dict[str, int] | None = {}
        self.version = next(_VERSIONS)
        """Equal as long as the content is: every write and growth gives a number that no column ever had."""
        self._log: list[
            tuple[int, Rows | range]
        ] = []  # the version before each change, and the rows it touched
        self._logged = 0
        self._kinds: tuple[int, tuple[int, ...]] | None = None

    @classmethod
    def made(
        cls,
        tags: npt.NDArray[np.uint8],
        numbers: npt.NDArray[np.float64] | None,
        codes: npt.NDArray[np.int32] | None,
        texts: Texts,
        jsons: Texts,
        *,
        repeats: bool,
    ) -> Column:
        """A column made of whole parts, which it takes over.

        Args:
            tags: One `Tag` for every row.
            numbers: The number of every row; None where no cell is one.
            codes: Positions in `texts` or `jsons` of every row; None where no cell needs one.
            texts: Texts of the cells.
            jsons: Nested JSON and long integers of the cells.
            repeats: Whether a text that is written later is looked up, so that it stands once.
        """
        column = cls()
        column._size, column._tags, column._numbers, column._codes = len(tags), tags, numbers, codes
        column.texts, column.jsons = texts, jsons
        column._index = {text: code for code, text in enumerate(texts)} if repeats else None
        return column

    @property
    def repeats(self) -> bool:
        """Whether each text is kept once, however often it occurs; given up where hardly any comes twice."""
        return self._index is not None

    def __len__(self) -> int:
        return self._size

    @property
    def tags(self) -> npt.NDArray[np.uint8]:
        """One `Tag` for every row (uint8)."""
        return self._tags[: self._size]

    @property
    def kinds(self) -> tuple[int, ...]:
        """Every `Tag` that occurs, in order; looked for once a version.

        Example:
            >>> Column.of("fog", 2).kinds == (Tag.TEXT,)
            True
        """
        if self._kinds is None or self._kinds[0] != self.version:
            tags = self.tags
            self._kinds = self.version, tuple(tag for tag in range(Tag.BIG_INT + 1) if (tags == tag).any())
        return self._kinds[1]

    @property
    def numbers(self) -> npt.NDArray[np.float64]:
        """The number of every row (float64); meaningless where the tag is neither INT nor FLOAT."""
        if self._numbers is None:
            return np.zeros(self._size, dtype=np.float64)
        return self._numbers[: self._size]

    @property
    def codes(self) -> npt.NDArray[np.int32]:
        """Position in `texts` (TEXT) or `jsons` (JSON, BIG_INT) of every row (int32); meaningless for other tags."""
        if self._codes is None:
            return np.zeros(self._size, dtype=np.int32)
        return self._codes[: self._size]

    def grow(self, rows: int, room: int = 0) -> None:
        """Lengthen the column; new rows are absent.

        Args:
            rows: New number of rows, not below the present one.
            room: How many there will be, where that is known: space is made once, and not half as much again each time.
        """
        if rows > len(self._tags):
            grown = len(self._tags) + (len(self._tags) >> 1)
            capacity = room if room >= rows else max(rows, grown, 1024)
            self._tags = _lengthened(self._tags, capacity)
            if self._numbers is not None:
                self._numbers = _lengthened(self._numbers, capacity)
            if self._codes is not None:
                self._codes = _lengthened(self._codes, capacity)
        if rows > self._size:
            self._note(range(self._size, rows))
        self._size = rows

    def copy(self) -> Column:
        """A column with the same values that can be written without changing this one."""
        other = Column()
        other._size = self._size
        other._tags = self._tags.copy()
        other._numbers = None if self._numbers is None else self._numbers.copy()
        other._codes = None if self._codes is None else self._codes.copy()
        other.texts = self.texts.copy()
        other.jsons = self.jsons.copy()
        other._index = None if self._index is None else dict(self._index)
        other.version = self.version
        other._log, other._logged = list(self._log), self._logged
        return other

    def changed_rows(self, since: int) -> Rows | None:
        """Rows that were written or added since a version, so that what depends on values is patched there.

        Args:
            since: An earlier `version` of this column, or of the one it was copied from.

        Returns:
            Row positions in order (int64), or None when that is not known any more: look at all rows.

        Example:
            >>> column = Column(2)
            >>> before = column.version
            >>> column.write(np.array([1]), ["fog"])
            >>> column.changed_rows(before), column.changed_rows(-1)
            (array([1]), None)
        """
        if since == self.version:
            return np.empty(0, dtype=np.int64)
        for place in range(len(self._log) - 1, -1, -1):
            if self._log[place][0] == since:
                touched = [np.asarray(rows, dtype=np.int64) for _, rows in self._log[place:]]
                return np.unique(np.concatenate(touched))
        return None

    def _note(self, rows: Rows | range) -> None:
        """Log a change that is about to be made; with more rows logged than there are, all are looked at instead."""
        self._log.append((self.version, rows))
        self._logged += len(rows)
        if self._logged > self._size or len(self._log) > _LOG_ENTRIES:
            self._log.clear()
            self._logged = 0
        self.version = next(_VERSIONS)

    def write(self, rows: Rows, values: Sequence[Value]) -> None:
        """Set cells.

        Args:
            rows: Row positions, int64, each at most once.
            values: One value for each, JSON or `ABSENT`.
        """
        self._note(rows)
        for kind, here, chosen in by_kind(values):
            self._write_kind(kind, rows if here is None else rows[here], chosen)

    def _write_kind(self, kind: type, rows: Rows, values: Sequence[Any]) -> None:
        """Set cells to values of one Python type."""
        if kind is str:
            self._tags[rows] = Tag.TEXT
            if values[0] == values[-1] and values.count(values[0]) == len(values):
                values = values[:1]  # most item fields hold one text on the whole page
            self._code_array()[rows] = self._encode(values)
        elif kind is float:
            self._tags[rows] = Tag.FLOAT
            self._number_array()[rows] = np.array(values, dtype=np.float64)
        elif kind is int:
            self._write_integers(rows, values)
        elif kind is bool:
            self._tags[rows] = np.where(np.array(values, dtype=np.bool_), Tag.TRUE, Tag.FALSE)
        elif kind is Absent:
            self._tags[rows] = Tag.ABSENT
        elif kind is type(None):
            self._tags[rows] = Tag.NULL
        else:
            self._tags[rows] = Tag.JSON
            self._code_array()[rows] = self._keep(json_texts(values))

    def _write_integers(self, rows: Rows, values: Sequence[int]) -> None:
        try:
            numbers = np.array(values, dtype=np.int64)
        except OverflowError:
            pass
        else:
            if int(numbers.min()) >= -_EXACT_INT and int(numbers.max()) <= _EXACT_INT:
                self._tags[rows] = Tag.INT
                self._number_array()[rows] = numbers
                return
        exact = np.array([-_EXACT_INT <= value <= _EXACT_INT for value in values], dtype=np.bool_)
        self._tags[rows] = np.where(exact, Tag.INT, Tag.BIG_INT)
        self._number_array()[rows[exact]] = list(compress(values, exact))
        self._code_array()[rows[~exact]] = self._keep(list(map(str, compress(values, ~exact))))

    @classmethod
    def of(cls, value: Value, rows: int) -> Column:
        """A column that holds one value in every row.

        Args:
            value: JSON or `ABSENT`.
            rows: Number of rows.

        Example:
            >>> Column.of("fog", 2).values(np.array([0, 1]))
            ['fog', 'fog']
        """
        column = cls(1)
        column.write(np.zeros(1, dtype=np.int64), [value])
        column._size, column._index = rows, None
        column._tags = np.full(rows, column._tags[0])
        if column._numbers is not None:
            column._numbers = np.full(rows, column._numbers[0])
        if column._codes is not None:
            column._codes = np.zeros(rows, dtype=np.int32)  # the only text, or the only JSON
        return column

    def take(self, rows: Rows) -> Column:
        """The cells of some rows as a column of their own, which is never written: it shares its texts with this one.

        Args:
            rows: Row positions, int64, in the order wanted.
        """
        other = Column()
        other._size = len(rows)
        other._tags = self._tags[rows]
        other._numbers = None if self._numbers is None else self._numbers[rows]
        other._codes = None if self._codes is None else self._codes[rows]
        other.texts, other.jsons, other._index = self.texts, self.jsons, None
        return other

    def put(self, rows: Rows, other: Column) -> None:
        """Set cells to those of another column, without a Python value for each.

        Args:
            rows: Row positions, int64, each at most once.
            other: A column with one cell for each of them.
        """
        self._note(rows)
        tags = other.tags
        self._tags[rows] = tags
        if other._numbers is not None:
            self._number_array()[rows] = other.numbers
        if other._codes is None:
            return
        codes = other.codes.copy()
        textual, nested = tags == Tag.TEXT, (tags == Tag.JSON) | (tags == Tag.BIG_INT)
        for places, spelled, keep in (
            (textual, other.texts, self._encode),
            (nested, other.jsons, self._keep),
        ):
            if places.any():
                used = np.flatnonzero(np.bincount(other.codes if places.all() else other.codes[places]))
                mine = np.zeros(int(used[-1]) + 1, dtype=np.int32)
                mine[used] = keep(spelled.pick(used.tolist()))
                np.copyto(codes, mine.take(other.codes, mode="clip"), where=places)
        self._code_array()[rows] = codes

    def value(self, row: int) -> Value:
        """The value of one row.

        Args:
            row: Row position.
        """
        return self._cells(int(self._tags[row]), np.array([row]))[0]

    def values(self, rows: Rows) -> list[Value]:
        """The values of some rows, in the order asked for.

        Args:
            rows: Row positions, int64.
        """
        tags = self._tags[rows]
        if len(tags) and (tags == tags[0]).all():
            return self._cells(int(tags[0]), rows)
        return self.objects(rows).tolist()  # type: ignore[no-any-return]  # an array of values

    def objects(self, rows: Rows) -> npt.NDArray[np.object_]:
        """The values of some rows as an array of Python objects, which is how a table takes them.

        Args:
            rows: Row positions, int64.

        Example:
            >>> Column.of(4, 2).objects(np.arange(2))
            array([4, 4], dtype=object)
        """
        tags = self._tags[rows]
        found: npt.NDArray[np.object_] = np.full(len(rows), ABSENT, dtype=object)
        for tag in np.flatnonzero(np.bincount(tags, minlength=1)).tolist():
            places = slice(None) if (tags == tag).all() else np.flatnonzero(tags == tag)
            found[places] = self._objects(tag, rows[places])
        return found

    def _objects(self, tag: int, rows: Rows) -> npt.NDArray[np.object_] | Value:
        """The cells of one tag; one value stands for all where they are alike."""
        if tag in _CONSTANTS:
            return _CONSTANTS[tag]
        if tag == Tag.FLOAT:
            return self.numbers[rows].astype(object)
        if tag == Tag.INT:
            return self.numbers[rows].astype(np.int64).astype(object)
        if tag == Tag.TEXT:
            return self.texts.objects(self.codes[rows])
        return np.fromiter(self._cells(tag, rows), dtype=object, count=len(rows))

    def _cells(self, tag: int, rows: Rows) -> list[Value]:
        if tag == Tag.FLOAT:
            return list(self.numbers[rows].tolist())
        if tag == Tag.INT:
            return list(self.numbers[rows].astype(np.int64).tolist())
        if tag in _CONSTANTS:
            return [_CONSTANTS[tag]] * len(rows)
        codes = self.codes[rows]
        if tag == Tag.TEXT:
            return list(self.texts.objects(codes).tolist())
        return list(map(loads, self.jsons.pick(codes.tolist())))

    def codes_of(self, words: Sequence[str]) -> npt.NDArray[np.int32] | None:
        """Positions of texts in `texts`, -1 for one that is not there; None where texts are not looked up any more.

        Args:
            words: Texts to look for.
        """
        if self._index is None:
            return None
        found = map(self._index.get, words, repeat(-1))
        return np.fromiter(found, dtype=np.int32, count=len(words))

    def _number_array(self) -> npt.NDArray[np.float64]:
        if self._numbers is None:
            self._numbers = np.zeros(len(self._tags), dtype=np.float64)
        return self._numbers

    def _code_array(self) -> npt.NDArray[np.int32]:
        if self._codes is None:
            self._codes = np.zeros(len(self._tags), dtype=np.int32)
        return self._codes

    def _encode(self, words: Sequence[str]) -> npt.NDArray[np.int32] | range:
        """Codes of texts; each text is kept once, until it shows that hardly any comes twice."""
        index = self._index
        start = len(self.texts)
        if index is None:
            self.texts.extend(words)
            return range(start, len(self.texts))
        try:
            return np.fromiter(map(index.__getitem__, words), dtype=np.int32, count=len(words))
        except KeyError:
            codes = np.fromiter(
                (index.setdefault(word, len(index)) for word in words), dtype=np.int32, count=len(words)
            )
        self.texts.extend(list(islice(reversed(index), len(index) - start))[::-1])
        if len(index) > _FEW_TEXTS and len(index) > self._size / 2:
            self._index = None
        return codes

    def _keep(self, texts: list[str]) -> Sequence[int]:
        start = len(self.jsons)
        self.jsons.extend(texts)
        return range(start, len(self.jsons))


_CONSTANTS: Final[dict[int, Value]] = {Tag.ABSENT: ABSENT, Tag.NULL: None, Tag.FALSE: False, Tag.TRUE: True}


def _lengthened(array: npt.NDArray, capacity: int) -> npt.NDArray:  # type: ignore[type-arg]  # any dtype
    longer = np.zeros(capacity, dtype=array.dtype)
    longer[: len(array)] = array
    return longer
