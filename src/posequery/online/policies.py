"""When the student is trained on a stream, and on what: the methods of the paper's Table 2."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from posequery import strategies
from posequery.jobs.files import BadInput
from posequery.jobs.progress import clock_face
from posequery.online.clock import Outlasts, Pace, Train, schedule
from posequery.online.profiles import Profile
from posequery.online.settings import Adaptation
from posequery.settings import Section, as_percent, as_text, counted
from posequery.timing import Timing


@dataclass(frozen=True)
class Policy:
    """Train at the end of every stretch ('1500 frames', '30 s'), at most `times` times.

    `strategy` picks a share `rate` of the stretch, by its own `parameters`; without one every frame
    is trained on. `lag`, a stretch: also predict every part of the stream of that length by the
    weights live at its first frame, for comparing policies at an equal lag. `guard`: so many frames
    of each stretch are held back, and judge the new weights (`online.guard`).
    """

    stretch: str
    times: int | None = None
    strategy: strategies.Strategy | None = None
    rate: Fraction = Fraction(1)
    parameters: Section | None = None
    lag: str | None = None
    guard: int = 0

    def labels_all(self, error_by_labels: bool) -> bool:
        """Whether the teacher is asked for every frame of a stretch, not only for those picked.

        error_by_labels: whether the strategy `error` measures by the teacher's labels.
        """
        if self.strategy is None:
            return True
        needs = self.strategy.needs
        return "disagreement" in needs or ("error" in needs and error_by_labels)


def policy(
    method: str,
    rate: Fraction,
    window: str,
    continual_every: str,
    parameters: Mapping[str, object] | None = None,
    guard_frames: int = 0,
) -> Policy:
    """The policy of a method: baseline, once, continual, all, guarded, or a strategy (paper,
    section 4.3).

    parameters: the strategy's own, plain data.
    """
    if method == "baseline":
        return Policy(window, times=0)
    if method == "once":
        return Policy(window, times=1, strategy=strategies.load("uniform"), rate=rate)
    if method == "continual":
        # It looks `continual_every` ahead, where the others look a window.
        return Policy(continual_every, lag=window)
    if method == "all":
        return Policy(window)
    if method == strategies.GUARDED:
        uniform = strategies.load("uniform")
        return Policy(window, strategy=uniform, rate=rate, guard=guard_frames)
    own = strategies.parameters(method, parameters or {})
    return Policy(window, strategy=strategies.load(method), rate=rate, parameters=own)


def by_its_clock(
    method: str, settings: Adaptation, profile: Profile | None
) -> tuple[Adaptation, Profile | None]:
    """A method's settings, and the device that takes its time: of `all`, the bound that the others
    are measured from, no training takes any."""
    if method != "all":
        return settings, profile
    names = ("clock", "training_takes", "meanwhile", "overrun")
    ideal = {name: Adaptation.model_fields[name].default for name in names}
    return settings.model_copy(update=ideal), None


def trainings(
    policy: Policy,
    timing: Timing,
    settings: Adaptation,
    profile: Profile | None = None,
    epochs: int = 1,
) -> list[Train]:
    """The trainings on a stream, if each stretch has something to teach.

    profile: the device that takes its time for `epochs`, if `settings.clock` is one. Raises
    `Outlasts` where one takes too long.
    """
    asks_all = policy.labels_all(settings.error_by == "teacher")
    pace = Pace(
        timing, settings.training_takes, profile, policy.rate, epochs, policy.guard, asks_all
    )
    events = schedule(
        len(timing),
        lambda frame: timing.after(frame, policy.stretch),
        pace.live,
        settings.meanwhile == "missed",
        policy.times,
        overrun=settings.overrun,
        epochs_until=pace.epochs_until,
    )
    return [event for event in events if isinstance(event, Train)]


def require_trainings(
    method: str,
    rate: Fraction,
    timing: Timing,
    settings: Adaptation,
    profile: Profile | None = None,
    epochs: int = 1,
) -> None:
    """Raise `BadInput` if a method would never train on a stream, pick nothing of a stretch, or
    train for longer than a stretch lasts where that is refused."""
    if method == "baseline":
        return
    settings, profile = by_its_clock(method, settings, profile)
    key = "continual_every" if method == "continual" else "window"
    stretch = getattr(settings, key)
    held = settings.guard_frames if method == strategies.GUARDED else 0
    picks = "uniform" if method in ("once", strategies.GUARDED) else method
    strategy = strategies.load(picks) if picks in strategies.names() else None
    asked = Policy(stretch, 1 if method == "once" else None, strategy, rate, guard=held)
    try:
        found = trainings(asked, timing, settings, profile, epochs)
    except Outlasts:
        count = timing.frames_in(stretch)
        picked = int(count * rate)
        more = count - picked if asked.labels_all(settings.error_by == "teacher") else held
        needs = float(profile.seconds(picked, epochs, more)) if profile else 0
        fault = (
            f"needs {needs:.4g} s for a training of {method} on {picked} of {count} frames, longer "
            f"than the next {stretch} last"
        )
        fix = "Take a lower rate, or online.overrun: skipped, queued or stopped"
        raise BadInput(f"online.clock={settings.clock}", fault, fix) from None
    if not found:
        takes = as_text(settings.training_takes)
        late = "" if takes.startswith("0 ") else f"with the {takes} of its training, "
        late = f"with a training on {settings.clock}, " if profile else late
        whole = counted(len(timing), "frame")
        fault = f"{late}is no shorter than the stream of {whole}: nothing is trained"
        raise BadInput(f"online.{key}={as_text(stretch)}", fault, "Take a shorter one")
    sizes = [training.stop - training.first for training in found]
    if held and int(min(sizes) * rate) + held > min(sizes):
        fault = (
            f"holds back more frames than {as_percent(rate)} of a window of "
            f"{counted(min(sizes), 'frame')} leaves"
        )
        raise BadInput(f"online.guard_frames={held}", fault, "Take fewer, or a lower rate")
    if int(min(sizes) * rate) < 1:
        at = clock_face(timing.shown[found[int(np.argmin(sizes))].first])
        which = f", the one at {at}" if min(sizes) < max(sizes) else ""
        fault = f"picks nothing of a window of {counted(min(sizes), 'frame')}{which}"
        key = "once_rate" if method == "once" else "rates"
        raise BadInput(f"online.{key}={as_percent(rate)}", fault, "Take more")
