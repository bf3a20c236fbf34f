"""Calls about Encord Index: collections and filter presets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from encord_widgets.api.errors import AuthorisationError, BadResponseError
from encord_widgets.api.folder_calls import MAX_BULK, FolderCalls, RawPage
from encord_widgets.api.index_models import Collection, Preset
from encord_widgets.api.wire import checked_uuid, checked_uuids, normal_uuid, parse_model
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.values import Json

if TYPE_CHECKING:
    from encord_widgets.api.address import Param

__all__ = ["NO_FOLDER", "IndexCalls"]

NO_FOLDER: Final = str(UUID(int=0))
"""Stands for all folders where Encord wants one."""

_COLLECTIONS: Final = "index/collections"
_PRESETS: Final = "index/presets"


class IndexCalls(FolderCalls):
    """Calls about collections and presets; a part of `EncordApi`."""

    # -- collections -------------------------------------------------------------------------------------------

    async def collections(
        self, folder: str | UUID | None = None, uuids: Sequence[str | UUID] = ()
    ) -> list[Collection]:
        """Collections; as many requests as there are pages.

        Encord API: GET index/collections.

        Args:
            folder: Only those of this top-level folder.
            uuids: Only these.

        Example:
            >>> [collection.name for collection in await api.collections()]  # doctest: +SKIP
        """
        params: dict[str, Param] = {
            "topLevelFolderUuid": None if folder is None else checked_uuid(folder, "folder"),
            "uuids": [checked_uuid(uuid, "collection") for uuid in uuids],
            "pageSize": MAX_BULK,
        }
        found: dict[str, Collection] = {}
        async for page in self.pages(_COLLECTIONS, params, "collections"):
            for entry in page.results:
                collection = parse_model(Collection, entry, "a collection in the list")
                found[collection.uuid] = collection
        return list(found.values())

    async def collection(self, uuid: str | UUID) -> Collection:
        """One collection.

        Encord API: GET index/collections?uuids={uuid}.

        Args:
            uuid: The collection.

        Raises:
            AuthorisationError: If the list that Encord answers is empty: unknown, or not yours.

        Example:
            >>> (await api.collection(uuid)).name  # doctest: +SKIP
        """
        wanted = checked_uuid(uuid, "collection")
        found = next((one for one in await self.collections(uuids=[wanted]) if one.uuid == wanted), None)
        if found is None:
            raise _unknown("collection", wanted, _COLLECTIONS)
        return found

    async def create_collection(
        self, folder: str | UUID, name: str, description: str = "", *, retry: bool = False
    ) -> str:
        """Make an empty collection.

        Encord API: POST index/collections?topLevelFolderUuid={folder}.

        Args:
            folder: The top-level folder that it belongs to.
            name: Its name.
            description: Its description.
            retry: Whether to try again on a passing failure, at the risk of a second one of the same name.

        Returns:
            Its uuid.

        Example:
            >>> await api.create_collection(folder, "Rain")  # doctest: +SKIP
        """
        data = await self.http.request(
            "POST",
            _COLLECTIONS,
            params={"topLevelFolderUuid": checked_uuid(folder, "folder")},
            body={"name": name, "description": description},
            subject=f"new collection {name!r}",
            retry=retry,
        )
        return _new_uuid(data, f"new collection {name!r}")

    async def update_collection(
        self, uuid: str | UUID, *, name: str | None = None, description: str | None = None
    ) -> None:
        """Rename or describe a collection.

        Encord API: PATCH index/collections/{uuid}.

        Args:
            uuid: The collection.
            name: Its new name; None leaves it.
            description: Its new description; None leaves it.

        Example:
            >>> await api.update_collection(uuid, name="Heavy rain")  # doctest: +SKIP
        """
        collection = checked_uuid(uuid, "collection")
        body = {
            key: value for key, value in (("name", name), ("description", description)) if value is not None
        }
        await self.http.request(
            "PATCH", f"{_COLLECTIONS}/{collection}", body=body, subject=f"collection {collection}"
        )

    async def delete_collection(self, uuid: str | UUID) -> None:
        """Delete a collection; its items stay.

        Encord API: DELETE index/collections/{uuid}.

        Args:
            uuid: The collection.

        Example:
            >>> await api.delete_collection(uuid)  # doctest: +SKIP
        """
        collection = checked_uuid(uuid, "collection")
        await self.http.request(
            "DELETE", f"{_COLLECTIONS}/{collection}", subject=f"collection {collection}", retry=False
        )

    async def collection_pages(
        self, uuid: str | UUID, *, include_metadata: bool = True, inaccessible: bool = False
    ) -> AsyncIterator[RawPage]:
        """The items of a collection, page by page, in Encord's order.

        Encord API: GET index/collections/{uuid}/accessible-items, or all-items.

        Args:
            uuid: The collection.
            include_metadata: Whether the items come with their metadata.
            inaccessible: Whether items that are not yours to read come too, as `{"uuid"}` and nothing else.

        Example:
            >>> async for page in api.collection_pages(uuid): ...  # doctest: +SKIP
        """
        collection = checked_uuid(uuid, "collection")
        path = f"{_COLLECTIONS}/{collection}/{'all-items' if inaccessible else 'accessible-items'}"
        params: dict[str, Param] = {"includeClientMetadata": include_metadata, "pageSize": MAX_BULK}
        async for page in self.pages(path, params, f"items of collection {collection}"):
            yield page

    async def add_items(self, uuid: str | UUID, items: Iterable[str | UUID]) -> list[str]:
        """Add up to 1,000 items to a collection; adding one twice changes nothing.

        Encord API: POST index/collections/{uuid}/add-items.

        Args:
            uuid: The collection.
            items: The items.

        Returns:
            Uuids of the items that Encord could not add.

        Example:
            >>> await api.add_items(collection, [item])  # doctest: +SKIP
            []
        """
        return await self._bulk(uuid, "add-items", items)

    async def remove_items(self, uuid: str | UUID, items: Iterable[str | UUID]) -> list[str]:
        """Take up to 1,000 items out of a collection.

        Encord API: POST index/collections/{uuid}/remove-items.

        Args:
            uuid: The collection.
            items: The items.

        Returns:
            Uuids of the items that Encord could not take out.

        Example:
            >>> await api.remove_items(collection, [item])  # doctest: +SKIP
            []
        """
        return await self._bulk(uuid, "remove-items", items)

    async def add_preset_items(self, uuid: str | UUID, preset: str | UUID) -> None:
        """Have Encord add what a preset matches now; it answers before it has begun, and never says when it is done.

        Encord API: POST index/collections/{uuid}/add-preset-items.

        Args:
            uuid: The collection.
            preset: The preset. One of a wrong shape is accepted, and then nothing ever happens.

        Example:
            >>> await api.add_preset_items(collection, preset)  # doctest: +SKIP
        """
        await self._preset_items(uuid, preset, "add-preset-items")

    async def remove_preset_items(self, uuid: str | UUID, preset: str | UUID) -> None:
        """Have Encord take out what a preset matches now, as `add_preset_items` does.

        Encord API: POST index/collections/{uuid}/remove-preset-items.

        Args:
            uuid: The collection.
            preset: The preset.

        Example:
            >>> await api.remove_preset_items(collection, preset)  # doctest: +SKIP
        """
        await self._preset_items(uuid, preset, "remove-preset-items")

    async def _bulk(self, uuid: str | UUID, call: str, items: Iterable[str | UUID]) -> list[str]:
        collection = checked_uuid(uuid, "collection")
        asked = list(dict.fromkeys(checked_uuids(items, "item")))
        if len(asked) > MAX_BULK:
            raise InvalidInputError(
                [Problem(expected="up to 1000 items at a time", got=str(len(asked)), hint="Split them.")]
            )
        if not asked:
            return []
        subject = f"{len(asked)} items of collection {collection}"
        # A set of items: doing it twice leaves what doing it once leaves.
        data = await self.http.request(
            "POST", f"{_COLLECTIONS}/{collection}/{call}", body={"itemUuids": asked}, subject=subject
        )
        failed = data.get("failedItems", data.get("failed_items")) if isinstance(data, dict) else None
        if not isinstance(failed, list):
            raise BadResponseError(
                f"{subject}: the answer is not Encord's (no list of failed items).", status=200
            )
        return [normal_uuid(item) or str(item) for item in failed]

    async def _preset_items(self, uuid: str | UUID, preset: str | UUID, call: str) -> None:
        collection = checked_uuid(uuid, "collection")
        await self.http.request(
            "POST",
            f"{_COLLECTIONS}/{collection}/{call}",
            body={"presetUuid": checked_uuid(preset, "preset")},
            subject=f"collection {collection}",
        )

    # -- presets -----------------------------------------------------------------------------------------------

    async def presets(self, uuids: Sequence[str | UUID] = ()) -> list[Preset]:
        """Filter presets without their filters; as many requests as there are pages.

        Encord API: GET index/presets.

        Args:
            uuids: Only these.

        Example:
            >>> [preset.name for preset in await api.presets()]  # doctest: +SKIP
        """
        params: dict[str, Param] = {
            "uuids": [checked_uuid(uuid, "preset") for uuid in uuids],
            "pageSize": MAX_BULK,
        }
        found: dict[str, Preset] = {}
        async for page in self.pages(_PRESETS, params, "presets"):
            for entry in page.results:
                preset = parse_model(Preset, entry, "a preset in the list")
                found[preset.uuid] = preset
        return list(found.values())

    async def preset(self, uuid: str | UUID) -> Preset:
        """One preset without its filters.

        Encord API: GET index/presets?uuids={uuid}.

        Args:
            uuid: The preset.

        Raises:
            AuthorisationError: If the list that Encord answers is empty: unknown, or not yours.

        Example:
            >>> (await api.preset(uuid)).name  # doctest: +SKIP
        """
        wanted = checked_uuid(uuid, "preset")
        found = next((one for one in await self.presets([wanted]) if one.uuid == wanted), None)
        if found is None:
            raise _unknown("preset", wanted, _PRESETS)
        return found

    async def preset_definition(self, uuid: str | UUID) -> dict[str, Any]:
        """The filters of a preset as they are on the wire.

        Encord API: GET index/presets/{uuid}.

        Args:
            uuid: The preset.

        Example:
            >>> (await api.preset_definition(uuid))["global_filters"]  # doctest: +SKIP
        """
        preset = checked_uuid(uuid, "preset")
        data = await self.http.request("GET", f"{_PRESETS}/{preset}", subject=f"preset {preset}")
        if not isinstance(data, dict):
            raise BadResponseError(
                f"Preset {preset} came in a shape that is not Encord's (no object).", status=200
            )
        return data

    async def create_preset(self, name: str, definition: Mapping[str, Json], description: str = "") -> str:
        """Make a preset. Encord checks nothing of the definition: make it with `metadata.filters.preset`.

        Encord API: POST index/presets?topLevelFolderUuid=00000000-0000-0000-0000-000000000000.

        Args:
            name: Its name.
            definition: `local_filters` and `global_filters`, in snake case; camelCase would be dropped without a word.
            description: Its description.

        Returns:
            Its uuid.

        Example:
            >>> await api.create_preset("Rain", definition)  # doctest: +SKIP
        """
        subject = f"new preset {name!r}"
        data = await self.http.request(
            "POST",
            _PRESETS,
            params={"topLevelFolderUuid": NO_FOLDER},
            body={"name": name, "filterPresetJson": dict(definition), "description": description},
            subject=subject,
            retry=False,
        )
        return _new_uuid(data, subject)

    async def delete_preset(self, uuid: str | UUID) -> None:
        """Delete a preset; collections that it filled stay as they are.

        Encord API: DELETE index/presets/{uuid}.

        Args:
            uuid: The preset.

        Example:
            >>> await api.delete_preset(uuid)  # doctest: +SKIP
        """
        preset = checked_uuid(uuid, "preset")
        await self.http.request("DELETE", f"{_PRESETS}/{preset}", subject=f"preset {preset}", retry=False)


def _new_uuid(data: object, subject: str) -> str:
    found = normal_uuid(data)
    if found is None:
        raise BadResponseError(f"{subject}: the answer is not Encord's (no uuid).", status=200)
    return found


def _unknown(what: str, uuid: str, path: str) -> AuthorisationError:
    return AuthorisationError(
        f"{what} {uuid}: Encord lists none with this uuid. Check it, and that your account has access to it.",
        method="GET",
        path=f"/v2/public/{path}",
    )
