"""What the student forgets of windows that it was trained on. Online alone, of cells that measure
it (`online.forgetting`)."""

import numpy as np

from posequery.evaluation.columns import Column, Evaluation
from posequery.metrics import joint_errors, mpjpe


def _forgetting(evaluation: Evaluation) -> float:
    """Source pixels, above 0 is forgotten: the mean over windows of the mean error of the last
    weights, less that of the weights just trained on this window. The last window that was trained
    on, of which both are the same, is left out."""
    after, final = evaluation.after, evaluation.final
    if after is None or final is None:
        return np.nan
    found = []
    for number, first in enumerate(after.update_frames[:-1], start=1):
        own = after.version == number
        stretch = slice(first, first + own.sum())
        reference = evaluation.reference[stretch]
        errors = (joint_errors(of, reference) for of in (after.joints[own], final.joints[stretch]))
        just_trained, last = map(mpjpe, errors)
        found.append(last - just_trained)
    known = [value for value in found if np.isfinite(value)]
    return float(np.mean(known)) if known else np.nan


COLUMNS = (Column("forgetting_px", _forgetting),)
