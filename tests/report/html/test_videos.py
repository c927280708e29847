"""Real people: poses without frames unless the study says so, and what the teacher saw."""

from dataclasses import replace

import cv2
import numpy as np

from posequery.report.html.videos import _by_joint, _by_video, sections
from posequery.report.html.write import render
from posequery.skeletons import JOINTS


def test_no_frame_is_shown_unless_it_is_asked_for(video_sources, parsed, tmp_path):
    assert not parsed(render(video_sources)).all("img")
    picture = tmp_path / "before_after.png"
    cv2.imwrite(str(picture), np.zeros((500, 3000, 3), np.uint8))
    (shown,) = parsed(render(replace(video_sources, picture=picture))).all("img")
    assert shown["src"].startswith("data:image/webp;base64,")


def test_before_and_after_are_poses_with_their_errors(video_sources):
    figures = next(part for part in sections(video_sources) if part.name == "figures")
    poses = figures.parts[0]
    assert [pose.title for pose in poses.poses] == ["cam1", "cam2"]
    assert "unadapted 20 px, uniform 20 % 4 px to the teacher" in poses.poses[0].said
    assert all(len(pose.skeletons) == 3 for pose in poses.poses)
    assert all(skeleton.lines for pose in poses.poses for skeleton in pose.skeletons)


def test_what_the_teacher_saw_is_what_is_noted(video_sources):
    teacher = next(part for part in sections(video_sources) if part.name == "teacher")
    rows = {row[0][0]: row[1][0] for row in teacher.parts[1].rows}
    assert rows["share of the labelled joints that are found"] == "100 %"
    videos, joints = teacher.parts[2:]
    assert [[text for text, _ in row] for row in videos.rows] == [
        ["cam1", "20", "20 (100 %)", "18.0"],
        ["cam2", "20", "20 (100 %)", "18.0"],
    ]
    assert joints.folded and len(joints.rows) == 18


def test_what_the_teacher_missed_is_counted(video_stream, taught):
    missed = taught.copy()
    missed[:5] = np.nan
    missed[5:25, 4] = np.nan
    rows = _by_video(missed, video_stream).rows
    assert [text for text, _ in rows[0]] == ["cam1", "20", "15 (75 %)", "17.0"]
    assert [text for text, _ in rows[1]] == ["cam2", "20", "20 (100 %)", "17.8"]
    first = _by_joint(missed).rows[0]
    assert first == [(JOINTS[4].replace("_", " "), ""), ("43 %", "")]
    missed[:20] = np.nan
    assert [text for text, _ in _by_video(missed, video_stream).rows[0]][2:] == ["0 (0 %)", "–"]


def test_a_split_study_shows_how_many_labels_it_needs(
    video_sources, write_cells, split_rows, a_cell, video_stream
):
    write_cells([*split_rows, a_cell("online", "none", "baseline", 0, 20.0)])
    made = replace(video_sources, tests=video_stream.path)
    first, second = sections(made)[:2]
    assert (first.name, second.name) == ("labels", "adaptation")
    words, table, charts = first.parts
    assert "nobody has checked them" in words.texts[0] and "Published" not in words.texts[0]
    texts = [[text for text, _ in row] for row in table.rows]
    assert texts == [["uniform", "30.00", "20.00", "12.00", "10.00"]]
    assert [chart.name for chart in charts.charts] == ["by-rate"]


def test_the_table_of_labels_has_no_column_that_was_not_run(
    video_sources, write_cells, split_rows, a_cell, video_stream
):
    kept = [row for row in split_rows if row["method"] not in ("none", "all")]
    write_cells([*kept, a_cell("online", "none", "baseline", 0, 20.0)])
    labels = sections(replace(video_sources, tests=video_stream.path))[0]
    _, table, charts = labels.parts
    assert [head for _, head in table.heads] == ["strategy", "1 % (k=10)", "20 % (k=200)"]
    assert [key.name for key in charts.keys] == ["uniform"]


def test_ones_own_videos_have_nothing_of_the_papers_board(video_sources, parsed):
    shown = parsed(render(video_sources)).words()
    assert "On this machine" in shown or "The machine of this run" in shown
    assert "Jetson" not in shown and "published" not in shown.lower()
    study = video_sources.devices.study
    board = video_sources.devices.profiles["jetson_xavier_nx"]
    own = replace(study, network=board.network, input_size=board.input_size)
    devices = replace(video_sources.devices, study=own)
    shown = parsed(render(replace(video_sources, devices=devices))).words()
    assert "In this study" in shown


def test_one_recording_gets_no_interval_from_its_seeds(video_sources, write_cells, a_cell):
    uniform = [a_cell("online", "t", "uniform", 10, 8.0 + seed, seed=seed) for seed in (0, 1)]
    write_cells([a_cell("online", "none", "baseline", 0, 20.0), *uniform])
    table = sections(video_sources)[0].parts[1]
    rows = [[below for _, below in row] for row in table.rows]
    assert "±" in " ".join(text for row in table.rows for text, _ in row)
    assert not any(text for row in rows for text in row)
