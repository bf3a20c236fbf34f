"""Columns hold arbitrary JSON exactly, however it is written to them."""

from __future__ import annotations

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.column_search import matching_text, sort_keys
from encord_widgets.metadata.columns import Column, Tag
from encord_widgets.metadata.values import ABSENT
from tests.metadata import strategies


def exact(values):
    """Values by which 1, 1.0 and true, or 0.0 and -0.0, stay apart."""
    return [(type(value).__name__, repr(value)) for value in values]


@given(st.lists(strategies.cells, max_size=30))
def test_a_column_gives_back_what_it_was_given(values):
    column = Column(len(values))
    rows = np.arange(len(values))
    column.write(rows, values)
    assert exact(column.values(rows)) == exact(values)
    assert exact(column.value(int(row)) for row in rows) == exact(values)


@given(st.lists(strategies.cells, min_size=1, max_size=12), st.data())
def test_a_later_write_replaces_the_earlier_one(values, data):
    column = Column(len(values))
    column.write(np.arange(len(values)), values)
    expected = list(values)
    for _ in range(3):
        rows = data.draw(st.lists(st.integers(0, len(values) - 1), unique=True))
        new = data.draw(st.lists(strategies.cells, min_size=len(rows), max_size=len(rows)))
        column.write(np.array(rows, dtype=np.int64), new)
        for row, value in zip(rows, new, strict=True):
            expected[row] = value
    assert exact(column.values(np.arange(len(values)))) == exact(expected)


@given(st.lists(strategies.cells, max_size=12), st.lists(strategies.cells, max_size=12))
def test_a_copy_is_independent(values, others):
    column = Column(len(values))
    column.write(np.arange(len(values)), values)
    copy = column.copy()
    copy.grow(len(values) + len(others))
    copy.write(np.arange(len(values), len(values) + len(others)), others)
    copy.write(np.arange(len(values)), ["changed"] * len(values))
    assert exact(column.values(np.arange(len(values)))) == exact(values)


def test_growing_adds_absent_rows():
    column = Column(1)
    column.write(np.array([0]), [0.5])
    column.grow(5000)
    column.write(np.array([4999]), ["end"])
    assert column.value(0) == 0.5
    assert column.value(2500) is ABSENT
    assert column.value(4999) == "end"
    assert len(column.tags) == len(column.numbers) == len(column.codes) == 5000


@given(
    st.lists(
        st.floats(allow_nan=False) | st.text() | st.booleans() | st.none() | st.just(ABSENT), max_size=20
    )
)
def test_sort_keys_order_by_kind_then_value(values):
    column = Column(len(values))
    rows = np.arange(len(values))
    column.write(rows, values)
    classes, ranks = sort_keys(column, rows)
    order = np.lexsort((ranks, classes)).tolist()
    kinds = [0 if isinstance(v, bool) else 1 if isinstance(v, float) else 2 if isinstance(v, str) else 4
             if v is None else 5 for v in values]  # fmt: skip
    assert [kinds[i] for i in order] == sorted(kinds)
    numbers = [values[i] for i in order if kinds[i] == 1]
    assert numbers == sorted(numbers)
    words = [values[i].casefold() for i in order if kinds[i] == 2]
    assert words == sorted(words)


def test_integers_past_every_float_are_sorted_too():
    column = Column(4)
    column.write(np.arange(4), [10**400, 5, -(10**400), 2**60])
    classes, ranks = sort_keys(column, np.arange(4))
    assert np.lexsort((ranks, classes)).tolist() == [2, 1, 3, 0]


def test_search_looks_into_text_numbers_and_json():
    values = ["Heavy Rain", 1250, 0.5, {"frames": {"12": {}}}, None, ABSENT, True]
    column = Column(len(values))
    column.write(np.arange(len(values)), values)
    assert np.flatnonzero(matching_text(column, "rain")).tolist() == [0]
    assert np.flatnonzero(matching_text(column, "125")).tolist() == [1]
    assert np.flatnonzero(matching_text(column, "FRAMES")).tolist() == [3]
    assert np.flatnonzero(matching_text(column, "5")).tolist() == [1, 2]


@given(
    st.lists(strategies.cells | st.floats(-9, 9, width=16), min_size=1, max_size=20),
    st.sampled_from(["1", "0", ".5", "a", "-", "E", "é"]),
    st.integers(0, 30),
)
def test_search_finds_what_the_json_of_a_cell_contains(values, needle, numbers):
    values = [*values, *(at / 8 for at in range(numbers))]
    column = Column(len(values))
    column.write(np.arange(len(values)), values[::-1])  # leaves numbers under other kinds of values
    column.write(np.arange(len(values)), values)
    found = matching_text(column, needle).tolist()
    for value, hit in zip(values, found, strict=True):
        if isinstance(value, str):
            assert hit == (needle.casefold() in value.casefold())
        elif isinstance(value, bool) or value is None or value is ABSENT:
            assert not hit
        elif isinstance(value, (int, float)):
            spelled = str(value) if isinstance(value, int) else orjson.dumps(value).decode()
            assert hit == (needle.casefold() in spelled)


def test_repeated_text_is_stored_once():
    column = Column(1000)
    column.write(np.arange(1000), ["rain"] * 1000)
    assert list(column.texts) == ["rain"]
    assert set(column.tags.tolist()) == {Tag.TEXT}


@given(st.lists(st.tuples(st.sampled_from(["write", "grow", "copy"]), st.randoms()), max_size=12))
def test_rows_changed_since_any_version_are_known_or_all(steps):
    column = Column(3)
    seen = {column.version: column.copy()}
    for step, random in steps:
        if step == "copy":
            column = column.copy()
        elif step == "grow":
            column.grow(len(column) + random.randint(0, 2))
        else:
            rows = random.sample(range(len(column)), random.randint(0, 2))
            column.write(np.array(rows, dtype=np.int64), [random.random() for _ in rows])
        seen[column.version] = column.copy()
    now = column.values(np.arange(len(column)))
    for version, old in seen.items():
        before = old.values(np.arange(len(old)))
        changed = {row for row, value in enumerate(now) if row >= len(old) or before[row] != value}
        found = column.changed_rows(version)
        assert found is None or changed <= set(found.tolist())
        assert found is not None or version != column.version


def test_a_few_changed_rows_among_many_stay_known():
    column = Column(1000)
    before = column.version
    for row in (7, 5, 7):
        column.write(np.array([row]), ["fog"])
    assert column.changed_rows(before).tolist() == [5, 7]
    column.grow(1002)
    assert column.changed_rows(before).tolist() == [5, 7, 1000, 1001]
    assert Column(1000).changed_rows(before) is None


def test_a_column_written_whole_is_looked_at_whole():
    column = Column(10)
    before = column.version
    for _ in range(2):
        column.write(np.arange(10), ["fog"] * 10)
    assert column.changed_rows(before) is None
    assert len(column._log) <= 1


@given(
    st.lists(strategies.cells, min_size=1, max_size=12),
    st.lists(strategies.cells, min_size=1, max_size=12),
    st.data(),
)
def test_taken_cells_are_put_as_values_are_written(values, others, data):
    column, other = Column(len(values)), Column(len(others))
    column.write(np.arange(len(values)), values)
    other.write(np.arange(len(others)), others)
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), unique=True))
    taken = data.draw(
        st.lists(st.integers(0, len(others) - 1), min_size=len(rows), max_size=len(rows)).map(
            lambda found: np.array(found, dtype=np.int64)
        )
    )
    part = other.take(taken)
    assert exact(part.values(np.arange(len(taken)))) == exact([others[row] for row in taken.tolist()])
    before = column.version
    column.put(np.array(rows, dtype=np.int64), part)
    told = column.changed_rows(before)
    assert told is None or set(told.tolist()) >= set(rows)
    for row, at in zip(rows, taken.tolist(), strict=True):
        values[row] = others[at]
    assert exact(column.values(np.arange(len(values)))) == exact(values)
    assert exact(other.values(np.arange(len(others)))) == exact(others)


@given(strategies.cells, st.integers(0, 4))
def test_one_value_stands_in_every_row(value, count):
    assert exact(Column.of(value, count).values(np.arange(count))) == exact([value] * count)


def test_kinds_follow_the_content() -> None:
    column = Column(2)
    assert column.kinds == (Tag.ABSENT,)
    column.write(np.array([1]), [2.5])
    assert column.kinds == (Tag.ABSENT, Tag.FLOAT)
    column.write(np.array([0, 1]), ["a", []])
    assert column.kinds == (Tag.TEXT, Tag.JSON)
    column.grow(3)
    assert column.kinds == (Tag.ABSENT, Tag.TEXT, Tag.JSON)
    assert Column().kinds == ()
