"""A connection: to Encord itself, or to the embedded one. Synchronous outside, one event loop inside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.errors import AuthorisationError, NotFoundError
from encord_widgets.api.http import HttpClient
from encord_widgets.api.wire import Folder
from encord_widgets.background import Background
from encord_widgets.client_index import IndexClient, searched, uuid_of
from encord_widgets.commit.dry_run import DryRun, dry_run
from encord_widgets.commit.engine import check_destroys
from encord_widgets.commit.options import PATIENCE, CommitOptions, Patience
from encord_widgets.commit.progress import watched
from encord_widgets.commit.receipt import Receipt
from encord_widgets.commit.recheck import DriftReport, recheck
from encord_widgets.commit.run import CommitRun
from encord_widgets.commit.undo import UndoPlan, undo_plan
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_cache import ClientCache
from encord_widgets.item_journal import ClientJournal, joined
from encord_widgets.item_set import ItemSet
from encord_widgets.item_source import FolderSource, ImageGroupSource, ListedSource, Source
from encord_widgets.metadata.given import check_kind, several
from encord_widgets.metadata.item_fields import GROUPS
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.merge import OnConflict
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.plan_items import PlannedItems
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.values import shown
from encord_widgets.schema_store import OrganisationSchema

if TYPE_CHECKING:
    from psygnal import SignalInstance

    from encord_widgets.commit.journal import OpenCommit

__all__ = ["Client"]

T = TypeVar("T")


class Client(IndexClient):
    """A connection. Make one with `connect` or `demo`; close it, or use it as a context manager.

    Args:
        http: The signed HTTP client.
        title: What the connection is called in messages and reprs.
        in_process: Whether the server lives in this process, so that a browser cannot reach its addresses.
        on_close: Called when the client is closed.
        journal: Name of the journal in the user's state folder: server and identity. Without one, staged edits are gone
            with this process.
        cache: Where the tables of its sources are kept; without one, none are.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     client.folder(client.folders("Street scenes")[0]).wait().title
        'Street scenes'
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        title: str,
        in_process: bool = False,
        on_close: Callable[[], None] | None = None,
        journal: str | None = None,
        cache: ClientCache | None = None,
    ) -> None:
        self._http = http
        self._api = EncordApi(http)
        self._background = Background("encord-widgets")
        self._on_close = on_close
        self._schema: OrganisationSchema | None = None
        self._schema_ahead: Future[dict[str, Any] | None] | None = None
        self._journals = ClientJournal(journal)
        self._cache = cache or ClientCache(None)
        self.title = title
        self.in_process = in_process

    def __repr__(self) -> str:
        return f"<Client: {self.title}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and end the background thread. Closing twice is fine.

        A table that is being written into the cache has two seconds left to end; one that takes longer is not kept.
        """
        on_close, self._on_close = self._on_close, None
        if on_close is None and self._background.closed:
            return
        if self._background.started:
            self._background.call(self._http.aclose)
        self._background.close()
        self._cache.close()
        self._journals.close()
        if on_close is not None:
            on_close()

    @property
    def trouble(self) -> str:
        """What is wrong with a request that is being sent again just now; empty while all are answered."""
        return self._http.trouble

    @property
    def retrying(self) -> SignalInstance:
        """Tells `trouble` whenever it changes, from a background thread."""
        return self._http.retrying

    def folders(self, search: str | None = None) -> list[Folder]:
        """Storage folders that the credentials can see: those at the top level, or those that a search finds.

        Args:
            search: Text that the name must contain; folders at any depth are searched.

        Returns:
            The folders.

        Raises:
            ApiError: If the server refuses or cannot be reached.
        """
        wanted = searched(search)
        return self._background.call(lambda: self._api.folders(search=wanted))

    def folder(self, folder: object) -> ItemSet:
        """Open a storage folder; the items of its subfolders are not included.

        Returns as soon as the folder is known. Its items arrive in the background, see `ItemSet.loading`.

        Args:
            folder: Uuid as text or UUID, a `Folder`, or a StorageFolder of Encord's SDK.

        Returns:
            The items.

        Raises:
            InvalidInputError: If it is no folder uuid.
            AuthorisationError: If the folder does not exist or is not yours to read.
        """
        folder_uuid = uuid_of(folder, "folder")
        found = self._look("folder", folder_uuid, lambda: self._api.folder(folder_uuid))
        return self._open(FolderSource(found.uuid, found.name))

    def items(self, uuids: Iterable[object]) -> ItemSet:
        """Open some items by uuid, from any folders.

        Args:
            uuids: Item uuids as text or UUID; also a single one.

        Returns:
            The items; uuids that the server does not answer are in `ItemSet.problems`.

        Raises:
            InvalidInputError: If some are no uuids; all of them are named.
        """
        given = several(uuids, "item uuids", "Such as items.uuids, or frame.index.")
        found = [item_uuid(one) for one in given]
        problems = [
            Problem(item=shown(one), expected="an item uuid", got=shown(one))
            for one, good in zip(given, found, strict=True)
            if good is None
        ]
        if problems:
            raise InvalidInputError(problems)
        return self._open(ListedSource(tuple(dict.fromkeys(one for one in found if one))))

    def image_group(self, group: object) -> ItemSet:
        """Open the frames of an image group, image sequence or DICOM series; each frame is an item of its own.

        Args:
            group: Uuid of the group, as text or UUID, or a StorageItem of Encord's SDK.

        Returns:
            The frames.

        Raises:
            InvalidInputError: If it is no item uuid, or the item has no frames of its own.
            AuthorisationError: If the group does not exist or is not yours to read.
        """
        group_uuid = uuid_of(group, "image group")
        found = self._look("image_group", group_uuid, lambda: self._api.item(group_uuid))
        if not found.uuids:
            reason = found.problems[0].reason if found.problems else "the server left it out"
            raise InvalidInputError([Problem(item=group_uuid, expected="a readable item", got=reason)])
        name, parent, kind = (found.fields[field][0] for field in ("name", "parent", "item_type"))
        if kind not in GROUPS:
            hint = "Its frames are items of their own; the group is what they lie in."
            expected = "an image group, image sequence or DICOM series"
            raise InvalidInputError([Problem(expected, str(kind), group_uuid, hint=hint)])
        return self._open(ImageGroupSource(group_uuid, str(name), str(parent)))

    @property
    def schema(self) -> OrganisationSchema:
        """The organisation's metadata schema: one object, read at first use; edits are staged on it until it is saved.

        Encord API: organisation/client-metadata-schema-v2.
        """
        if self._schema is None:
            ahead, self._schema_ahead = self._schema_ahead, None
            self._schema = OrganisationSchema(self._background, self._api, self.title, ahead)
        return self._schema

    def refresh_schema(self) -> OrganisationSchema:
        """Read the organisation's metadata schema again; edits staged on it stay.

        Returns:
            The schema; empty if the organisation has none yet.

        Raises:
            ApiError: If the server refuses or cannot be reached.
        """
        if self._schema is not None:
            self._schema.refresh()
        return self.schema

    def apply(
        self,
        plan: Plan,
        *,
        on_conflict: OnConflict = "report",
        allow_destroy: bool = False,
        bundle_size: int = 1000,
        bundle_bytes: int = 8_000_000,
        concurrency: int = 4,
        canary: int = 20,
        patience: Patience = PATIENCE,
    ) -> Receipt:
        """Commit a plan, wherever it was made: re-read, merge, write, read back, by bundles.

        On Kernel > Interrupt the bundles in flight are finished, and the receipt says where it stands.

        Args:
            plan: What to write.
            on_conflict: What to do where somebody else changed a key since: `report`, `ours`, `theirs` or a callable.
            allow_destroy: Whether values may be removed that an overwrite removes without naming them.
            bundle_size: Items in one bundle, 1 to 1000.
            bundle_bytes: JSON bytes of one write, from 10,000.
            concurrency: Bundles in flight, 1 to 16.
            canary: Items proved before the rest goes, where there are over 1000 or values are destroyed; 0 for none.
            patience: How long to try again.

        Returns:
            One row for each planned change.

        Raises:
            InvalidInputError: If an option is out of its range, the plan names what is no item, or values would be
                destroyed and that is not allowed.
        """
        options = CommitOptions(
            on_conflict=on_conflict,
            allow_destroy=allow_destroy,
            bundle_size=bundle_size,
            bundle_bytes=bundle_bytes,
            concurrency=concurrency,
            canary=canary,
            patience=patience,
        )
        _check_plan(plan)
        check_destroys(plan, options)
        log = self._journals.of("plan", plan.created_at.isoformat(), plan.source).begin(plan)
        receipt = watched(CommitRun(self._background, self._api, plan, options, log=log))
        receipt.bind(self)
        return receipt

    def cut_off(self) -> list[OpenCommit]:
        """Commits to this server that were begun and did not end, because their kernel did; see `resume`."""
        return self._journals.cut_off()

    def resume(self) -> list[Receipt]:
        """Finish all commits that were cut off: what is there already is not sent again.

        Returns:
            For each, what it did before it was cut off and now.

        Raises:
            EncordWidgetsError: If one of them is under way elsewhere by now.
        """
        receipts = []
        for commit in self.cut_off():
            source = commit.source
            plan, before, log = self._journals.of(source.kind, source.uuid, source.title).take_over(commit)
            options = CommitOptions(allow_destroy=True)  # allowed when it was begun
            rest = watched(CommitRun(self._background, self._api, plan, options, log=log))
            receipt = joined(before, rest)
            receipt.bind(self)
            receipts.append(receipt)
        return receipts

    def media(self, item: str) -> tuple[bytes, str]:
        """The media file of an item, through a URL that is signed for this one read and not kept.

        Args:
            item: Item uuid.

        Returns:
            The bytes and their media type.

        Raises:
            ApiError: If the item has no file, or it cannot be read.
        """
        return self._background.call(lambda: self._api.media(item))

    def media_url(self, item: str) -> str:
        """A freshly signed URL of an item's media file. It is a secret: never log, store or print it.

        Args:
            item: Item uuid.

        Raises:
            ApiError: If the item has no file, or is not yours to read.
        """
        return self._background.call(lambda: self._api.signed_url(item)).get_secret_value()

    def read(self, uuids: list[str]) -> ItemBatch:
        """Read items fresh, by bundles of 1000.

        Args:
            uuids: Lower-case item uuids.

        Returns:
            The items; those not answered are in `missing`.

        Raises:
            ApiError: If the server refuses or cannot be reached.
        """
        return self._background.call(lambda: ListedSource(tuple(uuids)).read_all(self._api))

    def verify(self, receipt: Receipt) -> DriftReport:
        """Read the items of a receipt again, also days later or from a file: what drifted since, by key.

        Args:
            receipt: What a commit did.

        Returns:
            One row for each key that the commit settled.

        Raises:
            ApiError: If the server refuses or cannot be reached.
        """
        return recheck(receipt, self)

    def undo(self, receipt: Receipt) -> UndoPlan:
        """A plan that takes a commit back, for `apply`: only keys that still hold what was written.

        Args:
            receipt: What the commit did, also from a file.

        Returns:
            The plan; keys that it leaves alone are in `skipped`.

        Raises:
            ApiError: If the server refuses or cannot be reached.
        """
        return undo_plan(receipt, self)

    def dry_run(self, plan: Plan, *, on_conflict: OnConflict = "report") -> DryRun:
        """What `apply` would do right now, without doing it: written, drifted, destroyed.

        Args:
            plan: What would be written.
            on_conflict: What would be done where somebody else changed a key since.

        Returns:
            One row for each planned change.

        Raises:
            InvalidInputError: If `on_conflict` is no policy, or the plan names what is no item.
            ApiError: If the server refuses or cannot be reached.
        """
        _check_plan(plan)
        return dry_run(plan, self, on_conflict)

    def clear_cache(self) -> int:
        """Delete the cached tables of this server and account; each source is then read as if for the first time.

        Tables that are open stay as they are. Where a source is read to its end again, its table is kept again, unless
        the cache is off: `connect(cache=False)`, or `ENCORD_WIDGETS_CACHE=off` in the environment.

        Returns:
            How many tables there were.
        """
        return self._cache.clear()

    def _open(self, source: Source) -> ItemSet:
        journal = self._journals.of(source.kind, source.identity, source.title)
        cache = self._cache.of(source.kind, source.identity)
        return ItemSet(self, source, self._background, self._api, journal, cache=cache)

    def _look(self, kind: str, identity: str, ask: Callable[[], Awaitable[T]]) -> T:
        if self._schema is None:  # its items want it next: it is asked for at the same time
            self._schema_ahead = self._background.start(self._api.schema)
        try:
            return self._background.call(ask)
        except BaseException as error:
            if self._schema_ahead is not None:
                self._schema_ahead.cancel()
                self._schema_ahead = None
            if isinstance(error, (AuthorisationError, NotFoundError)):
                self._cache.forget(kind, identity)  # what is not to be read any more is not kept either
            raise


def _check_plan(plan: Plan) -> None:
    """Refuse what is no plan, or one made by hand for what is no item, before anything is asked or sent."""
    check_kind(plan, Plan, "a Plan", "Plan.load(path) reads one, items.plan() makes one.")
    if isinstance(plan.items, PlannedItems):  # of an item set
        return
    problems = [
        Problem(
            item=shown(planned.item),
            expected="an item uuid in lower case",
            got=shown(planned.item),
            hint="Take it from the index of items.frame.",
        )
        for planned in plan.items
        if item_uuid(planned.item) != planned.item
    ]
    if problems:
        raise InvalidInputError(problems)
