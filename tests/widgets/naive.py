"""What a grid must show, read cell by cell."""

from __future__ import annotations

from encord_widgets.widgets.cells import encode
from tests.widgets.browser import wire


def edit(item, key, before, text=None, action="text"):
    return {"item": item, "key": key, "before": before, "action": action, "text": text or ""}


def naive_rows(items, columns, uuids):
    """What a window must hold, read cell by cell."""
    rows = []
    for uuid in uuids:
        cells, states = [], {}
        for at, column in enumerate(columns):
            kind, _, name = column["id"].partition(":")
            if kind == "field":
                cells.append(encode(items.table.field(name).value(items.table.row_of(uuid))))
                continue
            change = items.changes.get(uuid, name)
            value = items.value(uuid, name)
            cells.append(encode(value))
            misfit = items.schema.misfit(name, value)
            if change or misfit:
                states[str(at)] = {"state": "invalid" if misfit else "staged"}
            if change:
                states[str(at)]["before"] = encode(change.base)
            if misfit:
                states[str(at)]["note"] = misfit.reason
        rows.append({"u": uuid, "c": cells} | ({"s": states} if states else {}))
    return wire(rows)
