"""What goes wrong on purpose: how much of it, and the record of what did."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, fields

import orjson

from encord_widgets.local.database import Database

__all__ = ["FaultEntry", "FaultLog", "Faults"]

_SHARES = (
    "rate_429", "rate_503", "rate_504", "reset_before", "reset_after", "half_applied",
    "html", "slow", "drop_from_answer", "rival", "rival_in_window", "stale", "schema_change",
)  # fmt: skip
# At most one of these befalls a request, so together they are a share too.
OUTCOMES = _SHARES[:6]
_COUNTS = ("rival_items", "retry_after", "slow_seconds", "stale_seconds", "url_lifetime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often what goes wrong. Shares are between 0 and 1, times are in seconds; without arguments nothing does.

    The n-th request to arrive draws from a generator made of `seed` and n, so the same requests in the same order
    meet the same faults. Of requests in flight together the order is that in which their bodies are complete: the
    n-th request still meets the n-th fault, but which request is the n-th may differ from run to run.

    Args:
        seed: Another number gives other faults, the same number the same.
        rate_429: Share of requests that are refused with 429 and `Retry-After`, unread.
        rate_503: Share of requests that are refused with 503, unread; half of them with `Retry-After`.
        rate_504: Share of requests that are answered 504; half of the writes among them were applied all the same.
        reset_before: Share of requests whose connection is cut before anything was applied.
        reset_after: Share of requests whose connection is cut when all was applied: without an answer, or within it.
        half_applied: Share of bulk patches of which a part is applied; then 503, or the connection is cut.
        html: Share of the 429 and 503 that come as a web page, as a proxy in between sends them.
        retry_after: Whole seconds in `Retry-After`.
        slow: Share of requests whose answer, though all was done, is held back.
        slow_seconds: For how long.
        drop_from_answer: Share of bulk patches whose answer leaves out an item that was written.
        rival: Share of requests right before which somebody else edits one key of items that were read lately. Not of
            items that a client may be about to patch: those it read by uuid and did not patch since. They are left
            alone until it patches them or reads them again. All that signs with one key counts as one client.
        rival_items: How many items the rival edits each time, at most.
        rival_in_window: Share of bulk patches right before which the rival edits an item of that very patch.
        stale: Share of reads that show the past, where `stale_seconds` says which.
        stale_seconds: Reads of items show metadata as it was so long ago. Names, folders and what lies behind signed
            URLs are as they are.
        schema_change: Share of requests right before which the metadata schema changes: a key, an option more, or a
            key deleted.
        url_lifetime: Signed URLs work for so long; None leaves that as it is.

    Raises:
        ValueError: A number is out of its range, or the shares of which one befalls a request are more than 1 together.

    Example:
        >>> Faults.parse("503=0.1,reset_after=0.05,seed=4")
        Faults('503=0.1,reset_after=0.05,seed=4')
    """

    rate_429: float = 0
    rate_503: float = 0
    rate_504: float = 0
    reset_before: float = 0
    reset_after: float = 0
    half_applied: float = 0
    html: float = 0.3
    retry_after: int = 1
    slow: float = 0
    slow_seconds: float = 0.2
    drop_from_answer: float = 0
    rival: float = 0
    rival_items: int = 1
    rival_in_window: float = 0
    stale: float = 1
    stale_seconds: float = 0
    schema_change: float = 0
    url_lifetime: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        wrong = [
            f"{_short(name)} must be between 0 and 1, got {getattr(self, name)}"
            for name in _SHARES
            if not 0 <= getattr(self, name) <= 1
        ]
        wrong += [
            f"{name} must be 0 or more, got {getattr(self, name)}"
            for name in _COUNTS
            if getattr(self, name) is not None and not 0 <= getattr(self, name) < float("inf")
        ]
        together = sum(getattr(self, name) for name in OUTCOMES)
        if not wrong and together > 1 + 1e-9:
            wrong.append(f"{', '.join(map(_short, OUTCOMES))} must be at most 1 together, got {together:g}")
        if wrong:
            raise ValueError(f"Faults: {'; '.join(wrong)}.")

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Faults from text such as `503=0.1,reset_after=0.05,seed=4`: names of this class, `rate_` may be left out.

        Raises:
            ValueError: A name is not known, or a value is no number or out of its range.
        """
        kinds = {field.name: int if field.type == "int" else float for field in fields(cls)}
        values: dict[str, float] = {}
        wrong = []
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, number = (piece.strip() for piece in part.partition("="))
            full = f"rate_{name}" if name.isdigit() else name
            if full not in kinds:
                known = ", ".join(_short(name) for name in kinds)
                wrong.append(f"{name!r} is none of {known}")
            elif full in values:
                wrong.append(f"{name} is given twice")
            else:
                try:
                    values[full] = kinds[full](number)
                except ValueError:
                    whole = "a whole number" if kinds[full] is int else "a number"
                    wrong.append(
                        f"{name} needs {whole}, got {number!r}" if equals else f"{name} needs a value"
                    )
        if wrong:
            raise ValueError(f"Faults: {'; '.join(wrong)}. Write them like 503=0.1,reset_after=0.05,seed=4.")
        return cls(**values)  # type: ignore[arg-type]  # each was read as its own kind above

    def __str__(self) -> str:
        """What differs from no faults, as `parse` reads it."""
        return ",".join(
            f"{_short(field.name)}={getattr(self, field.name):g}"
            if isinstance(getattr(self, field.name), float)
            else f"{_short(field.name)}={getattr(self, field.name)}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        )

    def __repr__(self) -> str:
        return f"Faults({str(self)!r})"

    @property
    def any(self) -> bool:
        """Whether anything can go wrong at all."""
        return (
            any(getattr(self, name) for name in _SHARES if name not in {"html", "stale"})
            or bool(self.stale and self.stale_seconds)
            or self.url_lifetime is not None
        )


def _short(name: str) -> str:
    return name.removeprefix("rate_")


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """One thing that went wrong.

    Args:
        id: Rises with every fault.
        at: When.
        number: Which request it befell, counted from 1 since these faults are in force.
        request: Its id; the audit log names the same for what it wrote, and for what the rival wrote right before it.
        kind: `429`, `503`, `504`, `reset_before`, `reset_after`, `half_applied`, `slow`, `drop_from_answer`, `rival`,
            `rival_in_window`, `stale`, `schema_change` or `url_lifetime`.
        method: HTTP method.
        path: Path without its query.
        items: Uuids concerned: those of a write that failed; those written, when half applied; those left out of an
            answer; those that the rival edited; those shown as they were.
        applied: Whether the request's write to `items` was applied; None when it wrote no items.
        detail: More for people.
    """

    id: int
    at: str
    number: int
    request: str
    kind: str
    method: str
    path: str
    items: tuple[str, ...]
    applied: bool | None
    detail: str


class FaultLog:
    """The fault table of a database; made with the first fault, so that a database without any is as ever."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        *,
        at: str,
        number: int,
        request: str,
        kind: str,
        method: str,
        path: str,
        items: Iterable[str] = (),
        applied: bool | None = None,
        detail: str = "",
    ) -> None:
        """Add an entry; arguments as in `FaultEntry`."""
        row = (at, number, request, kind, method, path, orjson.dumps(list(items)), applied, detail)
        with self._database.write() as connection:
            _make_table(connection)
            connection.execute("INSERT INTO faults VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def entries(self, *, since: int = 0) -> list[FaultEntry]:
        """Entries in the order in which they happened; only those with an `id` greater than `since`."""
        if not self._database.read("SELECT 1 FROM sqlite_master WHERE name = 'faults'"):
            return []
        rows = self._database.read("SELECT * FROM faults WHERE id > ? ORDER BY id", (since,))
        return [
            FaultEntry(
                id=entry,
                at=at,
                number=number,
                request=request,
                kind=kind,
                method=method,
                path=path,
                items=tuple(orjson.loads(items)),
                applied=None if applied is None else bool(applied),
                detail=detail,
            )
            for entry, at, number, request, kind, method, path, items, applied, detail in rows
        ]


def _make_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY, at TEXT NOT NULL, number INTEGER NOT NULL,"
        " request TEXT NOT NULL, kind TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,"
        " items BLOB NOT NULL, applied INTEGER, detail TEXT NOT NULL)"
    )
