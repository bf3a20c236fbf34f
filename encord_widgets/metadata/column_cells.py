"""Columns compared, or spelled as JSON, cell by cell without a Python value for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.text_store import Texts
from encord_widgets.metadata.values import canonical, json_texts, loads

__all__ = ["json_cells", "same_cells"]

Mask: TypeAlias = npt.NDArray[np.bool_]
_Codes: TypeAlias = npt.NDArray[np.int32]
_Judge: TypeAlias = Callable[[str, str], bool]
_EXACT_INT: Final = 2**53
_FEW_PAIRS: Final = 4096
_SPELLED: Final = {Tag.NULL: ["null"], Tag.FALSE: ["false"], Tag.TRUE: ["true"]}


def same_cells(a: Column, b: Column) -> Mask:
    """For each row whether two columns hold the same canonical JSON there, as `values.same` judges it.

    Args:
        a: A column.
        b: A column of the same length.

    Example:
        >>> same_cells(Column.of(1, 2), Column.of(1.0, 2)), same_cells(Column.of(True, 1), Column.of(1, 1))
        (array([ True,  True]), array([False]))
    """
    if a is b:
        return np.ones(len(a), dtype=np.bool_)
    tags, others = a.tags, b.tags
    equal: Mask = np.equal(tags, others)
    numeric = _is_number(tags) & _is_number(others)
    if numeric.any():
        # A whole float past 2^53 is spelled as a float, so it is not the integer.
        exact = equal | (np.abs(a.numbers) < _EXACT_INT)
        equal = np.where(numeric, (a.numbers == b.numbers) & exact, equal)
    for tag, spelled, other, judge in (
        (Tag.TEXT, a.texts, b.texts, str.__eq__),
        (Tag.BIG_INT, a.jsons, b.jsons, str.__eq__),
        (Tag.JSON, a.jsons, b.jsons, _same_json),
    ):
        here = equal & (tags == tag)
        count = int(np.count_nonzero(here))
        if not count:
            continue
        if len(spelled) * len(other) <= min(count, _FEW_PAIRS):  # all there are are judged: no look at which
            equal &= _by_table(a.codes, spelled, b.codes, other, judge) | ~here
            continue
        places = np.flatnonzero(here)
        equal[places] = _same_spelled(a.codes[places], spelled, b.codes[places], other, judge)
    return equal


def json_cells(column: Column, rows: Rows) -> npt.NDArray[np.object_]:
    """The JSON texts of some cells, None for absent ones, as `values.compact` spells them.

    Args:
        column: A column.
        rows: Row positions, int64.

    Example:
        >>> json_cells(Column.of("fog", 2), np.arange(2)).tolist()
        ['"fog"', '"fog"']
    """
    tags = column.tags[rows]
    found: npt.NDArray[np.object_] = np.full(len(rows), None, dtype=object)
    for tag in np.flatnonzero(np.bincount(tags, minlength=1)).tolist():
        places = np.flatnonzero(tags == tag)
        if tag == Tag.TEXT or tag in _SPELLED:
            codes = column.codes[rows[places]] if tag == Tag.TEXT else np.zeros(len(places), dtype=np.int32)
            used = np.flatnonzero(np.bincount(codes))
            words = _SPELLED.get(tag) or json_texts(column.texts.objects(used))
            found[places] = _by_code(used, np.array(words, dtype=object))[codes]
        elif tag in {Tag.JSON, Tag.BIG_INT}:
            found[places] = column.jsons.objects(column.codes[rows[places]])
        elif tag != Tag.ABSENT:
            numbers = column.numbers[rows[places]]
            plain: list[Any] = (numbers.astype(np.int64) if tag == Tag.INT else numbers).tolist()
            # Of objects at once: numpy would make a text array of a list first.
            found[places] = np.array(orjson.dumps(plain)[1:-1].decode().split(","), dtype=object)
    return found


def _is_number(tags: npt.NDArray[np.uint8]) -> Mask:
    found: Mask = (tags == Tag.INT) | (tags == Tag.FLOAT)
    return found


def _same_json(one: str, other: str) -> bool:
    return one == other or canonical(loads(one)) == canonical(loads(other))


def _by_table(a: _Codes, spelled: Texts, b: _Codes, other: Texts, judge: _Judge) -> Mask:
    """For each row whether two texts are the same; rows without one get anything."""
    words = list(other)
    table = np.array([judge(one, word) for one in spelled for word in words], dtype=np.bool_)
    pairs = a if len(words) == 1 else a * np.int64(len(words)) + b
    return table.take(pairs, mode="clip")


def _same_spelled(a: _Codes, spelled: Texts, b: _Codes, other: Texts, judge: _Judge) -> Mask:
    same = (a == b) if spelled is other else np.zeros(len(a), dtype=np.bool_)
    left = np.flatnonzero(~same)
    if not len(left):
        return same
    a, b = a[left], b[left]
    mine, theirs = np.flatnonzero(np.bincount(a)), np.flatnonzero(np.bincount(b))
    if len(theirs) == 1:
        same[left] = _like(spelled, mine, other[int(theirs[0])], judge)[a]
    elif len(mine) == 1:
        same[left] = _like(other, theirs, spelled[int(mine[0])], judge)[b]
    elif len(mine) * len(theirs) <= _FEW_PAIRS:
        words = other.pick(theirs.tolist())
        table = np.array([list(map(judge, repeat(one), words)) for one in spelled.pick(mine.tolist())])
        same[left] = table[_by_code(mine, range(len(mine)))[a], _by_code(theirs, range(len(theirs)))[b]]
    elif judge is str.__eq__:
        same[left] = spelled.objects(a) == other.objects(b)
    else:
        found = map(judge, spelled.pick(a.tolist()), other.pick(b.tolist()))
        same[left] = np.fromiter(found, dtype=np.bool_, count=len(left))
    return same


def _like(spelled: Texts, used: npt.NDArray[np.int64], word: str, judge: _Judge) -> Mask:
    """A table by code with which of the used texts are the same as one."""
    if judge is str.__eq__ and len(used) > _FEW_PAIRS:
        return spelled.alike(word)
    return _by_code(used, [judge(one, word) for one in spelled.pick(used.tolist())])


def _by_code(used: npt.NDArray[np.int64], found: Sequence[int] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A table by code with what was found for those that are used."""
    values = np.array(found)
    table = np.zeros(int(used[-1]) + 1, dtype=values.dtype)
    table[used] = values
    return table
