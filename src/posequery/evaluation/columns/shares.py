"""MPJPE (mean per joint position error) as a share of the person's size, which no resolution and no
distance from the camera changes: errors of videos of different sizes may be averaged so.

Each error counts as a share of 1 of the person's size in its clip (`evaluation.person`: the median
diagonal of the box around the reference's limb joints); frames of a clip without a size count
nowhere. Means are over the same (frame, limb joint) pairs as those of `errors`.
"""

import numpy as np

from posequery.evaluation.columns import Column, Evaluation
from posequery.metrics import joint_errors, mpjpe


def _share(evaluation: Evaluation) -> float:
    """A share of the person's size, over all frames: `mpjpe_px` without its pixels."""
    return mpjpe(evaluation.errors / evaluation.played.person[:, None])


def _without_first_window(evaluation: Evaluation) -> float:
    """A share of the person's size, online alone: over the frames after the first window."""
    window = evaluation.cell.window
    if window is None:
        return np.nan
    return mpjpe(evaluation.errors[window:] / evaluation.played.person[window:, None])


def _equal_lag(evaluation: Evaluation) -> float:
    """A share of the person's size, of continual alone: by weights frozen at a window's start."""
    if evaluation.lagged is None:
        return np.nan
    joints = evaluation.lagged.joints
    errors = joint_errors(joints, evaluation.reference[: len(joints)])
    return mpjpe(errors / evaluation.played.person[: len(joints), None])


COLUMNS = (
    Column("mpjpe_share", _share),
    Column("mpjpe_share_without_first_window", _without_first_window),
    Column("mpjpe_share_equal_lag", _equal_lag),
)
