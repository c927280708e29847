"""What the engine did that predicts online."""

import numpy as np

from posequery.evaluation.columns import Column, Evaluation


def _unswapped(evaluation: Evaluation) -> float:
    """A share of 1, of cells with another engine than torch alone: of their trainings, those whose
    weights did not go live, since the engine failed on them."""
    cell = evaluation.cell
    if cell.unswapped is None or not cell.trainings:
        return np.nan
    return cell.unswapped / cell.trainings


COLUMNS = (Column("unswapped_share", _unswapped),)
