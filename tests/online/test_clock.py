"""The clock, against a simulation frame by frame, by hand, and at the paper's numbers."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posequery.online.clock import After, Begin, Miss, Outlasts, Pace, Play, Train, schedule
from posequery.online.profiles import Profile, load
from posequery.timing import Timing


def of(frames: int) -> After:
    return lambda frame: frame + frames


def played(
    frames: int,
    stretch: int | After,
    takes: int | After = 0,
    missed: bool = False,
    times: int | None = None,
    teaches: Callable[[int], bool] = lambda first: True,
) -> list[Play | Train | Miss]:
    """The events, with a training refused whose stretch teaches nothing."""
    ends, over = (of(one) if isinstance(one, int) else one for one in (stretch, takes))
    events, found = schedule(frames, ends, lambda frame, count: over(frame), missed, times), []
    for event in events:
        found.append(event)
        if isinstance(event, Train) and not teaches(event.first):
            assert events.send(False) == event
    return found


def frames_of(events: list[Play | Train | Miss]) -> list[int]:
    """How many trainings the live weights have seen at each frame; -1 where it is missed."""
    seen, live = [], []
    for event in events:
        match event:
            case Train():
                live.append(event.live)
            case Miss(start, stop):
                seen += [-1] * (stop - start)
            case Play(start, stop):
                seen += [sum(at <= frame for at in live) for frame in range(start, stop)]
    return seen


def simulated(
    frames: int,
    stretch: int,
    takes: int,
    missed: bool,
    times: int | None,
    teaches: Callable[[int], bool],
) -> tuple[list[int], list[tuple[int, int]]]:
    """Frame by frame, from the protocol: the version at each, and the first frame and the live one
    of each training."""
    versions: list[int] = []
    done: list[tuple[int, int]] = []
    collected: list[int] = []  # frames of the stretch that comes to be trained on next
    running = 0  # frames that the training that runs still takes
    for frame in range(frames):
        over = frame + (takes if missed else 0)
        # `watched`, a training is decided on once it would be over.
        due = len(collected) - stretch == (0 if missed else takes)
        if not running and due:
            first = collected[0]
            if (times is None or len(done) < times) and over < frames and teaches(first):
                done.append((first, over))
                running = takes if missed else 0
            collected = collected[stretch:]
        if running:
            running -= 1
            versions.append(-1)
        else:
            versions.append(sum(live <= frame for _, live in done))
            collected.append(frame)
    return versions, done


@given(
    frames=st.integers(0, 60),
    stretch=st.integers(1, 12),
    takes=st.integers(0, 15),
    missed=st.booleans(),
    times=st.none() | st.integers(0, 4),
    silent=st.sets(st.integers(0, 60)),
)
def test_against_a_simulation(
    frames: int, stretch: int, takes: int, missed: bool, times: int | None, silent: set[int]
) -> None:
    takes = takes if missed else min(takes, stretch)

    def teaches(first: int) -> bool:
        return first not in silent

    given_ = (frames, stretch, takes, missed, times)
    events = played(*given_, teaches=teaches)
    versions, done = simulated(*given_, teaches)
    trained = [one for one in events if isinstance(one, Train) and teaches(one.first)]
    assert [(event.first, event.live) for event in trained] == done
    assert all(event.stop - event.first == stretch for event in trained)
    accepted = [one for one in events if not isinstance(one, Train) or teaches(one.first)]
    assert frames_of(accepted) == versions
    assert times is None or len(trained) <= times
    # Every frame is played or missed once, in order; nothing is trained that nothing tests.
    passed = [event for event in events if not isinstance(event, Train)]
    assert [0, *(event.stop for event in passed)][:-1] == [event.start for event in passed]
    assert (passed[-1].stop if passed else 0) == frames
    for event, after in pairwise([*accepted, None]):
        if isinstance(event, Train):
            assert after is not None and event.live < frames
            assert after.start == event.live or after == Miss(event.stop, event.live)


@given(
    frames=st.integers(1, 60),
    stretch=st.integers(1, 12),
    takes=st.integers(0, 15),
    missed=st.booleans(),
    data=st.data(),
)
def test_a_stream_goes_on_in_its_middle(
    frames: int, stretch: int, takes: int, missed: bool, data: st.DataObject
) -> None:
    takes = takes if missed else min(takes, stretch)
    events = played(frames, stretch, takes, missed)
    at = data.draw(st.sampled_from([n for n, one in enumerate(events) if isinstance(one, Play)]))
    last = events[at]
    assert isinstance(last, Play)
    trained = sum(isinstance(event, Train) for event in events[: at + 1])
    rest = schedule(
        *(frames, of(stretch), lambda frame, count: frame + takes, missed),
        frame=last.stop,
        first=last.first,
        trained=trained,
    )
    assert list(rest) == events[at + 1 :]


IRREGULAR = st.lists(st.integers(1, 900), min_size=2, max_size=60).map(
    lambda steps: Timing(np.concatenate([[0], np.cumsum(steps[:-1])]) / 1000, steps[-1] / 1000)
)


@given(
    timing=IRREGULAR,
    stretch=st.integers(1, 3000),
    takes=st.integers(0, 3000),
    missed=st.booleans(),
    times=st.none() | st.integers(0, 4),
    silent=st.sets(st.integers(0, 60)),
)
def test_seconds_of_irregular_frames_against_a_simulation(
    timing: Timing, stretch: int, takes: int, missed: bool, times: int | None, silent: set[int]
) -> None:
    """Time passes frame by frame; whatever is nearest to a time that has come happens then."""
    takes = takes if missed else min(takes, stretch)
    shown, count = timing.shown, len(timing)

    def after(milliseconds: int) -> After:
        return lambda frame: timing.after(frame, f"{milliseconds / 1000} s")

    def come(frame: int, since: int, milliseconds: int) -> bool:
        """At `frame`, which is after `since` unless no time is to pass, it is time: of all frames
        none is nearer, or the one after `since` is past it already."""
        then = after(milliseconds)(since)
        if milliseconds and then < count and since < count:
            off = np.abs(shown - shown[since] - milliseconds / 1000)
            assert off[then] <= off.min() + 1e-5 or then == since + 1
        return frame == then

    versions: list[int] = []
    done: list[tuple[int, int]] = []
    first, ended, over = 0, None, None
    for frame in range(count):
        if over is not None and frame == over:
            over, first = None, frame
        if over is None:
            if ended is None and come(frame, first, stretch):
                ended = frame
            if ended is not None and (missed or come(frame, ended, takes)):
                live = after(takes)(ended)
                wanted = (times is None or len(done) < times) and first not in silent
                begins = wanted and live < count
                if begins:
                    done.append((first, live))
                first = ended
                ended = None
                if begins and missed and takes:
                    over = live
                elif not missed and frame > first and come(frame, first, stretch):
                    ended = frame
        versions.append(-1 if over is not None else sum(live <= frame for _, live in done))
    events = played(
        *(count, after(stretch), after(takes), missed, times),
        teaches=lambda first: first not in silent,
    )
    trained = [one for one in events if isinstance(one, Train) and one.first not in silent]
    assert [(event.first, event.live) for event in trained] == done
    accepted = [one for one in events if not isinstance(one, Train) or one.first not in silent]
    assert frames_of(accepted) == versions


def test_watched_frames_belong_to_the_next_stretch() -> None:
    assert played(23, 8, 3) == [
        Play(0, 11, first=0),
        Train(0, 8, live=11),
        Play(11, 19, first=8),
        Train(8, 16, live=19),
        Play(19, 23, first=16),
    ]


def test_missed_frames_belong_to_none() -> None:
    assert played(23, 8, 3, True) == [
        Play(0, 8, first=0),
        Train(0, 8, live=11),
        Miss(8, 11),
        Play(11, 19, first=11),
        Train(11, 19, live=22),
        Miss(19, 22),
        Play(22, 23, first=22),
    ]


@pytest.mark.parametrize(
    ("frames", "stretch", "more", "trainings"),
    [
        # One camera of S1: 41 whole windows and 485 batches, each with a frame after it to test.
        (62_094, 1500, {}, 41),
        (62_094, 128, {}, 485),
        # 33 (1,500 + 381) = 62,073, and 21 frames are left to test the last weights; of 382, the
        # last training would end 12 frames after the stream.
        (62_094, 1500, {"takes": 381, "missed": True}, 33),
        (62_094, 1500, {"takes": 382, "missed": True}, 32),
        (49_023, 1500, {}, 32),
        # The last of 41 whole windows ends at 61,500; 594 frames come after it.
        (62_094, 1500, {"takes": 593}, 41),
        (62_094, 1500, {"takes": 594}, 40),
        (62_094, 1500, {"times": 1}, 1),
        (62_094, 1500, {"times": 0}, 0),
        (10, 10, {}, 0),
        (11, 10, {}, 1),
        (20, 10, {}, 1),
        (21, 10, {}, 2),
        (0, 10, {}, 0),
    ],
)
def test_how_often_a_stream_trains(frames: int, stretch: int, more: dict, trainings: int) -> None:
    events = played(frames, stretch, **more)
    assert sum(isinstance(event, Train) for event in events) == trainings


@pytest.mark.parametrize(
    ("stretch", "takes", "missed"), [(0, 0, False), (-1, 0, True), (5, -1, True), (5, 6, False)]
)
def test_a_clock_that_cannot_be(stretch: int, takes: int, missed: bool) -> None:
    with pytest.raises(ValueError, match=r"a training from"):
        played(30, stretch, takes, missed)


# Trainings that outlast the next stretch: stretches of 10 frames, of which each training takes as
# many as its number says.


def overrun(frames: int, takes: int | Callable[[int], int], how: str, **more: object) -> list:
    def live(begin: int, count: int) -> int:
        return begin + (takes if isinstance(takes, int) else takes(count))

    events = list(schedule(frames, of(10), live, overrun=how, **more))
    passed = [event for event in events if not isinstance(event, Train)]
    assert [0, *(event.stop for event in passed)][:-1] == [event.start for event in passed]
    assert all(event.start < event.stop for event in passed)
    assert passed[-1].stop == frames
    return [event for event in events if isinstance(event, Train)]


def test_a_training_that_outlasts_its_window_by_hand(tried) -> None:
    assert overrun(80, 15, "skipped") == [Train(0, 10, 25), Train(20, 30, 45), Train(40, 50, 65)]
    assert overrun(80, 15, "queued") == [
        Train(0, 10, 25),
        Train(10, 20, 40),
        Train(20, 30, 55),
        Train(30, 40, 70),
    ]
    # Of 10 epochs in 15 frames 6 are done in 10.
    cut = {"epochs_until": lambda begin, stop, count: (stop - begin) * 10 // 15}
    assert overrun(50, 15, "stopped", **cut) == [
        Train(0, 10, 20, 6),
        Train(10, 20, 30, 6),
        Train(20, 30, 40, 6),
    ]
    with pytest.raises(Outlasts):
        overrun(80, 15, "refused")
    tried("10", "a clock against hand-made schedules", {"right": 4})


@pytest.mark.parametrize("how", ["refused", "skipped", "queued", "stopped"])
def test_what_fits_is_the_same_whatever_would_happen_otherwise(how: str) -> None:
    for takes in (0, 3, 10):
        assert overrun(75, takes, how) == overrun(75, takes, "refused")


def test_a_window_that_ends_as_the_training_does_is_not_skipped() -> None:
    assert [event.first for event in overrun(80, 20, "skipped")] == [0, 20, 40]
    assert [event.first for event in overrun(80, 21, "skipped")] == [0, 30]


def test_a_training_of_which_no_epoch_fits_is_not_begun() -> None:
    assert overrun(80, 200, "stopped", epochs_until=lambda begin, stop, count: 0) == []


def test_once_trains_once_however_long_it_takes() -> None:
    for how in ("skipped", "queued"):
        assert overrun(80, 35, how, times=1) == [Train(0, 10, 45)]


def late(frames: int, takes: list[int], how: str, stretch: int = 10) -> list[tuple[int, int]]:
    """Event by event, from the setting's words: the first frame of what each training is on, and
    the frame at which it is over."""
    done, waiting, running = [], [], None
    for frame in range(1, frames):
        if running and running[1] == frame:
            done.append(running)
            running = None
        if frame % stretch == 0 and not (running and how == "skipped"):
            waiting.append(frame - stretch)
        while waiting and running is None:
            first = waiting.pop(0)
            over = frame + takes[first // stretch]
            running = (first, over)
            if over == frame:
                done.append(running)
                running = None
    return done


@given(takes=st.lists(st.integers(1, 45), min_size=9, max_size=9), frames=st.integers(11, 90))
@pytest.mark.parametrize("how", ["skipped", "queued"])
def test_trainings_of_different_lengths_against_a_simulation(
    how: str, takes: list[int], frames: int
) -> None:
    """Stretches whose frames say how long they take: of 11, 12 ... frames."""
    ends = np.concatenate([[0], np.cumsum(np.arange(11, 20))]).tolist()

    def stretch(first: int) -> int:
        place = ends.index(first)
        return ends[place + 1] if place + 1 < len(ends) else first + 99

    def live(begin: int, count: int) -> int:
        return begin + (takes[count - 11] if count < 20 else 1)

    found = list(schedule(frames, stretch, live, overrun=how))
    trained = [(event.first, event.live) for event in found if isinstance(event, Train)]
    expected, busy = [], 0
    for number, (first, end) in enumerate(pairwise(ends)):
        if how == "skipped" and end < busy:
            continue
        busy = max(end, busy) + takes[number]
        expected += [(first, busy)] if busy < frames else []
    assert trained == expected
    # It goes on in its middle.
    for at, event in enumerate(found):
        if isinstance(event, Play):
            count = sum(isinstance(one, Train) for one in found[: at + 1])
            middle = {"frame": event.stop, "first": event.first, "busy": event.busy}
            rest = schedule(frames, stretch, live, overrun=how, trained=count, **middle)
            assert list(rest) == found[at + 1 :]


@given(takes=st.integers(1, 45), frames=st.integers(11, 90))
@pytest.mark.parametrize("how", ["skipped", "queued"])
def test_against_a_simulation_frame_by_frame(how: str, takes: int, frames: int) -> None:
    found = [(event.first, event.live) for event in overrun(frames, takes, how)]
    assert found == late(frames, [takes] * 9, how)


BOARD = Profile(
    title="a board",
    source="nowhere",
    network="densenet_small",
    input_size=96,
    training_samples_per_second=8,
    build_s=1,
)


def with_silent(how: str, frames: int, takes: int, silent: set[int], measured: bool) -> list:
    """First and live frames of the trainings, where the stretches that begin at `silent` teach
    nothing; measured: that is said when a training would begin, else when it would be over."""
    events = schedule(frames, of(10), lambda at, n: at + takes, overrun=how, measured=measured)
    found, answer = [], None
    while True:
        try:
            event = events.send(answer)
        except StopIteration:
            return found
        answer = None
        if isinstance(event, Begin):
            if event.first not in silent:
                assert events.send(event.at + takes) == event
        elif isinstance(event, Train):
            if event.first in silent:
                assert events.send(False) == event
            else:
                found.append((event.first, event.live))


@given(
    frames=st.integers(11, 120),
    takes=st.integers(1, 45),
    silent=st.sets(st.integers(0, 11).map(lambda n: 10 * n)),
)
@pytest.mark.parametrize("how", ["skipped", "queued"])
def test_a_stretch_that_teaches_nothing_keeps_no_device_busy(
    how: str, frames: int, takes: int, silent: set[int]
) -> None:
    declared = with_silent(how, frames, takes, silent, measured=False)
    assert declared == with_silent(how, frames, takes, silent, measured=True)


def test_a_silent_stretch_by_hand() -> None:
    """Frames 0 to 9 teach nothing, so that the training on 10 to 19 begins at 20."""
    skipped = with_silent("skipped", 80, 15, {0}, measured=False)
    assert skipped == [(10, 35), (30, 55), (50, 75)]


def test_a_devices_pace() -> None:
    """At 5 frames a second: 1 s to build, and 4 frames in 2 epochs at 8 a second take another."""
    pace = Pace(Timing.even(100, 5), profile=BOARD, rate=Fraction(2, 5), epochs=2)
    assert pace.live(10, 10) == 10 + 5 * 2
    assert pace.live(10, 30) == 10 + 5 * 4
    # 12 frames: of 2 epochs of 1.5 s after 1 s, in 12 frames none, in 13 one, and in 20 both.
    assert [pace.epochs_until(10, 10 + more, 30) for more in (12, 13, 19, 20, 90)] == [
        0,
        1,
        1,
        2,
        2,
    ]
    fixed = Pace(Timing.even(100, 5), "10 frames", epochs=5)
    assert [fixed.epochs_until(30, 30 + more, 7) for more in (1, 2, 9, 10)] == [0, 1, 4, 5]


def test_a_teacher_that_is_asked_for_every_frame_takes_its_time_for_every_frame() -> None:
    """100 frames at 5 a second, of which 10 are trained on for 2 epochs, at 20 samples a second
    and 0.5 s a label: 10 labels take 5 s, 100 take 50 s, the training 1 s."""
    board = Profile(
        title="a board",
        source="this test",
        network="densenet_small",
        input_size=80,
        training_samples_per_second=20,
        labelling_s=0.5,
    )
    given_ = {"profile": board, "rate": Fraction(1, 10), "epochs": 2}
    few = Pace(Timing.even(1000, 5), **given_)
    every = Pace(Timing.even(1000, 5), **given_, labels_all=True)
    assert few.live(100, 100) == 100 + 6 * 5 and every.live(100, 100) == 100 + 51 * 5
    # Of the 51 s, the first epoch is done after 50.5.
    assert [every.epochs_until(100, 100 + at, 100) for at in (252, 253, 254, 255)] == [0, 1, 1, 2]


def test_the_papers_board_over_the_papers_stream() -> None:
    """62,094 frames at 50 a second: at 1 % a training takes 7.5 s of each 30; at 20 % 150 s, so
    that every fifth window is trained on; continual needs 64 s for each 2.56."""
    board, timing = load("jetson_xavier_nx"), Timing.even(62_094, 50)

    def trainings(rate: Fraction, stretch: int, how: str) -> list[Train]:
        pace = Pace(timing, profile=board, rate=rate, epochs=10)
        events = schedule(
            *(62_094, of(stretch), pace.live), overrun=how, epochs_until=pace.epochs_until
        )
        return [event for event in events if isinstance(event, Train)]

    one = trainings(Fraction(1, 100), 1500, "refused")
    assert len(one) == 41 and one[0] == Train(0, 1500, 1875)
    assert len(trainings(Fraction(4, 100), 1500, "refused")) == 40  # the last ends after the stream
    with pytest.raises(Outlasts):
        trainings(Fraction(61, 1500), 1500, "refused")
    fifth = trainings(Fraction(1, 5), 1500, "skipped")
    assert [event.first // 1500 for event in fifth] == [0, 5, 10, 15, 20, 25, 30, 35]
    assert fifth[0].live == 1500 + 150 * 50
    # Ten epochs take five windows: two end in time.
    assert {event.epochs for event in trainings(Fraction(1, 5), 1500, "stopped")} == {2}
    assert len(trainings(Fraction(1), 128, "skipped")) == 19
    assert trainings(Fraction(1), 128, "stopped") == []
