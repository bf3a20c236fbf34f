"""Tables joined to an item set: looked at, refused by name, staged as one step, committed to the right items."""

from __future__ import annotations

import pandas as pd
import pytest

import encord_widgets as ew
from encord_widgets.errors import InvalidInputError


@pytest.fixture
def client():
    with ew.demo(items=40) as client:
        yield client


@pytest.fixture
def items(client):
    return client.folder(client.folders("Street scenes")[0]).wait()


@pytest.fixture
def names(items):
    return [items.table.name(uuid) for uuid in items.uuids]


def test_a_table_by_name_reaches_the_right_items_on_the_server(client, items, names):
    table = pd.DataFrame({"name": names[::-1], "batch": [f"B-{i}" for i in range(len(names))]})
    with pytest.raises(InvalidInputError, match="got 2"):  # the sample has two items of one name
        items.stage(table, on="name")
    assert not items.changes
    table = table.drop_duplicates("name")
    items.join(table, ambiguous="all").stage()
    assert items.commit()
    live = client.read(items.uuids)
    by_name = {row.name: row.batch for row in table.itertuples()}
    held = dict(zip(live.uuids, live.metadata, strict=True))
    assert [held[uuid]["batch"] for uuid in items.uuids] == [by_name[name] for name in names]


def test_one_undo_takes_the_whole_join_back(items, names):
    items.stage({items.uuids[0]: {"note": "mine"}})
    items.join(pd.DataFrame({"name": names[:9], "note": "theirs", "batch": "B"})).stage()
    assert len(items.changes) == 18
    items.undo()
    assert [(c.item, c.after) for c in items.changes] == [(items.uuids[0], "mine")]


def test_staged_values_count_as_held(items, names):
    items.stage({items.uuids[0]: {"note": "mine"}})
    join = items.join(pd.DataFrame({"name": names[:2], "note": "x"}), policy="fill")
    assert join.found.columns[0].kept == 1
    join.stage()
    items.join(pd.DataFrame({"name": names[:1], "note": "over"})).stage()
    assert [(c.base, c.after) for c in items.changes if c.item == items.uuids[0]] == [(ew.ABSENT, "over")]
    items.undo()
    assert items.value(items.uuids[0], "note") == "mine"
    assert items.value(items.uuids[1], "note") == "x"


def test_what_is_in_the_way_is_refused_by_name_and_nothing_is_staged(items, names):
    table = pd.DataFrame(
        {"name": [names[0], names[0], names[1], names[2], "gone.png"], "lux": ["1", "2", "bright", "3", "4"]}
    )
    join = items.join(table)
    assert join.duplicates == [(names[0], [0, 1])]
    assert join.unmatched == [4]
    assert [(p.item, p.key) for p in join.problems] == [(items.uuids[1], "lux")]
    with pytest.raises(InvalidInputError) as caught:
        join.stage()
    text = str(caught.value)
    for words in (names[0], "2 rows: 0, 1", "'bright'", 'duplicates="first"', 'problems="skip"'):
        assert words in text
    assert not items.changes
    items.join(table, duplicates="last", problems="skip").stage()
    assert {c.item: c.after for c in items.changes} == {items.uuids[0]: 2, items.uuids[2]: 3}


def test_two_items_of_one_name_are_told(items):
    first, second = items.uuids[:2]
    items.stage({first: {"session": "S"}, second: {"session": "S"}})
    table = pd.DataFrame({"session": ["S"], "camera": ["front"]})
    join = items.join(table, on="session")
    assert join.ambiguous == [("S", [first, second])]
    with pytest.raises(InvalidInputError, match='ambiguous="all"'):
        join.stage()
    items.join(table, on="session", ambiguous="all").stage()
    assert items.value(second, "camera") == "front"
    assert items.join(table, on="session", ambiguous="skip").counts.matched == 0


def test_a_preview_of_other_values_is_not_staged(items, names):
    join = items.join(pd.DataFrame({"name": names[:2], "note": "x"}), policy="append")
    items.stage({items.uuids[5]: {"note": "elsewhere"}})
    items.stage({items.uuids[0]: {"other key": 1}})
    join.stage()  # what was looked at still stands
    items.undo()
    items.stage({items.uuids[0]: {"note": "y"}})
    with pytest.raises(InvalidInputError, match="Join again"):
        join.stage()
    assert items.value(items.uuids[0], "note") == "y"


def test_a_join_as_a_table_lists_every_row_and_every_cell(items, names):
    table = pd.DataFrame(
        {"name": [*names[:3], names[0], "gone.png", None], "lux": ["9999.5", "x", None, "1", "2", "3"]},
        index=list("pqrstu"),
    )
    frame = items.join(table).to_frame()
    assert frame.status.value_counts().to_dict() == {
        "problem": 1, "unmatched": 2, "duplicate": 2, "without row": len(names) - 3,
    }  # fmt: skip
    assert frame[frame.status == "problem"][["row", "on", "name", "key", "after"]].to_numpy().tolist() == [
        ["q", names[1], names[1], "lux", "x"]
    ]
    assert set(frame[frame.status == "duplicate"].row) == {"p", "s"}


def test_counts_come_first_and_untrusted_text_stays_text(items, names):
    table = pd.DataFrame({"name": [names[0], "<img src=x>\x1b[2J"], "batch": ["B", "B"], "width": [1, 2]})
    join = items.join(table)
    assert join.text.splitlines()[0] == (
        f"2 rows for 1 item; 1 cell would change on 1 item; 1 row without an item; "
        f"{len(names) - 1} items without a row"
    )
    assert "Left out, as item fields: width" in join.text
    assert "\x1b" not in join.text
    html = join._repr_html_()
    assert "<img" not in html
    assert "&lt;img" in html
    assert repr(join).startswith("<JoinPreview: 2 rows for 1 item;")


def test_a_join_that_finds_nothing_says_by_what_it_looked(items):
    assert (
        "no row matches by file = name"
        in items.join(pd.DataFrame({"file": [1], "lux": [1]}), on={"file": "name"}).text
    )


def test_a_policy_alone_joins_by_uuid(items):
    first, second = items.uuids[:2]
    items.stage({first: {"note": "a"}})
    items.stage(pd.DataFrame({"note": ["x", "y"]}, index=[first, second]), policy="fill")
    assert (items.value(first, "note"), items.value(second, "note")) == ("a", "y")
    with pytest.raises(InvalidInputError, match="merge"):
        items.stage(pd.DataFrame({"note": ["x"]}, index=[first]), "overwrite", policy="fill")


def test_a_table_by_title_replaces_the_script_of_the_documentation(client, items, names):
    """The documented script keeps a dictionary by title, walks all rows and saves one by one."""
    metadata = {
        names[0]: {"group-id": "A", "layout-group": "A"},
        names[1]: {"group-id": "B", "layout-group": "A"},
    }
    items.stage(pd.DataFrame.from_dict(metadata, orient="index").rename_axis("name"), on="name")
    assert items.commit()
    held = client.read(items.uuids[:2])
    by_uuid = dict(zip(held.uuids, held.metadata, strict=True))
    for uuid, name in zip(items.uuids, names, strict=False):
        if name in metadata:
            assert by_uuid[uuid].items() >= metadata[name].items()


def test_a_table_of_which_no_row_is_of_an_item_is_not_staged_in_silence(items):
    table = pd.DataFrame({"file": ["nobody.jpg", "nothing.jpg"], "batch": ["B-9", "B-9"]})
    with pytest.raises(
        ew.InvalidInputError, match="no row matches by file = name; look at how both are spelled"
    ):
        items.stage(table, on={"file": "name"})
    assert not items.stage(table.iloc[:0], on={"file": "name"})
