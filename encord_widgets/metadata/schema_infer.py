"""The type that fits the values of a key: never by turning one kind of value into another."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.items import FIELDS
from encord_widgets.metadata.schema_rules import key_problem
from encord_widgets.metadata.schema_tally import Held
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.values import Json, canonical, shown, to_json

__all__ = ["Inference", "infer", "infer_types"]

_MOST: Final = 0.9  # share of texts that have to be uuids or dates for the key to be one
_FEW_OPTIONS: Final = 24
_PER_OPTION: Final = 3
_OPTION_LENGTH: Final = 64
_VARCHAR: Final = 8192
_DASH: Final = 4  # where the dash of a date stands: digits alone are no date
_OWN_KEYS: Final = "client_metadata."


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


def infer(values: Iterable[Held]) -> Inference | None:
    """The type that fits most of some values, or None where no type fits any of them.

    Text stays text, also where it spells a number: `"100"` is no number, and its type is `varchar`. Uuids and dates
    are told from other text, and a few texts that come again and again become an enum.

    Args:
        values: Distinct values with their numbers.

    Example:
        >>> infer([Held(3, 1204, 0), Held("n/a", 6, 7)]).text
        'number: 1,204 of 1,210 values fit'
    """
    held = [one for one in values if one.value is not None]
    total = sum(one.count for one in held)
    if not total:
        return None
    kinds: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    for one in held:
        kind = _kind(one.value)
        kinds[kind] += one.count
        if kind == "embedding" and isinstance(one.value, list):
            sizes[len(one.value)] += one.count
    kind = max(_PREFERRED, key=lambda name: kinds[name])
    if not kinds[kind]:
        return None  # nested values that no type of Encord's holds
    if kind == "embedding":
        ty = KeyType.from_wire({"ty": "embedding", "size": sizes.most_common(1)[0][0], "api": None})
    elif kind == "varchar":
        ty = _textual([one for one in held if isinstance(one.value, str)])
    else:
        ty = KeyType.from_wire({"ty": kind} if kind == "geospatial" else {"ty": "variant", "hint": kind})
    return Inference(ty, sum(one.count for one in held if ty.fits(one.value)), total)


_PREFERRED: Final = ("varchar", "number", "boolean", "geospatial", "embedding")
_PLACE: Final = KeyType("geospatial")
_VECTOR: Final = KeyType("embedding")


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "varchar"
    if isinstance(value, dict):
        return "geospatial" if _PLACE.fits(value) else ""
    return "embedding" if value and _VECTOR.fits(value) else ""


def _textual(texts: list[Held]) -> KeyType:
    total = sum(one.count for one in texts)
    words = {str(one.value): one.count for one in texts}
    for kind in ("uuid", "datetime"):
        ty = KeyType(kind)
        fitting = sum(n for word, n in words.items() if ty.fits(word) and word[_DASH:].count("-"))
        if fitting >= _MOST * total:
            return ty
    short = all(0 < len(word) <= _OPTION_LENGTH for word in words)
    if short and len(words) <= _FEW_OPTIONS and total >= _PER_OPTION * len(words):
        return KeyType("enum", options=tuple(sorted(words)))
    return KeyType("text" if max(map(len, words)) > _VARCHAR else "varchar")


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
    found = {key: infer(_tallied(values)) for key, values in columns.items()}
    return {key: inference.type for key, inference in found.items() if inference}


def _columns(data: Any) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {}
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        for place, label in enumerate(data.columns):
            if label in FIELDS:
                continue
            values, missing = data.iloc[:, place], data.iloc[:, place].isna()
            key = label.removeprefix(_OWN_KEYS) if isinstance(label, str) else label
            columns[key] = [v for v, gone in zip(values.tolist(), missing.tolist(), strict=True) if not gone]
        return columns
    if isinstance(data, (str, bytes, Mapping)) or not isinstance(data, Iterable):
        expected = "a DataFrame, or an iterable of metadata dictionaries"
        raise InvalidInputError([Problem(expected, f"{shown(data)} ({type(data).__name__})")])
    for metadata in data:
        if not isinstance(metadata, Mapping):
            raise InvalidInputError([Problem("a metadata dictionary", shown(metadata))])
        for key, value in metadata.items():
            if not str(key).startswith("$"):  # Encord's own, which no schema holds
                columns.setdefault(key, []).append(value)
    return columns


def _tallied(values: list[object]) -> list[Held]:
    counts: Counter[str] = Counter()
    first: dict[str, Json] = {}
    for value in values:
        plain = _plain(value)
        text = canonical(plain)
        counts[text] += 1
        first.setdefault(text, plain)
    return [Held(first[text], count, 0) for text, count in counts.items()]


def _plain(value: Any) -> Json:
    """A Python value as the JSON that it would be staged as; dates without a zone count as dates all the same."""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    try:
        return to_json(value.tolist() if hasattr(value, "tolist") else value)
    except InvalidInputError:
        return {"value": shown(value)}  # of no type that a key can have
