"""The built front end, read when the first widget of a kind is made."""

from __future__ import annotations

import hashlib
import os
import zlib
from functools import cache
from pathlib import Path
from typing import Final, Self

from encord_widgets.errors import EncordWidgetsError

__all__ = ["LoaderText", "packed", "static_path", "watched"]

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


@cache
def packed(bundle: str) -> bytes:
    """Style and code of a widget, deflated: a third of its size, and no page waits for a busy kernel to get it.

    Args:
        bundle: Name of the widget's bundle, such as `item_grid`, or of a part of it that its view asks for later.

    Raises:
        EncordWidgetsError: If a file cannot be read.
    """
    # Made here and not by the build: packed bytes differ from one zlib to the next, and CI compares what is committed.
    return zlib.compress(f"{_text(bundle, 'css')}\0{_text(bundle, 'js')}".encode(), 9)


@cache
def _loader(bundle: str) -> str:
    name = f"{bundle}@{hashlib.sha256(packed(bundle)).hexdigest()[:16]}"
    return f'const PACKED="{name}";\n{_text("loader", "js")}'


class LoaderText:
    """The loader's text for the bundle of a class, as an attribute: made when first asked for, never at import.

    Text and not a path, because anywidget never frees a widget whose code is a watched path.
    """

    def __get__(self, instance: object, owner: type) -> str | Self:
        # traitlets asks every class for all its attributes when it is made.
        return self if instance is None else _loader(owner._bundle)  # type: ignore[attr-defined]  # noqa: SLF001
