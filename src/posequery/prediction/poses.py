"""The poses of many frames, kept on disk until it is known when these are shown."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager

import numpy as np

from posequery.skeletons import JOINTS
from posequery.student.parsing import PEAK_THRESHOLD

_SHAPE = len(JOINTS), 3
_BYTES = 4 * len(JOINTS) * 3


class Poses(AbstractContextManager["Poses"]):
    """A file without a name in `folder`, 216 bytes a frame, which is gone when it is closed.

    Iterating gives a pose (18, 3) float32 for each frame: x and y in source pixels, and the value
    of the joint's peak.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed with this)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, joints: np.ndarray, peaks: np.ndarray) -> None:
        """Add n frames: joints (n, 18, 2) in source pixels, and their peaks (n, 18)."""
        self._file.seek(0, os.SEEK_END)
        rows = np.concatenate([joints, peaks[:, :, None]], axis=2)
        self._file.write(rows.astype(np.float32).tobytes())

    def __iter__(self) -> Iterator[np.ndarray]:
        for place in range(0, self._file.seek(0, os.SEEK_END), _BYTES):
            self._file.seek(place)
            yield np.frombuffer(self._file.read(_BYTES), np.float32).reshape(_SHAPE)


def seen(pose: np.ndarray) -> np.ndarray:
    """Which joints (18,) of a pose (18, 3) the student sees: its parser's own threshold, 0.1, holds
    for their peaks. The highest peak of a map exists also where there is no such joint."""
    return pose[:, 2] >= PEAK_THRESHOLD
