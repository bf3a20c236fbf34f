"""How edits of many items stand in the journal: items once, rows as a range or bits, values as arrays."""

from __future__ import annotations

import binascii
import json
import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import orjson

from encord_widgets.commit.journal_text import text_of, value_of
from encord_widgets.metadata.changes_bulk import Mask
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.values import ABSENT, Value, loads

__all__ = [
    "items_of",
    "mask_of",
    "pack_items",
    "pack_mask",
    "pack_rows",
    "pack_values",
    "rows_of",
    "values_of",
]

_UUID: Final = 36
_PACKED: Final = 16
_DASHES: Final = (8, 13, 18, 23)
_WORDS: Final = ["u8", "u4", "u4", "u4", "u4", "u8"]
_SPELLED: Final = np.dtype(  # the digits between the dashes
    {"names": list("abcdef"), "formats": _WORDS, "offsets": [0, 9, 14, 19, 24, 28], "itemsize": _UUID}
)
_DIGITS: Final = np.dtype({"names": list("abcdef"), "formats": _WORDS})
_BLOCK: Final = 4096
_NESTED: Final = (Tag.JSON, Tag.BIG_INT)
_PLAIN: Final[dict[int, Value]] = {Tag.ABSENT: ABSENT, Tag.NULL: None, Tag.FALSE: False, Tag.TRUE: True}


def pack_items(uuids: Sequence[str]) -> bytes:
    """Uuids of items: 16 bytes each, or JSON where one is not spelled as usual.

    Args:
        uuids: Any texts.

    Example:
        >>> items_of(pack_items(["8ad5"])), len(pack_items(["8ad58157-ca74-4ae4-8f37-a0193430bcac"]))
        (['8ad5'], 17)
    """
    blocks = []
    for start in range(0, len(uuids), _BLOCK):  # small ones stay in the processor's cache
        packed = _packed(uuids[start : start + _BLOCK])
        if packed is None:
            return b"j" + _json(list(uuids))
        blocks.append(packed)
    return b"u" + b"".join(blocks)


def _packed(uuids: Sequence[str]) -> bytes | None:
    joined = "".join(uuids)
    if len(joined) != _UUID * len(uuids) or not joined.isascii():
        return None
    letters = np.frombuffer(joined.encode(), dtype=np.uint8).reshape(-1, _UUID)
    # Upper-case letters alone lack the bit 0x20.
    if not ((letters[:, _DASHES] == ord("-")).all() and np.bitwise_and.reduce(letters, axis=None) & 0x20):
        return None
    spelled, digits = letters.view(_SPELLED), np.empty((len(uuids), 1), dtype=_DIGITS)
    for part in _DIGITS.names or ():  # whole words at once: half the time of taking out each dash
        digits[part] = spelled[part]
    try:
        return binascii.unhexlify(digits.data)
    except binascii.Error:  # other letters than hexadecimal digits
        return None


def items_of(blob: bytes) -> list[str]:
    """The uuids that `pack_items` was given.

    Args:
        blob: What it returned.
    """
    if blob[:1] == b"j":
        found: list[str] = json.loads(blob[1:])
        return found
    digits = blob[1:].hex()
    return [
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-{digits[at + 12 : at + 16]}-"
        f"{digits[at + 16 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in range(0, len(digits), 2 * _PACKED)
    ]


def pack_rows(rows: Rows) -> bytes:
    """Rows in rising order: a range, bits, or numbers, whichever is shortest.

    Args:
        rows: Rows (int64), at least one.
    """
    first, last = int(rows[0]), int(rows[-1])
    if last - first + 1 == len(rows):
        return b"r" + struct.pack("<qq", first, last + 1)
    if (last - first) // 8 < 4 * len(rows):
        flags = np.zeros(last - first + 1, dtype=np.bool_)
        flags[rows - first] = True
        return b"b" + struct.pack("<q", first) + np.packbits(flags).tobytes()
    return b"i" + rows.astype("<i4").tobytes()


def rows_of(blob: bytes) -> Rows:
    """The rows that `pack_rows` was given.

    Args:
        blob: What it returned.
    """
    if blob[:1] == b"r":
        return np.arange(*struct.unpack("<qq", blob[1:]), dtype=np.int64)
    if blob[:1] == b"b":
        (first,) = struct.unpack("<q", blob[1:9])
        flags = np.unpackbits(np.frombuffer(blob, dtype=np.uint8, offset=9))
        return np.flatnonzero(flags).astype(np.int64) + np.int64(first)
    return np.frombuffer(blob, dtype="<i4", offset=1).astype(np.int64)


def pack_mask(mask: Mask | None) -> bytes | None:
    """Booleans as bits; None for all false.

    Args:
        mask: The booleans.
    """
    return None if mask is None else np.packbits(mask).tobytes()


def mask_of(blob: bytes | None, count: int) -> Mask | None:
    """The booleans that `pack_mask` was given.

    Args:
        blob: What it returned.
        count: How many there were.
    """
    if blob is None:
        return None
    return np.unpackbits(np.frombuffer(blob, dtype=np.uint8), count=count).astype(np.bool_)


def pack_values(column: Column) -> bytes:
    """Values exactly as they are: one for all, or tags, numbers and codes as arrays with the texts that occur.

    Args:
        column: At least one cell.
    """
    tags = column.tags
    numeric, textual = (tags == Tag.INT) | (tags == Tag.FLOAT), tags == Tag.TEXT
    nested = (tags == Tag.JSON) | (tags == Tag.BIG_INT)
    if (tags == tags[0]).all():
        # By their bits, for -0.0 is not 0.0.
        told = (
            column.numbers.view(np.int64) if numeric[0] else column.codes if textual[0] or nested[0] else tags
        )
        if (told == told[0]).all():
            return b"c" + _text(column.value(0)).encode()
    codes = np.zeros(len(tags), dtype="<i4")
    spelled: list[bytes] = []
    for places, words in ((textual, column.texts), (nested, column.jsons)):
        used = np.empty(0, dtype=np.int64)
        if places.any():
            used = np.flatnonzero(np.bincount(column.codes if places.all() else column.codes[places]))
            place_of = np.zeros(int(used[-1]) + 1, dtype="<i4")
            place_of[used] = np.arange(len(used))
            np.copyto(codes, place_of.take(column.codes, mode="clip"), where=places)
        every = len(used) == len(words)
        spelled.append(words.to_json() if every else _json(words.pick(used.tolist())))
    numbers = column.numbers.astype("<f8").tobytes() if numeric.any() else b""
    coded = codes.tobytes() if textual.any() or nested.any() else b""
    head = b",".join([_json([len(tags), bool(numbers), bool(coded)])[:-1], *spelled]) + b"]"
    return b"".join([b"v", struct.pack("<q", len(head)), head, tags.tobytes(), numbers, coded])


def values_of(blob: bytes, count: int) -> list[Value]:
    """The values that `pack_values` was given.

    Args:
        blob: What it returned.
        count: How many there were.
    """
    if blob[:1] == b"c":
        text = blob[1:].decode()
        return [value_of(text or None)] * count
    (length,) = struct.unpack("<q", blob[1:9])
    size, has_numbers, has_codes, texts, jsons = json.loads(blob[9 : 9 + length])
    at = 9 + length
    tags = np.frombuffer(blob, dtype=np.uint8, count=size, offset=at).tolist()
    at += size
    empty: list[Any] = [0] * size
    numbers = np.frombuffer(blob, dtype="<f8", count=size, offset=at).tolist() if has_numbers else empty
    at += 8 * size if has_numbers else 0
    codes = np.frombuffer(blob, dtype="<i4", count=size, offset=at).tolist() if has_codes else empty
    return [
        texts[code] if tag == Tag.TEXT
        else number if tag == Tag.FLOAT
        else int(number) if tag == Tag.INT
        else loads(jsons[code]) if tag in _NESTED
        else _PLAIN[tag]
        for tag, number, code in zip(tags, numbers, codes, strict=True)
    ]  # fmt: skip


def _text(value: Value) -> str:
    return text_of(value) or ""


def _json(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # half a surrogate pair
        return json.dumps(value).encode()
