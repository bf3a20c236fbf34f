"""Plans as JSON: sorted, one line a change; read back by hand, so that 200,000 changes take a moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import Any, Final

import numpy as np

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.changes_order import Listing
from encord_widgets.metadata.column_cells import json_cells
from encord_widgets.metadata.plan import Plan
from encord_widgets.metadata.plan_items import PlannedItem, PlannedItems
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value, compact, json_texts, loads, shown

__all__ = ["FORMAT", "check_format", "lines_of", "moment", "plan_from_json"]

FORMAT: Final = "encord-widgets/plan/1"
_ITEM: Final = {"item": str, "name": str, "changes": dict}
_CELL: Final = frozenset({"before", "after", "implied"})
_CHUNK: Final = 4096
_SAID: Final = {str: "text", dict: "an object", list: "a list"}


def lines_of(plan: Plan) -> Iterator[str]:
    """The text of a plan file, sorted by item and key, so that two plans can be compared line by line.

    Args:
        plan: The plan.
    """
    head: dict[str, Json] = {
        "format": FORMAT,
        "created_at": plan.created_at.isoformat(),
        "source": plan.source,
    }
    yield "{\n"
    yield from (f" {compact(key)}: {compact(value)},\n" for key, value in head.items())
    yield ' "items": [\n'
    join = ""
    for text in _in_order(plan.items):
        yield join + text
        join = ",\n"
    yield "\n ]\n}\n"


def _in_order(items: Sequence[PlannedItem]) -> Iterator[str]:
    """The text of each item, sorted by uuid; those of many at once where none has to be put between."""
    columns: Iterator[tuple[list[str], list[str]]] = iter(())
    if isinstance(items, PlannedItems):
        columns, items = _of_columns(items), items.outside
        if not items:
            yield from (",\n".join(texts) for _, texts in columns)
            return
    many = (pair for uuids, texts in columns for pair in zip(uuids, texts, strict=True))
    rest = ((planned.item, _text(planned)) for planned in sorted(items, key=attrgetter("item")))
    yield from (text for _, text in merge(many, rest, key=itemgetter(0)))


def _text(planned: PlannedItem) -> str:
    cells = [
        f"   {compact(change.key)}: {_cell(_json(change.base), _json(change.after), change.implied)}"
        for change in sorted(planned.changes, key=attrgetter("key"))
    ]
    return _lines(compact(planned.item), compact(planned.name), ",\n".join(cells))


def _lines(item: str, name: str, cells: str) -> str:
    return f'  {{"item": {item}, "name": {name}, "changes": {{\n{cells}}}}}'


def _cell(before: str | None, after: str | None, implied: object) -> str:
    parts = [] if before is None else [f'"before":{before}']
    if after is not None:
        parts.append(f'"after":{after}')
    if implied:
        parts.append('"implied":true')
    return "{" + ",".join(parts) + "}"


def _json(value: Value) -> str | None:
    return None if isinstance(value, Absent) else compact(value)


def _of_columns(items: PlannedItems) -> Iterator[tuple[list[str], list[str]]]:
    """Uuids and texts, as by `_text`, of the items in the table, spelled column by column."""
    uuids = items.uuids
    places = np.array(sorted(range(len(uuids)), key=uuids.__getitem__), dtype=np.int64)
    for start in range(0, len(places), _CHUNK):
        some = items.at(places[start : start + _CHUNK])
        named = some.uuids
        yield named, list(map(_lines, json_texts(named), json_texts(some.named), _cells(some.listing)))


def _cells(listing: Listing) -> list[str]:
    """The lines of the changes of each item."""
    flat = listing.flat(json_cells, _json)
    keys: list[str] = flat.key.tolist()
    rank = {key: place for place, key in enumerate(sorted(set(keys)))}
    heads = {key: f"   {compact(key)}: " for key in rank}
    before, after, implied = flat.before, flat.after, flat.implied
    if len(rank) > 1:
        order = np.lexsort((np.array([rank[key] for key in keys]), flat.at))
        keys = flat.key[order].tolist()
        before, after, implied = before[order], after[order], implied[order]
    lines = [
        # Most have both: spelled here, without a call for each.
        f'{heads[key]}{{"before":{was},"after":{new}}}'
        if was is not None and new is not None and not by_overwrite
        else heads[key] + _cell(was, new, by_overwrite)
        for key, was, new, by_overwrite in zip(
            keys, before.tolist(), after.tolist(), implied.tolist(), strict=True
        )
    ]
    if len(lines) == len(listing.ends):
        return lines
    return [",\n".join(lines[start:end]) for start, end in pairwise([0, *listing.ends.tolist()])]


def plan_from_json(data: bytes, name: str) -> Plan:
    """Read what `lines_of` wrote, or what somebody made of it by hand.

    Args:
        data: Content of the file.
        name: Name of the file, for messages.

    Raises:
        InvalidInputError: With every fault and its place in the file.
    """
    hint = f"{name} is not a plan that Plan.save wrote."
    try:
        document = loads(data)
    except ValueError:
        raise InvalidInputError([Problem(expected="a plan file", got="not JSON", hint=hint)]) from None
    if not isinstance(document, dict):
        raise InvalidInputError([Problem(expected="a plan file", got=shown(document), hint=hint)])
    check_format(document.get("format"), FORMAT)
    reader = _Reader(hint)
    plan = reader.plan(document)
    if reader.problems:
        raise InvalidInputError(reader.problems)
    return plan


def check_format(found: object, wanted: str) -> None:
    """Refuse a file of another kind or version.

    Args:
        found: What the file says it is.
        wanted: What it should say.

    Raises:
        InvalidInputError: If they differ.
    """
    if found != wanted:
        kind = wanted.split("/")[1]
        hint = f"It is no {kind} that encord_widgets wrote."
        if isinstance(found, str) and found.startswith("encord-widgets/"):
            other = found.split("/")[1]
            hint = (
                f"It is a {other}." if other != kind else "Use the version of encord_widgets that wrote it."
            )
        raise InvalidInputError([Problem(expected=wanted, got=shown(found), hint=hint)])


def moment(text: object) -> dt.datetime | None:
    """A point in time with its zone from ISO text, or None if it is none.

    Args:
        text: What a file says.

    Example:
        >>> moment("2026-01-01T00:00:00Z"), moment("2026-01-01T00:00:00")
        (datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    try:
        found = dt.datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


class _Reader:
    """Checks shapes by hand: a model a cell would take ten times as long."""

    def __init__(self, hint: str) -> None:
        self.problems: list[Problem] = []
        self._hint = hint

    def plan(self, document: dict[str, Json]) -> Plan:
        self._surplus(document, {"format", "created_at", "source", "items"}, "")
        created_at = moment(document.get("created_at"))
        if created_at is None:
            self._fault("created_at", "a time with its zone", document.get("created_at"))
        source, items = document.get("source"), document.get("items")
        if not isinstance(source, str):
            self._fault("source", "text", source)
        if not isinstance(items, list):
            self._fault("items", "a list", items)
        found: dict[str, PlannedItem] = {}
        for position, value in enumerate(items if isinstance(items, list) else []):
            planned = self._item(value, f"items.{position}")
            if planned is None:
                continue
            if planned.item in found:
                self._fault(f"items.{position}.item", "each item once", planned.item)
            found[planned.item] = planned
        return Plan(tuple(found.values()), str(source), created_at or dt.datetime.now(dt.UTC))

    def _item(self, value: Any, place: str) -> PlannedItem | None:
        if not isinstance(value, dict):
            self._fault(place, "an object", value)
            return None
        if value.keys() != _ITEM.keys():
            self._surplus(value, _ITEM.keys(), f"{place}.")
        wrong = [key for key, kind in _ITEM.items() if not isinstance(value.get(key), kind)]
        for key in wrong:
            self._fault(f"{place}.{key}", _SAID[_ITEM[key]], value.get(key))
        if wrong:
            return None
        item = item_uuid(value["item"]) or value["item"]  # a file written by hand may spell it otherwise
        changes = [self._change(item, key, cell, place) for key, cell in value["changes"].items()]
        return PlannedItem(item, value["name"], tuple(change for change in changes if change is not None))

    def _change(self, item: str, key: str, cell: Any, place: str) -> Change | None:
        if not isinstance(cell, dict):
            self._fault(f"{place}.changes.{key}", "an object", cell)
            return None
        if not cell.keys() <= _CELL:
            self._surplus(cell, _CELL, f"{place}.changes.{key}.")
        implied = cell.get("implied", False)
        if not isinstance(implied, bool):
            self._fault(f"{place}.changes.{key}.implied", "true or false", implied)
            return None
        return Change(item, key, cell.get("before", ABSENT), cell.get("after", ABSENT), implied)

    def _surplus(self, found: dict[str, Json], known: Any, place: str) -> None:
        for name, value in found.items():
            if name not in known:
                self._fault(f"{place}{name}", "no such entry", value)

    def _fault(self, place: str, expected: str, got: object) -> None:
        said = "nothing" if got is None else shown(got)
        self.problems.append(Problem(expected=f"{expected} at {place}", got=said, hint=self._hint))
