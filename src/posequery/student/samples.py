"""What a network is trained on: labelled images from a training set or from a stream."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

from posequery.clips import Stream
from posequery.jobs.files import BadInput, unreadable
from posequery.skeletons import JOINTS
from posequery.student import pixels

_REMAKE = "Delete it and make it again"


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
        self._joints = pixels.to_grid(joints, stream.size, stream.source_size(indices))

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        joints = self._joints[index]
        unlabelled = ~np.isfinite(joints).all(axis=1)
        frame = self._stream.frames(self._indices[[index]])[0]
        return Sample(frame, joints[None], unlabelled, np.empty((0, 4)))


class TrainingSet(Sequence[Sample]):
    """A COCO-like training set in HDF5, with images read one at a time.

    `images` (n,) JPEG bytes; `people` (m, 18, 2) float32 in image pixels with `people_start`
    (n + 1,); `masked_boxes` (k, 4) with `masked_start` (n + 1,); the attribute `joints` names the
    joints, `labelled` those that its dataset labels. Raises `BadInput` for a missing, broken or
    empty file, or for joints other than the student's.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise BadInput(path, "there is no such training set", "Make it with the rule 'prepare'")
        try:
            file = h5py.File(path, "r")
            self._images, self._process = file["images"], os.getpid()
            self._people, self._boxes = file["people"][:], file["masked_boxes"][:]
            self._people_start = file["people_start"][:]
            self._boxes_start = file["masked_start"][:]
            joints, labelled = tuple(file.attrs["joints"]), set(file.attrs["labelled"])
        except PermissionError as error:
            raise unreadable(path, error) from error
        except (OSError, KeyError, TypeError) as error:
            raise BadInput(path, f"not a valid training set ({error})", _REMAKE) from error
        if not len(self):
            raise BadInput(path, "holds no image", "Prepare it from annotations of people")
        if joints != JOINTS:
            raise BadInput(
                path, f"its joints are {', '.join(map(str, joints))}", "Prepare it again"
            )
        if not labelled <= set(JOINTS):
            other = ", ".join(map(str, labelled - set(JOINTS)))
            raise BadInput(path, f"it labels {other}, no joint of its", "Prepare it again")
        self._unlabelled = np.array([name not in labelled for name in JOINTS])

    def _opened(self) -> h5py.Dataset:
        """The images, reopened in every forked process: a handle must not be shared."""
        if self._process != os.getpid():
            # Released first: otherwise HDF5 would return the parent's open file.
            self._images = None
            self._images, self._process = h5py.File(self.path, "r")["images"], os.getpid()
        return self._images

    def __len__(self) -> int:
        return len(self._people_start) - 1

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        try:
            # Annotations refer to the pixels as stored, whatever orientation the camera recorded.
            flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
            image = cv2.imdecode(self._opened()[index], flags)
        except OSError as error:
            raise BadInput(self.path, f"image {index} is broken ({error})", _REMAKE) from error
        if image is None:
            raise BadInput(self.path, f"image {index} is not a JPEG", _REMAKE)
        people = self._people[self._people_start[index] : self._people_start[index + 1]]
        boxes = self._boxes[self._boxes_start[index] : self._boxes_start[index + 1]]
        # As upstream: in a labelled image, a joint with v = 0 is trained to leave no peak, unless
        # the whole dataset never labels it.
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        return Sample(rgb, people, self._unlabelled, boxes)
