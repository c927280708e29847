"""A fabricated stream of two cameras, 20 frames each, windows of 10: errors known by hand."""

import csv
from dataclasses import replace

import h5py
import numpy as np
import pytest

from posequery.clips import write_labels
from posequery.jobs.files import BadInput
from posequery.report.before_after import cut_out, shown_frames, write_before_after
from posequery.report.stream_report import clip_names, read_lines, repeat_line, scene, write_report

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
            file["peaks"] = np.zeros((40, 18), np.float32)
            file["parsed"] = np.full((40, 18, 2), np.nan, np.float32)
            file["version"] = np.minimum(np.arange(40) // 10, len(updates))
            file["updates/frame"] = updates
            file["updates/count"] = np.full(len(updates), row.k)
            file["updates/picked"] = np.concatenate([*picked, np.empty(0)]).astype(int)
            file.attrs["fps"] = 5.0
    return cells_csv


@pytest.fixture
def ours(captions):
    return replace(captions, study="mine", source="own videos", teacher="BlazePose")


def whole(*errors):
    """Errors with their shares in a CSV: poses in all labelled frames."""
    return [text for error in errors for text in (error, "1")]


def test_the_table_by_hand_and_the_same_bytes_again(cells, stream, files, ours, tmp_path):
    out = tmp_path / "figures", tmp_path / "tables"
    written = write_report(cells, stream.path, *files, WINDOW, ours, *out)
    assert {path.name for path in written} == {
        *(f"error_over_time.{ending}" for ending in ("png", "pdf", "svg", "md")),
        *(f"adaptation.{ending}" for ending in ("csv", "md", "tex")),
    }
    with (tmp_path / "tables" / "adaptation.csv").open() as handle:
        head, *rows = csv.reader(handle)
    assert len(head) == 15
    assert head[5:7] == [
        "to the teacher (BlazePose) within a camera",
        "to the teacher (BlazePose) within a camera share",
    ]
    # The last labels known are frames 5 and 25, of the windows 0-9 and 20-29: they are repeated
    # over 10-19 and 30-39, 5 to 14 pixels behind; the consensus lies 3 pixels below.
    behind = np.mean(np.hypot(np.arange(5, 15), 3))
    assert rows == [
        ["never adapted", "", "", *whole("20", "20", "20", "17", "17", "17")],
        ["uniform", "0.2", "2", *whole("8", "4", "4", "5", "1", "1")],
        ["uniform", "0.1", "1", *whole("11", "8", "8", "8", "5", "5")],
        [
            *("last label repeated, uniform", "0.2", "2"),
            *("9.5", "0.5", "9.5", "1", "9.5", "0.6667"),
            *(f"{behind:.4f}", "0.5", f"{behind:.4f}", "1", f"{behind:.4f}", "0.6667"),
        ],
        ["BlazePose itself", "", "", *[""] * 6, *whole("3", "3", "3")],
    ]
    text = (tmp_path / "tables" / "adaptation.md").read_text()
    printed = f"9.5 (50 %) | 9.5 | 9.5 (67 %) | {behind:.1f} (50 %) | {behind:.1f}"
    assert f"| last label repeated, uniform | 20 % | 2 | {printed} |" in text
    assert "One seed" in text
    text = (tmp_path / "figures" / "error_over_time.md").read_text()
    for words in ("consistency, not truth", "One seed", "a camera begins"):
        assert words in text
    assert "Study mine, own videos. Rolling mean" in text
    assert "last label repeated, uniform 20 %" in text
    first = [path.read_bytes() for path in written]
    write_report(cells, stream.path, *files, WINDOW, ours, *out)
    assert first == [path.read_bytes() for path in written]


def test_without_a_consensus_there_is_one_reference(cells, stream, files, ours, tmp_path):
    write_report(cells, stream.path, files[0], None, WINDOW, ours, tmp_path, tmp_path)
    with (tmp_path / "adaptation.csv").open() as handle:
        head, *rows = csv.reader(handle)
    assert len(head) == 9
    assert [row[0] for row in rows][-1] == "last label repeated, uniform"
    assert "consensus" not in (tmp_path / "adaptation.md").read_text()


def test_lines_are_told_apart_and_the_repeated_label_leaves_out_what_it_cannot_know(
    cells, stream, labels
):
    lines = read_lines(cells, stream)
    assert [line.name for line in lines] == ["never adapted", "uniform 20 %", "uniform 10 %"]
    assert len({line.key for line in lines}) == 3
    repeated = repeat_line(lines, labels, stream)
    known = np.isfinite(repeated.joints).all(axis=(1, 2))
    assert np.flatnonzero(~known).tolist() == [*range(10), *range(20, 30)]
    assert (repeated.key, repeated.name) == ("repeat", "last label repeated, uniform 20 %")
    assert scene(stream) == "camera"


def test_the_repeated_label_is_of_one_line_whatever_else_was_run(cells, stream, labels):
    uniform = read_lines(cells, stream)[1]
    at, every = np.array([5, 20]), (np.arange(5), np.arange(20))
    dense = [
        replace(uniform, key=method, method=method, name=method, updates=at, picked=every)
        for method in ("continual", "once")
    ]
    alone = repeat_line([uniform], labels, stream)
    among = repeat_line([*dense, uniform, replace(dense[0], method="error")], labels, stream)
    np.testing.assert_array_equal(among.joints, alone.joints)
    assert among.name == alone.name
    assert repeat_line(dense, labels, stream) is None


def test_the_strategy_of_the_highest_rate_stands_before_continual(a_cell, write_cells, stream):
    cells_csv, _ = write_cells(
        [
            a_cell("online", "none", "baseline", 0, 20.0),
            a_cell("online", "blazepose", "continual", 100, 5.0),
            a_cell("online", "blazepose", "once", 20, 9.0, trainings=1),
            *(a_cell("online", "blazepose", m, 20, 8.0) for m in ("error", "uniform", "herding")),
            a_cell("online", "blazepose", "uniform", 10, 11.0),
        ]
    )
    names = [line.name for line in read_lines(cells_csv, stream)]
    assert names[:5] == [
        *("never adapted", "uniform 20 %", "error 20 %", "herding 20 %", "uniform 10 %")
    ]
    assert names[5:] == ["continual distillation", "once 20 %"]


def test_several_seeds_give_mean_and_deviation_and_the_figure_the_lowest(
    a_cell, write_cells, stream, files, ours, labels, tmp_path
):
    rows = [
        a_cell("online", teacher, method, percent, 0.0, seed=seed, trainings=0)
        for seed in (3, 1)
        for teacher, method, percent in (("none", "baseline", 0), ("blazepose", "uniform", 20))
    ]
    cells_csv, _ = write_cells(rows)
    for row in rows:
        off = np.array([0, {1: 4.0, 3: 6.0}[row.seed] if row.k else 20.0])
        folder = f"cells/online/{row.teacher}/{row.method}/{row.rate}".replace("1/", "1of")
        with h5py.File(tmp_path / folder / f"seed{row.seed}" / "record.h5", "r+") as file:
            file["joints"][:] = labels + off
    write_report(cells_csv, stream.path, *files, WINDOW, ours, tmp_path, tmp_path)
    with (tmp_path / "adaptation.csv").open() as handle:
        found = {row["method"]: row for row in csv.DictReader(handle)}
    head = "to the teacher (BlazePose) all windows"
    # 4 and 6 px: mean 5, sample standard deviation the root of 2.
    assert [found["uniform"][f"{head}{end}"] for end in ("", " sd", " share")] == [
        *("5", "1.4142", "1")
    ]
    assert found["never adapted"][f"{head} sd"] == "0"
    consensus = "to the multi-view consensus all windows"
    assert (found["BlazePose itself"][consensus], found["BlazePose itself"][f"{consensus} sd"]) == (
        *("3", ""),
    )
    table = (tmp_path / "adaptation.md").read_text()
    assert "| uniform | 20 % | 2 | 5.0 ± 1.4 |" in table
    assert "over 2 seeds" in table
    figure = (tmp_path / "error_over_time.md").read_text()
    assert "Of 2 seeds, the lowest is shown." in figure
    lower = labels + np.array([0, 4.0])
    assert read_lines(cells_csv, stream)[1].joints == pytest.approx(lower, abs=1e-3)


def test_a_clip_has_one_name_that_of_its_file(stream, make_stream, tmp_path):
    assert clip_names(stream) == ["cam1", "cam2"]
    (tmp_path / "long").mkdir()
    name = "a film of monday morning in the garden"
    found = clip_names(make_stream(tmp_path / "long", {name: [np.zeros((32, 32, 3), np.uint8)]}))
    assert found == ["a film of m.. the garden"]


def test_a_record_of_another_stream_is_named(cells, stream, tmp_path, make_stream):
    (tmp_path / "other").mkdir()
    other = make_stream(tmp_path / "other", {"only": [np.zeros((32, 32, 3), np.uint8)] * 4})
    with pytest.raises(BadInput, match=r"record\.h5: records 40 frames of a stream of 4"):
        read_lines(cells, other)
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
