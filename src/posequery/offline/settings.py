"""The settings of the offline study."""

from fractions import Fraction
from typing import Literal

from posequery.settings import Rate, Section


class Offline(Section):
    """The offline study: fine-tune on part of a pool, test on other subjects."""

    rates: list[Rate] = [Fraction(p, 100) for p in (1, 5, 10, 20, 40)]
    """The rates at which each strategy picks frames to fine-tune on."""
    select_from: Literal["pool", "clip"] = "pool"
    """What a strategy picks from: the whole pool at once, or each clip on its own. In the second
    case a clip that is too short for one frame at that rate gives none."""
