"""The migration that an editor shows: its steps, what it moves, how far it is. No widget in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from encord_widgets.commit.options import CommitProgress
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.widgets._requests import StaleError
from encord_widgets.widgets.cells import encode

if TYPE_CHECKING:
    from encord_widgets.schema_migration import Migration

__all__ = ["MigrationRun"]

_SHOWN: Final = 12
_PHASES: Final = {
    "canary": "Proving the first items",
    "reading": "Reading the items as they are now",
    "writing": "Writing",
    "verifying": "Reading back and comparing",
    "waiting": "Waiting before the next try",
}


class MigrationRun:
    """One migration at a time: planned, run step by step or as a whole, put away.

    What it moves is looked up when it is told to, not with every message to the browser: a million items take a
    moment.
    """

    def __init__(self) -> None:
        self.migration: Migration | None = None
        self.running = False
        self._looked: dict[str, Any] | None = None
        self._progress: CommitProgress | None = None

    def plan(self, migration: Migration) -> None:
        """Take a migration into view.

        Args:
            migration: A migration of which nothing has to be done yet.

        Raises:
            EncordWidgetsError: If there is another one in view.
        """
        if self.migration is not None:
            raise EncordWidgetsError("Put the migration away first that is in view.")
        self._looked = _described(migration)
        self.migration = migration

    def put_away(self) -> None:
        """Take the migration out of view; what it did stays done.

        Raises:
            EncordWidgetsError: If it is running.
        """
        if self.running:
            raise EncordWidgetsError("The migration is running.")
        self.migration = self._looked = None

    def look(self) -> None:
        """See again what is done and what is left."""
        migration = self.migration
        if migration is not None:
            found = _described(migration)
            if self.migration is migration:
                self._looked = found

    def follow(self, progress: CommitProgress) -> None:
        """Take in how far the commit under way is.

        Args:
            progress: What the commit tells.
        """
        self._progress = progress if self.running else None

    def begin(self, typed: str) -> Migration:
        """Say that steps are being run.

        Args:
            typed: What was typed to allow the deletion of the old key, if that is what comes next.

        Returns:
            The migration.

        Raises:
            StaleError: If there is none.
            EncordWidgetsError: If it is running, or a key would be deleted whose name was not typed.
        """
        migration = self.migration
        if migration is None:
            raise StaleError("There is no migration to run.")
        if self.running:
            raise EncordWidgetsError("The migration is running.")
        old = _retiring(migration)
        if old and typed != old:
            raise EncordWidgetsError(
                f"This step deletes a key for the whole organisation. Type {old} to go on."
            )
        self.running, self._progress = True, None
        return migration

    def end(self) -> None:
        """Say that no step is being run any more."""
        self.running, self._progress = False, None

    def to_wire(self) -> dict[str, Any] | None:
        """The migration as the browser is told of it."""
        looked, progress = self._looked, self._progress
        if looked is None:
            return None
        how_far = None
        if progress is not None:
            text = _PHASES.get(progress.phase, progress.phase)
            how_far = {"text": text, "done": progress.items_done, "total": progress.items_total}
        return {**looked, "running": self.running, "progress": how_far}


def _retiring(migration: Migration) -> str:
    """The key that the next step deletes; empty if it deletes none."""
    upcoming = next((step for step in migration.steps if step.state == "next"), None)
    deletes = upcoming is not None and upcoming.name == "retire" and migration.spec.retires
    return migration.spec.movement.source if deletes else ""


def _described(migration: Migration) -> dict[str, Any]:
    review = migration.review()
    return {
        "title": migration.title,
        "steps": [
            {"title": step.title, "text": step.text, "state": step.state, "note": step.note}
            for step in migration.steps
        ],
        "review": {
            "edits": review.edits,
            "items": review.items,
            "moves": [
                {"before": encode(move.before), "after": encode(move.after), "count": move.count}
                for move in review.moves[:_SHOWN]
            ],
            "more": max(0, len(review.moves) - _SHOWN),
            "left": [
                {"value": encode(one.value), "reason": one.reason, "count": one.count}
                for one in review.left[:_SHOWN]
            ],
        },
        "retires": _retiring(migration),
        "finished": migration.finished,
        "blocked": migration.blocked,
    }
