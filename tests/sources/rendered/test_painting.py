"""Painting: where solids appear, how large, which one is in front, and the colours of limbs."""

import numpy as np
import pytest

from posequery.jobs.seeds import generator
from posequery.sources.rendered.anatomy import Pose, pose_bodies
from posequery.sources.rendered.bodies import COLUMNS, PARTS, ROWS, random_body
from posequery.sources.rendered.motions import standing, wild_pose
from posequery.sources.rendered.painting import FAR, SCALE, Buffer, Camera, Solids
from posequery.sources.rendered.scenes import Cast, Light, paint, project_points

CAMERA = Camera.aimed(np.array([0.0, -4.0, 1.0]), np.array([0.0, 0.0, 1.0]), 200.0, 128, 128)
LIGHT = Light(np.array([0.0, -1.0, 1.0]), 0.6, np.ones(3))


def solids(start, end, radius, flat=1.0, front=(0.0, -1.0, 0.0), owner=None):
    start, end = np.atleast_2d(start).astype(float), np.atleast_2d(end).astype(float)
    count = len(start)
    return Solids(
        start, end, np.full((count, 2), radius), np.tile(front, (count, 1)),
        np.full(count, flat), np.arange(count, dtype=np.int8) if owner is None else owner,
        np.zeros((count, ROWS, COLUMNS), np.int16), np.full((1, 3), 200, np.uint8),
    )  # fmt: skip


def cover(buffer):
    """Centre (x, y) and area in pixels of the image."""
    rows, columns = np.nonzero(buffer.part >= 0)
    x = (columns + 0.5) / SCALE - 0.5 + buffer.box[1].start
    y = (rows + 0.5) / SCALE - 0.5 + buffer.box[0].start
    return np.array([x.mean(), y.mean()]), len(x) / SCALE**2


def test_a_ball_appears_where_its_centre_projects_with_the_right_size():
    centre = np.array([0.3, 0.0, 1.4])
    buffer = Buffer(CAMERA, solids(centre, centre, 0.4))
    place, area = cover(buffer)
    assert place == pytest.approx(CAMERA.project(centre)[0], abs=0.1)
    assert area == pytest.approx(np.pi * (0.4 * 200 / 4) ** 2, rel=0.01)
    assert buffer.depth.min() == pytest.approx(4.0 - 0.4, abs=0.02)


def test_the_camera_looks_along_y_with_x_to_the_right_and_z_up():
    pixels, depth = CAMERA.project(np.array([[0, 0, 1.0], [0.5, 0, 1.0], [0, 0, 1.5]]))
    np.testing.assert_allclose(pixels, [[63.5, 63.5], [88.5, 63.5], [63.5, 38.5]])
    np.testing.assert_allclose(depth, 4)


def test_a_rod_that_points_at_the_camera_shows_its_near_end():
    buffer = Buffer(CAMERA, solids((0, 0, 1.0), (0, -1.0, 1.0), 0.2))
    assert buffer.depth.min() == pytest.approx(2.8, abs=0.05)
    _, area = cover(buffer)
    assert np.pi * (0.2 * 200 / 4) ** 2 < area < np.pi * (0.2 * 200 / 3) ** 2


def test_the_nearer_of_two_hides_the_other():
    buffer = Buffer(CAMERA, solids([(0, 0.5, 1), (0, 0, 1)], [(0, 0.5, 1), (0, 0, 1)], 0.2))
    assert set(np.unique(buffer.owners())) == {-1, 1}


def test_a_flattened_part_is_thin_from_the_side_and_wide_from_the_front():
    centre = np.array([0.0, 0.0, 1.0])
    _, wide = cover(Buffer(CAMERA, solids(centre, centre, 0.4, 0.25)))
    _, thin = cover(Buffer(CAMERA, solids(centre, centre, 0.4, 0.25, (1.0, 0.0, 0.0))))
    assert thin == pytest.approx(0.25 * wide, rel=0.05)


def test_nothing_in_view_leaves_the_background_unchanged():
    body = random_body(generator("behind"))
    pose = standing(1)
    pose.place[:] = (0, -30)
    image = np.full((128, 128, 3), 77, np.float32)
    cast = Cast([body], pose_bodies([body], pose))
    buffer = paint(CAMERA, cast, None, image, LIGHT)
    assert (image == 77).all()
    assert not project_points(CAMERA, buffer, cast.coco())[1].any()


@pytest.mark.parametrize("yaw", [0.0, np.pi, 2.0])
def test_each_limb_is_painted_in_its_own_colour_on_its_own_side(yaw):
    body = random_body(generator("painted"))
    sides = np.zeros((len(PARTS), ROWS, COLUMNS), np.uint8)
    for number, part in enumerate(PARTS):
        sides[number] = 1 if part.startswith("left") else 2 if part.startswith("right") else 0
    palette = np.array([(90, 90, 90), (250, 0, 0), (0, 0, 250)], np.uint8)
    body = type(body)(**{**vars(body), "texture": sides, "palette": palette})
    pose = standing(1)
    pose.yaw[:] = yaw
    pose.wrists[0, :, 0] = 0.8
    image = np.full((128, 128, 3), 20, np.float32)
    cast = Cast([body], pose_bodies([body], pose))
    pixels, _, plain = project_points(CAMERA, paint(CAMERA, cast, None, image, LIGHT), cast.coco())
    checked = 0
    for joint in (7, 8, 9, 10, 13, 14, 15, 16):
        if plain[0, joint]:
            x, y = pixels[0, joint].round().astype(int)
            red, _, blue = image[y, x]
            assert (red > blue) == (joint % 2 == 1)
            checked += 1
    assert checked >= 4


def test_a_visible_joint_lies_on_its_owner_and_a_covered_one_is_not_visible():
    draw = generator("crowd")
    shown = hidden = 0
    for _ in range(20):
        bodies = [random_body(draw) for _ in range(2)]
        poses = Pose.stack([wild_pose(draw) for _ in bodies])
        poses.place[1] = (0.2, 0.8)
        cast = Cast(bodies, pose_bodies(bodies, poses))
        buffer = Buffer(CAMERA, cast.solids())
        pixels, inside, plain = project_points(CAMERA, buffer, cast.coco())
        owners = np.full((128 * SCALE, 128 * SCALE), -1)
        box = tuple(slice(SCALE * side.start, SCALE * side.stop) for side in buffer.box)
        owners[box] = buffer.owners()
        for person in (0, 1):
            for joint in range(5, 17):
                if not inside[person, joint]:
                    continue
                x, y = ((pixels[person, joint] + 0.5) * SCALE - 0.5).round().astype(int)
                if plain[person, joint]:
                    assert owners[y, x] in (person, 1 - person)
                    shown += owners[y, x] == person
                else:
                    assert owners[y, x] >= 0
                    hidden += 1
    assert shown > 300
    assert hidden > 30
    assert buffer.depth.max() == FAR
