"""The most confident frames: those with the highest mean peak of the 18 confidence maps."""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.peaks is not None
    mean = window.peaks.mean(axis=1)
    indices = largest(mean, window.k, random)
    return Selection(indices, mean[indices])


STRATEGY = Strategy("top confidence", _pick, needs=("peaks",))
