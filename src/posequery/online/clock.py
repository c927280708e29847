"""When a student on a stream is trained, and when the new weights go live: the one place.

`schedule` is pure: the loop plays it, and the estimate counts it.
"""

from collections.abc import Generator
from typing import NamedTuple


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


def schedule(
    frames: int,
    stretch: int,
    takes: int = 0,
    missed: bool = False,
    times: int | None = None,
    *,
    frame: int = 0,
    first: int = 0,
    trained: int = 0,
) -> Generator[Play | Train | Miss, bool | None, None]:
    """What happens on a stream of `frames` frames, in order; each is played or missed once.

    The end of every stretch of `stretch` frames begins a training, at most `times` of them. Its
    weights go live `takes` frames later; 0 is the ideal clock. The frames between are predicted by
    the weights before and belong to the next stretch, which must be as long, or are `missed`: the
    next stretch then begins after them. Nothing is trained whose weights no frame would test, and
    not on a partial stretch.

    Answer a `Train` by `send(False)`, which gives it back, if there was nothing to learn: it then
    counts as no training, and no frame is missed for it. `frame`, `first` and `trained` go on with
    a stream in its middle: where a `Play` stopped, its `first`, and how many trainings there were.
    """
    # The two ways in which the takes of a training count; one of them is 0.
    wait, lost = (0, takes) if missed else (takes, 0)
    while frame < frames:
        if frame == first + stretch + wait:
            if (times is None or trained < times) and frame + lost < frames:
                training = Train(first, first + stretch, frame + lost)
                if (yield training) is False:
                    yield training
                else:
                    trained += 1
                    if lost:
                        yield Miss(frame, training.live)
                    frame = training.live
            first = frame - wait
        stop = min(first + stretch + wait, frames)
        yield Play(frame, stop, first)
        frame = stop
