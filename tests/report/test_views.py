"""Views hold the person, whatever the frame's shape, and are inside the frame where they can be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posequery.report.views import View, boxes, follow, view_of

ASPECTS = (9 / 16, 1.0, 16 / 9)


def holds(view, low, high):
    corner = np.array([view.left, view.top])
    # Whole pixels: half of one may be missing.
    return (corner - 0.5 <= low).all() and (corner + (view.width, view.height) + 0.5 >= high).all()


def test_boxes_by_hand():
    poses = np.full((3, 18, 2), np.nan)
    poses[0, [3, 9]] = (10, 70), (30, 20)
    poses[0, 4, 0] = 5  # half a joint is none
    poses[1, 2] = (-50, 4000)
    low, high = boxes(poses, 100, 90)
    np.testing.assert_array_equal(low, [[10, 20], [0, 90], [np.nan] * 2])
    np.testing.assert_array_equal(high, [[30, 70], [0, 90], [np.nan] * 2])


def test_a_view_by_hand():
    # 100 high with a margin of 35 at both ends, half as wide; moved down into the frame.
    assert view_of(np.array([200, 10]), np.array([240, 110]), 400, 300, 0.5) == View(
        178, 0, 85, 170
    )
    # Wider than the frame: black at both sides, and all of the person.
    assert view_of(np.array([20, 10]), np.array([80, 190]), 100, 200, 2.0) == View(
        -150, 0, 400, 200
    )
    nobody = np.full(2, np.nan)
    assert view_of(nobody, nobody, 400, 200, 1.0) == View(0, -100, 400, 400)


sizes = st.integers(16, 4000)
shares = st.floats(0, 1)


@given(sizes, sizes, st.sampled_from(ASPECTS), st.lists(shares, min_size=4, max_size=4))
def test_a_view_holds_the_person_in_a_frame_of_any_shape(width, height, aspect, corners):
    (x, y, right, bottom), frame = corners, np.array([width, height])
    low, high = np.array([min(x, right), min(y, bottom)]), np.array([max(x, right), max(y, bottom)])
    low, high = low * frame, high * frame
    view = view_of(low, high, width, height, aspect)
    assert holds(view, low, high)
    assert view.width / view.height == pytest.approx(
        aspect, abs=aspect * 1.1 / min(view.width, view.height) + 0.02
    )
    for start, size, room in ((view.left, view.width, width), (view.top, view.height, height)):
        assert (0 <= start and start + size <= room) or (size > room and abs(start) <= size)


@pytest.mark.parametrize("shape", [(1920, 1080), (1080, 1920), (1000, 1000), (320, 240)])
@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_view_follows_whoever_walks_jumps_or_is_not_seen(shape, aspect, tried):
    width, height = shape
    random = np.random.default_rng(1)
    body = random.uniform(-0.04, 0.04, (18, 2)) * height
    path = np.stack([np.linspace(0.05, 0.95, 60) * width, np.full(60, 0.8 * height)], axis=1)
    path[30:] = path[:30][::-1]  # one frame to the next, across the frame and back
    poses = path[:, None] + body
    unseen = [0, 1, 2, 17, 40, 41, 59]
    poses[unseen] = np.nan
    views = follow(poses, width, height, aspect, 10)
    assert len(views) == 60
    low, high = boxes(poses, width, height)
    seen = [frame for frame in range(60) if frame not in unseen]
    for frame in seen:
        assert holds(views[frame], low[frame], high[frame])
    # Slowly: no view is far from the one before it.
    corners = np.array([(view.left, view.top) for view in views])
    assert np.abs(np.diff(corners, axis=0)).max() < 0.05 * max(shape) * max(aspect, 1)
    tried("4", "a person who walks or jumps through a frame of any shape", {"in view": len(seen)})


def test_nobody_in_a_clip_shows_the_whole_frame():
    views = follow(np.full((4, 18, 2), np.nan), 640, 480, 4 / 3, 2)
    assert views == [View(0, 0, 640, 480)] * 4


def test_what_is_shown_and_where_joints_are_in_it():
    frame = np.zeros((60, 80, 3), np.uint8)
    frame[30:32, 40:44] = 255
    view = View(20, 20, 40, 20)
    shown = view.show(frame, (160, 80))
    assert shown.shape == (80, 160, 3)
    np.testing.assert_allclose(np.argwhere(shown[..., 0] > 127).mean(axis=0), [43.5, 87.5])
    # The same middle: of rows 30 and 31, and of columns 40 to 43.
    np.testing.assert_allclose(view.place(np.array([41.5, 30.5]), (160, 80)), [87.5, 43.5])
    beyond = View(-20, -10, 100, 80).show(np.full((60, 80, 3), 9, np.uint8), (100, 80))
    rows, columns = np.nonzero(beyond[..., 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 69, 20, 99)
