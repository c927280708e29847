"""The settings of the online study."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import model_validator

from posequery.online import profiles
from posequery.online.clock import Overrun
from posequery.settings import (
    FITS,
    Duration,
    Positive,
    Rate,
    RateThatFits,
    Section,
    Stretch,
    as_text,
    one_of,
)
from posequery.student import engines
from posequery.timing import Timing

EngineName = Annotated[str, one_of("engine", engines.names())]
Clock = Annotated[str, one_of("clock", ("ideal", "measured", *profiles.names()))]


class Adaptation(Section):
    """How a student adapts to a stream: the part of `Online` that each cell's job gets.

    A key belongs here if it changes the numbers of a cell: a change of it runs the cells again.
    """

    window: Stretch = "1500 frames"
    """The stretch that a strategy picks from, in frames or seconds ('30 s')."""
    continual_every: Stretch = "128 frames"
    """`continual` trains on all frames of each stretch of this length."""
    weights: Literal["continue", "reset"] = "continue"
    """Whether each training starts from the live weights or from the pre-trained ones."""
    guard_frames: Positive = 8
    """Frames of each window that `guarded` holds back from its training. They are spread over those
    that it does not train on, and the teacher labels them as well."""
    error_by: Literal["ground_truth", "teacher"] = "ground_truth"
    """What the strategy `error` measures the student's errors against."""
    clock: Clock = "ideal"
    """What makes weights go live later than at the end of the stretch that they are trained on.
    `ideal`: nothing but `training_takes`. `measured`: the seconds that selection and training take
    the machine that runs the cell, with nothing else asked of it meanwhile, and those in which the
    engine is built; the teacher's own time is not known and not charged. Such cells differ from
    run to run. The name of a declared device profile: the time that this
    device takes to select, label, train, build an engine and swap it in, so far as its profile
    states them; it is applied to the student that the profile names alone."""
    engine: EngineName = "torch"
    """What computes the student's maps: `torch`, `onnxruntime` (on a GPU by TensorRT) or
    `torch2trt` (TensorRT); neither has run on a GPU yet. New weights go live once the engine is
    built with them and gives the same maps as torch on a probe; if it does not, the old ones stay.
    See [docs/engines.md](../docs/engines.md)."""
    training_takes: Duration = "0 frames"
    """How long after the end of a stretch the weights trained on it go live, the same for every
    training; of `clock: ideal`."""
    meanwhile: Literal["watched", "missed"] = "watched"
    """What happens to the frames that pass while a training runs. `watched`: the old weights
    predict them, and they belong to the next stretch; the training must be over by the end of that
    stretch. `missed`: they are not predicted, measured or collected, and the next stretch starts
    after them."""
    overrun: Overrun = "refused"
    """What happens, of frames that are watched, where a training is not over by the end of the next
    stretch. `refused`: there is no such study. `skipped`: nothing is trained on a stretch that ends
    meanwhile. `queued`: the training on it begins as soon as those before it are over. `stopped`:
    the training that runs ends there, after the whole epochs that fit; where none does, it is not
    begun."""


class Online(Adaptation):
    """The online study: adapt to a stream, window by window."""

    # Which cells there are, and which frames the stream has.
    rates: list[RateThatFits] = [Fraction(1, 100), Fraction(20, 100)]
    """The rates at which each strategy picks frames from a window. `fits` is the largest at which
    the device of the clock is done with a window while the next one passes: it goes with a declared
    profile, and with a stream whose frame rate is known when planning. Where a profile lacks a
    figure, it is an upper bound."""
    methods: list[Literal["baseline", "once", "continual", "all", "guarded"]] = [
        "baseline",
        "once",
        "continual",
    ]
    """Methods to run in addition to the strategies; `baseline` never trains. `all` trains on every
    frame of each window and always by the ideal clock: the bound that the columns `regret_px` and
    `gain_share` of the other cells are measured from. `guarded` is uniform, at each of the rates,
    whose new weights go live only if they do not err more than the live ones do on frames that were
    held back (`guard_frames`)."""
    once_rate: Rate = Fraction(1, 100)
    """`once` trains on this share of the first window, picked uniformly, and never again."""
    forgetting: bool = False
    """Whether cells of `uniform` measure what the student forgets (the column `forgetting_px`): its
    frames are predicted twice more, by the weights just trained on each window, and at the end by
    the last ones."""
    first_frames: Stretch | None = None
    """Play only this much of the stream, if it is longer; the rest counts nowhere."""

    @property
    def adaptation(self) -> Adaptation:
        """What each cell's job gets."""
        return Adaptation(**self.model_dump(include=set(Adaptation.model_fields)))

    @property
    def in_frames(self) -> bool:
        """Whether any stretch that counts is given in frames, not in seconds."""
        stretches = [self.window, self.training_takes, self.first_frames or "0 frames"]
        stretches += [self.continual_every] if "continual" in self.methods else []
        return any(text.endswith(" frames") and text != "0 frames" for text in stretches)

    @property
    def profile(self) -> profiles.Profile | None:
        """The device that the clock is of. Raises `BadInput` for a faulty file."""
        return None if self.clock in ("ideal", "measured") else profiles.load(self.clock)

    def rates_at(self, fps: Fraction | None, epochs: int) -> list[Fraction]:
        """The rates, each as a share, of a stream with so many frames a second, None where nobody
        knows it yet, and trainings of so many epochs. Raises ValueError where none fits."""
        return [
            self._fitting(fps, epochs) if isinstance(rate, str) else rate for rate in self.rates
        ]

    def _fitting(self, fps: Fraction | None, epochs: int) -> Fraction:
        if self.profile is None:
            known = " or ".join(profiles.names())
            raise ValueError(f"rates: '{FITS}' goes with a declared device, clock: {known}")
        if fps is None:
            raise ValueError(
                f"rates: '{FITS}' needs the stream's frame rate before its videos are read: write "
                "source.fps, or the rate itself"
            )
        window = Timing.even(1, float(fps)).frames_in(self.window)
        most = min(window, self.profile.most(window / fps, epochs))
        if not most:
            raise ValueError(
                f"rates: '{FITS}': {self.profile.title} trains on no frame within a window of "
                f"{as_text(self.window)}; take a longer one, or fewer epochs"
            )
        return Fraction(most, window)

    @model_validator(mode="after")
    def _one_clock(self) -> "Online":
        if self.clock != "ideal" and not self.training_takes.startswith("0 "):
            raise ValueError(f"training_takes: goes with clock: ideal, not {self.clock}")
        if self.clock == "measured" and self.meanwhile != "missed" and self.overrun == "refused":
            raise ValueError(
                "clock: measured goes with overrun: skipped, queued or stopped, or meanwhile: "
                "missed, since nobody knows beforehand how long a training takes"
            )
        if self.meanwhile == "missed" and self.overrun != "refused":
            raise ValueError(
                "overrun: goes with meanwhile: watched; where frames are missed, a stretch begins "
                "after the training before it"
            )
        return self

    @model_validator(mode="after")
    def _one_training_at_a_time(self) -> "Online":
        if self.meanwhile == "missed" or self.overrun != "refused":
            return self
        stretches = {"window": self.window}
        if "continual" in self.methods:
            stretches["continual_every"] = self.continual_every
        takes, unit = self.training_takes.split()
        for key, stretch in stretches.items() if Fraction(takes) else ():
            count, other = stretch.split()
            if unit != other:
                raise ValueError(f"training_takes: write it in the unit of {key}, {other}")
            if Fraction(takes) > Fraction(count):
                raise ValueError(
                    f"training_takes: {as_text(self.training_takes)} is longer than {key}, "
                    f"{as_text(stretch)}, but only one training runs at a time; use less, another "
                    "overrun, or meanwhile: missed"
                )
        return self
