"""Frames drawn at random without replacement (paper, section 3)."""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    return Selection(np.sort(random.choice(window.size, window.k, replace=False)))


STRATEGY = Strategy("random", _pick)
