"""What a commit of a plan would do right now, without doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal, TypeAlias

from encord_widgets.commit.live import Live, Reader, read_live
from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.merge import OnConflict, checked_policy, merge
from encord_widgets.metadata.plan import Plan, PlannedItem
from encord_widgets.metadata.texts import counted, html_table, printable
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value, same, shown

__all__ = ["DryRow", "DryRun", "Verdict", "dry_run"]

Verdict: TypeAlias = Literal["write", "already", "conflict", "gone", "unreadable"]
_Part: TypeAlias = "tuple[str, Sequence[DryRow], Callable[[DryRow], str]]"
_LISTED: Final = 10
_MARGIN: Final = "\n  "


@dataclass(frozen=True, slots=True)
class DryRow:
    """What a commit would do with one key of one item.

    Args:
        item: Item uuid, lower case.
        name: Item name, for people.
        change: The change as it was planned.
        live: Value that is there now; `ABSENT` also where the item cannot be read (see `note`).
        after: Value that would be there then.
        verdict: `write` it, `already` there, report a `conflict`, or the item is `gone` or `unreadable`.
        note: Why it cannot be read, or why a callable policy did not settle the conflict.
    """

    item: str
    name: str
    change: Change
    live: Value
    after: Value
    verdict: Verdict
    note: str = ""

    @property
    def drifted(self) -> bool:
        """Whether somebody else changed the key since the plan was made, to something else than the plan wants."""
        readable = self.verdict not in {"gone", "unreadable"}
        return readable and not same(self.live, self.change.base) and not same(self.live, self.change.after)

    @property
    def destroys(self) -> bool:
        """Whether a value that is there would be gone."""
        return self.verdict == "write" and self.after is ABSENT and self.live is not ABSENT


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a commit of a plan would do right now. Made by `Client.dry_run`; true when there is nothing to do.

    Args:
        plan: The plan.
        rows: One for each planned change.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0])
        ...     _ = items.stage({items.uuids[0]: {"notes": "look"}})
        ...     plan = items.plan()
        ...     before = client.dry_run(plan)
        ...     _ = client.apply(plan)
        ...     after = client.dry_run(plan)
        >>> before.counts, after.counts, bool(after)
        ({'write': 1}, {'already': 1}, True)
    """

    plan: Plan
    rows: tuple[DryRow, ...]

    def __bool__(self) -> bool:
        return all(row.verdict == "already" for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each verdict that occurs."""
        return dict(Counter(row.verdict for row in self.rows).most_common())

    @property
    def writes(self) -> tuple[DryRow, ...]:
        """Rows that would be written."""
        return tuple(row for row in self.rows if row.verdict == "write")

    @property
    def drifted(self) -> tuple[DryRow, ...]:
        """Rows that somebody else changed since the plan was made."""
        return tuple(row for row in self.rows if row.drifted)

    @property
    def destroyed(self) -> tuple[DryRow, ...]:
        """Rows whose value would be gone."""
        return tuple(row for row in self.rows if row.destroys)

    @property
    def unread(self) -> tuple[DryRow, ...]:
        """Rows whose item is gone or cannot be read."""
        return tuple(row for row in self.rows if row.verdict in {"gone", "unreadable"})

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        if self:
            return "Nothing to do: everything that the plan wants is there."
        writes = self.writes
        parts = [
            f"{counted(len(writes), 'change')} to write on {counted(len({r.item for r in writes}), 'item')}"
        ]
        already = self.counts.get("already", 0)
        parts += [f"{already:,} already there"] if already else []
        parts += [f"{len(self.drifted):,} drifted"] if self.drifted else []
        parts += [f"{counted(len(self.destroyed), 'value')} destroyed"] if self.destroyed else []
        parts += (
            [f"{counted(len(self.unread), 'change')} on items that cannot be read"] if self.unread else []
        )
        return f"{', '.join(parts)}."

    def text(self, listed: int = _LISTED) -> str:
        """The outcome for people: what would be written, what has drifted, what would be destroyed.

        Args:
            listed: Most rows to list of each.
        """
        parts = [f"{self.sentence}"]
        for title, rows, say in self._parts():
            lines = [
                f"{printable(row.name)} · {printable(row.change.key)}: {say(row)}" for row in rows[:listed]
            ]
            if len(rows) > listed:
                lines.append(f"... and {len(rows) - listed:,} more")
            parts.append(_MARGIN.join([f"{title} ({len(rows):,}):", *lines]))
        return "\n".join(parts)

    def __repr__(self) -> str:
        return f"<DryRun: {self.text()}>"

    def _repr_html_(self) -> str:
        text = f"<p>{escape(self.sentence)}</p>"
        for title, rows, say in self._parts():
            cells = [(row.name, row.change.key, say(row)) for row in rows[:_LISTED]]
            text += f"<p>{escape(title)} ({len(rows):,})</p>{html_table(['item', 'key', 'what'], cells)}"
        return text

    def _parts(self) -> list[_Part]:
        parts: list[_Part] = [
            ("Would write", self.writes, _written),
            ("Drifted since the plan was made", self.drifted, _drift),
            ("Would destroy", self.destroyed, _destroyed),
            ("Cannot be read", self.unread, _unread),
        ]
        return [part for part in parts if part[1]]


def dry_run(plan: Plan, reader: Reader, on_conflict: OnConflict = "report") -> DryRun:
    """Read what is live and merge the plan onto it, as a commit would.

    Args:
        plan: The plan.
        reader: The connection.
        on_conflict: What the commit would do with conflicts.

    Raises:
        InvalidInputError: If it is no plan, or `on_conflict` no policy.
        ApiError: If the server refuses or cannot be reached.
    """
    check_kind(plan, Plan, "a Plan", "Plan.load(path) reads one, items.plan() makes one.")
    problems = checked_policy(on_conflict)
    if problems:
        raise InvalidInputError(problems)
    live = read_live(reader, {planned.item: [c.key for c in planned.changes] for planned in plan.items})
    return DryRun(plan, tuple(row for planned in plan.items for row in _rows(planned, live, on_conflict)))


def _rows(planned: PlannedItem, live: Live, on_conflict: OnConflict) -> list[DryRow]:
    item, name = planned.item, planned.name
    trouble = live.trouble(item)
    if trouble:
        verdict: Verdict = "gone" if item in live.gone else "unreadable"
        return [DryRow(item, name, c, ABSENT, ABSENT, verdict, trouble) for c in planned.changes]
    held = {change.key: live.held[item, change.key] for change in planned.changes}
    metadata: dict[str, Json] = {key: value for key, value in held.items() if not isinstance(value, Absent)}
    merged = merge(metadata, planned.changes, on_conflict)
    verdicts: dict[str, tuple[Verdict, Value]] = {}
    verdicts |= {c.key: ("write", c.after) for c in merged.written}
    verdicts |= {c.key: ("already", c.after) for c in merged.already}
    verdicts |= {c.key: ("conflict", held[c.key]) for c in merged.conflicts}
    return [
        DryRow(item, name, change, held[change.key], after, verdict, merged.unsettled.get(change.key, ""))
        for change in planned.changes
        for verdict, after in [verdicts[change.key]]
    ]


def _written(row: DryRow) -> str:
    return f"{shown(row.live)} -> {shown(row.after)}"


def _drift(row: DryRow) -> str:
    fate = "not overwritten" if row.verdict == "conflict" else f"would become {shown(row.after)}"
    if row.verdict == "already":
        fate = "kept"
    fate += f"; {row.note}" if row.note else ""
    return f"was {shown(row.change.base)} when planned, is {shown(row.live)} now; {fate}"


def _destroyed(row: DryRow) -> str:
    leave = ", by an overwrite: needs leave to destroy" if row.change.implied else ""
    return f"{shown(row.live)}{leave}"


def _unread(row: DryRow) -> str:
    return row.note
