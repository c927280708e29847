import numpy as np
import pytest

from posequery.teachers.blazepose.detector import Region
from posequery.teachers.blazepose.landmarks import landmarks_input, read_pose, refine

CLEAR, DARK = 12.0, -60.0  # logits


def _heat(*cells, logit=CLEAR):
    heat = np.full((64, 64, 1), DARK, np.float32)
    for row, column in cells:
        heat[row, column] = logit
    return heat


@pytest.mark.parametrize(
    ("point", "cells", "expected"),
    [
        ((40, 80), [(20, 10)], (40, 80)),
        ((43.9, 83.9), [(20, 10)], (40, 80)),  # its own cell, without an offset of half a cell
        ((40, 80), [(22, 13)], (52, 88)),
        ((40, 80), [(20, 10), (20, 12)], (44, 80)),
        ((40, 80), [(24, 14)], (56, 96)),  # the corner of 9 x 9 cells
        ((40, 80), [(20, 15)], (40, 80)),  # beyond it
        ((1, 1), [(2, 2)], (8, 8)),
        ((255, 255), [(63, 61)], (244, 252)),
        ((260, 80), [(20, 63)], (260, 80)),  # outside the map
        ((-4, 80), [(20, 0)], (-4, 80)),
    ],
)
def test_a_landmark_moves_to_the_centroid_around_its_cell(point, cells, expected):
    moved = refine(np.array([point], float), _heat(*cells))
    np.testing.assert_allclose(moved, [expected], atol=1e-3)


def test_a_landmark_stays_where_its_map_is_not_clear():
    point = np.array([[40.0, 80.0]])
    np.testing.assert_array_equal(refine(point, _heat((22, 12), logit=-0.01)), point)
    moved = refine(point, _heat((22, 12), logit=0.01))
    np.testing.assert_allclose(moved, [[48, 88]], atol=1e-3)


def test_each_landmark_is_refined_on_its_own_map_and_the_input_is_unchanged():
    points = np.array([[40.0, 80.0], [40.0, 80.0]])
    heat = np.concatenate([_heat((20, 11)), _heat((21, 10))], axis=2)
    np.testing.assert_allclose(refine(points, heat), [[44, 80], [40, 84]], atol=1e-3)
    assert (points == [40, 80]).all()


def _outputs(presence=0.5):
    table = np.zeros((39, 5), np.float32)
    table[:, 0], table[:, 1] = np.arange(39) * 4 + 32, 128
    table[33, :2], table[34, :2] = (128, 128), (128, 28)
    table[:, 3] = np.linspace(-3, 3, 39)
    return {
        "Identity": table.reshape(1, 195),
        "Identity_1": np.array([[presence]], np.float32),
        "Identity_3": np.full((1, 64, 64, 39), DARK, np.float32),
    }


def test_a_pose_is_read_into_source_pixels():
    pose = read_pose(_outputs(), Region(x=300, y=200, side=512, rotation=0))
    assert pose.landmarks.shape == (33, 2)
    np.testing.assert_allclose(pose.landmarks[3], [300 + 2 * (44 - 128), 200])
    assert pose.landmarks.dtype == pose.visibility.dtype == np.float32
    np.testing.assert_allclose(pose.visibility[0], 1 / (1 + np.exp(3)), rtol=1e-6)
    # The auxiliary points 33 and 34 are 100 crop pixels, that is 200 source pixels, apart.
    assert pose.next_region == Region(x=300, y=200, side=500, rotation=0)


def test_no_pose_below_the_presence_threshold():
    assert read_pose(_outputs(presence=0.49), Region(0, 0, 256, 0)) is None


def test_the_input_is_the_region_in_zero_to_one():
    frame = np.zeros((64, 64, 3), np.uint8)
    frame[:, 32:] = (255, 0, 0)
    square = landmarks_input(frame, Region(x=32, y=32, side=64, rotation=0))
    assert square.shape == (1, 256, 256, 3)
    assert square.dtype == np.float32
    assert (square[0, 10, 10] == 0).all()
    np.testing.assert_array_equal(square[0, 10, 200], [1, 0, 0])
