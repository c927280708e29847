"""Pictures and films of a fabricated stream of two cameras."""

import numpy as np
import pytest

from posequery.jobs.files import BadInput
from posequery.report.before_after import cut_out, shown_frames, write_before_after


def test_before_and_after(video_cells, video_stream, label_files, mine, tmp_path):
    out = tmp_path / "figures"
    written = write_before_after(video_cells, video_stream.path, label_files[0], mine, out)
    assert [path.name for path in written] == ["overlay.mp4", "before_after.png", "before_after.md"]
    assert (out / "before_after.png").read_bytes()[:4] == b"\x89PNG"
    assert "uniform 20 %" in (out / "before_after.md").read_text()
    first = [path.read_bytes() for path in written]
    write_before_after(video_cells, video_stream.path, label_files[0], mine, out)
    assert first == [path.read_bytes() for path in written]


def test_nothing_to_compare_is_reported(
    a_cell, write_cells, video_stream, label_files, mine, tmp_path
):
    cells_csv, _ = write_cells([a_cell("online", "none", "baseline", 0, 20.0)])
    with pytest.raises(BadInput, match=r"cells\.csv: has no student to compare"):
        write_before_after(cells_csv, video_stream.path, label_files[0], mine, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_video_that_is_cut_off_leaves_no_film(
    video_cells, video_stream, label_files, mine, tmp_path, write_video
):
    write_video(tmp_path / "clips" / "cam2.mp4", [np.full((128, 96, 3), 70, np.uint8)] * 7)
    with pytest.raises(BadInput, match=r"cam2\.mp4: holds 7 frames, but its clip cam2 has 20"):
        write_before_after(video_cells, video_stream.path, label_files[0], mine, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_frames_are_chosen_beforehand(video_stream):
    assert shown_frames(video_stream).tolist() == [15, 35]


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
