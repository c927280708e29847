"""Videos without ground truth, split in time: a pool from the first part of each, a test from the
last, both with a teacher's labels in place of the truth."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from posequery.clips import ClipWriter, Stream, read_labels
from posequery.jobs.files import whole
from posequery.jobs.progress import Progress
from posequery.offline.settings import require_parts, split_sizes


def split(index: Path, labels: Path, share: Fraction, gap: str, pool: Path, test: Path) -> None:
    """Write the two parts of each clip that a stream plays, `<slug>.h5` in `pool` and in `test`.

    index: of the stream. labels: a teacher's, of the stream; they become the clips' own. share,
    gap: see `split_sizes`. Raises `BadInput` for a clip that is too short, before any is written.
    """
    stream = Stream(index)
    joints, confidence = read_labels(labels, index)
    timings = [stream.clip_timing(number) for number in range(len(stream.clips))]
    for info, timing in zip(stream.clips, timings, strict=True):
        require_parts(info.video, timing, share, gap)
    with Progress(len(timings), "clips", "split in time") as progress:
        for number, timing in enumerate(timings):
            many, tested = split_sizes(timing, share, gap)
            parts = {pool: slice(0, many), test: slice(len(timing) - tested, len(timing))}
            for folder, part in parts.items():
                start = int(stream.starts[number])
                own = slice(start + part.start, start + part.stop)
                _write(folder, stream, number, part, joints[own], confidence[own])
            progress.advance()


def _write(
    folder: Path,
    stream: Stream,
    number: int,
    part: slice,
    joints: np.ndarray,
    confidence: np.ndarray,
) -> None:
    """Write the frames `part` of a stream's clip, as they are stored, with these labels of them."""
    clip, info = stream.clip(number), stream.clips[number]
    times = clip.times[part]
    with whole(folder / f"{info.slug}.h5") as temporary, ClipWriter(temporary) as writer:
        for frame in range(part.start, part.stop):
            writer.append_jpeg(clip.jpeg(frame))
        info = replace(info, frames=len(times))
        writer.close(info, joints, confidence, times - times[0])
