import io

import pytest

from posequery.jobs.progress import Progress, clock_face, seconds_left


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_log_gets_a_line_every_five_seconds_and_a_closing_one():
    clock, log = Clock(), io.StringIO()
    with Progress(1000, "images", "train", stream=log, clock=clock) as progress:
        for _ in range(10):
            clock.now += 1.2
            progress.advance(100)
    assert log.getvalue().splitlines() == [
        "train: 500/1000 images, 83/s, 0:06 left",
        "train: 1000/1000 images, 83/s, 0:00 left",
        "train: 1000/1000 images in 12.0 s, 83/s",
    ]


def test_a_stage_can_be_renamed_and_the_total_unknown():
    clock, log = Clock(), io.StringIO()
    with Progress(None, "frames", "decode", stream=log, clock=clock) as progress:
        clock.now += 5
        progress.advance(1, what="decode walking.mp4")
    assert log.getvalue().splitlines() == [
        "decode walking.mp4: 1 frames, 0.2/s",
        "decode walking.mp4: 1 frames in 5.0 s, 0.2/s",
    ]


def test_a_terminal_shows_one_live_line():
    clock, screen = Clock(), Terminal()
    with Progress(4, "clips", "extract", stream=screen, clock=clock) as progress:
        for _ in range(4):
            clock.now += 1
            progress.advance()
    assert screen.getvalue().count("\n") == 1
    assert screen.getvalue().startswith("\rextract: 1/4 clips, 1/s, 0:03 left\x1b[K\r")
    assert screen.getvalue().endswith("\rextract: 4/4 clips in 4.0 s, 1/s\x1b[K\n")


def test_a_job_that_fails_reports_how_far_it_got():
    clock, log = Clock(), io.StringIO()
    with (
        pytest.raises(ValueError, match="broken"),
        Progress(4, "clips", "extract", stream=log, clock=clock) as progress,
    ):
        clock.now += 2
        progress.advance()
        raise ValueError("broken")
    assert log.getvalue() == "extract: 1/4 clips, stopped after 2.0 s, 0.5/s\n"


def test_nothing_to_do_does_not_divide_by_zero():
    log = io.StringIO()
    with Progress(0, "clips", "extract", stream=log, clock=Clock()):
        pass
    assert log.getvalue() == "extract: 0/0 clips in 0.0 s\n"


@pytest.mark.parametrize(
    ("seconds", "face"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3725, "1:02:05")]
)
def test_clock_face(seconds, face):
    assert clock_face(seconds) == face


def test_what_a_line_says_is_left_can_be_read_again():
    clock, log = Clock(), io.StringIO()
    with Progress(100, "images", "train", stream=log, clock=clock) as progress:
        clock.now += 6
        progress.advance(1)
        clock.now += 6
        progress.advance(49)
    long, short, closing = log.getvalue().splitlines()
    assert seconds_left(long) == 594
    assert seconds_left(short) == 12
    assert seconds_left(closing) is None
    assert seconds_left("extract: 1/9 frames, 2/s, 1:02:05 left") == 3725
