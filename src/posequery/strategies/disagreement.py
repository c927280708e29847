"""The frames in which the student differs most from its teacher.

A frame's score is the mean distance of its limb joints to the teacher's labels. The teacher has to
label every frame of the window, not only the k that are picked: `labelled` in a cell's cell.json
counts them. Offline, the labels of the pool are its ground truth, and this is the strategy `error`.
"""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.disagreement is not None
    indices = largest(window.disagreement, window.k, random)
    return Selection(indices, window.disagreement[indices])


STRATEGY = Strategy("disagreement", _pick, needs=("disagreement",))
