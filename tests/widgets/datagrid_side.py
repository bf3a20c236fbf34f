"""The browser side of a paged grid: what ipydatagrid sends, and what it holds."""

from __future__ import annotations

from encord_widgets.widgets._datagrid import STATE


def at(grid, key):
    return [column.name for column in grid._page.columns].index(key)


def typed(grid, item, key, value, of=None):
    """What ipydatagrid's browser side sends when an editor is left."""
    grid_widget = of or grid._grid
    content = {
        "event_type": "cell-changed",
        "region": "body",
        "row": grid._page.uuids.index(item),
        "column_index": at(grid, key),
        "value": value,
    }
    grid_widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def shown(grid, item, key):
    """Text of a cell and the marks of its row, as the browser holds them."""
    frame = grid._grid._data["data"]
    row = grid._page.uuids.index(item)
    marks = [part for part in frame[STATE][row].split(",") if part]
    mine = {
        part[len(str(at(grid, key))) :]
        for part in marks
        if part.rstrip("abcdefghijklmnopqrstuvwxyz") == str(at(grid, key))
    }
    return frame[grid._labels[at(grid, key)]][row], mine


def message(grid):
    return grid._controls.message.value


def click(grid, name):
    grid._controls.buttons[name].click()


def item_with(items, key, test):
    return next(uuid for uuid in items.uuids if test(items.value(uuid, key)))
