"""What the guard of the method `guarded` did."""

from posequery.evaluation.columns import Column, Evaluation, share_of_trainings


def _refused(evaluation: Evaluation) -> float:
    """A share of 1, of cells with a guard alone: of their trainings, those whose weights did not go
    live, since they erred more on frames that were held back."""
    return share_of_trainings(evaluation, evaluation.cell.refused)


COLUMNS = (Column("refused_share", _refused),)
