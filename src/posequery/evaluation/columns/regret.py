"""How far a cell is from training on every frame of each window without any delay (the online
method `all`), and how much of what that gains it has. Online alone, and where that cell was run.

Windows have as many frames as the cell's first one; F is the mean error in each, over the frames
that this cell saw.
"""

from functools import lru_cache

import numpy as np

from posequery.evaluation.columns import Column, Evaluation
from posequery.metrics import joint_errors, mpjpe


# Both columns are of them. An evaluation is compared by its identity.
@lru_cache(maxsize=1)
def _windows(evaluation: Evaluation) -> np.ndarray:
    """F (w, 3), source pixels, of this cell, of `all` and of the unadapted student: NaN where one
    is not known."""
    window, reference = evaluation.cell.window, evaluation.reference
    if window is None or evaluation.every is None:
        return np.empty((0, 3))
    every = joint_errors(evaluation.every.joints, reference)
    never = np.full_like(every, np.nan)
    if evaluation.baseline is not None:
        never = joint_errors(evaluation.baseline.joints, reference)
    starts = range(0, len(reference), window)
    errors = (evaluation.errors, every, never)
    found = [[mpjpe(of[at : at + window]) for of in errors] for at in starts]
    return np.array(found).reshape(-1, 3)


def _regret(evaluation: Evaluation) -> float:
    """Source pixels, the sum over windows of F - F of `all`: above 0 is worse than `all`."""
    found = _windows(evaluation)
    found = found[np.isfinite(found[:, :2]).all(axis=1)]
    return float((found[:, 0] - found[:, 1]).sum()) if len(found) else np.nan


def _gain(evaluation: Evaluation) -> float:
    """A share of 1, the 'gain recovered': the sum over windows of F of the unadapted student - F,
    over the same of `all`. Below 0 the cell does harm; none where `all` itself gains nothing."""
    found = _windows(evaluation)
    found = found[np.isfinite(found).all(axis=1)]
    gained, possible = (found[:, 2:] - found[:, :2]).sum(axis=0)
    return float(gained / possible) if possible > 0 else np.nan


COLUMNS = (Column("regret_px", _regret), Column("gain_share", _gain))
