"""A table joined to items: which row belongs to which item, and which cells would change. Nothing is staged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.columns import Column, Rows
from encord_widgets.metadata.items import ItemTable
from encord_widgets.metadata.join_cells import POLICIES, Cell, CellReader, Policy, hashed, put, unlike
from encord_widgets.metadata.join_match import AMBIGUOUS, DUPLICATES, Ambiguous, Duplicates, Match, match
from encord_widgets.metadata.join_plan import JoinPlan, as_frame, join_plan
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.values import ABSENT, Value, same, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CellProblem", "JoinOptions", "JoinedColumn", "TableJoin", "join_table"]

OnProblem: TypeAlias = Literal["refuse", "skip"]
_ON_PROBLEM: Final[tuple[OnProblem, ...]] = ("refuse", "skip")
UUID: Final = "uuid"


@dataclass(frozen=True)
class JoinOptions:
    """How a table is joined.

    Args:
        on: What tells the items apart: `uuid`, `name` (or another field), a metadata key; or `{column: one of these}`.
        columns: Columns to join, by name or as `{column: metadata key}`; all that are no item fields without.
        policy: What happens where an item holds a value already, in one word for all columns or by metadata key.
        duplicates: Which of several rows for one item counts.
        ambiguous: Whether a row counts that several items answer to.
        problems: Whether cells that cannot be staged are left out, or nothing is staged because of them.

    Raises:
        InvalidInputError: If a word is none of those known.

    Example:
        >>> JoinOptions(on="name", policy={"weather": "fill"}).policy_of("lux")
        'overwrite'
    """

    on: str | Mapping[str, str]
    columns: Sequence[str] | Mapping[str, str] | None = None
    policy: Policy | Mapping[str, Policy] = "overwrite"
    duplicates: Duplicates = "refuse"
    ambiguous: Ambiguous = "refuse"
    problems: OnProblem = "refuse"

    def __post_init__(self) -> None:
        policies = self.policy.values() if isinstance(self.policy, Mapping) else [self.policy]
        given: list[tuple[str, object, Sequence[str]]] = [("policy", one, POLICIES) for one in policies]
        given += [
            ("duplicates", self.duplicates, DUPLICATES),
            ("ambiguous", self.ambiguous, AMBIGUOUS),
            ("problems", self.problems, _ON_PROBLEM),
        ]
        wrong = [
            Problem(f"{name} as one of {', '.join(words)}", shown(word))
            for name, word, words in given
            if word not in words
        ]
        if wrong:
            raise InvalidInputError(wrong)

    def policy_of(self, key: str) -> Policy:
        """The policy of one key.

        Args:
            key: Metadata key.
        """
        return self.policy.get(key, "overwrite") if isinstance(self.policy, Mapping) else self.policy


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell of a table that cannot be staged.

    Args:
        position: Position of its row in the table.
        item: Its item, as row of the item table.
        key: Metadata key.
        raw: What stands there.
        problem: Why.
    """

    position: int
    item: int
    key: str
    raw: object
    problem: Problem


@dataclass(slots=True)
class JoinedColumn:
    """What a join makes of one column: the cells that would change, as lists of equal length.

    Args:
        column: Its name in the table.
        key: Metadata key.
        policy: What happens where an item holds a value already.
        positions: Positions of the rows in the table.
        items: Their items, as rows of the item table.
        before: What they hold.
        after: What they will hold.
        missing: Cells of matched rows that are missing in the table, and left alone.
        same: Cells that say what the item holds already.
        kept: Cells left alone because of the policy.
        problems: Cells that cannot be staged.
    """

    column: str
    key: str
    policy: Policy
    positions: list[int] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    before: list[Value] = field(default_factory=list)
    after: list[Value] = field(default_factory=list)
    missing: int = 0
    same: int = 0
    kept: int = 0
    problems: list[CellProblem] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.items)

    def alike(self, other: JoinedColumn) -> bool:
        """Whether another join would change the same cells in the same way."""
        return (
            (self.key, self.items) == (other.key, other.items)
            and all(map(same, self.before, other.before))
            and all(map(same, self.after, other.after))
        )


@dataclass(slots=True)
class TableJoin:
    """A table joined to items.

    Args:
        frame: The table.
        plan: What is joined to what.
        said: What each row says of its item.
        match: Which row belongs to which item.
        columns: What becomes of each column.
    """

    frame: pd.DataFrame
    plan: JoinPlan
    said: list[Any]
    match: Match
    columns: list[JoinedColumn]


def join_table(
    data: Any,
    options: JoinOptions,
    table: ItemTable,
    rows: Rows,
    *,
    column: Callable[[str], Column],
    schema: MetadataSchema,
) -> TableJoin:
    """Join a table to items.

    Args:
        data: A DataFrame, or a table of another library that has `to_pandas` or `df`.
        options: How.
        table: The items.
        rows: Which of them take part (int64).
        column: Gives the column of a metadata key, staged values over stored ones.
        schema: Types that values must fit.

    Returns:
        What matches, what does not, and what would change.

    Raises:
        InvalidInputError: If the table or the options cannot be used.

    Example:
        >>> import numpy as np, pandas as pd
        >>> from encord_widgets.metadata.items import ItemBatch
        >>> table = ItemTable()
        >>> rows = table.append(ItemBatch(["8ad5"], {"name": ["a.png"]}, [{"lux": 5}]))
        >>> found = join_table(
        ...     pd.DataFrame({"name": ["a.png", "b.png"], "lux": [7, 8]}),
        ...     JoinOptions(on="name"), table, rows, column=table.column, schema=MetadataSchema(),
        ... )
        >>> found.columns[0].before, found.columns[0].after, found.match.unmatched
        ([5], [7], [1])
    """
    frame = as_frame(data)
    plan = join_plan(frame, options.on, options.columns, set(table.keys), _policy_keys(options))
    raw = _raw(frame, plan.column)
    said = _said(raw, plan, schema, table)
    found = match(
        said,
        _held(plan, table, rows, column),
        rows.tolist(),
        duplicates=options.duplicates,
        ambiguous=options.ambiguous,
    )
    columns = [
        _column(JoinedColumn(label, key, options.policy_of(key)), frame, found, column(key), schema)
        for label, key in plan.keys.items()
    ]
    return TableJoin(frame, plan, raw, found, columns)


def _policy_keys(options: JoinOptions) -> set[str]:
    return set(options.policy) if isinstance(options.policy, Mapping) else set()


def _raw(frame: pd.DataFrame, label: str | None) -> list[Any]:
    """The cells of a column, or of the index; None where nothing stands."""
    cells = frame.index if label is None else frame[label]
    return [None if gone else one for one, gone in zip(cells.tolist(), cells.isna().tolist(), strict=True)]


def _said(raw: list[Any], plan: JoinPlan, schema: MetadataSchema, table: ItemTable) -> list[Hashable]:
    if plan.on == UUID:
        return [one if one in table else _uuid(one) for one in map(_or_none, raw)]
    type_ = schema.get(plan.on) if plan.on_key else None
    reader = CellReader(type_, plan.label)
    return [None if one is None else hashed(reader.read(one).value) for one in raw]


def _uuid(one: object) -> str | None:
    return None if one is None else item_uuid(one) or str(one)


def _or_none(one: object) -> Any:
    return one if isinstance(one, Hashable) else str(one)


def _held(plan: JoinPlan, table: ItemTable, rows: Rows, column: Callable[[str], Column]) -> list[Hashable]:
    if plan.on == UUID:
        return [table.uuids[row] for row in rows.tolist()]
    values = (column(plan.on) if plan.on_key else table.field(plan.on)).values(rows)
    return [one if type(one) is str else hashed(one) for one in values]


def _column(
    joined: JoinedColumn, frame: pd.DataFrame, found: Match, held: Column, schema: MetadataSchema
) -> JoinedColumn:
    label, key, policy = joined.column, joined.key, joined.policy
    if policy == "skip" or not len(found.positions):
        return joined
    cells = frame[label].iloc[found.positions]
    present = ~cells.isna().to_numpy(dtype=bool)
    joined.missing = int((~present).sum())
    items = found.items[present]
    positions, raws = found.positions[present].tolist(), cells[present].tolist()
    before = held.values(items)
    read = CellReader(schema.get(key), label).read_all(raws)
    if policy == "overwrite" and not (read and isinstance(read[0], Cell)):
        places = unlike(before, cast("Sequence[Value]", read))
        joined.same = len(raws) - len(places)
        joined.positions = [positions[place] for place in places]
        joined.items = items[places].tolist()
        joined.before = [before[place] for place in places]
        joined.after = [cast("Value", read[place]) for place in places]
        return joined

    def fits(value: Value) -> Problem | None:
        return schema.misfit(key, value)

    for position, item, raw, old, one in zip(positions, items.tolist(), raws, before, read, strict=True):
        cell = put(policy, old, one if isinstance(one, Cell) else Cell(one), fits)
        if cell is None:
            joined.kept += 1
        elif same(old, cell.value) and (cell.problem is None or cell.value is not ABSENT):
            joined.same += 1
        elif cell.problem is not None:
            joined.problems.append(CellProblem(position, item, key, raw, cell.problem))
        else:
            joined.positions.append(position)
            joined.items.append(item)
            joined.before.append(old)
            joined.after.append(cell.value)
    return joined
