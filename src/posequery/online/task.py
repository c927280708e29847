"""What the online loop plays, and how far it has come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np

from posequery.arrays import shape
from posequery.clips import Stream
from posequery.online.clock import Overrun
from posequery.online.policies import Policy
from posequery.online.profiles import Profile
from posequery.skeletons import JOINTS
from posequery.student.recipe import Recipe

SECONDS = ("training", "inference", "selection")


@dataclass(frozen=True)
class Task:
    """What the loop plays, and by which rules.

    `labels` and `reference` (n, 18, 2) are in source pixels: the teacher's labels, trained on, and
    the poses that are looked for. `error_by_labels`: the strategy 'error' sees the error against
    the labels, not the reference. `takes`: what passes of the stream while a training runs, if no
    device's `profile` says so. `measured`: what this machine takes decides; the
    teacher's time is not known. `overrun`: what happens
    where that is more than a stretch and not `missed`. `hindsight`: frames are predicted by later
    weights as well, see `online.hindsight`. `engine`: which of `student.engines` predicts.
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
    measured: bool = False
    hindsight: bool = False
    engine: str = "torch"

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
        return self.policy.labels_all(self.scored_against is self.labels)

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
    refused: int = 0
    """Of these, whose weights did not go live (`online.guard`)."""
    unswapped: int = 0
    """Of these, whose weights the engine did not take (`online.live`)."""
    engine: dict[str, str] | None = None
    """Its version, provider and precision."""
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
    revisited: int = 0
    """Frames that the last weights have predicted at the end, of a task with `hindsight`."""
    begun: dict[str, list[int]] = field(default_factory=dict)
    """By a measured clock, of each training whose weights are not live yet: by the first frame of
    its stretch where they will go live, and the epochs that it did."""

    @property
    def version(self) -> int:
        """How many trainings the live weights have seen."""
        return self.trainings - self.refused - self.unswapped


Seen: TypeAlias = dict[str, np.ndarray]
"""What the student said of frames, from the first of the next stretch on: joints, peaks, and the
task's extras."""
