"""The file behind an item, made when it is asked for: always the same bytes for the same item."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from encord_widgets.local.dicom import dicom
from encord_widgets.local.refusal import RefusedError
from encord_widgets.local.scenes import Scene, draw
from encord_widgets.local.webm import webm

__all__ = ["Media", "make"]

_KEPT_BYTES = 32 * 1024 * 1024


def make(fields: Mapping[str, Any], scene: Scene) -> tuple[bytes, str]:
    """Content and media type of an item.

    Args:
        fields: The item as the API answers it.
        scene: What it shows.

    Raises:
        RefusedError: 404, items of this type have no file.
    """
    width, height = fields["width"] or 640, fields["height"] or 360
    match fields["itemType"]:
        case "image":
            mime = fields["mimeType"] or "image/jpeg"
            file = io.BytesIO()
            if mime == "image/png":
                draw(scene, width, height).save(file, "PNG")
            else:
                draw(scene, width, height).save(file, "JPEG", quality=82)
            return file.getvalue(), mime
        case "video":
            count, fps = fields["frameCount"] or 16, fields["fps"] or 10
            frames = [draw(scene, width, height, index / count) for index in range(count)]
            return webm(frames, fps), "video/webm"
        case "dicomFile":
            content = dicom(
                draw(scene, width, height),
                instance_uid=fields["dicomInstanceUid"] or "1.2.3",
                study_uid=fields["dicomStudyUid"] or "1.2",
                series_uid=fields["dicomSeriesUid"] or "1.2.1",
                date=fields["createdAt"][:10].replace("-", ""),
            )
            return content, "application/dicom"
        case "plainText":
            return _log(fields, scene).encode(), "text/plain; charset=utf-8"
    raise RefusedError(404, f"Items of type {fields['itemType']} have no file.")


def _log(fields: Mapping[str, Any], scene: Scene) -> str:
    lines = [
        f"Drive log {fields['name']}",
        f"recorded {fields['createdAt']}",
        f"weather  {scene.weather}, {scene.light}",
    ]
    lines += [
        f"{minute // 60:02}:{minute % 60:02}  waypoint {(scene.seed * 31 + minute * 17) % 997:03}"
        for minute in range(0, 180, 5)
    ]
    return "\n".join(lines) + "\n"


class Media:
    """Makes media and keeps the latest ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, fields: Mapping[str, Any], scene: str) -> tuple[bytes, str]:
        """Content and media type of an item; arguments as for `make`, the scene as text."""
        uuid: str = fields["uuid"]
        with self._lock:
            if uuid in self._kept:
                self._kept.move_to_end(uuid)
                return self._kept[uuid]
        made = make(fields, Scene.read(scene))
        with self._lock:
            if uuid not in self._kept:
                self._kept[uuid] = made
                self._bytes += len(made[0])
            while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
                _, (content, _) = self._kept.popitem(last=False)
                self._bytes -= len(content)
        return made
