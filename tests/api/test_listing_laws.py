"""Laws of the listing, over folders of any shape and history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from .changing_folder import Folder, entry, listed, uuids_of


@st.composite
def histories(draw: st.DrawFn) -> Folder:
    """Folders of any size and with many ties, and up to six changes at any moment."""
    count = draw(st.integers(0, 60))
    names = st.text("ab", max_size=2) if draw(st.booleans()) else st.integers(0, 9999).map("{:04}".format)
    items = [entry(draw(names), number) for number in range(count)]
    folder = Folder(
        items,
        page_size=draw(st.integers(1, 9)),
        by_key=draw(st.booleans()),
        ties=draw(st.sampled_from(["mirrored", "same", "random"])),
        ignores_desc=draw(st.booleans()),
        summary_off_by=draw(st.sampled_from([0, 0, 0, 1, -1, 7])),
    )
    if folder.by_key:
        folder.ties = "mirrored"  # a key that does not order is a server that loses items by itself
    slow = draw(st.sampled_from([None, False, True]))
    folder.delay = lambda descending: 0.002 if descending is slow else 0
    return folder


@given(histories())
def test_a_folder_at_rest_is_listed_whole(folder: Folder) -> None:
    found = listed(folder)
    assert found.uuids == set(uuids_of(folder))
    assert found.gone == []
    assert found.report.items == len(folder.items) == (found.totals[-1] if found.totals else 0)
    if found.report.ended == "met" or not folder.pages[True]:
        # By name; items of one name have no order of their own where the server mirrors none.
        names = {i["uuid"]: i["name"] for i in folder.items}
        assert [names[uuid] for uuid in found.order] == sorted(names.values())


@given(
    histories(),
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from("ard"), st.integers(0, 99)), max_size=6),
)
def test_a_folder_that_changes(folder: Folder, changes: list[tuple[int, str, int]]) -> None:
    """With keyed paging one ascending cursor sees whatever neither came nor went nor moved; two must see no less."""
    folder.by_key, folder.ties = True, "mirrored"
    touched: set[str] = set()
    ever = {i["uuid"] for i in folder.items}

    def change(folder: Folder, request: int) -> None:
        for when, what, which in changes:
            if when != request:
                continue
            if what == "a":
                folder.items.append(entry(f"{which:02}", 1000 + len(ever)))
                touched.add(folder.items[-1]["uuid"])
            elif folder.items:
                item = folder.items[which % len(folder.items)]
                touched.add(item["uuid"])
                if what == "r":
                    item["name"] = f"{(which * 37) % 100:02}"
                else:
                    folder.items.remove(item)
            ever.update(touched)

    folder.before = change
    found = listed(folder)
    now = set(uuids_of(folder))
    assert now - touched <= found.uuids, "an item that nobody touched is missing"
    assert found.uuids <= ever
    assert set(found.gone).isdisjoint(now)
    if found.report.ended == "met":
        assert len(found.uuids) == found.report.items
