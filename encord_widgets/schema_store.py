"""The schema of a connection: edited as a draft, saved with a guard, held against the items in view."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from encord_widgets.api.errors import ApiError
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata import migration_specs
from encord_widgets.metadata import schema_rules as rules
from encord_widgets.metadata.migrations import Convert
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.schema_diff import SchemaDiff
from encord_widgets.metadata.schema_draft import SchemaDraft
from encord_widgets.metadata.schema_impact import SchemaImpact, impact_of
from encord_widgets.metadata.schema_merge import SchemaConflictError, SchemaEdit, rebase_all
from encord_widgets.metadata.schema_receipt import SchemaReceipt, proved
from encord_widgets.metadata.schema_usage import KeyUsage, UsageCache, usage_of
from encord_widgets.metadata.texts import printable
from encord_widgets.schema_migration import Migration, loaded

if TYPE_CHECKING:
    from encord_widgets.api.endpoints import EncordApi
    from encord_widgets.background import Background
    from encord_widgets.item_set import ItemSet

__all__ = ["OrganisationSchema"]

_ATTEMPTS: Final = 4
_WAIT: Final = 0.5


class OrganisationSchema(SchemaDraft):
    """The metadata schema of the whole organisation, as one connection sees and edits it. Made by `Client.schema`.

    Edits are staged until `save`. As a mapping it shows what a save would leave; `live` is what Encord holds.

    Args:
        background: The client's loop.
        api: The client's wire.
        title: The server, for people.
        ahead: The schema as it was asked for already.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     diff = client.schema.add("rating", "number").add_options("weather", ["hail"]).diff()
        ...     receipt = client.schema.save()
        ...     saved = client.schema.live["weather"].options
        >>> diff.sentence, bool(receipt), "hail" in saved
        ('1 key added, 1 key changed', True, True)
    """

    def __init__(
        self,
        background: Background,
        api: EncordApi,
        title: str,
        ahead: Future[dict[str, Any] | None] | None = None,
    ) -> None:
        self._background = background
        self._api = api
        self._server = title
        self._counted: WeakKeyDictionary[ItemSet, UsageCache] = WeakKeyDictionary()
        super().__init__(self._read() if ahead is None else MetadataSchema.from_wire(ahead.result()))

    def __repr__(self) -> str:
        staged = self.diff()
        return f"<Schema of {self._server}: {len(self._live)} keys; staged: {staged.sentence}>"

    def refresh(self) -> None:
        """Read the schema again. Staged edits stay, on top of it; where they cannot, see `conflicts`.

        Raises:
            ApiError: If the server refuses or cannot be reached.
        """
        self.take_live(self._read())

    def save(self, *, allow_delete: bool | Collection[str] = False) -> SchemaReceipt:
        """Save the staged edits, guarded, and prove it.

        Encord's save replaces the whole schema of the organisation, and the last writer wins. So the live schema is
        read again first and merged key by key; the whole of it is sent, with every key and unknown type that it
        holds; and it is read back and compared. What somebody else saves in the short time between the reading and
        the sending is lost all the same: Encord has no check for that.

        Encord API: GET and POST organisation/client-metadata-schema-v2.

        Args:
            allow_delete: Whether keys may be deleted: True, or the keys that may.

        Returns:
            One row for each edited key.

        Raises:
            SchemaConflictError: If somebody else changed a key that is edited here; nothing was saved.
            InvalidInputError: If a rule stands against an edit by now, or a deletion is not allowed.
            ApiError: If the server refuses or cannot be reached.
        """
        return self.save_edits(self._edits, allow_delete=allow_delete)

    def save_edits(
        self, edits: Mapping[str, SchemaEdit], *, allow_delete: bool | Collection[str] = False
    ) -> SchemaReceipt:
        """Save some edits and leave the staged ones staged, as `save` does.

        Args:
            edits: At most one a key.
            allow_delete: Whether keys may be deleted: True, or the keys that may.

        Returns:
            One row for each edited key.

        Raises:
            SchemaConflictError: If somebody else changed a key that is edited here; nothing was saved.
            InvalidInputError: If a rule stands against an edit by now, or a deletion is not allowed.
            ApiError: If the server refuses or cannot be reached.
        """
        sent: dict[str, SchemaEdit] = {}
        live = self._live
        for attempt in range(1, _ATTEMPTS + 1):
            live = self._read()
            self.take_live(live)
            kept, conflicts = rebase_all(edits.values(), live)
            if conflicts:
                raise SchemaConflictError(conflicts)
            _check(kept, live, allow_delete)
            if not kept:
                break
            sent = {**sent, **kept}
            try:
                self._write({**live.to_wire(), **{key: edit.after.to_wire() for key, edit in kept.items()}})
                break
            except ApiError as error:
                # The answer may be lost although the schema is saved: only reading it again tells.
                if not error.transient or attempt == _ATTEMPTS:
                    self._look_again()
                    raise
                time.sleep(_WAIT * attempt)
        observed = self._read()
        already = {key: edit for key, edit in edits.items() if key not in sent}
        receipt = SchemaReceipt(proved(sent, live, observed, already), dt.datetime.now(dt.UTC), self._server)
        self.take_live(observed)
        return receipt

    # -- the items in view -------------------------------------------------------------------------------------

    def usage(self, items: ItemSet) -> list[KeyUsage]:
        """How the items in view use each key, staged values counted; and the keys that they use beside the schema.

        Args:
            items: The items; waits until all are loaded.

        Returns:
            The keys of the schema as it is staged, in its order, then the others.
        """
        items = loaded(items)
        cache = self._counted.setdefault(items, UsageCache())
        with items.lock:
            keys, rows = items.table.keys, items.order()
        return usage_of(self, keys, items.effective.column, rows, cache=cache, lock=items.lock)

    def impact(self, items: ItemSet) -> SchemaImpact:
        """What the staged changes would do to the items in view: values that would not fit, with examples and filters.

        Args:
            items: The items; waits until all are loaded.

        Returns:
            One finding for each staged change.
        """
        items = loaded(items)
        with items.lock:
            rows = items.order()
        item = items.table.uuids.__getitem__
        return impact_of(self.diff(), items.effective.column, rows, item, items.lock)

    # -- changes that take the values along ---------------------------------------------------------------------

    def rename_key(self, old: str, new: str, items: ItemSet) -> Migration:
        """A migration that renames a key, which Encord has no call for: add the new, move the values, retire the old.

        Args:
            old: Key as it is, also one that the schema does not list.
            new: Key wanted.
            items: The items whose values move.

        Returns:
            The migration; nothing happens before it is run.

        Raises:
            InvalidInputError: If a rule stands against it, or the new key is there with another type.
        """
        return Migration(
            self, items, migration_specs.rename_key(self.live, old, new, loaded(items).table.keys)
        )

    def rename_option(self, key: str, old: str, new: str, items: ItemSet) -> Migration:
        """A migration that renames an option of an enum: add the new, move the values. The old one stays, unused.

        Args:
            key: Metadata key.
            old: Option as it is.
            new: Option wanted.
            items: The items whose values move.

        Returns:
            The migration; nothing happens before it is run.

        Raises:
            InvalidInputError: If a rule stands against it.
        """
        return Migration(self, items, migration_specs.merge_options(self.live, key, [old], new))

    def merge_options(self, key: str, olds: Iterable[str], new: str, items: ItemSet) -> Migration:
        """A migration that makes one option of several. The old ones stay, unused.

        Args:
            key: Metadata key.
            olds: Options as they are.
            new: Option wanted; a new one, or one that is there.
            items: The items whose values move.

        Returns:
            The migration; nothing happens before it is run.

        Raises:
            InvalidInputError: If a rule stands against it.
        """
        return Migration(self, items, migration_specs.merge_options(self.live, key, olds, new))

    def change_type(
        self,
        key: str,
        type: str | KeyType,  # noqa: A002 - the word that people know it by
        items: ItemSet,
        *,
        into: str | None = None,
        convert: Convert | None = None,
        options: Iterable[str] = (),
        size: int | None = None,
    ) -> Migration:
        """A migration that changes the type of a key and turns its values into those of the new type.

        A scalar becomes another scalar in place. Enums, embeddings and places can never change: for those the values
        move into another key, and the old one is deleted at the end.

        Args:
            key: Metadata key, also one that the schema does not list.
            type: The new type.
            items: The items whose values move.
            into: Another key to move the values into.
            convert: Turns a value that does not fit into one that does, or raises ValueError; without it, text is
                read as typed text, and numbers and booleans are spelled.
            options: Options of an enum.
            size: Numbers in an embedding.

        Returns:
            The migration; nothing happens before it is run.

        Raises:
            InvalidInputError: If a rule stands against it.
        """
        ty = rules.new_type(type, options, size)
        spec = migration_specs.change_type(
            self.live, key, ty, into=into, convert=convert, held=loaded(items).table.keys
        )
        return Migration(self, items, spec)

    # -- underneath --------------------------------------------------------------------------------------------

    def _read(self) -> MetadataSchema:
        return MetadataSchema.from_wire(self._background.call(self._api.schema))

    def _write(self, wire: Mapping[str, Any]) -> None:
        self._background.call(lambda: self._api.save_schema(wire, retry=False))

    def _look_again(self) -> None:
        try:
            self.refresh()
        except ApiError:
            return  # the failure that is about to be raised says more


def _check(
    edits: Mapping[str, SchemaEdit],
    live: MetadataSchema,
    allowed: bool | Collection[str],  # noqa: FBT001 - True, or which
) -> None:
    """Refuse edits that break a rule on what is live, and deletions that nobody allowed."""
    allowed = [allowed] if isinstance(allowed, str) else allowed  # a key, not a text that holds others
    diff = SchemaDiff.between(live, {key: edit.after for key, edit in edits.items()})
    problems = [
        problem
        for change in diff
        for problem in rules.change_problems(change.key, change.before, change.after)
    ]
    for change in diff.deleted:
        if allowed is True or (allowed is not False and change.key in allowed):
            continue
        hint = f"Allow it with allow_delete=[{change.key!r}]; values in items stay, but are not indexed any more."
        if change.verb == "deleted for good":
            hint += " It can never be restored or defined again."
        problems.append(
            Problem("leave to delete the key", f"{printable(change.text)}", key=change.key, hint=hint)
        )
    if problems:
        raise InvalidInputError(problems)
