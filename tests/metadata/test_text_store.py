"""Packed texts behave as a list of texts, and search and order as Python does."""

from __future__ import annotations

import json
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encord_widgets.metadata.text_store import Texts

# Enough of them for several packs of 1024, out of a small set of letters with all the traps of casefold.
ALPHABETS = ("ab", "abAB e", "a\0b", "aßSs\u017fK", "abé😀", "abcdefgh\ud800")


@st.composite
def many_texts(draw: st.DrawFn) -> list[str]:
    letters = draw(st.sampled_from(ALPHABETS))
    count, longest = draw(st.integers(0, 3000)), draw(st.sampled_from([1, 3, 9, 20, 80]))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    start = draw(st.sampled_from(["", "the same for all "]))
    return [
        start
        + "".join(letters[at] for at in random.integers(0, len(letters), random.integers(0, longest + 1)))
        for _ in range(count)
    ]


@given(texts=many_texts(), cut=st.integers(0, 3000), data=st.data())
def test_a_list_of_texts(texts: list[str], cut: int, data: st.DataObject) -> None:
    packed = Texts(texts[:cut])
    other = packed.copy()
    packed.extend(texts[cut:])
    assert list(packed) == texts
    assert len(packed) == len(texts)
    assert list(other) == texts[:cut], "a copy does not grow along"
    a, b, step = (
        data.draw(st.integers(-4000, 4000)),
        data.draw(st.integers(-4000, 4000)),
        data.draw(st.integers(1, 3)),
    )
    assert packed[a:b:step] == texts[a:b:step]
    assert packed[a:] == texts[a:]
    if texts:
        places = [a % len(texts), b % len(texts), -1]
        assert (
            packed.pick(places[:2]) == [packed[at] for at in places[:2]] == [texts[at] for at in places[:2]]
        )
        assert packed[-1] == texts[-1]
    assert packed.pick(range(len(texts))) == texts
    wanted = np.array(
        data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=5)) if texts else [], dtype=int
    )
    for some in (wanted, wanted[:1].repeat(9), np.arange(len(texts))[2000:2040]):
        assert packed.objects(some).tolist() == packed.pick(some.tolist()) == [texts[at] for at in some]


def test_a_place_that_is_not_there() -> None:
    texts = Texts(["a"] * 2000)
    for place in (2000, -2001):
        with pytest.raises(IndexError):
            texts[place]


@given(texts=many_texts(), needle=st.text(alphabet="abABß é", max_size=3))
def test_search_is_that_of_each_text(texts: list[str], needle: str) -> None:
    wanted = needle.casefold()
    assert Texts(texts).containing(needle).tolist() == [wanted in text.casefold() for text in texts]


@given(texts=many_texts(), more=many_texts())
def test_order_is_that_of_folded_texts(texts: list[str], more: list[str]) -> None:
    packed = Texts(texts)
    for whole in (texts, texts + more):  # what was worked out is not kept past its time
        folded = [text.casefold() for text in whole]
        order = sorted(range(len(whole)), key=folded.__getitem__)
        assert packed.ranks[order].tolist() == list(range(len(whole)))
        packed.extend(more)


@given(
    letters=st.sampled_from(["01", "0123456789", "aA", "ab\U0001f600", "Zz-"]),
    length=st.integers(0, 12),
    count=st.integers(0, 2500),
    seed=st.integers(0, 2**32),
)
def test_texts_of_one_length_are_ordered_alike(letters: str, length: int, count: int, seed: int) -> None:
    drawn = np.random.default_rng(seed).integers(0, len(letters), (count, length))
    texts = ["2024-" + "".join(letters[at] for at in row) for row in drawn.tolist()]
    folded = [text.casefold() for text in texts]
    order = sorted(range(count), key=folded.__getitem__)
    assert Texts(texts).ranks[order].tolist() == list(range(count))


def test_texts_are_small() -> None:
    texts = [f"street_{n:07d}.jpg" for n in range(10_240)]
    packed = Texts(texts)
    held = sum(sys.getsizeof(whole) + sys.getsizeof(starts) for whole, starts in packed._blocks)
    assert not packed._tail
    assert held < sum(map(sys.getsizeof, texts)) / 3


@given(texts=many_texts(), data=st.data())
def test_texts_in_a_row_are_compared_as_each_is(texts: list[str], data: st.DataObject) -> None:
    packed = Texts(texts)
    start = data.draw(st.integers(0, len(texts)))
    there = list(texts[start:])
    other = data.draw(st.sampled_from(["same", "cut otherwise", "one letter"]))
    if other != "same" and len(there) > 1:
        at = data.draw(st.integers(0, len(there) - 2))
        joined = there[at] + there[at + 1]
        there[at : at + 2] = [joined, ""] if other == "cut otherwise" else [there[at] + "x", there[at + 1]]
    places = np.arange(start, len(texts), dtype=np.int32)
    assert packed.spell(places, there) == (there == texts[start:])
    assert packed.spell(places[::-1].copy(), there[::-1]) == (there == texts[start:])


@given(
    texts=many_texts(), width=st.sampled_from([0, 1, 5]), start=st.sampled_from([0, 1024, 1]), data=st.data()
)
def test_letters_of_texts_of_one_length(
    texts: list[str], width: int, start: int, data: st.DataObject
) -> None:
    texts = [(text + "....5")[:width] if width else text for text in texts]
    stop = data.draw(st.integers(0, len(texts) + 1))
    found = Texts(texts).letters(start, stop)
    wanted = texts[start:stop]
    if found is not None:
        assert [row.tobytes().decode() for row in found] == wanted
    elif width and stop <= len(texts) and start % 1024 == 0 and "".join(texts).isascii():
        assert not wanted


@given(texts=many_texts(), needle=st.sampled_from(["a", "ab", "A\u017f", "ss", " ", ""]))
def test_texts_that_are_a_text(texts: list[str], needle: str) -> None:
    assert Texts(texts).alike(needle).tolist() == [text == needle for text in texts]


@given(
    texts=many_texts(),
    odd=st.sampled_from(["", '"', "\\", "\n", "\x7f", "\ud800", "é"]),
    at=st.integers(0, 3000),
)
def test_texts_as_json(texts: list[str], odd: str, at: int) -> None:
    texts.insert(at, odd)
    assert json.loads(Texts(texts).to_json()) == texts
    assert json.loads(Texts(texts[:1024]).to_json()) == texts[:1024]
    assert Texts().to_json() == b"[]"


@given(texts=many_texts(), cuts=st.lists(st.integers(0, 3000), max_size=4), mixed=st.booleans())
def test_texts_are_packed_part_by_part(texts: list[str], cuts: list[int], *, mixed: bool) -> None:
    packed = Texts()
    places = sorted({0, *(min(cut, len(texts)) for cut in cuts), len(texts)})
    for turn, (begin, end) in enumerate(pairwise(places)):
        part = texts[begin:end]
        if mixed and turn % 2:
            packed.extend(part)
            continue
        letters = [text.encode("utf-8", "surrogatepass") for text in part]
        packed.pack(b"".join(letters), np.cumsum([len(one) for one in letters], dtype=np.int64))
    assert list(packed) == texts
    assert packed[len(texts) // 2 :] == texts[len(texts) // 2 :]
    assert packed.pick(range(len(texts))) == texts


@given(texts=many_texts())
def test_texts_unpacked_are_what_packed_takes(texts: list[str]) -> None:
    texts = [text.replace("\ud800", "é") for text in texts]
    letters, ends = Texts(texts).unpacked()
    assert list(Texts.packed(letters, ends)) == texts
    with pytest.raises(UnicodeEncodeError):
        Texts([*texts, "\ud800"]).unpacked()
