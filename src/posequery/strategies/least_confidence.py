"""The frames whose lowest map peak is lowest, 'uncertainty' in the paper's tables (section 3).

The lowest peak is taken over all 18 maps ('across all keypoints'); other readings are the lowest
of the 12 limb joints' maps, and the mean of all.
"""

from typing import Literal

import numpy as np

from posequery.settings import Section
from posequery.skeletons import LIMBS
from posequery.strategies import Selection, Strategy, Window, largest


class Parameters(Section):
    """How the peaks of a frame's maps become its confidence."""

    over: Literal["lowest", "lowest_limb", "mean"] = "lowest"
    """Over which maps: the lowest of all 18, the lowest of the 12 limb joints' maps, or the mean
    of all."""


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
