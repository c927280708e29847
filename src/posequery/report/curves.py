"""Errors over a stream's time, of the poses that records and labels hold."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from posequery import record
from posequery.clips import Stream, read_labels
from posequery.metrics import frame_errors, joint_errors

Around = tuple[np.ndarray, np.ndarray]
"""What a rolling mean of each frame is over: see `timing.Timing.around`."""


@dataclass(frozen=True)
class Curve:
    """One line's error over a stream.

    label: its printed name. method, rate: whose style it has, see `style.styles`; the rate is None
    where all curves have the same, or it has none.
    error: (frames,) source pixels, a rolling mean; NaN where the window holds no labelled frame.
    updates: (u,) int64 stream frames from which new weights are live.
    """

    label: str
    method: str
    error: np.ndarray
    updates: np.ndarray
    rate: Fraction | None = None


def rolling_mean(values: np.ndarray, around: Around) -> np.ndarray:
    """Mean (n,) over the frames around each, NaN left out."""
    known = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    low, high = around
    found = count[high] - count[low]
    mean = np.full(len(values), np.nan)
    return np.divide(total[high] - total[low], found, out=mean, where=found > 0)


def read_record(path: Path, frames: int) -> record.Record:
    """A record of a stream of that many frames; raises BadInput for a broken or foreign one."""
    read = record.read(path)
    read.require_frames(path, frames)
    return read


def method_curve(
    label: str, folder: Path, cells: pd.DataFrame, truth: np.ndarray, around: Around
) -> Curve:
    """The mean over the cells (seeds of one method); updates are the first cell's.

    folder: the one that `cells.csv` lies in. truth: (frames, 18, 2) in source pixels.
    Raises BadInput for a missing or foreign record.
    """
    reads = [read_record(folder / at / "record.h5", len(truth)) for at in cells["folder"]]
    errors = [frame_errors(joint_errors(read.joints, truth)) for read in reads]
    smooth = rolling_mean(np.mean(errors, axis=0), around)
    return Curve(label, cells["method"].iloc[0], smooth, reads[0].update_frames)


def teacher_curve(
    label: str, labels: Path, stream: Stream, truth: np.ndarray, around: Around
) -> Curve:
    """The teacher's own error against the stream's ground truth."""
    joints, _ = read_labels(labels, stream.path)
    error = frame_errors(joint_errors(joints, truth))
    return Curve(label, "teacher", rolling_mean(error, around), np.empty(0, np.int64))
