"""When a student on a stream is trained, and when the new weights go live: the one place.

`schedule` is pure: the loop plays it, and the estimate counts it.
"""

from collections.abc import Callable, Generator
from typing import NamedTuple

After = Callable[[int], int]
"""For the frame that something begins with, the first one after it (`timing.Timing.after`)."""


class Play(NamedTuple):
    """Frames start to stop are predicted by the live weights.

    first: where the stretch begins that is trained on next.
    """

    start: int
    stop: int
    first: int


class Train(NamedTuple):
    """A training on frames first to stop of the stream begins; its weights are live from `live`."""

    first: int
    stop: int
    live: int


class Miss(NamedTuple):
    """Frames start to stop pass unseen while the training that has just begun runs."""

    start: int
    stop: int


def at_once(frame: int) -> int:
    """The ideal clock: a training takes no time."""
    return frame


def schedule(
    frames: int,
    stretch: After,
    training: After = at_once,
    missed: bool = False,
    times: int | None = None,
    *,
    frame: int = 0,
    first: int = 0,
    trained: int = 0,
) -> Generator[Play | Train | Miss, bool | None, None]:
    """What happens on a stream of `frames` frames, in order; each is played or missed once.

    Of whatever frame one begins with, `stretch` says where a stretch ends, and `training` where a
    training is over. The end of every stretch begins a training, at most `times` of them. The
    frames until it is over are predicted by the weights before and belong to the next stretch,
    which must not end sooner than that, or are `missed`: the next stretch then begins after them.
    Nothing is trained whose weights no frame would test, and not on a partial stretch. Raises
    ValueError for a stretch without a frame, and for a training that is over before it begins or,
    of those that are watched, after the next stretch.

    Answer a `Train` by `send(False)`, which gives it back, if there was nothing to learn: it then
    counts as no training, and no frame is missed for it. `frame`, `first` and `trained` go on with
    a stream in its middle: where a `Play` stopped, its `first`, and how many trainings there were.
    """
    while frame < frames:
        end = stretch(first)
        live = training(end)
        if end <= first or live < end:
            raise ValueError(f"a stretch from {first} to {end}, a training from there to {live}")
        if frame == (end if missed else live):
            if (times is None or trained < times) and live < frames:
                if not missed and stretch(end) < live:
                    raise ValueError(f"a training from {end} to {live}, after the next stretch")
                event = Train(first, end, live)
                if (yield event) is False:
                    yield event
                else:
                    trained += 1
                    if live > frame:
                        yield Miss(frame, live)
                    frame = live
            first = frame if missed else end
            end = stretch(first)
        stop = min(end if missed else training(end), frames)
        yield Play(frame, stop, first)
        frame = stop
