"""A table joined to an item set: looked at first, then staged as one step of undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_filter import FilterableItems
from encord_widgets.item_join_preview import JoinPreview
from encord_widgets.metadata.changes import ChangeSet
from encord_widgets.metadata.join import JoinOptions, OnProblem
from encord_widgets.metadata.join_cells import Policy
from encord_widgets.metadata.join_match import Ambiguous, Duplicates
from encord_widgets.metadata.staging import Edits, Mode
from encord_widgets.metadata.staging_bulk import staged_edits
from encord_widgets.metadata.values import shown

__all__ = ["JoinableItems"]


class JoinableItems(FilterableItems):
    """The part of an item set that takes edits by item, and tables."""

    def stage(
        self,
        edits: Edits,
        mode: Mode = "merge",
        *,
        on: str | Mapping[str, str] | None = None,
        columns: Sequence[str] | Mapping[str, str] | None = None,
        policy: Policy | Mapping[str, Policy] | None = None,
    ) -> ChangeSet:
        """Stage edits; nothing leaves the notebook yet. Waits until all items are loaded.

        Args:
            edits: New values by item uuid and key, `ABSENT` to remove a key; or a DataFrame with item uuids as index
                and metadata keys as columns, whose missing cells are left alone; or any table, with `on`.
            mode: `merge` touches the named keys only; `overwrite` also removes every other key that the items hold.
            on: For a table: what tells the items apart, as in `join`, which looks first and has more options.
            columns: For a table: which columns, as in `join`.
            policy: For a table: what happens where an item holds a value already, as in `join`.

        Returns:
            All staged edits.

        Raises:
            InvalidInputError: With every problem, also where no row of a table is of an item; then nothing of this call
                is staged.
        """
        if on is not None or columns is not None or policy is not None:
            if mode != "merge":
                raise InvalidInputError([Problem('mode "merge" with on, columns or policy', shown(mode))])
            preview = self.join(edits, on or "uuid", columns=columns, policy=policy or "overwrite")
            if preview.counts.rows and not preview.counts.matched:  # nobody looked at the preview
                raise InvalidInputError(
                    [Problem("a row that is of an item", preview.counts.text, hint=preview.hint)]
                )
            return preview.stage()
        self.wait()

        def step() -> None:
            single, bulk = staged_edits(edits, self.table, self.schema, mode)
            self.changes.stage(single, bulk, self.table)

        return self._edited(step)

    def join(
        self,
        table: Any,
        on: str | Mapping[str, str] = "name",
        *,
        columns: Sequence[str] | Mapping[str, str] | None = None,
        policy: Policy | Mapping[str, Policy] = "overwrite",
        duplicates: Duplicates = "refuse",
        ambiguous: Ambiguous = "refuse",
        problems: OnProblem = "refuse",
    ) -> JoinPreview:
        """Look what joining a table would change; `stage` of the result stages it. Waits until all items are loaded.

        Missing cells of the table (NaN, NA, NaT, None) are left alone; `ABSENT` removes a key. Values count as they
        will be once committed. Text is parsed where the schema says number, boolean and the like, and nowhere else.

        Args:
            table: A DataFrame, or a table of another library that has `to_pandas` or `df`.
            on: What tells the items apart, in a column of the same name: `name` or another field, `uuid` (also in a
                column `item`, or the index), a metadata key; or `{column: one of these}`.
            columns: Columns to join, by name, or as `{column: metadata key}`. Without, all not named like a field.
            policy: What happens where an item holds a value, in one word or by metadata key: `overwrite`; `fill` only
                what is absent or null; `append` to text (after ", ") and lists what they lack; `skip` the column.
            duplicates: Which of several rows for one item counts: `first`, `last` or none (`skip`); `refuse` to stage.
            ambiguous: Whether a row counts that several items answer to: for `all`, or not (`skip`); `refuse` to stage.
            problems: Whether cells that cannot be staged are left out (`skip`); `refuse` to stage any.

        Returns:
            The preview.

        Raises:
            InvalidInputError: If the table has no such columns, or an option is not known.

        Example:
            >>> import encord_widgets as ew, pandas as pd
            >>> with ew.demo(items=20) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     table = pd.DataFrame({"file": items.frame["name"], "lux": "1200"})
            ...     join = items.join(table, on={"file": "name"}, policy={"lux": "fill"})
            ...     join.counts.matched == len(items), join.counts.problems
            (True, 0)
        """
        options = JoinOptions(on, columns, policy, duplicates, ambiguous, problems)
        self.wait()
        return JoinPreview(self, table, options)

    def _stage_join(self, preview: JoinPreview) -> ChangeSet:
        return self._edited(lambda: self.changes.stage(bulk=preview.staged(), index=self.table))
