"""`DiffPreview`: the staged edits as a table to review, with what the last commit made of them."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets
from psygnal import SignalInstance

from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.staging import CellEdit
from encord_widgets.metadata.values import Absent, compact
from encord_widgets.widgets._base import EncordWidget, check_items, refuse_unknown
from encord_widgets.widgets._fallback import ROWS_SHOWN, headline, quoted_text, static_html
from encord_widgets.widgets._requests import Answer, Handler, Params, StaleError
from encord_widgets.widgets.staged_rows import StagedRows, staged_counts

__all__ = ["DiffPreview"]


class DiffPreview(EncordWidget):
    """The staged edits of an item set, before and after, each to keep or to drop.

    After a commit it shows what was proved, and by name what is left open: conflicts with base, ours and theirs,
    refusals and failures with the server's words. Dropping an edit in conflict takes theirs.

    Args:
        items: The items.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        TypeError: For any other keyword argument.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders()[0].uuid).wait()
        ...     with ew.DiffPreview(items) as diff:
        ...         _ = items.stage({items.uuids[0]: {"weather": "fog"}})
        ...         diff
        <DiffPreview: Calibration: 3 items, 1 edit staged on 1 item>
    """

    _bundle: ClassVar[str] = "diff_preview"

    summary: traitlets.Dict[str, Any] = traitlets.Dict(
        help="What is staged: changes, items, invalid, removed, destroyed, rows of the table, settled by status."
    ).tag(sync=True)

    def __init__(self, items: ItemSet, **common: Any) -> None:
        refuse_unknown(type(self), common)
        self._rows = StagedRows(check_items(items, "DiffPreview"))
        super().__init__(items, **common)

    def _signals(self) -> tuple[SignalInstance, ...]:
        events = self.items.events
        return (events.changes, events.receipt, events.schema)

    def _state(self) -> dict[str, Any]:
        self._rows.follow()
        counts = staged_counts(self.items)
        return {
            "summary": {
                "generation": self._rows.generation,
                "changes": counts["changes"],
                "items": counts["items"],
                "invalid": counts["invalid"],
                "removed": counts["removed"],
                "destroyed": counts["destroyed"],
                "rows": len(self._rows),
                "settled": self._rows.settled,
                "can_undo": self.items.changes.can_undo,
                "can_redo": self.items.changes.can_redo,
            }
        }

    def _handlers(self) -> dict[str, Handler]:
        return {
            "rows": self._window,
            "drop": self._drop,
            "overrule": self._overrule,
            "undo": self._undo,
            "redo": self._redo,
            "clear_settled": self._clear_settled,
            "look": self._look,
        }

    def _now(self) -> Answer:
        self._publish()
        return Answer({"generation": self._rows.generation})

    def _window(self, params: Params) -> Answer:
        generation = self._rows.generation
        rows = self._rows.window(params.whole("start"), params.whole("count"))
        return Answer({"generation": generation, "rows": rows})

    def _drop(self, params: Params) -> Answer:
        if params.has("all") and params.flag("all"):
            self.items.unstage()
        else:
            self.items.unstage_cells(params.cells("cells"))
        return self._now()

    def _overrule(self, params: Params) -> Answer:
        """Stage edits again on what is live now, so that the next commit writes ours over theirs."""
        edits = []
        for item, key in params.cells("cells"):
            change = self.items.changes.get(item, key)
            if change is None:
                raise StaleError(f"The edit of {key!r} is not staged any more.")
            edits.append(_again(change))
        results = self.items.stage_cells(edits)
        self._publish()
        found = [{"item": r.item, "key": r.key, "accepted": r.accepted, "reason": r.reason} for r in results]
        return Answer({"generation": self._rows.generation, "results": found})

    def _undo(self, _: Params) -> Answer:
        self.items.undo()
        return self._now()

    def _redo(self, _: Params) -> Answer:
        self.items.redo()
        return self._now()

    def _look(self, params: Params) -> Answer:
        ((item, key),) = params.cells("cells")
        self.items.look_at(item, key)
        return Answer()

    def _clear_settled(self, _: Params) -> Answer:
        self.items.clear_receipt()
        return self._now()

    def _static_html(self) -> str:
        with self.items.lock:
            changes = self.items.changes.window(0, ROWS_SHOWN)
            rows = [
                [self.items.table.name(c.item), c.key, quoted_text(c.base), quoted_text(c.after)]
                for c in changes
            ]
            more = len(self.items.changes) - len(rows)
        return static_html(headline(self.items), ["item", "key", "before", "after"], rows, more)


def _again(change: Change) -> CellEdit:
    if isinstance(change.after, Absent):
        return CellEdit(change.item, change.key, "unset")
    return CellEdit(change.item, change.key, "json", compact(change.after))
