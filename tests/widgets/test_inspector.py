"""The inspector: follows the focus, shows every value as it is, edits one place and loses nothing."""

from __future__ import annotations

import json
import re

import pytest

import encord_widgets as ew
from encord_widgets.metadata.items import ItemBatch
from encord_widgets.metadata.values import same
from tests.widgets.browser import Browser
from tests.widgets.test_life import interface, source, synced


def of_type(items, item_type, at=0):
    column = items.table.field("item_type")
    return [uuid for row, uuid in enumerate(items.table.uuids) if column.value(row) == item_type][at]


@pytest.fixture
def video(items):
    """A video with key frames."""
    found = of_type(items, "video")
    assert items.value(found, "$encord")["frames"]
    return found


@pytest.fixture
def inspector(items):
    with ew.ItemInspector(items) as widget:
        yield widget


@pytest.fixture
def page(inspector):
    return Browser(inspector)


def row_of(page, key):
    return next(row for row in page.state["metadata"] if row["key"] == key)


def edit(page, key, text="", action="text", **more):
    before = row_of(page, key)["cell"] if any(row["key"] == key for row in page.state["metadata"]) else 0
    params = {
        "item": page.state["view"]["item"],
        "key": key,
        "action": action,
        "text": text,
        "before": before,
    }
    return {**params, **more}


# -- which item ------------------------------------------------------------------------------------------------


def test_it_begins_with_the_first_item_and_steps_through_the_view(items, inspector, page):
    assert inspector.item == items.uuids[0]
    assert (page.state["view"]["position"], page.state["view"]["total"]) == (0, 60)
    page.ask("step", back=False)
    assert inspector.item == items.uuids[1] == items.focus
    page.ask("step", back=True)
    page.ask("step", back=True)
    assert inspector.item == items.uuids[0]
    inspector.show(items.uuids[-1])
    page.ask("step", back=False)
    assert inspector.item == items.uuids[-1]
    assert (
        repr(inspector) == f"<ItemInspector: {items.table.name(items.uuids[-1])} of Street scenes: 60 items>"
    )


@pytest.mark.parametrize("engine", ["native", "ipydatagrid"])
def test_it_follows_the_selection_of_every_grid(items, inspector, page, engine):
    with ew.ItemGrid(items, engine=engine) as grid, ew.ItemInspector(items) as other:
        grid.selection = [items.uuids[4]]
        page.until(lambda: page.state["view"]["item"] == items.uuids[4])
        assert other.item == items.uuids[4]
        page.ask("follow", on=False)
        grid.selection = [items.uuids[5]]
        assert (inspector.item, other.item) == (items.uuids[4], items.uuids[5])
        page.ask("follow", on=True)
        assert inspector.item == items.uuids[5]


def test_an_item_is_shown_by_name(items, video):
    with ew.ItemInspector(items, item=video.upper(), follow=False) as inspector:
        assert inspector.item == video
        items.focus = items.uuids[0]
        assert inspector.item == video
        inspector.show(items.uuids[2])
        assert items.focus == items.uuids[2] == inspector.item


@pytest.mark.parametrize("wrong", [None, "street_000001.jpg", "8ad58157-ca74-4ae4-8f37-a0193430bcac", 3])
def test_what_is_no_item_of_the_set_is_refused(inspector, wrong):
    with pytest.raises(ew.InvalidInputError, match="an item of this set"):
        inspector.show(wrong)


def test_a_request_about_an_item_that_is_not_shown_any_more_is_refused(items, inspector, page):
    late = edit(page, "weather", "fog")
    inspector.show(items.uuids[3])
    assert page.refused("edit", late)["code"] == "stale"
    assert not items.changes


def test_a_filter_leaves_the_item_in_place(items, inspector, page):
    inspector.show(items.uuids[3])
    items.filter = f'item.name = "{items.table.name(items.uuids[0])}"'
    page.until(lambda: page.state["view"]["position"] is None)
    assert inspector.item == items.uuids[3]
    page.ask("step", back=False)
    assert inspector.item == items.uuids[0]


def test_an_item_that_tells_nothing_of_itself_is_shown(client):
    items = client.items([]).wait()
    uuid = "00000001-0000-4000-8000-000000000001"
    with items.lock:
        items._loader.listing.add(
            items.table.append(ItemBatch([uuid], {}, [{"weather": "fog"}])), from_end=False
        )
    with ew.ItemInspector(items) as inspector:
        page = Browser(inspector)
        assert (page.state["view"]["name"], page.state["view"]["kind"]) == (uuid, "none")
        assert "without a type" in page.state["view"]["note"]
        assert row_of(page, "weather")["cell"] == "fog"


def test_an_empty_set_shows_nothing(client):
    with ew.ItemInspector(client.items([])) as inspector:
        page = Browser(inspector)
        assert page.state["view"]["item"] is None
        assert page.refused("step", back=False)["code"] == "stale"
        assert inspector._static_html()


# -- metadata --------------------------------------------------------------------------------------------------


def test_every_value_is_shown_with_its_type(items, inspector, page):
    inspector.show(items.uuids[2])
    keys = [row["key"] for row in page.state["metadata"]]
    assert set(keys) == set(items.table.metadata(2))
    lux = row_of(page, "lux")
    assert (lux["cell"], lux["held"], lux["type"], lux["state"]) == ("100", "text", "number", "invalid")
    assert "expected a number" in lux["note"]
    where = row_of(page, "where")
    assert (where["nested"], where["count"], where["type"]) == (True, 2, "geospatial")
    found = page.ask("branches", item=inspector.item, path=["where"], start=0)
    assert [one["key"] for one in found["branches"]] == ["latitude", "longitude"]


def test_the_tree_reaches_every_value(items, inspector, page, video):
    inspector.show(video)

    def gathered(path):
        found = page.ask("branches", item=video, path=path, start=0)
        assert found["more"] == 0
        return {
            one["key"]: gathered([*path, one["key"]])
            if one["nested"]
            else json.loads(page.ask("value", item=video, path=[*path, one["key"]])["json"])
            for one in found["branches"]
        }

    def plain(value):
        if isinstance(value, list):
            value = {str(at): one for at, one in enumerate(value)}
        return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value

    assert gathered(["$encord"]) == plain(items.value(video, "$encord"))


def test_a_long_list_comes_in_part(items, inspector, page):
    items.stage({inspector.item: {"numbers": list(range(5000))}})
    found = page.ask("branches", item=inspector.item, path=["numbers"], start=0)
    assert (len(found["branches"]), found["more"]) == (300, 4700)
    found = page.ask("branches", item=inspector.item, path=["numbers"], start=4900)
    assert ([one["key"] for one in found["branches"]][-1], found["more"]) == ("4999", 0)
    assert row_of(page, "numbers")["norm"] == pytest.approx(sum(n * n for n in range(5000)) ** 0.5)
    assert len(json.dumps(page.state["metadata"])) < 10_000


def test_edits_take_the_same_path_as_those_of_the_grid(items, inspector, page):
    item = inspector.item
    page.ask("edit", edit(page, "weather", "fog"))
    assert items.changes.get(item, "weather").after == "fog"
    row = row_of(page, "weather")
    assert (row["cell"], row["state"], row["before"]) == ("fog", "staged", [items.stored(item, "weather")])
    page.ask("edit", edit(page, "notes", action="unset"))
    page.ask("edit", edit(page, "reviewed", action="null"))
    page.ask("edit", edit(page, "fresh", "[1, 2]", action="json"))
    assert [items.value(item, key) for key in ("notes", "reviewed", "fresh")] == [ew.ABSENT, None, [1, 2]]
    assert page.state["view"]["staged"] == 4
    page.ask("undo")
    assert items.value(item, "fresh") is ew.ABSENT
    page.ask("redo")
    assert items.value(item, "fresh") == [1, 2]


def test_what_does_not_fit_is_refused_with_the_reason(items, inspector, page):
    assert "a number" in page.refused("edit", edit(page, "lux", "abc"))["message"]
    assert "one of clear" in page.refused("edit", edit(page, "weather", "drizzle"))["message"]
    assert "JSON" in page.refused("edit", edit(page, "where", "{", action="json"))["message"]
    assert "changed meanwhile" in page.refused("edit", edit(page, "lux", "1", before="old"))["message"]
    assert "place by place" in page.refused("edit", edit(page, "$encord", "{}", action="json"))["message"]
    for key in ("", "  ", "$other"):
        assert "does not begin with $" in page.refused("edit", edit(page, key, "x"))["message"]
    assert page.refused("edit", edit(page, "lux", "1", action="burn"))["code"] == "bad_request"
    assert not items.changes


def test_a_verified_value_says_so(items, inspector, page):
    page.ask("edit", edit(page, "weather", "fog"))
    assert items.commit()
    page.until(lambda: page.state["view"]["staged"] == 0 and row_of(page, "weather")["state"] == "")
    assert items.client.read([inspector.item]).metadata[0]["weather"] == "fog"


# -- $encord ---------------------------------------------------------------------------------------------------


def test_a_videos_frames_and_settings_are_shown(items, inspector, page, video):
    inspector.show(video)
    block, stored = page.state["encord"], items.value(video, "$encord")
    assert [frame["label"] for frame in block["frames"]] == sorted(stored["frames"], key=int)
    assert (block["mode"], block["sampling_rate"], block["problems"]) == ("frame", ["n", "1"], [])
    last = block["frames"][-1]
    assert last["embeddings"] == [["clip", 8]]
    assert last["seconds"] == pytest.approx(int(last["label"]) / page.state["view"]["fps"])
    page.ask("open_label", item=video, label=last["label"])
    assert {row["key"] for row in page.state["encord"]["open"]["rows"]} == {"weather", "clip"}
    inspector.show(of_type(items, "image"))
    assert page.state["encord"] is None


def test_one_place_changes_and_everything_else_stays(items, inspector, page, video):
    strange = {**items.value(video, "$encord"), "later": {"a": [1.0, 2**60]}}
    items.stage({video: {"$encord": strange}})
    inspector.show(video)
    page.ask("set_config", item=video, name="sampling_rate", text=" 0 ")
    page.ask("set_config", item=video, name="keyframe_mode", text="")
    page.ask("add_frame", item=video, label="3")
    assert page.state["encord"]["unknown"] == ["$encord.later"]
    config = {"sampling_rate": 0}
    wanted = {**strange, "config": config, "frames": {**strange["frames"], "3": {}}}
    assert same(items.value(video, "$encord"), wanted)
    common = {"item": video, "label": "3", "before": 0}
    page.ask("edit_frame", **common, key="weather", action="text", text="fog")
    page.ask("edit_frame", **common, key="lux", action="text", text="12.5")
    assert items.value(video, "$encord")["frames"]["3"] == {"weather": "fog", "lux": 12.5}
    page.ask("edit_frame", item=video, label="3", before="fog", key="weather", action="unset", text="")
    assert items.value(video, "$encord")["frames"]["3"] == {"lux": 12.5}
    page.ask("remove_frame", item=video, label="3")
    assert same(items.value(video, "$encord"), {**strange, "config": config})
    assert items.commit()
    assert same(items.client.read([video]).metadata[0]["$encord"], {**strange, "config": config})


def test_a_video_without_a_block_gets_one_with_its_first_frame(items, inspector, page):
    videos = [uuid for at in range(6) for uuid in [of_type(items, "video", at)]]
    bare = next(uuid for uuid in videos if items.value(uuid, "$encord") is ew.ABSENT)
    inspector.show(bare)
    assert (page.state["encord"]["present"], page.state["encord"]["frames"]) == (False, [])
    page.ask("add_frame", item=bare, label="2")
    assert items.value(bare, "$encord") == {"frames": {"2": {}}}
    page.ask("undo")
    page.ask("set_config", item=bare, name="keyframe_mode", text="seconds")
    page.ask("add_frame", item=bare, label="0.5")
    assert items.value(bare, "$encord") == {"config": {"keyframe_mode": "seconds"}, "frames": {"0.5": {}}}
    assert page.state["encord"]["frames"][0]["seconds"] == 0.5
    assert "a frame number" in page.refused("set_config", item=bare, name="keyframe_mode", text="")["message"]
    assert "moment of the video" in page.refused("add_frame", item=bare, label="99")["message"]


def test_many_frames_are_listed_bit_by_bit(items, inspector, page, video):
    items.stage({video: {"$encord": ew.EncordBlock().with_frames(range(1000)).value}})
    inspector.show(video)
    assert (len(page.state["encord"]["frames"]), page.state["encord"]["more"]) == (300, 700)
    page.ask("more_frames")
    assert (len(page.state["encord"]["frames"]), page.state["encord"]["more"]) == (600, 400)
    assert "0 to 15" in page.state["encord"]["problems"][0]["reason"]


def test_an_edit_brings_nothing_wrong_into_the_block(items, inspector, page, video):
    inspector.show(video)
    frames = page.state["view"]["frames"]
    common = {"item": video, "label": page.state["encord"]["frames"][0]["label"], "before": 0}

    def reason(method, **params):
        return page.refused(method, {"item": video, **params})["message"]

    assert "0 or more" in reason("set_config", name="sampling_rate", text="-1")
    assert "a number" in reason("set_config", name="sampling_rate", text="often")
    assert '"frame" or "seconds"' in reason("set_config", name="keyframe_mode", text="hours")
    assert f"0 to {frames - 1}" in reason("add_frame", label=str(frames))
    assert "a frame number" in reason("add_frame", label="1.5")
    assert "listed already" in reason("add_frame", label=common["label"])
    assert "Type the frame" in reason("add_frame", label=" ")
    assert "one of" in reason("edit_frame", **{**common, "key": "weather", "action": "text", "text": "hail"})
    clip = {**common, "key": "clip", "action": "json", "text": "[1]"}
    assert "a list of 8" in reason("edit_frame", **clip)
    assert "$encord.frames" in reason("edit_frame", **clip)
    assert "changed meanwhile" in reason(
        "edit_frame", **{**common, "before": "x", "key": "lux", "action": "null", "text": ""}
    )
    assert "not listed" in reason(
        "edit_frame", **{**common, "label": "7777", "key": "lux", "action": "null", "text": ""}
    )
    assert not items.changes


def test_what_is_wrong_already_can_be_mended_bit_by_bit(items, inspector, page, video):
    items.stage({video: {"$encord": {"config": {"sampling_rate": "1"}, "frames": {"x": {}, "2": 5}}}})
    inspector.show(video)
    paths = [problem["path"] for problem in page.state["encord"]["problems"]]
    assert paths == ["$encord.config.sampling_rate", "$encord.frames.2", "$encord.frames.x"]
    page.ask("set_config", item=video, name="sampling_rate", text="1")
    page.ask("remove_frame", item=video, label="x")
    page.ask("remove_frame", item=video, label="2")
    assert page.state["encord"]["problems"] == []
    assert items.value(video, "$encord") == {"config": {"sampling_rate": 1}, "frames": {}}


def test_the_deprecated_key_moves_in_one_step(items, inspector, page, video):
    before = items.value(video, "$encord")
    items.stage({video: {"keyframes": [1, 2]}})
    assert items.commit()
    inspector.show(video)
    old = page.state["encord"]["deprecated"]
    assert "$encord.frames replaces it" in old["text"]
    assert old["reason"] == ""
    page.ask("move_keyframes", item=video)
    assert items.value(video, "keyframes") is ew.ABSENT
    assert set(items.value(video, "$encord")["frames"]) == {*before["frames"], "1", "2"}
    assert page.state["encord"]["deprecated"] is None
    items.undo()
    assert (items.value(video, "keyframes"), items.value(video, "$encord")) == ([1, 2], before)
    page.ask("move_keyframes", item=video)
    assert items.commit()
    assert "keyframes" not in items.client.read([video]).metadata[0]


def test_a_deprecated_key_that_cannot_be_read_stays(items, inspector, page, video):
    items.stage({video: {"keyframes": [1, "soon"]}})
    inspector.show(video)
    assert "keyframes.1" in page.state["encord"]["deprecated"]["reason"]
    assert "frame number" in page.refused("move_keyframes", item=video)["message"]
    assert items.value(video, "keyframes") == [1, "soon"]


# -- the two sides ---------------------------------------------------------------------------------------------


def test_the_traits_are_described_and_those_that_the_front_end_listens_to():
    text = source("inspector")
    (listed,) = re.findall(r'mount\(props, "inspector", \[(.*?)\]', text)
    assert set(re.findall(r'"(\w+)"', listed)) == set(synced(ew.ItemInspector))
    for name, trait in synced(ew.ItemInspector).items():
        assert trait.help, name


def test_the_requests_of_the_front_end_are_those_that_are_answered(inspector):
    found = re.findall(r'\.(?:request|ask|about)(?:<[^()]*>)?\(\s*"(\w+)"', source("inspector"))
    assert {*found, "thumbnails"} - {"dismiss_error"} == set(inspector._handlers())


def test_the_state_has_the_shape_that_the_front_end_reads(items, inspector, page, video):
    items.stage({video: {"keyframes": [1]}})
    inspector.show(video)
    page.ask("open_label", item=video, label=page.state["encord"]["frames"][-1]["label"])
    block = page.state["encord"]
    assert set(page.state["view"]) == interface("inspector", "InspectorView")
    assert set(block) == interface("inspector", "Block")
    assert set(block["frames"][0]) == interface("inspector", "KeyFrame")
    assert set(block["deprecated"]) == interface("inspector", "Deprecated")
    branch = page.ask("branches", item=video, path=["$encord"], start=0)["branches"][0]
    assert set(branch) == interface("inspector", "Branch")
    for row in (page.state["metadata"][0], block["open"]["rows"][0]):
        assert set(row) == {*interface("inspector", "Branch"), "state", "note", "before"}
    assert set(block["open"]) == {*interface("inspector", "KeyFrame"), "rows", "addable"}
    assert set(page.state["view"]["addable"][0]) == interface("inspector", "Addable")
    group = of_type(items, "imageGroup")
    inspector.show(group)
    page.ask("open_frames", group=group)
    assert set(page.state["group"]) == interface("inspector", "Group")
    assert set(page.state["group"]["frames"][0]) == interface("inspector", "GroupFrame")


def test_it_is_made_strictly_and_let_go_of(items):
    with pytest.raises(TypeError, match="Did you mean 'follow'"):
        ew.ItemInspector(items, folow=True)
    with pytest.raises(ew.InvalidInputError, match="expected an ItemSet"):
        ew.ItemInspector(None)
    before = len(items.events.focus)
    inspector = ew.ItemInspector(items)
    inspector.show(of_type(items, "imageGroup"))
    frames = inspector.frames
    assert len(frames.events.changes) == 1
    inspector.close()
    inspector.close()
    assert (len(items.events.focus), len(frames.events.changes)) == (before, 0)


def test_a_workbench_opens_one(items):
    with ew.Workbench(items) as bench:
        switch = bench._switches["inspector"]
        assert switch.description == "Show inspector"
        switch.value = True
        assert bench.children.index(bench.inspector) == bench.children.index(bench.grid) + 1
        assert switch.description == "Hide inspector"
        inspector = bench.inspector
    assert inspector._closed
