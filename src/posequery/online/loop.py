"""The online loop: a student lives on a stream, and is trained on what a strategy picks of it.

Each frame is predicted once, by the weights that are live at that frame, before it can be trained
on ('every updated model is tested on the subsequent training window', paper, section 4.2). The
clock is ideal: weights trained on a stretch are live from the next frame on.
"""

import copy
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import nn

from posequery import seeds, state, strategies
from posequery.clips import Stream
from posequery.files import write_text
from posequery.metrics import frame_errors, joint_errors
from posequery.online import record
from posequery.online.policies import Policy
from posequery.progress import Progress
from posequery.student import checkpoint
from posequery.student.reading import Reading, read_stream
from posequery.student.recipe import Recipe
from posequery.student.samples import StreamFrames
from posequery.student.training import fit
from posequery.terminal import tell

SECONDS = ("training", "inference", "selection")


@dataclass(frozen=True)
class Task:
    """What the loop plays, and by which rules.

    `labels` and `reference` (n, 18, 2) are in source pixels: the teacher's labels, trained on, and
    the poses that errors are measured against. `error_by_labels`: the strategy 'error' sees the
    error against the labels, not the reference. `lag` (frames): also predict every stretch of that
    length by the weights live at its first frame, for comparing policies at an equal lag.
    """

    stream: Stream
    labels: np.ndarray
    reference: np.ndarray
    policy: Policy
    recipe: Recipe
    words: Sequence[str | int]
    reset: bool = False
    error_by_labels: bool = False
    confidence: str = "lowest"
    lag: int | None = None

    def __post_init__(self) -> None:
        for joints in (self.labels, self.reference):
            if len(joints) != len(self.stream):
                raise ValueError(f"{len(joints)} labels for {len(self.stream)} frames")


@dataclass
class Tally:
    """How far the loop is, and what it has cost. Seconds are of this machine's wall clock."""

    stretch: int = 0
    trainings: int = 0
    frames_trained: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SECONDS, 0.0))
    weights: str | None = None
    """File of the live weights, if they are not the first ones."""


def run(
    task: Task,
    network: nn.Module,
    info: checkpoint.CheckpointInfo,
    folder: Path,
    progress: Progress | None = None,
) -> Tally:
    """Play the stream; `network` ends with the last live weights.

    The record grows in `folder`, which must be this job's own, as `part-*.npz` and, of a task with
    a lag, `lagged-*.npz`, whose names sort by time. A loop that was killed goes on from its last
    whole stretch, writes any part that came after it once more, and ends at the same bits; if what
    it left is damaged, that is told, and the loop starts over. Raises `strategies.TooFewFrames` if
    a window is too small for the rate.
    """
    first = copy.deepcopy(network.state_dict())
    tally = _resume(task, network, first, folder)
    every, end = task.policy.every, len(task.stream)
    if progress is not None:
        progress.advance(min(tally.stretch * every, end))
    for start in range(tally.stretch * every, end, every):
        stop = min(start + every, end)
        if task.lag:
            for ahead in range(-(-start // task.lag) * task.lag, stop, task.lag):
                _predict_part(task, network, ahead, min(ahead + task.lag, end), tally, folder)
        began = time.perf_counter()
        reading = read_stream(network, task.stream, start, stop, task.reference[start:stop])
        error = joint_errors(reading.joints, task.reference[start:stop])
        tally.seconds["inference"] += time.perf_counter() - began
        version, update = tally.trainings, None
        due = task.policy.times is None or tally.trainings < task.policy.times
        # Nothing is trained that nothing tests: not on a partial window, nor at the stream's end.
        if due and start + every < end:
            update = _train(task, network, first, start, reading, error, tally)
        part = _part(folder, "part", start)
        record.write_part(part, *reading, error, version, update)
        tally.stretch += 1
        _commit(folder, network, info, tally, changed=tally.trainings > version)
        if progress is not None:
            progress.advance(stop - start)
    return tally


def _part(folder: Path, kind: str, start: int) -> Path:
    return folder / f"{kind}-{start:09d}.npz"


def _predict_part(
    task: Task, network: nn.Module, start: int, stop: int, tally: Tally, folder: Path
) -> None:
    reading = read_stream(network, task.stream, start, stop, task.reference[start:stop])
    error = joint_errors(reading.joints, task.reference[start:stop])
    part = _part(folder, "lagged", start)
    record.write_part(part, *reading, error, tally.trainings, None)


def _train(
    task: Task,
    network: nn.Module,
    first: dict[str, object],
    start: int,
    reading: Reading,
    error: np.ndarray,
    tally: Tally,
) -> record.Update | None:
    began = time.perf_counter()
    size = len(error)
    labels = task.labels[start : start + size]
    if task.policy.strategy is None:
        picked = strategies.Selection(np.arange(size))
    else:
        seen = joint_errors(reading.joints, labels) if task.error_by_labels else error
        window = strategies.Window(
            size, task.policy.rate, frame_errors(seen), reading.peaks, task.confidence
        )
        random = seeds.generator(*task.words, "selection", start)
        picked = strategies.select(task.policy.strategy, window, random)
    tally.seconds["selection"] += time.perf_counter() - began
    # A frame in which the teacher saw nobody teaches nothing.
    taught = picked.indices[np.isfinite(labels[picked.indices]).all(axis=2).any(axis=1)]
    if not len(taught):
        return None
    began = time.perf_counter()
    if task.reset:
        network.load_state_dict(first)
    samples = StreamFrames(task.stream, start + taught, labels[taught])
    fit(network, samples, task.recipe, task.stream.size, [*task.words, "window", start])
    tally.seconds["training"] += time.perf_counter() - began
    tally.trainings += 1
    tally.frames_trained += len(taught)
    return record.Update(start + size, start + picked.indices, picked.score, picked.decided_by)


def _commit(
    folder: Path,
    network: nn.Module,
    info: checkpoint.CheckpointInfo,
    tally: Tally,
    changed: bool,
) -> None:
    """Write down that the last stretch is whole; the tally's own file is what makes it so."""
    before = tally.weights
    if changed:
        tally.weights = f"weights-{tally.stretch:06d}.pt"
        checkpoint.save(folder / tally.weights, network, info)
    write_text(folder / "tally.json", json.dumps(tally.__dict__))
    if changed and before is not None:
        (folder / before).unlink()


def _resume(task: Task, network: nn.Module, first: dict[str, object], folder: Path) -> Tally:
    path = folder / "tally.json"
    if not path.is_file():
        return Tally()
    try:
        tally = Tally(**json.loads(path.read_text(encoding="utf-8")))
        played = min(tally.stretch * task.policy.every, len(task.stream))
        for kind, step in (("part", task.policy.every), ("lagged", task.lag)):
            for start in range(0, played, step) if step else ():
                record.read_part(_part(folder, kind, start))
        if tally.weights is not None:
            live, _ = checkpoint.load(folder / tally.weights)
            network.load_state_dict(live.state_dict())
    except Exception as error:  # whatever is wrong with a half-way state, starting over mends it
        tell(f"{folder}: what a killed job left is damaged ({error}); the stream starts over")
        state.start_over(folder)
        network.load_state_dict(first)
        return Tally()
    return tally
