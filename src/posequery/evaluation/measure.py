"""Cells measured: their records against the reference, into rows of `cells.csv`.

What each cell came to is kept, so that after one more cell only that cell is measured.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from posequery import record
from posequery.cell import KEY, REPAIR, Outcome
from posequery.clips import Stream, read_labels
from posequery.evaluation.blind import scenes
from posequery.evaluation.cells import write_table
from posequery.evaluation.columns import COUNTED, TRAINED, Column, Evaluation, Played, columns
from posequery.jobs.files import BadInput, sha256, write_text
from posequery.jobs.progress import Progress
from posequery.metrics import mpjpe
from posequery.skeletons import JOINTS, LIMBS

BREAKDOWN = (*KEY, "by", "name", "mpjpe_px")
"""The columns of `breakdown.csv`."""


class Reference:
    """What errors are measured against: the stream's own labels, or those of a file.

    taught: the labels files of teachers, called after them.
    """

    def __init__(self, index: Path, labels: Path | None, taught: Sequence[Path] = ()) -> None:
        self.stream = Stream(index)
        self._labels = labels
        self._taught = {path.stem: path for path in taught}
        # The index holds the digests of its clips.
        if labels and not labels.is_file():
            raise BadInput(labels, "there is no such labels file", "Run the study, which makes it")
        self.digests = [sha256(path) for path in (index, labels) if path]
        self._own: dict[str, np.ndarray] = {}

    @cached_property
    def joints(self) -> np.ndarray:
        """(n, 18, 2), source pixels, NaN where there is no label."""
        if self._labels:
            return read_labels(self._labels, self.stream.path)[0]
        return self.stream.joints(np.arange(len(self.stream)))

    @cached_property
    def played(self) -> Played:
        """Of all frames, also those that a cell missed, so that it is the same for every cell."""
        clip = self.stream.clip_numbers(np.arange(len(self.stream)))
        scene = scenes(self.stream.clips)[clip]
        return Played.of(self.joints, clip, scene, self.stream.timing)

    def digest_of(self, teacher: str) -> str:
        """Of a teacher's labels file; empty where it has none."""
        return sha256(self._taught[teacher]) if teacher in self._taught else ""

    def of_teacher(self, teacher: str) -> np.ndarray | None:
        """A teacher's labels (n, 18, 2) of all frames; None where no file is called after it."""
        if teacher == "ground_truth":
            return self.joints
        if teacher in self._taught and teacher not in self._own:
            self._own[teacher] = read_labels(self._taught[teacher], self.stream.path)[0]
        return self._own.get(teacher)


def measure(
    folders: Sequence[Path],
    index: Path,
    labels: Path | None,
    taught: Sequence[Path] = (),
    *,
    code: str,
    state: Path,
    cells: Path,
    breakdown: Path,
) -> None:
    """Write the rows of `cells.csv` and `breakdown.csv` of some cells.

    folders: the cells', all of one setting and stream, at least one; the unadapted student,
    which others are compared with, is looked for among them. index: of the stream that they were
    tested on. labels: what they are measured against; without a file the stream's own labels.
    taught: the teachers' labels files, called after them. code: digest of the code. state: folder
    of what was found before. Raises `BadInput` for a cell whose files are missing, broken, or not
    those that its job wrote.
    """
    reference, measured = Reference(index, labels, taught), columns()
    outcomes = {folder: Outcome.read(folder) for folder in folders}
    rows: list[dict[str, Any]] = []
    parts: list[list[Any]] = []
    with Progress(len(folders), "cells", "measure") as progress:
        for folder in folders:
            found = _found(folder, outcomes, reference, measured, code, state)
            place = Path(os.path.relpath(folder, cells.parent)).as_posix()
            rows.append(found["row"] | {"folder": place})
            parts += found["breakdown"]
            progress.advance()
    write_table(cells, list(rows[0]), (row.values() for row in rows))
    write_table(breakdown, BREAKDOWN, parts)


def _unadapted(cell: Outcome, cells: Mapping[Path, Outcome]) -> Path | None:
    """The folder of the unadapted student on a cell's stream: the one of its seed, or the
    only one there is."""
    found = {
        folder: other
        for folder, other in cells.items()
        if other.method == "baseline" and other.stream == cell.stream
    }
    own = [folder for folder, other in found.items() if other.seed == cell.seed]
    fitting = own or (list(found) if len(found) == 1 else [])
    return fitting[0] if fitting else None


def _every(cell: Outcome, cells: Mapping[Path, Outcome]) -> Path | None:
    """The folder of the student that is trained on all of each window of a cell's stream, with the
    same labels, by its seed."""
    wanted = cell.model_copy(update={"method": "all", "rate": Fraction(1)}).folder
    found = (folder for folder, other in cells.items() if other.folder == wanted)
    return next(found, None) if cell.setting == "online" else None


def _found(
    folder: Path,
    outcomes: Mapping[Path, Outcome],
    reference: Reference,
    measured: Sequence[Column],
    code: str,
    state: Path,
) -> dict[str, Any]:
    """What a cell came to: `row` of cells.csv but for its folder, and the rows of `breakdown`."""
    cell = outcomes[folder]
    beside, every = _unadapted(cell, outcomes), _every(cell, outcomes)
    digests = [folder and outcomes[folder].record_sha256 for folder in (beside, every)]
    others = [*digests, reference.digest_of(cell.teacher)]
    identity = [code, reference.digests, others, cell.model_dump(mode="json")]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    kept = state / f"{cell.folder}.json"
    _require_own(folder, cell)
    with suppress(OSError, ValueError, KeyError, TypeError):  # not there, or damaged
        before: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if before["key"] == key and before["sum"] == _sum(before["row"], before["breakdown"]):
            return before
    evaluation = _evaluation(folder, cell, reference, beside, every)
    values = cell.model_dump(mode="json")
    if cell.passes is None:
        values["passes"] = cell.frames_trained * cell.epochs
    row = {name: values[name] for name in COUNTED}
    row |= {column.name: _measured(column, evaluation) for column in measured}
    row |= {name: values[name] for name in TRAINED}
    row["frames"] = int((evaluation.record.version >= 0).sum())
    parts = [
        [*(values[name] for name in KEY), by, name, _kept(error)]
        for by, name, error in breakdown_of(evaluation.errors, reference.stream)
    ]
    found = {"key": key, "sum": _sum(row, parts), "row": row, "breakdown": parts}
    write_text(kept, json.dumps(found))
    return found


def _evaluation(
    folder: Path, cell: Outcome, reference: Reference, beside: Path | None, every: Path | None
) -> Evaluation:
    """beside, every: the folders of the cells of the unadapted student, and of the one that is
    trained on all of each window."""
    path = folder / "record.h5"
    recorded = record.read(path)
    lagged = record.read(folder / "lagged.h5") if cell.lagged_sha256 else None
    joints = reference.joints
    recorded.require_frames(path, len(joints))
    seen = recorded.version >= 0
    known = np.where(seen[:, None, None], joints, np.nan)
    taught = reference.of_teacher(cell.teacher) if cell.setting == "online" else None
    others: list[record.Record | None] = []
    for other in (beside, every):
        others.append(record.read(other / "record.h5") if other else None)
        if other and others[-1]:
            others[-1].require_frames(other / "record.h5", len(joints))
    return Evaluation(cell, recorded, lagged, known, reference.played, taught, *others)


def _require_own(folder: Path, cell: Outcome) -> None:
    """Raise `BadInput` if a record is not there, or not the one that the cell's job wrote.

    Nobody measures the weights, which are large and may be deleted; their sum is in cell.json.
    """
    digests = {"record.h5": cell.record_sha256, "lagged.h5": cell.lagged_sha256}
    for name, digest in digests.items():
        path = folder / name
        if digest and not path.is_file():
            raise BadInput(path, "the cell has no such file", REPAIR)
        if digest and sha256(path) != digest:
            fault = "is not the one that the cell.json beside it was written for"
            raise BadInput(path, fault, REPAIR)


def _sum(row: object, parts: object) -> str:
    """Of what is kept, so that a damaged file is noticed."""
    return hashlib.sha256(json.dumps([row, parts]).encode()).hexdigest()


def breakdown_of(errors: np.ndarray, stream: Stream) -> Iterator[tuple[str, str, float]]:
    """MPJPE in source pixels of errors (n, 18) of a stream, by action, subject and joint.

    NaN of an entry without any labelled joint.
    """
    owner = stream.clip_numbers(np.arange(len(stream)))
    for by in ("action", "subject"):
        names = np.array([getattr(clip, by) for clip in stream.clips])[owner]
        for name in np.unique(names):
            yield by, str(name), mpjpe(errors[names == name])
    for joint in LIMBS:
        yield "joint", JOINTS[joint], mpjpe(errors, np.array([joint]))


def _measured(column: Column, evaluation: Evaluation) -> float | int | None:
    name, where = f"column {column.name}", "Correct its function in evaluation/columns"
    try:
        value = column.of(evaluation)
        kept = _kept(value)
    except Exception as error:
        fault = f"fails on the cell {evaluation.cell.folder} ({error!r})"
        raise BadInput(name, fault, where) from error
    if np.isinf(value):
        fault = f"is infinite on the cell {evaluation.cell.folder}"
        raise BadInput(name, fault, where)
    return kept


def _kept(value: float) -> float | int | None:
    """A number as the tables have it: none for NaN, 4 decimals."""
    if isinstance(value, int):
        return value
    return None if np.isnan(value) else round(float(value), 4)
