"""Where frames differ in size, captions say so and tables have errors that are free of it."""

import csv
import io

import numpy as np
import pytest

from posequery.clips import write_labels
from posequery.report.captions import Captions
from posequery.report.formats import to_csv, to_latex, to_markdown
from posequery.report.frame_sizes import ONE_SIZE, FrameSizes
from posequery.report.stream_report import write_report
from posequery.report.tables import table_1, table_2

SEVERAL = FrameSizes(((640, 360), (1920, 1080)))
HUMAN = FrameSizes(((1000, 1000), (1000, 1002)))


def test_what_is_said_of_sizes():
    assert (ONE_SIZE.said(), FrameSizes(((9, 9),)).said(), ONE_SIZE.differ) == ("", "", False)
    assert HUMAN.said() == "The frames are of two sizes, 1000 × 1000 and 1000 × 1002 pixels."
    assert (HUMAN.differ, SEVERAL.differ) == (False, True)
    assert "of two sizes, 640 × 360 and 1920 × 1080 pixels, so that a mean" in SEVERAL.said()
    assert "mpjpe_share in cells.csv has them as a share of the person's size" in SEVERAL.said()
    assert "the second block of rows has them" in SEVERAL.said(beside=True)
    many = FrameSizes((*SEVERAL.sizes, (3840, 2160)))
    assert "of 3 sizes, from 640 × 360 to 3840 × 2160 pixels" in many.said()
    # Turned by a quarter, a pixel is the same, and a frame is not.
    assert FrameSizes(((1080, 1920), (1920, 1080))).differ


def test_the_sizes_of_a_stream(tmp_path, make_stream):
    frames = {
        name: [np.zeros((*shape, 3), np.uint8)]
        for name, shape in (("a", (64, 96)), ("b", (32, 32)))
    }
    stream = make_stream(tmp_path, frames)
    assert FrameSizes.of(stream) == FrameSizes.in_indices(stream.path, None)
    assert FrameSizes.of(stream).sizes == ((32, 32), (96, 64))
    assert FrameSizes.in_indices(None) == ONE_SIZE


CAPTIONS = {
    "table_1": lambda captions, cells, frames: captions.table_1(cells, frames),
    "table_2": lambda captions, cells, frames: captions.table_2(cells, True, None, frames),
    "figure_2": lambda captions, cells, frames: captions.figure_2(cells, "5", "a", False, frames),
    "by_rate": lambda captions, cells, frames: captions.by_rate(cells, frames),
    "error_over_time": lambda captions, cells, frames: captions.error_over_time(
        cells, "", "video", 5, frames
    ),
    "adaptation": lambda captions, cells, frames: captions.adaptation(cells, "", "video", frames),
    "before_after": lambda captions, cells, frames: captions.before_after(
        cells, "uniform", "video", frames
    ),
}


@pytest.mark.parametrize("name", CAPTIONS)
def test_every_caption_says_that_sizes_differ(name, frame, captions: Captions, tried):
    cells = frame([])
    assert "The frames are of two sizes" in CAPTIONS[name](captions, cells, SEVERAL)
    assert "of two sizes" not in CAPTIONS[name](captions, cells, ONE_SIZE)
    tried("4", "captions of errors of videos of different sizes", {"said": 1})


def rows_of(table):
    return list(csv.DictReader(io.StringIO(to_csv(table))))


def test_tables_have_a_block_of_shares_where_sizes_differ(a_cell, frame, captions):
    online = [
        a_cell("online", "none", "baseline", 0, 40.0),
        a_cell("online", "ground_truth", "uniform", 10, 20.0),
        a_cell(
            "online", "ground_truth", "continual", 100, 10.0,
            mpjpe_px_equal_lag=30.0, mpjpe_share_equal_lag=0.15,
        ),
    ]  # fmt: skip
    offline = [
        a_cell("offline", "none", "none", 0, 30.0),
        a_cell("offline", "ground_truth", "uniform", 10, 20.0),
    ]
    cells = frame(online + offline)
    one = rows_of(table_1(cells, captions, SEVERAL))[0]
    assert (one["10 % (k=100)"], one["10 % (k=100) of the person's size"]) == ("20", "0.1")
    assert one["0 % (k=0) of the person's size"] == "0.15"
    found = {row["method"]: row for row in rows_of(table_2(cells, captions, frames=SEVERAL))}
    head = "ground truth 10 % (k=1)"
    for method, px, share in (
        *(("baseline", "40", "0.2"), ("uniform", "20", "0.1")),
        *(("continual distillation", "10", "0.05"), ("continual, equal lag (added)", "30", "0.15")),
    ):
        assert (found[method][head], found[method][f"{head} of the person's size"]) == (px, share)
    for make in (to_markdown, to_latex):
        printed = make(table_1(cells, captions, SEVERAL)).replace("\\,", " ").replace("\\", "")
        assert "errors as shares of the person's size" in printed
        assert "10.0 %" in printed
        assert "shares of the person" not in make(table_1(cells, captions, HUMAN))
    assert set(rows_of(table_1(cells, captions))[0]) == {key for key in one if "person" not in key}


def test_the_streams_report_has_shares_where_videos_differ(
    make_stream, video_cells, taught, mine, tmp_path
):
    (tmp_path / "two").mkdir()
    shapes = {"cam1": (128, 96), "cam2": (64, 48)}
    frames = {name: [np.zeros((*shape, 3), np.uint8)] * 20 for name, shape in shapes.items()}
    stream = make_stream(tmp_path / "two", frames, rate=5)
    labels = tmp_path / "labels.h5"
    write_labels(labels, taught, np.ones(taught.shape[:2]), stream.path)
    write_report(video_cells, stream.path, labels, None, "10 frames", mine, tmp_path, tmp_path)
    with (tmp_path / "adaptation.csv").open() as handle:
        rows = {row["method"]: row for row in csv.DictReader(handle)}
    head = "to the teacher (BlazePose) all windows"
    # From the left shoulder to the right ankle: 11 joints on, 2 pixels each across and 5 down.
    share = 20 / np.hypot(22, 55)
    assert rows["unadapted"][head] == "20"
    assert float(rows["unadapted"][f"{head} of the person's size"]) == pytest.approx(
        share, abs=1e-4
    )
    text = (tmp_path / "adaptation.md").read_text()
    assert f"{100 * share:.1f} %" in text
    for name in ("adaptation.md", "error_over_time.md"):
        assert "of two sizes, 48 × 64 and 96 × 128 pixels" in (tmp_path / name).read_text()
