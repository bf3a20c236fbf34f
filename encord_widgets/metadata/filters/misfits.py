"""Which cells of a column do not fit a type, asked once a distinct text where the type depends on the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from encord_widgets.metadata.columns import Tag
from encord_widgets.metadata.filters.instants import NO_TIME
from encord_widgets.metadata.filters.parsed import Parsed
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.values import Json, loads

if TYPE_CHECKING:
    from encord_widgets.metadata.filters.masks import Cells, Hits

__all__ = ["misfits"]

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_DIGITS: Final = 32
_F32_MAX: Final = 3.4028234663852886e38


def misfits(cells: Cells, ty: KeyType, parsed: Parsed | None = None) -> npt.NDArray[np.bool_]:
    """Cells whose value does not fit a type; absent and null always fit.

    Args:
        cells: Some rows of a column.
        ty: The type.
        parsed: What the column's texts mean, kept from earlier.

    Returns:
        One boolean for every cell.
    """
    found = cells.none()
    for tag, example in ((Tag.FALSE, False), (Tag.TRUE, True), (Tag.INT, 0), (Tag.FLOAT, 0.5)):
        if ty.misfit(example) is not None:  # of these kinds, one stands for all
            found |= cells.tagged(tag)
    if ty.kind == "number" and ty.single_precision:
        found |= cells.tagged(Tag.INT, Tag.FLOAT) & (np.abs(cells.numbers) > _F32_MAX)
    found |= _texts(cells, ty, parsed or Parsed())
    found |= _nested(cells, ty, parsed or Parsed())
    return found | cells.spelled(Tag.BIG_INT, _one_by_one(ty))


def _one_by_one(ty: KeyType) -> Hits:
    return lambda texts: (ty.misfit(loads(text)) is not None for text in texts)


def _nested(cells: Cells, ty: KeyType, parsed: Parsed) -> npt.NDArray[np.bool_]:
    """Lists and objects that do not fit; to most types all of them are alike."""
    nested = cells.tagged(Tag.JSON)
    if not nested.any():
        return nested
    if ty.kind == "geospatial":
        return cells.coded(nested, np.isnan(parsed.places(cells.column.jsons)[0]))
    if ty.kind == "embedding":
        return cells.spelled(Tag.JSON, _one_by_one(ty))
    return nested if ty.misfit([]) is not None else cells.none()


def _texts(cells: Cells, ty: KeyType, parsed: Parsed) -> npt.NDArray[np.bool_]:
    """Texts that do not fit; the common types without a call for each text."""
    if not ty.reads_text:
        return cells.none() if ty.fits("") else cells.tagged(Tag.TEXT)
    if ty.kind == "datetime":
        places = cells.tagged(Tag.TEXT)
        return cells.coded(places, parsed.instants(cells.column.texts) == NO_TIME) if places.any() else places
    longest = ty.max_length
    if ty.kind in {"varchar", "text", "user"} and longest is not None:
        return cells.spelled(Tag.TEXT, lambda texts: map(longest.__lt__, map(len, texts)))
    if ty.kind == "enum":
        options = frozenset[Json](ty.options)
        return cells.spelled(Tag.TEXT, lambda texts: (text not in options for text in texts))
    if ty.kind == "uuid":
        usual = _UUID.fullmatch
        return cells.spelled(
            Tag.TEXT,
            lambda texts: (
                not usual(text) and (len(text) < _UUID_DIGITS or not ty.fits(text)) for text in texts
            ),
        )
    return cells.spelled(Tag.TEXT, lambda texts: (ty.misfit(text) is not None for text in texts))
