"""Migrations: changes of the schema that take the values along, as ordered steps that can be run again at any point.

Each step looks at what is there: what is done is not done again, and what somebody undid is done anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias, cast

from encord_widgets.errors import EncordWidgetsError, InvalidInputError, Problem
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.migration_specs import MigrationSpec
from encord_widgets.metadata.migrations import Left, MigrationReview, Moves, is_own, moves_of
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.schema_diff import SchemaChange
from encord_widgets.metadata.schema_merge import SchemaEdit
from encord_widgets.metadata.texts import by_key, counted

if TYPE_CHECKING:
    from uuid import UUID

    from encord_widgets.commit.receipt import Receipt
    from encord_widgets.item_set import ItemSet
    from encord_widgets.metadata.changes import Change, ChangeSet
    from encord_widgets.metadata.columns import Rows
    from encord_widgets.metadata.schema_receipt import SchemaReceipt
    from encord_widgets.metadata.values import Value
    from encord_widgets.schema_store import OrganisationSchema

__all__ = ["Migration", "MigrationStep", "loaded"]

StepName: TypeAlias = Literal["add", "move", "verify", "retire"]
StepState: TypeAlias = Literal["done", "next", "waiting"]
_ORDER: Final[tuple[StepName, ...]] = ("add", "move", "verify", "retire")
_ROUNDS: Final = 12  # somebody may keep writing old values; then it stops, and says so


@dataclass(frozen=True, slots=True)
class MigrationStep:
    """One step of a migration.

    Args:
        name: `add`, `move`, `verify` or `retire`.
        title: The step in a few words.
        text: What it does.
        state: `done`, `next` or `waiting`.
        note: What is worth knowing about it now; often empty.
    """

    name: StepName
    title: str
    text: str
    state: StepState
    note: str = ""


class Migration:
    """Ordered steps: add the new key or option, move the values, verify, retire the old. Made by `client.schema`.

    Nothing happens before a step is run. A migration that stopped, here or in another notebook, is made again and
    run again: it goes on with what is missing. Only the items given are moved; others keep the old values.

    Args:
        schema: The schema of the connection.
        items: The items whose values move; all of them, the filter aside.
        spec: What it is about.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=60) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     migration = client.schema.rename_option("weather", "rain", "rainy", items)
        ...     first = [(step.name, step.state) for step in migration.steps]
        ...     finished = migration.run().finished
        >>> first[:2], finished
        ([('add', 'next'), ('move', 'waiting')], True)
    """

    def __init__(self, schema: OrganisationSchema, items: ItemSet, spec: MigrationSpec) -> None:
        self.schema = schema
        self.items = loaded(items)
        self.spec = spec
        self.receipts: list[Receipt | SchemaReceipt] = []
        self._verified = False
        self._found: tuple[Rows, object, Moves] | None = None
        self._written: dict[str, Value] = {}
        spec.edit(schema.live)  # said now rather than at the first step

    @property
    def title(self) -> str:
        """What it does, in words."""
        return self.spec.title

    def __repr__(self) -> str:
        steps = ", ".join(f"{step.name} {step.state}" for step in self.steps)
        wants = "; to delete the old key: run(allow_delete=True)" if self._next() == "retire" else ""
        return f"<Migration: {self.title}; {steps}{wants}>"

    @property
    def left(self) -> tuple[Left, ...]:
        """Values that cannot be moved, with the reason; they stay where they are."""
        return self._moves().left

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        return self._next() is None

    @property
    def blocked(self) -> str:
        """Why values cannot be moved now: edits of your own are staged on the items. Empty if they can."""
        others = self._others()
        if not others:
            return ""
        return f"{counted(len(others), 'edit')} of your own staged on these items ({by_key(c.key for c in others)})"

    @property
    def steps(self) -> tuple[MigrationStep, ...]:
        """The four steps as they stand."""
        found = []
        upcoming = self._next()
        for name in _ORDER:
            state: StepState = "waiting"
            if name == upcoming:
                state = "next"
            elif upcoming is None or _ORDER.index(name) < _ORDER.index(upcoming):
                state = "done"
            found.append(MigrationStep(name, *self._told(name), state, self._note(name)))
        return tuple(found)

    def review(self) -> MigrationReview:
        """What is left to do: the schema's changes in words, the edits as a plan, and what cannot be moved."""
        moves = self._moves()
        names = {change.item: self.items.table.name(change.item) for change in moves.changes}
        plan = Plan.of(moves.changes, names, source=f"{self.items.title}: {self.title}")
        schema = tuple(self._told(name)[1] for name in ("add", "retire") if not self._is_done(name))
        return MigrationReview(schema, plan, moves.moves, moves.left)

    # -- running -----------------------------------------------------------------------------------------------

    def stage(self) -> ChangeSet:
        """Stage the edits that move the values, to look at them in a diff preview; `run_next` commits them.

        Returns:
            The staged edits.

        Raises:
            InvalidInputError: If edits of your own are staged on the items.
        """
        self._refuse_others()
        moves, items = self._moves(), self.items
        cells = {(change.item, change.key) for change in moves.changes}
        stale = [
            c for c in items.changes if (c.item, c.key) not in cells
        ]  # of an earlier run, and settled since
        if stale:
            items.unstage_cells([(c.item, c.key) for c in stale])
        edits: dict[str | UUID, dict[str, object]] = {}
        for change in moves.changes:
            edits.setdefault(change.item, {})[change.key] = change.after
        return items.stage(edits) if edits else items.changes

    def run_next(self) -> MigrationStep | None:
        """Run the step that is next. Running `retire` by name like this deletes the old key; it can be restored.

        Returns:
            The step as it stands afterwards, or None if all are done.

        Raises:
            SchemaConflictError: If somebody else changed the key in the schema meanwhile.
            InvalidInputError: If edits of your own are staged on the items, or values stand against it.
            EncordWidgetsError: If edits were not committed; the receipt is the last of `receipts`.
            ApiError: If the server refuses or cannot be reached.
        """
        name = self._next()
        if name is None:
            return None
        {"add": self._add, "move": self._move, "verify": self._verify, "retire": self._retire}[name]()
        return next(step for step in self.steps if step.name == name)

    def run(self, *, allow_delete: bool = False) -> Self:
        """Run all steps that are left. The old key is deleted only if that is allowed; else it stops right before.

        Args:
            allow_delete: Whether the old key may be deleted at the end; it can be restored.

        Returns:
            The migration; see `finished` and `steps`.

        Raises:
            SchemaConflictError: If somebody else changed the key in the schema meanwhile.
            InvalidInputError: If edits of your own are staged on the items, or values stand against it.
            EncordWidgetsError: If edits were not committed, or somebody keeps writing old values.
            ApiError: If the server refuses or cannot be reached.
        """
        for _ in range(_ROUNDS):
            name = self._next()
            if name is None or (name == "retire" and (not allow_delete or self.left)):
                return self
            self.run_next()
        raise EncordWidgetsError(
            f"{self.title}: old values keep coming back. Run it again when nobody writes them."
        )

    # -- steps -------------------------------------------------------------------------------------------------

    def _add(self) -> None:
        self.schema.refresh()
        edit = self.spec.edit(self.schema.live)
        if edit is None:
            return
        receipt = self.schema.save_edits({edit.key: edit})
        self.receipts.append(receipt)
        if not receipt:
            raise EncordWidgetsError(f"The schema was read back otherwise: {receipt.text}")

    def _move(self) -> None:
        self._verified = False
        if not self.stage():
            return
        receipt = self.items.commit()
        self.receipts.append(receipt)
        target = self.spec.movement.target
        self._written.update(
            (row.item, row.wanted) for row in receipt.with_status("verified", "already") if row.key == target
        )
        self._found = None
        if not receipt:
            counts = ", ".join(f"{number:,} {status}" for status, number in receipt.counts.items())
            raise EncordWidgetsError(
                f"{self.title}: not all values could be moved ({counts}). "
                "The receipt says why; run the migration again to go on."
            )

    def _verify(self) -> None:
        items = self.items.wait()
        items.refresh().wait()
        self._verified = not self._moves().changes

    def _retire(self) -> None:
        key, left = self.spec.movement.source, self.left
        if left:
            hint = "Change these values, or give convert=..., and run it again."
            raise InvalidInputError(
                Problem("a value that can be moved", one.text, one.item, key, hint) for one in left
            )
        self.schema.refresh()
        held = self.schema.live.get(key)
        if held is None or held.kind == "deleted":
            return
        receipt = self.schema.save_edits({key: SchemaEdit(key, held, held.deleted())}, allow_delete=[key])
        self.receipts.append(receipt)
        if not receipt:
            raise EncordWidgetsError(f"The schema was read back otherwise: {receipt.text}")

    # -- what is there -----------------------------------------------------------------------------------------

    def _next(self) -> StepName | None:
        return next((name for name in _ORDER if not self._is_done(name)), None)

    def _is_done(self, name: StepName) -> bool:
        if name == "add":
            return self._edit() == (None, "")
        if name == "move":
            return not self._moves().changes
        if name == "verify":
            return self._verified and not self._moves().changes
        held = self.schema.live.get(self.spec.movement.source)
        return not self.spec.retires or held is None or held.kind == "deleted"

    def _edit(self) -> tuple[SchemaEdit | None, str]:
        """What is to be saved first, and why that cannot be."""
        try:
            return self.spec.edit(self.schema.live), ""
        except InvalidInputError as error:
            return None, str(error)

    def _moves(self) -> Moves:
        """What is left to move, found again when values changed."""
        movement, items = self.spec.movement, self.items
        with items.lock:
            table, rows = items.table, items.rows
            source, target = table.column(movement.source), table.column(movement.target)
            # A key that no item holds has no column of its own, and so no version.
            held = (movement.source in table.keys, movement.target in table.keys)
            seen = (
                held,
                *(column.version for column, there in zip((source, target), held, strict=True) if there),
            )
            known = self._found
            if known is not None and known[0] is rows and known[1] == seen:
                return known[2]
        moves = moves_of(
            movement, source, target, rows, uuids=table.uuids, written=self._written, lock=items.lock
        )
        self._found = (rows, seen, moves)
        return moves

    def _others(self) -> list[Change]:
        staged = self.items.changes
        with self.items.lock:
            return [change for change in staged if not is_own(self.spec.movement, change, staged)]

    def _refuse_others(self) -> None:
        others = self._others()
        if others:
            hint = "Commit or unstage them first, so that the migration commits its own edits only."
            raise InvalidInputError([Problem("no other edits staged", self.blocked, hint=hint)])

    def _told(self, name: StepName) -> tuple[str, str]:
        """Title and text of a step."""
        movement = self.spec.movement
        source, target = movement.source, movement.target
        if name == "add":
            if self.spec.wanted is None:
                return "Add", f"{target!r} is not in the schema, as {source!r} is not: nothing to add."
            edit, problem = self._edit()
            if problem:
                return "Add", problem
            if edit is None:
                return "Add", f"{target!r} is in the schema as {self.spec.wanted.label}."
            return "Add", f"Save the schema: {SchemaChange(edit.key, edit.before, edit.after).text}."
        if name == "move":
            moves = self._moves()
            what = f"{counted(len(moves.changes), 'edit')} on {counted(moves.items, 'item')}"
            where = f"within {target!r}" if source == target else f"from {source!r} to {target!r}"
            return (
                "Move the values",
                f"Stage and commit {what}, {where}."
                if moves.changes
                else f"No value is left to move {where}.",
            )
        if name == "verify":
            return (
                "Verify",
                f"Read all items again and look that none of them holds an old value under {source!r}.",
            )
        if self.spec.retires:
            text = f"Delete {source!r} from the schema, for the whole organisation; it can be restored."
            return "Retire the old key", text
        return "Retire the old", self.spec.keeps or f"{source!r} stays: nothing to retire."

    def _note(self, name: StepName) -> str:
        left = self.left
        if name == "move" and self.blocked:
            return f"Waits: {self.blocked}."
        if left and (name == "move" or (name == "retire" and self.spec.retires)):
            number = sum(one.count for one in left)
            return f"{counted(number, 'value')} cannot be moved, such as {left[0].text}."
        if name == "retire" and self.spec.retires and self.schema.live.get(self.spec.movement.source):
            return "Items that are not loaded here may still hold it; they keep their values."
        return ""


def loaded(items: object) -> ItemSet:
    """Items that a schema is looked at with, once all are loaded.

    Args:
        items: What the caller gave.

    Raises:
        InvalidInputError: If it is no item set.
    """
    from encord_widgets.item_set import ItemSet  # it needs the client, and that the schema

    hint = "Such as client.folder(uuid), or client.items(uuids) for some of its items."
    check_kind(items, ItemSet, "an ItemSet", hint)
    return cast("ItemSet", items).wait()
