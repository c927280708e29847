"""PCK, the percentage of correct keypoints, which an error far off weighs on no more than one."""

import numpy as np

from posequery.evaluation.columns import Column, Evaluation
from posequery.skeletons import LIMBS

ALPHA = 0.2
"""The share of the torso's length within which a joint counts as correct."""


def _pck(evaluation: Evaluation) -> float:
    """A share of 1, PCK@0.2: of the (frame, limb joint) pairs that have a reference, those whose
    error is at most 0.2 of the torso's length in that clip (`evaluation.person`)."""
    errors = evaluation.errors[:, LIMBS]
    known = np.isfinite(evaluation.reference[:, LIMBS]).all(axis=2)
    known &= np.isfinite(evaluation.played.torso)[:, None]
    if not known.any():
        return np.nan
    correct = errors <= ALPHA * evaluation.played.torso[:, None]
    return float((correct & known).sum() / known.sum())


COLUMNS = (Column("pck_20", _pck),)
