"""A film of the predicted joints."""

import numpy as np
import pytest
from media import write_video

from posequery.prediction.film import LONGEST, film_size, write_film
from posequery.sources import video


def test_joints_are_drawn_where_they_are_seen(tmp_path):
    source = write_video(tmp_path / "film.mp4", [np.full((48, 64, 3), 40, np.uint8)] * 3)
    poses = np.full((3, 18, 3), 0.01, np.float32)
    poses[1, 0] = 20, 30, 0.9
    poses[:, 5] = 50, 10, 0.05  # its peak is too low
    path, seconds = tmp_path / "out.mp4", np.array([0, 0.1, 0.5])
    write_film(path, source, video.info(source), poses, seconds, 4)
    frames = [frame.astype(int) for frame in video.frames(path)]
    assert len(frames) == 3 and frames[0].shape == (48, 64, 3)
    assert np.abs(frames[0] - 40).max() < 12 and np.abs(frames[2] - 40).max() < 12
    red, _, blue = frames[1][30, 20]
    assert red > 180 and blue < 90
    assert np.abs(frames[1][10, 50] - 40).max() < 12
    stamps = [float(frame.time) for frame, _ in video.with_geometry(path)]
    np.testing.assert_allclose(stamps, seconds, atol=1e-4)


@pytest.mark.parametrize(
    ("shown", "made"),
    [
        ((64, 48), (64, 48)),
        ((65, 49), (64, 48)),
        ((2 * LONGEST, 1080), (LONGEST, 540)),
        ((1080, 4 * LONGEST), (270, LONGEST)),
        ((1, 1), (2, 2)),
    ],
)
def test_a_film_has_an_even_size_and_the_videos_shape(shown, made):
    assert film_size(*shown) == made
