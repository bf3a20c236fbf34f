"""Equal synthetic data for the grids under test: an item set without a server, or a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from encord_widgets.metadata.items import ItemBatch

if TYPE_CHECKING:
    import pandas as pd

    from encord_widgets.client import Client
    from encord_widgets.item_set import ItemSet

PAGE = 1000
WEATHER = ("rain", "fog", "snow", "clear", "cloudy")


def columns(count: int, keys: int) -> Iterator[dict[str, list[Any]]]:
    """Names, and values by key: texts, numbers and booleans in turn, a tenth of them missing (None); by pages."""
    rng = np.random.default_rng(5)
    for start in range(0, count, PAGE):
        size = min(PAGE, count - start)
        page: dict[str, list[Any]] = {"name": [f"image {row:07d}.png" for row in range(start, start + size)]}
        for key in range(keys):
            drawn = rng.integers(0, 1000, size)
            kinds = (np.array(WEATHER)[drawn % 5], drawn / 4, drawn % 2 == 0)
            values = kinds[key % 3].astype(object)
            values[rng.random(size) < 0.1] = None
            page[f"key {key}"] = values.tolist()
        yield page


def item_set(client: Client, count: int, keys: int) -> ItemSet:
    """An item set with so many items that are on no server: pages arrive as they do from a folder."""
    items = client.items([]).wait()
    first = 0
    for page in columns(count, keys):
        names = page.pop("name")
        rows = zip(*page.values(), strict=True)
        metadata = [{k: v for k, v in zip(page, row, strict=True) if v is not None} for row in rows]
        uuids = [f"{row:08x}-0000-4000-8000-{row:012x}" for row in range(first, first + len(names))]
        first += len(names)
        items._loader.batch(ItemBatch(uuids, {"name": names, "item_type": ["image"] * len(names)}, metadata))
    return items


def frame(count: int, keys: int) -> pd.DataFrame:
    """The same as a DataFrame in plain dtypes, which is what the other grids take."""
    import pandas as pd

    pages = list(columns(count, keys))
    data = {name: [value for page in pages for value in page[name]] for name in pages[0]}
    found = pd.DataFrame({"name": data.pop("name")})
    for name, values in data.items():
        numeric = any(isinstance(value, float) for value in values[:50])
        found[name] = pd.Series(values, dtype="float64" if numeric else "object")
    return found
