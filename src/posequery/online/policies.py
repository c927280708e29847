"""When the student is trained on a stream, and on what: the methods of the paper's Table 2."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from posequery import strategies
from posequery.settings import Section


@dataclass(frozen=True)
class Policy:
    """Train at the end of every stretch of `every` frames, at most `times` times.

    `strategy` picks a share `rate` of the stretch, by its own `parameters`; without one every frame
    is trained on.
    """

    every: int
    times: int | None = None
    strategy: strategies.Strategy | None = None
    rate: Fraction = Fraction(1)
    parameters: Section | None = None


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
        return Policy(every=window, times=0)
    if method == "once":
        return Policy(every=window, times=1, strategy=strategies.load("uniform"), rate=rate)
    if method == "continual":
        return Policy(every=continual_every)
    own = strategies.parameters(method, parameters or {})
    return Policy(every=window, strategy=strategies.load(method), rate=rate, parameters=own)
