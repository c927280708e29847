"""Frames drawn at random without replacement (paper, section 3)."""

import numpy as np

from posequery.strategies import NoParameters, Selection, Strategy, Window


def _pick(window: Window, random: np.random.Generator, parameters: NoParameters) -> Selection:
    return Selection(np.sort(random.choice(window.size, window.k, replace=False)))


STRATEGY = Strategy("random", _pick)
