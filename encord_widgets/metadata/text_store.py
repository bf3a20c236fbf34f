"""Very many texts in little memory: packed a thousand to a string, handed out one by one."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import Final, overload

import numpy as np
import numpy.typing as npt
import orjson

from encord_widgets.metadata.needles import needle_places
from encord_widgets.metadata.text_order import order_by_words

__all__ = ["Texts"]

_SHIFT: Final = 10
_BLOCK: Final = 1 << _SHIFT
_BETWEEN: Final = b'","'
_NEAR: Final = 4
_FEW: Final = 200


class Texts(Sequence[str]):
    """A list of texts that only ever gets longer.

    A text of its own costs some 57 bytes beside its letters; in here it costs four. It is made anew when asked for.

    Example:
        >>> texts = Texts(["rain", "fog"])
        >>> texts.extend(["snow"])
        >>> len(texts), texts[2], list(texts), texts.containing("O").tolist()
        (3, 'snow', ['rain', 'fog', 'snow'], [False, True, True])
    """

    __slots__ = ("_blocks", "_ranks", "_tail")

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._blocks: list[
            tuple[str, array[int]]
        ] = []  # the texts as one, and where each begins, and the end
        self._tail: list[str] = []
        self._ranks: npt.NDArray[np.int32] | None = None
        self.extend(texts)

    @classmethod
    def packed(cls, letters: bytes, ends: npt.NDArray[np.int64]) -> Texts:
        """Texts that stand in a row, without a Python object for each.

        Args:
            letters: All of them in UTF-8; half surrogate pairs may be among them.
            ends: Where each ends (int64).

        Raises:
            UnicodeDecodeError: If it is no UTF-8.

        Example:
            >>> list(Texts.packed("fogété".encode(), np.array([3, 8])))
            ['fog', 'été']
        """
        texts = cls()
        texts.pack(letters, ends)
        return texts

    def __len__(self) -> int:
        return (len(self._blocks) << _SHIFT) + len(self._tail)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step == 1:
                first, last = start >> _SHIFT, ((stop - 1) >> _SHIFT) + 1
                near = [text for block in range(first, last) for text in self._of_block(block)]
                return near[start - (first << _SHIFT) : stop - (first << _SHIFT)] if stop > start else []
            return [self[at] for at in range(start, stop, step)]
        if place < 0:
            place += len(self)
        block, tail = place >> _SHIFT, self._tail
        if block >= len(self._blocks):
            return tail[place - (len(self._blocks) << _SHIFT)]
        if block < 0:
            raise IndexError(place)
        whole, starts = self._blocks[block]
        at = place & (_BLOCK - 1)
        return whole[starts[at] : starts[at + 1]]

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(self._of_block, range(len(self._blocks) + 1)))

    def extend(self, texts: Iterable[str]) -> None:
        """Add texts at the end.

        Args:
            texts: What to add.
        """
        tail = self._tail
        tail.extend(texts)
        whole = len(tail) - len(tail) % _BLOCK
        if whole:
            # In this order, and at once: a frozen plan may be read in another thread meanwhile.
            self._blocks += [_packed(tail[start : start + _BLOCK]) for start in range(0, whole, _BLOCK)]
            self._tail = tail[whole:]

    def pack(self, letters: bytes, ends: npt.NDArray[np.int64]) -> None:
        """Add texts that stand in a row, see `packed`.

        Args:
            letters: All of them in UTF-8; half surrogate pairs may be among them.
            ends: Where each ends (int64).

        Raises:
            UnicodeDecodeError: If it is no UTF-8.
        """
        whole = letters.decode("utf-8", "surrogatepass")
        if len(whole) < len(letters):
            begins = (np.frombuffer(letters, dtype=np.uint8) & 0xC0) != 0x80  # noqa: PLR2004 - of UTF-8
            ends = np.concatenate([[0], np.cumsum(begins)])[ends]
        starts = np.concatenate([[0], ends])
        first = min(-len(self._tail) % _BLOCK, len(ends))  # these fill the pack that was begun
        full = len(ends) - (len(ends) - first) % _BLOCK
        self.extend(whole[start:end] for start, end in pairwise(starts[: first + 1].tolist()))
        for begun in range(first, full, _BLOCK):
            places = starts[begun : begun + _BLOCK + 1]
            begin = int(places[0])
            block = array("I", (places - begin).astype(np.uintc).tobytes())
            self._blocks.append((whole[begin : int(places[-1])], block))
        self.extend(whole[start:end] for start, end in pairwise(starts[full:].tolist()))

    def copy(self) -> Texts:
        """The same texts in a list that can be added to without changing this one."""
        other = Texts()
        other._blocks, other._tail, other._ranks = self._blocks.copy(), self._tail.copy(), self._ranks
        return other

    def pick(self, places: Sequence[int]) -> list[str]:
        """Some of the texts.

        Args:
            places: Positions, in the order wanted.
        """
        if len(places) < _FEW:
            return list(map(self.__getitem__, places))
        return list(self.objects(np.array(places)).tolist())

    def spell(self, places: npt.NDArray[np.int32], texts: Sequence[str]) -> bool:
        """Whether the texts at some places are exactly these, without making a text of each that stands in a row.

        Args:
            places: Positions.
            texts: One for each of them.

        Example:
            >>> Texts(["rain", "fog"]).spell(np.array([1, 0]), ["fog", "rain"])
            True
        """
        if (
            len(places) < _FEW
            or int(places[-1]) - int(places[0]) != len(places) - 1
            or (np.diff(places) != 1).any()
        ):
            return self.pick(places.tolist()) == list(texts)
        at, first, end = 0, int(places[0]), int(places[-1]) + 1
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        while first < end:
            block, start = first >> _SHIFT, first & (_BLOCK - 1)
            stop = min(_BLOCK, start + end - first)
            there = texts[at : at + stop - start]
            if block == len(self._blocks):
                return self._tail[start:stop] == list(there)
            whole, starts = self._blocks[block]
            ends = np.asarray(starts)[start : stop + 1].astype(np.int64)
            # Of the same lengths first: the same letters may be cut otherwise.
            if not np.array_equal(np.diff(ends), lengths[at : at + stop - start]):
                return False
            if whole[starts[start] : starts[stop]] != "".join(there):
                return False
            at, first = at + stop - start, first + stop - start
        return True

    def objects(self, places: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """Some of the texts as an array of objects; one object stands for all places of a text.

        Args:
            places: Positions, in the order wanted.

        Example:
            >>> Texts(["rain", "fog"]).objects(np.array([1, 1]))
            array(['fog', 'fog'], dtype=object)
        """
        low, high = (int(places.min()), int(places.max())) if len(places) >= _FEW else (0, 0)
        if len(places) < _FEW or _NEAR * len(places) <= high - low:
            return np.fromiter(map(self.__getitem__, places.tolist()), dtype=object, count=len(places))
        first, last = low >> _SHIFT, (high >> _SHIFT) + 1  # whole packs at once
        near = chain.from_iterable(map(self._of_block, range(first, last)))
        found: npt.NDArray[np.object_] = np.fromiter(near, dtype=object)
        return found[places - (first << _SHIFT)]

    def containing(self, needle: str) -> npt.NDArray[np.bool_]:
        """Which texts contain a text, letter case aside.

        Args:
            needle: Text to look for.

        Returns:
            One boolean for each text.
        """
        wanted = needle.casefold()
        caseless = wanted == wanted.upper()
        found = np.zeros(len(self), dtype=np.bool_)
        for block, (whole, ends) in enumerate(self._blocks):
            plain = whole.isascii()
            folded = whole if plain and caseless else whole.casefold()
            if wanted not in folded:
                continue
            start = block << _SHIFT
            if wanted and plain and wanted.isascii():  # folded letter by letter
                found[start + _holding(folded.encode(), ends, wanted.encode())] = True
            else:
                found[start : start + _BLOCK] = [wanted in text.casefold() for text in self._of_block(block)]
        if self._tail:
            found[-len(self._tail) :] = [wanted in text.casefold() for text in self._tail]
        return found

    def alike(self, word: str) -> npt.NDArray[np.bool_]:
        """Which texts are a text.

        Args:
            word: Text to look for.

        Returns:
            One boolean for each text.

        Example:
            >>> Texts(["rain", "fog", "rain"]).alike("rain").tolist()
            [True, False, True]
        """
        found = np.zeros(len(self), dtype=np.bool_)
        for block, (whole, _) in enumerate(self._blocks):
            if word in whole:
                start = block << _SHIFT
                found[start : start + _BLOCK] = [text == word for text in self._of_block(block)]
        if self._tail:
            found[-len(self._tail) :] = [text == word for text in self._tail]
        return found

    def unpacked(self) -> tuple[bytes, npt.NDArray[np.int64]]:
        r"""All letters in a row in UTF-8, and where each text ends: what `packed` takes.

        Raises:
            UnicodeEncodeError: If half a surrogate pair is among them.

        Example:
            >>> Texts(["fog", "été"]).unpacked()
            (b'fog\xc3\xa9t\xc3\xa9', array([3, 8]))
        """
        parts: list[bytes] = []
        ends: list[npt.NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        begun = 0
        for whole, starts in (*self._blocks, _packed(self._tail)):
            letters, places = whole.encode(), np.asarray(starts, dtype=np.int64)
            if len(letters) > len(whole):  # from characters to bytes
                begins = np.flatnonzero((np.frombuffer(letters, dtype=np.uint8) & 0xC0) != 0x80)  # noqa: PLR2004
                places = np.append(begins, len(letters))[places]
            parts.append(letters)
            ends.append(places[1:] + begun)
            begun += len(letters)
        return b"".join(parts), np.concatenate(ends)

    def to_json(self) -> bytes:
        """All of them as one JSON array; of texts that stand in a row none is made anew.

        Example:
            >>> Texts(["rain", "fog"]).to_json()
            b'["rain","fog"]'
        """
        blocks = [*self._blocks, _packed(self._tail)] if self._tail else self._blocks
        return b"[" + b",".join([_block_json(whole, ends) for whole, ends in blocks]) + b"]"

    def letters(self, start: int, stop: int) -> npt.NDArray[np.uint8] | None:
        """The letters of some texts, one row for each; None unless all of them are ASCII and of one length.

        Args:
            start: Position of the first; None is given where no pack begins there.
            stop: Position behind the last.

        Example:
            >>> Texts(["rain", "snow"]).letters(0, 2).tobytes()
            b'rainsnow'
        """
        if start & (_BLOCK - 1) or not start < stop <= len(self):
            return None
        first, last = start >> _SHIFT, -(-stop >> _SHIFT)
        blocks = self._blocks[first:last]
        if last > len(self._blocks):
            blocks.append(_packed(self._tail))
        width = blocks[0][1][1]
        for whole, ends in blocks:
            if not width or not whole.isascii() or len(whole) != width * (len(ends) - 1):
                return None
            if not np.array_equal(np.asarray(ends)[1:], np.arange(1, len(ends)) * width):
                return None
        joined = "".join(whole for whole, _ in blocks).encode()
        return np.frombuffer(joined, dtype=np.uint8).reshape(-1, width)[: stop - start]

    @property
    def ranks(self) -> npt.NDArray[np.int32]:
        """Place of every text in their order, letter case aside (int32); kept until a text is added."""
        if self._ranks is None or len(self._ranks) != len(self):
            order = self._order()
            ranks = np.empty(len(order), dtype=np.int32)
            ranks[order] = np.arange(len(order), dtype=np.int32)
            self._ranks = ranks
        return self._ranks

    def _order(self) -> npt.NDArray[np.int64] | list[int]:
        """Positions of the texts in their order, letter case aside; what is equal keeps its place."""
        if all(whole.isascii() for whole, _ in self._blocks) and "".join(self._tail).isascii():
            parts, starts, begun = [], [], 0
            for whole, ends in (*self._blocks, _packed(self._tail)):
                parts.append(whole.casefold().encode())
                starts.append(np.asarray(ends, dtype=np.int64)[:-1] + begun)
                begun += len(whole)
            found = order_by_words(b"".join(parts), np.concatenate([*starts, [begun]]))
            if found is not None:
                return found
        folded = [text.casefold() for text in self]
        return sorted(range(len(folded)), key=folded.__getitem__)

    def _of_block(self, block: int) -> list[str]:
        tail = self._tail
        if block == len(self._blocks):
            return tail
        whole, starts = self._blocks[block]
        return [whole[start:end] for start, end in pairwise(starts)]


def _packed(texts: list[str]) -> tuple[str, array[int]]:
    """Texts as one, and where each begins, and the end."""
    return "".join(texts), array("I", accumulate(map(len, texts), initial=0))


def _block_json(whole: str, ends: array[int]) -> bytes:
    """Packed texts as JSON, with a comma between two."""
    letters = np.frombuffer(whole.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    if not whole.isascii() or '"' in whole or "\\" in whole or (len(letters) and letters.min() < ord(" ")):
        texts = [whole[start:end] for start, end in pairwise(ends)]
        try:
            return orjson.dumps(texts)[1:-1]
        except TypeError:  # half a surrogate pair
            return json.dumps(texts).encode()[1:-1]
    stops = np.asarray(ends, dtype=np.int64)
    added = np.arange(len(stops), dtype=np.int64) * len(_BETWEEN)
    spelled = np.empty(len(letters) + int(added[-1]), dtype=np.uint8)
    places = np.repeat(added[:-1] + 1, np.diff(stops))  # each letter moves by what stands before its text
    places += np.arange(len(letters))
    spelled[places] = letters
    spelled[stops[:-1] + added[:-1]] = ord('"')
    for at, mark in enumerate(_BETWEEN[:2], 1):
        spelled[stops[1:] + added[:-1] + at] = mark
    return spelled[:-1].tobytes()


def _holding(letters: bytes, ends: array[int], needle: bytes) -> npt.NDArray[np.int64]:
    """Which of some packed texts contain a needle; one that reaches over the end of a text does not count."""
    places = needle_places(np.frombuffer(letters, dtype=np.uint8), needle)
    starts = np.asarray(ends, dtype=np.int64)
    texts = np.searchsorted(starts, places, side="right") - 1
    return texts[places + len(needle) <= starts[texts + 1]]
