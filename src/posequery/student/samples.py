"""What a network is trained on: labelled images from a training set or from a stream."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from posequery.clips import Stream
from posequery.jobs.files import REMAKE, BadInput
from posequery.skeletons import JOINTS
from posequery.student.pixels import to_grid
from posequery.training_sets import Images


@dataclass(frozen=True)
class Sample:
    """An image and its people, in the image's own pixels."""

    image: np.ndarray
    """RGB, uint8 (h, w, 3)."""
    people: np.ndarray
    """(p, 18, 2), NaN where a joint has no label."""
    unlabelled: np.ndarray
    """(18,) bool: joints for which a missing label must not be trained as absence."""
    boxes: np.ndarray
    """(k, 4) x, y, width, height of regions that hold people without labels."""


class StreamFrames(Sequence[Sample]):
    """Frames of a stream, read one at a time, each with one person's joints.

    indices (n,) into the stream; joints (n, 18, 2) in source pixels, NaN where a joint is
    unlabelled.
    """

    def __init__(self, stream: Stream, indices: np.ndarray, joints: np.ndarray) -> None:
        if len(indices) != len(joints):
            raise ValueError(f"{len(indices)} frames, {len(joints)} labels")
        self._stream = stream
        self._indices = np.asarray(indices)
        self._joints = to_grid(joints, stream.size, stream.source_size(indices))

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        joints = self._joints[index]
        unlabelled = ~np.isfinite(joints).all(axis=1)
        frame = self._stream.frames(self._indices[[index]])[0]
        return Sample(frame, joints[None], unlabelled, np.empty((0, 4)))


class TrainingSet(Sequence[Sample]):
    """A training set file's images, read one at a time. To be closed.

    Raises `BadInput` for a file that `training_sets.Images` refuses.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._images = Images(path)
        self._unlabelled = np.array([name not in self._images.labelled for name in JOINTS])

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        image = self._images[index]
        # Annotations refer to the pixels as stored, whatever orientation the camera recorded.
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        pixels = cv2.imdecode(image.jpeg, flags) if len(image.jpeg) else None
        if pixels is None:
            fault = f"image {index} is not a JPEG"
            raise BadInput(self._images.path, fault, REMAKE)
        # As upstream: in a labelled image, a joint with v = 0 is trained to leave no peak, unless
        # the whole dataset never labels it.
        rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        return Sample(rgb, image.people, self._unlabelled, image.boxes)

    def close(self) -> None:
        self._images.close()
