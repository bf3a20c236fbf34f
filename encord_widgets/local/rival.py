"""Somebody else who edits the same items, and leaves those alone that a client is about to write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from encord_widgets.local.store import Store

__all__ = ["Rival", "Windows"]

_REMEMBERED = 20_000
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_SECONDS = 200_000_000
_MAX_OPTIONS = 256


class Windows:
    """Which items were read lately, and which of them a client may be about to patch."""

    def __init__(self) -> None:
        self._recent: dict[str, None] = {}
        self._open: dict[str, set[str]] = {}

    def read(self, items: Iterable[str], *, by: str | None = None) -> None:
        """Items were read; by a client who may patch them next, or in a listing."""
        uuids = list(items)
        for uuid in uuids:
            self._recent.pop(uuid, None)  # to the end
            self._recent[uuid] = None
        while len(self._recent) > _REMEMBERED:
            del self._recent[next(iter(self._recent))]
        if by is not None:
            self._open.setdefault(by, set()).update(uuids)

    def release(self, items: Iterable[str], *, by: str) -> None:
        """The client patched these, or reads them again: it goes by what it reads from now on."""
        self._open.get(by, set()).difference_update(items)

    def free(self) -> list[str]:
        """Items read lately that nobody is about to patch."""
        busy = set().union(*self._open.values()) if self._open else set()
        return [uuid for uuid in self._recent if uuid not in busy]


class Rival:
    """Edits metadata and the schema, always as the actor `rival`.

    Args:
        store: Where.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def edit(
        self, candidates: Sequence[str], count: int, random: Random, request: str
    ) -> list[tuple[str, str]]:
        """Edit one key each of some items.

        Args:
            candidates: Items to choose from; those that are gone are passed over.
            count: How many, at most.
            random: Decides.
            request: Request id for the audit log.

        Returns:
            Item and key of each edit.
        """
        edits = []
        schema = self._store.schema() or {}
        for item in random.sample(candidates, min(count, len(candidates))):
            with self._store.database.write():
                try:
                    metadata = self._store.metadata(item)
                except KeyError:
                    continue
                key, value = _edit(metadata, schema, random)
                remove = () if value is not _GONE else (key,)
                values = {} if value is _GONE else {key: value}
                self._store.edit(item, values, remove=remove, actor="rival", request=request)
            edits.append((item, key))
        return edits

    def change_schema(self, random: Random, request: str) -> str:
        """Change the schema a little; returns what was done, in words."""
        with self._store.database.write():
            schema = self._store.schema() or {}
            live = sorted(key for key, kind in schema.items() if kind["ty"] != "tombstone")
            enums = [
                key
                for key in live
                if schema[key]["ty"] == "enum" and len(schema[key]["values"]) < _MAX_OPTIONS
            ]
            what = random.random()
            if enums and what < 0.4:  # noqa: PLR2004 (shares, as below)
                key = random.choice(enums)
                option = f"rival {random.randrange(10**6)}"
                schema[key] = schema[key] | {"values": [*schema[key]["values"], option]}
                said = f"{key}: option {option!r} added"
            elif live and what < 0.6:  # noqa: PLR2004
                key = random.choice(live)
                schema[key] = {"ty": "tombstone", "deleted_ty": schema[key]}
                said = f"{key}: deleted"
            else:
                key = f"rival {random.randrange(10**6)}"
                schema[key] = {"ty": "variant", "hint": "number"}
                said = f"{key}: added"
            self._store.set_schema(schema, actor="rival", request=request)
        return said


_GONE = object()


def _edit(metadata: dict[str, Any], schema: dict[str, Any], random: Random) -> tuple[str, Any]:
    """A key and its new value, `_GONE` for none."""
    held = sorted(key for key in metadata if not key.startswith("$"))
    missing = sorted(key for key in schema if key not in metadata and schema[key]["ty"] != "tombstone")
    what = random.random()
    if held and what < 0.15:  # noqa: PLR2004 (shares: a key removed, a key added, else one changed)
        return random.choice(held), _GONE
    if held and (what >= 0.3 or not missing):  # noqa: PLR2004
        key = random.choice(held)
        return key, _other(metadata[key], schema.get(key, {}), random)
    key = random.choice(missing) if missing else "rival note"
    return key, _other(None, schema.get(key, {}), random)


def _other(value: Any, kind: dict[str, Any], random: Random) -> Any:
    """Another value than this, of the key's type where that has simple values."""
    name = kind.get("hint") or kind.get("ty")
    options = [option for option in kind.get("values", ()) if option != value]
    if name == "enum" and options:
        return random.choice(options)
    if name == "embedding":
        return [random.random() for _ in range(kind["size"])]
    make = _MAKERS.get(str(name))
    if make is None:
        if isinstance(value, bool):
            name = "boolean"
        elif isinstance(value, int | float):
            name = "number"
        make = _MAKERS.get(str(name), _text)
    while (made := make(value, random)) == value:
        pass
    return made


def _text(_value: Any, random: Random) -> Any:
    return f"rival {random.randrange(10**6)}"


_MAKERS: dict[str, Callable[[Any, Random], Any]] = {
    "number": lambda _value, random: random.randrange(10**6),
    "boolean": lambda value, random: not value if isinstance(value, bool) else random.random() < 0.5,  # noqa: PLR2004
    "datetime": lambda _value, random: (_FIRST + timedelta(seconds=random.randrange(_SECONDS))).isoformat(),
    "uuid": lambda _value, random: str(UUID(int=random.getrandbits(128), version=4)),
    "geospatial": lambda _value, random: {
        "latitude": random.uniform(-90, 90),
        "longitude": random.uniform(-180, 180),
    },
}
