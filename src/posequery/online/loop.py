"""The online loop: a student lives on a stream, and is trained on what a strategy picks of it.

Each frame is predicted once, by the weights that are live at that frame, before it can be trained
on ('every updated model is tested on the subsequent training window', paper, section 4.2). When a
training begins and when its weights go live is `online.clock`'s to say.
"""

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from torch import nn

from posequery import strategies
from posequery.arrays import shape
from posequery.clips import Stream
from posequery.jobs import resume, seeds
from posequery.jobs.progress import Progress
from posequery.metrics import frame_errors, joint_errors
from posequery.online import parts
from posequery.online.clock import Miss, Overrun, Pace, Play, Train, schedule
from posequery.online.policies import Policy
from posequery.online.profiles import Profile
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
    the poses that are looked for. `error_by_labels`: the strategy 'error' sees the error against
    the labels, not the reference. `takes`: what passes of the stream while a training runs, if no
    device's `profile` says so. `overrun`: what happens where that is more than a stretch and not
    `missed`.
    """

    stream: Stream
    labels: np.ndarray
    reference: np.ndarray
    policy: Policy
    recipe: Recipe
    words: Sequence[str | int]
    reset: bool = False
    error_by_labels: bool = False
    takes: str = "0 frames"
    missed: bool = False
    overrun: Overrun = "refused"
    profile: Profile | None = None

    def __post_init__(self) -> None:
        for name in ("labels", "reference"):
            shape(name, getattr(self, name), len(self.stream), len(JOINTS), 2)

    @property
    def extras(self) -> tuple[str, ...]:
        """What the network computes for the strategy beside its predictions."""
        return self.policy.strategy.extras if self.policy.strategy else ()

    @property
    def scored_against(self) -> np.ndarray:
        """The poses (n, 18, 2) that the strategy `error` measures by."""
        return self.labels if self.error_by_labels else self.reference

    @property
    def labels_all(self) -> bool:
        """Whether the teacher is asked for every frame of a stretch, not only for those picked."""
        if self.policy.strategy is None:
            return True
        needs = self.policy.strategy.needs
        by_labels = self.scored_against is self.labels
        return "disagreement" in needs or ("error" in needs and by_labels)

    @cached_property
    def lags(self) -> np.ndarray:
        """First frames (w,) of the parts of the policy's lag."""
        lag = self.policy.lag
        return self.stream.timing.starts(lag) if lag else np.empty(0, np.int64)


@dataclass
class Tally:
    """How far the loop is, and what it has cost. Seconds are of this machine's wall clock."""

    frame: int = 0
    """The next to be played."""
    first: int = 0
    """Of the stretch that is trained on next."""
    busy: int = 0
    """The frame until which trainings run, see `clock.Play`."""
    trainings: int = 0
    frames_trained: int = 0
    passes: int = 0
    """Of those frames through the training network, an epoch each."""
    labelled: int = 0
    """Frames that the teacher was asked for."""
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SECONDS, 0.0))
    weights: str | None = None
    """File of the live weights, if they are not the first ones."""
    parts: str = ""
    """Sum over all parts of the frames before, see `parts.total`."""


Seen: TypeAlias = dict[str, np.ndarray]
"""What the student said of frames, from the first of the next stretch on: joints, peaks, and the
task's extras."""


class _Begun(NamedTuple):
    """A training that has begun, what was selected, and what of it (k,) teaches something."""

    training: Train
    selection: strategies.Selection
    taught: np.ndarray


def run(
    task: Task,
    network: nn.Module,
    info: checkpoint.CheckpointInfo,
    folder: Path,
    progress: Progress | None = None,
) -> Tally:
    """Play the stream; `network` ends with the last live weights.

    The record grows in `folder`, which must be this job's own, as `part-*.npz` and, of a policy
    with a lag, `lagged-*.npz`, whose names sort by time. A loop that was killed resumes from its
    last whole part, writes any that came after it once more, and ends at the same bits; if what it
    left is damaged, this is reported, and the loop starts over. Raises `strategies.TooFewFrames` if
    a window is too small for the rate.
    """
    original = copy.deepcopy(network.state_dict())
    tally, seen = _resume(network, original, folder, task.extras)
    if progress is not None:
        progress.advance(tally.frame)
    timing = task.stream.timing
    pace = Pace(timing, task.takes, task.profile, task.policy.rate, task.recipe.epochs)
    events = schedule(
        len(task.stream),
        lambda frame: timing.after(frame, task.policy.stretch),
        pace.live,
        task.missed,
        task.policy.times,
        overrun=task.overrun,
        epochs_until=pace.epochs_until,
        frame=tally.frame,
        first=tally.first,
        trained=tally.trainings,
        busy=tally.busy,
    )
    begun = None
    for event in events:
        match event:
            case Train():
                begun = _begin(task, event, seen, tally)
                if begun is None:
                    events.send(False)
            case Miss(start, stop):
                _predict_ahead(task, network, start, stop, tally, folder)
                parts.write_missed(_part(folder, "part", start), stop - start)
            case Play(start, stop, first, busy):
                update = begun and _finish(task, network, original, begun, tally)
                _predict_ahead(task, network, start, stop, tally, folder)
                said = _predict(task, network, start, stop, tally, folder, update)
                # Of frames that were missed nothing was seen.
                before = {name: rows[first - tally.first :] for name, rows in seen.items()}
                seen = _joined([before, said])
                began, tally.frame, tally.first, tally.busy = tally.frame, stop, first, busy
                written = _written(task, folder, began, start, stop)
                _commit(folder, network, info, tally, written, changed=begun is not None)
                begun = None
                if progress is not None:
                    progress.advance(stop - began)
    return tally


def _part(folder: Path, kind: str, start: int) -> Path:
    return folder / f"{kind}-{start:09d}.npz"


def _start(part: Path) -> int:
    return int(part.stem.split("-")[1])


def _joined(pieces: Sequence[Seen]) -> Seen:
    """Pieces in their order, of which the first may be empty."""
    pieces = [piece for piece in pieces if piece]
    names = pieces[0] if pieces else ()
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in names}


def _predict(
    task: Task,
    network: nn.Module,
    start: int,
    stop: int,
    tally: Tally,
    folder: Path,
    update: parts.Update | None,
) -> Seen:
    began = time.perf_counter()
    reference = task.reference[start:stop]
    said = predict_stream(network, task.stream, start, stop, reference, wanted=task.extras)
    tally.seconds["inference"] += time.perf_counter() - began
    own = said.joints, said.peaks, said.parsed
    part = _part(folder, "part", start)
    parts.write_part(part, *own, tally.trainings, update, said.extras)
    return {"joints": said.joints, "peaks": said.peaks, **said.extras}


def _predict_ahead(
    task: Task, network: nn.Module, start: int, stop: int, tally: Tally, folder: Path
) -> None:
    """Predict, by the live weights, each part of the policy's lag that begins in these frames."""
    for ahead, after in pairwise([*task.lags.tolist(), len(task.stream)]):
        if not start <= ahead < stop:
            continue
        said = predict_stream(network, task.stream, ahead, after, task.reference[ahead:after])
        own = said.joints, said.peaks, said.parsed
        parts.write_part(_part(folder, "lagged", ahead), *own, tally.trainings, None)


def _begin(task: Task, training: Train, seen: Seen, tally: Tally) -> _Begun | None:
    """Select from the stretch that was seen; None if that teaches nothing."""
    began = time.perf_counter()
    stretch = slice(training.first, training.stop)
    selection = _select(task, stretch, seen)
    tally.seconds["selection"] += time.perf_counter() - began
    every = training.stop - training.first
    tally.labelled += every if task.labels_all else len(selection.indices)
    # A frame in which the teacher saw nobody teaches nothing.
    picked = task.labels[stretch][selection.indices]
    taught = selection.indices[np.isfinite(picked).all(axis=2).any(axis=1)]
    return _Begun(training, selection, taught) if len(taught) else None


def _select(task: Task, stretch: slice, seen: Seen) -> strategies.Selection:
    policy, size = task.policy, stretch.stop - stretch.start
    if policy.strategy is None:
        return strategies.Selection(np.arange(size))
    own = {name: rows[:size] for name, rows in seen.items()}
    joints = own.pop("joints")
    own["error"] = frame_errors(joint_errors(joints, task.scored_against[stretch]))
    own["disagreement"] = frame_errors(joint_errors(joints, task.labels[stretch]))
    window = strategies.Window(size, policy.rate, **own)
    random = seeds.generator(*task.words, "selection", stretch.start)
    return strategies.select(policy.strategy, window, random, policy.parameters)


def _finish(
    task: Task, network: nn.Module, original: dict[str, object], begun: _Begun, tally: Tally
) -> parts.Update:
    """Train, and let the new weights go live."""
    began = time.perf_counter()
    training, selection, taught = begun
    start = training.first
    if task.reset:
        network.load_state_dict(original)
    samples = StreamFrames(task.stream, start + taught, task.labels[start + taught])
    recipe = task.recipe
    if training.epochs is not None:
        recipe = recipe.model_copy(update={"epochs": training.epochs})
    fit(network, samples, recipe, task.stream.size, [*task.words, "window", start])
    tally.seconds["training"] += time.perf_counter() - began
    tally.trainings += 1
    tally.frames_trained += len(taught)
    tally.passes += len(taught) * recipe.epochs
    picked = start + selection.indices
    return parts.Update(training.live, picked, selection.score, selection.decided_by)


def _written(task: Task, folder: Path, began: int, start: int, stop: int) -> list[Path]:
    """The parts of frames began to stop, of which those up to start were missed."""
    ahead = task.lags[(began <= task.lags) & (task.lags < stop)].tolist()
    own = [_part(folder, "part", at) for at in sorted({began, start})]
    return own + [_part(folder, "lagged", at) for at in ahead]


def _commit(
    folder: Path,
    network: nn.Module,
    info: checkpoint.CheckpointInfo,
    tally: Tally,
    written: Sequence[Path],
    changed: bool,
) -> None:
    """Write down that the last parts are whole; this is what makes them so."""
    tally.parts = parts.total(written, tally.parts)
    if changed:
        tally.weights = f"weights-{tally.frame:09d}.pt"
        checkpoint.save(folder / tally.weights, network, info)
    resume.keep(folder, tally.__dict__, [folder / tally.weights] if tally.weights else [])


def _resume(
    network: nn.Module, original: dict[str, object], folder: Path, extras: Sequence[str]
) -> tuple[Tally, Seen]:
    def read(note: dict[str, Any]) -> tuple[Tally, Seen]:
        tally = Tally(**note)
        before = [path for path in folder.glob("*-*.npz") if _start(path) < tally.frame]
        if parts.total(before) != tally.parts:
            raise ValueError("its parts do not match their sum")
        frame, seen = 0, list[Seen]()
        while frame < tally.frame:
            part, since = _part(folder, "part", frame), max(0, tally.first - frame)
            frame += max(1, len(parts.read_part(part)["version"]))
            if frame > tally.first:
                values = parts.read_part(part, extras)
                seen.append({name: values[name][since:] for name in ("joints", "peaks", *extras)})
        if tally.weights is not None:
            live, _ = checkpoint.load(folder / tally.weights)
            network.load_state_dict(live.state_dict())
        return tally, _joined(seen)

    found = resume.restored(folder, read)
    if found is None:
        network.load_state_dict(original)
        return Tally(), {}
    return found
