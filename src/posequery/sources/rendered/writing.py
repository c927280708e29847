"""Writes the stand-in for Human3.6M: videos, and 2-D positions in NASA's CDF."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from cdflib.cdfwrite import CDF
from numpy.typing import NDArray

from posequery.files import BadInput, whole
from posequery.seeds import generator as seeded
from posequery.sources.human36m_names import CAMERAS, SUBJECTS
from posequery.sources.rendered.bodies import random_body
from posequery.sources.rendered.figures import Array
from posequery.sources.rendered.motions import ACTIONS
from posequery.sources.rendered.studio import SIZE, Studio

VALIDATION_SUBJECTS = ("S101", "S102", "S103", "S104")
"""Bodies to tune settings on, so that S9 and S11 stay unseen."""


class Recording(Protocol):
    """What is asked of a sequence: human36m_names.Sequence fits."""

    @property
    def action(self) -> str: ...
    @property
    def subaction(self) -> int: ...
    @property
    def stem(self) -> str: ...


def write_subject(
    root: str | os.PathLike[str],
    subject: str,
    sequences: Iterable[Recording],
    frames: int,
    *,
    fps: int = 5,
    size: tuple[int, int] = SIZE,
    seed: int = 0,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write a subject's videos and 2-D positions under `root`, in Human3.6M's layout.

    `<root>/<subject>/Videos/<stem>.54138969.mp4` (H.264) holds 1 to 5 frames more than the
    `frames` that `<root>/<subject>/MyPoseFeatures/D2_Positions/<stem>.54138969.cdf` annotates:
    variable `Pose` (1, frames, 64), float32, x and y of 32 joints in pixels of the full image.
    `size` is (width, height). The body depends on (seed, subject), a motion on the action and
    subaction as well; `advance` is told of each annotated frame. Raises BadInput for an unknown
    subject or action, or a size that H.264 cannot hold. Each file appears whole or not at all.
    """
    if subject not in SUBJECTS + VALIDATION_SUBJECTS:
        known = ", ".join(SUBJECTS + VALIDATION_SUBJECTS)
        raise BadInput(subject, "there is no such rendered subject", f"Name one of {known}")
    for sequence in sequences:
        if sequence.action not in ACTIONS:
            raise BadInput(
                f"{subject}, {sequence.stem}",
                f"there is no action '{sequence.action}'",
                f"Name one of {', '.join(ACTIONS)}",
            )
    if min(size) < 32 or size[0] % 2 or size[1] % 2:
        raise BadInput(
            f"{subject}, size {size[0]}x{size[1]}",
            "H.264 with 4:2:0 colour needs even sides, and a person 32 pixels or more",
            "Choose an even width and height of at least 32",
        )
    if frames < 1 or fps < 1:
        raise BadInput(subject, f"{frames} frames at {fps} a second make no video", "Use 1 or more")
    bodies = [
        random_body(seeded("rendered", seed, role, subject)) for role in ("body", "companion")
    ]
    studio = Studio(size)
    for sequence in sequences:
        words = ("rendered", seed, "motion", subject, sequence.action, sequence.subaction)
        generator = seeded(*words)
        seconds = np.arange(frames + int(generator.integers(1, 6))) / fps
        positions = np.empty((len(seconds), 32, 2))
        scenes = studio.perform(bodies, sequence.action, generator, seconds)
        folder, name = Path(root, subject), f"{sequence.stem}.{CAMERAS[0]}"
        with whole(folder / "Videos" / f"{name}.mp4") as path, _video(path, size, fps) as write:
            for number, (cast, image, _) in enumerate(scenes):
                positions[number] = studio.camera.project(cast.human36m()[0])[0]
                write(image)
                advance(int(number < frames))
        with whole(folder / "MyPoseFeatures" / "D2_Positions" / f"{name}.cdf") as path:
            _write_positions(path, positions[:frames])


@contextmanager
def _video(
    path: Path, size: tuple[int, int], fps: int
) -> Iterator[Callable[[NDArray[np.uint8]], None]]:
    """Yields what takes the video's next frame (H, W, 3), RGB."""
    # One thread and no dates: the same frames give the same bytes.
    # x264 gives the same bits on every CPU only if told to.
    exact = {"threads": "1", "x264-params": "cpu-independent=1"}
    options = {"crf": "18", "preset": "ultrafast"} | exact
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options=options)
        stream.pix_fmt = "yuv420p"
        stream.width, stream.height = size
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
        "Compress": 0,  # a compressed variable would hold the time of day
    }
    file = CDF(path)
    file.write_var(variable, var_data=rows[None])
    file.close()
