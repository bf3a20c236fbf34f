"""The type that fits the values of a key: never by turning one kind of value into another."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.columns import Column, Tag
from encord_widgets.metadata.item_fields import FIELDS, OWN_KEYS
from encord_widgets.metadata.schema_rules import key_problem
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.values import Json, loads, shown, to_json

__all__ = ["Inference", "infer", "infer_types"]

_MOST: Final = 0.9  # share of texts that have to be uuids or dates for the key to be one
_FEW_OPTIONS: Final = 24
_PER_OPTION: Final = 3
_OPTION_LENGTH: Final = 64
_VARCHAR: Final = 8192
_UUID_DIGITS: Final = 32
_DASH: Final = 4  # where the dash of a date stands: digits alone are no date


@dataclass(frozen=True, slots=True)
class Inference:
    """A type for a key, and how well it fits.

    Args:
        type: The type that fits most values.
        fits: How many values fit.
        of: How many values there are, null aside.

    Example:
        >>> Inference(KeyType("number"), fits=1204, of=1210).text
        'number: 1,204 of 1,210 values fit'
    """

    type: KeyType
    fits: int
    of: int

    @property
    def text(self) -> str:
        """The finding in a few words."""
        return f"{self.type.label}: {self.fits:,} of {self.of:,} values fit"


def infer(values: Column) -> Inference | None:
    """The type that fits most of some values, or None where no type fits any of them.

    Text stays text, also where it spells a number: `"100"` is no number, and its type is `varchar`. Uuids and dates
    are told from other text, and a few texts that come again and again become an enum.

    Args:
        values: The values; absent and null do not count.

    Example:
        >>> column = Column(3)
        >>> column.write(np.arange(3), [7, 8, "n/a"])
        >>> infer(column).text
        'number: 2 of 3 values fit'
    """
    from encord_widgets.metadata.filters.masks import Cells  # a package of its own, loaded when asked for
    from encord_widgets.metadata.filters.misfits import misfits

    tags = [int(np.count_nonzero(values.tags == tag)) for tag in range(Tag.BIG_INT + 1)]
    total = len(values) - tags[Tag.ABSENT] - tags[Tag.NULL]
    if not total:
        return None
    kinds: Counter[str] = Counter(
        boolean=tags[Tag.FALSE] + tags[Tag.TRUE],
        number=tags[Tag.INT] + tags[Tag.FLOAT] + tags[Tag.BIG_INT],
        varchar=tags[Tag.TEXT],
    )
    sizes: Counter[int] = Counter()
    places = values.codes[values.tags == Tag.JSON].tolist() if tags[Tag.JSON] else []
    for nested in map(loads, values.jsons.pick(places)):
        kind = _nested_kind(nested)
        kinds[kind] += 1
        if kind == "embedding" and isinstance(nested, list):
            sizes[len(nested)] += 1
    kind = max(_PREFERRED, key=lambda name: kinds[name])
    if not kinds[kind]:
        return None  # nested values that no type of Encord's holds
    if kind == "embedding":
        ty = KeyType.from_wire({"ty": "embedding", "size": sizes.most_common(1)[0][0], "api": None})
    elif kind == "varchar":
        ty = _textual(values)
    else:
        ty = KeyType.from_wire({"ty": kind} if kind == "geospatial" else {"ty": "variant", "hint": kind})
    wrong = misfits(Cells(values), ty) & (values.tags > Tag.NULL)
    return Inference(ty, total - int(np.count_nonzero(wrong)), total)


_PREFERRED: Final = ("varchar", "number", "boolean", "geospatial", "embedding")
_PLACE: Final = KeyType("geospatial")
_VECTOR: Final = KeyType("embedding")


def _nested_kind(value: Json) -> str:
    if isinstance(value, dict):
        return "geospatial" if _PLACE.fits(value) else ""
    return "embedding" if value and _VECTOR.fits(value) else ""


def _textual(values: Column) -> KeyType:
    from encord_widgets.metadata.filters.instants import (  # a package of its own
        NO_TIME,
        instants,
        usual_instants,
    )

    counts = np.bincount(values.codes[values.tags == Tag.TEXT])
    used = np.flatnonzero(counts)
    counts = counts[used]
    total = int(counts.sum())
    if len(used) > max(_FEW_OPTIONS, len(values.texts) // 4):
        usual = usual_instants(values.texts)[used] != NO_TIME
        if _share(usual, counts) >= _MOST * total:  # then few are a uuid, and no text has to be made
            return KeyType("datetime")
    words = values.texts.pick(used.tolist())
    lengths = list(map(len, words))
    dashed = np.array(["-" in word[_DASH:] for word in words], dtype=np.bool_)
    if max(lengths) >= _UUID_DIGITS and _share(dashed & _uuids(words), counts) >= _MOST * total:
        return KeyType("uuid")
    if _share(dashed, counts) >= _MOST * total:
        dated = dashed & (instants(words) != NO_TIME)
        if _share(dated, counts) >= _MOST * total:
            return KeyType("datetime")
    distinct = set(words)  # a text may stand in the list twice
    short = min(lengths) > 0 and max(lengths) <= _OPTION_LENGTH
    if short and len(distinct) <= _FEW_OPTIONS and total >= _PER_OPTION * len(distinct):
        return KeyType("enum", options=tuple(sorted(distinct)))
    return KeyType("text" if max(lengths) > _VARCHAR else "varchar")


def _uuids(words: list[str]) -> npt.NDArray[np.bool_]:
    fits = KeyType("uuid").fits
    return np.array([len(word) >= _UUID_DIGITS and fits(word) for word in words], dtype=np.bool_)


def _share(fitting: npt.NDArray[np.bool_], counts: npt.NDArray[np.int64]) -> int:
    return int(counts[fitting].sum())


def infer_types(data: object) -> dict[str, KeyType]:
    """A type for every key of some values.

    Args:
        data: A DataFrame with a column for each key (columns named like item fields are passed over, as in
            `items.frame`; `client_metadata.<key>` means the key), or an iterable of metadata dictionaries.

    Raises:
        InvalidInputError: If it is neither, or a column name cannot be a key; all of them are named.
    """
    columns = _columns(data)
    problems = [problem for key in columns if (problem := key_problem(key))]
    if problems:
        raise InvalidInputError(problems)
    found = {key: infer(_column(values)) for key, values in columns.items()}
    return {key: inference.type for key, inference in found.items() if inference}


def _columns(data: Any) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {}
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        for place, label in enumerate(data.columns):
            if label in FIELDS:
                continue
            if str(label).startswith("$"):  # Encord's own, which no schema holds
                continue
            values, missing = data.iloc[:, place], data.iloc[:, place].isna()
            key = label.removeprefix(OWN_KEYS) if isinstance(label, str) else label
            columns[key] = [v for v, gone in zip(values.tolist(), missing.tolist(), strict=True) if not gone]
        return columns
    if isinstance(data, (str, bytes, Mapping)) or not isinstance(data, Iterable):
        expected = "a DataFrame, or an iterable of metadata dictionaries"
        raise InvalidInputError([Problem(expected, f"{shown(data)} ({type(data).__name__})")])
    for metadata in data:
        if not isinstance(metadata, Mapping):
            raise InvalidInputError([Problem("a metadata dictionary", shown(metadata))])
        for key, value in metadata.items():
            if not str(key).startswith("$"):
                columns.setdefault(key, []).append(value)
    return columns


def _column(values: list[object]) -> Column:
    column = Column(len(values))
    if values:
        column.write(np.arange(len(values), dtype=np.int64), list(map(_plain, values)))
    return column


def _plain(value: Any) -> Json:
    """A Python value as the JSON that it would be staged as; dates without a zone count as dates all the same."""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    try:
        return to_json(value.tolist() if hasattr(value, "tolist") else value)
    except InvalidInputError:
        return {"value": shown(value)}  # of no type that a key can have
