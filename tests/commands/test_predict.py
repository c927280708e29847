"""The joints in a video, by the console command."""

from fractions import Fraction

import cv2
import pytest
from media import numbered, write_video

from posequery.student import checkpoint
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.network import build


@pytest.fixture
def video(tmp_path):
    about = CheckpointInfo("densenet_small", 96, "student")
    checkpoint.save(tmp_path / "weights.pt", build("densenet_small", "a"), about)
    return write_video(tmp_path / "film.mp4", [numbered(n) for n in range(5)])


def test_it_says_what_it_has_written(posequery, tmp_path, video):
    done = posequery("predict", "--weights", "weights.pt", "film.mp4", "--output", "out", "--film")
    assert done.returncode == 0, done.stderr
    written = [f"out/film_joints.{kind}" for kind in ("csv", "json", "mp4")]
    assert done.stdout.splitlines() == written
    assert all((tmp_path / file).stat().st_size for file in written)
    assert "predict: 5/5 frames in" in done.stderr and "draw: 5/5 frames in" in done.stderr


def test_a_device_that_is_none_is_one_line(posequery, tmp_path, video):
    done = posequery("predict", "--weights", "weights.pt", "film.mp4", "--device", "gpu")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "--device: invalid choice: 'gpu'" in done.stderr


def test_what_cannot_be_used_is_one_line_and_leaves_nothing(posequery, tmp_path, video):
    (tmp_path / "other.pt").write_bytes(b"weights")
    for weights, source, fault in (
        ("other.pt", "film.mp4", "other.pt: is truncated or not a checkpoint"),
        ("none.pt", "film.mp4", "none.pt: there is no such checkpoint"),
        ("weights.pt", "none.mp4", "none.mp4: there is no such video"),
    ):
        done = posequery("predict", "--weights", weights, source, "--output", "out")
        assert done.returncode == 1 and done.stderr.startswith(f"error: {fault}")
        assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("rate", ["0.001", "1000"])
def test_the_bounds_of_a_rate_are_rates(posequery, tmp_path, video, rate):
    (tmp_path / "frames").mkdir()
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"frames/{number + 1:06d}.jpg"), numbered(number))
    done = posequery("predict", "--weights", "weights.pt", "frames", "--fps", rate, "--film")
    assert done.returncode == 0, done.stderr
    rows = (tmp_path / "frames_joints.csv").read_text().splitlines()[1:]
    seconds = sorted({float(row.split(",")[1]) for row in rows})
    assert seconds == [number / float(Fraction(rate)) for number in range(3)]
