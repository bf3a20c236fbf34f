"""Presets put into collections: decided at once, carried out some time later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from encord_widgets.local.database import Database, timestamp
from encord_widgets.local.folders import Folders
from encord_widgets.local.index_collections import EVERY_FOLDER, Collections
from encord_widgets.local.index_presets import Presets
from encord_widgets.local.items import ItemFilter, Items
from encord_widgets.local.jsontext import decode, metadata_object
from encord_widgets.local.preset_filters import ItemFacts, WrongShapeError, read_filters

__all__ = ["PresetRun", "PresetRuns"]

_COLUMNS = "id, collection, preset, adds, asked, matched, done, reason"


@dataclass(frozen=True, slots=True)
class PresetRun:
    """What became of one request to add what a preset selects to a collection, or to remove it.

    Args:
        id: Rises with every request.
        collection: Uuid of the collection.
        preset: Uuid of the preset.
        adds: Whether items are added; else they are removed.
        asked: Time of the request, as `database.timestamp` writes it.
        matched: Number of items that the preset selected then.
        done: How many of them were carried out so far.
        reason: Why it never ends, as a real one with such a preset; empty where it does.
    """

    id: int
    collection: str
    preset: str
    adds: bool
    asked: str
    matched: int
    done: int
    reason: str


class PresetRuns:
    """Requests to put presets into collections, in the order in which they came.

    As in the real Index the answer comes before anything was done, and nothing tells when all is. Half of the delay
    later the first items arrive, and over the other half the rest. Selected is once, among the items as they were
    `delay` seconds before the request: what was written right before it is missed.

    Nothing runs by itself: call `settle` before a collection is looked at.

    Args:
        database: Where they are.
        folders: Folders of items.
        items: What presets select from.
        collections: Where items are put.
        presets: The presets.
        clock: The time of a request.

    Example:
        >>> from encord_widgets.local import Store
        >>> store = Store()
        >>> folder = store.add_folder("Streets")
        >>> item = store.add_item(folder, "a.jpg", {"weather": "rain"})
        >>> rainy = {"key": "weather", "include": True, "values": ["rain"], "type": "enum"}
        >>> me = {"actor": "me", "request": "python"}
        >>> preset = store.presets.create("Rain", {"global_filters": {"filters": [rainy]}}, **me)
        >>> collection = store.collections.create("Rain", folder, **me)
        >>> store.preset_runs.start(collection.uuid, preset.uuid, adds=True, **me)
        >>> store.collection_items(collection.uuid) == [item]
        True
        >>> store.close()
    """

    def __init__(
        self,
        database: Database,
        folders: Folders,
        items: Items,
        collections: Collections,
        presets: Presets,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._folders = folders
        self._items = items
        self._collections = collections
        self._presets = presets
        self._clock = clock
        self.delay: float = 0

    def start(self, collection: str, preset: str, *, adds: bool, actor: str, request: str) -> None:
        """Select now, carry out later.

        Args:
            collection: Uuid of the collection.
            preset: Uuid of the preset.
            adds: Add the items; else remove them.
            actor: Who asks, for the audit log.
            request: Request id for the audit log.

        Raises:
            RefusedError: 403, the collection or the preset is not there.
        """
        with self._database.write() as connection:
            folder = self._collections.require(collection).folder
            definition = decode(self._presets.require(preset).definition)
            now = self._clock()
            found: list[str] = []
            reason = ""
            try:
                found = list(
                    self._selected(definition, folder, timestamp(now - timedelta(seconds=self.delay)))
                )
            except WrongShapeError as error:
                reason = str(error)
            connection.execute(
                "INSERT INTO preset_runs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (
                    collection, preset, adds, timestamp(now), self.delay, actor, request, reason,
                    orjson.dumps(found), len(found),
                ),
            )  # fmt: skip

    def _selected(self, definition: object, folder: str, moment: str) -> Iterator[str]:
        tests = read_filters(definition, folder)
        folders = None if folder == EVERY_FOLDER else self._folders.tree(folder)
        sizes: dict[int, tuple[int | None, int | None]] = {}
        for rows in self._items.listed(ItemFilter(folders), before=moment):
            edited = [row for row in rows if row[2].decode() > moment]
            then = {row[0]: row for row in self._items.as_of(edited, moment)} if edited else {}
            shapes = self._items.shapes_for(rows)
            for shape in {row[5] for row in rows} - set(sizes):
                members = orjson.loads(b"{" + shapes[shape] + b"}")
                sizes[shape] = members["width"], members["height"]
            for row in rows:
                metadata = metadata_object(then.get(row[0], row)[3])
                facts = ItemFacts(metadata, *sizes[row[5]])
                if all(test(facts) for test in tests):
                    yield row[0]

    def settle(self, collection: str) -> None:
        """Carry out what is due in a collection by now."""
        under_way = "SELECT * FROM preset_runs WHERE collection = ? AND done < matched ORDER BY id"
        if not self._database.read(under_way, (collection,)):
            return
        with self._database.write():
            for run in self._database.read(under_way, (collection,)):
                self._carry_out(run)

    def _carry_out(self, run: tuple[Any, ...]) -> None:
        number, collection, _, adds, asked, delay, actor, request, _, items, matched, done = run
        age = (self._clock() - datetime.fromisoformat(asked)).total_seconds()
        due = matched if age >= delay else int(matched * max(0.0, 2 * age / delay - 1))
        if due <= done:
            return
        change = self._collections.add if adds else self._collections.drop
        change(collection, orjson.loads(items)[done:due], actor=actor, request=request)
        with self._database.write() as connection:
            left = items if due < matched else b"[]"
            connection.execute("UPDATE preset_runs SET done = ?, items = ? WHERE id = ?", (due, left, number))

    def all(self, collection: str | None = None) -> list[PresetRun]:
        """Every request, or those about one collection, in the order in which they came; settled first."""
        rows = self._database.read("SELECT DISTINCT collection FROM preset_runs")
        for (one,) in rows:
            if collection in {None, one}:
                self.settle(one)
        where, values = ("", ()) if collection is None else (" WHERE collection = ?", (collection,))
        found = self._database.read(f"SELECT {_COLUMNS} FROM preset_runs{where} ORDER BY id", values)  # noqa: S608
        return [PresetRun(run, about, preset, bool(adds), *rest) for run, about, preset, adds, *rest in found]
