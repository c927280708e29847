"""What the guard of the method `guarded` did."""

import numpy as np

from posequery.evaluation.columns import Column, Evaluation


def _refused(evaluation: Evaluation) -> float:
    """A share of 1, of cells with a guard alone: of their trainings, those whose weights did not go
    live, since they erred more on frames that were held back."""
    cell = evaluation.cell
    return cell.refused / cell.trainings if cell.refused is not None and cell.trainings else np.nan


COLUMNS = (Column("refused_share", _refused),)
