from __future__ import annotations

import pytest

import encord_widgets as ew


@pytest.fixture(autouse=True)
def _raise_unexpected(monkeypatch):
    """What is shown in a widget and would be missed by a test is raised as well."""
    monkeypatch.setenv("ENCORD_WIDGETS_RAISE", "1")


@pytest.fixture
def client():
    with ew.demo(items=60) as client:
        yield client


@pytest.fixture
def items(client):
    return street_scenes(client).wait()


def street_scenes(client):
    (folder,) = [folder for folder in client.folders() if folder.name == "Street scenes"]
    return client.folder(folder)


@pytest.fixture
def write_as_somebody_else(client):
    """Change live metadata behind the item set's back."""

    def write(item, **keys):
        live = client.read([item]).metadata[0]
        client._background.call(lambda: client._api.patch_metadata({item: live | keys}))

    return write
