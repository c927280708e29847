"""How the pixels that a video stores become the frame that a player shows.

A frame is shown upright, of square pixels: its stored pixels are stretched by their aspect ratio,
mirrored and turned as the file states. The student, the teachers, films and labels all see it so.
"""

import math
import os
import threading
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from posequery.jobs import bounds
from posequery.jobs.files import BadInput

STRETCH = 10
"""Largest ratio of a pixel's sides, either way: anamorphic film has 2."""

_UPRIGHT = "Re-encode it upright, of square pixels (ffmpeg -i IN -vf scale=iw*sar:ih OUT.mp4)"
_SIGNS: dict[tuple[int, ...], tuple[int, bool]] = {
    (1, 0, 0, 1): (0, False),
    (0, -1, 1, 0): (1, False),
    (-1, 0, 0, -1): (2, False),
    (0, 1, -1, 0): (3, False),
    (-1, 0, 0, 1): (0, True),
    (0, 1, 1, 0): (1, True),
    (1, 0, 0, -1): (2, True),
    (0, -1, -1, 0): (3, True),
}
"""Turns, and whether mirrored, by the signs of a display matrix's a, b, c, d: the stored (x, y) is
shown at (a x + c y, b x + d y), with y pointing down (ISO/IEC 14496-12, 8.3.2)."""
_ORIENTATIONS = {
    1: (0, False),
    2: (0, True),
    3: (2, False),
    4: (2, True),
    5: (1, True),
    6: (3, False),
    7: (3, True),
    8: (1, False),
}
"""The same by the EXIF orientation."""


@dataclass(frozen=True)
class Geometry:
    """How a video is shown: its stored frame is stretched, then mirrored, then turned."""

    width: int
    """Pixels of the frame as shown: upright, with square pixels."""
    height: int
    """Pixels of the frame as shown."""
    stored: tuple[int, int] = field(kw_only=True)
    """Width and height in pixels as stored in the file."""
    turns: int = field(default=0, kw_only=True)
    """Quarter turns counter-clockwise that make the (mirrored) stored frame upright: 0 to 3."""
    mirrored: bool = field(default=False, kw_only=True)
    """Whether the stored frame is mirrored left to right, before it is turned."""

    def upright(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels (h, w, 3) in the stored order, of any size, mirrored and turned as shown."""
        mirrored = pixels[:, ::-1] if self.mirrored else pixels
        return np.ascontiguousarray(np.rot90(mirrored, self.turns) if self.turns else mirrored)


def geometry(
    path: str | os.PathLike[str],
    stored: tuple[int, int],
    aspect: Fraction | None,
    turns: int,
    mirrored: bool,
) -> Geometry:
    """How frames of `stored` width and height, and pixels of `aspect`, are shown.

    As in ffplay, the height is kept, the width becomes that of square pixels, rounded, and what the
    container states of them counts before what the frames do (PyAV gives one aspect of both). An
    aspect that is not stated (None or 0) is 1. Raises `BadInput` for what is beyond all bounds.
    """
    aspect = aspect or Fraction(1)
    if not Fraction(1, STRETCH) <= aspect <= STRETCH:
        fault = f"states pixels {float(aspect):.3g} times as wide as high"
        raise BadInput(path, fault, _UPRIGHT)
    width, height = max(1, round(stored[0] * aspect)), stored[1]
    if max(width, stored[0]) * height > bounds.IMAGE_PIXELS:
        fault = f"has frames of {width} x {height} pixels, more than {bounds.IMAGE_PIXELS:,}"
        raise BadInput(path, fault, "Make it smaller (ffmpeg -i IN -vf scale=1920:-2 OUT.mp4)")
    if turns % 2:
        width, height = height, width
    return Geometry(width, height, stored=stored, turns=turns, mirrored=mirrored)


def placed(path: str | os.PathLike[str], frame: VideoFrame, exif: int) -> tuple[int, bool]:
    """The turns of a frame, and whether it is mirrored, as its display matrix states.

    exif: the orientation that a JPEG states of itself, which counts where PyAV can't read the
    matrix made of it. Raises `BadInput` for a matrix other than the eight of whole quarter turns.
    """
    try:
        sides: Any = frame.side_data  # which PyAV types as motion vectors alone
        data = bytes(sides["DISPLAYMATRIX"])
    except KeyError:
        return 0, False
    except ValueError:  # PyAV lists no side data where it does not know one of the kinds, as EXIF
        if frame.rotation and exif == 1:
            fault = "has a display rotation beside data that cannot be read"
            raise BadInput(path, fault, _UPRIGHT) from None
        return _ORIENTATIONS[exif]
    a, b, u, c, d, v, *_ = np.frombuffer(data, np.int32).tolist()
    nothing = max(map(abs, (a, b, c, d))) / 200  # a quarter of a degree
    signs = [(value > nothing) - (value < -nothing) for value in (a, b, c, d)]
    found = _SIGNS.get(tuple(signs))
    if found is None or u or v:
        turned = math.degrees(math.atan2(-b, a))
        fault = f"has a display rotation of {turned:.0f} degrees, or a tilted display matrix"
        raise BadInput(path, fault, _UPRIGHT)
    return found


class Picture(threading.local):
    """Converts decoded frames to RGB as shown; each thread has its own scaler.

    size: the side of the square that frames are squashed to, in pixels; None: as they are shown.
    """

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame, shown: Geometry) -> np.ndarray:
        """The frame as yielded by `video.frames`."""
        upright = (self._size or shown.width, self._size or shown.height)
        across, down = upright[::-1] if shown.turns % 2 else upright
        rgb = self._reformatter.reformat(
            frame,
            width=across,
            height=down,
            # swscale halves the chroma width when scaling to rgb24, and leaves garbage in the last
            # columns when it converts to gbrp unscaled (FFmpeg 8, widths not multiples of 16).
            format="rgb24" if (across, down) == shown.stored else "gbrp",
            interpolation=Interpolation.AREA,
            src_color_range=frame.color_range,
            threads=1,
        ).to_ndarray()
        return shown.upright(rgb)
