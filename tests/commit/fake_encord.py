"""A tiny Encord in memory for commits: whole-dictionary writes, faults on demand, and a log of every write."""

from __future__ import annotations

import copy
from collections.abc import Callable

from encord_widgets.api.errors import (
    ApiError,
    AuthorisationError,
    ConnectionFailedError,
    InvalidRequestError,
    PayloadTooLargeError,
    RateLimitedError,
    ServerError,
)
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.values import loads


class FakeEncord:
    """Speaks the two calls that a commit needs."""

    def __init__(self, items: dict[str, dict]) -> None:
        self.items = copy.deepcopy(items)
        self.writes: list[dict[str, dict]] = []
        self.reads: list[list[str]] = []
        self.refuses: set[str] = set()
        self.forbidden: set[str] = set()
        self.largest_patch: int | None = None
        self.before_read: Callable[[list[str]], None] = lambda uuids: None
        self.before_write: Callable[[dict[str, dict]], None] = lambda patches: None
        self.after_write: Callable[[dict[str, dict]], None] = lambda patches: None

    async def items_now(self, uuids, known=None):
        self.reads.append(list(uuids))
        self.before_read(list(uuids))
        if self.forbidden & set(uuids):
            raise AuthorisationError("403: not yours", status=403)
        found = [uuid for uuid in uuids if uuid in self.items]
        return ItemBatch(
            uuids=found,
            metadata=[copy.deepcopy(self.items[uuid]) for uuid in found],
            missing=[uuid for uuid in uuids if uuid not in self.items],
        )

    async def patch_metadata(self, texts, *, retry):
        assert not retry, "a commit reads before it writes again"
        patches = {uuid: loads(text) for uuid, text in texts.items()}
        self.before_write(patches)
        if self.largest_patch is not None and len(patches) > self.largest_patch:
            raise PayloadTooLargeError("413: too large", status=413)
        if self.refuses & set(patches):
            raise InvalidRequestError("400: clientMetadata is not welcome", status=400)
        self.writes.append(copy.deepcopy(dict(patches)))
        self.items.update(copy.deepcopy(dict(patches)))
        self.after_write(patches)


class Api:
    """The fake under the names of the wire client."""

    def __init__(self, encord: FakeEncord) -> None:
        self.items = encord.items_now
        self.patch_metadata = encord.patch_metadata


def lost(status: int | None = None) -> ApiError:
    """The answer to a request got lost, or was one that asks to try again."""
    kinds = {None: ConnectionFailedError, 429: RateLimitedError}
    return kinds.get(status, ServerError)("the connection was lost", status=status)
