"""A network of `student.network.NETWORKS` as a teacher: it labels a stream from its source videos.

It stands where OpenPose stands in the paper. It labels rendered people alone, of whom one is in
view: it takes the highest peak of each joint's map, and would mix two people's joints.
"""

import os
from collections.abc import Iterator
from itertools import islice

import numpy as np

from posequery.clips import Stream
from posequery.jobs.progress import Progress
from posequery.sources.playback import play
from posequery.student import checkpoint
from posequery.student.inference import for_inference
from posequery.student.prediction import BATCH, predict

THRESHOLD = 0.1
"""Lowest peak that is a joint (trt_pose's cmap_threshold)."""


def label_stream(
    path: str | os.PathLike[str], stream: Stream, device: str = "cpu"
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of a whole stream by the checkpoint at `path`, each clip's from its source video.

    The teacher sees the source squashed to its own input size, not the student's small frames.
    Gives joints (n, 18, 2) float32 in source pixels and their peaks' values (n, 18); a joint whose
    peak is below `THRESHOLD` is not found, and NaN. Raises
    `BadInput` for a bad checkpoint, and for a video that is missing, broken or shorter than its
    clip.
    """
    loaded, info = checkpoint.load(path, device, of=checkpoint.TEACHER)
    network = for_inference(loaded)
    joints, peaks = [], []
    with Progress(len(stream), "frames", "label with the network") as progress:
        for clip in stream.clips:
            for batch in _batches(play(clip, info.input_size)):
                sizes = np.tile([clip.width, clip.height], (len(batch), 1))
                found = predict(network, batch, sizes)
                joints.append(found.joints)
                peaks.append(found.peaks)
                progress.advance(len(batch))
    labels, values = np.concatenate(joints), np.concatenate(peaks)
    labels[values < THRESHOLD] = np.nan
    return labels, values


def _batches(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    while batch := list(islice(frames, BATCH)):
        yield np.stack(batch)
