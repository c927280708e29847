"""The measured columns of `cells.csv`: what a cell's record comes to, each one function.

A file of this folder binds `COLUMNS`. To add a column:

1. write a function of an `Evaluation` that returns a number, NaN where there is none; its docstring
   says the unit, and whose measure it is. It goes into a file here, or a new one;
2. name it in that file's `COLUMNS`, as `Column("its_name", its_function)`;
3. run `.venv/bin/python -m pytest tests/evaluation`: every column must pass the common suite, also
   for a cell without any label (NaN, without a warning).

Nothing is trained again for it: the next run measures the cells' records and writes the column into
`cells.csv`. The printed tables show the columns that they name (`report.tables`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from posequery.arrays import shape
from posequery.cell import Outcome
from posequery.evaluation.person import person_sizes, torso_lengths
from posequery.jobs.files import BadInput
from posequery.metrics import joint_errors
from posequery.registry import Registry
from posequery.skeletons import JOINTS
from posequery.timing import Timing

if TYPE_CHECKING:  # the columns are loaded when a study is planned, without h5py
    from posequery.record import Record


@dataclass(frozen=True, eq=False)
class Played:
    """The clips that n frames are of, one after another.

    clip, scene: (n,) the number of each frame's clip, and of its scene (`evaluation.blind`).
    person, torso: (n,) the person's size in each frame's clip, and the length of the torso, source
    pixels, see `evaluation.person`; NaN where nobody knows it. timing: when each frame is shown.
    """

    clip: np.ndarray
    scene: np.ndarray
    person: np.ndarray
    torso: np.ndarray
    timing: Timing

    @classmethod
    def of(cls, joints: np.ndarray, clip: np.ndarray, scene: np.ndarray, timing: Timing) -> Self:
        """joints: the reference (n, 18, 2)."""
        return cls(clip, scene, person_sizes(joints, clip), torso_lengths(joints, clip), timing)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a column may look at: a cell's n frames, offline of the test, online of the stream.

    cell: what it is, and what its job counted. lagged: of `continual` alone, of the first frames.
    reference (n, 18, 2): where the joints are, source pixels; NaN where nobody says so, and in
    frames that the record says were missed, so that those count nowhere. taught (n, 18, 2): what
    the cell's teacher says of every frame, whether it was asked or not; None offline, and of a cell
    without a teacher. baseline: the record of the unadapted student, of the same stream;
    None offline, and where that cell was not run. every: the same of the student that is trained on
    all of each window, by the same teacher's labels (the method `all`). after, final: of a cell
    that measures forgetting, see `posequery.record`. All arrays are read-only:
    the next column looks at them as well. Raises ValueError for other shapes.
    """

    cell: Outcome
    record: "Record"
    lagged: "Record | None"
    reference: np.ndarray
    played: Played
    taught: np.ndarray | None = None
    baseline: "Record | None" = None
    every: "Record | None" = None
    after: "Record | None" = None
    final: "Record | None" = None

    def __post_init__(self) -> None:
        count, _, _ = shape("record", self.record.joints, "n", len(JOINTS), 2)
        shape("reference", self.reference, count, len(JOINTS), 2)
        for name in ("clip", "scene", "person", "torso"):
            shape(name, getattr(self.played, name), count, kinds="fiu")
        if self.taught is not None:
            shape("taught", self.taught, count, len(JOINTS), 2)
        for name in ("baseline", "every", "final"):
            if (beside := getattr(self, name)) is not None:
                shape(name, beside.joints, count, len(JOINTS), 2)
        if self.lagged is not None and len(self.lagged.joints) > count:
            raise ValueError(f"lagged: {len(self.lagged.joints)} frames of {count}")
        records = (self.record, self.lagged, self.baseline, self.every, self.after, self.final)
        for part in (*records, self.played, self):
            for value in vars(part).values() if part else ():
                if isinstance(value, np.ndarray):
                    value.flags.writeable = False

    @cached_property
    def errors(self) -> np.ndarray:
        """Each joint's distance (n, 18) from its reference, source pixels; NaN without one."""
        errors = joint_errors(self.record.joints, self.reference)
        errors.flags.writeable = False
        return errors


@dataclass(frozen=True)
class Column:
    """A column's name, and its number, which is kept to 4 decimals."""

    name: str
    of: Callable[[Evaluation], float]


def share_of_trainings(evaluation: Evaluation, count: int | None) -> float:
    """So many of the cell's trainings, a share of 1; NaN where it counts none or never trained."""
    trainings = evaluation.cell.trainings
    return count / trainings if count is not None and trainings else np.nan


_FILES = Registry[tuple[Column, ...]](__name__, __path__, "COLUMNS", "file of columns")


COUNTED = ("setting", "teacher", "method", "rate", "k", "n", "seed", "stream")
TRAINED = ("trainings", "frames_trained", "passes")
"""Columns of `cells.csv` that a cell's job counted, before the measured ones and after them."""
RESERVED = (*COUNTED, *TRAINED, "frames", "folder")
_CORRECT = "Correct this file, see the recipe in its folder's package"


def columns() -> tuple[Column, ...]:
    """All columns in their order: those of `errors`, then of the other files by name.

    Raises BadInput for a file that binds no column, or one whose name is taken.
    """
    owners = dict.fromkeys(RESERVED, "a cell's own counts")
    found: list[Column] = []
    for file in sorted(_FILES.names(), key=lambda file: (file != "errors", file)):
        path, bound = f"{__name__}.{file}".replace(".", "/"), _FILES.load(file)
        good = isinstance(bound, tuple) and all(isinstance(column, Column) for column in bound)
        if not bound or not good:
            raise BadInput(path, "binds COLUMNS to no tuple of Column, or an empty one", _CORRECT)
        for column in bound:
            if column.name in owners:
                fault = f"names a column '{column.name}', as {owners[column.name]} do already"
                raise BadInput(path, fault, _CORRECT)
            owners[column.name] = f"the columns of {file}"
        found += bound
    return tuple(found)
