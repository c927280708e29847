import numpy as np
import pytest

from posequery.report.adaptation import (
    last_labels,
    played_windows,
    stretch_errors,
    window_mask,
)
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


@pytest.fixture
def labels():
    """Frame f's label is (f, f) for every joint."""
    return np.broadcast_to(np.arange(12.0)[:, None, None], (12, 18, 2)).copy()


def _told(repeated):
    return [None if np.isnan(value) else int(value) for value in repeated[:, 0, 0]]


def test_the_last_label_of_this_camera_is_repeated(labels):
    updates = [(3, np.array([0, 2])), (6, np.array([3, 5])), (9, np.array([6, 7]))]
    # Cameras begin at 0 and 4; each window of 3 is known from its end on.
    repeated = last_labels(labels, np.array([0, 4]), updates)
    assert _told(repeated) == [None, None, None, 2, None, None, 5, 5, 5, 7, 7, 7]


def test_the_latest_label_counts_whatever_the_order_of_updates(labels):
    updates = [(6, np.array([5])), (6, np.array([1])), (3, np.array([2]))]
    repeated = last_labels(labels, np.array([0]), updates)
    assert _told(repeated) == [None] * 3 + [2] * 3 + [5] * 6


def test_a_frame_without_a_pose_is_no_label(labels):
    labels[5] = np.nan
    repeated = last_labels(labels, np.array([0]), [(6, np.array([3, 5]))])
    assert _told(repeated)[6:] == [3] * 6


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
