"""The sample data: a folder of street scenes with all kinds of items, and a few folders around it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from encord_widgets.local.database import timestamp
from encord_widgets.local.records import NewItem
from encord_widgets.local.sample_values import SCHEMA, MetadataMaker
from encord_widgets.local.scenes import Scene
from encord_widgets.local.store import Store

__all__ = ["sample"]

_FIRST_ROWS = 7
_SCHEDULE = 50  # after so many items the kinds repeat
_FRAMES = 5
_DICOM_ROOT = "1.2.826.0.1.3680043.10.543"
_START = datetime(2025, 3, 1, 8, 30, tzinfo=UTC)


def sample(store: Store, *, items: int = 500, seed: int = 7) -> None:
    """Fill an empty store.

    The folder "Street scenes" holds `items` items; "Harbour" and "Calibration" below it and "Parking garage" beside it
    hold a few more. The frames of image groups and the files of DICOM series are items too, but in no listing. The
    dataset "First review" links to every fifth item.

    Args:
        store: Without any folder.
        items: Number of items listed in "Street scenes".
        seed: The same number gives the same data, down to the uuids.

    Example:
        >>> store = Store()
        >>> sample(store, items=30)
        >>> [(folder.name, count) for folder, count in store.list_folders()]
        [('Street scenes', 30), ('Harbour', 12), ('Calibration', 3), ('Parking garage', 18)]
        >>> store.close()
    """
    builder = _Builder(seed)
    database = store.database
    with database.write():
        streets = builder.folder(store, "Street scenes", "Drives through five cities, 2025")
        harbour = builder.folder(store, "Harbour", "Loading area, fixed cameras", parent=streets)
        calibration = builder.folder(store, "Calibration", "Targets and test shots", parent=streets)
        garage = builder.folder(store, "Parking garage", "Low light, ceilings, ramps")
        store.set_schema(SCHEMA, actor="sample")
        # Sorting once at the end is several times faster than keeping the indexes up to date.
        database.drop_item_indexes()
        store.add_items(streets, builder.items("street", items))
        store.add_items(harbour, builder.items("harbour", 12))
        store.add_items(calibration, builder.items("target", 3))
        store.add_items(garage, builder.items("garage", 18))
        database.index_items()
        review = store.datasets.create(
            "First review",
            description="Every fifth item",
            uuid=builder.uuid(),
            created=timestamp(_START),
            actor="sample",
            request="sample",
        )
        store.datasets.fill(review.uuid, builder.uuid)


class _Builder:
    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (sample data, no secret)
        self._maker = MetadataMaker(self._chance)

    def uuid(self) -> str:
        text = f"{self._chance.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"

    def folder(self, store: Store, name: str, description: str, *, parent: str | None = None) -> str:
        return store.add_folder(
            name,
            parent=parent,
            description=description,
            uuid=self.uuid(),
            created=timestamp(_START),
            actor="sample",
            metadata={"team": "Perception", "retention_days": 365} if parent is None else None,
        )

    def items(self, prefix: str, count: int) -> Iterator[NewItem]:
        name = ""
        for index in range(count):
            place = index % _SCHEDULE
            scene = self._maker.scene()
            metadata_of = self._maker.opening if index < _FIRST_ROWS else self._maker.faulty
            metadata = metadata_of(index, scene)
            # The times of creation are another order than the names.
            created = timestamp(
                _START + timedelta(seconds=index * 7919 % (count + 1) * 3, microseconds=index % 10**6)
            )
            common: dict[str, Any] = {
                "uuid": self.uuid(), "metadata": metadata, "created": created, "scene": scene.text,
                "data_units": int(index % 5 == 0),
            }  # fmt: skip
            stem = f"{prefix}_{index + 1:06}"
            if place % 10 == 7:  # noqa: PLR2004
                yield self._video(stem, common, index)
            elif place == 13 and (index < 1000 or index % 500 == 13):  # noqa: PLR2004
                yield self._group(stem, common, scene)
            elif place == 31:  # noqa: PLR2004
                yield self._dicom(stem, common)
            elif place == 43:  # noqa: PLR2004
                yield NewItem(
                    name=f"{stem}_log.txt", item_type="plainText", mime_type="text/plain", size=860, **common
                )
            else:
                png = place % 8 == 4  # noqa: PLR2004
                # Names are no keys: some images have the name of the image before.
                if not (place == 25 and name):  # noqa: PLR2004
                    name = f"{stem}.png" if png else f"{stem}.jpg"
                yield self._image(name, common)

    def _image(self, name: str, common: dict[str, Any]) -> NewItem:
        png = name.endswith(".png")
        return NewItem(
            name=name, item_type="image", mime_type="image/png" if png else "image/jpeg", width=640, height=360,
            size=(30_000 if png else 18_000) + self._chance.getrandbits(12), **common,
        )  # fmt: skip

    def _video(self, stem: str, common: dict[str, Any], index: int) -> NewItem:
        frames = (12, 16, 20)[index % 3]
        if index % 4 != 1:
            common["metadata"] = {**common["metadata"], "$encord": self._maker.frames(frames)}
        return NewItem(
            name=f"{stem}.webm", item_type="video", mime_type="video/webm", width=320, height=180,
            duration=frames / 10, fps=10.0, frame_count=frames, size=90_000 + self._chance.getrandbits(14), **common,
        )  # fmt: skip

    def _group(self, stem: str, common: dict[str, Any], scene: Scene) -> NewItem:
        frames = tuple(
            self._image(
                f"{stem}_frame_{number}.jpg",
                {
                    "uuid": self.uuid(),
                    "metadata": {"weather": scene.weather, "reviewed": False} if number % 2 else {},
                    "created": common["created"],
                    "scene": Scene(scene.weather, scene.light, scene.seed + number).text,
                },
            )
            for number in range(1, _FRAMES + 1)
        )
        return NewItem(
            name=f"{stem}_group", item_type="imageGroup", frame_count=_FRAMES, width=640, height=360,
            frames=frames, size=sum(frame.size or 0 for frame in frames), **common,
        )  # fmt: skip

    def _dicom(self, stem: str, common: dict[str, Any]) -> NewItem:
        study = f"{_DICOM_ROOT}.{self._chance.getrandbits(40)}"
        uids: dict[str, Any] = {"dicom_study_uid": study, "dicom_series_uid": f"{study}.1"}
        files = tuple(
            NewItem(
                name=f"{stem}_scan_{number}.dcm", item_type="dicomFile", mime_type="application/dicom",
                uuid=self.uuid(), metadata={}, created=common["created"], scene=common["scene"],
                width=320, height=240, size=77_500, dicom_instance_uid=f"{study}.1.{number}", **uids,
            )
            for number in (1, 2)
        )  # fmt: skip
        return NewItem(
            name=f"{stem}_scan", item_type="dicomSeries", frame_count=2, width=320, height=240,
            size=155_000, frames=files, **uids, **common,
        )  # fmt: skip
