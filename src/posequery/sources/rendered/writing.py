"""Writes the stand-in for Human3.6M: videos, and 2-D positions in NASA's CDF format."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from cdflib.cdfwrite import CDF
from numpy.typing import NDArray

from posequery.jobs.files import whole, write_sums
from posequery.jobs.seeds import generator as seeded
from posequery.sources.human36m.names import CAMERAS, Sequence, annotation_path, video_path
from posequery.sources.rendered import FPS
from posequery.sources.rendered.anatomy import Array
from posequery.sources.rendered.bodies import random_body
from posequery.sources.rendered.studio import SIZE, Studio

VALIDATION_SUBJECTS = ("S101", "S102", "S103", "S104")
"""Bodies for tuning settings, so that S9 and S11 stay unseen."""


def write_subject(
    root: str | os.PathLike[str],
    subject: str,
    sequences: Iterable[Sequence],
    frames: int,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write a subject's videos and 2-D positions under `root`, in Human3.6M's layout.

    `<root>/<subject>/Videos/<stem>.54138969.mp4` (H.264, 320 x 320, 5 frames per second) has 1 to 5
    frames more than the `frames` annotated by
    `<root>/<subject>/MyPoseFeatures/D2_Positions/<stem>.54138969.cdf`: variable `Pose`
    (1, frames, 64), float32, x and y of 32 joints in pixels of the full image. The body depends on
    the subject, and the motion also on the action and subaction; `advance` is called with 1 for
    each annotated frame and 0 for each other one. Each file appears complete or not at all, and
    has its sum beside it.
    """
    bodies = [random_body(seeded("rendered", 0, role, subject)) for role in ("body", "companion")]
    studio = Studio()
    for sequence in sequences:
        words = ("rendered", 0, "motion", subject, sequence.action, sequence.subaction)
        generator = seeded(*words)
        seconds = np.arange(frames + int(generator.integers(1, 6))) / FPS
        positions = np.empty((len(seconds), 32, 2))
        scenes = studio.perform(bodies, sequence.action, generator, seconds)
        place = (root, subject, sequence.stem, CAMERAS[0])
        with whole(video_path(*place)) as path, _video(path) as write:
            for number, (cast, image, _) in enumerate(scenes):
                positions[number] = studio.camera.project(cast.human36m()[0])[0]
                write(image)
                advance(int(number < frames))
        with whole(annotation_path(*place)) as path:
            _write_positions(path, positions[:frames])
        write_sums(video_path(*place))
        write_sums(annotation_path(*place))


@contextmanager
def _video(path: Path) -> Iterator[Callable[[NDArray[np.uint8]], None]]:
    """Yields a function that writes the video's next frame (H, W, 3), RGB."""
    # One thread and no dates: the same frames give the same bytes.
    # x264 gives the same bits on every CPU only with this option.
    exact = {"threads": "1", "x264-params": "cpu-independent=1"}
    options = {"crf": "18", "preset": "ultrafast"} | exact
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.pix_fmt = "yuv420p"
        stream.width, stream.height = SIZE
        yield lambda image: container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())


def _write_positions(path: Path, positions: Array) -> None:
    rows = positions.reshape(len(positions), 64).astype(np.float32)
    variable = {
        "Variable": "Pose",
        "Data_Type": CDF.CDF_FLOAT,
        "Num_Elements": 1,
        "Rec_Vary": True,
        "Dim_Sizes": list(rows.shape),
        "Compress": 0,  # a compressed variable would contain the time of day
    }
    file = CDF(path)
    file.write_var(variable, var_data=rows[None])
    file.close()
