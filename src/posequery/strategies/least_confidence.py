"""The least confident frames, 'uncertainty' in the paper's tables (section 3).

A frame's confidence is the lowest peak of its 18 confidence maps ('across all keypoints'); the
other readings are the lowest peak of the 12 limb joints' maps, and the mean peak of all 18.
"""

from typing import Literal

import numpy as np

from posequery.settings import Section
from posequery.skeletons import LIMBS
from posequery.strategies import Selection, Strategy, Window, largest


class Parameters(Section):
    """How the peaks of a frame's confidence maps become its confidence."""

    over: Literal["lowest", "lowest_limb", "mean"] = "lowest"
    """A frame's confidence: the lowest peak of all 18 confidence maps, the lowest of the 12 limb
    joints' maps, or the mean peak of all 18."""


def _pick(window: Window, random: np.random.Generator, parameters: Parameters) -> Selection:
    assert window.peaks is not None
    if parameters.over == "mean":
        mean = window.peaks.mean(axis=1)
        indices = largest(-mean, window.k, random)
        return Selection(indices, mean[indices])
    maps = LIMBS if parameters.over == "lowest_limb" else np.arange(window.peaks.shape[1])
    peaks = window.peaks[:, maps]
    lowest = peaks.min(axis=1)
    indices = largest(-lowest, window.k, random)
    return Selection(indices, lowest[indices], maps[peaks[indices].argmin(axis=1)])


STRATEGY = Strategy("uncertainty", _pick, needs=("peaks",), parameters=Parameters)
