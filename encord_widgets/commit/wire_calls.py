"""The calls of the wire that a commit needs, with the item at fault found by halving."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

from encord_widgets.api.errors import (
    ApiError,
    AuthorisationError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
)
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.values import Json

__all__ = ["BLAMES_AN_ITEM", "MOST_REFUSED", "CommitApi", "CommitCalls"]

T = TypeVar("T")

# One item can be the cause of these; all others concern the whole connection.
BLAMES_AN_ITEM: Final = (InvalidRequestError, AuthorisationError, NotFoundError, PayloadTooLargeError)
# So many items refused and none read: it is not the items, and asking for each of them would take hours.
MOST_REFUSED: Final = 50


class CommitApi(Protocol):
    """The calls of the wire that a commit needs."""

    async def items(self, uuids: Sequence[str], known: Mapping[str, dict[str, Json]]) -> ItemBatch:
        """Read items fresh; a text that is known needs no parsing."""
        ...

    async def patch_metadata(self, patches: dict[str, bytes], *, retry: bool) -> None:
        """Replace the metadata of items by JSON texts."""
        ...


class CommitCalls:
    """Reads and writes items; a call that the server refuses is halved until the item at fault stands alone.

    Args:
        api: The wire.
        most_bytes: JSON bytes of one write.
    """

    def __init__(self, api: CommitApi, most_bytes: int) -> None:
        self._api = api
        self._most_bytes = most_bytes

    async def read(
        self, uuids: Sequence[str], known: Mapping[str, dict[str, Json]]
    ) -> tuple[list[ItemBatch], dict[str, ApiError]]:
        """Read items.

        Args:
            uuids: At most 1000.
            known: Metadata by JSON text, as it was sent: what comes back letter for letter needs no parsing.

        Returns:
            What was read, and for each item that could not be read, why.
        """
        errors: dict[str, ApiError] = {}

        async def ask(some: Sequence[str]) -> ItemBatch:
            return await self._api.items(some, known)

        return await self._halving(list(uuids), ask, errors), errors

    async def write(self, patches: dict[str, bytes]) -> dict[str, ApiError]:
        """Replace the metadata of items, once: a failure is for the caller, who reads before trying again.

        Args:
            patches: Whole new metadata by item, as JSON text.

        Returns:
            For each item that was not accepted, why; after a transient error it may be written all the same.
        """
        errors: dict[str, ApiError] = {}

        async def send(uuids: Sequence[str]) -> None:
            await self._api.patch_metadata({item: patches[item] for item in uuids}, retry=False)

        for uuids in self._within_budget(patches):
            # The answer needs no care here: the read-back finds what became of the items.
            await self._halving(uuids, send, errors)
        return errors

    def _within_budget(self, patches: dict[str, bytes]) -> list[list[str]]:
        parts: list[list[str]] = [[]]
        total = 0
        for item, text in patches.items():
            if parts[-1] and total + len(text) > self._most_bytes:
                parts.append([])
                total = 0
            parts[-1].append(item)
            total += len(text)
        return parts

    async def _halving(
        self, uuids: list[str], call: Callable[[Sequence[str]], Awaitable[T]], errors: dict[str, ApiError]
    ) -> list[T]:
        try:
            return [await call(uuids)]
        except BLAMES_AN_ITEM as error:
            if len(uuids) == 1:
                errors[uuids[0]] = error
                return []
        except ApiError as error:
            errors.update(dict.fromkeys(uuids, error))
            return []
        middle = len(uuids) // 2
        first = await self._halving(uuids[:middle], call, errors)
        return [*first, *await self._halving(uuids[middle:], call, errors)]
