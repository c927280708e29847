"""The settings of the offline study."""

from fractions import Fraction
from typing import Literal

from posequery.settings import Rate, Section


class Offline(Section):
    """The offline study: fine-tune on a part of a pool, test on other subjects."""

    rates: list[Rate] = [Fraction(p, 100) for p in (1, 5, 10, 20, 40)]
    select_from: Literal["pool", "clip"] = "pool"
    """What a strategy picks its share from: the whole pool at once, or each clip on its own. A clip
    too short for one frame at that rate then gives none."""
