"""Errors over a stream's time, read from the records of online cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posequery import record
from posequery.clips import Stream, read_labels
from posequery.evaluation.cells import CellRow
from posequery.jobs.files import BadInput
from posequery.metrics import frame_errors, joint_errors


@dataclass(frozen=True)
class Curve:
    """One method's error over a stream.

    error: (frames,) source pixels, a rolling mean; NaN where the window holds no labelled frame.
    updates: (u,) int64 stream frames from which new weights are live.
    """

    method: str
    error: np.ndarray
    updates: np.ndarray


def rolling_mean(values: np.ndarray, window: int) -> np.ndarray:
    """Mean (n,) over `window` frames centred on each; cut at the ends, NaN left out.

    An even window reaches one frame further back than forth.
    """
    known = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    at = np.arange(len(values))
    low = np.maximum(at - window // 2, 0)
    high = np.minimum(at + (window + 1) // 2, len(values))
    found = count[high] - count[low]
    mean = np.full(len(values), np.nan)
    return np.divide(total[high] - total[low], found, out=mean, where=found > 0)


def method_curve(folder: Path, cells: Sequence[CellRow], truth: np.ndarray, window: int) -> Curve:
    """The mean over the cells (seeds of one method); updates are the first cell's.

    folder: the one that `cells.csv` lies in. truth (frames, 18, 2): source pixels. Raises BadInput
    for a missing or foreign record.
    """
    errors, updates = [], []
    for cell in cells:
        path = folder / cell.folder / "record.h5"
        read = record.read(path)
        if len(read.joints) != len(truth):
            fault = f"records {len(read.joints)} frames of a stream of {len(truth)}"
            raise BadInput(path, fault, record.REPAIR)
        errors.append(frame_errors(joint_errors(read.joints, truth)))
        updates.append(read.update_frames)
    return Curve(cells[0].method, rolling_mean(np.mean(errors, axis=0), window), updates[0])


def teacher_curve(labels: Path, stream: Stream, window: int) -> Curve:
    """The teacher's own error against the stream's ground truth."""
    joints, _ = read_labels(labels, stream.path)
    truth = stream.joints(np.arange(len(stream)))
    error = frame_errors(joint_errors(joints, truth))
    return Curve("teacher", rolling_mean(error, window), np.empty(0, np.int64))
