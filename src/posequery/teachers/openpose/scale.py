"""In which unit OpenPose's coordinates are, and whether a video's frame can have them."""

from pathlib import Path

import numpy as np

from posequery.jobs import bounds
from posequery.jobs.files import BadInput
from posequery.teachers.openpose.settings import OpenPose

OUTSIDE = 0.05
"""Share of joints that may lie outside the frame; OpenPose itself hardly ever puts one there."""

_SCALE = "Set the --keypoint_scale that OpenPose was run with, and check that it ran on this video"
_CANVAS = "Make the JSON from this video's own frames, none of them cut, padded or stretched"


def canvas_of(content: dict[str, object], path: str) -> tuple[int, int] | None:
    """Width and height of the canvas that a file states its coordinates to be in, if it does.

    Programs that write OpenPose's format for ControlNet do, and OpenPose does not. Raises
    `BadInput` for what is no size.
    """
    width, height = content.get("canvas_width"), content.get("canvas_height")
    if width is None and height is None:
        return None
    known = all(type(side) is int and 1 < side <= bounds.IMAGE_PIXELS for side in (width, height))
    if not known or not isinstance(width, int) or not isinstance(height, int):
        fault = "states a canvas that is no width and height in pixels"
        raise BadInput(path, fault, "Write it again with the program that it is from")
    return width, height


def fits(
    parts: np.ndarray, size: tuple[int, int], given: OpenPose, canvases: np.ndarray | None
) -> bool:
    """Whether parts (m, k, 3) as written may be in a frame of `size`, by canvas and bounds."""
    if canvases is not None and _other_shape(canvases, size).any():
        return False
    places = to_pixels(parts[:, :, :2], size, given, canvases)
    return _outside(places[parts[:, :, 2] > 0], size) <= OUTSIDE


def to_pixels(
    places: np.ndarray, size: tuple[int, int], given: OpenPose, canvases: np.ndarray | None
) -> np.ndarray:
    """Coordinates (m, k, 2) as written, in pixels of the frame of `size` that OpenPose saw.

    canvases: (m, 2) width and height of each person's canvas, if files state one; the frame was
    resized to it, and the centre of its first pixel is (0, 0) as well. The corners of OpenPose's
    own scales are the centres of the corner pixels, hence the - 1 (keypointScaler.cpp,
    resizeGetScaleFactor in openCv.cpp).
    """
    edge = np.array(size) - 1
    if given.keypoint_scale == 0:
        if canvases is None:
            return places
        return (places + 0.5) * (np.array(size) / canvases)[:, None] - 0.5
    if given.keypoint_scale == 3:
        return places * edge
    if given.keypoint_scale == 4:
        return (places + 1) / 2 * edge
    assert given.pixels is not None
    shrunk = ((np.array(given.pixels) - 1) / edge).min()
    if given.keypoint_scale == 2:
        return places / shrunk
    # The frame fills part of the network's input, in whole pixels (poseExtractorCaffe.cpp).
    filled = np.floor(shrunk * np.array(size) + 0.5)
    return places * (edge / (filled - 1)).min()


def require_canvas(
    canvases: np.ndarray, size: tuple[int, int], given: OpenPose, place: Path, files: list[str]
) -> None:
    """Raise `BadInput` for a canvas (m, 2) that a frame of `size` was not resized to.

    files: each person's.
    """
    if given.keypoint_scale in (1, 2):
        fault = f"states a canvas, so that keypoint_scale {given.keypoint_scale} is not its own"
        raise BadInput(place / files[0], fault, "Leave out openpose.keypoint_scale and scale_size")
    for person in np.flatnonzero(_other_shape(canvases, size))[:1]:
        canvas = "{:.0f}x{:.0f}".format(*canvases[person])
        fault = f"states a canvas of {canvas}, whose shape is not that of a frame of {_text(size)}"
        raise BadInput(place / files[person], fault, _CANVAS)


def require_fit(
    raw: np.ndarray,
    parts: np.ndarray,
    size: tuple[int, int],
    scale: int,
    place: Path,
    files: list[str],
) -> None:
    """Refuse body parts (m, k, 3) in pixels that no frame of `size` can have.

    raw: (m, k, 2), the coordinates as written. files: each person's.
    """
    found = parts[:, :, 2] > 0
    if not found.any():
        return
    frame = f"the frame is {_text(size)}"
    if scale <= 2 and np.abs(raw[found]).max() <= 1:
        fault = f"all joints lie between -1 and 1: this is --keypoint_scale 3 or 4, not {scale}"
        raise BadInput(place, fault, _SCALE)
    share = parts[:, :, :2] / size
    far = found & ((share < -1) | (share > 2)).any(axis=2)
    if far.any():
        person, part = np.argwhere(far)[0]
        x, y = parts[person, part, :2]
        fault = f"has a joint at ({x:.0f}, {y:.0f}) with --keypoint_scale {scale}, but {frame}"
        raise BadInput(place / files[person], fault, _SCALE)
    outside = _outside(parts[found][:, :2], size)
    if outside > OUTSIDE:
        fault = f"{outside:.0%} of the joints lie outside with --keypoint_scale {scale}: {frame}"
        raise BadInput(place, fault, _SCALE)


def notes(raw: np.ndarray, parts: np.ndarray, scale: int, place: Path) -> list[str]:
    """What may be meant otherwise, of parts that fit: see `require_fit`."""
    found = parts[:, :, 2] > 0
    if scale != 4 or not found.any() or raw[found].min() < 0:
        return []
    where = "everybody is in the lower right quarter of all frames; should it be 3?"
    return [f"{place}: with --keypoint_scale 4, {where}"]


def _outside(places: np.ndarray, size: tuple[int, int]) -> float:
    """The share of places (n, 2) that lie outside a frame."""
    share = places / size
    outside = ((share < -0.01) | (share > 1.01)).any(axis=1)
    return float(outside.mean()) if len(places) else 0.0


def _other_shape(canvases: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Which canvases (m, 2) are not the frame resized, but for rounding to whole pixels."""
    width, height = size
    return np.abs(canvases[:, 0] * height - canvases[:, 1] * width) > width + height


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
