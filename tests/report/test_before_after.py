"""Pictures and films of fabricated streams: small people in frames of every shape."""

from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

from posequery.clips import Stream, write_labels
from posequery.jobs.files import BadInput
from posequery.report import before_after
from posequery.report.before_after import sheet_aspect, shown_frames, write_before_after
from posequery.report.film import FOOT, LEGEND, LONGEST
from posequery.skeletons import JOINTS

SHAPES = {"landscape": (1280, 720), "portrait": (720, 1280), "square": (600, 600)}
WINDOW = "10 frames"
WEIGHTS = ["after 12345 trainings"]
SKIN = (230, 60, 40)
FRAMES = 12
"""Of each clip."""
_BODY = np.zeros((len(JOINTS), 2))
_BODY[:, 0] = [0.5, 0.55, 0.45, 0.6, 0.4, *[0.8, 0.2, 0.95, 0.05, 1, 0], *[0.7, 0.3] * 3, 0.5]
_BODY[:, 1] = [
    0.06,
    0,
    0,
    0.05,
    0.05,
    *[0.2, 0.2, 0.35, 0.35, 0.5, 0.5],
    0.5,
    0.5,
    *[0.75] * 2,
    1,
    1,
    0.2,
]


def body(x, y, tall):
    """A pose (18, 2) whose centre is (x, y), `tall` pixels high and half as wide."""
    return (_BODY - 0.5) * (tall / 2, tall) + (x, y)


def person(width, height, pose):
    """A grey frame with one filled body."""
    frame = np.full((height, width, 3), 120, np.uint8)
    cv2.fillConvexPoly(frame, cv2.convexHull(np.rint(pose).astype(np.int32)), SKIN)
    return frame


def skin(picture):
    """Which pixels (h, w) are of the person, and not of a line over it."""
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    return (red > green + 80) & (red > blue + 80)


@pytest.fixture
def small_person(tmp_path, make_stream, a_cell, write_cells, write_record, mine):
    """Of clips of given shapes, in which a person of a tenth of their height walks along an edge:
    the picture's and the film's files, and the stream. The students are wrong by half a frame."""

    def make(*shapes, tall=0.1):
        (tmp_path / "clips").mkdir()
        videos, poses = {}, []
        for number, (width, height) in enumerate(shapes):
            size = tall * height
            walk = np.linspace(0.06, 0.3, FRAMES) * width
            own = [body(x, height - 0.6 * size, size) for x in walk]
            videos[f"clip{number}"] = [person(width, height, pose) for pose in own]
            poses += own
        stream = make_stream(tmp_path / "clips", videos, rate=10)
        taught = np.array(poses)
        labels = tmp_path / "labels.h5"
        write_labels(labels, taught, np.ones(taught.shape[:2]), stream.path)
        rows = [
            a_cell("online", "none", "baseline", 0, 20.0),
            a_cell("online", "blazepose", "uniform", 20, 8.0, n=6, trainings=len(taught) // 6 - 1),
        ]
        cells_csv, _ = write_cells(rows, len(taught))
        for row, off in zip(rows, (0.5, 0.02), strict=True):
            updates = np.arange(6, len(taught), 6) if row["k"] else np.empty(0, int)
            picked = [updates[:0]] * len(updates)
            joints = taught + off * stream.source_size(np.arange(len(taught)))[:, None]
            write_record(tmp_path / row["folder"] / "record.h5", joints, updates, picked)
        out = tmp_path / "pictures"
        write_before_after(cells_csv, stream.path, labels, "6 frames", mine, out)
        return out, stream

    return make


def film_of(path):
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
    return [(float(frame.time), frame.to_ndarray(format="rgb24")) for frame in frames]


@pytest.mark.parametrize("shape", SHAPES)
def test_picture_and_film_show_a_small_person_large(shape, small_person, tried):
    out, _ = small_person(SHAPES[shape])
    picture = cv2.imread(str(out / "before_after.png"))[..., ::-1]
    rows = np.flatnonzero(skin(picture).sum(axis=1) > 5)
    # Three pictures of the whole person, one below another.
    ends = [rows[0], *rows[1:][np.diff(rows) > 20], picture.shape[0]]
    assert len(ends) == 4
    for top, bottom in pairwise(ends):
        tall = np.ptp(rows[(rows >= top) & (rows < bottom)])
        assert tall > 0.3 * picture.shape[0] / 3
    films = film_of(out / "overlay.mp4")
    assert len(films) == FRAMES
    for _, frame in films:
        seen = np.argwhere(skin(frame[4 * LEGEND : -FOOT]))
        high, wide = np.ptp(seen, axis=0)
        assert high > 0.2 * (frame.shape[0] - 4 * LEGEND - FOOT)
        # The body is half as wide as high, so that all of it is seen.
        assert wide > 0.4 * high
    tried(
        "4", "a small person in a landscape, portrait or square video", {"seen large": 1 + FRAMES}
    )


def test_clips_of_all_shapes_in_one_film(small_person):
    out, stream = small_person(*SHAPES.values(), (320, 180))
    films = film_of(out / "overlay.mp4")
    assert len(films) == len(stream) == 4 * FRAMES
    # The largest clip's shape, and words on pictures of one size.
    assert {frame.shape for _, frame in films} == {(540 + 4 * LEGEND + FOOT, LONGEST, 3)}
    for _, frame in films:
        assert np.ptp(np.argwhere(skin(frame[4 * LEGEND : -FOOT]))[:, 0]) > 0.2 * 540


def test_before_and_after(video_cells, video_stream, label_files, mine, tmp_path):
    out = tmp_path / "figures"
    written = write_before_after(video_cells, video_stream.path, label_files[0], WINDOW, mine, out)
    assert [path.name for path in written] == ["overlay.mp4", "before_after.png", "before_after.md"]
    assert (out / "before_after.png").read_bytes()[:4] == b"\x89PNG"
    assert "uniform 20 %" in (out / "before_after.md").read_text()
    first = [path.read_bytes() for path in written]
    write_before_after(video_cells, video_stream.path, label_files[0], WINDOW, mine, out)
    assert first == [path.read_bytes() for path in written]


@pytest.fixture
def sheets(monkeypatch):
    """What each picture was drawn with."""
    drawn = []
    draw = before_after._draw_sheet
    monkeypatch.setattr(
        before_after,
        "_draw_sheet",
        lambda *given: drawn.append((given, draw(*given))) or drawn[-1][1],
    )
    return drawn


def test_each_picture_says_how_often_its_weights_were_trained(
    video_cells, video_stream, label_files, mine, tmp_path, sheets
):
    write_before_after(
        video_cells, video_stream.path, label_files[0], WINDOW, mine, tmp_path / "out"
    )
    ((_, rows, columns, weights), figure) = sheets[0]
    assert rows == ["unadapted", "uniform 20 %", "teacher: BlazePose"]
    assert (columns, weights) == (["cam1", "cam2"], ["after 1 training", "after 3 trainings"])
    said = [" ".join(axes.get_xlabel().split()) for axes in figure.axes]
    assert said[:4] == ["20 px", "20 px", "4 px, after 1 training", "4 px, after 3 trainings"]
    assert said[4:] == ["", ""]


@pytest.mark.parametrize("name", ["a strategy of a rather long name " * 4, "unbroken" * 12, "$x_"])
def test_no_word_of_the_picture_leaves_it(name):
    for tall, broad, columns in ((720, 400, 4), (400, 720, 1), (720, 720, 3)):
        cuts = [[(np.zeros((tall, broad, 3), np.uint8), 12_345.0)] * 3] * columns
        sheet = before_after._draw_sheet(cuts, [name] * 3, [name] * columns, WEIGHTS * columns)
        sheet.draw_without_rendering()
        box = sheet.get_tightbbox()
        assert box.x0 >= 0 and box.x1 <= sheet.get_figwidth()
        assert box.y0 >= 0 and box.y1 <= sheet.get_figheight()


def test_nothing_to_compare_is_reported(
    a_cell, write_cells, video_stream, label_files, mine, tmp_path
):
    cells_csv, _ = write_cells([a_cell("online", "none", "baseline", 0, 20.0)])
    with pytest.raises(BadInput, match=r"cells\.csv: has no student to compare"):
        write_before_after(
            cells_csv, video_stream.path, label_files[0], WINDOW, mine, tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()


def test_a_video_that_is_cut_off_leaves_no_film(
    video_cells, video_stream, label_files, mine, tmp_path, write_video
):
    write_video(tmp_path / "clips" / "cam2.mp4", [np.full((128, 96, 3), 70, np.uint8)] * 7)
    with pytest.raises(BadInput, match=r"cam2\.mp4: holds 7 frames, but its clip cam2 has 20"):
        write_before_after(
            video_cells, video_stream.path, label_files[0], WINDOW, mine, tmp_path / "out"
        )
    assert not list((tmp_path / "out").iterdir())


def test_frames_are_chosen_beforehand_or_nearest_to_it(video_stream, taught):
    assert shown_frames(video_stream, taught).tolist() == [15, 35]
    seen = taught.copy()
    seen[14:20] = np.nan
    seen[20:] = np.nan
    assert shown_frames(video_stream, seen).tolist() == [13, 35]


def test_the_pictures_have_the_persons_shape(video_stream, taught):
    shown = np.array([15, 35])
    assert isinstance(video_stream, Stream)
    # 34 pixels wide, 85 high; lying, it is as wide as the widest picture.
    assert sheet_aspect(video_stream, shown, taught) == pytest.approx(0.55)
    assert sheet_aspect(video_stream, shown, taught * (1, 0.2)) == pytest.approx(1.8)
    assert sheet_aspect(video_stream, shown, taught * np.nan) == pytest.approx(96 / 128)
