from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.local.jsontext import decode, encode

LONG = st.one_of(
    st.integers(-(10**30), 10**30),
    st.sampled_from([2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**19, -(10**19)]),
)
TEXTS = st.one_of(LONG.map(str), LONG.map("x{}".format), LONG.map("1:{}".format), st.text())


@given(st.recursive(LONG | TEXTS | st.floats(allow_nan=False, allow_infinity=False), st.lists, max_leaves=8))
def test_every_digit_comes_in_and_goes_out(value: object):
    for spelled in (json.dumps(value), json.dumps(value, indent=1), json.dumps({"a": value})):
        assert repr(decode(spelled.encode())) == repr(json.loads(spelled))
    assert repr(decode(encode(value))) == repr(value)


@pytest.mark.parametrize("text", ["NaN", "[18446744073709551616, NaN]", "{", "[18446744073709551616"])
def test_what_is_no_json_is_refused(text: str):
    with pytest.raises(ValueError):
        decode(text.encode())


def test_digits_within_words_are_no_numbers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(json, "loads")
    checksum = {"checksum": "a90632063206320632063206f", "ratio": 0.12345678901234567}
    assert decode(encode([checksum, 2**63 - 1])) == [checksum, 2**63 - 1]
