"""The least confident frame of each of k equally long parts of the window.

Part b has the frames from ⌊b·N/k⌋ to ⌊(b+1)·N/k⌋. A frame's confidence is the lowest peak of its
18 confidence maps. It spreads frames as `uniform` does, and ranks them as `least_confidence` does.
"""

from itertools import pairwise

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.peaks is not None
    lowest = window.peaks.min(axis=1)
    edges = [part * window.size // window.k for part in range(window.k + 1)]
    firsts = [largest(-lowest[start:stop], 1, random)[0] for start, stop in pairwise(edges)]
    indices = np.array(edges[:-1]) + firsts
    return Selection(indices, lowest[indices], window.peaks[indices].argmin(axis=1))


STRATEGY = Strategy("stratified", _pick, needs=("peaks",))
