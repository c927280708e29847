"""The lines of a fabricated stream of two cameras, and what they are called."""

from dataclasses import replace

import numpy as np
import pytest

from posequery.jobs.files import BadInput
from posequery.report.cells import read_cells
from posequery.report.lines import clip_names, main_line, read_lines, repeat_line, scene


@pytest.fixture
def lines(video_cells, video_stream):
    return read_lines(read_cells(video_cells), video_cells.parent, video_stream)


def test_lines_are_told_apart_and_the_repeated_label_leaves_out_what_it_cannot_know(
    lines, video_stream, taught
):
    assert [line.label for line in lines] == ["unadapted", "uniform 20 %", "uniform 10 %"]
    assert [(line.name, line.k) for line in lines[1:]] == [("uniform", 2), ("uniform", 1)]
    assert (lines[0].rate, lines[0].k) == (None, None)
    repeated = repeat_line(main_line(lines), taught, video_stream)
    known = np.isfinite(repeated.joints).all(axis=(1, 2))
    assert np.flatnonzero(~known).tolist() == [*range(10), *range(20, 30)]
    assert (repeated.method, repeated.label) == ("repeat", "last label repeated, uniform 20 %")
    assert scene(video_stream) == "camera"


def test_the_repeated_label_is_of_one_line_whatever_else_was_run(lines):
    uniform = lines[1]
    dense = [replace(uniform, method=method, name=method) for method in ("continual", "once")]
    assert main_line([lines[0], uniform]) is uniform
    assert main_line([*dense, uniform, replace(uniform, method="error")]) is uniform
    assert main_line(dense) is None


def test_the_strategy_of_the_highest_rate_stands_before_continual(
    a_cell, write_cells, video_stream
):
    cells_csv, _ = write_cells(
        [
            a_cell("online", "none", "baseline", 0, 20.0),
            a_cell("online", "blazepose", "continual", 100, 5.0),
            a_cell("online", "blazepose", "once", 20, 9.0, trainings=1),
            *(a_cell("online", "blazepose", m, 20, 8.0) for m in ("error", "uniform", "herding")),
            a_cell("online", "blazepose", "uniform", 10, 11.0),
        ]
    )
    found = read_lines(read_cells(cells_csv), cells_csv.parent, video_stream)
    names = [line.label for line in found]
    assert names[:5] == [
        *("unadapted", "uniform 20 %", "error 20 %", "herding 20 %", "uniform 10 %")
    ]
    assert names[5:] == ["continual distillation", "once 20 %"]


def test_the_lowest_seed_is_shown_or_the_one_asked_for(a_cell, write_cells, video_stream):
    cells_csv, _ = write_cells(
        [a_cell("online", "none", "baseline", 0, 4.0 + seed, seed=seed) for seed in (3, 1)]
    )
    cells = read_cells(cells_csv)
    for seed, px in ((None, 5.0), (1, 5.0), (3, 7.0)):
        (line,) = read_lines(cells, cells_csv.parent, video_stream, seed)
        assert line.joints[0, 0].tolist() == [10 + px, 10]
    assert read_lines(cells[:0], cells_csv.parent, video_stream) == []


def test_a_clip_has_one_name_that_of_its_file(video_stream, make_stream, tmp_path):
    assert clip_names(video_stream) == ["cam1", "cam2"]
    (tmp_path / "long").mkdir()
    name = "a film of monday morning in the garden"
    found = clip_names(make_stream(tmp_path / "long", {name: [np.zeros((32, 32, 3), np.uint8)]}))
    assert found == ["a film of m.. the garden"]


def test_a_record_of_another_stream_is_named(video_cells, tmp_path, make_stream):
    (tmp_path / "other").mkdir()
    other = make_stream(tmp_path / "other", {"only": [np.zeros((32, 32, 3), np.uint8)] * 4})
    with pytest.raises(BadInput, match=r"record\.h5: records 40 frames of a stream of 4"):
        read_lines(read_cells(video_cells), tmp_path, other)
    assert scene(other) == "video"
