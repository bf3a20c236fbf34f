"""Encord's own part of the metadata, `$encord`: configuration, key frames, values and embeddings of single frames.

```
"$encord": {"config": {"sampling_rate": 1, "keyframe_mode": "frame"},
            "frames": {"0": {}, "120": {"weather": "rain", "clip": [0.12, -0.5]}}}
```

Encord documents the names, not every shape. So nothing here is dropped or rewritten: what is not known stays as it is,
what is wrong is named with its path, and an edit changes one place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.given import several
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value, shown, to_json

__all__ = [
    "DEPRECATED",
    "KEY",
    "EncordBlock",
    "Frame",
    "Media",
    "Mode",
    "at_path",
    "is_vector",
    "moved_keyframes",
    "path_text",
    "with_path",
]

KEY: Final = "$encord"
DEPRECATED: Final = "keyframes"
"""Key that listed frames of interest before `$encord.frames`."""

Mode: TypeAlias = Literal["frame", "seconds"]
Path: TypeAlias = tuple[str, ...]
MODES: Final[tuple[Mode, ...]] = ("frame", "seconds")
_KNOWN: Final = ("config", "frames")
_KNOWN_CONFIG: Final = ("sampling_rate", "keyframe_mode")
_DEFAULT_RATE: Final = 1.0
_TWICE: Final = "each frame once"


@dataclass(frozen=True, slots=True)
class Media:
    """What is known of the video that a block belongs to.

    Args:
        frames: Number of frames.
        seconds: How long it is.
        fps: Frames per second.
    """

    frames: int | None = None
    seconds: float | None = None
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of `$encord.frames`.

    Args:
        label: Its key: a frame number, or seconds.
        position: The label as a number; None when it is none.
        values: Metadata of the frame, as it is stored.

    Example:
        >>> Frame("120", 120, {"weather": "rain", "clip": [0.1, 0.2]}).embeddings
        {'clip': 2}
    """

    label: str
    position: float | None
    values: Json = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of its metadata; none for a mere key frame."""
        return tuple(self.values) if isinstance(self.values, dict) else ()

    @property
    def embeddings(self) -> dict[str, int]:
        """Sizes of its embeddings by key: the values that are lists of numbers."""
        values = self.values if isinstance(self.values, dict) else {}
        return {
            key: len(value) for key, value in values.items() if isinstance(value, list) and is_vector(value)
        }


class EncordBlock:
    """The value of `$encord`, read with care. It is never changed; the `with_` methods make another one.

    Args:
        value: What the key holds; absent for an item that has none.

    Example:
        >>> import encord_widgets as ew
        >>> block = ew.EncordBlock({"frames": {"0": {}}, "later": 1}).with_frames({120: {"weather": "rain"}})
        >>> block.value
        {'frames': {'0': {}, '120': {'weather': 'rain'}}, 'later': 1}
        >>> block.with_config(sampling_rate=-1).problems()[0].reason
        'expected a number of samples per second, 0 or more, got -1.'
    """

    def __init__(self, value: Value = ABSENT) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"EncordBlock({shown(self.value)})"

    @property
    def present(self) -> bool:
        """Whether the item has the key at all."""
        return not isinstance(self.value, Absent)

    @property
    def sampling_rate(self) -> float:
        """Frames that Index takes per second of video; 1 where it is not said, 0 for the first and key frames only."""
        found = self._config.get("sampling_rate")
        return float(found) if isinstance(found, (int, float)) and _rate(found) else _DEFAULT_RATE

    @property
    def keyframe_mode(self) -> Mode:
        """What the labels of frames are; `frame` where it is not said."""
        found = self._config.get("keyframe_mode")
        return "seconds" if found == "seconds" else "frame"

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames listed, in the order of their positions; labels that are no position come last."""
        found = [Frame(label, self._position(label), values) for label, values in self._frames.items()]
        return tuple(sorted(found, key=lambda one: (one.position is None, one.position or 0.0)))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Paths of what this version does not know; it travels through every edit unchanged."""
        top = self.value if isinstance(self.value, dict) else {}
        found: list[Path] = [(KEY, name) for name in top if name not in _KNOWN]
        found += [(KEY, "config", name) for name in self._config if name not in _KNOWN_CONFIG]
        return tuple(map(path_text, found))

    def problems(self, schema: MetadataSchema | None = None, media: Media | None = None) -> list[Problem]:
        """What is wrong with it, each with its path in `key`.

        Args:
            schema: Types that the values of frames must fit.
            media: The video; frames beyond its end are problems.
        """
        if not self.present:
            return []
        if not isinstance(self.value, dict):
            return [_problem((KEY,), "an object", self.value)]
        return [*self._config_problems(), *self._frame_problems(schema or MetadataSchema(), media or Media())]

    def with_config(self, **settings: object) -> EncordBlock:
        """A block with other settings; all others stay.

        Args:
            settings: `sampling_rate` and `keyframe_mode`; `ABSENT` removes one, so that Encord's default counts.

        Raises:
            InvalidInputError: If there is no such setting, a value is no JSON, or there is no place for it.
        """
        problems = [
            Problem("sampling_rate or keyframe_mode", shown(name))
            for name in settings
            if name not in _KNOWN_CONFIG and name not in self._config
        ]
        if problems:
            raise InvalidInputError(problems)
        value = self.value
        for name, setting in settings.items():
            value = with_path(value, ("config", name), _json(setting))
        return EncordBlock(value)

    def with_frames(self, frames: Iterable[object] | Mapping[object, object]) -> EncordBlock:
        """A block with more frames: key frames by position, or values by position. What frames hold already stays.

        Args:
            frames: Frame numbers (or seconds), or a mapping from them to metadata of the frame, which is merged.

        Raises:
            InvalidInputError: If one is no position, a value is no JSON object, or there is no place for it.

        Example:
            >>> EncordBlock().with_frames([0, 120]).value
            {'frames': {'0': {}, '120': {}}}
        """
        given: Iterable[tuple[object, object]]
        if isinstance(frames, Mapping):
            given = frames.items()
        else:
            given = ((one, {}) for one in several(frames, "frame numbers"))
        held = at_path(self.value, ("frames",))
        if not isinstance(held, (dict, Absent)):
            raise InvalidInputError([_problem((KEY, "frames"), "an object", held)])
        listed: dict[str, Json] = dict(held) if isinstance(held, dict) else {}
        labels = {frame.position: frame.label for frame in self.frames if frame.position is not None}
        problems = []
        for position, values in given:
            fresh, label = to_json(values), self._label(position)
            at = self._position(label)
            if at is None and label not in listed:
                problems.append(_problem((KEY, "frames", label), self._expected_position, label))
                continue
            if at is not None:  # listed under another spelling of the same number, it is that frame
                label = labels.setdefault(at, label)
            old = listed.get(label, {})
            if isinstance(fresh, dict) and isinstance(old, dict):
                listed[label] = {**old, **fresh}
            else:
                wrong = old if isinstance(fresh, dict) else fresh
                problems.append(_problem((KEY, "frames", label), "an object of metadata", wrong))
        if problems:
            raise InvalidInputError(problems)
        return EncordBlock(with_path(self.value, ("frames",), listed))

    def without_frame(self, label: str) -> EncordBlock:
        """A block without a frame and its values.

        Args:
            label: Its key in `frames`.
        """
        return EncordBlock(with_path(self.value, ("frames", label), ABSENT))

    @property
    def _config(self) -> dict[str, Json]:
        return _part(self.value, "config")

    @property
    def _frames(self) -> dict[str, Json]:
        return _part(self.value, "frames")

    @property
    def _expected_position(self) -> str:
        return "a frame number, 0 or more" if self.keyframe_mode == "frame" else "seconds, 0 or more"

    def _label(self, position: object) -> str:
        """The label of a position; a column of a table with missing cells holds frame numbers as floats."""
        whole = self.keyframe_mode == "frame" and isinstance(position, float) and position.is_integer()
        return str(int(cast("float", position)) if whole else position)

    def _position(self, label: str) -> float | None:
        try:
            found = float(label) if label.isascii() and not label.startswith(("+", "-")) else math.nan
        except ValueError:
            return None
        if not math.isfinite(found) or "_" in label or label.strip() != label:
            return None
        return None if self.keyframe_mode == "frame" and not label.isdigit() else found

    def _config_problems(self) -> Iterator[Problem]:
        config = at_path(self.value, ("config",))
        if isinstance(config, Absent):
            return
        if not isinstance(config, dict):
            yield _problem((KEY, "config"), "an object", config)
            return
        rate, mode = config.get("sampling_rate", ABSENT), config.get("keyframe_mode", ABSENT)
        if not isinstance(rate, Absent) and not _rate(rate):
            yield _problem(
                (KEY, "config", "sampling_rate"), "a number of samples per second, 0 or more", rate
            )
        if not isinstance(mode, Absent) and mode not in MODES:
            yield _problem((KEY, "config", "keyframe_mode"), '"frame" or "seconds"', mode)

    def _frame_problems(self, schema: MetadataSchema, media: Media) -> Iterator[Problem]:
        frames = at_path(self.value, ("frames",))
        if isinstance(frames, Absent):
            return
        if not isinstance(frames, dict):
            yield _problem((KEY, "frames"), "an object with one entry for each frame", frames)
            return
        seen: dict[float, str] = {}
        for frame in self.frames:
            yield from self._label_problems(frame, seen, media)
            yield from _value_problems(frame, schema)

    def _label_problems(self, frame: Frame, seen: dict[float, str], media: Media) -> Iterator[Problem]:
        place = (KEY, "frames", frame.label)
        if frame.position is None:
            yield _problem(place, self._expected_position, frame.label)
            return
        if frame.position in seen:
            yield _problem(place, f"{_TWICE} ({seen[frame.position]} is the same)", frame.label)
        seen.setdefault(frame.position, frame.label)
        if self.keyframe_mode == "frame" and media.frames is not None and frame.position >= media.frames:
            yield _problem(place, f"a frame of the video, 0 to {media.frames - 1}", frame.label)
        if self.keyframe_mode == "seconds" and media.seconds is not None and frame.position > media.seconds:
            yield _problem(place, f"a moment of the video, 0 to {media.seconds:g} seconds", frame.label)


def at_path(value: Value, path: Path) -> Value:
    """What a nested value holds at a path; absent where nothing is there.

    Args:
        value: A JSON value, or absent.
        path: Keys of objects, from the outside; numbers as text for lists.

    Example:
        >>> at_path({"frames": {"0": [5, 6]}}, ("frames", "0", "1"))
        6
    """
    for step in path:
        if isinstance(value, dict):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return ABSENT
    return value


def with_path(value: Value, path: Path, fresh: Value) -> Value:
    """A copy of nested objects with one place changed; everything else stays, in its order.

    Args:
        value: An object, or absent.
        path: Keys, from the outside; objects that are missing on the way are made.
        fresh: What to put there; absent removes the key.

    Raises:
        InvalidInputError: If something on the way is no object.

    Example:
        >>> with_path({"a": {"b": 1, "c": 2}}, ("a", "b"), ABSENT)
        {'a': {'c': 2}}
    """
    if not path:
        return fresh
    if not isinstance(value, (dict, Absent)):
        raise InvalidInputError([Problem(expected=f"an object to put {path[0]!r} into", got=shown(value))])
    held: dict[str, Json] = {} if isinstance(value, Absent) else dict(value)
    inner = with_path(held.get(path[0], ABSENT), path[1:], fresh)
    if isinstance(inner, Absent):
        held.pop(path[0], None)
        return value if isinstance(value, Absent) else held
    held[path[0]] = inner
    return held


def moved_keyframes(old: Value, block: EncordBlock) -> EncordBlock:
    """The block with the frames of the deprecated `keyframes` key in it; what it lists already stays as it is.

    Args:
        old: What `keyframes` holds: a list of frame numbers.
        block: The block so far.

    Raises:
        InvalidInputError: If the list cannot be read whole, or the block counts in seconds; nothing is guessed.

    Example:
        >>> moved_keyframes([0, 120], EncordBlock({"frames": {"0": {"weather": "rain"}}})).value
        {'frames': {'0': {'weather': 'rain'}, '120': {}}}
    """
    if block.keyframe_mode == "seconds":
        hint = "Add them as seconds by hand, or set keyframe_mode to frame first."
        raise InvalidInputError([Problem('keyframe_mode "frame"', '"seconds"', key=DEPRECATED, hint=hint)])
    if not isinstance(old, list):
        raise InvalidInputError([_problem((DEPRECATED,), "a list of frame numbers", old)])
    numbers = [_frame_number(one) for one in old]
    wrong = [
        _problem((DEPRECATED, str(place)), "a frame number, 0 or more", one)
        for place, (one, number) in enumerate(zip(old, numbers, strict=True))
        if number is None
    ]
    if wrong:
        raise InvalidInputError(wrong)
    return block.with_frames(sorted({one for one in numbers if one is not None}))


def path_text(path: Path) -> str:
    """A path as people write it.

    Args:
        path: Keys from the outside.

    Example:
        >>> path_text(("$encord", "frames", "120", "captured at"))
        '$encord.frames.120."captured at"'
    """
    return ".".join(f'"{one}"' if not one or set(one) & set(' ."') else one for one in path)


def _part(value: Value, name: str) -> dict[str, Json]:
    found = at_path(value, (name,))
    return found if isinstance(found, dict) else {}


def _value_problems(frame: Frame, schema: MetadataSchema) -> Iterator[Problem]:
    place = (KEY, "frames", frame.label)
    if not isinstance(frame.values, dict):
        yield _problem(place, "an object of metadata", frame.values)
        return
    for key, value in frame.values.items():
        misfit = schema.misfit(key, value)
        if misfit:
            yield Problem(misfit.expected, misfit.got, key=path_text((*place, key)), hint=misfit.hint)


def _problem(path: Path, expected: str, value: Value) -> Problem:
    return Problem(expected=expected, got=shown(value), key=path_text(path))


def _rate(value: Value) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= 0
    )


def is_vector(value: list[Json]) -> bool:
    """Whether a list can be an embedding: numbers only, and several.

    Args:
        value: A list.
    """
    return len(value) > 1 and all(
        isinstance(one, (int, float)) and not isinstance(one, bool) for one in value
    )


def _frame_number(value: Json) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return int(value) if value >= 0 and value == int(value) else None


def _json(value: object) -> Value:
    return value if isinstance(value, Absent) else to_json(value)
