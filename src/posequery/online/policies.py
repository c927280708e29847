"""When the student is trained on a stream, and on what: the methods of the paper's Table 2."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from posequery import strategies
from posequery.settings import Section


@dataclass(frozen=True)
class Policy:
    """Train at the end of every stretch of `stretch` frames, at most `times` times.

    `strategy` picks a share `rate` of the stretch, by its own `parameters`; without one every frame
    is trained on. `lag` (frames): also predict every part of the stream of that length by the
    weights live at its first frame, for comparing policies at an equal lag.
    """

    stretch: int
    times: int | None = None
    strategy: strategies.Strategy | None = None
    rate: Fraction = Fraction(1)
    parameters: Section | None = None
    lag: int | None = None


def policy(
    method: str,
    rate: Fraction,
    window: int,
    continual_every: int,
    parameters: Mapping[str, object] | None = None,
) -> Policy:
    """The policy of a method: baseline, once, continual, or a strategy (paper, section 4.3).

    parameters: the strategy's own, plain data.
    """
    if method == "baseline":
        return Policy(window, times=0)
    if method == "once":
        return Policy(window, times=1, strategy=strategies.load("uniform"), rate=rate)
    if method == "continual":
        # It looks `continual_every` frames ahead, where the others look a window.
        return Policy(continual_every, lag=window)
    own = strategies.parameters(method, parameters or {})
    return Policy(window, strategy=strategies.load(method), rate=rate, parameters=own)
