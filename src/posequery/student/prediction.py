"""Poses predicted from frames, and from a stream in bounded memory."""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from posequery.clips import Stream
from posequery.jobs.progress import Progress
from posequery.student import decoding, parsing, pixels
from posequery.student.extras import Extras
from posequery.student.inference import for_inference
from posequery.student.network import STRIDE
from posequery.student.training import flushed_denormals, normalised

BATCH = 32
"""Number of frames predicted at once."""


class Prediction(NamedTuple):
    """What a network predicts for n frames, in source pixels."""

    joints: np.ndarray
    """(n, 18, 2) float32: the highest refined peak of each map, which always exists."""
    peaks: np.ndarray
    """(n, 18) float32: the values of those peaks."""
    parsed: np.ndarray
    """(n, 18, 2) float32: of the people found by trt_pose's parser, the one nearest to the
    reference (`parsing.nearest`); NaN where a joint is not found."""
    extras: Mapping[str, np.ndarray] = MappingProxyType({})
    """Those of `strategies.EXTRAS` that were asked for, each (n, ...), by name."""


@flushed_denormals()
def predict(
    network: nn.Module,
    frames: np.ndarray,
    source_sizes: np.ndarray,
    reference: np.ndarray | None = None,
    extras: Extras | None = None,
) -> Prediction:
    """Predict one batch of frames (n, s, s, 3) uint8 RGB of the network's input size.

    The network is left in eval mode; one made by `for_inference` is faster. source_sizes (n, 2) are
    width and height. Without a reference (n, 18, 2) in source pixels, nothing is parsed: `parsed`
    is NaN.
    """
    side = frames.shape[1] // STRIDE
    with torch.inference_mode():
        maps, fields = forward(network, frames)
        points, values = decoding.highest_peaks(maps)
        joints = pixels.to_source(points.cpu().numpy(), side, source_sizes)
        more = extras.of(frames, maps, joints, source_sizes) if extras else {}
    parsed = np.full(points.shape, np.nan, np.float32)
    if reference is not None:
        for number, several in enumerate(people_in(maps, fields, source_sizes)):
            parsed[number] = parsing.nearest(several, reference[number])
    return Prediction(joints, values.cpu().numpy(), parsed, more)


def forward(network: nn.Module, frames: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """The maps and fields, on the network's device, for frames (n, s, s, 3) uint8 RGB."""
    device = next(network.parameters()).device
    maps, fields = network.eval()(normalised(torch.from_numpy(frames).to(device)))
    return maps, fields


def people_in(
    maps: torch.Tensor, fields: torch.Tensor, source_sizes: np.ndarray
) -> Iterator[np.ndarray]:
    """For each image the people (p, 18, 2) that the parser finds, in source pixels."""
    for people, size in zip(parsing.parse(maps, fields), source_sizes, strict=True):
        sizes = np.tile(size, (len(people.joints), 1))
        yield pixels.to_source(people.joints, maps.shape[-1], sizes)


def predict_stream(
    network: nn.Module,
    stream: Stream,
    start: int = 0,
    stop: int | None = None,
    reference: np.ndarray | None = None,
    progress: Progress | None = None,
    wanted: Collection[str] = (),
) -> Prediction:
    """Predict frames start to stop of a stream; `reference` (n, 18, 2) is for those frames.

    wanted: which of `strategies.EXTRAS` to find as well; they change nothing of the rest. The frame
    `start`, and the first of each clip, have no `change`.
    """
    stop = len(stream) if stop is None else stop
    fast, batches = for_inference(network), []
    with Extras(fast, wanted).watching() as extras:
        for begin in range(start, stop, BATCH):
            indices = np.arange(begin, min(begin + BATCH, stop))
            known = None if reference is None else reference[indices - start]
            frames, sizes = stream.frames(indices), stream.source_size(indices)
            batches.append(predict(fast, frames, sizes, known, extras if wanted else None))
            if progress is not None:
                progress.advance(len(indices))
    joints, peaks, parsed = (
        np.concatenate([getattr(batch, name) for batch in batches])
        for name in ("joints", "peaks", "parsed")
    )
    more = {name: np.concatenate([batch.extras[name] for batch in batches]) for name in wanted}
    if "change" in more:
        more["change"][np.isin(np.arange(start, stop), stream.starts)] = np.nan
    return Prediction(joints, peaks, parsed, more)
