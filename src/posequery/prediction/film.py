"""A video with the predicted skeleton drawn into each frame."""

import os
from collections.abc import Iterable

import numpy as np

from posequery.jobs.progress import Progress
from posequery.prediction.poses import seen
from posequery.report.encoder import Encoder
from posequery.report.overlay import draw_skeleton
from posequery.report.views import View
from posequery.sources import video
from posequery.sources.geometry import Geometry

LONGEST = 1280
"""Pixels of the film's longer side at most; smaller videos keep their size."""
_COLOUR, _WIDTH = (255, 140, 0), 3


def write_film(
    path: str | os.PathLike[str],
    source: str | os.PathLike[str],
    shown: Geometry,
    poses: Iterable[np.ndarray],
    seconds: np.ndarray,
    fps: float,
) -> None:
    """Write the H.264 film of a video that is shown as `shown`, without its sound.

    poses: (18, 3) of each frame, see `Poses`; joints that are not seen are not drawn. seconds
    (n,): when the frames are shown, and their mean rate. The picture has the video's size, made
    even, or `LONGEST`.
    """
    view, size = View(0, 0, shown.width, shown.height), film_size(shown.width, shown.height)
    frames = zip(video.frames(source), poses, seconds.tolist(), strict=True)
    with Encoder(path, size, fps) as encoder, Progress(len(seconds), "frames", "draw") as progress:
        for frame, pose, when in frames:
            picture = view.show(frame, size)
            joints = np.where(seen(pose)[:, None], view.place(pose[:, :2], size), np.nan)
            draw_skeleton(picture, joints, _COLOUR, _WIDTH)
            encoder.append(picture, when)
            progress.advance()


def film_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of a film of frames of that size: even, as H.264 needs them."""
    scale = min(1.0, LONGEST / max(width, height))
    even = [max(2, 2 * round(side * scale / 2)) for side in (width, height)]
    return even[0], even[1]
