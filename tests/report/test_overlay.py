import numpy as np
import pytest

from posequery.report.overlay import draw_skeleton, rim

RED, BLUE, BLACK, WHITE = (255, 180, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255)


def _cross(x, y):
    """A neck at (x, y), a nose 20 pixels above it, nothing else."""
    joints = np.full((18, 2), np.nan)
    joints[17], joints[0] = (x, y), (x, y - 20)
    return joints


@pytest.mark.parametrize(("colour", "around"), [(RED, BLACK), (BLUE, WHITE)])
def test_a_skeleton_is_drawn_where_its_joints_are_and_has_a_rim(colour, around):
    image = np.full((80, 80, 3), 120, np.uint8)
    draw_skeleton(image, _cross(40, 50), colour, 2)
    assert tuple(image[40, 40]) == tuple(image[50, 40]) == colour
    assert rim(colour) == around
    assert abs(int(image[40, 43].mean()) - 120) > 10
    assert (image[40, 43].mean() > 120) == (around == WHITE)
    changed = (image != 120).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert (rows.min() > 24, rows.max() < 56, columns.min() > 34, columns.max() < 46) == (True,) * 4
    # As much to the left as to the right: no half pixel is lost.
    np.testing.assert_array_equal(changed, changed[:, ::-1].copy()[:, np.arange(-1, 79)])


def test_joints_that_are_missing_or_far_outside_do_no_harm():
    image = np.zeros((40, 40, 3), np.uint8)
    draw_skeleton(image, np.full((18, 2), np.nan), RED, 2)
    assert not image.any()
    draw_skeleton(image, np.full((18, 2), 1e9), RED, 2)
    assert not image.any()
