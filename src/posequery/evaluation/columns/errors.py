"""The paper's measure, MPJPE (mean per joint position error), in its variants.

All of them are means over the (frame, limb joint) pairs that have a reference, in source pixels.
"""

import numpy as np

from posequery.evaluation.columns import Column, Evaluation
from posequery.metrics import found_error, joint_errors, mpjpe


def _mpjpe(evaluation: Evaluation) -> float:
    """Source pixels, over all frames (paper, section 4.1)."""
    return mpjpe(evaluation.errors)


def _without_first_window(evaluation: Evaluation) -> float:
    """Source pixels, online alone: over the frames after the first window, which no update saw."""
    window = evaluation.cell.window
    return np.nan if window is None else mpjpe(evaluation.errors[window:])


def _equal_lag(evaluation: Evaluation) -> float:
    """Source pixels, of continual alone: by weights frozen at each window's start, so that it looks
    as far ahead as the others."""
    if evaluation.lagged is None:
        return np.nan
    joints = evaluation.lagged.joints
    return mpjpe(joint_errors(joints, evaluation.reference[: len(joints)]))


def _parsed(evaluation: Evaluation) -> float:
    """Source pixels, over the joints that trt_pose's parser finds, the second reading."""
    return found_error(evaluation.record.parsed, evaluation.reference)[0]


def _found_share(evaluation: Evaluation) -> float:
    """A share of 1: what trt_pose's parser finds of the limb joints that have a reference."""
    return found_error(evaluation.record.parsed, evaluation.reference)[1]


COLUMNS = (
    Column("mpjpe_px", _mpjpe),
    Column("mpjpe_px_without_first_window", _without_first_window),
    Column("mpjpe_px_equal_lag", _equal_lag),
    Column("mpjpe_px_parsed", _parsed),
    Column("found_share", _found_share),
)
