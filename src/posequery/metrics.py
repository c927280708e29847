"""Pose errors as pure functions of arrays, in the pixels of the given poses."""

import numpy as np

from posequery.arrays import shape
from posequery.skeletons import JOINTS, LIMBS


def joint_errors(predicted: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Distances (n, J) between poses (n, J, 2) and (n, J, 2); NaN where either lacks the joint.

    Raises ValueError for other shapes, as of poses in three dimensions, and for what is no number.
    """
    shapes = [np.shape(poses) for poses in (predicted, reference)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"poses differ in shape: {shapes[0]} and {shapes[1]}")
    for what, poses in (("predicted poses", predicted), ("reference poses", reference)):
        shape(what, poses, "n", "J", 2, kinds="fiu")
    difference = predicted.astype(np.float64) - reference
    return np.hypot(difference[..., 0], difference[..., 1]).astype(np.float32)


def mpjpe(errors: np.ndarray, joints: np.ndarray = LIMBS) -> float:
    """Mean per joint position error (MPJPE): the mean over all labelled (frame, joint) pairs.

    errors (n, 18); joints: the numbers of those that count. NaN if no pair has a label. Raises
    ValueError for another shape, and for a joint that there is not, or that is named twice.
    """
    shape("errors", errors, "n", len(JOINTS))
    shape("joints", joints, "k", kinds="iu")
    if not ((joints >= 0) & (joints < len(JOINTS))).all() or len(set(joints.tolist())) < len(
        joints
    ):
        raise ValueError(f"joints: each once, of 0 to {len(JOINTS) - 1}, not {joints.tolist()}")
    picked = errors[:, joints].astype(np.float64)
    labelled = ~np.isnan(picked)
    return float(picked[labelled].mean()) if labelled.any() else float("nan")


def found_error(found: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """MPJPE over the limb joints that were found, and the share of labelled ones that were found.

    found, reference: poses (n, 18, 2), NaN where there is no joint. A network that finds fewer
    joints may have a lower error, so neither number means anything without the other. NaN where
    there is no such joint. Raises ValueError for another shape.
    """
    shape("poses", found, "n", len(JOINTS), 2, kinds="fiu")
    errors = joint_errors(found, reference)
    labelled = np.isfinite(reference[:, LIMBS]).all(axis=2)
    both = np.isfinite(errors[:, LIMBS])
    share = float(both.sum() / labelled.sum()) if labelled.any() else float("nan")
    return mpjpe(errors), share


def frame_errors(errors: np.ndarray) -> np.ndarray:
    """Mean error (n,) of each frame over its labelled limb joints; NaN for a frame with none.

    errors (n, 18); raises ValueError for another shape.
    """
    shape("errors", errors, "n", len(JOINTS))
    picked = errors[:, LIMBS].astype(np.float64)
    labelled = ~np.isnan(picked)
    count = labelled.sum(axis=1)
    total = np.where(labelled, picked, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(picked), np.nan), where=count > 0)
