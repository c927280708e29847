"""Query strategies: which k frames of a window to train on.

A strategy is one file of this folder, known by its name, that binds `STRATEGY`. To add one:

1. write `strategies/<name>.py` with a function of a `Window` and a generator that returns a
   `Selection`, and `STRATEGY = Strategy(...)` that says what it needs;
2. name it under `strategies:` in a study's file;
3. run `pytest tests/strategies`: every strategy must pass the common suite.

Strategies are loaded by name, so that editing one reruns only its own cells.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np


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
    confidence: str = "lowest"
    """How peaks become a frame's confidence: 'lowest' of all maps, 'lowest_limb', or 'mean'."""

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


@dataclass(frozen=True)
class Strategy:
    """A strategy: its printed name, the fields of `Window` it needs, and how it picks."""

    label: str
    pick: Callable[[Window, np.random.Generator], Selection]
    needs: tuple[str, ...] = ()


def largest(score: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Ascending indices (k,) of the k largest scores of (N,).

    Ties are drawn by `random`, never by position. Frames without a score (NaN) come last: they are
    picked only where fewer than k have one.
    """
    shuffled = random.permutation(len(score))
    order = np.argsort(-score[shuffled], kind="stable")
    return np.sort(shuffled[order[:k]])


def names() -> tuple[str, ...]:
    """The names of all strategies there are, without importing them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Strategy:
    """The strategy called `name`."""
    if name not in names():
        raise ValueError(f"no strategy is called '{name}'; there are {', '.join(names())}")
    strategy: Strategy = importlib.import_module(f"{__name__}.{name}").STRATEGY
    return strategy


def select(strategy: Strategy, window: Window, random: np.random.Generator) -> Selection:
    """Pick exactly k frames of a window. Raises `TooFewFrames` if k is 0."""
    if window.k < 1:
        raise TooFewFrames(f"picks none of {window.size} frames")
    missing = [name for name in strategy.needs if getattr(window, name) is None]
    if missing:
        raise ValueError(f"{strategy.label} needs {', '.join(missing)}")
    return strategy.pick(window, random)
