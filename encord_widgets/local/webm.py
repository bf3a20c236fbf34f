"""A WebM file from still pictures: VP8 key frames as Pillow's lossy WebP makes them, in a minimal Matroska frame."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

from PIL import Image

__all__ = ["webm"]

_UNKNOWN_SAFE = 8  # bytes in a size field; the widest form is always allowed


def webm(frames: Sequence[Image.Image], fps: float) -> bytes:
    """A silent WebM video, every frame a key frame.

    Args:
        frames: RGB images of one size.
        fps: Frames per second.
    """
    width, height = frames[0].size
    milliseconds = 1000 / fps
    info = _element(
        0x1549A966,
        _number(0x2AD7B1, 1_000_000)  # time stamps count milliseconds
        + _float(0x4489, len(frames) * milliseconds)
        + _element(0x4D80, b"encord-widgets")
        + _element(0x5741, b"encord-widgets"),
    )
    video = _number(0xB0, width) + _number(0xBA, height)
    track = (
        _number(0xD7, 1)
        + _number(0x73C5, 1)
        + _number(0x83, 1)  # video
        + _number(0x9C, 0)  # no lacing
        + _element(0x86, b"V_VP8")
        + _number(0x23E383, round(milliseconds * 1_000_000))
        + _element(0xE0, video)
    )
    tracks = _element(0x1654AE6B, _element(0xAE, track))
    blocks = b"".join(
        _element(0xA3, b"\x81" + round(index * milliseconds).to_bytes(2, "big") + b"\x80" + _key_frame(frame))
        for index, frame in enumerate(frames)
    )
    cluster = _element(0x1F43B675, _number(0xE7, 0) + blocks)
    # The one cue says where the cluster starts: with it players can seek.
    cue_size = len(_cues(0))
    cues = _cues(len(info) + len(tracks) + cue_size)
    return _header() + _element(0x18538067, info + tracks + cues + cluster)


def _header() -> bytes:
    return _element(
        0x1A45DFA3,
        _number(0x4286, 1)
        + _number(0x42F7, 1)
        + _number(0x42F2, 4)
        + _number(0x42F3, 8)
        + _element(0x4282, b"webm")
        + _number(0x4287, 2)
        + _number(0x4285, 2),
    )


def _cues(position: int) -> bytes:
    place = _element(0xB7, _number(0xF7, 1) + _element(0xF1, position.to_bytes(4, "big")))
    return _element(0x1C53BB6B, _element(0xBB, _number(0xB3, 0) + place))


def _element(identifier: int, content: bytes) -> bytes:
    name = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    size = (len(content) | 1 << 7 * _UNKNOWN_SAFE).to_bytes(_UNKNOWN_SAFE, "big")
    return name + size + content


def _number(identifier: int, value: int) -> bytes:
    return _element(identifier, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _float(identifier: int, value: float) -> bytes:
    return _element(identifier, struct.pack(">d", value))


def _key_frame(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=62, method=1)
    content = file.getvalue()
    # RIFF header, then chunks of name, size and content; a lossy picture without alpha is the one chunk "VP8 ".
    position = 12
    while content[position : position + 4] != b"VP8 ":
        position += 8 + int.from_bytes(content[position + 4 : position + 8], "little") + 1 & ~1
    size = int.from_bytes(content[position + 4 : position + 8], "little")
    return content[position + 8 : position + 8 + size]
