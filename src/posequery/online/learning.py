"""What the student learns of a stretch: frames are selected, it is trained on them, and the new
weights go live."""

import copy
import math
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias, cast

import numpy as np
from torch import nn

from posequery import strategies
from posequery.jobs import seeds
from posequery.metrics import frame_errors, joint_errors
from posequery.online import guard, parts
from posequery.online.clock import Begin, Train
from posequery.online.live import Live
from posequery.online.task import Seen, Tally, Task
from posequery.student.recipe import Recipe
from posequery.student.samples import StreamFrames
from posequery.student.training import fit

State: TypeAlias = dict[str, Any]
"""A network's weights by their names."""


class Lesson(NamedTuple):
    """What was selected of a stretch that begins with the frame `first`, and what of it (k,)
    teaches something; held: what is held back (h,). weights: those that were trained on it beside
    the live ones; harmful: these err more (`online.guard`)."""

    first: int
    selection: strategies.Selection
    taught: np.ndarray
    held: np.ndarray
    weights: State | None = None
    harmful: bool = False


def begin(task: Task, first: int, stop: int, seen: Seen, tally: Tally) -> Lesson | None:
    """Select from the stretch that was seen; None if that teaches nothing."""
    began = time.perf_counter()
    stretch = slice(first, stop)
    selection = _select(task, stretch, seen)
    tally.seconds["selection"] += time.perf_counter() - began
    every = stop - first
    held = guard.held_back(every, selection.indices, task.policy.guard)
    tally.labelled += every if task.labels_all else len(selection.indices) + len(held)
    # A frame in which the teacher saw nobody teaches nothing.
    picked = task.labels[stretch][selection.indices]
    taught = selection.indices[np.isfinite(picked).all(axis=2).any(axis=1)]
    return Lesson(first, selection, taught, held) if len(taught) else None


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


def begin_measured(
    task: Task,
    live: Live,
    network: nn.Module,
    original: State,
    asked: Begin,
    seen: Seen,
    tally: Tally,
) -> Lesson | None:
    """Select, train beside the live weights, and build the engine; the seconds of that decide where
    the new weights go live (`tally.begun`). None if nothing was learnt."""
    timing, until = task.stream.timing, asked.until
    selected = tally.seconds["selection"]
    lesson = begin(task, asked.first, asked.stop, seen, tally)
    if lesson is None:
        return None
    spent = tally.seconds["selection"] - selected
    left = math.inf if until is None else float(timing.between(asked.at, until)) - spent
    left -= live.takes
    began = time.perf_counter()
    taught, epochs = train_beside(
        task, live, network, original, lesson, lambda _: time.perf_counter() - began <= left
    )
    seconds = time.perf_counter() - began
    tally.seconds["training"] += seconds
    if not epochs:
        return None
    ready = timing.after(asked.at, f"{Fraction(str(round(spent + seconds, 6)))} s")
    tally.begun[str(asked.first)] = [ready if until is None else min(ready, until), epochs]
    return taught


def begin_again(
    task: Task,
    live: Live,
    network: nn.Module,
    original: State,
    first: int,
    seen: Seen,
    tally: Tally,
) -> Lesson | None:
    """The training on the stretch from `first` on that `begin_measured` did before a kill, which
    changes nothing of `tally`."""
    stop = task.stream.timing.after(first, task.policy.stretch)
    lesson = begin(task, first, stop, seen, copy.deepcopy(tally))
    if lesson is None:
        return None
    _, epochs = tally.begun[str(first)]
    taught, _ = train_beside(task, live, network, original, lesson, lambda done: done <= epochs)
    return taught


def train_beside(
    task: Task,
    live: Live,
    network: nn.Module,
    original: State,
    lesson: Lesson,
    in_time: Callable[[int], bool] | None = None,
    most: int | None = None,
) -> tuple[Lesson, int]:
    """Train a copy of `network`, for all epochs or `most`, and have it wait to go live; the lesson
    with its weights, and how many epochs were in time."""
    copied = copy.deepcopy(network)
    recipe = task.recipe if most is None else task.recipe.model_copy(update={"epochs": most})
    epochs = _train(task, copied, original, lesson, recipe, in_time)
    held = lesson.first + lesson.held
    harmful = len(held) > 0 and guard.harms(task, network, copied, held)
    if epochs and not harmful:
        live.prepare(copied)
    return lesson._replace(weights=copied.state_dict(), harmful=harmful), epochs


def _train(
    task: Task,
    network: nn.Module,
    original: State,
    lesson: Lesson,
    recipe: Recipe,
    in_time: Callable[[int], bool] | None = None,
) -> int:
    """How many epochs were done."""
    if task.reset:
        network.load_state_dict(original)
    frames = lesson.first + lesson.taught
    samples = StreamFrames(task.stream, frames, task.labels[frames])
    words = [*task.words, "window", lesson.first]
    return len(fit(network, samples, recipe, task.stream.size, words, in_time=in_time))


def finish(
    task: Task,
    live: Live,
    network: nn.Module,
    original: State,
    training: Train,
    lesson: Lesson,
    tally: Tally,
) -> parts.Update | None:
    """Train, unless that is done, and let the new weights go live; None if they do harm, or
    the engine failed on them, and the old ones stay."""
    if lesson.weights is not None:
        _, epochs = tally.begun.pop(str(lesson.first))
    else:
        began = time.perf_counter()
        lesson, epochs = train_beside(task, live, network, original, lesson, most=training.epochs)
        tally.seconds["training"] += time.perf_counter() - began
    tally.trainings += 1
    tally.frames_trained += len(lesson.taught)
    tally.passes += len(lesson.taught) * epochs
    if lesson.harmful:
        tally.refused += 1
        return None
    if not live.swap():
        tally.unswapped += 1
        return None
    network.load_state_dict(cast(State, lesson.weights))
    chosen = lesson.selection
    picked = lesson.first + chosen.indices
    return parts.Update(training.live, picked, chosen.score, chosen.decided_by)
