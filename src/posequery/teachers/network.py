"""A network of `student.network.NETWORKS` as a teacher: it labels a stream from its source videos.

It stands where OpenPose stands in the paper.
"""

import os
from collections.abc import Iterator
from itertools import islice

import numpy as np

from posequery.clips import ClipInfo, Stream
from posequery.files import BadInput
from posequery.progress import Progress
from posequery.sources import video
from posequery.student import checkpoint, training

BATCH = 32


def label_stream(
    path: str | os.PathLike[str], stream: Stream, device: str = "cpu"
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of a whole stream by the checkpoint at `path`, each clip's from its source video.

    The teacher sees the source squashed to its own input size, not the student's small frames.
    Gives joints (n, 18, 2) float32 in source pixels and their peaks' values (n, 18). Raises
    `BadInput` for a bad checkpoint, and for a video that is missing, broken or shorter than its
    clip.
    """
    network, info = checkpoint.load(path)
    network.to(device)
    joints, peaks = [], []
    with Progress(len(stream), "frames", "label with the network") as progress:
        for clip in stream.clips:
            # The clip may leave out the video's last frames, never its first.
            frames = islice(video.frames(clip.video, info.input_size), clip.frames)
            count = 0
            for batch in _batches(frames):
                sizes = np.tile([clip.width, clip.height], (len(batch), 1))
                found = training.predict(network, batch, sizes)
                joints.append(found[0])
                peaks.append(found[1])
                count += len(batch)
                progress.advance(len(batch))
            _check(clip, count)
    return np.concatenate(joints), np.concatenate(peaks)


def _batches(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    while batch := list(islice(frames, BATCH)):
        yield np.stack(batch)


def _check(clip: ClipInfo, count: int) -> None:
    if count != clip.frames:
        raise BadInput(
            clip.video,
            f"holds {count} frames where its clip {clip.slug} has {clip.frames}",
            "Delete the clip and extract it again",
        )
