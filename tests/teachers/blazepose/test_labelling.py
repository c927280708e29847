import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from posequery.jobs.files import BadInput
from posequery.skeletons import from_blazepose
from posequery.sources import video
from posequery.teachers.blazepose.labelling import (
    BlazePose,
    label_frames,
    label_stream,
    load_network,
)

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("POSEQUERY_LAB_DATA", ROOT / "results" / "lab" / "data"))
VIDEO = DATA / "pose2sim" / "videos" / "cam01.mp4"
DETECTOR = DATA / "mediapipe" / "pose_detection.tflite"
LANDMARKS = DATA / "mediapipe" / "pose_landmark_full.tflite"
FRAME = np.zeros((100, 200, 3), np.uint8)


class Scene:
    """Plays both networks: what they find in each frame is given in advance."""

    def __init__(self, found, present):
        self.found, self.present = iter(found), iter(present)
        self.detections = self.estimates = 0

    def detect(self, values):
        assert values.shape == (1, 224, 224, 3)
        self.detections += 1
        raw, logits = np.zeros((1, 2254, 12), np.float32), np.full((1, 2254, 1), -9, np.float32)
        raw[0, 0, 2:8] = [10, 10, 100, 100, 100, 60]
        logits[0, 0] = 9 if next(self.found) else -9
        return {"Identity": raw, "Identity_1": logits}

    def landmark(self, values):
        assert values.shape == (1, 256, 256, 3)
        self.estimates += 1
        table = np.full((39, 5), 128, np.float32)
        table[34, 1] = 28
        return {
            "Identity": table.reshape(1, 195),
            "Identity_1": np.array([[0.9 if next(self.present) else 0.1]], np.float32),
            "Identity_3": np.full((1, 64, 64, 39), -60, np.float32),
        }

    def teacher(self):
        return BlazePose(self.detect, self.landmark)


def test_a_person_once_found_is_tracked_without_another_detection():
    scene = Scene(found=[True], present=[True] * 4)
    teacher = scene.teacher()
    poses = [teacher(FRAME) for _ in range(4)]
    assert all(pose is not None for pose in poses)
    assert (scene.detections, scene.estimates, teacher.detections) == (1, 4, 1)


def test_a_lost_person_is_searched_for_in_the_same_frame():
    scene = Scene(found=[True, True], present=[True, False, True, True])
    teacher = scene.teacher()
    assert [teacher(FRAME) is not None for _ in range(3)] == [True, True, True]
    assert (scene.detections, scene.estimates) == (2, 4)


def test_a_person_who_left_is_searched_for_in_every_frame():
    scene = Scene(found=[True, True, False, False, True], present=[True, False, False, True])
    teacher = scene.teacher()
    assert [teacher(FRAME) is not None for _ in range(5)] == [True, False, False, False, True]
    assert scene.detections == 5


def test_a_new_video_starts_with_a_detection():
    scene = Scene(found=[True, True], present=[True] * 4)
    teacher = scene.teacher()
    for _ in range(2):
        label_frames(teacher, [FRAME, FRAME])
    assert scene.detections == 2


def test_frames_without_a_pose_have_nan_joints_and_no_confidence():
    scene = Scene(found=[False, True], present=[True])
    joints, confidence = label_frames(scene.teacher(), [FRAME, FRAME])
    assert joints.shape == (2, 18, 2)
    assert joints.dtype == confidence.dtype == np.float32
    assert np.isnan(joints[0]).all()
    assert (confidence[0] == 0).all()
    assert np.isfinite(joints[1]).all()
    assert (confidence[1] > 0).all()


@pytest.fixture
def stream(tmp_path, make_stream):
    """Two clips, of 5 and 4 frames."""
    frame = FRAME[:96, :192]
    return make_stream(tmp_path, {"a": [frame] * 5, "b": [frame] * 4})


def test_a_stream_is_labelled_clip_by_clip_and_an_empty_clip_is_reported(stream, capsys):
    scene = Scene(found=[True] + [False] * 4, present=[True] * 5)
    joints, confidence = label_stream(scene.teacher(), stream)
    assert joints.shape == (9, 18, 2)
    assert np.isfinite(joints[:5]).all()
    assert np.isnan(joints[5:]).all()
    assert (confidence[5:] == 0).all()
    reported = capsys.readouterr().err
    assert "b.mp4: BlazePose found nobody" in reported
    assert "a.mp4" not in reported


def test_a_stream_without_people_is_refused(stream):
    scene = Scene(found=[False] * 9, present=[False] * 9)
    with pytest.raises(BadInput, match="found nobody in any of its videos"):
        label_stream(scene.teacher(), stream)


def test_a_video_shorter_than_its_clip_is_reported(stream, write_video):
    write_video(stream.clips[0].video, [FRAME[:96, :192]] * 3)
    scene = Scene(found=[True], present=[True] * 9)
    with pytest.raises(BadInput, match=r"a\.mp4: holds 3 frames, but its clip a has 5"):
        label_stream(scene.teacher(), stream)


def test_a_truncated_video_is_reported(stream):
    source = Path(stream.clips[0].video)
    source.write_bytes(source.read_bytes()[:600])
    scene = Scene(found=[True], present=[True] * 9)
    with pytest.raises(BadInput, match=r"a\.mp4: is truncated"):
        label_stream(scene.teacher(), stream)


def test_a_broken_network_is_reported(tmp_path):
    pytest.importorskip("ai_edge_litert")
    (tmp_path / "broken.tflite").write_bytes(b"no network" * 10)
    with pytest.raises(BadInput, match=r"broken\.tflite: not a LiteRT network"):
        load_network(tmp_path / "broken.tflite")
    with pytest.raises(BadInput, match=r"none\.tflite: there is no such network"):
        load_network(tmp_path / "none.tflite")


def test_the_teacher_does_not_import_torch():
    code = "import sys, posequery.teachers.blazepose; sys.exit('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0


@pytest.mark.skipif(not VIDEO.is_file() or not DETECTOR.is_file(), reason="lab data not fetched")
def test_landmarks_are_those_of_mediapipe_itself():
    """Guards every constant: reading heat maps 7 x 7 is off by 2.5 px, a wrong range by tens."""
    pytest.importorskip("ai_edge_litert")
    golden = json.loads(Path(__file__).with_name("golden.json").read_text())
    teacher = BlazePose(load_network(DETECTOR), load_network(LANDMARKS))
    frames = list(islice(video.frames(VIDEO), 41))
    for number, expected in golden["found"].items():
        teacher.restart()
        pose = teacher(frames[int(number)])
        off = np.linalg.norm(pose.landmarks - expected["landmarks"], axis=1)
        assert np.median(off) < 0.1, number
        assert off.max() < 1, number
        np.testing.assert_allclose(pose.visibility, expected["visibility"], atol=0.02)

    teacher.restart()
    teacher(frames[0])
    tracked = teacher(frames[1])
    off = np.linalg.norm(tracked.landmarks - golden["tracked"]["1"]["landmarks"], axis=1)
    assert np.median(off) < 0.2
    assert off.max() < 2

    teacher.restart()
    teacher.detections = 0
    labels = [teacher(frame) for frame in frames]
    assert teacher.detections == 1
    joints, _ = from_blazepose(
        np.stack([pose.landmarks for pose in labels]), np.stack([p.visibility for p in labels])
    )
    # A tracked joint stays near where a new detection finds it.
    detected, _ = from_blazepose(np.array([golden["found"]["40"]["landmarks"]]), np.ones((1, 33)))
    assert np.median(np.linalg.norm(joints[40] - detected[0], axis=1)) < 10
