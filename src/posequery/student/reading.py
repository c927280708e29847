"""Reading joints from the frames of a stream, in bounded memory."""

import numpy as np
from torch import nn

from posequery.clips import Stream
from posequery.progress import Progress
from posequery.student.training import predict

FRAMES_AT_ONCE = 64


def read_stream(
    network: nn.Module,
    stream: Stream,
    start: int = 0,
    stop: int | None = None,
    progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Joints (n, 18, 2) in source pixels and peaks (n, 18) of frames start to stop of a stream."""
    stop = len(stream) if stop is None else stop
    found = []
    for begin in range(start, stop, FRAMES_AT_ONCE):
        indices = np.arange(begin, min(begin + FRAMES_AT_ONCE, stop))
        found.append(predict(network, stream.frames(indices), stream.source_size(indices)))
        if progress is not None:
            progress.advance(len(indices))
    joints, peaks = zip(*found, strict=True)
    return np.concatenate(joints), np.concatenate(peaks)
