"""What the first source and the first grid need, loaded while a notebook connects."""

from __future__ import annotations

import anyio.lowlevel
import numpy.ma  # noqa: F401 - np.unique wants it
import platformdirs  # noqa: F401

import encord_widgets.commit.journal
import encord_widgets.widgets.native_grid
import encord_widgets.widgets.workbench  # noqa: F401
from encord_widgets.api.http import load_transport
from encord_widgets.background import Background
from encord_widgets.widgets._static import packed

__all__ = ["load"]


def load() -> None:
    """Load what else is only loaded with the first request: an event loop, the HTTP transport, the certificates.

    Sends nothing, and packs the grid's front end.

    Example:
        >>> load()
    """
    load_transport()
    packed("item_grid")
    background = Background("encord-widgets-ready")
    background.call(anyio.lowlevel.checkpoint)
    background.close()
