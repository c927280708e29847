"""Frames that the student is unsure of and that are like many others (information density).

A frame's score is one minus the lowest peak of its 18 confidence maps, times the mean cosine
between its features and those of every frame, itself included.
"""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest


def density(features: np.ndarray) -> np.ndarray:
    """Mean cosine (n,) of each row of features (n, d) with all: NaN where one is not finite, and
    left out of the others' means; 0 of a row that is 0."""
    # Not matrix products, whose rounding depends on a row's place: equal frames are equal here.
    norm = np.sqrt(np.einsum("ij,ij->i", features, features, dtype=np.float64))
    usable = np.isfinite(norm)
    rows = features if usable.all() else features[usable]
    with np.errstate(divide="ignore"):
        weight = np.where(norm[usable] > 0, 1 / norm[usable], 0)
    total = np.einsum("i,ij->j", weight, rows)
    found = np.full(len(features), np.nan)
    found[usable] = weight * np.einsum("ij,j->i", rows, total) / max(1, len(rows))
    return found


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.peaks is not None and window.features is not None
    score = (1 - window.peaks.min(axis=1)) * density(window.features)
    indices = largest(score, window.k, random)
    return Selection(indices, score[indices])


STRATEGY = Strategy("density-weighted", _pick, needs=("peaks", "features"))
