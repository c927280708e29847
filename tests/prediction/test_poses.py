"""Poses that are kept on disk."""

import numpy as np

from posequery.prediction.poses import Poses, seen


def test_poses_come_back_in_order_and_may_be_read_again(tmp_path):
    values = np.arange(5 * 18 * 3, dtype=np.float32).reshape(5, 18, 3)
    with Poses(tmp_path) as poses:
        poses.append(values[:2, :, :2], values[:2, :, 2])
        np.testing.assert_array_equal(list(poses), values[:2])
        poses.append(values[2:, :, :2], values[2:, :, 2])
        for _ in range(2):
            np.testing.assert_array_equal(list(poses), values)
        both = [np.array_equal(one, other) for one, other in zip(poses, poses, strict=True)]
        assert both == [True] * 5
    assert not list(tmp_path.iterdir())


def test_a_joint_is_seen_from_the_threshold_on():
    pose = np.zeros((18, 3), np.float32)
    pose[:3, 2] = 0.099, 0.1, 0.9
    assert np.flatnonzero(seen(pose)).tolist() == [1, 2]
