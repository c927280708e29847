"""Videos that state how they are meant to be shown: turned, mirrored, with pixels not square."""

from fractions import Fraction

import media
import numpy as np
import pytest

from posequery.jobs.files import BadInput
from posequery.sources import video

W, H = 64, 48
MATRICES = [
    (1, 0, 0, 1),
    (0, -1, 1, 0),
    (-1, 0, 0, -1),
    (0, 1, -1, 0),
    (-1, 0, 0, 1),
    (0, 1, 1, 0),
    (1, 0, 0, -1),
    (0, -1, -1, 0),
]


def scene():
    """Three frames, smooth, and different in each of the eight ways to show them."""
    rows, columns = np.mgrid[:H, :W]
    frame = np.stack([3 * columns, 5 * rows, 250 - columns - 2 * rows], axis=2)
    return [frame.astype(np.uint8)] * 3


def as_a_player_shows(frame, a, b, c, d):
    """Each stored pixel at (a x + c y, b x + d y), moved to where the frame begins at 0."""
    rows, columns = np.mgrid[: frame.shape[0], : frame.shape[1]]
    x, y = a * columns + c * rows, b * columns + d * rows
    x, y = x - x.min(), y - y.min()
    shown = np.empty((y.max() + 1, x.max() + 1, 3), np.uint8)
    shown[y, x] = frame
    return shown


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska"])
@pytest.mark.parametrize("matrix", MATRICES)
def test_the_eight_ways_to_show_a_frame(tmp_path, matrix, container, tried):
    plain = media.movie(tmp_path / "plain.mkv", scene(), "matroska")
    path = media.movie(tmp_path / "v", scene(), container, matrix=matrix)
    stored, shown = next(video.frames(plain)), next(video.frames(path))
    assert (shown == as_a_player_shows(stored, *matrix)).all()
    about = video.info(path)
    assert (about.height, about.width) == shown.shape[:2]
    assert about.stored == (W, H)
    mirrored = stored[:, ::-1] if about.mirrored else stored
    assert (np.rot90(mirrored, about.turns) == shown).all()
    assert about.mirrored == (np.linalg.det(np.reshape(matrix, (2, 2))) < 0)
    # Squashed after it is turned, or before: the same.
    squashed = np.rot90(next(video.frames(plain, 32))[:, :: -1 if about.mirrored else 1])
    assert (np.rot90(squashed, about.turns - 1) == next(video.frames(path, 32))).all()
    tried("2", "display matrices of all eight kinds", {"done right": 1})


@pytest.mark.parametrize(
    "matrix", [(0.7, 0.7, -0.7, 0.7), (1, 0.2, 0, 1), (0, 0, 0, 0), (1, 0, 1, 0), (1, 1, 1, 1)]
)
def test_any_other_matrix_is_refused(tmp_path, matrix, tried):
    path = media.movie(tmp_path / "v.mkv", scene(), "matroska")
    path = media.movie(tmp_path / "v.mp4", scene(), matrix=matrix)
    for read in (video.info, lambda path: list(video.frames(path, 16))):
        with pytest.raises(BadInput, match=r"v\.mp4: has a display rotation of -?\d+ degrees"):
            read(path)
    tried("2", "display matrices of no whole quarter turn", {"refused": 1})


def test_a_matrix_that_leans_out_of_the_picture_is_refused(tmp_path):
    path = media.movie(tmp_path / "v.mp4", scene(), matrix=(0, -1, 1, 0))
    content = bytearray(path.read_bytes())
    u = content.index(b"tkhd") + 4 + 40 + 8
    content[u : u + 4] = (1 << 20).to_bytes(4, "big")
    path.write_bytes(content)
    with pytest.raises(BadInput, match="tilted display matrix"):
        video.info(path)


def with_pasp(path, across, down):
    """The MP4 with the pixels' aspect that its container states (ISO/IEC 14496-12, 12.1.4)."""
    content = bytearray(path.read_bytes())
    start = content.index(b"pasp") + 4
    content[start : start + 8] = across.to_bytes(4, "big") + down.to_bytes(4, "big")
    path.write_bytes(content)
    return path


def disc(aspect=1.0, height=144, width=192):
    """A white disc as it is stored with such pixels, and its centre in stored pixels."""
    rows, columns = np.mgrid[:height, :width]
    far = np.hypot((columns - 70) * aspect, rows - 60)
    return [np.repeat(np.where(far < 30, 235, 16)[:, :, None], 3, axis=2).astype(np.uint8)] * 2


def moments(frame):
    """Centre and standard deviations, along x and y, of what is white."""
    weight = np.clip(frame[:, :, 0].astype(float) - 60, 0, None)
    rows, columns = np.mgrid[: frame.shape[0], : frame.shape[1]]
    x, y = (weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()
    spread = [(weight * (at - mean) ** 2).sum() for at, mean in ((columns, x), (rows, y))]
    return x, y, *np.sqrt(np.array(spread) / weight.sum())


@pytest.mark.parametrize("aspect", [Fraction(4, 3), Fraction(8, 9), Fraction(2), Fraction(1, 2)])
@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts", "avi", "h264"])
def test_a_disc_is_shown_round(tmp_path, aspect, container, tried):
    frames = disc(float(aspect))
    path = media.movie(tmp_path / "v", frames, container, aspect=aspect, crf="4")
    about = video.info(path)
    assert (about.width, about.height, about.stored) == (round(192 * aspect), 144, (192, 144))
    shown = list(video.frames(path))[1]
    assert shown.shape == (about.height, about.width, 3)
    x, y, across, down = moments(shown)
    assert across == pytest.approx(down, rel=0.02)
    # And a point of the network's square is where the shown frame has it.
    x_net, y_net, *_ = moments(list(video.frames(path, 96))[1])
    assert (x_net + 0.5) * about.width / 96 - 0.5 == pytest.approx(x, abs=0.15)
    assert (y_net + 0.5) * about.height / 96 - 0.5 == pytest.approx(y, abs=0.15)
    assert ((x + 0.5) / about.width, y) == pytest.approx((70.5 / 192, 60), abs=0.2)
    tried("2", "pixels that are not square", {"done right": 1})


def test_stretched_before_it_is_turned(tmp_path):
    frames = disc(2.0)
    path = media.movie(tmp_path / "v.mp4", frames, matrix=(0, 1, -1, 0), aspect=2, crf="4")
    about = video.info(path)
    assert (about.width, about.height) == (144, 384)
    *_, across, down = moments(next(video.frames(path)))
    assert across == pytest.approx(down, rel=0.02)


def test_the_container_s_word_counts_before_the_codec_s(tmp_path):
    path = media.movie(tmp_path / "v.mp4", scene(), aspect=Fraction(4, 3))
    assert video.info(path).width == round(64 * 4 / 3)
    assert video.info(with_pasp(path, 3, 2)).width == 96
    assert video.info(with_pasp(path, 1, 1)).width == 64


def test_what_the_container_does_not_know_the_codec_says(tmp_path):
    path = media.movie(tmp_path / "v.mp4", scene(), aspect=Fraction(4, 3))
    assert video.info(with_pasp(path, 0, 1)).width == round(64 * 4 / 3)


def test_pixels_of_an_unknown_aspect_are_square(tmp_path):
    path = media.movie(tmp_path / "v.mp4", scene(), codec="mpeg4", aspect=Fraction(4, 3))
    assert video.info(path).width == round(64 * 4 / 3)
    plain = media.movie(tmp_path / "plain.mp4", scene())
    assert video.info(plain).width == 64


@pytest.mark.parametrize(("across", "down"), [(11, 1), (1, 11), (1 << 31, 1)])
def test_an_aspect_beyond_all_bounds_is_refused(tmp_path, across, down, tried):
    path = media.movie(tmp_path / "v.mp4", scene(), aspect=Fraction(4, 3))
    with_pasp(path, across & 0x7FFFFFFF or 0x7FFFFFFF, down)
    with pytest.raises(BadInput, match=r"states pixels .* times as wide as high"):
        video.info(path)
    tried("2", "pixels of an absurd aspect", {"refused": 1})


def test_an_aspect_that_changes_is_refused(tmp_path, tried):
    path = tmp_path / "two.h264"
    parts = [
        media.movie(tmp_path / f"{number}.h264", scene(), "h264", aspect=Fraction(4 + number, 3))
        for number in range(2)
    ]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(BadInput, match="changes its shape as shown soon after frame"):
        list(video.frames(path, 16))
    tried("2", "pixels whose aspect changes", {"refused": 1})
