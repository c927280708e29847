"""Reading joints from frames, and from those of a stream in bounded memory."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from posequery.clips import Stream
from posequery.progress import Progress
from posequery.skeletons import JOINTS
from posequery.student import decoding, parsing, pixels
from posequery.student.inference import for_inference
from posequery.student.network import STRIDE
from posequery.student.training import flushed_denormals, normalised

BATCH = 32
"""Frames that are predicted at once."""


class Reading(NamedTuple):
    """What a network says of n frames, in source pixels."""

    joints: np.ndarray
    """(n, 18, 2) float32: the highest refined peak of each map, always a value."""
    peaks: np.ndarray
    """(n, 18) float32: the values of those peaks."""
    parsed: np.ndarray
    """(n, 18, 2) float32, the second reading: of the people that trt_pose's parser finds, the one
    nearest to the reference (`parsing.nearest`); NaN where a joint is not found."""


@flushed_denormals()
def predict(
    network: nn.Module,
    frames: np.ndarray,
    source_sizes: np.ndarray,
    reference: np.ndarray | None = None,
) -> Reading:
    """Read frames (n, s, s, 3) uint8 RGB at the network's size; the network ends in eval mode.

    source_sizes (n, 2) are width and height. Without a reference (n, 18, 2) in source pixels there
    is no second reading: it is NaN.
    """
    network.eval()
    device = next(network.parameters()).device
    side, shape = frames.shape[1] // STRIDE, (len(frames), len(JOINTS), 2)
    cells, peaks = np.empty(shape, np.float32), np.empty(shape[:2], np.float32)
    parsed = np.full(shape, np.nan, np.float32)
    fast = for_inference(network)
    with torch.inference_mode():
        for start in range(0, len(frames), BATCH):
            part = slice(start, start + BATCH)
            maps, fields = fast(normalised(torch.from_numpy(frames[part]).to(device)))
            points, values = decoding.highest_peaks(maps)
            cells[part], peaks[part] = points.cpu().numpy(), values.cpu().numpy()
            if reference is None:
                continue
            for number, people in enumerate(parsing.parse(maps, fields), start):
                sizes = np.tile(source_sizes[number], (len(people.joints), 1))
                several = pixels.to_source(people.joints, side, sizes)
                parsed[number] = parsing.nearest(several, reference[number])
    return Reading(pixels.to_source(cells, side, source_sizes), peaks, parsed)


def read_stream(
    network: nn.Module,
    stream: Stream,
    start: int = 0,
    stop: int | None = None,
    reference: np.ndarray | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Read frames start to stop of a stream; `reference` (n, 18, 2) is of those frames."""
    stop = len(stream) if stop is None else stop
    readings = []
    for begin in range(start, stop, BATCH):
        indices = np.arange(begin, min(begin + BATCH, stop))
        known = None if reference is None else reference[indices - start]
        frames, sizes = stream.frames(indices), stream.source_size(indices)
        readings.append(predict(network, frames, sizes, known))
        if progress is not None:
            progress.advance(len(indices))
    return Reading(*map(np.concatenate, zip(*readings, strict=True)))
