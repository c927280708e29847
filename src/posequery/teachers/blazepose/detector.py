"""BlazePose's first network: from a frame to the square region that contains the person.

The network finds the face and, from it, two body points: the centre of the hips, and a point whose
offset from it gives the person's size and upright direction. The constants are those of MediaPipe's
public graphs (pose_detection_cpu.pbtxt, pose_detection_to_roi.pbtxt), checked against MediaPipe
0.10.21 itself.
"""

from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 224
"""Side of the detector's input, in pixels."""
GRIDS = ((28, 2), (14, 2), (7, 6))
"""(cells per side, anchors per cell) of each layer of the detector."""
SCORE = 0.5
"""Boxes below this score are not a person."""
OVERLAP = 0.3
"""Boxes that overlap the best one by more (intersection over union) are averaged into it."""
LOGIT_LIMIT = 100.0
REGION_SCALE = 1.25
"""The region's side is this times twice the distance between its two points."""


@dataclass(frozen=True)
class Region:
    """A square, rotated by `rotation` radians (clockwise in the image), in source pixels."""

    x: float
    y: float
    side: float
    rotation: float

    def to_source(self, size: int) -> np.ndarray:
        """The affine map (2, 3) from the pixels of a `size` x `size` crop to source pixels."""
        turn = np.array(
            [
                [np.cos(self.rotation), -np.sin(self.rotation)],
                [np.sin(self.rotation), np.cos(self.rotation)],
            ]
        )
        corner = np.array([self.x, self.y]) - turn @ np.full(2, self.side / 2)
        return np.column_stack([turn * (self.side / size), corner])


def region_from_points(centre: np.ndarray, rim: np.ndarray) -> Region:
    """The region around `centre` (2,); `rim` (2,) is above it on an upright person."""
    across, down = (rim - centre).astype(np.float64)
    return Region(
        x=float(centre[0]),
        y=float(centre[1]),
        side=float(2 * REGION_SCALE * np.hypot(across, down)),
        rotation=float(np.pi / 2 - np.arctan2(-down, across)),
    )


def crop(frame: np.ndarray, region: Region, size: int, border: int) -> np.ndarray:
    """`region` of an RGB frame as (size, size, 3) uint8; `border` is OpenCV's border mode."""
    return cv2.warpAffine(
        frame,
        region.to_source(size),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )


def anchors() -> np.ndarray:
    """Centres (2254, 2) of the anchors as shares of the input's side; every anchor has size 1."""
    layers = []
    for cells, repeats in GRIDS:
        line = (np.arange(cells) + 0.5) / cells
        down, across = np.meshgrid(line, line, indexing="ij")
        layers.append(np.repeat(np.stack([across, down], axis=-1).reshape(-1, 2), repeats, axis=0))
    return np.concatenate(layers)


def people(raw: np.ndarray, logits: np.ndarray, centres: np.ndarray) -> list[np.ndarray]:
    """The four body points (4, 2) of each person, the most confident first; shares of the side.

    `raw` (2254, 12) and `logits` (2254,) are the network's outputs, `centres` the anchors. The
    points of boxes that overlap the best one are averaged by score, then those of the best box that
    is left, and so on. Boxes below `SCORE` are nobody.
    """
    limited = np.clip(logits.astype(np.float64), -LOGIT_LIMIT, LOGIT_LIMIT)
    scores = 1 / (1 + np.exp(-limited))
    kept = np.flatnonzero(scores >= SCORE)
    values, centre, score = raw[kept].astype(np.float64) / SIDE, centres[kept], scores[kept]
    middle, half = values[:, :2] + centre, values[:, 2:4] / 2
    low, high = middle - half, middle + half
    area = (high - low).prod(axis=1)
    points = values[:, 4:].reshape(-1, 4, 2) + centre[:, None]
    left = np.ones(len(kept), bool)
    found = []
    while left.any():
        best = int(np.argmax(np.where(left, score, 0)))
        shared = np.clip(np.minimum(high, high[best]) - np.maximum(low, low[best]), 0, None)
        intersection = shared.prod(axis=1)
        same = left & (intersection > OVERLAP * (area + area[best] - intersection))
        same[best] = True
        found.append(np.average(points[same], axis=0, weights=score[same]))
        left &= ~same
    return found


def letterbox(width: int, height: int) -> Region:
    """The centred square that contains a whole frame of `width` by `height` pixels."""
    return Region(x=width / 2, y=height / 2, side=float(max(width, height)), rotation=0.0)


def detector_input(frame: np.ndarray) -> np.ndarray:
    """An RGB frame (h, w, 3) uint8 as the network's input: (1, 224, 224, 3) in [-1, 1]."""
    height, width = frame.shape[:2]
    square = crop(frame, letterbox(width, height), SIDE, cv2.BORDER_CONSTANT)
    return (square[None].astype(np.float32) / 127.5) - 1


def region_in_frame(points: np.ndarray, width: int, height: int) -> Region:
    """The region for `points` (4, 2), given as shares of the letterbox of a frame of that size."""
    box = letterbox(width, height)
    source = points * box.side + [box.x - box.side / 2, box.y - box.side / 2]
    return region_from_points(source[0], source[1])
