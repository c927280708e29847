"""A trained student on a video or an image of one's own: the joints in each frame, as files."""

import os
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from posequery.jobs.files import BadInput, whole
from posequery.jobs.progress import Progress
from posequery.prediction import tables
from posequery.prediction.film import write_film
from posequery.prediction.poses import Poses
from posequery.prediction.student import load_student
from posequery.sources import photo, video
from posequery.sources.clock import MISSING, Clock
from posequery.sources.containers import is_photo
from posequery.sources.geometry import Geometry, Picture
from posequery.sources.image_folder import images
from posequery.student.inference import for_inference
from posequery.student.prediction import BATCH, predict


class _Source(NamedTuple):
    """What is predicted: a video, a folder of its frames, or an image, which has no clock."""

    path: Path
    shown: Geometry
    frames: int
    clock: Clock | None
    prefix: str
    still: np.ndarray | None = None
    """An image at the network's size."""

    def file_name(self, number: int) -> str:
        """What a frame's own file is called, or would be."""
        return f"{self.prefix}{number + 1:06d}.jpg" if self.clock else self.path.name


def write_joints(
    weights: str | os.PathLike[str],
    source: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    film: bool = False,
    fps: Fraction | None = None,
    input_size: int | None = None,
    device: str = "cpu",
) -> list[Path]:
    """Write a student's joints in each frame, each file whole or not at all; returns the files.

    weights, input_size: see `load_student`. source: a video, an image, or a folder of a video's
    frames, whose rate is then `fps`. Into `folder` go `<name>_joints.csv` (a row is a joint of a
    frame: seconds since the first frame, x and y in pixels of the frame as it is shown, with (0, 0)
    at the centre of the top-left one, and the value of its map's highest peak, at which it is
    read), `<name>_joints.json` (see `tables.write_coco`) and, with `film`, `<name>_joints.mp4`.
    Frames and poses are not held in memory: it grows by the 16 bytes of a frame's time stamp and
    time. Files of those names are replaced. Raises `BadInput` for weights, a source or a folder
    that cannot be used.
    """
    if Path(folder).exists() and not Path(folder).is_dir():
        raise BadInput(folder, "is no folder", "Give --output a folder")
    network, side = load_student(weights, input_size, device)
    given = _source(Path(source), fps, side)
    if fps is not None and given.clock is None:
        raise BadInput(source, "is an image, which has no frame rate", "Leave out --fps")
    if film and given.clock is None:
        raise BadInput(source, "is an image, of which there is no film", "Leave out --film")
    name = Path(source).resolve()
    stem = name.name if name.is_dir() else name.stem
    kinds = (".csv", ".json", *((".mp4",) if film else ()))
    files = [Path(folder, f"{stem}_joints{kind}") for kind in kinds]
    with ExitStack() as stack:
        # They are opened first: what cannot be written is known before hours of prediction.
        csv, coco, *films = [stack.enter_context(whole(file)) for file in files]
        poses, stamps = stack.enter_context(Poses(folder)), array("q")
        fast, small = for_inference(network), _small(given, side, stamps)
        size = np.array([[given.shown.width, given.shown.height]])
        with Progress(given.frames or None, "frames", "predict") as progress:
            while some := list(islice(small, BATCH)):
                done = predict(fast, np.stack(some), size.repeat(len(some), axis=0))
                poses.append(done.joints, done.peaks)
                progress.advance(len(some))
        seconds, rate = np.zeros(1), Fraction(1)
        if given.clock:
            seconds, rate = given.clock.times(source, np.asarray(stamps, np.int64))
        tables.write_csv(csv, poses, seconds)
        shape = given.shown.width, given.shown.height
        tables.write_coco(coco, poses, seconds, shape, given.file_name)
        for path in films:
            write_film(path, source, given.shown, poses, seconds, float(rate))
    return files


def _source(path: Path, fps: Fraction | None, side: int) -> _Source:
    if is_photo(path):
        still, shown = photo.squashed(path, side)
        return _Source(path, shown, 1, None, "", still)
    about = video.info(path, fps)
    prefix = images(path)[0] if path.is_dir() else f"{path.stem}_"
    return _Source(path, about, about.frames, about.clock, prefix)


def _small(given: _Source, side: int, stamps: "array[int]") -> Iterator[np.ndarray]:
    """Frames at the network's size; notes their time stamps in `stamps`."""
    if given.still is not None:
        yield given.still
        return
    picture = Picture(side)
    for frame, geometry in video.with_geometry(given.path):
        stamps.append(MISSING if frame.pts is None else frame.pts)
        yield picture(frame, geometry)
