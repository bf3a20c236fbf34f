"""Calls about folders and the lists of items in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from encord_widgets.api.errors import BadResponseError
from encord_widgets.api.wire import (
    Folder,
    FolderSummary,
    checked_uuid,
    parse_items,
    parse_model,
    split_page,
)
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.items import ItemBatch

if TYPE_CHECKING:
    from encord_widgets.api.address import Param
    from encord_widgets.api.http import HttpClient

__all__ = ["MAX_BULK", "FolderCalls", "ItemPage", "RawPage", "repeated_token"]

MAX_BULK: Final = 1000
"""Most items that one get-bulk or page may hold."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as it came: enough to ask for the next one before this one is turned into columns.

    Args:
        results: Entries as parsed JSON; they may hold signed URLs.
        next_token: Token of the next page; None at the end.
    """

    results: list[object]
    next_token: str | None

    def __repr__(self) -> str:
        return f"RawPage({len(self.results)} results)"


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A page of items.

    Args:
        batch: The items.
        next_token: Token of the next page; None at the end.
    """

    batch: ItemBatch
    next_token: str | None


class FolderCalls:
    """Calls about folders and what lies in them; a part of `EncordApi`.

    Args:
        http: The client.
    """

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    async def folder(self, uuid: str | UUID) -> Folder:
        """A folder.

        Encord API: GET storage/folders/{uuid}.

        Args:
            uuid: The folder.

        Raises:
            ApiError: AuthorisationError for a folder that is unknown or not yours.

        Example:
            >>> await api.folder(uuid)  # doctest: +SKIP
        """
        folder = checked_uuid(uuid, "folder")
        data = await self.http.request("GET", f"storage/folders/{folder}", subject=f"folder {folder}")
        return parse_model(Folder, data, f"folder {folder}")

    async def folders(
        self, search: str | None = None, *, recursive: bool = True, page_size: int = MAX_BULK
    ) -> list[Folder]:
        """Folders by name; as many requests as there are pages.

        Encord API: GET storage/search/folders, or GET storage/folders for the top level.

        Args:
            search: Text in the name.
            recursive: Whether to look at any depth, or at the top level only.
            page_size: Folders a request, 1 to 1000.

        Example:
            >>> [folder.name for folder in await api.folders()]  # doctest: +SKIP
        """
        params: dict[str, Param] = {
            "search": search or None,
            "isRecursive": False,
            "order": "name",
            "desc": False,
            "pageSize": _checked_page_size(page_size),
        }
        path = "storage/search/folders" if recursive else "storage/folders"
        found: dict[str, Folder] = {}
        async for page in self.pages(path, params, "folders"):
            for entry in page.results:
                folder = parse_model(Folder, entry, "a folder in the list")
                found[folder.uuid] = folder
        return list(found.values())

    async def folder_summary(self, uuid: str | UUID) -> FolderSummary:
        """How much a folder holds.

        Encord API: GET storage/folders/{uuid}/summary.

        Args:
            uuid: The folder.

        Example:
            >>> (await api.folder_summary(uuid)).files  # doctest: +SKIP
        """
        folder = checked_uuid(uuid, "folder")
        data = await self.http.request(
            "GET", f"storage/folders/{folder}/summary", subject=f"summary of folder {folder}"
        )
        return parse_model(FolderSummary, data, f"the summary of folder {folder}")

    async def page(
        self,
        uuid: str | UUID,
        *,
        token: str | None = None,
        descending: bool = False,
        page_size: int = MAX_BULK,
        search: str | None = None,
        item_types: Sequence[str] = (),
        include_metadata: bool = True,
    ) -> ItemPage:
        """One page of the items that lie directly in a folder, by name.

        Encord API: GET storage/folders/{uuid}/items.

        Args:
            uuid: The folder.
            token: Token from the page before; None for the first.
            descending: Whether names run from z to a.
            page_size: Items a page, 1 to 1000.
            search: Text in the name.
            item_types: Only these, in Encord's names such as `imageGroup`.
            include_metadata: Whether the items come with their metadata.

        Example:
            >>> (await api.page(uuid)).batch.uuids  # doctest: +SKIP
        """
        raw = await self.raw_page(
            uuid,
            token=token,
            descending=descending,
            page_size=page_size,
            search=search,
            item_types=item_types,
            include_metadata=include_metadata,
        )
        return ItemPage(parse_items(raw.results), raw.next_token)

    async def raw_page(
        self,
        uuid: str | UUID,
        *,
        token: str | None = None,
        descending: bool = False,
        page_size: int = MAX_BULK,
        search: str | None = None,
        item_types: Sequence[str] = (),
        include_metadata: bool = True,
    ) -> RawPage:
        """The same as `page`, before its items are turned into columns; arguments as there.

        Args:
            uuid: The folder.
            token: Token from the page before.
            descending: Whether names run from z to a.
            page_size: Items a page.
            search: Text in the name.
            item_types: Only these.
            include_metadata: Whether the items come with their metadata.

        Example:
            >>> (await api.raw_page(uuid)).next_token  # doctest: +SKIP
        """
        folder = checked_uuid(uuid, "folder")
        params = _item_params(
            search, item_types, descending=descending, page_size=page_size, include_metadata=include_metadata
        )
        subject = f"items of folder {folder}"
        data = await self.http.request(
            "GET", f"storage/folders/{folder}/items", params={**params, "pageToken": token}, subject=subject
        )
        return RawPage(*split_page(data, subject))

    async def find_items(
        self,
        search: str | None = None,
        item_types: Sequence[str] = (),
        *,
        folder: str | UUID | None = None,
        page_size: int = MAX_BULK,
        include_metadata: bool = True,
    ) -> AsyncIterator[ItemBatch]:
        """Items of any depth, page by page; slow on Encord's side, prefer `page` where the folder is known.

        Encord API: GET storage/search/items, or GET storage/folders/{uuid}/items with isRecursive.

        Args:
            search: Text in the name.
            item_types: Only these, in Encord's names such as `imageGroup`.
            folder: Only below this folder.
            page_size: Items a page, 1 to 1000.
            include_metadata: Whether the items come with their metadata.

        Raises:
            InvalidInputError: If neither `search` nor `item_types` is given, which Encord requires.

        Example:
            >>> async for batch in api.find_items("drive-07"): ...  # doctest: +SKIP
        """
        if not search and not item_types:
            raise InvalidInputError(
                [
                    Problem(
                        expected="search or item_types",
                        got="neither",
                        hint="Give one of them, or list a folder.",
                    )
                ]
            )
        params = _item_params(
            search, item_types, descending=False, page_size=page_size, include_metadata=include_metadata
        )
        path = "storage/search/items"
        if folder is not None:
            path = f"storage/folders/{checked_uuid(folder, 'folder')}/items"
            params = {**params, "isRecursive": True}
        async for page in self.pages(path, params, "items found"):
            yield parse_items(page.results)

    async def pages(self, path: str, params: Mapping[str, Param], subject: str) -> AsyncIterator[RawPage]:
        """All pages of a list, one after the other.

        Args:
            path: Path below `/v2/public/`.
            params: Query without the page token.
            subject: What is listed, for messages.

        Raises:
            BadResponseError: If the server hands out the same token again, which would never end.

        Example:
            >>> async for page in api.pages("storage/folders", {}, "folders"): ...  # doctest: +SKIP
        """
        token: str | None = None
        used: set[str] = set()
        while True:
            data = await self.http.request(
                "GET", path, params={**params, "pageToken": token}, subject=subject
            )
            page = RawPage(*split_page(data, subject))
            yield page
            token = page.next_token
            if token is None:
                return
            if token in used:
                raise repeated_token(subject)
            used.add(token)


def repeated_token(subject: str) -> BadResponseError:
    """The error for a list that would never end.

    Args:
        subject: What is listed.
    """
    return BadResponseError(
        f"{subject}: the server gave the same page token twice, so the list would never end; try again.",
        status=200,
    )


def _item_params(
    search: str | None, item_types: Sequence[str], *, descending: bool, page_size: int, include_metadata: bool
) -> dict[str, Param]:
    return {
        "search": search or None,
        "isRecursive": False,
        "itemTypes": list(item_types),
        "order": "name",
        "desc": descending,
        "pageSize": _checked_page_size(page_size),
        "signUrls": False,
        "includeClientMetadata": include_metadata,
        "clientMetadataAsSignedUrl": False,
    }


def _checked_page_size(page_size: int) -> int:
    if not 1 <= page_size <= MAX_BULK:
        raise InvalidInputError(
            [
                Problem(
                    key="page_size", expected="1 to 1000", got=str(page_size), hint="Encord's limit is 1000."
                )
            ]
        )
    return page_size
