"""ipydatagrid, loaded when the first paged grid is made, and how its cells are drawn."""

from __future__ import annotations

import warnings
from typing import Any, Final

import pandas as pd

from encord_widgets.widgets.page import MARKS, Page, labels_of

__all__ = ["SIGNS", "STATE", "CellStyle", "data_frame", "grid_class"]

STATE: Final = "encord_widgets_marks"
"""Column with the marks of each row; it has no width."""
_INDEX: Final = "encord_widgets_item"
_GUID: Final = "ipydguuid"  # ipydatagrid's own

SIGNS: Final = {
    "staged": ("•", "rgba(245, 166, 35, 0.28)"),
    "invalid": ("⚠", "rgba(214, 48, 49, 0.28)"),
    "conflict": ("≠", "rgba(155, 89, 182, 0.30)"),
    "refused": ("⊘", "rgba(214, 48, 49, 0.28)"),
    "failed": ("✕", "rgba(214, 48, 49, 0.28)"),
    "differs": ("≉", "rgba(155, 89, 182, 0.30)"),
    "pending": ("…", "rgba(127, 140, 141, 0.28)"),
    "verified": ("✓", "rgba(39, 174, 96, 0.28)"),
    "already": ("≡", "rgba(39, 174, 96, 0.28)"),
    "updated": ("↻", "rgba(52, 152, 219, 0.28)"),
}
"""Sign and background of each state; the colours let the theme of the notebook shine through."""

_MARKS_OF_ROW: Final = f"cell.metadata.data['{STATE}']"


def _library() -> Any:
    with warnings.catch_warnings():
        # ipydatagrid 1.4 and the bqplot that it loads set trait metadata in a deprecated way.
        for kind in (DeprecationWarning, FutureWarning, SyntaxWarning):
            warnings.simplefilter("ignore", kind)
        import ipydatagrid

        return ipydatagrid


def grid_class() -> Any:
    """The class `DataGrid` of ipydatagrid."""
    return _library().DataGrid


class CellStyle:
    """How cells are drawn: background and sign from the marks, a dash for absent. One serves all pages."""

    def __init__(self) -> None:
        library = _library()
        self._expressions = [library.VegaExpr(text) for text in (_background(), _text())]
        background, text = self._expressions
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # py2vega walks Python's syntax tree the old way
            self.renderer = library.TextRenderer(background_color=background, text_value=text)

    def close(self) -> None:
        """Close the widgets that it is made of."""
        for expression in (self.renderer.text_color, *self._expressions):
            expression.close()
        self.renderer.close()


def data_frame(page: Page) -> tuple[pd.DataFrame, list[str]]:
    """A page as a table of texts, indexed by item uuid, marks last.

    Args:
        page: The page.

    Returns:
        The table, and the header of each column of the page.
    """
    labels = labels_of(page.columns, (STATE, _INDEX, _GUID))
    data = {label: [row[at].text for row in page.cells] for at, label in enumerate(labels)}
    index = pd.Index(page.uuids, name=_INDEX, dtype=object)
    frame = pd.DataFrame({**data, STATE: page.marks}, index=index, dtype=object)
    return frame, labels


def _holds(mark: str) -> str:
    return f"indexof({_MARKS_OF_ROW}, ',' + cell.column + '{mark}') >= 0"


def _background() -> str:
    tests = "".join(f"{_holds(MARKS[state])} ? '{colour}' : " for state, (_, colour) in SIGNS.items())
    return f"{tests}default_value"


def _text() -> str:
    signs = "".join(f"{_holds(MARKS[state])} ? '{sign} ' : " for state, (sign, _) in SIGNS.items())
    quote = "'\"'"
    plain = (
        f"{_holds('a')} ? '—' : {_holds('n')} ? '∅ null' : {_holds('e')} ? '\"\"' : "
        f"{_holds('q')} ? {quote} + cell.value + {quote} : default_value"
    )
    return f"({signs}'') + ({plain})"
