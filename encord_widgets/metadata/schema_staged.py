"""A schema with staged edits: what Encord holds, what is wanted, and steps back and forth between the two."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Self, TypeAlias

import psygnal

from encord_widgets.errors import Problem
from encord_widgets.metadata import schema_rules as rules
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.schema_diff import SchemaDiff
from encord_widgets.metadata.schema_merge import SchemaConflict, SchemaEdit, rebase_all

__all__ = ["SchemaEvents", "StagedSchema"]

Edits: TypeAlias = Mapping[str, SchemaEdit]


class SchemaEvents(psygnal.SignalGroup):
    """What happened to a schema. Signals may come from a background thread."""

    live = psygnal.Signal()
    """What Encord holds was read, and differs from what was known."""
    edits = psygnal.Signal()
    """Staged edits or conflicts changed."""


class StagedSchema(MetadataSchema):
    """The part of a draft that holds the edits and keeps them on top of what is live.

    Args:
        live: What Encord holds.
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

    # -- back and forth ----------------------------------------------------------------------------------------

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
