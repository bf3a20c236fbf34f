"""Filters over a million items: 20 rules, their counts and facets, against hand-written pandas in the same run.

Both sides hold the same values in memory: columns here, a DataFrame with the dtypes that suit it best there (moments
are parsed beforehand, texts are `str`). pandas evaluates the rules one by one and joins them, as one writes it by hand;
after a change of one key it does so again, because that is all it can do. The masks must be equal, or there is no
figure. `first` is an engine that has seen nothing, `again` one that has read the moments and places before.

Run: `python -m tests.bench.filters [--items 1000000]`
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import operator
import time

import numpy as np
import pandas as pd

import encord_widgets as ew
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.filters.engine import FilterEngine

WEATHER = ["rain", "fog", "snow", "clear", "cloudy", "Heavy Rain", "hail", "dust"]
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
CHANGED = 1000
FILTER = """
weather in ("rain", "Heavy Rain", "fog") and not (lux < 5 or lux is absent) and lux between 10 and 4800
and (item.name contains "7" or item.name ends with "3.png" or item.name starts with "camera 1")
and captured_at between "2024-03-01" and "2025-09-01T12:00:00Z" and not captured_at < "2024-04-01"
and (reviewed = true or score > 0.2 or score is null) and score <= 0.95 and not score = 0.5
and (city matches "^[A-M].*n$" or city in ("Paris", "Oslo") or not city contains "x") and not city = "Rome"
and frames >= 3 and not frames in (7, 8, 9)
"""
RULES = 20


class Source:
    """Columns by id, with what an engine asks of them."""

    now = NOW

    def __init__(self, columns: dict[str, Column], rows: int) -> None:
        self.columns = columns
        self.rows = rows

    def __len__(self):
        return self.rows

    def column(self, column_id):
        return self.columns[column_id]

    def version(self, column_id):
        return self.columns[column_id].version

    def changed_rows(self, column_id, since):
        return self.columns[column_id].changed_rows(since)

    def state(self, name):
        return np.empty(0, dtype=np.int64)

    def type_of(self, key):
        return None

    def row_of(self, uuid):
        return None


def data(count: int):
    """The same values as columns and as a frame."""
    rng = np.random.default_rng(4)
    cities = np.array(
        [f"{c}{m}{e}" for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for m in "aeiou" for e in ("n", "x")]
    )
    cities = np.concatenate([cities, ["Paris", "Oslo", "Rome"]])
    lux = np.round(rng.gamma(2, 500, count), 1)
    seconds = rng.integers(0, 2 * 365 * 86_400, count)
    held = {
        "key:weather": np.array(WEATHER)[rng.integers(0, len(WEATHER), count)].tolist(),
        "key:lux": [ew.ABSENT if gone else v for v, gone in zip(lux.tolist(), rng.random(count) < 0.1, strict=True)],
        "field:name": [f"camera {n % 37} {n}.png" for n in range(count)],
        "key:captured_at": [(START + dt.timedelta(seconds=s)).isoformat() for s in seconds.tolist()],
        "key:reviewed": (rng.random(count) < 0.3).tolist(),
        "key:score": [None if gone else v for v, gone in
                      zip(rng.random(count).round(3).tolist(), rng.random(count) < 0.05, strict=True)],
        "key:city": cities[rng.integers(0, len(cities), count)].tolist(),
        "key:frames": rng.integers(1, 60, count).tolist(),
    }  # fmt: skip
    frame = pd.DataFrame(
        {
            "weather": pd.Series(held["key:weather"], dtype="str"),
            "lux": pd.Series([np.nan if v is ew.ABSENT else v for v in held["key:lux"]], dtype="float64"),
            "name": pd.Series(held["field:name"], dtype="str"),
            "captured_at": pd.Series(pd.to_datetime(held["key:captured_at"], utc=True)),
            "reviewed": pd.Series(held["key:reviewed"], dtype="bool"),
            "score": pd.Series(held["key:score"], dtype="float64"),
            "city": pd.Series(held["key:city"], dtype="str"),
            "frames": pd.Series(held["key:frames"], dtype="int64"),
        }
    )
    columns = {}
    for column_id, values in held.items():
        column = columns[column_id] = Column(count)
        for start in range(0, count, 1000):  # as pages arrive
            rows = np.arange(start, min(start + 1000, count))
            column.write(rows, values[start : start + len(rows)])
    return Source(columns, count), frame


def parts_by_hand(frame: pd.DataFrame) -> list[pd.Series]:
    """The parts of the outer `and`, as one writes them in pandas."""
    day = lambda text: pd.Timestamp(text, tz="UTC")  # noqa: E731
    return [
        frame["weather"].isin(["rain", "Heavy Rain", "fog"]),
        ~((frame["lux"] < 5) | frame["lux"].isna()),
        frame["lux"].between(10, 4800),
        frame["name"].str.contains("7", regex=False)
        | frame["name"].str.endswith("3.png")
        | frame["name"].str.startswith("camera 1"),
        frame["captured_at"].between(day("2024-03-01"), day("2025-09-01T12:00:00")),
        ~(frame["captured_at"] < day("2024-04-01")),
        (frame["reviewed"]) | (frame["score"] > 0.2) | frame["score"].isna(),
        frame["score"] <= 0.95,
        ~(frame["score"] == 0.5),
        frame["city"].str.contains("^[A-M].*n$")
        | frame["city"].isin(["Paris", "Oslo"])
        | ~frame["city"].str.contains("x", regex=False),
        ~(frame["city"] == "Rome"),
        frame["frames"] >= 3,
        ~frame["frames"].isin([7, 8, 9]),
    ]


def by_hand(frame: pd.DataFrame) -> np.ndarray:
    """The filter in pandas."""
    return functools.reduce(operator.and_, parts_by_hand(frame)).to_numpy(dtype=bool)


def counts_by_hand(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """For every part of the outer `and`, what it matches and what it removes."""
    parts = [part.to_numpy(dtype=bool) for part in parts_by_hand(frame)]
    whole = np.logical_and.reduce(parts).sum()
    others = (np.logical_and.reduce([o for o in parts if o is not part]).sum() for part in parts)
    return [(int(part.sum()), int(left - whole)) for part, left in zip(parts, others, strict=True)]


def best(work, rounds: int = 5):
    """The shortest time in seconds, and what came out last."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), found


def main(arguments: list[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    source, frame = data(options.items)
    filter_ = ew.Filter.parse(FILTER)
    if len(list(filter_.rules())) != RULES:
        raise RuntimeError(f"not {RULES} rules")
    engine = FilterEngine(source)

    def anew():
        engine._held.clear()
        return engine.mask(filter_)

    texts = source.column("key:captured_at").values(np.arange(len(source)))
    first, _ = best(lambda: FilterEngine(source).mask(filter_), 2)
    parsing, _ = best(lambda: pd.to_datetime(texts, utc=True), 2)
    rounds = [
        (best(lambda: by_hand(frame), 1), best(anew, 1)) for _ in range(7)
    ]  # in turn: others use the machine too
    for (_, expected), (_, found) in rounds:
        same(found, expected)
    pandas, again = (min(pair[side][0] for pair in rounds) for side in (0, 1))
    print(
        f"{options.items:,} items, {RULES} rules: pandas {pandas * 1000:.0f} ms, here {again * 1000:.0f} ms"
        f" ({again / pandas:.2f}x, goal 1.5x)\n"
        f"  texts never looked at before: {first * 1000:.0f} ms; pandas with its parsing of moments"
        f" {(pandas + parsing) * 1000:.0f} ms ({first / (pandas + parsing):.2f}x)"
    )
    changes(engine, source, frame, filter_)
    counts(engine, frame, filter_)
    facets(source, options.items)


def same(found: np.ndarray, expected: np.ndarray) -> None:
    """Only equal masks are compared."""
    if not np.array_equal(found, expected):
        raise RuntimeError("not the same work")


def changes(engine, source, frame, filter_) -> None:
    """One key of some items, then of all, changes between two evaluations."""
    rng = np.random.default_rng(5)
    for key, words, count in (
        ("weather", WEATHER, 1),
        ("weather", WEATHER, CHANGED),
        ("weather", WEATHER, len(source)),
        ("lux", [1.5, 100.0, 6000.0], CHANGED),
        ("lux", [1.5, 100.0, 6000.0], len(source)),
    ):
        seconds, theirs = [], []
        for _ in range(3):
            rows = np.sort(rng.choice(len(source), count, replace=False))
            values = [words[n] for n in rng.integers(0, len(words), count).tolist()]
            source.column(f"key:{key}").write(rows, values)
            frame.loc[frame.index[rows], key] = values
            start = time.perf_counter()
            found = engine.mask(filter_)
            seconds.append(time.perf_counter() - start)
            start = time.perf_counter()
            same(found, by_hand(frame))
            theirs.append(time.perf_counter() - start)
        print(
            f"  after a change of {key!r} of {count:,} items: {min(seconds) * 1000:.1f} ms"
            f" ({min(seconds) / min(theirs):.3f}x of pandas, goal 0.2x)"
        )


def counts(engine, frame, filter_) -> None:
    """What each of the nodes matches and removes: anew, with every rule known, and for half of the items."""
    nodes = len(list(filter_.nodes()))

    def anew():
        engine._held.clear()
        return engine.counts(filter_)

    theirs, expected = best(lambda: counts_by_hand(frame), 3)
    fresh, found = best(anew, 3)
    if [(found[n,].matches, found[n,].removes) for n in range(len(expected))] != expected:
        raise RuntimeError("not the same work")
    known, _ = best(lambda: engine.counts(filter_))
    rows = np.random.default_rng(6).permutation(len(frame))[: len(frame) // 2]
    within, _ = best(lambda: engine.counts(filter_, rows.copy()))
    print(
        f"  counts of {nodes} nodes: {fresh * 1000:.0f} ms anew ({fresh / theirs:.2f}x of pandas, which counts the"
        f" {len(expected)} outer ones), {known * 1000:.1f} ms with known rules ({known / theirs:.3f}x),"
        f" {within * 1000:.1f} ms within half the items"
    )


def facets(source, count: int) -> None:
    """Each column's facet: the first time, again, and for half of the rows."""
    half = np.sort(np.random.default_rng(7).permutation(count)[: count // 2])
    for column_id in source.columns:
        engine = FilterEngine(source)
        first, found = best(lambda engine=engine, column_id=column_id: engine.facet(column_id), 1)
        again, _ = best(lambda engine=engine, column_id=column_id: engine.facet(column_id))
        some, _ = best(lambda engine=engine, column_id=column_id: engine.facet(column_id, half))
        print(
            f"  facet of {column_id} ({found.kind}): first {first * 1000:.0f} ms, then {again * 1000:.0f} ms,"
            f" of half the rows {some * 1000:.0f} ms"
        )


if __name__ == "__main__":
    main()
