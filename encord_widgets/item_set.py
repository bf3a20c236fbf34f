"""The items of one source with their metadata, the schema and the staged changes.

Every widget takes one, and all widgets on one `ItemSet` stay in step through its `events`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Self

from encord_widgets.api.codec import uncollected
from encord_widgets.api.errors import AuthorisationError, NotFoundError
from encord_widgets.commit.engine import check_destroys
from encord_widgets.commit.options import PATIENCE, CommitLog, CommitOptions, Patience
from encord_widgets.commit.progress import watched
from encord_widgets.commit.receipt import Receipt
from encord_widgets.commit.run import CommitRun
from encord_widgets.errors import EncordWidgetsError, InvalidInputError, Problem
from encord_widgets.item_events import FocusedItems
from encord_widgets.item_hygiene import TidyItems
from encord_widgets.item_journal import ItemJournal, settled_by
from encord_widgets.item_load import ItemLoader, LoadProgress
from encord_widgets.item_reread import RereadItems
from encord_widgets.item_source import Source
from encord_widgets.item_states import misfit_problems, staged_misfits
from encord_widgets.item_view import (
    KEY_PREFIX,
    Listing,
    column_of,
    search_rows,
    sort_rows,
    to_frame,
)
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.items import ItemProblem, ItemTable
from encord_widgets.metadata.merge import OnConflict
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.signals import tell
from encord_widgets.metadata.staging import CellEdit, EditResult, item_uuid, not_in_set, read_edits
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import Value

if TYPE_CHECKING:
    from uuid import UUID

    import pandas as pd

    from encord_widgets.api.endpoints import EncordApi
    from encord_widgets.background import Background
    from encord_widgets.client import Client
    from encord_widgets.item_cache import SourceCache
    from encord_widgets.metadata.columns import Rows

__all__ = ["ItemSet"]


class ItemSet(FocusedItems, RereadItems, TidyItems):
    """Items of one source. Made by `Client.folder`, `Client.items` and `Client.image_group`.

    Args:
        client: The connection that it was opened with.
        source: Where the items come from.
        background: The client's loop.
        api: The client's wire.
        journal: Where staged edits and commits are written down.
        cache: Where the table is kept for the next time, or None.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     staged = items.stage({items.uuids[0]: {"weather": "fog"}})
        ...     before_commit = len(items.changes)
        ...     proof = items.commit()
        >>> before_commit, bool(proof), len(items.changes)
        (1, True, 0)
    """

    def __init__(
        self,
        client: Client,
        source: Source,
        background: Background,
        api: EncordApi,
        journal: ItemJournal,
        *,
        cache: SourceCache | None = None,
    ) -> None:
        self.client = client
        self.source = source
        super().__init__(journal)
        self.receipt: Receipt | None = None
        self._background = background
        self._api = api
        self._run: CommitRun | None = None
        self._loader = ItemLoader(
            source,
            api,
            background,
            self.lock,
            on_rows=partial(tell, self.events.rows),
            on_progress=self._take_progress,
            cache=cache,
            written_since=journal.written_since,
        )
        self._schema_problem: ItemProblem | None = None
        try:
            # Read while the first page is on its way.
            client.schema.events.live.connect(self._tell_schema, unique=True)
        except (AuthorisationError, NotFoundError) as error:
            # Items are worth opening without it.
            reason = f"the metadata schema could not be read, so values are not checked: {error}"
            self._schema_problem = ItemProblem(None, None, reason)

    # -- looking -----------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """Name of the source."""
        return self.source.title

    @property
    def schema(self) -> MetadataSchema:
        """What values are checked against: what Encord holds, without the edits staged on `client.schema`."""
        return MetadataSchema() if self._schema_problem else self.client.schema.live

    @property
    def table(self) -> ItemTable:
        """The items as typed columns; hold `lock` while reading it."""
        return self._loader.table

    @property
    def loading(self) -> LoadProgress:
        """How far the loading is."""
        return self._loader.progress

    @property
    def problems(self) -> tuple[ItemProblem, ...]:
        """Items that could not be read, by name, with the reason; they are not in the set."""
        schema = [self._schema_problem] if self._schema_problem else []
        return (*schema, *self._loader.problems)

    def __len__(self) -> int:
        self.wait()
        return len(self._loader.listing.rows)

    def __repr__(self) -> str:
        staged = f", {counted(len(self.changes), 'edit')} staged" if self.changes else ""
        shown = f", {len(self.order()):,} in view" if self.filtered else ""
        arriving = "" if self.loading.finished else ", loading"
        held = counted(len(self._loader.listing.rows), "item")
        return f"<ItemSet {self.title!r}: {held}{arriving}{shown}{staged}>"

    @property
    def uuids(self) -> list[str]:
        """Uuids of all items, in order. Waits until all are loaded."""
        self.wait()
        with self.lock:
            return [self.table.uuids[row] for row in self._loader.listing.rows.tolist()]

    @property
    def frame(self) -> pd.DataFrame:
        """What Encord holds, as a DataFrame: index item uuid, one column for each field and metadata key.

        Staged edits are not in it, see `changes.to_frame()`. An absent cell is missing (NA), null is None in a column
        of object type. Waits until all items are loaded.
        """
        self.wait()
        with self.lock:
            return to_frame(self.table, self._loader.listing.rows)

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until all items are loaded.

        Args:
            timeout: Longest wait in seconds; without one there is no limit.

        Returns:
            The item set.

        Raises:
            ApiError: If loading failed; what arrived before stays.
            TimeoutError: If it takes longer; loading goes on.
        """
        self._loader.wait(timeout)
        return self

    def refresh(self) -> Self:
        """Read all items and the schema again. Staged edits stay, on the values that they were based on.

        Returns:
            The item set; `wait` for it, or look at `loading`.

        Raises:
            ApiError: If the schema cannot be read.
        """
        if not self._loader.running:
            self._loader.again()
            self.client.refresh_schema().events.live.connect(self._tell_schema, unique=True)
            self._schema_problem = None
            self.events.schema.emit()
        return self

    def value(self, item: str | UUID, key: str) -> Value:
        """The value of one cell as it will be once committed: staged, or else stored.

        Args:
            item: Item uuid.
            key: Metadata key.

        Raises:
            InvalidInputError: If the item is not in the set.
        """
        staged = self.changes.get(item_uuid(item) or "", key)
        return staged.after if staged else self.stored(item, key)

    def stored(self, item: str | UUID, key: str) -> Value:
        """The value of one cell as Encord holds it, as far as was read.

        Args:
            item: Item uuid.
            key: Metadata key.

        Raises:
            InvalidInputError: If the item is not in the set.
        """
        uuid = item_uuid(item) or ""
        if uuid not in self.table:
            self.wait()
        with self.lock:
            row = self.table.row_of(uuid)
            if row is None:
                raise InvalidInputError([not_in_set(item)])
            return self.table.value(row, key)

    def order(self, sort: tuple[str, bool] | None = None, search: str = "") -> Rows:
        """Rows of the table in view, in an order; staged values count.

        The rows are those that `filter` leaves in view, or all. They are picked by an index array, never copied.

        Args:
            sort: Id of a column and whether the largest comes first; the order of the source without.
            search: Text that any field or key must contain.

        Returns:
            Row positions in `table` (int64).

        Raises:
            KeyError: If there is no such column.
        """
        with self.lock:
            rows = self._shown()
            if search.strip():
                columns = [self.table.field("name"), *map(self.effective.column, self.table.keys)]
                rows = search_rows(rows, columns, search)
            if sort:
                column_id, descending = sort
                if column_id.startswith(KEY_PREFIX):
                    column = self.effective.column(column_id.removeprefix(KEY_PREFIX))
                else:
                    column = column_of(self.table, column_id)
                rows = sort_rows(rows, column, descending=descending)
            return rows

    @property
    def _listing(self) -> Listing:
        return self._loader.listing

    def _tell_schema(self) -> None:
        self.events.schema.emit()

    def _take_progress(self, progress: LoadProgress) -> None:
        try:
            if progress.finished and progress.error is None:
                self._reapply_rules()
        finally:
            tell(self.events.loading, progress)

    # -- editing -----------------------------------------------------------------------------------------------

    def stage_cells(self, edits: Sequence[CellEdit]) -> list[EditResult]:
        """Stage what was typed into cells, as one step of undo. What does not fit is refused by cell, with the reason.

        Args:
            edits: One for each cell.

        Returns:
            For each edit, whether it was accepted, and why not.
        """
        results: list[EditResult] = []

        def step() -> None:
            changes, found = read_edits(edits, self.table, self.schema, self.changes)
            results.extend(found)
            self.changes.stage(changes)

        self._edited(step)
        return results

    # -- committing --------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Freeze the staged edits with the values that they were based on.

        Returns:
            The plan.
        """
        with self.lock, uncollected():  # many small objects at once, none of them in a cycle
            many = self.changes.frozen()
            if many is not None:
                return Plan.of_listing(many, self.table.field("name"), self.title)
            items = self.changes.items
            known = [item for item in items if item in self.table]
            found = self.table.field("name").values(self.table.rows_of(known))
            names = {item: name for item, name in zip(known, found, strict=True) if isinstance(name, str)}
            return Plan.of(self.changes, names, source=self.title)

    def commit(
        self,
        *,
        on_conflict: OnConflict = "report",
        allow_destroy: bool = False,
        bundle_size: int = 1000,
        bundle_bytes: int = 8_000_000,
        concurrency: int = 4,
        canary: int = 20,
        patience: Patience = PATIENCE,
    ) -> Receipt:
        """Commit the staged edits and prove it. Verified edits leave `changes`; the others stay staged.

        On Kernel > Interrupt the bundles in flight are finished, and the receipt says where it stands.

        Args:
            on_conflict: What to do where somebody else changed a key since: `report`, `ours`, `theirs` or a callable.
            allow_destroy: Whether values may be removed that an overwrite removes without naming them.
            bundle_size: Items in one bundle, 1 to 1000.
            bundle_bytes: JSON bytes of one write, from 10,000.
            concurrency: Bundles in flight, 1 to 16.
            canary: Items proved before the rest goes, where there are over 1000 or values are destroyed; 0 for none.
            patience: How long to try again.

        Returns:
            One row for each staged edit.

        Raises:
            InvalidInputError: If an option is out of its range, a staged value does not fit the schema, or values would
                be destroyed and that is not allowed.
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
        return watched(self.start_commit(options))

    def start_commit(self, options: CommitOptions | None = None) -> CommitRun:
        """Start a commit in the background, as `commit` does.

        Args:
            options: How to do it.

        Returns:
            The commit under way; the same goes to `events.progress` and `events.receipt`.

        Raises:
            InvalidInputError: If a staged value does not fit the schema, or values would be destroyed and that is not
                allowed.
            EncordWidgetsError: If a commit of these items is under way already.
        """
        misfits = self.misfits()
        if misfits:
            raise InvalidInputError(misfits)
        options = CommitOptions() if options is None else options
        check_kind(options, CommitOptions, "CommitOptions", "Such as CommitOptions(canary=0).")
        with self.lock:
            plan, revision = self.plan(), self.changes.revision
        check_destroys(plan, options)
        return self._start(plan, options, None, revision=revision)

    def _start(
        self,
        plan: Plan,
        options: CommitOptions,
        log: CommitLog | None,
        finish: Callable[[Receipt], Receipt] = lambda receipt: receipt,
        *,
        revision: int | None = None,
    ) -> CommitRun:
        if self._run is not None and not self._run.done():
            raise EncordWidgetsError("A commit of these items is under way. Wait for it, or stop it first.")
        self._run = CommitRun(
            self._background,
            self._api,
            plan,
            options,
            on_progress=partial(tell, self.events.progress),
            on_observed=self._loader.take_observed,
            on_finish=lambda receipt: self._take_receipt(plan, finish(receipt), revision),
            log=log or self._journal.begin(plan),
        )
        return self._run

    @property
    def committing(self) -> CommitRun | None:
        """The commit under way, or None."""
        return self._run if self._run is not None and not self._run.done() else None

    def misfits(self) -> list[Problem]:
        """Staged values that do not fit the schema; a commit waits until there are none.

        Returns:
            One problem for each.
        """
        with self.lock:
            return misfit_problems(self.changes, self.schema, self.table.uuids)

    def misfit_count(self) -> int:
        """How many staged values do not fit the schema, see `misfits`."""
        with self.lock:
            found = staged_misfits(self.changes, self.schema)
            return sum(len(bulk or ()) + len(cells) for bulk, cells in found)

    def clear_receipt(self) -> None:
        """Put the receipt of the last commit away."""
        self.receipt = None
        self.events.receipt.emit(None)

    def _take_receipt(self, plan: Plan, receipt: Receipt, revision: int | None) -> None:
        receipt.bind(self.client)
        with self.lock, uncollected():
            unmoved = revision == self.changes.revision
            self.changes.settle(settled_by(plan, receipt), unmoved=unmoved)
            self._journal.follow(self.changes)
            self.receipt = receipt
            self._settle_rules(receipt)
        tell(self.events.rows)
        tell(self.events.changes)
        tell(self.events.receipt, receipt)
