"""A second editor at the same Encord: the official SDK, which shares no code with the package."""

from __future__ import annotations

from typing import Any

from encord import EncordUserClient
from encord.storage import StorageItem

from tests.served import Served


class Editor:
    def __init__(self, encord: Served) -> None:
        self._client = EncordUserClient.create_with_ssh_private_key(
            ssh_private_key_path=str(encord.key_file), domain=encord.domain
        )
        self._encord = encord

    def _item(self, uuid: str) -> StorageItem:
        return self._client.get_storage_item(uuid)  # a new object each time: the SDK keeps what it read

    def metadata(self, uuid: str) -> dict[str, Any]:
        """What the server holds now."""
        return dict(self._item(uuid).client_metadata or {})

    def name(self, uuid: str) -> str:
        return self._item(uuid).name

    def write(self, uuid: str, **values: Any) -> None:
        """Change some keys of an item, as a script does: read, change, write the whole."""
        item = self._item(uuid)
        item.update(client_metadata={**(item.client_metadata or {}), **values})

    def new_folder(self, name: str) -> str:
        """Uuid of a new folder, without items."""
        return str(self._client.create_storage_folder(name).uuid)

    def everything(self, folder: str = "Street scenes") -> dict[str, dict[str, Any]]:
        """The metadata of every item of a folder."""
        found = self._client.get_storage_folder(self._encord.folder(folder))
        return {str(item.uuid): dict(item.client_metadata or {}) for item in found.list_items()}

    def media_urls(self, folder: str, item_type: str, suffix: str) -> list[str]:
        """Freshly signed URLs of the items of a type whose name ends so."""
        found = self._client.get_storage_folder(self._encord.folder(folder))
        urls = [
            item.get_signed_url()
            for item in found.list_items()
            if item.item_type.name.lower() == item_type and item.name.endswith(suffix)
        ]
        return [url for url in urls if url]
