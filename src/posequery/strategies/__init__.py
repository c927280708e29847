"""Query strategies: which k frames of a window to train on.

A strategy is one file in this folder that binds `STRATEGY`; its name is the file's. To add one:

1. write `strategies/<name>.py` with a function that takes a `Window`, a random generator and the
   strategy's own parameters and returns a `Selection`, and with `STRATEGY = Strategy(...)`, which
   says what it needs;
2. list it under `strategies:` in a study's file;
3. run `.venv/bin/python -m pytest tests/strategies`: every strategy must pass the common suite; if
   it has parameters, `make docs` lists them in config/README.md.

Strategies are loaded by name, so editing one reruns only its own cells.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any

import numpy as np

from posequery.arrays import shape
from posequery.jobs import bounds
from posequery.jobs.files import BadInput, unknown, worded
from posequery.registry import Registry
from posequery.settings import Section
from posequery.skeletons import JOINTS

EXTRAS = ("features", "entropy", "change", "flipped")
"""Fields of `Window` that a network computes beside its predictions where a strategy needs them."""


class TooFewFrames(ValueError):
    """The window is so small that the rate picks none of its frames."""


class WrongSelection(ValueError):
    """A strategy picks what it may not: other than k frames, one twice, or none of the window."""


@dataclass(frozen=True)
class Window:
    """What a strategy may use: N frames, and what the student predicted for them.

    `error` (N,): mean error of each frame in source pixels, NaN where there is no label.
    `peaks` (N, 18): highest value of each confidence map.
    `features` (N, d): the backbone's last map, averaged over its places.
    `entropy` (N, 18): of each confidence map's peaks, in nats; 0 where there are fewer than two.
    `change` (N,): how far the confidence maps are from those of the frame before, as the sum of
    absolute differences of a map, a mean over the maps; NaN for the first frame of a clip, and
    where other weights predicted the frame before.
    `flipped` (N,): mean distance of a frame's joints in source pixels to those that are predicted
    of its mirror image, and mirrored back.
    `disagreement` (N,): mean distance to the teacher's labels in source pixels, NaN without any.
    A strategy can rely only on the fields that it `needs`; the others may be None. Raises TypeError
    for a size that is no whole number and a rate that is no fraction, and ValueError for what is
    out of bounds or has another shape.
    """

    size: int
    rate: Fraction
    error: np.ndarray | None = None
    peaks: np.ndarray | None = None
    features: np.ndarray | None = None
    entropy: np.ndarray | None = None
    change: np.ndarray | None = None
    flipped: np.ndarray | None = None
    disagreement: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.size, int | np.integer) or isinstance(self.size, bool):
            raise TypeError(f"size: a whole number is needed, not {self.size!r}")
        if not isinstance(self.rate, Fraction):
            raise TypeError(f"rate: a Fraction is needed, as Fraction('0.29'), not {self.rate!r}")
        if not 1 <= self.size <= bounds.COUNT or not 0 < self.rate <= 1:
            most = f"1 to {bounds.COUNT:,}, above 0 and up to 1"
            raise ValueError(f"{self.size} frames at a rate of {self.rate}: {most}")
        columns: dict[str, int | str] = {
            "peaks": len(JOINTS),
            "features": "d",
            "entropy": len(JOINTS),
        }
        for name, values in self.given.items():
            shape(name, values, self.size, *([columns[name]] if name in columns else []))

    @property
    def given(self) -> dict[str, np.ndarray]:
        """The fields that are there, by name."""
        every = {field.name: getattr(self, field.name) for field in fields(self)[2:]}
        return {name: values for name, values in every.items() if values is not None}

    @property
    def k(self) -> int:
        """Frames to select: ⌊N·p⌋ in exact arithmetic (paper, section 3)."""
        return int(self.size * self.rate)


@dataclass(frozen=True)
class Selection:
    """The frames picked, as ascending indices (k,) into the window, and why.

    `score` (k,): the value that the strategy ranked each frame by, NaN if it does not rank.
    `decided_by` (k,): the confidence map that decided, -1 if none did. Raises `WrongSelection`
    where these do not go together, or a frame is picked twice.
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
        try:
            shape("indices", self.indices, "k", kinds="iu")
            shape("score", self.score, count, kinds="fiu")
            shape("decided_by", self.decided_by, count, kinds="iu")
        except ValueError as error:
            raise WrongSelection(str(error)) from None
        steps = np.diff(self.indices.astype(np.int64))
        if (steps == 0).any():
            raise WrongSelection(
                f"indices: frame {self.indices[:-1][steps == 0][0]} is picked twice"
            )
        if ((self.decided_by < -1) | (self.decided_by >= len(JOINTS))).any():
            raise WrongSelection(f"decided_by: a map that is none of {len(JOINTS)}, and not -1")
        if count and not (self.indices[0] >= 0 and (steps > 0).all()):
            raise WrongSelection("indices: they do not ascend from 0 or more")

    def require(self, window: Window) -> None:
        """Raise `WrongSelection` if these are not k of the window's frames."""
        if len(self.indices) != window.k:
            fault = f"{len(self.indices)} frames are picked, not {window.k} of {window.size}"
            raise WrongSelection(fault)
        if self.indices[-1] >= window.size:
            raise WrongSelection(f"frame {self.indices[-1]} is picked, of {window.size} from 0 on")


@dataclass(frozen=True)
class Strategy:
    """A strategy: its printed name, which settings accept too, the function that picks, the fields
    of `Window` that it needs, and the section of its own parameters, an object of which is the
    third argument of `pick`. Raises ValueError for a need that is no such field."""

    label: str
    pick: Callable[[Window, np.random.Generator, Any], Selection]
    needs: tuple[str, ...] = ()
    parameters: type[Section] = Section

    def __post_init__(self) -> None:
        known = [field.name for field in fields(Window)[2:]]
        for name in self.needs:
            if name not in known:
                raise ValueError(unknown("field of a window", name, known))

    @property
    def extras(self) -> tuple[str, ...]:
        """Those of `EXTRAS` that it needs."""
        return tuple(name for name in EXTRAS if name in self.needs)

    @property
    def oracle(self) -> bool:
        """Whether it looks at the labels of frames that it does not pick."""
        return not {"error", "disagreement"}.isdisjoint(self.needs)


def largest(score: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Ascending indices (k,) of the k largest of the scores (N,).

    `random` breaks ties, never the position. Frames without a score (NaN) come last: they are
    picked only if fewer than k frames have one. Raises ValueError for a k that there is not.
    """
    shape("score", score, "N")
    if not 0 <= k <= len(score):
        raise ValueError(f"k: {k} of {len(score)} frames")
    shuffled = random.permutation(len(score))
    order = np.argsort(-score[shuffled], kind="stable")
    return np.sort(shuffled[order[:k]])


def having(
    usable: np.ndarray, k: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The frames (n,) that a strategy can compare, by flags (N,), and what it lacks to k: others,
    drawn at random, for frames without a score come last."""
    able, others = np.flatnonzero(usable), np.flatnonzero(~usable)
    return able, random.choice(others, max(0, k - len(able)), replace=False)


METHODS = ("none", "all", "all_equal_steps", "baseline", "once", "continual")
"""What stands beside the strategies' names for what is no strategy."""
GUARDED = "guarded"
"""The method that picks as uniform does, and lets no weights go live that err more."""
_STRATEGIES = Registry[Strategy](
    __name__, __path__, "STRATEGY", "strategy", reserved=(*METHODS, GUARDED)
)
names, load = _STRATEGIES.names, _STRATEGIES.load


def canonical(word: str) -> str:
    """The name of the strategy called `word`, which may also be its label, as the paper's tables
    print it: 'uncertainty' is `least_confidence`. Raises ValueError with the nearest name, and
    BadInput where two have one label."""
    labels = _STRATEGIES.by_label("label")
    name = word if word in names() else labels.get(word, word)
    load(name)
    return name


def parameters(name: str, values: object) -> Section:
    """The parameters of the strategy called `name`, validated from plain data."""
    return load(name).parameters.model_validate(values)


def select(
    strategy: Strategy,
    window: Window,
    random: np.random.Generator,
    parameters: Section | None = None,
) -> Selection:
    """Pick exactly k frames of a window; without `parameters`, with the strategy's defaults.

    Raises `TooFewFrames` if k is 0, ValueError if the window lacks a field the strategy needs, and
    BadInput, which names the strategy's file, if it picks anything but k of its frames.
    """
    if window.k < 1:
        raise TooFewFrames(f"picks none of {window.size} frames")
    missing = [name for name in strategy.needs if getattr(window, name) is None]
    if missing:
        raise ValueError(f"{strategy.label} needs {', '.join(missing)}")
    file = strategy.pick.__module__.replace(".", "/") + ".py"
    try:
        picked = strategy.pick(window, random, parameters or strategy.parameters())
        if not isinstance(picked, Selection):
            raise WrongSelection(f"a {type(picked).__name__} is returned, not a Selection")
        picked.require(window)
    except WrongSelection as error:
        raise BadInput(file, f"a wrong selection ({error})", "Correct this strategy") from None
    except (MemoryError, OSError, BadInput):
        raise
    except (Exception, SystemExit) as error:  # whoever wrote it may have raised anything
        fault = f"fails ({worded(error)})"
        raise BadInput(file, fault, "Correct this strategy") from error
    return picked
