"""How large the person is, so that errors in frames of different sizes can be compared."""

import numpy as np

from posequery.arrays import shape
from posequery.skeletons import JOINTS, LIMBS


def person_sizes(joints: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """The person's size (n,) in source pixels in the clip of each frame; NaN where nobody knows it.

    joints: the reference (n, 18, 2). clips: (n,) the number of each frame's clip. In a frame it is
    the diagonal of the upright box around the labelled ones of the 12 limb joints, from shoulder to
    ankle about 0.9 of the height of somebody who stands. In a clip it is the median over its frames
    with at least two such joints apart, so that neither bending down, nor a frame with few labels,
    makes the same error count for more; who walks towards the camera has one size nonetheless.
    Raises ValueError for other shapes.
    """
    count, _, _ = shape("joints", joints, "n", len(JOINTS), 2)
    shape("clips", clips, count, kinds="iu")
    limbs = joints[:, LIMBS].astype(np.float64)
    known = np.isfinite(limbs).all(axis=2, keepdims=True)
    low = np.where(known, limbs, np.inf).min(axis=1, initial=np.inf)
    high = np.where(known, limbs, -np.inf).max(axis=1, initial=-np.inf)
    diagonals = np.hypot(*np.maximum(high - low, 0).T)
    sizes = np.full(len(joints), np.nan)
    for clip in np.unique(clips):
        here = clips == clip
        apart = diagonals[here & (diagonals > 0)]
        if len(apart):
            sizes[here] = np.median(apart)
    return sizes
