"""A fabricated stream of two cameras, 20 frames each, windows of 10: errors known by hand."""

import csv

import numpy as np
from edited import edited

from posequery.clips import Stream
from posequery.report.stream_report import _parts, write_report
from posequery.timing import Timing

WINDOW = "10 frames"


def whole(*errors):
    """Errors with their shares in a CSV: poses in all labelled frames."""
    return [text for error in errors for text in (error, "1")]


def test_a_split_study_has_a_table_and_a_figure_of_the_labels_it_needs(
    write_cells, split_rows, a_cell, video_stream, label_files, mine, tmp_path
):
    cells_csv, _ = write_cells([*split_rows, a_cell("online", "none", "baseline", 0, 20.0)])
    out = tmp_path / "figures", tmp_path / "tables"
    written = write_report(cells_csv, video_stream.path, *label_files, WINDOW, mine, *out)
    assert {path.stem for path in written} == {
        *("error_over_time", "error_by_rate", "adaptation", "labels_needed")
    }
    with (tmp_path / "tables/labels_needed.csv").open() as handle:
        assert list(csv.reader(handle)) == [
            ["strategy", "0 % (k=0)", "1 % (k=10)", "20 % (k=200)", "100 % (k=1000)"],
            ["uniform", "30", "20", "12", "10"],
        ]
    for file in ("tables/labels_needed.md", "figures/error_by_rate.md"):
        text = (tmp_path / file).read_text()
        assert "Errors are against BlazePose, whose labels are trained on and tested" in text
        assert "published" not in text.lower() and "Table 1" not in text


def test_the_table_by_hand_and_the_same_bytes_again(
    video_cells, video_stream, label_files, mine, tmp_path
):
    out = tmp_path / "figures", tmp_path / "tables"
    written = write_report(video_cells, video_stream.path, *label_files, WINDOW, mine, *out)
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
        ["unadapted", "", "", *whole("20", "20", "20", "17", "17", "17")],
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
    (line,) = (line for line in text.splitlines() if line.startswith("| last label repeated"))
    assert [part.strip() for part in line.split("|")][1:9] == [
        *("last label repeated, uniform", "20 %", "2", "9.5 (50 %)", "9.5", "9.5 (67 %)"),
        *(f"{behind:.1f} (50 %)", f"{behind:.1f}"),
    ]
    assert "One seed" in text
    text = (tmp_path / "figures" / "error_over_time.md").read_text()
    for words in ("consistency, not truth", "One seed", "a camera begins"):
        assert words in text
    assert "Study mine, own videos. Rolling mean" in text
    assert "last label repeated, uniform 20 %" in text
    first = [path.read_bytes() for path in written]
    write_report(video_cells, video_stream.path, *label_files, WINDOW, mine, *out)
    assert first == [path.read_bytes() for path in written]


def test_without_a_consensus_there_is_one_reference(
    video_cells, video_stream, label_files, mine, tmp_path
):
    given = (video_cells, video_stream.path, label_files[0], None)
    write_report(*given, WINDOW, mine, tmp_path, tmp_path)
    with (tmp_path / "adaptation.csv").open() as handle:
        head, *rows = csv.reader(handle)
    assert len(head) == 9
    assert [row[0] for row in rows][-1] == "last label repeated, uniform"
    assert "consensus" not in (tmp_path / "adaptation.md").read_text()


def test_several_seeds_give_mean_and_deviation_and_the_figure_the_lowest(
    a_cell, write_cells, video_stream, label_files, mine, taught, tmp_path
):
    rows = [
        a_cell("online", teacher, method, percent, 0.0, seed=seed, trainings=0)
        for seed in (3, 1)
        for teacher, method, percent in (("none", "baseline", 0), ("blazepose", "uniform", 20))
    ]
    cells_csv, _ = write_cells(rows)
    for row in rows:
        off = np.array([0, {1: 4.0, 3: 6.0}[row["seed"]] if row["k"] else 20.0])
        with edited(tmp_path / row["folder"] / "record.h5") as file:
            file["joints"][:] = taught + off
    write_report(cells_csv, video_stream.path, *label_files, WINDOW, mine, tmp_path, tmp_path)
    with (tmp_path / "adaptation.csv").open() as handle:
        found = {row["method"]: row for row in csv.DictReader(handle)}
    head = "to the teacher (BlazePose) all windows"
    # 4 and 6 px: mean 5, sample standard deviation the root of 2.
    assert [found["uniform"][f"{head}{end}"] for end in ("", " sd", " share")] == [
        *("5", "1.4142", "1")
    ]
    assert found["unadapted"][f"{head} sd"] == "0"
    consensus = "to the multi-view consensus all windows"
    assert (found["BlazePose itself"][consensus], found["BlazePose itself"][f"{consensus} sd"]) == (
        *("3", ""),
    )
    table = (tmp_path / "adaptation.md").read_text()
    (line,) = (line for line in table.splitlines() if line.startswith("| uniform"))
    assert [part.strip() for part in line.split("|")][1:5] == ["uniform", "20 %", "2", "5.0 ± 1.4"]
    assert "over 2 seeds" in table
    figure = (tmp_path / "error_over_time.md").read_text()
    assert "Of 2 seeds, given one student, the lowest is shown." in figure


def test_a_run_without_online_cells_has_an_empty_report(
    write_cells, video_stream, label_files, mine, tmp_path
):
    cells_csv, _ = write_cells([])
    write_report(
        cells_csv, video_stream.path, label_files[0], None, WINDOW, mine, tmp_path, tmp_path
    )
    assert len((tmp_path / "adaptation.csv").read_text().splitlines()) == 1
    assert "none of these cells" in (tmp_path / "error_over_time.md").read_text()


def test_windows_in_seconds_are_of_the_frames_own_times(
    video_cells, video_stream, label_files, mine, tmp_path, monkeypatch, tried
):
    """The first camera's 20 frames take 2 s, the second's 1 s: windows begin at 0, 10, 20, 40."""
    shown = np.concatenate([np.arange(20) / 10, 2 + np.arange(20) / 20])
    given = (video_cells, video_stream.path, *label_files)
    write_report(*given, "10 frames", mine, tmp_path, tmp_path)
    assert "windows of 10 frames" in (tmp_path / "error_over_time.md").read_text()
    assert "Rolling mean over 1 frame (" in (tmp_path / "error_over_time.md").read_text()
    monkeypatch.setattr(Stream, "timing", Timing(shown, 1 / 20))
    write_report(*given, "1 s", mine, tmp_path, tmp_path)
    text = (tmp_path / "error_over_time.md").read_text()
    assert "windows of 1 s (13 frames on average; k is of the first)" in text
    assert "Rolling mean over 0.075 s." in text
    masks = _parts(Stream(video_stream.path), "1 s", None)
    found = {name: np.flatnonzero(mask).tolist() for name, mask in masks.items()}
    # All of the second camera lies in the window that it begins in.
    assert found["within a camera"] == list(range(10, 20))
    assert found["after the first window"] == list(range(10, 40))
    tried("3", "tables of windows in seconds at a variable rate", {"done right": len(found)})


def test_windows_are_those_that_were_played(
    video_cells, video_stream, label_files, mine, tmp_path, tried
):
    """A training of 4 frames, which are missed: windows begin at 0, 14 and 28.

    The second camera, from frame 20 on, has been in a window that is over from frame 28 on.
    """
    missed = np.r_[10:14, 24:28, 38:40]
    for path in video_cells.parent.glob("cells/online/stream/blazepose/**/record.h5"):
        with edited(path) as file:
            joints = file["joints"][:]
            joints[20:28] += 100
            joints[missed] = np.nan
            file["joints"][:], file["version"][missed] = joints, -1
    write_report(video_cells, video_stream.path, *label_files, WINDOW, mine, tmp_path, tmp_path)
    with (tmp_path / "adaptation.csv").open() as handle:
        row = next(row for row in csv.DictReader(handle) if row["rate"] == "0.2")
    assert row["to the teacher (BlazePose) within a camera"] == "4"
    # Of the frames 14 to 19 and 28 to 39, two are missed.
    assert row["to the teacher (BlazePose) within a camera share"] == "0.8889"
    tried("3", "tables of windows between which frames were missed", {"done right": 1})
