"""How far a stretch reaches: at one rate as ever, at a variable one by hand and by brute force."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posequery.jobs.files import BadInput
from posequery.timing import Timing, require_one_rate

RATES = (5.0, 15.0, 24.0, 25.0, 29.97, 30000 / 1001, 49.99, 50.0, 59.94)
IRREGULAR = st.lists(st.integers(1, 2000), min_size=2, max_size=80).map(
    lambda steps: Timing(np.concatenate([[0], np.cumsum(steps[:-1])]) / 1000, steps[-1] / 1000)
)
"""A stream whose frames are shown for 1 ms to 2 s each."""
STRETCHES = st.integers(0, 5000).map(lambda ms: f"{Fraction(ms, 1000)} s") | st.integers(0, 90).map(
    lambda count: f"{count} frames"
)


def counted(stretch: str, fps: float) -> int:
    """Frames of a stretch at a constant rate: the rate times the seconds, rounded."""
    text, unit = stretch.split()
    count = Fraction(text) * (Fraction(str(fps)) if unit == "s" else 1)
    return max(1, round(count)) if count else 0


@pytest.mark.parametrize(
    ("stretch", "fps", "frames"),
    [
        ("1500 frames", 50.0, 1500),
        ("30 s", 50.0, 1500),
        ("2.56 s", 50.0, 128),
        ("30 s", 49.99, 1500),
        ("0.01 s", 5.0, 1),
        ("0 s", 5.0, 0),
        ("0 frames", 5.0, 0),
        # Halves go to the even number, wherever the stretch begins.
        ("0.05 s", 50.0, 2),
        ("0.07 s", 50.0, 4),
    ],
)
def test_stretches_at_one_rate(stretch: str, fps: float, frames: int) -> None:
    timing = Timing.even(2000, fps)
    assert counted(stretch, fps) == timing.frames_in(stretch) == frames
    assert {timing.after(frame, stretch) - frame for frame in range(0, 3000, 7)} == {frames}


@given(stretch=STRETCHES, fps=st.sampled_from(RATES), frame=st.integers(0, 200_000))
def test_at_one_rate_every_stretch_is_as_long(stretch: str, fps: float, frame: int) -> None:
    timing = Timing.even(100_000, fps)
    assert timing.after(frame, stretch) - frame == counted(stretch, fps)


@given(timing=IRREGULAR, stretch=STRETCHES, frame=st.integers(0, 120))
def test_a_stretch_ends_with_the_frame_nearest_to_its_time(
    timing: Timing, stretch: str, frame: int
) -> None:
    end = timing.after(frame, stretch)
    text, unit = stretch.split()
    if unit == "frames" or not Fraction(text):
        assert end == frame + int(Fraction(text))
        return
    later = timing.shown[-1] + timing.usual * np.arange(1, 7000)
    shown = np.concatenate([timing.shown, later])
    off = np.abs(shown - shown[frame] - float(Fraction(text)))
    assert end > frame
    assert off[end] <= off.min() + 1e-5 or end == frame + 1


@given(timing=IRREGULAR, short=st.integers(0, 3000), more=st.integers(0, 3000))
def test_a_training_no_longer_than_a_stretch_is_over_by_its_end(
    timing: Timing, short: int, more: int
) -> None:
    for frame in range(len(timing)):
        takes = timing.after(frame, f"{Fraction(short, 1000)} s")
        assert frame <= takes <= timing.after(frame, f"{Fraction(short + more, 1000)} s")


@given(timing=IRREGULAR, stretch=STRETCHES.filter(lambda text: not text.startswith("0 ")))
def test_stretches_follow_one_another_to_the_end(timing: Timing, stretch: str) -> None:
    starts = timing.starts(stretch).tolist()
    assert starts[0] == 0 and starts[-1] < len(timing)
    assert all(timing.after(one, stretch) == after for one, after in pairwise(starts))
    assert timing.after(starts[-1], stretch) >= len(timing)


def test_seconds_of_a_rate_that_changes() -> None:
    """10 frames a second for 2 s, then 30."""
    shown = np.concatenate([np.arange(20) / 10, 2 + np.arange(90) / 30])
    timing = Timing(shown, 1 / 30)
    assert timing.starts("1 s").tolist() == [0, 10, 20, 50, 80]
    assert timing.after(15, "1 s") == 35 and timing.after(95, "1 s") == 125
    assert timing.seconds == 5.0 and not timing.steady
    assert timing.starts("40 frames").tolist() == [0, 40, 80]


def test_a_pause_is_one_frame_shown_for_long() -> None:
    """Frames at 0, 0.1 and 0.2 s, and the next after 10 s."""
    shown = np.array([0.0, 0.1, 0.2, 10.2, 10.3, 10.4])
    timing = Timing(shown, 0.1)
    assert timing.starts("1 s").tolist() == [0, 2, 3]
    assert timing.after(2, "10 s") == 3 and timing.after(2, "10.2 s") == 5


def test_clips_play_one_after_another() -> None:
    clips = [(np.arange(4) / 10, 10.0), (np.empty(0), 99.0), (np.array([0, 0.5, 0.75]), 4.0)]
    timing = Timing.joined(clips)
    assert timing.shown.tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.9, 1.15])
    assert timing.seconds == 1.4 and len(timing) == 7


@pytest.mark.parametrize("timing", [Timing.even(0, 5), Timing.joined([]), Timing(np.empty(0), 0.2)])
def test_a_stream_without_a_frame(timing: Timing) -> None:
    assert (timing.seconds, len(timing), timing.steady) == (0, 0, True)
    assert timing.frames_in("30 s") == timing.after(0, "30 s") == round(30 / timing.usual)
    assert timing.lasting(3) == f"3 frames ({3 * timing.usual:g} s)"
    assert not len(timing.starts("1 s")) and not len(timing.around(3)[0])


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(fps: float) -> None:
    with pytest.raises(ValueError, match="fps: .* frames a second"):
        Timing.even(3, fps)
    with pytest.raises(ValueError, match="usual: .* seconds"):
        Timing(np.empty(0), fps)


def test_time_stamps_in_milliseconds_are_steady() -> None:
    for fps in RATES:
        assert Timing(np.round(np.arange(3000) / fps, 3), round(1 / fps, 3)).steady
    assert not Timing(np.arange(3000) ** 1.01 / 30, 1 / 30).steady


@pytest.mark.parametrize("frames", [1, 2, 5, 6, 50])
@pytest.mark.parametrize("fps", RATES)
def test_around_a_frame_at_one_rate(frames: int, fps: float) -> None:
    low, high = Timing.even(40, fps).around(frames)
    at = np.arange(40)
    assert low.tolist() == np.maximum(at - frames // 2, 0).tolist()
    assert high.tolist() == np.minimum(at + (frames + 1) // 2, 40).tolist()


def test_around_a_frame_at_a_variable_rate() -> None:
    """10 a second for 1 s, then 30: 20 frames on average are 1 s, half before and half after."""
    shown = np.concatenate([np.arange(10) / 10, 1 + np.arange(30) / 30])
    low, high = Timing(shown, 1 / 30).around(20)
    assert (low[5], high[5]) == (0, 10)
    assert (low[10], high[10]) == (5, 25)
    assert (low[25], high[25]) == (10, 40)


@pytest.mark.parametrize("rate", [29.0, 31.0, 15.0, 1000.0])
def test_one_rate(rate):
    require_one_rate({})
    require_one_rate({"a.mp4": 30.0, "b.mp4": 29.97, "c.mp4": 30.25})
    with pytest.raises(BadInput, match="c.mp4: has .* frames a second, but a.mp4"):
        require_one_rate({"a.mp4": 30.0, "b.mp4": 29.97, "c.mp4": rate})


@pytest.mark.parametrize(
    ("frames", "said"),
    [(1, "1 frame (0.0833 s)"), (5, "5 frames (0.417 s)"), (24, "24 frames (2 s)")],
)
def test_how_long_frames_last_is_said_in_three_digits(frames: int, said: str) -> None:
    assert Timing.even(100, 12).lasting(frames) == said
    assert Timing.even(100, 12).lasting(14815) == "14815 frames (1235 s)"
