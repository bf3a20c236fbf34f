"""`$encord`: read with care, edited in one place, nothing lost."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import encord_widgets as ew
from encord_widgets.metadata.encord_block import (
    EncordBlock,
    Media,
    at_path,
    moved_keyframes,
    path_text,
    with_path,
)
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import ABSENT, same
from tests.metadata import strategies

SCHEMA = MetadataSchema.from_wire(
    {
        "weather": {"ty": "enum", "values": ["rain", "dry"]},
        "clip": {"ty": "embedding", "size": 2},
        "lux": {"ty": "variant", "hint": "number"},
    }
)
FULL = {
    "config": {"sampling_rate": 0, "keyframe_mode": "frame", "codec": "x"},
    "frames": {"240": {"weather": "dry"}, "0": {}, "120": {"weather": "rain", "clip": [0.1, -0.5]}},
    "later": {"a": 1},
}
paths = st.lists(st.sampled_from(["config", "frames", "0", "sampling_rate", "x"]), min_size=1, max_size=3)


def reasons(value, **more):
    return {problem.key: problem.reason for problem in EncordBlock(value).problems(SCHEMA, **more)}


def test_what_a_block_says():
    block = EncordBlock(FULL)
    assert (block.present, block.sampling_rate, block.keyframe_mode) == (True, 0, "frame")
    assert [frame.label for frame in block.frames] == ["0", "120", "240"]
    assert block.frames[0].keys == ()
    assert (block.frames[1].keys, block.frames[1].embeddings) == (("weather", "clip"), {"clip": 2})
    assert block.unknown == ("$encord.later", "$encord.config.codec")
    assert reasons(FULL) == {}


def test_what_is_not_said_is_encords_default():
    for value in (ABSENT, {}, {"config": {}}, {"frames": {}}):
        block = EncordBlock(value)
        assert (block.sampling_rate, block.keyframe_mode, block.frames) == (1, "frame", ())
        assert reasons(value) == {}
    assert not EncordBlock().present


@pytest.mark.parametrize(
    ("value", "key", "words"),
    [
        (None, "$encord", "an object"),
        ([1], "$encord", "an object"),
        ({"config": "x"}, "$encord.config", "an object"),
        ({"config": {"sampling_rate": "1"}}, "$encord.config.sampling_rate", "got '1'"),
        ({"config": {"sampling_rate": -0.5}}, "$encord.config.sampling_rate", "0 or more"),
        ({"config": {"sampling_rate": True}}, "$encord.config.sampling_rate", "a number"),
        ({"config": {"sampling_rate": None}}, "$encord.config.sampling_rate", "a number"),
        ({"config": {"keyframe_mode": "Frame"}}, "$encord.config.keyframe_mode", '"frame" or "seconds"'),
        ({"config": {"keyframe_mode": ["frame"]}}, "$encord.config.keyframe_mode", '"frame" or "seconds"'),
        ({"frames": [0, 120]}, "$encord.frames", "an object"),
        ({"frames": {"1.5": {}}}, '$encord.frames."1.5"', "a frame number"),
        ({"frames": {"-1": {}}}, "$encord.frames.-1", "a frame number"),
        ({"frames": {"": {}}}, '$encord.frames.""', "a frame number"),
        ({"frames": {"²": {}}}, "$encord.frames.²", "a frame number"),
        ({"frames": {"7": {}, "007": {}}}, "$encord.frames.007", "each frame once (7 is the same)"),
        ({"frames": {"0": None}}, "$encord.frames.0", "an object of metadata"),
        ({"frames": {"0": {"weather": "fog"}}}, "$encord.frames.0.weather", "one of rain, dry"),
        ({"frames": {"0": {"clip": [1]}}}, "$encord.frames.0.clip", "a list of 2 finite numbers"),
        ({"config": {"keyframe_mode": "seconds"}, "frames": {"soon": {}}}, "$encord.frames.soon", "seconds"),
        ({"config": {"keyframe_mode": "seconds"}, "frames": {"nan": {}}}, "$encord.frames.nan", "seconds"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(value, key, words):
    found = reasons(value)
    assert list(found) == [key]
    assert words in found[key]


def test_every_problem_is_found():
    value = {"config": {"sampling_rate": "a", "keyframe_mode": 3}, "frames": {"x": {"lux": "y"}, "1": []}}
    assert len(reasons(value)) == 5


def test_seconds_may_be_fractions():
    value = {"config": {"keyframe_mode": "seconds"}, "frames": {"10": {}, "2.5": {}}}
    assert reasons(value) == {}
    assert [frame.position for frame in EncordBlock(value).frames] == [2.5, 10]


def test_what_lies_behind_the_end_of_the_video():
    video = Media(frames=20, seconds=2.0, fps=10)
    assert reasons({"frames": {"19": {}}}, media=video) == {}
    assert "0 to 19" in reasons({"frames": {"20": {}}}, media=video)["$encord.frames.20"]
    late = {"config": {"keyframe_mode": "seconds"}, "frames": {"2.5": {}}}
    assert "0 to 2 seconds" in reasons(late, media=video)['$encord.frames."2.5"']


def test_an_edit_changes_one_place():
    block = EncordBlock(FULL).with_config(sampling_rate=2).with_frames({120: {"lux": 3}, 5: {}})
    assert block.value == {
        "config": {"sampling_rate": 2, "keyframe_mode": "frame", "codec": "x"},
        "frames": {
            "240": {"weather": "dry"},
            "0": {},
            "120": {"weather": "rain", "clip": [0.1, -0.5], "lux": 3},
            "5": {},
        },
        "later": {"a": 1},
    }
    assert FULL["config"]["sampling_rate"] == 0
    assert EncordBlock(FULL).with_config(keyframe_mode=ABSENT).value["config"] == {
        "sampling_rate": 0,
        "codec": "x",
    }
    assert list(EncordBlock(FULL).without_frame("120").value["frames"]) == ["240", "0"]
    assert EncordBlock({"frames": {"007": {"lux": 1}}}).with_frames([7]).value == {
        "frames": {"007": {"lux": 1}}
    }


def test_a_place_that_is_no_object_is_refused():
    with pytest.raises(ew.InvalidInputError, match="an object to put 'config' into, got 'text'"):
        EncordBlock("text").with_config(sampling_rate=1)
    with pytest.raises(ew.InvalidInputError, match=r"'\$encord.frames.0': expected an object of metadata"):
        EncordBlock({"frames": {"0": 5}}).with_frames([0])
    with pytest.raises(ew.InvalidInputError, match=r"'\$encord.frames': expected an object"):
        EncordBlock({"frames": [0]}).with_frames([1])
    with pytest.raises(ew.InvalidInputError, match="2 problems"):
        EncordBlock().with_frames({1: "fog", 2: 3})


@given(strategies.values | st.just(ABSENT))
def test_any_value_can_be_read(value):
    block = EncordBlock(value)
    problems = block.problems(SCHEMA, Media(10, 1.0, 10))
    assert all(frame.label in value["frames"] for frame in block.frames)
    assert all(problem.key.startswith("$encord") for problem in problems)
    assert bool(problems) or isinstance(value, dict) or value is ABSENT


@given(strategies.values, paths, strategies.values | st.just(ABSENT))
def test_with_path_puts_a_value_and_loses_nothing(value, path, fresh):
    path = tuple(path)
    before = at_path(value, path)
    try:
        after = with_path(value, path, fresh)
    except ew.InvalidInputError:
        holders = [at_path(value, path[:at]) for at in range(len(path))]
        assert any(not isinstance(one, dict) and one is not ABSENT for one in holders)
        return
    assert same(at_path(after, path), fresh)
    if before is not ABSENT:
        assert same(with_path(after, path, before), value)


def test_the_deprecated_list_moves_whole_or_not_at_all():
    moved = moved_keyframes([240, 0, "30", 60.0, 0], EncordBlock(FULL)).value
    assert moved["frames"] == {**FULL["frames"], "30": {}, "60": {}}
    assert moved["config"] == FULL["config"]
    with pytest.raises(ew.InvalidInputError) as caught:
        moved_keyframes([1, -1, "x", True, 1.5, None], EncordBlock())
    assert [problem.key for problem in caught.value.problems] == [f"keyframes.{at}" for at in range(1, 6)]
    with pytest.raises(ew.InvalidInputError, match="a list of frame numbers"):
        moved_keyframes({"1": {}}, EncordBlock())
    with pytest.raises(ew.InvalidInputError, match="seconds"):
        moved_keyframes([1], EncordBlock({"config": {"keyframe_mode": "seconds"}}))


def test_many_key_frames_are_quick():
    block = moved_keyframes(list(range(20_000)), EncordBlock())
    assert len(block.frames) == 20_000
    assert block.problems() == []


def test_a_path_is_spelled_for_people():
    assert path_text(("$encord", "frames", "2.5", "captured at")) == '$encord.frames."2.5"."captured at"'


def test_frame_numbers_of_a_column_with_missing_cells():
    numbers = pd.Series([0, 120, None]).dropna()
    assert list(EncordBlock().with_frames(numbers).value["frames"]) == ["0", "120"]
    seconds = EncordBlock().with_config(keyframe_mode="seconds").with_frames([1.0, 2.5])
    assert [frame.position for frame in seconds.frames] == [1.0, 2.5]


def test_what_is_no_position_is_refused_all_at_once():
    with pytest.raises(ew.InvalidInputError) as caught:
        EncordBlock(FULL).with_frames([float("nan"), -1, 1.5, "x", True, 7])
    assert [problem.key for problem in caught.value.problems] == [
        f"$encord.frames.{label}" for label in ("nan", "-1", '"1.5"', "x", "True")
    ]
    assert {problem.expected for problem in caught.value.problems} == {"a frame number, 0 or more"}
    with pytest.raises(ew.InvalidInputError, match="a list of frame numbers, got 5"):
        EncordBlock().with_frames(5)


def test_a_frame_under_an_odd_label_keeps_taking_values():
    held = EncordBlock({"frames": {"odd": {"weather": "rain"}}})
    assert held.with_frames({"odd": {"lux": 1}}).value == {"frames": {"odd": {"weather": "rain", "lux": 1}}}


def test_a_misspelt_setting_is_refused():
    with pytest.raises(ew.InvalidInputError, match="expected sampling_rate or keyframe_mode, got 'sampling'"):
        EncordBlock(FULL).with_config(sampling=0)
    assert EncordBlock(FULL).with_config(codec="y").value["config"]["codec"] == "y"
