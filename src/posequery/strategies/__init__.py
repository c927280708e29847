"""Query strategies: which k frames of a window to train on.

A strategy is one file of this folder, known by its name, that binds `STRATEGY`. To add one:

1. write `strategies/<name>.py` with a function of a `Window`, a generator and the strategy's own
   parameters that returns a `Selection`, and `STRATEGY = Strategy(...)` that says what it needs;
2. name it under `strategies:` in a study's file;
3. run `pytest tests/strategies`: every strategy must pass the common suite.

Strategies are loaded by name, so that editing one reruns only its own cells.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from posequery.jobs.files import suggestion
from posequery.registry import Registry
from posequery.settings import Section


class TooFewFrames(ValueError):
    """A window so small that the rate picks none of its frames."""


@dataclass(frozen=True)
class Window:
    """What a strategy may look at: N frames, and what the student said of them.

    `error` (N,): mean error of each frame in source pixels, NaN where there is no label.
    `peaks` (N, 18): highest value of each confidence map.
    Only what the strategy's `needs` names is given; the rest is None.
    """

    size: int
    rate: Fraction
    error: np.ndarray | None = None
    peaks: np.ndarray | None = None

    @property
    def k(self) -> int:
        """Frames to select: ⌊N·p⌋ in exact arithmetic (paper, section 3)."""
        return int(self.size * self.rate)


@dataclass(frozen=True)
class Selection:
    """Frames picked, as ascending indices (k,) in the window, and why.

    `score` (k,): what the strategy ordered them by, NaN if it orders by nothing.
    `decided_by` (k,): the map that decided, -1 if none did.
    """

    indices: np.ndarray
    score: np.ndarray = field(default_factory=lambda: np.empty(0))
    decided_by: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        count = len(self.indices)
        if not len(self.score):
            object.__setattr__(self, "score", np.full(count, np.nan))
        if not len(self.decided_by):
            object.__setattr__(self, "decided_by", np.full(count, -1))


class NoParameters(Section):
    """Of a strategy that has none of its own."""


@dataclass(frozen=True)
class Strategy:
    """A strategy: its printed name, how it picks, the fields of `Window` it needs, and the section
    of its own parameters, an object of which is the third argument of `pick`."""

    label: str
    pick: Callable[[Window, np.random.Generator, Any], Selection]
    needs: tuple[str, ...] = ()
    parameters: type[Section] = NoParameters


def largest(score: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Ascending indices (k,) of the k largest scores of (N,).

    Ties are drawn by `random`, never by position. Frames without a score (NaN) come last: they are
    picked only where fewer than k have one.
    """
    shuffled = random.permutation(len(score))
    order = np.argsort(-score[shuffled], kind="stable")
    return np.sort(shuffled[order[:k]])


_STRATEGIES = Registry[Strategy](__name__, __path__, "STRATEGY", "strategy")
names, load = _STRATEGIES.names, _STRATEGIES.load


def canonical(word: str) -> str:
    """The name of the strategy called `word`, which may also be its label, as the paper's tables
    print it: 'uncertainty' is `least_confidence`. Raises ValueError with the nearest name."""
    if word in names():
        return word
    labels = {load(name).label: name for name in names()}
    if word not in labels:
        raise ValueError(f"no strategy is called '{word}': {suggestion(word, names())}")
    return labels[word]


def parameters(name: str, values: object) -> Section:
    """The parameters of the strategy called `name` from plain data, validated."""
    return load(name).parameters.model_validate(values)


def select(
    strategy: Strategy,
    window: Window,
    random: np.random.Generator,
    parameters: Section | None = None,
) -> Selection:
    """Pick exactly k frames of a window; without `parameters` by the strategy's defaults.

    Raises `TooFewFrames` if k is 0.
    """
    if window.k < 1:
        raise TooFewFrames(f"picks none of {window.size} frames")
    missing = [name for name in strategy.needs if getattr(window, name) is None]
    if missing:
        raise ValueError(f"{strategy.label} needs {', '.join(missing)}")
    return strategy.pick(window, random, parameters or strategy.parameters())
