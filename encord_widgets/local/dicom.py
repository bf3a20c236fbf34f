"""A minimal DICOM file: one grey picture, explicit little endian."""

from __future__ import annotations

import struct

from PIL import Image

__all__ = ["dicom"]

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_LONG = ("OB", "OW", "SQ", "UN", "UT")


def dicom(image: Image.Image, *, instance_uid: str, study_uid: str, series_uid: str, date: str) -> bytes:
    """The file.

    Args:
        image: Converted to 8-bit grey.
        instance_uid: Of this file.
        study_uid: Of its study.
        series_uid: Of its series.
        date: `YYYYMMDD`.
    """
    grey = image.convert("L")
    meta = b"".join(
        (
            _tag(0x0002, 0x0001, "OB", b"\x00\x01"),
            _text(0x0002, 0x0002, "UI", _SECONDARY_CAPTURE),
            _text(0x0002, 0x0003, "UI", instance_uid),
            _text(0x0002, 0x0010, "UI", _EXPLICIT_LITTLE_ENDIAN),
            _text(0x0002, 0x0012, "UI", "1.2.826.0.1.3680043.10.1"),
        )
    )
    data = b"".join(
        (
            _text(0x0008, 0x0016, "UI", _SECONDARY_CAPTURE),
            _text(0x0008, 0x0018, "UI", instance_uid),
            _text(0x0008, 0x0020, "DA", date),
            _text(0x0008, 0x0060, "CS", "OT"),
            _text(0x0010, 0x0010, "PN", "Sample^Vehicle"),
            _text(0x0010, 0x0020, "LO", "SAMPLE"),
            _text(0x0020, 0x000D, "UI", study_uid),
            _text(0x0020, 0x000E, "UI", series_uid),
            _text(0x0020, 0x0013, "IS", "1"),
            _short(0x0028, 0x0002, 1),
            _text(0x0028, 0x0004, "CS", "MONOCHROME2"),
            _short(0x0028, 0x0010, grey.height),
            _short(0x0028, 0x0011, grey.width),
            _short(0x0028, 0x0100, 8),
            _short(0x0028, 0x0101, 8),
            _short(0x0028, 0x0102, 7),
            _short(0x0028, 0x0103, 0),
            _tag(0x7FE0, 0x0010, "OW", grey.tobytes()),
        )
    )
    length = _tag(0x0002, 0x0000, "UL", struct.pack("<I", len(meta)))
    return bytes(128) + b"DICM" + length + meta + data


def _tag(group: int, element: int, kind: str, value: bytes) -> bytes:
    if len(value) % 2:
        value += b"\x00"
    size = struct.pack("<HI", 0, len(value)) if kind in _LONG else struct.pack("<H", len(value))
    return struct.pack("<HH", group, element) + kind.encode() + size + value


def _text(group: int, element: int, kind: str, value: str) -> bytes:
    padding = b"\x00" if kind == "UI" else b" "
    return _tag(group, element, kind, value.encode() + padding * (len(value) % 2))


def _short(group: int, element: int, value: int) -> bytes:
    return _tag(group, element, "US", struct.pack("<H", value))
