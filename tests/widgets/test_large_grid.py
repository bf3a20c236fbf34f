"""What a grid does to stay quick over many items gives the same as doing it the long way."""

from __future__ import annotations

import numpy as np
import pytest

import encord_widgets as ew
from encord_widgets.widgets import column_facts
from encord_widgets.widgets.column_facts import header_facts
from encord_widgets.widgets.item_order import ItemOrder
from tests.bench.grid_data import frame, item_set

ROWS = 21_000


@pytest.fixture(scope="module")
def items():
    with ew.demo(items=20) as client:
        yield item_set(client, ROWS, 3)


def test_synthetic_items_are_those_of_the_frame(items):
    uuids = items.uuids[-ROWS:]
    table = frame(ROWS, 3)
    assert items.order().tolist() == list(range(len(items)))
    for row in (0, 10_000, ROWS - 1):
        held = items.table.metadata(items.table.row_of(uuids[row]))
        shown = table.iloc[row]
        assert items.table.name(uuids[row]) == shown["name"]
        assert held == {
            key: shown[key]
            for key in ("key 0", "key 1", "key 2")
            if shown[key] == shown[key] and shown[key] is not None
        }


@pytest.mark.parametrize(
    "column", ["field:name", "field:item_type", "key:key 0", "key:key 1", "key:long", "key:moments"]
)
def test_headers_of_long_columns(items, column, monkeypatch):
    if column == "key:long" and column not in items.table.keys:
        items.stage(
            {
                uuid: {"long": f"text {at}"} if at % 50 else {"long": None}
                for at, uuid in enumerate(items.uuids)
            }
        )
    if column == "key:moments":
        items.stage({
            uuid: {"moments": f"2026-01-{at % 28 + 1:02d}T{at % 24:02d}:{at % 60:02d}:00.{at:06d}Z"}
            for at, uuid in enumerate(items.uuids)
        })  # fmt: skip
    with ew.ItemGrid(items) as grid:
        wanted = next(one for one in grid._view.columns if one.id == column)
        quick = header_facts(items, wanted, items.order())
        monkeypatch.setattr(column_facts, "_LONG", float("inf"))
        slow = header_facts(items, wanted, items.order())
    for what in ("total", "missing", "bars"):
        assert quick[what] == slow[what]
    if slow["bars"]:
        assert quick == slow


def test_orders_of_another_length_are_not_listed_to_be_compared():
    class Unlisted(ItemOrder):
        def __iter__(self):
            raise AssertionError("listed")

    order = ItemOrder(["a", "b"], np.array([0, 1]))
    assert order != Unlisted(["a"], np.array([0]))
    assert order == ["a", "b"]
