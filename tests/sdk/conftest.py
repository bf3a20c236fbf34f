"""One server for all tests of this folder; each test writes into a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from encord import EncordUserClient
from encord.storage import StorageFolder, StorageItem

from tests.served import Served, served


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("no_proxy", "127.0.0.1")
        with served("--items", "2500") as running:
            yield running


@pytest.fixture(scope="session")
def user_client(server: Served) -> EncordUserClient:
    return EncordUserClient.create_with_ssh_private_key(
        ssh_private_key_path=str(server.key_file), domain=server.domain
    )


@pytest.fixture
def streets(user_client: EncordUserClient, server: Served) -> StorageFolder:
    """2500 items; tests that write here touch everything or look only at what they wrote."""
    return user_client.get_storage_folder(server.folder("Street scenes"))


@pytest.fixture
def harbour(user_client: EncordUserClient, server: Served) -> StorageFolder:
    """12 items."""
    return user_client.get_storage_folder(server.folder("Harbour"))


@pytest.fixture
def garage_items(user_client: EncordUserClient, server: Served) -> list[StorageItem]:
    """18 items."""
    return list(user_client.get_storage_folder(server.folder("Parking garage")).list_items())
