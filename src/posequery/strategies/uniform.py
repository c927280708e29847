"""Evenly spaced frames: {⌊j/p⌋ : j = 0 … ⌊N·p⌋-1} (paper, section 3)."""

import numpy as np

from posequery.strategies import NoParameters, Selection, Strategy, Window


def _pick(window: Window, random: np.random.Generator, parameters: NoParameters) -> Selection:
    p = window.rate
    # Python's integers: a rate may have a denominator that overflows 64 bits.
    frames = [j * p.denominator // p.numerator for j in range(window.k)]
    return Selection(np.array(frames, np.int64))


STRATEGY = Strategy("uniform", _pick)
