"""When a student on a stream is trained, and when the new weights go live: the one place.

`schedule` is pure: the loop plays it, and the estimate counts it.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from posequery.online.profiles import Profile
from posequery.timing import Timing

After = Callable[[int], int]
"""For the frame that something begins with, the first one after it (`timing.Timing.after`)."""
Live = Callable[[int, int], int]
"""For the frame at which a training begins, and the number of frames that were picked from, the
first frame at which its weights are live."""
Overrun = Literal["refused", "skipped", "queued", "stopped"]
"""What becomes of a stretch that ends while the training on the one before runs (`schedule`)."""


class Outlasts(ValueError):
    """A training that is not over when the next stretch ends, where that is refused."""


class Play(NamedTuple):
    """Frames start to stop are predicted by the live weights.

    first: where the stretch begins that is trained on next. busy: until when trainings run.
    """

    start: int
    stop: int
    first: int
    busy: int = 0


class Train(NamedTuple):
    """A training on frames first to stop of the stream begins; its weights are live from `live`.

    epochs: how many it is stopped after; None for all.
    """

    first: int
    stop: int
    live: int
    epochs: int | None = None


class Begin(NamedTuple):
    """A training on frames first to stop of the stream begins at the frame `at`, and only doing it
    says how long it takes; `until`: the frame at which it is stopped, None for never."""

    first: int
    stop: int
    at: int
    until: int | None = None


class Miss(NamedTuple):
    """Frames start to stop pass unseen while the training that has just begun runs."""

    start: int
    stop: int


@dataclass(frozen=True)
class Pace:
    """How long a training on a stretch takes, from the stretch's end to live weights.

    takes: a stretch of the stream, the same for each. profile: a device that takes its time
    instead, for a share `rate` of the stretch's frames and `epochs`, and to label `held` more, or
    with `labels_all` all of them.
    """

    timing: Timing
    takes: str = "0 frames"
    profile: Profile | None = None
    rate: Fraction = Fraction(1)
    epochs: int = 1
    held: int = 0
    labels_all: bool = False

    def live(self, begin: int, count: int) -> int:
        """See `Live`."""
        if self.profile is None:
            return self.timing.after(begin, self.takes)
        picked = int(count * self.rate)
        seconds = self.profile.seconds(picked, self.epochs, self._not_trained_on(count, picked))
        return self.timing.after(begin, f"{seconds} s")

    def epochs_until(self, begin: int, stop: int, count: int) -> int:
        """Whole epochs that a training does which begins at a frame and is stopped at another."""
        lasts = self.timing.between(begin, stop)
        if self.profile is None:
            return int(self.epochs * lasts / self.timing.between(begin, self.live(begin, count)))
        picked = int(count * self.rate)
        return self.profile.epochs_within(
            lasts, picked, self.epochs, self._not_trained_on(count, picked)
        )

    def _not_trained_on(self, count: int, picked: int) -> int:
        """How many of a stretch's frames are labelled beside those picked."""
        return count - picked if self.labels_all else self.held


def at_once(begin: int, count: int) -> int:  # noqa: ARG001
    """The ideal clock: a training takes no time."""
    return begin


def schedule(
    frames: int,
    stretch: After,
    training: Live = at_once,
    missed: bool = False,
    times: int | None = None,
    *,
    overrun: Overrun = "refused",
    epochs_until: Callable[[int, int, int], int] | None = None,
    frame: int = 0,
    first: int = 0,
    trained: int = 0,
    busy: int = 0,
    measured: bool = False,
    live: int | None = None,
) -> Generator[Play | Begin | Train | Miss, int | None, None]:
    """What happens on a stream of `frames` frames, in order; each is played or missed once.

    Of whatever frame one begins with, `stretch` says where a stretch ends, and `training` where a
    training is over. The end of every stretch begins a training, at most `times` of them. The
    frames until it is over are predicted by the weights before and belong to the next stretch, or
    are `missed`: the next stretch then begins after them. Nothing is trained whose weights no frame
    would test, and not on a partial stretch. Raises ValueError for a stretch without a frame, and
    for a training that is over before it begins.

    overrun: of trainings that are watched, what happens if one is not over when the next stretch
    ends. `refused`: `Outlasts` is raised. `skipped`: nothing is trained on that stretch. `queued`:
    its training begins as soon as those before it are over. `stopped`: the one that runs is stopped
    after the whole epochs that it has done by then (`epochs_until`), and without one is not begun.

    Answer a `Train` by `send(False)`, which gives it back, if there was nothing to learn: it then
    counts as no training, and no frame is missed for it. `frame`, `first`, `trained` and `busy` go
    on with a stream in its middle: where a `Play` stopped, its `first` and `busy`, and how many
    trainings there were.

    measured: `training` is not asked. Each training is a `Begin` first, answered by sending the
    frame at which its weights are live, which is given back; without an answer there was nothing to
    learn. `live` is the answer that a stream goes on with that stopped between the two.
    """

    def due(first: int, busy: int) -> Train:
        end = stretch(first)
        begin = max(end, busy)
        live = training(begin, end - first)
        if end <= first or live < begin:
            raise ValueError(f"a stretch from {first} to {end}, a training from there to {live}")
        # That a stretch teaches nothing is known where its weights would be live, and not before.
        live = max(frame, live)
        if overrun == "stopped" and epochs_until and live > (stop := stretch(end)):
            return Train(first, end, stop, epochs_until(end, stop, end - first))
        return Train(first, end, live)

    while frame < frames:
        if not measured:
            event = due(first, busy)
        else:
            end = stretch(first)
            begin = max(end, busy)
            if live is None and frame < begin:
                stop = min(begin, frames)
                yield Play(frame, stop, first, busy)
                frame = stop
                continue
            if live is None and (times is None or trained < times):
                until = stretch(end) if overrun == "stopped" else None
                asked = Begin(first, end, begin, until)
                live = yield asked
                if live is None:
                    first = end
                    continue
                yield asked
            event = Train(first, end, begin if live is None else live)
        if frame == (event.stop if missed else event.live):
            wanted = (times is None or trained < times) and event.epochs != 0
            if wanted and event.live < frames:
                if not missed and overrun == "refused" and stretch(event.stop) < event.live:
                    fault = f"a training from {event.stop} to {event.live}, after the next stretch"
                    raise Outlasts(fault)
                if (yield event) is False:
                    yield event
                else:
                    trained += 1
                    if event.live > frame:
                        yield Miss(frame, event.live)
                    frame = event.live
                    if overrun in ("skipped", "queued"):
                        busy = event.live
            first = frame if missed else event.stop
            while overrun == "skipped" and stretch(first) < busy:
                first = stretch(first)
            live = None
            continue
        stop = min(event.stop if missed else event.live, frames)
        yield Play(frame, stop, first, busy)
        frame = stop
