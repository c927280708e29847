"""Evenly spaced frames: {⌊j/p⌋ : j = 0 … ⌊N·p⌋-1} (paper, section 3)."""

import numpy as np

from posequery.strategies import Selection, Strategy, Window


def _pick(window: Window, random: np.random.Generator) -> Selection:
    p = window.rate
    return Selection(np.arange(window.k) * p.denominator // p.numerator)


STRATEGY = Strategy("uniform", _pick)
