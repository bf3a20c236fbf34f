"""The metadata of the sample data: believable, with the faults that real metadata has."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from encord_widgets.local.scenes import LIGHTS, Scene

__all__ = ["SCHEMA", "MetadataMaker"]

EMBEDDING_SIZE = 8

SCHEMA: dict[str, dict[str, Any]] = {
    "weather": {"ty": "enum", "values": ["clear", "cloudy", "fog", "rain", "snow"]},
    "time_of_day": {"ty": "enum", "values": ["dawn", "day", "dusk", "night"]},
    "lux": {"ty": "variant", "hint": "number"},
    "captured at": {"ty": "variant", "hint": "datetime"},
    "reviewed": {"ty": "variant", "hint": "boolean"},
    "camera": {"ty": "variant", "hint": "varchar"},
    "notes": {"ty": "variant", "hint": "text"},
    "where": {"ty": "geospatial"},
    "clip": {"ty": "embedding", "size": EMBEDDING_SIZE, "api": None},
    "asset id": {"ty": "variant", "hint": "uuid"},
    "vehicles": {"ty": "number", "format": "F64"},
    "district": {"ty": "varchar", "max_length": 64},
    "speed_kmh": {"ty": "variant", "hint": "number"},
    "legacy score": {"ty": "tombstone", "deleted_ty": {"ty": "variant", "hint": "number"}},
}

_LUX = {"day": (2_000, 60_000), "night": (1, 40), "dusk": (30, 600), "dawn": (30, 700)}
_CAMERAS = ("front-wide", "front-tele", "left", "right", "rear")
_DISTRICTS = (
    "Grünerløkka",
    "Shoreditch",
    "Kreuzberg",
    "Le Marais",
    "São João",
    "渋谷区",
    "Harbour",
    "Old Town",
)
_OPENINGS = (
    "Parked van hides the crossing", "Cyclist turns left without a sign", "Tram stop is crowded",
    "Lens flare in the upper third", "Roadworks narrow the lane", "Pedestrian waits at the kerb",
    "Wet road reflects the traffic light", "School bus stands at the right", "Delivery robot on the pavement",
    "Motion blur after the speed bump",
)  # fmt: skip
_MIDDLES = (
    "the signal is visible in all frames and nothing covers it", "the label of the second car was drawn too wide",
    "compare with the drive of the week before, same place and hour", "two reviewers disagreed about the lane type",
    "the wiper crosses the picture every third frame", "number plates are blurred, faces are not in sight",
)  # fmt: skip
_ENDINGS = (
    "Keep for the night split.", "Ask the drivers about the route.", "Good example for the guideline.",
    "Check again when the new ontology is there.", "No action needed.", "Do not use for training before review.",
)  # fmt: skip
_SPECIAL_NOTES = (
    "<b>Check the label</b> of the van & the <i>trailer</i> first",
    "Ünïcödé: 雨の日, дождь, مطر, 🌧️",
    'Quoted "text", a \\ backslash,\na second line and a\ttab',
    "",
)


class MetadataMaker:
    """Makes metadata for one item after the other.

    Args:
        chance: Everything follows from it.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._notes = [
            f"{chance.choice(_OPENINGS)}; {chance.choice(_MIDDLES)}. {chance.choice(_MIDDLES).capitalize()}, and"
            f" {chance.choice(_MIDDLES)}. {chance.choice(_ENDINGS)}"
            for _ in range(400)
        ]
        self._start = datetime(2025, 2, 3, 6, 0, tzinfo=UTC)

    def scene(self) -> Scene:
        """What the next item shows."""
        share = self._chance.random()
        weather = (
            "clear" if share < 0.42 else  # noqa: PLR2004
            "cloudy" if share < 0.66 else  # noqa: PLR2004
            "rain" if share < 0.82 else  # noqa: PLR2004
            "fog" if share < 0.92 else "snow"  # noqa: PLR2004
        )  # fmt: skip
        light = self._chance.choice(LIGHTS)
        return Scene(weather, light, self._chance.getrandbits(20))

    def full(self, index: int, scene: Scene) -> dict[str, Any]:
        """Metadata with a right value under every key."""
        chance = self._chance
        draw = chance.random
        low, high = _LUX[scene.light]
        taken = self._start + timedelta(seconds=index * 37 + int(draw() * 30))
        return {
            "weather": scene.weather,
            "time_of_day": scene.light,
            "lux": round(low + (high - low) * draw(), 1),
            "captured at": taken.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "reviewed": draw() < 0.4,  # noqa: PLR2004
            "camera": _CAMERAS[int(draw() * len(_CAMERAS))],
            "district": _DISTRICTS[int(draw() * len(_DISTRICTS))],
            "vehicles": int(draw() * 14),
            "speed_kmh": round(draw() * 70, 1),
            "where": {"latitude": round(59.9 + draw() * 0.2, 6), "longitude": round(10.6 + draw() * 0.3, 6)},
            "asset id": _uuid(chance),
            "clip": [round(draw() * 2 - 1, 4) for _ in range(EMBEDDING_SIZE)],
            "notes": self._notes[int(draw() * len(self._notes))],
            "source.file": f"s3://drives/2025/{index // 1000:04}/{index:08}.bin",
            "pipeline": {
                "version": "4.2.1",
                "steps": ["decode", "rectify", "anonymise"],
                "checksum": f"{chance.getrandbits(128):032x}",
            },
        }

    def faulty(self, index: int, scene: Scene) -> dict[str, Any]:
        """Metadata as one finds it: gaps, nulls, wrong types, values outside the schema."""
        metadata = self.full(index, scene)
        chance = self._chance
        share = chance.random()
        # Gaps: which keys are missing goes by the bits of one number.
        bits = chance.getrandbits(30)
        for place, key in enumerate(("weather", "time_of_day", "lux", "reviewed", "notes", "district")):
            if bits >> place * 3 & 7 == 0:
                del metadata[key]
        if bits >> 18 & 3 == 0:
            del metadata["clip"]
        if bits >> 20 & 15 == 0:
            metadata["camera"] = None
        if bits >> 24 & 15 == 0 and "reviewed" in metadata:
            metadata["reviewed"] = None
        if share < 0.16:  # noqa: PLR2004
            _FAULTS[int(share * 100)](metadata, index)
        if index % 6 == 0:
            metadata["batch"] = _BATCHES[index // 6 % len(_BATCHES)]
        if index % 40 == 11:  # noqa: PLR2004
            metadata["notes"] = _SPECIAL_NOTES[index // 40 % len(_SPECIAL_NOTES)]
        return metadata

    def opening(self, index: int, scene: Scene) -> dict[str, Any]:
        """Metadata of the first rows: the same few things are always found there, for tutorials."""
        metadata = self.full(index, scene)
        match index:
            case 1:
                del metadata["weather"], metadata["lux"]
                metadata["reviewed"] = False
            case 2:
                metadata["lux"] = "100"
                metadata["batch"] = 7
            case 3:
                metadata["reviewed"] = None
                metadata["weather"] = "drizzle"
                metadata["batch"] = "B-7"
            case 4:
                metadata["notes"] = _SPECIAL_NOTES[0]
                del metadata["time_of_day"]
                metadata["legacy score"] = 0.75
            case 5:
                metadata["notes"] = _SPECIAL_NOTES[1]
                metadata["captured at"] = metadata["captured at"][:10]
            case 6:
                metadata = {}
        return metadata

    def frames(self, count: int) -> dict[str, Any]:
        """A `$encord` entry with configuration and values of single frames of a video."""
        chance = self._chance
        picked = sorted(chance.sample(range(count), min(3, count)))
        frames: dict[str, Any] = {str(frame): {} for frame in picked}
        frames[str(picked[-1])] = {
            "weather": chance.choice(("rain", "clear")),
            "clip": [round(chance.uniform(-1, 1), 4) for _ in range(EMBEDDING_SIZE)],
        }
        return {"config": {"sampling_rate": 1, "keyframe_mode": "frame"}, "frames": frames}


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _wrong_lux(metadata: dict[str, Any], index: int) -> None:
    metadata["lux"] = str(index % 900)


def _wrong_weather(metadata: dict[str, Any], index: int) -> None:
    metadata["weather"] = ("drizzle", "Rain", "sunny")[index % 3]


def _wrong_date(metadata: dict[str, Any], _index: int) -> None:
    metadata["captured at"] = "24/02/2025"


def _wrong_boolean(metadata: dict[str, Any], index: int) -> None:
    metadata["reviewed"] = ("yes", 1)[index % 2]


def _wrong_vector(metadata: dict[str, Any], _index: int) -> None:
    metadata["clip"] = [0.5, -0.25]


def _wrong_place(metadata: dict[str, Any], _index: int) -> None:
    metadata["where"] = {"latitude": 96.4, "longitude": 10.7}


def _no_number(metadata: dict[str, Any], _index: int) -> None:
    metadata["vehicles"] = None


def _old_key(metadata: dict[str, Any], index: int) -> None:
    metadata["legacy score"] = index % 100 / 100


def _bare(metadata: dict[str, Any], _index: int) -> None:
    metadata.clear()


_FAULTS = (
    _wrong_lux, _wrong_lux, _wrong_weather, _wrong_weather, _wrong_date, _wrong_boolean, _wrong_vector, _wrong_place,
    _no_number, _no_number, _old_key, _old_key, _old_key, _wrong_date, _bare, _wrong_boolean,
)  # fmt: skip
_BATCHES: tuple[Any, ...] = (7, "B-7", 7.0, True, None, ["a", 1], {"run": 3}, 2**60, "")
