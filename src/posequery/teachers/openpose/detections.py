"""Everybody that OpenPose detects in one video, and the sealed HDF5 file that stores them.

The file has `joints` (m, 18, 2) and `confidence` (m, 18) of m people, float32, `start` (n + 1)
int64, `read` (n,) bool, and the other fields of `Detections` but its notes as attributes.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posequery.jobs import sealed
from posequery.jobs.files import REMAKE, BadInput
from posequery.skeletons import JOINTS


@dataclass(frozen=True)
class Detections:
    """The people in each of a video's n frames, frame after frame."""

    joints: np.ndarray
    """(m, 18, 2) float32, source pixels; NaN where a joint was not found."""
    confidence: np.ndarray
    """(m, 18) float32; 0 where a joint was not found."""
    start: np.ndarray
    """(n + 1) int64: the people of frame i are start[i]:start[i + 1]."""
    read: np.ndarray
    """(n,) bool: whether OpenPose wrote a file for the frame."""
    video: str
    """Path of the video, or of the folder of its images."""
    width: int
    """Source pixels."""
    height: int
    """Source pixels."""
    origin: str
    """What identifies the JSON files that they were read from: their folder and stem."""
    notes: Sequence[str] = ()
    """What of the files is used otherwise than it may be meant, or not at all; not stored."""

    def __len__(self) -> int:
        return len(self.read)


def write_detections(path: str | os.PathLike[str], detections: Detections) -> None:
    """Write detections, completely or not at all."""
    with sealed.created(path) as file:
        for name in ("joints", "confidence", "start", "read"):
            file[name] = getattr(detections, name)
        for name in ("video", "width", "height", "origin"):
            file.attrs[name] = getattr(detections, name)


def read_detections(path: str | os.PathLike[str]) -> Detections:
    """Detections from a file. Raises `BadInput` for a file that is missing or broken."""
    with sealed.opened(path, "detections file", REMAKE) as file:
        found = Detections(
            joints=file["joints"][:].astype(np.float32, copy=False),
            confidence=file["confidence"][:].astype(np.float32, copy=False),
            start=file["start"][:].astype(np.int64, copy=False),
            read=file["read"][:].astype(bool, copy=False),
            video=str(file.attrs["video"]),
            width=int(file.attrs["width"]),
            height=int(file.attrs["height"]),
            origin=str(file.attrs["origin"]),
        )
        shapes = (found.joints.shape, found.confidence.shape, found.start.shape, found.read.shape)
        people, frames = len(found.joints), len(found.read)
        if shapes != ((people, len(JOINTS), 2), (people, len(JOINTS)), (frames + 1,), (frames,)):
            raise ValueError(f"the arrays have shapes {shapes}")
        if found.start[0] != 0 or found.start[-1] != people or (np.diff(found.start) < 0).any():
            raise ValueError("the frames do not add up to all people")
    return found


def require_frames(found: Detections, frames: int, slug: str, path: str | os.PathLike[str]) -> None:
    """Raise `BadInput`, naming `path`, if detections end before the `frames` of the clip `slug`."""
    if len(found) < frames:
        fault = f"has {len(found)} frames, but its clip {slug} has {frames}"
        fix = "OpenPose seems to have stopped early: run it again on the whole video"
        raise BadInput(path, fault, fix)
