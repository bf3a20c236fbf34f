"""Near-equal values and keys, against plain counting."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata import hygiene
from encord_widgets.metadata.columns import Column
from encord_widgets.metadata.hygiene import key_clusters, replaced, value_clusters
from encord_widgets.metadata.hygiene_folds import differences, fold_key, fold_value, instant_of
from encord_widgets.metadata.join_cells import hashed
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.values import canonical, same
from tests.metadata.strategies import cells

DECOMPOSED, COMPOSED = "Mu\u0308nchen", "M\u00fcnchen"


def column_of(*values):
    column = Column(len(values))
    column.write(np.arange(len(values)), list(values))
    return column, np.arange(len(values))


def clusters_of(*values, type_=None):
    return value_clusters("key", *column_of(*values), type_)


untidy = st.one_of(
    st.sampled_from(
        [
            "rain", "Rain", " rain", "ra in", "true", "True", True, False, 1, 1.0, "1", "1.0", "01", 100, "100",
            "1e2", "2024-02-24", "2024-02-24T00:00:00Z", "24.02.2024", "03/04/2024", DECOMPOSED, COMPOSED, "", None,
            ["rain"], 2**60, "\uff32AIN",
        ]
    ),
    cells,
)  # fmt: skip
types = st.sampled_from(
    [
        None,
        KeyType("number"),
        KeyType("boolean"),
        KeyType("enum", options=("rain", "sun")),
        KeyType("datetime"),
    ]
)


@given(st.lists(untidy, max_size=12), types)
def test_clusters_hold_what_folds_alike_and_count_every_cell(values, type_):
    numbers = (type_ is not None and type_.kind == "number") or any(
        (isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) <= 2**53) or isinstance(v, float)
        for v in values
    )
    groups = {}
    for value in values:
        fold = fold_value(value, numbers=numbers) if isinstance(value, (str, bool, int, float)) else None
        if fold is not None and not (isinstance(value, int) and abs(value) > 2**53):
            groups.setdefault(fold, []).append(value)
    expected = {
        frozenset(Counter(map(canonical, held)).items())
        for held in groups.values()
        if len(set(map(canonical, held))) > 1
    }
    found = clusters_of(*values, type_=type_)
    several = {
        frozenset((canonical(one.value), one.count) for one in cluster.members)
        for cluster in found
        if len(cluster.members) > 1
    }
    assert several == expected
    for cluster in found:
        if len(cluster.members) == 1:
            assert not cluster.members[0].fits
        if any(one.fits for one in cluster.members):
            most = max(one.count for one in cluster.members if one.fits)
            kept = [one for one in cluster.members if same(one.value, cluster.canonical)]
            assert [(one.fits, one.count) for one in kept] == [(True, most)]
        elif type_ is not None and len(cluster.members) == 1:
            assert type_.fits(cluster.canonical)


moments = st.sampled_from(
    [
        "2024-02-24", "2024-02-24T00:00:00Z", "2024-02-24 00:00:00", "2024-02-24t00:00:00z", "24.02.2024",
        "2024-02-24T02:00:00+02:00", "2024-02-25", "2024-02-30", "20240225", "25 february 2024", "2024-03-01",
        "0001-01-01T00:00:00+01:00", "0001-01-01t00:00:00+01:00", "9999-12-31T23:59:59-01:00", "9999-12-31",
        " 2024-03-01", "2024-03-01T00:00:00.000", "2024-3-1",
    ]
) | st.dates().map(str)  # fmt: skip


@given(st.lists(moments | untidy, max_size=16), st.integers(1, 3), types | st.just(KeyType("text")))
def test_moments_by_themselves_make_no_difference(values, times, type_):
    values = values * times
    column, rows = column_of(*values)
    with patch.object(hygiene, "_MANY", 1000):
        expected = value_clusters("key", column, rows, type_)
    with patch.object(hygiene, "_MANY", -1):
        assert value_clusters("key", column, rows, type_) == expected


@given(st.lists(untidy, max_size=12), st.lists(untidy, max_size=4))
def test_values_are_replaced_where_they_stand(values, olds):
    wanted = {hashed(old): "new" for old in olds if isinstance(old, (str, bool, int, float))}
    wanted = {key: new for key, new in wanted.items() if not isinstance(key, int) or abs(key) <= 2**53}
    rows, new = replaced(*column_of(*values), wanted)
    hits = [
        row
        for row, value in enumerate(values)
        if isinstance(value, (str, bool, int, float)) and hashed(value) in wanted
    ]
    assert rows.tolist() == hits
    assert new == ["new"] * len(hits)


@pytest.mark.parametrize(
    ("values", "type_", "kept", "reasons"),
    [
        (["rain", "rain", "Rain"], None, "rain", ("letter case",)),
        (["Rain", "Rain", "rain"], KeyType("enum", options=("rain",)), "rain", ("letter case",)),
        (["Rain"], KeyType("enum", options=("rain", "sun")), "rain", ("letter case",)),
        (["a b", "a  b", "a  b"], None, "a  b", ("blanks",)),
        (["a\u00a0b", "a b", "a b"], None, "a b", ("unicode",)),
        (["\ufb01g", "fig", "fig"], None, "fig", ("unicode",)),
        ([DECOMPOSED, COMPOSED, COMPOSED], None, COMPOSED, ("unicode",)),
        (["True", True], KeyType("boolean"), True, ("type",)),
        (["True"], KeyType("boolean"), True, ("type",)),
        (["100", 100], None, 100, ("type",)),
        (["100", "100"], KeyType("number"), 100, ("type",)),
        (["24.02.2024"], KeyType("datetime"), "2024-02-24", ("form of the date",)),
        (["2024-02-24", "24.02.2024"], None, "24.02.2024", ("form of the date",)),
    ],
)  # fmt: skip
def test_the_value_to_keep_is_the_most_frequent_that_fits_or_what_the_schema_reads(
    values, type_, kept, reasons
):
    (cluster,) = clusters_of(*values, type_=type_)
    assert type(cluster.canonical) is type(kept)
    assert cluster.canonical == kept or reasons == ("form of the date",)
    assert cluster.reasons == reasons


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["1.1", "1.10"], None),  # versions
        (["1.1", "1.10"], KeyType("varchar")),
        (["007", 7], None),  # a number has no leading zeros
        (["03/04/2024", "2024-04-03"], None),  # March or April
        (["rain", "sun"], None),
        ([True, 1], None),
        ([1, 1.0], None),  # the same JSON number
        (["yes"], KeyType("boolean")),  # no guessing
        (["drizzle"], KeyType("enum", options=("rain",))),
        ([None, ["a"], ["A"]], None),
    ],
)
def test_what_is_not_nearly_the_same_is_left_alone(values, type_):
    assert clusters_of(*values, type_=type_) == []


@given(st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 31)))
def test_usual_forms_of_a_date_are_the_same_instant(date):
    midnight = dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC)
    forms = [
        date.isoformat(), f"{date:%Y/%m/%d}", f"{date:%d.%m.%Y}", f"{date.day}.{date.month}.{date:%Y}",
        f"{date:%Y-%m-%d}t00:00:00z", f"{date:%Y-%m-%d} 00:00:00+00:00",
    ]  # fmt: skip
    if date.day > 12:
        forms += [f"{date:%d/%m/%Y}", f"{date:%m/%d/%Y}"]
    assert {instant_of(form) for form in forms} == {midnight}


def test_keys_are_near_equal_without_case_and_separators():
    assert len({fold_key(key) for key in ("captured at", "Captured_At", "captured-at", "capturedAt")}) == 1
    types = {"captured at": KeyType("datetime"), "old key": KeyType("number").deleted()}
    used = {
        "capturedAt": 5,
        "captured_at": 9,
        "lux": 3,
        "Old_Key": 1,
        "old key": 2,
        "$encord": 4,
        "$Encord": 1,
    }
    first, second = key_clusters(used, types)
    assert (first.canonical, first.cells) == ("captured at", 14)
    assert [(one.value, one.count, one.fits) for one in first.members] == [
        ("captured at", 0, True), ("captured_at", 9, False), ("capturedAt", 5, False),
    ]  # fmt: skip
    assert (second.canonical, second.cells) == ("old key", 1)


def test_reasons_name_every_difference():
    assert differences(["Rain", "rain ", "r\u00adain"]) == ("unicode", "blanks", "letter case")
