"""The multi-view consensus: what several calibrated views of the same scene agree on.

The same teacher labels every view, so this measures how consistent it is, not whether it is right.
It is not marker-based ground truth, and is never called that.
"""

import os
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np

from posequery.clips import Stream
from posequery.jobs.files import BadInput
from posequery.multiview.cameras import Camera, project, triangulate
from posequery.skeletons import JOINTS, MIRROR, NECK

SIZE_TOLERANCE = 0.02
"""A video may differ from its calibration by this share of a side (some encoders crop by it)."""


@dataclass(frozen=True)
class Errors:
    """Reprojection errors in pixels over the labelled joints except the neck, which is derived."""

    mean: float
    median: float
    p95: float
    by_joint: dict[str, float]


@dataclass(frozen=True)
class Consensus:
    """What the views agree on.

    `joints` (views, frames, 18, 2): the agreed joints in each view's pixels, NaN where fewer than
    two views see a joint; `share` (views, frames, 18): the share of the views that see it;
    `swapped` (views, frames): labels whose left and right the other views contradict; `before` and
    `after`: errors with the labels as they are, and with left and right corrected.
    """

    joints: np.ndarray
    share: np.ndarray
    swapped: np.ndarray
    before: Errors
    after: Errors


def find_swaps(matrices: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Which labels (views, t) have left and right swapped, according to the views' agreement.

    `pixels` (views, t, 18, 2) are taken at the same times. At each time, the smallest mean
    reprojection error wins among all ways to swap less than half of the views that see something;
    on a tie, the one with the fewest swaps.
    """
    views = len(pixels)
    best = np.zeros((views, pixels.shape[1]), bool)
    least = _frame_errors(matrices, pixels)
    seeing = np.isfinite(pixels).all(axis=-1).any(axis=-1)
    for count in range(1, (views - 1) // 2 + 1):
        for group in combinations(range(views), count):
            trial = pixels.copy()
            trial[list(group)] = pixels[list(group)][:, :, MIRROR]
            errors = _frame_errors(matrices, trial)
            allowed = seeing[list(group)].all(axis=0) & (2 * count < seeing.sum(axis=0))
            better = allowed & (errors < least)
            least[better] = errors[better]
            best[:, better] = np.isin(np.arange(views), group)[:, None]
    return best


def _frame_errors(matrices: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    errors = _distances(matrices, pixels)
    seen = np.isfinite(errors)
    total = np.where(seen, errors, 0).sum(axis=(0, 2))
    count = seen.sum(axis=(0, 2))
    return np.divide(total, count, out=np.full(len(total), np.inf), where=count > 0)


def _distances(matrices: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    return np.linalg.norm(project(matrices, triangulate(matrices, pixels)) - pixels, axis=-1)


def _errors(distances: np.ndarray) -> Errors:
    """The errors for distances (views, t, 18)."""
    seen = [distances[..., joint][np.isfinite(distances[..., joint])] for joint in range(NECK)]
    every = np.concatenate(seen)
    if not len(every):
        every = np.array([np.nan])
    return Errors(
        mean=float(every.mean()),
        median=float(np.median(every)),
        p95=float(np.percentile(every, 95)),
        by_joint={JOINTS[j]: float(v.mean()) for j, v in enumerate(seen) if len(v)},
    )


def agree(matrices: np.ndarray, joints: np.ndarray) -> Consensus:
    """The consensus of labels `joints` (views, frames, 18, 2) in pixels, NaN where there are none.

    `matrices` (views, 3, 4) are the cameras; frame t of every view shows the same moment.
    """
    pixels = joints.astype(float)
    swapped = find_swaps(matrices, pixels)
    upright = np.where(swapped[..., None, None], pixels[:, :, MIRROR], pixels)
    reference = project(matrices, triangulate(matrices, upright))
    seen = np.isfinite(upright).all(axis=-1).mean(axis=0)
    return Consensus(
        joints=reference.astype(np.float32),
        share=np.where(np.isfinite(reference).all(axis=-1), seen, 0.0).astype(np.float32),
        swapped=swapped,
        before=_errors(_distances(matrices, pixels)),
        after=_errors(np.linalg.norm(reference - upright, axis=-1)),
    )


def of_stream(
    stream: Stream,
    joints: np.ndarray,
    cameras: list[Camera],
    calibration: str | os.PathLike[str],
) -> Consensus:
    """The consensus of a stream that plays the cameras' views one after another.

    `joints` (n, 18, 2) are a teacher's labels for the stream, `calibration` is the file to report
    in errors. Raises `BadInput` if clips and cameras do not match one to one, or the clips differ
    in length.
    """
    clips, by_name = stream.clips, {camera.name: camera for camera in cameras}
    names = [clip.camera for clip in clips]
    if sorted(names) != sorted(by_name):
        raise BadInput(
            calibration,
            f"has {len(by_name)} cameras ({', '.join(sorted(by_name))}), but the stream has "
            f"{len(names)} ({', '.join(sorted(names))})",
            "Give one video for each calibrated camera, named after it",
        )
    for clip in clips:
        camera = by_name[clip.camera]
        sides = ((clip.width, camera.width), (clip.height, camera.height))
        if any(abs(a - b) > SIZE_TOLERANCE * b for a, b in sides):
            raise BadInput(
                calibration,
                f"is for {camera.width} x {camera.height} pixels, but {clip.camera}'s video has "
                f"{clip.width} x {clip.height}",
                "Calibrate at the videos' size",
            )
    lengths = {clip.frames for clip in clips}
    if len(lengths) > 1:
        raise BadInput(
            stream.path,
            f"its views differ in length: {sorted(lengths)} frames",
            "Cut the videos to the same length",
        )
    return agree(
        np.stack([by_name[name].matrix for name in names]),
        joints.reshape(len(clips), -1, *joints.shape[1:]),
    )


def summary(agreed: Consensus, stream: Stream) -> dict[str, object]:
    """The errors before and after, and each camera's swapped frames, as JSON-ready data."""
    return {
        "before": asdict(agreed.before),
        "after": asdict(agreed.after),
        "swapped": {
            clip.camera: np.flatnonzero(frames).tolist()
            for clip, frames in zip(stream.clips, agreed.swapped, strict=True)
        },
    }
