import numpy as np
import pytest

from posequery.report.adaptation import played_windows, stretch_errors, window_mask
from posequery.timing import Timing


def test_cameras_that_begin_with_windows():
    mask = window_mask(np.array([0, 4]), np.arange(0, 9, 2), 9)
    assert mask.tolist() == [False, False, True, True, False, False, True, True, True]


def test_a_camera_is_unseen_until_the_window_it_begins_in_has_ended():
    mask = window_mask(np.array([0, 5]), np.arange(0, 9, 3), 9)
    assert mask.tolist() == [False] * 3 + [True] * 2 + [False] + [True] * 3


def test_clips_that_are_no_multiple_of_the_window():
    # Windows end at 60, 120, 180: the second clip begins at 100, in the window that ends at 120.
    mask = window_mask(np.array([0, 100]), np.arange(0, 200, 60), 200)
    assert np.flatnonzero(mask).tolist() == [*range(60, 100), *range(120, 200)]


def test_a_short_clip_is_never_seen_and_a_part_window_is_cut():
    mask = window_mask(np.array([0, 4, 6, 11]), np.arange(0, 12, 4), 12)
    assert mask.tolist() == [False] * 8 + [True] * 3 + [False]


def test_windows_of_different_lengths():
    mask = window_mask(np.array([0, 5]), np.array([0, 2, 7]), 10)
    assert np.flatnonzero(mask).tolist() == [2, 3, 4, 7, 8, 9]


def test_errors_of_parts_of_a_stream_and_what_they_cover():
    reference = np.zeros((4, 18, 2))
    reference[3] = np.nan
    joints = np.zeros((4, 18, 2))
    joints[0, :, 0], joints[1, :, 1], joints[2] = 3, 5, np.nan
    masks = [np.ones(4, bool), np.array([0, 1, 1, 1], bool), np.array([0, 0, 0, 1], bool)]
    every, later, none = stretch_errors(joints, reference, np.array([6, 20, 9, 9]), masks)
    assert every == (4, pytest.approx(0.375), pytest.approx(2 / 3))
    assert later == (5, 0.25, 0.5)
    assert np.isnan(none[:2]).all()
    assert none[2] == 0


def test_windows_begin_after_missed_frames_and_end_by_the_clock():
    seen = np.zeros(10, int)
    assert played_windows(Timing.even(10, 5), "4 frames", seen).tolist() == [0, 4, 8]
    seen[[0, 4, 5, 9]] = -1
    assert played_windows(Timing.even(10, 5), "3 frames", seen).tolist() == [1, 6]
    assert played_windows(Timing.even(10, 5), "3 frames", seen - 1).tolist() == []
    # A second of five frames, then of one.
    slow = Timing(np.array([0, 0.2, 0.4, 0.6, 0.8, 1, 2, 3]), 1)
    assert played_windows(slow, "1 s", np.zeros(8, int)).tolist() == [0, 5, 6, 7]
