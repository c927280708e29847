"""How large the person is, so that errors in frames of different sizes can be compared."""

import numpy as np

from posequery.arrays import shape
from posequery.skeletons import JOINTS, LIMBS

_SHOULDERS, _HIPS = (JOINTS.index(f"left_{name}") + np.arange(2) for name in ("shoulder", "hip"))


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
    return _medians(np.hypot(*np.maximum(high - low, 0).T), clips)


def torso_lengths(joints: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """The length (n,) of the person's torso in source pixels in the clip of each frame; NaN where
    nobody knows it.

    joints: the reference (n, 18, 2). clips: (n,) the number of each frame's clip. In a frame it is
    the distance from the middle of the shoulders to that of the hips, if all four have a label; in
    a clip the median over its frames, so that a torso which points at the camera does not make the
    same error count for more. Raises ValueError for other shapes.
    """
    count, _, _ = shape("joints", joints, "n", len(JOINTS), 2)
    shape("clips", clips, count, kinds="iu")
    upper, lower = (joints[:, pair].astype(np.float64).mean(axis=1) for pair in (_SHOULDERS, _HIPS))
    return _medians(np.nan_to_num(np.hypot(*(upper - lower).T)), clips)


def _medians(lengths: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """For each frame (n,) the median over its clip's lengths above 0; NaN where there is none."""
    found = np.full(len(lengths), np.nan)
    for clip in np.unique(clips):
        here = clips == clip
        apart = lengths[here & (lengths > 0)]
        if len(apart):
            found[here] = np.median(apart)
    return found
