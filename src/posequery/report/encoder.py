"""Writes pictures as an H.264 film, each shown from a given time on."""

import os
from contextlib import AbstractContextManager
from fractions import Fraction

import av
import numpy as np
from av.video.stream import VideoStream

QUALITY = "20"
"""x264's constant rate factor: no fault to be seen."""
TICKS = 90_000
"""Of the film's clock, in a second."""


class Encoder(AbstractContextManager["Encoder"]):
    """An H.264 file that is written picture by picture; to be used inside `files.whole`.

    size: width and height in pixels, both even. fps: the mean frames a second.
    """

    def __init__(self, path: str | os.PathLike[str], size: tuple[int, int], fps: float) -> None:
        self._tick = -1
        self._container = av.open(os.fspath(path), "w")
        rate = Fraction(fps).limit_denominator(1001)
        self._track: VideoStream = self._container.add_stream("libx264", rate=rate)
        self._track.width, self._track.height = size
        self._track.pix_fmt = "yuv420p"
        self._track.time_base = self._track.codec_context.time_base = Fraction(1, TICKS)
        # Without this, x264's assembly gives other bits from run to run and from CPU to CPU.
        exact = "cpu-independent=1"
        self._track.options = {"crf": QUALITY, "preset": "veryfast", "x264-params": exact}
        # More threads would cut the frames otherwise, and so give other bytes.
        self._track.codec_context.thread_count = 1

    def append(self, picture: np.ndarray, seconds: float) -> None:
        """Add a picture, RGB (height, width, 3) uint8, shown `seconds` after the beginning."""
        shown = av.VideoFrame.from_ndarray(picture, format="rgb24")
        self._tick = max(self._tick + 1, round(seconds * TICKS))
        shown.pts, shown.time_base = self._tick, Fraction(1, TICKS)
        self._container.mux(self._track.encode(shown))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._container.mux(self._track.encode(None))  # what the encoder still holds
        self._container.close()
