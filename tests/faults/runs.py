"""One seeded run: an embedded Encord with faults and a rival, many edits, one commit, and the accounts."""

from __future__ import annotations

import random
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from encord_widgets.api.credentials import BearerCredentials
from encord_widgets.api.errors import ApiError
from encord_widgets.api.http import HttpClient, RetryPolicy
from encord_widgets.api.in_process import InProcessTransport
from encord_widgets.client import Client
from encord_widgets.commit.options import CommitOptions, Patience
from encord_widgets.item_set import ItemSet
from encord_widgets.local import EmbeddedEncord, Faults
from encord_widgets.metadata.values import ABSENT
from tests.faults.ledger import SETTLED, Ledger, accounted, text

PROFILES = ("rival", "storm", "stale", "window", "ours")
_WEATHER = ("clear", "cloudy", "fog", "rain", "snow")


@dataclass
class Figures:
    """What one run, or many, came to.

    Args:
        runs: How many.
        edits: Planned changes.
        faults: What went wrong on purpose, by kind.
        verdicts: Receipt rows by status.
        wrong: What must not happen, by kind.
        said: The same in words, each with its seed.
    """

    runs: int = 0
    edits: int = 0
    rival_edits: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    window: int = 0
    said: list[str] = field(default_factory=list)

    def __iadd__(self, other: Figures) -> Self:
        self.runs += other.runs
        self.edits += other.edits
        self.rival_edits += other.rival_edits
        self.faults += other.faults
        self.verdicts += other.verdicts
        self.wrong += other.wrong
        self.window += other.window
        self.said += other.said
        return self

    def __str__(self) -> str:
        def line(title: str, counts: Counter[str]) -> str:
            return f"{title:<22} " + (", ".join(f"{n} {v:,}" for n, v in sorted(counts.items())) or "none")

        kinds = (
            "keys not accounted for", "wrong verdicts", "lost edits", "unreported overwrites",
            "keys changed unasked", "sent twice",
        )  # fmt: skip
        return "\n".join(
            [
                f"{'runs':<22} {self.runs:,}",
                f"{'edits':<22} {self.edits:,}",
                f"{'edits of others':<22} {self.rival_edits:,}",
                line("faults", self.faults),
                line("verdicts", self.verdicts),
                *(f"{kind:<22} {self.wrong[kind]:,}" for kind in kinds),
                f"{'lost in the window':<22} {self.window:,} (edits of others right between a re-read and its write)",
            ]
        )


def faults_of(seed: int) -> tuple[str, Faults]:
    """The profile of a seed, and what goes wrong in it."""
    rng = random.Random(f"faults {seed}")
    profile = PROFILES[seed % len(PROFILES)]
    worst = 0.12 if profile == "storm" else 0.05
    mixed = {
        name: rng.uniform(0, worst)
        for name in ("rate_429", "rate_503", "rate_504", "reset_before", "reset_after", "half_applied")
    }
    faults = Faults(
        seed=seed,
        retry_after=0,
        slow=rng.uniform(0, 0.1),
        slow_seconds=0.005,
        drop_from_answer=rng.uniform(0, 0.3),
        rival=rng.uniform(0.3, 0.9),
        rival_items=rng.randint(1, 25),
        schema_change=rng.choice((0, 0.02)),
        **mixed,
    )
    if profile == "stale":
        # A read that shows the past hides an edit made since: with a rival no client could tell.
        return profile, replace(
            faults, rival=0, stale=rng.uniform(0.2, 0.9), stale_seconds=rng.uniform(0.02, 0.15)
        )
    return profile, replace(faults, rival_in_window=rng.uniform(0.1, 0.5)) if profile == "window" else faults


def edits_of(seed: int, uuids: list[str], count: int) -> dict[str, dict[str, object]]:
    """Edits for a seed, by item and key: text, numbers, nested values, nulls and removals."""
    rng = random.Random(f"edits {seed}")
    makers = {
        "camera": lambda: f"camera {rng.randrange(10**6)}",
        "lux": lambda: rng.choice((rng.randrange(100), rng.random(), float(rng.randrange(9)))),
        "weather": lambda: rng.choice(_WEATHER),
        "reviewed": lambda: rng.random() < 0.5,
        "notes": lambda: f"note {rng.randrange(10**6)} 渋谷 <b>",
        "district": lambda: f"district {rng.randrange(99)}",
        "review round": lambda: {"round": rng.randrange(9), "by": [None, True, "x"]},
        "batch": lambda: rng.randrange(99),
    }
    edits: dict[str, dict[str, object]] = {}
    for _ in range(count):
        key = rng.choice(list(makers))
        throw = rng.random()
        value: object = ABSENT if throw < 0.15 else None if throw < 0.25 else makers[key]()
        edits.setdefault(rng.choice(uuids), {})[key] = value
    return edits


def template(folder: Path, items: int) -> Path:
    """A database with sample data, made once."""
    path = folder / f"sample {items}.db"
    if not path.exists():
        EmbeddedEncord(path, items=items).close()
    return path


@contextmanager
def opened(path: Path) -> Iterator[tuple[EmbeddedEncord, Client]]:
    """An embedded Encord on a file, and a client that hardly waits between two tries."""
    with EmbeddedEncord(path) as server:
        token = secrets.token_urlsafe(16)
        server.register_token(token)
        http = HttpClient(
            BearerCredentials(token),
            "http://encord.embedded",
            transport=InProcessTransport(server.app),
            retry=RetryPolicy(wait_initial=0.001, wait_max=0.004, wait_jitter=0.001),
        )
        with Client(http, title="embedded Encord", in_process=True) as client:
            yield server, client


def run(seed: int, items: int, folder: Path, edits: int | None = None) -> Figures:
    """One seeded run.

    Args:
        seed: Decides everything but the order in which answers of one moment arrive.
        items: Items in the folder.
        folder: Where databases may be made.
        edits: About how many to stage; about as many as items unless given.
    """
    path = folder / f"run {seed}.db"
    shutil.copy(template(folder, items), path)
    try:
        with opened(path) as (server, client):
            return _run(seed, server, client, edits or items * 5 // 4)
    finally:
        for left in folder.glob(f"{path.name}*"):
            left.unlink()


def _run(seed: int, server: EmbeddedEncord, client: Client, count: int) -> Figures:
    rng = random.Random(f"run {seed}")
    store = server.store
    profile, faults = faults_of(seed)
    (street,) = [found.uuid for found, _ in store.list_folders() if found.name == "Street scenes"]
    since = max((entry.id for entry in store.audit()), default=0)
    mine = client.folder(street).wait()
    wanted = edits_of(seed, mine.uuids, count)
    mine.stage(wanted)
    mine.unstage(rng.sample(list(mine.changes.items), 3))
    mine.undo()
    plan = mine.plan()

    server.faults = faults
    if profile != "stale":
        _meddle(rng, server, client, mine, street)
    gone = {change.item for change in rng.sample(plan.changes, 2)} if profile in {"ours", "storm"} else set()
    for item in gone:
        store.delete(item)
    options = CommitOptions(
        on_conflict="ours" if profile == "ours" else "report",
        bundle_size=max(20, len(mine) // rng.randint(4, 40)),
        bundle_bytes=rng.choice((20_000, 8_000_000)),
        concurrency=rng.randint(1, 6),
        canary=rng.choice((0, 0, 20)),
        # Late reads are waited for, with some to spare; nothing else is worth a wait here.
        patience=Patience(attempts=7, rereads=9, wait=0.01 if profile == "stale" else 0.0001, longest=0.3),
    )
    receipt = mine.start_commit(options).result()

    figures = Figures(runs=1, edits=len(plan), verdicts=Counter(receipt.counts))
    figures.faults = Counter(fault.kind for fault in store.faults())
    ledger = Ledger(store, since)
    figures.wrong, figures.said = accounted(ledger, plan.changes, receipt)
    if profile != "stale":  # what looks as before may be there all the same
        figures.wrong["sent twice"] += ledger.resent()
    figures.rival_edits = sum(
        len(entries) - len(ledger.ours(item)) for item, entries in list(ledger.entries.items())
    )
    settled = {(row.item, row.key) for row in receipt.rows if row.status in SETTLED}
    left = {(c.item, c.key): text(c.after) for c in plan.changes if (c.item, c.key) not in settled}
    _check_staged(figures, "staged", {(c.item, c.key): text(c.after) for c in mine.changes}, left)

    server.faults = None
    (journaled,) = client.folder(street).earlier() or [None]
    kept = {(c.item, c.key): text(c.after) for c in journaled.changes()} if journaled else {}
    _check_staged(figures, "journaled", kept, left)
    _finish(figures, mine, store, left, gone)
    figures.window = figures.wrong.pop("lost in the window", 0)
    figures.said = [
        f"seed {seed} ({profile}): {one}" for one in figures.said if "lost in the window" not in one
    ]
    figures.wrong = +figures.wrong
    return figures


def _meddle(rng: random.Random, server: EmbeddedEncord, client: Client, mine: ItemSet, street: str) -> None:
    """A colleague edits some of the keys that are to be written; and the rival gets to know the items."""
    for change in rng.sample(list(mine.changes), max(2, len(mine.changes) // 50)):
        throw = rng.random()
        if throw < 0.2 and change.after is not ABSENT:
            server.store.edit(change.item, {change.key: change.after})
        elif throw < 0.4:
            server.store.edit(change.item, {}, remove=[change.key])
        else:
            server.store.edit(change.item, {change.key: f"colleague {rng.randrange(10**6)}"})
    for _ in range(3):
        with suppress(ApiError):  # faults all the way; the rival saw what was listed
            client.folder(street).wait()
            return


def _check_staged(
    figures: Figures,
    where: str,
    found: dict[tuple[str, str], str | None],
    left: dict[tuple[str, str], str | None],
) -> None:
    lost = [cell for cell, value in left.items() if cell not in found or found[cell] != value]
    invented = [cell for cell in found if cell not in left]
    figures.wrong["lost edits"] += len(lost)
    figures.wrong["keys not accounted for"] += len(invented)
    figures.said += [f"lost edits: {cell} is not {where} any more" for cell in lost]
    figures.said += [f"keys not accounted for: {cell} is settled and still {where}" for cell in invented]


def _finish(
    figures: Figures, mine: ItemSet, store: object, left: dict[tuple[str, str], str | None], gone: set[str]
) -> None:
    """Without faults, what was left must arrive: ours over theirs, as somebody settles conflicts."""
    since = max(entry.id for entry in store.audit())
    plan = mine.plan()
    # Without a canary: items that are gone would stop it, as they should.
    receipt = mine.start_commit(CommitOptions(on_conflict="ours", canary=0)).result()
    ledger = Ledger(store, since)
    wrong, said = accounted(ledger, plan.changes, receipt)
    figures.wrong += wrong
    figures.said += [f"second commit: {one}" for one in said]
    for (item, key), value in left.items():
        if item not in gone and ledger.now(item, key) != value:
            figures.wrong["lost edits"] += 1
            figures.said.append(f"lost edits: {key!r} of {item} never arrived")
    stuck = {change.item for change in mine.changes} - gone
    if stuck:
        figures.wrong["lost edits"] += len(stuck)
        figures.said.append(f"lost edits: {receipt}")
