"""What the engine did that predicts online."""

from posequery.evaluation.columns import Column, Evaluation, share_of_trainings


def _unswapped(evaluation: Evaluation) -> float:
    """A share of 1, of cells with another engine than torch alone: of their trainings, those whose
    weights did not go live, since the engine failed on them."""
    return share_of_trainings(evaluation, evaluation.cell.unswapped)


COLUMNS = (Column("unswapped_share", _unswapped),)
