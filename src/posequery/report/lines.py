"""The ways to have poses of a stream of real video: each online cell, the teacher, a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd

from posequery.clips import Stream
from posequery.evaluation.blind import last_labels, scenes
from posequery.evidence import published
from posequery.report.captions import REPEAT, method_name
from posequery.report.cells import ANY_RATE
from posequery.report.curves import read_record
from posequery.report.formats import percent
from posequery.strategies import METHODS

_NAME = 24  # letters of a clip's name


@dataclass(frozen=True)
class Line:
    """One way to have poses of the stream.

    method: a cell's, or 'teacher' or 'repeat'. name: printed, without the rate. joints: (n, 18, 2)
    in source pixels. rate, k: None where none is picked. updates: (u,) first frames of new weights.
    picked: the frames labelled for each. version: (n,) how many trainings the weights of each frame
    had seen, -1 for a frame that was missed.
    """

    method: str
    name: str
    joints: np.ndarray
    rate: Fraction | None = None
    k: int | None = None
    updates: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    picked: tuple[np.ndarray, ...] = ()
    version: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))

    @property
    def label(self) -> str:
        """The name and the rate, which no two lines share."""
        return self.name if self.rate is None else f"{self.name} {percent(self.rate)}"


def scene(stream: Stream) -> str:
    """What its clips are: 'camera' where each has its own, else 'video'."""
    cameras = {clip.camera for clip in stream.clips}
    return "camera" if len(cameras) == len(stream.clips) > 1 else "video"


def clip_names(stream: Stream) -> list[str]:
    """What a clip is called wherever it is shown: its file's name, a long one in part."""
    stems = [PurePath(clip.video).stem for clip in stream.clips]
    half = _NAME // 2 - 1
    return [stem if len(stem) <= _NAME else f"{stem[:half]}..{stem[-half:]}" for stem in stems]


def _place(cell: Any) -> tuple[object, ...]:
    paper = list(published.STRATEGIES)
    known = paper.index(cell.method) if cell.method in paper else len(paper)
    strategy = cell.method not in METHODS
    return (cell.method != "baseline", not strategy, -cell.rate, known, cell.method)


def read_lines(
    cells: pd.DataFrame, folder: Path, stream: Stream, seed: int | None = None
) -> list[Line]:
    """The online cells of a seed (the lowest if None) as lines.

    folder: the one that `cells.csv` lies in.
    The never-adapted student comes first, then strategies by falling rate and in the paper's order,
    so that the second is the adapted student to show, then continual and once.
    Raises `BadInput` for a record that is broken or of another stream.
    """
    seed = cells["seed"].min() if seed is None else seed
    shown = sorted(cells[cells["seed"] == seed].itertuples(), key=_place)
    return [_line(cell, folder, len(stream)) for cell in shown]


def _line(cell: Any, folder: Path, frames: int) -> Line:
    read = read_record(folder / cell.folder / "record.h5", frames)
    picks = cell.method not in ANY_RATE
    return Line(
        method=cell.method,
        name="unadapted" if cell.method == "baseline" else method_name(cell.method),
        joints=read.joints,
        rate=cell.rate if picks else None,
        k=cell.k if picks else None,
        updates=read.update_frames,
        picked=tuple(read.picked),
        version=read.version,
    )


def main_line(lines: Sequence[Line]) -> Line | None:
    """The strategy of the highest rate; None without any."""
    return next((line for line in lines if line.method not in METHODS), None)


def repeat_line(line: Line, labels: np.ndarray, stream: Stream) -> Line:
    """The blind baseline of the labels that `line` picked."""
    known = list(zip(line.updates.tolist(), line.picked, strict=True))
    owners = scenes(stream.clips)[stream.clip_numbers(np.arange(len(stream)))]
    joints = last_labels(labels, owners, known)
    return Line("repeat", f"{REPEAT}, {line.name}", joints, line.rate, line.k)
