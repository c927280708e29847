"""A cell's record, `record.h5`: what its student predicted, and what it was trained on.

It is a sealed HDF5 file (`jobs.sealed`).

Datasets, poses in source pixels: `joints` (n, 18, 2), the highest peaks; `peaks` (n, 18), their
values; `parsed` (n, 18, 2), what trt_pose's parser finds. Of a stream also `version` (n,), how many
trainings the weights had seen, -1 for a frame that was missed (all else of it is NaN);
`updates/frame` (u,), where the weights of each training went live, and `updates/count` (u,), on how
many frames; `updates/picked`, `updates/score` and `updates/decided_by`, one update's after
another's: those frames, and why. Attribute of a stream: `fps`.

Other records of this form: `lagged.h5`, the student `continual` by weights frozen at each window's
start. `after.h5`, one after another the stretches that were trained on, each by the weights that
were just trained on it: their `version` tells stretches apart, and `updates/frame` is the first
frame of each. `final.h5`, the whole stream by the last weights.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posequery.cell import REPAIR
from posequery.jobs import sealed
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS


@dataclass(frozen=True, eq=False)
class Record:
    """A record file's content. Offline no frame is missed: every version is 0, and no update."""

    joints: np.ndarray
    """(n, 18, 2) float32, source pixels: the highest peak of each map; NaN in a missed frame."""
    peaks: np.ndarray
    """(n, 18) float32: the values of those peaks."""
    parsed: np.ndarray
    """(n, 18, 2) float32: what trt_pose's parser finds, NaN where it finds no joint."""
    version: np.ndarray
    """(n,): how many trainings the weights had seen that predicted a frame; -1 if it was missed."""
    update_frames: np.ndarray
    """(u,): the frame from which the weights of each training were live."""
    picked: list[np.ndarray]
    """The frames that each of the u trainings was on, numbered from the stream's start."""

    def require_frames(self, path: Path, count: int) -> None:
        """Raise `BadInput` if this record, of the file `path`, is not of `count` frames."""
        if len(self.joints) != count:
            fault = f"records {len(self.joints)} frames of a stream of {count}"
            raise BadInput(path, fault, REPAIR)


def write(path: Path, joints: np.ndarray, peaks: np.ndarray, parsed: np.ndarray) -> None:
    """Write the record of frames that are no stream."""
    with sealed.created(path) as file:
        file["joints"], file["peaks"], file["parsed"] = joints, peaks, parsed


def read(path: str | Path) -> Record:
    """Read a record; raises `BadInput` for a missing or broken file."""
    with sealed.opened(path, "record", REPAIR) as file:
        joints, peaks, parsed = (file[name][:] for name in ("joints", "peaks", "parsed"))
        shape = (len(joints), len(JOINTS))
        if (joints.shape, peaks.shape, parsed.shape) != ((*shape, 2), shape, (*shape, 2)):
            shapes = f"{joints.shape}, {peaks.shape} and {parsed.shape}"
            raise ValueError(f"arrays of the shapes {shapes}")
        if "version" not in file:
            none = np.empty(0, np.int64)
            return Record(joints, peaks, parsed, np.zeros(len(joints), np.int32), none, [])
        if file["version"].shape != shape[:1]:
            raise ValueError(f"{file['version'].shape} versions for {shape[0]} frames")
        counts = file["updates/count"][:]
        if len(file["updates/frame"]) != len(counts) or len(file["updates/picked"]) != counts.sum():
            raise ValueError("updates that do not go together")
        return Record(
            joints,
            peaks,
            parsed,
            version=file["version"][:],
            update_frames=file["updates/frame"][:],
            picked=np.split(file["updates/picked"][:], np.cumsum(counts))[:-1],
        )
