"""The frames whose confidence maps have several peaks (multi-peak entropy, Liu and Ferrari, 2017).

A map's peaks are its local maxima above 0.1 in a window of 5 × 5 cells; as shares of their sum they
have an entropy. A frame's score is the sum over its 18 maps.
"""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.entropy is not None
    total = window.entropy.sum(axis=1)
    indices = largest(total, window.k, random)
    return Selection(indices, total[indices], window.entropy[indices].argmax(axis=1))


STRATEGY = Strategy("multi-peak entropy", _pick, needs=("entropy",))
