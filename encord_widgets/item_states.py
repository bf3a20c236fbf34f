"""What filters look at in an item set: columns with staged values, item fields, and states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from encord_widgets.commit.receipt import OPEN, Receipt, ReceiptRow
from encord_widgets.item_view import FIELD_PREFIX, KEY_PREFIX
from encord_widgets.metadata.changes_bulk import BulkEdit, Mask, distinct_rows
from encord_widgets.metadata.columns import Column, Rows, Tag
from encord_widgets.metadata.filters.subjects import OPAQUE_COLUMN, STATE_PREFIX
from encord_widgets.metadata.item_fields import GROUPS
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.values import same

if TYPE_CHECKING:
    from encord_widgets.errors import Problem
    from encord_widgets.item_filter import FilterableItems
    from encord_widgets.metadata.changes import Change, ChangeSet
    from encord_widgets.metadata.reread import Reread

__all__ = ["ItemFacts", "misfit_problems", "staged_misfits"]

_UUID: Final = "uuid"
_HAS_CHILDREN: Final = "has_children"


def staged_misfits(
    changes: ChangeSet, schema: MetadataSchema
) -> Iterator[tuple[BulkEdit | None, list[Change]]]:
    """The staged edits whose value does not fit the schema, by key: those of many items at once, and the others.

    Args:
        changes: The staged edits.
        schema: Types of keys.
    """
    from encord_widgets.metadata.filters.masks import Cells  # with the first edits
    from encord_widgets.metadata.filters.misfits import misfits

    for key in changes.keys:
        ty = schema.get(key)
        if ty is not None:
            bulk, cells = changes.of_key(key)
            wrong = [change for change in cells if ty.misfit(change.after) is not None]
            yield None if bulk is None else bulk.at(misfits(Cells(bulk.after), ty)), wrong


def misfit_problems(changes: ChangeSet, schema: MetadataSchema, uuids: Sequence[str]) -> list[Problem]:
    """One problem for each staged value that does not fit the schema.

    Args:
        changes: The staged edits.
        schema: Types of keys.
        uuids: Uuid of the item of every row.
    """
    found: list[Change] = []
    for bulk, cells in staged_misfits(changes, schema):
        found += [*(bulk.changes(uuids) if bulk else ()), *cells]
    problems = ((change, schema.misfit(change.key, change.after)) for change in found)
    hint = "Stage a value that fits, or drop the edit."
    return [replace(p, item=change.item, key=change.key, hint=hint) for change, p in problems if p]


class ItemFacts:
    """The `FilterSource` of an item set: rows are those of its table. Hold the items' lock while using it.

    States of an item: `changed` (an edit is staged), `invalid` (a staged value does not fit the schema), `conflict`
    (the last commit left an edit because somebody else had changed the key), `unverified` (the last commit left an
    edit open, for whatever reason), `verified` (the last commit read all its edits of the item back as wanted) and
    `updated` (when the items were read again, a value was another than what was shown before).

    Args:
        items: The items.
        instead: For keys whose staged values are not to count as they are, what gives the column instead.
        left_out: Which staged edits of a key do not count for the states.
    """

    def __init__(
        self,
        items: FilterableItems,
        instead: Mapping[str, Callable[[str], Column]] | None = None,
        left_out: Callable[[BulkEdit], Mask] | None = None,
    ) -> None:
        self._items = items
        self._instead = instead or {}
        self._made: dict[str, tuple[object, Column]] = {}
        self._left_out = left_out
        self._uuids = Column()
        self._children: tuple[object, Column] = (None, Column())
        self._states: dict[str, tuple[object, Rows]] = {}
        self._receipt: Receipt | None = None
        self._schema: MetadataSchema | None = None
        self._reread: Reread | None = None
        self._receipts = self._schemas = self._rereads = 0

    def __len__(self) -> int:
        return len(self._items.table)

    @property
    def now(self) -> dt.datetime:
        """The moment that relative times are counted back from."""
        return dt.datetime.now(dt.UTC)

    def row_of(self, uuid: str) -> int | None:
        """Row of an item, or None.

        Args:
            uuid: Lower-case item uuid.
        """
        return self._items.table.row_of(uuid)

    def type_of(self, key: str) -> KeyType | None:
        """The type of a metadata key in the schema, or None.

        Args:
            key: Metadata key.
        """
        return self._items.schema.get(key)

    # -- columns -----------------------------------------------------------------------------------------------

    def column(self, column_id: str) -> Column:
        """The values of a column; read it, never write it.

        Args:
            column_id: `key:<key>` or `field:<name>`; beside the fields of the table `field:uuid` and
                `field:has_children`.

        Raises:
            KeyError: If it names neither.
        """
        key = self._key(column_id)
        if key is not None:
            return self._column_instead(key) if key in self._instead else self._items.effective.column(key)
        if column_id == OPAQUE_COLUMN:
            return Column(len(self))  # holds nothing; the engine refuses the rule in words
        if not column_id.startswith(FIELD_PREFIX):
            raise KeyError(column_id)
        name = column_id.removeprefix(FIELD_PREFIX)
        if name == _UUID:
            return self._uuid_column()
        return self._children_column() if name == _HAS_CHILDREN else self._items.table.field(name)

    def version(self, column_id: str) -> object:
        """Equal as long as nothing of a column, or of a state, changed.

        Args:
            column_id: `key:<key>`, `field:<name>` or `state:<name>`.
        """
        key = self._key(column_id)
        if key is not None:
            version = self._items.effective.version(key)
            return (version, self._items.changes.revision) if key in self._instead else version
        if column_id.startswith(STATE_PREFIX):
            return self._state_version()
        if not column_id.startswith(FIELD_PREFIX):
            return None
        name = column_id.removeprefix(FIELD_PREFIX)
        if name == _UUID:
            return len(self)
        return self._items.table.field("item_type" if name == _HAS_CHILDREN else name).version

    def changed_rows(self, column_id: str, since: object) -> Rows | None:
        """Rows (int64) that may hold another value than at an earlier version; None when that is not known.

        Args:
            column_id: `key:<key>`, `field:<name>` or `state:<name>`.
            since: An earlier `version` of it.
        """
        key = self._key(column_id)
        if key is not None:
            return None if key in self._instead else self._items.effective.changed_rows(key, since)
        if column_id.startswith(STATE_PREFIX) or not isinstance(since, int):
            return None
        name = column_id.removeprefix(FIELD_PREFIX)
        if name == _UUID:
            return np.arange(since, len(self), dtype=np.int64)
        return self._items.table.field("item_type" if name == _HAS_CHILDREN else name).changed_rows(since)

    @staticmethod
    def _key(column_id: str) -> str | None:
        return column_id.removeprefix(KEY_PREFIX) if column_id.startswith(KEY_PREFIX) else None

    def _column_instead(self, key: str) -> Column:
        version = self.version(KEY_PREFIX + key)
        made = self._made.get(key)
        if made is None or made[0] != version:
            made = self._made[key] = (version, self._instead[key](key))
        return made[1]

    def _uuid_column(self) -> Column:
        known, uuids = len(self._uuids), self._items.table.uuids
        if known < len(uuids):
            self._uuids.grow(len(uuids))
            self._uuids.write(np.arange(known, len(uuids), dtype=np.int64), uuids[known:])
        return self._uuids

    def _children_column(self) -> Column:
        types = self._items.table.field("item_type")
        if self._children[0] != (seen := (types.version, len(types))):
            groups = np.array([text in GROUPS for text in types.texts] or [False])
            known = np.flatnonzero(types.tags == Tag.TEXT)
            column = Column(len(types))
            column.write(known, groups[types.codes[known]].tolist())
            self._children = (seen, column)
        return self._children[1]

    # -- states ------------------------------------------------------------------------------------------------

    def state(self, name: str) -> Rows:
        """Rows (int64) of the items in a state.

        Args:
            name: `changed`, `invalid`, `conflict`, `unverified`, `verified` or `updated`.

        Raises:
            KeyError: If there is no such state.
        """
        items = self._items
        find: Callable[[], Rows] = {
            "changed": self._changed,
            "invalid": self._invalid,
            "conflict": lambda: self._rows_of(self._open({"conflict"})),
            "unverified": lambda: self._rows_of(self._open(OPEN)),
            "verified": lambda: self._rows_of(self._verified()),
            "updated": lambda: distinct_rows([] if items.reread is None else [items.reread.rows]),
        }[name]
        version = self._state_version()
        held = self._states.get(name)
        if held is None or held[0] != version:
            held = self._states[name] = (version, find())
        return held[1]

    def _state_version(self) -> object:
        items = self._items
        if items.receipt is not self._receipt:
            self._receipt, self._receipts = items.receipt, self._receipts + 1
        if items.schema is not self._schema:
            self._schema, self._schemas = items.schema, self._schemas + 1
        if items.reread is not self._reread:
            self._reread, self._rereads = items.reread, self._rereads + 1
        return items.changes.revision, self._receipts, self._schemas, self._rereads, len(self)

    def _rows_of(self, items: Iterable[str]) -> Rows:
        found = (self.row_of(item) for item in dict.fromkeys(items))
        return np.array(sorted(row for row in found if row is not None), dtype=np.int64)

    def _edits(self) -> Iterator[BulkEdit]:
        """Staged edits that count, by key."""
        changes, table = self._items.changes, self._items.table
        for key in changes.keys:
            edits = changes.edits_of(key, table)
            if edits is not None:
                yield edits if self._left_out is None else edits.at(~self._left_out(edits))

    def _changed(self) -> Rows:
        return distinct_rows(edits.rows for edits in self._edits())

    def _invalid(self) -> Rows:
        from encord_widgets.metadata.filters.masks import Cells  # with the first filter
        from encord_widgets.metadata.filters.misfits import misfits

        types = ((edits, self._items.schema.get(edits.key)) for edits in self._edits())
        return distinct_rows(edits.rows[misfits(Cells(edits.after), ty)] for edits, ty in types if ty)

    def _open(self, statuses: Collection[str]) -> Iterable[str]:
        rows = () if self._receipt is None else self._receipt.rows
        return (row.item for row in rows if row.status in statuses and self._still_staged(row))

    def _still_staged(self, row: ReceiptRow) -> bool:
        change, at = self._items.changes.get(row.item, row.key), self.row_of(row.item)
        if change is None or at is None:
            return False
        if self._left_out is not None and self._left_out(BulkEdit.of_changes(row.key, [at], [change]))[0]:
            return False
        return same(change.after, row.wanted) and same(change.base, row.before)

    def _verified(self) -> Iterable[str]:
        rows = () if self._receipt is None else self._receipt.rows
        left = {row.item for row in rows if row.status in OPEN}
        return (row.item for row in rows if row.item not in left)
