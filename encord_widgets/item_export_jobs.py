"""Items on their way into a collection or a dataset, and filters into a preset; each read back and counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import anyio

from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.errors import ApiError, AuthorisationError
from encord_widgets.api.wire import Folder, answered_uuids
from encord_widgets.commit.options import Patience
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_export_bulk import IN_FLIGHT, ExportJob, created, read_back, send_all
from encord_widgets.item_export_receipt import ExportKind, ExportReceipt, ExportRow
from encord_widgets.metadata.texts import counted, printable
from encord_widgets.metadata.values import Json, canonical

__all__ = ["collect", "link", "save_preset", "top_level_folder"]

_TOO_DEEP: Final = 100
_HELD_BACK: Final = "Encord names it among the items that it could not add"
_NOT_SAID: Final = "Encord does not say which item is behind each row, so rows were only counted."


async def collect(
    api: EncordApi, job: ExportJob, name: str, *, description: str = "", folder: str | None, into: str | None
) -> ExportReceipt:
    """Put items into a collection.

    Encord API: POST index/collections, POST index/collections/{uuid}/add-items, then
    GET index/collections/{uuid}/accessible-items.

    Args:
        api: The wire.
        job: The items.
        name: Name of the collection.
        description: Its description, where it is new.
        folder: Top-level folder of a new collection.
        into: Uuid of a collection that is there already.

    Returns:
        One row for each item.

    Raises:
        ApiError: If the collection cannot be made or found.
    """
    if into is None:
        assert folder is not None  # noqa: S101  # the caller knows one of the two
        top = folder

        async def listed() -> set[str]:
            return {one.uuid for one in await api.collections(top) if one.name == name}

        uuid = await created(lambda: api.create_collection(top, name, description), listed, job.patience)
    else:
        uuid = (await api.collection(into)).uuid

    async def send(items: list[str]) -> dict[str, str]:
        return dict.fromkeys(await api.add_items(uuid, items), _HELD_BACK)

    async def members() -> tuple[set[str], int]:
        found: set[str] = set()
        async for page in api.collection_pages(uuid, include_metadata=False):
            found.update(answered_uuids(page.results))
            job.progress.counts = {"read back": len(found)}
        return found, 0

    sent = await send_all(job, send, lambda: api.collection(uuid))
    try:
        held, _ = await read_back(job, sent, members)
    except ApiError as error:  # what was sent is told all the same
        return _unread("collection", uuid, name, job.receipt_rows(sent, None), error)
    return ExportReceipt("collection", uuid, name, job.receipt_rows(sent, held), len(held))


async def link(api: EncordApi, job: ExportJob, title: str, description: str | None) -> ExportReceipt:
    """Make a dataset of items.

    Encord API: POST datasets, legacy `datasetlinkitems` POST, then legacy `dataset` GET.

    Args:
        api: The wire.
        job: The items.
        title: Title of the dataset.
        description: Its description.

    Returns:
        One row for each item.

    Raises:
        ApiError: If the dataset cannot be made.
    """

    async def listed() -> set[str]:
        return {one.uuid for one in await api.datasets(title)}

    uuid = await created(lambda: api.create_dataset(title, description), listed, job.patience)

    async def send(items: list[str]) -> dict[str, str]:
        await api.link_items(uuid, items)
        return {}  # rows that are not answered are found when reading back

    async def members() -> tuple[set[str], int]:
        rows = await api.dataset_rows(uuid)
        found = {row.backing_item_uuid for row in rows if row.backing_item_uuid}
        return found, sum(row.backing_item_uuid is None for row in rows)

    sent = await send_all(job, send, lambda: api.dataset_title(uuid))
    try:
        held, nameless = await read_back(job, sent, members)
    except ApiError as error:  # what was sent is told all the same
        return _unread("dataset", uuid, title, job.receipt_rows(sent, None), error)
    count = len(held) + nameless
    notes: tuple[str, ...] = ()
    if nameless and nameless >= len(sent.accepted - held):
        held, notes = held | sent.accepted, (_NOT_SAID,)
    return ExportReceipt("dataset", uuid, title, job.receipt_rows(sent, held), count, notes=notes)


def _unread(
    kind: ExportKind, uuid: str, name: str, rows: tuple[ExportRow, ...], error: ApiError
) -> ExportReceipt:
    note = f"Not read back: {error}"
    return ExportReceipt(kind, uuid, name, rows, held=None, proved=False, notes=(note,))


async def save_preset(
    api: EncordApi, name: str, definition: dict[str, Json], description: str, patience: Patience
) -> ExportReceipt:
    """Make a filter preset and read it back.

    Encord API: POST index/presets, then GET index/presets/{uuid}.

    Args:
        api: The wire.
        name: Name of the preset.
        definition: From `metadata.filters.preset.to_preset`.
        description: Its description.
        patience: How long to try again.

    Returns:
        A receipt without rows; true when it was read back as sent.

    Raises:
        ApiError: If it cannot be made or read back.
    """

    async def listed() -> set[str]:
        return {one.uuid for one in await api.presets() if one.name == name}

    uuid = await created(lambda: api.create_preset(name, definition, description), listed, patience)
    held = await api.preset_definition(uuid)
    proved = canonical(held) == canonical(definition)
    parts: list[Json] = [definition.get("global_filters")]
    local = definition.get("local_filters")
    parts += local.values() if isinstance(local, dict) else []
    filters = [part.get("filters") for part in parts if isinstance(part, dict)]
    count = sum(len(listed) for listed in filters if isinstance(listed, list))
    return ExportReceipt("preset", uuid, name, held=count, proved=proved)


async def top_level_folder(api: EncordApi, parents: Iterable[str]) -> str:
    """The one top-level folder that all of some folders lie in, however deep.

    Encord API: GET storage/folders/{uuid}.

    Args:
        api: The wire.
        parents: Folder uuids.

    Returns:
        Its uuid.

    Raises:
        InvalidInputError: If there is none or more than one, or one is not yours to read.
        ApiError: If the server cannot be reached.
    """
    tops: dict[str, str] = {}
    limit = anyio.CapacityLimiter(IN_FLIGHT)
    unreadable: list[str] = []
    failures: list[ApiError] = []

    async def climb(start: str) -> None:
        async with limit:
            try:
                folder = await api.folder(start)
                for _ in range(_TOO_DEEP):
                    above = _top_of(folder)
                    if above == folder.uuid:
                        break
                    folder = await api.folder(above)
            except AuthorisationError:
                unreadable.append(start)
            except ApiError as error:
                failures.append(error)
            else:
                tops[folder.uuid] = folder.name

    async with anyio.create_task_group() as group:
        for parent in dict.fromkeys(parents):
            group.start_soon(climb, parent)
    if failures:
        raise failures[0]
    if len(tops) == 1 and not unreadable:
        return next(iter(tops))
    found = ", ".join(f"{printable(name)!r} ({uuid})" for uuid, name in sorted(tops.items()))
    if unreadable:
        found = (
            f"{found + ', and ' if found else ''}{counted(len(unreadable), 'folder')} that you cannot read"
        )
    hint = "Narrow the items down to one, or say which: to_collection(name, folder=...)."
    raise InvalidInputError(
        [Problem(expected="items of one top-level folder", got=found or "none", hint=hint)]
    )


def _top_of(folder: Folder) -> str:
    """The highest folder that this one knows above itself; itself at the top."""
    if folder.parent is None:
        return folder.uuid
    others = [one for one in folder.path_to_root if one.uuid != folder.uuid]
    return next((one.uuid for one in others if one.parent_uuid is None), folder.parent)
