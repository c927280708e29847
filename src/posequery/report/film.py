"""The film of a stream: the person with skeletons, whose weights are live, and a time line."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import chain

import cv2
import numpy as np

from posequery.clips import Stream
from posequery.report.encoder import Encoder
from posequery.report.lines import Line
from posequery.report.overlay import Colour, Overlay, draw_skeleton
from posequery.report.views import View, follow
from posequery.report.words import write

LONGEST = 960
"""Pixels of the picture's longer side, whatever the size of the videos: words stay readable."""
LEGEND, FOOT = 26, 56
"""Pixels: height of a line of words above the picture, and of the time line below it."""
ASPECTS = (9 / 16, 16 / 9)
"""The narrowest picture, and the widest."""
_FLASH = 0.4
"""Seconds that a frame around the picture shows that new weights are live."""
_EDGE, _TEXT, _SMALL = 10, 16, 11
WHITE, DIM = (255, 255, 255), (70, 70, 70)


def weights_said(trainings: int) -> str:
    """Which weights are live, in words; trainings: see `Line.version`."""
    if trainings < 0:
        return "frame missed"
    return f"after {trainings} training{'s'[: trainings != 1]}" if trainings else "pre-trained"


class TimeLine:
    """The whole stream as a bar, drawn below the picture.

    Windows' borders are white lines; triangles say where new weights go live, marks below which
    frames were picked. Until the first update the bar has the colour `before`, then `after`; a
    black line is where a clip begins.
    """

    def __init__(
        self, stream: Stream, line: Line, windows: np.ndarray, colours: Sequence[Colour]
    ) -> None:
        self._times, self._end = stream.timing.shown, stream.timing.seconds
        self._starts, self._line, self._windows = stream.starts, line, windows
        self._before, self._after, self._teacher = colours

    def _x(self, frame: int, width: int) -> int:
        seconds = self._times[frame] if frame < len(self._times) else self._end
        return _EDGE + round((width - 2 * _EDGE) * seconds / self._end)

    def draw(self, width: int) -> np.ndarray:
        """The bar (FOOT, width, 3), nothing of it played yet."""
        bar = np.zeros((FOOT, width, 3), np.uint8)
        live = [frame for frame in self._line.updates.tolist() if frame < len(self._times)]
        first = self._x(live[0] if live else len(self._times), width)
        bar[16:28, _EDGE:first] = self._before
        bar[16:28, first : width - _EDGE] = self._after
        for start in self._starts[1:].tolist():
            bar[16:28, self._x(start, width) - 1 :][:, :2] = 0
        last = -_EDGE
        for border in self._windows.tolist():
            if (x := self._x(border, width)) - last >= 4:
                bar[13:31, x] = WHITE
                last = x
        for frame in live:
            x = self._x(frame, width)
            cv2.fillConvexPoly(bar, np.array([[x - 4, 5], [x + 4, 5], [x, 12]]), self._after)
        for frame in chain(*self._line.picked):
            bar[32:37, self._x(frame, width)] = self._teacher
        key = "triangle: new weights live, line: window begins, mark below: frame picked"
        write(bar, key, (_EDGE, 46), _SMALL, (190, 190, 190), width - 2 * _EDGE)
        return bar

    def at(self, bar: np.ndarray, frame: int) -> np.ndarray:
        """A copy of the bar with what is still to come darkened, and a pointer at a frame."""
        x = self._x(frame, bar.shape[1])
        copy = bar.copy()
        copy[13:31, x:] //= 3
        copy[2:38, max(0, x - 1) : x + 1] = WHITE
        return copy


class FilmWriter(AbstractContextManager["FilmWriter"]):
    """Writes the H.264 film of a stream, frame by frame, each shown when the stream shows it.

    names: of the clips. line: the student that adapts, in `windows` that begin with those frames
    (w,). `overlays` are the one that does not, the one that does, and the teacher, whom the view
    follows. To be used inside `files.whole`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        stream: Stream,
        names: Sequence[str],
        line: Line,
        windows: np.ndarray,
        overlays: Sequence[Overlay],
    ) -> None:
        self._stream, self._names, self._line, self._overlays = stream, names, line, overlays
        self._size = _picture_size(stream)
        self._views = _views(stream, overlays[-1].joints, self._size)
        self._times = stream.timing.shown
        self._head = LEGEND * (len(overlays) + 1)
        colours = [overlay.colour for overlay in overlays]
        self._time_line = TimeLine(stream, line, windows, colours)
        self._bar = self._time_line.draw(self._size[0])
        self._picked = frozenset(chain(*line.picked))
        size = self._size[0], self._size[1] + self._head + FOOT
        self._encoder = Encoder(path, size, stream.fps)

    def append(self, index: int, frame: np.ndarray) -> None:
        """Add frame `index` of the stream, RGB (H, W, 3) uint8."""
        view = self._views[index]
        picture = view.show(frame, self._size)
        for overlay in self._overlays:
            joints = view.place(overlay.joints[index], self._size)
            draw_skeleton(picture, joints, overlay.colour, overlay.width)
        if self._is_new(index):
            around = (0, 0), (self._size[0] - 1, self._size[1] - 1)
            cv2.rectangle(picture, *around, self._overlays[1].colour, 12)
        head = np.zeros((self._head, self._size[0], 3), np.uint8)
        self._write_legend(head, index)
        canvas = np.concatenate([head, picture, self._time_line.at(self._bar, index)])
        self._encoder.append(canvas, self._times[index])

    def _is_new(self, index: int) -> bool:
        """Whether weights have gone live in this frame or just before it."""
        live = self._line.updates[self._line.updates <= index]
        return len(live) > 0 and self._times[index] - self._times[live[-1]] < _FLASH

    def _write_legend(self, head: np.ndarray, index: int) -> None:
        clip, inside = self._stream.locate(index)
        seconds = self._times[index] - self._times[index - inside]
        before, after, teacher = self._overlays
        weights = weights_said(int(self._line.version[index]))
        new = ", new weights live" if self._is_new(index) else ""
        seen = np.isfinite(teacher.joints[index]).any()
        taught = "" if seen else ", sees nobody here"
        taught += ", this frame picked" if index in self._picked else ""
        rows = [
            f"{before.name}: pre-trained",
            f"{after.name}: {weights}{new}",
            f"{teacher.name}{taught}",
        ]
        room = head.shape[1] - 2 * _EDGE
        title = f"{self._names[clip]}   {seconds:.1f} s"
        write(head, title, (_EDGE, LEGEND // 2), _TEXT, WHITE, room)
        for row, (text, overlay) in enumerate(zip(rows, self._overlays, strict=True), 1):
            middle = LEGEND * row + LEGEND // 2
            swatch = np.full((18, 2), np.nan)
            swatch[0], swatch[17] = (_EDGE + 6, middle), (_EDGE + 36, middle)
            draw_skeleton(head, swatch, overlay.colour, overlay.width)
            write(head, text, (_EDGE + 50, middle), _TEXT, WHITE, room - 50)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._encoder.__exit__(kind)


def _picture_size(stream: Stream) -> tuple[int, int]:
    """Even width and height, of the shape of the largest clip."""
    largest = max(stream.clips, key=lambda clip: clip.width * clip.height)
    aspect = np.clip(largest.width / largest.height, *ASPECTS)
    width, height = LONGEST * min(1, aspect), LONGEST / max(1, aspect)
    return 2 * round(width / 2), 2 * round(height / 2)


def _views(stream: Stream, poses: np.ndarray, size: tuple[int, int]) -> list[View]:
    views: list[View] = []
    for clip, start in zip(stream.clips, stream.starts, strict=True):
        own = poses[start : start + clip.frames]
        views += follow(own, clip.width, clip.height, size[0] / size[1], round(clip.fps / 2))
    return views
