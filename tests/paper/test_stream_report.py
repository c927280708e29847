"""A fabricated stream of two cameras, 20 frames each, windows of 10: errors known by hand."""

import csv
from dataclasses import replace

import h5py
import numpy as np
import pytest

from posequery.clips import write_labels
from posequery.evaluation.cells import read_cells
from posequery.files import BadInput
from posequery.paper.before_after import cut_out, shown_frames, write_before_after
from posequery.paper.stream_report import read_lines, repeat_line, scene, write_report

WINDOW = 10


@pytest.fixture
def stream(tmp_path, make_stream):
    frames = [np.full((128, 96, 3), 70, np.uint8)] * 20
    (tmp_path / "clips").mkdir()
    return make_stream(tmp_path / "clips", {"cam1": frames, "cam2": frames}, rate=5)


@pytest.fixture
def labels(stream):
    """The teacher's: a body that moves one pixel a frame to the right."""
    body = np.stack([30 + 2 * np.arange(18), 20 + 5 * np.arange(18)], axis=1)
    return body[None] + np.arange(40)[:, None, None] * np.array([1.0, 0.0])


@pytest.fixture
def files(tmp_path, stream, labels):
    """The teacher's labels file, and that of a consensus 3 pixels below it."""
    paths = tmp_path / "teacher.h5", tmp_path / "consensus.h5"
    for path, off in zip(paths, (0, 3), strict=True):
        write_labels(path, labels + np.array([0, off]), np.ones((40, 18)), stream.path)
    return paths


@pytest.fixture
def cells(a_cell, write_cells, labels, tmp_path):
    """Baseline 20 px off; uniform 20 px in the first window, then 4 px (20 %) or 8 px (10 %)."""
    rows = [
        a_cell("online", "none", "baseline", 0, 20.0),
        a_cell("online", "blazepose", "uniform", 10, 11.0),
        a_cell("online", "blazepose", "uniform", 20, 8.0),
    ]
    cells_csv, _ = write_cells(rows)
    for row, after in zip(rows, (20, 8, 4), strict=True):
        off = np.where(np.arange(40) < WINDOW, 20, after)[:, None, None]
        folder = f"cells/online/{row.teacher}/{row.method}/{row.rate}".replace("1/", "1of")
        updates = np.arange(1, 4) * 10 if row.k else np.empty(0, int)
        picked = [start - 10 + 10 * np.arange(row.k) // row.k for start in updates]
        with h5py.File(tmp_path / folder / "seed0" / "record.h5", "w") as file:
            file["joints"] = (labels + off * np.array([0, 1])).astype(np.float32)
            file["error"] = np.zeros((40, 18), np.float32)
            file["version"] = np.minimum(np.arange(40) // 10, len(updates))
            file["updates/frame"] = updates
            file["updates/count"] = np.full(len(updates), row.k)
            file["updates/picked"] = np.concatenate([*picked, np.empty(0)]).astype(int)
            file.attrs["fps"] = 5.0
    return cells_csv


@pytest.fixture
def ours(captions):
    return replace(captions, study="mine", source="own videos", teacher="BlazePose")


def test_the_table_by_hand_and_the_same_bytes_again(cells, stream, files, ours, tmp_path):
    out = tmp_path / "figures", tmp_path / "tables"
    written = write_report(cells, stream.path, *files, WINDOW, ours, *out)
    assert {path.name for path in written} == {
        *(f"error_over_time.{ending}" for ending in ("png", "pdf", "svg", "md")),
        *(f"adaptation.{ending}" for ending in ("csv", "md", "tex")),
    }
    with (tmp_path / "tables" / "adaptation.csv").open() as handle:
        head, *rows = csv.reader(handle)
    assert len(head) == 9
    assert head[4] == "to the teacher (BlazePose) within a camera"
    # The last labels known are frames 5 and 25, of the windows 0-9 and 20-29: they are repeated
    # over 10-19 and 30-39, 5 to 14 pixels behind; the consensus lies 3 pixels below.
    behind = np.mean(np.hypot(np.arange(5, 15), 3))
    assert rows == [
        ["never adapted", "–", "–", "20.0", "20.0", "20.0", "17.0", "17.0", "17.0"],
        ["uniform", "20 %", "2", "8.0", "4.0", "4.0", "5.0", "1.0", "1.0"],
        ["uniform", "10 %", "1", "11.0", "8.0", "8.0", "8.0", "5.0", "5.0"],
        [
            *("last label repeated", "–", "–", "9.5 (50 %)", "9.5", "9.5 (67 %)"),
            *(f"{behind:.1f} (50 %)", f"{behind:.1f}", f"{behind:.1f} (67 %)"),
        ],
        ["BlazePose itself", "–", "–", "–", "–", "–", "3.0", "3.0", "3.0"],
    ]
    text = (tmp_path / "figures" / "error_over_time.md").read_text()
    for words in ("consistency, not truth", "own videos", "One seed", "a camera begins"):
        assert words in text
    first = [path.read_bytes() for path in written]
    write_report(cells, stream.path, *files, WINDOW, ours, *out)
    assert first == [path.read_bytes() for path in written]


def test_without_a_consensus_there_is_one_reference(cells, stream, files, ours, tmp_path):
    write_report(cells, stream.path, files[0], None, WINDOW, ours, tmp_path, tmp_path)
    with (tmp_path / "adaptation.csv").open() as handle:
        head, *rows = csv.reader(handle)
    assert len(head) == 6
    assert [row[0] for row in rows][-1] == "last label repeated"
    assert "consensus" not in (tmp_path / "adaptation.md").read_text()


def test_lines_are_told_apart_and_the_repeated_label_leaves_out_what_it_cannot_know(
    cells, stream, labels
):
    lines = read_lines(read_cells(cells), cells.parent, stream)
    assert [line.name for line in lines] == ["never adapted", "uniform 20 %", "uniform 10 %"]
    assert len({line.key for line in lines}) == 3
    repeated = repeat_line(lines, labels, stream)
    known = np.isfinite(repeated.joints).all(axis=(1, 2))
    assert np.flatnonzero(~known).tolist() == [*range(10), *range(20, 30)]
    assert scene(stream) == "camera"


def test_a_record_of_another_stream_is_named(cells, stream, tmp_path, make_stream):
    (tmp_path / "other").mkdir()
    other = make_stream(tmp_path / "other", {"only": [np.zeros((32, 32, 3), np.uint8)] * 4})
    with pytest.raises(BadInput, match=r"record\.h5: records 40 frames of a stream of 4"):
        read_lines(read_cells(cells), cells.parent, other)
    assert scene(other) == "video"


def test_before_and_after(cells, stream, files, ours, tmp_path):
    out = tmp_path / "figures"
    written = write_before_after(cells, stream.path, files[0], ours, out)
    assert [path.name for path in written] == ["overlay.mp4", "before_after.png", "before_after.md"]
    assert (out / "before_after.png").read_bytes()[:4] == b"\x89PNG"
    assert "uniform 20 %" in (out / "before_after.md").read_text()
    first = [path.read_bytes() for path in written]
    write_before_after(cells, stream.path, files[0], ours, out)
    assert first == [path.read_bytes() for path in written]


def test_nothing_to_compare_is_told(a_cell, write_cells, stream, files, ours, tmp_path):
    cells_csv, _ = write_cells([a_cell("online", "none", "baseline", 0, 20.0)])
    with pytest.raises(BadInput, match=r"cells\.csv: has no student to compare"):
        write_before_after(cells_csv, stream.path, files[0], ours, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_video_that_is_cut_off_leaves_no_film(cells, stream, files, ours, tmp_path, write_video):
    write_video(tmp_path / "clips" / "cam2.mp4", [np.full((128, 96, 3), 70, np.uint8)] * 7)
    with pytest.raises(BadInput, match=r"cam2\.mp4: holds 7 frames where its clip cam2 has 20"):
        write_before_after(cells, stream.path, files[0], ours, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_frames_are_chosen_beforehand(stream):
    assert shown_frames(stream).tolist() == [15, 35]


def test_a_cut_out_shows_all_poses_and_stays_in_the_frame():
    pose = np.full((18, 2), np.nan)
    pose[0], pose[5] = (500, 300), (560, 900)
    far = np.full((18, 2), 5000.0)
    rows, columns = cut_out([pose, np.full((18, 2), np.nan)], 1080, 1920)
    assert rows.start < 300
    assert rows.stop > 900
    assert columns.start < 500
    assert columns.stop > 560
    assert (columns.stop - columns.start) / (rows.stop - rows.start) == pytest.approx(
        0.62, abs=0.01
    )
    for poses in ([pose, far], [np.full((18, 2), np.nan)]):
        for width, height in ((1080, 1920), (1920, 1080), (40, 30)):
            rows, columns = cut_out(poses, width, height)
            assert 0 <= rows.start < rows.stop <= height
            assert 0 <= columns.start < columns.stop <= width
