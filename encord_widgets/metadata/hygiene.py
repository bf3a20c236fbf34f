"""Near-equal values of a key and near-equal keys, in clusters; pure, nothing is changed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.filters.instants import Instants, usual_instants
from encord_widgets.metadata.hygiene_folds import differences, fold_key, fold_text, fold_value
from encord_widgets.metadata.join_cells import hashed
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.texts import counted, printable
from encord_widgets.metadata.values import ABSENT, Json, canonical, same, shown

__all__ = ["KeyCluster", "Member", "ValueCluster", "key_clusters", "replaced", "value_clusters"]

_OWN: Final = "$"
_EXACT_INT: Final = 2**53
_MANY: Final = 1000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIRST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_LAST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """A value, or a key, of a cluster.

    Args:
        value: The value; the key, for a cluster of keys.
        count: In how many items.
        fits: Whether the schema takes it.
    """

    value: Json
    count: int
    fits: bool = True


@dataclass(frozen=True, slots=True)
class ValueCluster:
    """Values of one key that are nearly the same, or one that nearly fits the schema.

    Args:
        key: Metadata key.
        members: The values, the most frequent first.
        canonical: Which of them to keep: the most frequent that fits the schema, or what the schema reads in them.
        reasons: In what they differ: `type`, `unicode`, `blanks`, `letter case`, `form of the date`, `schema`.

    Example:
        >>> ValueCluster("weather", (Member("rain", 90), Member("Rain", 3)), "rain", ("letter case",)).text
        "weather: 'rain' 90, 'Rain' 3 (letter case); 3 cells to 'rain'"
    """

    key: str
    members: tuple[Member, ...]
    canonical: Json
    reasons: tuple[str, ...]

    @property
    def cells(self) -> int:
        """How many cells hold another value than the canonical one."""
        return sum(one.count for one in self.members if not same(one.value, self.canonical))

    @property
    def settled(self) -> bool:
        """Whether the schema takes the value to keep, as far as is known."""
        return all(one.fits for one in self.members if same(one.value, self.canonical))

    @property
    def text(self) -> str:
        """The cluster in one line."""
        values = ", ".join(f"{shown(one.value)} {one.count:,}" for one in self.members)
        kept = f"{counted(self.cells, 'cell')} to {shown(self.canonical)}"
        return f"{printable(self.key)}: {printable(values, 300)} ({', '.join(self.reasons)}); {kept}"


@dataclass(frozen=True, slots=True)
class KeyCluster:
    """Keys that are nearly the same.

    Args:
        members: The keys: those of the schema first, then the most used.
        canonical: Which of them to keep.

    Example:
        >>> KeyCluster((Member("captured at", 90), Member("captured_at", 3, False)), "captured at").text
        "'captured at' 90, 'captured_at' 3; 3 values to 'captured at'"
    """

    members: tuple[Member, ...]
    canonical: str

    @property
    def cells(self) -> int:
        """How many values stand under another key than the canonical one."""
        return sum(one.count for one in self.members if one.value != self.canonical)

    @property
    def text(self) -> str:
        """The cluster in one line."""
        keys = ", ".join(f"{shown(one.value)} {one.count:,}" for one in self.members)
        return f"{printable(keys, 300)}; {counted(self.cells, 'value')} to {shown(self.canonical)}"


def value_clusters(key: str, column: Column, rows: Rows, type_: KeyType | None = None) -> list[ValueCluster]:
    """The clusters of one key, those with the most cells to change first.

    Texts that spell numbers count as numbers only where the schema says number, or the column holds some.

    Args:
        key: Metadata key.
        column: Its column.
        rows: Which rows to look at (int64).
        type_: Its type in the schema, None if it is not there.

    Example:
        >>> column = Column(3)
        >>> column.write(np.arange(3), ["100", 100, "abc"])
        >>> value_clusters("lux", column, np.arange(3), KeyType("number"))[0].text
        "lux: 100 1, '100' 1 (type); 1 cell to 100"
    """
    tags = column.tags[rows]
    numeric = rows[(tags == Tag.INT) | (tags == Tag.FLOAT)]
    numbers = bool(len(numeric)) or (type_ is not None and type_.kind == "number")
    texts, counts, folds = _texts(column, rows[tags == Tag.TEXT], type_, numbers=numbers)
    first: dict[Hashable, int] = {}  # a list for each of a million texts would take seconds to clear away
    clusters: dict[Hashable, list[tuple[Json, int]]] = {}
    for place, (text, fold) in enumerate(zip(texts, folds, strict=True)):
        before = first.setdefault(fold, place)
        if before != place:
            clusters.setdefault(fold, [(texts[before], counts[before])]).append((text, counts[place]))
    for fold, place in _others(first, texts, type_):
        clusters.setdefault(fold, [(texts[place], counts[place])])
    for tag, flag in ((Tag.FALSE, False), (Tag.TRUE, True)):
        count = int(np.count_nonzero(tags == tag))
        place = first.get(("boolean", flag), -1)
        if count and (place >= 0 or (type_ is not None and not type_.fits(flag))):
            held = clusters.setdefault(
                ("boolean", flag), [] if place < 0 else [(texts[place], counts[place])]
            )
            held.append((flag, count))
    wanted = {
        fold[1]: place for fold, place in first.items() if isinstance(fold, tuple) and fold[0] == "number"
    }
    if wanted and len(numeric):
        distinct, numbers_held = np.unique(column.numbers[numeric], return_counts=True)
        for number, count in zip(distinct.tolist(), numbers_held.tolist(), strict=True):
            value: Json = int(number) if number.is_integer() and abs(number) <= _EXACT_INT else number
            if value in wanted:
                place = wanted[value]
                clusters.setdefault(("number", value), [(texts[place], counts[place])]).append((value, count))
    found = [_cluster(key, fold, held, type_) for fold, held in clusters.items()]
    return sorted((one for one in found if one is not None), key=lambda one: -one.cells)


def _others(
    first: Mapping[Hashable, int], texts: list[str], type_: KeyType | None
) -> Iterator[tuple[Hashable, int]]:
    """Texts that do not fit, by themselves or in a cluster."""
    if type_ is None or _takes_all(type_):
        return
    for fold, place in first.items():
        if not type_.fits(texts[place]):
            yield fold, place


def _takes_all(type_: KeyType) -> bool:
    """Whether every text fits."""
    return not type_.reads_text and type_.fits("")


def _texts(
    column: Column, rows: Rows, type_: KeyType | None, *, numbers: bool
) -> tuple[list[str], list[int], list[Hashable]]:
    """Distinct texts with their counts and folds, but moments that are by themselves; a text may have two codes."""
    held = np.bincount(column.codes[rows]) if len(rows) else np.empty(0, dtype=np.int64)
    codes = np.flatnonzero(held)
    lone = np.zeros(len(codes), dtype=np.bool_)
    if len(codes) > _MANY and (type_ is None or type_.kind == "datetime" or _takes_all(type_)):
        moments = usual_instants(column.texts)[codes]
        lone = _lone(moments)
    texts = column.texts.pick(codes[~lone].tolist())
    folds = [fold_text(text, numbers=numbers) for text in texts]
    if lone.any():
        dates = [_moment(fold[1]) for fold in folds if isinstance(fold, tuple) and fold[0] == "date"]
        alike = lone & np.isin(moments, np.array(dates, dtype=np.int64))
        if alike.any():
            lone &= ~alike
            texts = column.texts.pick(codes[~lone].tolist())
            folds = [fold_text(text, numbers=numbers) for text in texts]
    merged: dict[str, tuple[int, Hashable]] = {}
    for text, count, fold in zip(texts, held[codes[~lone]].tolist(), folds, strict=True):
        merged[text] = (merged[text][0] + count if text in merged else count, fold)
    return list(merged), [count for count, _ in merged.values()], [fold for _, fold in merged.values()]


def _lone(moments: Instants) -> npt.NDArray[np.bool_]:
    """Which moments occur once; those that no clock in UTC shows are none."""
    known = (moments >= _moment(_FIRST)) & (moments <= _moment(_LAST))
    _, place, count = np.unique(moments, return_inverse=True, return_counts=True)
    found: npt.NDArray[np.bool_] = known & (count[place] == 1)
    return found


def _moment(instant: dt.datetime) -> int:
    return (instant - _EPOCH) // dt.timedelta(microseconds=1)


def _cluster(
    key: str, fold: Hashable, held: list[tuple[Json, int]], type_: KeyType | None
) -> ValueCluster | None:
    members = [Member(value, count, type_ is None or type_.fits(value)) for value, count in held]
    fitting = [one for one in members if one.fits]
    if fitting:
        best = max(fitting, key=lambda one: (one.count, _tidy(one.value), canonical(one.value))).value
    else:
        read = _read(fold, type_)
        if read is None and len(members) == 1:
            return None
        best = members[0].value if read is None else read
        if read is None:
            best = max(members, key=lambda one: (one.count, _tidy(one.value), canonical(one.value))).value
    members.sort(key=lambda one: (-one.count, not one.fits, canonical(one.value)))
    values = [one.value for one in members]
    reasons = differences(values) if len(values) > 1 else differences([*values, best])
    return ValueCluster(key, tuple(members), best, reasons or ("schema",))


def _tidy(value: Json) -> bool:
    """Whether a value is no text with blanks around it."""
    return not isinstance(value, str) or " ".join(value.split()) == value


def _read(fold: Hashable, type_: KeyType | None) -> Json:
    """The value of the schema that a fold stands for, or None."""
    if type_ is None:
        return None
    kind, folded = fold if isinstance(fold, tuple) else ("text", fold)
    if type_.kind == "enum":
        options = [one for one in type_.options if fold_value(one, numbers=kind == "number") == fold]
        return options[0] if options else None
    if type_.kind in {"number", "boolean"} and kind == type_.kind:
        found: Json = folded
        return found if type_.fits(found) else None
    if type_.kind == "datetime" and kind == "date":
        midnight = (folded.hour, folded.minute, folded.second, folded.microsecond) == (0, 0, 0, 0)
        return str(folded.date().isoformat() if midnight else folded.isoformat())
    if type_.kind == "uuid" and kind == "text" and type_.fits(folded):
        return str(folded)
    return None


def replaced(column: Column, rows: Rows, wanted: Mapping[Hashable, Json]) -> tuple[Rows, list[Json]]:
    """Rows that hold one of some texts, numbers or booleans, and what each is to hold instead.

    Args:
        column: The column.
        rows: Which rows to look at (int64).
        wanted: New values by old one, as `hashed` tells values apart.

    Example:
        >>> column = Column(3)
        >>> column.write(np.arange(3), ["Rain", True, 1.0])
        >>> replaced(column, np.arange(3), {"Rain": "rain", hashed(1): 2})
        (array([0, 2]), ['rain', 2])
    """
    tags = column.tags[rows]
    places: list[Rows] = []
    values: list[Json] = []
    textual = np.flatnonzero(tags == Tag.TEXT)
    codes, which = np.unique(column.codes[rows[textual]], return_inverse=True)
    new = [wanted.get(text, ABSENT) for text in column.texts.pick(codes.tolist())]
    numeric = np.flatnonzero((tags == Tag.INT) | (tags == Tag.FLOAT))
    numbers, whose = np.unique(column.numbers[rows[numeric]], return_inverse=True)
    known = [key for key in wanted if isinstance(key, (int, float))]
    others = [wanted.get(number, ABSENT) for number in numbers.tolist()] if known else []
    for found, picks, at in ((new, which, textual), (others, whose, numeric)):
        if found:
            hits = np.array([one is not ABSENT for one in found], dtype=np.bool_)[picks]
            places.append(at[hits])
            values += [found[pick] for pick in picks[hits].tolist()]
    for tag, flag in ((Tag.FALSE, False), (Tag.TRUE, True)):
        if hashed(flag) in wanted:
            held = np.flatnonzero(tags == tag)
            places.append(held)
            values += [wanted[hashed(flag)]] * len(held)
    order = np.concatenate([*places, np.empty(0, dtype=np.int64)])
    sort = np.argsort(order, kind="stable")
    return rows[order[sort]], [values[place] for place in sort.tolist()]


def key_clusters(used: Mapping[str, int], types: Mapping[str, KeyType]) -> list[KeyCluster]:
    """The clusters of keys, those with the most values under another key first.

    Args:
        used: How many items hold each key.
        types: The keys of the schema.

    Example:
        >>> key_clusters({"captured_at": 3, "lux": 9}, {"captured at": KeyType("datetime")})[0].canonical
        'captured at'
    """
    live = {key for key, type_ in types.items() if type_.state == "live"}
    folds: dict[str, list[Member]] = {}
    for key in {**dict.fromkeys(used), **dict.fromkeys(sorted(live))}:
        if not key.startswith(_OWN):
            folds.setdefault(fold_key(key), []).append(Member(key, used.get(key, 0), key in live))
    found = []
    for members in folds.values():
        if len(members) > 1 and any(one.count for one in members):
            members.sort(key=lambda one: (not one.fits, -one.count, str(one.value)))
            found.append(KeyCluster(tuple(members), str(members[0].value)))
    return sorted(found, key=lambda one: -one.cells)
