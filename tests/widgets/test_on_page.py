"""Opening and closing are the same for every widget, whatever it is made of."""

from __future__ import annotations

import pytest

import encord_widgets as ew
from encord_widgets.widgets._life import OnPage
from encord_widgets.widgets.native_grid import NativeGrid
from encord_widgets.widgets.paged_grid import PagedGrid

KINDS = {
    ew.CommitPanel: "CommitPanel",
    ew.DiffPreview: "DiffPreview",
    ew.Workbench: "Workbench",
    NativeGrid: "ItemGrid",
    PagedGrid: "ItemGrid",
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_made_half_way_has_a_repr_and_closes(kind):
    half = kind.__new__(kind)
    assert repr(half) == f"<{KINDS[kind]}>"
    half.close()
    half.close()


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_is_made_of_is_let_go_of_once(kind, items, monkeypatch):
    heard = []
    with kind(items) as widget:
        assert isinstance(widget, OnPage)
        assert repr(widget) == f"<{KINDS[kind]}: Street scenes: 60 items>"
        let_go = widget._let_go
        monkeypatch.setattr(widget, "_let_go", lambda: heard.append(1) or let_go())
    widget.close()
    assert heard == [1]
    assert widget.comm is None
    assert widget.__dict__.get("_connected", []) == []


def test_a_summary_gives_the_first_page_a_moment():
    with ew.demo(items=30, latency_ms=20) as client:
        folder = client.folders("Street scenes")[0]
        grid = ew.ItemGrid(client.folder(folder))
        data, _ = grid._repr_mimebundle_()
        assert "street_000001.jpg" in data["text/html"]
