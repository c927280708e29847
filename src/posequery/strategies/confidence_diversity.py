"""The 2k most confident frames, and of these the k that cover the rest.

Confidence is that of `top_confidence`; the k are picked as `k_center` does (D-SBAD, with γ = 2).
"""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest
from posequery.strategies.k_center import by_features, farthest_first


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.peaks is not None and window.features is not None
    mean = window.peaks.mean(axis=1)
    sure = largest(mean, min(2 * window.k, window.size), random)
    indices = sure[by_features(window.features[sure], window.k, random, farthest_first)]
    return Selection(indices, mean[indices])


STRATEGY = Strategy("confidence-diversity", _pick, needs=("peaks", "features"))
