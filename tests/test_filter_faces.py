"""Every face of a filter finds the same items of the embedded Encord."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import encord_widgets as ew
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.filters.tree import Filter

TEXTS = [
    'weather = "rain"',
    'weather != "rain" and not (lux < 50 or `captured at` is absent)',
    'weather in ["rain", "fog"] or weather is null',
    "lux between 50 and 5000 and lux has type number",
    "not lux has type number and lux is present",
    "`captured at` >= 2020-01-01 or `captured at` is empty",
    "`captured at` in last 5000 days",
    "where within 2 km of [51.5, -0.12]",
    "where in box [51.4, -0.2, 51.6, 0]",
    'item.name contains "1" and item.name ends with ".PNG" any case',
    "item.created_at > 2024-01-01T00:00:00Z and item.file_size > 1000",
    'district matches "^[A-M]" any case',
    "camera has type object and muted(lux < 5)",
    "reviewed = true or reviewed is absent",
]


@pytest.fixture(scope="module")
def items() -> Iterator[ItemSet]:
    with ew.demo(items=120) as client:
        folder = next(found for found in client.folders() if found.name == "Street scenes")
        yield client.folder(folder).wait()


def test_the_rules_find_some_and_leave_some(items: ItemSet) -> None:
    counts = [items.where(text).count for text in TEXTS]
    assert sum(0 < count < 120 for count in counts) >= len(TEXTS) - 3


@pytest.mark.parametrize("text", TEXTS)
def test_every_face_finds_the_same_items(items: ItemSet, text: str) -> None:
    node = Filter.parse(text)
    found = items.where(node).uuids
    assert items.where(Filter.parse(node.text)).uuids == found
    assert items.where(Filter.from_json(node.to_json())).uuids == found
    assert items.where(eval(node.python, {"F": ew.F, "Filter": ew.Filter})).uuids == found
    assert sorted([*found, *items.where(~node.active()).uuids]) == sorted(items.uuids)
    namespace: dict[str, Any] = {"frame": items.frame}
    *statements, last = node.pandas().splitlines()
    exec("\n".join(statements), namespace)
    assert eval(last, namespace).index.to_list() == list(found)
