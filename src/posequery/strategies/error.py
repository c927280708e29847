"""The frames with the largest error against the labels: an oracle (paper, section 3)."""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.error is not None
    indices = largest(window.error, window.k, random)
    return Selection(indices, window.error[indices])


STRATEGY = Strategy("error", _pick, needs=("error",))
