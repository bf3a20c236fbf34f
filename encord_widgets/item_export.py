"""Items that can go to Encord: as a collection, as a dataset, or their filter as a preset."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from encord_widgets.api.index_models import Collection
from encord_widgets.client_index import uuid_of
from encord_widgets.commit.options import Patience
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_export_bulk import ExportJob, named
from encord_widgets.item_export_jobs import collect, link, save_preset, top_level_folder
from encord_widgets.item_export_receipt import ExportReceipt
from encord_widgets.metadata.filters.preset import to_preset
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import Json, shown

if TYPE_CHECKING:
    from encord_widgets.api.endpoints import EncordApi
    from encord_widgets.client import Client
    from encord_widgets.metadata.changes import ChangeSet
    from encord_widgets.metadata.filters.tree import Filter
    from encord_widgets.metadata.items import ItemTable
    from encord_widgets.metadata.schema import MetadataSchema

__all__ = ["ExportScope", "ExportableItems"]

_NEGATED = "A filter of it is negated: whether Encord takes items that lack the key is not documented; here they match."


@dataclass(frozen=True, slots=True)
class ExportScope:
    """What is exported: items of a set, and the filter that selects them.

    Args:
        client: The connection.
        table: The items as columns.
        select: Gives the uuids of those that are exported, in order; waits until all items are loaded.
        filter: What selects them.
        schema: Types of the metadata keys.
        changes: Staged edits.
    """

    client: Client
    table: ItemTable
    select: Callable[[], list[str]]
    filter: Filter
    schema: MetadataSchema
    changes: ChangeSet


class ExportableItems:
    """The part of an item set or selection that sends it to Encord. Whoever has it gives `_export_scope`."""

    @abstractmethod
    def _export_scope(self) -> ExportScope:
        """What is exported."""

    def to_collection(
        self, name: str | Collection, description: str = "", *, folder: object = None
    ) -> ExportReceipt:
        """Put exactly these items into a collection of Encord Index, in bulk, and read it back.

        The items themselves are sent, not the filter, so it works for every filter, and what matches later does not
        come in by itself. Encord API: POST index/collections, POST index/collections/{uuid}/add-items.

        Args:
            name: Name of a new collection, or a `Collection` to add to, from `Client.collections`.
            description: Description of a new collection.
            folder: Top-level folder of a new collection, as uuid or `Folder`; found from the items unless given.
                Encord cannot add items of other top-level folders.

        Returns:
            One row for each item: added, or why not. On Kernel > Interrupt the requests in flight are finished, and
            the receipt says where it stands.

        Raises:
            InvalidInputError: If there is no name, or the items lie in several top-level folders and none was given.
            ApiError: If the collection cannot be made or found.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     receipt = items.where(ew.F.weather == "rain").to_collection("Rain")
            ...     held = len(client.collection(receipt.uuid))
            >>> bool(receipt), held == receipt.held == len(receipt)
            (True, True)
        """
        into = name.uuid if isinstance(name, Collection) else None
        title = name.name if isinstance(name, Collection) else _checked_name(name, "collection")
        given = None if folder is None else uuid_of(folder, "folder")
        scope = self._export_scope()
        uuids = scope.select()
        if not uuids and into is None and given is None:
            hint = (
                "Say which top-level folder an empty collection belongs to: to_collection(name, folder=...)."
            )
            raise InvalidInputError([Problem(expected="items to collect", got="none", hint=hint)])
        parents = [] if into or given else _parents(scope, uuids)
        job = ExportJob(named(uuids, scope.table.name))

        async def work(api: EncordApi) -> ExportReceipt:
            top = given
            if into is None and top is None:
                top = await top_level_folder(api, parents)
            return await collect(api, job, title, description=description, folder=top, into=into)

        return scope.client.run_export(work, job)

    def to_dataset(self, title: str, description: str | None = None) -> ExportReceipt:
        """Make a dataset of exactly these items: create it, link them in bulk, and read it back.

        Encord API: POST datasets, legacy `datasetlinkitems`.

        Args:
            title: Title of the dataset.
            description: Its description.

        Returns:
            One row for each item: added, or why not. On Kernel > Interrupt the requests in flight are finished, and
            the receipt says where it stands.

        Raises:
            InvalidInputError: If there is no title.
            ApiError: If the dataset cannot be made.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     receipt = items.where(ew.F.weather == "rain").to_dataset("Rain to label")
            >>> bool(receipt), receipt.held == len(receipt)
            (True, True)
        """
        checked = _checked_name(title, "dataset")
        scope = self._export_scope()
        job = ExportJob(named(scope.select(), scope.table.name))
        return scope.client.run_export(lambda api: link(api, job, checked, description), job)

    def to_preset(self, name: str, description: str = "") -> ExportReceipt:
        """Save the filter as a filter preset of Encord Index, and read it back.

        A preset says less than a filter: keys that are one of some values, width and height in a range, and their
        opposites, all joined by "and". What it cannot say is refused, because Encord accepts a wrong preset and then
        hangs. It looks at what Encord holds, never at edits staged here. Encord API: POST index/presets.

        Args:
            name: Name of the preset.
            description: Its description.

        Returns:
            A receipt without rows; true when the preset was read back as sent.

        Raises:
            InvalidInputError: If there is no name, or naming every rule that a preset cannot say, with the reason.
            ApiError: If the preset cannot be made or read back.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=20) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     print(items.where(ew.F.weather.isin(["rain", "fog"])).to_preset("Wet").text())
            preset 'Wet': 1 filter, read back as sent.
        """
        checked = _checked_name(name, "preset")
        scope = self._export_scope()
        definition = to_preset(scope.filter, scope.schema)

        async def work(api: EncordApi) -> ExportReceipt:
            return await save_preset(api, checked, definition, description, Patience())

        receipt = scope.client.run_export(work)
        return replace(receipt, notes=(*receipt.notes, *_preset_notes(scope, definition)))


def _parents(scope: ExportScope, uuids: list[str]) -> list[str]:
    rows = scope.table.rows_of(uuids)
    return [parent for parent in set(scope.table.field("parent").values(rows)) if isinstance(parent, str)]


def _preset_notes(scope: ExportScope, definition: dict[str, Json]) -> list[str]:
    part = definition.get("global_filters")
    filters = part.get("filters") if isinstance(part, dict) else None
    entries = filters if isinstance(filters, list) else []
    notes = []
    if any(isinstance(entry, dict) and entry.get("include") is False for entry in entries):
        notes.append(_NEGATED)
    keys = {rule.name for _, rule in scope.filter.active().rules() if rule.kind == "key"}
    staged = sum(len(bulk or ()) + len(cells) for bulk, cells in map(scope.changes.of_key, keys))
    if staged:
        edits = counted(staged, "staged edit")
        notes.append(f"{edits} of its keys not in Encord yet; the preset looks at what Encord holds.")
    return notes


def _checked_name(name: object, what: str) -> str:
    if isinstance(name, str) and name.strip():
        return name
    raise InvalidInputError([Problem(expected=f"a name for the {what}", got=shown(name))])
