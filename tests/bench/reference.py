"""The reference folder of the load bench: plain items of 12 keys, 1.1 kB of JSON an item on the wire.

The sample data is richer (14 keys an item on average, nested ones and long texts among them, 1.5 kB); peers and
earlier figures are measured on this one.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from pathlib import Path

from encord_widgets.local import Store
from encord_widgets.local.records import NewItem

_CREATED = "2025-03-01T08:30:00.000000Z"


def write_reference(path: Path, count: int) -> None:
    """Make a database with one folder of such items.

    Args:
        path: Where; nothing is there yet.
        count: Number of items.
    """
    chance = random.Random(7)
    store = Store(path)
    try:
        with store.database.write():
            store.add_items(store.add_folder("Reference"), _items(chance, count))
    finally:
        store.close()


def _items(chance: random.Random, count: int) -> Iterator[NewItem]:
    for number in range(count):
        yield NewItem(
            uuid=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            name=f"frame_{number:07}.jpg",
            item_type="image",
            mime_type="image/jpeg",
            width=1920,
            height=1080,
            size=200_000 + chance.getrandbits(16),
            created=_CREATED,
            metadata={
                "weather": chance.choice(("rain", "clear", "fog", "snow")),
                "time_of_day": chance.choice(("day", "night", "dusk")),
                "lux": round(chance.random() * 60_000, 1),
                "speed_kmh": chance.randrange(140),
                "vehicles": chance.randrange(30),
                "reviewed": chance.random() < 0.5,
                "captured_at": f"2025-03-{1 + number % 28:02}T08:{number % 60:02}:00Z",
                "camera": chance.choice(("front", "rear", "left", "right")),
                "city": chance.choice(("Oslo", "Bergen", "Trondheim")),
                "drive": f"drive-{number // 1000:05}",
                "split": chance.choice(("train", "test")),
                "asset": f"{chance.getrandbits(64):016x}",
            },
        )
