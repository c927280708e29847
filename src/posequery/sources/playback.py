"""A clip's source frames again, for use at a size other than the clip's."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from posequery.clips import ClipInfo
from posequery.jobs.files import BadInput
from posequery.sources import video


def play(clip: ClipInfo, size: int | None = None) -> Iterator[np.ndarray]:
    """Yield the clip's frames from its source video, as `video.frames` does.

    Raises `BadInput` for a video that is missing, broken, or shorter than its clip.
    """
    count = 0
    # A clip may omit the video's last frames, but never its first.
    for frame in islice(video.frames(clip.video, size), clip.frames):
        count += 1
        yield frame
    if count < clip.frames:
        raise BadInput(
            clip.video,
            f"holds {count} frames, but its clip {clip.slug} has {clip.frames}",
            "Delete the clip and extract it again",
        )
