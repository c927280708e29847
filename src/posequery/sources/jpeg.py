"""What a JPEG says of itself before it is decoded, and what its decoder says of it."""

import os
from typing import NamedTuple

import cv2
import numpy as np

_NOT_FRAMES = (0xC4, 0xC8, 0xCC)  # tables and a reserved marker among the frames' own, C0 to CF
_END = b"\xff\xd9"


class Header(NamedTuple):
    """The size of the stored pixels, and how EXIF says that they are to be shown."""

    width: int
    height: int
    orientation: int
    """EXIF's 1 to 8: 1 is as stored, 2 to 4 mirrored or upside down, 5 to 8 on its side."""
    complete: bool
    """Whether the picture's end is there; what follows it, as in a motion photo, is not looked at.
    A JPEG that is cut off decodes too, with the missing part grey."""


def header(data: bytes) -> Header | None:
    """The header of a JPEG; None for anything else, and for one that is cut off before its size."""
    if data[:2] != b"\xff\xd8":
        return None
    place, stated = 2, 1
    while (place := data.find(b"\xff", place)) >= 0 and place + 4 <= len(data):
        marker = data[place + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:  # padding, or without content
            place += 1 if marker == 0xFF else 2
            continue
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        content = data[place + 4 : end]
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            if len(content) < 5:
                return None
            height, width = (int.from_bytes(content[i : i + 2], "big") for i in (1, 3))
            return Header(width, height, stated, data.rfind(_END, end) >= 0)
        if marker in (0xD9, 0xDA):  # pixels or the end, before any size
            return None
        if marker == 0xE1 and content[:6] == b"Exif\0\0":
            stated = orientation(content[6:])
        place = max(end, place + 2)
    return None


def orientation(tiff: bytes) -> int:
    """The orientation (1 to 8) in EXIF data, after their name; 1, as stored, where none is whole.

    FFmpeg, too, takes broken EXIF data for none.
    """
    order = "little" if tiff[:2] == b"II" else "big"

    def number(start: int, size: int) -> int:
        return int.from_bytes(tiff[start : start + size], order)  # type: ignore[arg-type]

    first = number(4, 4)
    last = min(first + 2 + 12 * number(first, 2), len(tiff) - 9)  # ten bytes of an entry matter
    for entry in range(first + 2, last, 12):
        if number(entry, 2) == 0x0112:
            value = number(entry + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1


def decoded(data: bytes) -> tuple[np.ndarray | None, str]:
    """A JPEG's pixels as stored, BGR uint8 (h, w, 3), and what its decoder says is damaged.

    The decoder fills what is damaged and goes on. It says so on this process's stderr alone, where
    OpenCV hides it from Python. Other kinds of images are decoded as well, and nothing is said.
    """
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)
    stderr = os.dup(2)
    os.dup2(writing, 2)
    try:
        # Annotations refer to the pixels as stored, whatever orientation the camera recorded.
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(writing)
    with open(reading, "rb") as handle:
        said = (handle.read() or b"").decode(errors="replace")
    damaged = [line for line in said.splitlines() if line.startswith(("Corrupt", "Premature"))]
    return pixels, "; ".join(damaged)
