"""Texts in numbers are found as if each were written down."""

from __future__ import annotations

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.needles import needle_places, numbers_spelled


@given(letters=st.text("ab\u00e9"), needle=st.text("ab\u00e9", min_size=1, max_size=4))
def test_a_needle_is_found_wherever_it_begins(letters: str, needle: str) -> None:
    hay, pin = letters.encode(), needle.encode()
    found = needle_places(np.frombuffer(hay, dtype=np.uint8), pin)
    assert found.tolist() == [at for at in range(len(hay)) if hay.startswith(pin, at)]


@given(
    numbers=st.lists(st.integers(-300, 300).map(lambda n: n / 100), min_size=1, max_size=300),
    needle=st.sampled_from(["1", ".5", "-2", "0", "-0"]),
    zeros=st.sampled_from([[], [-0.0]]),
)
def test_few_decimals_are_written_once(numbers: list[float], needle: str, zeros: list[float]) -> None:
    numbers = numbers * 3 + zeros
    found = numbers_spelled(np.array(numbers, dtype=np.float64), needle.encode())
    assert found.tolist() == [needle.encode() in orjson.dumps(number) for number in numbers]


@given(
    numbers=st.lists(
        st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53).map(float)
    ),
    needle=st.sampled_from(["1", "12", ".5", "e-", "0.0", "-", "7."]),
)
def test_numbers_are_found_as_they_are_written(numbers: list[float], needle: str) -> None:
    found = numbers_spelled(np.array(numbers, dtype=np.float64), needle.encode())
    assert found.tolist() == [needle.encode() in orjson.dumps(number) for number in numbers]
    whole = [int(number) for number in numbers if number.is_integer() and abs(number) <= 2**53]
    found = numbers_spelled(np.array(whole, dtype=np.int64), needle.encode())
    assert found.tolist() == [needle in str(number) for number in whole]


@given(
    numbers=st.lists(st.integers(-30, 30), min_size=1, max_size=300),
    needle=st.sampled_from(["1", "12", "-2", "0"]),
)
def test_close_integers_are_written_once(numbers: list[int], needle: str) -> None:
    found = numbers_spelled(np.array(numbers, dtype=np.int64), needle.encode())
    assert found.tolist() == [needle in str(number) for number in numbers]


@given(
    numbers=st.lists(
        st.sampled_from([0.25, 12.0, -3.5, 1e16, 123.456, 0.12345, -0.0]), min_size=1, max_size=9
    ),
    needle=st.sampled_from(["25", "12.0", "-0", "e", "123", "45"]),
)
def test_numbers_of_many_chunks(numbers: list[float], needle: str) -> None:
    many = (numbers * 40_000)[:40_000] + numbers
    found = numbers_spelled(np.array(many), needle.encode())
    assert found.tolist() == [needle.encode() in orjson.dumps(number) for number in many]
