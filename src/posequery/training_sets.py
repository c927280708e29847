"""The training set file: images with the people in them, which the student is pre-trained on.

A sealed HDF5 file (`jobs.sealed`): n packed JPEGs as the dataset has them; `people` (m, 18, 2)
float32 in image pixels, NaN where unlabelled, with image i's at `people_start[i]:people_start[i +
1]`; `masked_boxes` (k, 4) float32 of x, y, w, h around people without labelled joints, with image
i's at `masked_start[i]:masked_start[i + 1]`; and the attributes `joints`, the names of the 18, and
`labelled`, of those that the dataset labels at all.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posequery.jobs import sealed
from posequery.jobs.files import REMAKE, BadInput, whole
from posequery.skeletons import JOINTS


@dataclass(frozen=True)
class Image:
    """An image and its people, in the image's own pixels."""

    jpeg: np.ndarray
    """(b,) uint8."""
    people: np.ndarray
    """(p, 18, 2), NaN where a joint has no label."""
    boxes: np.ndarray
    """(k, 4) x, y, width, height of regions that hold people without labels."""


def write(
    path: str | os.PathLike[str], images: Iterable[Image], labelled: Sequence[str] = JOINTS
) -> int:
    """Write a training set, whole or not at all; returns the number of its images."""
    people, boxes = [np.empty((0, len(JOINTS), 2))], [np.empty((0, 4))]
    with whole(path) as temporary, closing(sealed.Packing(temporary.parent)) as jpegs:
        for image in images:
            jpegs.append(image.jpeg)
            people.append(image.people)
            boxes.append(image.boxes)
        with sealed.create(temporary) as file:
            jpegs.store(file)
            file["people"] = np.concatenate(people, dtype=np.float32)
            file["people_start"] = np.cumsum([len(part) for part in people])
            file["masked_boxes"] = np.concatenate(boxes, dtype=np.float32)
            file["masked_start"] = np.cumsum([len(part) for part in boxes])
            file.attrs["joints"], file.attrs["labelled"] = list(JOINTS), list(labelled)
        return len(jpegs)


class Images(Sequence[Image]):
    """The images of a training set file, read one at a time.

    `labelled`: the names of the joints that the dataset labels. To be closed. Raises `BadInput` for
    a missing, broken or empty file, or for joints other than the student's.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        with sealed.opened(path, "training set", REMAKE) as file:
            self._people, self._boxes = file["people"][:], file["masked_boxes"][:]
            self._people_start = file["people_start"][:]
            self._boxes_start = file["masked_start"][:]
            joints, self.labelled = tuple(file.attrs["joints"]), set(file.attrs["labelled"])
            if not len(file[sealed.SUMS]):
                raise BadInput(path, "holds no image", "Prepare it from annotations of people")
            if joints != JOINTS:
                raise BadInput(path, f"its joints are {', '.join(map(str, joints))}", REMAKE)
            if other := self.labelled - set(JOINTS):
                names = ", ".join(sorted(map(str, other)))
                raise BadInput(path, f"it labels {names}, no joint of its", REMAKE)
            # Last, since it is to be closed.
            self._jpegs = sealed.Packed(file, "image", REMAKE)

    def __len__(self) -> int:
        return len(self._jpegs)

    def __getitem__(self, index: int) -> Image:  # type: ignore[override]
        return Image(
            self._jpegs[index],
            self._people[self._people_start[index] : self._people_start[index + 1]],
            self._boxes[self._boxes_start[index] : self._boxes_start[index + 1]],
        )

    def close(self) -> None:
        self._jpegs.close()
