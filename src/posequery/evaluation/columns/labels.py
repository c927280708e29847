"""What the teacher's labels cost, and what they are worth without a student."""

import numpy as np

from posequery.evaluation.blind import last_labels
from posequery.evaluation.columns import Column, Evaluation
from posequery.metrics import joint_errors, mpjpe


def _frames_labelled(evaluation: Evaluation) -> float:
    """Frames that the teacher was asked for: those picked, whether it saw somebody or not, and
    those that a strategy looked at the labels of in order to pick."""
    cell, record = evaluation.cell, evaluation.record
    if cell.labelled is not None:
        return cell.labelled
    return sum(map(len, record.picked)) if cell.setting == "online" else cell.k


def _blind(evaluation: Evaluation) -> float:
    """Source pixels, online alone: of no student, but of the last of the labels that this cell got
    from its teacher, repeated from when the cell's own weights know them; without the frames before
    a scene's first label (`evaluation.blind`)."""
    if evaluation.taught is None:
        return np.nan
    record = evaluation.record
    updates = zip(record.update_frames.tolist(), record.picked, strict=True)
    repeated = last_labels(evaluation.taught, evaluation.played.scene, updates)
    return mpjpe(joint_errors(repeated, evaluation.reference))


COLUMNS = (Column("frames_labelled", _frames_labelled), Column("mpjpe_px_blind", _blind))
