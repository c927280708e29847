import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posequery.student import pixels

SIZES = np.array([[1000, 1002]])


def test_centres_of_pixels_are_whole_numbers() -> None:
    # One cell of 24 covers 1000 / 24 pixels; its centre is at half of that minus half a pixel.
    corner = pixels.to_source(np.zeros((1, 1, 2)), 24, SIZES)
    np.testing.assert_allclose(corner[0, 0], [1000 / 48 - 0.5, 1002 / 48 - 0.5], rtol=1e-6)


def test_a_grid_of_the_frames_own_size_changes_nothing() -> None:
    points = np.array([[[3.25, 7.5]]])
    np.testing.assert_allclose(pixels.to_source(points, 320, np.array([[320, 320]])), points)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    side=st.integers(1, 400),
    width=st.integers(1, 2000),
    height=st.integers(1, 2000),
    x=st.floats(-50, 2000, width=32),
    y=st.floats(-50, 2000, width=32),
)
def test_there_and_back(side: int, width: int, height: int, x: float, y: float) -> None:
    sizes = np.array([[width, height]])
    point = np.array([[[x, y]]], np.float32)
    there = pixels.to_grid(point, side, sizes)
    assert there.dtype == np.float32
    np.testing.assert_allclose(pixels.to_source(there, side, sizes), point, atol=2e-2)


def test_each_frame_has_its_own_size_and_nan_stays() -> None:
    points = np.array([[[1.0, 1.0], [np.nan, np.nan]], [[1.0, 1.0], [0, 0]]])
    found = pixels.to_source(points, 2, np.array([[4, 8], [2, 2]]))
    np.testing.assert_allclose(found[:, 0], [[2.5, 5.5], [1, 1]])
    assert np.isnan(found[0, 1]).all()


@pytest.mark.parametrize(
    ("points", "side", "sizes"),
    [
        (np.zeros((3, 18, 2)), 24, np.ones((1, 2))),
        (np.zeros((3, 18, 3)), 24, np.ones((3, 2))),
        (np.zeros((3, 18, 2)), 24, np.ones((3, 3))),
        (np.zeros(2), 24, np.ones((2, 2))),
        (np.zeros((3, 2)), 0, np.ones((3, 2))),
        (np.zeros((3, 2)), 24, np.array([[1, 2], [3, 0], [1, 1]])),
        (np.zeros((3, 2)), 24, np.full((3, 2), np.nan)),
    ],
)
def test_points_and_sizes_that_do_not_go_together_are_refused(
    points: np.ndarray, side: int, sizes: np.ndarray
) -> None:
    for convert in (pixels.to_source, pixels.to_grid):
        with pytest.raises(ValueError, match="are needed"):
            convert(points, side, sizes)
