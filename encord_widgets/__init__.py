"""Look at, edit, review, commit and prove custom metadata of Encord items, in a notebook.

Public names are loaded when they are first used, so that the import itself stays quick.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from encord_widgets.api.errors import (
        ApiError,
        AuthenticationError,
        AuthorisationError,
        BadResponseError,
        ConnectionFailedError,
        CredentialsError,
        InvalidRequestError,
        NotFoundError,
        PayloadTooLargeError,
        RateLimitedError,
        ResourceExistsError,
        ServerError,
    )
    from encord_widgets.client import Client
    from encord_widgets.commit.options import CommitOptions, Patience
    from encord_widgets.commit.receipt import Receipt
    from encord_widgets.connections import connect, demo
    from encord_widgets.errors import EncordWidgetsError, InvalidInputError
    from encord_widgets.item_set import ItemSet
    from encord_widgets.metadata.changes import Change, ChangeSet
    from encord_widgets.metadata.encord_block import EncordBlock
    from encord_widgets.metadata.filters.fields import F
    from encord_widgets.metadata.filters.text_lexer import FilterSyntaxError
    from encord_widgets.metadata.filters.tree import Filter
    from encord_widgets.metadata.merge import Conflict
    from encord_widgets.metadata.plan import Plan
    from encord_widgets.metadata.schema import KeyType, MetadataSchema
    from encord_widgets.metadata.schema_merge import SchemaConflictError
    from encord_widgets.metadata.values import ABSENT
    from encord_widgets.widgets.commit_panel import CommitPanel
    from encord_widgets.widgets.diff_preview import DiffPreview
    from encord_widgets.widgets.filter_builder import FilterBuilder
    from encord_widgets.widgets.hygiene_panel import HygienePanel
    from encord_widgets.widgets.inspector import ItemInspector
    from encord_widgets.widgets.item_grid import ItemGrid
    from encord_widgets.widgets.join_panel import JoinPanel
    from encord_widgets.widgets.schema_editor import SchemaEditor
    from encord_widgets.widgets.workbench import Workbench

_HOMES = {
    "api.errors": (
        "ApiError",
        "AuthenticationError",
        "AuthorisationError",
        "BadResponseError",
        "ConnectionFailedError",
        "CredentialsError",
        "InvalidRequestError",
        "NotFoundError",
        "PayloadTooLargeError",
        "RateLimitedError",
        "ResourceExistsError",
        "ServerError",
    ),
    "client": ("Client",),
    "commit.options": ("CommitOptions", "Patience"),
    "commit.receipt": ("Receipt",),
    "connections": ("connect", "demo"),
    "errors": ("EncordWidgetsError", "InvalidInputError"),
    "item_set": ("ItemSet",),
    "metadata.changes": ("Change", "ChangeSet"),
    "metadata.encord_block": ("EncordBlock",),
    "metadata.filters.fields": ("F",),
    "metadata.filters.text_lexer": ("FilterSyntaxError",),
    "metadata.filters.tree": ("Filter",),
    "metadata.merge": ("Conflict",),
    "metadata.plan": ("Plan",),
    "metadata.schema": ("KeyType", "MetadataSchema"),
    "metadata.schema_merge": ("SchemaConflictError",),
    "metadata.values": ("ABSENT",),
    "widgets.commit_panel": ("CommitPanel",),
    "widgets.diff_preview": ("DiffPreview",),
    "widgets.filter_builder": ("FilterBuilder",),
    "widgets.hygiene_panel": ("HygienePanel",),
    "widgets.inspector": ("ItemInspector",),
    "widgets.item_grid": ("ItemGrid",),
    "widgets.join_panel": ("JoinPanel",),
    "widgets.schema_editor": ("SchemaEditor",),
    "widgets.workbench": ("Workbench",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "ABSENT",
    "ApiError",
    "AuthenticationError",
    "AuthorisationError",
    "BadResponseError",
    "Change",
    "ChangeSet",
    "Client",
    "CommitOptions",
    "CommitPanel",
    "Conflict",
    "ConnectionFailedError",
    "CredentialsError",
    "DiffPreview",
    "EncordBlock",
    "EncordWidgetsError",
    "F",
    "Filter",
    "FilterBuilder",
    "FilterSyntaxError",
    "HygienePanel",
    "InvalidInputError",
    "InvalidRequestError",
    "ItemGrid",
    "ItemInspector",
    "ItemSet",
    "JoinPanel",
    "KeyType",
    "MetadataSchema",
    "NotFoundError",
    "Patience",
    "PayloadTooLargeError",
    "Plan",
    "RateLimitedError",
    "Receipt",
    "ResourceExistsError",
    "SchemaConflictError",
    "SchemaEditor",
    "ServerError",
    "Workbench",
    "connect",
    "demo",
]


_CONNECTS = frozenset({"connect", "demo"})


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    if name in _CONNECTS and "ipykernel" in sys.modules:
        threading.Thread(target=_get_ready, name="encord-widgets-import").start()
    return value


def _get_ready() -> None:
    """Load the widgets while the notebook connects: the first grid is shown sooner."""
    with contextlib.suppress(ImportError):  # whoever uses them is told
        importlib.import_module(f"{__name__}.widgets._ready").load()


def __dir__() -> list[str]:
    return __all__
