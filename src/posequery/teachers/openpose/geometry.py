"""Which frame OpenPose's coordinates are in, where a video is to be turned, mirrored or stretched.

- `shown`: the frame as players show it, upright and of square pixels, which the study sees.
- `turned`: the stored pixels turned by the display matrix, but neither mirrored nor stretched. This
  is what OpenPose reads with OpenCV (CAP_PROP_ORIENTATION_AUTO); tried for all eight matrices.
- `stored`: the file's own pixels, as OpenPose reads them with an OpenCV that does not turn.

OpenPose names left and right as it sees them: in a mirrored frame it calls a left hand a right one,
as it would be on the person whom the frame shows. Where the shown frame is the other way round,
left and right are exchanged as well as the coordinates mirrored.
"""

import os
from collections.abc import Callable

import numpy as np

from posequery.jobs.files import BadInput
from posequery.skeletons import MIRROR
from posequery.sources.geometry import Geometry

GEOMETRIES = ("shown", "turned", "stored")

_STATE = (
    "Set openpose.geometry to what OpenPose saw: shown (the frame as players show it), turned (as "
    "OpenCV reads it: turned, neither mirrored nor stretched) or stored (the file's own pixels)"
)


def size_of(name: str, about: Geometry) -> tuple[int, int]:
    """Width and height in pixels of the frame in one of `GEOMETRIES`."""
    if name == "shown":
        return about.width, about.height
    across, down = about.stored
    return (down, across) if name == "turned" and about.turns % 2 else (across, down)


def seen(
    video: str | os.PathLike[str],
    about: Geometry,
    stated: str | None,
    fits: Callable[[tuple[int, int]], bool],
) -> str:
    """In which of `GEOMETRIES` coordinates are: the one that is `stated`, or the only one.

    fits: whether they may be in a frame of some width and height. It decides between a frame and
    its quarter turn. Raises `BadInput` where a choice stays open, and for a video that is to be
    mirrored, turned by half or stretched, where the frame's size says too little.
    """
    turned = size_of("turned", about)
    stretched = turned != (about.width, about.height)
    if stated or not (stretched or about.mirrored or about.turns):
        return stated or "shown"
    if stretched or about.mirrored or about.turns == 2:
        ways = {
            "of pixels that are not square": stretched,
            "mirrored": about.mirrored,
            "turned by half": about.turns == 2,
        }
        what = " and ".join(way for way, so in ways.items() if so)
        fault = f"is stored {what}, and OpenPose's files do not say in which frame their joints are"
        raise BadInput(video, fault, _STATE)
    able = [name for name in ("shown", "stored") if fits(size_of(name, about))]
    if len(able) > 1:
        fault = "is stored turned by a quarter, and OpenPose's joints fit into the frame both ways"
        raise BadInput(video, fault, _STATE)
    return able[0] if able else "shown"


def to_shown(places: np.ndarray, name: str, about: Geometry) -> np.ndarray:
    """Coordinates (..., 2) in pixels of one of `GEOMETRIES`, in pixels of the shown frame.

    The centre of the top-left pixel is (0, 0) in each.
    """
    if name == "shown":
        return places
    shares = (places + 0.5) / size_of(name, about)
    if name == "turned":
        # OpenCV turns by where the stored frame's upper edge goes, which mirroring reverses.
        shares = _turned(shares, -(about.turns + 2 * about.mirrored))
    if about.mirrored:
        shares = np.stack([1 - shares[..., 0], shares[..., 1]], axis=-1)
    return _turned(shares, about.turns) * (about.width, about.height) - 0.5


def named_as_shown(joints: np.ndarray, name: str, about: Geometry) -> np.ndarray:
    """Values of the student's joints (m, 18, ...) under the names that they have as shown."""
    return joints[:, MIRROR] if about.mirrored and name != "shown" else joints


def _turned(shares: np.ndarray, turns: int) -> np.ndarray:
    """Places (..., 2) in shares of a frame after counter-clockwise quarter turns."""
    for _ in range(turns % 4):
        shares = np.stack([shares[..., 1], 1 - shares[..., 0]], axis=-1)
    return shares
