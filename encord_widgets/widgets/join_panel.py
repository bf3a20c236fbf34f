"""`JoinPanel`: a table joined to items, looked at by counts and lists, settled by column, staged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

import traitlets
from psygnal import SignalInstance

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_join_preview import JoinPreview
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.join import JoinOptions, OnProblem
from encord_widgets.metadata.join_cells import POLICIES, Policy
from encord_widgets.metadata.join_match import AMBIGUOUS, DUPLICATES, Ambiguous, Duplicates
from encord_widgets.widgets._base import EncordWidget, check_items, refuse_unknown
from encord_widgets.widgets._fallback import headline, static_html
from encord_widgets.widgets._requests import Answer, BadRequestError, Handler, Later, Params
from encord_widgets.widgets.join_rows import LISTS, join_columns, join_rows, list_sizes

__all__ = ["JoinPanel"]

_AT_ONCE: Final = 50_000
"""Cells up to which a join is looked at again by itself when the items change."""
_MOST_ROWS: Final = 500
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "duplicates": DUPLICATES,
    "ambiguous": AMBIGUOUS,
    "problems": ("refuse", "skip"),
}


class JoinPanel(EncordWidget):
    """A table and the items that its rows belong to: counts first, then what is in the way, then staged in one step.

    Waits until all items are loaded. Nothing is staged before the button is pressed, or `panel.join.stage()` called.

    Args:
        items: The items.
        table: A DataFrame, or a table of another library that has `to_pandas` or `df`.
        on: What tells the items apart, as in `ItemSet.join`.
        columns: Columns to join, as in `ItemSet.join`.
        policy: What happens where an item holds a value already; can be chosen by column in the panel.
        duplicates: Which of several rows for one item counts; can be chosen in the panel.
        ambiguous: Whether a row counts that several items answer to; can be chosen in the panel.
        problems: Whether cells that cannot be staged are left out; can be chosen in the panel.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        TypeError: For any other keyword argument.
        InvalidInputError: If the table has no such columns, or an option is not known.

    Example:
        >>> import encord_widgets as ew, pandas as pd
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Calibration")[0]).wait()
        ...     table = pd.DataFrame({"uuid": items.uuids, "batch": "B-8"})
        ...     with ew.JoinPanel(items, table, on="uuid") as panel:
        ...         panel
        <JoinPanel: Calibration: 3 items; 3 rows for 3 items; 3 cells would change on 3 items>
    """

    _bundle: ClassVar[str] = "join_panel"

    summary: traitlets.Dict[str, Any] = traitlets.Dict(
        help="The join: generation, counts, by what it matches, why it cannot be staged, whether it is out of date."
    ).tag(sync=True)
    columns: traitlets.List[dict[str, Any]] = traitlets.List(
        help="By column: key, type, policy, and how many cells would change, are the same, kept, missing or wrong."
    ).tag(sync=True)

    def __init__(
        self,
        items: ItemSet,
        table: Any,
        on: str | Mapping[str, str] = "name",
        *,
        columns: Sequence[str] | Mapping[str, str] | None = None,
        policy: Policy | Mapping[str, Policy] = "overwrite",
        duplicates: Duplicates = "refuse",
        ambiguous: Ambiguous = "refuse",
        problems: OnProblem = "refuse",
        **common: Any,
    ) -> None:
        refuse_unknown(type(self), common)
        check_items(items, "JoinPanel")
        self._table = table
        self._staged = 0
        self._generation = 1
        options = JoinOptions(on, columns, policy, duplicates, ambiguous, problems)
        self._preview = JoinPreview(items.wait(), table, options)
        super().__init__(items, **common)

    @property
    def join(self) -> JoinPreview:
        """The join as it is shown."""
        return self._preview

    def _signals(self) -> tuple[SignalInstance, ...]:
        events = self.items.events
        return (events.changes, events.rows, events.loading, events.schema)

    def _headline(self) -> str:
        return f"{headline(self.items)}; {self._preview.counts.text}"

    def _state(self) -> dict[str, Any]:
        found = self._preview.found
        stale = not self._preview.current or not self.items.loading.finished
        if (
            stale
            and self.items.loading.finished
            and len(found.frame) * max(1, len(found.columns)) <= _AT_ONCE
        ):
            self._look(self._preview.options)
            stale = False
        preview = self._preview
        counts, plan, options = preview.counts, preview.found.plan, preview.options
        refusals = preview.refusals
        return {
            "columns": join_columns(preview),
            "summary": {
                "generation": self._generation,
                "rows": counts.rows,
                "matched": counts.matched,
                "items": counts.items,
                "lists": list_sizes(preview),
                "column": plan.label,
                "on": plan.on,
                "left_out": list(plan.left_out),
                "duplicates": options.duplicates,
                "ambiguous": options.ambiguous,
                "problems": options.problems,
                "refusals": len(refusals),
                "reason": refusals[0].reason if refusals else None,
                "stale": stale,
                "staged": self._staged,
                "can_undo": self.items.changes.can_undo,
            },
        }

    def _look(self, options: JoinOptions) -> None:
        with self.items.lock:
            self._preview = JoinPreview(self.items, self._table, options)
            self._generation += 1

    def _handlers(self) -> dict[str, Handler]:
        return {
            "rows": self._rows,
            "choose": self._choose,
            "look": self._look_again,
            "stage": self._stage,
            "undo": self._undo,
        }

    def _now(self) -> Answer:
        self._publish()
        return Answer({"generation": self._generation})

    def _rows(self, params: Params) -> Answer:
        name, start = params.text("list"), params.whole("start")
        if name not in LISTS:
            raise BadRequestError(f"there is no list {name!r}.")
        with self.items.lock:
            rows = join_rows(self._preview, name, start, min(params.whole("count"), _MOST_ROWS))
            return Answer({"generation": self._generation, "rows": rows})

    def _choose(self, params: Params) -> Answer | Later:
        """Join again by other options: a policy for a key, or what to do about rows and cells in the way."""
        options = self._preview.options
        if params.has("key"):
            key, word = params.text("key"), params.text("policy")
            keys = [column.key for column in self._preview.found.columns]
            if key not in keys or word not in POLICIES:
                raise BadRequestError(f"there is no policy {word!r} for {key!r}.")
            chosen = {one: options.policy_of(one) for one in keys} | {key: word}
            options = replace(options, policy=chosen)
        else:
            name, word = params.text("option"), params.text("word")
            if word not in _CHOICES.get(name, ()):
                raise BadRequestError(f"there is no choice {word!r} for {name!r}.")
            choice: dict[str, Any] = {name: word}
            options = replace(options, **choice)
        return self._later(options)

    def _look_again(self, _: Params) -> Later:
        return self._later(self._preview.options)

    def _later(self, options: JoinOptions) -> Later:
        def work() -> Answer:
            self.items.wait()
            self._staged = 0
            self._look(options)
            return self._now()

        return Later(work)

    def _stage(self, params: Params) -> Answer | Later:
        if params.whole("generation") != self._generation:
            hint = "Look, then stage again."
            raise InvalidInputError([Problem("the join as it is shown", "another by now", hint=hint)])

        def work() -> Answer:
            number = self._preview.counts.changes
            self._preview.stage()
            self._staged = number
            self._look(self._preview.options)
            return self._now()

        return Later(work)

    def _undo(self, _: Params) -> Later:
        def work() -> Answer:
            self.items.undo()
            self._staged = 0
            self._look(self._preview.options)
            return self._now()

        return Later(work)

    def _static_html(self) -> str:
        rows = [
            [str(one["column"]), one["key"], one["policy"], f"{one['changes']:,}", f"{one['problems']:,}"]
            for one in self.columns
        ]
        head = ["column", "key", "policy", "would change", "cannot be staged"]
        return static_html(self._headline(), head, rows)
