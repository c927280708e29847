"""The frames of which the student says something else when it sees their mirror image.

A frame's score is the mean distance between the joints that are predicted of it, and those that are
predicted of its mirror image, and mirrored back. It costs a second forward pass for every frame.
"""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.flipped is not None
    indices = largest(window.flipped, window.k, random)
    return Selection(indices, window.flipped[indices])


STRATEGY = Strategy("flip consistency", _pick, needs=("flipped",))
