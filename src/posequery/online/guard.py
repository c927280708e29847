"""Whether new weights may go live: a training that makes things worse must not.

They and the live ones predict a few frames of the stretch that neither was trained on in this
training, and that the teacher labelled as well.
"""

import numpy as np
from torch import nn

from posequery.metrics import joint_errors, mpjpe
from posequery.online.task import Task
from posequery.student.inference import for_inference
from posequery.student.prediction import predict


def held_back(size: int, picked: np.ndarray, count: int) -> np.ndarray:
    """`count` frames (h,) of a stretch, in order, spread evenly over those that are not picked
    (k,). Raises ValueError where there are not so many."""
    left = np.setdiff1d(np.arange(size), picked)
    if count > len(left):
        raise ValueError(f"{count} frames to hold back of {len(left)} that are not picked")
    return left[(2 * np.arange(count) + 1) * len(left) // (2 * max(1, count))]


def harms(task: Task, live: nn.Module, new: nn.Module, held: np.ndarray) -> bool:
    """Whether the weights of `new` err more than those of `live` on some frames (h,) of the stream.

    Errors are against the teacher's labels. Where it saw nobody in any of them, nothing is known
    against the new weights.
    """
    frames, sizes = task.stream.frames(held), task.stream.source_size(held)
    before, after = (
        mpjpe(
            joint_errors(predict(for_inference(network), frames, sizes).joints, task.labels[held])
        )
        for network in (live, new)
    )
    return bool(after > before)
