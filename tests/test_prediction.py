"""A student's joints in a video, as a CSV file."""

import csv

import numpy as np
import pytest
from media import numbered, write_video

from posequery import prediction
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.sources import video
from posequery.student import checkpoint
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.network import build
from posequery.student.prediction import predict


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.pt"
    checkpoint.save(
        path, build("densenet_small", "a"), CheckpointInfo("densenet_small", 96, "student")
    )
    return path


def test_rows_are_what_the_network_predicts_at_the_times_of_the_frames(tmp_path, weights):
    film = write_video(tmp_path / "film.mp4", [numbered(n) for n in range(35)], rate=25)
    path = tmp_path / "joints.csv"
    assert prediction.write_joints(weights, film, path) == 35
    rows = list(csv.DictReader(path.open()))
    assert [row["joint"] for row in rows] == list(JOINTS) * 35
    np.testing.assert_allclose([float(row["seconds"]) for row in rows[::18]], np.arange(35) / 25)
    frames = np.stack(list(video.frames(film, 96)))
    expected = predict(checkpoint.load(weights)[0], frames, np.tile([64, 48], (35, 1)))
    found = np.array([[row["x"], row["y"]] for row in rows], float).reshape(35, 18, 2)
    np.testing.assert_allclose(found, expected.joints, atol=2e-3)
    peaks = np.array([row["peak"] for row in rows], float).reshape(35, 18)
    np.testing.assert_allclose(peaks, expected.peaks, atol=1e-5)


def test_a_video_that_is_cut_off_leaves_no_file(tmp_path, weights):
    film = write_video(tmp_path / "film.mp4", [numbered(n) for n in range(35)])
    film.write_bytes(film.read_bytes()[:-200])
    with pytest.raises(BadInput):
        prediction.write_joints(weights, film, tmp_path / "joints.csv")
    assert not (tmp_path / "joints.csv").exists()
