"""Motions: all of Human3.6M's actions, smooth, repeatable, and recognisable."""

import numpy as np
import pytest

from posequery.jobs.seeds import generator
from posequery.sources.human36m import names
from posequery.sources.rendered.anatomy import pose_bodies
from posequery.sources.rendered.bodies import random_body
from posequery.sources.rendered.motions import ACTIONS, motion, wild_pose

BODY = random_body(generator("a mover"))


def perform(action: str, seed: int, seconds: np.ndarray):
    pose, props, busy = motion(action, generator("motion", action, seed), seconds)
    return pose_bodies([BODY], pose), props, ("left", "right")[busy]


def test_every_action_of_human36m_is_there():
    assert tuple(ACTIONS) == names.ACTIONS


@pytest.mark.parametrize("action", ACTIONS)
def test_a_motion_is_smooth_finite_and_repeatable(action):
    seconds = np.arange(300) / 50
    posed, _, _ = perform(action, 1, seconds)
    again, _, _ = perform(action, 1, seconds)
    np.testing.assert_array_equal(posed.points, again.points)
    speed = 50 * np.linalg.norm(np.diff(posed.points, axis=0), axis=-1)
    assert speed.max() < 9  # metres per second: a fast hand
    assert 0.05 < speed.max()
    other, _, _ = perform(action, 2, seconds)
    assert np.abs(other.points - posed.points).max() > 0.1


def test_a_walker_moves_the_feet():
    short, _, _ = perform("Walking", 3, np.arange(10) / 5)
    feet = short.point("left_ankle")
    assert 0.4 < np.ptp(np.linalg.norm(feet[:, :2] - feet[0, :2], axis=1))


def test_phoning_keeps_the_busy_hand_at_the_ear():
    posed, props, side = perform("Phoning", 1, np.arange(20) / 5)
    gap = np.linalg.norm(posed.point(f"{side}_hand") - posed.point(f"{side}_ear"), axis=1)
    assert "device" in props
    assert gap.max() < 0.3


def test_sitting_needs_a_chair_and_sitting_down_the_floor():
    seated, props, _ = perform("Sitting", 1, np.arange(5) / 5)
    floor, none, _ = perform("SittingDown", 1, np.arange(5) / 5)
    assert props == ("chair",)
    assert none == ()
    assert 0.4 < seated.point("pelvis")[0, 2] < 0.65
    assert floor.point("pelvis")[0, 2] < 0.25


def test_walkers_face_the_direction_of_walking():
    for seed in range(5):
        pose, _, _ = motion("Walking", generator("way", seed), np.arange(50) / 50)
        step = np.diff(pose.place, axis=0)
        front = np.stack([-np.sin(pose.yaw), np.cos(pose.yaw)], axis=1)[:-1]
        assert ((step * front).sum(1) > 0.95 * np.linalg.norm(step, axis=1)).all()


def test_wild_poses_differ_from_one_another():
    poses = [wild_pose(generator("wild", number)) for number in range(20)]
    assert len({float(pose.yaw[0]) for pose in poses}) == 20
    assert all(np.isfinite(pose_bodies([BODY], pose).points).all() for pose in poses)
