"""The blind baseline: the teacher's last label, repeated, for which no student is needed."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # the columns are loaded when a study is planned, without OpenCV
    from posequery.clips import ClipInfo

_UNNAMED = "own"
"""The camera of one's own videos, which do not say whether two of them are of one."""


def scenes(clips: Sequence["ClipInfo"]) -> np.ndarray:
    """The number (clips,) of each clip's scene: a pose in one says nothing of a pose in another.

    Clips of one camera are one scene; each of one's own videos is a scene of its own.
    """
    names = [
        clip.camera if clip.camera != _UNNAMED else f"{_UNNAMED} {number}"
        for number, clip in enumerate(clips)
    ]
    return np.unique(names, return_inverse=True)[1]


def last_labels(
    labels: np.ndarray, scene: np.ndarray, updates: Iterable[tuple[int, np.ndarray]]
) -> np.ndarray:
    """The teacher's last label of this scene, repeated in every frame (n, 18, 2).

    labels: (n, 18, 2) in source pixels. scene: (n,) the number of each frame's. updates: (first
    frame that may know them, stream frames labelled) of one method. Frames before their scene's
    first label are NaN.
    """
    useful = np.isfinite(labels).all(axis=2).any(axis=1)
    last = np.full(len(labels), -1)
    own = {number: np.flatnonzero(scene == number) for number in np.unique(scene)}
    for live, picked in updates:
        known = np.asarray(picked, np.int64)
        known = known[useful[known]]
        for number in np.unique(scene[known]):
            # In the first frame that may know it; those after it follow below.
            frames = own[number]
            if (place := np.searchsorted(frames, live)) < len(frames):
                newest = known[scene[known] == number].max()
                last[frames[place]] = max(last[frames[place]], newest)
    for frames in own.values():
        last[frames] = np.maximum.accumulate(last[frames])
    repeated = labels[np.maximum(last, 0)].copy()
    repeated[last < 0] = np.nan
    return repeated
