"""Skeletons drawn on source frames, and the video of a stream with skeletons over it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from posequery.clips import Stream
from posequery.skeletons import LINKS

LONGEST = 960
"""Pixels of a video's longer side, without the legend."""
LEGEND = 26
"""Height of a line of the legend above the frames, in pixels."""
QUALITY = "20"
"""x264's constant rate factor: no fault to be seen."""
_SHIFT = 4  # OpenCV draws at 1/16 of a pixel
_FAR = 30_000  # pixels: beyond it OpenCV's numbers overflow
_TEXT = 0.45


@dataclass(frozen=True)
class Overlay:
    """A skeleton over a stream: what it is called, its RGB colour, joints (n, 18, 2)."""

    name: str
    colour: tuple[int, int, int]
    joints: np.ndarray


def draw_skeleton(
    image: np.ndarray, joints: np.ndarray, colour: tuple[int, int, int], width: int
) -> None:
    """Draw joints (18, 2), in the pixels of the RGB `image`, into it; NaN joints are left out.

    A dark rim tells the lines from any background.
    """
    known = np.isfinite(joints).all(axis=1)
    points = np.clip(np.where(known[:, None], joints, 0), -_FAR, _FAR)
    places = np.rint(points * 2**_SHIFT).astype(int).tolist()
    for paint, more in (((0, 0, 0), 2), (colour, 0)):
        for start, end in LINKS:
            if known[start] and known[end]:
                ends = (places[start], places[end])
                cv2.line(image, *ends, paint, width + more, cv2.LINE_AA, _SHIFT)
        for joint in np.flatnonzero(known):
            radius = (2 * width + more) * 2 ** (_SHIFT - 1)
            cv2.circle(image, places[joint], radius, paint, cv2.FILLED, cv2.LINE_AA, _SHIFT)


class OverlayWriter:
    """Writes the H.264 video of a stream with skeletons over it, frame by frame.

    names: of the clips. Frames are shrunk to at most `LONGEST` pixels, and set in the middle where
    clips differ in size. To be used inside `files.whole`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        stream: Stream,
        names: Sequence[str],
        overlays: Sequence[Overlay],
    ) -> None:
        self._stream, self._names, self._overlays = stream, names, overlays
        sizes = [_shrunk(clip.width, clip.height) for clip in stream.clips]
        self._width = _even(max(width for width, _ in sizes))
        self._height = _even(max(height for _, height in sizes))
        self._head = LEGEND * (len(overlays) + 1)
        self._container = av.open(os.fspath(path), "w")
        fps = Fraction(stream.fps).limit_denominator(1001)
        self._track: VideoStream = self._container.add_stream("libx264", rate=fps)
        self._track.width, self._track.height = self._width, self._height + self._head
        self._track.pix_fmt = "yuv420p"
        # Without this, x264's assembly gives other bits from run to run and from CPU to CPU.
        exact = "cpu-independent=1"
        self._track.options = {"crf": QUALITY, "preset": "veryfast", "x264-params": exact}
        # More threads would cut the frames otherwise, and so give other bytes.
        self._track.codec_context.thread_count = 1

    def append(self, index: int, frame: np.ndarray) -> None:
        """Add frame `index` of the stream, RGB (H, W, 3) uint8."""
        height, width = frame.shape[:2]
        size = _shrunk(width, height)
        scale = np.array(size) / (width, height)
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        for overlay in self._overlays:
            joints = (overlay.joints[index] + 0.5) * scale - 0.5
            draw_skeleton(small, joints, overlay.colour, 2)
        canvas = np.zeros((self._height + self._head, self._width, 3), np.uint8)
        left = (self._width - size[0]) // 2
        top = self._head + (self._height - size[1]) // 2
        canvas[top : top + size[1], left : left + size[0]] = small
        self._write_legend(canvas, index)
        picture = av.VideoFrame.from_ndarray(canvas, format="rgb24")
        self._container.mux(self._track.encode(picture))

    def _write_legend(self, canvas: np.ndarray, index: int) -> None:
        clip, inside = self._stream.locate(index)
        title = f"{self._names[clip]}  {inside / self._stream.fps:.1f} s"
        rows = [(title, (255, 255, 255))] + [(item.name, item.colour) for item in self._overlays]
        for row, (text, colour) in enumerate(rows):
            middle = LEGEND * row + LEGEND // 2
            indent = 10
            if row:
                cv2.line(canvas, (10, middle), (44, middle), colour, 3, cv2.LINE_AA)
                indent = 54
            plain = text.encode("ascii", "replace").decode()
            place = (indent, middle + 5)
            cv2.putText(
                canvas, plain, place, cv2.FONT_HERSHEY_SIMPLEX, _TEXT, colour, 1, cv2.LINE_AA
            )

    def close(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._track.encode(None))
        self._container.close()

    def __enter__(self) -> "OverlayWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close() if kind is None else self._container.close()


def _shrunk(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, LONGEST / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _even(length: int) -> int:
    return length + length % 2
