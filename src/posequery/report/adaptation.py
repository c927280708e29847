"""What a stream without ground truth shows of adaptation: its windows, and errors in them."""

from collections.abc import Sequence

import numpy as np

from posequery.metrics import joint_errors, mpjpe
from posequery.timing import Timing


def window_mask(starts: np.ndarray, windows: np.ndarray, frames: int) -> np.ndarray:
    """Which frames (n,) are of a camera that a finished window has already held some of.

    starts: (clips,) first frame of each camera. windows: (w,) first frame of each window. Weights
    are trained at a window's end, so that none has been trained on a camera until the window in
    which it begins has ended.
    """
    seen = np.ones(frames, bool)
    after = np.append(windows, frames)[np.searchsorted(windows, starts, side="right")]
    for start, end in zip(starts, after, strict=True):
        seen[start:end] = False
    return seen


def played_windows(timing: Timing, window: str, version: np.ndarray) -> np.ndarray:
    """The first frames (w,) of the windows of a student that may miss frames while it trains.

    window: '1500 frames' or '30 s'. version (n,): -1 for a frame that was missed, which is of none.
    """
    seen, found, frame = np.flatnonzero(version >= 0), [], 0
    while (at := np.searchsorted(seen, frame)) < len(seen):
        found.append(seen[at])
        frame = timing.after(int(seen[at]), window)
    return np.array(found, np.int64)


def stretch_errors(
    joints: np.ndarray, reference: np.ndarray, person: np.ndarray, masks: Sequence[np.ndarray]
) -> list[tuple[float, float, float]]:
    """For each mask of frames (n,): the MPJPE in source pixels, the same as a share of the person's
    size (n,), and the share of frames that it covers.

    That is the share of the reference's labelled frames in which `joints` (n, 18, 2) has any.
    """
    errors = joint_errors(joints, reference)
    shares = errors / person[:, None]
    found = np.isfinite(errors).any(axis=1)
    wanted = np.isfinite(reference).all(axis=2).any(axis=1)
    rows = []
    for mask in masks:
        count = int((wanted & mask).sum())
        share = int((found & mask).sum()) / count if count else 0.0
        rows.append((mpjpe(errors[mask]), mpjpe(shares[mask]), share))
    return rows
