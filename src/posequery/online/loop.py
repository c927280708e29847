"""The online loop: a student lives on a stream, and is trained on what a strategy picks of it.

Each frame is predicted once, by the weights that are live at that frame, before it can be trained
on ('every updated model is tested on the subsequent training window', paper, section 4.2). By the
ideal clock weights trained on a stretch are live from the next frame on. If a training takes a
number of frames, they are live that much later, and the frames that pass are either predicted by
the weights before and belong to the next stretch, or missed: the next stretch begins behind them.
"""

import copy
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch import nn

from posequery import strategies
from posequery.clips import Stream
from posequery.jobs import resume, seeds
from posequery.jobs.files import write_text
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.metrics import frame_errors, joint_errors
from posequery.online import record
from posequery.online.policies import Policy
from posequery.skeletons import JOINTS
from posequery.student import checkpoint
from posequery.student.prediction import predict_stream
from posequery.student.recipe import Recipe
from posequery.student.samples import StreamFrames
from posequery.student.training import fit

SECONDS = ("training", "inference", "selection")


@dataclass(frozen=True)
class Task:
    """What the loop plays, and by which rules.

    `labels` and `reference` (n, 18, 2) are in source pixels: the teacher's labels, trained on, and
    the poses that errors are measured against. `error_by_labels`: the strategy 'error' sees the
    error against the labels, not the reference. `lag` (frames): also predict every stretch of that
    length by the weights live at its first frame, for comparing policies at an equal lag. `takes`:
    frames that pass while a training runs, no more than a stretch unless they are `missed`.
    """

    stream: Stream
    labels: np.ndarray
    reference: np.ndarray
    policy: Policy
    recipe: Recipe
    words: Sequence[str | int]
    reset: bool = False
    error_by_labels: bool = False
    lag: int | None = None
    takes: int = 0
    missed: bool = False

    def __post_init__(self) -> None:
        for joints in (self.labels, self.reference):
            if len(joints) != len(self.stream):
                raise ValueError(f"{len(joints)} labels for {len(self.stream)} frames")


@dataclass
class Tally:
    """How far the loop is, and what it has cost. Seconds are of this machine's wall clock."""

    frame: int = 0
    """The next to be played."""
    stretch: int = 0
    """First frame of the stretch that comes to be trained on next."""
    trainings: int = 0
    frames_trained: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SECONDS, 0.0))
    weights: str | None = None
    """File of the live weights, if they are not the first ones."""


class Seen(NamedTuple):
    """What the student said of frames, from the first of the next stretch on."""

    joints: np.ndarray
    peaks: np.ndarray
    error: np.ndarray


_NOTHING = Seen(
    np.empty((0, len(JOINTS), 2), np.float32), *np.empty((2, 0, len(JOINTS)), np.float32)
)


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
    whole part, writes any that came after it once more, and ends at the same bits; if what it left
    is damaged, that is told, and the loop starts over. Raises `strategies.TooFewFrames` if a window
    is too small for the rate.
    """
    first = copy.deepcopy(network.state_dict())
    tally, seen = _resume(task, network, first, folder)
    every, times, end = task.policy.every, task.policy.times, len(task.stream)
    wait, lost = (0, task.takes) if task.missed else (task.takes, 0)
    if progress is not None:
        progress.advance(tally.frame)
    while tally.frame < end:
        start, version, update = tally.frame, tally.trainings, None
        if start == tally.stretch + every + wait:
            picked = None
            # Nothing is trained that nothing tests: not on a partial stretch, nor for no frame.
            if (times is None or tally.trainings < times) and start + lost < end:
                picked = _picked(task, Seen(*(rows[:every] for rows in seen)), tally)
            if picked is not None:
                if lost:
                    _predict_ahead(task, network, start, start + lost, tally, folder)
                    record.write_missed(_part(folder, "part", start), lost)
                    start += lost
                update = _train(task, network, first, picked, start, tally)
            tally.stretch, seen = start - wait, Seen(*(rows[every:] for rows in seen))
        stop = min(tally.stretch + every + wait, end)
        _predict_ahead(task, network, start, stop, tally, folder)
        began = time.perf_counter()
        reading = predict_stream(network, task.stream, start, stop, task.reference[start:stop])
        error = joint_errors(reading.joints, task.reference[start:stop])
        tally.seconds["inference"] += time.perf_counter() - began
        part = _part(folder, "part", start)
        record.write_part(part, *reading, error, tally.trainings, update)
        seen = _joined([seen, Seen(reading.joints, reading.peaks, error)])
        played, tally.frame = stop - tally.frame, stop
        _commit(folder, network, info, tally, changed=tally.trainings > version)
        if progress is not None:
            progress.advance(played)
    return tally


def _part(folder: Path, kind: str, start: int) -> Path:
    return folder / f"{kind}-{start:09d}.npz"


def _joined(pieces: Sequence[Seen]) -> Seen:
    return Seen(*map(np.concatenate, zip(*pieces, strict=True)))


def _predict_ahead(
    task: Task, network: nn.Module, start: int, stop: int, tally: Tally, folder: Path
) -> None:
    """Predict, by the live weights, each stretch of the task's lag that begins in these frames."""
    if not task.lag:
        return
    for ahead in range(-(-start // task.lag) * task.lag, stop, task.lag):
        after = min(ahead + task.lag, len(task.stream))
        reading = predict_stream(network, task.stream, ahead, after, task.reference[ahead:after])
        error = joint_errors(reading.joints, task.reference[ahead:after])
        part = _part(folder, "lagged", ahead)
        record.write_part(part, *reading, error, tally.trainings, None)


class _Picked(NamedTuple):
    """A selection from the stretch, and those of its frames (k,) that teach something."""

    selection: strategies.Selection
    taught: np.ndarray


def _picked(task: Task, seen: Seen, tally: Tally) -> _Picked | None:
    """What to train on of the stretch that was seen; None if it teaches nothing."""
    began = time.perf_counter()
    size, start = task.policy.every, tally.stretch
    labels = task.labels[start : start + size]
    policy = task.policy
    if policy.strategy is None:
        selection = strategies.Selection(np.arange(size))
    else:
        error = joint_errors(seen.joints, labels) if task.error_by_labels else seen.error
        window = strategies.Window(size, policy.rate, frame_errors(error), seen.peaks)
        random = seeds.generator(*task.words, "selection", start)
        selection = strategies.select(policy.strategy, window, random, policy.parameters)
    tally.seconds["selection"] += time.perf_counter() - began
    # A frame in which the teacher saw nobody teaches nothing.
    found = np.isfinite(labels[selection.indices]).all(axis=2).any(axis=1)
    return _Picked(selection, selection.indices[found]) if found.any() else None


def _train(
    task: Task,
    network: nn.Module,
    first: dict[str, object],
    picked: _Picked,
    live: int,
    tally: Tally,
) -> record.Update:
    began = time.perf_counter()
    start, (selection, taught) = tally.stretch, picked
    if task.reset:
        network.load_state_dict(first)
    samples = StreamFrames(task.stream, start + taught, task.labels[start + taught])
    fit(network, samples, task.recipe, task.stream.size, [*task.words, "window", start])
    tally.seconds["training"] += time.perf_counter() - began
    tally.trainings += 1
    tally.frames_trained += len(taught)
    return record.Update(live, start + selection.indices, selection.score, selection.decided_by)


def _commit(
    folder: Path,
    network: nn.Module,
    info: checkpoint.CheckpointInfo,
    tally: Tally,
    changed: bool,
) -> None:
    """Write down that the last part is whole; the tally's own file is what makes it so."""
    before = tally.weights
    if changed:
        tally.weights = f"weights-{tally.frame:09d}.pt"
        checkpoint.save(folder / tally.weights, network, info)
    write_text(folder / "tally.json", json.dumps(tally.__dict__))
    if changed and before is not None:
        (folder / before).unlink()


def _resume(
    task: Task, network: nn.Module, first: dict[str, object], folder: Path
) -> tuple[Tally, Seen]:
    path = folder / "tally.json"
    if not path.is_file():
        return Tally(), _NOTHING
    try:
        tally = Tally(**json.loads(path.read_text(encoding="utf-8")))
        frame, seen = 0, [_NOTHING]
        while frame < tally.frame:
            values = record.read_part(_part(folder, "part", frame))
            since = max(0, tally.stretch - frame)
            frame += max(1, len(values["version"]))
            if frame > tally.stretch:
                seen.append(Seen(*(values[name][since:] for name in Seen._fields)))
        for start in range(0, tally.frame, task.lag) if task.lag else ():
            record.read_part(_part(folder, "lagged", start))
        if tally.weights is not None:
            live, _ = checkpoint.load(folder / tally.weights)
            network.load_state_dict(live.state_dict())
    except Exception as error:  # whatever is wrong with a half-way state, starting over mends it
        tell(f"{folder}: what a killed job left is damaged ({error}); the stream starts over")
        resume.start_over(folder)
        network.load_state_dict(first)
        return Tally(), _NOTHING
    return tally, _joined(seen)
