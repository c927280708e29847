import hashlib

import av
import numpy as np
import pytest

from posequery.jobs.files import whole
from posequery.report.overlay import LEGEND, Overlay, OverlayWriter, draw_skeleton

RED, BLUE = (255, 0, 0), (0, 0, 255)
NAMES = ["wide", "tall"]


def _cross(x, y):
    """A neck at (x, y), a nose 20 pixels above it, nothing else."""
    joints = np.full((18, 2), np.nan)
    joints[17], joints[0] = (x, y), (x, y - 20)
    return joints


def test_a_skeleton_is_drawn_where_its_joints_are_and_has_a_dark_rim():
    image = np.full((80, 80, 3), 120, np.uint8)
    draw_skeleton(image, _cross(40, 50), RED, 2)
    assert tuple(image[40, 40]) == RED
    assert tuple(image[50, 40]) == RED
    assert image[40, 43].max() < 110
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


@pytest.fixture
def stream(tmp_path, make_stream):
    """A wide and a tall clip, one of them larger than the film."""
    wide, tall = np.full((120, 200, 3), 90, np.uint8), np.full((1200, 600, 3), 90, np.uint8)
    return make_stream(tmp_path, {"wide": [wide] * 3, "tall": [tall] * 2}, rate=25)


def _film(stream, path):
    joints = np.stack([_cross(100, 60)] * 3 + [_cross(300, 600)] * 2)
    overlays = (
        Overlay("before", RED, joints),
        Overlay("after ½", BLUE, joints + np.array([40, 0])),
    )
    frames = [np.full((120, 200, 3), 90, np.uint8)] * 3
    frames += [np.full((1200, 600, 3), 90, np.uint8)] * 2
    with whole(path) as temporary, OverlayWriter(temporary, stream, NAMES, overlays) as writer:
        for number, frame in enumerate(frames):
            writer.append(number, frame)
    with av.open(str(path)) as film:
        track = film.streams.video[0]
        assert (track.codec_context.name, track.average_rate) == ("h264", 25)
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]


def test_a_film_shows_each_frame_with_both_skeletons_and_a_legend(stream, tmp_path):
    frames = _film(stream, tmp_path / "film.mp4")
    assert len(frames) == 5
    head = 3 * LEGEND
    assert {frame.shape for frame in frames} == {(960 + head, 480, 3)}
    for frame, left, top, scale, middle in (
        (frames[0], 140, head + 420, 1.0, (100, 50)),
        (frames[4], 0, head, 0.8, (300, 590)),
    ):
        x, y = (round(left + middle[0] * scale), round(top + middle[1] * scale))
        red, _, blue = frame[y, x - 1 : x + 2].mean(axis=0)
        assert red > blue + 60
        x = round(left + (middle[0] + 40) * scale)
        red, _, blue = frame[y, x - 1 : x + 2].mean(axis=0)
        assert blue > red + 60
        legend = frame[LEGEND + LEGEND // 2, 12:40].mean(axis=0)
        assert legend[0] > legend[2] + 60


def test_the_same_film_twice_is_the_same_file(stream, tmp_path):
    digests = set()
    for name in ("one.mp4", "two.mp4"):
        _film(stream, tmp_path / name)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_film_that_breaks_off_leaves_nothing(stream, tmp_path):
    overlays = (Overlay("before", RED, np.zeros((5, 18, 2))),)
    path = tmp_path / "film.mp4"
    with (
        pytest.raises(RuntimeError, match="stop"),
        whole(path) as temporary,
        OverlayWriter(temporary, stream, NAMES, overlays) as writer,
    ):
        writer.append(0, np.zeros((120, 200, 3), np.uint8))
        raise RuntimeError("stop")
    assert not list(tmp_path.glob("*film*"))
