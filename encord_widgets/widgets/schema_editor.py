"""`SchemaEditor`: the organisation's metadata schema as a table to edit, with its effect on the items in view."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import traitlets
from psygnal import SignalInstance

from encord_widgets.client import Client
from encord_widgets.commit.options import CommitProgress
from encord_widgets.errors import EncordWidgetsError, InvalidInputError, Problem
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.schema_merge import SchemaConflictError
from encord_widgets.metadata.schema_receipt import SchemaReceipt
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import shown
from encord_widgets.widgets._base import LiveWidget, check_items, refuse_unknown
from encord_widgets.widgets._fallback import static_html
from encord_widgets.widgets._requests import Answer, BadRequestError, Handler, Later, Params, StaleError
from encord_widgets.widgets._throttle import Throttle
from encord_widgets.widgets.schema_counts import SchemaCounts
from encord_widgets.widgets.schema_migrations import MigrationRun
from encord_widgets.widgets.schema_rows import TYPES, impact_wire, key_rows, rules_wire, staged_wire

if TYPE_CHECKING:
    from encord_widgets.schema_migration import Migration

__all__ = ["SchemaEditor"]

_COUNT_EVERY: Final = 0.3


class SchemaEditor(LiveWidget):
    """Edits the organisation's metadata schema, shows what an edit does to the items in view, and saves it guarded.

    Edits are staged on `client.schema`, where Python sees and makes them as well. A save reads the live schema again,
    merges key by key, names conflicts with what somebody else saved, posts, reads back and compares; what is deleted
    has to be typed in. What Encord has no call for (renaming a key or an option, merging options, changing the type
    together with the values) is a migration: ordered steps that can be run one by one, and again when one of them
    stopped.

    Args:
        client: The connection whose schema is edited.
        items: Items that show what is used, what does not fit, and what a change would break.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        InvalidInputError: If `client` is no client, or `items` no item set of it.
        TypeError: For any other keyword argument.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     with ew.SchemaEditor(client) as editor:
        ...         _ = client.schema.add("city", "varchar")
        ...         [(one["key"], one["change"]) for one in editor.summary["changes"]]
        [('city', 'added')]
    """

    _bundle: ClassVar[str] = "schema_editor"

    rows: traitlets.List[dict[str, Any]] = traitlets.List(
        help="Every key: type, options, state, what is staged, items that use it, values that do not fit, samples."
    ).tag(sync=True)
    summary: traitlets.Dict[str, Any] = traitlets.Dict(
        help="What is in view, what is staged, what stands against it, what a save deletes, conflicts, types offered."
    ).tag(sync=True)
    impact: traitlets.List[dict[str, Any]] = traitlets.List(
        help="For each staged key, how many values of the items would not fit any more, with examples."
    ).tag(sync=True)
    migration: traitlets.Dict[str, Any] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="The migration in view: its steps with their states, what it moves, how far it is.",
    ).tag(sync=True)
    outcome: traitlets.Dict[str, Any] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="What the last save or migration did, until it is dismissed.",
    ).tag(sync=True)

    def __init__(self, client: Client, items: ItemSet | None = None, **common: Any) -> None:
        refuse_unknown(type(self), common)
        self.client = _checked(client, items)
        self.items = items
        self.schema = client.schema
        self._counts = SchemaCounts(self.schema, items)
        self._moving = MigrationRun()
        self._saving = False
        self._outcome: dict[str, Any] | None = None
        self._closing = threading.Event()
        self._count_soon = Throttle(self._start_counting, _COUNT_EVERY)
        super().__init__(items.lock if items is not None else threading.RLock(), **common)
        if items is not None:
            self._start_counting()

    # -- state -------------------------------------------------------------------------------------------------

    def _signals(self) -> tuple[SignalInstance, ...]:
        own = (self.schema.events.live, self.schema.events.edits)
        if self.items is None:
            return own
        events = self.items.events
        return (
            *own,
            events.rows,
            events.loading,
            events.changes,
            events.filter,
            events.receipt,
            events.progress,
        )

    def _on_event(self, *payload: object) -> None:
        if payload and isinstance(payload[0], CommitProgress):
            self._moving.follow(payload[0])
        else:
            self._counts.outdate()
            if self.items is not None:
                self._count_soon.holding(self._lock)
        super()._on_event()

    def _start_counting(self) -> None:
        """Count again how the items use the schema; what is on screen stays until that is done."""

        def count() -> None:
            def tell() -> None:
                if not self._counts.outdated:
                    self._moving.look()
                self._publish()

            work = partial(self._counts.keep_current, tell, self._closing)
            self._guarded(work, "The values could not be counted")
            self._publish_safely()

        if self.items is not None:
            with suppress(StaleError):  # closed meanwhile
                self._workers().submit(count)

    def _state(self) -> dict[str, Any]:
        counts, items = self._counts, self.items
        migration = self._moving.to_wire()
        return {
            "rows": key_rows(
                self.schema, counts.usage, with_items=items is not None, busy=migration is not None
            ),
            "summary": {
                "items": None if items is None else len(items.order()),
                "source": "" if items is None else items.title,
                "counting": counts.outdated,
                "saving": self._saving,
                "can_undo": self.schema.can_undo,
                "can_redo": self.schema.can_redo,
                "types": TYPES,
                **staged_wire(self.schema),
            },
            "impact": [] if items is None else impact_wire(counts.impact, items.table.name),
            "migration": migration,
            "outcome": self._outcome,
        }

    def _headline(self) -> str:
        return f"{self.client.title}: {len(self.schema.live)} keys; staged: {self.schema.diff().sentence}"

    def _static_html(self) -> str:
        rows = [[row["key"], row["type_label"], row["staged"] or row["state"]] for row in self.rows]
        return static_html(self._headline(), ["key", "type", "state"], rows)

    # -- requests ----------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Handler]:
        return {
            "check": self._check,
            "add": self._add,
            "add_inferred": self._add_inferred,
            "retype": lambda p: self._edit(lambda: self.schema.retype(p.text("key"), p.text("kind"))),
            "add_options": lambda p: self._edit(
                lambda: self.schema.add_options(p.text("key"), p.texts("options"))
            ),
            "delete": lambda p: self._edit(lambda: self.schema.delete(p.text("key"))),
            "restore": lambda p: self._edit(lambda: self.schema.restore(p.text("key"))),
            "delete_for_good": self._delete_for_good,
            "undo": lambda p: self._edit(lambda: self.schema.discard([p.text("key")])),
            "discard": lambda _: self._edit(self.schema.discard),
            "undo_step": lambda _: self._edit(self.schema.undo),
            "redo_step": lambda _: self._edit(self.schema.redo),
            "choose": self._choose,
            "save": self._save,
            "refresh": self._refresh,
            "show": self._show,
            "export": self._export,
            "dismiss_outcome": lambda _: self._tell(None),
            "rename_key": lambda p: self._plan(
                lambda items: self.schema.rename_key(p.text("key"), p.text("to"), items)
            ),
            "rename_option": lambda p: self._plan(
                lambda items: self.schema.rename_option(p.text("key"), p.text("option"), p.text("to"), items)
            ),
            "merge_options": lambda p: self._plan(
                lambda items: self.schema.merge_options(
                    p.text("key"), p.texts("options"), p.text("to"), items
                )
            ),
            "change_type": self._change_type,
            "run_next": lambda p: self._run(p, every=False),
            "run_all": lambda p: self._run(p, every=True),
            "close_migration": self._close_migration,
        }

    def _edit(self, work: Callable[[], object]) -> Answer:
        with self._lock:
            work()
            self._outcome = None
        self._publish()
        return Answer()

    def _check(self, params: Params) -> Answer:
        with self._lock:
            rules = rules_wire(
                self.schema,
                params.text("key"),
                params.text("kind"),
                params.texts("options"),
                params.whole("size"),
            )
        return Answer({"rules": rules})

    def _add(self, params: Params) -> Answer:
        key, kind = params.text("key"), params.text("kind")
        options, size = params.texts("options"), params.whole("size")
        return self._edit(lambda: self.schema.add(key, kind, options=options, size=size or None))

    def _add_inferred(self, params: Params) -> Answer:
        key = params.text("key")
        guess = self._counts.inferred(key)
        if guess is None:
            raise StaleError(f"It is not known what {key!r} holds. Wait until the values are counted.")
        return self._edit(lambda: self.schema.add(key, guess))

    def _delete_for_good(self, params: Params) -> Answer:
        key = params.text("key")
        if params.text("typed") != key:
            raise EncordWidgetsError(f"Type {key} to delete the key for good.")
        return self._edit(lambda: self.schema.delete_for_good(key))

    def _choose(self, params: Params) -> Answer:
        side = params.text("side")
        if side not in {"ours", "theirs"}:
            raise BadRequestError("the parameter 'side' must be ours or theirs.")
        key = params.text("key")
        return self._edit(lambda: self.schema.resolve(key, "ours" if side == "ours" else "theirs"))

    def _save(self, params: Params) -> Later:
        confirmed = set(params.texts("deletes"))

        def work() -> Answer:
            with self._lock:
                deletes = {change.key for change in self.schema.diff().deleted}
                if deletes != confirmed:
                    raise EncordWidgetsError("What a save deletes has changed since. Look again.")
                if self._saving:
                    raise EncordWidgetsError("A save is under way.")
                self._saving, self._outcome = True, None
            self._publish()
            try:
                self._outcome = _told(self.schema.save(allow_delete=confirmed))
            except SchemaConflictError:
                pass  # the draft holds the conflicts, to be settled on the page
            finally:
                self._saving = False
                self._publish()
            return Answer()

        return Later(work)

    def _refresh(self, _: Params) -> Later:
        def work() -> Answer:
            self.schema.refresh()
            self._publish()
            return Answer()

        return Later(work)

    def _show(self, params: Params) -> Answer:
        """Put the values that do not fit in view, in every widget on the items."""
        if self.items is None:
            raise EncordWidgetsError("This editor was made without items.")
        wanted = self._counts.filter(params.text("key"))
        self.items.filter = wanted
        return Answer({"filter": wanted.text})

    def _export(self, params: Params) -> Answer:
        form = params.text("format")
        if form not in {"json", "yaml"}:
            raise BadRequestError("the parameter 'format' must be json or yaml.")
        with self._lock:
            text = self.schema.to_json() if form == "json" else self.schema.to_yaml()
        return Answer({"text": text})

    def _tell(self, outcome: dict[str, Any] | None) -> Answer:
        self._outcome = outcome
        self._publish()
        return Answer()

    # -- migrations --------------------------------------------------------------------------------------------

    def _plan(self, make: Callable[[ItemSet], Migration]) -> Later:
        def work() -> Answer:
            if self.items is None:
                raise EncordWidgetsError("A migration moves values: make the editor with items.")
            self._moving.plan(make(self.items.wait()))
            self._outcome = None
            self._publish()
            return Answer()

        return Later(work)

    def _change_type(self, params: Params) -> Later:
        key, kind = params.text("key"), params.text("kind")
        into = params.text("into") if params.raw("into") is not None else None
        return self._plan(lambda items: self.schema.change_type(key, kind, items, into=into))

    def _run(self, params: Params, *, every: bool) -> Later:
        typed = params.text("typed") if params.has("typed") else ""

        def run(migration: Migration) -> None:
            try:
                self._guarded(migration.run if every else migration.run_next, "The migration stopped")
            finally:
                self._moving.end()
                self._guarded(self._moving.look, "The migration could not be looked at")
                self._publish_safely()

        def work() -> Answer:
            # Steps outlive the page's patience: the request is answered at once, and they tell as they go.
            migration = self._moving.begin(typed)
            self._publish()
            self._workers().submit(run, migration)
            return Answer()

        return Later(work)

    def _close_migration(self, _: Params) -> Answer:
        self._moving.put_away()
        self._publish()
        return Answer()

    def close(self) -> None:
        """Take the editor off the page and let go of the schema. Closing twice is fine."""
        if "_count_soon" in self.__dict__:
            self._count_soon.close()
            self._closing.set()
        super().close()


def _checked(client: object, items: object) -> Client:
    """Check what an editor is made over."""
    if not isinstance(client, Client):
        hint = "Use SchemaEditor(client) or SchemaEditor(client, items)."
        raise InvalidInputError(
            [Problem("a Client", f"{shown(client)} ({type(client).__name__})", hint=hint)]
        )
    if items is not None and check_items(items, "SchemaEditor").client is not client:
        hint = "Open the items with the same client."
        raise InvalidInputError([Problem("items of this client", shown(items), hint=hint)])
    return client


def _told(receipt: SchemaReceipt) -> dict[str, Any]:
    if not receipt.rows:
        text = "There was nothing to save."
    elif receipt:
        text = f"Saved and read back as wanted: {counted(len(receipt), 'key')}."
    else:
        text = "Saved, but not everything was read back as wanted."
    return {"ok": bool(receipt), "text": text, "details": [row.text for row in receipt.rows]}
