"""Posed bodies: sides, bones, and the two joint orders in which they are written."""

import numpy as np
import pytest

from posequery import skeletons
from posequery.jobs.seeds import generator
from posequery.sources.rendered.anatomy import POINTS, Pose, pose_bodies
from posequery.sources.rendered.bodies import SEGMENTS, random_body
from posequery.sources.rendered.motions import ACTIONS, motion, standing, wild_pose
from posequery.sources.rendered.painting import Camera
from posequery.sources.rendered.scenes import Cast

CAMERA = Camera.aimed(np.array([0.0, -4.0, 1.5]), np.array([0.0, 0.0, 0.9]), 366.0, 320, 320)


def person(yaw: float) -> Cast:
    body = random_body(generator("a body"))
    pose = standing(1)
    pose.yaw[:] = yaw
    return Cast([body], pose_bodies([body], pose))


def test_left_is_to_the_viewers_right_face_to_face_and_to_the_left_from_behind():
    for yaw, sign in ((np.pi, 1), (0.0, -1)):
        pixels, _ = CAMERA.project(person(yaw).coco()[0])
        for left, right in ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)):
            assert sign * (pixels[left, 0] - pixels[right, 0]) > 0


def test_the_nose_is_nearer_than_the_ears_face_to_face_only():
    for yaw, sign in ((np.pi, 1), (0.0, -1)):
        _, depth = CAMERA.project(person(yaw).coco()[0])
        assert sign * (depth[3] + depth[4] - 2 * depth[0]) > 0


def test_a_turn_to_the_left_shows_a_viewer_in_front_the_right_side():
    pose_depth = CAMERA.project(person(np.pi + 0.5).coco()[0])[1]
    assert pose_depth[6] < pose_depth[5]


def test_a_person_standing_upright_has_joints_in_order_and_feet_on_the_floor():
    height = dict(zip(POINTS, person(0.3).posed.points[0, :, 2], strict=True))
    order = ["left_toe", "left_ankle", "left_knee", "left_hip", "belt", "left_shoulder", "chin",
             "nose", "top"]  # fmt: skip
    assert [height[name] for name in order] == sorted(height[name] for name in order)
    assert 0 < height["left_toe"] < 0.06


def test_bones_keep_their_length_in_every_action_and_in_wild_poses():
    draw = generator("bones")
    body = random_body(draw)
    size = dict(zip(SEGMENTS, body.lengths, strict=True))
    poses = [motion(action, draw, np.arange(10) / 5)[0] for action in ACTIONS]
    posed = pose_bodies([body], Pose.stack(poses + [wild_pose(draw) for _ in range(50)]))
    for side in ("left", "right"):
        for start, end, bone in (("shoulder", "elbow", "upper_arm"), ("elbow", "wrist", "forearm"),
                                 ("hip", "knee", "thigh"), ("knee", "ankle", "shin")):  # fmt: skip
            ends = posed.point(f"{side}_{start}"), posed.point(f"{side}_{end}")
            assert np.linalg.norm(ends[0] - ends[1], axis=1) == pytest.approx(size[bone])


def test_human36m_and_coco_orders_agree_on_the_limbs():
    draw = generator("orders")
    bodies = [random_body(draw) for _ in range(3)]
    cast = Cast(bodies, pose_bodies(bodies, Pose.stack([wild_pose(draw) for _ in bodies])))
    mapped = skeletons.from_human36m(CAMERA.project(cast.human36m())[0])
    direct = CAMERA.project(cast.coco())[0]
    np.testing.assert_allclose(mapped[:, skeletons.LIMBS], direct[:, skeletons.LIMBS], atol=1e-3)


def test_one_body_for_all_rows_is_the_same_body_in_each():
    draw = generator("rows")
    body = random_body(draw)
    pose = Pose.stack([wild_pose(draw) for _ in range(4)])
    one, each = pose_bodies([body], pose), pose_bodies([body] * 4, pose)
    np.testing.assert_array_equal(one.points, each.points)
    np.testing.assert_array_equal(one.radii[0], each.radii[3])
