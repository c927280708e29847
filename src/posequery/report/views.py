"""Which part of a frame is shown, so that the person in it is seen: views that follow a pose."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

_MARGIN = 0.35
"""Space around the person, a share of its size at each side: a wrong pose lies beside it."""
_SMALLEST = 32
"""Source pixels that a view shows at least, of its shorter side."""


@dataclass(frozen=True)
class View:
    """A rectangle of a frame, in whole source pixels; beyond the frame it is black."""

    left: int
    top: int
    width: int
    height: int

    def show(self, frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """The view of a frame (h, w, 3) at `size` (width, height)."""
        high, wide = frame.shape[:2]
        right, bottom = self.left + self.width, self.top + self.height
        part = frame[max(0, self.top) : bottom, max(0, self.left) : right]
        above, below = max(0, -self.top), max(0, bottom - high)
        before, after = max(0, -self.left), max(0, right - wide)
        framed = cv2.copyMakeBorder(part, above, below, before, after, cv2.BORDER_CONSTANT)
        how = cv2.INTER_AREA if size[0] < self.width else cv2.INTER_CUBIC
        return cv2.resize(framed, size, interpolation=how)

    def place(self, joints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Joints (..., 2) in source pixels, in the pixels of what `show` gives."""
        scale = np.array(size) / (self.width, self.height)
        return (joints - (self.left, self.top) + 0.5) * scale - 0.5


def boxes(poses: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """The corners (n, 2) with the lowest and the highest coordinates of poses (n, 18, 2), as far as
    they lie in a frame of that size; NaN for a pose without joints."""
    known = np.isfinite(poses).all(axis=2, keepdims=True)
    low = np.where(known, poses, np.inf).min(axis=1)
    high = np.where(known, poses, -np.inf).max(axis=1)
    none = ~known.any(axis=(1, 2))
    low[none], high[none] = np.nan, np.nan
    return np.clip(low, 0, (width, height)), np.clip(high, 0, (width, height))


def view_of(low: np.ndarray, high: np.ndarray, width: int, height: int, aspect: float) -> View:
    """What shows the box from `low` (2,) to `high` (2,) with a margin, inside its frame if it can.

    width, height: of the frame. aspect: width by height of the view. A box of NaN shows the whole
    frame.
    """
    frame = np.array([width, height], float)
    shape = np.array([aspect, 1.0])
    whole = (frame / shape).max()
    if np.isnan(low).any() or np.isnan(high).any():
        low, high = np.zeros(2), frame
    tall = ((high - low) * (1 + 2 * _MARGIN) / shape).max()
    tall = min(max(tall, _SMALLEST / min(aspect, 1)), whole)
    size = np.maximum(1, np.rint(tall * shape))
    room = frame - size
    corner = np.clip((low + high - size) / 2, np.minimum(room, 0), np.maximum(room, 0))
    left, top = np.rint(np.where(room < 0, room / 2, corner)).astype(int)
    return View(int(left), int(top), int(size[0]), int(size[1]))


def follow(poses: np.ndarray, width: int, height: int, aspect: float, reach: int) -> list[View]:
    """A view for each frame of a clip, which moves and zooms smoothly and never loses the pose.

    poses: (n, 18, 2) in source pixels; where there is none, the view goes on to the next. reach:
    frames before and after, over which it is smoothed.
    """
    low, high = boxes(poses, width, height)
    known = np.flatnonzero(np.isfinite(low).all(axis=1))
    if len(known):
        at, size = np.arange(len(poses)), 2 * reach + 1
        for side, extreme in ((low, minimum_filter1d), (high, maximum_filter1d)):
            for axis in range(2):
                filled = np.interp(at, known, side[known, axis])
                # Each extreme averaged here is over a stretch that holds this frame.
                held = extreme(filled, size, mode="nearest")
                side[:, axis] = uniform_filter1d(held, size, mode="nearest")
    return [view_of(*box, width, height, aspect) for box in zip(low, high, strict=True)]
