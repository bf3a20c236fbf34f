"""Encord's endpoints that the toolkit uses, one method each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import SecretStr

from encord_widgets.api.codec import encode, uncollected
from encord_widgets.api.dataset_calls import DatasetCalls
from encord_widgets.api.errors import BadResponseError, NotFoundError
from encord_widgets.api.folder_calls import MAX_BULK, ItemPage, RawPage
from encord_widgets.api.index_calls import IndexCalls
from encord_widgets.api.wire import answered_uuids, checked_uuid, checked_uuids, parse_items, split_page
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.values import Json

__all__ = ["MAX_BULK", "EncordApi", "ItemPage", "RawPage"]

_SCHEMA: Final = "organisation/client-metadata-schema-v2"
_UNKNOWN_MIME: Final = "application/octet-stream"


class EncordApi(IndexCalls, DatasetCalls):
    """Encord's endpoints over one HTTP client; every method is one request unless it says otherwise.

    Args:
        http: The client; the caller closes it.

    Example:
        >>> api = EncordApi(HttpClient(SshCredentials.from_file("~/.ssh/encord")))  # doctest: +SKIP
        >>> (await api.folder(uuid)).name  # doctest: +SKIP
        'Drives'
    """

    async def item(self, uuid: str | UUID) -> ItemBatch:
        """One item.

        Encord API: GET storage/items/{uuid}.

        Args:
            uuid: The item.

        Raises:
            ApiError: AuthorisationError for an item that is unknown or not yours.

        Example:
            >>> (await api.item(uuid)).metadata[0]  # doctest: +SKIP
        """
        data, _ = await self._item(uuid, sign=False)
        return parse_items([data])

    async def items(
        self, uuids: Iterable[str | UUID], known: Mapping[str, dict[str, Json]] | None = None
    ) -> ItemBatch:
        """Up to 1,000 items by uuid; those that did not come back are in `missing`.

        Encord API: POST storage/items/get-bulk.

        Args:
            uuids: The items.
            known: Metadata by its JSON text, for texts that need no parsing because they were just sent.

        Raises:
            InvalidInputError: If there are more than 1,000.
            ApiError: As the server says; an unknown uuid may fail the whole request, without being named.

        Example:
            >>> (await api.items([uuid])).missing  # doctest: +SKIP
            []
        """
        asked = list(dict.fromkeys(checked_uuids(uuids, "item")))
        _check_bulk(len(asked))
        if not asked:
            return ItemBatch()
        subject = f"{len(asked)} items ({asked[0]}{', ...' if len(asked) > 1 else ''})"
        data = await self.http.request(
            "POST",
            "storage/items/get-bulk",
            body={"itemUuids": asked, "signUrls": False},
            subject=subject,
        )
        results, _ = split_page(data, subject)
        with uncollected():
            batch = parse_items(results, known, asked)
        answered = set(batch.uuids)
        if not answered.issuperset(asked) or len(batch) != len(asked):
            wanted = set(asked)
            positions = [row for row, uuid in enumerate(batch.uuids) if uuid in wanted]
            problems = batch.problems
            batch = batch.take(positions)
            batch.problems = problems
            answered.update(answered_uuids(results))
            batch.missing = [uuid for uuid in asked if uuid not in answered]
        return batch

    async def child_items(self, uuid: str | UUID, parent: str | UUID) -> ItemBatch:
        """The frames of an image group or sequence, the files of a DICOM series; as many requests as pages.

        Encord API: GET storage/folders/{parent}/items/{uuid}/child-items. The SDK reads its first page only.

        Args:
            uuid: The group.
            parent: The folder it lies in.

        Example:
            >>> (await api.child_items(group, folder)).uuids  # doctest: +SKIP
        """
        item, folder = checked_uuid(uuid, "item"), checked_uuid(parent, "folder")
        path = f"storage/folders/{folder}/items/{item}/child-items"
        results: list[object] = []
        async for page in self.pages(path, {"signUrls": False}, f"children of item {item}"):
            results += page.results
        return parse_items(results)

    async def patch_metadata(
        self, patches: Mapping[str, Mapping[str, Json] | bytes], *, retry: bool = True
    ) -> None:
        """Replace the whole metadata of many items.

        Encord API: PATCH storage/items/patch-bulk.

        Args:
            patches: Item uuid to its whole new metadata; bytes are its JSON text already. More than 1,000 at a time
                are slower, not faster.
            retry: Whether to try again on a passing failure.

        Raises:
            ApiError: As the server says. After ConnectionFailedError or ServerError it may have been written
                all the same, and an item that is left out of the answer may not: only reading again tells.

        Example:
            >>> await api.patch_metadata({uuid: {"weather": "fog"}})  # doctest: +SKIP
        """
        if not patches:
            return
        # Item by item: one that the quick encoder cannot take does not slow the others down.
        body = [
            b'"%b":{"clientMetadata":%b}'
            % (uuid.encode(), metadata if isinstance(metadata, bytes) else encode(metadata))
            for uuid, metadata in zip(checked_uuids(patches, "item"), patches.values(), strict=True)
        ]
        first = next(iter(patches))
        subject = f"metadata of {len(body)} items ({first}{', ...' if len(body) > 1 else ''})"
        # Safe to repeat: each patch carries the whole dictionary, so doing it twice leaves what doing it once leaves.
        # What a retry cannot see is somebody else's edit between two attempts; reading back afterwards finds that.
        await self.http.request(
            "PATCH",
            "storage/items/patch-bulk",
            body=b'{"itemPatches":{%b}}' % b",".join(body),
            subject=subject,
            retry=retry,
            answer=False,
        )

    async def patch_item(
        self,
        parent: str | UUID,
        uuid: str | UUID,
        *,
        metadata: Mapping[str, Json] | None = None,
        name: str | None = None,
        description: str | None = None,
        retry: bool = True,
    ) -> ItemBatch:
        """Change one item; `metadata` replaces the whole dictionary.

        Encord API: PATCH storage/folders/{parent}/items/{uuid}.

        Args:
            parent: The folder it lies in.
            uuid: The item.
            metadata: Its whole new metadata; None leaves it.
            name: Its new name; None leaves it.
            description: Its new description; None leaves it.
            retry: Whether to try again on a passing failure; every field replaces, so repeating is safe.

        Returns:
            The item as the server answered it; empty when there was nothing to change.

        Example:
            >>> await api.patch_item(folder, uuid, name="drive-08.mp4")  # doctest: +SKIP
        """
        item, folder = checked_uuid(uuid, "item"), checked_uuid(parent, "folder")
        wanted = {"name": name, "description": description, "clientMetadata": metadata}
        body = {key: value for key, value in wanted.items() if value is not None}
        if not body:
            return ItemBatch()
        data = await self.http.request(
            "PATCH", f"storage/folders/{folder}/items/{item}", body=body, subject=f"item {item}", retry=retry
        )
        return parse_items([data])

    async def schema(self) -> dict[str, Any] | None:
        """The organisation's metadata schema as it is on the wire; None where there is none yet.

        Encord API: GET organisation/client-metadata-schema-v2.

        Example:
            >>> sorted(await api.schema() or {})  # doctest: +SKIP
        """
        data = await self.http.request("GET", _SCHEMA, subject="metadata schema")
        if data is not None and not isinstance(data, dict):
            raise BadResponseError(
                "The metadata schema came in a shape that is not Encord's (no object).", status=200
            )
        return data

    async def save_schema(self, mapping: Mapping[str, Any], *, retry: bool = True) -> None:
        """Replace the organisation's metadata schema; the last writer wins.

        Encord API: POST organisation/client-metadata-schema-v2.

        Args:
            mapping: The whole schema, key to type object, unknown types as they were read.
            retry: Whether to try again on a passing failure, without looking what somebody else saved meanwhile.

        Example:
            >>> await api.save_schema({"city": {"ty": "variant", "hint": "varchar"}})  # doctest: +SKIP
        """
        # The whole map each time, so repeating it is safe, as for a metadata patch.
        await self.http.request("POST", _SCHEMA, body=dict(mapping), subject="metadata schema", retry=retry)

    async def signed_url(self, uuid: str | UUID) -> SecretStr:
        """A URL by which anybody can read an item's media for a while: a secret, so it hides itself.

        Encord API: GET storage/items/{uuid}?signUrl=True.

        Args:
            uuid: The item.

        Raises:
            NotFoundError: If the item has no media of its own, as an image group.

        Example:
            >>> await api.signed_url(uuid)  # doctest: +SKIP
            SecretStr('**********')
        """
        return (await self._media_source(uuid))[0]

    async def media(self, uuid: str | UUID, limit_bytes: int = 20_000_000) -> tuple[bytes, str]:
        """An item's media; two requests.

        Encord API: GET storage/items/{uuid}?signUrl=True, then the URL it gives.

        Args:
            uuid: The item.
            limit_bytes: Largest size to accept.

        Returns:
            The bytes and their content type.

        Raises:
            NotFoundError: If the item has no media of its own.
            ApiError: If it cannot be fetched or is too large.

        Example:
            >>> data, mime = await api.media(uuid)  # doctest: +SKIP
        """
        url, mime = await self._media_source(uuid)
        data, sent = await self.http.get_media(
            url.get_secret_value(), limit_bytes, subject=f"item {checked_uuid(uuid, 'item')}"
        )
        return data, mime if sent == _UNKNOWN_MIME and mime else sent

    async def _item(self, uuid: str | UUID, *, sign: bool) -> tuple[dict[str, Any], str]:
        item = checked_uuid(uuid, "item")
        data = await self.http.request(
            "GET", f"storage/items/{item}", params={"signUrl": sign}, subject=f"item {item}"
        )
        if not isinstance(data, dict):
            raise BadResponseError(
                f"Item {item} came in a shape that is not Encord's (no object).", status=200
            )
        return data, item

    async def _media_source(self, uuid: str | UUID) -> tuple[SecretStr, str]:
        data, item = await self._item(uuid, sign=True)
        url = data.get("signedUrl") or data.get("signed_url")
        if not isinstance(url, str) or not url:
            raise NotFoundError(
                f"item {item}: Encord gives no media for it (a group shows its children instead).",
                method="GET",
                path=f"/v2/public/storage/items/{item}",
            )
        mime = data.get("mimeType") or data.get("mime_type")
        return SecretStr(url), mime if isinstance(mime, str) else ""


def _check_bulk(count: int) -> None:
    if count > MAX_BULK:
        raise InvalidInputError(
            [Problem(expected="up to 1000 items at a time", got=str(count), hint="Split them.")]
        )
