"""When the student is trained on a stream, and on what: the methods of the paper's Table 2."""

from dataclasses import dataclass
from fractions import Fraction

from posequery import strategies


@dataclass(frozen=True)
class Policy:
    """Train at the end of every stretch of `every` frames, at most `times` times.

    `strategy` picks a share `rate` of the stretch; without one every frame is trained on.
    """

    every: int
    times: int | None = None
    strategy: strategies.Strategy | None = None
    rate: Fraction = Fraction(1)


def policy(method: str, rate: Fraction, window: int, continual_every: int) -> Policy:
    """The policy of a method: baseline, once, continual, or a strategy (paper, section 4.3)."""
    if method == "baseline":
        return Policy(every=window, times=0)
    if method == "once":
        return Policy(every=window, times=1, strategy=strategies.load("uniform"), rate=rate)
    if method == "continual":
        return Policy(every=continual_every)
    return Policy(every=window, strategy=strategies.load(method), rate=rate)
