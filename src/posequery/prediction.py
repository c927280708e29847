"""A trained student on a video of one's own: the joints in each frame."""

import os
from array import array
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import numpy as np

from posequery.jobs.files import whole
from posequery.jobs.progress import Progress
from posequery.skeletons import JOINTS
from posequery.sources import video
from posequery.sources.clock import MISSING
from posequery.sources.geometry import Picture
from posequery.student.checkpoint import load
from posequery.student.inference import for_inference
from posequery.student.prediction import BATCH, Prediction, predict

HEADER = "frame,seconds,joint,x,y,peak\n"


def write_joints(
    weights: str | os.PathLike[str],
    source: str | os.PathLike[str],
    path: str | os.PathLike[str],
    fps: Fraction | None = None,
    device: str = "cpu",
) -> int:
    """Write a student's joints in each frame of a video to a CSV, whole or not at all.

    weights: a checkpoint of posequery's. source: a video, or a folder of its frames, whose rate is
    then `fps`. A row is a joint of a frame: seconds since the first frame, x and y in pixels of the
    frame as it is shown (the centre of the top-left pixel is (0, 0)), and the value of its map's
    highest peak, at which it is read. Returns the number of frames. Memory grows by 224 bytes a
    frame, since some videos' times are known at their end. Raises `BadInput` for a checkpoint or a
    video that cannot be used.
    """
    network, about = load(weights, device)
    shown = video.info(source, fps)
    fast, stamps = for_inference(network), array("q")
    made: list[Prediction] = []
    frames = _small(source, about.input_size, stamps)
    size = np.array([[shown.width, shown.height]])
    with Progress(shown.frames or None, "frames", "predict") as progress:
        while some := list(islice(frames, BATCH)):
            made.append(predict(fast, np.stack(some), size.repeat(len(some), axis=0)))
            progress.advance(len(some))
    seconds, _ = shown.clock.times(source, np.asarray(stamps, np.int64))
    with whole(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(HEADER)
        file.writelines(_rows(made, seconds))
    return len(seconds)


def _small(source: str | os.PathLike[str], side: int, stamps: "array[int]") -> Iterator[np.ndarray]:
    """Frames at the network's size; notes their time stamps in `stamps`."""
    picture = Picture(side)
    for frame, geometry in video.with_geometry(source):
        stamps.append(MISSING if frame.pts is None else frame.pts)
        yield picture(frame, geometry)


def _rows(made: list[Prediction], seconds: np.ndarray) -> Iterator[str]:
    poses = (pose for batch in made for pose in zip(batch.joints, batch.peaks, strict=True))
    for number, (joints, peaks) in enumerate(poses):
        for name, (x, y), peak in zip(JOINTS, joints, peaks, strict=True):
            yield f"{number},{seconds[number]:.6f},{name},{x:.3f},{y:.3f},{peak:.6f}\n"
