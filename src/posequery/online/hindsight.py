"""Frames predicted once more by later weights, from which it is known what the student forgets."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torch import nn

from posequery.online import parts
from posequery.online.task import Tally, Task
from posequery.student.prediction import predict_stream


def look_back(
    task: Task, network: nn.Module, first: int, stop: int, live: int, tally: Tally, folder: Path
) -> Path:
    """Predict the stretch that `network` was just trained on; the part `after-*.npz`, named by the
    frame where these weights go live, whose update holds the stretch's first frame."""
    part = parts.named(folder, "after", live)
    none = np.empty(0)
    update = parts.Update(first, none.astype(np.int64), none, none.astype(np.int64))
    _predict(task, network, first, stop, part, tally.version, update)
    return part


def revisit(task: Task, network: nn.Module, tally: Tally, folder: Path) -> Iterator[Path]:
    """Predict the whole stream by the last weights, from `tally.revisited` on: each part
    `final-*.npz` as it is written.

    Their names go on after those of the stream's frames, so that a loop that resumes tells the
    parts that are whole by one number.
    """
    count = len(task.stream)
    while tally.revisited < count:
        first = tally.revisited
        stop = min(count, task.stream.timing.after(first, task.policy.stretch))
        part = parts.named(folder, "final", count + first)
        _predict(task, network, first, stop, part, tally.version, None)
        tally.revisited = stop
        yield part


def _predict(
    task: Task,
    network: nn.Module,
    first: int,
    stop: int,
    part: Path,
    version: int,
    update: parts.Update | None,
) -> None:
    said = predict_stream(network, task.stream, first, stop, task.reference[first:stop])
    parts.write_part(part, said.joints, said.peaks, said.parsed, version, update)
