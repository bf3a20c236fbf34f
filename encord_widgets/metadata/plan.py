"""A plan: a frozen change set with the values it was based on, as a file to review and share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value, compact, loads, shown

__all__ = ["Plan", "PlannedItem"]

_FORMAT: Final = "encord-widgets/plan/1"


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """The changes planned for one item.

    Args:
        item: Item uuid, lower case.
        name: Its name when the plan was made, for people.
        changes: At most one a key.
    """

    item: str
    name: str
    changes: tuple[Change, ...]


class _CellFile(BaseModel):
    """One key in a plan file: a missing side means absent, null means null."""

    model_config = ConfigDict(extra="forbid")
    before: Any = ABSENT
    after: Any = ABSENT


class _ItemFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    item: str
    name: str
    changes: dict[str, _CellFile]


class _PlanFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    format: str
    created_at: dt.datetime
    source: str
    items: list[_ItemFile]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit will try: for each item the keys to change, each with the value it was based on.

    Args:
        items: Planned items.
        source: Where the edits were made, in words.
        created_at: When the plan was frozen, with zone.

    Example:
        >>> plan = Plan.of([Change("8ad5", "weather", "rain", "fog")], names={"8ad5": "a.png"})
        >>> len(plan), plan.items[0].name
        (1, 'a.png')
    """

    items: tuple[PlannedItem, ...]
    source: str
    created_at: dt.datetime

    @classmethod
    def of(cls, changes: Iterable[Change], names: Mapping[str, str], source: str = "") -> Plan:
        """Freeze changes.

        Args:
            changes: Staged edits, at most one for each item and key.
            names: Name of each item.
            source: Where the edits were made, in words.
        """
        by_item: dict[str, list[Change]] = {}
        for change in changes:
            by_item.setdefault(change.item, []).append(change)
        items = tuple(
            PlannedItem(item, names.get(item, item), tuple(found)) for item, found in by_item.items()
        )
        return cls(items, source, dt.datetime.now(dt.UTC).replace(microsecond=0))

    def __len__(self) -> int:
        return sum(len(planned.changes) for planned in self.items)

    def __repr__(self) -> str:
        removed = sum(change.removes for change in self.changes)
        tail = f", {removed:,} of them removing a key" if removed else ""
        return f"<Plan: {len(self):,} changes on {len(self.items):,} items{tail}>"

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, item by item."""
        return tuple(change for planned in self.items for change in planned.changes)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the plan as JSON: sorted, one line a change, without secrets.

        Args:
            path: File to write; an existing one is replaced.

        Returns:
            The path written.
        """
        target = Path(path)
        target.write_text(self._text(), encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Plan:
        """Read a plan that `save` wrote.

        Args:
            path: File to read.

        Raises:
            InvalidInputError: If the file is no plan of a known version; every fault is named.
            OSError: If the file cannot be read.
        """
        source = Path(path)
        try:
            file = _PlanFile.model_validate(loads(source.read_bytes()))
        except (ValueError, ValidationError) as error:
            raise InvalidInputError(_faults(error, source)) from None
        if file.format != _FORMAT:
            hint = "Use the version of encord_widgets that wrote it."
            raise InvalidInputError([Problem(expected=_FORMAT, got=shown(file.format), hint=hint)])
        return cls(
            items=tuple(
                PlannedItem(
                    planned.item,
                    planned.name,
                    tuple(
                        Change(planned.item, key, cell.before, cell.after)
                        for key, cell in planned.changes.items()
                    ),
                )
                for planned in file.items
            ),
            source=file.source,
            created_at=file.created_at,
        )

    def _text(self) -> str:
        """Sorted by item and key, one line a change, so that two plans can be compared line by line."""
        head: dict[str, Json] = {
            "format": _FORMAT,
            "created_at": self.created_at.isoformat(),
            "source": self.source,
        }
        lines = [f" {compact(key)}: {compact(value)}," for key, value in head.items()]
        blocks = []
        for planned in sorted(self.items, key=lambda planned: planned.item):
            cells = [
                f"   {compact(change.key)}: {compact(_cell(change))}"
                for change in sorted(planned.changes, key=lambda change: change.key)
            ]
            name, item = compact(planned.name), compact(planned.item)
            blocks.append(f'  {{"item": {item}, "name": {name}, "changes": {{\n' + ",\n".join(cells) + "}}")
        return "\n".join(["{", *lines, ' "items": [', ",\n".join(blocks), " ]", "}", ""])


def _cell(change: Change) -> dict[str, Json]:
    sides: dict[str, Value] = {"before": change.base, "after": change.after}
    return {side: value for side, value in sides.items() if not isinstance(value, Absent)}


def _faults(error: ValueError, source: Path) -> list[Problem]:
    hint = f"{source.name} is not a plan that Plan.save wrote."
    if isinstance(error, ValidationError):
        return [
            Problem(expected=fault["msg"], got=f"{'.'.join(map(str, fault['loc']))}", hint=hint)
            for fault in error.errors(include_url=False, include_input=False)
        ]
    detail = "not JSON" if isinstance(error, orjson.JSONDecodeError) else shown(error)
    return [Problem(expected="a plan file", got=detail, hint=hint)]
