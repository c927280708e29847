"""The teacher's last label, repeated: which label each frame gets."""

from dataclasses import dataclass

import numpy as np
import pytest

from posequery.evaluation.blind import last_labels, scenes


@pytest.fixture
def labels():
    """Frame f's label is (f, f) for every joint."""
    return np.broadcast_to(np.arange(12.0)[:, None, None], (12, 18, 2)).copy()


def _told(repeated):
    return [None if np.isnan(value) else int(value) for value in repeated[:, 0, 0]]


def test_the_last_label_of_this_camera_is_repeated(labels):
    updates = [(3, np.array([0, 2])), (6, np.array([3, 5])), (9, np.array([6, 7]))]
    # Cameras begin at 0 and 4; each window of 3 is known from its end on.
    repeated = last_labels(labels, np.arange(12) // 4 > 0, updates)
    assert _told(repeated) == [None, None, None, 2, None, None, 5, 5, 5, 7, 7, 7]


def test_the_latest_label_counts_whatever_the_order_of_updates(labels):
    updates = [(6, np.array([5])), (6, np.array([1])), (3, np.array([2]))]
    repeated = last_labels(labels, np.zeros(12, int), updates)
    assert _told(repeated) == [None] * 3 + [2] * 3 + [5] * 6


def test_a_frame_without_a_pose_is_no_label(labels):
    labels[5] = np.nan
    repeated = last_labels(labels, np.zeros(12, int), [(6, np.array([3, 5]))])
    assert _told(repeated)[6:] == [3] * 6


def test_a_scene_that_comes_back_keeps_its_label(labels):
    scene = np.array([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
    repeated = last_labels(labels, scene, [(3, np.array([1, 2])), (6, np.array([4]))])
    assert _told(repeated) == [None] * 6 + [2] * 3 + [4] * 3


@dataclass
class Before:
    camera: str


def test_clips_of_one_camera_are_one_scene_and_own_videos_are_not():
    assert scenes([Before("b"), Before("a"), Before("b")]).tolist() == [1, 0, 1]
    assert len(set(scenes([Before("own"), Before("own"), Before("own")]))) == 3
