"""The part of a client that looks at Encord Index: collections, filter presets, datasets."""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from encord_widgets.commit.progress import watched
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_export_bulk import ExportJob, ExportRun
from encord_widgets.item_source import CollectionSource
from encord_widgets.metadata.filters.preset import from_preset
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.values import Json, shown

if TYPE_CHECKING:
    from encord_widgets.api.endpoints import EncordApi
    from encord_widgets.api.index_models import Collection, Dataset, Preset
    from encord_widgets.background import Background
    from encord_widgets.item_set import ItemSet
    from encord_widgets.item_source import Source
    from encord_widgets.metadata.filters.tree import Filter
    from encord_widgets.metadata.schema import MetadataSchema

__all__ = ["FilterPreset", "IndexClient", "searched", "uuid_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FilterPreset:
    """A filter preset of Encord Index, read as a filter as far as it is understood.

    Args:
        uuid: Its uuid.
        name: Its name.
        description: Its description.
        filter: The filter; what is not understood is an opaque rule in it.
        definition: Its JSON as Encord gave it.
    """

    uuid: str
    name: str
    description: str
    filter: Filter
    definition: dict[str, Json]

    @property
    def understood(self) -> bool:
        """Whether all of it is; only then can `ItemSet.where` and `ItemSet.filter` take it."""
        return not any(rule.kind == "preset" for _, rule in self.filter.rules())

    def __repr__(self) -> str:
        return f"<FilterPreset {self.name!r}: {self.filter.text}>"


class IndexClient:
    """What a client knows of Encord Index."""

    _background: Background
    _api: EncordApi

    @property
    @abstractmethod
    def schema(self) -> MetadataSchema:
        """The organisation's metadata schema."""

    @abstractmethod
    def _open(self, source: Source) -> ItemSet:
        """The items of a source."""

    @abstractmethod
    def _look(self, kind: str, identity: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask for a source, before it is opened; where it is refused, forget what is cached of it."""

    def collections(self, search: str | None = None, *, folder: object = None) -> list[Collection]:
        """Collections of Encord Index that the credentials can see.

        Encord API: GET index/collections.

        Args:
            search: Text that the name must contain, whatever its case.
            folder: Only those of this top-level folder, as uuid or `Folder`.

        Returns:
            The collections, by name.

        Raises:
            InvalidInputError: If `folder` is no folder.
            ApiError: If the server refuses or cannot be reached.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=20) as client:
            ...     _ = client.folder(client.folders("Street scenes")[0]).to_collection("All of it")
            ...     [collection.name for collection in client.collections("all")]
            ['All of it']
        """
        top = None if folder is None else uuid_of(folder, "folder")
        found = self._background.call(lambda: self._api.collections(top))
        wanted = (searched(search) or "").casefold()
        named = [one for one in found if wanted in one.name.casefold()]
        return sorted(named, key=lambda one: (one.name.casefold(), one.uuid))

    def collection(self, collection: object) -> ItemSet:
        """Open a collection of Encord Index; its items are those of any folder, edited and committed like them.

        Returns as soon as the collection is known. Its items arrive in the background, see `ItemSet.loading`. Items
        that are not yours to read are left out by Encord. Encord API: GET index/collections/{uuid}/accessible-items.

        Args:
            collection: Uuid as text or UUID, a `Collection`, or a Collection of Encord's SDK.

        Returns:
            The items.

        Raises:
            InvalidInputError: If it is no collection uuid.
            AuthorisationError: If the collection does not exist or is not yours to read.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=20) as client:
            ...     made = client.folder(client.folders("Street scenes")[0]).to_collection("All of it")
            ...     client.collection(made.uuid).wait()
            <ItemSet 'All of it': 20 items>
        """
        wanted = uuid_of(collection, "collection")
        found = self._look("collection", wanted, lambda: self._api.collection(wanted))
        return self._open(CollectionSource(found.uuid, found.name))

    def presets(self, search: str | None = None) -> list[Preset]:
        """Filter presets of Encord Index, without their filters; `preset` reads one whole.

        Encord API: GET index/presets.

        Args:
            search: Text that the name must contain, whatever its case.

        Returns:
            The presets, by name.

        Raises:
            ApiError: If the server refuses or cannot be reached.
        """
        found = self._background.call(self._api.presets)
        wanted = (searched(search) or "").casefold()
        named = [one for one in found if wanted in one.name.casefold()]
        return sorted(named, key=lambda one: (one.name.casefold(), one.uuid))

    def preset(self, preset: object) -> FilterPreset:
        """Read a filter preset as a filter; rules that are not understood are kept as they came.

        Encord API: GET index/presets/{uuid}.

        Args:
            preset: Uuid as text or UUID, a `Preset`, or a FilterPreset of Encord's SDK.

        Returns:
            The preset with its filter.

        Raises:
            InvalidInputError: If it is no preset uuid.
            AuthorisationError: If the preset does not exist or is not yours to read.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=20) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     made = items.where(ew.F.weather.isin(["rain", "fog"])).to_preset("Wet")
            ...     client.preset(made.uuid).filter.text
            'weather in ["rain", "fog"]'
        """
        wanted = uuid_of(preset, "preset")
        found = self._background.call(lambda: self._api.preset(wanted))
        definition = self._background.call(lambda: self._api.preset_definition(wanted))
        understood = from_preset(definition, self.schema)
        return FilterPreset(found.uuid, found.name, found.description, understood, definition)

    def fill(self, collection: object, preset: object) -> None:
        """Have Encord add what a preset matches now to a collection, for presets that cannot be evaluated here.

        Encord answers before it has begun and never says when it is done: look at `collection` some time later. What
        was written a moment ago may be missed, and what matches later does not come in by itself. Filters made here
        are better sent by `ItemSet.to_collection`, which proves what it did.
        Encord API: POST index/collections/{uuid}/add-preset-items.

        Args:
            collection: Uuid as text or UUID, a `Collection`, or a Collection of Encord's SDK.
            preset: Uuid as text or UUID, a `Preset`, or a FilterPreset of Encord's SDK.

        Raises:
            InvalidInputError: If one of them is no uuid.
            ApiError: If the server refuses or cannot be reached.
        """
        into, wanted = uuid_of(collection, "collection"), uuid_of(preset, "preset")
        self._background.call(lambda: self._api.add_preset_items(into, wanted))

    def datasets(self, search: str | None = None) -> list[Dataset]:
        """Datasets that the credentials have a role in.

        Encord API: GET datasets/list.

        Args:
            search: Text that the title must contain, whatever its case.

        Returns:
            The datasets, by title.

        Raises:
            ApiError: If the server refuses or cannot be reached.
        """
        found = self._background.call(self._api.datasets)
        wanted = (searched(search) or "").casefold()
        titled = [one for one in found if wanted in one.title.casefold()]
        return sorted(titled, key=lambda one: (one.title.casefold(), one.uuid))

    def run_export(self, work: Callable[[EncordApi], Awaitable[T]], job: ExportJob | None = None) -> T:
        """Do work of an item set on the wire and wait for it; used by `to_collection` and its like.

        Args:
            work: Takes the wire.
            job: What it sends, to show how far it is and to end it on Kernel > Interrupt; without one it is cancelled.

        Returns:
            What the work returns.
        """
        if job is None:
            return self._background.call(lambda: work(self._api))
        return watched(ExportRun(self._background.start(lambda: work(self._api)), job), "export")


def searched(search: object) -> str | None:
    """Text to search names for.

    Args:
        search: What the caller gave; None for all.

    Raises:
        InvalidInputError: If it is neither.
    """
    check_kind(search, (str, type(None)), "text that the name must contain", key="search")
    return cast("str | None", search)


def uuid_of(thing: object, what: str) -> str:
    """Uuid of a thing that is one, or has one (a `Folder`, or an object of Encord's SDK).

    Args:
        thing: Text, UUID, or something with a `uuid`.
        what: What it identifies, such as `folder`.

    Raises:
        InvalidInputError: If it is none.

    Example:
        >>> uuid_of("8AD5C1E0-0000-4000-8000-000000000001", "folder")
        '8ad5c1e0-0000-4000-8000-000000000001'
    """
    found = item_uuid(thing if isinstance(thing, (str, uuid.UUID)) else getattr(thing, "uuid", thing))
    if found is None:
        hint = f"Find it in the address of the page in Encord, or with client.{what}s()."
        hint = (
            hint
            if what in {"folder", "collection", "preset"}
            else "Find it in the address of the page in Encord."
        )
        raise InvalidInputError([Problem(expected=f"the uuid of a {what}", got=shown(thing), hint=hint)])
    return found
