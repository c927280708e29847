"""Evenly spaced frames: {⌊j/p⌋ : j = 0 … ⌊N·p⌋-1} (paper, section 3)."""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    p = window.rate
    # Python integers, because a rate's denominator may overflow 64 bits.
    frames = [j * p.denominator // p.numerator for j in range(window.k)]
    return Selection(np.array(frames, np.int64))


STRATEGY = Strategy("uniform", _pick)
