"""The built front end, read when the first widget of a kind is made."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final, Self

from encord_widgets.errors import EncordWidgetsError

__all__ = ["StaticText", "static_path", "watched"]

_FOLDER: Final = Path(__file__).parents[1] / "static"


def static_path(bundle: str, suffix: str) -> Path:
    """File of the built front end.

    Args:
        bundle: Name of the widget's bundle, such as `item_grid`.
        suffix: `js` or `css`.
    """
    return _FOLDER / f"{bundle}.{suffix}"


def watched() -> bool:
    """Whether the front end is being developed (`ANYWIDGET_HMR=1`): then files are watched, and widgets stay alive."""
    return os.environ.get("ANYWIDGET_HMR") == "1"


@cache
def _text(bundle: str, suffix: str) -> str:
    path = static_path(bundle, suffix)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise EncordWidgetsError(
            f"The front end of this widget cannot be read: encord_widgets/static/{path.name} ({error.strerror}). "
            "Install the package again; in a checkout, build it with `make frontend`."
        ) from None


class StaticText:
    """An attribute with the text of a built file: read when the first instance asks, never at import.

    Text and not a path, because anywidget never frees a widget whose code is a watched path.

    Args:
        suffix: `js` or `css`; the class names its bundle in `_bundle`.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix

    def __get__(self, instance: object, owner: type) -> str | Self:
        # traitlets asks every class for all its attributes when it is made.
        return self if instance is None else _text(owner._bundle, self._suffix)  # type: ignore[attr-defined]  # noqa: SLF001
