"""Films of a stream of a wide and a tall clip: what they show, when, and in which words."""

import hashlib
from fractions import Fraction

import av
import numpy as np
import pytest

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs.files import whole
from posequery.report import film
from posequery.report.film import FOOT, LEGEND, LONGEST, FilmWriter, TimeLine, weights_said
from posequery.report.lines import Line
from posequery.report.overlay import Overlay

ORANGE, BLUE, GREEN = (255, 160, 0), (0, 60, 255), (0, 200, 90)
NAMES = ["wide ½", "tall"]
SHAPES = ((120, 200), (600, 300))
TIMES = (np.array([0.0, 0.04, 0.5, 0.52, 2.0]), np.array([0.0, 1.0, 1.1, 1.9, 2.0]))
"""Of each clip's frames: of a variable rate."""
WINDOWS = np.array([0, 2, 4, 7, 9])
HEAD = 4 * LEGEND


@pytest.fixture
def stream(tmp_path):
    paths = []
    for name, (height, width), times in zip(("wide", "tall"), SHAPES, TIMES, strict=True):
        info = ClipInfo(name, "p", "any", 1, name, 5, 5.0, width, height, 8, f"{name}.mp4")
        with whole(tmp_path / f"{name}.h5") as temporary, ClipWriter(temporary) as writer:
            for _ in range(5):
                writer.append(np.zeros((8, 8, 3), np.uint8))
            writer.close(info, None, times=times)
        paths.append(tmp_path / f"{name}.h5")
    write_index(tmp_path / "stream.json", paths)
    return Stream(tmp_path / "stream.json")


@pytest.fixture
def line():
    """Windows of 2 frames; weights live from frames 2, 4 and 8; frame 6 is missed."""
    version = np.array([0, 0, 1, 1, 2, 2, -1, 2, 3, 3])
    picked = (np.array([0]), np.array([3]), np.array([5]))
    joints = _poses(74)
    return Line(
        "uniform", "uniform", joints, Fraction(1, 5), 1, np.array([2, 4, 8]), picked, version
    )


def _poses(x):
    """A neck at (x, 60), a nose 20 pixels above it, nothing else, in each of 10 frames."""
    joints = np.full((10, 18, 2), np.nan)
    joints[:, 17], joints[:, 0] = (x, 60), (x, 40)
    return joints


def _film(stream, line, path, teacher=None, names=NAMES):
    overlays = (
        Overlay("unadapted", ORANGE, _poses(86)),
        Overlay("uniform 20 %", BLUE, line.joints),
        Overlay("teacher: T", GREEN, _poses(80) if teacher is None else teacher, 2),
    )
    with (
        whole(path) as temporary,
        FilmWriter(temporary, stream, names, line, WINDOWS, overlays) as writer,
    ):
        for number in range(10):
            writer.append(number, np.full((*SHAPES[number // 5], 3), 90, np.uint8))
    with av.open(str(path)) as opened:
        assert opened.streams.video[0].codec_context.name == "h264"
        frames = list(opened.decode(video=0))
    return frames, [frame.to_ndarray(format="rgb24").astype(int) for frame in frames]


@pytest.fixture
def said(monkeypatch):
    """The words that are written into each frame."""
    written = []
    write = film.write

    def noted(image, text, *rest):
        written.append(text)
        write(image, text, *rest)

    monkeypatch.setattr(film, "write", noted)
    return written


def test_each_frame_is_shown_when_the_stream_shows_it(stream, line, tmp_path, tried):
    frames, _ = _film(stream, line, tmp_path / "film.mp4")
    shown = [float(frame.pts * frame.time_base) for frame in frames]
    np.testing.assert_allclose(shown, stream.timing.shown, atol=1e-5)
    # The second clip begins a fifth of a second after the first one's last frame.
    assert stream.timing.shown[5] == pytest.approx(2.2)
    tried("4", "a film of a variable frame rate", {"frames shown at their time": len(shown)})


def test_a_film_shows_all_three_skeletons_at_one_size_of_words(stream, line, tmp_path):
    _, frames = _film(stream, line, tmp_path / "film.mp4")
    # The largest clip is 1 to 2, and no picture is narrower than 9 to 16.
    assert {frame.shape for frame in frames} == {(LONGEST + HEAD + FOOT, 540, 3)}
    for frame in frames:
        picture = frame[HEAD:-FOOT]
        for colour in (ORANGE, BLUE, GREEN):
            assert (np.abs(picture - colour).max(axis=2) < 60).sum() > 100
    for row, colour in enumerate((ORANGE, BLUE, GREEN), 1):
        swatch = frames[0][LEGEND * row + LEGEND // 2, 20:40]
        assert np.abs(swatch - colour).max() < 60


def test_the_film_says_which_weights_are_live(stream, line, said, tmp_path, tried):
    _film(stream, line, tmp_path / "film.mp4")
    adapted = [text for text in said if text.startswith("uniform 20 %")]
    states = ["pre-trained"] * 2 + ["after 1 training"] * 2 + ["after 2 trainings"] * 2
    states += ["frame missed"] + ["after 2 trainings"] + ["after 3 trainings"] * 2
    assert [text.split(": ")[1].split(", new")[0] for text in adapted] == states
    # Less than 0.4 s after the frames 2, 4 and 8, at 0.5, 2.0 and 4.1 s.
    assert [at for at, text in enumerate(adapted) if "new weights live" in text] == [
        2,
        3,
        4,
        5,
        8,
        9,
    ]
    assert {text for text in said if text.startswith("unadapted")} == {"unadapted: pre-trained"}
    picked = [text for text in said if text.startswith("teacher")]
    assert [at for at, text in enumerate(picked) if "this frame picked" in text] == [0, 3, 5]
    assert said[:3] != [] and "wide ½   0.0 s" in said and "tall   2.0 s" in said
    tried("4", "frames before, at and after an update", {"live weights said": len(adapted)})
    assert weights_said(0) == "pre-trained"


def test_new_weights_flash_around_the_picture(stream, line, tmp_path):
    _, frames = _film(stream, line, tmp_path / "film.mp4")
    flashed = [
        at for at, frame in enumerate(frames) if np.abs(frame[HEAD + 2, 100:400] - BLUE).max() < 60
    ]
    assert flashed == [2, 3, 4, 5, 8, 9]


def test_a_teacher_that_sees_nobody_is_said(stream, line, said, tmp_path):
    poses = _poses(80)
    poses[4] = np.nan
    _film(stream, line, tmp_path / "film.mp4", poses)
    taught = [text for text in said if text.startswith("teacher")]
    assert [at for at, text in enumerate(taught) if "sees nobody here" in text] == [4]


def test_the_time_line(stream, line):
    drawn = TimeLine(stream, line, WINDOWS, (ORANGE, BLUE, GREEN))
    bar = drawn.draw(540)
    places = [drawn._x(frame, 540) for frame in range(11)]
    assert places[0] == 10 and places[10] == 530
    assert places == sorted(places)
    bar_row = bar[20]
    assert tuple(bar_row[(places[1] + places[2]) // 2]) == ORANGE  # until the first update
    assert tuple(bar_row[(places[2] + places[3]) // 2 + 1]) in (BLUE, (255, 255, 255))
    assert tuple(bar_row[(places[8] + places[9]) // 2]) == BLUE
    for live in (2, 4, 8):
        assert tuple(bar[6, places[live]]) == BLUE
    for picked in (0, 3, 5):
        assert tuple(bar[34, places[picked]]) == GREEN
    for window in WINDOWS:
        assert tuple(bar[14, places[window]]) == (255, 255, 255)
    at = drawn.at(bar, 4)
    assert (at[20, places[4] + 8] <= bar[20, places[4] + 8] // 3).all()
    assert tuple(at[36, places[4] - 1]) == (255, 255, 255)


@pytest.mark.parametrize("names", [NAMES, ["n" * 400] * 2])
def test_the_same_film_twice_is_the_same_file(stream, line, tmp_path, names):
    digests = set()
    for name in ("one.mp4", "two.mp4"):
        _film(stream, line, tmp_path / name, names=names)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_film_that_breaks_off_leaves_nothing(stream, line, tmp_path):
    overlays = [Overlay(name, BLUE, _poses(9)) for name in "abc"]
    path = tmp_path / "film.mp4"
    with (
        pytest.raises(RuntimeError, match="stop"),
        whole(path) as temporary,
        FilmWriter(temporary, stream, NAMES, line, WINDOWS, overlays) as writer,
    ):
        writer.append(0, np.zeros((120, 200, 3), np.uint8))
        raise RuntimeError("stop")
    assert not list(tmp_path.glob("*film*"))
