"""BlazePose's second network: from a region of the frame to the body's landmarks.

The constants are those of MediaPipe's public graphs (pose_landmark_by_roi_cpu.pbtxt,
tensors_to_pose_landmarks_and_segmentation.pbtxt), checked against MediaPipe 0.10.21 itself.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from posequery.skeletons import BLAZEPOSE_JOINTS
from posequery.teachers.blazepose.detector import Region, crop, region_from_points

SIDE = 256
"""Side of the network's input, in pixels."""
LANDMARKS = 39
"""33 of the body, then auxiliary ones: 33 and 34 give the next frame's region."""
CENTRE, RIM = 33, 34
CELL = 4
"""Pixels of the input per side of a heat map's cell."""
REACH = 4
"""A heat map is read 4 cells to each side of a landmark, 9 x 9: the landmarks then equal
MediaPipe's within 0.03 pixels (median); with 3 cells, within 2.5 (measured)."""
CLEAR = 0.5
"""A landmark keeps its place if its heat map is below this everywhere near it."""
PRESENT = 0.5
"""Below this presence, the region contains no person."""


@dataclass(frozen=True)
class Pose:
    """Landmarks (33, 2) in source pixels, their visibility (33,), and the next frame's region."""

    landmarks: np.ndarray
    visibility: np.ndarray
    next_region: Region


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-logits)) in float64."""
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))


def landmarks_input(frame: np.ndarray, region: Region) -> np.ndarray:
    """`region` of an RGB frame as the network's input: (1, 256, 256, 3) in [0, 1]."""
    square = crop(frame, region, SIDE, cv2.BORDER_REPLICATE)
    return square[None].astype(np.float32) / 255


def refine(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Move each of `points` (p, 2), in crop pixels, to its heat map's centroid around its cell.

    `heat` (64, 64, p) are logits. A point stays if it is outside the map, or if its map is below
    `CLEAR` everywhere around it.
    """
    rows, columns = heat.shape[:2]
    refined = points.copy()
    for number, (x, y) in enumerate(points):
        column, row = int(x / CELL), int(y / CELL)
        if not (0 <= column < columns and 0 <= row < rows):
            continue
        top, left = max(0, row - REACH), max(0, column - REACH)
        weights = sigmoid(heat[top : row + REACH + 1, left : column + REACH + 1, number])
        if weights.max() < CLEAR:
            continue
        total = weights.sum()
        refined[number] = (
            CELL * (weights.sum(axis=0) @ np.arange(left, left + weights.shape[1])) / total,
            CELL * (weights.sum(axis=1) @ np.arange(top, top + weights.shape[0])) / total,
        )
    return refined


def read_pose(outputs: dict[str, np.ndarray], region: Region) -> Pose | None:
    """The pose in `region` from the network's outputs by name; None if nobody is present."""
    # Identity_1 is already a probability, unlike the other outputs, which are logits.
    if float(outputs["Identity_1"].ravel()[0]) < PRESENT:
        return None
    table = outputs["Identity"].reshape(LANDMARKS, 5).astype(np.float64)
    points = refine(table[:, :2], outputs["Identity_3"][0])
    source = points @ region.to_source(SIDE)[:, :2].T + region.to_source(SIDE)[:, 2]
    return Pose(
        landmarks=source[:BLAZEPOSE_JOINTS].astype(np.float32),
        visibility=sigmoid(table[:BLAZEPOSE_JOINTS, 3]).astype(np.float32),
        next_region=region_from_points(source[CENTRE], source[RIM]),
    )
