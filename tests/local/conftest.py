from __future__ import annotations

from collections.abc import Iterator

import pytest

from encord_widgets.local import EmbeddedEncord
from tests.local.wire import Wire


@pytest.fixture
def encord() -> Iterator[EmbeddedEncord]:
    with EmbeddedEncord(items=120) as embedded:
        yield embedded


@pytest.fixture
def wire(encord: EmbeddedEncord) -> Wire:
    return Wire(encord)


@pytest.fixture
def folder(encord: EmbeddedEncord) -> str:
    """Uuid of the folder "Street scenes"."""
    return encord.store.list_folders()[0][0].uuid


@pytest.fixture
def item(encord: EmbeddedEncord, folder: str) -> str:
    return encord.store.item_uuids(folder)[0]
