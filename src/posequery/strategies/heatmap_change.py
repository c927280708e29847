"""The frames whose confidence maps differ most from their neighbours' (temporal heatmap change).

A frame's score is its maps' difference to the frame before and to the frame after (`Window.change`
says how it is measured). At an end, the one difference there is counts twice. An end is where the
window ends, or a clip, or what one version of the weights predicted.
"""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window, largest


def _pick(window: Window, random: np.random.Generator, parameters: Section) -> Selection:
    assert window.change is not None
    # What lies before the window's first frame is not in it.
    before = np.concatenate([[np.nan], window.change[1:]])
    after = np.concatenate([window.change[1:], [np.nan]])
    score = np.where(np.isnan(before), after, before) + np.where(np.isnan(after), before, after)
    indices = largest(score, window.k, random)
    return Selection(indices, score[indices])


STRATEGY = Strategy("heatmap change", _pick, needs=("change",))
