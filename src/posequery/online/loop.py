"""The online loop: a student lives on a stream, and is trained on what a strategy picks of it.

Each frame is predicted once, by the weights that are live at that frame, before it can be trained
on ('every updated model is tested on the subsequent training window', paper, section 4.2). When a
training begins and when its weights go live is `online.clock`'s to say.
"""

import copy
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from posequery.jobs import resume
from posequery.jobs.progress import Progress
from posequery.online import hindsight, learning, parts
from posequery.online.clock import Begin, Miss, Pace, Play, Train, schedule
from posequery.online.live import Live
from posequery.online.task import Seen, Tally, Task
from posequery.student import checkpoint
from posequery.student.prediction import predict_stream

PROBED = 4
"""Frames of the stream, its first ones, on which each build of an engine is checked."""


def run(
    task: Task,
    network: nn.Module,
    info: checkpoint.CheckpointInfo,
    folder: Path,
    progress: Progress | None = None,
) -> Tally:
    """Play the stream; `network` ends with the last live weights.

    The record grows in `folder`, which must be this job's own, as `part-*.npz` and, of a policy
    with a lag, `lagged-*.npz`, of a task with hindsight `after-*.npz` and `final-*.npz`, whose
    names sort by time. A loop that was killed resumes from its last whole part, writes any that
    came after it once more, and ends at the same bits; if what it left is damaged, this is
    reported, and the loop starts over. Raises `strategies.TooFewFrames` if a window is too small
    for the rate.
    """
    original = copy.deepcopy(network.state_dict())
    tally, seen = _resume(network, original, folder, task.extras)
    if progress is not None:
        progress.advance(tally.frame + tally.revisited)
    probe = task.stream.frames(np.arange(min(PROBED, len(task.stream))))
    live = Live(task.engine, network, info, probe)
    tally.engine = live.describe()
    timing = task.stream.timing
    asked = task.policy.rate, task.recipe.epochs, task.policy.guard
    pace = Pace(timing, task.takes, task.profile, *asked, task.labels_all)
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
        measured=task.measured,
        live=tally.begun.get(str(tally.first), [None])[0],
    )
    training = lesson = update = None
    looked: list[Path] = []
    whole = copy.deepcopy(tally.__dict__)  # as of the last commit

    def finish(training: Train, lesson: learning.Lesson) -> parts.Update | None:
        update = learning.finish(task, live, network, original, training, lesson, tally)
        if task.hindsight and update is not None:
            stretch = training.first, training.stop, training.live
            looked.append(hindsight.look_back(task, live.network, *stretch, tally, folder))
        return update

    if str(tally.first) in tally.begun:
        lesson = learning.begin_again(task, live, network, original, tally.first, seen, tally)
    for event in events:
        match event:
            case Begin():
                if training and lesson:  # a queue: this one begins where the last one's go live
                    update, training = finish(training, lesson), None
                if str(event.first) in tally.begun:
                    lesson = learning.begin_again(
                        task, live, network, original, event.first, seen, tally
                    )
                else:
                    lesson = learning.begin_measured(
                        task, live, network, original, event, seen, tally
                    )
                    whole["begun"] |= tally.begun
                    whole |= {"seconds": tally.seconds, "labelled": tally.labelled}
                    _keep(folder, whole)
                if lesson is not None:
                    events.send(tally.begun[str(event.first)][0])
            case Train(first, stop):
                training = event
                if not task.measured:
                    lesson = learning.begin(task, first, stop, seen, tally)
                if lesson is None:
                    training = None
                    events.send(False)
            case Miss(start, stop):
                _predict_ahead(task, live.network, start, stop, tally, folder)
                parts.write_missed(parts.named(folder, "part", start), stop - start)
            case Play(start, stop, first, busy):
                if training and lesson:
                    update, training, lesson = finish(training, lesson), None, None
                _predict_ahead(task, live.network, start, stop, tally, folder)
                said = _predict(task, live.network, start, stop, tally, folder, update)
                # Of frames that were missed nothing was seen.
                before = {name: rows[first - tally.first :] for name, rows in seen.items()}
                seen = _joined([before, said])
                began, tally.frame, tally.first, tally.busy = tally.frame, stop, first, busy
                written = [*_written(task, folder, began, start, stop), *looked]
                _commit(folder, network, info, tally, written, changed=update is not None)
                update, whole = None, copy.deepcopy(tally.__dict__)
                looked.clear()
                if progress is not None:
                    progress.advance(stop - began)
    done = tally.revisited
    for part in hindsight.revisit(task, live.network, tally, folder) if task.hindsight else ():
        tally.parts = parts.total([part], tally.parts)
        _keep(folder, tally.__dict__)
        if progress is not None:
            progress.advance(tally.revisited - done)
        done = tally.revisited
    return tally


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
    part = parts.named(folder, "part", start)
    parts.write_part(part, *own, tally.version, update, said.extras)
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
        parts.write_part(parts.named(folder, "lagged", ahead), *own, tally.version, None)


def _written(task: Task, folder: Path, began: int, start: int, stop: int) -> list[Path]:
    """The parts of frames began to stop, of which those up to start were missed."""
    ahead = task.lags[(began <= task.lags) & (task.lags < stop)].tolist()
    own = [parts.named(folder, "part", at) for at in sorted({began, start})]
    return own + [parts.named(folder, "lagged", at) for at in ahead]


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
    _keep(folder, tally.__dict__)


def _keep(folder: Path, tally: Mapping[str, Any]) -> None:
    weights = tally["weights"]
    resume.keep(folder, tally, [folder / weights] if weights else [])


def _resume(
    network: nn.Module, original: dict[str, object], folder: Path, extras: Sequence[str]
) -> tuple[Tally, Seen]:
    def read(note: dict[str, Any]) -> tuple[Tally, Seen]:
        tally = Tally(**note)
        known = tally.frame + tally.revisited
        before = [path for path in folder.glob("*-*.npz") if parts.start_of(path) < known]
        if parts.total(before) != tally.parts:
            raise ValueError("its parts do not match their sum")
        frame, seen = 0, list[Seen]()
        while frame < tally.frame:
            part, since = parts.named(folder, "part", frame), max(0, tally.first - frame)
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
