"""A schema with staged edits: what Encord holds, what is wanted, and what stands between the two."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, Self

import psygnal

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata import schema_rules as rules
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.schema_diff import SchemaDiff
from encord_widgets.metadata.schema_merge import SchemaConflict, SchemaEdit, rebase_all
from encord_widgets.metadata.schema_types import CREATABLE
from encord_widgets.metadata.values import shown

__all__ = ["SchemaDraft", "SchemaEvents"]

_NOT_THERE: Final = "Look at list(schema) for the keys that there are."
Edits = Mapping[str, SchemaEdit]


class SchemaEvents(psygnal.SignalGroup):
    """What happened to a schema. Signals may come from a background thread."""

    live = psygnal.Signal()
    """What Encord holds was read, and differs from what was known."""
    edits = psygnal.Signal()
    """Staged edits or conflicts changed."""


class SchemaDraft(MetadataSchema):
    """A schema to edit. As a mapping it shows what a save would leave; `live` is what Encord holds.

    Every edit is checked against Encord's rules when it is made, and staged: nothing leaves the notebook before a
    save. The verbs return the draft, so that they can be chained.

    Args:
        live: What Encord holds.

    Example:
        >>> draft = SchemaDraft(MetadataSchema({"lux": KeyType("number")}))
        >>> draft.add("weather", "enum", options=["rain", "fog"]).retype("lux", "text").diff().sentence
        '1 key added, 1 key changed'
        >>> draft["lux"].label, draft.live["lux"].label
        ('text', 'number')
    """

    def __init__(self, live: Mapping[str, KeyType] | None = None) -> None:
        super().__init__(live)
        self.events = SchemaEvents()
        self._live = MetadataSchema(live)
        self._edits: Edits = {}
        self._conflicts: tuple[SchemaConflict, ...] = ()
        self._done: list[Edits] = []
        self._undone: list[Edits] = []

    # -- looking -----------------------------------------------------------------------------------------------

    @property
    def live(self) -> MetadataSchema:
        """What Encord holds, as far as was read; never changes in place."""
        return self._live

    @property
    def edits(self) -> tuple[SchemaEdit, ...]:
        """The staged edits, in the order of the keys."""
        return tuple(self._edits.values())

    @property
    def conflicts(self) -> tuple[SchemaConflict, ...]:
        """Staged edits whose key somebody else changed meanwhile; `resolve` settles them."""
        return self._conflicts

    def diff(self) -> SchemaDiff:
        """What a save would change."""
        return SchemaDiff.between(self._live, self._types)

    def problems(self) -> list[Problem]:
        """What stands against a save: staged edits that break a rule by now. Conflicts are in `conflicts`."""
        return [
            problem
            for change in self.diff()
            for problem in rules.change_problems(change.key, change.before, change.after)
        ]

    def advice(self) -> dict[str, list[str]]:
        """What Encord's documentation advises against, for each staged key that it concerns."""
        found = {change.key: rules.advice(change.key, change.after) for change in self.diff()}
        return {key: lines for key, lines in found.items() if lines}

    @property
    def can_undo(self) -> bool:
        """Whether a step can be undone."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether an undone step can be done again."""
        return bool(self._undone)

    # -- editing -----------------------------------------------------------------------------------------------

    def add(
        self,
        key: str,
        type: str | KeyType,  # noqa: A002 - the word that people know it by
        *,
        options: Iterable[str] = (),
        size: int | None = None,
        allow_similar: bool = False,
    ) -> Self:
        """Stage a new key. A deleted scalar can be defined again, also with another scalar type.

        Args:
            key: Metadata key.
            type: `number`, `boolean`, `varchar`, `text`, `datetime`, `uuid`, `enum`, `embedding` or `geospatial`.
            options: Options of an enum, 1 to 255.
            size: Numbers in an embedding, 1 to 4096; Encord Active takes 512 only.
            allow_similar: Whether the key may differ from another one by letter case only.

        Returns:
            The draft.

        Raises:
            InvalidInputError: With each rule that it breaks.
        """
        ty, held = rules.new_type(type, options, size), self._types.get(key)
        if held is not None and not (held.state == "deleted" and held.was and held.was.is_variant):
            if held.state == "live":
                hint = "Re-type it with retype(...), or add options with add_options(...)."
                raise InvalidInputError(
                    [rules.refused(key, "defined once", "a new key", f"{held.label} there", hint)]
                )
            if held.state == "deleted":
                hint = f"Bring it back with restore({key!r})."
                raise InvalidInputError(
                    [rules.refused(key, "defined once", "a new key", f"a deleted {_was(held)}", hint)]
                )
        similar = None if allow_similar or not isinstance(key, str) else rules.similar_key(key, self._types)
        return self._stage(key, ty, [similar] if similar else [])

    def retype(
        self,
        key: str,
        type: str | KeyType,  # noqa: A002 - as in add
        *,
        options: Iterable[str] = (),
        size: int | None = None,
    ) -> Self:
        """Stage another type for a scalar key. Values are not touched: see `change_type` for those.

        Args:
            key: Metadata key.
            type: The new type; for a key that is only staged, any, else a scalar.
            options: Options, for a key that is only staged.
            size: Size, for a key that is only staged.

        Returns:
            The draft.

        Raises:
            InvalidInputError: With each rule that it breaks.
        """
        held = self._there(key)
        if held.kind == "deleted":
            hint = f"Bring it back with restore({key!r}), or define it again with add(...)."
            raise InvalidInputError([Problem("a live key", f"a key {held.state}", key=key, hint=hint)])
        ty = rules.new_type(type, options, size)
        own = rules.type_problems(key, ty)  # a type that nobody can make is named before the change is judged
        if own and ty.kind not in CREATABLE:
            raise InvalidInputError(own)
        return self._stage(key, ty)

    def add_options(self, key: str, options: Iterable[str]) -> Self:
        """Stage more options for an enum. None can be taken away again once they are saved.

        Args:
            key: Metadata key.
            options: The new options.

        Returns:
            The draft.

        Raises:
            InvalidInputError: With each rule that it breaks.
        """
        held = self._there(key)
        if held.kind != "enum":
            raise InvalidInputError(
                [Problem("an enum", held.label, key=key, hint="Only an enum has options.")]
            )
        given = [options] if isinstance(options, str) else list(options)
        problems = rules.option_problems(key, given, held.options)
        if problems:
            raise InvalidInputError(problems)
        return self._stage(key, held.with_options(sorted([*held.options, *given])))

    def delete(self, key: str) -> Self:
        """Stage the deletion of a key. It can be restored; values in items stay, but are not indexed any more.

        A key that is only staged is dropped.

        Args:
            key: Metadata key.

        Returns:
            The draft.

        Raises:
            InvalidInputError: If it is not there, or deleted already.
        """
        held = self._there(key)
        if held.kind == "deleted":
            raise InvalidInputError([rules.refused(key, "deletion", "a live key", f"a key {held.state}")])
        if key not in self._live:
            return self._drop(key)
        return self._stage(key, (self._live_type(key) or held).deleted())

    def restore(self, key: str) -> Self:
        """Stage the return of a deleted key with the type that it had.

        Args:
            key: Metadata key.

        Returns:
            The draft.

        Raises:
            InvalidInputError: If it is not deleted, or deleted for good.
        """
        held = self._there(key)
        if held.was is None:
            rule = "deletion" if held.kind != "deleted" else "deleted for good"
            raise InvalidInputError(
                [rules.refused(key, rule, "a deleted key", f"a key that is {held.state}")]
            )
        return self._stage(key, held.was)

    def delete_for_good(self, key: str) -> Self:
        """Stage the end of a key: its type is forgotten, it is never indexed, restored or defined again.

        Args:
            key: Metadata key, live or deleted.

        Returns:
            The draft.

        Raises:
            InvalidInputError: If it is not there, or deleted for good already.
        """
        held = self._there(key)
        if held.state == "deleted for good":
            raise InvalidInputError(
                [rules.refused(key, "deleted for good", "a key that can be deleted", "one deleted for good")]
            )
        if key not in self._live:
            return self._drop(key)
        return self._stage(key, held.deleted(for_good=True))

    def stage(self, wanted: Mapping[str, KeyType]) -> Self:
        """Stage whatever turns this schema into another one: new keys, options, scalar types, deletions it names.

        Keys that the other schema does not mention stay as they are, and so do options that it lacks.

        Args:
            wanted: The other schema, such as `MetadataSchema.from_yaml(...)` or `MetadataSchema.infer(frame)`.

        Returns:
            The draft.

        Raises:
            InvalidInputError: With each rule that it breaks, for all keys; then nothing of it is staged.
        """
        problems: list[Problem] = []
        edits = dict(self._edits)
        for key, given in wanted.items():
            held, ty = self._types.get(key), given
            if held is not None and held.kind == ty.kind == "enum":
                ty = held.with_options(sorted({*held.options, *ty.options}))
            if held.identity == ty.identity if held is not None else ty.kind == "deleted":
                continue
            if held is None:
                ty = rules.makeable(ty)
                similar = rules.similar_key(
                    key, {**self._types, **{k: wanted[k] for k in wanted if k in edits}}
                )
                problems += [similar] if similar else []
            problems += rules.change_problems(key, self._live.get(key), ty)
            edits[key] = SchemaEdit(key, self._live.get(key), ty)
        if problems:
            raise InvalidInputError(problems)
        self._do(edits)
        return self

    def undo(self) -> bool:
        """Take the last step back; False when there is none."""
        return self._back_and_forth(self._done, self._undone)

    def redo(self) -> bool:
        """Do the last step that was taken back again; False when there is none."""
        return self._back_and_forth(self._undone, self._done)

    def discard(self, keys: Collection[str] | None = None) -> Self:
        """Drop staged edits, as one step of undo.

        Args:
            keys: Of which keys; all when left out.

        Returns:
            The draft.
        """
        self._do({key: edit for key, edit in self._edits.items() if keys is not None and key not in keys})
        return self

    def resolve(self, key: str, choice: Literal["ours", "theirs"]) -> Self:
        """Settle a conflict.

        Args:
            key: Metadata key.
            choice: `ours` keeps the edit, on top of what is live now; `theirs` drops it.

        Returns:
            The draft.

        Raises:
            InvalidInputError: If there is no such conflict or choice, or a rule stands against ours by now.
        """
        conflict = next((one for one in self._conflicts if one.key == key), None)
        if conflict is None:
            raise InvalidInputError(
                [Problem("a key in conflict", shown(key), key=str(key), hint="See conflicts.")]
            )
        if choice not in {"ours", "theirs"}:
            raise InvalidInputError([Problem('"ours" or "theirs"', shown(choice), key=key)])
        if choice == "theirs":
            return self._drop(key)
        after = conflict.ours
        if after.state == "deleted" and conflict.theirs is not None:
            after = (
                conflict.theirs.was or conflict.theirs
            ).deleted()  # a tombstone holds the type that is live
        elif after.kind == "enum" and conflict.theirs is not None and conflict.theirs.kind == "enum":
            after = conflict.theirs.with_options(sorted({*conflict.theirs.options, *after.options}))
        return self._stage(key, after)

    # -- underneath --------------------------------------------------------------------------------------------

    def take_live(self, live: Mapping[str, KeyType]) -> None:
        """Put the staged edits on top of what was read: those that are there already are dropped, others may conflict.

        Args:
            live: What Encord holds now.
        """
        found = MetadataSchema(live)
        moved = found.to_wire() != self._live.to_wire()
        if moved:
            self._live = found
        kept, _ = rebase_all(self._edits.values(), self._live)
        gone = {
            key for key, edit in self._edits.items() if key not in kept and not _conflicts(edit, self._live)
        }
        if gone or kept != self._edits:
            self._edits = {key: kept.get(key, edit) for key, edit in self._edits.items() if key not in gone}
        if moved:
            self._done, self._undone = [], []  # steps back would lead to edits of another base
            self._show()
            self.events.live.emit()
            self.events.edits.emit()

    def _there(self, key: str) -> KeyType:
        held = self._types.get(key)
        if held is None:
            raise InvalidInputError(
                [Problem("a key of the schema", shown(key), key=str(key), hint=_NOT_THERE)]
            )
        return held

    def _live_type(self, key: str) -> KeyType | None:
        held = self._live.get(key)
        return held.was or held if held is not None else None

    def _stage(self, key: str, ty: KeyType, problems: Iterable[Problem] = ()) -> Self:
        live = self._live.get(key)
        found = [*problems, *rules.change_problems(key, live, ty)]
        if found:
            raise InvalidInputError(found)
        self._do({**self._edits, key: SchemaEdit(key, live, ty)})
        return self

    def _drop(self, key: str) -> Self:
        self._do({one: edit for one, edit in self._edits.items() if one != key})
        return self

    def _do(self, edits: Edits) -> None:
        """Take edits over as one step of undo; an edit that asks for what is live is none."""
        kept = {
            key: edit
            for key, edit in edits.items()
            if edit.before is None or edit.before.identity != edit.after.identity
        }
        if kept == self._edits and {k: e.after.identity for k, e in kept.items()} == {
            k: e.after.identity for k, e in self._edits.items()
        }:
            return
        self._done.append(self._edits)
        self._undone.clear()
        self._edits = kept
        self._show()
        self.events.edits.emit()

    def _back_and_forth(self, source: list[Edits], target: list[Edits]) -> bool:
        if not source:
            return False
        target.append(self._edits)
        self._edits = source.pop()
        self._show()
        self.events.edits.emit()
        return True

    def _show(self) -> None:
        """Make the mapping what a save would leave. Keys in conflict show what is live until they are settled."""
        kept, conflicts = rebase_all(self._edits.values(), self._live)
        self._conflicts = tuple(conflicts)
        self._types = {**self._live, **{key: edit.after for key, edit in kept.items()}}


def _conflicts(edit: SchemaEdit, live: Mapping[str, KeyType]) -> bool:
    return bool(rebase_all([edit], live)[1])


def _was(ty: KeyType) -> str:
    return ty.was.label if ty.was is not None else "key"
