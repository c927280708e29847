"""The settings of the offline study."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, Self

from pydantic import model_validator

from posequery.jobs.files import BadInput
from posequery.settings import Rate, Section, as_percent, as_text, counted
from posequery.timing import Timing


class Offline(Section):
    """The offline study: fine-tune on part of a pool, test on other subjects."""

    rates: list[Rate] = [Fraction(p, 100) for p in (1, 5, 10, 20, 40)]
    """The rates at which each strategy picks frames to fine-tune on."""
    methods: list[Literal["all", "all_equal_steps"]] = ["all", "all_equal_steps"]
    """What is run beside the strategies and the unadapted student. `all`: all of the pool.
    `all_equal_steps`: all of it, for only as many gradient steps as the highest rate takes."""
    select_from: Literal["pool", "clip"] = "pool"
    """What a strategy picks from: the whole pool at once, or each clip on its own. In the second
    case a clip that is too short for one frame at that rate gives none."""

    def steps_of(self, method: str) -> Fraction | None:
        """The rate whose gradient steps a method takes; None where it takes those of its own."""
        return max(self.rates) if method == "all_equal_steps" else None

    @model_validator(mode="after")
    def _steps_are_those_of_a_rate(self) -> Self:
        if "all_equal_steps" in self.methods and not self.rates:
            raise ValueError(
                "methods: all_equal_steps takes the steps of a rate, and rates has none"
            )
        return self


def require_picks(rate: Fraction, sizes: Sequence[int], by_clip: bool) -> None:
    """Raise `BadInput` if a rate picks nothing of a pool whose clips have `sizes` frames."""
    most = max(sizes, default=0) if by_clip else sum(sizes)
    if int(most * rate) < 1:
        frames = counted(most, "frame")
        where = f"a clip's {frames} or fewer" if by_clip else f"the pool's {frames}"
        fix = "Take a higher rate or a larger pool"
        raise BadInput(f"offline.rates={as_percent(rate)}", f"picks nothing of {where}", fix)


def split_sizes(timing: Timing, share: Fraction, gap: str) -> tuple[int, int]:
    """Frames of a video's pool and of its test.

    The pool is the first ⌊n·share⌋ frames; the test begins a `gap` ('1 s', '10 frames') after it
    and lasts until the end. Either may be none.
    """
    pool = int(len(timing) * share)
    return pool, max(0, len(timing) - timing.after(pool, gap))


def require_parts(video: str, timing: Timing, share: Fraction, gap: str) -> None:
    """Raise `BadInput` for a video that is too short to have a pool and a test."""
    if 0 in split_sizes(timing, share, gap):
        fault = f"lasts {timing.seconds:.3g} s, too short for a pool of {as_percent(share)}"
        keys = "a shorter source.split.gap, a lower source.split.pool"
        fix = f"Take a longer video, {keys}, or no offline half"
        raise BadInput(video, f"{fault}, a gap of {as_text(gap)} and a test", fix)
