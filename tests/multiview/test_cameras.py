import os

import numpy as np
import pytest

from posequery.jobs.files import BadInput
from posequery.multiview.cameras import project, read_qualisys, triangulate

CAMERA = """<camera serial="{name}">
<fov_video bottom="1919" left="0" right="1087" top="0"/>
<transform r11="1" r12="0" r13="0" r21="0" r22="{r22}" r23="0" r31="0" r32="0" r33="1"
 x="0" y="0" z="3000"/>
<intrinsic focalLengthU="64000" focalLengthV="32000" centerPointU="6400" centerPointV="12800"/>
</camera>"""


def _write(path, body):
    path.write_text(f"<?xml version='1.0'?><calibration><cameras>{body}</cameras></calibration>")
    return path


def test_a_camera_looking_down_computed_by_hand(tmp_path):
    path = _write(tmp_path / "two.qca.txt", CAMERA.format(name="a", r22=1))
    (camera,) = read_qualisys(path)
    assert (camera.name, camera.width, camera.height) == ("a", 1088, 1920)
    # 3 m above the origin, looking down on it: 1000 px of focal length across, 500 down.
    points = np.array([[0, 0, 0], [0.3, 0, 0], [0, 0.3, 0], [0, 0.3, 1.5]])
    expected = [[100, 200], [200, 200], [100, 150], [100, 100]]
    np.testing.assert_allclose(project(camera.matrix[None], points)[0], expected)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("no xml at all", "not a valid Qualisys calibration"),
        ("<calibration><cameras>", "not a valid Qualisys calibration"),
        ("<calibration/>", "lists no camera"),
        ('<calibration><cameras><camera serial="a"/></cameras></calibration>', "lacks intrinsic"),
        ('<?xml version="1.0" encoding="klingon"?><calibration/>', "unknown encoding: klingon"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><calibration>&a;</calibration>", "document type"),
    ],
)
def test_a_broken_calibration_is_reported(tmp_path, text, fault):
    path = tmp_path / "broken.qca.txt"
    path.write_text(text)
    with pytest.raises(BadInput, match=rf"broken\.qca\.txt: .*{fault}"):
        read_qualisys(path)


def test_a_calibration_of_any_size_is_not_read(tmp_path):
    path = tmp_path / "vast.qca.txt"
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(BadInput, match="has over 67,108,864 bytes"):
        read_qualisys(path)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("focalLengthU", "focalLengthX"), "focalLengthU"),
        (('z="3000"', 'z="far"'), "far"),
        (('r33="1"', 'r33="2"'), "no valid rotation"),
        (('x="0"', 'x="nan"'), "no valid rotation"),
    ],
)
def test_a_broken_camera_is_reported(tmp_path, change, fault):
    path = _write(tmp_path / "one.qca.txt", CAMERA.format(name="a", r22=1).replace(*change))
    with pytest.raises(BadInput, match=fault):
        read_qualisys(path)


def test_a_duplicate_camera_and_a_missing_file(tmp_path):
    twice = CAMERA.format(name="a", r22=1) * 2
    with pytest.raises(BadInput, match="twice"):
        read_qualisys(_write(tmp_path / "twice.qca.txt", twice))
    with pytest.raises(BadInput, match="no such calibration"):
        read_qualisys(tmp_path / "none.qca.txt")


def test_points_seen_by_two_views_are_recovered(rig):
    points = np.random.default_rng(0).uniform(-1, 1, (5, 18, 3))
    pixels = project(rig, points)
    np.testing.assert_allclose(triangulate(rig, pixels), points, atol=1e-9)
    pixels[:2, 0] = np.nan
    pixels[:3, 1, 4] = np.nan
    pixels[2, 2] = np.nan
    found = triangulate(rig, pixels)
    assert np.isnan(found[1, 4]).all()
    found[1, 4] = points[1, 4]
    np.testing.assert_allclose(found, points, atol=1e-9)


def test_the_least_squares_point_is_near_the_one_that_reprojects_best(rig):
    """Compared with brute force: no nearby point reprojects much better."""
    generator = np.random.default_rng(1)
    point = np.array([0.2, -0.1, 1.0])
    pixels = project(rig, point) + generator.normal(0, 4, (4, 2))
    found = triangulate(rig, pixels[:, None])[0]

    def cost(points):
        return ((project(rig, points) - pixels[:, None]) ** 2).sum(axis=(0, 2))

    around = found + generator.uniform(-0.03, 0.03, (20_000, 3))
    assert cost(found[None])[0] < 1.02 * cost(around).min()
    assert np.linalg.norm(found - point) < 0.03
